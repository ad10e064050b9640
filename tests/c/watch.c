/* Tests what the watcher tells from harts' accesses: who has which lock, when, and what is none. */
#include <errno.h>

#include "../../observe/watch.h"
#include "check.h"

enum {
	TICKET = 0x1000,
	SERVING = 0x1004,
	COUNTER = 0x2000,
	DATA = 0x3000,
	TAKES_AT = 0x100,
	CODE = 0x500
};

static struct watch w;
static uint64_t now[WATCH_HARTS];

static void access_of(unsigned hart, uint64_t pc, uint64_t address, bool is_store, bool is_atomic)
{
	now[hart] += 10;
	watch_access(&w, hart,
		     &(struct access){.pc = pc,
				      .address = address,
				      .physical = address,
				      .now = now[hart],
				      .is_store = is_store,
				      .is_atomic = is_atomic});
}

static void amo(unsigned hart, uint64_t address)
{
	access_of(hart, CODE, address, false, true); /* QEMU reports both parts */
	access_of(hart, CODE, address, true, true);
}

static void load(unsigned hart, uint64_t address)
{
	access_of(hart, CODE + 4, address, false, false);
}

static void store(unsigned hart, uint64_t address)
{
	access_of(hart, CODE + 8, address, true, false);
}

static struct output sections;

static void end(void)
{
	if (sections.file == NULL)
		return;
	EXPECT_EQ(output_close(&sections), 0);
	watch_free(&w);
}

static void begin(void)
{
	end();
	sections = (struct output){.file = tmpfile(), .size = sizeof(struct section_record)};
	EXPECT(watch_init(&w, &sections, true));
	memset(now, 0, sizeof(now));
}

/* Returns the section record number `i`. */
static struct section_record section(size_t i)
{
	struct section_record r = {0};

	fflush(sections.file);
	EXPECT(fseek(sections.file, (long)(i * sizeof(r)), SEEK_SET) == 0);
	EXPECT(fread(&r, sizeof(r), 1, sections.file) == 1);
	fseek(sections.file, 0, SEEK_END);
	return r;
}

static struct word_record word_at(uint64_t address)
{
	return ((struct word *)table_at(&w.words, (uint64_t[TABLE_KEY]){address}))->r;
}

static void alone(void)
{
	struct section_record r;

	begin();
	amo(0, TICKET);
	load(0, SERVING);
	load(0, DATA);
	store(0, DATA);
	load(0, DATA + 64);
	store(0, SERVING);
	r = section(0);
	EXPECT_EQ(r.lock, TICKET);
	EXPECT_EQ(r.taken, 20);
	EXPECT_EQ(r.freed, 70);
	EXPECT_EQ(r.written, 1);
	EXPECT_EQ(r.read, 1);
	EXPECT_EQ(r.contended, 0);
	EXPECT_EQ(word_at(TICKET).freed, 1);
}

/* Harts 1 and 2 draw numbers while hart 0 has the lock; 1 is the next, 2 the last. */
static void waiters_take_in_turn(void)
{
	begin();
	amo(0, TICKET);
	load(0, DATA);
	amo(1, TICKET);
	amo(2, TICKET);
	for (int i = 0; i < 5; i++) {
		load(1, SERVING);
		load(2, SERVING);
	}
	store(0, SERVING);
	load(1, SERVING);
	load(2, SERVING);
	load(1, DATA);
	EXPECT_EQ(w.hart[2].held, 0);
	store(1, SERVING);
	load(2, DATA);
	store(2, SERVING);
	EXPECT_EQ(section(1).hart, 1);
	EXPECT_EQ(section(1).contended, 1);
	EXPECT_EQ(section(1).taken, now[1] - 10);
	EXPECT_EQ(section(2).hart, 2);
	EXPECT_EQ(word_at(TICKET).taken, 3);
	EXPECT_EQ(word_at(TICKET).freed, 3);
}

