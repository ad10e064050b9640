/* futex.h: wait until a word changes, without taking a processor's time. */
#ifndef NATIVE_FUTEX_H
#define NATIVE_FUTEX_H

#include <stdatomic.h>
#include <stdint.h>

/* Sleep while *word is `value`; may return early. */
void futex_wait(_Atomic uint32_t *word, uint32_t value);

/* Wake the thread that waits for *word, if there is one. */
void futex_wake(_Atomic uint32_t *word);

#endif
