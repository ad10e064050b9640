#include "say.h"

#include <stdbool.h>

#include "../bench/bench.h"
#include "../bench/port.h"
#include "../bench/record.h"
#include "clock.h"
#include "console.h"
#include "counter.h"
#include "cycle_source.h"
#include "hart.h"
#include "kernel.h"
#include "model.h"
#include "sbi.h"

extern char __image_start[];

/* Say which extensions a hart has, of those that a strategy or a form may need. The tree says
 * nothing of a hart that it leaves out: such a hart has none. */
static void say_extensions(const struct machine_hart *hart)
{
	static const char *const names[] = {"zacas", "zabha", "zawrs", "zihintpause"};
	bool more = false;

	record_key("extensions");
	for (unsigned i = 0; hart != NULL && i < sizeof(names) / sizeof(*names); i++) {
		if (!isa_has(&hart->isa, names[i]))
			continue;
		if (more)
			record_part_char(',');
		for (const char *c = names[i]; *c != 0; c++)
			record_part_char(*c);
		more = true;
	}
}

static void say_isa(const struct machine_hart *hart)
{
	record_key("isa");
	if (hart != NULL)
		isa_write(&hart->isa, record_part_quoted);
}

void say_boot(void)
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
	say_isa(machine_hart(m, kernel.boot_hart));
	record_u64("clusters", m->clusters);
	record_end();
}

void say_harts(void)
{
	for (unsigned i = 0; i < hart_slot_count(); i++) {
		const struct hart *h = hart_slot(i);
		bool online = hart_state(h) == HART_ONLINE;

		record_begin("hart");
		record_u64("id", h->id);
		record_text("state", online ? "online" : "failed");
		if (online) {
			record_u64("index", h->index);
			record_u64("cycle", h->has_cycle);
			say_extensions(machine_hart(&kernel.machine, h->id));
		} else {
			record_i64("sbi_error", h->start_error);
			record_text("error", h->start_error ? sbi_error_name(h->start_error)
							    : "started_but_never_came");
		}
		record_end();
	}
}

void say_clock(void)
{
	record_begin("clock");
	record_text("cycles", cycle_source_name());
	if (!model_here()) {
		record_u64("time_step", counter_step(clock_time));
		record_u64("cycles_step", counter_step(clock_cycles));
	}
	record_end();
}