/* GCC makes an AMO of a release store, which throws its result away. */
static void let_go_by_an_amo_of_the_neighbour(void)
{
	struct access a = {.pc = CODE,
			   .address = SERVING,
			   .physical = SERVING,
			   .is_atomic = true,
			   .drops_result = true};

	begin();
	amo(0, TICKET);
	load(0, DATA);
	a.now = now[0] + 10;
	watch_access(&w, 0, &a);
	a.is_store = true;
	watch_access(&w, 0, &a);
	EXPECT_EQ(word_at(TICKET).freed, 1);
	EXPECT_EQ(w.words.entries, 1);
	watch_access(&w, 0, &a); /* a counter is that nobody has */
	EXPECT_EQ(word_at(TICKET).freed, 1);
}

/* Hart 1 loses, and goes on to other things: it never had the lock. */
static void who_gives_up_has_nothing(void)
{
	begin();
	amo(0, TICKET);
	load(0, DATA);
	amo(1, TICKET);
	load(1, DATA + 64);
	amo(1, TICKET);
	store(0, SERVING);
	EXPECT_EQ(word_at(TICKET).given_up, 1);
	EXPECT_EQ(word_at(TICKET).taken, 1);
}

static void a_counter_is_no_lock(void)
{
	begin();
	for (int i = 0; i < 100; i++) {
		amo(0, COUNTER);
		load(0, DATA);
	}
	EXPECT_EQ(word_at(COUNTER).freed, 0);
	EXPECT(word_at(COUNTER).again > 10);
	EXPECT_EQ(w.hart[0].held, 0); /* and it is not held any more */
}

static void a_trap_while_waiting(void)
{
	begin();
	amo(0, TICKET);
	load(0, DATA);
	amo(1, TICKET);
	load(1, SERVING);
	load(1, DATA + 640); /* the handler's */
	watch_return(&w, 1, LEVEL_SUPERVISOR, now[1]);
	load(1, SERVING);
	EXPECT_EQ(w.hart[1].held, 0);
	store(0, SERVING);
	load(1, SERVING);
	load(1, DATA);
	store(1, SERVING);
	EXPECT_EQ(word_at(TICKET).freed, 2);
	EXPECT_EQ(word_at(TICKET).given_up, 0);
}

/* A trap comes while the lock is held; then the release reads the word, as a waiter would. */
static void a_trap_while_held(void)
{
	begin();
	amo(0, TICKET);
	load(0, SERVING);
	load(0, DATA);
	load(0, DATA + 640); /* the handler's */
	watch_return(&w, 0, LEVEL_SUPERVISOR, now[0]);
	access_of(0, CODE + 40, SERVING, false, false);
	store(0, SERVING);
	EXPECT_EQ(section(0).taken, 20);
	EXPECT_EQ(section(0).trapped, 1);
}

/* A trap came while it had the lock. It reads the word later, where it had asked for it. */
static void who_let_it_go_waits_for_it_no_more(void)
{
	begin();
	amo(0, TICKET);
	load(0, DATA);
	watch_return(&w, 0, LEVEL_SUPERVISOR, now[0]);
	store(0, SERVING);
	load(0, TICKET);
	EXPECT(!watch_wants(&w, 0, DATA));
	EXPECT_EQ(word_at(TICKET).taken, 1);
	EXPECT_EQ(w.hart[0].held, 0);
}

static void pairs_are_noted(void)
{
	const struct pair_record *pair;

	begin();
	amo(3, TICKET);
	load(3, DATA);
	amo(3, COUNTER);
	load(3, DATA);
	pair = table_at(&w.pairs, (uint64_t[TABLE_KEY]){TICKET, COUNTER, TICKET, 3});
	EXPECT_EQ(pair->times, 1);
	store(3, COUNTER);
	store(3, SERVING);
	EXPECT_EQ(section(1).lock, TICKET);
}

static void enter(unsigned hart, const struct function *f, uint64_t site)
{
	watch_enter(&w, hart, f,
		    &(struct call){.site = site, .returns_to = site + 4, .now = now[hart]});
}

static void leave(unsigned hart, const struct function *f)
{
	watch_leave(&w, hart, f, RESULT_UNKNOWN, INTERRUPTS_UNKNOWN, f->begin + 40, now[hart]);
}

