#include "output.h"

#include <errno.h>
#include <sys/stat.h>

bool output_open(struct output *o, const char *path, size_t size)
{
	*o = (struct output){.file = fopen(path, "wb"), .size = size};
	return o->file != NULL;
}

void output_put(struct output *o, const void *record)
{
	o->handed++;
	if (o->error == 0 && fwrite(record, o->size, 1, o->file) != 1)
		o->error = errno;
}

uint64_t output_close(struct output *o)
{
	struct stat at = {0};

	if (fflush(o->file) != 0 && o->error == 0)
		o->error = errno;
	if (fstat(fileno(o->file), &at) != 0 && o->error == 0)
		o->error = errno;
	fclose(o->file);
	return o->error != 0 ? o->handed - (uint64_t)at.st_size / o->size : 0;
}
