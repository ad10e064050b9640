/* machine.c: see machine.h. */
#include "machine.h"

#include <stdlib.h>
#include <string.h>

enum {
	MAX_OBJECTS = 256,
	BUCKETS = 4 * MAX_CELLS,
	LIMIT_ALONE = 3000,
	LIMIT_IDLE = 10000000,
	LIMIT_LEARN = 5000,
	SHARED = 255
};

#define UNKNOWN   ((uint64_t)1 << 32)
#define UNWRITTEN ((uint64_t)1 << 33)
#define STACK     0x7F000000u /* as in verify/memory.py */
#define APART     0x100000u   /* between the stacks of two harts */

unsigned harts, cells;
const struct program *runs[MAX_HARTS];
uint64_t cell_address[MAX_CELLS], cell_first[MAX_CELLS];
const char *machine_fault;
bool machine_shares, machine_gave_up;
struct access last_access;

static struct object {
	uint64_t base, size;
	unsigned fill;
} objects[MAX_OBJECTS];
static unsigned object_count;
static uint16_t bucket[BUCKETS]; /* 1 + a cell's number */
static bool forgotten[MAX_CELLS];
static bool searching, learning;
static uint8_t owner[MAX_CELLS]; /* 1 + the hart that alone touches it so far; SHARED: several do */
static uint32_t *forgets[MAX_HARTS]; /* registers, by the hart's place */

bool machine_object(uint64_t base, uint64_t size, unsigned fill)
{
	if (object_count == MAX_OBJECTS)
		return false;
	objects[object_count++] = (struct object){base, size, fill};
	return true;
}

/* Returns what a cell holds before anything was stored there; -1 if it is in no object. */
static int64_t first_value(uint64_t address)
{
	if (address >= STACK && address < STACK + (uint64_t)MAX_HARTS * APART)
		return 0;
	for (unsigned i = 0; i < object_count; i++)
		if (address - objects[i].base < objects[i].size &&
		    objects[i].base + objects[i].size - address >= 4)
			return (int64_t)(objects[i].fill * 0x01010101ull |
					 (objects[i].fill != 0 ? UNWRITTEN : 0));
	return -1;
}

/* Returns the number of the cell at an address, which becomes one if need be; -1: it cannot. */
static int cell_at(struct state *s, uint64_t address)
{
	unsigned at = (unsigned)(address / 4 * 0x9e3779b1u) % BUCKETS;
	int64_t first;

	for (; bucket[at] != 0; at = (at + 1) % BUCKETS)
		if (cell_address[bucket[at] - 1] == address)
			return bucket[at] - 1;
	first = first_value(address);
	if (first < 0 || cells == MAX_CELLS) {
		machine_gave_up = first >= 0;
		machine_fault = first < 0 ? "touches what is no object of the test"
					  : "touches too many words";
		return -1;
	}
	bucket[at] = (uint16_t)(cells + 1);
	cell_address[cells] = address;
	s->cell[cells] = cell_first[cells] = (uint64_t)first;
	return (int)cells++;
}

void machine_lift(struct state *s, uint64_t base, uint64_t value, uint64_t amount)
{
	uint64_t size = 0;

	for (unsigned i = 0; i < object_count; i++)
		size = objects[i].base == base ? objects[i].size : size;
	for (unsigned c = 0; c < cells; c++)
		if (cell_address[c] - base < size && s->cell[c] == value)
			s->cell[c] = (value + amount) & 0xffffffff;
}

void machine_forget(uint64_t address)
{
	static struct state none;
	int at = cell_at(&none, address);

	if (at >= 0) {
		forgotten[at] = true;
		cell_first[at] = UNKNOWN;
	}
}

void machine_begin(void)
{
	for (unsigned c = 0; c < cells; c++)
		owner[c] = owner[c] == SHARED ? SHARED : 0;
	searching = true;
	learning = false;
}

