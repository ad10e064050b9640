/* space.c: see space.h.
 *
 * States are told apart by a hash of 128 bits. A state is gone into once; what it holds is kept,
 * packed, only until then. Where a register at one place, or a word that one hart alone touches,
 * has more than LIMIT_VALUES values (a random number, a count of looks), it is forgotten: it may be
 * any number from then on, branches on it go both ways, and the search begins anew. */
#include "space.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT_VALUES = 100 };

struct id {
	uint64_t a, b;
};

struct move {
	uint32_t from, to;
};

/* The step by which a state was reached first. */
struct origin {
	uint32_t from;
	uint8_t hart;
	bool other;
};

static struct id *known;      /* by state */
static uint32_t *slot, slots; /* 1 + a state, by its hash */
static struct origin *origin;
static uint64_t **packed; /* NULL: it was gone into */
static struct move *moves;
static uint64_t move_count, move_room;
static uint32_t states;
static bool *is_end;

/* Values seen in each register at each place, to find those that have too many. */
static struct values {
	uint32_t count;
	uint64_t value[LIMIT_VALUES];
} * of_register[MAX_HARTS], of_cell[MAX_CELLS];

static void *room(size_t count, size_t size)
{
	void *p = calloc(count, size);

	if (p == NULL) {
		puts("verdict UNKNOWN no memory is left");
		exit(0);
	}
	return p;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0xff51afd7ed558ccdull;
	h ^= h >> 32;
	h *= 0xc4ceb9fe1a85ec53ull;
	return h ^ h >> 29;
}

static uint32_t live_at(unsigned hart, const struct hart *h)
{
	return h->pc == runs[hart]->length ? 0 : runs[hart]->op[h->pc].live;
}

/* Registers that are dead count for nothing; the end keeps those that are observed. */
static uint32_t end_live;

static void tidy(struct state *s, unsigned active)
{
	for (unsigned i = 0; i < active; i++) {
		struct hart *h = &s->hart[i];
		uint32_t live = live_at(i, h) | end_live;

		for (int r = 1; r < REGISTERS; r++)
			if ((live >> r & 1) == 0)
				h->x[r] = 0;
		h->unknown &= live;
	}
}

static struct id identify(const struct state *s, unsigned active)
{
	struct id id = {1, 2};

	for (unsigned i = 0; i < active; i++) {
		const struct hart *h = &s->hart[i];

		id.a = mix(id.a, h->pc | (uint64_t)h->unknown << 32);
		id.a = mix(id.a, h->reserved);
		for (int r = 1; r < REGISTERS; r++)
			id.a = mix(id.a, h->x[r]);
		id.b = mix(id.b, id.a);
	}
	for (unsigned c = 0; c < cells; c++)
		if (s->cell[c] != cell_first[c]) {
			id.a += mix(c + 1, s->cell[c]);
			id.b += mix(~(uint64_t)c, s->cell[c]);
		}
	return id;
}

/* Pack a state: for each hart its place and the registers that are not 0, then the cells that
 * differ from what they were first. */
static uint64_t *pack(const struct state *s, unsigned active)
{
	static uint64_t buffer[MAX_HARTS * 40 + 2 * MAX_CELLS];
	uint64_t *to = buffer, *out;

	for (unsigned i = 0; i < active; i++) {
		const struct hart *h = &s->hart[i];
		uint64_t *head = to;

		to += 2;
		head[0] = h->pc | (uint64_t)h->unknown << 32;
		head[1] = h->reserved << 32;
		for (int r = 1; r < REGISTERS; r++)
			if (h->x[r] != 0) {
				head[1] |= 1ull << r;
				*to++ = h->x[r];
			}
	}
	for (unsigned c = 0; c < cells; c++)
		if (s->cell[c] != cell_first[c]) {
			*to++ = c;
			*to++ = s->cell[c];
		}
	*to++ = UINT64_MAX;
	out = room((size_t)(to - buffer), sizeof(*out));
	memcpy(out, buffer, (size_t)(to - buffer) * sizeof(*out));
	return out;
}

static unsigned unpacked; /* the cells that the state has which was unpacked last */

static void unpack(struct state *s, const uint64_t *from, unsigned active)
{
	unpacked = cells;
	for (unsigned i = 0; i < active; i++) {
		struct hart *h = &s->hart[i];
		uint64_t has = from[1];

		*h = (struct hart){.pc = (uint32_t)from[0],
				   .unknown = (uint32_t)(from[0] >> 32),
				   .reserved = has >> 32};
		from += 2;
		for (int r = 1; r < REGISTERS; r++)
			if ((has >> r & 1) != 0)
				h->x[r] = *from++;
	}
	memcpy(s->cell, cell_first, cells * sizeof(s->cell[0]));
	for (; *from != UINT64_MAX; from += 2)
		s->cell[from[0]] = from[1];
}

