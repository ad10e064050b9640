#include "memory.h"

#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "fail.h"

enum { OPS = PAGE_BYTES / 2 };

uint64_t memory_read(const uint8_t *at, unsigned width, bool sign)
{
	uint64_t value = 0;
	unsigned unused = 64 - width * 8;

	memcpy(&value, at, width);
	return sign ? (uint64_t)((int64_t)(value << unused) >> unused) : value;
}

void memory_write(uint8_t *at, unsigned width, uint64_t value)
{
	memcpy(at, &value, width);
}

static uint64_t low(uint64_t value, unsigned width)
{
	return width == 8 ? value : value & ((1ul << width * 8) - 1);
}

/* Returns what an AMO leaves. a is what is there, b the operand; both are sign-extended. */
static uint64_t amo_value(enum amo amo, uint64_t a, uint64_t b, unsigned width)
{
	switch (amo) {
	case AMO_ADD:
		return a + b;
	case AMO_XOR:
		return a ^ b;
	case AMO_AND:
		return a & b;
	case AMO_OR:
		return a | b;
	case AMO_MIN:
		return (int64_t)a < (int64_t)b ? a : b;
	case AMO_MAX:
		return (int64_t)a > (int64_t)b ? a : b;
	case AMO_MINU:
		return low(a, width) < low(b, width) ? a : b;
	case AMO_MAXU:
		return low(a, width) > low(b, width) ? a : b;
	default:
		return b;
	}
}

uint64_t memory_amo(uint8_t *at, const struct op *op, uint64_t operand, uint64_t expect)
{
	unsigned width = op->width, unused = 64 - width * 8;
	uint64_t old = memory_read(at, width, true);
	uint64_t b = (uint64_t)((int64_t)(operand << unused) >> unused);

	if (op->amo != AMO_CAS || low(old, width) == low(expect, width))
		memory_write(at, width, amo_value(op->amo, old, b, width));
	return old;
}

/* Returns the 32 bits at `pc`; behind the end of RAM they are 0, and 0 is illegal. */
static uint32_t word_at(const struct machine *m, uint64_t pc)
{
	uint32_t word = 0;
	uint64_t offset = pc - RAM_BASE;

	memcpy(&word, m->ram + offset, RAM_BYTES - offset < 4 ? 2 : 4);
	return word;
}

static struct op *decoded_page(struct machine *m, uint64_t number)
{
	if (m->page[number] == NULL)
		m->page[number] = calloc(OPS, sizeof(struct op));
	if (m->page[number] == NULL)
		machine_fail(m, MACHINE_MISUSED, "no memory");
	return m->page[number];
}

const struct op *memory_decode(struct machine *m, struct hart *h)
{
	uint64_t at = h->pc % PAGE_BYTES, page = h->pc - at;
	struct op *op;

	if (page - RAM_BASE >= RAM_BYTES)
		return NULL;
	h->ops = decoded_page(m, (page - RAM_BASE) / PAGE_BYTES);
	h->ops_at = page;
	op = &h->ops[at / 2];
	if (op->kind == OP_UNKNOWN)
		*op = decode(word_at(m, h->pc), m->profile);
	return op;
}

/* An access that was issued and not made goes on as the instruction that it was. */
static void keep_pending(struct hart *h)
{
	if (h->pending.op == NULL || h->pending.op == &h->kept)
		return;
	h->kept = *h->pending.op;
	h->pending.op = &h->kept;
}

void memory_forget_code(struct machine *m)
{
	for (unsigned h = 0; h < m->harts; h++) {
		keep_pending(&m->hart[h]);
		m->hart[h].ops_at = NO_PAGE;
	}
	for (uint64_t i = 0; i < RAM_BYTES / PAGE_BYTES; i++)
		if (m->page[i] != NULL)
			memset(m->page[i], 0, OPS * sizeof(struct op));
}
