/* plugin.c: watches any riscv64 image that QEMU runs, unmodified, and writes what its harts did
 * with locks into files of records (records.def).
 *
 *     -plugin hartlock-observe.so,out=DIR[,auto=on][,takes=0xBEGIN:0xEND,tries=...,letsgo=...]
 *         [,allocates=0xBEGIN:ARGUMENT:UNIT][,phase=0xADDRESS][,quiet=0xBEGIN:0xEND]
 *
 * `auto=on` takes note of atomic instructions everywhere, but for the code that `quiet` names;
 * `takes`, `tries` and `letsgo` name functions by their addresses. `allocates` names one that is
 * asked for memory: by its argument number 0 to 7, in bytes, pages, or as the order of a number of
 * pages. When a hart comes to the address of a `phase` for the first time, that phase begins. The
 * host program knows the symbols, and what a record means.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin-api.h"
#include "registers.h"
#include "watch.h"

enum { FUNCTIONS = 256, ALLOCATORS = 64, PHASES_MOST = 64, QUIET = 16 };
enum unit { BYTES, PAGES, ORDER, UNITS };
enum list { SECTIONS, WORDS, PAIRS, LINES, HARTS, TOUCHES, PHASES, TRIED_LOCKS, LISTS };

PLUGIN_EXPORT int qemu_plugin_version = PLUGIN_API_OLDEST;

/* QEMU 7.2 knows no plugins that are made for API 2, and QEMU 10.0 none for API 1. */
__attribute__((constructor)) static void choose_api(void)
{
	if (qemu_plugin_get_registers != NULL)
		qemu_plugin_version = PLUGIN_API_RENEWED;
}

/* An instruction that is watched. */
struct point {
	uint64_t pc;
	uint32_t behind; /* instructions of its block that come after it */
	bool is_atomic, drops_result;
	const struct function *function;
};

/* A function that is asked for memory. */
struct allocator {
	uint64_t begin; /* the virtual address of its first byte */
	unsigned argument;
	enum unit unit;
};

/* An address at which a phase begins. */
struct mark {
	uint64_t pc;
	bool has_begun;
};

struct block {
	uint64_t first, last; /* addresses of its first and its last instruction */
	uint64_t behind;      /* the address behind it, which a call at its end returns to */
	uint32_t instructions;
};

/* The block that a hart executes, which only the hart's own thread touches. */
struct position {
	uint64_t executed; /* instructions, up to the end of the block */
	const struct block *block, *before;
	char pad[64 - 3 * sizeof(uint64_t)];
};

static struct watch watch;
static struct position position[WATCH_HARTS];
static struct function function[FUNCTIONS];
static size_t functions;
static struct allocator allocator[ALLOCATORS];
static size_t allocators;
static struct mark mark[PHASES_MOST];
static size_t marks;
static const char *const unit_name[UNITS] = {"bytes", "pages", "order"};
static struct span {
	uint64_t begin, end;
} quiet[QUIET]; /* code whose atomic instructions outside the functions take no lock */
static size_t quiets;
static int api;
static bool has_ended;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static const char *const name_of[LISTS] = {"section", "word",  "pair",  "line",
					   "hart",    "touch", "phase", "tried"};
static const size_t size_of[LISTS] = {sizeof(struct section_record), sizeof(struct word_record),
				      sizeof(struct pair_record),    sizeof(struct line_record),
				      sizeof(struct hart_record),    sizeof(struct touch_record),
				      sizeof(struct phase_record),   sizeof(struct tried_record)};
static struct output output[LISTS];

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

static void come_back(unsigned hart, uint64_t pc, const struct position *p)
{
	if (!begin())
		return;
	watch_goes_on(&watch, hart, pc, p->block->last, p->executed);
	end();
}

static void on_block(unsigned hart, void *data)
{
	const struct block *b = data;
	struct position *p = &position[hart];

	if (watch_comes_back(&watch, hart, b->first))
		come_back(hart, b->first, p);
	p->executed += b->instructions;
	p->before = p->block;
	p->block = b;
}

static enum interrupts interrupts(unsigned hart)
{
	enum { MACHINE = 3, SIE = 1 << 1, MIE = 1 << 3 };
	bool is_machine;

