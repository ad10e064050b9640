#include "machine_read.h"

#include <string.h>

#include "cpumap.h"
#include "fdt.h"
#include "machine_take.h"
#include "tree_node.h"

enum { DEPTH = 3 }; /* the deepest node of interest is /cpus/cpu@N */

struct reader {
	struct machine *m;
	struct tree_node node[DEPTH + 1]; /* by depth, the root's is 1 */
};

static enum place place_of(int depth, const struct tree_node *node)
{
	if (depth != 2)
		return depth == 1 ? ROOT : ELSEWHERE;
	return tree_node_is_called(node, "cpus")            ? CPUS
	     : tree_node_is_called(node, "chosen")          ? CHOSEN
	     : tree_node_is_called(node, "reserved-memory") ? RESERVED
							    : ELSEWHERE;
}

static void enter(struct reader *r, const struct fdt_walk *w)
{
	if (w->depth > DEPTH)
		return;

	struct tree_node *node = &r->node[w->depth];

	*node = tree_node_begin(w->name, w->depth > 1 ? node - 1 : NULL);
	node->place = place_of(w->depth, node);
}

static const char *read_bootargs(struct machine *m, const struct fdt_walk *w)
{
	if (!fdt_is_string(w))
		return "bootargs is not a string";
	m->bootargs = (const char *)w->data;
	return NULL;
}

/* A property speaks of its node, or, in two places, of the whole machine. */
static const char *property(struct reader *r, const struct fdt_walk *w)
{
	if (w->depth > DEPTH)
		return NULL;

	struct tree_node *node = &r->node[w->depth];

	if (node->place == ROOT && strcmp(w->name, "model") == 0 && fdt_is_string(w))
		r->m->model = (const char *)w->data;
	if (node->place == CHOSEN && strcmp(w->name, "bootargs") == 0)
		return read_bootargs(r->m, w);
	return tree_node_property(node, w);
}

/* A node has ended; the walk's depth is already its parent's. */
static const char *leave(struct reader *r, const struct fdt_walk *w)
{
	if (w->depth == 0 || w->depth >= DEPTH)
		return NULL;

	const struct tree_node *left = &r->node[w->depth + 1];

	switch (left->parent->place) {
	case CPUS:
		return machine_take_core(r->m, left);
	case RESERVED:
		return machine_take_reservation(r->m, left);
	case ROOT:
		machine_take_finisher(r->m, left);
		return machine_take_memory(r->m, left);
	default: /* the finisher is a device right below the root, /soc or the like */
		machine_take_finisher(r->m, left);
		return NULL;
	}
}

static const char *complete(const struct machine *m)
{
	if (m->harts == 0)
		return "no hart in the tree";
	if (m->timebase_hz == 0)
		return "no timebase-frequency in /cpus or a hart's node";
	if (m->memory.count == 0)
		return "no memory in the tree";
	return NULL;
}

/* The nodes have been read; add what takes all of them, and what is no node. */
static const char *finish(struct machine *m, const struct fdt *fdt)
{
	const char *error = machine_take_reservation_block(m, fdt);

	cpumap_read(m, fdt);
	return error != NULL ? error : complete(m);
}

const char *machine_read(struct machine *m, const void *blob, size_t limit)
{
	struct fdt fdt;
	struct fdt_walk walk = {0};
	struct reader r = {.m = m};
	const char *error = fdt_open(&fdt, blob, limit);

	*m = (struct machine){.bootargs = "", .model = "", .tree_size = error ? 0 : fdt.size};
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
			return finish(m, &fdt);
		case FDT_BAD:
			error = walk.error;
			break;
		}
	}
	return error;
}
