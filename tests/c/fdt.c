/* Tests fdt.c on trees made by hand, most of them damaged. Each lies in a buffer of its
 * own exact size, so that AddressSanitizer sees a read past it. */
#include "kernel/fdt.h"

#include <stdlib.h>

#include "check.h"
#include "random.h"

enum { MAGIC = 0xd00dfeed, HEADER = 40 };
enum { BEGIN = 1, END_NODE = 2, PROP = 3, NOP = 4, END = 9 };
/* Byte offsets in the header (Devicetree Specification 0.4, 5.2). */
enum {
	AT_TOTAL = 4,
	AT_NODES = 8,
	AT_STRINGS = 12,
	AT_RESERVED = 16,
	AT_VERSION = 20,
	AT_LAST_COMPATIBLE = 24
};
enum { AT_STRINGS_SIZE = 32, AT_NODES_SIZE = 36 };

struct tree {
	uint8_t nodes[2048];
	size_t nodes_size;
	char strings[256];
	size_t strings_size;
};

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void add_cell(struct tree *t, uint32_t v)
{
	put32(t->nodes + t->nodes_size, v);
	t->nodes_size += 4;
}

static void add_bytes(struct tree *t, const void *data, size_t len)
{
	memcpy(t->nodes + t->nodes_size, data, len);
	t->nodes_size += (len + 3) & ~(size_t)3;
}

static void add_node(struct tree *t, const char *name)
{
	add_cell(t, BEGIN);
	add_bytes(t, name, strlen(name) + 1);
}

static void add_property(struct tree *t, const char *name, const void *data, size_t len)
{
	add_cell(t, PROP);
	add_cell(t, (uint32_t)len);
	add_cell(t, (uint32_t)t->strings_size);
	add_bytes(t, data, len);
	strcpy(t->strings + t->strings_size, name);
	t->strings_size += strlen(name) + 1;
}

/* Returns the whole tree: header, an empty reservation block, nodes, strings. */
static uint8_t *sealed(const struct tree *t, size_t *size)
{
	enum { RESERVED = 16 };
	size_t strings = HEADER + RESERVED + t->nodes_size;
	uint8_t *blob;

	*size = strings + t->strings_size;
	blob = calloc(1, *size);
	put32(blob, MAGIC);
	put32(blob + AT_TOTAL, (uint32_t)*size);
	put32(blob + AT_NODES, HEADER + RESERVED);
	put32(blob + AT_STRINGS, (uint32_t)strings);
	put32(blob + AT_RESERVED, HEADER);
	put32(blob + AT_VERSION, 17);
	put32(blob + AT_LAST_COMPATIBLE, 16);
	put32(blob + AT_STRINGS_SIZE, (uint32_t)t->strings_size);
	put32(blob + AT_NODES_SIZE, (uint32_t)t->nodes_size);
	memcpy(blob + HEADER + RESERVED, t->nodes, t->nodes_size);
	memcpy(blob + strings, t->strings, t->strings_size);
	return blob;
}

static struct tree small_tree(void)
{
	struct tree t = {0};

	add_cell(&t, NOP);
	add_node(&t, "");
	add_property(&t, "model", "x", 2);
	add_cell(&t, NOP);
	add_node(&t, "cpus");
	add_property(&t, "empty", "", 0);
	add_node(&t, "cpu@0");
	add_property(&t, "reg", "\0\0\0\7", 4);
	add_cell(&t, END_NODE);
	add_property(&t, "late", "abcde", 5);
	add_cell(&t, END_NODE);
	add_cell(&t, END_NODE);
	add_cell(&t, NOP);
	add_cell(&t, END);
	return t;
}

static void expect_begin(const struct fdt *fdt, struct fdt_walk *w, const char *name, int depth)
{
	EXPECT_EQ(fdt_step(fdt, w), FDT_BEGIN_NODE);
	EXPECT_TEXT(w->name, name);
	EXPECT_EQ(w->depth, depth);
}

static void expect_property(const struct fdt *fdt, struct fdt_walk *w, const char *name,
			    const char *data, size_t len)
{
	EXPECT_EQ(fdt_step(fdt, w), FDT_PROP);
	EXPECT_TEXT(w->name, name);
	if (EXPECT_EQ(w->len, len))
		EXPECT(memcmp(w->data, data, len) == 0);
}

static void expect_end_node(const struct fdt *fdt, struct fdt_walk *w, int depth)
{
	EXPECT_EQ(fdt_step(fdt, w), FDT_END_NODE);
	EXPECT_EQ(w->depth, depth); /* the parent's */
}

