/* output.h: a file of records of one size. After a write that failed nothing more goes to it, so
 * that what is there is whole. */
#ifndef OBSERVE_OUTPUT_H
#define OBSERVE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct output {
	FILE *file;
	size_t size;     /* of a record, in bytes */
	uint64_t handed; /* records that were handed over */
	int error;       /* errno of the first write that failed; 0: none did */
};

/* Returns false, with errno, if the file cannot be made. */
bool output_open(struct output *o, const char *path, size_t size);
void output_put(struct output *o, const void *record);

/* Closes the file. Returns the number of records that did not get there; `error` says why. */
uint64_t output_close(struct output *o);

#endif
