/* Tests what every AMO reads and leaves, of each width, against plain C: qemu-riscv64 of Debian 12
 * knows neither Zabha nor Zacas. */
#include <stdlib.h>

#include "../../machine/fail.h"
#include "../../machine/memory.h"
#include "check.h"
#include "random.h"

enum { TURNS = 1000000, EDGES = 8 };

_Noreturn void machine_fail(const struct machine *m, enum machine_failure why, const char *what)
{
	(void)m;
	(void)why;
	fprintf(stderr, "%s\n", what);
	exit(1);
}

/* leaves_TYPE() says what an AMO leaves, as the manual has it; try_TYPE() compares. */
#define REFERENCE(type, utype)                                                                   \
	static utype leaves_##type(enum amo amo, utype there, utype operand, utype expect)       \
	{                                                                                        \
		switch (amo) {                                                                   \
		case AMO_ADD:                                                                    \
			return (utype)(there + operand);                                         \
		case AMO_SWAP:                                                                   \
			return operand;                                                          \
		case AMO_XOR:                                                                    \
			return there ^ operand;                                                  \
		case AMO_AND:                                                                    \
			return there & operand;                                                  \
		case AMO_OR:                                                                     \
			return there | operand;                                                  \
		case AMO_MIN:                                                                    \
			return (type)there < (type)operand ? there : operand;                    \
		case AMO_MAX:                                                                    \
			return (type)there > (type)operand ? there : operand;                    \
		case AMO_MINU:                                                                   \
			return there < operand ? there : operand;                                \
		case AMO_MAXU:                                                                   \
			return there > operand ? there : operand;                                \
		default:                                                                         \
			return there == expect ? operand : there;                                \
		}                                                                                \
	}                                                                                        \
                                                                                                 \
	static void try_##type(enum amo amo, const uint64_t *cells, uint64_t operand,            \
			       uint64_t expect)                                                  \
	{                                                                                        \
		struct op op = {.amo = (uint8_t)amo, .width = sizeof(type)};                     \
		uint64_t now[3] = {cells[0], cells[1], cells[2]}, then[3];                       \
		uint8_t *at = (uint8_t *)&now[1];                                                \
		utype there, left;                                                               \
                                                                                                 \
		memcpy(then, now, sizeof(then));                                                 \
		memcpy(&there, at, sizeof(there));                                               \
		left = leaves_##type(amo, there, (utype)operand, (utype)expect);                 \
		memcpy(&then[1], &left, sizeof(left));                                           \
		EXPECT_EQ(memory_amo(at, &op, operand, expect), (uint64_t)(int64_t)(type)there); \
		EXPECT(memcmp(now, then, sizeof(now)) == 0);                                     \
	}

REFERENCE(int8_t, uint8_t)
REFERENCE(int16_t, uint16_t)
REFERENCE(int32_t, uint32_t)
REFERENCE(int64_t, uint64_t)

static uint64_t operand_of(uint64_t *state)
{
	static const uint64_t edges[EDGES] = {0,          1,           UINT64_MAX, 0x80,
					      0x7fffffff, 0x80000000u, 1ul << 63,  0x8000};

	return random_below(state, 4) == 0 ? edges[random_below(state, EDGES)] : random64(state);
}

int main(void)
{
	static void (*const try[])(enum amo, const uint64_t *, uint64_t,
				   uint64_t) = {try_int8_t, try_int16_t, try_int32_t, try_int64_t};
	uint64_t state = 1;

	for (unsigned turn = 0; turn < TURNS; turn++) {
		uint64_t cells[3] = {random64(&state), operand_of(&state), random64(&state)};
		uint64_t expect = turn % 2 ? cells[1] : operand_of(&state);
		enum amo amo = (enum amo)random_below(&state, AMO_CAS + 1);

		try[random_below(&state, 4)](amo, cells, operand_of(&state), expect);
	}
	return check_status();
}
