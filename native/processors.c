#define _GNU_SOURCE
#include "processors.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "panic.h"

_Static_assert(PROCESSORS_MAX == CPU_SETSIZE, "a set has room for each");

void processors_read(struct processors *p)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		panic("sched_getaffinity: %s", strerror(errno));
	p->count = 0;
	for (int id = 0; id < PROCESSORS_MAX; id++)
		if (CPU_ISSET(id, &set))
			p->id[p->count++] = id;
}

static void go(const cpu_set_t *set)
{
	if (sched_setaffinity(0, sizeof(*set), set) != 0)
		panic("sched_setaffinity: %s", strerror(errno));
}

void processors_go(const struct processors *p, unsigned i)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(p->id[i], &set);
	go(&set);
}

void processors_go_anywhere(const struct processors *p)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (unsigned i = 0; i < p->count; i++)
		CPU_SET(p->id[i], &set);
	go(&set);
}
