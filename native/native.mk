# native.mk: the bench on POSIX threads, for this computer or whatever HOSTCC compiles
# for. Included by the Makefile, from which it takes the sources, WARN and worker.

SANITIZE    ?=
NATIVE_LIBS ?=
NATIVE      := $(BUILD)/native$(SANITIZE:%=-%)
NATIVE_SRCS := $(wildcard native/*.c) $(filter-out $(FORM_SRCS),$(wildcard bench/*.c))
NATIVE_OBJS := $(patsubst %,$(NATIVE)/%.o,$(NATIVE_SRCS)) $(call worker_objects,$(NATIVE))

# GCC's default for AArch64 calls a function for each atomic, which picks its
# instructions at run time: what is timed is to be the instructions themselves, those
# of this computer where it is an AArch64 one.
NATIVE_FOR  := $(shell $(HOSTCC) -dumpmachine 2>/dev/null)
NATIVE_ARCH := $(if $(filter aarch64%,$(NATIVE_FOR)),-mno-outline-atomics \
               $(if $(filter aarch64,$(shell uname -m)),-march=native))
NATIVE_CC   := $(HOSTCC) -MMD -MP -Inative -std=gnu11 -O2 -g $(NATIVE_ARCH) -fno-common -ffunction-sections \
               -fdata-sections -fno-stack-protector -pthread $(WARN) -DSANITIZER='"$(or $(SANITIZE),none)"' \
               $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)

.PHONY: native
native: $(call formed,$(NATIVE))/hartlock ## build the bench on threads (SANITIZE=thread, HOSTCC=...)

$(call formed,$(NATIVE))/hartlock: $(NATIVE_OBJS)
	$(call say,LINK,$@)
	$(Q)$(NATIVE_CC) -Wl,--gc-sections -o $@ $(NATIVE_OBJS) $(NATIVE_LIBS)

$(NATIVE)/%.c.o: %.c $(NATIVE)/flags
	$(call say,HOSTCC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(NATIVE_CC) -c $< -o $@

$(call workers,$(NATIVE),NATIVE_CC)

$(NATIVE)/flags: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)echo '$(subst ','\'',$(NATIVE_CC))' | cmp -s - $@ || echo '$(subst ','\'',$(NATIVE_CC))' >$@

-include $(NATIVE_OBJS:.o=.d)
