#include "protocol.h"

const struct step protocol[WISHES][PLACES] = {
#define STEP(wish, place, asks, has, others, busy) \
	[WISH_##wish][PLACE_##place] = {ASK_##asks, HAS_##has, OTHERS_##others, BUSY_##busy},
#include "protocol.def"
};

/* The hart's own L1 has the line. */
static enum place own_place(const struct line *line, unsigned hart, uint64_t own)
{
	if (line->owner == NOBODY)
		return PLACE_S;
	if (line->owner != (int)hart)
		return PLACE_SO;
	if (line->sharers != own)
		return PLACE_O;
	return line->written ? PLACE_M : PLACE_E;
}

enum place protocol_place(const struct line *line, unsigned hart)
{
	uint64_t own = (uint64_t)1 << hart;

	if (line->sharers & own)
		return own_place(line, hart, own);
	if (line->owner != NOBODY)
		return line->sharers & (line->sharers - 1) ? PLACE_OWNED : PLACE_OWNER;
	if (line->sharers != 0)
		return PLACE_READERS;
	return line->cached ? PLACE_SHARED : PLACE_NOBODY;
}

char protocol_state(const struct line *line, unsigned hart)
{
	static const char state[PLACES] = {
		[PLACE_NOBODY] = 'I', [PLACE_SHARED] = 'I', [PLACE_READERS] = 'I',
		[PLACE_OWNER] = 'I',  [PLACE_OWNED] = 'I',  [PLACE_S] = 'S',
		[PLACE_SO] = 'S',     [PLACE_O] = 'O',      [PLACE_E] = 'E',
		[PLACE_M] = 'M',
	};

	return state[protocol_place(line, hart)];
}
