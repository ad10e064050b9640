"""Bundles of workload options that stand for a situation, by name.

Each number says why it is what it is: it was observed, with the image and the lock (docs/use/observe.md), or it is assumed. Of an
observed hold the instructions that an operation of the bench takes anyway are subtracted, and of observed lines the heap's. An
option on the command line overrides the scenario's; --list-scenarios prints this table.
"""

from dataclasses import dataclass
from typing import NamedTuple

from hartlock.base.errors import UsageError


class Choice(NamedTuple):
    value: str  # as on the command line
    why: str


@dataclass(frozen=True)
class Scenario:
    what: str
    options: dict[str, Choice]  # by option, without its dashes


SCENARIOS = {
    "boot-alloc": Scenario("all harts come up at once and carve their structures out of one boot allocator", {
        "size": Choice("mixed", "assumed: descriptors and queues, and now and then a stack or a table of a page"),
        "hold": Choice("200", "observed: OpenSBI 4e79fd7 (fw_payload.elf, 8 harts) holds global_hpctrl, its heap's lock, for 256 "
                              "instructions, 768 at the most; the bench's own 56 are in that"),
        "think": Choice("512", "observed: so soon one in ten asks again there, in a burst; the median gap is 8192, the p90 4.2 M"),
        "touch": Choice("6", "observed: it writes 7 lines there; the heap's is one"),
        "placement": Choice("packed", "assumed: one static struct: the lock, the next address and its bounds side by side"),
        "duration": Choice("10", "ms: the heap of 100 MiB lasts for 350,000 such blocks"),
        "warmup": Choice("2", "ms: most of what happens at boot happens cold"),
    }),
    "page-fault": Scenario("a vCPU touches a new page, and its hart takes one from a shared pool for it", {
        "size": Choice("4K", "one page of the guest"),
        "align": Choice("4K", "its place in the stage-2 table"),
        "hold": Choice("250", "observed: Linux 6.12.117 of Debian (riscv64, 4 harts, boot to shell) holds a zone's lock for 320 "
                              "instructions, p99 20480 (free_one_page, __rmqueue_pcplist; 367 and 24551 while small programs run, "
                              "docs/use/observe.md); the bench's own 72 are in that"),
        "think": Choice("5000", "assumed: trap in and out, the walk of three levels, 512 stores that clear the page; closed "
                                "loop: a vCPU that waits for its page does not fault again"),
        "touch": Choice("9", "observed: it writes 10 lines there, 13 while small programs run; the heap's is one. Xvisor 8713a80's buddy allocator writes 5 to 8"),
        "placement": Choice("packed", "the pool's own struct"),
        "irq": Choice("off", "a fault handler that an interrupt may enter must not be interrupted with the lock"),
        "duration": Choice("20", "ms: the heap of 100 MiB has 25,600 pages"),
        "warmup": Choice("2", "ms: as short, for the same reason"),
        "model-duration": Choice("1000", "us: 200 faults of each hart"),
    }),
    "frame-pool": Scenario("a type-1 hypervisor hands page frames out and takes them back, under one lock", {
        "allocator": Choice("pool", "a list of free frames; all four locks observed in OpenSBI, Xvisor and Linux protect memory that "
                                    "comes back"),
        "hold": Choice("120", "Xvisor's locks of its heap are held for 160 to 192 instructions in the median (observed), of which the pool takes some 40"),
        "touch": Choice("2", "Xvisor: of the lines that a section writes, 1 or 2 are written by several harts (observed)"),
        "think": Choice("2000", "what a guest's page fault takes around the frame"),
        "live": Choice("64", "a guest's table grows and shrinks by tens of frames"),
        "burst": Choice("16", "frames are taken and given back in runs: with a store of 16 some 6 % of the operations take the lock. Linux's "
                              "lists, of another law, let 16 % through (observed)"),
        "remote": Choice("25", "a frame that another hart's vCPU gives back"),
        "placement": Choice("packed", "the pool's own struct"),
        "irq": Choice("off", "a fault handler that an interrupt may enter must not be interrupted with the lock"),
        "model-duration": Choice("1000", "us: some hundred operations of each hart"),
    }),
    "vm-exit-stats": Scenario("every VM exit appends an entry to one trace buffer and counts itself", {
        "size": Choice("32", "an entry: time, vCPU, cause, address"),
        "align": Choice("16", "entries are read by pairs of words"),
        "arrival": Choice("poisson:200000", "exits of a guest busy with input and output, 5 us apart on each hart; "
                                            "guests do not wait for each other, so the loop is open"),
        "touch": Choice("2", "the counters of this cause, and of all"),
        "placement": Choice("packed", "counters and lock grew up in one struct"),
        "irq": Choice("off", "exits are handled with interrupts off"),
        "model-duration": Choice("1000", "us: 200 exits of each hart"),
    }),
    "worst-case": Scenario("everything that a lock may meet and hopes not to, at once", {
        "size": Choice("mixed", "short and long requests together"),
        "think": Choice("0", "nobody does anything but ask again"),
        "hold": Choice("200", "a section that does some work of its own"),
        "touch": Choice("4", "on four more lines, each of which comes from another hart"),
        "placement": Choice("packed", "waiters that look at the lock take the line from its holder"),
        "interrupt": Choice("1000,2000", "a tick of 1 kHz that takes 2000 instructions, often inside the section"),
        "irq": Choice("on", "and nothing keeps it off"),
        "duration": Choice("10", "ms: the heap lasts for 350,000 blocks; ten ticks on each hart"),
        "warmup": Choice("2", "ms: as short, for the same reason"),
    }),
}


def options_of(name: str) -> dict[str, str]:
    if name not in SCENARIOS:
        raise UsageError(f"--scenario: there is no scenario '{name}'. There are {', '.join(SCENARIOS)}.")
    return {option: choice.value for option, choice in SCENARIOS[name].options.items()}


def listing() -> str:
    lines = []
    for name, scenario in SCENARIOS.items():
        lines.append(f"{name}: {scenario.what}")
        lines += [f"    {f'--{option} {c.value}':28} {c.why}" for option, c in scenario.options.items()]
    return "\n".join(lines)
