/* Tests machine_read.c and machine.c on the trees of trees/ and those of QEMU's machines, compiled
 * into the folder that the first argument names, on other forms of the same trees, and on damaged
 * copies of them. Each lies in a buffer of its own exact size, so that AddressSanitizer sees a
 * read past it. */
#include "kernel/machine_read.h"

#include <stdarg.h>
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
	EXPECT(m.bootargs != NULL && m.model != NULL);
	EXPECT(m.harts <= MAX_HARTS && m.memory.count <= MAX_RANGES &&
	       m.reserved.count <= MAX_RANGES);
	if (error != NULL)
		return;
	EXPECT(strlen(m.bootargs) <= m.tree_size && strlen(m.model) <= m.tree_size);
	EXPECT(m.harts > 0 && m.timebase_hz > 0 && m.timebase_hz >> 40 == 0 && m.memory.count > 0);
	EXPECT(m.clusters >= 1 && m.clusters <= m.harts);
	for (unsigned i = 0; i < m.harts; i++) {
		EXPECT(m.hart[i].cluster < m.clusters);
		(void)isa_has(&m.hart[i].isa, "zacas"); /* reads every string */
	}
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

static char text[8192];
static size_t text_len;

static void put(char c)
{
	if (text_len < sizeof(text) - 1)
		text[text_len++] = c;
	text[text_len] = 0;
}

static void put_text(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_len += (size_t)vsnprintf(text + text_len, sizeof(text) - text_len, format, args);
	va_end(args);
}

static void put_ranges(const char *name, const struct ranges *set)
{
	put_text(name);
	for (unsigned i = 0; i < set->count; i++)
		put_text(" %" PRIx64 "+%" PRIx64, set->at[i].base, set->at[i].size);
}

/* Returns all that was read of the tree, in words; what is not there is left out. */
static const char *reading(void)
{
	text_len = 0;
	put_text("harts");
	for (unsigned i = 0; i < m.harts; i++) {
		put_text(" %lx", m.hart[i].id);
		if (m.clusters > 1)
			put_text("/%u", m.hart[i].cluster);
		if (m.hart[i].isa.text != NULL || m.hart[i].isa.list != NULL)
			put(':');
		isa_write(&m.hart[i].isa, put);
	}
	if (m.harts_left_out != 0)
		put_text(", %u left out", m.harts_left_out);
	put_text(", %" PRIu64 " Hz, ", m.timebase_hz);
	put_ranges("memory", &m.memory);
	if (m.reserved.count != 0)
		put_ranges(", reserved", &m.reserved);
	if (m.finisher != 0)
		put_text(", finisher %" PRIx64, m.finisher);
	if (m.bootargs[0] != 0)
		put_text(", %s", m.bootargs);
	return text;
}

static bool all_have(const char *extension)
{
	for (unsigned i = 0; i < m.harts; i++)
		if (!isa_has(&m.hart[i].isa, extension))
			return false;
	return true;
}

/* Check what is read of a legal tree, in a static buffer of its own. */
static const char *read_text(struct blob b)
{
	const char *error = read_blob(b);

	return error != NULL ? error : reading();
}

#define MODEL_ISA "rv64imac_zicntr_zicsr_zifencei_zihintpause_zawrs_zacas_zabha"

/* Each tree's own comment says what it is of. What is in brackets is the specification's freedom,
 * or that of the bindings for RISC-V. */
