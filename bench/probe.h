/* probe.h: measures the cost of accesses to memory, in raw clock readings.
 * docs/reference/records.md has the records, docs/ports/probe.md how the host uses them. */
#ifndef BENCH_PROBE_H
#define BENCH_PROBE_H

/* Measure on harts 0 .. harts - 1, and send the records as trial `trial`. The caller
 * guarantees: there are that many harts. */
void probe_run(unsigned trial, unsigned harts);

#endif
