/* panic.h: give up and say why. */
#ifndef NATIVE_PANIC_H
#define NATIVE_PANIC_H

/* panic("format", ...) writes a @panic record with hart, file, line and message, and ends
 * the program with status 1. Any thread may call it; only the first one is heard. */
#define panic(...) panic_at(__FILE__, __LINE__, __VA_ARGS__)

_Noreturn __attribute__((format(printf, 3, 4))) void panic_at(const char *file, int line,
							      const char *format, ...);

#endif
