#include "model.h"

/* A page of its own: nothing else lies on its lines. */
_Alignas(4096) struct mailbox model_mailbox;

void model_init(void)
{
	MODEL_MARK(MARK_MAILBOX);
	model_mailbox.now = 0; /* the store that the marker says */
	__asm__ volatile("" ::: "memory");
}
