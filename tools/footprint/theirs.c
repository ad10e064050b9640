/* theirs.c: the lock of THEIRS_HEADER as functions of their own, like ours.c.
 *
 * The headers in theirs/ are written here, after what the named file of the named
 * project does: the same instructions in the same order where it is assembly, the
 * same accesses and fences where it is C. Nothing is copied, and what is no part
 * of the algorithm (preemption counts, debugging, statistics) is not there. */
#include THEIRS_HEADER

struct their_lock lock;
struct their_node node;

void acquire(struct their_lock *l, struct their_node *mine)
{
	their_acquire(l, mine);
}

void release(struct their_lock *l, struct their_node *mine)
{
	their_release(l, mine);
}

#ifdef THEIR_SET_UP
void set_up(void)
{
	their_set_up(&lock, &node);
}
#endif