static const struct function takes = {FUNCTION_TAKES, TAKES_AT, TAKES_AT + 64},
			     frees = {FUNCTION_LETS_GO, TAKES_AT + 64, TAKES_AT + 128},
			     tries = {FUNCTION_TRIES, TAKES_AT + 128, TAKES_AT + 192};

/* A queue's lock: who takes it writes its tail, who lets it go writes elsewhere. */
static void functions_say_it_themselves(void)
{
	begin();
	for (unsigned hart = 0; hart < 2; hart++) {
		enter(hart, &takes, 0x900);
		access_of(hart, TAKES_AT + 8, TICKET, true, true);
		access_of(hart, TAKES_AT + 12, DATA + 64 * hart, false, false);
		if (hart == 1) { /* hart 0 lets go, by a store to hart 1's node */
			enter(0, &frees, 0x904);
			access_of(0, TAKES_AT + 72, DATA + 64, true, false);
			leave(0, &frees);
		}
		leave(hart, &takes);
	}
	EXPECT_EQ(section(0).hart, 0);
	EXPECT_EQ(section(0).site, 0x900);
	EXPECT_EQ(w.hart[1].held, 1);
	watch_end(&w, 1, now[1]);
	EXPECT_EQ(section(1).is_held, 1);
	EXPECT_EQ(section(1).contended, 1);
	EXPECT_EQ(word_at(TICKET).by_function, 1);
}

static void who_waits_for_itself(void)
{
	begin();
	enter(0, &takes, 0x900);
	access_of(0, TAKES_AT + 8, TICKET, true, true);
	leave(0, &takes);
	enter(0, &takes, 0x980);
	access_of(0, TAKES_AT + 8, TICKET, true, true);
	watch_end(&w, 0, now[0]);
	EXPECT_EQ(w.hart[0].r.wants, TICKET);
	EXPECT_EQ(w.hart[0].r.wants_site, 0x980);
	EXPECT_EQ(w.hart[0].r.had_site, 0x900);
}

/* Without functions, a hart draws a number while it has one, and reads the word for good. */
static void who_waits_for_itself_by_instructions(void)
{
	begin();
	amo(0, TICKET);
	load(0, DATA);
	amo(0, TICKET);
	load(0, SERVING);
	load(0, SERVING);
	load(0, SERVING);
	watch_end(&w, 0, now[0]);
	EXPECT_EQ(w.hart[0].r.wants, TICKET);
	EXPECT_EQ(w.hart[0].r.had_site, CODE);
}

/* It counts its calls before: where its argument is known, that is no lock. */
static void a_function_that_counts_before_it_takes(void)
{
	begin();
	watch_enter(&w, 0, &takes,
		    &(struct call){.site = 0x900, .returns_to = 0x904, .argument = TICKET});
	access_of(0, TAKES_AT + 8, COUNTER, true, true);
	access_of(0, TAKES_AT + 12, SERVING, true, true);
	access_of(0, TAKES_AT + 16, COUNTER + 64, true, true);
	leave(0, &takes);
	store(0, SERVING);
	EXPECT_EQ(section(0).lock, SERVING);
	EXPECT_EQ(word_at(COUNTER).taken, 0);
	EXPECT_EQ(word_at(SERVING).taken, 1);
}

/* Its slow path is another function, which writes the word again; the first instruction is a
 * loop's; and it comes back by another one's last instruction. */
static void a_function_that_calls_another(void)
{
	begin();
	enter(0, &takes, 0x900);
	access_of(0, TAKES_AT + 8, TICKET, true, true);
	watch_enter(&w, 0, &takes, &(struct call){.site = TAKES_AT + 20, .now = now[0]});
	access_of(0, 0x2000, TICKET, true, true);
	EXPECT(!watch_comes_back(&w, 0, 0x900));
	EXPECT(watch_comes_back(&w, 0, 0x904));
	watch_goes_on(&w, 0, 0x904, TAKES_AT + 40, now[0]);
	EXPECT(!watch_comes_back(&w, 0, 0x904));
	store(0, TICKET);
	EXPECT_EQ(word_at(TICKET).taken, 1);
	EXPECT_EQ(word_at(TICKET).freed, 1);
	EXPECT_EQ(word_at(TICKET).again, 0);
	EXPECT_EQ(section(0).site, 0x900);
}

