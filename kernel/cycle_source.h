/* cycle_source.h: which counter clock_cycles() reads. */
#ifndef KERNEL_CYCLE_SOURCE_H
#define KERNEL_CYCLE_SOURCE_H

/* If any online hart may not read `cycle`, let all of them read `time` in its place from now
 * on. For the boot hart, once all harts are online. */
void cycle_source_choose(void);

/* Returns the name of what clock_cycles() reads: "cycle" or "time"; under the cost model "model".
 */
const char *cycle_source_name(void);

#endif
