/* Tests machine_read.c and machine.c on the trees of trees/ and those of QEMU's machines, compiled
 * into the folder that the first argument names, and on damaged copies of them. Each lies in a
 * buffer of its own exact size, so that AddressSanitizer sees a read past it. */
#include "kernel/machine_read.h"

#include <stdlib.h>

#include "check.h"
#include "random.h"

static const char *folder;
static struct machine m;

struct blob {
	uint8_t *bytes;
	size_t size;
};

static struct blob load(const char *name)
{
	struct blob b = {NULL, 0};
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.dtb", folder, name);
	file = fopen(path, "rb");
	if (file == NULL) {
		perror(path);
		exit(2);
	}
	fseek(file, 0, SEEK_END);
	b.size = (size_t)ftell(file);
	b.bytes = malloc(b.size);
	rewind(file);
	if (fread(b.bytes, 1, b.size, file) != b.size)
		exit(2);
	fclose(file);
	return b;
}

/* Returns a copy of the first `size` bytes, with zeros if there are not as many. */
static struct blob copy(struct blob from, size_t size)
{
	struct blob b = {calloc(1, size), size};

	memcpy(b.bytes, from.bytes, size < from.size ? size : from.size);
	return b;
}

/* Check everything that a caller may rely on, whatever the tree was. */
static void check_machine(const char *error)
{
	EXPECT(m.bootargs != NULL && m.isa != NULL);
	EXPECT(m.harts <= MAX_HARTS && m.memories <= MAX_MEMORY && m.reserved <= MAX_RESERVED);
	if (error != NULL)
		return;
	EXPECT(strlen(m.bootargs) <= m.tree_size && strlen(m.isa) <= m.tree_size);
	EXPECT(m.harts > 0 && m.timebase_hz > 0 && m.memories > 0);
	EXPECT(m.clusters >= 1 && m.clusters <= m.harts);
	(void)machine_has(&m, "zacas"); /* reads every string */
	for (unsigned i = 0; i < m.harts; i++)
		EXPECT(m.hart[i].cluster < m.clusters);
	for (unsigned i = 1; i < m.harts; i++)
		EXPECT(m.hart[i - 1].id < m.hart[i].id);
}

/* Read the tree into m, with its strings left in `b`. */
static const char *read_blob(struct blob b)
{
	const char *error;

	memset(&m, 0xa5, sizeof(m));
	error = machine_read(&m, b.bytes, b.size);
	check_machine(error);
	return error;
}

/* Load a tree and read it. The blob stays until the next call. */
static const char *read_tree(const char *name)
{
	static struct blob b;

	free(b.bytes);
	b = load(name);
	return read_blob(b);
}

static void expect_harts(unsigned n, const unsigned long *ids)
{
	if (!EXPECT_EQ(m.harts, n))
		return;
	for (unsigned i = 0; i < n; i++)
		EXPECT_EQ(m.hart[i].id, ids[i]);
}

static void expect_memory(unsigned i, uint64_t base, uint64_t size)
{
	EXPECT(i < m.memories);
	EXPECT_EQ(m.memory[i].base, base);
	EXPECT_EQ(m.memory[i].size, size);
}

static void test_normal(void)
{
	struct blob b = load("normal");

	EXPECT_TEXT(read_blob(b), NULL);
	expect_harts(8, (unsigned long[]){0, 1, 2, 3, 4, 5, 6, 7});
	EXPECT_EQ(m.harts_left_out, 0);
	EXPECT_EQ(m.timebase_hz, 10000000);
	EXPECT_EQ(m.memories, 1);
	expect_memory(0, 0x80000000, 0x10000000);
	EXPECT_TEXT(m.bootargs, "hartlock: run=ticket:8,cas:8 seed=42");
	EXPECT_TEXT(m.isa, "rv64imafdch_zicsr_zifencei_zihintpause_sstc");
	EXPECT_EQ(m.finisher, 0x100000);
	EXPECT_EQ(m.tree_size, b.size);
	EXPECT_TEXT(machine_read(&m, b.bytes, SIZE_MAX), NULL);
	free(b.bytes);
}

