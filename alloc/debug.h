/* debug.h: where the debug build of an allocator tells that its caller broke the contract.
 *
 * Compile with -DALLOC_DEBUG to have the checks, and define ALLOC_FAULT(what, block) to hear of
 * a fault: `what` is a text, `block` the address that is wrong. By default the hart traps. The
 * checks cost nothing without ALLOC_DEBUG.
 */
#ifndef ALLOC_DEBUG_H
#define ALLOC_DEBUG_H

#ifndef ALLOC_FAULT
#define ALLOC_FAULT(what, block) __builtin_trap()
#endif

#endif
