/* heap.h: the memory under test. */
#ifndef NATIVE_HEAP_H
#define NATIVE_HEAP_H

/* Get it, all of its pages with it. Panics if the system has not so much. */
void heap_init(void);

#endif
