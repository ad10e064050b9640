#include "bench/plan.h"

#include <stdlib.h>

#include "bench/port.h"
#include "bench/strategy.h"
#include "check.h"

static const struct strategy null = {.name = "null"}, tick = {.name = "tick"},
			     ticket = {.name = "ticket"}, cas = {.name = "cas"};
const struct variants strategies[] = {
	{.plain = &null}, {.plain = &tick}, {.plain = &ticket}, {.plain = &cas}};
const unsigned strategy_count = 4;

static struct plan plan;

/* Read the plan from memory of its own exact size, so that AddressSanitizer sees a read past
 * it. */
static const char *read_exactly(const char *text, char *at_word, size_t room)
{
	char *copy = strdup(text);
	const char *at, *error = plan_read(&plan, copy, &at);

	EXPECT(at >= copy && at <= copy + strlen(copy));
	snprintf(at_word, room, "%.*s", (int)strcspn(at, " \t\n"), at);
	free(copy);
	return error;
}

static bool is_good(const char *text)
{
	char at[4096];

	return EXPECT_TEXT(read_exactly(text, at, sizeof(at)), NULL);
}

/* Returns the error, which must point at `at`. */
static const char *error_at(const char *text, const char *at)
{
	char word[4096];
	const char *error = read_exactly(text, word, sizeof(word));

	if (error != NULL)
		EXPECT_TEXT(word, at);
	return error;
}

/* Returns the error of a plan of one word, at which it must point. */
static const char *error_of(const char *word)
{
	char text[256];

	snprintf(text, sizeof(text), "hartlock: %s", word);
	return error_at(text, word);
}

static void expect_trial(unsigned i, unsigned strategy, unsigned harts)
{
	EXPECT(i < plan.trials);
	EXPECT_EQ(plan.trial[i].strategy, strategy);
	EXPECT_EQ(plan.trial[i].harts, harts);
}

static void expect_defaults(void)
{
	EXPECT_EQ(plan.trials, 0);
	EXPECT_EQ(plan.work.size, 16);
	EXPECT_EQ(plan.work.align, 16);
	EXPECT_EQ(plan.work.hold, 0);
	EXPECT_EQ(plan.work.think, 0);
	EXPECT_EQ(plan.duration_us, 100000);
	EXPECT_EQ(plan.warmup_us, 20000);
	EXPECT_EQ(plan.seed, 1);
	EXPECT_EQ(plan.passes, 15);
	EXPECT_EQ(plan.fairness_us, 0);
	EXPECT_EQ(plan.hang_ms, 0);
	EXPECT_TEXT(plan.inject, "");
	EXPECT(plan.work.sizes == SIZES_FIXED && plan.work.placement == PLACEMENT_PADDED);
	EXPECT(!plan.work.irq_off);
	EXPECT_EQ(plan.work.touch | plan.work.rate, 0);
	EXPECT_EQ(plan.work.interrupt_us | plan.work.interrupt_length, 0);
	EXPECT_EQ(plan.work.ipi_us | plan.work.churn_us | plan.exhaust, 0);
}

static void test_no_plan(void)
{
	static const char *const texts[] = {
		"",
		" \t\n ",
		"console=ttyS0 root=/dev/vda",
		"hartlock",
		"hartlock:run=mcs:1",
		"xhartlock: size=0",
		"hartlock:",
		" hartlock: ",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		is_good(texts[i]);
		expect_defaults();
	}
}

static void test_everything(void)
{
	is_good("earlycon  quiet=1\thartlock:\n format=1 run=null:1,tick:2,ticket:64 size=40 "
		"align=8 "
		"hold=100 think=200 duration_us=3000 warmup_us=0 fairness_us=7 hang_ms=1500 "
		"seed=18446744073709551615 "
		"passes=la inject=panic run=clock:1,cas:8,probe:4 ");
	EXPECT_EQ(plan.trials, 6);
	expect_trial(0, 0, 1);
	expect_trial(1, 1, 2);
	expect_trial(2, 2, 64);
	expect_trial(3, PLAN_CLOCK, 1);
	expect_trial(4, 3, 8);
	expect_trial(5, PLAN_PROBE, 4);
	EXPECT_EQ(plan.work.size, 40);
	EXPECT_EQ(plan.work.align, 8);
	EXPECT_EQ(plan.work.hold, 100);
	EXPECT_EQ(plan.work.think, 200);
	EXPECT_EQ(plan.duration_us, 3000);
	EXPECT_EQ(plan.warmup_us, 0);
	EXPECT_EQ(plan.fairness_us, 7);
	EXPECT_EQ(plan.hang_ms, 1500);
	EXPECT_EQ(plan.seed, UINT64_MAX);
	EXPECT_EQ(plan.passes, 1u << PASS_LATENCY | 1u << PASS_AUDIT);
	EXPECT_TEXT(plan.inject, "panic");
}