	if (!registers_are_known(hart))
		return INTERRUPTS_UNKNOWN;
	is_machine = register_of(hart, REGISTER_PRIV) == MACHINE;
	return register_of(hart, REGISTER_MSTATUS) & (is_machine ? MIE : SIE) ? INTERRUPTS_ON
									      : INTERRUPTS_OFF;
}

static uint64_t physical(uint32_t info, uint64_t address)
{
	struct qemu_plugin_hwaddr *at = qemu_plugin_get_hwaddr(info, address);

	return at != NULL ? qemu_plugin_hwaddr_phys_addr(at) : address;
}

static void on_shared_access(unsigned hart, const struct access *a)
{
	if (!begin())
		return;
	watch_access(&watch, hart, a);
	end();
}

static struct access access_at(unsigned hart, const struct point *p, uint64_t address)
{
	return (struct access){.pc = p->pc, .address = address, .now = now(hart, p)};
}

/* (QEMU 7.2 mixes callbacks for loads alone and for stores alone up, so this is for both.) */
static void on_access(unsigned hart, uint32_t info, uint64_t address, void *data)
{
	struct access a;

	if (!watch_wants(&watch, hart, address))
		return;
	a = access_at(hart, data, address);
	a.is_store = qemu_plugin_mem_is_store(info);
	switch (watch_interest(&watch, hart, &a)) {
	case ACCESS_SAYS_NOTHING:
		return;
	case ACCESS_IS_PRIVATE:
		watch_access(&watch, hart, &a);
		return;
	case ACCESS_IS_SHARED:
		on_shared_access(hart, &a);
	}
}

/* An atomic instruction makes two accesses, or one. */
static void on_atomic(unsigned hart, uint32_t info, uint64_t address, void *data)
{
	const struct point *p = data;
	struct access a = access_at(hart, p, address);

	a.is_atomic = true;
	a.is_store = qemu_plugin_mem_is_store(info);
	a.drops_result = p->drops_result;
	a.physical = physical(info, address);
	if (a.is_store && !a.drops_result) /* it may take a lock; to read registers takes long */
		a.interrupts = interrupts(hart);
	on_shared_access(hart, &a);
}

static void on_enter(unsigned hart, void *data)
{
	const struct point *p = data;
	const struct block *before = position[hart].before;
	struct call call = {.now = now(hart, p)};

	if (before != NULL) {
		call.site = before->last;
		call.returns_to = before->behind;
	}
	if (registers_are_known(hart)) {
		if (p->function->kind != FUNCTION_LETS_GO)
			call.argument = register_of(hart, REGISTER_A0);
		call.returns_to = register_of(hart, REGISTER_RA);
		if (before == NULL || call.returns_to != before->behind) /* not by a call */
			call.site = call.returns_to - 2;
	}
	if (!begin())
		return;
	watch_enter(&watch, hart, p->function, &call);
	end();
}

/* Returns what a function that tries returns. */
static enum result result_of(unsigned hart)
{
	if (!registers_are_known(hart))
		return RESULT_UNKNOWN;
	return (uint32_t)register_of(hart, REGISTER_A0) ? RESULT_GOT_IT : RESULT_FAILED;
}

static void on_leave(unsigned hart, void *data)
{
	const struct point *p = data;
	enum function_kind kind = p->function->kind;
	enum result result = kind == FUNCTION_TRIES ? result_of(hart) : RESULT_UNKNOWN;
	enum interrupts on = kind == FUNCTION_LETS_GO ? INTERRUPTS_UNKNOWN : interrupts(hart);

	if (!begin())
		return;
	watch_leave(&watch, hart, p->function, result, on, p->pc, now(hart, p));
	end();
}

static uint64_t bytes_of(uint64_t asked, enum unit unit)
{
	enum { PAGE_BITS = 12, MOST_BITS = 63 };

	if (unit == BYTES)
		return asked;
	if (unit == PAGES)
		return asked << PAGE_BITS;
	return (uint64_t)1 << (asked < MOST_BITS - PAGE_BITS ? asked + PAGE_BITS : MOST_BITS);
}

static void on_request(unsigned hart, void *data)
{
	const struct allocator *a = data;

	if (registers_are_known(hart))
		watch_request(&watch, hart,
			      bytes_of(register_of(hart, REGISTER_A0 + a->argument), a->unit),
			      register_of(hart, REGISTER_RA));
}

