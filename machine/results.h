/* results.h: results that have not come yet. A core may go on behind a load or an AMO until an
 * instruction uses its result: each such register has a time. The machine has the value at once;
 * only the hart's clock knows that it is late. All times are ticks. */
#ifndef MACHINE_RESULTS_H
#define MACHINE_RESULTS_H

#include <stdbool.h>
#include <stdint.h>

enum { RESULTS_LINES = 8 };

struct results {
	uint32_t late; /* registers (bits) that wait for their results */
	uint64_t at[32];
	uint64_t last;  /* when the last access to a line ends */
	bool were_late; /* at the last backward jump */
	unsigned next;  /* the entry that the next line takes */
	struct {
		uint64_t line, at;
	} line[RESULTS_LINES]; /* the last ones that were accessed so, and when that ends */
};

/* Note that the result of register rd comes at `at`. x0 waits for none. */
static inline void results_expect(struct results *r, unsigned rd, uint64_t at)
{
	r->late |= (1u << rd) & ~1u;
	r->at[rd] = at;
}

/* Note that the access to `line` ends at `at`. */
static inline void results_expect_line(struct results *r, uint64_t line, uint64_t at)
{
	r->last = at > r->last ? at : r->last;
	r->line[r->next].line = line;
	r->line[r->next].at = at;
	r->next = (r->next + 1) % RESULTS_LINES;
}

/* Returns when an access to `line` can begin, for a hart that comes to it at `now`: behind those to
 * the same line that have not ended. */
static inline uint64_t results_wait_line(const struct results *r, uint64_t line, uint64_t now)
{
	for (unsigned i = 0; i < RESULTS_LINES; i++)
		if (r->line[i].line == line && r->line[i].at > now)
			now = r->line[i].at;
	return now;
}

/* Returns when an instruction can begin that uses the registers (bits) of `uses`, for a hart that
 * comes to it at `now`. None of them is late then. */
static inline uint64_t results_wait(struct results *r, uint32_t uses, uint64_t now)
{
	for (uint32_t set = r->late & uses; set != 0; set &= set - 1) {
		uint64_t at = r->at[__builtin_ctz(set)];

		now = at > now ? at : now;
	}
	r->late &= ~uses;
	return now;
}

/* Forget the results that have come by `now`. Returns true when none is late then. */
static inline bool results_have_come(struct results *r, uint64_t now)
{
	for (uint32_t set = r->late; set != 0; set &= set - 1)
		if (r->at[__builtin_ctz(set)] <= now)
			r->late &= ~(set & -set);
	return r->late == 0;
}

#endif
