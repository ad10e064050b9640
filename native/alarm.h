/* alarm.h: a signal to the calling thread at a set time. */
#ifndef NATIVE_ALARM_H
#define NATIVE_ALARM_H

/* Before any thread sets an alarm. */
void alarm_init(void);

#endif
