/* ticket.h: what it promises beyond what locks.c asks of every lock. A waiter that
 * looks again calls relax(), where the other harts' part is played. */
#define LOCK_PORT "relax.h"
#include "lock/ticket.h"

#include "check.h"

static struct ticket_lock lock;
static struct ticket_node holder, earlier, me;
static unsigned looks;

/* Two releases: the holder's, which lets an earlier waiter in, and that one's. */
void relax(void)
{
	looks++;
	ticket_release(&lock, looks == 1 ? &holder : &earlier);
}

/* Held, and with an earlier waiter: first come, first served. */
static void take_in_turn(void)
{
	EXPECT(!ticket_acquire(&lock, &holder));
	a32_fetch_add_relaxed(&lock.next, 1); /* the earlier waiter draws */
	looks = 0;
	EXPECT(ticket_acquire(&lock, &me));
	EXPECT_EQ(looks, 2);
	ticket_release(&lock, &me);
	EXPECT(!ticket_acquire(&lock, &me)); /* free again */
	ticket_release(&lock, &me);
}

static void test_in_order(void)
{
	ticket_init(&lock);
	take_in_turn();
	take_in_turn();
}

/* The counters pass 2^32 between any two of the three. */
static void test_wraps(void)
{
	for (uint32_t first = UINT32_MAX - 4; first != 2; first++) {
		a32_store_relaxed(&lock.next, first);
		a32_store_relaxed(&lock.serving, first);
		take_in_turn();
		EXPECT_EQ((uint32_t)a32_load_relaxed(&lock.next), first + 4);
		EXPECT_EQ((uint32_t)a32_load_relaxed(&lock.serving), first + 4);
	}
}

int main(void)
{
	test_in_order();
	test_wraps();
	return check_status();
}
