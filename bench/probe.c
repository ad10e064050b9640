#include "probe.h"

#include "delay.h"
#include "port.h"
#include "probe_ops.h"
#include "probe_play.h"
#include "record.h"

static struct probe_line lines[PROBE_LINES];
static struct histogram tally, other;

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
	struct probe_play play = {.kind = kind,
				  .a = a,
				  .b = b,
				  .ops = ops,
				  .step = PROBE_STEP,
				  .harts = 2,
				  .tally = &tally,
				  .other = &other};
	uintptr_t start, end;

	port_heap(&start, &end);
	start = (start + LINE - 1) & -(uintptr_t)LINE;
	play.lines = lines;
	play.heap = (const struct probe_line *)start;
	play.heap_lines = end > start ? (end - start) / LINE : 0;
	histogram_clear(&tally);
	histogram_clear(&other);
	probe_reset(&play);
	return play;
}

static void solo(unsigned trial)
{
	for (const struct probe_kind *k = probe_solo; k->kind != NULL; k++) {
		if (k->needs != NULL && !port_has(k->needs))
			continue;
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

/* Measure single accesses to lines that hart 1 has too. */
static void accesses(unsigned trial)
{
	of_two(trial, "dirty_amo", 1, probe_dirty_amo, 0, 1);
	of_two(trial, "dirty_swap", 1, probe_dirty_swap, 0, 1);
	of_two(trial, "dirty_amo_on", 1, probe_dirty_amo_on, 0, 1);
	of_two(trial, "dirty_lr", 1, probe_dirty_lr, 0, 1);
	of_two(trial, "dirty_two", 1, probe_dirty_two, 0, 1);
	of_two(trial, "dirty_store", 1, probe_dirty_store, 0, 1);
	of_two(trial, "store_release", 1, probe_store_release, 0, 1);
	of_two(trial, "store_pause", 1, probe_store_pause, 0, 1);
	of_two(trial, "store_amo", 1, probe_store_amo, 0, 1);
	of_two(trial, "copy_store", 1, probe_copy_store, 0, 1);
	of_two(trial, "upgrade_store", 1, probe_upgrade_store, 0, 1);
	of_two(trial, "lr_leaves", 1, probe_lr_leaves, 0, 1);
}

static void stores(unsigned trial)
{
	static const unsigned count[] = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64};

	for (unsigned i = 0; i < 2 * sizeof(count) / sizeof(*count); i++) {
		struct probe_play play =
			new_play(i % 2 ? "stores_done" : "stores", 0, count[i / 2], 1);

		play.fenced = i % 2;
		port_run(2, probe_stores, &play);
		send_play(trial, &play);
		if (i != 0)
			continue;
		play.kind = "stores_own";
		play.tally = &other;
		send_play(trial, &play);
	}
}

static void visible(unsigned trial)
{
	struct probe_play play = new_play("visible", 0, 1, 2 * PROBE_ROUNDS);

	play.step = 1;
	port_run(2, probe_handoff, &play);
	send_play(trial, &play);
}

/* Measure when hart 1 loses its copy of a line that hart 0 writes. */
static void copies(unsigned trial)
{
	struct probe_play play = new_play("copy_lost", 0, 1, 1);

	port_run(2, probe_copy_lost, &play);
	send_play(trial, &play);
	play.kind = "copy_kept";
	play.tally = &other;
	send_play(trial, &play);
}

/* Measure what two harts do to each other. */
static void fights(unsigned trial)
{
	static const unsigned gap[] = {0, 8, 16, 32, 64, 128, 256, 512};

	of_two(trial, "regain", 1, probe_regain, 0, 1);
	of_two(trial, "load_window", 1, probe_load_window, 0, 1);
	of_two(trial, "swap_window", 1, probe_swap_window, 0, 1);
	of_two(trial, "store_window", 1, probe_store_window, 0, 1);
	of_two(trial, "stores_window", 1, probe_stores_window, 0, 1);
	of_two(trial, "sc_lost", 1, probe_sc_lost, 0, 1);
	of_two(trial, "lr_window", 1, probe_lr_window, 0, 1);
	for (unsigned i = 0; i < sizeof(gap) / sizeof(*gap); i++) {
		struct probe_play play = new_play("lr_kept", 0, gap[i], 1);

		port_run(2, probe_lr_kept, &play);
		send_play(trial, &play);
		play.kind = "lr_delay";
		play.tally = &other;
		send_play(trial, &play);
	}
}

/* Let hart 0 make AMOs with more and more instructions between, alone and against hart 1. */
static void paired(unsigned trial)
{
	for (uint32_t gap = 0; gap <= PROBE_LONGEST; gap += 2 + gap / 8) {
		for (unsigned harts = 1; harts <= 2; harts++) {
			struct probe_play play = new_play("hot_pair", harts, gap, PROBE_PAIRED);

			play.gap = gap;
			port_run(harts, probe_hot_pair, &play);
			send_play(trial, &play);
		}
	}
}

static void crowd(unsigned trial, const char *kind, probe_part *part, unsigned b, unsigned harts)
{
	struct probe_play play = new_play(kind, 0, b, 1);

	play.harts = harts;
	port_run(harts, part, &play);
	send_play(trial, &play);
}

/* Returns the number of harts that is tried after `n`: each up to 8, then powers of two, and all.
 */
static unsigned more(unsigned n, unsigned harts)
{
	unsigned next = n < 8 ? n + 1 : 2 * n;

	return n < harts && next > harts ? harts : next;
}

/* Measure what more and more harts do to each other. */
static void crowds(unsigned trial, unsigned harts)
{
	for (unsigned n = 1; n <= harts; n = more(n, harts)) {
		crowd(trial, "hot", probe_hot, n, n);
		crowd(trial, "hot_lrsc", probe_hot_lrsc, n, n);
		if (n > 1)
			crowd(trial, "readers", probe_readers, n - 1, n);
	}
}

/* All harts make AMOs to one word, and leave it for a while each time. */
static void spaced(unsigned trial, unsigned harts)
{
	static const unsigned gap[] = {16, 32, 64, 128, 256};

	for (unsigned i = 0; i < sizeof(gap) / sizeof(*gap); i++) {
		struct probe_play play = new_play("hot_spaced", 0, gap[i], 1);

		play.harts = harts;
		play.gap = gap[i];
		port_run(harts, probe_hot_spaced, &play);
		send_play(trial, &play);
	}
}

static void several(unsigned trial, unsigned harts)
{
	for (unsigned others = 0; others < harts; others++)
		crowd(trial, "upgrade", probe_upgrade, others, others + 1);
	if (harts < 2)
		return;
	accesses(trial);
	stores(trial);
	visible(trial);
	copies(trial);
	fights(trial);
	paired(trial);
	if (harts > 2)
		crowd(trial, "copy", probe_copy, 1, 3);
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
	crowds(trial, harts);
	if (harts > 1)
		spaced(trial, harts);
	contention(trial, harts);
}
