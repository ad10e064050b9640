/* programs.c: the programs of the simulator's tables, which are not hartlock's in each row: `ttas`
 * looks before it swaps, `ticket` keeps its number, `lrsc` is a bare lr, addi, sc. Each hart does
 * one operation after the other for WINDOW cycles, and hart 0 says how many each did.
 *
 * One image is one row: STRATEGY, HARTS, THINK (turns of a delay loop, of TURN instructions) and
 * LOOP (instructions beside the operation, as many as make `faa` alone take what it takes in the
 * table). */
#include <stdint.h>

#include "../../kernel/mailbox.h"

enum { WARM = 20000, WINDOW = 100000, MOST = 64, STACK = 4096 };
enum { HSM = 0x48534d, SRST = 0x53525354, PUTCHAR = 1 };

#define LINE    __attribute__((aligned(64)))
#define MARK(n) __asm__ volatile("slti x0, x0, %0" ::"i"(n) : "memory")

struct node {
	LINE struct node *next;
	uint32_t waiting;
};

static struct mailbox mailbox;
static struct {
	LINE uint32_t word;
	uint32_t serving; /* on the line of `word` */
} lock;
static LINE uint32_t serving_far;
static LINE uint64_t heap;
static struct {
	LINE uint64_t ops;
} done[MOST];
static struct node node[MOST];
static LINE struct node *tail;
LINE char stacks[MOST * STACK];

#define INSTRUCTIONS(n) __asm__ volatile(".rept %0\n\tnop\n\t.endr" ::"i"(n))

/* Loads and stores are plain instructions with a fence. Compilers of some years make AMOs of atomic
 * stores. */
#define FENCE(sets)     __asm__ volatile("fence " sets ::: "memory")
#define LOAD(p)         (*(volatile __typeof__(*(p)) *)(p))
#define STORE(p, value) (*(volatile __typeof__(*(p)) *)(p) = (value))

/* Gives the word free: what was done before is seen by whoever sees it. */
#define RELEASE(p, value)        \
	do {                     \
		FENCE("rw,w");   \
		STORE(p, value); \
	} while (0)

/* The work inside: the bump. */
static inline void bump(void)
{
	STORE(&heap, LOAD(&heap) + 16);
}

static inline void unlock(void)
{
	RELEASE(&lock.word, 0);
}

static inline void tas(unsigned hart)
{
	(void)hart;
	while (__atomic_exchange_n(&lock.word, 1, __ATOMIC_ACQUIRE) != 0)
		;
	bump();
	unlock();
}

static inline void ttas(unsigned hart)
{
	(void)hart;
	do
		while (LOAD(&lock.word) != 0)
			;
	while (__atomic_exchange_n(&lock.word, 1, __ATOMIC_ACQUIRE) != 0);
	bump();
	unlock();
}

static inline void caslock(unsigned hart)
{
	uint64_t seen;

	(void)hart;
	do {
		while (LOAD(&lock.word) != 0)
			;
		__asm__ volatile("lr.w.aq %0, (%1)\n\t"
				 "bnez %0, 1f\n\t"
				 "sc.w %0, %2, (%1)\n"
				 "1:"
				 : "=&r"(seen)
				 : "r"(&lock.word), "r"(1)
				 : "memory");
	} while (seen != 0);
	bump();
	unlock();
}

/* `word` is the number that is drawn, `now` the one that is served. */
static inline void ticket_by(uint32_t *now)
{
	uint32_t mine = __atomic_fetch_add(&lock.word, 1, __ATOMIC_RELAXED);

	while (LOAD(now) != mine)
		;
	FENCE("r,rw");
	bump();
	RELEASE(now, mine + 1);
}

static inline void ticket(unsigned hart)
{
	(void)hart;
	ticket_by(&lock.serving);
}

static inline void ticket2l(unsigned hart)
{
	(void)hart;
	ticket_by(&serving_far);
}