/* Keys whose value is a word are read, and numbers of the full variant. */
static void test_full_keys(void)
{
	is_good("hartlock: sizes=mixed touch=64 placement=random rate=1000000000 irq=off "
		"interrupt_us=10 interrupt_length=4294967295 ipi_us=10 churn_us=1000000 "
		"exhaust=1000000");
	EXPECT_EQ(plan.work.sizes, SIZES_MIXED);
	EXPECT_EQ(plan.work.touch, 64);
	EXPECT_EQ(plan.work.placement, PLACEMENT_RANDOM);
	EXPECT_EQ(plan.work.rate, 1000000000);
	EXPECT(plan.work.irq_off);
	EXPECT_EQ(plan.work.interrupt_us, 10);
	EXPECT_EQ(plan.work.interrupt_length, UINT32_MAX);
	EXPECT_EQ(plan.work.ipi_us, 10);
	EXPECT_EQ(plan.work.churn_us, 1000000);
	EXPECT_EQ(plan.exhaust, 1000000);
	is_good("hartlock: sizes=small placement=packed sizes=fixed irq=off irq=on");
	EXPECT_EQ(plan.work.sizes, SIZES_FIXED);
	EXPECT_EQ(plan.work.placement, PLACEMENT_PACKED);
	EXPECT(!plan.work.irq_off);
	EXPECT_TEXT(error_of("sizes=huge"), "not one of its words");
	EXPECT_TEXT(error_of("sizes="), "not one of its words");
	EXPECT_TEXT(error_of("placement=here"), "not one of its words");
	EXPECT_TEXT(error_of("irq=1"), "not one of its words");
	EXPECT_TEXT(error_of("touch=65"), "not a number in range");
	EXPECT_TEXT(error_of("rate=1000000001"), "not a number in range");
	EXPECT_TEXT(error_of("interrupt_us=9"), "not a number in range");
	EXPECT_TEXT(error_of("interrupt_us=1000001"), "not a number in range");
	EXPECT_TEXT(error_of("ipi_us=9"), "not a number in range");
	EXPECT_TEXT(error_of("churn_us=1"), "not a number in range");
	EXPECT_TEXT(error_of("exhaust=1000001"), "not a number in range");
	EXPECT_TEXT(error_of("interrupt_length=4294967296"), "not a number in range");
}

/* The plain variant of a worker does what no key of the full variant asks for. */
static void test_variants(void)
{
	static const char *const plain[] = {
		"hartlock:",
		"hartlock: size=1 align=4096 batch=9 clusters=2 hold=5 think=6 think_range=7",
		"hartlock: interrupt_length=8 duration_us=1 warmup_us=2 fairness_us=3 seed=4",
		"hartlock: touch=1 touch=0 irq=off irq=on ipi_us=10 ipi_us=0",
	};
	static const char *const full[] = {
		"sizes=mixed", "touch=1",   "placement=packed", "placement=random", "rate=1",
		"irq=off",     "ipi_us=10", "churn_us=10",      "interrupt_us=10",  "exhaust=1",
	};
	char text[64];

	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
		is_good(plain[i]);
		EXPECT(!plan_needs_full(&plan));
	}
	for (size_t i = 0; i < sizeof(full) / sizeof(*full); i++) {
		snprintf(text, sizeof(text), "hartlock: %s", full[i]);
		is_good(text);
		EXPECT(plan_needs_full(&plan));
	}
}

/* Each number of plan.def is taken at both of its ends, and goes where its value is read. */
static void test_keys(void)
{
	char text[96];

	for (size_t i = 0; i < plan_key_count; i++) {
		const struct plan_key *key = &plan_keys[i];
		const uint64_t ends[] = {key->least, key->most, key->usual};

		for (size_t n = 0; key->words == NULL && n < 3; n++) {
			if (strcmp(key->name, "align") == 0 ||
			    (strcmp(key->name, "think_range") == 0 && n == 1))
				continue; /* align is a power of two; think limits think_range */
			snprintf(text, sizeof(text), "hartlock: %s=%llu", key->name,
				 (unsigned long long)ends[n]);
			is_good(text);
			EXPECT_EQ(plan_value(&plan, key), ends[n]);
		}
	}
}

/* The place of a choice gives its word again. */
static void test_words_of_choices(void)
{
	size_t length;
	const char *word;

	is_good("hartlock: sizes=pages");
	for (size_t i = 0; i < plan_key_count; i++) {
		if (strcmp(plan_keys[i].name, "sizes") != 0)
			continue;
		word = plan_word(&plan_keys[i], plan_value(&plan, &plan_keys[i]), &length);
		EXPECT(length == 5 && memcmp(word, "pages", 5) == 0);
		word = plan_word(&plan_keys[i], 0, &length);
		EXPECT(length == 5 && memcmp(word, "fixed", 5) == 0);
	}
}

