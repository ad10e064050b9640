/* disturb.c: threads cannot be disturbed: no thread could interrupt another, or take its
 * processor away. Callers ask port_disturbs() first. */
#include "../bench/port.h"
#include "panic.h"

bool port_disturbs(void)
{
	return false;
}

void port_on_poke(void (*fn)(unsigned index))
{
	(void)fn;
	panic("threads do not poke each other");
}

bool port_poke(unsigned index)
{
	panic("thread %u cannot be poked", index);
}

void port_stop(void)
{
	panic("threads do not stop");
}

bool port_start(unsigned index)
{
	panic("thread %u cannot have stopped", index);
}
