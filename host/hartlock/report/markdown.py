"""The report in Markdown, for a pull request: the verdict and one table."""

import html
from collections.abc import Iterator, Sequence

from hartlock.analysis import schedule, verdict
from hartlock.folder.comparable import CLOSED
from hartlock.folder.reader import Cell, Results
from hartlock.folder.whole import gap
from hartlock.analysis.inside import protecting
from hartlock.analysis.rank import Place, standing
from hartlock.base.text import estimate, percent, significant, times, words

HEAD = ["strategy", "cycles/op", "against the first", "op/s", "wait p99", "p99.9", "slowest/fastest", "check", "proof"]


INTERVALS = {False: "medians with 95 % intervals over boots and trials",
             True: "medians over machines that fit the profile, with their range"}


def escaped(text: str) -> str:
    """The text without HTML, links and table cells in it, as report.html shows it."""
    return html.escape(text, quote=False).replace("](", "]\\(").replace("|", "\\|")


def _proofs(cells: Sequence[Cell]) -> Iterator[str]:
    """Yields how far the proofs of the table reach, those that reach as far together."""
    same: dict[tuple[str, str], list[str]] = {}
    for cell in cells:
        same.setdefault((cell.proof_word, cell.proof_reach), []).append(cell.strategy)
    yield from (f"Proof of {words(names)}: {word}{f', {reach}' if reach else ''}."
                for (word, reach), names in same.items())


def _against(place: Place) -> str:
    """The ratio of a strategy's cost to that of the first one, and how sure it is."""
    return "first" if place.call == "leads" else times(place.ratio) + {"behind": "", "starves": " †"}.get(place.call, " ≈")


def markdown(data: Results, said: verdict.Verdict, plot: str,
             others: Sequence[tuple[str, verdict.Verdict]] = ()) -> str:
    """The report of the first setting on its most harts; `plot` is shown, if there is one. The other
    settings, by title, have only their verdicts."""
    setting = next(s for s in data.settings if data.cells(s))
    harts = max(data.harts(setting))
    cells = data.cells(setting, harts)
    whole = [c for c in cells if not gap(c)]
    left = schedule.in_time(protecting(whole))
    measures = schedule.measures_of(setting, left)
    ranked, aside = (standing(of, measures["throughput"].figure) for of in (left, [c for c in whole if c not in left]))
    places = [*ranked, *aside]
    head = HEAD if measures is CLOSED else [HEAD[0], "response p50, µs", *HEAD[2:]]
    lines = [f"### {escaped(said.headline)}", "", escaped(said.lead), "",
             *(f"- {escaped(point)}" for point in said.points), "",
             "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for p in places:
        against = _against(p) if p in ranked else "–"
        share = p.cell.value(lambda s: s.min_max_share_median)
        lines.append("| " + " | ".join(escaped(cell) for cell in [
            p.name, estimate(p.figure), against, significant(p.cell.median(lambda f: f.throughput_ops_per_second)),
            significant(p.cell.median(lambda f: f.wait_p99_cycles)),
            significant(p.cell.median(lambda f: f.wait_p999_cycles)),
            percent(share), p.cell.summary.check, p.cell.proof_word]) + " |")
    lines += ["", f"{harts} harts, {escaped(setting.apart(list(data.settings)))}, "
              f"evidence {words(sorted({c.evidence for c in cells}))}; {INTERVALS[any(c.is_ensemble for c in cells)]}; "
              "≈: too close to call; †: it starves a hart, and has no sure rank"
              f"{'; –: it is not ranked, as said above' if aside else ''}.", ""]
    lines += [*(f"- {escaped(line)}" for line in _proofs([p.cell for p in places])), ""]
    lines += [*(f"- {escaped(f'{title}: {of.headline}: {of.lead}')}" for title, of in others), ""] if others else []
    lines += [f"![{plot}](plots/{plot}.png)", ""] if plot else []
    return "\n".join([*lines, "<details><summary>What this cannot tell</summary>", "",
                      *(f"- {escaped(limit)}" for limit in verdict.limits(data)), "", "</details>", ""])
