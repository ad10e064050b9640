/* Tests the class of every kind of instruction that the model tells apart, in the words that
 * the assembler makes. */
#include "../../model/decode.h"
#include "check.h"

static const struct {
	uint32_t word;
	unsigned size;
	enum insn_class class;
} insns[] = {
	{0x00150513, 4, INSN_OP},     /* addi a0,a0,1 */
	{0x00b50533, 4, INSN_OP},     /* add a0,a0,a1 */
	{0x02b50533, 4, INSN_MUL},    /* mul a0,a0,a1 */
	{0x02b5053b, 4, INSN_MUL},    /* mulw a0,a0,a1 */
	{0x02b54533, 4, INSN_DIV},    /* div a0,a0,a1 */
	{0x02b57533, 4, INSN_DIV},    /* remu a0,a0,a1 */
	{0x00b50463, 4, INSN_BRANCH}, /* beq a0,a1,.+8 */
	{0x008000ef, 4, INSN_JUMP},   /* jal .+8 */
	{0x000500e7, 4, INSN_JUMP},   /* jalr a0 */
	{0x0005b503, 4, INSN_LOAD},   /* ld a0,0(a1) */
	{0x0005b507, 4, INSN_LOAD},   /* fld fa0,0(a1) */
	{0x00a5b023, 4, INSN_STORE},  /* sd a0,0(a1) */
	{0x00a5b027, 4, INSN_STORE},  /* fsd fa0,0(a1) */
	{0x0ca5a52f, 4, INSN_AMO},    /* amoswap.w.aq a0,a0,(a1) */
	{0x00a5b52f, 4, INSN_AMO},    /* amoadd.d a0,a0,(a1) */
	{0x1005b52f, 4, INSN_LR},     /* lr.d a0,(a1) */
	{0x18a5b52f, 4, INSN_SC},     /* sc.d a0,a0,(a1) */
	{0x02a57553, 4, INSN_FP},     /* fadd.d fa0,fa0,fa0 */
	{0xc0102573, 4, INSN_CSR},    /* rdtime a0 */
	{0x00000073, 4, INSN_CSR},    /* ecall */
	{0x0310000f, 4, INSN_FENCE},  /* fence rw,w */
	{0x0230000f, 4, INSN_FENCE},  /* fence r,rw */
	{0x0330000f, 4, INSN_DRAIN},  /* fence rw,rw */
	{0x0120000f, 4, INSN_DRAIN},  /* fence w,r */
	{0x0ff0000f, 4, INSN_DRAIN},  /* fence */
	{0x0000100f, 4, INSN_DRAIN},  /* fence.i */
	{0x0100000f, 4, INSN_PAUSE},  /* pause */
	{0x28c5b52f, 4, INSN_AMO},    /* amocas.d a0,a2,(a1) */
	{0x28c5a52f, 4, INSN_AMO},    /* amocas.w a0,a2,(a1) */
	{0x2ec5b52f, 4, INSN_AMO},    /* amocas.d.aqrl a0,a2,(a1) */
	{0x00c5852f, 4, INSN_AMO},    /* amoadd.b a0,a2,(a1) */
	{0x00d00073, 4, INSN_WRS},    /* wrs.nto */
	{0x01d00073, 4, INSN_WRS},    /* wrs.sto */
	{0x10500073, 4, INSN_CSR},    /* wfi */
	{0x40102013, 4, INSN_MARK},   /* slti x0,x0,0x401 */
	{0x40152013, 4, INSN_OP},     /* slti x0,a0,0x401 */
	{0x0505, 2, INSN_OP},         /* c.addi a0,1 */
	{0x852e, 2, INSN_OP},         /* c.mv a0,a1 */
	{0x952e, 2, INSN_OP},         /* c.add a0,a1 */
	{0x8502, 2, INSN_JUMP},       /* c.jr a0 */
	{0x8082, 2, INSN_JUMP},       /* ret */
	{0x9502, 2, INSN_JUMP},       /* c.jalr a0 */
	{0xa021, 2, INSN_JUMP},       /* c.j .+8 */
	{0xc501, 2, INSN_BRANCH},     /* c.beqz a0,.+8 */
	{0xe501, 2, INSN_BRANCH},     /* c.bnez a0,.+8 */
	{0x4188, 2, INSN_LOAD},       /* c.lw a0,0(a1) */
	{0x6188, 2, INSN_LOAD},       /* c.ld a0,0(a1) */
	{0xc188, 2, INSN_STORE},      /* c.sw a0,0(a1) */
	{0xe188, 2, INSN_STORE},      /* c.sd a0,0(a1) */
	{0x6522, 2, INSN_LOAD},       /* c.ldsp a0,8(sp) */
	{0xe42a, 2, INSN_STORE},      /* c.sdsp a0,8(sp) */
	{0x0028, 2, INSN_OP},         /* c.addi4spn a0,sp,8 */
};

int main(void)
{
	for (size_t i = 0; i < sizeof(insns) / sizeof(*insns); i++) {
		enum insn_class class = decode_class(insns[i].word, insns[i].size);

		if (class != insns[i].class)
			fprintf(stderr, "0x%08x is class %d\n", insns[i].word, (int)class);
		EXPECT(class == insns[i].class);
	}
	EXPECT(decode_mark(0x40102013) == 0x401);
	return check_status();
}
