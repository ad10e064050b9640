/* access.h: an access to memory, from its issue to its end.
 *
 *   issue   the instruction is reached: where does it go, and what must be over before?
 *   wait    a miss takes effect when the harts that have the line are asked for it, and
 *           that is after those who asked before
 *   make    it reads and writes, and is charged what the memory system says */
#ifndef MACHINE_ACCESS_H
#define MACHINE_ACCESS_H

#include "machine.h"

/* The hart has come to `op`, which accesses memory: h->pending has it from now on, or the
 * hart is at its trap handler. */
void access_issue(struct machine *m, struct hart *h, const struct op *op);

/* True when it is made; false when it has to wait for its turn. The hart's clock is then
 * the earliest that it can be made at. */
bool access_make(struct machine *m, struct hart *h);

/* The hart lets go of the line that its LR keeps, if any. */
void access_let_go(struct machine *m, struct hart *h);

#endif
