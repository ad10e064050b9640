/* port.c: bench/port.h on bare harts; port_sample.c and inject.c have the rest of it. */
#include "../bench/port.h"

#include <stddef.h>
#include <string.h>

#include "console.h"
#include "csr.h"
#include "hart.h"
#include "hotplug.h"
#include "ipi.h"
#include "kernel.h"
#include "model.h"
#include "stacks.h"
#include "timer.h"
#include "work.h"

_Static_assert(PORT_MAX_HARTS == MAX_HARTS, "bench and kernel agree on the most harts");

unsigned port_harts(void)
{
	return kernel.harts_online;
}

uint64_t port_time_hz(void)
{
	return model_here() ? model_mailbox.hz : kernel.machine.timebase_hz;
}

/* Returns what the tree says of a hart that runs, or NULL: it leaves it out. */
static const struct machine_hart *in_tree(unsigned index)
{
	return machine_hart(&kernel.machine, hart_by_index(index)->id);
}

bool port_has(const char *extension)
{
	/* This image is made of A: what runs it has LR and SC. */
	if (strcmp(extension, "zalrsc") == 0)
		return true;
	for (unsigned i = 0; i < kernel.harts_online; i++) {
		const struct machine_hart *hart = in_tree(i);

		if (hart == NULL || !isa_has(&hart->isa, extension))
			return false;
	}
	return true;
}

unsigned port_cluster(unsigned index)
{
	const struct machine_hart *hart = in_tree(index);

	if (model_here())
		return index / (unsigned)model_mailbox.cluster_harts;
	return hart != NULL ? hart->cluster : 0;
}

void port_heap(uintptr_t *start, uintptr_t *end)
{
	*start = kernel.heap.base;
	*end = kernel.heap.base + kernel.heap.size;
}

bool port_in_step(void)
{
	return model_here();
}

struct share {
	void (*fn)(unsigned index, void *arg);
	void *arg;
};

static void do_share(void *arg)
{
	const struct share *share = arg;

	MODEL_MARK(MARK_JOIN);
	share->fn(this_hart->index, share->arg);
	MODEL_MARK(MARK_LEAVE);
}

/* Run the share at the same depth of its stack on every hart: the boot hart comes here by
 * another way than the others, and what lies on which line is part of what is modelled. */
static void run_share(unsigned index, void *arg)
{
	enum { CALLERS = 2048 };

	(void)index;
	call_on_stack(do_share, arg, this_hart->stack_top - CALLERS);
}

void port_run(unsigned n, void (*fn)(unsigned index, void *arg), void *arg)
{
	struct share share = {fn, arg};

	model_mailbox.harts = n;
	work_run(n, run_share, &share);
}

void port_idle(void)
{
	work_idle();
}

void port_wake(unsigned index)
{
	work_wake(hart_by_index(index));
}

void port_alarm(uint64_t time, void (*fn)(void *arg), void *arg)
{
	timer_alarm(time, fn, arg);
}

void port_alarm_off(void)
{
	timer_alarm_off();
}

bool port_interrupts(void)
{
	return true;
}

bool port_disturbs(void)
{
	return true;
}

static void (*on_ipi)(unsigned index);

/* An IPI to a sleeping hart is not counted: it interrupted nothing. */
static void on_noise(const struct trap_frame *frame)
{
	if (frame != NULL)
		on_ipi(this_hart->index);
}

void port_on_ipi(void (*fn)(unsigned index))
{
	on_ipi = fn;
	ipi_handler(IPI_NOISE, on_noise);
}

bool port_send_ipi(unsigned index)
{
	return ipi_send(index, IPI_NOISE);
}

static void (*on_shot)(unsigned index);

static void on_shot_frame(const struct trap_frame *frame)
{
	(void)frame;
	on_shot(this_hart->index);
}

void port_on_shot(void (*fn)(unsigned index))
{
	on_shot = fn;
	ipi_handler(IPI_SHOT, on_shot_frame);
}

bool port_shoot(unsigned index)
{
	return ipi_send(index, IPI_SHOT);
}

void port_stop(void)
{
	hotplug_stop_self();
}

bool port_start(unsigned index)
{
	return hotplug_start(index);
}

void port_interruptible(bool on)
{
	if (on) {
		/* An IPI that was to end an earlier wait is taken here, not in what is timed. */
		csr_clear(sip, SIE_SSIE);
		ipi_take(NULL);
		csr_set(sstatus, SSTATUS_SIE);
	} else {
		csr_clear(sstatus, SSTATUS_SIE);
	}
}

void port_write(const char *text, size_t len)
{
	console_write(text, len);
}
