"""`make docs`: write the parts of documents that are made from data.

    python3 -m tools.docs            writes every part into its document
    python3 -m tools.docs --check    only says which parts are stale; exit status 1 if any is

A part stands between two marks, `<!-- NAME: ... -->` and `<!-- end of NAME -->`, each on a
line of its own. PARTS is the registry: one line makes one more part.
"""

import argparse
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hartlock.figures import row_types
from hartlock.folder.members import MemberRow
from hartlock.folder.probe_csv import ProbeRow
from hartlock.stress.boot import RoundRow
from tools.doc_columns import columns_table
from tools.doc_machine import keys_table
from tools.doc_orders import orders_table, reasons_list
from tools.doc_profiles import profiles_table
from tools.doc_schema import counter_table, pass_table, plan_table, probe_table
from tools.doc_strategies import needs_table, strategies_table, when_list

TOP = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Part:
    file: str  # the document, as from the top of the tree
    mark: str  # NAME of its two marks
    make: Callable[[], str]  # returns the Markdown between them


PARTS = (
    Part("lock/README.md", "strategies", strategies_table),
    Part("lock/README.md", "needs", needs_table),
    Part("lock/README.md", "when", when_list),
    Part("docs/reference/records.md", "counters", counter_table),
    Part("docs/reference/records.md", "keys of the plan", plan_table),
    Part("docs/reference/records.md", "passes", pass_table),
    *(Part("docs/reference/columns.md", f"columns of {file}", partial(columns_table, of)) for file, of in (
        ("all files", row_types.Context), ("samples.csv", row_types.SampleRow), ("trials.csv", row_types.TrialRow),
        ("waits.csv", row_types.WaitRow), ("summary.csv", row_types.SummaryRow))),
    Part("docs/trust/stress.md", "columns of stress.csv", partial(columns_table, RoundRow, "column of stress.csv")),
    Part("docs/trust/model.md", "keys of a machine profile", keys_table),
    Part("docs/ports/probe.md", "measurements", probe_table),
    Part("docs/ports/probe.md", "columns of probe.csv", partial(columns_table, ProbeRow)),
    Part("docs/reference/profiles.md", "columns of members.csv", partial(columns_table, MemberRow)),
    Part("docs/reference/profiles.md", "profiles", profiles_table),
    Part("docs/trust/orders.md", "orders", orders_table),
    Part("docs/trust/orders.md", "reasons", reasons_list),
)


def filled(text: str, mark: str, made: str) -> str:
    """Returns the document `text` with `made` between the marks of `mark`. Raises ValueError where
    the two marks do not stand there exactly once."""
    pattern = re.compile(rf"^(<!-- {re.escape(mark)}: [^\n]*-->\n).*?^(<!-- end of {re.escape(mark)} -->)$", re.MULTILINE | re.DOTALL)
    if len(pattern.findall(text)) != 1:
        raise ValueError(f"the marks <!-- {mark}: ... --> and <!-- end of {mark} --> have to stand there once")
    return pattern.sub(lambda found: f"{found[1]}{made.strip()}\n{found[2]}", text)


def stale(parts: tuple[Part, ...] = PARTS, top: Path = TOP, write: bool = False) -> list[str]:
    """Returns "FILE: NAME" of each part that is not what its data gives; `write` mends it."""
    found = []
    for part in parts:
        path = top / part.file
        old = path.read_text(encoding="utf-8")
        try:
            new = filled(old, part.mark, part.make())
        except ValueError as e:
            raise SystemExit(f"{part.file}: {e}") from None
        if new != old:
            found.append(f"{part.file}: {part.mark}")
            if write:
                path.write_text(new, encoding="utf-8")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools.docs", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    found = stale(write=not check)
    for one in found:
        print(f"{one} {'is stale: make docs' if check else 'written'}")
    return 1 if check and found else 0


if __name__ == "__main__":
    sys.exit(main())
