/* fail.h: the machine's end when the kernel, or what the machine was given, goes wrong. */
#ifndef MACHINE_FAIL_H
#define MACHINE_FAIL_H

#include "machine.h"

/* The exit status. 0 and 1 are the kernel's own (SBI's system reset, the finisher). */
enum machine_failure {
	MACHINE_MISUSED = 2,  /* arguments, profile, or an image that is none */
	MACHINE_DEADLOCK = 3, /* every hart waits for another */
	MACHINE_LIVELOCK = 4, /* harts run on and on after the window's end */
	MACHINE_LOST = 5,     /* a hart traps for ever, or goes to user mode */
};

/* Says on stderr what went wrong and where each hart is, and ends the process. */
_Noreturn void machine_fail(const struct machine *m, enum machine_failure why, const char *what);

#endif
