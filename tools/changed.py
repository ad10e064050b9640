"""`make check-changed`: which folders of tests belong to the files that changed.

    git status --porcelain | python3 -m tools.changed
"""

import sys

NEEDED_BY = {  # folder of sources: folders of tests
    "alloc": ("unit", "c", "compile", "boot"), "bench": ("unit", "c", "compile", "boot", "faults"), "docs": ("unit",),
    "host": ("unit", "boot", "faults"), "kernel": ("unit", "c", "compile", "boot", "faults"), "linker": ("compile", "boot"),
    "lock": ("unit", "c", "compile", "boot", "faults"), "machine": ("c", "boot"), "model": ("unit", "c", "boot"), "native": ("unit", "boot"),
    "observe": ("unit", "c", "boot"), "rust": ("unit",),
    "tools": ("unit", "compile", "faults"), "verify": ("unit", "compile", "faults"),
}
ALL = ("unit", "c", "compile", "boot", "faults")


def folders(paths: list[str]) -> list[str]:
    """The folders of tests for changed paths; all of them for a file that nothing is known of."""
    wanted: set[str] = set()
    for path in paths:
        first, _, rest = path.partition("/")
        inside = rest.partition("/")[0]
        wanted.update((inside,) if first == "tests" and inside in ALL else NEEDED_BY.get(first, ("unit",) if path.endswith(".md") else ALL))
    return [f"tests/{name}" for name in ALL if name in wanted]


def main() -> None:
    print(*folders([line[3:].split(" -> ")[-1].strip() for line in sys.stdin]) or ["tests/unit"])


if __name__ == "__main__":
    main()
