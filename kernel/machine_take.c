#include "machine_take.h"

#include <string.h>

/* Is the node a `kind`, "cpu" or "memory"? Its device_type says so. Trees without it are about:
 * there the name does, if the node has a reg, too. */
static bool is_a(const char *kind, const struct tree_node *node)
{
	return node->device_type.data != NULL
		     ? tree_value_has(&node->device_type, kind)
		     : node->reg.data != NULL && tree_node_is_called(node, kind);
}

/* A core of another kind says what it is, and has no RISC-V ISA. */
static bool is_foreign(const struct tree_node *node)
{
	return node->compatible.data != NULL && !tree_value_has(&node->compatible, "riscv") &&
	       node->isa.text == NULL && node->isa.list == NULL;
}

/* Add a hart, unless the table is full of lower ids. Returns false if it is there already. */
static bool add_hart(struct machine *m, struct machine_hart hart)
{
	unsigned at;

	for (at = m->harts; at > 0 && m->hart[at - 1].id >= hart.id; at--)
		if (m->hart[at - 1].id == hart.id)
			return false;
	if (m->harts == MAX_HARTS) {
		m->harts_left_out++;
		if (at == MAX_HARTS)
			return true;
		m->harts--; /* the highest id makes room */
	}
	memmove(&m->hart[at + 1], &m->hart[at], (m->harts - at) * sizeof(m->hart[0]));
	m->hart[at] = hart;
	m->harts++;
	return true;
}

/* Returns the core's ISA. /cpus says for all what a core does not say itself (3.8). */
static struct isa isa_of(const struct tree_node *node)
{
	const struct isa *all = &node->parent->isa;
	struct isa isa = node->isa;

	if (isa.text == NULL)
		isa.text = all->text;
	if (isa.list == NULL) {
		isa.list = all->list;
		isa.list_len = all->list_len;
	}
	return isa;
}

/* A rate beyond 2^40 Hz is no clock's, and port_ticks() (bench/port.h) could overflow. */
static const char *take_timebase(struct machine *m, const struct tree_node *node)
{
	enum { RATE_BITS = 40 };
	uint64_t hz = node->timebase_hz != 0 ? node->timebase_hz : node->parent->timebase_hz;

	if (hz >> RATE_BITS != 0)
		return "a timebase-frequency of 2^40 Hz or more";
	if (hz != 0 && m->timebase_hz != 0 && hz != m->timebase_hz)
		return "harts with different timebase-frequencies";
	if (hz != 0)
		m->timebase_hz = hz;
	return NULL;
}

const char *machine_take_core(struct machine *m, const struct tree_node *node)
{
	size_t cells = node->parent->address_cells, entry = 4 * cells, at;
	struct machine_hart hart = {.phandle = node->phandle, .isa = isa_of(node)};
	uint64_t id;

	if (!is_a("cpu", node))
		return NULL;
	if (!node->is_okay || is_foreign(node)) {
		m->harts_left_out++;
		return NULL;
	}
	if (entry == 0 || node->reg.len == 0 || node->reg.len % entry != 0)
		return "a hart's reg is not its id";
	for (at = 0; at < node->reg.len; at += entry) { /* a hart for each thread (3.8) */
		if (!fdt_number(node->reg.data + at, cells, &id))
			return "a hart's reg is not its id";
		hart.id = id;
		if (!add_hart(m, hart))
			return "two harts have the same id";
	}
	return take_timebase(m, node);
}

_Static_assert(MAX_RANGES == 64, "the sentences say so");
static const char reserved_full[] = "more than 64 pieces of reserved memory";

/* A node whose reg is read, where its ranges go, and what may be wrong with them. */
struct taking {
	const struct tree_node *node;
	struct ranges *to;
	bool translated; /* its bus has `ranges` */
	const char *does_not_fit, *not_seen, *no_room;
};

static const char *take_range(const struct taking *t, const uint8_t *p)
{
	const struct tree_node *bus = t->node->parent;
	uint64_t base, size;

	if (!fdt_number(p, bus->address_cells, &base))
		return NULL; /* it is where no hart can reach it */
	if (!fdt_number(p + 4 * (size_t)bus->address_cells, bus->size_cells, &size))
		size = UINT64_MAX;
	if (t->translated && !tree_node_to_root(t->node, &base, size))
		return t->not_seen;
	return ranges_add(t->to, base, size) ? NULL : t->no_room;
}

static const char *take_ranges(const struct taking *t)
{
	const struct tree_node *bus = t->node->parent;
	size_t entry = 4 * ((size_t)bus->address_cells + bus->size_cells);
	const char *error = NULL;

	if (bus->address_cells == 0 || bus->size_cells == 0 || t->node->reg.len % entry != 0)
		return t->does_not_fit;
	for (size_t at = 0; at < t->node->reg.len && error == NULL; at += entry)
		error = take_range(t, t->node->reg.data + at);
	return error;
}

const char *machine_take_memory(struct machine *m, const struct tree_node *node)
{
	const struct taking t = {
		.node = node,
		.to = &m->memory,
		.does_not_fit = "a memory's reg does not fit its cells",
		.no_room = "more than 64 pieces of memory",
	};

	if (!is_a("memory", node) || !node->is_okay)
		return NULL;
	return node->reg.len == 0 ? t.does_not_fit : take_ranges(&t);
}

const char *machine_take_reservation(struct machine *m, const struct tree_node *node)
{
	const struct taking t = {
		.node = node,
		.to = &m->reserved,
		.translated = node->parent->ranges.data != NULL,
		.does_not_fit = "a reserved memory's reg does not fit its cells",
		.not_seen = "a reserved memory is not in the ranges of its bus",
		.no_room = reserved_full,
	};

	return node->is_disabled || node->reg.len == 0 ? NULL : take_ranges(&t);
}

void machine_take_finisher(struct machine *m, const struct tree_node *node)
{
	enum { REGISTER = 4 };
	const struct tree_node *bus = node->parent;
	size_t cells = bus->address_cells;
	uint64_t address;

	if (node->is_okay && bus->is_okay && tree_value_has(&node->compatible, "sifive,test0") &&
	    cells != 0 && node->reg.len >= 4 * cells &&
	    fdt_number(node->reg.data, cells, &address) &&
	    tree_node_to_root(node, &address, REGISTER))
		m->finisher = address;
}

const char *machine_take_reservation_block(struct machine *m, const struct fdt *fdt)
{
	uint64_t base, size;

	for (size_t i = 0; fdt_reservation(fdt, i, &base, &size); i++)
		if (!ranges_add(&m->reserved, base, size))
			return reserved_full;
	return NULL;
}
