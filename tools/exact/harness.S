# The harness of a random program (tools/exact/program.py), which runs as it is in two places:
# on a bare hart in S-mode, and as a process of Linux. In each round it draws 32 operands into
# `scratch`, runs one of the blocks, and folds what that left in registers and memory into a hash.
# It prints the hash every `every` rounds, and at the end the last round's registers and memory.
	.option	norvc
	.option	norelax
	.text
	.globl	_start
_start:
	la	s0, state
	sd	sp, 0(s0)		# Linux gives a stack, a bare hart has 0
round:
	la	a0, scratch
	la	a1, edges
	ld	a3, 8(s0)
	li	a4, 32
draw:	jal	t6, step
	andi	t2, a3, 7		# of what kind it is,
	srli	t3, a3, 8		# which edge case, or how long
	jal	t6, step
	mv	t1, a3
	sltiu	t4, t2, 3		# three of eight are edge cases,
	bnez	t4, edge
	sltiu	t4, t2, 5		# two of any length, three uniform
	beqz	t4, drawn
	sra	t1, a3, t3
	j	drawn
edge:	andi	t3, t3, 63
	slli	t3, t3, 3
	add	t3, t3, a1
	ld	t1, 0(t3)
drawn:	sd	t1, 0(a0)
	addi	a0, a0, 8
	addi	a4, a4, -1
	bnez	a4, draw
	sd	a3, 8(s0)

	ld	t0, 24(s0)		# rounds left
	addi	t0, t0, -1
	sd	t0, 24(s0)
	la	t2, last
	beqz	t0, enter
	ld	t1, 40(s0)		# which block is next
	slli	t2, t1, 3
	addi	t1, t1, 1
	sltiu	t3, t1, BLOCKS
	bnez	t3, more
	li	t1, 0
more:	sd	t1, 40(s0)
	la	t3, blocks
	add	t2, t2, t3
enter:	ld	t2, 0(t2)
	jr	t2

step:	slli	t0, a3, 13		# xorshift64 (Marsaglia)
	xor	a3, a3, t0
	srli	t0, a3, 7
	xor	a3, a3, t0
	slli	t0, a3, 17
	xor	a3, a3, t0
	jr	t6

	.globl	after
after:	la	s0, state
	la	a0, scratch
	ld	a3, 16(s0)
	li	a4, 64
fold:	ld	t1, 0(a0)
	xor	a3, a3, t1
	jal	t6, step
	addi	a3, a3, 1
	addi	a0, a0, 8
	addi	a4, a4, -1
	bnez	a4, fold
	sd	a3, 16(s0)
	ld	t0, 24(s0)
	beqz	t0, end
	ld	t0, 32(s0)		# rounds until the next hash is printed
	addi	t0, t0, -1
	sd	t0, 32(s0)
	bnez	t0, round
	ld	t0, every
	sd	t0, 32(s0)
	jal	s1, print
	j	round
end:	jal	s1, print
	la	s2, scratch
	li	s3, 64
1:	ld	a3, 0(s2)
	jal	s1, print
	addi	s2, s2, 8
	addi	s3, s3, -1
	bnez	s3, 1b
	li	a0, 0
	li	a1, 0
	li	a6, 0
	li	a7, 0x53525354		# SBI: SRST
	ld	t0, 0(s0)
	beqz	t0, 2f
	li	a7, 93			# Linux: exit
2:	ecall

print:	la	a1, text		# a3 in hexadecimal, and a newline
	addi	t0, a1, 16
1:	addi	t0, t0, -1
	andi	t1, a3, 15
	sltiu	t2, t1, 10
	addi	t1, t1, 'a' - 10
	beqz	t2, 2f
	addi	t1, t1, '0' - 'a' + 10
2:	sb	t1, 0(t0)
	srli	a3, a3, 4
	bne	t0, a1, 1b
	ld	t0, 0(s0)
	bnez	t0, 3f
	li	a0, 17
	li	a2, 0
	li	a6, 0
	li	a7, 0x4442434e		# SBI: DBCN
	ecall
	jr	s1
3:	li	a0, 1
	li	a2, 17
	li	a7, 64			# Linux: write
	ecall
	jr	s1

	.data
	.balign	8
state:	.dword	0			# 0: of Linux
	.dword	SEED			# 8: the operands' generator
	.dword	0			# 16: the hash
	.dword	ROUNDS			# 24
	.dword	EVERY			# 32
	.dword	0			# 40
every:	.dword	EVERY
text:	.ascii	"................\n"
	.balign	64
	.globl	scratch
scratch:
	.zero	32 * 8
registers:				# those that a block ends with
	.zero	32 * 8
