"""Records and histograms made by hand."""

import zlib


def with_crc(raw):
    return b"%s *%08x" % (raw, zlib.crc32(raw))


def bucket(value):
    """The number of the log-linear bucket (bench/histogram.h) that `value` >= 64 falls into."""
    e = value.bit_length() - 6
    return (e + 1) * 32 + (value >> e) % 32
