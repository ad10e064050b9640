/* settle.h: a hart waits until nothing from before is under way.
 *
 * On RISC-V reading a counter is ordered by fences as a device input is (unprivileged manual,
 * chapter "Zicsr", section "CSR Access Ordering"). */
#ifndef BENCH_SETTLE_H
#define BENCH_SETTLE_H

#include <stdint.h>

/* Waits until all accesses of before are done: a counter that is read next is read behind them. */
static inline void settle(void)
{
#if defined(__riscv)
	__asm__ volatile("fence iorw, iorw" ::: "memory");
#elif defined(__x86_64__)
	__asm__ volatile("mfence\n\tlfence" ::: "memory");
#elif defined(__aarch64__)
	__asm__ volatile("dsb sy\n\tisb" ::: "memory");
#else
#error "settle.h: write the fence for this architecture"
#endif
}

/* Waits until `value` has come as well. A core may go on behind an access until its result is used,
 * so the branch uses it. */
static inline void settle_behind(uintptr_t value)
{
#if defined(__riscv)
	__asm__ volatile("bltz %0, 1f\n1:" ::"r"(value) : "memory");
#else
	(void)value; /* the fence waits for it */
#endif
	settle();
}

#endif
