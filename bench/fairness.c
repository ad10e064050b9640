#include "fairness.h"

enum {
	SHARE = 4,
	ROOM_MAX = 1 << 14
}; /* logs take 1/SHARE of the heap at most; grants a hart at most */

struct fairness fairness;

static struct fair_hart results[PORT_MAX_HARTS];

uintptr_t fairness_prepare(struct hart_stats *stats, unsigned harts, uintptr_t start, uintptr_t end)
{
	size_t bytes = ((end - start) / SHARE / harts) & -(size_t)LINE;

	end &= -(uintptr_t)LINE;
	if (bytes > ROOM_MAX * sizeof(struct grant))
		bytes = ROOM_MAX * sizeof(struct grant);
	for (unsigned i = 0; i < harts; i++) {
		end -= bytes;
		stats[i].grants = (struct grants){
			.log = (struct grant *)end,
			.room = bytes / sizeof(struct grant),
		};
	}
	/* relaxed: port_run() publishes. */
	aptr_store_relaxed(&fairness.requests, 0);
	return end;
}

/* The state of the walk through the grants. */
struct walk {
	const struct hart_stats *stats;
	const struct workload *work;
	struct fair sum;
	size_t at[PORT_MAX_HARTS];          /* place of each hart's next grant in its log */
	uint64_t overtaken[PORT_MAX_HARTS]; /* grants of later requests while it waited */
	uint64_t bypassed[PORT_MAX_HARTS];  /* grants of any request while it waited */
	uint64_t last[PORT_MAX_HARTS]; /* place of its last grant in the window, from 1; 0: none */
	uint64_t met;                  /* harts of the window of grants that is open, as bits */
	const struct grant *before;    /* the grant before this one, and whose; NULL: none */
	unsigned owner;
	uint64_t end; /* order of the last grant in the window */
};

/* Returns the next grant of hart `i`, NULL when there is none. */
static const struct grant *head(const struct walk *w, unsigned i)
{
	const struct grants *g = &w->stats[i].grants;

	return w->at[i] < g->count ? &g->log[w->at[i]] : NULL;
}

/* Find the hart whose next grant was the first. Returns false when no grant is left. */
static bool first(const struct walk *w, unsigned *hart)
{
	const struct grant *least = NULL;

	for (unsigned i = 0; i < w->sum.harts; i++) {
		const struct grant *g = head(w, i);

		if (g != NULL && (least == NULL || g->order < least->order)) {
			least = g;
			*hart = i;
		}
	}
	return least != NULL;
}

/* Find the window in the order of the grants, and return where it begins. It begins behind
 * the last grant known to be before it, from where on no grant is missing, and ends with
 * the last one known to be inside. A hart may have been stopped between its grant and its
 * look at the phase. */
static uint64_t find_window(struct walk *w)
{
	uint64_t start = 0;

	for (unsigned i = 0; i < w->sum.harts; i++) {
		const struct grants *g = &w->stats[i].grants;

		if (g->before > start)
			start = g->before;
		if (g->inside != 0 && g->log[g->inside - 1].order > w->end)
			w->end = g->log[g->inside - 1].order;
	}
	for (unsigned i = 0; i < w->sum.harts; i++)
		while (head(w, i) != NULL && head(w, i)->order <= start)
			w->at[i]++;
	return start;
}

/* Count that the hart gets `g`, and that every other hart that has asked by then does not. */
static void pass_over(struct walk *w, unsigned hart, const struct grant *g)
{
	for (unsigned i = 0; i < w->sum.harts; i++) {
		const struct grant *other = head(w, i);

		if (i == hart || other == NULL)
			continue;
		w->overtaken[i] += other->request < g->request;
		w->bypassed[i] += other->asked < g->owned;
	}
	histogram_add(&results[hart].overtaken, w->overtaken[hart]);
	histogram_add(&results[hart].bypass, w->bypassed[hart]);
	w->overtaken[hart] = w->bypassed[hart] = 0;
}

/* Count the hand-off from the owner before to this one. */
static void hand_over(struct walk *w, unsigned hart, const struct grant *g)
{
	if (w->before == NULL)
		return;
	if (w->owner == hart) {
		w->sum.again++;
		return;
	}
	w->sum.near += cluster_of(w->work, w->owner) == cluster_of(w->work, hart);
	if (g->asked < w->before->released) /* the harts' clocks may be a tick apart */
		histogram_add(&results[hart].handoff,
			      g->owned > w->before->released ? g->owned - w->before->released : 0);
}

static void count(struct walk *w, unsigned hart)
{
	uint64_t place = ++w->sum.grants;

	if (w->last[hart] != 0)
		histogram_add(&results[hart].reacquire, place - w->last[hart]);
	w->last[hart] = place;
	w->met |= 1ull << hart;
	if (place % w->sum.harts == 0) {
		w->sum.windows++;
		w->sum.distinct += (unsigned)__builtin_popcountll(w->met);
		w->met = 0;
	}
}

static void step(struct walk *w, unsigned hart)
{
	const struct grant *g = head(w, hart);

	pass_over(w, hart, g);
	if (g->order <= w->end) {
		hand_over(w, hart, g);
		count(w, hart);
		w->before = g;
		w->owner = hart;
	}
	w->at[hart]++;
}

struct fair fairness_walk(const struct workload *work, const struct hart_stats *stats,
			  unsigned harts, enum grant_order order)
{
	struct walk w = {.stats = stats, .work = work, .sum.harts = harts};
	uint64_t last;
	unsigned hart = 0;

	for (unsigned i = 0; i < harts; i++) {
		histogram_clear(&results[i].overtaken);
		histogram_clear(&results[i].bypass);
		histogram_clear(&results[i].reacquire);
		histogram_clear(&results[i].handoff);
	}
	w.sum.clusters = cluster_count(work, harts);
	if (order == ORDER_UNKNOWN)
		return w.sum;
	last = find_window(&w);
	while (first(&w, &hart)) {
		uint64_t now = head(&w, hart)->order;

		w.sum.breaks += order == ORDER_NUMBERS ? now != last + 1 : now <= last;
		last = now;
		step(&w, hart);
	}
	return w.sum;
}

const struct fair_hart *fairness_hart(unsigned index)
{
	return &results[index];
}
