#include <stdio.h>
#include <string.h>

#include "../bench/bench.h"
#include "../bench/record.h"
#include "bringup.h"
#include "console.h"
#include "csr.h"
#include "cycle_source.h"
#include "hang.h"
#include "ipi.h"
#include "kernel.h"
#include "layout.h"
#include "machine_read.h"
#include "model.h"
#include "panic.h"
#include "say.h"
#include "selftest.h"
#include "stacks.h"
#include "stop.h"
#include "timer.h"
#include "trap.h"

struct kernel kernel;
static struct plan plan;

extern char __image_start[], __image_end[], __stacks_end[], __heap[], __heap_end[];
extern const char __plan[]; /* the plan of `make board PLAN=...`; "" in other images */
_Noreturn void kernel_main(unsigned long hart_id, const void *tree);

/* A device tree is at most this large; its own header says how large it is. */
enum { TREE_LIMIT = 2 * 1024 * 1024 };

static void read_machine(const void *tree)
{
	const struct machine *m = &kernel.machine;
	uintptr_t image = (uintptr_t)__image_start, at = (uintptr_t)tree;
	size_t size = __image_end - __image_start;
	const char *error = machine_read(&kernel.machine, tree, TREE_LIMIT);

	if (error != NULL)
		panic("device tree at %p: %s", tree, error);
	if (image % KERNEL_ALIGN != 0)
		panic("loaded at 0x%lx, which is no multiple of 2 MiB", image);
	if (!ranges_cover(&m->memory, image, size))
		panic("kernel and heap need %zu bytes of memory from 0x%lx on", size, image);
	if (at < image + size && at + m->tree_size > image)
		panic("the device tree lies in the kernel's memory");
}

/* OpenSBI reserves its own memory; on boards it may lie inside ours. */
static void find_heap(void)
{
	enum { PAGE = 4096, LEAST = 1024 * 1024 };
	const struct machine *m = &kernel.machine;
	uintptr_t image = (uintptr_t)__image_start, heap = (uintptr_t)__heap;
	struct range free = ranges_largest_gap(&m->reserved, heap, (uintptr_t)__heap_end - heap);
	uint64_t pad = -free.base % PAGE;

	if (ranges_meet(&m->reserved, image, heap - image))
		panic("the device tree reserves memory between 0x%lx and 0x%lx, where the kernel "
		      "is",
		      image, heap);
	if (free.size < LEAST + pad)
		panic("the device tree reserves the heap's memory, 0x%lx to 0x%lx", heap,
		      (uintptr_t)__heap_end);
	kernel.heap = (struct range){free.base + pad, free.size - pad};
}

static void read_plan(void)
{
	const char *given = strstr(kernel.machine.bootargs, "hartlock:");
	const char *at, *text = given ? given : __plan;
	const char *error = plan_read(&plan, text, &at);

	record_begin("asked");
	record_text("from", given ? "bootargs" : *text ? "image" : "nobody");
	record_text("plan", text);
	record_end();
	if (error != NULL)
		panic("plan: %s, at \"%.40s\"", error, at);
	if (plan.hang_ms != 0)
		hang_limit(plan.hang_ms);
}

static _Noreturn void finish(void)
{
	record_begin("end");
	record_u64("records", record_count());
	record_text("status", "ok");
	record_end();
	kernel_stop(false);
}

/* The end of the way: it does not return, so the boot stack is free for it. */
static void measure(void *unused)
{
	(void)unused;
	if (plan.trials == 0)
		printf("no plan on the kernel command line: nothing to measure\n");
	bench_run(&plan);
	finish();
}

/* Bytes of the boot stack above the bench's frames. The number is as good as any, but it is
 * set: what lies on which line is part of what is modelled, and the size of kernel_main()'s
 * own frame shall not decide that. */
enum { ABOVE_BENCH = 128 };

static const struct trap_handler interrupts[] = {
	{SCAUSE_TIMER, timer_interrupt},
	{SCAUSE_SOFTWARE, ipi_interrupt},
	{0, NULL},
};

_Noreturn void kernel_main(unsigned long hart_id, const void *tree)
{
	kernel.boot_hart = hart_id;
	console_init();
	model_init();
	read_machine(tree);
	find_heap();
	trap_on(interrupts);
	bringup_boot_hart(hart_id, &kernel.machine);
	say_boot();
	kernel.harts_online = bringup_start_all(&kernel.machine);
	cycle_source_choose();
	say_harts();
	say_clock();
	selftest_run();
	read_plan();
	call_on_stack(measure, NULL, (uintptr_t)__stacks_end - ABOVE_BENCH);
	__builtin_unreachable();
}
