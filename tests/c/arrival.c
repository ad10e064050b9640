/* arrival.c: intervals are exponential, and a schedule keeps to its rate. */
#include "bench/arrival.h"

#include "check.h"

enum { DRAWS = 1000000 };

static const double one = 1 << ARRIVAL_ONE_BITS;

static void expect_near(double x, double expected, double part)
{
	if (!EXPECT(x > expected * (1 - part) && x < expected * (1 + part)))
		fprintf(stderr, "  %g is not within %g of %g\n", x, part, expected);
}

/* The intervals have mean and variance 1, a share of e^-x above x, and no longest one. */
static void test_exponential(void)
{
	static const double above[][2] = {
		{0.5, 0.60653}, {1, 0.36788}, {2, 0.13534}, {5, 0.0067379}, {7, 9.1188e-4}};
	uint64_t random = 0x9e3779b97f4a7c15, count[5] = {0};
	double sum = 0, squares = 0, longest = 0;

	for (int i = 0; i < DRAWS; i++) {
		double x = (double)exponential(&random) / one;

		sum += x;
		squares += x * x;
		longest = x > longest ? x : longest;
		for (int k = 0; k < 5; k++)
			count[k] += x > above[k][0];
	}
	expect_near(sum / DRAWS, 1, 0.005);
	expect_near(squares / DRAWS - 1, 1, 0.02);
	for (int k = 0; k < 5; k++)
		expect_near((double)count[k] / DRAWS, above[k][1], 0.08);
	EXPECT(longest > 11);
}

/* There are as many arrivals a second as asked for, and none goes back in time. */
static void expect_rate(uint64_t now, uint64_t rate, uint64_t hz)
{
	struct arrivals a = arrivals_from(now, rate, hz);
	uint64_t random = rate | 1, last = now;

	for (int i = 0; i < DRAWS; i++) {
		uint64_t due = arrival_next(&a, &random);

		EXPECT(due >= last);
		last = due;
	}
	expect_near((double)(last - now), (double)DRAWS * (double)hz / (double)rate, 0.01);
}

static void test_rate(void)
{
	expect_rate(0, 1, 10000000);
	expect_rate(123456789, 100000, 10000000);
	expect_rate(1ull << 40, 200000, 1000000000);
	expect_rate(1ull << 50, 1000000000, 3000000000);
	expect_rate(0, 1, 3000000000); /* an hour and more: nothing wraps */
	expect_rate(5, 5000000, 10000000);
}

int main(void)
{
	test_exponential();
	test_rate();
	return check_status();
}
