/* calls.h: how a section takes and lets go of its lock. The code is inlined; with -DLOCKS_CALLED
 * (make all CALLED=1) it lies in functions of its own, NAME_acquire and NAME_release, as in many a
 * kernel. `observe` is proved on both: no figure is measured with the second. */
#ifndef BENCH_CALLS_H
#define BENCH_CALLS_H

#ifdef LOCKS_CALLED

#define CALLED(part) __asm__(STRATEGY_SYMBOL "_" #part) __attribute__((noipa))

static bool called_acquire(struct NAME(lock) * l, struct NAME(node) * node) CALLED(acquire);
static bool called_acquire(struct NAME(lock) * l, struct NAME(node) * node)
{
	return NAME(acquire)(l, node);
}

static void called_release(struct NAME(lock) * l, struct NAME(node) * node) CALLED(release);
static void called_release(struct NAME(lock) * l, struct NAME(node) * node)
{
	NAME(release)(l, node);
}

#define ACQUIRE called_acquire
#define RELEASE called_release

#else

#define ACQUIRE NAME(acquire)
#define RELEASE NAME(release)

#endif
#endif
