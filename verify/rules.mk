# The proofs: each strategy out of line, by the kernel's own flags, in each of its forms.
# `make prove` builds them all, and checks them against the workers that are timed.

SUBJECT_FORMS := relax-none relax-wrs unlock-fence-store unlock-store-fence unlock-amoswap
form_relax-none         := -DLOCK_RELAX_FORM_NONE
form_relax-wrs          := -DLOCK_RELAX_FORM_WRS
form_unlock-fence-store := -DLOCK_UNLOCK_FORM_FENCE_STORE
form_unlock-store-fence := -DLOCK_UNLOCK_FORM_STORE_FENCE
form_unlock-amoswap     := -DLOCK_UNLOCK_FORM_AMOSWAP

# $(call subject,strategy,folder,define,suffix,form)
define subject
SUBJECTS += $(BUILD)/verify/$(1)$(4).o
$(BUILD)/verify/$(1)$(4).o: verify/subject.c $(BUILD)/flags
	$$(call say,CC,"verify/subject.c for $(1)$(4)")
	$(Q)mkdir -p $$(@D)
	$(Q)$(CC) $(CPPFLAGS) $(LIBC) $(CFLAGS) $(3) $(5) -DSTRATEGY=$(1) \
		-DSTRATEGY_HEADER='"../$(2)/$(1).h"' -c $$< -o $$@
endef
SUBJECTS :=
$(foreach s,$(LOCKS),$(eval $(call subject,$(s),lock,,,)))
$(foreach s,$(LOCKS),$(foreach f,$(SUBJECT_FORMS),$(eval $(call subject,$(s),lock,,.$(f),$(form_$(f))))))
$(foreach s,$(LOCKFREES),$(eval $(call subject,$(s),alloc,-DLOCKFREE,,)))
-include $(SUBJECTS:.o=.d)

PROVE = PYTHONPATH=.:host CROSS_COMPILE=$(CROSS_COMPILE) /usr/bin/python3 -m verify

.PHONY: subjects
subjects: $(SUBJECTS) $(foreach k,worker loaded,$(patsubst %,$(BUILD)/bench/$(k)-%.o,$(LOCKS) $(LOCKFREES)))

.PHONY: setup-prove
setup-prove: ## fetch herd7 beside the system, install spin and graphviz, for make prove
	$(Q)./host/setup prove
	$(Q)./host/fetch-herd

.PHONY: prove
prove: subjects ## prove the compiled locks against the RISC-V memory model (LOCK=mcs for one; SHOW=1)
	$(Q)$(PROVE) $(if $(filter command% environment%,$(origin LOCK)),--lock $(LOCK)) $(if $(SHOW),--show)


.PHONY: prove-models
prove-models: ## check the locks' algorithms with Spin, every interleaving of 3 and of 4 harts
	$(Q)$(PROVE).models
