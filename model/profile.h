/* profile.h: the machine that is modelled, as model/machines/NAME.toml gives it.
 *
 * The file is TOML of the flattest kind, `key = value` with numbers and
 * booleans only, so that any TOML reader and this one agree. The reader is
 * strict: a key that is unknown, missing or given twice, or a value out of
 * range, is an error with its line.
 *
 * Times are kept in ticks of a tenth of a cycle, the resolution of the file. */
#ifndef MODEL_PROFILE_H
#define MODEL_PROFILE_H

#include <stddef.h>
#include <stdint.h>

enum { TICKS_PER_CYCLE = 10 };

struct profile {
	/* the machine */
	uint64_t clock_mhz, harts;
	uint64_t cluster_harts, mesh_columns; /* harts of a cluster, clusters of a mesh row */
	uint64_t l1_sets, l1_ways;
	uint64_t banks;          /* banks of the directory */
	uint64_t store_buffer;   /* stores that may wait for their lines while the hart goes on */
	uint64_t moesi, amo_far; /* booleans */

	/* ticks of an access, from its issue until the hart goes on */
	uint64_t l1_load, l1_store, l1_amo; /* the hart's own L1 has what it takes */
	uint64_t transfer;    /* the line is in one other L1, which may have changed it */
	uint64_t upgrade;     /* the copy of one other hart has to be taken away */
	uint64_t invalidate;  /* for each further copy */
	uint64_t shared;      /* the shared cache has the line */
	uint64_t memory;      /* nobody has it */
	uint64_t far_amo;     /* an AMO done at the shared cache */
	uint64_t hop;         /* from one cluster to the next, one way */
	uint64_t bank_busy;   /* a bank takes one request in this time */
	uint64_t lr_hold;     /* an LR keeps its line for at most this long */
	uint64_t store_delay; /* from a store to its request for the line */

	/* ticks of an instruction that does not touch memory */
	uint64_t op, branch, jump, mul, div, fp, csr, fence, pause;
};

enum { PROFILE_ERROR = 200 };

/* Read `path`. Returns NULL, or says what is wrong, in error[PROFILE_ERROR]. */
const char *profile_read(struct profile *p, const char *path, char error[PROFILE_ERROR]);

/* Read a profile as profile_read() does, from text that ends in NUL. `name` stands for
 * the file in messages. */
const char *profile_parse(struct profile *p, const char *name, const char *text,
			  char error[PROFILE_ERROR]);

#endif
