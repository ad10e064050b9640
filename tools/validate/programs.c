/* programs.c: the programs of the simulator's tables, which are not hartlock's in each row: `ttas`
 * looks before it swaps, `ticket` keeps its number, `lrsc` is a bare lr, addi, sc. Each hart does
 * one operation after the other for WINDOW cycles, and hart 0 says how many each did.
 *
 * One image is one row: STRATEGY, HARTS, THINK (turns of a delay loop, of TURN instructions) and
 * LOOP (instructions beside the operation, as many as make `faa` alone take what it takes in the
 * table). */
#include <stdbool.h>
#include <stdint.h>

#include "../../kernel/mailbox.h"

enum { WARM = 20000, WINDOW = 100000, MOST = 64, STACK = 4096 };
enum { HSM = 0x48534d, SRST = 0x53525354, PUTCHAR = 1 };

#define LINE    __attribute__((aligned(64)))
#define MARK(n) __asm__ volatile("slti x0, x0, %0" ::"i"(n) : "memory")

struct node {
	LINE struct node *next;
	uint64_t waiting;
};

struct lock {
	LINE uint64_t word;
	uint64_t serving; /* on the line of `word` */
};

static struct mailbox mailbox;
static struct lock the_lock;
static LINE uint64_t the_far_word, the_heap;
static LINE struct node *the_tail;
static struct {
	LINE uint64_t ops;
} done[MOST];
static struct node the_nodes[MOST];
LINE char stacks[MOST * STACK];

#define INSTRUCTIONS(n) __asm__ volatile(".rept %0\n\tnop\n\t.endr" ::"i"(n))

/* The places that a strategy works on. A program gets them as arguments, so they are in registers:
 * the compiler must not make them anew in each turn. */
struct places {
	struct lock *lock;
	uint64_t *far_word; /* on a line of its own */
	uint64_t *heap;
	struct node **tail, *mine;
};

#define IN_REGISTER(x) __asm__("" : "+r"(x))

static inline struct places places_of(unsigned hart)
{
	struct places p = {&the_lock, &the_far_word, &the_heap, &the_tail, &the_nodes[hart]};

	IN_REGISTER(p.lock);
	IN_REGISTER(p.far_word);
	IN_REGISTER(p.heap);
	IN_REGISTER(p.tail);
	IN_REGISTER(p.mine);
	return p;
}

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
static inline void bump(struct places p)
{
	STORE(p.heap, LOAD(p.heap) + 16);
}

static inline void unlock(struct places p)
{
	RELEASE(&p.lock->word, 0);
}

/* Returns true if the lock was taken. */
static inline bool swap(struct places p)
{
	uint64_t seen;

	__asm__ volatile("amoswap.d.aq %0, %1, (%2)"
			 : "=r"(seen)
			 : "r"(1L), "r"(&p.lock->word)
			 : "memory");
	return seen == 0;
}

static inline void tas(struct places p)
{
	while (!swap(p))
		;
	bump(p);
	unlock(p);
}

static inline void ttas(struct places p)
{
	do
		while (LOAD(&p.lock->word) != 0)
			;
	while (!swap(p));
	bump(p);
	unlock(p);
}

static inline void caslock(struct places p)
{
	uint64_t seen;

	do {
		while (LOAD(&p.lock->word) != 0)
			;
		__asm__ volatile("lr.d.aq %0, (%1)\n\t"
				 "bnez %0, 1f\n\t"
				 "sc.d %0, %2, (%1)\n"
				 "1:"
				 : "=&r"(seen)
				 : "r"(&p.lock->word), "r"(1L)
				 : "memory");
	} while (seen != 0);
	bump(p);
	unlock(p);
}

/* The lock's word is the number that is drawn, `now` the one that is served. */
static inline void ticket_by(struct places p, uint64_t *now)
{
	uint64_t mine = __atomic_fetch_add(&p.lock->word, 1, __ATOMIC_RELAXED);

	while (LOAD(now) != mine)
		;
	FENCE("r,rw");
	bump(p);
	RELEASE(now, mine + 1);
}

static inline void ticket(struct places p)
{
	ticket_by(p, &p.lock->serving);
}

static inline void ticket2l(struct places p)
{
	ticket_by(p, p.far_word);
}

static inline void mcs(struct places p)
{
	struct node *mine = p.mine, *ahead, *next;

	STORE(&mine->next, 0);
	ahead = __atomic_exchange_n(p.tail, mine, __ATOMIC_ACQ_REL);
	if (ahead != 0) {
		STORE(&mine->waiting, 1);
		RELEASE(&ahead->next, mine);
		while (LOAD(&mine->waiting) != 0)
			;
		FENCE("r,rw");
	}
	bump(p);
	next = LOAD(&mine->next);
	if (next == 0) {
		struct node *expected = mine;

		if (__atomic_compare_exchange_n(p.tail, &expected, 0, 0, __ATOMIC_RELEASE,
						__ATOMIC_RELAXED))
			return;
		while ((next = LOAD(&mine->next)) == 0)
			;
	}
	RELEASE(&next->waiting, 0);
}

static inline void cas(struct places p)
{
	for (;;) {
		uint64_t next = LOAD(p.heap);

		if (next + 16 >= UINT64_MAX / 2)
			return;
		if (__atomic_compare_exchange_n(p.heap, &next, next + 16, 1, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			return;
	}
}

static inline void lrsc(struct places p)
{
	uint64_t value, failed;

	do
		__asm__ volatile("lr.d %0, (%2)\n\t"
				 "addi %0, %0, 16\n\t"
				 "sc.d %1, %0, (%2)"
				 : "=&r"(value), "=&r"(failed)
				 : "r"(p.heap)
				 : "memory");
	while (failed != 0);
}

static inline void faa(struct places p)
{
	__atomic_fetch_add(p.heap, 16, __ATOMIC_RELAXED);
}

/* Two harts count a word up in turn: a turn of one is one way of the line. */
static inline void handoff(struct places p)
{
	uint64_t me = (uint64_t)(p.mine - the_nodes), count;

	do
		count = LOAD(p.heap);
	while (count % 2 != me);
	STORE(p.heap, count + 1);
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
	struct places p = places_of(hart);
	uint64_t ops = 0;

	while (mailbox.now < until) {
		STRATEGY(p);
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
