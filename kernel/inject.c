/* inject.c: faults that tests ask for by the plan's key `inject`. docs/trust/faults.md says for
 * each of them what a user sees of it. */
#include <string.h>

#include "../bench/port.h"
#include "../bench/record.h"
#include "csr.h"
#include "hart.h"
#include "panic.h"

static void panic_now(void)
{
	panic("asked to panic");
}

/* Panic while the first half of a record is on its way. */
static void panic_in_record(void)
{
	record_begin("check");
	for (int i = 0; i < 40; i++)
		record_text("name", "never_to_be_ended");
	panic("asked to panic in a record");
}

static void overflow_stack(unsigned index, void *arg)
{
	(void)index;
	(void)arg;
	memset((char *)this_hart->stack_top - STACK_SIZE, 0, 8);
}

static void overflow(void)
{
	port_run(1, overflow_stack, NULL);
}

/* The hart that the fault happens to: the last one, or the one before it where the last is
 * the caller, which has to notice. */
static unsigned victim(void)
{
	unsigned last = port_harts() - 1;

	return last > 0 && this_hart->index == last ? last - 1 : last;
}

static volatile int *volatile nothing; /* the compiler is not to know */

static void touch_nothing(unsigned index, void *arg)
{
	if (index == *(unsigned *)arg)
		*nothing = 1;
}

static void spin_forever(unsigned index, void *arg)
{
	while (index == *(unsigned *)arg)
		__asm__ volatile("");
}

static void spin_together(unsigned index, void *arg)
{
	(void)index;
	(void)arg;
	for (;;)
		__asm__ volatile("");
}

/* Spin with interrupts on, so that the hart can be asked where it is. */
static void spin_listening(unsigned index, void *arg)
{
	port_interruptible(true);
	spin_forever(index, arg);
	port_interruptible(false);
}

/* Take a trap when the handler is gone: the hart traps at address 0 for ever, and says
 * nothing. */
static void die_silently(unsigned index, void *arg)
{
	if (index != *(unsigned *)arg)
		return;
	csr_write(stvec, 0);
	*nothing = 1;
}

static void on_victim(void (*fn)(unsigned, void *))
{
	unsigned index = victim();

	port_run(port_harts(), fn, &index);
}

static void trap(void)
{
	on_victim(touch_nothing);
}

static void hang(void)
{
	on_victim(spin_forever);
}

static void hang_listening(void)
{
	on_victim(spin_listening);
}

static void hang_all(void)
{
	port_run(port_harts(), spin_together, NULL);
}

static void lost(void)
{
	on_victim(die_silently);
}

void port_inject(const char *fault)
{
	static const struct {
		const char *name;
		void (*fn)(void);
	} faults[] = {
		{"panic", panic_now},
		{"record", panic_in_record},
		{"trap", trap},
		{"stack", overflow},
		{"hang", hang},
		{"hang-all", hang_all},
		{"hang-irq", hang_listening},
		{"lost", lost},
	};

	for (unsigned i = 0; i < sizeof(faults) / sizeof(*faults); i++)
		if (strcmp(fault, faults[i].name) == 0)
			faults[i].fn();
}
