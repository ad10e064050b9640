/* hotplug.h: harts start and stop by SBI HSM (SBI specification, chapter "Hart State
 * Management Extension"). A hart can stop itself in the middle of its work, and goes on
 * there once another hart has started it again.
 *
 * What a stopped hart keeps is memory: its stack, its thread-local storage, what it shares
 * with others. Firmware starts it as at boot, at _start with no stack; start.S finds its
 * slot by its id, and hotplug_resume() goes back to where it stopped. */
#ifndef KERNEL_HOTPLUG_H
#define KERNEL_HOTPLUG_H

#include <stdbool.h>

#include "hart.h"

/* Ask firmware to start the hart at start.S. Returns an SBI error, or 0. */
long hotplug_power_on(const struct hart *h);

/* Stop the calling hart; returns once hotplug_start() has been called for it. Its alarm and
 * its interrupts are off before and after. Panics if firmware refuses. */
void hotplug_stop_self(void);

/* Start hart `index` again, which has called hotplug_stop_self() or is about to. Returns
 * false while the hart has not stopped yet: try again. Panics if firmware refuses. */
bool hotplug_start(unsigned index);

/* For a hart that firmware has just started: if it had stopped itself, go on there, and do
 * not return. */
void hotplug_resume(const struct hart *h);

#endif
