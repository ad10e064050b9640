/* table.h: a hash table from a key of up to four numbers to a value of fixed size, which never
 * moves. */
#ifndef OBSERVE_TABLE_H
#define OBSERVE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TABLE_KEY = 4 };

struct entry {
	struct entry *next;
	uint64_t key[TABLE_KEY];
	uint64_t value[]; /* of the table's value_size bytes, zero at first */
};

struct table {
	struct entry **bucket;
	size_t buckets; /* a power of two */
	size_t entries, value_size;
};

/* Returns false without memory. */
bool table_init(struct table *t, size_t value_size);
void table_free(struct table *t);

/* Returns the value of the key, a new one if there is none; NULL without memory. */
void *table_at(struct table *t, const uint64_t key[TABLE_KEY]);

/* Calls `visit` for each value, in no order that means anything. */
void table_each(struct table *t,
		void (*visit)(const uint64_t key[TABLE_KEY], void *value, void *data), void *data);

#endif
