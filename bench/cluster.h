/* cluster.h: which harts are near each other: a trial's locks are told so. */
#ifndef BENCH_CLUSTER_H
#define BENCH_CLUSTER_H

#include "port.h"
#include "workload.h"

/* Returns the hart's cluster, below PORT_MAX_HARTS. The plan may ask for equal clusters of
 * harts that follow each other; otherwise the port says. Harts that do not exist are in
 * the first. */
static inline unsigned cluster_of(const struct workload *work, unsigned hart)
{
	unsigned harts = port_harts();

	if (hart >= harts)
		return 0;
	return work->clusters != 0 ? hart * work->clusters / harts : port_cluster(hart);
}

/* Returns the number of clusters that the first `harts` harts are in. */
static inline unsigned cluster_count(const struct workload *work, unsigned harts)
{
	unsigned clusters = 0;

	for (unsigned i = 0; i < harts; i++) {
		unsigned same = 0;

		while (cluster_of(work, same) != cluster_of(work, i))
			same++;
		clusters += same == i;
	}
	return clusters;
}

#endif
