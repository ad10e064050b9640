# The proofs: each strategy out of line, by the kernel's own flags, in each of its forms.
# `make prove` builds them all, and checks them against the workers that are timed.

# The forms but for the plain one: mcs.wrs-amoswap is built as RELAX=wrs UNLOCK=amoswap are.
SUBJECT_FORMS := $(filter-out pause-store,$(foreach r,$(RELAXES),$(addprefix $(r)-,$(UNLOCKS))))
form_relax  = $(firstword $(subst -, ,$(1)))
form_unlock = $(patsubst $(form_relax)-%,%,$(1))
form_defines = $(addprefix -D,$(shell echo LOCK_RELAX_FORM_$(form_relax) LOCK_UNLOCK_FORM_$(form_unlock) | tr a-z- A-Z_))

# $(call subject,strategy,folder,define,suffix,form,folder to build in)
define subject
SUBJECTS += $(BUILD)/verify/$(6)$(1)$(4).o
$(BUILD)/verify/$(6)$(1)$(4).o: verify/subject.c $(BUILD)/flags
	$$(call say,CC,"verify/subject.c for $(6)$(1)$(4)")
	$(Q)mkdir -p $$(@D)
	$(Q)$(CC) $(CPPFLAGS) $(LIBC) $(CFLAGS) $(3) $(5) -DSTRATEGY=$(1) \
		-DSTRATEGY_HEADER='"../$(2)/$(1).h"' -c $$< -o $$@
endef
SUBJECTS :=
$(foreach s,$(LOCKS),$(eval $(call subject,$(s),lock,,,)))
$(foreach s,$(LOCKS),$(foreach f,$(SUBJECT_FORMS),$(eval $(call subject,$(s),lock,,.$(f),$(call form_defines,$(f))))))
$(foreach s,$(filter-out $(STACKS),$(LOCKFREES)),$(eval $(call subject,$(s),alloc,-DLOCKFREE,,)))
# A lock with a trylock is built once more, with it, in a folder of its own: a trylock that changes then leaves the proof of
# its lock as it is.
$(foreach s,$(TRYLOCKS),$(eval $(call subject,$(s),lock,-DTRYLOCK,,,try/)))
# Allocators that take frames back are proved without the workers around them: no image has to be built for that.
FREED := pool cached_pool buddy treiber
FREED_OBJS := $(FREED:%=$(BUILD)/verify/freeing/%.o)
SUBJECTS += $(FREED_OBJS)
$(FREED_OBJS): $(BUILD)/verify/freeing/%.o: verify/freeing.c $(BUILD)/flags
	$(call say,CC,"verify/freeing.c for $*")
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(LIBC) $(CFLAGS) -DFREED_$* -c $< -o $@
-include $(SUBJECTS:.o=.d)

# The explorer of schedules runs on this computer.
EXPLORER := $(BUILD)/verify/schedules
EXPLORER_SRCS := $(wildcard verify/schedules/*.c)
$(EXPLORER): $(EXPLORER_SRCS) $(wildcard verify/schedules/*.h)
	$(call say,HOSTCC,verify/schedules)
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) -std=gnu11 -O2 -Wall -Wextra -Werror -o $@ $(EXPLORER_SRCS)

PROVE = PYTHONPATH=.:host CROSS_COMPILE=$(CROSS_COMPILE) /usr/bin/python3 -m verify

.PHONY: subjects
subjects: $(SUBJECTS) $(EXPLORER) $(IMAGE) $(addprefix image-,$(SUBJECT_FORMS))
image-%: $(IMAGE)
	$(Q)$(MAKE) --no-print-directory RELAX=$(call form_relax,$*) UNLOCK=$(call form_unlock,$*) all

.PHONY: setup-prove
setup-prove: ## fetch herd7 beside the system, install spin and graphviz, for make prove
	$(Q)./host/setup prove
	$(Q)./host/fetch-herd

.PHONY: prove
prove: ## prove the compiled locks against the RISC-V memory model (LOCK=mcs for one; SHOW=1)
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) $(if $(filter $(subst -,_,$(LOCK)),$(FREED)),$(FREED_OBJS) $(EXPLORER),subjects)
	$(Q)$(PROVE) $(if $(filter command% environment%,$(origin LOCK)),--lock $(LOCK)) $(if $(SHOW),--show)

.PHONY: prove-trylocks
prove-trylocks: $(filter $(BUILD)/verify/try/%,$(SUBJECTS)) ## prove the trylocks against the RISC-V memory model, and that their orders are needed (LOCK=mcs for one)
	$(Q)$(PROVE).tries $(if $(filter command% environment%,$(origin LOCK)),--lock $(LOCK))

.PHONY: schedules
schedules: $(SUBJECTS) $(EXPLORER) ## execute the compiled locks in every order in which harts can go on (LOCK=mcs for one)
	$(Q)$(PROVE) --only schedules $(if $(filter command% environment%,$(origin LOCK)),--lock $(LOCK))

.PHONY: prove-models
prove-models: ## check the locks' algorithms with Spin, every interleaving of 3 and of 4 harts
	$(Q)$(PROVE).models
