/* forms.h: how a waiter waits and how a holder lets go. Each can be chosen on its own.
 *
 * Waiting: a waiter looks at a word by one of the watch functions. While the word does
 * not let it in, it calls LOCK_WAIT() before it looks again: LOCK_RELAX(), then LOCK_POLL().
 * Compile with one of
 *
 *   (nothing)              LOCK_RELAX() is `pause` of Zihintpause; its encoding is
 *                          a FENCE hint, a no-op on harts without the extension
 *   -DLOCK_RELAX_FORM_NONE nothing between two looks
 *   -DLOCK_RELAX_FORM_WRS  a look is an LR, LOCK_RELAX() is `wrs.sto` of Zawrs: the
 *                          hart stalls until the word's reservation is lost or a
 *                          short time is over (unprivileged manual, chapter
 *                          "Zawrs"). The caller guarantees that it is there.
 *
 * or define LOCK_RELAX() in your LOCK_PORT. It must not touch memory. A waiter that
 * writes instead of looking (tas) calls LOCK_WAIT_BLIND(), whose LOCK_RELAX_BLIND() never is
 * `wrs.sto`: without an LR there is no reservation, and it would not stall.
 *
 * Polling: LOCK_POLL() is what a waiter has to do for others meanwhile; nothing, unless your
 * LOCK_PORT defines it. A hart that waits with interrupts masked answers by it what a holder
 * waits for: a remote fence, a TLB shootdown. It may touch memory. It may take a lock only by
 * another node than the one that waits, and no lock that its hart holds or waits for.
 *
 * Letting go: an unlock that is one plain store is written a32_store_unlock() or
 * aptr_store_unlock(). Every form is a release. There is more than one, because some
 * cores keep the plain store invisible to other harts for long (OpenXiangShan issue
 * 5600; OpenSBI's unlock on the SG2042).
 *
 *   (nothing)                      fence rw,w; sw
 *   -DLOCK_UNLOCK_FORM_FENCE_STORE fence rw,rw; sw
 *   -DLOCK_UNLOCK_FORM_STORE_FENCE fence rw,w; sw; fence rw,rw
 *   -DLOCK_UNLOCK_FORM_AMOSWAP     amoswap.w.rl to x0
 *
 * Each header says which of these its code has: enum { NAME_forms = ... }, made of
 * enum lock_form.
 */
#ifndef LOCK_FORMS_H
#define LOCK_FORMS_H

#include "atomic.h"

enum lock_form {
	LOCK_WATCHES = 1, /* waiters look by a watch function and call LOCK_WAIT() */
	LOCK_BLIND = 2,   /* waiters do not look, and call LOCK_WAIT_BLIND() */
	LOCK_STORES = 4,  /* a release is a32_store_unlock() or aptr_store_unlock() */
};

#if defined(LOCK_RELAX_FORM_WRS) && (!defined(__riscv) || defined(LOCK_ATOMIC_C11))
#error "lock/forms.h: wrs is an instruction of RISC-V, and its look not C11's"
#endif

#if defined(LOCK_RELAX)
#define LOCK_RELAX_NAME "port"
#elif defined(LOCK_RELAX_FORM_NONE)
#define LOCK_RELAX_NAME "none"
#elif defined(LOCK_RELAX_FORM_WRS)
#define LOCK_RELAX_NAME    "wrs"
#define LOCK_RELAX_NEEDS   "zawrs"
#define LOCK_RELAX_BLIND() __asm__ volatile("")
#define LOCK_BLIND_NAME    "none"
#else
#define LOCK_RELAX_NAME "pause"
#endif

