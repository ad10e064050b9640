"""`report`: one HTML file that needs nothing else, plots as files, and Markdown."""

import importlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any


from hartlock.analysis import verdict
from hartlock.folder import writer
from hartlock.report import plots, svg
from hartlock.folder.reader import Cell, Results, load
from hartlock.base.errors import UsageError
from hartlock.base.text import words
from hartlock.report.markdown import markdown
from hartlock.folder.probe_csv import handoffs
from hartlock.report.table import columns, rows
from hartlock.folder.comparable import Comparable

PAGE = Path(__file__).parent / "template"
NEEDS = {"jinja2": "python3-jinja2", "matplotlib": "python3-matplotlib", "scipy": "python3-scipy"}


@dataclass(frozen=True)
class Plot:
    id: str
    svg: str
    how: str


@dataclass(frozen=True)
class Part:
    """One setting of the folder."""

    title: str
    evidence: str
    verdict: verdict.Verdict
    plots: list[Plot]


def missing(*modules: str) -> str:
    """The Debian packages of those of the modules, which are some of NEEDS, that are not there; "" if all are."""
    return " ".join(NEEDS[module] for module in modules if importlib.util.find_spec(module) is None)


class Report:
    def __init__(self, data: Results, probe: Path | None):
        self.data, self.probe = data, probe
        self.folder = data.folder / "plots"

    def write(self) -> Path:
        with writer.writing(self.folder):
            self.folder.mkdir(exist_ok=True)
        settings = list(self.data.settings)
        parts = [self._part(s, f"{i}-" if len(settings) > 1 else "") for i, s in enumerate(settings, 1)
                 if self.data.cells(s)]
        if not parts:
            raise UsageError(f"{self.data.folder}: no strategy has finished a trial there")
        if self.probe:
            at = next((i for i, p in enumerate(parts[0].plots, 1) if p.id.endswith("waits")), len(parts[0].plots))
            parts[0].plots.insert(at, self._probe(self.probe))
        path = self.data.folder / "report.html"
        with writer.writing(path):
            path.write_text(self._page(parts), encoding="utf-8")
            (self.data.folder / "report.md").write_text(
                markdown(self.data, parts[0].verdict, parts[0].plots[0].id if parts[0].plots else "",
                         [(part.title, part.verdict) for part in parts[1:]]), encoding="utf-8")
        return path

    def _part(self, setting: Comparable, prefix: str) -> Part:
        harts = max(self.data.harts(setting))
        drawn = [self._plot(f"{prefix}{name}", plot(self.data, setting, harts), how)
                 for name, (plot, how) in plots.PLOTS.items()]
        cells = self.data.cells(setting, harts)
        return Part(setting.apart(list(self.data.settings)), cells[0].evidence,
                    verdict.judge(self.data, setting, harts), [p for p in drawn if p])

    def _plot(self, name: str, figure: Any, how: str) -> Plot | None:
        if figure is None:
            return None
        text = svg.text(figure, name)
        with writer.writing(self.folder / name):
            (self.folder / f"{name}.svg").write_text(text, encoding="utf-8")
            (self.folder / f"{name}.png").write_bytes(svg.png(figure))
        plots.pyplot().close(figure)
        return Plot(name, svg.inline(text, name.replace("-", " "), f"p-{name}"), how)

    def _probe(self, folder: Path) -> Plot:
        plot = self._plot("handoff", plots.handoffs(handoffs(folder)),
                          f"From the probe {folder.name}: cycles until a line that one hart wrote is at the other. "
                          "Blocks along the diagonal are clusters. A lock that passes on within a cluster saves the "
                          "difference.")
        assert plot is not None
        return plot

    def _page(self, parts: Sequence[Part]) -> str:
        jinja2: Any = importlib.import_module("jinja2")
        environment = jinja2.Environment(loader=jinja2.FileSystemLoader(PAGE), autoescape=True,
                                         undefined=jinja2.StrictUndefined)
        markup: Any = importlib.import_module("markupsafe").Markup
        safe = [replace(part, plots=[replace(p, svg=markup(p.svg)) for p in part.plots]) for part in parts]
        strategies = {c.strategy: plots.family(c).replace(" ", "-") for c in self.data
                      if c.role in ("candidate", "control")}
        return str(environment.get_template("report.html").render(
            title=self.data.name, verdict=parts[0].verdict, facts=facts(self.data), parts=safe,
            strategies=list(strategies.items()), columns=columns(self.data), rows=rows(self.data),
            files=[n for n in ("summary.csv", "trials.csv", "samples.csv", "waits.csv", "members.csv", "run.json")
                   if (self.data.folder / n).exists()],
            limits=verdict.limits(self.data), context=context(self.data),
            css=markup((PAGE / "report.css").read_text(encoding="utf-8")),
            js=markup((PAGE / "report.js").read_text(encoding="utf-8"))))


def facts(data: Results) -> list[str]:
    """The line below the verdict."""
    cells: list[Cell] = [c for c in data if c.role == "candidate"]
    boots, trials = max(len(c.boots) for c in cells), max(len(c.trials) for c in cells)
    machines = sorted({c.setting.machine for c in cells} - {""})
    started = str(data.context.get("started", ""))[:16].replace("T", " ")
    return [text for text in (
        f"{len({c.strategy for c in cells})} strategies",
        f"{', '.join(str(n) for n in sorted({c.harts for c in cells}))} harts",
        f"{boots} machines, {trials} trials a cell" if any(c.is_ensemble for c in cells) else
        f"{boots} boot{'s' if boots > 1 else ''}, {trials} trials a cell",
        "evidence " + words(sorted({c.evidence for c in cells})),
        words(machines) if machines else "",
        f"{started} UTC" if started else "") if text]


def context(data: Results) -> list[tuple[str, str]]:
    c, out = data.context, []
    host = c.get("host", {})
    for name, value in (
            ("command", " ".join(map(str, c.get("command", [])))),
            ("commit", c.get("commit")), ("compiler", c.get("compiler")),
            ("QEMU", c.get("qemu")), ("kernel image", str(c.get("image_sha256", ""))[:16]),
            ("host", ", ".join(str(host[k]) for k in ("processor", "system", "architecture") if host.get(k))),
            ("processors", host.get("processors")), ("load at the start", host.get("load_at_start")),
            ("started, ended", f"{c.get('started', '')} – {c.get('ended', '')}" if c.get("started") else "")):
        if value not in (None, ""):
            out.append((name, str(value)))
    some = next(iter(data))
    return out + [(name.replace("_", " "), words(values)) for name in some.setting.texts
                  if (values := sorted({s.texts[name] for s in data.settings if s.texts[name]}))]


def write(folder: Path, probe: Path | None = None) -> Path:
    if packages := missing(*NEEDS):
        raise UsageError(f"a report needs the Debian package(s) {packages}: "
                         f"apt-get install -y --no-install-recommends {packages}")
    return Report(load(folder), probe).write()


