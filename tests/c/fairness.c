/* Tests fairness.c on orders of grants whose figures are known. */
#include "bench/fairness.h"

#include <stdlib.h>

#include "capture.h"
#include "random.h"

enum { HARTS = 4, ROOM = 64, ALL = HARTS * ROOM };

struct window window;

static struct grant logs[HARTS][ROOM];
static struct hart_stats stats[HARTS];
static struct workload work;
static uint64_t number, now; /* the number of the last grant; the clock */

uint64_t fake_time(void)
{
	return now++;
}

uint64_t fake_cycles(void)
{
	return 0;
}

unsigned port_harts(void)
{
	return HARTS;
}

static unsigned clusters_said; /* clusters that the port says there are; harts take them in turn */

unsigned port_cluster(unsigned index)
{
	return index % clusters_said;
}

static void fresh(void)
{
	memset(logs, 0xee, sizeof(logs));
	memset(stats, 0, sizeof(stats));
	work = (struct workload){0};
	number = now = 0;
	clusters_said = 1;
	for (unsigned i = 0; i < HARTS; i++)
		stats[i].grants = (struct grants){.log = logs[i], .room = ROOM};
}

/* Make the next grant, inside the window, to the hart. */
static struct grant *grant(unsigned hart, uint64_t request, uint64_t asked, uint64_t owned)
{
	struct grants *g = &stats[hart].grants;
	struct grant *to = &g->log[g->count++];

	*to = (struct grant){.order = ++number,
			     .request = request,
			     .asked = asked,
			     .owned = owned,
			     .released = owned + 1};
	g->inside = g->count;
	return to;
}

static struct fair walk(unsigned harts)
{
	return fairness_walk(&work, stats, harts, ORDER_NUMBERS);
}

static void expect(const struct histogram *h, uint64_t count, uint64_t sum, uint64_t max)
{
	EXPECT_EQ(h->count, count);
	EXPECT_EQ(h->sum, sum);
	EXPECT_EQ(h->max, max);
}

/* In a queue that is never empty each hart waits for the other two. */
static void test_first_come_first_served(void)
{
	struct fair f;

	fresh();
	for (unsigned i = 0; i < 12; i++)
		grant(i % 3, i, i < 3 ? 0 : 10 * (i - 3) + 2, 10 * i + 1);
	f = walk(3);
	EXPECT_EQ(f.grants, 12);
	EXPECT_EQ(f.again, 0);
	EXPECT_EQ(f.windows, 4);
	EXPECT_EQ(f.distinct, 12);
	EXPECT_EQ(f.breaks, 0);
	EXPECT_EQ(f.clusters, 1);
	EXPECT_EQ(f.near, 11);
	for (unsigned i = 0; i < 3; i++) {
		expect(&fairness_hart(i)->overtaken, 4, 0, 0);
		expect(&fairness_hart(i)->bypass, 4, i + 3 * 2,
		       2); /* first round: those before it */
		expect(&fairness_hart(i)->reacquire, 3, 9, 3);
	}
}

/* The clusters are those that the port says, unless the plan asks for others. */
static void test_told_clusters(void)
{
	fresh();
	clusters_said = 2;
	EXPECT_EQ(cluster_count(&work, 1), 1);
	EXPECT_EQ(cluster_count(&work, 4), 2);
	EXPECT(cluster_of(&work, 0) == cluster_of(&work, 2));
	EXPECT(cluster_of(&work, 0) != cluster_of(&work, 1));
	EXPECT_EQ(cluster_of(&work, HARTS + 1), 0);
	for (unsigned i = 0; i < 4; i++)
		grant(i % 2 * 2, i, 0, i + 1);
	EXPECT_EQ(walk(4).near, 3);
	work.clusters = 2;
	EXPECT(cluster_of(&work, 0) == cluster_of(&work, 1));
	EXPECT(cluster_of(&work, 1) != cluster_of(&work, 2));
	EXPECT_EQ(walk(4).near, 0);
	EXPECT_EQ(walk(2).clusters, 1);
	work.clusters = 64;
	EXPECT_EQ(cluster_count(&work, 4), 4);
	EXPECT(cluster_of(&work, 3) < PORT_MAX_HARTS);
}

/* Hart 0 asks first and is served last. */
static void test_bypass(void)
{
	struct fair f;

	fresh();
	grant(2, 0, 0, 6);
	for (unsigned i = 0; i < 5; i++)
		grant(1, 2 + i, 10 * i + 7, 10 * i + 8);
	grant(0, 1, 5, 100);
	f = walk(3);
	EXPECT_EQ(f.again, 4);
	EXPECT_EQ(f.windows, 2);
	EXPECT_EQ(f.distinct, 3); /* 2 1 1, 1 1 1 */
	expect(&fairness_hart(0)->overtaken, 1, 5, 5);
	expect(&fairness_hart(0)->bypass, 1, 6, 6); /* and hart 2, which had asked before */
	expect(&fairness_hart(1)->overtaken, 5, 0, 0);
	expect(&fairness_hart(1)->reacquire, 4, 4, 1);
	expect(&fairness_hart(0)->reacquire, 0, 0, 0);
}

