/* ranges.h: a set of addresses, kept as the ranges that it is made of. It needs no kernel
 * services, so it also builds on the host, where it is tested. */
#ifndef KERNEL_RANGES_H
#define KERNEL_RANGES_H

#include <stdbool.h>
#include <stdint.h>

enum { MAX_RANGES = 64 };

struct range {
	uint64_t base, size; /* bytes */
};

/* {0} is the empty set. */
struct ranges {
	unsigned count;
	struct range at[MAX_RANGES]; /* by ascending base; none is empty, and no two touch */
};

/* Add [base, base + size), cut off at the end of the 64-bit addresses. Ranges that overlap or
 * touch become one. Returns false, and adds nothing, if there is no room. */
__attribute__((warn_unused_result)) bool ranges_add(struct ranges *set, uint64_t base,
						    uint64_t size);

/* Is all of [base, base + size) in the set? */
bool ranges_cover(const struct ranges *set, uint64_t base, uint64_t size);

/* Is any of [base, base + size) in the set? */
bool ranges_meet(const struct ranges *set, uint64_t base, uint64_t size);

/* Returns the largest piece of [base, base + size) that is not in the set, the first of them if
 * several are as large; size 0: there is none. base + size is at most 2^64 - 1. */
struct range ranges_largest_gap(const struct ranges *set, uint64_t base, uint64_t size);

#endif
