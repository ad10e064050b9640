/* audit.h: every block is tagged by its owner and then walked: aligned, inside
 * the heap, disjoint, none lost, none twice.
 *
 * All blocks of a trial have one size and alignment, so blocks can only lie on
 * a lattice: start rounded up to align, plus multiples of size rounded up to
 * align. Blocks on different points of the lattice are disjoint; two blocks on
 * the same point leave one tag where two operations were counted. */
#ifndef BENCH_AUDIT_H
#define BENCH_AUDIT_H

#include <stddef.h>
#include <stdint.h>

#include "plan.h"
#include "slot.h"

struct lattice {
	uintptr_t start, end; /* of the audited heap */
	uintptr_t first;      /* address of point 0 */
	size_t stride;        /* bytes from point to point; at least size */
};

struct audit {
	uint64_t blocks;   /* points of the lattice that were handed out */
	uint64_t untagged; /* of those: with no owner's tag */
	uint64_t torn;     /* of those: first and last byte by different owners */
};

/* Empty the memory [start, end) for an audit; returns the end to use, which is
 * at most `end`: an audit fills its heap, and not more of it than it must. */
uintptr_t audit_prepare(const struct workload *work, uintptr_t start, uintptr_t end);

/* Called by the owner for each block it gets. */
void audit_tag(const struct workload *work, struct slot *me, void *block);

/* Walk the `used` bytes handed out; counts found blocks in slots[0 .. harts). */
struct audit audit_walk(const struct workload *work, struct slot *slots, unsigned harts,
			size_t used);

#endif