static void test_harts(void)
{
	EXPECT_TEXT(read_tree("sparse"), NULL);
	expect_harts(5, (unsigned long[]){1, 3, 7, 100, 0x7fffffff});
	EXPECT_EQ(m.harts_left_out, 0);
	EXPECT_TEXT(m.isa, "rv64imac");
	EXPECT_TEXT(m.bootargs, "");
	EXPECT_EQ(m.finisher, 0);

	EXPECT_TEXT(read_tree("disabled"), NULL);
	expect_harts(2, (unsigned long[]){1, 3});
	EXPECT_EQ(m.harts_left_out, 3);
	EXPECT_TEXT(m.isa, "rv64gc");

	EXPECT_TEXT(read_tree("not-cpus"), NULL);
	expect_harts(1, (unsigned long[]){4});
	EXPECT_EQ(m.harts_left_out, 0);

	EXPECT_TEXT(read_tree("wide-id"), NULL);
	expect_harts(2, (unsigned long[]){5, 0x100000000});
}

/* 70 harts with the ids 0, 3, 6 ... in no order: the lowest 64 are kept. */
static void test_many_harts(void)
{
	EXPECT_TEXT(read_tree("many-harts"), NULL);
	EXPECT_EQ(m.harts, 64);
	EXPECT_EQ(m.harts_left_out, 6);
	for (unsigned i = 0; i < m.harts; i++)
		EXPECT_EQ(m.hart[i].id, i * 3);
}

static void test_memories(void)
{
	EXPECT_TEXT(read_tree("one-cell"), NULL);
	EXPECT_EQ(m.memories, 1);
	expect_memory(0, 0x80000000, 0x8000000);

	EXPECT_TEXT(read_tree("memory-child"), NULL);
	EXPECT_EQ(m.memories, 1);
	expect_memory(0, 0x80000000, 0x10000000);

	EXPECT_TEXT(read_tree("two-memories"), NULL);
	EXPECT_EQ(m.memories, 3);
	expect_memory(0, 0x80000000, 0x1000);
	expect_memory(1, 0x90000000, 0x2000);
	expect_memory(2, 0x100000000, 0x200000000);

	EXPECT_TEXT(read_tree("disabled-memory"), NULL);
	EXPECT_EQ(m.memories, 1);
	expect_memory(0, 0x80000000, 0x1000);

	EXPECT_TEXT(read_tree("many-memories"), NULL);
	EXPECT_EQ(m.memories, MAX_MEMORY);
	expect_memory(7, 0x80000000, 0x1000);
}

static void expect_reservation(unsigned i, uint64_t base, uint64_t size)
{
	EXPECT(i < m.reserved);
	EXPECT_EQ(m.reservation[i].base, base);
	EXPECT_EQ(m.reservation[i].size, size);
}

static void test_reserved(void)
{
	EXPECT_TEXT(read_tree("normal"), NULL);
	EXPECT_EQ(m.reserved, 0);

	EXPECT_TEXT(read_tree("reserved"), NULL);
	EXPECT_EQ(m.reserved, 5);
	expect_reservation(0, 0x80000000, 0x80000);
	expect_reservation(1, 0x81000000, 0x1000);
	expect_reservation(2, 0x82000000, 0x2000);
	expect_reservation(3, 0x8f000000, 0x1000);
	expect_reservation(4, 0x8f800000, 0x2000);
	EXPECT(!machine_is_free(&m, 0x80000000, 1) && machine_is_free(&m, 0x80080000, 0xf80000));
	EXPECT(!machine_is_free(&m, 0x80080000, 0xf80001));
}

static void expect_free(uint64_t base, uint64_t size, uint64_t free_base, uint64_t free_size)
{
	struct machine_range r = machine_largest_free(&m, base, size);

	EXPECT_EQ(r.size, free_size);
	if (free_size != 0)
		EXPECT_EQ(r.base, free_base);
}

