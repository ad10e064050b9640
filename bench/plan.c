#include "plan.h"

#include <stdbool.h>
#include <string.h>

#include "port.h"
#include "replay.h"
#include "strategy.h"

/* A word of the text: [p, end). */
struct word {
	const char *p, *end;
};

/* Takes the next word from *text, where any of the characters of `between` stand between two. */
static bool next_word(const char **text, const char *between, struct word *w)
{
	w->p = *text + strspn(*text, between);
	w->end = *text = w->p + strcspn(w->p, between);
	return w->p != w->end;
}

static bool word_is(struct word w, const char *s)
{
	size_t n = strlen(s);

	return (size_t)(w.end - w.p) == n && memcmp(w.p, s, n) == 0;
}

/* Splits w at the first c: *head is before it, *rest behind. Returns false without c. */
static bool split(struct word w, char c, struct word *head, struct word *rest)
{
	const char *at = memchr(w.p, c, (size_t)(w.end - w.p));

	if (at == NULL)
		return false;
	*head = (struct word){w.p, at};
	*rest = (struct word){at + 1, w.end};
	return true;
}

static const char OUT_OF_RANGE[] = "not a number in range";

/* Reads a decimal number that is at most `max`. */
static bool number(struct word w, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (w.p == w.end)
		return false;
	for (; w.p < w.end; w.p++) {
		unsigned digit = (unsigned char)*w.p - '0';

		if (digit > 9 || digit > max || value > (max - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*out = value;
	return true;
}

/* strategy:harts */
static const char *read_trial(struct plan *plan, struct word item)
{
	struct word name, count;
	uint64_t harts;
	unsigned s;

	if (!split(item, ':', &name, &count) || !number(count, PORT_MAX_HARTS, &harts) ||
	    harts == 0)
		return "a trial is strategy:harts";
	if (word_is(name, "clock"))
		s = PLAN_CLOCK;
	else if (word_is(name, "probe"))
		s = PLAN_PROBE;
	else
		for (s = 0; s < strategy_count && !word_is(name, strategy_name(&strategies[s]));
		     s++)
			;
	if (s == strategy_count)
		return "unknown strategy";
	if (plan->trials == PLAN_MAX_TRIALS)
		return "too many trials";
	plan->trial[plan->trials++] = (struct plan_trial){(uint8_t)s, (uint8_t)harts};
	return NULL;
}

static const char *read_run(struct plan *plan, struct word list)
{
	struct word item, rest = list;
	const char *error = NULL;

	while (error == NULL && split(rest, ',', &item, &rest))
		error = read_trial(plan, item);
	return error ? error : read_trial(plan, rest);
}

static const char *read_format(struct plan *plan, struct word w)
{
	uint64_t format;

	(void)plan;
	if (!number(w, UINT32_MAX, &format))
		return OUT_OF_RANGE;
	return format != PLAN_FORMAT ? "another plan format" : NULL;
}

static const char *read_passes(struct plan *plan, struct word letters)
{
#define PASS(name, NAME, letter, ...) #letter
	static const char letter[] =
#include "passes.def"
		;
#define PASS(name, NAME, letter, ...) " " #letter
	static const char wrong[] = "passes are letters of"
#include "passes.def"
		;

	if (letters.p == letters.end)
		return wrong;
	plan->passes = 0;
	for (const char *p = letters.p; p < letters.end; p++) {
		const char *at = memchr(letter, *p, PASSES);

		if (at == NULL)
			return wrong;
		plan->passes |= 1u << (at - letter);
	}
	return NULL;
}

static const char *read_inject(struct plan *plan, struct word w)
{
	size_t n = (size_t)(w.end - w.p);

	if (n >= sizeof(plan->inject))
		return "unknown fault";
	memcpy(plan->inject, w.p, n);
	plan->inject[n] = 0;
	return NULL;
}

/* gap.hold.written.read.own */
static bool read_step(struct word item)
{
	enum { NUMBERS = 5 };
	uint64_t n[NUMBERS];
	struct word rest = item;

	for (unsigned i = 0; i < NUMBERS; i++) {
		bool is_last = i == NUMBERS - 1;

		if (is_last ? memchr(rest.p, '.', (size_t)(rest.end - rest.p)) != NULL
			    : !split(rest, '.', &item, &rest))
			return false;
		if (!number(is_last ? rest : item, i < 2 ? MOST_think : REPLAY_LINES, &n[i]))
			return false;
	}
	return replay_add_step(&(struct replay_step){.gap = (uint32_t)n[0],
						     .hold = (uint32_t)n[1],
						     .written = (uint16_t)n[2],
						     .read = (uint16_t)n[3],
						     .own = (uint16_t)n[4]});
}

/* HARTSxSTEP,STEP... */
static bool read_class(struct word class)
{
	struct word count, item, rest;
	uint64_t harts;

	if (!split(class, 'x', &count, &rest) || !number(count, PORT_MAX_HARTS, &harts) ||
	    !replay_add_class(harts))
		return false;
	while (split(rest, ',', &item, &rest))
		if (!read_step(item))
			return false;
	return read_step(rest);
}

/* NAME/DIGEST/CLASS;CLASS... The name and the digest are the host program's. */
static const char *read_replay(struct plan *plan, struct word w)
{
	static const char wrong[] = "a replay is name/digest/class;class..., a class HARTSxstep,"
				    "step..., a step gap.hold.written.read.own";
	struct word name, class, rest;

	(void)plan;
	replay_clear();
	if (!split(w, '/', &name, &rest) || !split(rest, '/', &name, &rest))
		return wrong;
	while (split(rest, ';', &class, &rest))
		if (!read_class(class))
			return wrong;
	return read_class(rest) ? NULL : wrong;
}

/* BYTESxENTRIES */
static bool read_size(struct word item)
{
	struct word size, count;
	uint64_t bytes, entries;

	return split(item, 'x', &size, &count) && number(size, UINT32_MAX, &bytes) &&
	       number(count, SIZES_ENTRIES, &entries) && sizes_add((uint32_t)bytes, entries);
}

/* NAME/DIGEST/SIZE,SIZE... The name and the digest are the host program's. */
static const char *read_observed(struct plan *plan, struct word w)
{
	static const char wrong[] = "observed sizes are name/digest/BYTESxENTRIES,..., of 64 "
				    "entries";
	struct word name, item, rest;

	sizes_clear();
	if (!split(w, '/', &name, &rest) || !split(rest, '/', &name, &rest))
		return wrong;
	while (split(rest, ',', &item, &rest))
		if (!read_size(item))
			return wrong;
	if (!read_size(rest) || !sizes_given())
		return wrong;
	plan->work.sizes = SIZES_OBSERVED;
	return NULL;
}

#define PASS(name, ...) #name,
const char *const pass_names[WORKERS] = {
#include "passes.def"
	"exhaust",
};

/* The field of a key, by the place that plan.def names. */
#define FIELD_PLACED(key) work.key
#define FIELD_WORK(key)   work.key
#define FIELD_PLAN(key)   key
#define BYTES(field)      sizeof(((struct plan *)NULL)->field)
#define AT(field)         offsetof(struct plan, field), BYTES(field)

enum { PLAIN, FULL };

const struct plan_key plan_keys[] = {
#define NUMBER(key, place, usual, least, most, variant, ...) \
	{#key, NULL, usual, least, most, AT(FIELD_##place(key)), variant == FULL},
#define CHOICE(key, field, words, variant, ...) \
	{#key, words, 0, 0, 0, AT(work.field), variant == FULL},
#include "plan.def"
};

const size_t plan_key_count = sizeof(plan_keys) / sizeof(*plan_keys);

#define NUMBER(key, place, usual, least, most, ...) \
	_Static_assert(most <= UINT64_MAX >> (64 - 8 * BYTES(FIELD_##place(key))), #key);
#include "plan.def"

uint64_t plan_value(const struct plan *plan, const struct plan_key *key)
{
	const void *field = (const char *)plan + key->offset;

	switch (key->bytes) {
	case 1:
		return *(const uint8_t *)field;
	case 4:
		return *(const uint32_t *)field;
	default:
		return *(const uint64_t *)field;
	}
}

static void set_value(struct plan *plan, const struct plan_key *key, uint64_t value)
{
	void *field = (char *)plan + key->offset;

	switch (key->bytes) {
	case 1:
		*(uint8_t *)field = (uint8_t)value;
		break;
	case 4:
		*(uint32_t *)field = (uint32_t)value;
		break;
	default:
		*(uint64_t *)field = value;
	}
}

static const char commas[] = ", "; /* between the words of a choice */

const char *plan_word(const struct plan_key *key, uint64_t place, size_t *length)
{
	const char *list = key->words;
	struct word w;

	do
		(void)next_word(&list, commas, &w);
	while (place-- != 0);
	*length = (size_t)(w.end - w.p);
	return w.p;
}

static const char *read_choice(struct plan *plan, const struct plan_key *key, struct word value)
{
	const char *list = key->words;
	uint64_t place = 0;
	struct word w;

	for (; next_word(&list, commas, &w); place++)
		if (w.end - w.p == value.end - value.p &&
		    memcmp(w.p, value.p, (size_t)(w.end - w.p)) == 0) {
			set_value(plan, key, place);
			return NULL;
		}
	return "not one of its words";
}

static const char *read_number(struct plan *plan, const struct plan_key *key, struct word value)
{
	uint64_t v;

	if (!number(value, key->most, &v) || (v < key->least && v != key->usual))
		return OUT_OF_RANGE;
	set_value(plan, key, v);
	if (key->offset == offsetof(struct plan, work.think))
		plan->work.think_range = plan->work.think;
	return NULL;
}

/* Does a key ask for the full variant? In a replay interrupts may be kept off without it. */
static bool needs_full(const struct plan *plan, bool in_replay)
{
	for (const struct plan_key *key = plan_keys; key < plan_keys + plan_key_count; key++)
		if (key->full && plan_value(plan, key) != key->usual &&
		    !(in_replay && key->offset == offsetof(struct plan, work.irq_off)))
			return true;
	return false;
}

/* Returns what is wrong with several keys together; NULL: nothing. It is asked behind each key,
 * so that the last one is named. */
static const char *contradiction(const struct plan *plan)
{
	if ((plan->work.align & (plan->work.align - 1)) != 0)
		return "align is not a power of two";
	if (plan->work.think_range > 2 * (uint64_t)plan->work.think)
		return "think_range is more than twice think";
	if (plan->work.sizes == SIZES_OBSERVED && !sizes_given())
		return "sizes=observed stands behind the key observed";
	if (plan->work.sizes != SIZES_FIXED && plan->work.align > sizes_unit(plan->work.sizes))
		return "align does not divide the sizes";
	if (plan->work.allocator != ALLOCATOR_BUMP && plan->exhaust != 0)
		return "exhaust is of the bump allocator";
	if (plan->work.allocator != ALLOCATOR_BUMP &&
	    (plan->work.shootdown != 0 || plan->work.waiters != WAITERS_QUEUE ||
	     plan->work.handler != HANDLER_COUNT))
		return "shootdown, waiters and handler are of the bump allocator";
	if (plan->work.shootdown != 0 && plan->work.churn_us != 0)
		return "a hart that was stopped acknowledges no shootdown";
	if (plan->work.choose != CHOOSE_EVEN && plan->work.locks < 2)
		return "choose is of two locks or more, and stands behind locks";
	if (plan->work.locks > 1 && plan->work.allocator != ALLOCATOR_BUMP)
		return "several locks are of the bump allocator";
	if (plan->work.locks > 1 &&
	    (plan->work.shootdown != 0 || plan->work.waiters != WAITERS_QUEUE ||
	     plan->work.handler != HANDLER_COUNT || plan->exhaust != 0))
		return "shootdown, waiters, handler and exhaust are of one lock";
	if (plan->work.locks > 1 && plan->work.placement == PLACEMENT_RANDOM)
		return "several locks are padded or packed";
	if (replay_given() &&
	    (needs_full(plan, true) || plan->work.hold != 0 || plan->work.think != 0))
		return "a replay goes with no hold, no think and no key of the full variant but "
		       "irq";
	return NULL;
}

static const char *read_key(struct plan *plan, struct word name, struct word value)
{
	for (const struct plan_key *key = plan_keys; key < plan_keys + plan_key_count; key++)
		if (word_is(name, key->name))
			return key->words != NULL ? read_choice(plan, key, value)
						  : read_number(plan, key, value);
	return "unknown key";
}

static const char *read_value(struct plan *plan, struct word name, struct word value)
{
#define WORD(key, ...)           \
	if (word_is(name, #key)) \
		return read_##key(plan, value);
#include "plan.def"
	return read_key(plan, name, value);
}

static const char *read_word(struct plan *plan, struct word w)
{
	struct word name, value;
	const char *error;

	if (!split(w, '=', &name, &value))
		return "not key=value";
	error = read_value(plan, name, value);
	return error ? error : contradiction(plan);
}

bool plan_needs_full(const struct plan *plan)
{
	return needs_full(plan, false);
}

const char *plan_read(struct plan *plan, const char *text, const char **at)
{
	static const char blanks[] = " \t\n";
	struct word w;
	const char *error;

	*plan = (struct plan){.passes = (1u << PASSES) - 1};
	replay_clear();
	sizes_clear();
	for (const struct plan_key *key = plan_keys; key < plan_keys + plan_key_count; key++)
		set_value(plan, key, key->usual);
	*at = text;
	while (next_word(&text, blanks, &w) && !word_is(w, "hartlock:"))
		;
	while (next_word(&text, blanks, &w)) {
		*at = w.p;
		error = read_word(plan, w);
		if (error != NULL)
			return error;
	}
	return NULL;
}