/* Grants before the window opened or after it closed are left out, except that the hart
 * that was granted last had waited until then. */
static void test_only_the_window_counts(void)
{
	struct fair f;

	fresh();
	number = 9;
	grant(0, 20, 0, 1); /* a straggler of the warm-up is behind it: number 11 */
	number++;
	stats[1].grants.before = 11;
	grant(0, 22, 2, 3);
	grant(1, 23, 3, 4);
	grant(2, 21, 0, 9);
	stats[2].grants.inside = 0;
	f = walk(3);
	EXPECT_EQ(f.grants, 2);
	EXPECT_EQ(f.again + f.near, 1);
	EXPECT_EQ(f.windows, 0);
	EXPECT_EQ(f.breaks, 0);
	expect(&fairness_hart(2)->overtaken, 1, 2, 2);
	expect(&fairness_hart(0)->bypass, 1, 0, 0);
}

/* A hart was stopped right after its grant, and saw the closed window when it went on:
 * its grant still counts at the time it was made. */
static void test_a_late_look_at_the_phase(void)
{
	struct fair f;

	fresh();
	for (unsigned i = 0; i < 8; i++)
		grant(i == 2 ? 1 : 0, i, 10 * i, 10 * i + 1);
	stats[1].grants.inside = 0;
	stats[0].grants.inside--;
	f = walk(2);
	EXPECT_EQ(f.grants, 7);
	EXPECT_EQ(f.again, 4);
	EXPECT_EQ(f.windows, 3);
	EXPECT_EQ(f.distinct, 4);
	EXPECT_EQ(f.breaks, 0);
}

static void test_two_owners_at_once(void)
{
	fresh();
	for (unsigned i = 0; i < 3; i++)
		grant(i, i, i, i);
	EXPECT_EQ(walk(3).breaks, 0);
	logs[2][0].order = 2;
	EXPECT_EQ(walk(3).breaks, 1); /* 1 2 2 */
	logs[2][0].order = 4;
	EXPECT_EQ(walk(3).breaks, 1); /* 1 2 4 */
	logs[0][0].order = 2;
	EXPECT_EQ(walk(3).breaks, 3); /* 2 2 4 */
}

static void test_blocks_tell_the_order(void)
{
	struct fair f;

	fresh();
	grant(1, 0, 0, 1)->order = 0x1010;
	grant(0, 1, 0, 1)->order = 0x1000;
	grant(1, 2, 0, 1)->order = 0x2000;
	for (unsigned i = 0; i < 2; i++)
		logs[1][i].released = 0;
	logs[0][0].released = 0;
	f = fairness_walk(&work, stats, 2, ORDER_ADDRESSES);
	EXPECT_EQ(f.grants, 3);
	EXPECT_EQ(f.again, 1); /* 0 1 1 */
	EXPECT_EQ(f.breaks, 0);
	expect(&fairness_hart(1)->overtaken, 2, 1, 1);
	expect(&fairness_hart(1)->handoff, 0, 0, 0);
	logs[0][0].order = 0x2000;
	EXPECT_EQ(fairness_walk(&work, stats, 2, ORDER_ADDRESSES).breaks, 1);
}

static void test_no_order(void)
{
	struct fair f;

	fresh();
	grant(0, 0, 0, 1);
	walk(2);
	f = fairness_walk(&work, stats, 2, ORDER_UNKNOWN);
	EXPECT_EQ(f.grants, 0);
	EXPECT_EQ(f.breaks, 0);
	EXPECT_EQ(fairness_hart(0)->bypass.count, 0); /* not the last walk's */
}

static void test_hand_off(void)
{
	fresh();
	grant(0, 0, 0, 10)->released = 20;
	grant(1, 1, 15, 27)->released = 40; /* waited: 7 */
	grant(1, 2, 41, 42)->released = 50; /* itself */
	grant(0, 3, 60, 61)->released = 70; /* came when the lock was free */
	grant(1, 4, 69, 69)->released = 80; /* its clock is a tick behind */
	walk(2);
	expect(&fairness_hart(1)->handoff, 2, 7, 7);
	EXPECT_EQ(fairness_hart(1)->handoff.min, 0);
	expect(&fairness_hart(0)->handoff, 0, 0, 0);
}

static void test_clusters(void)
{
	static const unsigned owners[] = {0, 1, 0, 2, 3, 3, 1};
	struct fair f;

	fresh();
	work.clusters = 2;
	for (unsigned i = 0; i < sizeof(owners) / sizeof(*owners); i++)
		grant(owners[i], i, i, i);
	f = walk(HARTS);
	EXPECT_EQ(f.clusters, 2);
	EXPECT_EQ(f.again, 1);
	EXPECT_EQ(f.near, 3);
	EXPECT_EQ(f.windows, 1);
	EXPECT_EQ(f.distinct, 3);
}

