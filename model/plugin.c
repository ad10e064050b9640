/* plugin.c: connects QEMU with the model. It looks at each block of the kernel once,
 * when QEMU translates it: instructions that the model must stop at get a callback, and
 * the times of the rest are added up. Firmware runs free. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kernel/layout.h"
#include "model.h"
#include "options.h"
#include "plugin-api.h"

PLUGIN_EXPORT int qemu_plugin_version = PLUGIN_API_OLDEST;
PLUGIN_EXPORT int qemu_plugin_install(plugin_id id, const struct plugin_info *info, int argc,
				      char **argv);

/* The model is static, because QEMU's callbacks carry only an instruction's own data. */
static struct model model;
static struct profile profile;
static struct arguments arguments;
static int api;

/* Choose the version that this QEMU has. QEMU reads it only after it has loaded the file. */
__attribute__((constructor)) static void choose_version(void)
{
	enum { WITH_NUM_VCPUS = 2 };

	if (qemu_plugin_num_vcpus != NULL)
		qemu_plugin_version = WITH_NUM_VCPUS;
}

static void on_stop(unsigned vcpu, void *data)
{
	model_before(&model, vcpu, data);
}

static void on_access(unsigned vcpu, uint32_t info, uint64_t address, void *data)
{
	(void)info;
	model_access(&model, vcpu, address, data);
}

static void on_block(unsigned vcpu, void *data)
{
	model_pass(&model, vcpu, (uintptr_t)data);
}

/* The marker's data is how far host addresses are from the guest's. */
static void on_mailbox(unsigned vcpu, void *data)
{
	(void)vcpu;
	model_set_ram(&model, (intptr_t)data);
}

/* A hart in a region never idles. If one does, QEMU is being stopped and waits for all
 * harts, so they are let go. */
static void on_idle(plugin_id id, unsigned vcpu)
{
	(void)id;
	if (model_runs(&model, vcpu))
		model_off(&model);
}

static uint32_t word_of(const struct qemu_plugin_insn *insn, size_t size)
{
	enum { COPIES = 3 };
	uint32_t word = 0;

	if (api >= COPIES)
		qemu_plugin_insn_data(insn, &word, size);
	else
		memcpy(&word, (const void *)qemu_plugin_insn_data(insn, NULL, 0), size);
	return word;
}

/* Returns the ticks of an instruction without its memory access, which is charged later. */
static uint64_t ticks_of(enum insn_class class)
{
	const uint64_t ticks[] = {
		[INSN_OP] = profile.op,       [INSN_BRANCH] = profile.branch,
		[INSN_JUMP] = profile.jump,   [INSN_MUL] = profile.mul,
		[INSN_DIV] = profile.div,     [INSN_FP] = profile.fp,
		[INSN_CSR] = profile.csr,     [INSN_FENCE] = profile.fence,
		[INSN_PAUSE] = profile.pause, [INSN_DRAIN] = profile.fence,
		[INSN_WRS] = profile.pause,   [INSN_MARK] = profile.op,
	};

	return class <= INSN_MARK ? ticks[class] : 0;
}

/* Returns a new stop, which is never freed: it lives as long as QEMU's translation does,
 * which is as long as QEMU. */
static struct stop *new_stop(uint64_t pc, uint32_t word, enum insn_class class, uint64_t before)
{
	struct stop *stop = calloc(1, sizeof(*stop));

	if (stop == NULL)
		model_fail(&model, MODEL_MISUSED, "no memory");
	*stop = (struct stop){pc, class, class == INSN_MARK ? decode_mark(word) : 0, before, 0};
	return stop;
}

static void watch(struct qemu_plugin_insn *insn, struct stop *stop)
{
	if (stop->mark == MARK_MAILBOX) {
		intptr_t ram = (intptr_t)qemu_plugin_insn_haddr(insn) - (intptr_t)stop->pc;

		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mailbox, PLUGIN_NO_REGISTERS,
						       (void *)ram);
		return;
	}
	qemu_plugin_register_vcpu_insn_exec_cb(insn, on_stop, PLUGIN_NO_REGISTERS, stop);
	if (stop->class > INSN_MARK)
		qemu_plugin_register_vcpu_mem_cb(insn, on_access, PLUGIN_NO_REGISTERS,
						 PLUGIN_READS_AND_WRITES, stop);
}

static void on_translate(plugin_id id, struct qemu_plugin_tb *tb)
{
	struct stop *last = NULL;
	uint64_t ticks = 0;

	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t pc = qemu_plugin_insn_vaddr(insn);
		size_t size = qemu_plugin_insn_size(insn);
		uint32_t word = word_of(insn, size);
		enum insn_class class = decode_class(word, (unsigned)size);

		if (pc < KERNEL_BASE)
			return; /* firmware */
		ticks += ticks_of(class);
		if (class < INSN_PAUSE)
			continue;
		last = new_stop(pc, word, class, ticks);
		watch(insn, last);
		ticks = 0;
	}
	if (last != NULL)
		last->after = ticks;
	else if (ticks != 0)
		qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, PLUGIN_NO_REGISTERS,
						     (void *)(uintptr_t)ticks);
}

/* Give up when modelled time stands still: QEMU may wait for a hart that waits for its
 * turn, in an exclusive section for example. */
static void *watch_progress(void *unused)
{
	uint64_t last = 0, still = 0;

	(void)unused;
	for (;;) {
		uint64_t now = atomic_load(&model.progress);

		sleep(1);
		still = atomic_load(&model.active) && !model_is_off(&model) && now == last
			      ? still + 1
			      : 0;
		last = now;
		if (still > arguments.options.watchdog)
			model_fail(&model, MODEL_STUCK, "stuck: modelled time stands still");
	}
	return NULL;
}

static int refuse(const char *what, const char *detail)
{
	fprintf(stderr, "hartlock-model: %s%s%s\n", what, *detail ? ": " : "", detail);
	return -1;
}

static const char *check_qemu(const struct plugin_info *info)
{
	if (info->version.cur > PLUGIN_API_NEWEST)
		return "this QEMU's plugin interface is newer than the model knows (API 1 to 4: "
		       "QEMU 7.2 to 10.0)";
	if (!info->system_emulation || strcmp(info->target_name, "riscv64") != 0)
		return "only qemu-system-riscv64 can run it";
	if (info->system.smp_vcpus > SCHEDULE_HARTS)
		return "at most 64 harts";
	return NULL;
}

static bool start_watchdog(void)
{
	pthread_t thread;

	return arguments.options.watchdog == 0 ||
	       pthread_create(&thread, NULL, watch_progress, NULL) == 0;
}

int qemu_plugin_install(plugin_id id, const struct plugin_info *info, int argc, char **argv)
{
	const char *at, *wrong = check_qemu(info);
	char error[PROFILE_ERROR];

	if (wrong != NULL)
		return refuse(wrong, "");
	wrong = options_read(&arguments, argc, argv, &at);
	if (wrong != NULL)
		return refuse(wrong, at);
	wrong = profile_read(&profile, arguments.machine, error);
	if (wrong != NULL)
		return refuse(wrong, "");
	if (!model_init(&model, &profile, &arguments.options) || !start_watchdog())
		return refuse("no memory", "");
	api = info->version.cur;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	qemu_plugin_register_vcpu_idle_cb(id, on_idle);
	return 0;
}
