/* watch.h: who has which lock, told from what the harts execute.
 *
 * A lock is a word. A hart that wrote it by an atomic instruction wants it, and has it when it goes
 * on to another line, or stores: who has lost reads the word again, as the next one of a ticket
 * lock does. (A trap may lead a hart to other lines: the wait goes on when it is back and reads the
 * word again.) It lets it go by its next plain store to the word (or to its neighbour in the same 8
 * bytes: a ticket lock's other counter); an AMO whose result it throws away is such a store. Who
 * goes on while another has the word gave up, unless it lets it go later: QEMU may stop another
 * hart's thread between a store and its report. Functions that were named say both themselves. What
 * is never let go, but written again and again, is a counter or a flag.
 *
 * Nothing here knows QEMU. Calls for one hart come one after the other, in its order. Two harts'
 * calls must not overlap, but for accesses that watch_interest() calls private.
 */
#ifndef OBSERVE_WATCH_H
#define OBSERVE_WATCH_H

#include <stdbool.h>

#include "lines.h"
#include "output.h"
#include "record.h"
#include "table.h"

enum {
	WATCH_HARTS = 64,
	WATCH_HELD = 16,    /* locks that a hart has at once; the oldest goes if there are more */
	WATCH_FRAMES = 8,   /* functions that take, one called from another */
	WATCH_REQUESTS = 4, /* calls of functions that allocate, one inside another */
};

enum function_kind { FUNCTION_TAKES, FUNCTION_TRIES, FUNCTION_LETS_GO };

/* A function that was named. */
struct function {
	enum function_kind kind;
	uint64_t begin,
		end; /* virtual addresses of its first byte, and of the byte behind its last */
};

/* A call of one. */
struct call {
	uint64_t site;       /* the instruction that called */
	uint64_t returns_to; /* an address; 0: not known */
	uint64_t argument;   /* the first one, mostly the lock's address; 0: not known */
	uint64_t now;        /* the hart's instructions so far */
};

enum interrupts { INTERRUPTS_UNKNOWN, INTERRUPTS_OFF, INTERRUPTS_ON };

/* What a function that tries returned. */
enum result { RESULT_UNKNOWN, RESULT_FAILED, RESULT_GOT_IT };

/* Why a trap's handler runs. */
enum cause { CAUSE_NONE, CAUSE_CALL, CAUSE_UNKNOWN, CAUSE_EXCEPTION, CAUSE_INTERRUPT };
enum level { LEVEL_SUPERVISOR, LEVEL_MACHINE, LEVELS };

/* A load or a store of a hart. */
struct access {
	uint64_t pc, address; /* virtual */
	uint64_t physical;    /* needed for atomic instructions only */
	uint64_t now;         /* the hart's instructions so far */
	bool is_store, is_atomic;
	bool drops_result; /* of an AMO: it is a store, like any other */
	enum interrupts interrupts;
};

struct word {
	struct word_record r;         /* first, as in each value of a table that is written */
	unsigned holder;              /* the hart that has it, and 1; 0: nobody */
	uint32_t sleeps[WATCH_HARTS]; /* of a hart when it let go last */
	uint32_t ended[WATCH_HARTS];  /* sections of a hart */
};

struct held {
	struct word *word;
	struct section_record r;
	const struct function *function; /* that took it; NULL: an instruction did */
	struct lines lines;
	bool is_disputed;    /* another hart had it when this one went on */
	bool is_of_firmware; /* it was taken in a handler of M-mode */
};

struct frame {
	const struct function *function;
	struct word *
		word; /* that it wrote, or reserved, first: of its argument's, if it did so there */
	struct call call;
	uint64_t address;
	bool is_contended, wrote;
	uint64_t freed; /* when it was entered: how many locks the hart had let go */
};

/* A hart's wait for a word. */
struct wait {
	struct word *word; /* NULL: it waits for none */
	uint64_t asked, site, address;
	uint64_t had_site; /* where the hart had taken it before; 0: it had not */
	enum interrupts interrupts;
	bool is_contended; /* another hart had it */
	bool has_looped;   /* it read the word's line again where it had read it */
	uint64_t read_at;  /* the instruction that read the line last, since it asked; 0: none */
	uint64_t read_to;  /* the highest address of one that did; 0: none */
};

