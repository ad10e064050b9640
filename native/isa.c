#include "isa.h"

#if defined(__riscv)
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *isa_name(void)
{
	static char line[512];
	FILE *f = fopen("/proc/cpuinfo", "r");
	const char *found = "";

	while (f != NULL && *found == 0 && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "isa", 3) == 0 && strstr(line, ": ") != NULL)
			found = strstr(line, ": ") + 2;
	if (f != NULL)
		fclose(f);
	line[strcspn(line, "\n")] = 0;
	return found;
}

/* Returns the extensions that every processor has, as Linux tells (hwprobe.rst in
 * Documentation/arch/riscv). The numbers are written out, because the C library's headers
 * may be older than the call. */
static uint64_t probe(void)
{
	enum { SYS_HWPROBE = 258, KEY_IMA_EXT_0 = 4 };
	struct {
		int64_t key;
		uint64_t value;
	} pair = {KEY_IMA_EXT_0, 0};

	if (syscall(SYS_HWPROBE, &pair, (size_t)1, (size_t)0, NULL, 0u) != 0 ||
	    pair.key != KEY_IMA_EXT_0)
		return 0;
	return pair.value;
}

bool isa_has(const char *extension)
{
	static const struct {
		const char *name;
		unsigned bit;
	} known[] = {{"zacas", 34}, {"zihintpause", 36}, {"zawrs", 48}, {"zabha", 58}};

	if (strcmp(extension, "zalrsc") == 0) /* this program is made of A */
		return true;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(known[i].name, extension) == 0)
			return probe() >> known[i].bit & 1;
	return false;
}

#else

bool isa_has(const char *extension)
{
	(void)extension;
	return false;
}

const char *isa_name(void)
{
#if defined(__x86_64__)
	return "x86_64";
#elif defined(__aarch64__) && defined(__ARM_FEATURE_ATOMICS)
	return "aarch64+lse";
#elif defined(__aarch64__)
	return "aarch64"; /* without LSE, atomics are LDXR and STXR loops */
#endif
}

#endif
