#include "machine.h"

#include <stddef.h>

const struct machine_hart *machine_hart(const struct machine *m, unsigned long id)
{
	for (unsigned i = 0; i < m->harts; i++)
		if (m->hart[i].id == id)
			return &m->hart[i];
	return NULL;
}
