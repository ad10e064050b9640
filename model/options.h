/* options.h: the plugin's arguments, key=value. */
#ifndef MODEL_OPTIONS_H
#define MODEL_OPTIONS_H

#include "model.h"

struct arguments {
	struct options options;
	const char *machine; /* path of the profile */
};

/* NULL, or what is wrong, with *at the argument that is. */
const char *options_read(struct arguments *a, int argc, char **argv, const char **at);

#endif
