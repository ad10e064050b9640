#include "sbi.h"

static struct sbi_ret call(long ext, long fid, unsigned long arg0, unsigned long arg1,
			   unsigned long arg2)
{
	register unsigned long a0 __asm__("a0") = arg0;
	register unsigned long a1 __asm__("a1") = arg1;
	register unsigned long a2 __asm__("a2") = arg2;
	register long a6 __asm__("a6") = fid;
	register long a7 __asm__("a7") = ext;

	__asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
	return (struct sbi_ret){(long)a0, (long)a1};
}

const char *sbi_error_name(long error)
{
	static const char *const names[] = {
		"success",         "failed",           "not_supported",     "invalid_param",
		"denied",          "invalid_address",  "already_available", "already_started",
		"already_stopped", "no_shared_memory", "invalid_state",     "bad_range",
	};
	unsigned long i = -(unsigned long)error;

	return i < sizeof(names) / sizeof(*names) ? names[i] : "unknown";
}

enum {
	BASE = 0x10,
	BASE_SPEC_VERSION = 0,
	BASE_IMPL_ID = 1,
	BASE_IMPL_VERSION = 2,
	BASE_PROBE = 3
};

bool sbi_has(long id)
{
	struct sbi_ret ret = call(BASE, BASE_PROBE, id, 0, 0);

	return ret.error == 0 && ret.value != 0;
}

unsigned long sbi_impl_id(void)
{
	return call(BASE, BASE_IMPL_ID, 0, 0, 0).value;
}

unsigned long sbi_impl_version(void)
{
	return call(BASE, BASE_IMPL_VERSION, 0, 0, 0).value;
}

unsigned long sbi_spec_version(void)
{
	return call(BASE, BASE_SPEC_VERSION, 0, 0, 0).value;
}

struct sbi_ret sbi_hart_start(unsigned long hart_id, uintptr_t entry, uintptr_t opaque)
{
	return call(SBI_EXT_HSM, 0, hart_id, entry, opaque);
}

struct sbi_ret sbi_hart_stop(void)
{
	return call(SBI_EXT_HSM, 1, 0, 0, 0);
}

struct sbi_ret sbi_hart_status(unsigned long hart_id)
{
	return call(SBI_EXT_HSM, 2, hart_id, 0, 0);
}

struct sbi_ret sbi_send_ipi(unsigned long hart_id)
{
	return call(SBI_EXT_IPI, 0, 1, hart_id, 0);
}

void sbi_set_timer(uint64_t time)
{
	call(SBI_EXT_TIME, 0, time, 0, 0);
}

struct sbi_ret sbi_debug_console_write(const char *text, size_t len)
{
	return call(SBI_EXT_DBCN, 0, len, (uintptr_t)text, 0);
}

void sbi_legacy_putchar(char c)
{
	call(0x01, 0, (unsigned char)c, 0, 0);
}

void sbi_shutdown(bool failed)
{
	enum { SHUTDOWN = 0, NO_REASON = 0, SYSTEM_FAILURE = 1, LEGACY_SHUTDOWN = 0x08 };

	call(SBI_EXT_SRST, 0, SHUTDOWN, failed ? SYSTEM_FAILURE : NO_REASON, 0);
	call(LEGACY_SHUTDOWN, 0, 0, 0, 0); /* firmware without SRST */
	for (;;)
		__asm__ volatile("wfi");
}