/* Takes the lock, writes a line, reads another, and lets the lock go. */
static void one_section(unsigned hart)
{
	amo(hart, TICKET);
	load(hart, SERVING);
	store(hart, DATA);
	load(hart, DATA + 64);
	store(hart, SERVING);
}

static void lines_are_kept_of_some_sections(void)
{
	enum {
		RUN = 32,
		SECTIONS = 48 * RUN
	}; /* run 16 and every second one behind it; 32, 36, 40, 44 */
	struct touch_record r[4];
	struct output touches = {.file = tmpfile(), .size = sizeof(r[0])};
	size_t kept = 0;
	uint64_t last = 0;

	begin();
	w.touches = &touches;
	for (unsigned i = 0; i < SECTIONS; i++)
		one_section(0);
	rewind(touches.file);
	EXPECT(fread(r, sizeof(*r), 4, touches.file) == 4);
	EXPECT_EQ(r[0].section, 0);
	EXPECT_EQ(r[0].address, DATA + 64); /* in no order that means anything */
	EXPECT_EQ(r[0].wrote, 0);
	EXPECT_EQ(r[1].address, DATA);
	EXPECT_EQ(r[1].wrote, 1);
	EXPECT_EQ(r[2].section, 1);
	rewind(touches.file);
	for (; fread(r, sizeof(*r), 1, touches.file) == 1; kept++)
		last = r->section;
	EXPECT_EQ(kept, (16 + 8 + 4) * RUN * 2);
	EXPECT_EQ(last, 45 * RUN - 1);
	EXPECT_EQ(sections.handed, SECTIONS);
	EXPECT_EQ(output_close(&touches), 0);
}

/* The result says whether it got the lock, where registers can be read. */
static void a_function_that_tries(void)
{
	static const enum result results[] = {RESULT_FAILED, RESULT_GOT_IT, RESULT_UNKNOWN};

	begin();
	for (unsigned i = 0; i < 3; i++) {
		enter(0, &tries, 0x900);
		access_of(0, tries.begin + 8, TICKET, i == 0, true);
		watch_leave(&w, 0, &tries, results[i], INTERRUPTS_ON, tries.begin + 40, now[0]);
		EXPECT_EQ(w.hart[0].held, i == 1);
		store(0, TICKET);
	}
	EXPECT_EQ(word_at(TICKET).tries, 3);
	EXPECT_EQ(word_at(TICKET).failed, 2);
	EXPECT_EQ(section(0).interrupts, INTERRUPTS_ON);
	EXPECT_EQ(section(0).tried, 1);
}

/* QEMU reports an SC that found another value as a store, too. The LR behind it says that it
 * failed. */
static void a_try_whose_sc_failed(void)
{
	static const bool is_store[] = {false, true, false};

	begin();
	enter(0, &tries, 0x900);
	for (unsigned i = 0; i < 3; i++)
		access_of(0, tries.begin + 8, TICKET, is_store[i], true);
	leave(0, &tries);
	EXPECT_EQ(w.hart[0].held, 0);
	EXPECT_EQ(word_at(TICKET).failed, 1);
}

/* A hart whose release was not seen has the lock once all the same. */
static void who_takes_again_has_it_once(void)
{
	begin();
	for (unsigned i = 0; i < 2; i++) {
		enter(0, &takes, 0x900 + 0x10 * i);
		access_of(0, TAKES_AT + 8, TICKET, true, true);
		leave(0, &takes);
	}
	EXPECT_EQ(w.hart[0].held, 1);
	store(0, TICKET);
	EXPECT_EQ(section(0).site, 0x910);
}

