#include "machine.h"

#include <string.h>

#include "cpumap.h"
#include "fdt.h"

enum { DEPTH = 3 }; /* the deepest node of interest is /cpus/cpu@N */

/* A node that is being read. Its properties come in any order, so a hart or a
 * memory is taken at the end of its node. */
struct node {
	enum place { ELSEWHERE, ROOT, CPUS, CPU, MEMORY, CHOSEN, RESERVED, RESERVATION } place;
	const uint8_t *reg;
	size_t reg_len;
	struct isa isa;
	uint32_t phandle;
	int address_cells, size_cells; /* for its children's reg */
	bool is_cpu, is_finisher, disabled;
};

struct reader {
	struct machine *m;
	struct node node[DEPTH + 1]; /* by depth, the root's is 1 */
};

static bool is_string(const struct fdt_walk *w)
{
	return w->len > 0 && w->data[w->len - 1] == 0;
}

static bool string_is(const struct fdt_walk *w, const char *value)
{
	return is_string(w) && strcmp((const char *)w->data, value) == 0;
}

static bool name_is(const char *name, const char *stem)
{
	size_t n = strlen(stem);

	return strncmp(name, stem, n) == 0 && (name[n] == 0 || name[n] == '@');
}

static enum place place_of(const struct reader *r, int depth, const char *name)
{
	if (depth == 1)
		return ROOT;
	if (depth == 2)
		return name_is(name, "cpus")            ? CPUS
		     : name_is(name, "memory")          ? MEMORY
		     : name_is(name, "chosen")          ? CHOSEN
		     : name_is(name, "reserved-memory") ? RESERVED
							: ELSEWHERE;
	if (r->node[2].place == RESERVED)
		return RESERVATION;
	return r->node[2].place == CPUS && name_is(name, "cpu") ? CPU : ELSEWHERE;
}

static void enter(struct reader *r, const struct fdt_walk *w)
{
	if (w->depth <= DEPTH)
		r->node[w->depth] = (struct node){.place = place_of(r, w->depth, w->name),
						  .address_cells = 2,
						  .size_cells = 1};
}

/* Is `value` one of the property's strings? */
static bool list_has(const struct fdt_walk *w, const char *value)
{
	size_t n = strlen(value) + 1;

	if (!is_string(w))
		return false;
	for (size_t at = 0; at < w->len; at += strlen((const char *)w->data + at) + 1)
		if (w->len - at >= n && memcmp(w->data + at, value, n) == 0)
			return true;
	return false;
}

/* Cells counts other than these are legal, but not in a node whose children
 * are read here: they are left at what no reg will fit. */
static const char *cells(const struct fdt_walk *w, uint32_t least, int *out)
{
	if (w->len != 4)
		return "#address-cells or #size-cells is not one cell";
	*out = fdt_cell(w->data) >= least && fdt_cell(w->data) <= 2 ? (int)fdt_cell(w->data) : 0;
	return NULL;
}

static const char *timebase(struct machine *m, const struct fdt_walk *w)
{
	if (w->len != 4 && w->len != 8)
		return "timebase-frequency is not a number";
	m->timebase_hz = fdt_number(w->data, (int)w->len / 4);
	return NULL;
}

static void cpu_property(struct node *node, const struct fdt_walk *w)
{
	if (strcmp(w->name, "phandle") == 0 && w->len == 4)
		node->phandle = fdt_cell(w->data);
	if (strcmp(w->name, "riscv,isa") == 0 && is_string(w))
		node->isa.text = (const char *)w->data;
	if (strcmp(w->name, "riscv,isa-extensions") == 0 && is_string(w)) {
		node->isa.list = (const char *)w->data;
		node->isa.list_len = w->len;
	}
}

static const char *property(struct reader *r, const struct fdt_walk *w)
{
	if (w->depth > DEPTH)
		return NULL;

	struct node *node = &r->node[w->depth];

	if (strcmp(w->name, "reg") == 0) {
		node->reg = w->data;
		node->reg_len = w->len;
	}
	if (strcmp(w->name, "device_type") == 0)
		node->is_cpu = string_is(w, "cpu");
	if (strcmp(w->name, "status") == 0)
		node->disabled = !string_is(w, "okay") && !string_is(w, "ok");
	cpu_property(node, w);
	if (node->place == ROOT && strcmp(w->name, "model") == 0 && is_string(w))
		r->m->model = (const char *)w->data;
	if (strcmp(w->name, "compatible") == 0)
		node->is_finisher = list_has(w, "sifive,test0");
	if (node->place == CPUS && strcmp(w->name, "timebase-frequency") == 0)
		return timebase(r->m, w);
	if (strcmp(w->name, "#address-cells") == 0)
		return cells(w, 1, &node->address_cells);
	if (strcmp(w->name, "#size-cells") == 0)
		return cells(w, 0, &node->size_cells);
	if (node->place == CHOSEN && strcmp(w->name, "bootargs") == 0) {
		if (!is_string(w))
			return "bootargs is not a string";
		r->m->bootargs = (const char *)w->data;
	}
	return NULL;
}

