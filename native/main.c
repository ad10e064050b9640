/* main.c: the bench as a program. Its arguments are `smp=N` and the words of the kernel's
 * command line: the plan of docs/reference/records.md.
 *
 *   build/native/hartlock smp=4 hartlock: run=ticket:4,null:4
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "../bench/bench.h"
#include "../bench/port.h"
#include "../bench/record.h"
#include "alarm.h"
#include "clusters.h"
#include "hart.h"
#include "heap.h"
#include "isa.h"
#include "native.h"
#include "panic.h"

struct native native;
static struct plan plan;

/* Returns the arguments with blanks between them. */
static char *joined(char **words)
{
	size_t size = 1, len = 0;
	char *text;

	for (char **w = words; *w != NULL; w++)
		size += strlen(*w) + 1;
	text = malloc(size);
	if (text == NULL)
		panic("no memory for the plan");
	text[0] = 0;
	for (char **w = words; *w != NULL; w++)
		len += (size_t)sprintf(text + len, "%s%s", len ? " " : "", *w);
	return text;
}

/* Returns the number of threads: that of `smp=N`, the first word, or else one for each
 * processor. */
static unsigned harts_asked(const char *text)
{
	unsigned long n = native.allowed.count;
	char *end;

	if (strncmp(text, "smp=", 4) != 0)
		return n < PORT_MAX_HARTS ? (unsigned)n : PORT_MAX_HARTS;
	n = strtoul(text + 4, &end, 10);
	if (end == text + 4 || (*end != ' ' && *end != 0) || n < 1 || n > PORT_MAX_HARTS)
		panic("smp is a number of threads from 1 to %d, at \"%.40s\"", PORT_MAX_HARTS,
		      text);
	return (unsigned)n;
}

static void say_boot(void)
{
	uintptr_t heap_start, heap_end;

	port_heap(&heap_start, &heap_end);
	record_begin("boot");
	record_u64("format", PLAN_FORMAT);
	record_u64("harts", native.harts);
	record_u64("timebase_hz", port_time_hz());
	record_u64("modelled", 0);
	record_hex("heap_start", heap_start);
	record_hex("heap_end", heap_end);
	record_text("console", "stdout");
	record_text("isa", isa_name());
	record_end();
}

static void say_native(void)
{
	record_begin("native");
	record_u64("processors", native.allowed.count);
	record_text("time", clock_time_name());
	record_u64("time_step", clock_time_step());
	record_text("cycles", clock_cycles_name());
	record_u64("cycles_step", clock_cycles_step());
	record_text("compiler", __VERSION__);
	record_text("sanitizer", SANITIZER);
	record_end();
}

static void say_harts(void)
{
	for (unsigned i = 0; i < native.harts; i++) {
		record_begin("hart");
		record_u64("id", (uint64_t)hart_processor(i));
		record_text("state", "online");
		record_u64("index", i);
		record_end();
	}
}

/* Say how often the system took the processor from a thread that had not slept. */
static void say_usage(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) != 0)
		panic("getrusage: %s", strerror(errno));
	record_begin("usage");
	record_u64("preempted", (uint64_t)usage.ru_nivcsw);
	record_end();
}

static void read_plan(const char *text)
{
	const char *at, *error = plan_read(&plan, text, &at);

	if (error != NULL)
		panic("plan: %s, at \"%.40s\"", error, at);
}

static void finish(void)
{
	record_begin("end");
	record_u64("records", record_count());
	record_text("status", "ok");
	record_end();
}

int main(int argc, char **argv)
{
	char *text = joined(argv + (argc > 0));

	/* Allow any debugger: the one that hartlock starts when this hangs is not its parent. */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	processors_read(&native.allowed);
	native.harts = harts_asked(text);
	read_plan(text);
	heap_init();
	clock_init(&native.allowed);
	alarm_init();
	hart_start_all(native.harts, &native.allowed);
	clusters_read(native.harts);
	say_boot();
	say_native();
	say_harts();
	bench_run(&plan);
	say_usage();
	finish();
	free(text);
	return 0;
}
