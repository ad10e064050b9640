#include "probe.h"

#include "delay.h"
#include "port.h"
#include "probe_ops.h"
#include "probe_play.h"
#include "record.h"

static struct probe_line lines[PROBE_LINES];
static struct histogram tally;

static void send_play(unsigned trial, const struct probe_play *play)
{
	record_begin("probe");
	record_u64("trial", trial);
	record_text("kind", play->kind);
	record_u64("a", play->a);
	record_u64("b", play->b);
	record_u64("ops", play->ops);
	histogram_record(play->tally);
	record_end();
}

static struct probe_play new_play(const char *kind, unsigned a, unsigned b, uint64_t ops)
{
	struct probe_play play = {
		.kind = kind, .a = a, .b = b, .ops = ops, .step = PROBE_STEP, .tally = &tally};
	uintptr_t start, end;

	port_heap(&start, &end);
	start = (start + LINE - 1) & -(uintptr_t)LINE;
	play.lines = lines;
	play.heap = (const struct probe_line *)start;
	play.heap_lines = end > start ? (end - start) / LINE : 0;
	histogram_clear(&tally);
	probe_reset(&play);
	return play;
}

static void solo(unsigned trial)
{
	for (const struct probe_kind *k = probe_solo; k->kind != NULL; k++) {
		struct probe_play play = new_play(k->kind, 0, 0, k->ops);

		port_run(1, k->part, &play);
		send_play(trial, &play);
	}
}

/* Measure the cycles of the hart against the ticks of the time that all share. */
static void two_clocks(unsigned index, void *arg)
{
	struct probe_play *play = arg;
	uint64_t time = port_time(), cycles = port_cycles();

	(void)index;
	delay(PROBE_DELAY);
	play->ops = port_time() - time;
	histogram_add(play->tally, port_cycles() - cycles);
}

static void ticks(unsigned trial)
{
	struct probe_play play = new_play("ticks", 0, 0, 0);

	port_run(1, two_clocks, &play);
	send_play(trial, &play);
}

static void of_two(unsigned trial, const char *kind, uint64_t ops, probe_part *part, unsigned a,
		   unsigned b)
{
	struct probe_play play = new_play(kind, a, b, ops);

	port_run((a > b ? a : b) + 1, part, &play);
	send_play(trial, &play);
}

static void pairs(unsigned trial, unsigned harts)
{
	for (unsigned a = 0; a < harts; a++) {
		for (unsigned b = 0; b < harts; b++) {
			if (a == b)
				continue;
			of_two(trial, "dirty", 1, probe_dirty, a, b);
			of_two(trial, "handoff", 2 * PROBE_ROUNDS, probe_handoff, a, b);
		}
	}
}

static void several(unsigned trial, unsigned harts)
{
	struct probe_play play;

	for (unsigned others = 0; others < harts; others++) {
		play = new_play("upgrade", 0, others, 1);
		port_run(others + 1, probe_upgrade, &play);
		send_play(trial, &play);
	}
	if (harts < 2)
		return;
	play = new_play("visible", 0, 1, 2 * PROBE_ROUNDS);
	play.step = 1;
	port_run(2, probe_handoff, &play);
	send_play(trial, &play);
	if (harts < 3)
		return;
	play = new_play("copy", 0, 1, 1);
	port_run(3, probe_copy, &play);
	send_play(trial, &play);
}

static void send_count(unsigned trial, unsigned harts, unsigned hart)
{
	record_begin("lrsc");
	record_u64("trial", trial);
	record_u64("harts", harts);
	record_u64("hart", hart);
	record_u64("attempts", probe_counts[hart].attempts);
	record_u64("successes", probe_counts[hart].successes);
	record_end();
}

static void contention(unsigned trial, unsigned harts)
{
	for (unsigned n = 2; n <= harts; n++) {
		struct probe_play play = new_play("lrsc", 0, 0, 1);

		play.harts = n;
		port_run(n, probe_contend, &play);
		for (unsigned i = 0; i < n; i++)
			send_count(trial, n, i);
	}
}

void probe_run(unsigned trial, unsigned harts)
{
	ticks(trial);
	solo(trial);
	pairs(trial, harts);
	several(trial, harts);
	contention(trial, harts);
}
