/* clusters.h: which harts are near each other: whose processors share their last cache. */
#ifndef NATIVE_CLUSTERS_H
#define NATIVE_CLUSTERS_H

/* Ask the system. The harts are there. */
void clusters_read(unsigned harts);

/* The hart's cluster, from 0 on; 0 for all where the system does not say. */
unsigned clusters_of(unsigned index);

#endif