static void test_free(void)
{
	m = (struct machine){.reserved = 5,
			     .reservation = {{0x2000, 0x1000},
					     {0x4000, 0x4000},
					     {0x5000, 0x100},
					     {0x9000, 0},
					     {-0x1000ull, 0x1000}}};
	expect_free(0, 0x2000, 0, 0x2000);
	expect_free(0, 0x2001, 0, 0x2000);
	expect_free(0x1800, 0x1000, 0x1800, 0x800);
	expect_free(0x2800, 0x1000, 0x3000, 0x800);
	expect_free(0x2000, 0x1000, 0, 0);
	expect_free(0x2100, 0x10, 0, 0);
	expect_free(0x3000, 0x6000, 0x3000, 0x1000);
	expect_free(0, 0x10000, 0x8000, 0x8000);
	expect_free(0x4800, 0x3000, 0, 0);
	expect_free(0x4800, 0x3900, 0x8000, 0x100);
	expect_free(-0x2000ull, 0x1fff, -0x2000ull, 0x1000);
	EXPECT(machine_is_free(&m, 0x3000, 0x1000) && !machine_is_free(&m, 0x2fff, 1));
	EXPECT(machine_is_free(&m, 0x2000, 0) && machine_is_free(&m, 0x9000, 1));
	EXPECT(!machine_is_free(&m, 0, UINT64_MAX) && !machine_is_free(&m, UINT64_MAX, 1));
	m.reserved = 0;
	expect_free(0x5000, 0x10, 0x5000, 0x10);
}

static void test_others(void)
{
	EXPECT_TEXT(read_tree("wide-timebase"), NULL);
	EXPECT_EQ(m.timebase_hz, 0x100000002);

	EXPECT_TEXT(read_tree("no-bootargs"), NULL);
	EXPECT_TEXT(m.bootargs, "");

	EXPECT_TEXT(read_tree("unterminated-isa"), NULL);
	EXPECT_TEXT(m.isa, "");

	EXPECT_TEXT(read_tree("one-cell"), NULL);
	EXPECT_EQ(m.finisher, 0x100000);
	EXPECT_TEXT(read_tree("finisher-below-root"), NULL);
	EXPECT_EQ(m.finisher, 0x100000);
	EXPECT_TEXT(read_tree("no-finisher"), NULL);
	EXPECT_EQ(m.finisher, 0);
}

static void test_isa(void)
{
	EXPECT_TEXT(read_tree("normal"), NULL);
	EXPECT(machine_has(&m, "zihintpause") && !machine_has(&m, "zacas"));

	/* A list beside a string decides; one hart has the string only. */
	EXPECT_TEXT(read_tree("isa-lists"), NULL);
	EXPECT(machine_has(&m, "zawrs") && machine_has(&m, "zihintpause"));
	EXPECT(!machine_has(&m, "zacas")); /* hart 2 lacks it */
	EXPECT(!machine_has(&m, "zabha")); /* hart 0's string says so, its list does not */
	EXPECT(isa_has(&m.hart[1].isa, "zacas") && !isa_has(&m.hart[2].isa, "zacas"));
	EXPECT_TEXT(m.isa, "rv64imac_zabha");

	EXPECT_TEXT(read_tree("unterminated-isa"), NULL);
	EXPECT(!machine_has(&m, "zicsr"));
}

static void expect_clusters(const char *tree, unsigned clusters, const char *of_harts)
{
	EXPECT_TEXT(read_tree(tree), NULL);
	EXPECT_EQ(m.clusters, clusters);
	EXPECT_EQ(m.harts, strlen(of_harts));
	for (unsigned i = 0; i < m.harts; i++)
		EXPECT_EQ(m.hart[i].cluster, (unsigned)(of_harts[i] - '0'));
}

