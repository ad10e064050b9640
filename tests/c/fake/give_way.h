/* give_way.h: what a thread calls that waits for another, on a computer that may have fewer
 * processors than threads. */
#ifndef FAKE_GIVE_WAY_H
#define FAKE_GIVE_WAY_H

#include <sched.h>
#include <time.h>

enum {
	GIVE_WAY_LONG_NS = 1000000, /* a yield as long as this has let another program run */
	GIVE_WAY_NAPS = 1000,
};

/* Let others run. A yield is quick where only threads of this program want the processor. Where
 * another program does, Linux gives that one a whole slice of some milliseconds for each yield,
 * and a FIFO lock takes minutes for what is otherwise half a second. So a thread whose yield was
 * long sleeps the next times: Linux soon wakes who slept, whoever else runs. */
static inline void give_way(void)
{
	static _Thread_local int naps;
	struct timespec before, after;

	if (naps > 0) {
		naps--;
		nanosleep(&(struct timespec){0, 1000}, NULL);
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &before);
	sched_yield();
	clock_gettime(CLOCK_MONOTONIC, &after);
	if ((after.tv_sec - before.tv_sec) * 1000000000L + after.tv_nsec - before.tv_nsec >=
	    GIVE_WAY_LONG_NS)
		naps = GIVE_WAY_NAPS;
}

#endif
