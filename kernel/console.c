#include "console.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "kernel.h"
#include "sbi.h"

static bool debug_console;
/* tp of the hart that seized the console; 0 while nobody has. */
static _Atomic uintptr_t seized_by;

static uintptr_t self(void)
{
	uintptr_t tp;

	__asm__("mv %0, tp" : "=r"(tp));
	return tp;
}

void console_init(void)
{
	debug_console = sbi_has(SBI_EXT_DBCN);
}

const char *console_kind(void)
{
	return debug_console ? "dbcn" : "legacy";
}

static void stop_if_silenced(void)
{
	/* relaxed: a hart that talks a moment longer does no harm. */
	uintptr_t by = atomic_load_explicit(&seized_by, memory_order_relaxed);

	if (by != 0 && by != self())
		for (;;)
			__asm__ volatile("wfi");
}

static size_t write_some(const char *text, size_t len)
{
	if (debug_console) {
		struct sbi_ret ret = sbi_debug_console_write(text, len);

		if (ret.error == 0)
			return ret.value;
		debug_console = false; /* refused: the old way still works */
	}
	sbi_legacy_putchar(*text);
	return 1;
}

void console_write(const char *text, size_t len)
{
	while (len > 0) {
		size_t n;

		stop_if_silenced();
		n = write_some(text, len);
		text += n;
		len -= n;
	}
}

void console_seize(void)
{
	/* Wait 1 ms, in which a call under way ends. The rate is taken to be 10 MHz before
	 * the tree was read. */
	uint64_t hz = kernel.machine.timebase_hz, grace = hz ? hz / 1000 : 10000;
	uint64_t from = clock_time();

	atomic_store_explicit(&seized_by, self(), memory_order_relaxed);
	while (clock_time() - from < grace)
		;
	console_write("\n", 1);
}

void console_panic_text(const char *text)
{
	while (*text != 0)
		sbi_legacy_putchar(*text++);
}

static int stdout_put(char c, FILE *file)
{
	(void)file;
	console_write(&c, 1);
	return (unsigned char)c;
}

static FILE console_file = FDEV_SETUP_STREAM(stdout_put, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stdout = &console_file;
