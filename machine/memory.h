/* memory.h: the machine's RAM, and what instructions do to it. It has values only: access.h
 * says what an access costs. */
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

/* Does an AMO on `at`. Returns the value it reads. An amocas writes `operand` only where
 * that value is `expect`. */
uint64_t memory_amo(uint8_t *at, const struct op *op, uint64_t operand, uint64_t expect);

/* Returns the decoded instruction at h->pc; NULL where there is no RAM. */
const struct op *memory_decode(struct machine *m, struct hart *h);

/* Returns the same, and at once where it has been decoded already. */
static inline const struct op *memory_fetch(struct machine *m, struct hart *h)
{
	uint64_t at = h->pc % PAGE_BYTES;

	if (h->pc - at == h->ops_at && h->ops[at / 2].kind != OP_UNKNOWN)
		return &h->ops[at / 2];
	return memory_decode(m, h);
}

/* Forgets what was decoded: fence.i. No `op` of before may be used any more. */
void memory_forget_code(struct machine *m);

#endif
