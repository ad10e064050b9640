/* opensbi.h: what an OpenSBI-like firmware gives its locks and its heap: stand-ins with
 * the names and types of include/sbi/ (sbi_types.h, sbi_scratch.h, sbi_hartmask.h). */
#include "threads.h"

#define SBI_HARTMASK_MAX_BITS 128

struct sbi_scratch {
	unsigned long fw_start, fw_size, fw_rw_offset, fw_heap_offset, fw_heap_size;
};

unsigned int current_hartindex(void)
{
	return this_hart;
}

#define cpu_relax() relax()
