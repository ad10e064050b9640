/* Tests the memory system: states, costs, queues, topology. Times are ticks. */
#include <string.h>

#include "../../model/coherence.h"
#include "../../model/protocol.h"
#include "check.h"

enum { LINE = 0x80001000, FAR = 1000000 };

static struct profile profile = {
	.harts = 8,
	.cluster_harts = 8,
	.mesh_columns = 1,
	.l1_sets = 4,
	.l1_ways = 2,
	.banks = 1,
	.l1_load = 20,
	.l1_store = 20,
	.l1_amo = 30,
	.transfer = 260,
	.hot_transfer = 260,
	.upgrade = 250,
	.invalidate = 10,
	.shared = 200,
	.hot_shared = 200,
	.memory = 1000,
	.far_amo = 150,
	.lr_hold = 400,
};
static struct coherence c;

static void fresh(void)
{
	if (c.profile != NULL)
		coherence_free(&c);
	EXPECT(coherence_init(&c, &profile, 0));
}

/* Returns the ticks of an access on an own line. */
static uint64_t own(enum access kind)
{
	return kind == ACCESS_LOAD  ? profile.l1_load
	     : kind == ACCESS_STORE ? profile.l1_store
				    : profile.l1_amo;
}

/* Returns the ticks that the access takes when it is issued at `now`. */
static uint64_t cost(unsigned hart, enum access kind, uint64_t address, uint64_t now)
{
	return coherence_access(&c, hart, kind, address, own(kind), now).done - now;
}

static char state(unsigned hart)
{
	struct line line = coherence_line(&c, LINE / 64);

	return protocol_state(&line, hart);
}

static void names_of_states(void)
{
	fresh();
	EXPECT(state(0) == 'I');
	cost(0, ACCESS_LOAD, LINE, FAR);
	EXPECT(state(0) == 'E' && state(1) == 'I');
	cost(0, ACCESS_LR, LINE, 2 * FAR);
	EXPECT(state(0) == 'E');
	cost(0, ACCESS_SC, LINE, 3 * FAR);
	EXPECT(state(0) == 'M');
	cost(1, ACCESS_LOAD, LINE, 4 * FAR);
	EXPECT(state(0) == 'S' && state(1) == 'S');
	cost(1, ACCESS_STORE, LINE, 5 * FAR);
	EXPECT(state(0) == 'I' && state(1) == 'M');
	/* The data moves to another L1, and memory stays as it was. */
	cost(2, ACCESS_LR, LINE, 6 * FAR);
	EXPECT(state(2) == 'M');
	profile.moesi = true;
	cost(0, ACCESS_LOAD, LINE, 7 * FAR);
	profile.moesi = false;
	EXPECT(state(2) == 'O' && state(0) == 'S');
	coherence_device_write(&c, LINE);
	cost(0, ACCESS_LOAD, LINE, 8 * FAR);
	EXPECT(state(2) == 'I' && state(0) == 'E');
}

static void states(void)
{
	struct outcome o;

	fresh();
	EXPECT(cost(0, ACCESS_LOAD, LINE, FAR) == 1000);         /* memory; Exclusive */
	EXPECT(cost(0, ACCESS_STORE, LINE + 63, 2 * FAR) == 20); /* silently Modified */
	EXPECT(cost(1, ACCESS_LOAD, LINE, 3 * FAR) == 260);
	EXPECT(cost(2, ACCESS_LOAD, LINE, 4 * FAR) == 200); /* written back: shared cache */
	EXPECT(cost(0, ACCESS_LOAD, LINE, 5 * FAR) == 20);
	EXPECT(cost(0, ACCESS_STORE, LINE, 6 * FAR) == 250 + 10); /* two copies go */
	EXPECT(!coherence_has(&c, 1, LINE / 64) && !coherence_has(&c, 2, LINE / 64));
	EXPECT(cost(1, ACCESS_AMO, LINE, 7 * FAR) == 260 + 10);
	o = coherence_access(&c, 1, ACCESS_AMO, LINE, 30, 8 * FAR);
	EXPECT(o.hit && o.lost == 0 && o.done == 8 * FAR + 30);
	o = coherence_access(&c, 3, ACCESS_STORE, LINE, 20, 9 * FAR);
	EXPECT(!o.hit && o.lost == 1 << 1);
	EXPECT(c.count[COUNT_TRANSFERS] == 3 && c.count[COUNT_SHARED] == 1);
	EXPECT(c.count[COUNT_FILLS] == 1 && c.count[COUNT_UPGRADES] == 1);
	EXPECT(c.count[COUNT_INVALIDATIONS] == 4 && c.count[COUNT_AMOS] == 2);
}

