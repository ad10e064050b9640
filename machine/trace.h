/* trace.h: a line for each access that is charged, for whoever doubts a figure. */
#ifndef MACHINE_TRACE_H
#define MACHINE_TRACE_H

#include "machine.h"

/* Opens the file and writes the names of its columns. NULL, with errno, if that fails. */
FILE *trace_open(const char *path);

/* Returns false, with errno, if not all that was written is in the file. */
bool trace_close(FILE *trace);

/* Makes the pending access, as coherence_access() does, and writes its line. */
struct outcome trace_access(struct machine *m, const struct hart *h, enum access kind);

/* Writes the line of a pending SC that has failed: the hart's clock is its end. */
void trace_failed_sc(struct machine *m, const struct hart *h);

#endif
