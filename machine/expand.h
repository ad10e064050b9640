/* expand.h: a compressed instruction as the one it stands for (unprivileged manual,
 * chapter "C"), for RV64. */
#ifndef MACHINE_EXPAND_H
#define MACHINE_EXPAND_H

#include <stdint.h>

/* Returns the 32-bit instruction; 0, which is illegal, where there is none. */
uint32_t expand(uint16_t c);

#endif