static void test_walk(void)
{
	struct tree t = small_tree();
	struct fdt_walk w = {0};
	struct fdt fdt;
	size_t size;
	uint8_t *blob = sealed(&t, &size);

	EXPECT_TEXT(fdt_open(&fdt, blob, size), NULL);
	EXPECT_EQ(fdt.size, size);
	expect_begin(&fdt, &w, "", 1);
	expect_property(&fdt, &w, "model", "x", 2);
	expect_begin(&fdt, &w, "cpus", 2);
	expect_property(&fdt, &w, "empty", "", 0);
	expect_begin(&fdt, &w, "cpu@0", 3);
	expect_property(&fdt, &w, "reg", "\0\0\0\7", 4);
	expect_end_node(&fdt, &w, 2);
	expect_property(&fdt, &w, "late", "abcde", 5);
	expect_end_node(&fdt, &w, 1);
	expect_end_node(&fdt, &w, 0);
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(fdt_step(&fdt, &w), FDT_END);
	EXPECT_TEXT(w.error, NULL);
	free(blob);
}

/* Walk to the end, within bounds. Returns the error, or NULL. */
static const char *walked(const struct fdt *fdt)
{
	const uint8_t *nodes_end = fdt->nodes + fdt->nodes_size;
	const char *strings_end = fdt->strings + fdt->strings_size;
	struct fdt_walk w = {0};

	for (size_t steps = 0; steps <= fdt->nodes_size / 4; steps++) {
		enum fdt_token token = fdt_step(fdt, &w);

		if (token == FDT_END || token == FDT_BAD) {
			EXPECT_EQ(fdt_step(fdt, &w), token);
			EXPECT((token == FDT_BAD) == (w.error != NULL));
			return w.error;
		}
		EXPECT(w.depth >= 0);
		if (token == FDT_BEGIN_NODE)
			EXPECT(w.name + strlen(w.name) < (const char *)nodes_end);
		if (token == FDT_PROP) {
			EXPECT(w.name + strlen(w.name) < strings_end);
			EXPECT(w.data >= fdt->nodes && w.len <= (size_t)(nodes_end - w.data));
		}
	}
	EXPECT(!"a walk takes a step for each cell at most");
	return "endless";
}

static const char *error_of(const struct tree *t)
{
	const char *error;
	struct fdt fdt;
	size_t size;
	uint8_t *blob = sealed(t, &size);

	error = fdt_open(&fdt, blob, size);
	if (error == NULL)
		error = walked(&fdt);
	free(blob);
	return error;
}

static void expect_number(const uint8_t *cells, size_t n, uint64_t number)
{
	uint64_t got = 42;

	EXPECT(fdt_number(cells, n, &got));
	EXPECT_EQ(got, number);
}

static void test_numbers(void)
{
	const uint8_t cells[12] = {0x80, 0x01, 0x02, 0x03, 0xff, 0xfe, 0xfd, 0xfc, 0, 0, 0, 9};
	const uint8_t wide[16] = {[8] = 0x80, [15] = 7};
	uint64_t number;

	EXPECT_EQ(fdt_cell(cells), 0x80010203);
	expect_number(cells, 0, 0);
	expect_number(cells, 1, 0x80010203);
	expect_number(cells, 2, 0x80010203fffefdfc);
	expect_number(wide, 4, 0x8000000000000007);
	EXPECT(!fdt_number(cells, 3, &number)); /* its first cell is beyond 64 bits */
}

/* Returns the error of a tree whose header's word at `offset` is `value`. */
static const char *header_error(size_t offset, uint32_t value)
{
	struct tree t = small_tree();
	const char *error;
	struct fdt fdt;
	size_t size;
	uint8_t *blob = sealed(&t, &size);

	put32(blob + offset, value);
	error = fdt_open(&fdt, blob, size);
	free(blob);
	return error;
}

