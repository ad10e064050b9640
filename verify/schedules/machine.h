/* machine.h: harts that execute decoded instructions, one access to shared memory at a time.
 *
 * A hart stands in front of its next access, or of a branch on a value that is not known.
 * machine_step() executes that and all that the hart does by itself behind it. Memory is
 * sequentially consistent: herd7 judges the orders (docs/trust/proof.md). */
#ifndef VERIFY_SCHEDULES_MACHINE_H
#define VERIFY_SCHEDULES_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

enum { MAX_HARTS = 80, MAX_CELLS = 8192, REGISTERS = 32 };

enum kind {
	OP_ALU,
	OP_LOAD,
	OP_STORE,
	OP_AMO,
	OP_CAS,
	OP_LR,
	OP_SC,
	OP_BRANCH,
	OP_JUMP,
	KINDS,
};

typedef uint64_t operation_fn(uint64_t a, uint64_t b);

/* A source is a register, or a number if `reg` is negative. */
struct source {
	int reg;
	uint64_t number;
};

struct op {
	enum kind kind;
	operation_fn *result; /* it computes an ALU, AMO or branch; NULL for other kinds */
	int rd, base, width;
	bool unsigned_load;
	struct source source[2];
	int64_t offset;
	uint32_t target; /* the place that a jump or a branch goes to */
	uint32_t call;   /* its number among the parts of the hart's program */
	uint32_t live;   /* registers that are read before they are written, from here on */
};

struct program {
	uint32_t length;
	struct op *op;
};

struct hart {
	uint32_t pc, unknown; /* unknown: a bit for each register whose value may be any */
	uint64_t reserved;    /* 1 + the address of its reservation; 0: none */
	uint64_t x[REGISTERS];
};

/* Cells are the 4-byte words that were touched so far, by number. Bit 32: the value may be any; bit
 * 33: nobody has written it. */
struct state {
	struct hart hart[MAX_HARTS];
	uint64_t cell[MAX_CELLS];
};

/* One access, for the story that leads to a fault. */
struct access {
	const struct op *op;
	uint64_t address, before, after;
	bool happened;
};

extern unsigned harts;                        /* harts, with those that act only before the test */
extern const struct program *runs[MAX_HARTS]; /* the program of each hart */
extern unsigned cells;                        /* cells in use */
extern uint64_t cell_address[MAX_CELLS], cell_first[MAX_CELLS];
extern const char
	*machine_fault;      /* the reason why the last step was impossible; NULL: it was not */
extern bool machine_gave_up; /* the fault is the explorer's limit */
extern bool machine_shares;  /* a word that was one hart's own is not: begin anew */
extern struct access last_access;

/* Begin a search: each word is its first toucher's own, which goes on through its accesses to it as
 * through its registers, until another hart touches it. */
void machine_begin(void);
bool machine_is_owned(unsigned cell);
void machine_learn(struct state *, unsigned active);

/* Add an object. Its bytes hold `fill` at first; unless that is 0, nobody may read one that nobody
 * has written. Returns false if there are too many. */
bool machine_object(uint64_t base, uint64_t size, unsigned fill);

/* Add `amount` to every 4-byte word of the object at `base` that was touched and holds `value`. */
void machine_lift(struct state *, uint64_t base, uint64_t value, uint64_t amount);

/* Read a word of 4 or 8 bytes. Returns its value; *known is false if it may be any. */
uint64_t machine_read(const struct state *, uint64_t address, int width, bool *known);

/* Let a hart go on by itself, up to its next access or its end. */
void machine_settle(struct state *, unsigned hart);

/* Execute a hart's next access. `other`: take the other way of a branch on a value that is not
 * known. Returns false if there is no other way. machine_fault says if it was impossible. */
bool machine_step(struct state *, unsigned hart, bool other);

bool machine_ended(const struct state *, unsigned hart);

/* Never follow the value of this word again: it may be any. */
void machine_forget(uint64_t address);
bool machine_is_forgotten(unsigned cell);

/* Never follow the value that a register has when the hart stands there. */
void machine_forget_register(unsigned hart, uint32_t pc, int reg);

/* Give an operation the function that it is named after. Returns false if its kind has none of that
 * name; a kind that computes nothing takes any. */
bool machine_compute(struct op *, const char *name);

#endif
