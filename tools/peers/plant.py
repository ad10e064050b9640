"""A copy of the tree in which the peers are strategies: build/peers/. Nothing of theirs is copied but by the compiler."""

import shutil
import subprocess
from pathlib import Path

from tools.copied import TOP, copy_tree
from tools.peers.pairs import OURS_IN_RUST, PAIRS, SPIN

HERE = Path(__file__).resolve().parent
TREE = TOP / "build" / "peers"
TRAITS = """
[{word}]
order = "{order}"
waiters = "as its own project says"
lock_bytes = 0
waiter_bytes = 0
harts = "any"
instructions = []
has = []
shipped_by = "{package}"
yardstick = true
"""


def orders() -> dict[str, tuple[str, str]]:
    """Returns what the copy has beside the locks of lock/, by name: the order of service, and the package."""
    return {**{pair.peer: (pair.order, pair.package) for pair in PAIRS},
            **{name: (order, SPIN) for name, order in OURS_IN_RUST.items()}}


def plant() -> Path:
    """Makes the copy anew. Returns its path."""
    copy_tree(TREE)
    for header in (HERE / "lock").glob("*.h"):
        shutil.copy2(header, TREE / "lock")
    with (open(TREE / "lock/locks.def", "a", encoding="utf-8") as words,
          open(TREE / "lock/traits.toml", "a", encoding="utf-8") as traits):
        for name, (order, package) in orders().items():
            word = name.replace("-", "_")
            words.write(f"LOCK({word})\n")
            traits.write(TRAITS.format(word=word, order=order, package=package))
    return TREE


def build_rust() -> Path:
    """Builds the functions of tools/peers/spin. Returns the archive."""
    subprocess.run(["make", "-s", "rust-peers"], cwd=TOP, check=True, timeout=400)
    return TOP / "build" / "rust" / "release" / "libpeers.a"