static void write_tried(const uint64_t key[TABLE_KEY], void *value, void *data)
{
	const struct mark *m = data;
	const struct word *word = value;
	struct tried_record r = {m->pc, word->r.lock, word->r.tries, word->r.failed};

	(void)key;
	if (r.tries != 0)
		output_put(&output[TRIED_LOCKS], &r);
}

/* A phase begins. The other harts' instructions are as they have told them: up to the end of the
 * block that they are in. */
static void begin_phase(struct mark *m)
{
	m->has_begun = true;
	for (unsigned h = 0; h < WATCH_HARTS; h++) {
		struct phase_record r = {m->pc, h,
					 __atomic_load_n(&position[h].executed, __ATOMIC_RELAXED)};

		if (r.instructions != 0)
			output_put(&output[PHASES], &r);
	}
	table_each(&watch.words, write_tried, m);
}

static void on_mark(unsigned hart, void *data)
{
	struct mark *m = data;

	(void)hart;
	if (__atomic_load_n(&m->has_begun, __ATOMIC_RELAXED) || !begin())
		return;
	if (!m->has_begun)
		begin_phase(m);
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
	watch_return(&watch, hart, LEVEL_MACHINE, now(hart, data));
}

static void on_sret(unsigned hart, void *data)
{
	watch_return(&watch, hart, LEVEL_SUPERVISOR, now(hart, data));
}

static enum cause cause_in(unsigned hart, enum known_register which)
{
	enum { CALL_OF_USER = 8, CALL_OF_MACHINE = 11 };
	uint64_t value = register_of(hart, which);

	if (!registers_are_known(hart))
		return CAUSE_UNKNOWN;
	if (value >> 63)
		return CAUSE_INTERRUPT;
	return value >= CALL_OF_USER && value <= CALL_OF_MACHINE ? CAUSE_CALL : CAUSE_EXCEPTION;
}

static void on_scause(unsigned hart, void *data)
{
	watch_cause(&watch, hart, LEVEL_SUPERVISOR, cause_in(hart, REGISTER_SCAUSE),
		    now(hart, data));
}

static void on_mcause(unsigned hart, void *data)
{
	watch_cause(&watch, hart, LEVEL_MACHINE, cause_in(hart, REGISTER_MCAUSE), now(hart, data));
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

static bool is_quiet(uint64_t pc)
{
	for (size_t i = 0; i < quiets; i++)
		if (pc >= quiet[i].begin && pc < quiet[i].end)
			return true;
	return false;
}

/* Instructions by their encodings (The RISC-V Instruction Set Manual). */
static bool is_atomic(uint32_t word)
{
	return (word & 0x7f) == 0x2f; /* the opcode AMO */
}

/* True for an atomic instruction that may take a lock, or try to. */
static bool may_take(uint32_t word, const struct function *f, uint64_t pc)
{
	return is_atomic(word) && (f != NULL || !is_quiet(pc));
}

static bool drops_result(uint32_t word)
{
	enum { LR = 2, SC = 3 };
	uint32_t what = word >> 27, rd = word >> 7 & 31;

	return is_atomic(word) && rd == 0 && what != LR && what != SC;
}

static bool is_return(uint32_t word)
{
	return word == 0x8082 || word == 0x00008067; /* c.jr ra, jalr x0, 0(ra) */
}

static plugin_execute_fn *callback_of(uint32_t word)
{
	enum { WFI = 0x10500073, ECALL = 0x73, MRET = 0x30200073, SRET = 0x10200073 };
	enum { ANY_RD = 0xf80, READ_SCAUSE = 0x14202073, READ_MCAUSE = 0x34202073 };

	switch (word) {
	case WFI:
		return on_sleep;
	case ECALL:
		return on_call;
	case MRET:
		return on_mret;
	case SRET:
		return on_sret;
	}
	return (word & ~ANY_RD) == READ_SCAUSE ? on_scause
	     : (word & ~ANY_RD) == READ_MCAUSE ? on_mcause
					       : NULL;
}

static int reads_registers(void)
{
	return api >= PLUGIN_API_REGISTERS ? PLUGIN_READS_REGISTERS : PLUGIN_NO_REGISTERS;
}

/* Watch the calls of a function that allocates, whose first instruction this is. */
static void watch_requests(struct qemu_plugin_insn *insn, uint64_t pc)
{
	if (api < PLUGIN_API_REGISTERS)
		return;
	for (size_t i = 0; i < allocators; i++)
		if (allocator[i].begin == pc)
			qemu_plugin_register_vcpu_insn_exec_cb(
				insn, on_request, PLUGIN_READS_REGISTERS, &allocator[i]);
}

static void watch_marks(struct qemu_plugin_insn *insn, uint64_t pc)
{
	for (size_t i = 0; i < marks; i++)
		if (mark[i].pc == pc)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mark, PLUGIN_NO_REGISTERS,
							       &mark[i]);
}