static void test_clusters(void)
{
	expect_clusters("normal", 1, "00000000");
	expect_clusters("sparse", 1, "00000"); /* no map */
	/* sockets of clusters of cores of threads, a core in no cluster, a hart in no core */
	expect_clusters("clusters", 5, "0112034");
	expect_clusters("sockets", 2, "0101");
}

static void test_refused(void)
{
	static const struct {
		const char *tree, *error;
	} refused[] = {
		{"version-16", "unknown device tree version"},
		{"no-harts", "no hart in the tree"},
		{"no-timebase", "no timebase-frequency in /cpus"},
		{"zero-timebase", "no timebase-frequency in /cpus"},
		{"odd-timebase", "timebase-frequency is not a number"},
		{"no-memory", "no memory in the tree"},
		{"odd-memory", "a memory's reg does not fit its cells"},
		{"sizeless-memory", "a memory's reg does not fit its cells"},
		{"odd-reserved", "a reserved memory's reg does not fit its cells"},
		{"same-id", "two harts have the same id"},
		{"no-id", "a hart's reg is not its id"},
		{"narrow-id", "a hart's reg is not its id"},
		{"many-cells", "a hart's reg is not its id"},
		{"odd-cells", "#address-cells or #size-cells is not one cell"},
		{"unterminated-bootargs", "bootargs is not a string"},
		{"empty-bootargs", "bootargs is not a string"},
	};

	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		if (!EXPECT_TEXT(read_tree(refused[i].tree), refused[i].error))
			fprintf(stderr, "  %s\n", refused[i].tree);
}

static void test_no_tree(void)
{
	static const uint64_t zeros[8];

	EXPECT_TEXT(machine_read(&m, NULL, SIZE_MAX), "no device tree at that address");
	check_machine("");
	EXPECT_TEXT(machine_read(&m, zeros, sizeof(zeros)), "no device tree magic");
	check_machine("");
	EXPECT_EQ(m.tree_size, 0);
}

