/* hart.h: a thread for each hart, kept on one processor, asleep unless it has work. */
#ifndef NATIVE_HART_H
#define NATIVE_HART_H

#include "processors.h"

/* Start `count` threads; thread i runs on the i-th allowed processor, over again
 * from the first when there are more threads. Returns when all are there. */
void hart_start_all(unsigned count, const struct processors *allowed);

/* The processor that hart `index` is kept on, the system's number. */
int hart_processor(unsigned index);

/* Index of the calling thread's hart; 0 for the thread that started them. */
unsigned hart_index(void);

/* Run fn(index, arg) on harts 0 .. n - 1 at once; returns when all are done. The
 * caller is none of them, and sleeps meanwhile. */
void hart_run(unsigned n, void (*fn)(unsigned index, void *arg), void *arg);

/* Sleep until hart_wake(own index), now or since the last time. May return early. */
void hart_idle(void);
void hart_wake(unsigned index);

#endif
