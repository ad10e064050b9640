"""The words of `--relax` and `--unlock`: how waiters wait and holders let go (lock/forms.h)."""

from pathlib import Path

RELAX_FORMS = ("none", "pause", "wrs")
UNLOCK_FORMS = ("store", "fence-store", "store-fence", "amoswap")
RELAX, UNLOCK = "pause", "store"  # the defaults; the Makefile builds them without a folder of their own

NEEDS = {"wrs": {"zawrs"}}  # the ISA extensions that a form of waiting needs


def macros(relax: str, unlock: str) -> list[str]:
    """The compiler's options that choose these forms in lock/forms.h; none for the defaults, and for words that are no forms."""
    return [f"-DLOCK_{name.upper()}_FORM_{word.upper().replace('-', '_')}" for name, word in options(relax, unlock).items()]


def options(relax: str, unlock: str) -> dict[str, str]:
    """The options of the command line that ask for these forms, by name; none for the defaults, and for words that are no forms."""
    told = {"relax": relax} if relax in RELAX_FORMS and relax != RELAX else {}
    return told | ({"unlock": unlock} if unlock in UNLOCK_FORMS and unlock != UNLOCK else {})


def formed(folder: Path, relax: str, unlock: str) -> Path:
    """The folder below `folder` that the Makefile builds these forms in."""
    return folder if (relax, unlock) == (RELAX, UNLOCK) else folder / f"{relax}-{unlock}"
