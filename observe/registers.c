#include "registers.h"

#include <string.h>

#include "plugin-api.h"
#include "watch.h"

static const char *const name_of[REGISTERS] = {"a0",      "a1",     "a2",    "a3", "a4",
					       "a5",      "a6",     "a7",    "ra", "priv",
					       "mstatus", "scause", "mcause"};
static void *handle[WATCH_HARTS][REGISTERS];
static struct plugin_bytes *buffer[WATCH_HARTS];

void registers_find(unsigned hart)
{
	const struct plugin_array *all = qemu_plugin_get_registers();
	const struct plugin_register *each = (const void *)all->data;

	for (unsigned i = 0; i < all->len; i++)
		for (unsigned which = 0; which < REGISTERS; which++)
			if (strcmp(each[i].name, name_of[which]) == 0)
				handle[hart][which] = each[i].handle;
	buffer[hart] = g_byte_array_new();
}

bool registers_are_known(unsigned hart)
{
	return buffer[hart] != NULL && handle[hart][REGISTER_MSTATUS] != NULL;
}

uint64_t register_of(unsigned hart, enum known_register which)
{
	uint64_t value = 0;
	int size;

	if (handle[hart][which] == NULL)
		return 0;
	g_byte_array_set_size(buffer[hart], 0);
	size = qemu_plugin_read_register(handle[hart][which], buffer[hart]);
	if (size > 0)
		memcpy(&value, buffer[hart]->data,
		       (size_t)size < sizeof(value) ? (size_t)size : sizeof(value));
	return value;
}
