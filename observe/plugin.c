/* plugin.c: watches any riscv64 image that QEMU runs, unmodified, and writes what its harts did
 * with locks into six files of records (records.def).
 *
 *     -plugin hartlock-observe.so,out=DIR[,auto=on][,takes=0xBEGIN:0xEND,tries=...,letsgo=...]
 *
 * `auto=on` takes note of atomic instructions everywhere; `takes`, `tries` and `letsgo` name
 * functions by their addresses. The host program knows the symbols, and what a record means.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin-api.h"
#include "watch.h"

enum { FUNCTIONS = 256 };
enum list { SECTIONS, WORDS, PAIRS, LINES, HARTS, TOUCHES, LISTS };

PLUGIN_EXPORT int qemu_plugin_version = PLUGIN_API_OLDEST;

/* An instruction that is watched. */
struct point {
	uint64_t pc;
	uint32_t behind; /* instructions of its block that come after it */
	bool is_atomic, lets_go;
	const struct function *function;
};

struct block {
	uint64_t last; /* address of its last instruction */
	uint32_t instructions;
};

/* The block that a hart executes, which only the hart's own thread touches. */
struct position {
	uint64_t executed; /* instructions, up to the end of the block */
	uint64_t last, before;
	char pad[64 - 3 * sizeof(uint64_t)];
};

static struct watch watch;
static struct position position[WATCH_HARTS];
static struct function function[FUNCTIONS];
static size_t functions;
static int api;
static bool has_ended;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static const char *const name_of[LISTS] = {"section", "word", "pair", "line", "hart", "touch"};
static const size_t size_of[LISTS] = {sizeof(struct section_record), sizeof(struct word_record),
				      sizeof(struct pair_record),    sizeof(struct line_record),
				      sizeof(struct hart_record),    sizeof(struct touch_record)};
static FILE *file[LISTS];

static uint64_t now(unsigned hart, const struct point *p)
{
	return position[hart].executed - p->behind;
}

/* Begin a change that other harts see. Returns false when everything is written already. */
static bool begin(void)
{
	pthread_mutex_lock(&turn);
	if (has_ended)
		pthread_mutex_unlock(&turn);
	return !has_ended;
}

static void end(void)
{
	pthread_mutex_unlock(&turn);
}

static void on_block(unsigned hart, void *data)
{
	const struct block *b = data;
	struct position *p = &position[hart];

	p->executed += b->instructions;
	p->before = p->last;
	p->last = b->last;
}

static bool is_busy(unsigned hart)
{
	const struct watched_hart *h = &watch.hart[hart];

	return h->held != 0 || h->frames != 0 || h->wait.word != NULL;
}

static uint64_t physical(uint32_t info, uint64_t address)
{
	struct qemu_plugin_hwaddr *at = qemu_plugin_get_hwaddr(info, address);

	return at != NULL ? qemu_plugin_hwaddr_phys_addr(at) : address;
}

static void on_access(unsigned hart, uint32_t info, uint64_t address, void *data)
{
	const struct point *p = data;
	struct access a = {p->pc,        address,   0, now(hart, p), qemu_plugin_mem_is_store(info),
			   p->is_atomic, p->lets_go};

	if (!p->is_atomic && !is_busy(hart))
		return;
	if (watch_is_private(&watch, hart, &a)) {
		watch_access(&watch, hart, &a);
		return;
	}
	if (a.is_atomic)
		a.physical = physical(info, address);
	if (!begin())
		return;
	watch_access(&watch, hart, &a);
	end();
}

static void on_enter(unsigned hart, void *data)
{
	const struct point *p = data;

	if (!begin())
		return;
	watch_enter(&watch, hart, p->function, position[hart].before, now(hart, p));
	end();
}

static void on_leave(unsigned hart, void *data)
{
	const struct point *p = data;

	if (!begin())
		return;
	watch_leave(&watch, hart, p->function, p->pc, now(hart, p));
	end();
}

static void on_sleep(unsigned hart, void *data)
{
	(void)data;
	watch_sleep(&watch, hart);
}

static void on_call(unsigned hart, void *data)
{
	watch_call(&watch, hart, now(hart, data));
}

static void on_mret(unsigned hart, void *data)
{
	watch_return(&watch, hart, true, now(hart, data));
}

static void on_sret(unsigned hart, void *data)
{
	watch_return(&watch, hart, false, now(hart, data));
}

static uint32_t word_of(const struct qemu_plugin_insn *insn)
{
	size_t size = qemu_plugin_insn_size(insn);
	uint32_t word = 0;

	if (api >= PLUGIN_API_COPIES)
		qemu_plugin_insn_data(insn, &word, size < sizeof(word) ? size : sizeof(word));
	else
		memcpy(&word, (const void *)qemu_plugin_insn_data(insn, NULL, 0),
		       size < sizeof(word) ? size : sizeof(word));
	return word;
}

static const struct function *function_at(uint64_t pc)
{
	for (size_t i = 0; i < functions; i++)
		if (pc >= function[i].begin && pc < function[i].end)
			return &function[i];
	return NULL;
}

/* Instructions by their encodings (The RISC-V Instruction Set Manual). */
static bool is_atomic(uint32_t word)
{
	return (word & 0x7f) == 0x2f; /* the opcode AMO */
}

static bool is_swap_for_nothing(uint32_t word)
{
	return is_atomic(word) && word >> 27 == 1 && (word >> 7 & 31) == 0; /* AMOSWAP, rd is x0 */
}

