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

struct tree_value {
	const uint8_t *data; /* NULL: the node has no such property */
	size_t len;          /* bytes */
};

struct tree_node {
	enum place { ELSEWHERE, ROOT, CPUS, CHOSEN, RESERVED } place;
	const char *name;
	const struct tree_node *parent; /* NULL: it is the root */
	struct tree_value reg, ranges, device_type, compatible;
	uint32_t address_cells, size_cells; /* counts for its children's reg */
	bool is_okay;                       /* its status says so, or it has none */
	bool is_disabled;                   /* its status is exactly that */
	uint32_t phandle;                   /* 0: it has none */
	struct isa isa;
	uint64_t timebase_hz; /* 0: it has none */
};

/* Returns a node before its properties are read. */
struct tree_node tree_node_begin(const char *name, const struct tree_node *parent);

/* Keep the property at `w` of the node. Returns NULL, or what is wrong with it. */
const char *tree_node_property(struct tree_node *node, const struct fdt_walk *w);

/* Is the node's name `stem`, with or without a unit address ("stem@...")? */
bool tree_node_is_called(const struct tree_node *node, const char *stem);

/* Is `word` one of the property's strings? */
bool tree_value_has(const struct tree_value *value, const char *word);

/* Move a range of the node's bus, which is its parent, to where it is for the harts. Returns
 * false if the harts do not see all of it. */
bool tree_node_to_root(const struct tree_node *node, uint64_t *base, uint64_t size);

#endif
