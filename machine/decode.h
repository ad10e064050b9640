/* decode.h: instructions of RV64IMAC, Zicsr, Zifencei, Zihintpause, Zawrs, Zacas and
 * Zabha, each decoded once. F and D are known and refused: nothing here uses them. */
#ifndef MACHINE_DECODE_H
#define MACHINE_DECODE_H

#include <stdint.h>

#include "../model/profile.h"
#include "op.h"

/* The instruction that begins with `word`, of which the upper half is ignored where the
 * instruction is compressed. What the machine does not know is an OP_ILLEGAL. */
struct op decode(uint32_t word, const struct profile *p);

static inline unsigned decode_size(uint32_t word)
{
	return (word & 3) == 3 ? 4 : 2;
}

#endif
