# rust.mk: the Rust crate, built and tested by Debian's rustc with Debian's crates, without network. Included by the
# Makefile, from which it takes CC and ARCH.

CARGO  ?= /usr/bin/cargo
RUSTC  ?= $(dir $(CARGO))rustc
CRATES ?= /usr/share/cargo/registry
RUST   := $(abspath $(BUILD))/rust

# In the tests threads outnumber processors, so a waiter gives its processor up.
YIELD      = CFLAGS='-include sched.h -DLOCK_RELAX()=sched_yield()'
# Cargo's home is a folder of its own, so that no setting of the user's counts and nothing is fetched.
CARGO_ENV  = CARGO_HOME=$(RUST)/home CARGO_TARGET_DIR=$(RUST) RUSTC=$(RUSTC)
CARGO_FROM = --manifest-path rust/Cargo.toml --offline --quiet \
             --config 'source.crates-io.replace-with="debian"' --config 'source.debian.directory="$(CRATES)"'

.PHONY: rust
rust: ## build and test the Rust crate, and run its example (make setup-deep brings rustc and the crates)
	$(Q)$(CARGO_ENV) $(YIELD) $(CARGO) test $(CARGO_FROM) --all-features --lib
	$(Q)$(CARGO_ENV) $(CARGO) run $(CARGO_FROM) --all-features --example abc

.PHONY: rust-peers
rust-peers: ## build the functions by which `make peers` calls locks in Rust
	$(Q)$(CARGO_ENV) $(CARGO) build $(CARGO_FROM:rust/Cargo.toml=tools/peers/spin/Cargo.toml) --release

# Debian has no core for bare RISC-V, but its source. RUSTC_BOOTSTRAP lets this stable compiler build it.
RUST_TARGET  := riscv64gc-unknown-none-elf
RUST_LIBRARY ?= /usr/lib/rustlib/src/rust/library
RUST_SYSROOT := $(RUST)/sysroot
RUST_LIBS    := $(RUST_SYSROOT)/lib/rustlib/$(RUST_TARGET)/lib
RUST_FLAGS    = --target $(RUST_TARGET) --edition 2021 --crate-type rlib --sysroot $(RUST_SYSROOT) --out-dir $(RUST_LIBS) \
                -Copt-level=2 -Cpanic=abort --cap-lints allow
# Only the default handler of Rust 1.68 and later needs no such feature.
RUST_LINK     = --sysroot $(RUST_SYSROOT) -Zcrate-attr=feature(default_alloc_error_handler) -Clinker=$(CC) \
                -Clinker-flavor=gcc -Cdefault-linker-libraries=yes \
                $(addprefix -Clink-arg=,$(ARCH) --specs=picolibc.specs -nostartfiles -static -Wl,--no-warn-rwx-segments \
                -T$(abspath rust/examples/abc.ld))

.PHONY: rust-bare
rust-bare: $(RUST_LIBS)/liballoc.rlib ## build the crate and its example for bare riscv64, and boot it in QEMU
	$(Q)RUSTC_BOOTSTRAP=1 $(CARGO_ENV) RUSTFLAGS='$(RUST_LINK)' $(CARGO) build $(CARGO_FROM) --all-features \
		--target $(RUST_TARGET) --example abc
	$(Q)timeout 60 $(QEMU) -machine virt -m 128M -smp 1 -bios default -nographic -no-reboot \
		-kernel $(RUST)/$(RUST_TARGET)/debug/examples/abc

$(RUST_LIBS)/liballoc.rlib:
	$(call say,RUSTC,"core and alloc for $(RUST_TARGET)")
	$(Q)mkdir -p $(RUST_LIBS)
	$(Q)printf '#![feature(compiler_builtins)]\n#![compiler_builtins]\n#![no_std]\n' >$(RUST)/compiler_builtins.rs
	$(Q)RUSTC_BOOTSTRAP=1 $(RUSTC) $(RUST_FLAGS) --crate-name core $(RUST_LIBRARY)/core/src/lib.rs
	$(Q)RUSTC_BOOTSTRAP=1 $(RUSTC) $(RUST_FLAGS) --crate-name compiler_builtins $(RUST)/compiler_builtins.rs
	$(Q)RUSTC_BOOTSTRAP=1 $(RUSTC) $(RUST_FLAGS) --crate-name alloc $(RUST_LIBRARY)/alloc/src/lib.rs
