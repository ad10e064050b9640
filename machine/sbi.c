#include "sbi.h"

#include <string.h>

#include "memory.h"
#include "start.h"
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
	enum { SPEC_VERSION, IMPL_ID, IMPL_VERSION, PROBE, MVENDORID, MARCHID, MIMPID };
	enum { SPEC_2_0 = 2 << 24, IMPLEMENTATION = 0x68, VERSION = 1 }; /* 'h': no registered id */

	switch (h->x[REG_A6]) {
	case SPEC_VERSION:
		return (struct answer){SUCCESS, SPEC_2_0};
	case IMPL_ID:
		return (struct answer){SUCCESS, IMPLEMENTATION};
	case IMPL_VERSION:
		return (struct answer){SUCCESS, VERSION};
	case PROBE:
		return (struct answer){SUCCESS, has(h->x[REG_A0])};
	case MVENDORID:
	case MARCHID:
	case MIMPID:
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
	uint8_t byte = (uint8_t)h->x[REG_A0];
	const uint8_t *text;

	if (h->x[REG_A6] == WRITE_BYTE) {
		put(&byte, 1);
		return (struct answer){SUCCESS, 0};
	}
	if (h->x[REG_A6] != WRITE)
		return (struct answer){NOT_SUPPORTED, 0};
	text = ram_at(m, h->x[REG_A1], h->x[REG_A0]);
	if (text == NULL || h->x[REG_A2] != 0)
		return (struct answer){INVALID_PARAM, 0};
	put(text, h->x[REG_A0]);
	return (struct answer){SUCCESS, h->x[REG_A0]};
}

static struct answer hart_start(struct machine *m, const struct hart *h, struct hart *other)
{
	uint64_t entry = h->x[REG_A1];

	if (other->state != HART_STOPPED)
		return (struct answer){ALREADY_AVAILABLE, 0};
	if (entry % 2 != 0 || ram_at(m, entry, 2) == NULL)
		return (struct answer){INVALID_ADDRESS, 0};
	start_hart(m, other, entry, h->x[REG_A2], h->clock);
	turn_limit(m, h);
	return (struct answer){SUCCESS, 0};
}

static struct answer hart_state(struct machine *m, struct hart *h)
{
	enum { START, STOP, STATUS };
	enum { STARTED, STOPPED };
	uint64_t id = h->x[REG_A0];

	if (h->x[REG_A6] == STOP) {
		h->state = HART_STOPPED;
		return (struct answer){SUCCESS, 0};
	}
	if (h->x[REG_A6] != START && h->x[REG_A6] != STATUS)
		return (struct answer){NOT_SUPPORTED, 0};
	if (id >= m->harts)
		return (struct answer){INVALID_PARAM, 0};
	if (h->x[REG_A6] == START)
		return hart_start(m, h, &m->hart[id]);
	return (struct answer){SUCCESS, m->hart[id].state == HART_STOPPED ? STOPPED : STARTED};
}

/* Finds the harts (bits) of a mask: bit i of a0 is hart a1 + i; a1 = -1 is all that are not
 * stopped. Returns false where one of them is not there, or is stopped. */
static bool named(const struct machine *m, const struct hart *h, uint64_t *harts)
{
	uint64_t mask = h->x[REG_A0], first = h->x[REG_A1], started = 0;

	for (unsigned id = 0; id < m->harts; id++)
		if (m->hart[id].state != HART_STOPPED)
			started |= 1ul << id;
	if (first == UINT64_MAX) {
		*harts = started;
		return true;
	}
	*harts = first < MACHINE_HARTS ? mask << first : 0;
	if (first >= MACHINE_HARTS)
		return mask == 0;
	return *harts >> first == mask && (*harts & ~started) == 0;
}

static struct answer ipi(struct machine *m, const struct hart *h)
{
	enum { SEND_IPI = 0 };
	uint64_t harts;

	if (h->x[REG_A6] != SEND_IPI)
		return (struct answer){NOT_SUPPORTED, 0};
	if (!named(m, h, &harts))
		return (struct answer){INVALID_PARAM, 0};
	for (; harts != 0; harts &= harts - 1) {
		struct hart *other = &m->hart[__builtin_ctzll(harts)];

		other->csr.ssip = true;
		turn_interrupted(m, other, h->clock);
	}
	return (struct answer){SUCCESS, 0};
}

/* A write to code takes effect with a fence.i only, and translation is off. */
static struct answer remote_fence(struct machine *m, const struct hart *h)
{
	enum { FENCE_I, SFENCE_VMA, SFENCE_VMA_ASID };
	uint64_t harts;

	if (h->x[REG_A6] > SFENCE_VMA_ASID)
		return (struct answer){NOT_SUPPORTED, 0};
	if (!named(m, h, &harts))
		return (struct answer){INVALID_PARAM, 0};
	if (h->x[REG_A6] == FENCE_I)
		memory_forget_code(m);
	return (struct answer){SUCCESS, 0};
}

static struct answer timer(struct hart *h)
{
	enum { SET_TIMER = 0 };
	uint64_t at = h->x[REG_A0];

	if (h->x[REG_A6] != SET_TIMER)
		return (struct answer){NOT_SUPPORTED, 0};
	h->timer = at > UINT64_MAX / TICKS_PER_CYCLE ? NEVER : at * TICKS_PER_CYCLE;
	return (struct answer){SUCCESS, 0};
}

static struct answer reset(struct machine *m, const struct hart *h)
{
	enum { SHUTDOWN, COLD_REBOOT, WARM_REBOOT };
	enum { SYSTEM_RESET = 0, NO_REASON = 0 };

	if (h->x[REG_A6] != SYSTEM_RESET)
		return (struct answer){NOT_SUPPORTED, 0};
	if (h->x[REG_A0] != SHUTDOWN)
		return (struct answer){h->x[REG_A0] <= WARM_REBOOT ? NOT_SUPPORTED : INVALID_PARAM,
				       0};
	m->stopped = true;
	m->status = h->x[REG_A1] != NO_REASON;
	return (struct answer){SUCCESS, 0};
}

static struct answer answer_of(struct machine *m, struct hart *h)
{
	uint8_t byte = (uint8_t)h->x[REG_A0];

	switch (h->x[REG_A7]) {
	case EXT_LEGACY_PUTCHAR:
		put(&byte, 1);
		return (struct answer){SUCCESS, h->x[REG_A1]};
	case EXT_LEGACY_SHUTDOWN:
		m->stopped = true;
		return (struct answer){SUCCESS, h->x[REG_A1]};
	case EXT_BASE:
		return base(h);
	case EXT_DBCN:
		return console(m, h);
	case EXT_HSM:
		return hart_state(m, h);
	case EXT_IPI:
		return ipi(m, h);
	case EXT_RFENCE:
		return remote_fence(m, h);
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
	h->x[REG_A0] = (uint64_t)a.error;
	h->x[REG_A1] = a.value;
}
