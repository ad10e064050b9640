/* heap_pool.h: the pool as section_freeing.h uses it. */
#ifndef BENCH_HEAP_H
#define BENCH_HEAP_H

#include "heap_frames.h"
#include "heap_shared.h"

#endif