static void moesi(void)
{
	profile.moesi = 1;
	fresh();
	cost(0, ACCESS_STORE, LINE, FAR);
	EXPECT(cost(1, ACCESS_LOAD, LINE, 2 * FAR) == 260);
	EXPECT(cost(2, ACCESS_LOAD, LINE, 3 * FAR) == 260); /* from the owner again */
	EXPECT(cost(0, ACCESS_STORE, LINE, 4 * FAR) == 250 + 10);
	profile.moesi = 0;
}

static void upgrade_grows_with_sharers(void)
{
	uint64_t last = 0;

	for (unsigned sharers = 1; sharers < 8; sharers++) {
		uint64_t ticks;

		fresh();
		for (unsigned h = 0; h <= sharers; h++)
			cost(h, ACCESS_LOAD, LINE, (h + 1) * (uint64_t)FAR);
		ticks = cost(0, ACCESS_STORE, LINE, 20 * (uint64_t)FAR);
		EXPECT(last == 0 || ticks == last + profile.invalidate);
		last = ticks;
	}
}

/* Requests to one line are served one after the other; requests to other lines do not wait.
 * A hart that waits has looked into its own L1 meanwhile, and saves l1_load. */
static void queues(void)
{
	fresh();
	cost(0, ACCESS_STORE, LINE, 0);
	for (unsigned h = 1; h < 8; h++)
		EXPECT(cost(h, ACCESS_STORE, LINE, FAR) == 260 + (h - 1) * 240u);
	EXPECT(c.count[COUNT_QUEUED] == (0 + 1 + 2 + 3 + 4 + 5 + 6) * 240);
	EXPECT(cost(0, ACCESS_LOAD, LINE + 4096, FAR) == 1000);
	profile.bank_busy = 40;
	fresh();
	EXPECT(cost(0, ACCESS_LOAD, LINE, FAR) == 1000);
	EXPECT(cost(1, ACCESS_LOAD, LINE + 4096, FAR) == 1040); /* one bank */
	profile.bank_busy = 0;
}

/* The line is free again when it has come, before the AMO is done with it. */
static void amos_queue_for_the_line_only(void)
{
	fresh();
	cost(0, ACCESS_STORE, LINE, 0);
	EXPECT(cost(1, ACCESS_AMO, LINE, FAR) == 260 + 10);
	EXPECT(cost(2, ACCESS_AMO, LINE, FAR) == 240 + 260 + 10);
}

/* The first reader fetches what the others then find in the shared cache. */
static void readers_overlap(void)
{
	profile.bank_busy = 40;
	fresh();
	cost(0, ACCESS_STORE, LINE, 0);
	EXPECT(cost(1, ACCESS_LOAD, LINE, FAR) == 260);
	EXPECT(cost(2, ACCESS_LOAD, LINE, FAR) == 240 + 200);
	EXPECT(cost(3, ACCESS_LOAD, LINE, FAR) == 240 + 40 + 200);
	profile.bank_busy = 0;
}

