/* mailbox.h: the memory through which the kernel and the cost model (model/,
 * the machine) talk, and the instructions that call the model.
 *
 * The same image runs with and without the model: without it the markers are
 * HINT instructions that do nothing (`slti x0, x0, imm`, designated for custom
 * use: unprivileged manual, chapter "RV32I", section "HINT Instructions") and
 * the mailbox stays zero. Both sides include this file; sizes and offsets are the
 * interface, MAILBOX_MAGIC names its version. */
#ifndef KERNEL_MAILBOX_H
#define KERNEL_MAILBOX_H

#include <stdint.h>

/* Markers: immediates of `slti x0, x0`. */
#define MARK_MAILBOX  0x400 /* this hart's next store is to the mailbox, and tells where it is */
#define MARK_JOIN     0x401 /* wait until mailbox.harts harts are here, then run modelled */
#define MARK_LEAVE    0x402 /* wait until all of them are here, then run free */
#define MARK_SAMPLE   0x403 /* mailbox.sample is filled in */
#define MARK_OFF      0x404 /* the kernel gives up: model nothing any more */

#define MAILBOX_MAGIC 0x32306c65646f6dul /* "model02" */

enum { MAILBOX_SAMPLES = 2 };

/* The counts over all harts' accesses. Spinning on a line that the hart has costs
 * the memory system nothing and is not counted. */
enum mailbox_count {
	COUNT_AMOS,          /* AMO, LR and SC instructions */
	COUNT_SC_FAILED,     /* SC instructions that failed */
	COUNT_TRANSFERS,     /* misses served by another hart's L1 */
	COUNT_SHARED,        /* misses served by the shared cache */
	COUNT_FILLS,         /* misses served by memory */
	COUNT_UPGRADES,      /* writes to a line that the hart could only read */
	COUNT_INVALIDATIONS, /* copies taken away by writes */
	COUNT_EVICTIONS,     /* lines that left an L1 for want of room */
	COUNT_QUEUED,        /* cycles that requests waited for a line or a bank */
	MAILBOX_COUNTS
};

/* A sample, which the model takes at a set time, in no time: if *flag is `expect`, it copies
 * `count` words, `stride` bytes apart, from `from` on to `to` on, and writes the time
 * to *stamp and `value` to *flag. Addresses are the kernel's. */
struct mailbox_sample {
	uint64_t time; /* cycles; 0: none */
	uint64_t flag; /* address of a 32-bit word */
	uint32_t expect, value;
	uint64_t from, to, count, stride;
	uint64_t stamp; /* address of a 64-bit word */
};

struct mailbox {
	/* The cycles of modelled time of the hart that reads it: only one hart runs
	 * at a time, and the model writes this before it may read. Never 0 when
	 * the model is there, always 0 without it. */
	volatile uint64_t now;
	uint64_t magic; /* MAILBOX_MAGIC once the model has found the mailbox */
	uint64_t hz;    /* cycles a second of modelled time */
	uint64_t harts; /* written by the kernel: who takes part next, 0 .. harts - 1 */
	/* The counts of all harts from the first sample to the second, or until now
	 * if there was none; the index is enum mailbox_count. */
	uint64_t count[MAILBOX_COUNTS];
	struct mailbox_sample sample[MAILBOX_SAMPLES]; /* written by the kernel */
	uint64_t cluster_harts; /* harts that follow each other in a cluster, at least 1 */
};

extern struct mailbox model_mailbox; /* the kernel's; the model is told its address */

#endif
