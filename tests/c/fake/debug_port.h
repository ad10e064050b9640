/* debug_port.h: a LOCK_PORT for tests/c/debug.c, whose tests say where a hart is. */
#ifndef FAKE_DEBUG_PORT_H
#define FAKE_DEBUG_PORT_H

#include <stdbool.h>

void failed(const void *at, unsigned fault);

struct surroundings {
	unsigned hart;
	bool in_trap, interrupts;
	unsigned faults[5]; /* by enum lock_fault */
};
extern _Thread_local struct surroundings here;

void relax(void);

#define LOCK_RELAX()                 relax()
#define LOCK_DEBUG_HART()            here.hart
#define LOCK_DEBUG_IN_TRAP()         here.in_trap
#define LOCK_DEBUG_INTERRUPTS()      here.interrupts
#define LOCK_DEBUG_FAIL(lock, fault) failed(lock, fault)

#endif
