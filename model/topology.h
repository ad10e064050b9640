/* topology.h: harts in clusters, clusters in a mesh, and how far things are.
 *
 * Hart h belongs to cluster h / cluster_harts; cluster c stands in row
 * c / mesh_columns, column c % mesh_columns. Lines are spread over the
 * directory's banks, and bank b is with cluster b % clusters. */
#ifndef MODEL_TOPOLOGY_H
#define MODEL_TOPOLOGY_H

#include "profile.h"

static inline unsigned cluster_of(const struct profile *p, unsigned hart)
{
	return hart / (unsigned)p->cluster_harts;
}

static inline unsigned cluster_of_bank(const struct profile *p, unsigned bank)
{
	unsigned clusters = (unsigned)((p->harts + p->cluster_harts - 1) / p->cluster_harts);

	return bank % clusters;
}

/* Returns the ticks from cluster to cluster, one way, by X-Y routing in the mesh. */
static inline uint64_t distance(const struct profile *p, unsigned from, unsigned to)
{
	int columns = (int)p->mesh_columns;
	int rows = (int)from / columns - (int)to / columns;
	int cols = (int)from % columns - (int)to % columns;

	return p->hop * (uint64_t)((rows < 0 ? -rows : rows) + (cols < 0 ? -cols : cols));
}

#endif
