/* buddy_cache.h: frame_cache.h before buddy.h, for its blocks of one frame. */
#ifndef ALLOC_BUDDY_CACHE_H
#define ALLOC_BUDDY_CACHE_H

#include "buddy.h"
#include "frame_cache.h"

FRAME_CACHE_BEFORE(buddy, BUDDY_FRAME)

#endif
