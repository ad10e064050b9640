/* csr.h: the CSRs of a supervisor, and the counters (privileged manual, chapter "Supervisor-Level
 * ISA"). */
#ifndef MACHINE_CSR_H
#define MACHINE_CSR_H

#include <stdbool.h>
#include <stdint.h>

#include "hart.h"

/* Returns the interrupts that are pending at the hart's clock, as bits of sip. */
uint64_t csr_sip(const struct hart *h);

/* Makes a CSR instruction's access. Returns false where there is no such CSR, or it cannot
 * be written. */
bool csr_access(struct hart *h, const struct op *op);

#endif
