/* pool_cache.h: frame_cache.h before pool.h. */
#ifndef ALLOC_POOL_CACHE_H
#define ALLOC_POOL_CACHE_H

#include "frame_cache.h"
#include "pool.h"

FRAME_CACHE_BEFORE(pool, POOL_FRAME)

#endif
