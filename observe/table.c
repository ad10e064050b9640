#include "table.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_BUCKETS = 1024 };

static size_t place(const struct table *t, const uint64_t key[TABLE_KEY])
{
	uint64_t hash = 0;

	for (size_t i = 0; i < TABLE_KEY; i++)
		hash = (hash ^ key[i]) * UINT64_C(0x9e3779b97f4a7c15);
	return (hash ^ hash >> 32) & (t->buckets - 1);
}

bool table_init(struct table *t, size_t value_size)
{
	*t = (struct table){.buckets = FIRST_BUCKETS, .value_size = value_size};
	t->bucket = calloc(t->buckets, sizeof(*t->bucket));
	return t->bucket != NULL;
}

void table_free(struct table *t)
{
	for (size_t i = 0; i < t->buckets; i++) {
		for (struct entry *e = t->bucket[i], *next; e != NULL; e = next) {
			next = e->next;
			free(e);
		}
	}
	free(t->bucket);
	*t = (struct table){0};
}

/* Make the table twice as large. Without memory it stays as it is, which is slower and nothing
 * else. */
static void grow(struct table *t)
{
	struct table larger = *t;

	larger.buckets = t->buckets * 2;
	larger.bucket = calloc(larger.buckets, sizeof(*larger.bucket));
	if (larger.bucket == NULL)
		return;
	for (size_t i = 0; i < t->buckets; i++) {
		for (struct entry *e = t->bucket[i], *next; e != NULL; e = next) {
			struct entry **head = &larger.bucket[place(&larger, e->key)];

			next = e->next;
			e->next = *head;
			*head = e;
		}
	}
	free(t->bucket);
	*t = larger;
}

void *table_at(struct table *t, const uint64_t key[TABLE_KEY])
{
	struct entry *e;
	struct entry **head;

	for (e = t->bucket[place(t, key)]; e != NULL; e = e->next)
		if (memcmp(e->key, key, sizeof(e->key)) == 0)
			return e->value;
	e = calloc(1, sizeof(*e) + t->value_size);
	if (e == NULL)
		return NULL;
	if (++t->entries > t->buckets)
		grow(t);
	memcpy(e->key, key, sizeof(e->key));
	head = &t->bucket[place(t, key)];
	e->next = *head;
	*head = e;
	return e->value;
}

void table_each(struct table *t,
		void (*visit)(const uint64_t key[TABLE_KEY], void *value, void *data), void *data)
{
	for (size_t i = 0; i < t->buckets; i++)
		for (struct entry *e = t->bucket[i]; e != NULL; e = e->next)
			visit(e->key, e->value, data);
}
