/* isa.h: which extensions a hart has, as its device tree node says. It needs no kernel
 * services, so it also builds on the host, where it is tested. */
#ifndef KERNEL_ISA_H
#define KERNEL_ISA_H

#include <stdbool.h>
#include <stddef.h>

struct isa {
	const char *text; /* riscv,isa: one string; NULL: there is none */
	const char *list; /* riscv,isa-extensions: strings one behind the other; NULL: none */
	size_t list_len;  /* bytes of it, the NULs included */
};

/* Does a hart have the extension `name`? A name of more than one letter, in small
 * letters: "zacas". The list decides where there is one, as in Linux; riscv,isa is
 * the older property (Linux, Devicetree bindings, riscv/extensions.yaml). Neither
 * heeds case. */
bool isa_has(const struct isa *isa, const char *name);

/* Write what decides as one string of that older form, such as "rv64imac_zacas"; nothing if the
 * node says nothing. */
void isa_write(const struct isa *isa, void (*put)(char c));

#endif
