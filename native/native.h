/* native.h: the facts that start-up finds out once, and that all files use. */
#ifndef NATIVE_NATIVE_H
#define NATIVE_NATIVE_H

#include "processors.h"

struct native {
	unsigned harts; /* threads */
	struct processors allowed;
};

extern struct native native;

#endif
