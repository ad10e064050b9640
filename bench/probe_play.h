/* probe_play.h: one measurement of the probe: its harts, its lines, and its result. */
#ifndef BENCH_PROBE_PLAY_H
#define BENCH_PROBE_PLAY_H

#include "hart_stats.h"
#include "histogram.h"

enum {
	PROBE_LINES = 128, /* few enough for any L1, and enough to meet every bank */
	PROBE_TURNS = 1024,
	PROBE_UNROLL = 16, /* operations in a turn of a loop */
	PROBE_LOOPED = PROBE_TURNS * PROBE_UNROLL,
	PROBE_ONE = 1,
	PROBE_TRIES = 4,
	PROBE_GAP = 128,     /* instructions in which a store buffer drains */
	PROBE_ROUNDS = 4,    /* there and back, in one try of a hand-off */
	PROBE_STEP = 4,      /* an emulator changes harts at each hand-off: not all lines */
	PROBE_CYCLED = 4096, /* lines that no L1 holds but a shared cache does */
	PROBE_SPREAD = 512,  /* lines over the whole heap */
	PROBE_LONGEST = 512, /* instructions of the delays that are tried one by one */
	PROBE_TWICE = 2,     /* so often each */
	PROBE_OFTEN = 3,     /* so often each, where a hart is late at times */
	PROBE_KEPT = 64,     /* tries of one delay */
	PROBE_HOT = 512,     /* operations of hart 0 on a hot line */
	PROBE_PAIRED = 32,   /* operations of hart 0 on each line that a pair fights for */
	PROBE_WATCHED = 32,  /* stores to each line whose copy is watched */
	PROBE_ANSWERS = 256, /* that all watchers of a word give; each gives a few more */
	PROBE_CONTEND_US = 2000,
	PROBE_CONTEND_MODELLED_US = 20, /* for places where harts start in step, and time is dear */
	PROBE_DELAY = 1000000,          /* instructions, for cycles against ticks */
};

struct probe_line {
	_Alignas(LINE) aptr word;
};

struct probe_play {
	const char *kind;
	unsigned a, b;           /* harts, or counts: docs/reference/records.md */
	unsigned harts;          /* harts 0 .. harts - 1 take part */
	uint64_t ops;            /* operations in each try */
	int step;                /* from line to line of a hand-off */
	uint32_t gap;            /* instructions between operations on a hot line */
	bool fenced;             /* a full fence is behind the stores */
	struct histogram *tally; /* cycles of a try; one hart fills it */
	struct histogram *other; /* a second one, which another hart fills */
	struct probe_line *lines;
	const struct probe_line *heap;
	size_t heap_lines;
};

/* Each hart's part, for port_run(); arg is the play. */
typedef void probe_part(unsigned index, void *arg);

struct probe_kind {
	const char *kind;
	uint64_t ops;
	probe_part *part;
	const char *needs; /* an extension; NULL: none */
};

/* The measurements that hart 0 makes alone; the last has a kind of NULL. */
extern const struct probe_kind probe_solo[];

/* The parts of measurements on several harts. The comment at each definition says what it does. */
/* probe_lines.c: */
probe_part probe_dirty, probe_dirty_amo, probe_dirty_swap, probe_dirty_amo_on, probe_dirty_lr,
	probe_dirty_two;
probe_part probe_stores, probe_dirty_store, probe_store_release, probe_store_pause;
probe_part probe_store_amo;
probe_part probe_copy, probe_copy_store, probe_upgrade, probe_upgrade_store, probe_lr_leaves;
/* probe_two.c: */
probe_part probe_handoff, probe_readers, probe_copy_lost, probe_regain;
probe_part probe_load_window, probe_swap_window, probe_store_window, probe_stores_window;
probe_part probe_hot_pair;
probe_part probe_lr_kept, probe_lr_window, probe_sc_lost;
/* probe_many.c: */
probe_part probe_hot, probe_hot_spaced, probe_hot_lrsc, probe_contend;

/* Get ready for the parts of several harts. */
void probe_reset(struct probe_play *play);

/* The harts take turns by one word on a line of its own, which is not timed. Await turn `turn`,
 * and give it to the next. */
void probe_await_turn(unsigned turn);
void probe_give_turn(unsigned turn);

/* The counts of hart `index` in probe_contend(). */
struct probe_count {
	_Alignas(LINE) uint64_t attempts;
	uint64_t successes;
};
extern struct probe_count probe_counts[];

#endif
