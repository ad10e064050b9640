/* options.h: the plugin's arguments, key=value. */
#ifndef MODEL_OPTIONS_H
#define MODEL_OPTIONS_H

#include "model.h"

struct arguments {
	struct options options;
	const char *machine; /* path of the profile */
};

/* Read the arguments. Returns NULL, or says what is wrong; *at is then the argument that
 * is wrong. */
const char *options_read(struct arguments *a, int argc, char **argv, const char **at);

#endif
