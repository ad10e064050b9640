#include "tree_node.h"

#include <string.h>

static bool string_is(const struct fdt_walk *w, const char *value)
{
	return fdt_is_string(w) && strcmp((const char *)w->data, value) == 0;
}

/* Is `value` one of the property's strings? */
static bool list_has(const struct fdt_walk *w, const char *value)
{
	size_t n = strlen(value) + 1;

	if (!fdt_is_string(w))
		return false;
	for (size_t at = 0; at < w->len; at += strlen((const char *)w->data + at) + 1)
		if (w->len - at >= n && memcmp(w->data + at, value, n) == 0)
			return true;
	return false;
}

/* A count above 2, or below `least`, is legal, but not in a node whose children are read
 * here: it becomes 0, which no reg fits. */
static const char *cells(const struct fdt_walk *w, uint32_t least, int *out)
{
	if (w->len != 4)
		return "#address-cells or #size-cells is not one cell";
	*out = fdt_cell(w->data) >= least && fdt_cell(w->data) <= 2 ? (int)fdt_cell(w->data) : 0;
	return NULL;
}

static void cpu_property(struct tree_node *node, const struct fdt_walk *w)
{
	if (strcmp(w->name, "phandle") == 0 && w->len == 4)
		node->phandle = fdt_cell(w->data);
	if (strcmp(w->name, "riscv,isa") == 0 && fdt_is_string(w))
		node->isa.text = (const char *)w->data;
	if (strcmp(w->name, "riscv,isa-extensions") == 0 && fdt_is_string(w)) {
		node->isa.list = (const char *)w->data;
		node->isa.list_len = w->len;
	}
}

const char *tree_node_property(struct tree_node *node, const struct fdt_walk *w)
{
	cpu_property(node, w);
	if (strcmp(w->name, "reg") == 0) {
		node->reg = w->data;
		node->reg_len = w->len;
	}
	if (strcmp(w->name, "device_type") == 0)
		node->is_cpu = string_is(w, "cpu");
	if (strcmp(w->name, "status") == 0)
		node->disabled = !string_is(w, "okay") && !string_is(w, "ok");
	if (strcmp(w->name, "compatible") == 0)
		node->is_finisher = list_has(w, "sifive,test0");
	if (strcmp(w->name, "#address-cells") == 0)
		return cells(w, 1, &node->address_cells);
	if (strcmp(w->name, "#size-cells") == 0)
		return cells(w, 0, &node->size_cells);
	return NULL;
}
