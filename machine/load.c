#include "load.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "tree.h"

/* The tree is at the end of RAM, with room for the longest plan. */
enum { TREE_ROOM = 64 * 1024 };

static const char *load_segment(struct machine *m, FILE *file, const Elf64_Phdr *segment)
{
	uint8_t *to = ram_at(m, segment->p_paddr, segment->p_memsz);

	if (to == NULL || segment->p_memsz > RAM_BYTES - TREE_ROOM ||
	    segment->p_paddr + segment->p_memsz > RAM_BASE + RAM_BYTES - TREE_ROOM)
		return "it does not fit the machine's memory, 0x80000000 to 0x8fff0000";
	if (segment->p_filesz > segment->p_memsz)
		return "a segment of it is larger in the file than in memory";
	if (fseek(file, (long)segment->p_offset, SEEK_SET) != 0 ||
	    fread(to, 1, segment->p_filesz, file) != segment->p_filesz)
		return "it is cut short";
	return NULL;
}

static const char *check(const Elf64_Ehdr *head)
{
	if (memcmp(head->e_ident, ELFMAG, SELFMAG) != 0)
		return "it is no ELF file";
	if (head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_machine != EM_RISCV)
		return "it is no program for RV64";
	if (head->e_phentsize != sizeof(Elf64_Phdr))
		return "it has no segments to load";
	return NULL;
}

static const char *load_file(struct machine *m, FILE *file, uint64_t *entry)
{
	Elf64_Ehdr head;
	const char *wrong;

	if (fread(&head, sizeof(head), 1, file) != 1)
		return "it is no ELF file";
	wrong = check(&head);
	*entry = head.e_entry;
	for (unsigned i = 0; wrong == NULL && i < head.e_phnum; i++) {
		Elf64_Phdr segment;

		if (fseek(file, (long)(head.e_phoff + i * sizeof(segment)), SEEK_SET) != 0 ||
		    fread(&segment, sizeof(segment), 1, file) != 1)
			return "it is cut short";
		if (segment.p_type == PT_LOAD && segment.p_memsz != 0)
			wrong = load_segment(m, file, &segment);
	}
	if (wrong == NULL && ram_at(m, *entry, 4) == NULL)
		wrong = "it begins where the machine has no memory";
	return wrong;
}

const char *load_image(struct machine *m, const char *path, uint64_t *entry)
{
	FILE *file = fopen(path, "rb");
	const char *wrong;

	if (file == NULL)
		return "it cannot be read";
	wrong = load_file(m, file, entry);
	fclose(file);
	return wrong;
}

const char *load_tree(struct machine *m, const char *plan, uint64_t *address)
{
	*address = RAM_BASE + RAM_BYTES - TREE_ROOM;
	return tree_write(m, plan, ram_at(m, *address, TREE_ROOM), TREE_ROOM)
		     ? NULL
		     : "the plan is too long for the device tree";
}
