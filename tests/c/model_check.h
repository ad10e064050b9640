/* model_check.h: the one check the model's tests are made of. */
#ifndef MODEL_CHECK_H
#define MODEL_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define CHECK(holds)                                                                \
	do {                                                                        \
		if (!(holds)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #holds); \
			exit(1);                                                    \
		}                                                                   \
	} while (0)

#endif
