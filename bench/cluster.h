/* cluster.h: which harts are told that they are near to each other. */
#ifndef BENCH_CLUSTER_H
#define BENCH_CLUSTER_H

#include "plan.h"
#include "port.h"

/* Harts that follow each other share a cluster. */
static inline unsigned cluster_of(const struct workload *work, unsigned hart)
{
	unsigned per = work->clusters == 0 ? PORT_MAX_HARTS : port_harts() / work->clusters;

	return per == 0 ? hart : hart / per;
}

#endif
