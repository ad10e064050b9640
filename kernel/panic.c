#include "panic.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#include "../bench/record.h"
#include "console.h"
#include "hart.h"
#include "kernel.h"
#include "model.h"
#include "stop.h"

/* The hart that panics first, or NULL. */
static struct hart *_Atomic first;

void panic_begin(void)
{
	struct hart *none = NULL;

	MODEL_MARK(MARK_OFF);
	/* relaxed: the harts only have to agree which one was first. */
	if (atomic_compare_exchange_strong_explicit(&first, &none, this_hart, memory_order_relaxed,
						    memory_order_relaxed))
		console_seize();
	else if (none != this_hart)
		for (;;)
			__asm__ volatile("wfi");
}

void panic_at(const char *file, int line, const char *format, ...)
{
	char message[160];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);

	panic_begin();
	record_begin("panic");
	record_u64("hart", this_hart ? this_hart->id : kernel.boot_hart);
	record_text("file", file);
	record_u64("line", line);
	record_text("msg", message);
	record_end();
	kernel_stop(true);
}
