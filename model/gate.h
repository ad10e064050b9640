/* gate.h: a hart's thread waits here until another one lets it run. */
#ifndef MODEL_GATE_H
#define MODEL_GATE_H

#include <stdatomic.h>
#include <stdint.h>

struct gate {
	_Atomic uint32_t open; /* futex word: 1: go on */
};

/* Wait until the gate is opened, and close it behind. What the opener wrote
 * before is visible. */
void gate_pass(struct gate *gate);

/* Let the one that waits, or will wait, through. */
void gate_open(struct gate *gate);

#endif
