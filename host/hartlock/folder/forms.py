"""What a run asked of its locks' forms, told from its rows.

A row says what its own strategy's code has (docs/reference/columns.md): `not-applicable` for
faa, `none` for tas in a run that asked for wrs, and as many clusters as its harts are
in. All of a run's rows are compared with each other all the same.
"""

from collections.abc import Iterable, Mapping

NOT_APPLICABLE = "not-applicable"
Origin = tuple[str, str, str]


def origin(row: Mapping[str, str]) -> Origin:
    """The run, wherever it was made."""
    return row.get("host", ""), row["run"], row["engine"]


def _asked(values: set[str]) -> str:
    """`wrs` leaves tas with none; otherwise all that have the form have the same."""
    have = values - {"", NOT_APPLICABLE}
    return "wrs" if "wrs" in have else " and ".join(sorted(have)) or NOT_APPLICABLE


def of_runs(rows: Iterable[Mapping[str, str]]) -> dict[Origin, dict[str, str]]:
    """relax, unlock and clusters of each run; of one from before they were said, none."""
    seen: dict[Origin, dict[str, set[str]]] = {}
    for row in rows:
        for name in ("relax", "unlock", "clusters"):
            if name in row:
                seen.setdefault(origin(row), {}).setdefault(name, set()).add(row[name])
    return {of: {name: max(values, key=lambda v: (len(v), v)) if name == "clusters" else _asked(values)
                 for name, values in said.items()} for of, said in seen.items()}
