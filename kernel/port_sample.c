/* port_sample.c: samples and counters of bench/port.h, which only the cost model has. */
#include "../bench/port.h"
#include "model.h"

bool port_sample(unsigned which, const struct port_sample *what)
{
	struct mailbox_sample *sample = &model_mailbox.sample[which];

	if (!model_here())
		return false;
	*sample = (struct mailbox_sample){
		.time = what->time,
		.flag = (uintptr_t)what->flag,
		.expect = what->expect,
		.value = what->value,
		.from = (uintptr_t)what->from,
		.to = (uintptr_t)what->to,
		.count = what->count,
		.stride = what->stride,
		.stamp = (uintptr_t)what->stamp,
	};
	MODEL_MARK(MARK_SAMPLE);
	return true;
}

const char *port_counter(unsigned i, uint64_t *value)
{
	static const char *const names[MAILBOX_COUNTS] = {
		[COUNT_AMOS] = "amos",
		[COUNT_SC_FAILED] = "sc_failed",
		[COUNT_TRANSFERS] = "transfers",
		[COUNT_SHARED] = "shared",
		[COUNT_FILLS] = "fills",
		[COUNT_UPGRADES] = "upgrades",
		[COUNT_INVALIDATIONS] = "invalidations",
		[COUNT_EVICTIONS] = "evictions",
		[COUNT_QUEUED] = "queued",
	};

	if (!model_here() || i >= MAILBOX_COUNTS)
		return NULL;
	*value = model_mailbox.count[i];
	return names[i];
}
