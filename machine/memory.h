/* memory.h: the machine's RAM, and what instructions do to it. Values only: what an
 * access costs is access.h's. */
#ifndef MACHINE_MEMORY_H
#define MACHINE_MEMORY_H

#include <stdbool.h>

#include "machine.h"

/* Returns where `width` bytes at `address` are kept; NULL where there is no RAM. */
static inline uint8_t *ram_at(const struct machine *m, uint64_t address, uint64_t width)
{
	uint64_t offset = address - RAM_BASE;

	return offset < RAM_BYTES && width <= RAM_BYTES - offset ? m->ram + offset : NULL;
}

uint64_t memory_read(const uint8_t *at, unsigned width, bool sign);
void memory_write(uint8_t *at, unsigned width, uint64_t value);

/* Do an AMO on `at`. Returns the value it reads. `expect` is for an amocas. */
uint64_t memory_amo(uint8_t *at, const struct op *op, uint64_t operand, uint64_t expect);

/* Returns the decoded instruction at h->pc; NULL where there is no RAM. */
const struct op *memory_fetch(struct machine *m, struct hart *h);

/* Forget what was decoded: fence.i. */
void memory_forget_code(struct machine *m);

#endif
