/* disturb.c: threads cannot be disturbed: no thread could interrupt another, or take its
 * processor away. Callers ask port_disturbs() first. */
#include "../bench/port.h"
#include "panic.h"

bool port_disturbs(void)
{
	return false;
}

void port_on_ipi(void (*fn)(unsigned index))
{
	(void)fn;
	panic("threads do not interrupt each other");
}

bool port_send_ipi(unsigned index)
{
	panic("thread %u cannot be interrupted", index);
}

void port_on_shot(void (*fn)(unsigned index))
{
	(void)fn; /* workers of the duty variant set it, whether or not anything is shot */
}

bool port_shoot(unsigned index)
{
	panic("thread %u cannot be interrupted", index);
}

void port_stop(void)
{
	panic("threads do not stop");
}

bool port_start(unsigned index)
{
	panic("thread %u cannot have stopped", index);
}
