/* hart.h: one hart's state: registers, CSRs, what it waits for. */
#ifndef MACHINE_HART_H
#define MACHINE_HART_H

#include <stdbool.h>
#include <stdint.h>

#include "../model/store_buffer.h"
#include "op.h"
#include "results.h"
#include "spin.h"

#define NEVER   UINT64_MAX /* a time that does not come */
#define NO_LINE UINT64_MAX
#define NO_PAGE 1ul /* the address of no page */

/* The registers that firmware and its caller share. */
enum { REG_A0 = 10, REG_A1 = 11, REG_A2 = 12, REG_A6 = 16, REG_A7 = 17 };

enum hart_state {
	HART_STOPPED, /* SBI's STOPPED: until hart_start */
	HART_RUNS,
	HART_WFI,    /* until an interrupt is pending */
	HART_SPINS,  /* in a loop that only looks at lines it has: until one is taken, or an
			interrupt */
	HART_STALLS, /* at a `wrs`, until its reservation is lost, or an interrupt */
	HART_JOINED, /* waits for the others to join the region */
	HART_LEFT,   /* waits for the others to leave it */
};

/* The supervisor's CSRs that the machine has (privileged manual, chapter
 * "Supervisor-Level ISA"). Translation is off: satp is always 0. */
struct csrs {
	uint64_t sstatus; /* the bits SIE, SPIE, SPP */
	uint64_t sie, stvec, sscratch, sepc, scause, stval, scounteren;
	bool ssip; /* a software interrupt is pending */
};

/* An access that was issued and not made yet. */
struct pending {
	const struct op *op; /* NULL: there is none */
	uint64_t address;
	uint64_t issued;   /* ticks */
	uint64_t admitted; /* ticks: when a store's buffer entry was free */
	bool asked;        /* its request for the line is under way */
	bool ahead;        /* the hart goes ahead of the others, because its LR keeps a line */
};

struct hart {
	uint64_t x[32];
	uint64_t pc, next; /* next: where the instruction under way goes on */
	uint64_t clock;    /* ticks of modelled time */
	uint64_t waited;   /* ticks up to `clock` that it has waited for a line */
	uint64_t timer;    /* ticks: when its timer interrupt becomes pending; NEVER */
	uint64_t retired;  /* instructions, for `instret` */
	uint64_t reserved; /* line of its LR's reservation, or NO_LINE */
	unsigned id;
	enum hart_state state;

	struct csrs csr;
	struct pending pending;
	struct op kept; /* pending.op, after its page was decoded anew */
	struct store_buffer stores;
	struct results results; /* the registers that wait for loads and AMOs */
	struct spin spin;
	struct op *ops;  /* the decoded page that pc was in last, */
	uint64_t ops_at; /* and its address, or NO_PAGE */
};

/* The hart comes to an instruction that uses the registers (bits) of `uses`. */
static inline void wait_for_results(struct hart *h, uint32_t uses)
{
	if (h->results.late != 0)
		h->clock = results_wait(&h->results, uses, h->clock);
}

#endif
