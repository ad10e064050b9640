#include <stdio.h>
#include <string.h>

#include "../bench/bench.h"
#include "../bench/port.h"
#include "../bench/record.h"
#include "clock.h"
#include "console.h"
#include "counter.h"
#include "hang.h"
#include "hart.h"
#include "kernel.h"
#include "machine_read.h"
#include "model.h"
#include "panic.h"
#include "sbi.h"

struct kernel kernel;
static struct plan plan;

extern char __image_start[], __image_end[], __heap[], __heap_end[];
extern const char __plan[]; /* of `make board PLAN=...`; "" in other images */
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
	if (!machine_has_memory(m, image, size))
		panic("kernel and heap need %zu bytes of memory from 0x%lx on", size, image);
	if (at < image + size && at + m->tree_size > image)
		panic("the device tree lies in the kernel's memory");
}

/* Firmware keeps memory for itself: OpenSBI's own, on boards perhaps in the midst of it. */
static void find_heap(void)
{
	enum { PAGE = 4096, LEAST = 1024 * 1024 };
	const struct machine *m = &kernel.machine;
	uintptr_t image = (uintptr_t)__image_start, heap = (uintptr_t)__heap;
	struct machine_range free = machine_largest_free(m, heap, (uintptr_t)__heap_end - heap);
	uint64_t pad = -free.base % PAGE;

	if (!machine_is_free(m, image, heap - image))
		panic("the device tree reserves memory between 0x%lx and 0x%lx, where the kernel "
		      "is",
		      image, heap);
	if (free.size < LEAST + pad)
		panic("the device tree reserves the heap's memory, 0x%lx to 0x%lx", heap,
		      (uintptr_t)__heap_end);
	kernel.heap = (struct machine_range){free.base + pad, free.size - pad};
}

/* Of those that a strategy or a form may need, what every hart has. */
static void say_extensions(const struct machine *m)
{
	static const char *const names[] = {"zacas", "zabha", "zawrs", "zihintpause"};
	bool more = false;

	record_key("extensions");
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!machine_has(m, names[i]))
			continue;
		if (more)
			record_part_char(',');
		for (const char *c = names[i]; *c != 0; c++)
			record_part_char(*c);
		more = true;
	}
}

static void say_boot(void)
{
	const struct machine *m = &kernel.machine;
	uintptr_t heap_start, heap_end;

	port_heap(&heap_start, &heap_end);
	record_begin("boot");
	record_u64("format", PLAN_FORMAT);
	record_u64("boot_hart", kernel.boot_hart);
	record_u64("harts", m->harts);
	record_u64("left_out", m->harts_left_out);
	record_u64("timebase_hz", port_time_hz());
	record_u64("modelled", model_here());
	record_hex("image", (uintptr_t)__image_start);
	record_hex("heap_start", heap_start);
	record_hex("heap_end", heap_end);
	record_text("console", console_kind());
	record_hex("sbi_spec", sbi_spec_version());
	record_u64("sbi_impl", sbi_impl_id());
	record_hex("sbi_impl_version", sbi_impl_version());
	record_text("machine", m->model);
	record_text("isa", m->isa);
	say_extensions(m);
	record_u64("clusters", m->clusters);
	record_end();
}

static void say_harts(void)
{
	for (unsigned i = 0; i < hart_slots(); i++) {
		const struct hart *h = hart_slot(i);
		int online = atomic_load_explicit(&h->state, memory_order_relaxed) == HART_ONLINE;

		record_begin("hart");
		record_u64("id", h->id);
		record_text("state", online ? "online" : "failed");
		if (online) {
			record_u64("index", h->index);
			record_u64("cycle", h->has_cycle);
		} else {
			record_i64("sbi_error", h->start_error);
			record_text("error", h->start_error ? sbi_error_name(h->start_error)
							    : "started_but_never_came");
		}
		record_end();
	}
}

static void say_clock(void)
{
	record_begin("clock");
	record_text("cycles", counter_name());
	if (!model_here()) {
		record_u64("time_step", counter_step(clock_time));
		record_u64("cycles_step", counter_step(clock_cycles));
	}
	record_end();
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

_Noreturn void kernel_stop(bool failed)
{
	/* OpenSBI 1.1 turns SRST's "system failure" into exit status 0 of QEMU
	 * (code 0 in the device's FAIL word), so the word is written here. */
	enum { FINISHER_FAIL = 0x3333, EXIT_STATUS = 1 };

	if (failed && kernel.machine.finisher != 0)
		*(volatile uint32_t *)kernel.machine.finisher = EXIT_STATUS << 16 | FINISHER_FAIL;
	sbi_shutdown(failed);
}

static _Noreturn void finish(void)
{
	record_begin("end");
	record_u64("records", record_count());
	record_text("status", "ok");
	record_end();
	kernel_stop(false);
}

_Noreturn void kernel_main(unsigned long hart_id, const void *tree)
{
	kernel.boot_hart = hart_id;
	console_init();
	model_init();
	read_machine(tree);
	find_heap();
	hart_init_boot(hart_id, &kernel.machine);
	say_boot();
	kernel.harts_online = hart_start_all(&kernel.machine);
	counter_choose();
	say_harts();
	say_clock();
	selftest_run();
	read_plan();
	if (plan.trials == 0)
		printf("no plan on the kernel command line: nothing to measure\n");
	bench_run(&plan);
	finish();
}
