"""./run-bench.sh probe: its parser, and the request that its options make."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from hartlock.cli import arguments
from hartlock.engine import choose
from hartlock.engine.base import Options
from hartlock.engine.model import Model, default_machine
from hartlock.plan import profile as profiles

NAME = "probe"
WINDOW_US = 200  # the model's limits are told from it


def parser() -> argparse.ArgumentParser:
    p = arguments.command(NAME,
                          "Measure what loads, stores, AMOs and hand-offs between harts cost, and write a machine "
                          "profile for the cost model from it (docs/ports/probe.md).")
    p.add_argument("--engine", choices=list(choose.ENGINES), default=Model.name,
                   help="model: the modelled machine (default). native: threads on this computer's processors. The "
                        "others cannot be probed")
    p.add_argument("--smp", type=arguments.harts, metavar="N",
                   help="harts, 1 to 64 (default 8; native: one for each processor)")
    p.add_argument("--machine", metavar="NAME",
                   help="machine profile that the model runs on: a name in model/machines/, or a TOML file (default "
                   "generic-8, above 8 harts mesh-64)")
    p.add_argument("--base", metavar="NAME", help="machine profile that the new one takes from what cannot be probed "
                   "(default any-8, a range for each; above 8 harts mesh-64)")
    p.add_argument("--seed", type=arguments.seed, default=1, metavar="N", help="of what lies where (default 1)")
    p.add_argument("--out", type=Path, metavar="DIR", help="put the files into DIR, new or empty")
    arguments.add_help(p)
    return p


def main(argv: Sequence[str]) -> int:
    options = parser().parse_args(argv[1:])
    kind = choose.kind(options.engine)
    smp = options.smp or kind.default_smp()
    kind.refuse_probe(smp)
    kind.check_programs()
    base = profiles.find(options.base or default_machine(smp))
    engine = kind.create(Options(smp, seed=options.seed, duration_ms=1, warmup_ms=0, machine=options.machine,
                                 model_duration_us=WINDOW_US, one_machine=True))
    from hartlock.probe.run import Request, probe

    return probe(Request(engine, smp, base, options.seed, options.out, list(argv)))
