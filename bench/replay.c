#include "replay.h"

#include "delay.h"

struct replay_line replay_lines[REPLAY_LINES];
struct replay_line replay_own[PORT_MAX_HARTS][REPLAY_OWN];

static struct {
	struct {
		uint64_t harts;
		size_t first, steps;
	} class[REPLAY_CLASSES];
	size_t classes, steps;
	unsigned harts; /* the harts of the pass */
	struct replay_step step[REPLAY_STEPS];
} table;

void replay_clear(void)
{
	table.classes = table.steps = 0;
}

bool replay_add_class(uint64_t harts)
{
	if (harts == 0 || harts > PORT_MAX_HARTS || table.classes == REPLAY_CLASSES)
		return false;
	table.class[table.classes].harts = harts;
	table.class[table.classes].first = table.steps;
	table.class[table.classes++].steps = 0;
	return true;
}

static uint32_t less(uint32_t all, uint32_t part)
{
	return all > part ? all - part : 0;
}

/* Returns where among the lines that step number `step` reads those lie that it writes. It is
 * elsewhere in other steps, so that what one section reads another one writes, as it was
 * observed. */
static uint16_t read_before(const struct replay_step *s, size_t step)
{
	return (uint16_t)(random_mix(step) % (s->read + 1u));
}

bool replay_add_step(const struct replay_step *observed)
{
	struct replay_step s = *observed;

	if (table.steps == REPLAY_STEPS || (unsigned)s.written + s.read > REPLAY_LINES ||
	    s.own > REPLAY_OWN)
		return false;
	s.written = (uint16_t)less(s.written, REPLAY_WRITTEN_ANYWAY);
	s.own = (uint16_t)less(s.own, REPLAY_OWN_ANYWAY);
	s.before = read_before(&s, table.steps);
	s.gap = less(s.gap, REPLAY_OUTSIDE);
	s.hold = less(s.hold, REPLAY_INSIDE + s.written * REPLAY_WRITE + s.read * REPLAY_READ +
				      s.own * REPLAY_WRITE_OWN);
	table.step[table.steps++] = s;
	table.class[table.classes - 1].steps++;
	return true;
}

bool replay_given(void)
{
	return table.steps != 0;
}

void replay_prepare(unsigned harts)
{
	table.harts = harts;
}

/* Returns the class of the observed hart that hart `index` stands for: the harts of a pass are
 * spread evenly over those that were observed, which lie class by class. */
static size_t class_of(unsigned index)
{
	uint64_t all = 0, place;
	size_t class = 0;

	for (size_t i = 0; i < table.classes; i++)
		all += table.class[i].harts;
	place = (2 * index + 1) * all / (2 * table.harts);
	while (place >= table.class[class].harts)
		place -= table.class[class ++].harts;
	return class;
}

struct replay_part replay_part(unsigned index, uint64_t random)
{
	size_t class = class_of(index), steps = table.class[class].steps;
	const struct replay_step *from = table.step + table.class[class].first;

	return (struct replay_part){from, from + steps, from + (random >> 32) % steps};
}
