/* planted.c: an image for QEMU's machine `virt` with two harts, whose locks are used wrongly on
 * purpose. tests/boot/test_planted.py says which fault lies in which function, and that `observe`
 * names it.
 *
 * It is its own firmware: it starts in M-mode, and goes on in S-mode. With -DINLINED the locks are
 * inlined, else they are the functions spin_lock() and spin_unlock(). With -DCOUNTED spin_lock()
 * counts its calls before it takes the lock. Harts take turns by plain loads and stores alone.
 */
#include <stdint.h>

enum { HARTS = 2, TIMES = 3, SSIP = 1 << 1, SIE = 1 << 1, LINE = 64 };

__asm__(".section .init, \"ax\"\n"
	".globl _start\n"
	"_start:\n"
	"	csrr	a0, mhartid\n"
	"	la	sp, stacks\n"
	"	addi	t0, a0, 1\n"
	"	slli	t0, t0, 12\n"
	"	add	sp, sp, t0\n"
	"	la	t0, machine_trap\n"
	"	csrw	mtvec, t0\n"
	"	li	t0, -1\n"
	"	csrw	pmpaddr0, t0\n"
	"	li	t0, 0x1f\n" /* all memory, for all levels */
	"	csrw	pmpcfg0, t0\n"
	"	li	t0, 2\n" /* SSIP */
	"	csrw	mideleg, t0\n"
	"	li	t0, 0x800\n" /* MPP: S */
	"	csrs	mstatus, t0\n"
	"	la	t0, supervisor\n"
	"	csrw	mepc, t0\n"
	"	mret\n"
	".balign 4\n"
	"machine_trap:\n" /* an ECALL: there is nothing to do */
	"	csrw	mscratch, t0\n"
	"	csrr	t0, mcause\n"
	"	csrr	t0, mepc\n"
	"	addi	t0, t0, 4\n"
	"	csrw	mepc, t0\n"
	"	csrr	t0, mscratch\n"
	"	mret\n"
	".previous\n");

char stacks[HARTS][4096] __attribute__((aligned(16)));

typedef struct {
	uint32_t next, serving;
} spinlock;

#define OWN_LINE __attribute__((aligned(LINE)))
OWN_LINE spinlock left, right, around, north, south, twice, kept, slept, called, tried, disturbed;
OWN_LINE struct {
	uint64_t blocks;
	spinlock lock;
} heap;
OWN_LINE uint32_t counter, calls_of_lock;
OWN_LINE uint32_t flag;
OWN_LINE volatile uint64_t data[LINE];
OWN_LINE static volatile uint32_t turn;
OWN_LINE static volatile uint32_t handler_takes;

#ifdef INLINED
#define LOCK static inline __attribute__((always_inline))
#else
#define LOCK __attribute__((noinline))
#endif
#define NAMED __attribute__((noinline))

LOCK void spin_lock(spinlock *l)
{
#ifdef COUNTED
	__atomic_fetch_add(&calls_of_lock, 1, __ATOMIC_RELAXED);
#endif
	uint32_t mine = __atomic_fetch_add(&l->next, 1, __ATOMIC_RELAXED);

	while (__atomic_load_n(&l->serving, __ATOMIC_ACQUIRE) != mine)
		;
}

LOCK void spin_unlock(spinlock *l)
{
	__atomic_store_n(&l->serving, l->serving + 1, __ATOMIC_RELEASE);
}

