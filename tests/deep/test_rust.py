"""The Rust crate: its locks on threads, its example, and both on a bare RISC-V hart. Debian's rustc builds it."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from support.run import TOP

CARGO = Path(os.environ.get("CARGO", "/usr/bin/cargo"))
LIBRARY = Path("/usr/lib/rustlib/src/rust/library")
PLAIN = re.search(r"<!-- opensbi plain: ([\w -]+) -->", (TOP / "docs/use/drop-in.md").read_text())[1].split()
OF_A_LOCK, OF_THE_HEAP = 3, 2  # tests

pytestmark = pytest.mark.skipif(not CARGO.exists() or not Path("/usr/share/cargo/registry").is_dir(),
                                reason="Debian's cargo is not installed: make setup-deep")


def make(*args, top=TOP):
    done = subprocess.run(["make", "-s", *args], cwd=top, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=400, check=False)
    return done.returncode, done.stdout


def test_every_plain_lock_works_and_the_example_prints_its_letters():
    status, out = make("rust")
    assert status == 0, out
    assert f"test result: ok. {OF_A_LOCK * len(PLAIN) + OF_THE_HEAP} passed; 0 failed" in out
    assert out.endswith("\na\nb\nc\n")


@pytest.mark.parametrize("file,right,wrong,failed", [
    ("lock/ticket.h", "return a32_cas_relaxed(&l->next, serving, serving + 1);", "return true;", "ticket::"),
    ("lock/ttas.h", "while (a32_swap_acquire(&l->held, 1) != 0) {", "while (a32_load_relaxed(&l->held) != 0) {", "ttas::"),
    ("alloc/bump.h", "heap->next = p.next;", "", "tests::"),
])
def test_a_planted_mistake_is_found(tmp_path, file, right, wrong, failed):
    for folder in ("lock", "alloc", "rust"):
        shutil.copytree(TOP / folder, tmp_path / folder, ignore=shutil.ignore_patterns("target"))
    path = tmp_path / file
    assert right in path.read_text()
    path.write_text(path.read_text().replace(right, wrong))
    (tmp_path / "Makefile").write_text("BUILD = build\nQ = @\ninclude rust/rust.mk\n")
    status, out = make("rust", top=tmp_path)
    assert status != 0 and re.search(rf"^    {failed}\w+$", out, re.MULTILINE), out


def test_the_allocator_is_off_by_default(tmp_path):
    done = subprocess.run([CARGO, "build", "--offline", "--manifest-path", TOP / "rust/Cargo.toml", "--example", "abc",
                           "--config", 'source.crates-io.replace-with="debian"',
                           "--config", 'source.debian.directory="/usr/share/cargo/registry"'],
                          env={**os.environ, "CARGO_HOME": str(tmp_path), "CARGO_TARGET_DIR": str(tmp_path)},
                          capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode != 0 and "requires the features: `global_alloc`" in done.stderr


@pytest.mark.skipif(not LIBRARY.is_dir(), reason="Rust's core is not here as source: make setup-deep")
def test_the_example_runs_on_a_bare_hart():
    status, out = make("rust-bare")
    assert status == 0, out
    assert out.replace("\r", "").endswith("\na\nb\nc\n")
