/* port.h: the one place where lock/ meets its surroundings.
 *
 * A lock needs the atomics of atomic.h and one thing more: what a waiter does
 * between two looks at the lock. Compile with
 *
 *     -DLOCK_PORT='"my_port.h"'
 *
 * to supply your own LOCK_RELAX(); anything you do not define is defined here.
 * Nothing else in lock/ depends on where it runs.
 */
#ifndef LOCK_PORT_H
#define LOCK_PORT_H

#include "atomic.h"

#ifdef LOCK_PORT
#include LOCK_PORT
#endif

/* LOCK_RELAX(): a hint that this hart is waiting. It must not touch memory.
 *
 * RISC-V: `pause` of Zihintpause (unprivileged manual, chapter "Zihintpause").
 * Its encoding is a FENCE hint, so harts without the extension execute it as a
 * no-op; it is emitted as a word because assemblers want the extension named.
 */
#ifndef LOCK_RELAX
#if defined(__riscv)
#define LOCK_RELAX() __asm__ volatile(".insn 0x0100000f") /* pause */
#elif defined(__x86_64__) || defined(__i386__)
#define LOCK_RELAX() __asm__ volatile("pause")
#elif defined(__aarch64__)
#define LOCK_RELAX() __asm__ volatile("yield")
#else
#error "lock/port.h: define LOCK_RELAX() for this architecture"
#endif
#endif

#endif