LOCK _Bool spin_trylock(spinlock *l)
{
	uint32_t free = __atomic_load_n(&l->serving, __ATOMIC_RELAXED);

	return __atomic_compare_exchange_n(&l->next, &free, free + 1, 0, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

static void work(void)
{
	data[0] = data[8] + 1;
}

static inline __attribute__((always_inline)) void pair(spinlock *outer, spinlock *inner)
{
	spin_lock(outer);
	work();
	spin_lock(inner);
	work();
	spin_unlock(inner);
	spin_unlock(outer);
}

NAMED void forwards(void)
{
	pair(&left, &right);
}

NAMED void backwards(void)
{
	pair(&right, &left);
}

/* Both orders, but never without `around`. */
NAMED void guarded(unsigned hart)
{
	spin_lock(&around);
	work();
	if (hart == 0)
		pair(&north, &south);
	else
		pair(&south, &north);
	spin_unlock(&around);
}

NAMED void sleeps(void)
{
	spin_lock(&slept);
	work();
	__asm__ volatile("csrs sie, %0\n\tcsrs sip, %0" ::"r"(SSIP) : "memory");
	__asm__ volatile("wfi" ::: "memory");
	__asm__ volatile("csrc sip, %0" ::"r"(SSIP) : "memory");
	spin_unlock(&slept);
}

NAMED void calls(void)
{
	spin_lock(&called);
	work();
	__asm__ volatile("ecall" ::: "memory");
	spin_unlock(&called);
}

/* An interrupt comes while the lock is held; its handler leaves the lock alone, this time. */
NAMED void is_disturbed(void)
{
	__asm__ volatile("csrs sstatus, %0" ::"r"(SIE) : "memory");
	spin_lock(&disturbed);
	work();
	__asm__ volatile("csrs sip, %0" ::"r"(SSIP) : "memory");
	spin_unlock(&disturbed);
	handler_takes = 1;
	__asm__ volatile("csrs sip, %0" ::"r"(SSIP) : "memory");
	handler_takes = 0;
	__asm__ volatile("csrc sstatus, %0" ::"r"(SIE) : "memory");
}

__attribute__((interrupt("supervisor"), aligned(4))) void handles(void)
{
	uint64_t cause;

	__asm__ volatile("csrr %0, scause" : "=r"(cause));
	__asm__ volatile("csrc sip, %0" ::"r"(SSIP) : "memory");
	if (!handler_takes)
		return;
	spin_lock(&disturbed);
	work();
	spin_unlock(&disturbed);
}

NAMED void counts(void)
{
	__atomic_fetch_add(&counter, 1, __ATOMIC_RELAXED);
	work();
}

/* A flag is set by each hart, and cleared seldom. */
NAMED void flags(unsigned i)
{
	__atomic_exchange_n(&flag, 1, __ATOMIC_ACQUIRE);
	work();
	if (i % 8 == 7)
		__atomic_store_n(&flag, 0, __ATOMIC_RELEASE);
}

/* The function that allocates: it is asked for pages, by its second argument. */
NAMED void allocates(unsigned hart, uint64_t pages)
{
	__asm__ volatile("" ::"r"(hart), "r"(pages));
	spin_lock(&heap.lock);
	heap.blocks++;
	work();
	spin_unlock(&heap.lock);
}

/* The second try fails, for the hart has the lock. */
NAMED void tries(void)
{
	if (!spin_trylock(&tried))
		return;
	work();
	if (!spin_trylock(&tried))
		work();
	spin_unlock(&tried);
}

NAMED void takes_twice(void)
{
	spin_lock(&twice);
	work();
	spin_unlock(&twice);
}

NAMED void takes_again(void)
{
	spin_lock(&twice);
	work();
	takes_twice();
}

NAMED void keeps(unsigned hart)
{
	spin_lock(&kept);
	work();
	if (hart == 0)
		spin_unlock(&kept);
}

static void one_turn(unsigned hart)
{
	hart == 0 ? forwards() : backwards();
	guarded(hart);
	sleeps();
	calls();
	is_disturbed();
	allocates(hart, 1 + hart);
	tries();
	takes_twice();
	keeps(0);
	for (unsigned i = 0; i < 2 * LINE; i++) {
		counts();
		flags(i);
	}
}

static void say(const char *text)
{
	while (*text != '\0')
		*(volatile uint8_t *)0x10000000 = (uint8_t)*text++;
}

__attribute__((used)) void supervisor(unsigned hart)
{
	__asm__ volatile("csrw stvec, %0" ::"r"(handles));
	for (unsigned i = 0; i < TIMES; i++) {
		while (turn != HARTS * i + hart)
			;
		one_turn(hart);
		turn = HARTS * i + hart + 1;
	}
	if (hart == 1) {
		keeps(1);
		turn++;
		takes_again();
	}
	while (turn != HARTS * TIMES + 1)
		;
	for (volatile unsigned i = 0; i < 100000; i++)
		;
	say("planted: done\n");
	for (;;)
		__asm__ volatile("wfi" ::: "memory");
}
