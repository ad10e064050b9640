/* init.c: the only program of the initramfs that `make linux` boots Linux with. It calls the kernel
 * directly: no library is there.
 *
 * `init symbols` prints /proc/kallsyms. `init busy` makes locks busy from every processor: page
 * faults of memory that is mapped and given back, bytes through pipes to another processor,
 * processes that come and go. Both switch the machine off.
 */
#include <stddef.h>
#include <stdint.h>

enum { /* calls of the kernel (include/uapi/asm-generic/unistd.h) */
       MKDIRAT = 34,
       MOUNT = 40,
       OPENAT = 56,
       CLOSE = 57,
       PIPE2 = 59,
       READ = 63,
       WRITE = 64,
       EXIT = 93,
       SCHED_SETAFFINITY = 122,
       REBOOT = 142,
       MUNMAP = 215,
       CLONE = 220,
       MMAP = 222,
       WAIT4 = 260,
};
enum { AT_FDCWD = -100, SIGCHLD = 17, PROT_READ_WRITE = 3, MAP_PRIVATE_ANONYMOUS = 0x22 };
enum { HARTS = 4, ROUNDS = 30, PAGES = 64, PAGE = 4096, LETTERS = 20 };

static long call(long number, long a, long b, long c, long d, long e, long f)
{
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	register long a3 __asm__("a3") = d;
	register long a4 __asm__("a4") = e;
	register long a5 __asm__("a5") = f;
	register long a7 __asm__("a7") = number;

	__asm__ volatile("ecall"
			 : "+r"(a0)
			 : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7)
			 : "memory");
	return a0;
}

static void say(const char *text)
{
	size_t n = 0;

	while (text[n] != '\0')
		n++;
	call(WRITE, 1, (long)text, (long)n, 0, 0, 0);
}

static void off(void)
{
	call(REBOOT, 0xfee1dead, 672274793, 0x4321fedc, 0, 0, 0);
	for (;;)
		;
}

static char buffer[65536];

static void print_symbols(void)
{
	long file, n;

	call(MKDIRAT, AT_FDCWD, (long)"/proc", 0755, 0, 0, 0);
	call(MOUNT, (long)"proc", (long)"/proc", (long)"proc", 0, 0, 0);
	file = call(OPENAT, AT_FDCWD, (long)"/proc/kallsyms", 0, 0, 0, 0);
	while ((n = call(READ, file, (long)buffer, sizeof(buffer), 0, 0, 0)) > 0)
		call(WRITE, 1, (long)buffer, n, 0, 0, 0);
}

static long fork(void)
{
	return call(CLONE, SIGCHLD, 0, 0, 0, 0, 0);
}

static void use_memory(void)
{
	char *at =
		(char *)call(MMAP, 0, PAGES * PAGE, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);

	for (size_t i = 0; i < PAGES; i++)
		((volatile char *)at)[i * PAGE] = 1;
	call(MUNMAP, (long)at, PAGES * PAGE, 0, 0, 0, 0);
}

static void come_and_go(void)
{
	if (fork() == 0)
		call(EXIT, 0, 0, 0, 0, 0, 0);
	call(WAIT4, -1, 0, 0, 0, 0, 0);
}

/* A byte goes to the next processor's process, and one comes from the processor before. */
static void pass_letters(const int to[2], const int from[2])
{
	char letter = 0;

	for (int i = 0; i < LETTERS; i++) {
		call(WRITE, to[1], (long)&letter, 1, 0, 0, 0);
		call(READ, from[0], (long)&letter, 1, 0, 0, 0);
	}
}

static void work(int hart, int (*pipe)[2])
{
	unsigned long mask = 1ul << hart;

	call(SCHED_SETAFFINITY, 0, sizeof(mask), (long)&mask, 0, 0, 0);
	for (int i = 0; i < ROUNDS; i++) {
		use_memory();
		pass_letters(pipe[(hart + 1) % HARTS], pipe[hart]);
		come_and_go();
	}
	call(EXIT, 0, 0, 0, 0, 0, 0);
}

static void make_busy(void)
{
	static int pipe[HARTS][2];

	for (int i = 0; i < HARTS; i++)
		call(PIPE2, (long)pipe[i], 0, 0, 0, 0, 0);
	for (int i = 0; i < HARTS; i++)
		if (fork() == 0)
			work(i, pipe);
	for (int i = 0; i < HARTS; i++)
		call(WAIT4, -1, 0, 0, 0, 0, 0);
}

__attribute__((used)) static void start(const long *stack)
{
	const char *const *argument = (const char *const *)&stack[1];

	if (stack[0] > 1 && argument[1][0] == 's')
		print_symbols();
	else
		make_busy();
	say("init: done\n");
	off();
}

__asm__(".globl _start\n_start:\n	mv a0, sp\n	andi sp, sp, -16\n	call start\n");
