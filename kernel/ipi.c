#include "ipi.h"

#include <stdatomic.h>
#include <stddef.h>

#include "csr.h"
#include "hart.h"
#include "sbi.h"

enum { LINE = 64 };

static struct {
	_Alignas(LINE) _Atomic unsigned meanings; /* 1 << enum ipi, or-ed */
} sent[MAX_HARTS];

static void (*handlers[IPI_MEANINGS])(const struct trap_frame *frame);

void ipi_handler(enum ipi meaning, void (*fn)(const struct trap_frame *frame))
{
	handlers[meaning] = fn;
}

bool ipi_send(unsigned index, enum ipi meaning)
{
	/* release (I): pairs with the acquire in ipi_take(). */
	atomic_fetch_or_explicit(&sent[index].meanings, 1u << meaning, memory_order_release);
	/* seq_cst: the word must be in memory before the device write that firmware makes. */
	atomic_thread_fence(memory_order_seq_cst);
	return sbi_send_ipi(hart_by_index(index)->id).error == 0;
}

void ipi_take(const struct trap_frame *frame)
{
	/* acquire (I): pairs with the release in ipi_send(). */
	unsigned now =
		atomic_exchange_explicit(&sent[this_hart->index].meanings, 0, memory_order_acquire);

	for (unsigned i = 0; i < IPI_MEANINGS; i++)
		if (now & 1u << i && handlers[i] != NULL)
			handlers[i](frame);
}

void ipi_interrupt(const struct trap_frame *frame)
{
	csr_clear(sip, SIE_SSIE);
	ipi_take(frame);
}