static void test_alignment_of_sizes(void)
{
	is_good("hartlock: align=16 sizes=small");
	is_good("hartlock: align=4096 sizes=pages align=1");
	EXPECT_TEXT(error_at("hartlock: align=32 sizes=mixed", "sizes=mixed"),
		    "align does not divide the sizes");
	EXPECT_TEXT(error_at("hartlock: sizes=pages align=8192", "align=8192"),
		    "align does not divide the sizes");
}

static void test_observed_sizes(void)
{
	static const char *const bad[] = {
		"observed=heap/0123",         "observed=heap/0123/",
		"observed=heap/0123/16x63",   "observed=heap/0123/16x64,32x1",
		"observed=heap/0123/0x64",    "observed=heap/0123/16x65",
		"observed=heap/0123/16x64,",  "observed=heap/0123/16",
		"observed=a/b/4294967296x64",
	};

	is_good("hartlock: observed=heap/0123/16x40,4096x24");
	EXPECT_EQ(plan.work.sizes, SIZES_OBSERVED);
	EXPECT(plan_needs_full(&plan));
	EXPECT_EQ(sizes_table[SIZES_OBSERVED][39], 16);
	EXPECT_EQ(sizes_table[SIZES_OBSERVED][40], 4096);
	EXPECT_EQ(sizes_unit(SIZES_OBSERVED), 16);
	EXPECT_EQ(sizes_largest(SIZES_OBSERVED), 4096);
	EXPECT_TEXT(error_at("hartlock: observed=heap/0123/24x64", "observed=heap/0123/24x64"),
		    "align does not divide the sizes");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		EXPECT_TEXT(error_of(bad[i]),
			    "observed sizes are name/digest/BYTESxENTRIES,..., of 64 entries");
	EXPECT_TEXT(error_of("sizes=observed"), "sizes=observed stands behind the key observed");
}

/* In a replay interrupts may be kept off; nothing else of the full variant goes with one. */
static void test_replay_with_interrupts_off(void)
{
	is_good("hartlock: irq=off replay=heap/0123/2x60.260.3.1.2");
	EXPECT(plan.work.irq_off);
	is_good("hartlock: replay=heap/0123/2x60.260.3.1.2 irq=off");
	EXPECT_TEXT(error_at("hartlock: replay=heap/0123/2x60.260.3.1.2 touch=1", "touch=1"),
		    "a replay goes with no hold, no think and no key of the full variant but irq");
}

/* Nothing stays from an earlier plan. */
static void test_fresh(void)
{
	is_good("hartlock: run=cas:8,cas:4 size=64 hold=9 passes=t inject=trap seed=7 irq=off "
		"sizes=small touch=1 placement=packed rate=1 interrupt_us=10 interrupt_length=1 "
		"ipi_us=10 churn_us=10 exhaust=1");
	is_good("hartlock:");
	expect_defaults();
}

