/* atomic.h: the few atomic operations that lock/ and alloc/ are made of.
 *
 * On RISC-V they are written out, one instruction and at most one fence each,
 * after the ISA manual's recommended mapping (unprivileged manual, appendix
 * "RVWMO Explanatory Material", table "Mappings from C/C++ primitives to RISC-V
 * primitives"). GCC 12 compiles <stdatomic.h> more heavily than any hypervisor
 * that is shipped: every store, a relaxed one too, becomes an AMO
 * (`amoswap.d zero`), a release store `fence iorw,ow; amoswap.w zero`, an
 * acquire load ends in `fence iorw,iorw`, and a failed compare-and-swap goes
 * through the stack. What is timed here is to be what one would ship.
 *
 * Elsewhere they are C11 <stdatomic.h>, which ThreadSanitizer understands; with
 * -DLOCK_ATOMIC_C11 on RISC-V, too. docs/reference/footprint.md says what that costs.
 *
 *   operation            RISC-V                    C11
 *   load_relaxed         lw                        relaxed
 *   load_acquire         lw; fence r,rw            acquire
 *   store_relaxed        sw                        relaxed
 *   store_release        fence rw,w; sw            release
 *   load_depend          ld                        acquire
 *   swap_acquire         amoswap.w.aq              acquire
 *   swap_acq_rel         amoswap.d.aqrl            acq_rel
 *   swap_release_depend  amoswap.d.rl              acq_rel
 *   swap_out_release     amoswap.w.rl to x0        release, result unused
 *   full_fence_store     fence rw,rw; sw           fence(seq_cst), release
 *   full_fence           fence rw,rw               atomic_thread_fence(seq_cst)
 *   fetch_add_relaxed    amoadd.w                  relaxed
 *   fetch_or_relaxed     amoor.w                   relaxed
 *   add, and, or         the AMO, its result to x0 the same, result unused
 *   cas_acquire          lr.w.aq; bne; sc.w; bnez  acquire, relaxed
 *   cas_relaxed          lr.d; bne; sc.d; bnez     relaxed, relaxed
 *   cas_release          lr.d; bne; sc.d.rl; bnez  release, relaxed
 *   cas_acq_rel          lr.d.aq; bne; sc.d.rl; bnez  acq_rel, relaxed
 *   amocas_relaxed       amocas.d (Zacas)          relaxed, relaxed
 *   bump_relaxed         lr.d; 7 more; sc.d; bnez  relaxed, by compare-and-swap
 *
 * _depend orders the load before accesses through the pointer it returned: on
 * RISC-V the address dependency does that by itself (RVWMO, preserved program
 * order, rule 9); C11's memory_order_consume is an acquire everywhere.
 *
 * Compile with -DLOCK_TYPES='<my_types.h>' where a header of your own has bool, uint32_t and
 * uintptr_t, and the compiler's would be in its way.
 *
 * a32_ is for words of 32 bits, aptr_ for words as wide as a pointer. Every
 * compare-and-swap is strong: it fails only if the two differ.
 *
 * Every LR/SC here is a whole loop of one piece of assembly: at most 16 instructions of
 * the base I set from the LR to the branch back, without another access. That is a
 * constrained LR/SC loop, and of such loops the ISA promises that some hart leaves its own
 * (unprivileged manual, "Eventual Success of Store-Conditional Instructions"). No compiler
 * can put anything between an SC that failed and the next LR.
 */
#ifndef LOCK_ATOMIC_H
#define LOCK_ATOMIC_H

#ifdef LOCK_TYPES
#include LOCK_TYPES
#else
#include <stdbool.h>
#include <stdint.h>
#endif

#if defined(__riscv) && !defined(LOCK_ATOMIC_C11)
#include "atomic_rv64.h"
#else
#include "atomic_c11.h"
#endif

#endif
