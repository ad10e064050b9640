#include "tree.h"

#include <stdarg.h>
#include <string.h>

enum { BEGIN_NODE = 1, END_NODE = 2, PROPERTY = 3, END = 9 };
enum { HEADER_BYTES = 40, RESERVATIONS_BYTES = 16, NAMES_ROOM = 512 };

/* The extensions of every hart, in the list of the binding (Linux, riscv/extensions.yaml), and in
 * the string of the older one, where "i" stands for the counters, too. */
static const char extensions[] =
	"i\0m\0a\0c\0zicntr\0zicsr\0zifencei\0zihintpause\0zawrs\0zacas\0zabha";
static const char isa[] = "rv64imac_zicsr_zifencei_zihintpause_zawrs_zacas_zabha";

struct writer {
	uint8_t *at, *end; /* where the structure is written, and where its memory ends */
	bool full;
	char names[NAMES_ROOM];
	size_t names_len;
};

static void put(struct writer *w, const void *bytes, size_t len)
{
	size_t padded = (len + 3) & ~(size_t)3;

	if ((size_t)(w->end - w->at) < padded) {
		w->full = true;
		return;
	}
	memset(w->at, 0, padded);
	memcpy(w->at, bytes, len);
	w->at += padded;
}

static void put_cell(struct writer *w, uint32_t value)
{
	uint32_t big = __builtin_bswap32(value);

	put(w, &big, sizeof(big));
}

/* Returns the place of `name` among the names. They are few, so a search is enough. */
static uint32_t name_at(struct writer *w, const char *name)
{
	size_t at = 0, len = strlen(name) + 1;

	while (at < w->names_len && strcmp(w->names + at, name) != 0)
		at += strlen(w->names + at) + 1;
	if (at == w->names_len && at + len <= NAMES_ROOM) {
		memcpy(w->names + at, name, len);
		w->names_len += len;
	}
	return (uint32_t)at;
}

static void property(struct writer *w, const char *name, const void *value, size_t len)
{
	put_cell(w, PROPERTY);
	put_cell(w, (uint32_t)len);
	put_cell(w, name_at(w, name));
	put(w, value, len);
}

static void text(struct writer *w, const char *name, const char *value)
{
	property(w, name, value, strlen(value) + 1);
}

/* A property of `count` cells. */
static void cells(struct writer *w, const char *name, int count, ...)
{
	uint32_t value[4];
	va_list list;

	va_start(list, count);
	for (int i = 0; i < count; i++)
		value[i] = __builtin_bswap32(va_arg(list, uint32_t));
	va_end(list);
	property(w, name, value, sizeof(*value) * (size_t)count);
}

static void begin(struct writer *w, const char *name)
{
	put_cell(w, BEGIN_NODE);
	put(w, name, strlen(name) + 1);
}

static void end(struct writer *w)
{
	put_cell(w, END_NODE);
}

static void flag(struct writer *w, const char *name)
{
	property(w, name, "", 0);
}

static void interrupt_controller(struct writer *w)
{
	begin(w, "interrupt-controller");
	text(w, "compatible", "riscv,cpu-intc");
	cells(w, "#address-cells", 1, 0);
	cells(w, "#interrupt-cells", 1, 1);
	flag(w, "interrupt-controller");
	end(w);
}

static void cpu(struct writer *w, unsigned id)
{
	char name[16];

	snprintf(name, sizeof(name), "cpu@%x", id);
	begin(w, name);
	text(w, "device_type", "cpu");
	text(w, "compatible", "riscv");
	text(w, "status", "okay");
	text(w, "riscv,isa", isa);
	text(w, "riscv,isa-base", "rv64i");
	property(w, "riscv,isa-extensions", extensions, sizeof(extensions));
	cells(w, "reg", 1, id);
	cells(w, "phandle", 1, id + 1);
	interrupt_controller(w);
	end(w);
}

static void cpu_map(struct writer *w, const struct machine *m)
{
	char name[24];
	unsigned size = (unsigned)m->profile->cluster_harts;

	begin(w, "cpu-map");
	for (unsigned id = 0; id < m->harts; id++) {
		if (id % size == 0) {
			snprintf(name, sizeof(name), "cluster%u", id / size);
			begin(w, name);
		}
		snprintf(name, sizeof(name), "core%u", id % size);
		begin(w, name);
		cells(w, "cpu", 1, id + 1);
		end(w);
		if (id % size == size - 1 || id == m->harts - 1)
			end(w);
	}
	end(w);
}

static void cpus(struct writer *w, const struct machine *m)
{
	begin(w, "cpus");
	cells(w, "#address-cells", 1, 1);
	cells(w, "#size-cells", 1, 0);
	cells(w, "timebase-frequency", 1, (uint32_t)(m->profile->clock_mhz * 1000000));
	for (unsigned id = 0; id < m->harts; id++)
		cpu(w, id);
	cpu_map(w, m);
	end(w);
}

static void devices(struct writer *w, const char *bootargs)
{
	begin(w, "memory@80000000");
	text(w, "device_type", "memory");
	cells(w, "reg", 4, 0, (uint32_t)RAM_BASE, 0, (uint32_t)RAM_BYTES);
	end(w);
	begin(w, "soc");
	text(w, "compatible", "simple-bus");
	flag(w, "ranges");
	cells(w, "#address-cells", 1, 2);
	cells(w, "#size-cells", 1, 2);
	begin(w, "test@100000");
	text(w, "compatible", "sifive,test0");
	cells(w, "reg", 4, 0, (uint32_t)FINISHER, 0, 4096);
	end(w);
	end(w);
	begin(w, "chosen");
	text(w, "bootargs", bootargs);
	end(w);
}

static void header(uint8_t *to, uint32_t structure, const struct writer *w)
{
	enum { MAGIC = (int)0xd00dfeed, VERSION = 17, COMPATIBLE = 16 };
	uint32_t at = HEADER_BYTES + RESERVATIONS_BYTES, names = (uint32_t)w->names_len;
	uint32_t word[] = {(uint32_t)MAGIC,
			   at + structure + names,
			   at,
			   at + structure,
			   HEADER_BYTES,
			   VERSION,
			   COMPATIBLE,
			   0,
			   names,
			   structure};

	for (size_t i = 0; i < sizeof(word) / sizeof(*word); i++)
		word[i] = __builtin_bswap32(word[i]);
	memcpy(to, word, sizeof(word));
	memset(to + HEADER_BYTES, 0, RESERVATIONS_BYTES);
}

bool tree_write(const struct machine *m, const char *bootargs, uint8_t *to, size_t room)
{
	enum { LEAST = HEADER_BYTES + RESERVATIONS_BYTES + NAMES_ROOM };
	uint8_t *structure = to + HEADER_BYTES + RESERVATIONS_BYTES;
	struct writer w = {.at = structure, .end = to + (room < LEAST ? LEAST : room) - NAMES_ROOM};

	begin(&w, "");
	cells(&w, "#address-cells", 1, 2);
	cells(&w, "#size-cells", 1, 2);
	text(&w, "compatible", "hartlock,machine");
	text(&w, "model", "hartlock,machine");
	cpus(&w, m);
	devices(&w, bootargs);
	end(&w);
	put_cell(&w, END);
	if (w.full)
		return false;
	memcpy(w.at, w.names, w.names_len);
	header(to, (uint32_t)(w.at - structure), &w);
	return true;
}
