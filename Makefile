# hartlock. `make help` lists the targets.

CROSS_COMPILE ?= riscv64-unknown-elf-
GLOBAL_ALLOC  ?= 1
BUILD         ?= build
LOCK          ?= ticket
SMP           ?= 8
RELAX         ?= pause
UNLOCK        ?= store
VARIANT       ?= plain
QEMU          ?= qemu-system-riscv64

CC      := $(CROSS_COMPILE)gcc
OBJDUMP := $(CROSS_COMPILE)objdump
READELF := $(CROSS_COMPILE)readelf
PYTHON   = $(shell ./host/find-python)

# How waiters wait and holders let go (lock/forms.h): the workers are compiled for it,
# in a folder of their own if it is not the default, and nothing else is.
RELAXES  := none pause wrs
UNLOCKS  := store fence-store store-fence amoswap
$(if $(filter $(RELAX),$(RELAXES)),,$(error RELAX=$(RELAX): it is one of $(RELAXES)))
$(if $(filter $(UNLOCK),$(UNLOCKS)),,$(error UNLOCK=$(UNLOCK): it is one of $(UNLOCKS)))
FORMS    := $(filter-out pause-store,$(RELAX)-$(UNLOCK))
FORM_DEF := $(addprefix -D,$(shell echo LOCK_RELAX_FORM_$(RELAX) LOCK_UNLOCK_FORM_$(UNLOCK) | tr a-z- A-Z_))
formed    = $(1)$(FORMS:%=/%)
IMAGE    := $(call formed,$(BUILD))/hartlock.elf
FLAT     := $(IMAGE:.elf=.bin)

ifeq ($(V),)
Q := @
say = @printf '  %-7s %s\n' $(1) $(2)
endif

# Strategies: the words of locks.def decide what is built.
LOCKS     := $(shell sed -n 's/^LOCK(\(.*\))$$/\1/p' lock/locks.def)
LOCKFREES := $(shell sed -n 's/^LOCKFREE\(_ISA\)*(\([a-z_]*\).*)$$/\2/p' lock/locks.def)
# Those of them that take blocks back: page frames, as `pool` hands them out.
STACKS    := $(shell sed -n 's/^LOCKFREE_POOL(\(.*\))$$/\1/p' lock/locks.def)

# The locks that have a trylock.
TRYLOCKS := $(foreach s,$(LOCKS),$(if $(shell grep -l '^static inline bool $(s)_trylock\b' lock/$(s).h),$(s)))

# The locks that want one node for a hart, however many of them it holds.
ONE_NODES := $(shell awk '/^\[/ { name = $$1; gsub(/[][]/, "", name) } /^has = .*"one-node-a-hart"/ { print name }' lock/traits.toml)

# Allocators that take blocks back, behind the locks: bench/section_freeing.h. The other one is `bump`.
FREEING   := $(filter-out bump,$(shell awk -F'"' '/^CHOICE.allocator,/ { gsub(/,/, "", $$2); gsub(/-/, "_", $$2); print $$2 }' bench/plan.def))