static const char *take_hart(struct reader *r, const struct node *node)
{
	struct machine *m = r->m;
	int id_cells = r->node[2].address_cells;
	unsigned at;

	if (!node->is_cpu)
		return NULL;
	if (id_cells == 0 || node->reg_len != (size_t)id_cells * 4)
		return "a hart's reg is not its id";
	if (node->disabled) {
		m->harts_left_out++;
		return NULL;
	}

	unsigned long id = fdt_number(node->reg, id_cells);

	for (at = m->harts; at > 0 && m->hart[at - 1].id >= id; at--)
		if (m->hart[at - 1].id == id)
			return "two harts have the same id";
	if (m->harts == MAX_HARTS) {
		m->harts_left_out++;
		if (at == MAX_HARTS)
			return NULL;
		m->harts--; /* the highest id makes room */
	}
	memmove(&m->hart[at + 1], &m->hart[at], (m->harts - at) * sizeof(m->hart[0]));
	m->hart[at] = (struct machine_hart){id, node->phandle, 0, node->isa};
	m->harts++;
	if (m->isa[0] == 0 && node->isa.text != NULL)
		m->isa = node->isa.text;
	return NULL;
}

/* Append the reg's ranges while there is room. False: it does not fit its cells. */
static bool take_ranges(const struct node *parent, const struct node *node,
			struct machine_range *to, unsigned *n, unsigned room)
{
	int address_cells = parent->address_cells, size_cells = parent->size_cells;
	size_t entry = (size_t)(address_cells + size_cells) * 4;

	if (address_cells == 0 || size_cells == 0 || node->reg_len % entry != 0)
		return false;
	for (size_t at = 0; at < node->reg_len && *n < room; at += entry) {
		const uint8_t *p = node->reg + at;

		to[*n].base = fdt_number(p, address_cells);
		to[*n].size = fdt_number(p + address_cells * 4, size_cells);
		(*n)++;
	}
	return true;
}

static const char *take_memory(struct reader *r, const struct node *node)
{
	struct machine *m = r->m;

	if (node->disabled)
		return NULL;
	if (node->reg_len == 0 ||
	    !take_ranges(&r->node[1], node, m->memory, &m->memories, MAX_MEMORY))
		return "a memory's reg does not fit its cells";
	return NULL;
}

/* One without a reg is for an operating system to place. */
static const char *take_reservation(struct reader *r, const struct node *node)
{
	struct machine *m = r->m;

	if (node->disabled || node->reg_len == 0)
		return NULL;
	if (!take_ranges(&r->node[2], node, m->reservation, &m->reserved, MAX_RESERVED))
		return "a reserved memory's reg does not fit its cells";
	return NULL;
}

static void take_reservation_block(struct machine *m, const struct fdt *fdt)
{
	struct machine_range *r = m->reservation + m->reserved;

	for (size_t i = 0;
	     m->reserved < MAX_RESERVED && fdt_reservation(fdt, i, &r->base, &r->size); i++, r++)
		m->reserved++;
}

/* A device right below the root, /soc or the like. It is optional: whatever is
 * odd about it, there is none. */
static const char *take_finisher(struct reader *r, const struct node *node, int depth)
{
	int address_cells = r->node[depth - 1].address_cells;

	if (node->disabled)
		return NULL;
	if (node->is_finisher && address_cells != 0 && node->reg_len >= (size_t)address_cells * 4)
		r->m->finisher = fdt_number(node->reg, address_cells);
	return NULL;
}

/* The walk's depth is already the parent's. */
static const char *leave(struct reader *r, const struct fdt_walk *w)
{
	if (w->depth == 0 || w->depth >= DEPTH)
		return NULL;

	struct node left = r->node[w->depth + 1];

	return left.place == CPU         ? take_hart(r, &left)
	     : left.place == MEMORY      ? take_memory(r, &left)
	     : left.place == RESERVATION ? take_reservation(r, &left)
					 : take_finisher(r, &left, w->depth + 1);
}

static const char *complete(const struct machine *m)
{
	if (m->harts == 0)
		return "no hart in the tree";
	if (m->timebase_hz == 0)
		return "no timebase-frequency in /cpus";
	if (m->memories == 0)
		return "no memory in the tree";
	if (m->reserved == MAX_RESERVED)
		return "too many reserved memories";
	return NULL;
}

const char *machine_read(struct machine *m, const void *blob, size_t limit)
{
	struct fdt fdt;
	struct fdt_walk walk = {0};
	struct reader r = {.m = m};
	const char *error = fdt_open(&fdt, blob, limit);

	*m = (struct machine){
		.bootargs = "", .model = "", .isa = "", .tree_size = error ? 0 : fdt.size};
	while (error == NULL) {
		switch (fdt_step(&fdt, &walk)) {
		case FDT_BEGIN_NODE:
			enter(&r, &walk);
			break;
		case FDT_PROP:
			error = property(&r, &walk);
			break;
		case FDT_END_NODE:
			error = leave(&r, &walk);
			break;
		case FDT_END:
			cpumap_read(m, &fdt);
			take_reservation_block(m, &fdt);
			return complete(m);
		case FDT_BAD:
			error = walk.error;
			break;
		}
	}
	return error;
}
