/* gate.h: a hart's thread waits here until another one lets it run. */
#ifndef MODEL_GATE_H
#define MODEL_GATE_H

#include <stdatomic.h>
#include <stdint.h>

struct gate {
	_Atomic uint32_t open; /* futex word: 1: go on */
};

/* Wait until the gate is opened, and close it again. Everything the opener wrote before
 * it is visible then. */
void gate_pass(struct gate *gate);

/* Let the thread that waits here, or the next that will, through. */
void gate_open(struct gate *gate);

#endif
