#include "bench/record.h"

#include "capture.h"
#include "random.h"

/* End the record that is begun, and expect that `body` alone was captured. */
static void expect_record(const char *body)
{
	record_end();
	is_record(captured.text, body);
	capture_clear();
}

/* Returns a text of "@type n=", the next number, and the rest. */
static const char *with_number(const char *type, uint64_t n, const char *rest)
{
	static char body[1024];

	snprintf(body, sizeof(body), "@%s n=%" PRIu64 "%s", type, n, rest);
	return body;
}

/* Begin a record, let `fill` add to it, end it. */
#define EXPECT_RECORD(fill, rest)                         \
	do {                                              \
		uint64_t n = record_count();              \
		record_begin("t");                        \
		fill;                                     \
		expect_record(with_number("t", n, rest)); \
		EXPECT_EQ(record_count(), n + 1);         \
	} while (0)

static void test_reference(void)
{
	EXPECT_EQ(crc32_bitwise("123456789", 9), 0xcbf43926); /* as zlib says */
	EXPECT_EQ(crc32_bitwise("", 0), 0);
}

static void test_numbering(void)
{
	EXPECT_EQ(record_count(), 0);
	EXPECT_RECORD((void)0, "");
	EXPECT_RECORD((void)0, "");
	EXPECT_EQ(record_count(), 2);
	while (record_count() < 1001) {
		record_begin("many");
		record_end();
	}
	capture_clear();
	record_begin("many");
	expect_record("@many n=1001");
}

static void test_numbers(void)
{
	EXPECT_RECORD(record_u64("a", 0), " a=0");
	EXPECT_RECORD(record_u64("a", 10), " a=10");
	EXPECT_RECORD(record_u64("a", UINT64_MAX), " a=18446744073709551615");
	EXPECT_RECORD(record_i64("a", 0), " a=0");
	EXPECT_RECORD(record_i64("a", -1), " a=-1");
	EXPECT_RECORD(record_i64("a", INT64_MAX), " a=9223372036854775807");
	EXPECT_RECORD(record_i64("a", INT64_MIN), " a=-9223372036854775808");
	EXPECT_RECORD(record_hex("a", 0), " a=0x0");
	EXPECT_RECORD(record_hex("a", 0x80200000), " a=0x80200000");
	EXPECT_RECORD(record_hex("a", UINT64_MAX), " a=0xffffffffffffffff");
}

static void test_random_numbers(void)
{
	uint64_t seed = 3;

	for (int i = 0; i < 2000; i++) {
		uint64_t v = random_length(&seed);
		char rest[128];

		snprintf(rest, sizeof(rest), " u=%" PRIu64 " i=%" PRId64 " x=0x%" PRIx64, v,
			 (int64_t)v, v);
		EXPECT_RECORD((record_u64("u", v), record_i64("i", (int64_t)v), record_hex("x", v)),
			      rest);
	}
}

static void test_parts(void)
{
	EXPECT_RECORD((record_key("b"), record_part_u64(3), record_part_char(':'),
		       record_part_u64(41), record_u64("c", 5)),
		      " b=3:41 c=5");
}

static void test_text(void)
{
	EXPECT_RECORD(record_text("s", "ticket"), " s=ticket");
	EXPECT_RECORD(record_text("s", ""), " s=");
	EXPECT_RECORD(record_text("s", "a b\n"), " s=a%20b%0a");
	EXPECT_RECORD((record_key("s"), record_part_quoted('a'), record_part_quoted('*')),
		      " s=a%2a");
	EXPECT_RECORD(record_text("s", "100%=*@~"), " s=100%25%3d%2a@~");
	EXPECT_RECORD(record_text("s", "\x01\x1f\x7f\x80\xc3\xff"), " s=%01%1f%7f%80%c3%ff");
}

/* The record of a text of any bytes is one line of words with blanks between them. */
static void test_every_byte(void)
{
	char value[256], rest[1024] = " s=";

	for (int c = 1; c < 256; c++) {
		value[c - 1] = (char)c;
		snprintf(rest + strlen(rest), 4,
			 c > 0x20 && c < 0x7f && !strchr("%=*", c) ? "%c" : "%%%02x", c);
	}
	value[255] = 0;
	EXPECT_RECORD(record_text("s", value), rest);
}

/* A record longer than the buffer is whole and has the right CRC, in several writes. */
static void test_long(void)
{
	for (size_t len = 200; len < 1000; len += 1 + len / 300) {
		char value[1001], body[1100];
		uint64_t n = record_count();

		for (size_t i = 0; i < len; i++)
			value[i] = (char)('a' + i % 26);
		value[len] = 0;
		snprintf(body, sizeof(body), "@long n=%" PRIu64 " s=%s", n, value);
		record_begin("long");
		record_text("s", value);
		record_end();
		is_record(captured.text, body);
		EXPECT(captured.longest <= 256);
		EXPECT(captured.writes <= len / 200 + 2);
		capture_clear();
	}
}

/* A short record that is given up leaves nothing, not even a gap in the numbers. */
static void test_abandoned(void)
{
	uint64_t n = record_count();

	record_begin("lost");
	record_text("why", "never ended");
	EXPECT_EQ(captured.len, 0);
	record_begin("panic");
	record_u64("hart", 3);
	expect_record(with_number("panic", n, " hart=3"));
	EXPECT_EQ(record_count(), n + 1);
}

/* A long record that is given up has been written in part. The next one is whole from its
 * own '@' on. */
static void test_abandoned_long(void)
{
	uint64_t n = record_count();
	const char *last;

	record_begin("lost");
	for (int i = 0; i < 100; i++)
		record_u64("i", 1000000);
	EXPECT(captured.len > 0);
	record_begin("panic");
	record_end();
	last = strrchr(captured.text, '@');
	EXPECT(last != captured.text);
	is_record(last, with_number("panic", n, ""));
	capture_clear();
}

int main(void)
{
	test_reference();
	test_numbering();
	test_numbers();
	test_random_numbers();
	test_parts();
	test_text();
	test_every_byte();
	test_long();
	test_abandoned();
	test_abandoned_long();
	return check_status();
}
