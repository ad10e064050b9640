/* clusters.h: which harts are near each other, because their processors share a cache. */
#ifndef NATIVE_CLUSTERS_H
#define NATIVE_CLUSTERS_H

/* Ask the system for the clusters. The caller guarantees: the harts have been started. */
void clusters_read(unsigned harts);

/* Returns the hart's cluster, from 0 on; 0 for all harts if the system does not say. */
unsigned clusters_of(unsigned index);

#endif
