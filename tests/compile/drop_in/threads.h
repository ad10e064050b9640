/* threads.h: harts that are threads; for freestanding RISC-V, where snippets are only
 * compiled, just the names. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { THREADS = 4 };

#if __STDC_HOSTED__
#include "../../c/fake/give_way.h"
static _Thread_local unsigned this_hart;
#define relax() give_way()
#else
extern unsigned this_hart;
#define relax() __asm__ volatile("")
#endif
