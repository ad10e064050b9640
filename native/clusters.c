#include "clusters.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../bench/port.h"
#include "hart.h"

enum { LEVELS = 8, NAME = 256 };

static unsigned cluster[PORT_MAX_HARTS];

/* Tell the processors that share cache number `index` of a processor. Returns false when it
 * has no such cache. */
static bool sharers(int processor, int index, char *list)
{
	char path[128];
	FILE *f;
	bool said;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/cache/index%d/shared_cpu_list",
		 processor, index);
	f = fopen(path, "r");
	if (f == NULL)
		return false;
	said = fgets(list, NAME, f) != NULL;
	fclose(f);
	return said;
}

/* Tell the processors that share a processor's last cache; "" if the system does not say. */
static void last_sharers(int processor, char *list)
{
	list[0] = 0;
	for (int index = 0; index < LEVELS && sharers(processor, index, list); index++)
		;
}

void clusters_read(unsigned harts)
{
	static char list[PORT_MAX_HARTS][NAME];
	unsigned clusters = 0;

	for (unsigned i = 0; i < harts; i++) {
		unsigned same = 0;

		last_sharers(hart_processor(i), list[i]);
		while (strcmp(list[same], list[i]) != 0)
			same++;
		cluster[i] = same < i ? cluster[same] : clusters++;
	}
}

unsigned clusters_of(unsigned index)
{
	return cluster[index];
}