/* Does the hart alone touch the word? If another does as well, all that was concluded is void. */
static bool is_own(struct state *s, unsigned hart, uint64_t address)
{
	int at = cell_at(s, address);

	if (at < 0 || owner[at] == SHARED || !searching)
		return false;
	if (owner[at] != 0 && owner[at] != hart + 1) {
		owner[at] = SHARED;
		machine_shares = !learning;
	} else {
		owner[at] = (uint8_t)(hart + 1);
	}
	return !machine_shares && !learning;
}

/* Let all harts go on by turns, once, to see which words several of them touch. */
void machine_learn(struct state *s, unsigned active)
{
	bool goes_on = true;

	machine_begin();
	learning = true;
	for (unsigned n = 0; goes_on && n < LIMIT_LEARN; n++) {
		goes_on = false;
		for (unsigned i = 0; i < active && !machine_fault; i++) {
			machine_settle(s, i);
			if (machine_ended(s, i))
				continue;
			machine_step(s, i, false);
			goes_on = true;
		}
	}
	machine_fault = NULL; /* it is found again in the search */
}

bool machine_is_owned(unsigned cell)
{
	return owner[cell] != SHARED;
}

bool machine_is_forgotten(unsigned cell)
{
	return forgotten[cell];
}

void machine_forget_register(unsigned hart, uint32_t pc, int reg)
{
	if (forgets[hart] == NULL)
		forgets[hart] = calloc(runs[hart]->length, sizeof(*forgets[hart]));
	if (forgets[hart] != NULL)
		forgets[hart][pc] |= 1u << reg;
}

uint64_t machine_read(const struct state *s, uint64_t address, int width, bool *known)
{
	int low = cell_at((struct state *)s, address),
	    high = width == 8 ? cell_at((struct state *)s, address + 4) : low;

	if (low < 0 || high < 0)
		return 0;
	*known = ((s->cell[low] | s->cell[high]) & UNKNOWN) == 0;
	return width == 8 ? (s->cell[high] & 0xffffffff) << 32 | (s->cell[low] & 0xffffffff)
			  : s->cell[low] & 0xffffffff;
}

/* Has nobody written the word at an address, or a part of it, since before the test? */
static bool is_unwritten(struct state *s, uint64_t address, int width)
{
	int low = cell_at(s, address), high = width == 8 ? cell_at(s, address + 4) : low;

	return low >= 0 && high >= 0 && ((s->cell[low] | s->cell[high]) & UNWRITTEN) != 0;
}

static void put(struct state *s, uint64_t address, uint64_t value, bool known)
{
	int at = cell_at(s, address);

	if (at >= 0)
		s->cell[at] = forgotten[at] || !known ? UNKNOWN : value & 0xffffffff;
}

/* Store a word, and end the reservations of other harts on its 8 bytes. */
static void store(struct state *s, unsigned hart, uint64_t address, int width, uint64_t value,
		  bool known)
{
	put(s, address, value, known);
	if (width == 8)
		put(s, address + 4, value >> 32, known);
	for (unsigned i = 0; i < harts; i++)
		if (i != hart && s->hart[i].reserved != 0 &&
		    (s->hart[i].reserved - 1) / 8 == address / 8)
			s->hart[i].reserved = 0;
}

static int64_t word(uint64_t value)
{
	return (int32_t)value;
}

/* The operations of each kind: a name as verify/ops.py has it, and the result of a and b. Of an
 * AMO, a is what memory held and b what the instruction gives; of a branch, it is whether to take
 * it. */
/* clang-format off */
#define ALU(row) \
	row(alu, add, a + b) \
	row(alu, sub, a - b) \
	row(alu, and, a & b) \
	row(alu, or, a | b) \
	row(alu, xor, a ^ b) \
	row(alu, sll, a << (b & 63)) \
	row(alu, srl, a >> (b & 63)) \
	row(alu, sra, (uint64_t)((int64_t)a >> (b & 63))) \
	row(alu, slt, (int64_t)a < (int64_t)b) \
	row(alu, sltu, a < b) \
	row(alu, mul, a * b) \
	row(alu, addw, (uint64_t)word(a + b)) \
	row(alu, subw, (uint64_t)word(a - b)) \
	row(alu, sllw, (uint64_t)word(a << (b & 31))) \
	row(alu, srlw, (uint64_t)word((uint32_t)a >> (b & 31))) \
	row(alu, sraw, (uint64_t)(word(a) >> (b & 31))) \
	row(alu, mulw, (uint64_t)word(a * b))