/* A count of references: the last one goes, and much later the object is made anew. */
static void what_is_kept_while_a_user_runs_is_no_lock(void)
{
	begin();
	amo(0, COUNTER);
	load(0, DATA);
	watch_call(&w, 0, now[0]);
	watch_cause(&w, 0, LEVEL_SUPERVISOR, CAUSE_UNKNOWN, now[0]);
	store(0, COUNTER);
	EXPECT_EQ(w.hart[0].held, 0);
	EXPECT_EQ(word_at(COUNTER).freed, 0);
	EXPECT_EQ(sections.handed, 0);
}

/* A trap that the firmware handles does not come to the kernel's code, but to its own. */
static void a_trap_of_the_firmware(void)
{
	begin();
	watch_cause(&w, 0, LEVEL_SUPERVISOR, CAUSE_INTERRUPT, now[0]);
	watch_return(&w, 0, LEVEL_SUPERVISOR, now[0]);
	amo(0, TICKET);
	load(0, DATA);
	watch_cause(&w, 0, LEVEL_MACHINE, CAUSE_INTERRUPT, now[0]);
	amo(0, COUNTER);
	load(0, DATA);
	watch_return(&w, 0, LEVEL_MACHINE, now[0]);
	watch_cause(&w, 0, LEVEL_MACHINE, CAUSE_INTERRUPT, now[0]);
	store(0, COUNTER);
	watch_return(&w, 0, LEVEL_MACHINE, now[0]);
	store(0, SERVING);
	EXPECT_EQ(section(0).trapped, 1);
	EXPECT_EQ(section(1).lock, TICKET);
	EXPECT_EQ(section(1).trapped, 0);
}

enum {
	ALLOCATES_FOR = 0x800,
	INNER = 0x840
}; /* where calls of functions that allocate return to */

/* Takes a lock and lets it go. Returns the bytes that its hart had asked for then. */
static uint64_t bytes_of_a_section(void)
{
	size_t i = sections.handed;

	amo(0, TICKET);
	load(0, DATA);
	store(0, SERVING);
	return section(i).bytes;
}

static void what_is_asked_for_is_of_the_sections_inside(void)
{
	begin();
	EXPECT_EQ(bytes_of_a_section(), 0);
	watch_request(&w, 0, 24, ALLOCATES_FOR);
	EXPECT_EQ(bytes_of_a_section(), 24);
	watch_request(&w, 0, 4096, INNER); /* it has no memory itself, and asks for a page */
	EXPECT_EQ(bytes_of_a_section(), 4096);
	watch_goes_on(&w, 0, INNER, CODE, now[0]);
	EXPECT_EQ(bytes_of_a_section(), 24);
	watch_request(&w, 0, 64, ALLOCATES_FOR); /* by a jump at its end: both come back at once */
	EXPECT_EQ(bytes_of_a_section(), 64);
	watch_cause(&w, 0, LEVEL_SUPERVISOR, CAUSE_INTERRUPT, now[0]);
	EXPECT_EQ(bytes_of_a_section(), 0);
	watch_return(&w, 0, LEVEL_SUPERVISOR, now[0]);
	EXPECT_EQ(bytes_of_a_section(), 64);
	watch_goes_on(&w, 0, ALLOCATES_FOR, CODE, now[0]);
	EXPECT_EQ(bytes_of_a_section(), 0);
	for (unsigned i = 0; i <= WATCH_REQUESTS; i++) /* they never come back */
		watch_request(&w, 0, 1 + i, ALLOCATES_FOR + 8 * i);
	EXPECT_EQ(bytes_of_a_section(), 1 + WATCH_REQUESTS);
}