static void watch_flow(struct qemu_plugin_insn *insn, uint32_t word, struct point *p)
{
	plugin_execute_fn *fn = callback_of(word);

	if (fn != NULL)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, fn, reads_registers(), p);
	if (p->function != NULL && p->pc == p->function->begin)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_enter, reads_registers(), p);
	if (p->function != NULL && is_return(word))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_leave, reads_registers(), p);
}

/* Returns memory that is never given back, for code that is translated may run until the end. What
 * is asked for lies close together: most time goes with fetching it. Harts translate at once. */
static void *kept(size_t size)
{
	enum { CHUNK = 1 << 16, ALIGNMENT = 32 };
	static __thread char *chunk;
	static __thread size_t left;
	size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	char *memory;

	if (left < rounded) {
		left = rounded > CHUNK ? rounded : CHUNK;
		chunk = aligned_alloc(ALIGNMENT, left);
		if (chunk == NULL) {
			fprintf(stderr, "hartlock-observe: no memory\n");
			exit(1);
		}
	}
	memory = chunk;
	chunk += rounded;
	left -= rounded;
	return memory;
}

static struct block block_of(const struct qemu_plugin_tb *tb, size_t n)
{
	const struct qemu_plugin_insn *last = qemu_plugin_tb_get_insn(tb, n - 1);
	uint64_t at = qemu_plugin_insn_vaddr(last);

	return (struct block){.first = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0)),
			      .last = at,
			      .behind = at + qemu_plugin_insn_size(last),
			      .instructions = (uint32_t)n};
}

static void on_translate(plugin_id id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	struct block *b = kept(sizeof(*b));
	struct point *point = kept(n * sizeof(*point));

	(void)id;
	*b = block_of(tb, n);
	qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, PLUGIN_NO_REGISTERS, b);
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t pc = qemu_plugin_insn_vaddr(insn);
		uint32_t word = word_of(insn);

		point[i] = (struct point){pc, (uint32_t)(n - 1 - i),
					  may_take(word, function_at(pc), pc), drops_result(word),
					  function_at(pc)};
		watch_flow(insn, word, &point[i]);
		watch_requests(insn, pc);
		watch_marks(insn, pc);
		qemu_plugin_register_vcpu_mem_cb(insn, point[i].is_atomic ? on_atomic : on_access,
						 point[i].is_atomic ? reads_registers()
								    : PLUGIN_NO_REGISTERS,
						 PLUGIN_READS_AND_WRITES, &point[i]);
	}
}

/* Write a record, which each value begins with, to the list that `data` points to. */
static void write_record(const uint64_t key[TABLE_KEY], void *value, void *data)
{
	const enum list *list = data;

	(void)key;
	output_put(&output[*list], value);
}

static void write_table(struct table *t, enum list list)
{
	table_each(t, write_record, &list);
}

/* The host program looks for these lines. */
static void close_outputs(void)
{
	for (size_t i = 0; i < LISTS; i++) {
		uint64_t lost = output_close(&output[i]);

		if (lost != 0)
			fprintf(stderr,
				"hartlock-observe: %" PRIu64 " of %" PRIu64
				" %s records could not be written: %s\n",
				lost, output[i].handed, name_of[i], strerror(output[i].error));
	}
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
			output_put(&output[HARTS], &watch.hart[h].r);
	}
	write_table(&watch.words, WORDS);
	write_table(&watch.pairs, PAIRS);
	write_table(&watch.lines, LINES);
	close_outputs();
	watch_free(&watch);
	has_ended = true;
	end();
}

