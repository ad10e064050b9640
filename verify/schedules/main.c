/* main.c: reads a test of compiled code (written by verify/schedules.py), and prints what became of
 * every schedule.
 *
 *     object BASE SIZE FILL    memory, with the byte that it is full of
 *     program LENGTH           then as many lines, each one instruction:
 *       op KIND NAME RD BASE WIDTH UNSIGNED REG NUMBER REG NUMBER OFFSET TARGET CALL LIVE
 *     hart PROGRAM             a hart
 *     register HART REG VALUE  what is in one of its registers
 *     act HART TIMES           before the test: it runs to its end, so often
 *     lift BASE VALUE AMOUNT   before the test: the words of an object that hold VALUE are raised
 *     queue HART PART MAY      before the test: it runs until it waits, or to that part if it may
 *     forget ADDRESS           a word that may hold anything, whenever it is read
 *     active HARTS             so many harts go on in the test
 *     most STATES              the search gives up then
 *     meets 1                  it tells which accesses two harts can be about to make at once
 *     alone ACCESSES           a hart alone ends its call in so many; 0: it may wait
 *     see-register HART REG    what is looked at in the end
 *     see-word ADDRESS WIDTH   what is looked at in the end, too
 *     good VALUE...            what may be seen there
 *
 * Numbers are hexadecimal. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "space.h"

enum { MAX_PROGRAMS = 512, WAITS_AFTER = 500 };

static struct program programs[MAX_PROGRAMS];
static unsigned program_count;
static struct state now;
static struct hart fresh[MAX_HARTS];
static struct question question;

static _Noreturn void die(const char *why, const char *line)
{
	printf("verdict UNKNOWN %s: %s\n", why, line);
	exit(0);
}

static const char *const kinds[KINDS] = {
	[OP_ALU] = "alu", [OP_LOAD] = "load",     [OP_STORE] = "store",
	[OP_AMO] = "amo", [OP_CAS] = "cas",       [OP_LR] = "lr",
	[OP_SC] = "sc",   [OP_BRANCH] = "branch", [OP_JUMP] = "jump",
};

static enum kind kind_of(const char *name, const char *line)
{
	for (unsigned i = 0; i < KINDS; i++)
		if (strcmp(kinds[i], name) == 0)
			return (enum kind)i;
	die("a kind of instruction that is not known", line);
}

static void read_op(const char *line, struct op *op)
{
	char kind[16], name[16];
	unsigned is_unsigned;

	if (sscanf(line,
		   "op %15s %15s %x %x %x %x %x %" SCNx64 " %x %" SCNx64 " %" SCNx64 " %x %x %x",
		   kind, name, (unsigned *)&op->rd, (unsigned *)&op->base, (unsigned *)&op->width,
		   &is_unsigned, (unsigned *)&op->source[0].reg, &op->source[0].number,
		   (unsigned *)&op->source[1].reg, &op->source[1].number, (uint64_t *)&op->offset,
		   &op->target, &op->call, &op->live) != 14)
		die("a line that is no instruction", line);
	op->kind = kind_of(kind, line);
	if (!machine_compute(op, name))
		die("an instruction that is not known", line);
	op->unsigned_load = is_unsigned != 0;
	for (int i = 0; i < 2; i++)
		op->source[i].reg = op->source[i].reg == 32 ? -1 : op->source[i].reg;
}

static void read_program(unsigned length)
{
	struct program *p;
	char line[400];

	if (program_count == MAX_PROGRAMS)
		die("too many programs", "");
	p = &programs[program_count++];
	p->length = length;
	p->op = calloc(length + 1, sizeof(*p->op));
	for (unsigned i = 0; i < length; i++)
		if (p->op == NULL || fgets(line, sizeof(line), stdin) == NULL)
			die("a program ends early", "");
		else
			read_op(line, &p->op[i]);
}

static void fail_before(void)
{
	printf("verdict VIOLATED a hart that acts by itself, before the test: it %s\n",
	       machine_fault);
	exit(0);
}

/* Let a hart run by itself to its end. */
static void act(unsigned hart)
{
	now.hart[hart] = fresh[hart];
	machine_settle(&now, hart);
	for (unsigned n = 0; !machine_ended(&now, hart) && !machine_fault; n++) {
		if (n == WAITS_AFTER)
			machine_fault = "does not come to its end";
		else
			machine_step(&now, hart, false);
	}
	if (machine_fault)
		fail_before();
}