static inline void mcs(unsigned hart)
{
	struct node *mine = &node[hart], *ahead, *next;

	STORE(&mine->next, 0);
	ahead = __atomic_exchange_n(&tail, mine, __ATOMIC_ACQ_REL);
	if (ahead != 0) {
		STORE(&mine->waiting, 1);
		RELEASE(&ahead->next, mine);
		while (LOAD(&mine->waiting) != 0)
			;
		FENCE("r,rw");
	}
	bump();
	next = LOAD(&mine->next);
	if (next == 0) {
		struct node *expected = mine;

		if (__atomic_compare_exchange_n(&tail, &expected, 0, 0, __ATOMIC_RELEASE,
						__ATOMIC_RELAXED))
			return;
		while ((next = LOAD(&mine->next)) == 0)
			;
	}
	RELEASE(&next->waiting, 0);
}

static inline void cas(unsigned hart)
{
	(void)hart;
	for (;;) {
		uint64_t next = LOAD(&heap);

		if (next + 16 >= UINT64_MAX / 2)
			return;
		if (__atomic_compare_exchange_n(&heap, &next, next + 16, 1, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			return;
	}
}

static inline void lrsc(unsigned hart)
{
	uint64_t value, failed;

	(void)hart;
	do
		__asm__ volatile("lr.d %0, (%2)\n\t"
				 "addi %0, %0, 16\n\t"
				 "sc.d %1, %0, (%2)"
				 : "=&r"(value), "=&r"(failed)
				 : "r"(&heap)
				 : "memory");
	while (failed != 0);
}

static inline void faa(unsigned hart)
{
	(void)hart;
	__atomic_fetch_add(&heap, 16, __ATOMIC_RELAXED);
}

static inline void think(void)
{
	for (unsigned i = 0; i < THINK; i++)
		INSTRUCTIONS(TURN - 2);
	if (THINK > 0)
		INSTRUCTIONS(3);
}

/* Returns how many operations the hart does until `until`. */
static inline uint64_t work(unsigned hart, uint64_t until)
{
	uint64_t ops = 0;

	while (mailbox.now < until) {
		STRATEGY(hart);
		think();
		INSTRUCTIONS(LOOP);
		ops++;
	}
	return ops;
}

static long firmware(long extension, long function, long a, long b, long c)
{
	register long a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c;
	register long a6 __asm__("a6") = function, a7 __asm__("a7") = extension;

	__asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
	return a0;
}

static void say(uint64_t value)
{
	for (int shift = 28; shift >= 0; shift -= 4)
		firmware(PUTCHAR, 0, "0123456789abcdef"[value >> shift & 15], 0, 0);
	firmware(PUTCHAR, 0, '\n', 0, 0);
}

void begin_other(void);

__attribute__((noinline)) void take_part(unsigned hart)
{
	uint64_t from;

	MARK(MARK_JOIN);
	from = mailbox.now - mailbox.now % 1000000;
	work(hart, from + WARM);
	done[hart].ops = work(hart, from + WARM + WINDOW);
	MARK(MARK_LEAVE);
}

void other(unsigned hart)
{
	take_part(hart);
	for (;;)
		__asm__ volatile("wfi");
}

void boot(void)
{
	mailbox.harts = HARTS;
	MARK(MARK_MAILBOX);
	mailbox.now = 0;
	for (unsigned hart = 1; hart < HARTS; hart++)
		firmware(HSM, 0, hart, (long)begin_other, 0);
	take_part(0);
	for (unsigned hart = 0; hart < HARTS; hart++)
		say(done[hart].ops);
	firmware(SRST, 0, 0, 0, 0);
}

__asm__(".section .text.first, \"ax\"\n"
	".globl _start\n"
	"_start:\n\tla sp, stacks + 4096\n\tj boot\n"
	".globl begin_other\n"
	"begin_other:\n\tla sp, stacks + 4096\n\tslli t0, a0, 12\n\tadd sp, sp, t0\n\tj other\n");
