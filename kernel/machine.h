/* machine.h: the machine that the device tree describes (machine_read.h fills it in), and
 * questions about it. It needs no kernel services, so it also builds on the host, where it is
 * tested. */
#ifndef KERNEL_MACHINE_H
#define KERNEL_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "isa.h"
#include "layout.h"

enum { MAX_MEMORY = 8, MAX_RESERVED = 64 };

struct machine_range {
	uint64_t base, size; /* bytes */
};

struct machine_hart {
	unsigned long id; /* may be sparse */
	uint32_t phandle; /* its name in other nodes; 0: it has none */
	unsigned cluster; /* from 0 on: the same for harts that are near each other */
	struct isa isa;
};

struct machine {
	unsigned harts;                      /* usable ones, at most MAX_HARTS */
	unsigned harts_left_out;             /* beyond MAX_HARTS, or not "okay" */
	struct machine_hart hart[MAX_HARTS]; /* by ascending id */
	unsigned clusters;                   /* clusters that the harts form, at least 1 */
	uint64_t timebase_hz;                /* ticks a second of the `time` counter; never 0 */
	unsigned memories;
	struct machine_range memory[MAX_MEMORY];
	unsigned reserved; /* entries of /reserved-memory and the reservation block */
	struct machine_range reservation[MAX_RESERVED];
	const char *bootargs; /* bootargs of /chosen; "" if there are none */
	const char *model;    /* the machine in its maker's words; "" if there are none */
	const char *isa;      /* riscv,isa of the first hart listed; "" if there is none */
	uint64_t finisher;    /* address of a "sifive,test0" device; 0 if there is none */
	size_t tree_size;     /* bytes of the device tree itself */
};

/* Does every usable hart have that extension (isa.h)? */
bool machine_has(const struct machine *m, const char *extension);

/* Does [base, base + size) lie in one of the machine's memories? */
bool machine_has_memory(const struct machine *m, uint64_t base, uint64_t size);

/* Is nothing of [base, base + size) reserved? */
bool machine_is_free(const struct machine *m, uint64_t base, uint64_t size);

/* Returns the largest piece of [base, base + size) of which nothing is reserved; size 0: there
 * is none. */
struct machine_range machine_largest_free(const struct machine *m, uint64_t base, uint64_t size);

#endif
