"""Draws a counter-example: the bad execution that herd7 found, as SVG and PNG."""

import subprocess
import tempfile
from pathlib import Path

from verify import herd
from verify.errors import ProofError

FOLDER = herd.TOP / "build" / "verify" / "show"


def draw(litmus: Path, name: str) -> Path:
    """A picture of the execution that meets the condition of a litmus test."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as to:
        options = ["-show", "prop", "-nshow", "1", "-o", to, "-showevents", "memf", "-graph", "cluster"]
        subprocess.run([*herd.command(), *options, str(litmus)], capture_output=True, timeout=300, check=False)
        dots = list(Path(to).glob("*.dot"))
        if not dots:
            raise ProofError(f"herd7 drew nothing for {litmus}")
        for kind in ("svg", "png"):
            try:
                subprocess.run(["dot", f"-T{kind}", "-o", str(FOLDER / f"{name}.{kind}"), str(dots[0])], check=True,
                               capture_output=True, timeout=60)
            except FileNotFoundError as e:
                raise ProofError("graphviz is not installed: make setup-prove") from e
            except subprocess.SubprocessError as e:
                raise ProofError(f"graphviz could not draw {name}") from e
    return FOLDER / f"{name}.svg"
