/* bao.h: what a Bao-like hypervisor gives its locks and its pools: stand-ins with the
 * names and types of src/core/inc/ (cpu.h, mem.h, types.h). */
#include "threads.h"

#define PLAT_CPU_NUM 4
#define PAGE_SIZE    0x1000ul

typedef unsigned long cpuid_t;
typedef uintptr_t paddr_t;

struct cpu {
	cpuid_t id;
};

struct ppages {
	paddr_t base;
	size_t num_pages;
	size_t colors;
};

static inline struct cpu *cpu(void)
{
	static _Thread_local struct cpu mine;

	mine.id = this_hart;
	return &mine;
}
