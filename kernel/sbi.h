/* sbi.h: the calls to firmware that the kernel makes (RISC-V SBI specification 1.0
 * and 2.0; each function names its chapter). */
#ifndef KERNEL_SBI_H
#define KERNEL_SBI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sbi_ret {
	long error; /* 0, or a negative SBI error: sbi_error_name() */
	long value;
};

/* Returns "not_supported" and so on; "unknown" for a number the specification lacks. */
const char *sbi_error_name(long error);

/* Base extension: is extension `id` there? */
bool sbi_has(long id);

#define SBI_EXT_DBCN 0x4442434e
#define SBI_EXT_HSM  0x48534d
#define SBI_EXT_IPI  0x735049
#define SBI_EXT_SRST 0x53525354
#define SBI_EXT_TIME 0x54494d45

/* Base extension: the implementation's id (1 = OpenSBI), its version, and the
 * specification's version. */
unsigned long sbi_impl_id(void);
unsigned long sbi_impl_version(void);
unsigned long sbi_spec_version(void);

/* Hart State Management: start a stopped hart at `entry` with a1 = opaque. */
struct sbi_ret sbi_hart_start(unsigned long hart_id, uintptr_t entry, uintptr_t opaque);

/* Hart State Management: stop the calling hart, with its interrupts off; it returns only an
 * error. And tell the state of a hart, in value. */
struct sbi_ret sbi_hart_stop(void);
struct sbi_ret sbi_hart_status(unsigned long hart_id);

enum { SBI_HART_STARTED, SBI_HART_STOPPED }; /* two of those states */

/* IPI extension: a software interrupt to one hart. */
struct sbi_ret sbi_send_ipi(unsigned long hart_id);

/* Timer extension: the next timer interrupt of this hart, in `time` ticks. */
void sbi_set_timer(uint64_t time);

/* Debug Console extension: writes up to `len` bytes; value = how many it took. */
struct sbi_ret sbi_debug_console_write(const char *text, size_t len);

/* Legacy extension 0x01, for firmware without the debug console. */
void sbi_legacy_putchar(char c);

/* System Reset extension: power off; failed: tell the machine it went wrong. */
_Noreturn void sbi_shutdown(bool failed);

#endif
