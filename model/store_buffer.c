#include "store_buffer.h"

#include <string.h>

#include "later.h"

void store_buffer_reset(struct store_buffer *s, unsigned room, unsigned most)
{
	memset(s, 0, sizeof(*s));
	s->room = room;
	s->most = most;
}

uint64_t store_buffer_admit(const struct store_buffer *s, uint64_t now)
{
	return s->room == 0 ? now : later(now, s->done[s->at]);
}

uint64_t store_buffer_request(const struct store_buffer *s, uint64_t now)
{
	return later(now, later(s->line[s->next], s->fenced));
}

uint64_t store_buffer_empty(const struct store_buffer *s, uint64_t now)
{
	return later(now, s->drained);
}

void store_buffer_fence(struct store_buffer *s)
{
	s->fenced = s->drained;
}

uint64_t store_buffer_has_line(const struct store_buffer *s, uint64_t line, uint64_t now)
{
	for (unsigned i = 0; i < s->room; i++)
		if (s->of[i] == line)
			now = later(now, s->done[i]);
	return now;
}

void store_buffer_put(struct store_buffer *s, uint64_t line, uint64_t done)
{
	s->drained = later(s->drained, done);
	s->line[s->next] = done;
	s->next = (s->next + 1) % s->most;
	if (s->room == 0)
		return;
	s->done[s->at] = done;
	s->of[s->at] = line;
	s->at = (s->at + 1) % s->room;
}
