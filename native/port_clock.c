#define _GNU_SOURCE
#include "port_clock.h"

#include <sched.h>
#include <time.h>

#include "processors.h"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__riscv)
#include <setjmp.h>
#include <signal.h>
#endif

struct native_clock native_clock;

static uint64_t nanoseconds(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t clock_system(void)
{
	return nanoseconds(CLOCK_MONOTONIC);
}

/* Does the counter run at one rate, even when the processor sleeps or changes its clock? */
static bool rate_is_constant(void)
{
#if defined(__x86_64__)
	/* CPUID 0x80000007, EDX bit 8, "invariant TSC": Intel SDM, volume 3, section
	 * "Invariant TSC"; AMD64 manual, volume 2, section "Time-Stamp Counter". */
	unsigned a, b, c, d;

	return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d & 1u << 8);
#else
	return true; /* other architectures promise it */
#endif
}

/* Do all processors' counters agree? A thread carries a reading from processor to
 * processor, and no counter may be behind it. A difference smaller than the time of that
 * way is not seen. */
static bool processors_agree(const struct processors *allowed)
{
	enum { ROUNDS = 3 };
	uint64_t last = 0;

	for (unsigned i = 0; i < ROUNDS * allowed->count; i++) {
		uint64_t now;

		processors_go(allowed, i % allowed->count);
		now = clock_counter();
		if (now < last)
			return false;
		last = now;
	}
	return true;
}

/* Read one moment on both clocks, by the quickest of some tries. */
static void both_clocks(uint64_t *counter, uint64_t *ns)
{
	enum { TRIES = 20 };
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < TRIES; i++) {
		uint64_t before = clock_counter();
		uint64_t now = nanoseconds(CLOCK_MONOTONIC_RAW);
		uint64_t took = clock_counter() - before;

		if (took >= least)
			continue;
		least = took;
		*counter = before + took / 2;
		*ns = now;
	}
}

/* Returns the counter's ticks a second, measured over 20 ms. The two readings are good to
 * some 0.1 us, so the result is good to 0.001 %. */
static uint64_t counter_hz(void)
{
	const struct timespec pause = {.tv_nsec = 20000000};
	uint64_t counter[2], ns[2];

	both_clocks(&counter[0], &ns[0]);
	nanosleep(&pause, NULL);
	both_clocks(&counter[1], &ns[1]);
	return (uint64_t)((double)(counter[1] - counter[0]) * 1e9 / (double)(ns[1] - ns[0]) + 0.5);
}

#if defined(__riscv)
static sigjmp_buf refused;

static void on_refusal(int number)
{
	siglongjmp(refused, number);
}

/* Linux lets programs read `cycle` only where its administrator says so (sysctl
 * kernel.perf_user_access); elsewhere the instruction is illegal. */
static bool rdcycle_is_allowed(void)
{
	struct sigaction ours = {.sa_handler = on_refusal}, theirs;
	bool allowed = false;

	sigaction(SIGILL, &ours, &theirs);
	if (sigsetjmp(refused, 1) == 0) {
		uint64_t first = clock_rdcycle();

		allowed = clock_rdcycle() != first; /* a counter that stands still does not count */
	}
	sigaction(SIGILL, &theirs, NULL);
	return allowed;
}
#else
static bool rdcycle_is_allowed(void)
{
	return false;
}
#endif

void clock_init(const struct processors *allowed)
{
	native_clock.cycles_are_cores = rdcycle_is_allowed();
	native_clock.counter_is_common = rate_is_constant() && processors_agree(allowed);
	processors_go_anywhere(allowed);
	native_clock.hz = native_clock.counter_is_common ? counter_hz() : 1000000000;
}

static const char *counter_name(void)
{
#if defined(__x86_64__)
	return "rdtsc";
#elif defined(__aarch64__)
	return "cntvct_el0";
#else
	return "rdtime";
#endif
}

const char *clock_time_name(void)
{
	return native_clock.counter_is_common ? counter_name() : "clock_gettime";
}

const char *clock_cycles_name(void)
{
	return native_clock.cycles_are_cores ? "rdcycle" : counter_name();
}

static uint64_t least_step(uint64_t (*clock)(void))
{
	enum { READS = 2000 };
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < READS; i++) {
		uint64_t before = clock(), step = clock() - before;

		if (step != 0 && step < least)
			least = step;
	}
	return least;
}

uint64_t clock_time_step(void)
{
	return least_step(port_time);
}

uint64_t clock_cycles_step(void)
{
	return least_step(port_cycles);
}
