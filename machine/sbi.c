#include "sbi.h"

#include <string.h>

#include "memory.h"
#include "turn.h"

/* A call saves and restores 31 registers and changes mode twice: assumed, for no key of
 * a profile says it. */
enum { CALL_CYCLES = 100 };

enum {
	SUCCESS = 0,
	NOT_SUPPORTED = -2,
	INVALID_PARAM = -3,
	INVALID_ADDRESS = -5,
	ALREADY_AVAILABLE = -6
};

enum {
	EXT_LEGACY_PUTCHAR = 0x01,
	EXT_LEGACY_SHUTDOWN = 0x08,
	EXT_BASE = 0x10,
	EXT_DBCN = 0x4442434e,
	EXT_HSM = 0x48534d,
	EXT_IPI = 0x735049,
	EXT_RFENCE = 0x52464e43,
	EXT_SRST = 0x53525354,
	EXT_TIME = 0x54494d45,
};

enum { A0 = 10, A1 = 11, A2 = 12, A6 = 16, A7 = 17 };

struct answer {
	int64_t error;
	uint64_t value;
};

static bool has(uint64_t extension)
{
	switch (extension) {
	case EXT_LEGACY_PUTCHAR:
	case EXT_LEGACY_SHUTDOWN:
	case EXT_BASE:
	case EXT_DBCN:
	case EXT_HSM:
	case EXT_IPI:
	case EXT_RFENCE:
	case EXT_SRST:
	case EXT_TIME:
		return true;
	default:
		return false;
	}
}

static struct answer base(const struct hart *h)
{
	enum { SPEC_2_0 = 2 << 24, IMPLEMENTATION = 0x68 }; /* 'h': no registered number */

	switch (h->x[A6]) {
	case 0:
		return (struct answer){SUCCESS, SPEC_2_0};
	case 1:
		return (struct answer){SUCCESS, IMPLEMENTATION};
	case 2:
		return (struct answer){SUCCESS, 1};
	case 3:
		return (struct answer){SUCCESS, has(h->x[A0])};
	case 4: /* mvendorid, marchid, mimpid */
	case 5:
	case 6:
		return (struct answer){SUCCESS, 0};
	default:
		return (struct answer){NOT_SUPPORTED, 0};
	}
}

static void put(const void *text, size_t len)
{
	fwrite(text, 1, len, stdout);
	if (memchr(text, '\n', len) != NULL)
		fflush(stdout);
}

static struct answer console(struct machine *m, const struct hart *h)
{
	enum { WRITE = 0, WRITE_BYTE = 2 };
	uint8_t byte = (uint8_t)h->x[A0];
	const uint8_t *text;

	if (h->x[A6] == WRITE_BYTE) {
		put(&byte, 1);
		return (struct answer){SUCCESS, 0};
	}
	if (h->x[A6] != WRITE)
		return (struct answer){NOT_SUPPORTED, 0};
	text = ram_at(m, h->x[A1], h->x[A0]);
	if (text == NULL || h->x[A2] != 0)
		return (struct answer){INVALID_PARAM, 0};
	put(text, h->x[A0]);
	return (struct answer){SUCCESS, h->x[A0]};
}

static struct answer hart_state(struct machine *m, struct hart *h)
{
	enum { START, STOP, STATUS };
	enum { STARTED, STOPPED };
	uint64_t id = h->x[A0];

	if (h->x[A6] == STOP) {
		h->state = HART_STOPPED;
		return (struct answer){SUCCESS, 0};
	}
	if (h->x[A6] != START && h->x[A6] != STATUS)
		return (struct answer){NOT_SUPPORTED, 0};
	if (id >= m->harts)
		return (struct answer){INVALID_PARAM, 0};
	if (h->x[A6] == STATUS)
		return (struct answer){SUCCESS,
				       m->hart[id].state == HART_STOPPED ? STOPPED : STARTED};
	if (m->hart[id].state != HART_STOPPED)
		return (struct answer){ALREADY_AVAILABLE, 0};
	if (ram_at(m, h->x[A1], 4) == NULL)
		return (struct answer){INVALID_ADDRESS, 0};
	machine_start(m, &m->hart[id], h->x[A1], h->x[A2], h->clock);
	turn_limit(m, h);
	return (struct answer){SUCCESS, 0};
}

/* Harts of a mask: bit i of a0 is hart a1 + i; a1 = -1 is all. */
static bool named(const struct hart *h, unsigned id)
{
	uint64_t mask = h->x[A0], first = h->x[A1];

	return first == UINT64_MAX || (id >= first && id - first < 64 && mask >> (id - first) & 1);
}

static struct answer ipi(struct machine *m, struct hart *h)
{
	if (h->x[A6] != 0)
		return (struct answer){NOT_SUPPORTED, 0};
	for (unsigned id = 0; id < m->harts; id++) {
		if (!named(h, id))
			continue;
		if (m->hart[id].state == HART_STOPPED)
			return (struct answer){INVALID_PARAM, 0};
		m->hart[id].csr.ssip = true;
		turn_interrupted(m, &m->hart[id], h->clock);
	}
	return (struct answer){SUCCESS, 0};
}

static struct answer timer(struct hart *h)
{
	uint64_t at = h->x[A0];

	if (h->x[A6] != 0)
		return (struct answer){NOT_SUPPORTED, 0};
	h->timer = at > UINT64_MAX / TICKS_PER_CYCLE ? NEVER : at * TICKS_PER_CYCLE;
	return (struct answer){SUCCESS, 0};
}

static struct answer reset(struct machine *m, const struct hart *h)
{
	enum { NO_REASON = 0 };

	if (h->x[A6] != 0)
		return (struct answer){NOT_SUPPORTED, 0};
	m->stopped = true;
	m->status = h->x[A1] != NO_REASON;
	return (struct answer){SUCCESS, 0};
}

static struct answer answer_of(struct machine *m, struct hart *h)
{
	uint8_t byte = (uint8_t)h->x[A0];

	switch (h->x[A7]) {
	case EXT_LEGACY_PUTCHAR:
		put(&byte, 1);
		return (struct answer){SUCCESS, h->x[A1]};
	case EXT_LEGACY_SHUTDOWN:
		m->stopped = true;
		return (struct answer){SUCCESS, h->x[A1]};
	case EXT_BASE:
		return base(h);
	case EXT_DBCN:
		return console(m, h);
	case EXT_HSM:
		return hart_state(m, h);
	case EXT_IPI:
		return ipi(m, h);
	case EXT_RFENCE: /* translation is off, and code is decoded anew by fence.i alone */
		if (h->x[A6] == 0)
			memory_forget_code(m);
		return (struct answer){SUCCESS, 0};
	case EXT_SRST:
		return reset(m, h);
	case EXT_TIME:
		return timer(h);
	default:
		return (struct answer){NOT_SUPPORTED, 0};
	}
}

void sbi_call(struct machine *m, struct hart *h)
{
	struct answer a;

	h->clock += CALL_CYCLES * TICKS_PER_CYCLE;
	a = answer_of(m, h);
	h->x[A0] = (uint64_t)a.error;
	h->x[A1] = a.value;
}
