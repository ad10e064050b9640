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

/* None is empty, and each ends before the next begins. */
static void check_ranges(const struct ranges *set)
{
	require(set->count <= MAX_RANGES);
	for (unsigned i = 0; i < set->count; i++)
		require(set->at[i].size != 0 &&
			(i == 0 || (set->at[i - 1].base < set->at[i].base &&
				    set->at[i].base - set->at[i - 1].base > set->at[i - 1].size)));
}

static void ignore(char c)
{
	(void)c;
}

static void check_hart(unsigned i)
{
	require(m.hart[i].cluster < m.clusters);
	require(i == 0 || m.hart[i - 1].id < m.hart[i].id);
	require(machine_hart(&m, m.hart[i].id) == &m.hart[i]);
	(void)isa_has(&m.hart[i].isa, "zacas"); /* these read all of its strings */
	isa_write(&m.hart[i].isa, ignore);
}

static void check(const char *error)
{
	require(m.bootargs != NULL && m.model != NULL);
	require(m.harts <= MAX_HARTS);
	check_ranges(&m.memory);
	check_ranges(&m.reserved);
	if (error != NULL)
		return;
	require(m.harts > 0 && m.timebase_hz > 0 && m.memory.count > 0);
	require(m.clusters >= 1 && m.clusters <= m.harts);
	require(strlen(m.bootargs) + strlen(m.model) <= 2 * m.tree_size);
	for (unsigned i = 0; i < m.harts; i++)
		check_hart(i);
}

/* The heap's place in the memory map: what is left of it lies in it, and is free. */
static void check_heap(void)
{
	const uint64_t base = 0x80d4e000, size = 100 << 20;
	struct range r = ranges_largest_gap(&m.reserved, base, size);

	require(r.size <= size);
	require(r.size == 0 || (r.base >= base && r.base - base <= size - r.size));
	require(!ranges_meet(&m.reserved, r.base, r.size));
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
