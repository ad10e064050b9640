/* self.h: which hart the calling thread is. */
#ifndef NATIVE_SELF_H
#define NATIVE_SELF_H

/* Index of the calling thread's hart; 0 for the thread that started them. */
extern _Thread_local unsigned self_index;

#endif
