/* capture.h: a port_write() that keeps what is written, and a look at records. */
#ifndef TESTS_CAPTURE_H
#define TESTS_CAPTURE_H

#include <stdlib.h>

#include "bench/port.h"
#include "check.h"

static struct {
	char text[65536]; /* NUL-terminated */
	size_t len;
	unsigned writes;
	size_t longest; /* write */
} captured;

void port_write(const char *text, size_t len)
{
	if (len >= sizeof(captured.text) - captured.len)
		abort();
	memcpy(captured.text + captured.len, text, len);
	captured.len += len;
	captured.text[captured.len] = 0;
	captured.writes++;
	if (len > captured.longest)
		captured.longest = len;
}

static inline void capture_clear(void)
{
	memset(&captured, 0, sizeof(captured));
}

/* Returns the CRC-32 of IEEE 802.3, bit by bit as the standard has it: not reflected, on
 * bits taken from the lowest of each byte on. */
static inline uint32_t crc32_bitwise(const char *text, size_t len)
{
	uint32_t crc = ~0u, reversed = 0;

	for (size_t i = 0; i < len * 8; i++) {
		uint32_t bit = (unsigned char)text[i / 8] >> i % 8 & 1;

		crc = crc << 1 ^ ((crc >> 31 ^ bit) ? 0x04c11db7 : 0);
	}
	for (int i = 0; i < 32; i++)
		reversed |= (~crc >> i & 1) << (31 - i);
	return reversed;
}

/* Is `line` one whole record: body, " *", the body's CRC, a line feed? */
static inline bool is_record(const char *line, const char *body)
{
	char expected[sizeof(captured.text) + 16];
	size_t len = strlen(body);

	snprintf(expected, sizeof(expected), "%s *%08x\n", body, crc32_bitwise(body, len));
	return EXPECT_TEXT(line, expected);
}

#endif
