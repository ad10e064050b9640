"""Recorded logs (`make record-logs`), and what kinds of records are in a log."""

from tools.record_logs import LOGS

from hartlock.records.parser import read


def recorded(name):
    """The bytes of a recorded log: run, board."""
    return (LOGS / f"{name}.log").read_bytes()


def keys_of(log):
    """{type of record: the keys that occur in it}"""
    found = {}
    for record in read(log.split(b"\n")):
        found.setdefault(record.type, set()).update(record.fields().values)
    return found
