#include "isa.h"

#if defined(__riscv)
#include <stdio.h>
#include <string.h>

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

#else

const char *isa_name(void)
{
#if defined(__x86_64__)
	return "x86_64";
#elif defined(__aarch64__) && defined(__ARM_FEATURE_ATOMICS)
	return "aarch64+lse";
#elif defined(__aarch64__)
	return "aarch64"; /* atomics are LDXR and STXR loops */
#endif
}

#endif
