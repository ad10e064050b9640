#include "plan.h"

#include <stdbool.h>
#include <string.h>

#include "port.h"
#include "strategy.h"

/* A word of the text: [p, end). */
struct word {
	const char *p, *end;
};

static bool next_word(const char **text, struct word *w)
{
	const char *p = *text;

	while (*p == ' ' || *p == '\t' || *p == '\n')
		p++;
	w->p = p;
	while (*p != 0 && *p != ' ' && *p != '\t' && *p != '\n')
		p++;
	w->end = *text = p;
	return w->p != w->end;
}

static bool word_is(struct word w, const char *s)
{
	size_t n = strlen(s);

	return (size_t)(w.end - w.p) == n && memcmp(w.p, s, n) == 0;
}

/* Split w at the first c: *head before it, *rest behind. False without c. */
static bool split(struct word w, char c, struct word *head, struct word *rest)
{
	const char *at = memchr(w.p, c, (size_t)(w.end - w.p));

	if (at == NULL)
		return false;
	*head = (struct word){w.p, at};
	*rest = (struct word){at + 1, w.end};
	return true;
}

static bool number(struct word w, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (w.p == w.end)
		return false;
	for (; w.p < w.end; w.p++) {
		unsigned digit = (unsigned char)*w.p - '0';

		if (digit > 9 || value > (max - digit) / 10)
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
		for (s = 0; s < strategy_count && !word_is(name, strategies[s]->name); s++)
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

static const char *read_passes(struct plan *plan, struct word letters)
{
	static const char letter[PASSES] = {
		[PASS_THROUGHPUT] = 't',
		[PASS_LATENCY] = 'l',
		[PASS_AUDIT] = 'a',
		[PASS_FAIRNESS] = 'f',
	};

	if (letters.p == letters.end)
		return "passes are letters of t, l, a, f";
	plan->passes = 0;
	for (const char *p = letters.p; p < letters.end; p++) {
		const char *at = memchr(letter, *p, PASSES);

		if (at == NULL)
			return "passes are letters of t, l, a, f";
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

const char *const placement_names[PLACEMENTS] = {"padded", "packed", "random"};

/* The index of the word among `count` names, or count. */
static unsigned which(struct word w, const char *const *names, unsigned count)
{
	unsigned i = 0;

	while (i < count && !word_is(w, names[i]))
		i++;
	return i;
}

/* Keys whose value is a word; *known: whether it was one. */
static const char *read_choice(struct plan *plan, struct word key, struct word value, bool *known)
{
	static const char *const on_off[] = {"on", "off"};
	struct workload *work = &plan->work;
	unsigned choice;

	*known = true;
	if (word_is(key, "sizes")) {
		work->sizes = choice = which(value, sizes_names, SIZES_KINDS);
		return choice < SIZES_KINDS ? NULL : "sizes are fixed, small, pages, mixed";
	}
	if (word_is(key, "placement")) {
		work->placement = choice = which(value, placement_names, PLACEMENTS);
		return choice < PLACEMENTS ? NULL : "placement is padded, packed, random";
	}
	if (word_is(key, "irq")) {
		choice = which(value, on_off, 2);
		work->irq_off = choice == 1;
		return choice < 2 ? NULL : "irq is on or off";
	}
	*known = false;
	return NULL;
}

static const char *read_number(struct plan *plan, struct word key, struct word value)
{
	enum { HOUR_US = 3600 * 1000000ll };
	uint64_t v = 0, format = 0, hold = plan->work.hold, think = plan->work.think;
	uint64_t range = plan->work.think_range, clusters = plan->work.clusters;
	const struct {
		const char *key;
		uint64_t max, *to;
	} keys[] = {
		{"format", UINT32_MAX, &format},
		{"size", SIZE_MAX, &plan->work.size},
		{"align", SIZE_MAX, &plan->work.align},
		{"batch", UINT32_MAX, &plan->work.batch},
		{"clusters", PORT_MAX_HARTS, &clusters},
		{"hold", UINT32_MAX, &hold},
		{"think", UINT32_MAX / 2, &think}, /* think() adds half a range */
		{"think_range", UINT32_MAX - 1, &range},
		{"touch", TOUCH_MAX, &plan->work.touch},
		{"rate", RATE_MAX, &plan->work.rate},
		{"interrupt_us", INTERRUPT_MAX_US, &plan->work.interrupt_us},
		{"interrupt_length", UINT32_MAX, &plan->work.interrupt_length},
		{"ipi_us", INTERRUPT_MAX_US, &plan->work.ipi_us},
		{"churn_us", INTERRUPT_MAX_US, &plan->work.churn_us},
		{"exhaust", EXHAUST_MAX, &plan->exhaust},
		{"duration_us", HOUR_US, &plan->duration_us},
		{"fairness_us", HOUR_US, &plan->fairness_us},
		{"warmup_us", HOUR_US, &plan->warmup_us},
		{"seed", UINT64_MAX, &plan->seed},
		{"hang_ms", HOUR_US / 1000, &plan->hang_ms},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (!word_is(key, keys[i].key))
			continue;
		if (!number(value, keys[i].max, &v))
			return "not a number in range";
		*keys[i].to = v;
		plan->work.clusters = (uint32_t)clusters;
		plan->work.hold = (uint32_t)hold;
		plan->work.think = (uint32_t)think;
		plan->work.think_range = (uint32_t)(keys[i].to == &think ? think : range);
		return keys[i].to == &format && v != PLAN_FORMAT ? "another plan format" : NULL;
	}
	return "unknown key";
}

/* Checked after each number, so that it is the last one that is wrong. */
static const char *out_of_range(const struct plan *plan)
{
	if (plan->work.size == 0)
		return "size is 0";
	if (plan->work.align == 0 || (plan->work.align & (plan->work.align - 1)) != 0)
		return "align is not a power of two";
	if (plan->work.think_range > 2 * (uint64_t)plan->work.think)
		return "think_range is more than twice think";
	if (plan->work.sizes != SIZES_FIXED && plan->work.align > sizes_unit(plan->work.sizes))
		return "align does not divide the sizes";
	if (plan->work.interrupt_us != 0 && plan->work.interrupt_us < INTERRUPT_MIN_US)
		return "interrupt_us is less than 10";
	if (plan->work.ipi_us != 0 && plan->work.ipi_us < INTERRUPT_MIN_US)
		return "ipi_us is less than 10";
	if (plan->work.churn_us != 0 && plan->work.churn_us < INTERRUPT_MIN_US)
		return "churn_us is less than 10";
	if (plan->duration_us == 0)
		return "duration_us is 0";
	return NULL;
}

static const char *read_word(struct plan *plan, struct word w)
{
	struct word key, value;
	const char *error;
	bool known;

	if (!split(w, '=', &key, &value))
		return "not key=value";
	if (word_is(key, "run"))
		return read_run(plan, value);
	if (word_is(key, "passes"))
		return read_passes(plan, value);
	if (word_is(key, "inject"))
		return read_inject(plan, value);
	error = read_choice(plan, key, value, &known);
	if (!known)
		error = read_number(plan, key, value);
	return error ? error : out_of_range(plan);
}

const char *plan_read(struct plan *plan, const char *text, const char **at)
{
	struct word w;
	const char *error;

	*plan = (struct plan){.work = {.size = 16, .align = 16, .batch = 4096},
			      .duration_us = 100000,
			      .warmup_us = 20000,
			      .seed = 1};
	plan->passes = (1u << PASSES) - 1;
	*at = text;
	while (next_word(&text, &w) && !word_is(w, "hartlock:"))
		;
	while (next_word(&text, &w)) {
		*at = w.p;
		error = read_word(plan, w);
		if (error != NULL)
			return error;
	}
	return NULL;
}
