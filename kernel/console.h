/* console.h: text out through SBI: the debug console where there is one, the
 * legacy putchar where not (OpenSBI before 1.3). Also makes printf() work. */
#ifndef KERNEL_CONSOLE_H
#define KERNEL_CONSOLE_H

#include <stddef.h>

void console_init(void);

/* "dbcn" or "legacy". */
const char *console_kind(void);

/* Writes all of it. One hart at a time: callers on the boot hart need nothing
 * more, since only it prints while nothing is wrong. */
void console_write(const char *text, size_t len);

/* From now on only the calling hart is heard; another hart that is writing
 * stops where it is, and a fresh line begins. */
void console_seize(void);

/* As console_seize() and console_write(), with nothing but firmware working. */
void console_panic_text(const char *text);

#endif
