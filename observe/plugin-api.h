/* plugin-api.h: the entry points of QEMU's TCG plugin interface that the watcher calls. They are
 * declared here because no package of Debian ships qemu-plugin.h.
 *
 * One binary serves API 1 (QEMU 7.2) to API 4 (QEMU 10.0). Callbacks that API 7 changed (their
 * arguments swap places) are the reason why newer QEMUs are refused, not guessed at.
 */
#ifndef OBSERVE_PLUGIN_API_H
#define OBSERVE_PLUGIN_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLUGIN_EXPORT __attribute__((visibility("default")))

enum {
	PLUGIN_API_OLDEST = 1,
	PLUGIN_API_RENEWED = 2,
	PLUGIN_API_COPIES = 3,
	PLUGIN_API_REGISTERS = 4,
	PLUGIN_API_NEWEST = 4
};

typedef uint64_t plugin_id;

struct plugin_info {
	const char *target_name;
	struct {
		int min, cur;
	} version;
	bool system_emulation;
	struct {
		int smp_vcpus, max_vcpus;
	} system;
};

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_hwaddr;

enum plugin_registers { PLUGIN_NO_REGISTERS, PLUGIN_READS_REGISTERS };
enum plugin_access { PLUGIN_READS = 1, PLUGIN_WRITES = 2, PLUGIN_READS_AND_WRITES = 3 };

typedef void plugin_translate_fn(plugin_id id, struct qemu_plugin_tb *tb);
typedef void plugin_exit_fn(plugin_id id, void *data);
typedef void plugin_hart_fn(plugin_id id, unsigned vcpu);
typedef void plugin_execute_fn(unsigned vcpu, void *data);
typedef void plugin_memory_fn(unsigned vcpu, uint32_t info, uint64_t address, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, plugin_translate_fn *fn);
void qemu_plugin_register_atexit_cb(plugin_id id, plugin_exit_fn *fn, void *data);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, plugin_execute_fn *fn,
					  int registers, void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, plugin_execute_fn *fn,
					    int registers, void *data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, plugin_memory_fn *fn,
				      int registers, int access, void *data);

/* The two that a plugin has, and QEMU looks for. */
extern PLUGIN_EXPORT int qemu_plugin_version;
PLUGIN_EXPORT int qemu_plugin_install(plugin_id id, const struct plugin_info *info, int argc,
				      char **argv);

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
/* Before API 3 it returns where the bytes are; from then on it copies them to `to`. */
uintptr_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *to, size_t size);
bool qemu_plugin_mem_is_store(uint32_t info);

/* The functions from here to the next remark are weak, for an older QEMU has none of them. */
struct plugin_array { /* GLib's GArray */
	char *data;
	unsigned len;
};
struct plugin_bytes { /* GLib's GByteArray */
	uint8_t *data;
	unsigned len;
};
struct plugin_register {
	void *handle;
	const char *name, *feature;
};
#define PLUGIN_WEAK __attribute__((weak))
PLUGIN_WEAK struct plugin_array *qemu_plugin_get_registers(void);
PLUGIN_WEAK int qemu_plugin_read_register(void *handle, struct plugin_bytes *to); /* its size */
PLUGIN_WEAK struct plugin_bytes *g_byte_array_new(void);
PLUGIN_WEAK struct plugin_bytes *g_byte_array_set_size(struct plugin_bytes *bytes, unsigned size);

void qemu_plugin_register_vcpu_init_cb(plugin_id id, plugin_hart_fn *fn);

/* NULL if the address is none of the access. */
struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(uint32_t info, uint64_t virtual_address);
uint64_t qemu_plugin_hwaddr_phys_addr(const struct qemu_plugin_hwaddr *address);

#endif
