#include "machine_take.h"

#include <string.h>

const char *machine_take_hart(struct machine *m, const struct tree_node *parent,
			      const struct tree_node *node)
{
	int id_cells = parent->address_cells;
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

/* Append the reg's ranges while there is room. False: the reg does not fit its cells. */
static bool take_ranges(const struct tree_node *parent, const struct tree_node *node,
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

const char *machine_take_memory(struct machine *m, const struct tree_node *parent,
				const struct tree_node *node)
{
	if (node->disabled)
		return NULL;
	if (node->reg_len == 0 || !take_ranges(parent, node, m->memory, &m->memories, MAX_MEMORY))
		return "a memory's reg does not fit its cells";
	return NULL;
}

const char *machine_take_reservation(struct machine *m, const struct tree_node *parent,
				     const struct tree_node *node)
{
	if (node->disabled || node->reg_len == 0)
		return NULL;
	if (!take_ranges(parent, node, m->reservation, &m->reserved, MAX_RESERVED))
		return "a reserved memory's reg does not fit its cells";
	return NULL;
}

void machine_take_finisher(struct machine *m, const struct tree_node *parent,
			   const struct tree_node *node)
{
	int address_cells = parent->address_cells;

	if (!node->disabled && node->is_finisher && address_cells != 0 &&
	    node->reg_len >= (size_t)address_cells * 4)
		m->finisher = fdt_number(node->reg, address_cells);
}

void machine_take_reservation_block(struct machine *m, const struct fdt *fdt)
{
	struct machine_range *r = m->reservation + m->reserved;

	for (size_t i = 0;
	     m->reserved < MAX_RESERVED && fdt_reservation(fdt, i, &r->base, &r->size); i++, r++)
		m->reserved++;
}