static void test_header(void)
{
	struct tree t = small_tree();
	uint32_t nodes = (uint32_t)t.nodes_size, strings = (uint32_t)t.strings_size;
	uint32_t total = HEADER + 16 + nodes + strings;

	EXPECT_TEXT(header_error(0, 0xd00dfeee), "no device tree magic");
	EXPECT_TEXT(header_error(0, 0xedfe0dd0), "no device tree magic");
	EXPECT_TEXT(header_error(AT_VERSION, 15), "unknown device tree version");
	EXPECT_TEXT(header_error(AT_VERSION, 16), NULL);
	EXPECT_TEXT(header_error(AT_VERSION, 18), NULL);
	EXPECT_TEXT(header_error(AT_LAST_COMPATIBLE, 18), "unknown device tree version");
	EXPECT_TEXT(header_error(AT_LAST_COMPATIBLE, 17), NULL);
	EXPECT_TEXT(header_error(AT_TOTAL, total + 1), "total size out of bounds");
	EXPECT_TEXT(header_error(AT_TOTAL, UINT32_MAX), "total size out of bounds");
	EXPECT_TEXT(header_error(AT_TOTAL, HEADER - 1), "total size out of bounds");
	EXPECT_TEXT(header_error(AT_NODES, HEADER + 18), "structure block out of bounds");
	EXPECT_TEXT(header_error(AT_NODES, total & ~3u), "structure block out of bounds");
	EXPECT_TEXT(header_error(AT_NODES, -4u), "structure block out of bounds");
	EXPECT_TEXT(header_error(AT_NODES_SIZE, nodes + strings), NULL);
	EXPECT_TEXT(header_error(AT_NODES_SIZE, nodes + strings + 1),
		    "structure block out of bounds");
	EXPECT_TEXT(header_error(AT_NODES_SIZE, UINT32_MAX), "structure block out of bounds");
	EXPECT_TEXT(header_error(AT_STRINGS, total), "strings block out of bounds");
	EXPECT_TEXT(header_error(AT_STRINGS, UINT32_MAX), "strings block out of bounds");
	EXPECT_TEXT(header_error(AT_STRINGS_SIZE, strings + 1), "strings block out of bounds");
	EXPECT_TEXT(header_error(AT_STRINGS_SIZE, UINT32_MAX), "strings block out of bounds");
	EXPECT_TEXT(header_error(AT_RESERVED, HEADER + 4), "reservation block out of bounds");
	EXPECT_TEXT(header_error(AT_RESERVED, UINT32_MAX & ~7u), "reservation block out of bounds");
}

static void test_place(void)
{
	struct tree t = small_tree();
	struct fdt fdt;
	size_t size;
	uint8_t *blob = sealed(&t, &size), *beside = malloc(size + 8);

	EXPECT_TEXT(fdt_open(&fdt, NULL, size), "no device tree at that address");
	for (int i = 0; i < 8; i++) {
		memcpy(beside + i, blob, size);
		EXPECT_TEXT(fdt_open(&fdt, beside + i, size),
			    i % 4 == 0 ? NULL : "no device tree at that address");
	}
	for (size_t limit = 0; limit < size; limit++) {
		uint8_t *cut = malloc(limit);

		memcpy(cut, blob, limit);
		EXPECT_TEXT(fdt_open(&fdt, cut, limit),
			    limit < HEADER ? "header cut short" : "total size out of bounds");
		free(cut);
	}
	EXPECT_TEXT(fdt_open(&fdt, blob, SIZE_MAX), NULL); /* the header says how large it is */
	free(beside);
	free(blob);
}

static void test_structure(void)
{
	struct tree t = {0};

	EXPECT_TEXT(error_of(&t), "structure block ends without an end token");
	add_cell(&t, END);
	EXPECT_TEXT(error_of(&t), NULL); /* no node at all is a tree */

	t = (struct tree){0};
	add_cell(&t, END_NODE);
	EXPECT_TEXT(error_of(&t), "node ends that never began");

	t = (struct tree){0};
	add_property(&t, "a", "b", 2);
	EXPECT_TEXT(error_of(&t), "property outside any node");

	t = (struct tree){0};
	add_node(&t, "");
	add_cell(&t, END);
	EXPECT_TEXT(error_of(&t), "tree ends inside a node");

	t = (struct tree){0};
	add_node(&t, "");
	add_cell(&t, END_NODE);
	add_node(&t, "");
	EXPECT_TEXT(error_of(&t), "more than one root");

	for (uint32_t token = 0; token < 12; token++) {
		t = (struct tree){0};
		add_node(&t, "");
		add_cell(&t, token);
		if (token == 0 || (token > NOP && token != END))
			EXPECT_TEXT(error_of(&t), "unknown token");
		else
			EXPECT(error_of(&t) != NULL);
	}
}

static void test_names(void)
{
	struct tree t = {0};

	add_cell(&t, BEGIN);
	EXPECT_TEXT(error_of(&t), "node name runs out of the structure block");
	add_bytes(&t, "abcd", 4); /* no NUL */
	EXPECT_TEXT(error_of(&t), "node name runs out of the structure block");

	t = (struct tree){0};
	add_cell(&t, BEGIN);
	add_bytes(&t, "abc", 4); /* fills its cell exactly */
	add_cell(&t, END_NODE);
	add_cell(&t, END);
	EXPECT_TEXT(error_of(&t), NULL);

	t = (struct tree){0};
	add_cell(&t, BEGIN);
	add_bytes(&t, "ab", 3);
	t.nodes_size--; /* the block ends inside the padding */
	EXPECT_TEXT(error_of(&t), "structure block ends without an end token");
}

