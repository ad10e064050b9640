#include "machine.h"

bool machine_has(const struct machine *m, const char *extension)
{
	for (unsigned i = 0; i < m->harts; i++)
		if (!isa_has(&m->hart[i].isa, extension))
			return false;
	return true;
}

bool machine_has_memory(const struct machine *m, uint64_t base, uint64_t size)
{
	for (unsigned i = 0; i < m->memories; i++) {
		uint64_t offset = base - m->memory[i].base;

		if (base >= m->memory[i].base && offset <= m->memory[i].size &&
		    size <= m->memory[i].size - offset)
			return true;
	}
	return false;
}

/* Does r have a byte of [base, base + size)? */
static bool overlaps(struct machine_range r, uint64_t base, uint64_t size)
{
	return size != 0 && r.size != 0 &&
	       (r.base >= base ? r.base - base < size : base - r.base < r.size);
}

bool machine_is_free(const struct machine *m, uint64_t base, uint64_t size)
{
	for (unsigned i = 0; i < m->reserved; i++)
		if (overlaps(m->reservation[i], base, size))
			return false;
	return true;
}

/* Returns the range from `from` to the next reservation, or to `end` if there is none. */
static struct machine_range free_from(const struct machine *m, uint64_t from, uint64_t end)
{
	for (unsigned i = 0; i < m->reserved; i++) {
		struct machine_range r = m->reservation[i];

		if (overlaps(r, from, end - from))
			end = r.base > from ? r.base : from;
	}
	return (struct machine_range){from, end - from};
}

struct machine_range machine_largest_free(const struct machine *m, uint64_t base, uint64_t size)
{
	struct machine_range best = free_from(m, base, base + size), piece;

	/* A free piece begins where the whole range does, or behind a reservation. */
	for (unsigned i = 0; i < m->reserved; i++) {
		uint64_t from = m->reservation[i].base + m->reservation[i].size;

		if (from < base || from - base >= size)
			continue;
		piece = free_from(m, from, base + size);
		if (piece.size > best.size)
			best = piece;
	}
	return best;
}
