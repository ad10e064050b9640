"""Reads the tables of the documentation as data."""

import re

from support.run import TOP

from hartlock.plan import schema


def documented(name, section=None):
    """The `words` in the first cells of the tables of document `name` in docs/, or of one section of it."""
    text = (TOP / "docs" / name).read_text()
    if section:
        text = text.split(f"## {section}\n")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return [word for cell in cells for word in re.findall(r"`(\w+)/?`", cell)]


def record_keys():
    """The keys of each record type in docs/reference/records.md, as {type: keys}; bench/plan.def and counters.def
    have those of @plan and @share."""
    keys = {"plan": set(schema.keys()), "share": {name for name, c in schema.counters().items() if c.passes != "exhaust"}}
    current = None
    for line in (TOP / "docs/reference/records.md").read_text().split("## Counters of a hart")[0].splitlines():
        cells = line.split("|")
        if len(cells) < 4:
            continue
        current = (re.search(r"`@(\w+)`", cells[1]) or [None, current])[1]
        if current:
            keys.setdefault(current, set()).update(re.findall(r"`(\w+)`", cells[2]))
    return keys
