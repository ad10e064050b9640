/* port.h: the LOCK_PORT of docs/use/drop-in.md. */
#ifdef cpu_relax
#define LOCK_RELAX() cpu_relax()
#elif __STDC_HOSTED__
#define LOCK_RELAX() relax()
#endif
#define QSPIN_HARTS    128
#define ANDERSON_SLOTS 128
