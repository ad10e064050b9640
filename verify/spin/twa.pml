/* twa.pml: lock/twa.h. FIFO: at most N - 1 go first. Numbers of 3 bits wrap; two words, so that numbers meet. */
#define BYPASS (N - 1)
#include "harts.pml"

#define COUNT(n) ((n) & 7)
#define WORD(number) word[(number) & 1]
#define NEAR 1 /* twa.h: "TWA_NEAR = 1," */

byte next, serving;
byte word[2];

inline acquire(me)
{
	atomic {
		mine = next; /* twa.h: "mine = a32_fetch_add_relaxed(&l->next, 1);" */
		next = COUNT(next + 1);
		queued(me)
	}
	seen = serving; /* twa.h: "a32_value serving = a32_load_acquire(&l->serving);" */
	if
	:: seen == mine
	:: else ->
		if
		:: COUNT(mine - seen) > NEAR -> far(me)
		:: else
		fi;
		serving == mine /* twa.h: "while (a32_watch_acquire(&l->serving) != mine)" */
	fi
}

inline far(me)
{
	seen = WORD(mine); /* twa.h: "a32_value count = a32_load_acquire(word), now;" */
	do
	:: COUNT(mine - serving) > NEAR -> /* twa.h: "while ((uint32_t)(mine - a32_load_relaxed(&l->serving)) > TWA_NEAR)" */
		atomic { WORD(mine) != seen -> seen = WORD(mine) } /* twa.h: "while ((now = a32_watch_acquire(word)) == count)" */
	:: else -> break
	od
}

inline release(me)
{
	seen = serving;           /* twa.h: "mine = a32_load_relaxed(&l->serving);" */
	serving = COUNT(seen + 1); /* twa.h: "a32_store_unlock(&l->serving, mine + 1);" */
	WORD(seen + 1 + NEAR)++   /* twa.h: "a32_add_release(twa_word(l, node, mine + 1 + TWA_NEAR), 1);" */
}

HARTS
