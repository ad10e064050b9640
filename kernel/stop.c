#include "stop.h"

#include <stdint.h>

#include "kernel.h"
#include "sbi.h"

void kernel_stop(bool failed)
{
	/* OpenSBI 1.1 turns SRST's "system failure" into exit status 0 of QEMU
	 * (code 0 in the device's FAIL word), so the word is written here. */
	enum { FINISHER_FAIL = 0x3333, EXIT_STATUS = 1 };

	if (failed && kernel.machine.finisher != 0)
		*(volatile uint32_t *)kernel.machine.finisher = EXIT_STATUS << 16 | FINISHER_FAIL;
	sbi_shutdown(failed);
}