#ifndef LOCK_RELAX
#if defined(LOCK_RELAX_FORM_NONE)
#define LOCK_RELAX() __asm__ volatile("")
#elif defined(LOCK_RELAX_FORM_WRS)
#define LOCK_RELAX() __asm__ volatile(".insn i 0x73, 0, x0, x0, 0x1d") /* wrs.sto */
#elif defined(__riscv)
#define LOCK_RELAX() __asm__ volatile(".insn i 0x0f, 0, x0, x0, 0x10") /* pause */
#elif defined(__x86_64__) || defined(__i386__)
#define LOCK_RELAX() __asm__ volatile("pause")
#elif defined(__aarch64__)
#define LOCK_RELAX() __asm__ volatile("yield")
#else
#error "lock/forms.h: define LOCK_RELAX() for this architecture"
#endif
#endif

#ifndef LOCK_RELAX_BLIND
#define LOCK_RELAX_BLIND() LOCK_RELAX()
#define LOCK_BLIND_NAME    LOCK_RELAX_NAME
#endif

#ifndef LOCK_POLL
#define LOCK_POLL() ((void)0)
#endif

/* A waiter calls one of these between two looks. */
#define LOCK_WAIT()           \
	do {                  \
		LOCK_RELAX(); \
		LOCK_POLL();  \
	} while (0)
#define LOCK_WAIT_BLIND()           \
	do {                        \
		LOCK_RELAX_BLIND(); \
		LOCK_POLL();        \
	} while (0)

#if defined(LOCK_RELAX_FORM_WRS)

static inline a32_value a32_watch_relaxed(a32 *a)
{
	a32_value value;

	__asm__ volatile("lr.w %0, %1" : "=r"(value), "+A"(a->word));
	return value;
}

static inline a32_value a32_watch_acquire(a32 *a)
{
	a32_value value;

	__asm__ volatile("lr.w.aq %0, %1" : "=r"(value), "+A"(a->word)::"memory");
	return value;
}

static inline uintptr_t aptr_watch_acquire(aptr *a)
{
	uintptr_t value;

	__asm__ volatile("lr.d.aq %0, %1" : "=r"(value), "+A"(a->word)::"memory");
	return value;
}

static inline uintptr_t aptr_watch_depend(aptr *a)
{
	uintptr_t value;

	__asm__ volatile("lr.d %0, %1" : "=r"(value), "+A"(a->word));
	return value;
}

#else

static inline a32_value a32_watch_relaxed(a32 *a)
{
	return a32_load_relaxed(a);
}

static inline a32_value a32_watch_acquire(a32 *a)
{
	return a32_load_acquire(a);
}

static inline uintptr_t aptr_watch_acquire(aptr *a)
{
	return aptr_load_acquire(a);
}

static inline uintptr_t aptr_watch_depend(aptr *a)
{
	return aptr_load_depend(a);
}

#endif

/* Every form of the unlock is a release. */
#if defined(LOCK_UNLOCK_FORM_AMOSWAP)
#define LOCK_UNLOCK_NAME                  "amoswap"
#define LOCK_STORE_UNLOCK(kind, a, value) kind##_swap_out_release(a, value)
#elif defined(LOCK_UNLOCK_FORM_FENCE_STORE)
#define LOCK_UNLOCK_NAME                  "fence-store"
#define LOCK_STORE_UNLOCK(kind, a, value) kind##_full_fence_store(a, value)
#elif defined(LOCK_UNLOCK_FORM_STORE_FENCE)
#define LOCK_UNLOCK_NAME                  "store-fence"
#define LOCK_STORE_UNLOCK(kind, a, value) (kind##_store_release(a, value), atomic_full_fence())
#else
#define LOCK_UNLOCK_NAME                  "store"
#define LOCK_STORE_UNLOCK(kind, a, value) kind##_store_release(a, value)
#endif

static inline void a32_store_unlock(a32 *a, a32_value value)
{
	LOCK_STORE_UNLOCK(a32, a, value);
}

static inline void aptr_store_unlock(aptr *a, uintptr_t value)
{
	LOCK_STORE_UNLOCK(aptr, a, value);
}

/* Stay away from memory for about 2 * `turns` instructions. It does not call
 * LOCK_RELAX(): this waits for a time, not for a word. */
static inline void lock_delay(uint32_t turns)
{
	for (; turns != 0; turns--)
		__asm__ volatile("");
}

#endif
