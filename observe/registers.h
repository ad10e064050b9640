/* registers.h: the registers of harts, which QEMU's plugins can read from API 4 (QEMU 10.0) on. */
#ifndef OBSERVE_REGISTERS_H
#define OBSERVE_REGISTERS_H

#include <stdbool.h>
#include <stdint.h>

enum known_register {
	REGISTER_A0, /* the arguments of a call, a0 to a7 */
	REGISTER_A7 = REGISTER_A0 + 7,
	REGISTER_RA,
	REGISTER_PRIV,
	REGISTER_MSTATUS,
	REGISTER_SCAUSE,
	REGISTER_MCAUSE,
	REGISTERS
};

/* Finds a hart's registers. QEMU allows it when the hart is made, and only then. */
void registers_find(unsigned hart);

/* True if registers_find() has found the hart's. */
bool registers_are_known(unsigned hart);

/* Returns the register's value; 0 if the hart has none of that name. Only in a callback that was
 * registered with PLUGIN_READS_REGISTERS. */
uint64_t register_of(unsigned hart, enum known_register which);

#endif
