/* xen.h: what a Xen-like hypervisor gives its locks and its boot allocator: stand-ins
 * with the names and types of xen/include/xen/ (percpu.h, smp.h, mm-frame.h). */
#include "threads.h"

#define NR_CPUS    16
#define PAGE_SHIFT 12

typedef uint64_t paddr_t;
typedef struct {
	unsigned long mfn;
} mfn_t;

#define maddr_to_mfn(at) ((mfn_t){(at) >> PAGE_SHIFT})
#define BUG_ON(wrong)    ((wrong) ? __builtin_trap() : (void)0)

#define DEFINE_PER_CPU(type, name)                 \
	struct {                                   \
		_Alignas(64) __typeof__(type) one; \
	} per_cpu_##name[NR_CPUS]
#define per_cpu(name, cpu) (per_cpu_##name[cpu].one)
#define this_cpu(name)     per_cpu(name, smp_processor_id())

#define smp_processor_id() this_hart
#define cpu_to_node(cpu)   ((cpu) % 2)
#define cpu_relax()        relax()

/* Threads have no interrupts; each save has its restore. */
static _Thread_local int irqs_off;

#define local_irq_save(flags)    ((flags) = (unsigned long)irqs_off++)
#define local_irq_restore(flags) (irqs_off = (int)(flags))
