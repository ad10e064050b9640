/* Tests what the watcher tells from harts' accesses: who has which lock, when, and what is none. */
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

static void end(void)
{
	if (w.sections == NULL)
		return;
	fclose(w.sections);
	watch_free(&w);
}

static void begin(void)
{
	end();
	EXPECT(watch_init(&w, tmpfile(), true));
	memset(now, 0, sizeof(now));
}

/* Returns the section record number `i`. */
static struct section_record section(size_t i)
{
	struct section_record r = {0};

	fflush(w.sections);
	EXPECT(fseek(w.sections, (long)(i * sizeof(r)), SEEK_SET) == 0);
	EXPECT(fread(&r, sizeof(r), 1, w.sections) == 1);
	fseek(w.sections, 0, SEEK_END);
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
	watch_return(&w, 1, false, now[1]);
	load(1, SERVING);
	EXPECT_EQ(w.hart[1].held, 0);
	store(0, SERVING);
	load(1, SERVING);
	load(1, DATA);
	store(1, SERVING);
	EXPECT_EQ(word_at(TICKET).freed, 2);
	EXPECT_EQ(word_at(TICKET).given_up, 0);
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

/* A queue's lock: who takes it writes its tail, who lets it go writes elsewhere. */
static void functions_say_it_themselves(void)
{
	static const struct function takes = {FUNCTION_TAKES, TAKES_AT, TAKES_AT + 64},
				     frees = {FUNCTION_LETS_GO, TAKES_AT + 64, TAKES_AT + 128};

	begin();
	for (unsigned hart = 0; hart < 2; hart++) {
		watch_enter(&w, hart, &takes, 0x900, now[hart]);
		access_of(hart, TAKES_AT + 8, TICKET, true, true);
		access_of(hart, TAKES_AT + 12, DATA + 64 * hart, false, false);
		if (hart == 1) { /* hart 0 lets go, by a store to hart 1's node */
			watch_enter(&w, 0, &frees, 0x904, now[0]);
			access_of(0, TAKES_AT + 72, DATA + 64, true, false);
			watch_leave(&w, 0, &frees, TAKES_AT + 80, now[0]);
		}
		watch_leave(&w, hart, &takes, TAKES_AT + 40, now[hart]);
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
	static const struct function takes = {FUNCTION_TAKES, TAKES_AT, TAKES_AT + 64};

	begin();
	watch_enter(&w, 0, &takes, 0x900, now[0]);
	access_of(0, TAKES_AT + 8, TICKET, true, true);
	watch_leave(&w, 0, &takes, TAKES_AT + 40, now[0]);
	watch_enter(&w, 0, &takes, 0x980, now[0]);
	access_of(0, TAKES_AT + 8, TICKET, true, true);
	watch_end(&w, 0, now[0]);
	EXPECT_EQ(w.hart[0].r.wants, TICKET);
	EXPECT_EQ(w.hart[0].r.wants_site, 0x980);
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
	size_t kept = 0;
	uint64_t last = 0;

	begin();
	w.touches = tmpfile();
	for (unsigned i = 0; i < SECTIONS; i++)
		one_section(0);
	rewind(w.touches);
	EXPECT(fread(r, sizeof(*r), 4, w.touches) == 4);
	EXPECT_EQ(r[0].section, 0);
	EXPECT_EQ(r[0].address, DATA);
	EXPECT_EQ(r[0].wrote, 1);
	EXPECT_EQ(r[1].address, DATA + 64);
	EXPECT_EQ(r[1].wrote, 0);
	EXPECT_EQ(r[2].section, 1);
	rewind(w.touches);
	for (; fread(r, sizeof(*r), 1, w.touches) == 1; kept++)
		last = r->section;
	EXPECT_EQ(kept, (16 + 8 + 4) * RUN * 2);
	EXPECT_EQ(last, 45 * RUN - 1);
	EXPECT_EQ(w.written, SECTIONS);
	fclose(w.touches);
}

int main(void)
{
	lines_are_kept_of_some_sections();
	alone();
	waiters_take_in_turn();
	who_gives_up_has_nothing();
	a_counter_is_no_lock();
	a_trap_while_waiting();
	pairs_are_noted();
	functions_say_it_themselves();
	who_waits_for_itself();
	end();
	return check_status();
}
