#include "trace.h"

#include "../model/protocol.h"

FILE *trace_open(const char *path)
{
	FILE *trace = fopen(path, "w");

	if (trace != NULL)
		fputs("issued hart pc access address before from after how cost\n", trace);
	return trace;
}

bool trace_close(FILE *trace)
{
	bool failed = ferror(trace);

	return fclose(trace) == 0 && !failed;
}

static struct line line_now(struct machine *m, const struct hart *h)
{
	return coherence_line(&m->coherence, h->pending.address / LINE_BYTES);
}

/* Writes where the hart finds the line. */
static void write_place(FILE *trace, const struct line *line, unsigned hart)
{
	if (line->sharers >> hart & 1)
		fputs("own", trace);
	else if (line->owner != NOBODY)
		fprintf(trace, "hart%d", line->owner);
	else
		fputs(line->cached ? "shared" : "nobody", trace);
}

static void write_access(struct machine *m, const struct hart *h, const char *kind,
			 const struct line *before, const char *how, uint64_t done)
{
	FILE *trace = m->settings.trace;
	struct line after = line_now(m, h);

	fprintf(trace, "%llu %u 0x%llx %s 0x%llx %c ", (unsigned long long)h->pending.issued, h->id,
		(unsigned long long)h->pc, kind, (unsigned long long)h->pending.address,
		protocol_state(before, h->id));
	write_place(trace, before, h->id);
	fprintf(trace, " %c %s %llu\n", protocol_state(&after, h->id), how,
		(unsigned long long)(done - h->pending.issued));
}

struct outcome trace_access(struct machine *m, const struct hart *h, enum access kind)
{
	static const char *const names[] = {"load", "store", "amo", "lr", "sc", "sc"};
	struct line before = line_now(m, h);
	struct outcome o = coherence_access(&m->coherence, h->id, kind, h->pending.address,
					    h->pending.op->ticks, h->pending.issued);

	write_access(m, h, names[kind], &before,
		     kind == ACCESS_LOST_SC ? "failed"
		     : o.hit                ? "hit"
					    : "miss",
		     o.done);
	return o;
}

void trace_failed_sc(struct machine *m, const struct hart *h)
{
	struct line before = line_now(m, h);

	write_access(m, h, "sc", &before, "failed", h->clock);
}
