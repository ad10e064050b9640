#include "directory.h"

#include <stdlib.h>

enum { ROOM_AT_FIRST = 4096 };
#define DIRECTORY_FREE UINT64_MAX

static bool set_room(struct directory *d, size_t room)
{
	d->entry = malloc(sizeof(*d->entry) * room);
	d->room = room;
	d->used = 0;
	for (size_t i = 0; d->entry != NULL && i < room; i++)
		d->entry[i].number = DIRECTORY_FREE;
	return d->entry != NULL;
}

bool directory_init(struct directory *d)
{
	return set_room(d, ROOM_AT_FIRST);
}

void directory_clear(struct directory *d)
{
	for (size_t i = 0; i < d->room; i++)
		d->entry[i].number = DIRECTORY_FREE;
	d->used = 0;
}

void directory_free(struct directory *d)
{
	free(d->entry);
	d->entry = NULL;
}

/* Returns the line's entry, or the free entry where it belongs (open addressing). */
static struct line *probe(const struct directory *d, uint64_t number)
{
	size_t at = (size_t)(number * 0x9e3779b97f4a7c15u >> 20) & (d->room - 1);

	while (d->entry[at].number != DIRECTORY_FREE && d->entry[at].number != number)
		at = (at + 1) & (d->room - 1);
	return &d->entry[at];
}

static bool grow(struct directory *d)
{
	struct directory bigger;

	if (!set_room(&bigger, d->room * 2))
		return false;
	for (size_t i = 0; i < d->room; i++)
		if (d->entry[i].number != DIRECTORY_FREE)
			*probe(&bigger, d->entry[i].number) = d->entry[i];
	bigger.used = d->used;
	directory_free(d);
	*d = bigger;
	return true;
}

struct line *directory_find(struct directory *d, uint64_t number)
{
	struct line *line = probe(d, number);

	if (line->number == number)
		return line;
	if (d->used >= d->room / 2) {
		if (!grow(d))
			return NULL;
		line = probe(d, number);
	}
	d->used++;
	*line = (struct line){.number = number, .owner = NOBODY};
	return line;
}
