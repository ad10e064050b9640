/* selftest.h: the allocator is checked at every boot, before anything is measured. */
#ifndef KERNEL_SELFTEST_H
#define KERNEL_SELFTEST_H

/* Check the allocator's contract, one @check record a claim; panics if one does not hold. */
void selftest_run(void);

#endif
