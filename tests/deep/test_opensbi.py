"""OpenSBI with locks of lock/ by the snippets of docs/use/drop-in.md: it is built, boots 8 harts, and takes its locks
where and as often as before."""

import subprocess
from collections import Counter

import pytest
from support.run import TOP, command, rows_of, run_bench
from tools import drop_in, opensbi

from hartlock.base.elf import Elf

HARTS = 8
LOCK_BYTES = {"ticket": 8, "mcs": 16, "qspin": 4}
# The counts of these depend on when harts arrive: which console lines meet, and which hart asks when.
BY_TIMING = {"sbi_nputs", "sbi_domain_get_assigned_hartmask", "sbi_domain_is_assigned_hart", "sse_event_get"}

pytestmark = pytest.mark.skipif(not opensbi.SOURCE.is_dir(), reason="OpenSBI's source is not there: make setup-deep")


def boots(firmware, folder):
    return run_bench(folder, "--smp", str(HARTS), "--lock", "cas,ticket", "--", "-bios", str(firmware.with_suffix(".bin")))


def watched(firmware, folder, seconds):
    """Watches the firmware's locks from power-on to the end of a run of the kernel, at most so long. Returns the console's text."""
    command("observe", "--elf", firmware, "--bias", "0x80000000", "--auto", "off", "--until", "@end", "--for", seconds,
            "--out", folder, "--", "-M", "virt", "-smp", HARTS, "-m", "256M", "-bios", firmware.with_suffix(".bin"),
            "-kernel", TOP / "build/hartlock.elf", "-append", f"hartlock: run=cas:{HARTS}")
    return (folder / "console.log").read_text(errors="replace")


def acquisitions(firmware, folder):
    """Counts the acquisitions of each function of the firmware."""
    assert "@end" in watched(firmware, folder, 60)
    counted = Counter()
    for row in rows_of(folder, "sites.csv"):
        counted[row["function"]] += int(row["taken"])
    return {function: n for function, n in counted.items() if function not in BY_TIMING}


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    return acquisitions(opensbi.build(opensbi.OWN), tmp_path_factory.mktemp("own") / "seen")


@pytest.mark.parametrize("name", [pytest.param(name, marks=[] if name == "mcs" else [pytest.mark.slow]) for name in LOCK_BYTES])
def test_opensbi_takes_the_lock_as_the_document_shows(name, own, tmp_path):
    firmware = opensbi.build(name)
    assert [symbol.size for symbol in Elf(firmware).symbols() if symbol.name == "console_out_lock"] == [LOCK_BYTES[name]]
    done = boots(firmware, tmp_path / "run")
    assert done.status == 0, done.out + done.err
    assert b"OpenSBI v1.6" in done.log and f"Platform HART Count         : {HARTS}\r\n".encode() in done.log
    assert len(own) >= 8 and acquisitions(firmware, tmp_path / "seen") == own


def test_a_lock_that_is_never_let_go_is_noticed(tmp_path, monkeypatch):
    right = drop_in.code_for("opensbi", "plain", "ticket")
    wrong = right.replace("ticket_release(lock, NULL);", "")
    assert wrong != right
    monkeypatch.setattr(drop_in, "code_for", lambda *_: wrong)
    monkeypatch.setattr(opensbi, "FOLDER", tmp_path)
    console = watched(opensbi.build("ticket"), tmp_path / "seen", 10)
    assert "@end" not in console


def test_words_are_refused_that_are_no_lock():
    done = subprocess.run(["make", "-s", "opensbi", "LOCK=clh"], cwd=TOP, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0 and "mcs" in done.stderr