static const char *property_error(uint32_t len, uint32_t name, size_t value_bytes)
{
	struct tree t = {.strings = "reg", .strings_size = 4};

	add_node(&t, "");
	add_cell(&t, PROP);
	add_cell(&t, len);
	add_cell(&t, name);
	t.nodes_size += value_bytes;
	return error_of(&t);
}

static void test_properties(void)
{
	struct tree t = {0};

	add_node(&t, "");
	add_cell(&t, PROP);
	EXPECT_TEXT(error_of(&t), "property cut short");
	add_cell(&t, 0);
	EXPECT_TEXT(error_of(&t), "property cut short");

	EXPECT_TEXT(property_error(4, 0, 4), "structure block ends without an end token");
	EXPECT_TEXT(property_error(4, 0, 3), "property value runs out of the structure block");
	EXPECT_TEXT(property_error(1, 0, 0), "property value runs out of the structure block");
	EXPECT_TEXT(property_error(UINT32_MAX, 0, 4),
		    "property value runs out of the structure block");
	EXPECT_TEXT(property_error(3, 0, 3), "structure block ends without an end token");
	EXPECT_TEXT(property_error(0, 3, 0), "structure block ends without an end token");
	EXPECT_TEXT(property_error(0, 4, 0), "property name out of the strings block");
	EXPECT_TEXT(property_error(0, UINT32_MAX, 0), "property name out of the strings block");

	t = small_tree();
	t.strings[--t.strings_size] = 'x'; /* the last name is not ended */
	EXPECT_TEXT(error_of(&t), "property name out of the strings block");
}

/* Nodes may lie as deep as they like: nothing is kept of those above. */
static void test_depth(void)
{
	enum { DEPTH = 100 };
	struct tree t = {0};

	for (int i = 0; i < DEPTH; i++)
		add_node(&t, i ? "n" : "");
	for (int i = 0; i < DEPTH; i++)
		add_cell(&t, END_NODE);
	add_cell(&t, END);
	EXPECT_TEXT(error_of(&t), NULL);
}

/* Version 16 does not say how large its structure block is. */
static void test_version_16(void)
{
	struct tree t = small_tree();
	struct fdt fdt;
	size_t size;
	uint8_t *blob = sealed(&t, &size);

	put32(blob + AT_VERSION, 16);
	for (int i = 0; i < 3; i++) {
		put32(blob + AT_NODES_SIZE, (uint32_t[]){0, 4, UINT32_MAX}[i]);
		EXPECT_TEXT(fdt_open(&fdt, blob, size), NULL);
		EXPECT_TEXT(walked(&fdt), NULL);
		EXPECT_EQ(fdt.nodes_size, t.nodes_size);
	}
	put32(blob + AT_NODES, ((uint32_t)size | 3) + 1);
	EXPECT_TEXT(fdt_open(&fdt, blob, size), "structure block out of bounds");
	free(blob);
}

/* A structure block that is cut anywhere is an error, and nothing worse. */
static void test_cut(void)
{
	struct tree t = small_tree();

	while (t.nodes_size-- > 0)
		EXPECT(error_of(&t) != NULL);
}

/* Cells that are mostly tokens, lengths and letters, in any order, do no harm. */
static void test_random_cells(void)
{
	static const uint32_t often[] = {BEGIN,      BEGIN,      END_NODE,   END_NODE, PROP, PROP,
					 NOP,        END,        0,          4,        5,    12,
					 0x61000000, 0x61620000, UINT32_MAX, -3u};
	uint64_t seed = 6;

	for (int i = 0; i < 20000; i++) {
		struct tree t = {.strings = "reg\0status", .strings_size = 11};
		size_t cells = 1 + random_below(&seed, 60);

		add_node(&t, "");
		while (cells-- > 0)
			add_cell(&t, random_below(&seed, 20) ? often[random_below(&seed, 16)]
							     : (uint32_t)random64(&seed));
		t.nodes_size -= random_below(&seed, 4);
		error_of(&t);
	}
}

int main(void)
{
	test_numbers();
	test_walk();
	test_header();
	test_place();
	test_structure();
	test_names();
	test_properties();
	test_depth();
	test_version_16();
	test_cut();
	test_random_cells();
	return check_status();
}