FORM_SRCS := bench/worker.c bench/forms.c
SRCS := $(wildcard kernel/*.c kernel/*.S) $(filter-out $(FORM_SRCS),$(wildcard bench/*.c)) \
        $(if $(filter 1,$(GLOBAL_ALLOC)),alloc/global.c)
worker_objects = $(foreach variant,plain full,$(patsubst %,$(call formed,$(1))/bench/$(variant)-%.o,$(LOCKS) $(LOCKFREES))) \
                 $(foreach variant,$(FREEING) replay duty many,$(patsubst %,$(call formed,$(1))/bench/$(variant)-%.o,$(LOCKS))) \
                 $(patsubst %,$(call formed,$(1))/bench/pool-%.o,$(STACKS)) $(call formed,$(1))/bench/forms.o
OBJS := $(patsubst %,$(BUILD)/%.o,$(SRCS)) $(call worker_objects,$(BUILD))

WARN := -Wall -Wextra -Werror -Wshadow -Wundef -Wvla -Wpointer-arith -Wcast-qual \
        -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wwrite-strings \
        -Wredundant-decls -Wnested-externs -Wimplicit-fallthrough -Wformat=2 -Wlogical-op
ARCH   := -march=rv64gc -mabi=lp64d -mcmodel=medany
CFLAGS := -std=gnu11 -O2 -g $(ARCH) -ffreestanding -fno-common -ffunction-sections \
          -fdata-sections -fno-stack-protector -ftls-model=local-exec $(WARN)
KERNEL_AT := $(if $(KERNEL_BASE),-DKERNEL_BASE=$(KERNEL_BASE))
CPPFLAGS := -MMD -MP -DGLOBAL_ALLOC=$(GLOBAL_ALLOC) -Ikernel $(KERNEL_AT)$(if $(CALLED), -DLOCKS_CALLED)
LIBC     := --specs=picolibc.specs -DPICOLIBC_INTEGER_PRINTF_SCANF
LDFLAGS  := $(LIBC) -nostartfiles -static -Wl,--gc-sections -Wl,--fatal-warnings \
            -Wl,--no-warn-rwx-segments -Wl,--defsym=vfprintf=__i_vfprintf

.PHONY: all flat
all: $(IMAGE) ## build the kernel image (default; RELAX=none|pause|wrs UNLOCK=store|fence-store|store-fence|amoswap; CALLED=1: locks as functions)
flat: $(FLAT) ## the same as a flat file for U-Boot's booti: build/hartlock.bin

# The image moves itself: relocs.awk makes the table of what there is to move from a
# first link, and the second one, which is laid out the same, has it.
LINK = $(CC) $(ARCH) $(LDFLAGS) -T $(BUILD)/kernel.ld
# $(call link,image,objects)
define link
	$(call say,LINK,$(1))
	$(Q)$(LINK) -Wl,--emit-relocs -o $(1:.elf=.1.elf) $(2)
	$(Q)$(READELF) -rW $(1:.elf=.1.elf) >$(1:.elf=.relocs)
	$(Q)awk -f linker/relocs.awk $(1:.elf=.relocs) >$(1:.elf=.relocs.S)
	$(Q)$(CC) -Ikernel $(KERNEL_AT) $(ARCH) -c $(1:.elf=.relocs.S) -o $(1:.elf=.relocs.o)
	$(Q)$(LINK) -o $(1) $(2) $(1:.elf=.relocs.o)
	$(Q)rm -f $(1:.elf=.1.elf) $(1:.elf=.relocs)
endef

$(IMAGE): $(OBJS) $(BUILD)/kernel.ld linker/relocs.awk
	$(call link,$@,$(OBJS))

# An image that brings its plan. $(file) keeps the shell from reading it.
BOARD := $(IMAGE:hartlock.elf=board.elf)
.PHONY: board
board: $(BOARD:.elf=.bin) ## an image with a plan in it, build/board.bin (PLAN='hartlock: run=cas:4')
$(BOARD): $(OBJS) $(BUILD)/kernel.ld linker/relocs.awk FORCE
	$(if $(filter hartlock:,$(PLAN)),,$(error PLAN='$(PLAN)': a plan begins with hartlock: (./run-bench.sh --engine board --print-plan prints one)))
	$(file >$(@:.elf=.plan),$(PLAN))
	$(Q)printf '\t.section .plan, "a"\n\t.incbin "$(@:.elf=.plan)"\n\t.byte 0\n' >$(@:.elf=.plan.S)
	$(Q)$(CC) $(ARCH) -c $(@:.elf=.plan.S) -o $(@:.elf=.plan.o)
	$(call link,$@,$(OBJS) $(@:.elf=.plan.o))

$(BUILD)/%.bin: $(BUILD)/%.elf
	$(call say,FLAT,$@)
	$(Q)$(CROSS_COMPILE)objcopy -O binary $< $@

$(BUILD)/kernel.ld: linker/kernel.ld kernel/layout.h $(BUILD)/flags
	$(Q)$(CC) -E -P -undef -x c -Ikernel $(KERNEL_AT) $< -o $@

$(BUILD)/%.c.o: %.c $(BUILD)/flags
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(KERNEL_CC) -c $< -o $@

$(BUILD)/%.S.o: %.S $(BUILD)/flags
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ARCH) -g -c $< -o $@

# $(call worker,strategy,header,section,folder to build in,name of the compiler's variable,variant)
define worker
$(4)/bench/$(6)-$(1).o: bench/worker.c $(4)/flags
	$$(call say,CC,"bench/worker.c for $(1) ($(6))")
	$(Q)mkdir -p $$(@D)
	$(Q)$$($(5)) $(FORM_DEF) -DSTRATEGY=$(1) \
		-DSTRATEGY_NAME='"$(subst _,-,$(1))"' -DSTRATEGY_SYMBOL='"$(1)"' -DSTRATEGY_HEADER='"../$(2)/$(1).h"' \
		-DSECTION_HEADER='"$(3)"' -DVARIANT_HEADER='"variant_$(if $(filter $(FREEING) duty many,$(6)),full,$(6)).h"' \
		$(if $(filter full,$(6))$(filter $(1),$(STACKS)),-DPLACE_LINE=8) \
		$(if $(filter $(FREEING),$(6)),-DFREEING=$(6) -DFREEING_NAME='"$(subst _,-,$(6))"' \
			-DHEAP_HEADER='"heap_$(if $(filter $(1),$(STACKS)),$(1),$(6)).h"') \
		$(if $(filter duty,$(6)),-DDUTY -DLOCK_PORT='"../bench/duty_port.h"' $(if $(filter $(1),$(TRYLOCKS)),-DTRIES)) \
		$(if $(filter many,$(6)),-DMANY $(if $(filter $(1),$(ONE_NODES)),-DONE_NODE)) \
		-c $$< -o $$@
endef
# $(call forms,folder of all objects,folder of these,name of the compiler's variable)
define forms
$(2)/bench/forms.o: bench/forms.c $(2)/flags
	$(Q)mkdir -p $$(@D)
	$(Q)$$($(3)) $(FORM_DEF) -c $$< -o $$@

$(if $(FORMS),$(2)/flags: $(1)/flags
	$(Q)mkdir -p $$(@D)
	$(Q)touch $$@)
endef
# $(call workers,folder to build in,name of the compiler's variable)
define workers
$(foreach s,$(LOCKS),$(eval $(call worker,$(s),lock,section_lock.h,$(call formed,$(1)),$(2),plain)))
$(foreach s,$(LOCKS),$(eval $(call worker,$(s),lock,section_lock.h,$(call formed,$(1)),$(2),full)))
$(foreach s,$(LOCKS),$(eval $(call worker,$(s),lock,section_lock.h,$(call formed,$(1)),$(2),duty)))
$(foreach s,$(LOCKS),$(eval $(call worker,$(s),lock,section_many.h,$(call formed,$(1)),$(2),many)))
$(foreach v,$(FREEING),$(foreach s,$(LOCKS),$(eval $(call worker,$(s),lock,section_freeing.h,$(call formed,$(1)),$(2),$(v)))))
$(foreach s,$(LOCKS),$(eval $(call worker,$(s),lock,section_lock.h,$(call formed,$(1)),$(2),replay)))
$(foreach s,$(LOCKFREES),$(eval $(call worker,$(s),alloc,section_lockfree.h,$(call formed,$(1)),$(2),plain)))
$(foreach s,$(LOCKFREES),$(eval $(call worker,$(s),alloc,section_lockfree.h,$(call formed,$(1)),$(2),full)))
$(foreach s,$(STACKS),$(eval $(call worker,$(s),alloc,section_stack.h,$(call formed,$(1)),$(2),pool)))
$(eval $(call forms,$(1),$(call formed,$(1)),$(2)))
endef

KERNEL_CC := $(CC) $(CPPFLAGS) $(LIBC) $(CFLAGS)
$(call workers,$(BUILD),KERNEL_CC)

# Rebuild what other flags built.
FLAGS_NOW := $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)
$(BUILD)/flags: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)echo '$(FLAGS_NOW)' | cmp -s - $@ || echo '$(FLAGS_NOW)' >$@
.PHONY: FORCE
FORCE:

-include $(OBJS:.o=.d)

# The cost model's machine, a program of this computer.
HOSTCC       ?= cc
MODEL        := $(BUILD)/model/hartlock-machine
MODEL_OBJS   := $(patsubst %,$(BUILD)/%.host.o,$(wildcard machine/*.c model/*.c))
HOST_CFLAGS  := -std=gnu11 -O2 -g -fno-common $(WARN)
MODEL_CFLAGS := $(HOST_CFLAGS) -O3 -flto

.PHONY: model
model: $(MODEL) ## build the cost model's machine

$(MODEL): $(MODEL_OBJS)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) $(MODEL_CFLAGS) -o $@ $(MODEL_OBJS)

$(BUILD)/%.c.host.o: %.c $(BUILD)/flags
	$(call say,HOSTCC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) -MMD -MP $(MODEL_CFLAGS) -c $< -o $@

-include $(MODEL_OBJS:.o=.d)

# The watcher of locks, a plugin for QEMU.
WATCHER        := $(BUILD)/observe/hartlock-observe.so
WATCHER_OBJS   := $(patsubst %,$(BUILD)/%.plugin.o,$(wildcard observe/*.c))
WATCHER_CFLAGS := $(HOST_CFLAGS) -fPIC -fvisibility=hidden -pthread

.PHONY: observe
observe: $(WATCHER) ## build the watcher of locks, a plugin for QEMU

$(WATCHER): $(WATCHER_OBJS)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) $(WATCHER_CFLAGS) -shared -o $@ $(WATCHER_OBJS)

$(BUILD)/%.c.plugin.o: %.c $(BUILD)/flags
	$(call say,HOSTCC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) -MMD -MP $(WATCHER_CFLAGS) -c $< -o $@

-include $(WATCHER_OBJS:.o=.d)

include native/native.mk
include verify/rules.mk
include rust/rust.mk

.PHONY: setup setup-deep
setup: ## install what building, running and `make check` need (Debian packages)
	$(Q)./host/setup base kernel run check

setup-deep: ## install what `make check-deep` needs: other compilers, a browser, Slurm, U-Boot, Rust; a second QEMU, OpenSBI's source and Debian's Linux beside
	$(Q)./host/setup base kernel run check deep
	$(Q)./host/fetch-qemu10
	$(Q)./host/fetch-opensbi
	$(Q)./host/fetch-linux

# Tests start the host program often: they are told which Python it takes, and that the tree is built.
JOBS   := $(shell nproc)
# labgrid brings a plugin for pytest, which needs a main thread that workers may not have.
PYTEST  = HARTLOCK_PREBUILT=1 PYTHON=/usr/bin/python3 /usr/bin/python3 -m pytest -q -rs -p no:labgrid
WORKERS = -n $(JOBS) --dist loadfile

.PHONY: check check-deep deep check-changed built-and-linted lint test
check: built-and-linted ## layout, types, shell scripts, and the quick tests: before each commit
	$(Q)$(PYTEST) $(WORKERS) --durations=10 -m "not deep and not timing" --ignore=tests/deep tests

check-deep: check deep ## all tests; `make setup-deep` installs what they need

deep: export HARTLOCK_DEEP = 1
deep: built-and-linted ## the tests that `make check` leaves out, and alone at last those that are about time (SLOW=no: half of the time)
	$(Q)$(PYTEST) $(WORKERS) --durations=10 -m "(deep or repeated) and not timing $(if $(filter no,$(SLOW)),and not slow)" tests
	$(Q)$(PYTEST) -m timing tests

check-changed: all model native observe ## the quick tests of the folders that differ from the last commit
	$(Q)$(PYTEST) $(WORKERS) -m "not deep and not timing" $$(git status --porcelain | $(TOOL)changed)

built-and-linted:
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) --output-sync=target lint all model native observe

SHELL_FILES := run-bench.sh host/setup host/find-python host/apt-beside host/fetch-qemu10 host/fetch-herd host/fetch-opensbi host/fetch-linux tools/fuzz/run .ci/run
C_FILES      = $(shell git ls-files '*.c' '*.h' 2>/dev/null || ls */*.c */*.h)
lint: ## layout, types, shell scripts
	$(Q)clang-format --dry-run -Werror $(C_FILES)
	$(Q)shellcheck -x $(SHELL_FILES)
	$(Q)/usr/bin/python3 -m pyflakes host verify tools tests
	$(Q)/usr/bin/python3 -m mypy --config-file host/mypy.ini

test: all model native observe ## some tests, in one process (TESTS=tests/unit)
	$(Q)$(PYTEST) $(or $(TESTS),tests)

# The programs of tools/.
TOOL = PYTHONPATH=host:. /usr/bin/python3 -m tools.

.PHONY: mutants mutant
mutants: all model ## locks that are wrong on purpose, and which check caught each (RUNS=3 ONLY=null ENGINE=model)
	$(Q)$(TOOL)mutants.mutants $(if $(RUNS),--runs $(RUNS)) $(if $(ONLY),--only $(ONLY)) $(if $(ENGINE),--engine $(ENGINE))

mutant: all ## a checkout with one of them in build/mutants/ (MUTANT=clh-own-cell), kernel and all
	$(Q)$(TOOL)mutants.tree $(MUTANT)

.PHONY: detectors
detectors: all model ## how soon stress finds each of them (SEEDS=5 ONLY=null; WRITE=1 puts it into docs/trust/stress.md)
	$(Q)$(TOOL)mutants.detectors $(if $(SEEDS),--seeds $(SEEDS)) $(if $(ONLY),--only $(ONLY)) $(if $(WRITE),--write)

.PHONY: peers
peers: native ## our locks beside Concurrency Kit's and spin-rs's, in one run on threads (BOOTS=10 TRIALS=3; WRITE=1; REALTIME=1: as root, on a busy computer)
	$(Q)$(TOOL)peers.peers $(if $(BOOTS),--boots $(BOOTS)) $(if $(TRIALS),--trials $(TRIALS)) $(if $(WRITE),--write) $(if $(REALTIME),--realtime)

.PHONY: linux
linux: ## Debian's Linux for riscv64, a program that makes its locks busy, and its symbols: to observe it
	$(Q)$(TOOL)linux.build

.PHONY: opensbi
opensbi: ## OpenSBI with a lock of lock/ in the place of its own, for QEMU's -bios (LOCK=mcs; LOCK=own: as it is)
	$(Q)$(TOOL)opensbi $(LOCK)

.PHONY: record-logs
record-logs: all ## record the logs of tests/support/logs/ again, after the kernel's records have changed
	$(Q)$(TOOL)record_logs

.PHONY: fuzz
fuzz: ## device trees that a fuzzer makes up, for the kernel's parser (RUNS=10000000)
	$(Q)tools/fuzz/run $(BUILD)/fuzz $(or $(RUNS),10000000)

.PHONY: fuzz-folders
fuzz-folders: ## damaged results folders, for the commands that read them (RUNS=100000 FIRST=0)
	$(Q)FUZZ_FOLDERS=$(or $(RUNS),100000) FUZZ_FIRST=$(or $(FIRST),0) $(PYTEST) tests/unit/test_fuzz_folders.py

.PHONY: exact
exact: $(MODEL) ## random programs on the model's machine and under qemu-riscv64: do they differ? (SEEDS=8 FIRST=1 ROUNDS=10000)
	$(Q)$(TOOL)exact.differ $(if $(SEEDS),--seeds $(SEEDS)) $(if $(FIRST),--first $(FIRST)) $(if $(ROUNDS),--rounds $(ROUNDS))

.PHONY: closed-loop
closed-loop: $(IMAGE) $(MODEL) ## machines drawn at random: does the probe find them, and order what it predicts rightly? (MACHINES=200 FIRST=1 MEMBERS=4 BLAME=3)
	$(Q)$(TOOL)closed_loop $(if $(MACHINES),--machines $(MACHINES)) $(if $(FIRST),--first $(FIRST)) $(if $(MEMBERS),--members $(MEMBERS)) $(if $(BLAME),--blame $(BLAME))

.PHONY: docs
docs: ## write the parts of documents that are made from data (lock/traits.toml ...) between their marks
	$(Q)$(TOOL)docs

.PHONY: footprint
footprint: ## bytes and instructions of each uncontended acquire and release (SHOW=ticket: which)
	$(Q)CROSS_COMPILE=$(CROSS_COMPILE) $(TOOL)footprint.footprint $(if $(SHOW),--path $(SHOW),$(if $(WRITE),--write))

.PHONY: bench-self
bench-self: $(IMAGE) ## how fast hartlock itself is, and what its harness costs in instructions
	$(Q)$(TOOL)bench_self

# What a reader sees before running anything: one sweep on the model, the same wherever it is run.
.PHONY: reference check-reference
reference: $(IMAGE) $(MODEL) ## measure results/reference again, after a change that is meant
	$(Q)PYTHONPATH=host $(PYTHON) -m tools.reference

check-reference: $(IMAGE) $(MODEL) ## is results/reference what this tree gives, in every figure and word?
	$(Q)PYTHONPATH=host $(PYTHON) -m tools.reference --check

.PHONY: validate
validate: $(IMAGE) $(MODEL) ## is the cost model true? It against tables of a cycle-level simulator (CELLS=1 MEMBERS=16)
	$(Q)CROSS_COMPILE=$(CROSS_COMPILE) $(TOOL)validate.validate $(if $(CELLS),--cells) $(if $(MEMBERS),--members $(MEMBERS))

.PHONY: bench-compare
bench-compare: $(IMAGE) ## how often compare calls two identical sweeps different (20 pairs under tcg)
	$(Q)$(TOOL)bench_compare

# The kernel by hand. PLAN='hartlock: run=cas:8' gives it something to measure.
QEMU_RUN = $(QEMU) -machine virt -m 256M -smp $(SMP) -accel tcg,thread=multi -bios default \
           -kernel $(IMAGE) -append '$(PLAN)' -nographic -no-reboot
.PHONY: qemu qemu-gdb
qemu: $(IMAGE) ## boot the kernel (SMP=8 PLAN='hartlock: run=cas:8'); Ctrl-A X ends it
	$(Q)$(QEMU_RUN)

qemu-gdb: $(IMAGE) ## the same, waiting for gdb at port 1234
	@echo 'in another terminal: gdb-multiarch $(IMAGE) -ex "target remote :1234"'
	$(Q)$(QEMU_RUN) -s -S

.PHONY: asm
asm: $(call formed,$(BUILD))/bench/$(VARIANT)-$(subst -,_,$(LOCK)).o ## the loops that are timed (LOCK=cas RELAX=none UNLOCK=amoswap; VARIANT=full: docs/use/workloads.md)
	$(Q)for f in throughput latency; do $(OBJDUMP) -d --no-show-raw-insn --disassemble=$$f $<; done | sed '/^$$/d; /^Disassembly/d'

.PHONY: clean
clean: ## remove what was built (results/ stays)
	$(Q)rm -rf $(BUILD)

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z][a-z -]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12