/* Other harts use a line until the directory comes to the request and asks them. */
static void takes_effect_at_the_others(void)
{
	uint64_t line = LINE / 64;

	fresh();
	EXPECT(coherence_effect(&c, 0, ACCESS_LOAD, line, FAR) == FAR);
	cost(0, ACCESS_STORE, LINE, FAR);
	EXPECT(coherence_effect(&c, 0, ACCESS_AMO, line, 2 * FAR) == 2 * FAR); /* its own */
	EXPECT(coherence_effect(&c, 1, ACCESS_LOAD, line, 2 * FAR) == 2 * FAR + 260 * 2 / 3);
	cost(1, ACCESS_LOAD, LINE, 2 * FAR);
	EXPECT(coherence_effect(&c, 2, ACCESS_LOAD, line, 2 * FAR) == 2 * FAR + 240);
	EXPECT(coherence_effect(&c, 1, ACCESS_STORE, line, 3 * FAR) == 3 * FAR + 250 * 2 / 3);
	/* on a bus they hear of it as soon as the request is on it */
	profile.copies_go = 40;
	EXPECT(coherence_effect(&c, 1, ACCESS_STORE, line, 3 * FAR) == 3 * FAR + 40);
	profile.copies_go = 400;
	EXPECT(coherence_effect(&c, 1, ACCESS_STORE, line, 3 * FAR) == 3 * FAR + 250);
	profile.copies_go = 0;
	cost(1, ACCESS_LR, LINE, 3 * FAR);
	coherence_let_go(&c, 1, 3 * FAR + 600);
	EXPECT(coherence_effect(&c, 2, ACCESS_LOAD, line, 3 * FAR) == 3 * FAR + 600);
}

/* A line that is fought over moves in another time than one that is fetched alone. */
static void hot_lines(void)
{
	profile.hot_transfer = 220;
	profile.hot_shared = profile.l1_load;
	fresh();
	cost(0, ACCESS_STORE, LINE, 0);
	EXPECT(cost(1, ACCESS_STORE, LINE, FAR) == 260);
	EXPECT(coherence_effect(&c, 2, ACCESS_STORE, LINE / 64, FAR) == FAR + 240 + 220 * 2 / 3);
	EXPECT(cost(2, ACCESS_STORE, LINE, FAR) == 240 + 220);
	EXPECT(cost(3, ACCESS_STORE, LINE, FAR) == 240 + 200 + 220);
	/* the second and the third reader have it with the first */
	EXPECT(cost(1, ACCESS_LOAD, LINE, 2 * FAR) == 260);
	EXPECT(cost(2, ACCESS_LOAD, LINE, 2 * FAR) == 260);
	EXPECT(cost(0, ACCESS_LOAD, LINE, 2 * FAR) == 260);
	EXPECT(cost(4, ACCESS_LOAD, LINE, 3 * FAR) == 200);
	/* its owner loses it sooner than after two thirds */
	profile.hot_owner = 100;
	EXPECT(cost(5, ACCESS_STORE, LINE, 4 * FAR) == 250 + 4 * 10);
	EXPECT(cost(6, ACCESS_STORE, LINE, 4 * FAR) == 290 - 20 + 220);
	EXPECT(coherence_effect(&c, 7, ACCESS_STORE, LINE / 64, 4 * FAR) == 4 * FAR + 470 + 100);
	profile.hot_owner = 0;
	profile.hot_transfer = profile.transfer;
	profile.hot_shared = profile.shared;
}

static void evicts_the_oldest(void)
{
	fresh();
	for (unsigned i = 0; i < 2; i++) /* lines of one set of 2 ways */
		cost(0, ACCESS_STORE, LINE + i * 256, FAR);
	cost(0, ACCESS_LOAD, LINE, 2 * FAR);
	cost(0, ACCESS_LOAD, LINE + 512, 3 * FAR);
	EXPECT(coherence_has(&c, 0, LINE / 64) && !coherence_has(&c, 0, LINE / 64 + 4));
	EXPECT(c.count[COUNT_EVICTIONS] == 1);
	EXPECT(cost(0, ACCESS_LOAD, LINE + 256, 4 * FAR) == 200); /* the shared cache has it */
}

