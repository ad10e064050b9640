#include "tree_node.h"

#include <string.h>

struct tree_node tree_node_begin(const char *name, const struct tree_node *parent)
{
	/* The counts are those of a node that does not say them (2.3.5). */
	return (struct tree_node){.name = name,
				  .parent = parent,
				  .address_cells = 2,
				  .size_cells = 1,
				  .is_okay = true};
}

bool tree_node_is_called(const struct tree_node *node, const char *stem)
{
	size_t n = strlen(stem);

	return strncmp(node->name, stem, n) == 0 && (node->name[n] == 0 || node->name[n] == '@');
}

bool tree_value_has(const struct tree_value *value, const char *word)
{
	const char *text = (const char *)value->data;

	if (value->len == 0 || text[value->len - 1] != 0)
		return false;
	for (size_t at = 0; at < value->len; at += strlen(text + at) + 1)
		if (strcmp(text + at, word) == 0)
			return true;
	return false;
}

static const char *cells(const struct fdt_walk *w, uint32_t *count)
{
	if (w->len != 4)
		return "#address-cells or #size-cells is not one cell";
	*count = fdt_cell(w->data);
	return NULL;
}

static const char *timebase(const struct fdt_walk *w, uint64_t *hz)
{
	if (w->len != 4 && w->len != 8)
		return "timebase-frequency is not a number";
	(void)fdt_number(w->data, w->len / 4, hz); /* two cells fit */
	return NULL;
}

/* Keep what a hart's node, or /cpus for all of them, may say. */
static const char *cpu_property(struct tree_node *node, const struct fdt_walk *w)
{
	if (strcmp(w->name, "riscv,isa") == 0 && fdt_is_string(w))
		node->isa.text = (const char *)w->data;
	if (strcmp(w->name, "riscv,isa-extensions") == 0 && fdt_is_string(w)) {
		node->isa.list = (const char *)w->data;
		node->isa.list_len = w->len;
	}
	if (strcmp(w->name, "timebase-frequency") == 0)
		return timebase(w, &node->timebase_hz);
	return NULL;
}

/* Keep the number by which other nodes call this one; the older property is the second choice. */
static void phandle(struct tree_node *node, const struct fdt_walk *w)
{
	if (w->len == 4 && (strcmp(w->name, "phandle") == 0 ||
			    (strcmp(w->name, "linux,phandle") == 0 && node->phandle == 0)))
		node->phandle = fdt_cell(w->data);
}

static struct tree_value *value_of(struct tree_node *node, const char *name)
{
	return strcmp(name, "reg") == 0         ? &node->reg
	     : strcmp(name, "ranges") == 0      ? &node->ranges
	     : strcmp(name, "device_type") == 0 ? &node->device_type
	     : strcmp(name, "compatible") == 0  ? &node->compatible
						: NULL;
}

static bool string_is(const struct fdt_walk *w, const char *value)
{
	return fdt_is_string(w) && strcmp((const char *)w->data, value) == 0;
}

const char *tree_node_property(struct tree_node *node, const struct fdt_walk *w)
{
	struct tree_value *value = value_of(node, w->name);

	if (value != NULL)
		*value = (struct tree_value){w->data, w->len};
	if (strcmp(w->name, "status") == 0) {
		node->is_okay = string_is(w, "okay") || string_is(w, "ok");
		node->is_disabled = string_is(w, "disabled");
	}
	phandle(node, w);
	if (strcmp(w->name, "#address-cells") == 0)
		return cells(w, &node->address_cells);
	if (strcmp(w->name, "#size-cells") == 0)
		return cells(w, &node->size_cells);
	if (node->place == CPUS || (node->parent != NULL && node->parent->place == CPUS))
		return cpu_property(node, w);
	return NULL;
}

/* Move a range by the entry of ranges at p, if it lies in it. */
static bool moved(const struct tree_node *bus, const uint8_t *p, uint64_t *base, uint64_t size)
{
	size_t here = bus->address_cells, above = bus->parent->address_cells;
	uint64_t from, to, len;

	if (!fdt_number(p, here, &from) || !fdt_number(p + 4 * here, above, &to) ||
	    !fdt_number(p + 4 * (here + above), bus->size_cells, &len))
		return false; /* an address that is no number: PCI's */
	if (*base < from || *base - from > len || size > len - (*base - from))
		return false;
	*base += to - from;
	return true;
}

/* Move a range of the bus to the bus's own parent. */
static bool through(const struct tree_node *bus, uint64_t *base, uint64_t size)
{
	size_t cells = (size_t)bus->address_cells + bus->parent->address_cells + bus->size_cells;
	size_t entry = 4 * cells;

	if (bus->ranges.data == NULL || entry == 0)
		return false;
	if (bus->ranges.len == 0)
		return true; /* both sides have the same addresses */
	for (size_t at = 0; entry <= bus->ranges.len - at; at += entry)
		if (moved(bus, bus->ranges.data + at, base, size))
			return true;
	return false;
}

bool tree_node_to_root(const struct tree_node *node, uint64_t *base, uint64_t size)
{
	for (const struct tree_node *bus = node->parent; bus->parent != NULL; bus = bus->parent)
		if (!through(bus, base, size))
			return false;
	return true;
}
