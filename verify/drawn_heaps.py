"""Heaps anywhere, with requests of any size and alignment, and the answers that an allocator has to give to a hart that is alone.

What a block's address has to be follows from the allocators' contracts (alloc/place.h): the next multiple of the alignment. Numbers are drawn evenly
over their orders of magnitude, and some requests are for exactly what is left, or for a byte more or less.
"""

import random
from dataclasses import dataclass, field

ROUNDS = ("faa", "magazine")  # they round sizes up to the alignment, and add to `next` before they look: it must not wrap
HEAPS, REQUESTS = 12, 14
MOST = (1 << 64) - 1


@dataclass
class DrawnHeap:
    """A heap over [start, end) with what one hart asks of it. `batch`: the bytes that the hart takes at a time, where the allocator has batches."""

    start: int
    end: int
    batch: int
    rounds: bool
    requests: list[tuple[int, int]] = field(default_factory=list)  # size, alignment
    answers: list[int] = field(default_factory=list)  # addresses, 0 where there is no room; at last the bytes used

    def __post_init__(self) -> None:
        self.next, self.own, self.own_end = self.start, 0, 0  # the heap's first free address; the hart's batch

    def left(self, align: int) -> int:
        """The bytes that are left behind the next multiple of `align`; negative if there is none."""
        return self.end - _up(self.next, align)

    def _shared(self, size: int, align: int) -> int:
        """Returns a block of the heap itself; 0: there is no room."""
        block = _up(self.next, align)
        if size > self.end - block:
            return 0
        self.next = min(block + _up(size, align), self.end) if self.rounds else block + size
        return block

    def _own(self, amount: int, align: int) -> int:
        """Returns a block of the hart's batch; 0: there is no room."""
        block = _up(self.own, align)
        if amount > self.own_end - block:
            return 0
        self.own = block + amount
        return block

    def ask(self, size: int, align: int) -> None:
        """Note a request, and the address that the hart has to get."""
        self.requests.append((size, align))
        self.answers.append(self._answer(size, align))

    def _answer(self, size: int, align: int) -> int:
        amount, batch = _up(size, align), _up(self.batch, align)
        if not self.batch or amount > MOST:
            return self._shared(size, align)
        if block := self._own(amount, align):
            return block
        start = self._shared(batch, align) if amount <= batch else 0
        if not start:
            return self._shared(size, align)
        self.own, self.own_end = start if start != self.own_end else self.own, start + batch
        return self._own(amount, align)


def _up(number: int, align: int) -> int:
    return (number + align - 1) // align * align


def _about(dice: random.Random, bits: int) -> int:
    """A number of at most so many bits, with any number of them."""
    return max(1, dice.getrandbits(dice.randint(1, bits)))


def _drawn(dice: random.Random, name: str) -> DrawnHeap:
    rounds = name in ROUNDS
    start = _about(dice, 46 if rounds else 64)
    heap = DrawnHeap(start, min(MOST, start + (1 << dice.randint(3, 24)) + _about(dice, 24)),
                     _about(dice, 16) if name == "magazine" and dice.random() < 0.7 else 0, rounds)
    for _ in range(REQUESTS):
        align = 1 << int(64 * dice.random() ** 4)
        heap.ask(_size(dice, heap, align), align)
    heap.answers.append(heap.next - heap.start)
    return heap


def _size(dice: random.Random, heap: DrawnHeap, align: int) -> int:
    """A size: most often one of which the heap has room for some; else what is left, or nearly 2^64, or any."""
    left = heap.left(align)
    common = _about(dice, max(1, (heap.end - heap.start).bit_length() - 3))
    return dice.choice([common] * 6 + [max(1, left + dice.choice((-1, 0, 1))), MOST + 1 - _about(dice, align.bit_length() + 1), _about(dice, 64)])


def drawn_heaps(name: str) -> list[DrawnHeap]:
    """The heaps for an allocator: the same ones each time."""
    dice = random.Random(f"heaps of {name}")
    return [_drawn(dice, name) for _ in range(HEAPS)]
