"""The columns of the CSV files, in order. docs/reference/columns.md says what each means; a
test keeps the two alike."""

from hartlock.records.trials import COHERENCE

CONTEXT = [
    "run", "engine", "machine", "evidence", "strategy", "proof", "role", "harts", "smp", "host_processors",
    "size_bytes", "align_bytes", "hold_instructions", "think_instructions", "think_range_instructions",
    "batch_bytes", "relax", "unlock", "clusters",
    "scenario", "sizes", "touch_lines", "placement", "arrival", "arrival_ops_per_second",
    "interrupt_period_us", "interrupt_instructions", "irq", "ipi_period_us", "churn_period_us", "exhaust_rounds",
    "duration_us", "seed",
]

# What the memory system did, for each operation.
PER_OP = [f"{name}_cycles_per_op" if name == "queued" else f"{name}_per_op" for name in COHERENCE]

# Of the fairness pass (fairness.py): of a hart, then of all harts together.
FAIR_SAMPLES = [
    "fairness_ops", "overtaken_max", "bypass_p99", "bypass_max", "reacquire_grants_p50", "reacquire_grants_p99",
    "handoff_p50_cycles", "handoff_p99_cycles", "handoff_max_cycles",
    "same_owner_share", "same_cluster_share", "distinct_owners",
]

SAMPLES = [
    *CONTEXT,
    "boot", "trial", "repetition", "hart", "ended", "window", "check",
    "ops_total", "ops_window", "window_seconds", "throughput_ops_per_second",
    "start_seconds", "end_seconds", "cycles_per_second",
    "latency_ops", "contended_ops", "failed_attempts",
    "wait_min_cycles", "wait_p50_cycles", "wait_p90_cycles", "wait_p99_cycles",
    "wait_p999_cycles", "wait_max_cycles", "wait_mean_cycles",
    "hold_min_cycles", "hold_p50_cycles", "hold_p99_cycles", "hold_max_cycles", "hold_mean_cycles",
    *FAIR_SAMPLES,
    "audit_ops", "audit_misplaced", "audit_overlapping", "waste_bytes",
    "placement_offset_bytes", "backlog_ops", "response_min_us", "response_p50_us", "response_p90_us",
    "response_p99_us", "response_p999_us", "response_max_us", "response_mean_us",
    "interrupts", "interrupts_inside", "ipis", "ipis_inside", "stops",
    *PER_OP,
]

# A trial's figures, all harts together: medians of these are in the summary.
FIGURES = [
    "throughput_ops_per_second", "cycles_per_op",
    "wait_p50_cycles", "wait_p90_cycles", "wait_p99_cycles", "wait_p999_cycles", "wait_max_cycles",
    "hold_p50_cycles", "hold_max_cycles",
    "contended_share", "failed_attempts_per_op", "jain_index", "min_max_share", "top_half_share",
    "same_owner_share", "bypass_max", "handoff_p50_cycles", "overlap", "lost_updates_share", "waste_share",
    "response_p50_us", "response_p99_us", "response_p999_us",
    *PER_OP,
]

TRIALS = [*CONTEXT, "boot", "trial", "repetition", "ended", "window", "check", "ops_window", "window_seconds", *FIGURES]

# Where the waits' distribution is told.
PERCENTS = [0, 1, 5, 10, 25, 50, 75, 90, 95, 98, 99, 99.5, 99.8, 99.9, 99.95, 99.99, 99.999, 100]

WAITS = [*CONTEXT, "percent", "wait_cycles", "waits"]


def with_ci(name: str) -> list[str]:
    return [f"{name}_median", f"{name}_ci_low", f"{name}_ci_high"]


FAIR_SUMMARY = [
    "same_owner_share_median", "same_cluster_share_median", "distinct_owners_median", "reacquire_grants_p50_median",
    "overtaken_max", "bypass_p99_median", "bypass_max",
    *with_ci("handoff_p50_cycles"), "handoff_p99_cycles_median", "handoff_max_cycles",
    "handoff_waiting_share_median", "handoff_resolution_cycles",
]

SUMMARY = [
    *CONTEXT,
    "boots", "trials", "trials_measured", "trials_whole", "check", "check_failures", "contended", "overlap_shown", "ended_heap",
    *with_ci("throughput_ops_per_second"),
    *with_ci("cycles_per_op"),
    *with_ci("wait_p50_cycles"),
    *with_ci("wait_p99_cycles"),
    "wait_p90_cycles", "wait_p999_cycles", "wait_max_cycles",
    *with_ci("hold_p50_cycles"),
    "hold_max_cycles",
    *with_ci("response_p50_us"),
    *with_ci("response_p99_us"),
    "response_p90_us", "response_p999_us", "response_max_us", "backlog_ops_median",
    "interrupts_total", "interrupts_inside_total", "ipis_total", "ipis_inside_total", "stops_total",
    "exhaustions_total", "refusals_total",
    "contended_share_median", "failed_attempts_per_op_median",
    *with_ci("jain_index"),
    "min_max_share_median", "top_half_share_median",
    *FAIR_SUMMARY,
    "overlap_min", "lost_updates_share_median", "waste_share_median", "ops_window_total",
    *(f"{name}_median" for name in PER_OP),
]
