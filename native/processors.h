/* processors.h: the processors that this process may use, and threads on them. */
#ifndef NATIVE_PROCESSORS_H
#define NATIVE_PROCESSORS_H

enum { PROCESSORS_MAX = 1024 }; /* as many as a cpu_set_t has; further ones are not used */

struct processors {
	unsigned count;         /* at least 1 */
	int id[PROCESSORS_MAX]; /* the system's numbers, ascending */
};

/* Read the affinity this process was started with. Panics if the system does not say. */
void processors_read(struct processors *p);

/* Keep the calling thread on processor number `i` of p. Panics if that is refused. */
void processors_go(const struct processors *p, unsigned i);

/* Let the calling thread run on any processor of p again. */
void processors_go_anywhere(const struct processors *p);

#endif
