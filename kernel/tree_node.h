/* tree_node.h: a node of the device tree while it is being read. Its properties come in any
 * order, so they are only collected here; what they mean is decided at the node's end
 * (machine_take.h). */
#ifndef KERNEL_TREE_NODE_H
#define KERNEL_TREE_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fdt.h"
#include "isa.h"

struct tree_node {
	enum place { ELSEWHERE, ROOT, CPUS, CPU, MEMORY, CHOSEN, RESERVED, RESERVATION } place;
	const uint8_t *reg; /* NULL: it has none */
	size_t reg_len;     /* bytes */
	struct isa isa;
	uint32_t phandle; /* 0: it has none */
	int address_cells,
		size_cells; /* cells of its children's reg; 0: a count that is not read here */
	bool is_cpu, is_finisher, disabled;
};

/* Keep the property at `w` of the node. Returns NULL, or what is wrong with it. */
const char *tree_node_property(struct tree_node *node, const struct fdt_walk *w);

#endif
