"""The words that `advise` and `compare` understand: their parsers and their reasoning both read them here."""

GOALS = ("throughput", "tail", "fairness", "balanced")

# The figures that two folders can be compared by, each with whether less of it is better.
FIGURES = {"cycles_per_op": True, "wait_p50_cycles": True, "wait_p99_cycles": True, "wait_p999_cycles": True,
           "throughput_ops_per_second": False, "jain_index": False, "min_max_share": False}
