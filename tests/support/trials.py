"""Trials that are made up, whose four passes are whole."""

from hartlock.plan.plan import Workload
from hartlock.records.histogram import Histogram
from hartlock.records.trials import Fair, Pass, Share, Trial

W = Workload(size_bytes=16, align_bytes=16, hold_instructions=0, think_instructions=0, think_range_instructions=0,
             batch_bytes=4096)


def share(hart, ops, window_ops, start, end, **more):
    return Share(hart, ops, window_ops, start, end, cycles=(end - start) * 100, **more)


def a_pass(*shares, used=None, opened=1000, closed=11000):
    ops = sum(s.ops for s in shares)
    return Pass("time", opened, closed, 0x1000, 0x100000, ops * 16 if used is None else used, list(shares))


def a_trial(**passes):
    hists = {(s.hart, "wait"): Histogram(10, 100, 10, 10, {10: 10}) for s in passes["throughput"].shares}
    default = {"latency": a_pass(*(share(s.hart, 10, 10, 0, 100) for s in passes["throughput"].shares)),
               "audit": a_pass(*(share(s.hart, 10, 10, 0, 100, blocks=10, bytes=160) for s in passes["throughput"].shares)),
               "fairness": a_pass(*(share(s.hart, 10, 10, 0, 100) for s in passes["throughput"].shares))}
    n = len(passes["throughput"].shares)
    return Trial(0, "ttas", n, "done", {**default, **passes}, hists, marked=160 * n,
                 fair=Fair("numbers", 1, 20, 0, 19, 10, 20, 0))
