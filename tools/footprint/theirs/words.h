/* words.h: what the headers beside it share. */
#ifndef THEIRS_WORDS_H
#define THEIRS_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#define FENCE(before, after) __asm__ volatile("fence " #before ", " #after ::: "memory")

/* The C loads and stores of kernels: one access, not torn, not moved by the compiler. */
#define ONCE(x) (*(volatile __typeof__(x) *)&(x))

#define inline inline __attribute__((always_inline))

struct no_node {
	char unused[0];
};

#endif
