/* panic.h: stop the machine and say why. */
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

/* panic("format", ...) writes a @panic record with hart, file, line and message, silences
 * the other harts, and stops the machine with a failure code. */
#define panic(...) panic_at(__FILE__, __LINE__, __VA_ARGS__)

_Noreturn __attribute__((format(printf, 3, 4))) void panic_at(const char *file, int line,
							      const char *format, ...);

/* Silence the other harts: the console is this hart's from now on. It does not return if
 * another hart was first. */
void panic_begin(void);

#endif