static void lr_keeps_its_line(void)
{
	uint64_t done;

	fresh();
	EXPECT(cost(0, ACCESS_LR, LINE, FAR) == 1000 + 10);
	EXPECT(coherence_holds(&c, 0, FAR + 1010) && !coherence_holds(&c, 0, FAR + 1411));
	cost(0, ACCESS_LOAD, LINE + 4096, FAR + 1010);
	EXPECT(coherence_holds(&c, 0, FAR + 1200)); /* a load does not end it */
	EXPECT(cost(0, ACCESS_SC, LINE, FAR + 1200) == 30);
	EXPECT(!coherence_holds(&c, 0, FAR + 1230));
	/* asked for the line before the SC: that much of the transfer is over then */
	EXPECT(cost(1, ACCESS_LOAD, LINE, FAR + 1050) == 180 + (260 - 260 * 2 / 3));
	cost(0, ACCESS_LR, LINE, 2 * FAR);
	coherence_let_go(&c, 0, 3 * FAR); /* never an SC: given up after lr_hold */
	EXPECT(cost(1, ACCESS_STORE, LINE, 2 * FAR) == 250 + 10 + 400 + (260 - 260 * 2 / 3));
	/* its .aq is a part of it, but a later LR lengthens nothing */
	done = 4 * FAR + cost(0, ACCESS_LR, LINE, 4 * FAR);
	coherence_keep_longer(&c, 0, done, 220);
	EXPECT(coherence_holds(&c, 0, done + 620) && !coherence_holds(&c, 0, done + 621));
	coherence_keep_longer(&c, 0, done + 100 + cost(0, ACCESS_LR, LINE, done + 100), 220);
	EXPECT(!coherence_holds(&c, 0, done + 621));
}

/* A request that comes when the line is free takes it no sooner than one that has waited for it. */
static void nobody_overtakes(void)
{
	uint64_t waited;

	profile.hot_transfer = 240;
	profile.hot_owner = 230;
	fresh();
	cost(0, ACCESS_STORE, LINE, 0);
	cost(1, ACCESS_STORE, LINE, FAR);
	waited = coherence_effect(&c, 2, ACCESS_STORE, LINE / 64, FAR + 100);
	EXPECT(coherence_effect(&c, 3, ACCESS_STORE, LINE / 64, FAR + 260) > waited);
	profile.hot_owner = 0;
	profile.hot_transfer = profile.transfer;
}

static void far_amo(void)
{
	profile.amo_far = 1;
	fresh();
	cost(0, ACCESS_AMO, LINE, 0);
	EXPECT(cost(0, ACCESS_AMO, LINE, FAR) == 150);
	EXPECT(cost(1, ACCESS_AMO, LINE, FAR) == 150); /* no line moves */
	cost(0, ACCESS_LOAD, LINE, 2 * FAR);
	EXPECT(cost(1, ACCESS_AMO, LINE, 3 * FAR) == 150 + 250);
	profile.amo_far = 0;
}

/* An AMO of its own time asks the directory, also where the line is its own. */
static void amo_asks(void)
{
	profile.amo_asks = 1;
	profile.bank_busy = 40;
	profile.l1_amo = 560;
	fresh();
	EXPECT(cost(0, ACCESS_AMO, LINE, 0) == 1000 + 560 - 20);
	EXPECT(cost(0, ACCESS_AMO, LINE, FAR) == 560);
	EXPECT(cost(0, ACCESS_AMO, LINE, FAR) == 40 + 560); /* the bank takes one after the other */
	EXPECT(cost(0, ACCESS_STORE, LINE, 2 * FAR) == 20);
	/* it takes effect no sooner than the request of a hart that asks the owner does */
	EXPECT(coherence_effect(&c, 0, ACCESS_AMO, LINE / 64, FAR) == FAR + 80 + 260 * 2 / 3);
	EXPECT(c.count[COUNT_FILLS] == 1 && c.count[COUNT_SHARED] == 0);
	profile.amo_asks = 0;
	profile.bank_busy = 0;
	profile.l1_amo = 30;
}

/* The longer of the two times counts, not both. */
static void amo_overlaps(void)
{
	profile.amo_overlaps = 1;
	fresh();
	profile.l1_amo = 560;
	EXPECT(cost(0, ACCESS_AMO, LINE, 0) == 1000);
	EXPECT(cost(1, ACCESS_AMO, LINE, FAR) == 560);
	EXPECT(cost(0, ACCESS_SC, LINE, 2 * FAR) == 260 + 540); /* no AMO */
	profile.amo_overlaps = 0;
	profile.l1_amo = 30;
}

