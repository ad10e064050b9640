/* harts.pml: what every model of a lock shares: N harts that take it ROUNDS times each.
 *
 * A model defines acquire(me) and release(me); each of its steps is one access to
 * shared memory, and names the line of the header that it stands for, in quotes.
 *
 * Checked: never two inside (assert); every hart comes through (Spin's search for
 * invalid end states: a deadlock, a lost wake-up, a node used again too early); and
 * where the header claims a bound, no more than BYPASS others enter between the step
 * by which a hart queues, queued(me), and its own entry.
 */
#ifndef N
#define N 3
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif
#define NOBODY 255

byte inside;     /* harts in the section */
byte passed[N];  /* who entered since the hart queued */
bool behind[N];  /* has it queued? */

inline queued(me)
{
	passed[me] = 0;
	behind[me] = true
}

inline section(me)
{
	atomic {
		inside++;
		assert(inside == 1);
		behind[me] = false;
		other = 0;
		do
		:: other < N ->
			if
			:: behind[other] ->
				passed[other]++;
#ifdef BYPASS
				assert(passed[other] <= BYPASS);
#endif
			:: else
			fi;
			other++
		:: else -> break
		od
	}
	inside--
}

#define HARTS                                              \
	active [N] proctype hart()                         \
	{                                                  \
		byte me = _pid, round = 0, other = 0;      \
		byte mine = 0, ahead = 0, seen = 0;        \
		do                                         \
		:: round < ROUNDS ->                       \
			acquire(me);                       \
			section(me);                       \
			release(me);                       \
			round++                            \
		:: else -> break                           \
		od                                         \
	}
