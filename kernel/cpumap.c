#include "cpumap.h"

#include <stdbool.h>
#include <string.h>

enum { MAP = 3, DEPTH = 16 }; /* the map is at depth 3; what is deeper than 16 is left out */

struct reader {
	bool in_cpus, in_map;
	/* by depth: the node's innermost group, told by its place in the tree; 0: none */
	size_t group[DEPTH + 1];
	size_t of_hart[MAX_HARTS];
};

/* Is the name the stem and a number, such as "cluster0"? */
static bool is_numbered(const char *name, const char *stem)
{
	size_t n = strlen(stem);

	return strncmp(name, stem, n) == 0 && name[n] != 0 &&
	       name[n + strspn(name + n, "0123456789")] == 0;
}

static void enter(struct reader *r, const struct fdt_walk *w)
{
	if (w->depth > DEPTH)
		return;
	if (w->depth == MAP - 1)
		r->in_cpus = strcmp(w->name, "cpus") == 0;
	if (w->depth == MAP)
		r->in_map = r->in_cpus && strcmp(w->name, "cpu-map") == 0;
	if (w->depth <= MAP)
		r->group[w->depth] = 0;
	else if (is_numbered(w->name, "cluster") || is_numbered(w->name, "socket"))
		r->group[w->depth] = w->at;
	else
		r->group[w->depth] = r->group[w->depth - 1];
}

static void property(struct reader *r, const struct machine *m, const struct fdt_walk *w)
{
	if (w->depth <= MAP || w->depth > DEPTH || !r->in_map || strcmp(w->name, "cpu") != 0 ||
	    w->len != 4)
		return;
	for (unsigned i = 0; i < m->harts; i++)
		if (m->hart[i].phandle != 0 && m->hart[i].phandle == fdt_cell(w->data))
			r->of_hart[i] = r->group[w->depth];
}

/* Number the clusters from 0 on, in the order of the harts. */
static void number(struct machine *m, const struct reader *r)
{
	m->clusters = 0;
	for (unsigned i = 0; i < m->harts; i++) {
		unsigned same = 0;

		while (r->of_hart[same] != r->of_hart[i])
			same++;
		m->hart[i].cluster = same < i ? m->hart[same].cluster : m->clusters++;
	}
}

void cpumap_read(struct machine *m, const struct fdt *fdt)
{
	struct fdt_walk walk = {0};
	struct reader r = {0};
	enum fdt_token token;

	while ((token = fdt_step(fdt, &walk)) != FDT_END && token != FDT_BAD) {
		if (token == FDT_BEGIN_NODE)
			enter(&r, &walk);
		if (token == FDT_PROP)
			property(&r, m, &walk);
	}
	number(m, &r);
}
