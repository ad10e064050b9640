/* record.h: one line of result for the host, checked and numbered. The format,
 * its keys and units are in docs/reference/records.md:
 *
 *   @type n=12 key=value ... *1a2b3c4d
 *
 * n counts the records from 0; the last word is the CRC-32 (IEEE 802.3, as in
 * zlib) of everything from '@' to the blank before '*'. Values have no blanks:
 * integers, or words with anything else percent-encoded. */
#ifndef BENCH_RECORD_H
#define BENCH_RECORD_H

#include <stddef.h>
#include <stdint.h>

/* Start a record. A record that was not ended is given up, with its line. */
void record_begin(const char *type);
void record_u64(const char *key, uint64_t value);
void record_i64(const char *key, int64_t value);
void record_hex(const char *key, uint64_t value);
void record_text(const char *key, const char *value);

/* Write a value in parts: record_key(), then any number of the others. */
void record_key(const char *key);
void record_part_u64(uint64_t value);
void record_part_hex(uint64_t value);
void record_part_char(char c);
void record_part_quoted(char c); /* a character of a text, which may be any */

void record_end(void);

/* Returns the number of records that were ended so far. */
uint64_t record_count(void);

#endif
