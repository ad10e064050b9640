/* audit.h: no byte of the heap goes out twice. A map has a bit for each granule,
 * and the owner of a block sets those of its bytes, outside the timed section:
 * a bit that was set already is a byte that two harts got.
 *
 * A granule is the largest power of two that divides size and alignment, so each
 * block is a whole number of granules, wherever it lies, and a bit stands for
 * bytes of one block: so the audit is exact. The map lies behind the audited heap,
 * in the same piece of memory, so that heap is smaller than the piece. */
#ifndef BENCH_AUDIT_H
#define BENCH_AUDIT_H

#include <stddef.h>
#include <stdint.h>

#include "hart_stats.h"
#include "workload.h"

/* Clear a map for the blocks of `work` in the memory [start, end). Returns the
 * end of the heap to audit, which is at most `end`: an audit fills its heap, and
 * not more of it than it must. A block so large that the map finds no room
 * beside it is not audited: the heap is then smaller than the block. */
uintptr_t audit_prepare(const struct workload *work, uintptr_t start, uintptr_t end);

/* Do what audit_prepare() does for a heap of a few blocks, at most 64. `random` decides how
 * many they are, and how large a part of one more is at its end. */
uintptr_t audit_prepare_small(const struct workload *work, uintptr_t start, uintptr_t end,
			      uint64_t random);

/* Mark a block that the calling hart got, and count in *me. The caller guarantees:
 * size is not 0, and was asked for at that alignment. */
void audit_mark(struct hart_stats *me, const void *block, size_t size, size_t align);

/* Unmark a block that the calling hart is about to give back, and count in *me. The caller
 * guarantees: it was marked with that size. */
void audit_unmark(struct hart_stats *me, const void *block, size_t size);

/* Returns the bytes that some hart got: those of the bits that are set. The caller
 * guarantees that no worker is running. */
uint64_t audit_marked(void);

/* Returns the bytes that a bit stands for. */
size_t audit_granule(void);

#endif
