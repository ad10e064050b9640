/* Tests what ticket.h promises beyond the promises of every lock, which locks.c tests. A
 * waiter that looks again calls relax(), which plays the other harts' part. */
#define LOCK_PORT "relax.h"
#include "lock/ticket.h"

#include "check.h"

static struct ticket_lock lock;
static struct ticket_node holder, earlier, me;
static unsigned looks;

/* Release twice: first for the holder, which lets an earlier waiter in, then for that one. */
void relax(void)
{
	looks++;
	ticket_release(&lock, looks == 1 ? &holder : &earlier);
}

/* Acquire a lock that is held and has an earlier waiter: first come, first served. */
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
