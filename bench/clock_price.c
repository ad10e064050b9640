#include "clock_price.h"

#include <stddef.h>

#include "histogram.h"
#include "port.h"
#include "report.h"

static struct histogram price;

static void read_again(unsigned index, void *arg)
{
	enum { READS = 20000 };

	(void)index;
	(void)arg;
	for (int i = 0; i < READS; i++) {
		uint64_t before = port_cycles();
		uint64_t after = port_cycles();

		histogram_add(&price, after - before);
	}
}

void clock_price_run(unsigned trial)
{
	histogram_clear(&price);
	port_run(1, read_again, NULL);
	report_histogram(trial, 0, "clock", &price);
}
