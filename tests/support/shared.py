"""Makes things once for all tests, whichever worker they run in."""

import fcntl
import json
from dataclasses import asdict
from pathlib import Path

from support.run import Done


def base_of(tmp_path_factory):
    """The folder that all workers of this session have in common."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if base.name.startswith("popen-") else base


def once(tmp_path_factory, name, run):
    """The Done of run(folder): whoever asks first runs it, and the others wait for its end and read it."""
    base = base_of(tmp_path_factory)
    (base / "shared").mkdir(exist_ok=True)
    told, folder = base / "shared" / f"{name}.json", base / "shared" / name
    with open(base / "shared" / f"{name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            done = run(folder)
            told.write_text(json.dumps({**asdict(done), "folder": str(done.folder)}))
    done = json.loads(told.read_text())
    return Done(done["status"], done["out"], done["err"], Path(done["folder"]))
