/* say.h: the records that say what was booted (docs/reference/records.md). */
#ifndef KERNEL_SAY_H
#define KERNEL_SAY_H

/* @boot: the machine, its firmware and the image. Harts need not be up. */
void say_boot(void);

/* A @hart for each: online, or why it is not. */
void say_harts(void);

/* @clock: what clock_cycles() reads, and the counters' least steps. */
void say_clock(void);

#endif
