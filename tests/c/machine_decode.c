/* Tests what the machine makes of every kind of instruction that it tells apart, in the
 * words that the assembler makes, and what it refuses. */
#include "../../machine/decode.h"
#include "check.h"

static const struct profile profile = {
	.op = 1,
	.branch = 2,
	.jump = 3,
	.mul = 4,
	.div = 5,
	.csr = 6,
	.fence = 7,
	.fence_release = 7,
	.fence_acquire = 7,
	.pause = 8,
};

static const struct {
	uint32_t word;
	enum op_kind kind;
	unsigned ticks, width;
} insns[] = {
	{0x00150513, OP_PLAIN, 1, 0},   /* addi a0,a0,1 */
	{0x00b50533, OP_PLAIN, 1, 0},   /* add a0,a0,a1 */
	{0x02b50533, OP_PLAIN, 4, 0},   /* mul a0,a0,a1 */
	{0x02b5053b, OP_PLAIN, 4, 0},   /* mulw a0,a0,a1 */
	{0x02b54533, OP_PLAIN, 5, 0},   /* div a0,a0,a1 */
	{0x02b57533, OP_PLAIN, 5, 0},   /* remu a0,a0,a1 */
	{0x00b50463, OP_PLAIN, 2, 0},   /* beq a0,a1,.+8 */
	{0x008000ef, OP_PLAIN, 3, 0},   /* jal .+8 */
	{0x000500e7, OP_PLAIN, 3, 0},   /* jalr a0 */
	{0x40152013, OP_PLAIN, 1, 0},   /* slti x0,a0,0x401: no marker */
	{0x0005b503, OP_LOAD, 0, 8},    /* ld a0,0(a1) */
	{0x0005c503, OP_LOAD, 0, 1},    /* lbu a0,0(a1) */
	{0x00a5b023, OP_STORE, 0, 8},   /* sd a0,0(a1) */
	{0x00a59023, OP_STORE, 0, 2},   /* sh a0,0(a1) */
	{0x0ca5a52f, OP_AMO, 0, 4},     /* amoswap.w.aq a0,a0,(a1) */
	{0x00a5b52f, OP_AMO, 0, 8},     /* amoadd.d a0,a0,(a1) */
	{0x00c5852f, OP_AMO, 0, 1},     /* amoadd.b a0,a2,(a1) */
	{0x28c5b52f, OP_AMO, 0, 8},     /* amocas.d a0,a2,(a1) */
	{0x2ec5b52f, OP_AMO, 0, 8},     /* amocas.d.aqrl a0,a2,(a1) */
	{0x1005b52f, OP_LR, 0, 8},      /* lr.d a0,(a1) */
	{0x18a5b52f, OP_SC, 0, 8},      /* sc.d a0,a0,(a1) */
	{0x0310000f, OP_ORDER, 7, 0},   /* fence rw,w */
	{0x0230000f, OP_FENCE, 7, 0},   /* fence r,rw */
	{0x0330000f, OP_DRAIN, 7, 0},   /* fence rw,rw */
	{0x0120000f, OP_DRAIN, 7, 0},   /* fence w,r */
	{0x0000100f, OP_FENCE_I, 7, 0}, /* fence.i */
	{0x0100000f, OP_PAUSE, 8, 0},   /* pause */
	{0x00d00073, OP_WRS, 8, 0},     /* wrs.nto */
	{0x01d00073, OP_WRS, 8, 0},     /* wrs.sto */
	{0xc0102573, OP_SYSTEM, 6, 0},  /* rdtime a0 */
	{0x00000073, OP_SYSTEM, 6, 0},  /* ecall */
	{0x10500073, OP_SYSTEM, 6, 0},  /* wfi */
	{0x10200073, OP_SYSTEM, 6, 0},  /* sret */
	{0x12000073, OP_SYSTEM, 6, 0},  /* sfence.vma */
	{0x40102013, OP_MARK, 1, 0},    /* slti x0,x0,0x401 */
	{0x0505, OP_PLAIN, 1, 0},       /* c.addi a0,1 */
	{0x852e, OP_PLAIN, 1, 0},       /* c.mv a0,a1 */
	{0x8502, OP_PLAIN, 3, 0},       /* c.jr a0 */
	{0x8082, OP_PLAIN, 3, 0},       /* ret */
	{0x9502, OP_PLAIN, 3, 0},       /* c.jalr a0 */
	{0xa021, OP_PLAIN, 3, 0},       /* c.j .+8 */
	{0xc501, OP_PLAIN, 2, 0},       /* c.beqz a0,.+8 */
	{0x4188, OP_LOAD, 0, 4},        /* c.lw a0,0(a1) */
	{0x6188, OP_LOAD, 0, 8},        /* c.ld a0,0(a1) */
	{0xe188, OP_STORE, 0, 8},       /* c.sd a0,0(a1) */
	{0x6522, OP_LOAD, 0, 8},        /* c.ldsp a0,8(sp) */
	{0x9002, OP_SYSTEM, 6, 0},      /* c.ebreak */
	{0x00000000, OP_ILLEGAL, 0, 0}, /* a word of all zeros */
	{0xffffffff, OP_ILLEGAL, 0, 0}, /* a word of all ones */
	{0x0005b507, OP_ILLEGAL, 0, 0}, /* fld fa0,0(a1) */
	{0x00a5b027, OP_ILLEGAL, 0, 0}, /* fsd fa0,0(a1) */
	{0x02a57553, OP_ILLEGAL, 0, 0}, /* fadd.d fa0,fa0,fa0 */
	{0x2188, OP_ILLEGAL, 0, 0},     /* c.fld fa0,0(a1) */
	{0x0005f503, OP_ILLEGAL, 0, 0}, /* a load of funct3 7 */
	{0x0005c023, OP_ILLEGAL, 0, 0}, /* a store of funct3 4 */
	{0x1015852f, OP_ILLEGAL, 0, 0}, /* lr.b: Zabha has none */
	{0x1025b52f, OP_ILLEGAL, 0, 0}, /* lr.d with a second register */
	{0x28c5c52f, OP_ILLEGAL, 0, 0}, /* amocas.q */
	{0x04b50533, OP_ILLEGAL, 0, 0}, /* an op of funct7 2 */
	{0x30200073, OP_ILLEGAL, 0, 0}, /* mret */
};

