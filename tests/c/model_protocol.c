/* Tests that the protocol's table keeps a line coherent: whoever can write has the only copy, and
 * nothing changes that the directory was not asked for. */
#include "../../model/protocol.h"
#include "check.h"

enum { ME = 0, OWNER_HART = 1, READER = 2 };

static uint64_t bit(unsigned hart)
{
	return (uint64_t)1 << hart;
}

/* Returns a line that hart ME finds at that place. */
static struct line line_at(enum place place)
{
	struct line line = {.owner = NOBODY, .cached = place != PLACE_NOBODY};

	if (place == PLACE_READERS || place == PLACE_OWNED || place == PLACE_S || place == PLACE_O)
		line.sharers = bit(READER);
	if (place == PLACE_OWNER || place == PLACE_OWNED || place == PLACE_SO) {
		line.sharers |= bit(OWNER_HART);
		line.owner = OWNER_HART;
		line.written = true;
	}
	if (place >= PLACE_S)
		line.sharers |= bit(ME);
	if (place >= PLACE_O)
		line.owner = ME;
	line.written |= place == PLACE_O || place == PLACE_M;
	return line;
}

static void places(void)
{
	for (enum place place = 0; place < PLACES; place++) {
		struct line line = line_at(place);

		EXPECT(protocol_place(&line, ME) == place);
		EXPECT(protocol_state(&line, ME) == "IIIIISSOEM"[place]);
	}
}

/* An owner is asked where there is one, and memory only where nobody has the line. */
static void who_is_asked(enum wish wish, enum place place, const struct step *step)
{
	bool owned = place == PLACE_OWNER || place == PLACE_OWNED;

	if (wish != WISH_FAR) {
		EXPECT((step->asks == ASK_MEMORY) == (place == PLACE_NOBODY));
		EXPECT(!owned || step->asks == ASK_OWNER);
	}
	EXPECT((step->asks == ASK_OWN) == (step->busy == BUSY_NO));
	if (step->asks == ASK_OWN)
		EXPECT(place >= PLACE_S && step->others == OTHERS_KEEP);
}

static void reads(enum place place, const struct step *step)
{
	bool owned = place == PLACE_OWNER || place == PLACE_OWNED;

	EXPECT(step->others != OTHERS_LOSE && (step->others == OTHERS_SHARE) == owned);
	EXPECT((step->asks == ASK_OWN) == (place >= PLACE_S));
	/* Exclusive only where no L1 has it */
	EXPECT((step->has == HAS_E) == (place == PLACE_NOBODY || place == PLACE_SHARED));
}

static void takes(enum wish wish, enum place place, const struct step *step)
{
	bool others = place == PLACE_READERS || place == PLACE_OWNER || place == PLACE_OWNED ||
		      place == PLACE_SO || place == PLACE_O;
	bool mine = place == PLACE_E || place == PLACE_M;

	EXPECT(!others || step->others == OTHERS_LOSE);
	EXPECT((step->asks == ASK_OWN) == (mine && (wish == WISH_WRITE || wish == WISH_LINK)));
	EXPECT((step->asks == ASK_BANK) == (mine && wish == WISH_ASK));
	if (wish == WISH_WRITE || wish == WISH_ASK)
		EXPECT(step->has == HAS_M);
	else if (wish == WISH_LINK)
		EXPECT(step->has == (mine ? HAS_SAME : HAS_TAKEN));
	else
		EXPECT(step->has == HAS_I);
}

int main(void)
{
	places();
	for (enum wish wish = 0; wish < WISHES; wish++)
		for (enum place place = 0; place < PLACES; place++) {
			const struct step *step = &protocol[wish][place];

			who_is_asked(wish, place, step);
			if (wish == WISH_READ)
				reads(place, step);
			else
				takes(wish, place, step);
		}
	return check_status();
}
