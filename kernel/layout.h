/* layout.h: the sizes that C, assembler and the linker script share. It has numbers only. */
#ifndef KERNEL_LAYOUT_H
#define KERNEL_LAYOUT_H

/* The address the image is linked to run at: OpenSBI's fw_dynamic enters the next stage
 * there in QEMU. Loaded elsewhere, the image moves itself (start.S). */
#ifndef KERNEL_BASE
#define KERNEL_BASE 0x80200000
#endif
#define KERNEL_ALIGN (2 * 1024 * 1024) /* a load address is a multiple of this */
#define RELOCS_SIZE  16384             /* bytes of the table of words to move, 4 each */
#define MAX_HARTS    64
#define STACK_SIZE   16384           /* bytes a slot, guard included */
#define STACK_GUARD  64              /* bytes of guard words at the low end of a slot */
#define STACK_SLOTS  (MAX_HARTS + 1) /* one a hart, and the boot stack last */
#define TRAP_STACK   4096            /* bytes of each hart's trap stack */
#define TLS_SIZE     256             /* bytes of each hart's thread-local storage */
#define HEAP_SIZE    (100 * 1024 * 1024)
/* Bytes: two addresses so far apart fall into the same set and bank of every cache of model/. */
#define CACHE_SPAN (256 * 1024)

/* offsets in struct hart and struct trap_frame that assembler uses; hart.c and
 * trap.c assert them */
#define HART_ID         8
#define HART_SIZE       4704
#define HART_STACK_TOP  0
#define FRAME_X(n)      ((n)*8)
#define FRAME_SEPC      256
#define FRAME_SCAUSE    264
#define FRAME_STVAL     272
#define FRAME_STACK_TOP 280

#endif
