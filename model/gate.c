#include "gate.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(sizeof(struct gate) == sizeof(uint32_t), "a futex is a 32-bit word");

void gate_pass(struct gate *gate)
{
	/* acquire (G): pairs with the release in gate_open(). */
	while (atomic_exchange_explicit(&gate->open, 0, memory_order_acquire) == 0)
		syscall(SYS_futex, &gate->open, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

void gate_open(struct gate *gate)
{
	/* release (G): pairs with the acquire in gate_pass(). */
	atomic_store_explicit(&gate->open, 1, memory_order_release);
	syscall(SYS_futex, &gate->open, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}