/* Both harts have the line behind their LRs; the SC takes it from the other. */
static void lr_shares(void)
{
	profile.lr_shares = 1;
	fresh();
	cost(0, ACCESS_STORE, LINE, 0);
	EXPECT(cost(1, ACCESS_LR, LINE, FAR) == 260 + 10);
	EXPECT(state(0) == 'S' && state(1) == 'S' && !coherence_holds(&c, 1, FAR + 270));
	EXPECT(cost(0, ACCESS_LR, LINE, 2 * FAR) == 30);
	EXPECT(cost(1, ACCESS_SC, LINE, 3 * FAR) == 250 + 10);
	EXPECT(state(0) == 'I' && state(1) == 'M');
	profile.lr_shares = 0;
}

/* An SC in vain takes its line, and does not write. */
static void lost_sc(void)
{
	fresh();
	cost(0, ACCESS_LOAD, LINE, 0);
	EXPECT(cost(1, ACCESS_LOST_SC, LINE, FAR) == 260 + 10);
	EXPECT(state(0) == 'I' && state(1) == 'E');
	EXPECT(c.count[COUNT_SC_FAILED] == 1 && c.count[COUNT_AMOS] == 1);
}

static void sc_backoff(void)
{
	fresh();
	EXPECT(coherence_sc_failed(&c, 0, FAR) == FAR + 20);
	profile.sc_backoff = 80;
	EXPECT(coherence_sc_failed(&c, 0, FAR) == FAR + 20 + 80);
	profile.sc_backoff = 0;
}

static void far_clusters(void)
{
	profile.cluster_harts = 2;
	profile.mesh_columns = 2;
	profile.hop = 100;
	fresh(); /* clusters 0 1 / 2 3, the one bank with cluster 0 */
	cost(0, ACCESS_STORE, LINE, 0);
	EXPECT(cost(1, ACCESS_LOAD, LINE, FAR) == 260);
	EXPECT(cost(2, ACCESS_LOAD, LINE, 2 * FAR) == 200 + 200); /* there and back */
	cost(0, ACCESS_STORE, LINE, 3 * FAR);
	EXPECT(cost(6, ACCESS_LOAD, LINE, 4 * FAR) == 260 + 400); /* two hops each way */
	cost(0, ACCESS_STORE, LINE, 5 * FAR);
	cost(2, ACCESS_STORE, LINE, 6 * FAR);
	EXPECT(cost(4, ACCESS_LOAD, LINE, 7 * FAR) ==
	       260 + 100 + 100 + 200); /* bank, owner, back */
	profile.cluster_harts = 8;
	profile.hop = 0;
}

static void device_takes_the_line(void)
{
	fresh();
	cost(0, ACCESS_LOAD, LINE, 0);
	cost(1, ACCESS_LOAD, LINE, FAR);
	EXPECT(coherence_device_write(&c, LINE) == 3);
	EXPECT(cost(0, ACCESS_LOAD, LINE, 2 * FAR) == 200);
}

/* The directory keeps all entries while it grows. */
static void many_lines(void)
{
	fresh();
	for (uint64_t i = 0; i < 100000; i++)
		cost((unsigned)(i % 8), ACCESS_STORE, i * 64, i * FAR);
	EXPECT(c.count[COUNT_FILLS] == 100000);
	cost(0, ACCESS_LOAD, 99999 * 64, 100000 * (uint64_t)FAR);
	EXPECT(c.count[COUNT_TRANSFERS] == 1);
	coherence_reset(&c);
	EXPECT(cost(0, ACCESS_LOAD, 0, 0) == 1000);
}

int main(void)
{
	names_of_states();
	states();
	moesi();
	upgrade_grows_with_sharers();
	queues();
	amos_queue_for_the_line_only();
	readers_overlap();
	takes_effect_at_the_others();
	hot_lines();
	evicts_the_oldest();
	lr_keeps_its_line();
	nobody_overtakes();
	far_amo();
	amo_asks();
	amo_overlaps();
	lr_shares();
	lost_sc();
	sc_backoff();
	far_clusters();
	device_takes_the_line();
	many_lines();
	coherence_free(&c);
	return check_status();
}
