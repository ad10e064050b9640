"""Histograms with the kernel's buckets (bench/histogram.h): {bucket: count}."""

from collections.abc import Iterable
from dataclasses import dataclass, field

SUB = 32  # buckets to a power of two, and exact values below


def lowest(bucket: int) -> int:
    """The lowest value in a bucket."""
    if bucket < SUB:
        return bucket
    return (SUB + bucket % SUB) << (bucket // SUB - 1)


def middle(bucket: int) -> float:
    """The value that stands for a bucket; it is off by at most 1/64."""
    return (lowest(bucket) + lowest(bucket + 1) - 1) / 2


@dataclass
class Histogram:
    count: int = 0
    sum: int = 0
    min: int = 0
    max: int = 0
    buckets: dict[int, int] = field(default_factory=dict)

    def percentile(self, percent: float) -> float:
        """The smallest value that `percent` of the values do not exceed; nan without values."""
        if self.count == 0:
            return float("nan")
        rank, seen = percent / 100 * self.count, 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= rank:
                return min(max(middle(bucket), self.min), self.max)
        return float(self.max)

    def mean(self) -> float:
        return self.sum / self.count if self.count else float("nan")


def merge(parts: Iterable[Histogram]) -> Histogram:
    out = Histogram()
    for part in parts:
        if part.count == 0:
            continue
        out.min = min(out.min, part.min) if out.count else part.min
        out.max = max(out.max, part.max)
        out.count += part.count
        out.sum += part.sum
        for bucket, count in part.buckets.items():
            out.buckets[bucket] = out.buckets.get(bucket, 0) + count
    return out
