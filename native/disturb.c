/* disturb.c: a thread has no other that could interrupt it or take its processor away
 * for the bench. Whoever asks for it first asks port_disturbs(). */
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
