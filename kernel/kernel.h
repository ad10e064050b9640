/* kernel.h: the facts that start-up finds out once, and that all files use. */
#ifndef KERNEL_KERNEL_H
#define KERNEL_KERNEL_H

#include "machine.h"

struct kernel {
	unsigned long boot_hart; /* its id */
	unsigned harts_online;
	struct machine machine;
	struct range heap; /* the part of the heap's place that firmware leaves free */
};

/* main.c has it, and fills it in; until then it is all zero. */
extern struct kernel kernel;

#endif