/* Each kind of access, and of fence, has a cost of its own. */
static const struct profile costs = {
	.l1_load = 1,
	.l1_store = 2,
	.l1_amo = 3,
	.l1_swap = 4,
	.l1_logic = 5,
	.l1_cas = 6,
	.l1_lr = 7,
	.l1_sc = 8,
	.aq = 100,
	.rl = 200,
	.fence = 9,
	.fence_release = 10,
	.fence_acquire = 11,
	.fence_waits = true,
};

static const struct {
	uint32_t word;
	enum op_kind kind;
	unsigned ticks, after;
} of_costs[] = {
	{0x0005b503, OP_LOAD, 1, 0},   /* ld a0,0(a1) */
	{0x00a5b023, OP_STORE, 2, 0},  /* sd a0,0(a1) */
	{0x00a5b52f, OP_AMO, 3, 0},    /* amoadd.d a0,a0,(a1) */
	{0x80a5b52f, OP_AMO, 3, 0},    /* amomin.d a0,a0,(a1) */
	{0x0aa5b52f, OP_AMO, 4, 200},  /* amoswap.d.rl a0,a0,(a1) */
	{0x0ca5a52f, OP_AMO, 4, 100},  /* amoswap.w.aq a0,a0,(a1) */
	{0x60a5b52f, OP_AMO, 5, 0},    /* amoand.d a0,a0,(a1) */
	{0x40a5b52f, OP_AMO, 5, 0},    /* amoor.d a0,a0,(a1) */
	{0x20a5b52f, OP_AMO, 5, 0},    /* amoxor.d a0,a0,(a1) */
	{0x2ec5b52f, OP_AMO, 6, 300},  /* amocas.d.aqrl a0,a2,(a1) */
	{0x1405b52f, OP_LR, 7, 100},   /* lr.d.aq a0,(a1) */
	{0x1aa5b52f, OP_SC, 8, 200},   /* sc.d.rl a0,a0,(a1) */
	{0x0330000f, OP_DRAIN, 9, 0},  /* fence rw,rw */
	{0x0310000f, OP_DRAIN, 10, 0}, /* fence rw,w */
	{0x0110000f, OP_DRAIN, 10, 0}, /* fence w,w */
	{0x0230000f, OP_FENCE, 11, 0}, /* fence r,rw */
};

static void costs_by_kind(void)
{
	for (unsigned i = 0; i < sizeof(of_costs) / sizeof(*of_costs); i++) {
		struct op op = decode(of_costs[i].word, &costs);

		EXPECT_EQ(op.kind, of_costs[i].kind);
		EXPECT_EQ(op.ticks, of_costs[i].ticks);
		EXPECT_EQ(op.after, of_costs[i].after);
	}
}

static const struct {
	uint32_t word, uses;
} of_uses[] = {
	{0x00b50533, 1 << 10 | 1 << 11},           /* add a0,a0,a1 */
	{0x00158513, 1 << 10 | 1 << 11},           /* addi a0,a1,1: its immediate is no register */
	{0x00b53023, 1 << 10 | 1 << 11},           /* sd a1,0(a0) */
	{0x0085b503, 1 << 10 | 1 << 11},           /* ld a0,8(a1) */
	{0x00c5b52f, 1 << 10 | 1 << 11 | 1 << 12}, /* amoadd.d a0,a2,(a1) */
	{0x00b60463, 1 << 11 | 1 << 12},           /* beq a2,a1,.+8 */
	{0x00001537, 1 << 10},                     /* lui a0,1 */
	{0x8082, 1 << 0 | 1 << 1},                 /* ret */
	{0x0330000f, ~0u},                         /* fence rw,rw */
};

static void registers_used(void)
{
	for (unsigned i = 0; i < sizeof(of_uses) / sizeof(*of_uses); i++)
		EXPECT_EQ(decode(of_uses[i].word, &profile).uses, of_uses[i].uses);
}

int main(void)
{
	registers_used();
	costs_by_kind();
	for (unsigned i = 0; i < sizeof(insns) / sizeof(*insns); i++) {
		struct op op = decode(insns[i].word, &profile);

		EXPECT_EQ(op.kind, insns[i].kind);
		EXPECT_EQ(op.ticks, insns[i].ticks);
		EXPECT_EQ(op.width, insns[i].width);
		EXPECT_EQ(op.size, (insns[i].word & 3) == 3 ? 4u : 2u);
	}
	return check_status();
}
