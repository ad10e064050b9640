#include "hart.h"

#include <stddef.h>

_Static_assert(offsetof(struct hart, stack_top) == HART_STACK_TOP, "start.S");
_Static_assert(offsetof(struct hart, id) == HART_ID, "start.S");
_Static_assert(sizeof(struct hart) == HART_SIZE, "start.S");

struct hart harts[MAX_HARTS]; /* start.S reads it, too */
static struct hart *online[MAX_HARTS];
static unsigned slots;
static struct hart *boot;
_Thread_local struct hart *this_hart;

struct hart *hart_fill_table(unsigned long boot_id, const struct machine *m)
{
	slots = m->harts;
	for (unsigned i = 0; i < slots; i++) {
		harts[i].id = m->hart[i].id;
		if (harts[i].id == boot_id)
			boot = &harts[i];
	}
	if (boot == NULL) { /* in a full table, it takes the last hart's slot */
		boot = &harts[slots < MAX_HARTS ? slots++ : MAX_HARTS - 1];
		boot->id = boot_id;
	}
	return boot;
}

unsigned hart_slot_count(void)
{
	return slots;
}

struct hart *hart_slot(unsigned i)
{
	return &harts[i];
}

struct hart *hart_boot(void)
{
	return boot;
}

unsigned hart_give_indices(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < slots; i++) {
		if (hart_state(&harts[i]) != HART_ONLINE)
			continue;
		harts[i].index = n;
		online[n++] = &harts[i];
	}
	return n;
}

struct hart *hart_by_index(unsigned index)
{
	return online[index];
}

enum hart_state hart_state(const struct hart *h)
{
	/* acquire (H): pairs with the release in hart_change_state(). */
	return (enum hart_state)atomic_load_explicit(&h->state, memory_order_acquire);
}

bool hart_change_state(struct hart *h, enum hart_state from, enum hart_state to)
{
	int old = from;

	/* release (H): pairs with the acquire in hart_state(): what a hart set up is seen by
	 * who finds it online. relaxed on failure: nothing is concluded but that it failed. */
	return atomic_compare_exchange_strong_explicit(&h->state, &old, to, memory_order_release,
						       memory_order_relaxed);
}
