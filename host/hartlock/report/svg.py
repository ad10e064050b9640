"""Makes matplotlib's SVG fit for a page: with the page's colours and fonts, and no name twice."""

import io
import re
from typing import Any

from hartlock.report.plots import FAINT, GRID, INK, PAPER, TONES, pyplot

VARIABLES = {INK: "--ink", FAINT: "--faint", GRID: "--rule", **{
    tone: f"--{name}{at or ''}"
    for kind, name in (("lock-free", "free"), ("FIFO lock", "fifo"), ("lock", "lock"), ("reference", "ref"))
    for at, tone in enumerate(TONES[kind])}}
DPI = 160  # dots per inch of the PNG files


def text(figure: Any, salt: str) -> str:
    """The text of an SVG file. A figure gives the same bytes whenever and wherever it is drawn."""
    out = io.StringIO()
    pyplot().rcParams["svg.hashsalt"] = salt
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def png(figure: Any) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=DPI, metadata={"Software": None})
    return out.getvalue()


def inline(svg: str, label: str, salt: str) -> str:
    """The SVG in the page's colours and font."""
    svg = svg[svg.index("<svg"):]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' (?:width|height)="[\d.]+pt"', "", svg, count=2)
    svg = re.sub(r' id="s:([^":]+):\d+"', r' class="s" data-s="\1"', svg)
    svg = re.sub(r' id="(?:figure|axes|patch|text|line2d|matplotlib\.axis|xtick|ytick|PathCollection|QuadMesh'
                 r'|LineCollection)_\d+"', "", svg)
    svg = re.sub(r'id="(\w+)"', rf'id="{salt}-\1"', svg)
    svg = re.sub(r'(href="|url\()#', rf"\1#{salt}-", svg)
    svg = re.sub(r"font: ([^;\"]*?)'DejaVu Sans'[^;\"]*", r"font: \1var(--sans)", svg)
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, f"var({variable})")
    svg = svg.replace(f"fill: {PAPER}", "fill: none").replace(f"stroke: {PAPER}", "stroke: var(--card)")
    return svg.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
