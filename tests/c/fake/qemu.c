/* qemu.c: as much of QEMU as the cost model's plugin sees. It tests the plugin in cases
 * that are hard to make with a real QEMU: another API, and a QEMU that stands still.
 *
 *     qemu PLUGIN API TARGET system|user HARTS install|stall|pass [key=value ...]
 *
 * loads the plugin and installs it. It says which version the plugin chose, on stdout,
 * and exits with 3 when the plugin refuses to be installed. `stall` and
 * `pass` then let a guest of two harts find the mailbox and join; in `stall` none
 * of them ever does anything again, in `pass` they leave. Built with -DOLD it has no
 * entry points that came with API 2. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../kernel/layout.h"
#include "../../../kernel/mailbox.h"
#include "../../../model/plugin-api.h"

enum { HARTS = 2, MAILBOX_AT = 4096 };

/* An instruction: its address, its bytes, and the callbacks that were asked for. */
struct qemu_plugin_insn {
	uint64_t pc;
	uint32_t word;
	plugin_execute_fn *execute;
	plugin_memory_fn *access;
	void *execute_data, *access_data;
};

struct qemu_plugin_tb {
	struct qemu_plugin_insn *insn;
};

static int api;
static plugin_translate_fn *translate;
static union {
	char bytes[2 * MAILBOX_AT];
	struct mailbox aligned;
} guest;

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, plugin_translate_fn *fn)
{
	(void)id;
	translate = fn;
}

void qemu_plugin_register_vcpu_idle_cb(plugin_id id, plugin_vcpu_fn *fn)
{
	(void)id;
	(void)fn;
}

void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, plugin_execute_fn *fn,
					  int registers, void *data)
{
	(void)tb;
	(void)fn;
	(void)registers;
	(void)data;
}

void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, plugin_execute_fn *fn,
					    int registers, void *data)
{
	(void)registers;
	insn->execute = fn;
	insn->execute_data = data;
}

void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, plugin_memory_fn *fn,
				      int registers, int access, void *data)
{
	(void)registers;
	(void)access;
	insn->access = fn;
	insn->access_data = data;
}

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb)
{
	(void)tb;
	return 1;
}

struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index)
{
	(void)index;
	return tb->insn;
}

size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn)
{
	(void)insn;
	return sizeof(insn->word);
}

uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn)
{
	return insn->pc;
}

void *qemu_plugin_insn_haddr(const struct qemu_plugin_insn *insn)
{
	return guest.bytes + (insn->pc - KERNEL_BASE);
}

/* Before API 3 it returned a pointer and knew of no second argument. */
uintptr_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *to, size_t size)
{
	if (api < 3)
		return (uintptr_t)&insn->word;
	memcpy(to, &insn->word, size);
	return size;
}

#ifndef OLD
int qemu_plugin_num_vcpus(void)
{
	return HARTS;
}
#endif

/* Execute one instruction of hart `hart`. Its access, if it makes one, is at `address`. */
static void execute(unsigned hart, uint32_t word, uint64_t address)
{
	struct qemu_plugin_insn insn = {.pc = KERNEL_BASE, .word = word};
	struct qemu_plugin_tb tb = {&insn};

	translate(0, &tb);
	if (insn.execute != NULL)
		insn.execute(hart, insn.execute_data);
	if (insn.access != NULL)
		insn.access(hart, 0, address, insn.access_data);
}

static uint32_t marker(uint32_t which)
{
	const uint32_t slti = 0x2013;

	return which << 20 | slti;
}

/* Be a hart's thread, which stops for ever; `arg` is the hart's number. */
static void *stall(void *arg)
{
	execute((unsigned)(uintptr_t)arg, marker(MARK_JOIN), 0);
	for (;;)
		pause();
	return NULL;
}

static void *pass(void *arg)
{
	execute((unsigned)(uintptr_t)arg, marker(MARK_JOIN), 0);
	execute((unsigned)(uintptr_t)arg, marker(MARK_LEAVE), 0);
	return NULL;
}

static void run(void *(*harts_do)(void *))
{
	const uint32_t sd = 0x3023;
	struct mailbox *mailbox = (struct mailbox *)(guest.bytes + MAILBOX_AT);
	pthread_t thread[HARTS];

	execute(0, marker(MARK_MAILBOX), 0);
	execute(0, sd, KERNEL_BASE + MAILBOX_AT);
	if (mailbox->magic != MAILBOX_MAGIC) {
		fprintf(stderr, "the plugin did not find the mailbox\n");
		exit(4);
	}
	mailbox->harts = HARTS;
	for (uintptr_t h = 0; h < HARTS; h++)
		pthread_create(&thread[h], NULL, harts_do, (void *)h);
	for (unsigned h = 0; h < HARTS; h++)
		pthread_join(thread[h], NULL);
}

typedef int install_fn(plugin_id id, const struct plugin_info *info, int argc, char **argv);

static install_fn *load(const char *file)
{
	void *plugin = dlopen(file, RTLD_NOW);
	const int *version = plugin ? dlsym(plugin, "qemu_plugin_version") : NULL;

	if (version == NULL) {
		fprintf(stderr, "%s\n", dlerror());
		exit(4);
	}
	printf("version %d\n", *version);
	fflush(stdout);
	return (install_fn *)(uintptr_t)dlsym(plugin, "qemu_plugin_install");
}

int main(int argc, char **argv)
{
	struct plugin_info info = {0};
	install_fn *install;

	if (argc < 7)
		return 2;
	install = load(argv[1]);
	api = atoi(argv[2]);
	info.version.cur = api;
	info.target_name = argv[3];
	info.system_emulation = strcmp(argv[4], "system") == 0;
	info.system.smp_vcpus = info.system.max_vcpus = atoi(argv[5]);
	if (install(0, &info, argc - 7, argv + 7) != 0)
		return 3;
	if (strcmp(argv[6], "install") != 0)
		run(strcmp(argv[6], "stall") == 0 ? stall : pass);
	return 0;
}