/* Copy the state that was unpacked last. Cells that came up since have their first values. */
static void copy(struct state *to, const struct state *from, unsigned active)
{
	memcpy(to->hart, from->hart, active * sizeof(to->hart[0]));
	memcpy(to->cell, from->cell, unpacked * sizeof(to->cell[0]));
	memcpy(to->cell + unpacked, cell_first + unpacked,
	       (cells - unpacked) * sizeof(to->cell[0]));
}

/* Returns the number of a state, which is a new one if it was not known. */
static uint32_t number_of(const struct state *s, unsigned active, struct origin by, bool *is_new)
{
	struct id id = identify(s, active);
	uint32_t at = (uint32_t)(id.a % slots);

	for (; slot[at] != 0; at = (at + 1) % slots)
		if (known[slot[at] - 1].a == id.a && known[slot[at] - 1].b == id.b) {
			*is_new = false;
			return slot[at] - 1;
		}
	*is_new = true;
	slot[at] = ++states;
	known[states - 1] = id;
	origin[states - 1] = by;
	packed[states - 1] = pack(s, active);
	return states - 1;
}

static void add_move(uint32_t from, uint32_t to)
{
	if (move_count == move_room) {
		move_room = move_room * 2 + 1024;
		moves = realloc(moves, move_room * sizeof(*moves));
		if (moves == NULL)
			exit(3);
	}
	moves[move_count++] = (struct move){from, to};
}

/* Add a value to those seen. Returns true if there are too many now. */
static bool too_many(struct values *v, uint64_t value)
{
	for (uint32_t i = 0; i < v->count; i++)
		if (v->value[i] == value)
			return false;
	if (v->count == LIMIT_VALUES)
		return true;
	v->value[v->count++] = value;
	return false;
}

static bool forgets_a_register(const struct state *s, unsigned hart)
{
	const struct hart *h = &s->hart[hart];
	bool found = false;

	for (int r = 1; r < REGISTERS && !machine_ended(s, hart); r++)
		if ((live_at(hart, h) & ~h->unknown) >> r & 1 &&
		    too_many(&of_register[hart][h->pc * REGISTERS + (unsigned)r], h->x[r])) {
			machine_forget_register(hart, h->pc, r);
			found = true;
		}
	return found;
}

/* Look at what a step left. Returns true if something was forgotten, so that all begins anew. */
static bool forgets(const struct state *s, unsigned hart)
{
	bool found = forgets_a_register(s, hart);

	for (unsigned c = 0; c < cells; c++)
		if (machine_is_owned(c) && s->cell[c] >> 32 == 0 && s->cell[c] != cell_first[c] &&
		    too_many(&of_cell[c], s->cell[c])) {
			machine_forget(cell_address[c]);
			found = true;
		}
	return found;
}

static void clear(const struct question *q)
{
	static bool ready;
	/* The limit is looked at between states: the last one may bring two for each hart. */
	size_t most = q->most + 2 * MAX_HARTS;

	if (!ready) {
		slots = (uint32_t)(2 * most + 1);
		known = room(most, sizeof(*known));
		slot = room(slots, sizeof(*slot));
		origin = room(most, sizeof(*origin));
		packed = room(most, sizeof(*packed));
		is_end = room(most, sizeof(*is_end));
	}
	for (uint32_t i = 0; i < states; i++) {
		free(packed[i]);
		packed[i] = NULL;
		is_end[i] = false;
		for (uint32_t at = (uint32_t)(known[i].a % slots); slot[at] != 0;
		     at = (at + 1) % slots)
			slot[at] = 0;
	}
	memset(of_cell, 0, sizeof(of_cell));
	for (unsigned i = 0; i < q->active; i++) {
		free(of_register[i]);
		of_register[i] = room((size_t)runs[i]->length * REGISTERS, sizeof(struct values));
	}
	states = 0;
	move_count = 0;
	ready = true;
}

/* Is what is seen in the end one of the good ones? */
static bool is_good(const struct state *s, const struct question *q)
{
	uint64_t seen[MAX_SEEN];
	bool is_known = true;

	for (unsigned i = 0; i < q->seen_count; i++) {
		const struct observed *o = &q->seen[i];

		seen[i] = o->is_register ? s->hart[o->hart].x[o->reg]
					 : machine_read(s, o->address, o->width, &is_known);
	}
	for (unsigned g = 0; g < q->good_count; g++)
		if (memcmp(seen, q->good[g], q->seen_count * sizeof(seen[0])) == 0)
			return true;
	return q->seen_count == 0;
}