/* The figures of random orders are those of the definitions, worked out the slow way. */
static void test_random_orders(void)
{
	static const struct grant *by[ALL];
	static unsigned owner[ALL];
	uint64_t overtaken[HARTS], bypass[HARTS], reacquire[HARTS];
	uint64_t seed = 1;
	unsigned n = 0;

	fresh();
	for (unsigned i = 0; i < ALL; i++) {
		unsigned hart = (unsigned)random_below(&seed, HARTS);
		uint64_t asked = stats[hart].grants.count == 0
				       ? 0
				       : logs[hart][stats[hart].grants.count - 1].released;

		if (stats[hart].grants.count == ROOM)
			continue;
		asked += random_below(&seed, 10 * (i + 1) - asked);
		by[n] = grant(hart, asked * HARTS + hart, asked, 10 * (i + 1));
		owner[n++] = hart;
	}
	memset(overtaken, 0, sizeof(overtaken));
	memset(bypass, 0, sizeof(bypass));
	memset(reacquire, 0, sizeof(reacquire));
	for (unsigned i = 0; i < n; i++)
		for (unsigned j = i; j-- > 0;) {
			overtaken[owner[i]] += by[j]->request > by[i]->request;
			bypass[owner[i]] += by[j]->owned > by[i]->asked;
		}
	for (unsigned i = 0; i < n; i++)
		for (unsigned j = i + 1; j < n; j++)
			if (owner[j] == owner[i]) {
				reacquire[owner[i]] += j - i;
				break;
			}
	EXPECT_EQ(walk(HARTS).grants, n);
	for (unsigned i = 0; i < HARTS; i++) {
		EXPECT_EQ(fairness_hart(i)->overtaken.sum, overtaken[i]);
		EXPECT_EQ(fairness_hart(i)->bypass.sum, bypass[i]);
		EXPECT_EQ(fairness_hart(i)->reacquire.sum, reacquire[i]);
		EXPECT(overtaken[i] > 0 && bypass[i] > 0);
	}
}

static void test_logs_lie_behind_the_heap(void)
{
	uintptr_t start = 0x1000, end = 0x81038, heap_end;

	aptr_store_relaxed(&fairness.requests, 77);
	heap_end = fairness_prepare(stats, 3, start, end);
	EXPECT(heap_end >= start + (end - start) / 4 * 3 - LINE && heap_end < end);
	EXPECT_EQ(aptr_load_relaxed(&fairness.requests), 0);
	for (unsigned i = 0; i < 3; i++) {
		uintptr_t log = (uintptr_t)stats[i].grants.log;

		EXPECT_EQ(log % LINE, 0);
		EXPECT(log >= heap_end);
		EXPECT(log + stats[i].grants.room * sizeof(struct grant) <=
		       (i == 0 ? end : (uintptr_t)stats[i - 1].grants.log));
		EXPECT(stats[i].grants.room > 1000);
		EXPECT_EQ(stats[i].grants.count + stats[i].grants.inside + stats[i].grants.before,
			  0);
	}
	fairness_prepare(stats, 3, 0x1000, 0x100000000);
	EXPECT_EQ(stats[2].grants.room, 16384);
}

static bool keep(struct grant *g, enum phase phase)
{
	atomic_store(&window.phase, phase);
	return fairness_keep(&stats[0].grants, g);
}

static void test_what_is_kept(void)
{
	const struct grants *kept = &stats[0].grants;
	struct grant g = {.request = 1};
	uint64_t grants = 0;

	fresh();
	stats[0].grants.room = 3;
	EXPECT(keep(&g, MEASURE)); /* an allocation that failed */
	EXPECT_EQ(kept->count, 0);
	fairness_own(&g, &grants);
	EXPECT(keep(&g, WARMUP));
	EXPECT_EQ(kept->count, 0);
	EXPECT_EQ(kept->before, 1);
	fairness_own(&g, &grants);
	EXPECT(keep(&g, MEASURE));
	fairness_own(&g, &grants);
	EXPECT(keep(&g, STOP));
	EXPECT_EQ(kept->count, 2);
	EXPECT_EQ(kept->inside, 1);
	EXPECT_EQ(kept->before, 1);
	EXPECT_EQ(logs[0][1].order, 3);
	EXPECT(!keep(&g, MEASURE)); /* the last there is room for */
	EXPECT(!keep(&g, MEASURE));
	EXPECT_EQ(kept->count, 3);
	EXPECT_EQ(kept->inside, 2);
}

static void test_requests_are_numbered(void)
{
	struct grant a, b;

	fresh();
	aptr_store_relaxed(&fairness.requests, 5);
	fairness_ask(&a);
	fairness_ask(&b);
	EXPECT_EQ(a.request, 5);
	EXPECT_EQ(b.request, 6);
	EXPECT(a.asked < b.asked);
	fairness_got(&a, NULL);
	EXPECT_EQ(a.order, 0);
	EXPECT_EQ(a.released, 0);
}

int main(void)
{
	test_first_come_first_served();
	test_told_clusters();
	test_bypass();
	test_only_the_window_counts();
	test_a_late_look_at_the_phase();
	test_two_owners_at_once();
	test_blocks_tell_the_order();
	test_no_order();
	test_hand_off();
	test_clusters();
	test_random_orders();
	test_logs_lie_behind_the_heap();
	test_what_is_kept();
	test_requests_are_numbered();
	return check_status();
}
