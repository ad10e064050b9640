#include "stacks.h"

#include <stddef.h>

#include "hart.h"
#include "panic.h"

static const uint64_t GUARD_WORD = 0x6472617567747261; /* "artguard" */

extern char __stacks_start[];

/* Returns the low end of a slot's stack, which is the top of the one below it. */
static uint64_t *guard_of(unsigned slot)
{
	return (uint64_t *)(__stacks_start + (size_t)slot * STACK_SIZE);
}

void stacks_init(void)
{
	for (unsigned slot = 0; slot < hart_slot_count(); slot++)
		hart_slot(slot)->stack_top = (uintptr_t)guard_of(slot + 1);
	for (unsigned slot = 0; slot < STACK_SLOTS; slot++)
		for (unsigned i = 0; i < STACK_GUARD / 8; i++)
			guard_of(slot)[i] = GUARD_WORD;
}

void stacks_check(void)
{
	unsigned harts = hart_slot_count();

	for (unsigned slot = 0; slot < STACK_SLOTS; slot++)
		for (unsigned i = 0; i < STACK_GUARD / 8; i++)
			if (guard_of(slot)[i] != GUARD_WORD)
				panic("stack overflow: %s %lu ran into its guard words",
				      slot < harts ? "hart" : "boot stack of hart",
				      slot < harts ? hart_slot(slot)->id : hart_boot()->id);
}
