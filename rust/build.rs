//! Makes and compiles the C shim, because the locks are inline functions of C headers, and makes
//! the list of locks that src/lib.rs includes.
//!
//! A lock is in the list if lock/locks.def names it, its header keeps nothing for a hart (the plain
//! shape of docs/use/drop-in.md), and it has a trylock, which lock_api::RawMutex asks for.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

struct Lock {
    word: String,    // its name in C
    about: String,   // the first line of its header
    bytes: u32,      // sizeof(struct NAME_lock)
}

fn read(path: &Path) -> String {
    println!("cargo:rerun-if-changed={}", path.display());
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {}", path.display(), e))
}

/// Returns the bytes of a lock, from its table of lock/traits.toml.
fn lock_bytes(traits: &str, word: &str) -> u32 {
    let table = traits.split(&format!("\n[{word}]\n")).nth(1).expect("traits.toml has each lock of locks.def");
    let line = table.lines().find_map(|line| line.strip_prefix("lock_bytes = "));
    line.and_then(|n| n.parse().ok()).expect("traits.toml: lock_bytes")
}

fn plain_locks(top: &Path) -> Vec<Lock> {
    let list = read(&top.join("lock/locks.def"));
    let traits = read(&top.join("lock/traits.toml"));
    let words = list.lines().filter_map(|line| line.strip_prefix("LOCK(")?.strip_suffix(')'));
    words
        .filter_map(|word| {
            let header = read(&top.join(format!("lock/{word}.h")));
            let plain = header.contains(&format!("LOCK_KEEPS_NOTHING({word})"));
            let about = header.lines().next()?.strip_prefix("/* ")?.to_string();
            (plain && header.contains(&format!(" {word}_trylock(")))
                .then(|| Lock { word: word.to_string(), about, bytes: lock_bytes(&traits, word) })
        })
        .collect()
}

fn shim(locks: &[Lock]) -> String {
    let mut c = String::from("#include <stddef.h>\n#include \"alloc/bump.h\"\n");
    for Lock { word, bytes, .. } in locks {
        write!(
            c,
            r#"
#include "lock/{word}.h"
_Static_assert(sizeof(struct {word}_lock) == {bytes} && _Alignof(struct {word}_lock) == 4, "src/lib.rs has it so");
void hartlock_{word}_acquire(struct {word}_lock *l) {{ {word}_acquire(l, NULL); }}
bool hartlock_{word}_trylock(struct {word}_lock *l) {{ return {word}_trylock(l, NULL); }}
void hartlock_{word}_release(struct {word}_lock *l) {{ {word}_release(l, NULL); }}
bool hartlock_{word}_is_locked(struct {word}_lock *l) {{ return {word}_is_locked(l); }}
"#
        )
        .unwrap();
    }
    c + r#"
_Static_assert(sizeof(struct bump) == 3 * sizeof(void *) && offsetof(struct bump, next) == 0 &&
	       offsetof(struct bump, start) == sizeof(void *), "src/heap.rs has it so");
void *hartlock_bump_alloc(struct bump *b, size_t size, size_t align) { return bump_alloc(b, size, align); }
void hartlock_bump_init(struct bump *b, uintptr_t start, uintptr_t end) { bump_init(b, start, end); }
size_t hartlock_bump_used(const struct bump *b) { return bump_used(b); }
"#
}

/// Returns a word of C as a type's name: `ticket_backoff` is TicketBackoff.
fn type_name(word: &str) -> String {
    word.split('_').map(|part| part[..1].to_uppercase() + &part[1..]).collect()
}

/// Returns one plain_lock! for each lock; src/lib.rs defines that macro.
fn list(locks: &[Lock]) -> String {
    let mut rust = String::new();
    for Lock { word, about, bytes } in locks {
        let (name, words) = (type_name(word), bytes / 4);
        writeln!(
            rust,
            "plain_lock! {{ {about:?}, {word}, {name}, {name}Mutex, {words}, hartlock_{word}_acquire, \
             hartlock_{word}_trylock, hartlock_{word}_release, hartlock_{word}_is_locked }}"
        )
        .unwrap();
    }
    rust
}

fn main() {
    let crate_folder = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap());
    let top = crate_folder.parent().expect("the crate lies in hartlock's tree, beside lock/ and alloc/");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap());
    let locks = plain_locks(top);

    fs::write(out.join("locks.rs"), list(&locks)).unwrap();
    fs::write(out.join("shim.c"), shim(&locks)).unwrap();
    for folder in ["lock", "alloc"] {
        println!("cargo:rerun-if-changed={}", top.join(folder).display());
    }
    let mut shim = cc::Build::new();
    if env::var("TARGET").unwrap().starts_with("riscv64gc") {
        shim.flag("-mabi=lp64d"); // cc takes lp64 for bare harts, rustc lp64d
    }
    shim.file(out.join("shim.c"))
        .include(top)
        .flag("-std=gnu11")
        .flag("-ffreestanding")
        .extra_warnings(true)
        .compile("hartlock_shim");
}