/* A call of a function that allocates: the locks that are taken in it are taken for it. */
struct request {
	uint64_t bytes;
	uint64_t returns_to;
	enum cause handler; /* that the hart was in when it called */
};

/* Returns one of 64 bits for the line that an address lies in. */
static inline uint64_t near_bit(uint64_t address)
{
	return (uint64_t)1 << (address / LINE_BYTES % 64);
}

#define NOWHERE UINT64_MAX /* is the address of no instruction */

/* What each block and each access looks at comes first. */
struct watched_hart {
	uint64_t leaves_at;     /* where the function of its last frame returns to; NOWHERE: none */
	uint64_t has_memory_at; /* where that of its last request does; NOWHERE: none */
	uint64_t near;          /* the bits of the locks that it has */
	unsigned frames, held, requests;
	bool has_returned;   /* from a trap, since it ended a wait that it may resume */
	bool notes_lines;    /* of a lock that it has */
	bool has_supervisor; /* S-mode has handled a trap: M-mode is the firmware's */
	struct wait wait;
	struct wait lost; /* the wait that it gave up last */
	struct hart_record r;
	uint64_t waited, firmware, firmware_since, freed;
	enum cause handler[LEVELS];
	struct frame frame[WATCH_FRAMES];
	struct request request[WATCH_REQUESTS];
	struct held has[WATCH_HELD];
};

struct watch {
	struct watched_hart hart[WATCH_HARTS];
	struct table words, pairs, lines;
	struct output *sections;
	struct output *touches; /* NULL: nobody wants them */
	bool is_automatic;      /* take note of atomic instructions outside named functions, too */
};

/* Returns false without memory. Section records go to `sections` as they end; touch records go to
 * w->touches, if the caller sets it. */
bool watch_init(struct watch *w, struct output *sections, bool is_automatic);
void watch_free(struct watch *w);

/* False if a plain access of the hart says nothing: it has no lock, and waits for none, or the
 * lines of its sections are known and this is none of its locks'. It is so of most accesses, so
 * this is fast. */
static inline bool watch_wants(const struct watch *w, unsigned hart, uint64_t address)
{
	const struct watched_hart *h = &w->hart[hart];

	return h->notes_lines || h->wait.word != NULL || (h->near & near_bit(address)) != 0;
}

enum interest { ACCESS_SAYS_NOTHING, ACCESS_IS_PRIVATE, ACCESS_IS_SHARED };

/* Returns what an access changes: nothing; nothing but what the hart itself has noted; what other
 * harts see. */
enum interest watch_interest(const struct watch *w, unsigned hart, const struct access *a);

void watch_access(struct watch *w, unsigned hart, const struct access *a);
void watch_enter(struct watch *w, unsigned hart, const struct function *f, const struct call *c);
/* The function's last instruction, at `pc`. */
void watch_leave(struct watch *w, unsigned hart, const struct function *f, enum result result,
		 enum interrupts interrupts, uint64_t pc, uint64_t now);
/* True if a function comes back when the hart goes on at this address: then watch_goes_on() has to
 * know. It is false of most blocks, so this is fast. */
static inline bool watch_comes_back(const struct watch *w, unsigned hart, uint64_t pc)
{
	const struct watched_hart *h = &w->hart[hart];

	return pc == h->leaves_at || pc == h->has_memory_at;
}
/* The hart goes on at the address, behind the instruction at `last`. */
void watch_goes_on(struct watch *w, unsigned hart, uint64_t pc, uint64_t last, uint64_t now);

/* The hart asks a function that allocates for so many bytes, and goes on behind it at
 * `returns_to`. It changes nothing but what the hart itself has noted. */
void watch_request(struct watch *w, unsigned hart, uint64_t bytes, uint64_t returns_to);

void watch_sleep(struct watch *w, unsigned hart);
void watch_call(struct watch *w, unsigned hart, uint64_t now); /* an ECALL */
/* A handler reads why it runs (scause, mcause). CAUSE_UNKNOWN: the reader knows, nobody else. */
void watch_cause(struct watch *w, unsigned hart, enum level level, enum cause cause, uint64_t now);
/* An SRET, or an MRET. */
void watch_return(struct watch *w, unsigned hart, enum level level, uint64_t now);

/* Ends every section that is held still. */
void watch_end(struct watch *w, unsigned hart, uint64_t now);

#endif
