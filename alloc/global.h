/* global.h: malloc(), calloc(), realloc() and free() on one bump allocator under
 * one ticket lock. They are built with GLOBAL_ALLOC=1; with 0 none of them is linked. */
#ifndef ALLOC_GLOBAL_H
#define ALLOC_GLOBAL_H

#include <stdint.h>

/* Give malloc() the memory [start, end); before that it returns NULL. Blocks that were
 * allocated before are forgotten. The caller guarantees that no other call is under
 * way. */
void global_alloc_init(uintptr_t start, uintptr_t end);

#endif
