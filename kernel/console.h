/* console.h: text goes out through SBI: the debug console where there is one, else the
 * legacy putchar (OpenSBI before 1.3). printf() uses it, too. */
#ifndef KERNEL_CONSOLE_H
#define KERNEL_CONSOLE_H

#include <stddef.h>

void console_init(void);

/* Returns "dbcn" or "legacy". */
const char *console_kind(void);

/* Write all of the text. One hart at a time may call it: that is so without further care,
 * since only the boot hart prints while nothing is wrong. */
void console_write(const char *text, size_t len);

/* Make the calling hart the only one that is heard from now on. Another hart that is
 * writing stops where it is, and a new line begins. */
void console_seize(void);

/* Do what console_seize() and console_write() do when nothing but firmware works. */
void console_panic_text(const char *text);

#endif
