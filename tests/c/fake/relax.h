/* relax.h: a LOCK_PORT that tells the test whenever a waiter looks again. */
#ifndef FAKE_RELAX_H
#define FAKE_RELAX_H

void relax(void);

#define LOCK_RELAX() relax()

#endif
