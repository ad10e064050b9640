/* heap.h: the memory under test. */
#ifndef NATIVE_HEAP_H
#define NATIVE_HEAP_H

/* Get the heap with all of its pages. Panics if the system has not so much memory. */
void heap_init(void);

#endif