static const struct {
	const char *tree, *reading;
} legal[] = {
	{"normal", "harts 0:rv64imafdch_zicsr_zifencei_zihintpause_sstc"
		   " 1:rv64imafdch_zicsr_zifencei_zihintpause_sstc"
		   " 2:rv64imafdch_zicsr_zifencei_zihintpause_sstc"
		   " 3:rv64imafdch_zicsr_zifencei_zihintpause_sstc"
		   " 4:rv64imafdch_zicsr_zifencei_zihintpause_sstc"
		   " 5:rv64imafdch_zicsr_zifencei_zihintpause_sstc"
		   " 6:rv64imafdch_zicsr_zifencei_zihintpause_sstc"
		   " 7:rv64imafdch_zicsr_zifencei_zihintpause_sstc, 10000000 Hz, "
		   "memory 80000000+10000000, finisher 100000, "
		   "hartlock: run=ticket:8,cas:8 seed=42"},
	{"model-machine", "harts 0/0:" MODEL_ISA " 1/0:" MODEL_ISA " 2/1:" MODEL_ISA
			  " 3/1:" MODEL_ISA " 4/2:" MODEL_ISA ", 1500000000 Hz, memory "
			  "80000000+10000000, finisher 100000, hartlock: run=cas:5"},
	/* cores */
	{"sparse", "harts 1 3:rv64imac 7 64 7fffffff, 10000000 Hz, memory 80000000+10000000"},
	{"disabled", "harts 1:rv64gc 3, 5 left out, 10000000 Hz, memory 80000000+10000000"},
	{"not-cpus", "harts 4 5 7 8:rv64imac, 1 left out, 10000000 Hz, memory 80000000+10000000"},
	{"wide-id", "harts 5 100000000, 10000000 Hz, memory 80000000+10000000"},
	{"many-cells", "harts 1, 10000000 Hz, memory 80000000+10000000"},
	{"threads", "harts 0/0 1/0 2/1 100000000/1, 1 left out, 10000000 Hz, "
		    "memory 80000000+10000000"},
	{"monitor-core", "harts 0:rv64imac_zicsr 1:rv64imafdc_zicsr_zacas, 10000000 Hz, "
			 "memory 80000000+10000000"},
	{"caches", "harts 0:rv64imac 1:rv64imac, 10000000 Hz, memory 80000000+10000000"},
	{"default-cells", "harts 3, 10000000 Hz, memory 80000000+10000000"},
	/* the map */
	{"clusters", "harts 0/0 1/1 2/1 3/2 4/0 6/3 7/4, 1 left out, 10000000 Hz, "
		     "memory 80000000+10000000"},
	{"sockets", "harts 0/0 1/1 2/0 3/1, 10000000 Hz, memory 80000000+10000000"},
	{"old-phandles", "harts 0/0 1/0 2/1, 10000000 Hz, memory 80000000+10000000"},
	/* the timebase */
	{"wide-timebase", "harts 0, 1099511627775 Hz, memory 80000000+10000000"},
	{"timebase-per-hart", "harts 0 1, 1000000 Hz, memory 80000000+10000000"},
	{"timebase-both", "harts 1 3, 2 left out, 24000000 Hz, memory 80000000+10000000"},
	{"timebase-once", "harts 0 1 2, 4000000 Hz, memory 80000000+10000000"},
	/* the ISA */
	{"isa-lists", "harts 0:rv64imac_zawrs_zacas_zihintpause"
		      " 1:rv64imafdc_zawrs1p01_zacas_zabha_zihintpause"
		      " 2:rv64i_zihintpause_zawrs_zabha, 10000000 Hz, memory 80000000+10000000"},
	{"isa-in-cpus", "harts 0:rv64imac_zacas 1:rv64imac 2:rv64imac_zacas, 10000000 Hz, "
			"memory 80000000+10000000"},
	{"isa-forms", "harts 0:rv64imafdc_zicsr_zacas 1:rv64i2p1_m2p0_a2p1_xvendor_zacas1p0_sstc"
		      " 2:rv64imafdczacas 3:rv64cami_zacas_sstc 4, 10000000 Hz, "
		      "memory 80000000+10000000"},
	{"unterminated-isa", "harts 0, 10000000 Hz, memory 80000000+10000000"},
	/* memory */
	{"one-cell", "harts 0, 10000000 Hz, memory 80000000+8000000, finisher 100000"},
	{"memory-child", "harts 0, 10000000 Hz, memory 80000000+10000000"},
	{"two-memories", "harts 0, 10000000 Hz, memory 80000000+1000 90000000+2000 "
			 "100000000+200000000"},
	{"disabled-memory", "harts 0, 10000000 Hz, memory 80000000+1000 c0000000+1000"},
	{"not-memories", "harts 0, 10000000 Hz, memory 80000000+1000 90000000+1000"},
	{"many-memories", "harts 0, 10000000 Hz, memory 10000000+1000 20000000+1000 30000000+1000 "
			  "40000000+1000 50000000+1000 60000000+1000 70000000+1000 "
			  "80000000+1000 90000000+1000"},
	{"pieces", "harts 0, 10000000 Hz, memory 80000000+800000 c0000000+40000000"},
	{"wide-memory", "harts 0, 10000000 Hz, memory 80000000+10000000 "
			"fffffffff0000000+10000000"},
	/* reservations */
	{"reserved", "harts 0, 10000000 Hz, memory 80000000+10000000, reserved 80000000+80000 "
		     "81000000+1000 82000000+2000 8f000000+1000 8f800000+2000"},
	{"reserved-forms", "harts 0, 10000000 Hz, memory 80000000+10000000, reserved "
			   "81000000+1000 82000000+104000 83000000+1000 fffffffffffff000+1000"},
	{"moved-reserved", "harts 0, 10000000 Hz, memory 80000000+10000000, reserved "
			   "80002000+1000 100003000+1000 100ffff00+100"},
	{"reserved-no-ranges", "harts 0, 10000000 Hz, memory 80000000+10000000, reserved "
			       "80000000+80000"},
	/* /chosen and devices */
	{"no-bootargs", "harts 0, 10000000 Hz, memory 80000000+10000000"},
	{"chosen", "harts 0, 10000000 Hz, memory 80000000+10000000"},
	{"finisher-below-root", "harts 0, 10000000 Hz, memory 80000000+8000000, finisher 100000"},
	{"moved-finisher", "harts 0, 10000000 Hz, memory 80000000+10000000, finisher 10100000"},
	{"no-finisher", "harts 0, 10000000 Hz, memory 80000000+10000000"},
};