static void test_trials(void)
{
	static const char *const bad[] = {
		"run=",
		"run=cas",
		"run=cas:",
		"run=:",
		"run=cas:0",
		"run=cas:65",
		"run=cas:-1",
		"run=cas:1x",
		"run=cas:1:2",
		"run=cas:1,",
		"run=,cas:1",
		"run=cas:1,,cas:2",
		"run=cas:18446744073709551617",
		"run=cas=1",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		EXPECT_TEXT(error_of(bad[i]), "a trial is strategy:harts");
	EXPECT_TEXT(error_of("run=mcs:1"), "unknown strategy");
	EXPECT_TEXT(error_of("run=:1"), "unknown strategy");
	EXPECT_TEXT(error_of("run=ticke:1"), "unknown strategy");
	EXPECT_TEXT(error_of("run=tickets:1"), "unknown strategy");
	EXPECT_TEXT(error_of("run=cas:1,CAS:1"), "unknown strategy");
}

static char *many_trials(unsigned n)
{
	char *text = malloc(16 + n * 8), *p = text + sprintf(text, "hartlock: run=");

	while (n-- > 0)
		p += sprintf(p, "cas:%u%s", n % 64 + 1, n ? "," : "");
	return text;
}

static void test_most_trials(void)
{
	char *most = many_trials(PLAN_MAX_TRIALS), *more = many_trials(PLAN_MAX_TRIALS + 1);
	const char *at;

	EXPECT_EQ(PLAN_MAX_TRIALS, 4096);
	EXPECT_TEXT(plan_read(&plan, most, &at), NULL);
	EXPECT_EQ(plan.trials, 4096);
	expect_trial(0, 3, 64);
	expect_trial(4095, 3, 1);
	EXPECT_TEXT(plan_read(&plan, more, &at), "too many trials");
	EXPECT(at == more + strlen("hartlock: "));
	EXPECT_EQ(plan.trials, 4096);
	free(most);
	free(more);
}

static void test_passes(void)
{
	is_good("hartlock: passes=t");
	EXPECT_EQ(plan.passes, 1);
	is_good("hartlock: passes=atl");
	EXPECT_EQ(plan.passes, 7);
	EXPECT_EQ(plan.fairness_us, 0);
	is_good("hartlock: passes=fl");
	EXPECT_EQ(plan.passes, 10);
	is_good("hartlock: passes=ll");
	EXPECT_EQ(plan.passes, 2);
	EXPECT_TEXT(error_of("passes="), "passes are letters of t l a f");
	EXPECT_TEXT(error_of("passes=x"), "passes are letters of t l a f");
	EXPECT_TEXT(error_of("passes=t,a"), "passes are letters of t l a f");
	EXPECT_TEXT(error_of("passes=tL"), "passes are letters of t l a f");
	EXPECT_TEXT(error_of("passes=\xf4"), "passes are letters of t l a f");
}

static void test_inject(void)
{
	is_good("hartlock: inject=123456789012345");
	EXPECT_TEXT(plan.inject, "123456789012345");
	is_good("hartlock: inject=abc inject=");
	EXPECT_TEXT(plan.inject, "");
	EXPECT_TEXT(error_of("inject=1234567890123456"), "unknown fault");
}

static void test_words(void)
{
	EXPECT_TEXT(error_of("verbose"), "not key=value");
	EXPECT_TEXT(error_of("hartlock:"), "not key=value");
	EXPECT_TEXT(error_of("colour=1"), "unknown key");
	EXPECT_TEXT(error_of("=1"), "unknown key");
	EXPECT_TEXT(error_of("siz=1"), "unknown key");
	EXPECT_TEXT(error_of("sizess=1"), "unknown key");
	EXPECT_TEXT(error_of("Size=1"), "unknown key");
	EXPECT_TEXT(error_of("format=2"), "another plan format");
	EXPECT_TEXT(error_of("format=0"), "another plan format");
	EXPECT_TEXT(error_at("hartlock: seed=1 colour=2 size=x", "colour=2"), "unknown key");
}

static void test_numbers(void)
{
	static const char *const bad[] = {
		"size=",
		"size=x",
		"size=0",
		"align=0",
		"duration_us=0",
		"size=1x",
		"size=0x10",
		"size=-1",
		"size=+1",
		"size=1=2",
		"size=18446744073709551616",
		"size=99999999999999999999",
		"align=18446744073709551616",
		"seed=18446744073709551616",
		"hold=4294967296",
		"think=2147483648",
		"think=4294967296",
		"duration_us=3600000001",
		"warmup_us=3600000001",
		"fairness_us=3600000001",
		"hang_ms=3600001",
		"format=4294967296",
		"hold=18446744073709551616",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		EXPECT_TEXT(error_of(bad[i]), "not a number in range");
	is_good("hartlock: size=18446744073709551615 align=9223372036854775808 hold=4294967295 "
		"duration_us=3600000000 warmup_us=3600000000 seed=0000000000000000000000000000017");
	EXPECT_EQ(plan.work.size, SIZE_MAX);
	EXPECT_EQ(plan.work.align, 1ull << 63);
	EXPECT_EQ(plan.work.hold, UINT32_MAX);
	EXPECT_EQ(plan.duration_us, 3600000000);
	EXPECT_EQ(plan.seed, 17);
}

/* Each number goes to its own field, and leaves the others alone. */
static void test_one_number(void)
{
	is_good("hartlock: hold=5");
	EXPECT_EQ(plan.work.hold, 5);
	plan.work.hold = 0;
	expect_defaults();
	is_good("hartlock: think=6 hold=7");
	EXPECT_EQ(plan.work.think, 6);
	EXPECT_EQ(plan.work.hold, 7);
}

static void test_whole(void)
{
	EXPECT_TEXT(error_of("align=3"), "align is not a power of two");
	EXPECT_TEXT(error_of("align=18446744073709551615"), "align is not a power of two");
	EXPECT_TEXT(error_at("hartlock: size=0 seed=1", "size=0"), "not a number in range");
	EXPECT_TEXT(error_at("hartlock: align=3 run=cas:1", "align=3"),
		    "align is not a power of two");
	is_good("hartlock: align=1 size=1 duration_us=1");
}

int main(void)
{
	test_no_plan();
	test_everything();
	test_full_keys();
	test_variants();
	test_keys();
	test_words_of_choices();
	test_alignment_of_sizes();
	test_observed_sizes();
	test_replay_with_interrupts_off();
	test_fresh();
	test_trials();
	test_most_trials();
	test_passes();
	test_inject();
	test_words();
	test_numbers();
	test_one_number();
	test_whole();
	return check_status();
}
