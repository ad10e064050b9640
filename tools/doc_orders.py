"""The table of docs/trust/orders.md: how much of each memory order is necessary, made from verify/orders.json."""

import json
from collections.abc import Iterator
from typing import Any

from hartlock.base.paths import TOP

FILE = TOP / "verify/orders.json"
HEAD = ("header", "in", "comment", "compiled to", "weaker orders that break it, and a test that shows it", "a weaker order that is enough")


def _row(name: str, order: dict[str, Any]) -> tuple[str, ...]:
    form = f"{order['function']}, `{order['form']}`" if order["form"] else order["function"]
    broken = "; ".join(f"`{less}`: `{test}`" for less, test in order["broken"].items())
    less = ", ".join([*(f"`{less}`" for less in order["enough"]), *(f"`{less}` is not known" for less in order["unknown"])])
    return f"`{name}.h`", form, order["label"], f"`{order['order']}`", broken or "–", less or "–"


def orders_table() -> str:
    """Returns the table in Markdown, a line for each order of each lock."""
    found = json.loads(FILE.read_text(encoding="utf-8"))
    rows = [HEAD, tuple("---" for _ in HEAD), *(_row(name, order) for name, said in found.items() for order in said["orders"])]
    return "\n".join("| " + " | ".join(row) + " |" for row in dict.fromkeys(rows))


def _reasons() -> Iterator[tuple[str, str]]:
    for said in json.loads(FILE.read_text(encoding="utf-8")).values():
        for order in said["orders"]:
            for less, why in {**order["enough"], **order["unknown"]}.items():
                yield f"`{less}` instead of `{order['order']}`", why


def reasons_list() -> str:
    """Returns, for each weaker order that is enough, why the locks have more."""
    return "\n".join(f"- {what}: {why}." for what, why in dict.fromkeys(_reasons()))