#define BRANCH(row) \
	row(branch, beq, a == b) \
	row(branch, bne, a != b) \
	row(branch, blt, (int64_t)a < (int64_t)b) \
	row(branch, bge, (int64_t)a >= (int64_t)b) \
	row(branch, bltu, a < b) \
	row(branch, bgeu, a >= b)
#define AMO(row) \
	row(amo, swap, ((void)a, b)) \
	row(amo, add, a + b) \
	row(amo, and, a & b) \
	row(amo, or, a | b) \
	row(amo, xor, a ^ b) \
	row(amo, max, (int64_t)a > (int64_t)b ? a : b) \
	row(amo, min, (int64_t)a < (int64_t)b ? a : b) \
	row(amo, maxu, a > b ? a : b) \
	row(amo, minu, a < b ? a : b)
#define FUNCTION(kind, name, value) \
	static uint64_t kind##_##name(uint64_t a, uint64_t b) \
	{ \
		return (value); \
	}
#define ENTRY(kind, name, value) {#name, kind##_##name},

ALU(FUNCTION)
BRANCH(FUNCTION)
AMO(FUNCTION)

static const struct operation {
	const char *name;
	operation_fn *result;
} alu[] = {ALU(ENTRY)}, branch[] = {BRANCH(ENTRY)}, amo[] = {AMO(ENTRY)};

#define TABLE(rows) {rows, sizeof(rows) / sizeof(rows[0])}
static const struct {
	const struct operation *row;
	unsigned count;
} tables[KINDS] = {[OP_ALU] = TABLE(alu), [OP_BRANCH] = TABLE(branch), [OP_AMO] = TABLE(amo)};
/* clang-format on */

bool machine_compute(struct op *op, const char *name)
{
	for (unsigned i = 0; i < tables[op->kind].count; i++)
		if (strcmp(tables[op->kind].row[i].name, name) == 0)
			op->result = tables[op->kind].row[i].result;
	return op->result != NULL || tables[op->kind].count == 0;
}

static uint64_t value_of(const struct hart *h, const struct source *s, bool *known)
{
	if (s->reg < 0)
		return s->number;
	*known = *known && (h->unknown >> s->reg & 1) == 0;
	return h->x[s->reg];
}

static void set(struct hart *h, int rd, uint64_t value, bool known)
{
	if (rd == 0)
		return;
	h->x[rd] = known ? value : 0;
	h->unknown = known ? h->unknown & ~(1u << rd) : h->unknown | 1u << rd;
}

bool machine_ended(const struct state *s, unsigned hart)
{
	return s->hart[hart].pc == runs[hart]->length;
}

/* Does the hart stand where others have to be asked: at an access that they see, or at a branch on
 * a value that is not known? */
static bool waits_here(struct state *s, unsigned hart, const struct op *op)
{
	const struct hart *h = &s->hart[hart];
	uint64_t address = h->x[op->base] + (uint64_t)op->offset;
	bool known = true, own;

	if (op->kind == OP_BRANCH) {
		(void)value_of(h, &op->source[0], &known);
		(void)value_of(h, &op->source[1], &known);
		return !known;
	}
	if (op->kind < OP_LOAD || op->kind > OP_SC)
		return false;
	if ((h->unknown >> op->base & 1) != 0 || op->width < 4 ||
	    address % (unsigned)op->width != 0)
		return true;
	own = is_own(s, hart, address);
	return !(op->width == 8 ? is_own(s, hart, address + 4) && own : own);
}

static uint64_t as_loaded(const struct op *op, uint64_t value)
{
	return op->width == 4 && !op->unsigned_load ? (uint64_t)word(value) : value;
}