static bool open_outputs(const char *folder)
{
	char path[4096];

	for (size_t i = 0; i < LISTS; i++) {
		snprintf(path, sizeof(path), "%s/%s.bin", folder, name_of[i]);
		if (!output_open(&output[i], path, size_of[i])) {
			perror(path);
			return false;
		}
	}
	return true;
}

static void on_hart(plugin_id id, unsigned hart)
{
	(void)id;
	if (hart < WATCH_HARTS)
		registers_find(hart);
}

/* Read one `name=0xBEGIN:0xEND`. Returns false for what is none. */
static bool read_span(const char *argument, const char *name, struct span *span)
{
	size_t length = strlen(name);
	char *end_of = NULL;

	if (strncmp(argument, name, length) != 0 || argument[length] != '=')
		return false;
	span->begin = strtoull(argument + length + 1, &end_of, 0);
	if (*end_of != ':')
		return false;
	span->end = strtoull(end_of + 1, &end_of, 0);
	return *end_of == '\0' && span->end > span->begin;
}

static bool add_function(const char *argument, const char *kind, enum function_kind what)
{
	struct span span;

	if (functions == FUNCTIONS || !read_span(argument, kind, &span))
		return false;
	function[functions++] = (struct function){what, span.begin, span.end};
	return true;
}

static bool add_quiet(const char *argument)
{
	if (quiets == QUIET || !read_span(argument, "quiet", &quiet[quiets]))
		return false;
	quiets++;
	return true;
}

static bool read_unit(const char *word, enum unit *unit)
{
	for (unsigned i = 0; i < UNITS; i++) {
		*unit = i;
		if (strcmp(word, unit_name[i]) == 0)
			return true;
	}
	return false;
}

/* Read one `allocates=0xBEGIN:ARGUMENT:UNIT`. Returns false for what is none. */
static bool add_allocator(const char *argument)
{
	static const char kind[] = "allocates=";
	struct allocator *a = &allocator[allocators];
	char *rest = NULL;

	if (strncmp(argument, kind, sizeof(kind) - 1) != 0 || allocators == ALLOCATORS)
		return false;
	a->begin = strtoull(argument + sizeof(kind) - 1, &rest, 0);
	if (*rest != ':')
		return false;
	a->argument = (unsigned)strtoul(rest + 1, &rest, 10);
	if (*rest != ':' || a->argument > REGISTER_A7 - REGISTER_A0)
		return false;
	allocators++;
	return read_unit(rest + 1, &a->unit);
}

/* Read one `phase=0xADDRESS`. Returns false for what is none. */
static bool add_mark(const char *argument)
{
	static const char kind[] = "phase=";
	char *rest = NULL;

	if (strncmp(argument, kind, sizeof(kind) - 1) != 0 || marks == PHASES_MOST)
		return false;
	mark[marks++].pc = strtoull(argument + sizeof(kind) - 1, &rest, 0);
	return *rest == '\0';
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
	if (info->system.max_vcpus > WATCH_HARTS) {
		fprintf(stderr, "hartlock-observe: %d harts: at most %d can be watched\n",
			info->system.max_vcpus, WATCH_HARTS);
		return 1;
	}
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "out=", 4) == 0)
			folder = argv[i] + 4;
		else if (strcmp(argv[i], "auto=on") == 0)
			is_automatic = true;
		else if (!add_function(argv[i], "takes", FUNCTION_TAKES) &&
			 !add_function(argv[i], "tries", FUNCTION_TRIES) &&
			 !add_function(argv[i], "letsgo", FUNCTION_LETS_GO) &&
			 !add_allocator(argv[i]) && !add_mark(argv[i]) && !add_quiet(argv[i])) {
			fprintf(stderr, "hartlock-observe: cannot read the argument %s\n", argv[i]);
			return 1;
		}
	}
	if (folder == NULL || !open_outputs(folder) ||
	    !watch_init(&watch, &output[SECTIONS], is_automatic))
		return 1;
	watch.touches = &output[TOUCHES];
	if (api >= PLUGIN_API_REGISTERS)
		qemu_plugin_register_vcpu_init_cb(id, on_hart);
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	qemu_plugin_register_atexit_cb(id, on_exit_of_qemu, NULL);
	return 0;
}
