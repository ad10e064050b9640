/* fdt.h: reads a flattened device tree, and trusts no byte of it
 * (Devicetree Specification 0.4, chapter 5). It reads version 17 and what is compatible with it,
 * and version 16, which lacks only one size. It only reads, byte by byte, allocates nothing and
 * needs no kernel services, so it also builds on the host, where it is tested. */
#ifndef KERNEL_FDT_H
#define KERNEL_FDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fdt {
	const uint8_t *nodes; /* the structure block */
	size_t nodes_size;
	const char *strings; /* the strings block */
	size_t strings_size;
	const uint8_t *reservations; /* the memory reservation block, to the tree's end */
	size_t reservations_size;
	size_t size; /* bytes of the whole tree */
};

/* Check the header of the tree at `blob`, of which `limit` bytes may be read.
 * Returns NULL, or what is wrong with it. */
__attribute__((warn_unused_result)) const char *fdt_open(struct fdt *fdt, const void *blob,
							 size_t limit);

enum fdt_token {
	FDT_BEGIN_NODE, /* name */
	FDT_END_NODE,
	FDT_PROP, /* name, data, len */
	FDT_END,  /* the tree's end, in order */
	FDT_BAD,  /* the tree is damaged: `error` says how */
};

/* A walk over the tree. Start with {0}. After FDT_BAD or FDT_END it stays there. */
struct fdt_walk {
	size_t at; /* offset of the next token in the structure block */
	int depth; /* depth of the node the walk is in; the root's is 1. It has no bound */
	const char *name;
	const uint8_t *data;
	size_t len;
	const char *error;
};

/* Go one token on. */
enum fdt_token fdt_step(const struct fdt *fdt, struct fdt_walk *walk);

/* Is the value of the property at `walk` a string, or several, the last one ended by a NUL? */
bool fdt_is_string(const struct fdt_walk *walk);

/* Tell entry `i` of the memory reservation block. Returns false if there are no more. */
bool fdt_reservation(const struct fdt *fdt, size_t i, uint64_t *base, uint64_t *size);

/* Returns the big-endian 32-bit cell at p. */
uint32_t fdt_cell(const uint8_t *p);

/* Read `cells` cells at p as one number; none are 0. Returns false if it has more than 64 bits. */
bool fdt_number(const uint8_t *p, size_t cells, uint64_t *number);

#endif
