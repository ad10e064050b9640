/* duty_port.h: the LOCK_PORT of the workers whose harts owe each other answers (shootdown.h). */
#ifndef BENCH_DUTY_PORT_H
#define BENCH_DUTY_PORT_H

#include "shootdown.h"

#define LOCK_POLL() shootdown_poll()

#endif
