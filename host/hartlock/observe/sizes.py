"""The sizes that an image's allocators are asked for: which functions are asked, and what for, under each lock."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass

from hartlock.base.text import count, words
from hartlock.observe.allocator import Allocator
from hartlock.observe.image import FUNCTIONS, Image
from hartlock.observe.locks import Lock

KIND = "sizes"  # the option, and the key of observe/functions.toml
SHOWN, SIZES_SHOWN = 10, 4  # locks with a sentence; sizes in it: sizes.csv has all
UNKNOWN = ("The sizes that {} are asked for are not known: the plugins of this QEMU read no registers, and those of QEMU 10 do. "
           "On Debian 12 host/fetch-qemu10 fetches it; put it first in PATH.")


@dataclass(frozen=True)
class Entry:
    """The place of such a function in the image."""

    begin: int
    of: Allocator

    @property
    def argument(self) -> str:
        """The plugin's argument."""
        return f"allocates={self.begin:#x}:{self.of.argument}:{self.of.unit}"


def entries(image: Image, asked: Sequence[Allocator]) -> list[Entry]:
    """The functions that the user named, each of which has to be there; without any, those of common projects that are."""
    projects = tomllib.loads(FUNCTIONS.read_text(encoding="utf-8"))
    wanted = asked or [Allocator.of(text) for project in projects.values() for text in project.get(KIND, ())]
    found = [Entry(f.begin, of) for of in wanted for f in image.find(KIND, [of.name], bool(asked))]
    return list({entry.begin: entry for entry in found}.values())


def told(locks: Sequence[Lock], allocators: Sequence[Entry], is_known: bool) -> list[str]:
    """A sentence for each lock that was taken to allocate; or why nothing is known."""
    if not is_known:
        return [UNKNOWN.format(words(sorted({entry.of.name for entry in allocators})))] if allocators and locks else []
    return [_of_lock(lock) for lock in locks if lock.sizes][:SHOWN]


def _of_lock(lock: Lock) -> str:
    often = sorted(lock.sizes, key=lambda entry: (-entry[1], entry[0]))
    spread = lock.size
    most = words([f"{size} ({count(times)} times)" for size, times in often[:SIZES_SHOWN]])
    return (f"{lock.name} was taken to allocate in {sum(times for _, times in lock.sizes)} of its {lock.taken} sections: bytes p50 {count(spread.p50)}, "
            f"p90 {count(spread.p90)}, at the most {count(spread.max)}; most often {most}{', ...' if len(often) > SIZES_SHOWN else ''}")