static struct answer fault(const char *why, uint32_t at, int last)
{
	struct answer a = {
		.verdict = machine_gave_up ? "UNKNOWN" : "VIOLATED", .at = at, .last = last};

	snprintf(a.why, sizeof(a.why), "%s", why);
	machine_fault = NULL;
	return a;
}

/* Does a hart alone come to the end of its call, in a few accesses? */
static bool ends_alone(const struct state *from, unsigned hart, unsigned most, unsigned active)
{
	static struct state s;
	uint32_t call = runs[hart]->op[from->hart[hart].pc].call;

	copy(&s, from, active);
	for (unsigned n = 0; n < most; n++) {
		machine_step(&s, hart, false);
		if (machine_fault || machine_shares) {
			machine_fault = NULL;
			return true; /* it is found where all go on */
		}
		if (machine_ended(&s, hart) || runs[hart]->op[s.hart[hart].pc].call != call)
			return true;
	}
	return false;
}

/* For two harts, by the places where they stand: are they about to touch one word there, and one
 * stores? */
static bool *met[MAX_HARTS][MAX_HARTS];

static bool touches(const struct state *s, unsigned hart, uint64_t *address, bool *stores)
{
	const struct hart *h = &s->hart[hart];
	const struct op *op;

	if (machine_ended(s, hart))
		return false;
	op = &runs[hart]->op[h->pc];
	*address = h->x[op->base] + (uint64_t)op->offset;
	*stores = op->kind != OP_LOAD && op->kind != OP_LR;
	return op->kind != OP_BRANCH && (h->unknown >> op->base & 1) == 0;
}

static void meet(const struct state *s, unsigned active)
{
	uint64_t one, other;
	bool stores, also;

	for (unsigned i = 0; i < active; i++)
		for (unsigned j = i + 1; j < active; j++)
			if (touches(s, i, &one, &stores) && touches(s, j, &other, &also) &&
			    one == other && (stores || also))
				met[i][j][s->hart[i].pc * runs[j]->length + s->hart[j].pc] = true;
}

void space_tell_meets(const struct question *q)
{
	for (unsigned i = 0; i < q->active; i++)
		for (unsigned j = i + 1; j < q->active; j++)
			for (uint32_t n = 0; n < runs[i]->length * runs[j]->length; n++)
				if (met[i][j][n])
					printf("meet %u %u %u %u\n", i, n / runs[j]->length, j,
					       n % runs[j]->length);
}

enum outcome { WENT, FAILED, ANEW };

/* Take one hart's next step from a state. */
static enum outcome follow(const struct state *from, uint32_t number, unsigned hart, bool other,
			   const struct question *q, struct answer *a)
{
	static struct state s;
	bool is_new;
	uint32_t to;

	copy(&s, from, q->active);
	if (!machine_step(&s, hart, other))
		return WENT;
	if (machine_shares)
		return ANEW;
	if (machine_fault) {
		*a = fault(machine_fault, number, (int)hart);
		return FAILED;
	}
	tidy(&s, q->active);
	if (forgets(&s, hart))
		return ANEW;
	to = number_of(&s, q->active, (struct origin){number, (uint8_t)hart, other}, &is_new);
	if (to != number)
		add_move(number, to);
	return WENT;
}

/* Go into one state. */
static enum outcome expand(uint32_t number, const struct question *q, struct answer *a)
{
	static struct state s;
	unsigned ended = 0;

	unpack(&s, packed[number], q->active);
	free(packed[number]);
	packed[number] = NULL;
	if (q->meets)
		meet(&s, q->active);
	for (unsigned i = 0; i < q->active; i++) {
		enum outcome one = WENT;

		if (machine_ended(&s, i)) {
			ended++;
			continue;
		}
		if (q->alone && !ends_alone(&s, i, q->alone, q->active)) {
			*a = fault("a hart that is alone does not come to the end of its call",
				   number, (int)i);
			return FAILED;
		}
		for (int other = 0; other < 2 && one == WENT; other++)
			one = machine_shares ? ANEW : follow(&s, number, i, other, q, a);
		if (one != WENT)
			return one;
	}
	is_end[number] = ended == q->active;
	if (is_end[number] && !is_good(&s, q)) {
		*a = fault("an end that is not as it should be", number, -1);
		return FAILED;
	}
	return WENT;
}

