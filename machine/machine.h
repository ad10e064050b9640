/* machine.h: N harts, their memory and firmware, in one thread.
 *
 * Time is modelled time and nothing else. Each hart has a clock in ticks (a tenth of a
 * cycle: model/profile.h). The hart with the smallest clock goes next; it executes
 * instructions until one touches memory, which has to wait for its turn among those of
 * the others and is charged what the memory system says (turn.c, access.c). Nothing
 * depends on the host, so a run gives the same records wherever it is made.
 *
 * Between the kernel's markers JOIN and LEAVE (kernel/mailbox.h) harts are modelled so;
 * outside of such a region every instruction costs one `op`, and harts take turns of
 * FREE_CYCLES. */
#ifndef MACHINE_MACHINE_H
#define MACHINE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "../kernel/mailbox.h"
#include "../model/coherence.h"
#include "../model/profile.h"
#include "hart.h"
#include "order.h"

enum { MACHINE_HARTS = COHERENCE_HARTS, MACHINE_NOBODY = -1, FREE_CYCLES = 1000 };

#define RAM_BASE   0x80000000ul
#define RAM_BYTES  (256ul * 1024 * 1024)
#define PAGE_BYTES 4096ul
#define FINISHER   0x100000ul /* "sifive,test0": a word that ends the machine */

struct settings {
	uint64_t seed;     /* moves harts' starts and lines among banks */
	uint64_t livelock; /* cycles a region may go on after its last sample */
	bool sleeping;     /* harts that only wait are not executed */
	FILE *trace;       /* NULL, or a line for every modelled access */
};

/* A place in the order of all that happens. */
struct turn {
	uint64_t clock, since; /* since: when it asked for it, at most `clock` */
	int hart;              /* MACHINE_NOBODY: a sample */
};

struct region {
	bool active;
	unsigned harts; /* that take part: ids 0 .. harts - 1 */
	unsigned joined, left;
	uint64_t bound;                         /* ticks: later than this is a livelock */
	uint64_t due;                           /* ticks: when the next sample is, or NEVER */
	unsigned samples;                       /* taken in this region */
	uint64_t count_at_open[MAILBOX_COUNTS]; /* at the first sample */
};

struct machine {
	const struct profile *profile;
	struct settings settings;
	unsigned harts;
	struct hart hart[MACHINE_HARTS];
	struct order order; /* the harts, by their next turns */
	uint8_t *ram;
	struct op **page;  /* decoded, one a page of RAM; NULL: not yet */
	uint64_t reserved; /* harts (bits) that have a reservation */
	struct coherence coherence;
	struct region region;
	uint64_t mailbox;  /* its address; 0 until the kernel has said where it is */
	bool finding;      /* the next store tells where the mailbox is */
	struct turn limit; /* the hart whose turn it is may go on before this */
	/* The latest turn taken: what others do before it has been done, what they do
	 * after it has not. */
	struct turn reached;
	bool stopped; /* the kernel has ended the machine, */
	int status;   /* with this exit status */
};

static inline uint64_t cycles(uint64_t ticks)
{
	return ticks / TICKS_PER_CYCLE;
}

#endif
