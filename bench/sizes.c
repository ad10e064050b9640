#include "sizes.h"

uint32_t sizes_table[SIZES_KINDS][SIZES_ENTRIES] = {
	[SIZES_SMALL] =
		{
			[0 ... 23] = 16,
			[24 ... 39] = 32,
			[40 ... 45] = 48,
			[46 ... 53] = 64,
			[54 ... 57] = 96,
			[58 ... 61] = 128,
			[62 ... 63] = 256,
		},
	[SIZES_PAGES] =
		{
			[0 ... 55] = 4096,
			[56 ... 59] = 8192,
			[60 ... 61] = 16384,
			[62] = 32768,
			[63] = 65536,
		},
	[SIZES_MIXED] =
		{
			[0 ... 21] = 16,
			[22 ... 36] = 32,
			[37 ... 42] = 48,
			[43 ... 50] = 64,
			[51 ... 54] = 96,
			[55 ... 57] = 128,
			[58 ... 59] = 256,
			[60 ... 63] = 4096,
		},
};

static size_t observed; /* entries of SIZES_OBSERVED */

void sizes_clear(void)
{
	observed = 0;
}

bool sizes_add(uint32_t size, uint64_t entries)
{
	if (size == 0 || entries > SIZES_ENTRIES - observed)
		return false;
	while (entries-- > 0)
		sizes_table[SIZES_OBSERVED][observed++] = size;
	return true;
}

bool sizes_given(void)
{
	return observed == SIZES_ENTRIES;
}

size_t sizes_unit(enum sizes kind)
{
	size_t all = 0;

	for (int i = 0; i < SIZES_ENTRIES; i++)
		all |= sizes_table[kind][i];
	return all & -all;
}

size_t sizes_largest(enum sizes kind)
{
	size_t largest = 0;

	for (int i = 0; i < SIZES_ENTRIES; i++)
		if (sizes_table[kind][i] > largest)
			largest = sizes_table[kind][i];
	return largest;
}
