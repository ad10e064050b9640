#include "fdt.h"

#include <string.h>

enum { MAGIC = 0xd00dfeed, HEADER_SIZE = 40, OLD_VERSION = 16, VERSION = 17 };
enum { TOKEN_BEGIN = 1, TOKEN_END_NODE = 2, TOKEN_PROP = 3, TOKEN_NOP = 4, TOKEN_END = 9 };

uint32_t fdt_cell(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

bool fdt_number(const uint8_t *p, size_t cells, uint64_t *number)
{
	*number = 0;
	for (; cells > 0; cells--, p += 4) {
		if (*number >> 32 != 0)
			return false;
		*number = *number << 32 | fdt_cell(p);
	}
	return true;
}

static bool inside(size_t offset, size_t len, size_t size)
{
	return offset <= size && len <= size - offset;
}

/* Version 16 does not say how large its structure block is: at most, it ends where the strings
 * begin, or where the tree does. The end token ends it before. */
static size_t nodes_size_of(const uint8_t *head, size_t size)
{
	size_t nodes = fdt_cell(head + 8), strings = fdt_cell(head + 12);

	if (fdt_cell(head + 20) > OLD_VERSION)
		return fdt_cell(head + 36);
	if (nodes > size)
		return 0;
	return (nodes < strings && strings < size ? strings : size) - nodes;
}

/* Returns what is wrong with the header, or NULL. */
static const char *header_error(const uint8_t *head, size_t limit)
{
	if (head == NULL || (uintptr_t)head % 4 != 0)
		return "no device tree at that address";
	if (limit < HEADER_SIZE)
		return "header cut short";
	if (fdt_cell(head) != MAGIC)
		return "no device tree magic";
	if (fdt_cell(head + 20) < OLD_VERSION || fdt_cell(head + 24) > VERSION)
		return "unknown device tree version";
	if (fdt_cell(head + 4) < HEADER_SIZE || fdt_cell(head + 4) > limit)
		return "total size out of bounds";
	return NULL;
}

const char *fdt_open(struct fdt *fdt, const void *blob, size_t limit)
{
	const uint8_t *head = blob;
	const char *error = header_error(head, limit);

	if (error != NULL)
		return error;

	size_t size = fdt_cell(head + 4);
	size_t nodes = fdt_cell(head + 8), nodes_size = nodes_size_of(head, size);
	size_t strings = fdt_cell(head + 12), strings_size = fdt_cell(head + 32);
	size_t reserved = fdt_cell(head + 16);

	if (nodes % 4 != 0 || !inside(nodes, nodes_size, size))
		return "structure block out of bounds";
	if (!inside(strings, strings_size, size))
		return "strings block out of bounds";
	if (reserved % 8 != 0 || !inside(reserved, 0, size))
		return "reservation block out of bounds";
	*fdt = (struct fdt){
		.nodes = head + nodes,
		.nodes_size = nodes_size,
		.strings = (const char *)head + strings,
		.strings_size = strings_size,
		.reservations = head + reserved,
		.reservations_size = size - reserved,
		.size = size,
	};
	return NULL;
}

bool fdt_is_string(const struct fdt_walk *walk)
{
	return walk->len > 0 && walk->data[walk->len - 1] == 0;
}

bool fdt_reservation(const struct fdt *fdt, size_t i, uint64_t *base, uint64_t *size)
{
	enum { ENTRY = 16 };

	if (i >= fdt->reservations_size / ENTRY)
		return false;
	(void)fdt_number(fdt->reservations + i * ENTRY, 2, base);
	(void)fdt_number(fdt->reservations + i * ENTRY + 8, 2, size);
	return *base != 0 || *size != 0;
}

static enum fdt_token bad(struct fdt_walk *walk, const char *error)
{
	walk->error = error;
	return FDT_BAD;
}

/* Returns the NUL-terminated string at `offset`, within `size` bytes, or NULL. */
static const char *string_at(const char *base, size_t size, size_t offset)
{
	if (offset >= size || memchr(base + offset, 0, size - offset) == NULL)
		return NULL;
	return base + offset;
}

static enum fdt_token begin_node(const struct fdt *fdt, struct fdt_walk *walk)
{
	const char *name = string_at((const char *)fdt->nodes, fdt->nodes_size, walk->at);

	if (name == NULL)
		return bad(walk, "node name runs out of the structure block");
	if (walk->depth == 0 && walk->name != NULL)
		return bad(walk, "more than one root");
	walk->name = name;
	walk->depth++;
	walk->at += (strlen(name) + 1 + 3) & ~(size_t)3;
	return FDT_BEGIN_NODE;
}

static enum fdt_token property(const struct fdt *fdt, struct fdt_walk *walk)
{
	if (!inside(walk->at, 8, fdt->nodes_size))
		return bad(walk, "property cut short");
	walk->len = fdt_cell(fdt->nodes + walk->at);
	walk->name =
		string_at(fdt->strings, fdt->strings_size, fdt_cell(fdt->nodes + walk->at + 4));
	walk->at += 8;
	if (walk->name == NULL)
		return bad(walk, "property name out of the strings block");
	if (!inside(walk->at, walk->len, fdt->nodes_size))
		return bad(walk, "property value runs out of the structure block");
	if (walk->depth == 0)
		return bad(walk, "property outside any node");
	walk->data = fdt->nodes + walk->at;
	walk->at += (walk->len + 3) & ~(size_t)3;
	return FDT_PROP;
}

enum fdt_token fdt_step(const struct fdt *fdt, struct fdt_walk *walk)
{
	if (walk->error != NULL)
		return FDT_BAD;
	for (;;) {
		if (!inside(walk->at, 4, fdt->nodes_size))
			return bad(walk, "structure block ends without an end token");

		uint32_t token = fdt_cell(fdt->nodes + walk->at);

		if (token == TOKEN_END)
			return walk->depth == 0 ? FDT_END : bad(walk, "tree ends inside a node");
		walk->at += 4;
		switch (token) {
		case TOKEN_NOP:
			continue;
		case TOKEN_BEGIN:
			return begin_node(fdt, walk);
		case TOKEN_PROP:
			return property(fdt, walk);
		case TOKEN_END_NODE:
			if (walk->depth == 0)
				return bad(walk, "node ends that never began");
			walk->depth--;
			return FDT_END_NODE;
		default:
			return bad(walk, "unknown token");
		}
	}
}