/* Mark the states from which an end can be reached. Returns the first other one; `states` if there
 * is none. */
static uint32_t first_stuck(void)
{
	uint64_t *begins = room((size_t)states + 2, sizeof(*begins));
	uint32_t *from = room(move_count + 1, sizeof(*from)),
		 *todo = room((size_t)states + 1, sizeof(*todo)), count = 0, stuck;
	bool *ends = room((size_t)states + 1, sizeof(*ends));

	for (uint64_t m = 0; m < move_count; m++)
		begins[moves[m].to + 2]++;
	for (uint32_t i = 0; i < states; i++)
		begins[i + 1] += begins[i];
	for (uint64_t m = 0; m < move_count; m++)
		from[begins[moves[m].to + 1]++] = moves[m].from;
	for (uint32_t i = 0; i < states; i++)
		if ((ends[i] = is_end[i]))
			todo[count++] = i;
	while (count != 0) {
		uint32_t to = todo[--count];

		for (uint64_t m = begins[to]; m < begins[to + 1]; m++)
			if (!ends[from[m]]) {
				ends[from[m]] = true;
				todo[count++] = from[m];
			}
	}
	for (stuck = 0; stuck < states && ends[stuck]; stuck++)
		;
	free(begins);
	free(from);
	free(todo);
	free(ends);
	return stuck;
}

static struct answer result(const struct question *q)
{
	struct answer a = {.verdict = "HOLDS", .last = -1};
	uint32_t stuck;

	if (states >= q->most) {
		a.verdict = "UNKNOWN";
		snprintf(a.why, sizeof(a.why), "more than %u states", q->most);
		return a;
	}
	stuck = first_stuck();
	return stuck == states
		     ? a
		     : fault("from here on some hart never comes to its end, whoever goes on",
			     stuck, -1);
}

struct answer space_explore(const struct state *start, const struct question *q)
{
	static struct state s;
	unsigned begun = cells;
	struct answer a;
	enum outcome went;
	bool is_new;

	for (unsigned i = 0; i < q->seen_count; i++)
		end_live |= q->seen[i].is_register ? 1u << q->seen[i].reg : 0;
	for (unsigned i = 0; i < q->active && q->meets; i++)
		for (unsigned j = i + 1; j < q->active; j++)
			met[i][j] = room((size_t)runs[i]->length * runs[j]->length, sizeof(bool));
	s = *start;
	machine_learn(&s, q->active);
	do {
		clear(q);
		machine_begin();
		machine_shares = false;
		s = *start;
		for (unsigned c = 0; c < cells; c++) {
			cell_first[c] = machine_is_forgotten(c) ? UINT64_C(1) << 32
				      : c < begun               ? start->cell[c]
								: cell_first[c];
			s.cell[c] = cell_first[c];
		}
		for (unsigned i = 0; i < q->active; i++)
			machine_settle(&s, i);
		if (machine_fault)
			return fault(machine_fault, 0, -1);
		tidy(&s, q->active);
		number_of(&s, q->active, (struct origin){0, 0, false}, &is_new);
		went = WENT;
		for (uint32_t n = 0; n < states && states < q->most && went == WENT; n++)
			went = expand(n, q, &a);
	} while (went == ANEW);
	a = went == FAILED ? a : result(q);
	a.states = states;
	return a;
}

/* Print the access that was made last: whose, which of its instructions, where, and what the word
 * held before and behind it. */
static void tell_access(unsigned hart)
{
	const struct access *l = &last_access;

	printf("step %u %zu %llx %llx %llx %d\n", hart, (size_t)(l->op - runs[hart]->op),
	       (unsigned long long)l->address, (unsigned long long)l->before,
	       (unsigned long long)l->after, l->happened);
}

void space_tell(const struct state *start, const struct answer *a)
{
	static struct state s;
	uint32_t *way = room((size_t)states + 1, sizeof(*way)), length = 0;

	for (uint32_t at = a->at; at != 0; at = origin[at].from)
		way[length++] = at;
	s = *start;
	memcpy(s.cell, cell_first, cells * sizeof(s.cell[0]));
	for (unsigned i = 0; i < harts; i++)
		machine_settle(&s, i);
	while (length-- != 0) {
		struct origin by = origin[way[length]];

		machine_step(&s, by.hart, by.other);
		tell_access(by.hart);
	}
	if (a->last >= 0) {
		machine_step(&s, (unsigned)a->last, false);
		tell_access((unsigned)a->last);
	}
	free(way);
}
