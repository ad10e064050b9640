/* aside.h: the lock that interrupt handlers take (--handler lock): a second one of the strategy's
 * kind, which they take whatever their hart is doing to the first, as its NAME_in_traps says they
 * may. */
#ifndef BENCH_ASIDE_H
#define BENCH_ASIDE_H

static struct {
	_Alignas(LINE) struct NAME(lock) lock;
	_Alignas(LINE) volatile unsigned holder; /* under the lock: the index of its holder and 1 */
} aside;

static struct {
	_Alignas(LINE) struct NAME(node) node;
} aside_own[PORT_MAX_HARTS];

/* Makes the lock free, and lets each hart's handler join. */
static void aside_init(const struct workload *work)
{
	NAME(init)(&aside.lock);
	for (unsigned i = 0;
	     (enum lock_traps)NAME(in_traps) == LOCK_TRAPS_OWN_NODE && i < PORT_MAX_HARTS; i++)
		NAME(join)
	(&aside_own[i].node, &space, (struct lock_hart){PORT_MAX_HARTS + i, cluster_of(work, i)});
}

/* Runs in a timer interrupt of the hart, whose interrupts are off. */
static void in_handler(struct hart_stats *me)
{
	enum { HOLD = 20 }; /* instructions in which another holder would show */
	struct NAME(node) *node = (enum lock_traps)NAME(in_traps) == LOCK_TRAPS_ANY_NODE
					? &own[me->index].node
					: &aside_own[me->index].node;

	(void)NAME(acquire)(&aside.lock, node);
	aside.holder = me->index + 1;
	delay(HOLD);
	me->clashed += aside.holder != me->index + 1;
	me->handled++;
	NAME(release)(&aside.lock, node);
}

#endif
