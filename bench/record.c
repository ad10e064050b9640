#include "record.h"

#include "port.h"

enum { CHUNK = 240 }; /* bytes gathered before a write */

static struct {
	char text[CHUNK];
	size_t len;
	uint32_t crc;
	uint64_t count;
} out;

/* Add a byte to a CRC-32 (reflected polynomial 0xedb88320), four bits at a time. */
static uint32_t crc_add(uint32_t crc, unsigned char byte)
{
	static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
					   0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
					   0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
					   0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};

	crc = crc >> 4 ^ table[(crc ^ byte) & 15];
	return crc >> 4 ^ table[(crc ^ byte >> 4) & 15];
}

static void flush(void)
{
	port_write(out.text, out.len);
	out.len = 0;
}

static void put(char c)
{
	if (out.len == CHUNK)
		flush();
	out.text[out.len++] = c;
	out.crc = crc_add(out.crc, (unsigned char)c);
}

static void put_text(const char *s)
{
	while (*s != 0)
		put(*s++);
}

static void put_number(uint64_t value, unsigned base)
{
	char digits[20];
	int n = 0;

	do
		digits[n++] = "0123456789abcdef"[value % base];
	while ((value /= base) != 0);
	while (n > 0)
		put(digits[--n]);
}

void record_begin(const char *type)
{
	out.len = 0;
	out.crc = ~0u;
	put('@');
	put_text(type);
	record_u64("n", out.count);
}

void record_key(const char *key)
{
	put(' ');
	put_text(key);
	put('=');
}

void record_part_u64(uint64_t value)
{
	put_number(value, 10);
}

void record_part_hex(uint64_t value)
{
	put_text("0x");
	put_number(value, 16);
}

void record_part_char(char c)
{
	put(c);
}

void record_u64(const char *key, uint64_t value)
{
	record_key(key);
	put_number(value, 10);
}

void record_i64(const char *key, int64_t value)
{
	record_key(key);
	if (value < 0)
		put('-');
	put_number(value < 0 ? -(uint64_t)value : (uint64_t)value, 10);
}

void record_hex(const char *key, uint64_t value)
{
	record_key(key);
	record_part_hex(value);
}

void record_part_quoted(char c)
{
	unsigned char byte = (unsigned char)c;

	if (byte > ' ' && byte < 0x7f && c != '%' && c != '=' && c != '*') {
		put(c);
		return;
	}
	put('%');
	put("0123456789abcdef"[byte >> 4]);
	put("0123456789abcdef"[byte & 15]);
}

void record_text(const char *key, const char *value)
{
	record_key(key);
	while (*value != 0)
		record_part_quoted(*value++);
}

void record_end(void)
{
	uint32_t crc = ~out.crc;

	put_text(" *");
	for (int shift = 28; shift >= 0; shift -= 4)
		put("0123456789abcdef"[crc >> shift & 15]);
	put('\n');
	flush();
	out.count++;
}

uint64_t record_count(void)
{
	return out.count;
}
