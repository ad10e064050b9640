/* Says of each 32-bit word on standard input whether the machine knows the instruction that
 * begins with it: one byte each, 'y' or 'n'. tests/c/test_decoder.py compares. */
#include <stdio.h>

#include "../../machine/decode.h"

int main(void)
{
	static const struct profile profile;
	uint32_t word;

	while (fread(&word, sizeof(word), 1, stdin) == 1)
		putchar(decode(word, &profile).kind == OP_ILLEGAL ? 'n' : 'y');
	return 0;
}