static void a_handler_takes_a_lock(void)
{
	begin();
	amo(0, TICKET);
	load(0, DATA);
	watch_cause(&w, 0, LEVEL_SUPERVISOR, CAUSE_INTERRUPT, now[0]);
	watch_cause(&w, 0, LEVEL_SUPERVISOR, CAUSE_INTERRUPT, now[0]); /* read twice */
	watch_call(&w, 0, now[0]);
	watch_cause(&w, 0, LEVEL_MACHINE, CAUSE_CALL, now[0]);
	watch_return(&w, 0, LEVEL_MACHINE, now[0]);
	amo(0, COUNTER);
	load(0, DATA);
	store(0, COUNTER);
	watch_return(&w, 0, LEVEL_SUPERVISOR, now[0]);
	store(0, SERVING);
	EXPECT_EQ(section(0).handler, CAUSE_INTERRUPT);
	EXPECT_EQ(section(0).trapped, 0);
	EXPECT_EQ(section(1).handler, CAUSE_NONE);
	EXPECT_EQ(section(1).trapped, 1);
	EXPECT_EQ(section(1).interrupted, 1);
	EXPECT_EQ(section(1).called, 0);
}

/* An ECALL is no trap that came; the firmware's instructions are told apart. */
static void a_call_while_held(void)
{
	begin();
	amo(0, TICKET);
	load(0, DATA);
	watch_call(&w, 0, now[0]);
	watch_cause(&w, 0, LEVEL_MACHINE, CAUSE_UNKNOWN, now[0]);
	load(0, DATA);
	watch_return(&w, 0, LEVEL_MACHINE, now[0]);
	store(0, SERVING);
	EXPECT_EQ(section(0).called, 1);
	EXPECT_EQ(section(0).trapped, 0);
	EXPECT_EQ(section(0).firmware, 10);
	EXPECT_EQ(word_at(TICKET).writes, 1);
	EXPECT_EQ(word_at(TICKET).harts, 1);
}

/* A flag that is set for good must not cost for ever. */
static void later_accesses_of_a_section_are_not_looked_at(void)
{
	begin();
	EXPECT(!watch_wants(&w, 0, DATA));
	amo(0, TICKET);
	for (unsigned i = 0; i <= LINES_ACCESSES; i++)
		load(0, DATA);
	EXPECT(!watch_wants(&w, 0, DATA + 64));
	EXPECT(watch_wants(&w, 0, SERVING));
	store(0, DATA + 64);
	store(0, SERVING);
	EXPECT_EQ(section(0).read, 1);
	EXPECT_EQ(section(0).written, 0);
	amo(0, TICKET);
	load(0, DATA);
	EXPECT(watch_wants(&w, 0, DATA));
	store(0, SERVING);
	for (unsigned i = 0; i < 2; i++) {
		amo(0, TICKET);
		for (uint64_t line = 0; line < 2 * LINES_MOST; line++)
			store(0, DATA + LINE_BYTES * line * (1 + i * LINES_SLOTS));
		store(0, SERVING);
		EXPECT_EQ(section(2 + i).written, LINES_MOST);
	}
}

static void what_could_not_be_written_is_counted(void)
{
	struct output full;
	char record[4096] = {0};

	EXPECT(output_open(&full, "/dev/full", sizeof(record)));
	for (int i = 0; i < 3; i++)
		output_put(&full, record);
	EXPECT_EQ(output_close(&full), 3);
	EXPECT_EQ(full.error, ENOSPC);
}

int main(void)
{
	lines_are_kept_of_some_sections();
	alone();
	waiters_take_in_turn();
	let_go_by_an_amo_of_the_neighbour();
	who_gives_up_has_nothing();
	a_counter_is_no_lock();
	a_trap_while_waiting();
	a_trap_while_held();
	who_let_it_go_waits_for_it_no_more();
	pairs_are_noted();
	functions_say_it_themselves();
	who_waits_for_itself();
	who_waits_for_itself_by_instructions();
	a_function_that_counts_before_it_takes();
	a_function_that_calls_another();
	a_function_that_tries();
	what_is_asked_for_is_of_the_sections_inside();
	a_try_whose_sc_failed();
	who_takes_again_has_it_once();
	what_is_kept_while_a_user_runs_is_no_lock();
	a_trap_of_the_firmware();
	a_handler_takes_a_lock();
	a_call_while_held();
	later_accesses_of_a_section_are_not_looked_at();
	what_could_not_be_written_is_counted();
	end();
	return check_status();
}