static bool is_return(uint32_t word)
{
	return word == 0x8082 || word == 0x00008067; /* c.jr ra, jalr x0, 0(ra) */
}

static void watch_flow(struct qemu_plugin_insn *insn, uint32_t word, struct point *p)
{
	plugin_execute_fn *fn = word == 0x10500073 ? on_sleep /* wfi */
			      : word == 0x00000073 ? on_call  /* ecall */
			      : word == 0x30200073 ? on_mret
			      : word == 0x10200073 ? on_sret
						   : NULL;

	if (fn != NULL)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, fn, PLUGIN_NO_REGISTERS, p);
	if (p->function != NULL && p->pc == p->function->begin)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_enter, PLUGIN_NO_REGISTERS, p);
	if (p->function != NULL && is_return(word))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_leave, PLUGIN_NO_REGISTERS, p);
}

static void *kept(size_t size)
{
	void *memory = malloc(size);

	if (memory == NULL) {
		fprintf(stderr, "hartlock-observe: no memory\n");
		exit(1);
	}
	return memory;
}

static void on_translate(plugin_id id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	struct block *b = kept(sizeof(*b));
	struct point *point = kept(n * sizeof(*point));

	(void)id;
	*b = (struct block){qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, n - 1)),
			    (uint32_t)n};
	qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, PLUGIN_NO_REGISTERS, b);
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t pc = qemu_plugin_insn_vaddr(insn);
		uint32_t word = word_of(insn);

		point[i] = (struct point){pc, (uint32_t)(n - 1 - i), is_atomic(word),
					  is_swap_for_nothing(word), function_at(pc)};
		watch_flow(insn, word, &point[i]);
		qemu_plugin_register_vcpu_mem_cb(insn, on_access, PLUGIN_NO_REGISTERS,
						 PLUGIN_READS_AND_WRITES, &point[i]);
	}
}

/* Write a record, which each value begins with, to the list that `data` points to. */
static void write_record(const uint64_t key[TABLE_KEY], void *value, void *data)
{
	const enum list *list = data;

	(void)key;
	fwrite(value, size_of[*list], 1, file[*list]);
}

static void write_table(struct table *t, enum list list)
{
	table_each(t, write_record, &list);
}

static void close_files(void)
{
	bool failed = false;

	for (size_t i = 0; i < LISTS; i++) {
		failed |= ferror(file[i]) != 0;
		failed |= fclose(file[i]) != 0;
	}
	if (failed)
		fprintf(stderr, "hartlock-observe: the records could not all be written\n");
}

static void on_exit_of_qemu(plugin_id id, void *data)
{
	(void)id;
	(void)data;
	if (!begin())
		return;
	for (unsigned h = 0; h < WATCH_HARTS; h++) {
		watch_end(&watch, h, position[h].executed);
		if (position[h].executed != 0)
			fwrite(&watch.hart[h].r, sizeof(struct hart_record), 1, file[HARTS]);
	}
	write_table(&watch.words, WORDS);
	write_table(&watch.pairs, PAIRS);
	write_table(&watch.lines, LINES);
	close_files();
	watch_free(&watch);
	has_ended = true;
	end();
}

static bool open_files(const char *folder)
{
	char path[4096];

	for (size_t i = 0; i < LISTS; i++) {
		snprintf(path, sizeof(path), "%s/%s.bin", folder, name_of[i]);
		file[i] = fopen(path, "wb");
		if (file[i] == NULL) {
			perror(path);
			return false;
		}
	}
	return true;
}

/* Read one `kind=0xBEGIN:0xEND`. Returns false for what is none. */
static bool add_function(const char *argument, const char *kind, enum function_kind what)
{
	size_t length = strlen(kind);
	char *end_of = NULL;
	struct function *f = &function[functions];

	if (strncmp(argument, kind, length) != 0 || argument[length] != '=' ||
	    functions == FUNCTIONS)
		return false;
	f->kind = what;
	f->begin = strtoull(argument + length + 1, &end_of, 0);
	if (*end_of != ':')
		return false;
	f->end = strtoull(end_of + 1, &end_of, 0);
	functions++;
	return *end_of == '\0' && f->end > f->begin;
}

PLUGIN_EXPORT int qemu_plugin_install(plugin_id id, const struct plugin_info *info, int argc,
				      char **argv)
{
	bool is_automatic = false;
	const char *folder = NULL;

	api = info->version.cur;
	if (api > PLUGIN_API_NEWEST || strcmp(info->target_name, "riscv64") != 0) {
		fprintf(stderr,
			"hartlock-observe: plugin API %d of a QEMU for %s: APIs %d to %d of "
			"riscv64 are known\n",
			api, info->target_name, PLUGIN_API_OLDEST, PLUGIN_API_NEWEST);
		return 1;
	}
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "out=", 4) == 0)
			folder = argv[i] + 4;
		else if (strcmp(argv[i], "auto=on") == 0)
			is_automatic = true;
		else if (!add_function(argv[i], "takes", FUNCTION_TAKES) &&
			 !add_function(argv[i], "tries", FUNCTION_TRIES) &&
			 !add_function(argv[i], "letsgo", FUNCTION_LETS_GO)) {
			fprintf(stderr, "hartlock-observe: cannot read the argument %s\n", argv[i]);
			return 1;
		}
	}
	if (folder == NULL || !open_files(folder) ||
	    !watch_init(&watch, file[SECTIONS], is_automatic))
		return 1;
	watch.touches = file[TOUCHES];
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	qemu_plugin_register_atexit_cb(id, on_exit_of_qemu, NULL);
	return 0;
}
