/* Tests machine/tree.c: it writes no byte past its room. The tree of a machine of five harts is
 * left in the file that the argument names: what the kernel reads in it, machine.c checks. */
#include "machine/tree.h"

#include <stdlib.h>

#include "check.h"

static const struct profile profile = {.cluster_harts = 2, .clock_mhz = 1500};

static bool write_tree(unsigned harts, const char *bootargs, uint8_t *to, size_t room)
{
	static struct machine m;

	m = (struct machine){.profile = &profile, .harts = harts};
	return tree_write(&m, bootargs, to, room);
}

static size_t size_of(const uint8_t *tree)
{
	return (size_t)tree[4] << 24 | (size_t)tree[5] << 16 | (size_t)tree[6] << 8 | tree[7];
}

/* Each room is a buffer of its exact size, so that AddressSanitizer sees a write past it. */
static void test_room(void)
{
	bool fits = false, fitted;

	for (size_t room = 0; room < 8192; room += 4) {
		uint8_t *tree = malloc(room);

		fitted = fits;
		fits = write_tree(5, "hartlock: run=cas:5", tree, room);
		EXPECT(fits || !fitted);
		EXPECT(!fits || size_of(tree) <= room);
		free(tree);
	}
	EXPECT(fits);
}

/* The tree of the most harts leaves room for a long plan (machine/load.c gives it 64 KiB). */
static void test_most_harts(void)
{
	enum { ROOM = 64 * 1024, PLAN = 20000 };
	uint8_t *tree = malloc(ROOM);
	char *plan = calloc(1, PLAN);

	memset(plan, 'x', PLAN - 1);
	EXPECT(write_tree(MACHINE_HARTS, plan, tree, ROOM));
	free(plan);
	free(tree);
}

static bool leave(const char *path)
{
	static uint8_t tree[8192];
	FILE *file = fopen(path, "wb");
	bool left = file != NULL && write_tree(5, "hartlock: run=cas:5", tree, sizeof(tree)) &&
		    fwrite(tree, size_of(tree), 1, file) == 1;

	return file != NULL && fclose(file) == 0 && left;
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	test_room();
	test_most_harts();
	EXPECT(leave(argv[1]));
	return check_status();
}
