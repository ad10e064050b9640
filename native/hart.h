/* hart.h: a thread for each hart. It is kept on one processor, and sleeps without work. */
#ifndef NATIVE_HART_H
#define NATIVE_HART_H

#include "processors.h"

/* Start `count` threads. Thread i runs on the i-th allowed processor, and the count starts
 * again from the first when there are more threads. Returns when all have started. */
void hart_start_all(unsigned count, const struct processors *allowed);

/* Returns the system's number of the processor that hart `index` is kept on. */
int hart_processor(unsigned index);

/* Run fn(index, arg) on harts 0 .. n - 1 at once; returns when all are done. The
 * caller is none of them, and sleeps meanwhile. */
void hart_run(unsigned n, void (*fn)(unsigned index, void *arg), void *arg);

/* Sleep until hart_wake(own index) is called, or has been since the last sleep. It may
 * return early. */
void hart_idle(void);
void hart_wake(unsigned index);

#endif
