/* stacks.h: a stack for every hart, with guard words at its low end, and one for booting. */
#ifndef KERNEL_STACKS_H
#define KERNEL_STACKS_H

#include <stdint.h>

/* Give each hart of the table its stack, and write the guard words of all stacks. */
void stacks_init(void);

/* Panics if a stack has run into its guard words. */
void stacks_check(void);

/* Run fn(arg) on another stack, and come back (call_on_stack.S). */
void call_on_stack(void (*fn)(void *arg), void *arg, uintptr_t stack_top);

#endif
