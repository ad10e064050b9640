/* duty.h: how a section of section_lock.h is entered, and what else its owner does, in the variant
 * `duty`; in the others it is the lock's own acquire, and nothing. */
#ifndef BENCH_DUTY_H
#define BENCH_DUTY_H

#ifdef DUTY

/* Take the lock as the workload says: a hart that tries does not queue, and waits with its
 * interrupts as they were before *mask. Returns true if it waited. */
static inline __attribute__((always_inline)) bool section_acquire(const struct workload *work,
								  struct own *mine,
								  unsigned long *mask)
{
#ifdef TRIES
	bool waited = false;

	while (work->waiters == WAITERS_TRY && !NAME(trylock)(THE_LOCK, &mine->node)) {
		waited = true;
		hook_unmask(work, *mask);
		while (NAME(is_locked)(THE_LOCK))
			LOCK_WAIT_BLIND();
		*mask = hook_mask(work);
	}
	if (work->waiters == WAITERS_TRY)
		return waited;
#endif
	(void)work;
	(void)mask;
	return ACQUIRE(THE_LOCK, &mine->node);
}

/* Called by the owner inside its section. */
static inline void section_duty(const struct workload *work, struct own *mine)
{
	struct hooks *h = &mine->hooks;

	if (work->shootdown != 0 && h->until_shootdown-- == 0) {
		shootdown(h->me);
		h->until_shootdown = work->shootdown - 1;
	}
}

#else

#define section_acquire(work, mine, mask) ACQUIRE(THE_LOCK, &(mine)->node)
#define section_duty(work, mine)          ((void)0)

#endif

#endif
