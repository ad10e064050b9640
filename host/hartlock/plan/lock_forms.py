"""The words of `--relax` and `--unlock`: how waiters wait and holders let go (lock/forms.h)."""

from pathlib import Path

RELAX_FORMS = ("none", "pause", "wrs")
UNLOCK_FORMS = ("store", "fence-store", "store-fence", "amoswap")
RELAX, UNLOCK = "pause", "store"  # the defaults; the Makefile builds them without a folder of their own


def formed(folder: Path, relax: str, unlock: str) -> Path:
    """The folder below `folder` that the Makefile builds these forms in."""
    return folder if (relax, unlock) == (RELAX, UNLOCK) else folder / f"{relax}-{unlock}"
