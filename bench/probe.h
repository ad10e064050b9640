/* probe.h: what accesses to memory cost here, in raw clock readings. The records
 * are in docs/reference/records.md, what the host makes of them in docs/ports/probe.md. */
#ifndef BENCH_PROBE_H
#define BENCH_PROBE_H

/* Measure on harts 0 .. harts - 1, of which the place has that many, and send the
 * records as trial `trial`. */
void probe_run(unsigned trial, unsigned harts);

#endif
