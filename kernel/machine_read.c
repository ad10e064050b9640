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
		r->node[w->depth] = (struct tree_node){.place = place_of(r, w->depth, w->name),
						       .address_cells = 2,
						       .size_cells = 1};
}

static const char *read_timebase(struct machine *m, const struct fdt_walk *w)
{
	if (w->len != 4 && w->len != 8)
		return "timebase-frequency is not a number";
	m->timebase_hz = fdt_number(w->data, (int)w->len / 4);
	return NULL;
}

static const char *read_bootargs(struct machine *m, const struct fdt_walk *w)
{
	if (!fdt_is_string(w))
		return "bootargs is not a string";
	m->bootargs = (const char *)w->data;
	return NULL;
}

/* A property speaks of its node, or, in three places, of the whole machine. */
static const char *property(struct reader *r, const struct fdt_walk *w)
{
	if (w->depth > DEPTH)
		return NULL;

	struct tree_node *node = &r->node[w->depth];

	if (node->place == ROOT && strcmp(w->name, "model") == 0 && fdt_is_string(w))
		r->m->model = (const char *)w->data;
	if (node->place == CPUS && strcmp(w->name, "timebase-frequency") == 0)
		return read_timebase(r->m, w);
	if (node->place == CHOSEN && strcmp(w->name, "bootargs") == 0)
		return read_bootargs(r->m, w);
	return tree_node_property(node, w);
}

/* A node has ended; the walk's depth is already its parent's. */
static const char *leave(struct reader *r, const struct fdt_walk *w)
{
	if (w->depth == 0 || w->depth >= DEPTH)
		return NULL;

	const struct tree_node *parent = &r->node[w->depth], *left = parent + 1;

	switch (left->place) {
	case CPU:
		return machine_take_hart(r->m, parent, left);
	case MEMORY:
		return machine_take_memory(r->m, parent, left);
	case RESERVATION:
		return machine_take_reservation(r->m, parent, left);
	default: /* the finisher is a device right below the root, /soc or the like */
		machine_take_finisher(r->m, parent, left);
		return NULL;
	}
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
			machine_take_reservation_block(m, &fdt);
			return complete(m);
		case FDT_BAD:
			error = walk.error;
			break;
		}
	}
	return error;
}
