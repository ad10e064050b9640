/* alarm.h: a signal to the calling thread at a set time. */
#ifndef NATIVE_ALARM_H
#define NATIVE_ALARM_H

/* Get ready for alarms. It is called before any thread sets one. */
void alarm_init(void);

#endif