static void test_has_memory(void)
{
	m = (struct machine){.memories = 3,
			     .memory = {{0x1000, 0x1000}, {0x3000, 0}, {-0x10ull, 0x10}}};
	EXPECT(machine_has_memory(&m, 0x1000, 0x1000));
	EXPECT(machine_has_memory(&m, 0x1fff, 1));
	EXPECT(machine_has_memory(&m, 0x2000, 0));
	EXPECT(!machine_has_memory(&m, 0x1000, 0x1001));
	EXPECT(!machine_has_memory(&m, 0xfff, 1));
	EXPECT(!machine_has_memory(&m, 0xfff, 0x1001));
	EXPECT(!machine_has_memory(&m, 0x2000, 1));
	EXPECT(!machine_has_memory(&m, 0x1800, UINT64_MAX));
	EXPECT(!machine_has_memory(&m, 0x3000, 1));
	EXPECT(machine_has_memory(&m, -0x10ull, 0x10));
	EXPECT(!machine_has_memory(&m, -0x10ull, 0x11));
	EXPECT(!machine_has_memory(&m, -1ull, 2));
	m.memories = 0;
	EXPECT(!machine_has_memory(&m, 0x1000, 1));
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

enum { HEADER = 40, AT_TOTAL = 4, AT_NODES = 8, AT_NODES_SIZE = 36 };

/* Read only the first `size` bytes, with a header that does not know of the cut. */
static void read_cut(struct blob whole, size_t size)
{
	struct blob cut = copy(whole, size);

	EXPECT_TEXT(read_blob(cut),
		    size < HEADER ? "header cut short" : "total size out of bounds");
	free(cut.bytes);
}

/* Read a tree whose structure block ends after `size` bytes, and with it everything that
 * may be read: the strings come first in `whole`. */
static void read_cut_nodes(struct blob whole, size_t size)
{
	size_t nodes = get32(whole.bytes + AT_NODES);
	struct blob cut = copy(whole, nodes + size);

	put32(cut.bytes + AT_TOTAL, (uint32_t)cut.size);
	put32(cut.bytes + AT_NODES_SIZE, (uint32_t)size);
	EXPECT(read_blob(cut) != NULL);
	free(cut.bytes);
}

/* Returns the tree with its strings before its nodes. */
static struct blob strings_first(struct blob b)
{
	enum { AT_STRINGS = 12, AT_STRINGS_SIZE = 32 };
	size_t nodes = get32(b.bytes + AT_NODES), nodes_size = get32(b.bytes + AT_NODES_SIZE);
	size_t strings = get32(b.bytes + AT_STRINGS),
	       strings_size = get32(b.bytes + AT_STRINGS_SIZE);
	size_t behind = (nodes + strings_size + 3) & ~(size_t)3;
	struct blob r = {calloc(1, behind + nodes_size), behind + nodes_size};

	memcpy(r.bytes, b.bytes, nodes);
	memcpy(r.bytes + nodes, b.bytes + strings, strings_size);
	memcpy(r.bytes + behind, b.bytes + nodes, nodes_size);
	put32(r.bytes + AT_TOTAL, (uint32_t)r.size);
	put32(r.bytes + AT_STRINGS, (uint32_t)nodes);
	put32(r.bytes + AT_NODES, (uint32_t)behind);
	return r;
}

static void test_cut(const char *name)
{
	struct blob b = load(name), turned = strings_first(b);

	for (size_t size = 0; size < b.size; size++)
		read_cut(b, size);
	EXPECT_TEXT(read_blob(turned), NULL);
	for (size_t size = get32(turned.bytes + AT_NODES_SIZE); size-- > 0;)
		read_cut_nodes(turned, size);
	free(turned.bytes);
	free(b.bytes);
}

static void damage(struct blob b, uint64_t *seed)
{
	static const uint32_t words[] = {0,  1,  2,         3,        4,   5,   8,  9,
					 16, 64, INT32_MAX, 1u << 31, -4u, -3u, -1u};
	/* One damage in eight hits the header, which would hardly be hit otherwise. */
	size_t at = random_below(seed, random_below(seed, 8) ? b.size : HEADER);

	switch (random_below(seed, 4)) {
	case 0:
		b.bytes[at] ^= (uint8_t)(1u << random_below(seed, 8));
		break;
	case 1:
		b.bytes[at] = (uint8_t)random64(seed);
		break;
	case 2:
		put32(b.bytes + (at & ~(size_t)3), words[random_below(seed, 15)]);
		break;
	case 3: /* a piece of itself, elsewhere */
		memmove(b.bytes + at, b.bytes + random_below(seed, b.size - 16),
			b.size - at < 16 ? b.size - at : 16);
		break;
	}
}

/* Reading a damaged tree always returns, and stays in the tree's memory. */
static void test_damaged(const char *name, int times, uint64_t seed)
{
	struct blob b = load(name);
	int read = 0;

	for (int i = 0; i < times; i++) {
		struct blob bad = copy(b, (b.size + 3) & ~(size_t)3);
		int wounds = 1 + (int)random_below(&seed, 4);

		put32(bad.bytes + AT_TOTAL, (uint32_t)bad.size);
		while (wounds-- > 0)
			damage(bad, &seed);
		read += read_blob(bad) == NULL;
		free(bad.bytes);
	}
	EXPECT(read > times / 20 && read < times * 19 / 20); /* the damage varies */
	free(b.bytes);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	folder = argv[1];
	test_normal();
	test_harts();
	test_many_harts();
	test_memories();
	test_reserved();
	test_free();
	test_others();
	test_isa();
	test_clusters();
	test_refused();
	test_no_tree();
	test_has_memory();
	test_cut("normal");
	test_cut("memory-child");
	test_cut("wide-id");
	test_cut("reserved");
	test_cut("qemu-virt");
	test_cut("qemu-sifive_u");
	test_damaged("normal", 20000, 7);
	test_damaged("two-memories", 10000, 8);
	test_damaged("clusters", 10000, 10);
	test_damaged("reserved", 10000, 11);
	test_damaged("many-harts", 2000, 9);
	return check_status();
}
