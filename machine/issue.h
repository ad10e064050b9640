/* issue.h: an access to memory is issued: where does it go, and what must be over before? */
#ifndef MACHINE_ISSUE_H
#define MACHINE_ISSUE_H

#include "machine.h"

/* The hart has come to `op`, which accesses memory: h->pending has it from now on, or the
 * hart is at its trap handler. */
void issue_access(struct machine *m, struct hart *h, const struct op *op);

#endif