static void load_or_change(struct state *s, unsigned hart, const struct op *op, uint64_t address)
{
	struct hart *h = &s->hart[hart];
	bool known = true, given_known = true;
	uint64_t raw = machine_read(s, address, op->width, &known), old = as_loaded(op, raw), given,
		 new;

	if (!machine_fault && is_unwritten(s, address, op->width))
		machine_fault = "reads what nobody has initialised";
	if (machine_fault)
		return;
	given = value_of(h, &op->source[0], &given_known);
	last_access = (struct access){op, address, old, old, true};
	if (op->kind == OP_AMO) {
		new = op->result(old, given);
		store(s, hart, address, op->width, new,
		      (known || op->result == amo_swap) && given_known);
		last_access.after = new;
	} else if (op->kind == OP_CAS && known &&
		   value_of(h, &op->source[1], &given_known) == old) {
		store(s, hart, address, op->width, given, given_known);
		last_access.after = given;
	}
	h->reserved = op->kind == OP_LR ? address + 1 : h->reserved;
	set(h, op->rd, old, known);
}

static void store_or_fail(struct state *s, unsigned hart, const struct op *op, uint64_t address)
{
	struct hart *h = &s->hart[hart];
	bool known = true, before_known = true,
	     succeeds = op->kind == OP_STORE || h->reserved == address + 1;
	uint64_t value = value_of(h, &op->source[0], &known);

	last_access = (struct access){
		op, address, machine_read(s, address, op->width, &before_known), value, succeeds};
	if (machine_fault)
		return;
	if (succeeds)
		store(s, hart, address, op->width, value, known);
	if (op->kind == OP_SC) {
		h->reserved = 0;
		set(h, op->rd, !succeeds, true);
	}
}

static void access_memory(struct state *s, unsigned hart, const struct op *op)
{
	uint64_t address = s->hart[hart].x[op->base] + (uint64_t)op->offset;

	if (op->base != 0 && (s->hart[hart].unknown >> op->base & 1) != 0)
		machine_fault = "goes to an address that is not known";
	else if (op->width < 4 || address % (unsigned)op->width != 0)
		machine_fault = "touches a part of a word, or a word that is not aligned";
	else if (op->kind == OP_STORE || op->kind == OP_SC)
		store_or_fail(s, hart, op, address);
	else
		load_or_change(s, hart, op, address);
	s->hart[hart].pc++;
}

static void execute(struct state *s, unsigned hart, const struct op *op, bool other)
{
	struct hart *h = &s->hart[hart];
	bool known = true;
	uint64_t a = value_of(h, &op->source[0], &known), b = value_of(h, &op->source[1], &known);

	switch (op->kind) {
	case OP_ALU:
		set(h, op->rd, op->result(a, b), known);
		h->pc++;
		break;
	case OP_BRANCH:
		h->pc = (known ? op->result(a, b) != 0 : other) ? op->target : h->pc + 1;
		break;
	case OP_JUMP:
		h->pc = op->target;
		break;
	default:
		access_memory(s, hart, op);
		break;
	}
}

/* A hart that goes round and looks at what seems to be its own alone stands there: if another hart
 * touches the word after all, the search begins anew, and if none does, it waits for ever. */
void machine_settle(struct state *s, unsigned hart)
{
	struct hart *h = &s->hart[hart];
	struct access step = last_access;

	last_access.address = 0;
	for (unsigned n = 0; !machine_fault && !machine_shares && !machine_ended(s, hart); n++) {
		const struct op *op = &runs[hart]->op[h->pc];

		if (waits_here(s, hart, op)) {
			h->unknown |= forgets[hart] ? forgets[hart][h->pc] : 0;
			break;
		}
		if (n > LIMIT_ALONE && op->kind >= OP_LOAD && op->kind <= OP_SC)
			break;
		if (n > LIMIT_IDLE)
			machine_fault = "goes round for ever and touches nothing";
		else
			execute(s, hart, op, false);
	}
	last_access = step;
}

bool machine_step(struct state *s, unsigned hart, bool other)
{
	const struct op *op = &runs[hart]->op[s->hart[hart].pc];

	last_access = (struct access){op, 0, 0, 0, false};
	if (other && op->kind != OP_BRANCH)
		return false;
	execute(s, hart, op, other);
	machine_settle(s, hart);
	return true;
}
