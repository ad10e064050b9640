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
#include "ranges.h"

struct machine_hart {
	unsigned long id; /* may be sparse */
	uint32_t phandle; /* its node's name in other nodes; 0: it has none */
	unsigned cluster; /* from 0 on: the same for harts that are near each other */
	struct isa isa;
};

struct machine {
	unsigned harts;                      /* usable ones, at most MAX_HARTS */
	unsigned harts_left_out;             /* beyond MAX_HARTS, not "okay", or no RISC-V */
	struct machine_hart hart[MAX_HARTS]; /* by ascending id */
	unsigned clusters;                   /* clusters that the harts form, at least 1 */
	uint64_t timebase_hz;                /* ticks a second of `time`; not 0, below 2^40 */
	struct ranges memory;
	struct ranges reserved; /* by /reserved-memory and the reservation block */
	const char *bootargs;   /* bootargs of /chosen; "" if there are none */
	const char *model;      /* the machine in its maker's words; "" if there are none */
	uint64_t finisher;      /* address of a "sifive,test0" device; 0 if there is none */
	size_t tree_size;       /* bytes of the device tree itself */
};

/* Returns what the tree says of the hart with that id, or NULL: it says nothing. */
const struct machine_hart *machine_hart(const struct machine *m, unsigned long id);

#endif
