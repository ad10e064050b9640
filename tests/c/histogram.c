#include "bench/histogram.h"

#include "bench/record.h"
#include "capture.h"
#include "random.h"

typedef unsigned __int128 wide;

static struct histogram h;

/* Returns the width that histogram.h gives bucket b. */
static wide width_of(unsigned b)
{
	return b < 32 ? 1 : (wide)1 << (b / 32 - 1);
}

static wide lowest_of(unsigned b)
{
	return b < 32 ? b : (32 + b % 32) * width_of(b);
}

static void test_ranges(void)
{
	wide next = 0;

	for (unsigned b = 0; b < HISTOGRAM_BUCKETS; b++) {
		wide low = lowest_of(b), width = width_of(b);

		EXPECT(low == next); /* neither gap nor overlap */
		EXPECT_EQ(histogram_bucket((uint64_t)low), b);
		EXPECT_EQ(histogram_bucket((uint64_t)(low + width / 2)), b);
		EXPECT_EQ(histogram_bucket((uint64_t)(low + width - 1)), b);
		EXPECT(width == 1 || width * 32 <= low);
		next = low + width;
	}
	EXPECT(next == (wide)1 << 64);
}

static void test_known(void)
{
	EXPECT_EQ(HISTOGRAM_BUCKETS, 1920);
	EXPECT_EQ(histogram_bucket(0), 0);
	EXPECT_EQ(histogram_bucket(31), 31);
	EXPECT_EQ(histogram_bucket(32), 32);
	EXPECT_EQ(histogram_bucket(63), 63);
	EXPECT_EQ(histogram_bucket(64), 64);
	EXPECT_EQ(histogram_bucket(65), 64);
	EXPECT_EQ(histogram_bucket(66), 65);
	EXPECT_EQ(histogram_bucket(127), 95);
	EXPECT_EQ(histogram_bucket(128), 96);
	EXPECT_EQ(histogram_bucket(1ull << 63), 1888);
	EXPECT_EQ(histogram_bucket(UINT64_MAX), 1919);
}

static void test_random(void)
{
	uint64_t seed = 4;

	for (int i = 0; i < 1000000; i++) {
		uint64_t v = random_length(&seed);
		unsigned b = histogram_bucket(v);

		if (!EXPECT(b < HISTOGRAM_BUCKETS && lowest_of(b) <= v &&
			    v - lowest_of(b) < width_of(b)))
			fprintf(stderr, "  value %" PRIu64 " in bucket %u\n", v, b);
	}
}

static uint64_t filled(void)
{
	uint64_t sum = 0;

	for (unsigned b = 0; b < HISTOGRAM_BUCKETS; b++)
		sum += h.bucket[b];
	return sum;
}

static void test_add(void)
{
	memset(&h, 0xff, sizeof(h));
	histogram_clear(&h);
	EXPECT_EQ(filled(), 0);
	EXPECT_EQ(h.count, 0);
	EXPECT_EQ(h.min, UINT64_MAX);
	histogram_add(&h, 100);
	EXPECT_EQ(h.min, 100);
	EXPECT_EQ(h.max, 100);
	histogram_add(&h, 7);
	histogram_add(&h, 101);
	EXPECT_EQ(h.count, 3);
	EXPECT_EQ(h.sum, 208);
	EXPECT_EQ(h.min, 7);
	EXPECT_EQ(h.max, 101);
	EXPECT_EQ(h.bucket[7], 1);
	EXPECT_EQ(h.bucket[histogram_bucket(100)], 2); /* 100 and 101 share one */
	EXPECT_EQ(filled(), 3);
}

static void test_extremes(void)
{
	histogram_clear(&h);
	histogram_add(&h, UINT64_MAX);
	histogram_add(&h, 0);
	EXPECT_EQ(h.min, 0);
	EXPECT_EQ(h.max, UINT64_MAX);
	EXPECT_EQ(h.bucket[0], 1);
	EXPECT_EQ(h.bucket[1919], 1);
	EXPECT_EQ(filled(), 2);
}

static void expect_record(const char *rest)
{
	char body[1024];

	snprintf(body, sizeof(body), "@hist n=%" PRIu64 "%s", record_count(), rest);
	record_begin("hist");
	histogram_record(&h);
	record_end();
	is_record(captured.text, body);
	capture_clear();
}

static void test_record(void)
{
	histogram_clear(&h);
	expect_record(" count=0 min=0 max=0 sum=0 buckets=");
	histogram_add(&h, 0);
	expect_record(" count=1 min=0 max=0 sum=0 buckets=0:1");
	histogram_add(&h, 1);
	histogram_add(&h, 1);
	expect_record(" count=3 min=0 max=1 sum=2 buckets=0:1,2");
	histogram_add(&h, 3);
	histogram_add(&h, 4);
	expect_record(" count=5 min=0 max=4 sum=9 buckets=0:1,2,2:1,1");

	histogram_clear(&h);
	histogram_add(&h, 1); /* the first has its gap even if it is 1 */
	histogram_add(&h, UINT64_MAX - 1);
	expect_record(" count=2 min=1 max=18446744073709551614 sum=18446744073709551615"
		      " buckets=1:1,1918:1");
}

/* A list that is read back by the header's rule gives the histogram. */
static void test_round_trip(void)
{
	uint64_t seed = 5, read[HISTOGRAM_BUCKETS] = {0};
	unsigned at = 0;
	char *p;

	histogram_clear(&h);
	for (int i = 0; i < 3000; i++)
		histogram_add(&h, random_length(&seed));
	record_begin("hist");
	histogram_record(&h);
	record_end();
	p = strstr(captured.text, "buckets=");
	if (!EXPECT(p != NULL))
		return;
	for (p += strlen("buckets="); *p != ' ';) {
		uint64_t v = strtoull(p, &p, 10);

		at += *p == ':' ? v : 1;
		if (!EXPECT(at < HISTOGRAM_BUCKETS))
			return;
		read[at] = *p == ':' ? strtoull(p + 1, &p, 10) : v;
		p += *p == ',';
	}
	EXPECT(memcmp(read, h.bucket, sizeof(read)) == 0);
	capture_clear();
}

int main(void)
{
	test_ranges();
	test_known();
	test_random();
	test_add();
	test_extremes();
	test_record();
	test_round_trip();
	return check_status();
}