/* Let a hart run by itself until it waits, or is about to touch something in that part of its
 * program, if it may come there. */
static void queue(unsigned hart, uint32_t part, bool may)
{
	struct hart *h = &now.hart[hart];

	*h = fresh[hart];
	machine_settle(&now, hart);
	for (unsigned n = 0; n < WAITS_AFTER && !machine_ended(&now, hart) && !machine_fault; n++) {
		if (runs[hart]->op[h->pc].call >= part)
			break;
		machine_step(&now, hart, false);
	}
	if (!may && !machine_fault &&
	    (machine_ended(&now, hart) || runs[hart]->op[h->pc].call >= part))
		machine_fault = "is let in while another holds the lock";
	if (machine_fault)
		fail_before();
}

static void read_good(const char *line)
{
	uint64_t *to;
	char *end = (char *)line;

	if (question.good_count == MAX_GOOD)
		die("too many values that may be seen", line);
	to = question.good[question.good_count++];
	for (unsigned i = 0; i < question.seen_count; i++)
		to[i] = strtoull(end, &end, 16);
}

static void see(struct observed what)
{
	if (question.seen_count == MAX_SEEN)
		die("too much is looked at in the end", "");
	question.seen[question.seen_count++] = what;
}

static void read_hart(unsigned program)
{
	if (harts == MAX_HARTS || program >= program_count)
		die("too many harts", "");
	runs[harts] = &programs[program];
	harts++;
}

static unsigned hart_of(uint64_t number, const char *line)
{
	if (number >= harts)
		die("a hart that is not there", line);
	return (unsigned)number;
}

static void obey(const char *line)
{
	uint64_t a = 0, b = 0, c = 0;
	const char *rest = strchr(line, ' ') ? strchr(line, ' ') + 1 : "";
	size_t length = strcspn(line, " \n");

	(void)sscanf(rest, "%" SCNx64 " %" SCNx64 " %" SCNx64, &a, &b, &c);
#define IS(word) (length == sizeof(word) - 1 && strncmp(line, word, length) == 0)
	if (IS("object")) {
		if (!machine_object(a, b, (unsigned)c))
			die("too many objects", line);
	} else if (IS("program"))
		read_program((unsigned)a);
	else if (IS("hart"))
		read_hart((unsigned)a);
	else if (IS("register"))
		fresh[a % MAX_HARTS].x[b % REGISTERS] = now.hart[a % MAX_HARTS].x[b % REGISTERS] =
			c;
	else if (IS("act"))
		for (uint64_t n = 0; n < b; n++)
			act(hart_of(a, line));
	else if (IS("queue"))
		queue(hart_of(a, line), (uint32_t)b, c != 0);
	else if (IS("lift"))
		machine_lift(&now, a, b, c);
	else if (IS("forget"))
		machine_forget(a);
	else if (IS("active"))
		question.active = a == 0 ? 0 : hart_of(a - 1, line) + 1;
	else if (IS("most"))
		question.most = (uint32_t)a;
	else if (IS("alone"))
		question.alone = (unsigned)a;
	else if (IS("meets"))
		question.meets = a != 0;
	else if (IS("see-register"))
		see((struct observed){true, hart_of(a, line), (unsigned)b % REGISTERS, 0, 0});
	else if (IS("see-word"))
		see((struct observed){false, 0, 0, a, (int)b});
	else if (IS("good"))
		read_good(rest);
	else
		die("a line that is not known", line);
}

int main(void)
{
	char line[16384];
	struct answer a;

	while (fgets(line, sizeof(line), stdin) != NULL)
		obey(line);
	a = space_explore(&now, &question);
	printf("verdict %s %s\nstates %u\n", a.verdict, a.why, a.states);
	if (strcmp(a.verdict, "VIOLATED") == 0)
		space_tell(&now, &a);
	if (question.meets)
		space_tell_meets(&question);
	return 0;
}