enum { LEGAL = sizeof(legal) / sizeof(legal[0]) };

static void test_legal(void)
{
	for (size_t i = 0; i < LEGAL; i++) {
		struct blob b = load(legal[i].tree);

		if (!EXPECT_TEXT(read_text(b), legal[i].reading))
			fprintf(stderr, "  %s\n", legal[i].tree);
		EXPECT_EQ(m.tree_size, b.size);
		EXPECT_TEXT(machine_read(&m, b.bytes, SIZE_MAX), NULL);
		free(b.bytes);
	}
}

static void test_extensions(void)
{
	EXPECT_TEXT(read_tree("isa-lists"), NULL);
	EXPECT(all_have("zawrs") && all_have("zihintpause"));
	EXPECT(!all_have("zacas")); /* hart 2 lacks it */
	EXPECT(!all_have("zabha")); /* hart 0's string says so, its list does not */

	EXPECT_TEXT(read_tree("isa-forms"), NULL);
	for (unsigned i = 0; i < 4; i++)
		EXPECT(isa_has(&m.hart[i].isa, "zacas"));
	EXPECT(!isa_has(&m.hart[4].isa, "zacas"));

	EXPECT_TEXT(read_tree("monitor-core"), NULL);
	EXPECT(isa_has(&machine_hart(&m, 1)->isa, "zacas"));
	EXPECT(!isa_has(&machine_hart(&m, 0)->isa, "zacas"));
	EXPECT(machine_hart(&m, 2) == NULL);
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

/* Trees of any size are read: 2,000 devices, nodes 100 deep, 64 pieces of each kind, and pieces
 * without end that touch. */
static void test_big(void)
{
	EXPECT_TEXT(read_tree("big"), NULL);
	EXPECT_EQ(m.memory.count, 1);
	EXPECT_EQ(m.memory.at[0].size, 1000 * 0x1000);
	EXPECT_EQ(m.reserved.count, 64);
	EXPECT_EQ(m.harts, 1);
}

static void test_refused(void)
{
	static const struct {
		const char *tree, *error;
	} refused[] = {
		{"version-3", "unknown device tree version"},
		{"no-harts", "no hart in the tree"},
		{"no-timebase", "no timebase-frequency in /cpus or a hart's node"},
		{"zero-timebase", "no timebase-frequency in /cpus or a hart's node"},
		{"huge-timebase", "a timebase-frequency of 2^40 Hz or more"},
		{"two-timebases", "harts with different timebase-frequencies"},
		{"odd-timebase", "timebase-frequency is not a number"},
		{"no-memory", "no memory in the tree"},
		{"odd-memory", "a memory's reg does not fit its cells"},
		{"sizeless-memory", "a memory's reg does not fit its cells"},
		{"65-memories", "more than 64 pieces of memory"},
		{"odd-reserved", "a reserved memory's reg does not fit its cells"},
		{"lost-reserved", "a reserved memory is not in the ranges of its bus"},
		{"65-reserved", "more than 64 pieces of reserved memory"},
		{"65-memreserve", "more than 64 pieces of reserved memory"},
		{"same-id", "two harts have the same id"},
		{"no-id", "a hart's reg is not its id"},
		{"narrow-id", "a hart's reg is not its id"},
		{"huge-id", "a hart's reg is not its id"},
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

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

enum { HEADER = 40, AT_TOTAL = 4, AT_NODES = 8, AT_STRINGS = 12 };
enum { AT_STRINGS_SIZE = 32, AT_NODES_SIZE = 36 };

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

/* Returns the tree with a NOP before each token (5.4.1), and free space behind each block. */
static struct blob with_nops(struct blob b)
{
	enum { BEGIN = 1, PROP = 3, NOP = 4, END = 9, SPACE = 24 };
	size_t nodes = get32(b.bytes + AT_NODES), to = nodes + SPACE, at = nodes;
	size_t strings = get32(b.bytes + AT_STRINGS), len = get32(b.bytes + AT_STRINGS_SIZE);
	struct blob r = {calloc(1, 3 * b.size), 3 * b.size};
	uint32_t token;

	memcpy(r.bytes, b.bytes, nodes);
	put32(r.bytes + AT_NODES, (uint32_t)to);
	do {
		size_t size = 4;

		token = get32(b.bytes + at);
		if (token == BEGIN)
			size += strlen((char *)b.bytes + at + 4) + 1;
		if (token == PROP)
			size += 8 + get32(b.bytes + at + 4);
		size = (size + 3) & ~(size_t)3;
		put32(r.bytes + to, NOP);
		memcpy(r.bytes + to + 4, b.bytes + at, size);
		to += 4 + size;
		at += size;
	} while (token != END);
	put32(r.bytes + AT_NODES_SIZE, (uint32_t)to - get32(r.bytes + AT_NODES));
	memcpy(r.bytes + to + SPACE + 1, b.bytes + strings, len); /* strings need no alignment */
	put32(r.bytes + AT_STRINGS, (uint32_t)to + SPACE + 1);
	put32(r.bytes + AT_TOTAL, (uint32_t)r.size);
	return r;
}

/* Make the tree one of version 16, whose header has no size of the structure block. */
static void to_version_16(struct blob b)
{
	enum { AT_VERSION = 20, AT_LAST_COMPATIBLE = 24 };

	put32(b.bytes + AT_VERSION, 16);
	put32(b.bytes + AT_LAST_COMPATIBLE, 16);
	put32(b.bytes + AT_NODES_SIZE, UINT32_MAX);
}

/* Check that a tree that says the same in another form is read as the same. Frees it. */
static void expect_same(struct blob b, const char *form, size_t i)
{
	if (!EXPECT_TEXT(read_text(b), legal[i].reading))
		fprintf(stderr, "  %s, %s\n", legal[i].tree, form);
	free(b.bytes);
}

/* Check the forms that the format leaves free (chapter 5), for each legal tree. */
static void test_forms(void)
{
	for (size_t i = 0; i < LEGAL; i++) {
		struct blob b = load(legal[i].tree), old = copy(b, b.size);
		struct blob turned = strings_first(b), old_turned = copy(turned, turned.size);
		uint8_t *beside = malloc(b.size + 4);

		to_version_16(old);
		to_version_16(old_turned);
		expect_same(with_nops(b), "NOPs", i);
		expect_same(turned, "strings first", i);
		expect_same(old, "version 16", i);
		expect_same(old_turned, "version 16, strings first", i);
		memcpy(beside + 4, b.bytes, b.size);
		EXPECT_TEXT(read_text((struct blob){beside + 4, b.size}), legal[i].reading);
		free(beside);
		free(b.bytes);
	}
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
	test_legal();
	test_forms();
	test_extensions();
	test_many_harts();
	test_big();
	test_refused();
	test_no_tree();
	test_cut("normal");
	test_cut("memory-child");
	test_cut("wide-id");
	test_cut("reserved");
	test_cut("moved-reserved");
	test_cut("qemu-virt");
	test_cut("qemu-sifive_u");
	test_damaged("normal", 20000, 7);
	test_damaged("two-memories", 10000, 8);
	test_damaged("clusters", 10000, 10);
	test_damaged("threads", 5000, 12);
	test_damaged("moved-reserved", 5000, 13);
	test_damaged("moved-finisher", 5000, 14);
	test_damaged("isa-forms", 5000, 15);
	test_damaged("reserved", 10000, 11);
	test_damaged("many-harts", 2000, 9);
	return check_status();
}
