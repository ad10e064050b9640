/* model.h: the simulation. Harts that joined run one at a time, in the order of
 * their clocks; every access is made, then charged what the memory system says.
 *
 * plugin.c calls this from the harts' own threads. All state is the turn
 * holder's to change, so there is one lock only, for joining. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "../kernel/mailbox.h"
#include "coherence.h"
#include "decode.h"
#include "gate.h"
#include "line_predictor.h"
#include "profile.h"
#include "schedule.h"
#include "spin.h"
#include "store_buffer.h"

/* Exit status of QEMU when the model gives up. */
enum model_failure {
	MODEL_MISUSED = 2,  /* arguments, profile, or a QEMU it cannot work with */
	MODEL_DEADLOCK = 3, /* every hart waits for another */
	MODEL_LIVELOCK = 4, /* harts run on and on after the window's end */
	MODEL_STUCK = 5,    /* modelled time stands still: something in QEMU waits */
};

struct options {
	uint64_t seed;     /* decides when harts start and which banks lines belong to */
	uint64_t livelock; /* cycles a region may go on after its last sample */
	uint64_t watchdog; /* seconds without progress; 0: none */
	bool parking;      /* let spinning harts sleep */
	bool pinning;      /* keep all threads on one processor */
};

/* An instruction that the model stops at, as translation leaves it. */
struct stop {
	uint64_t pc;
	enum insn_class class;
	unsigned mark;   /* the immediate of an INSN_MARK */
	uint64_t before; /* ticks since the previous stop of its block, with its own unless it
			    accesses memory */
	uint64_t after;  /* ticks of what follows in the block, if it is the last stop */
};

struct hart {
	struct gate gate;
	int thread;            /* host thread id; 0: not seen yet */
	uint64_t owed;         /* ticks of instructions executed but not charged yet */
	uint64_t last_turn;    /* clock at the last look at the others */
	const struct stop *at; /* an access that is under way, or NULL */
	uint64_t pc;
	uint64_t admitted;   /* clock of the hart after a store under way; the schedule has the
				store's own */
	enum access wants;   /* the kind of the access that waits for its turn */
	uint64_t line;       /* the line it will access; LINE_NONE: it is not known */
	uint64_t reserved;   /* the line of the LR's reservation; LINE_NONE: there is none */
	uint64_t issued;     /* clock of the access under way when it was issued */
	bool resume_pending; /* region_wake() has woken the hart, but its thread sleeps yet */
	struct store_buffer store_buffer;
	struct spin spin;
	struct line_predictor predictor;
};

struct model {
	const struct profile *profile;
	const struct options *options;
	struct coherence coherence;
	struct schedule schedule;
	struct hart hart[SCHEDULE_HARTS];
	struct mailbox *mailbox; /* NULL until the kernel has said where it is */
	intptr_t ram;            /* host address - guest address, of all guest memory */
	bool finding;            /* the next store tells where the mailbox is */
	pthread_mutex_t joining;
	unsigned joined, left;
	uint64_t bound;                         /* ticks: later than this is a livelock */
	unsigned samples;                       /* samples taken in this region */
	uint64_t count_at_open[MAILBOX_COUNTS]; /* at the first sample */
	_Atomic bool off;                       /* nothing is modelled any more */
	_Atomic uint64_t progress;              /* for the watchdog */
	_Atomic bool active;                    /* harts are in a region */
};

/* Set the simulation up. Returns false when there is not enough memory. */
bool model_init(struct model *m, const struct profile *profile, const struct options *options);

/* The next three are called by the thread of hart `h`. */
/* The hart is about to execute the instruction at `stop`. */
void model_before(struct model *m, unsigned h, const struct stop *stop);
/* That instruction has accessed memory at `address`. */
void model_access(struct model *m, unsigned h, uint64_t address, const struct stop *stop);
/* The hart has executed instructions of `ticks` ticks without a stop. */
void model_pass(struct model *m, unsigned h, uint64_t ticks);

/* The kernel is loaded so that guest address + ram is the host's. */
void model_set_ram(struct model *m, intptr_t ram);

/* Let all harts run free from now on. Any thread may call it. */
void model_off(struct model *m);
bool model_is_off(const struct model *m);

/* Is the hart in a region? Only its own thread may call it. */
bool model_runs(const struct model *m, unsigned h);

/* Say on stderr what went wrong and where each hart is, and end QEMU. */
_Noreturn void model_fail(struct model *m, enum model_failure why, const char *what);

#endif
