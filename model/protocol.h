/* protocol.h: the steps of protocol.def, which explains their words. */
#ifndef MODEL_PROTOCOL_H
#define MODEL_PROTOCOL_H

#include "directory.h"

enum wish { WISH_READ, WISH_WRITE, WISH_LINK, WISH_ASK, WISH_FAR, WISHES };

enum place {
	PLACE_NOBODY,
	PLACE_SHARED,
	PLACE_READERS,
	PLACE_OWNER,
	PLACE_OWNED,
	PLACE_S,
	PLACE_SO,
	PLACE_O,
	PLACE_E,
	PLACE_M,
	PLACES
};

enum ask {
	ASK_OWN,
	ASK_MEMORY,
	ASK_CACHE,
	ASK_OWNER,
	ASK_COPIES,
	ASK_BANK,
	ASK_MEMORY_FAR,
	ASK_CACHE_FAR
};

enum has { HAS_I, HAS_S, HAS_E, HAS_M, HAS_SAME, HAS_TAKEN };
enum others { OTHERS_KEEP, OTHERS_SHARE, OTHERS_LOSE };
enum busy { BUSY_NO, BUSY_BANK, BUSY_DATA };

struct step {
	enum ask asks;
	enum has has;
	enum others others;
	enum busy busy;
};

extern const struct step protocol[WISHES][PLACES];

/* Returns where the hart finds the line. */
enum place protocol_place(const struct line *line, unsigned hart);

/* Returns the line's state in the hart's own L1: 'M', 'O', 'E', 'S' or 'I'. */
char protocol_state(const struct line *line, unsigned hart);

#endif
