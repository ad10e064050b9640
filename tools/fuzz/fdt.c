/* fdt.c: kernel/machine_read.c and all that it reads a device tree with, under libFuzzer:
 * whatever the bytes are, it comes back, stays in its memory, and says what callers
 * rely on. `make fuzz` builds and runs it.
 *
 * The last byte says whether the header's total size is made to fit: else nearly
 * every change of length would end there. */
#include <stdlib.h>
#include <string.h>

#include "kernel/machine_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct machine m;

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check(const char *error)
{
	require(m.bootargs != NULL && m.isa != NULL && m.model != NULL);
	require(m.harts <= MAX_HARTS && m.memories <= MAX_MEMORY && m.reserved <= MAX_RESERVED);
	if (error != NULL)
		return;
	require(m.harts > 0 && m.timebase_hz > 0 && m.memories > 0);
	require(m.clusters >= 1 && m.clusters <= m.harts);
	require(strlen(m.bootargs) + strlen(m.isa) + strlen(m.model) <= 3 * m.tree_size);
	for (unsigned i = 0; i < m.harts; i++)
		require(m.hart[i].cluster < m.clusters &&
			(i == 0 || m.hart[i - 1].id < m.hart[i].id));
	(void)machine_has(&m, "zacas"); /* reads every hart's strings */
}

/* The heap's place in the memory map: what is left of it lies in it, and is free. */
static void check_heap(void)
{
	const uint64_t base = 0x80d4e000, size = 100 << 20;
	struct machine_range r = machine_largest_free(&m, base, size);

	require(r.size <= size);
	require(r.size == 0 || (r.base >= base && r.base - base <= size - r.size));
	require(machine_is_free(&m, r.base, r.size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { HEADER = 40, AT_TOTAL = 4 };
	uint8_t *blob;

	if (size == 0 || (blob = malloc(--size)) == NULL) /* a copy of its exact size, for ASan */
		return 0;
	memcpy(blob, data, size);
	if (size >= HEADER && data[size] % 4 != 0)
		for (int i = 0; i < 4; i++)
			blob[AT_TOTAL + i] = (uint8_t)(size >> (24 - 8 * i));
	memset(&m, 0xa5, sizeof(m));
	check(machine_read(&m, blob, size));
	check_heap();
	free(blob);
	return 0;
}
