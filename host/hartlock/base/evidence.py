"""The words of the column `evidence`, and what figures with each of them can and cannot show.

This is the one place that says it: a run's remarks and a report's limits both quote it.
"""

HARDWARE, MODELLED, EMULATED = "hardware", "modelled", "emulated"
_OVERSUBSCRIBED = "-oversubscribed"
COSTS = (HARDWARE, MODELLED)  # evidence whose cycles rank strategies, the best first
BY_WORTH = (*COSTS, EMULATED, EMULATED + _OVERSUBSCRIBED)  # the order of a report; others come last

MEANING = {
    MODELLED: "cycles are those of a deterministic model of cores and coherent caches (docs/trust/model.md), not of "
              "a measured core. It orders strategies as far as the model is true of your machine; differences of "
              "ten or twenty per cent may turn on another one.",
    EMULATED: "times of code that QEMU translated for this computer. They show that the locks work under "
              "stress; they rank nothing.",
    EMULATED + _OVERSUBSCRIBED: "more harts than host processors, or than threads of QEMU's, so that harts were stopped while they "
                                "held the lock. These times rank nothing.",
    HARDWARE: "cycles of the processor that ran them. Another instruction set or memory "
              "system may rank otherwise.",
    HARDWARE + _OVERSUBSCRIBED: "more threads than processors. These times show lock-holder preemption, "
                                "not what a lock costs.",
}
PROBE = "Probe your machine, and sweep on its profile."  # the next step, where the profile is none of a probe


def grade(word: str, harts: int, processors: int) -> str:
    """The evidence of a row: `word`, or `word`-oversubscribed when harts had to share host processors."""
    return word + _OVERSUBSCRIBED if harts > processors else word


def is_oversubscribed(evidence: str) -> bool:
    """True if harts shared processors, so that one that held the lock may have been stopped."""
    return evidence.endswith(_OVERSUBSCRIBED)


def told(evidence: str, is_own_profile: bool = False) -> str:
    """The evidence and its meaning: "emulated: times of code that ...". `is_own_profile`: a modelled machine's is the reader's own."""
    return f"{evidence}: {meaning(evidence, is_own_profile)}"


def meaning(evidence: str, is_own_profile: bool = False) -> str:
    """The meaning of an evidence, and what to do next; nothing more is to do where a modelled machine's profile is the reader's own."""
    return f"{MEANING[evidence]} {PROBE}" if evidence == MODELLED and not is_own_profile else MEANING[evidence]
