"""A sweep as a Slurm job array, with a boot in each task. Slurm has the queue; nothing here waits."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hartlock.folder import writer
from hartlock.folder.run_json import context_of
from hartlock.base.errors import EXIT_OK, UsageError
from hartlock.base.terminal import console
from hartlock.base.paths import TOP
from hartlock.run.sweep import Sweep, SweepRun

FOLDER = "slurm"  # in the sweep's own
SAME = ("image_sha256", "qemu", "compiler")

SCRIPT = """\
#!/bin/sh
#SBATCH --job-name=hartlock
#SBATCH --array=1-{boots}
#SBATCH --cpus-per-task={processors}
#SBATCH --output={folder}/task-%a.out
# A boot a task. What was finished before a requeue is kept. SBATCH_PARTITION and the
# other variables of sbatch(1) override what stands above.
set -eu
boot={folder}/boot-$SLURM_ARRAY_TASK_ID
if [ -e "$boot/run.json" ]; then
	exec {program} sweep --resume "$boot"
fi
exec {program} {arguments} --boots 1 --seed $(({seed} + SLURM_ARRAY_TASK_ID - 1)) --no-report --out "$boot"{extra}
"""


def check() -> None:
    if not shutil.which("sbatch"):
        raise UsageError("--slurm: there is no sbatch here (Debian package slurm-client, and a cluster it is set up "
                         "for)")


def script(folder: Path, argv: Sequence[str], boots: int, seed: int, processors: int) -> str:
    """The job's script. `argv` is the sweep's own; later options override its --boots, --seed and --out."""
    words = [w for w in argv if w != "--slurm"]
    at = words.index("--") if "--" in words else len(words)
    return SCRIPT.format(boots=boots, processors=processors, seed=seed,
                         folder=shlex.quote(str(folder.resolve() / FOLDER)),
                         program=shlex.quote(str(TOP / "run-bench.sh")), arguments=shlex.join(words[:at]),
                         extra=" " + shlex.join(words[at:]) if words[at:] else "")


def submit(folder: Path, text: str) -> str:
    """Submit the script; returns the job's number."""
    path = folder / FOLDER / "sweep.sbatch"
    with writer.writing(path):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    done = subprocess.run(["sbatch", "--parsable", str(path)], capture_output=True, text=True, timeout=60, check=False,
                          stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise UsageError(f"sbatch refused the job array ({path}): {done.stderr.strip()}")
    return done.stdout.strip().split(";")[0]


def submit_sweep(wanted: Sweep, argv: Sequence[str]) -> int:
    """Submit each boot of the sweep as a task of one job array, and return."""
    check()
    run = SweepRun(wanted, console())
    run.open()
    run.folder.close()
    run.folder.write_context({**run.context, "status": "submitted"})
    boots = max(part.boot for part in wanted.parts)
    processors = max(engine.used_processors(run.plan.smp) for engine in run.first.engines)
    job = submit(run.path, script(run.path, argv, boots, run.plan.seed, processors))
    remember(run.path, slurm_job=job)
    run.console.print(f"submitted: job {job}, {boots} boots\nwhen it is done: ./run-bench.sh collect "
                      f"{writer.short(run.path)}",
                      markup=False)
    return EXIT_OK


def is_array(folder: Path) -> bool:
    return (folder / FOLDER).is_dir()


def gather(folder: Path, known: dict[str, Any]) -> dict[str, Any]:
    """Bring the tasks' logs beside each other, as a sweep's own boots would have left them.

    Returns the facts of the host that the tasks ran on. Refuses logs of another kernel or QEMU.
    """
    host: dict[str, Any] = {}
    for path in sorted((folder / FOLDER).glob("boot-*/run.json")):
        boot, context = path.parent.name.removeprefix("boot-"), context_of(path.parent)
        for key in SAME:
            if context.get(key) != known.get(key):
                raise UsageError(f"{path.parent}: its {key} is not that of {folder}: they are not one sweep; collect "
                                 "the boots' folders as separate ones")
        mine = context.get("host") or {}
        if host and mine.get("processors") != host.get("processors"):
            raise UsageError(f"{path.parent} ran on {mine.get('processors')} host processors, the boots before it on "
                             f"{host.get('processors')}: collect the boots' folders as separate ones")
        host = host or mine
        for log in path.parent.glob("uart-*-boot1*.log"):
            target = folder / re.sub(r"-boot1(?=[-.])", f"-boot{boot}", log.name)
            with writer.writing(target):
                shutil.copyfile(log, target)
    if not host:
        raise UsageError(f"{folder / FOLDER}: no task has begun; squeue says whether they wait, task-*.out what went "
                         f"wrong")
    return host


def remember(folder: Path, **more: object) -> None:
    """Add keys to run.json."""
    files = writer.Files(folder)
    files.write_context({**json.loads((folder / "run.json").read_text(encoding="utf-8")), **more})
