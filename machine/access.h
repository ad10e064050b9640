/* access.h: an access to memory that was issued (issue.h) is made.
 *
 *   wait    a miss takes effect when the harts that have the line are asked for it, and
 *           that is after those who asked before
 *   make    it reads and writes, and is charged what the memory system says */
#ifndef MACHINE_ACCESS_H
#define MACHINE_ACCESS_H

#include "machine.h"

/* Makes the hart's pending access. Returns false when it has to wait for its turn: the hart's
 * clock is the earliest that it can be made at. */
bool access_make(struct machine *m, struct hart *h);

/* The hart lets go of the line that its LR keeps, if any. */
void access_let_go(struct machine *m, struct hart *h);

#endif
