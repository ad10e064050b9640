/* check.h: expectations. One that fails says where and what, is counted, and the test
 * goes on; main() returns check_status(). Only one thread may use them. */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
	POISON = 0xff
}; /* fills memory that nobody has initialised: no word of it is a small number */

static struct {
	unsigned long made, failed;
} check;

/* Count one expectation. Returns true when its failure is to be printed. */
static inline bool check_failed(bool holds, const char *file, int line)
{
	enum { PRINTED = 20 };

	check.made++;
	if (holds || check.failed++ >= PRINTED)
		return false;
	fprintf(stderr, "%s:%d: ", file, line);
	return true;
}

static inline bool check_true(bool holds, const char *text, const char *file, int line)
{
	if (check_failed(holds, file, line))
		fprintf(stderr, "expected %s\n", text);
	return holds;
}

static inline bool check_eq(uint64_t a, uint64_t b, const char *text, const char *file, int line)
{
	if (check_failed(a == b, file, line))
		fprintf(stderr,
			"expected %s, got %" PRIu64 " (0x%" PRIx64 ") and %" PRIu64 " (0x%" PRIx64
			")\n",
			text, a, a, b, b);
	return a == b;
}

static inline bool check_text(const char *a, const char *b, const char *text, const char *file,
			      int line)
{
	bool same = a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);

	if (check_failed(same, file, line))
		fprintf(stderr, "expected %s, got\n  %s\n  %s\n", text, a ? a : "NULL",
			b ? b : "NULL");
	return same;
}

/* The value of each is whether it held. Pointers need a cast for EXPECT_EQ(); in
 * EXPECT_TEXT() a NULL equals only NULL. */
#define EXPECT(cond)      check_true(cond, #cond, __FILE__, __LINE__)
#define EXPECT_EQ(a, b)   check_eq((uint64_t)(a), (uint64_t)(b), #a " == " #b, __FILE__, __LINE__)
#define EXPECT_TEXT(a, b) check_text(a, b, #a " is " #b, __FILE__, __LINE__)

static inline int check_status(void)
{
	printf("%lu expectations, %lu failed\n", check.made, check.failed);
	return check.failed != 0 || check.made == 0;
}

#endif
