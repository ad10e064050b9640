#include "panic.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "../bench/record.h"
#include "self.h"

static atomic_flag somebody = ATOMIC_FLAG_INIT;

void panic_at(const char *file, int line, const char *format, ...)
{
	char message[160];
	va_list args;

	/* relaxed: the threads only have to agree which one was first. */
	while (atomic_flag_test_and_set_explicit(&somebody, memory_order_relaxed))
		pause(); /* until the first one has ended the process */
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	record_begin("panic");
	record_u64("hart", self_index);
	record_text("file", file);
	record_u64("line", (uint64_t)line);
	record_text("msg", message);
	record_end();
	_exit(1);
}
