#include "stop.h"

#include <stdint.h>

#include "csr.h"
#include "kernel.h"
#include "sbi.h"

/* Write `word` to the device at `at`. Firmware or the bus may refuse that, although the tree has
 * the device: a trap of the store goes to the instruction behind it, whoever handles traps now. So
 * stopping cannot panic. */
static void store_or_skip(uintptr_t at, uint32_t word)
{
	uintptr_t handler;

	csr_clear(sstatus, SSTATUS_SIE);
	__asm__ volatile("	la %0, 1f\n"
			 "	csrrw %0, stvec, %0\n"
			 "	sw %2, 0(%1)\n"
			 "	fence\n"
			 "	.balign 4\n"
			 "1:	csrw stvec, %0\n"
			 : "=&r"(handler)
			 : "r"(at), "r"(word)
			 : "memory");
}

void kernel_stop(bool failed)
{
	/* OpenSBI 1.1 turns SRST's "system failure" into exit status 0 of QEMU
	 * (code 0 in the device's FAIL word), so the word is written here. */
	enum { FINISHER_FAIL = 0x3333, EXIT_STATUS = 1 };

	if (failed && kernel.machine.finisher != 0)
		store_or_skip(kernel.machine.finisher, EXIT_STATUS << 16 | FINISHER_FAIL);
	sbi_shutdown(failed);
}
