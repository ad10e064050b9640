"""Faults of users, disks and clocks: a clear message, the right exit status, and no measured row is lost."""

import csv
import os
import shutil
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.processes import start, until_a_trial_is_kept
from support.run import BUILDS, QUICK, TOP, run_bench, run_here
from support.sampling import sampled

from hartlock.folder import writer
from hartlock.base.errors import UsageError

IMAGE = TOP / "build/hartlock.elf"
LONG = "x" * 65536
ABSURD = [
    ("--smp", "0"), ("--smp", "-1"), ("--smp", str(10**30)), ("--smp", "9" * 65536), ("--smp", "NaN"), ("--smp", "1e3"),
    ("--smp", "0x8"), ("--smp", "٤"), ("--smp", " 8"), ("--smp", ""), ("--trials", str(10**9)), ("--trials", "0"),
    ("--harts", "0"), ("--harts", ","), ("--harts", str(10**30)), ("--duration", "inf"), ("--duration", "nan"),
    ("--duration", "-1"), ("--duration", str(10**30)), ("--warmup", "-1"), ("--seed", "-1"), ("--seed", str(2**64)),
    ("--seed", "1e-400"), ("--hold", "1e30"), ("--hold", "-5"), ("--think", str(2**31)), ("--think", "nan"),
    ("--think-range", "-0"), ("--size", str(10**30)), ("--size", "NaN"), ("--size", "-1"), ("--size", "9" * 5000),
    ("--align", "0"), ("--align", str(10**30 + 1)), ("--batch", "0"), ("--touch", "65"), ("--arrival", "poisson:0"),
    ("--arrival", "poisson:nan"), ("--arrival", f"poisson:{10**30}"), ("--interrupt", "5,5"), ("--interrupt", "10"),
    ("--clusters", "3"), ("--clusters", str(10**30)), ("--time-limit", "0"), ("--time-limit", "-1"), ("--time-limit", "1e9"),
    ("--model-duration", "0"), ("--machine", ""), ("--machine", "/"), ("--machine", LONG), ("--cpu", ""), ("--lock", ""),
    ("--lock", ",,,"), ("--lock", LONG), ("--baud", "0"), ("--from-log", LONG), ("--serial", "/dev/null"), ("--out", LONG),
    ("--scenario", "none"), (LONG, ""),
]


@pytest.mark.parametrize("option,value", ABSURD, ids=lambda text: text[:24])
def test_an_absurd_value_is_refused(tmp_path, monkeypatch, option, value):
    monkeypatch.chdir(tmp_path)
    out = () if option in ("--out", "--from-log", "--serial") else ("--out", tmp_path / "run")
    done = run_here(option, value, *out)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout == "" and "Traceback" not in done.stderr
    last = done.stderr.splitlines()[-1]
    assert option[:50] in last or value[:24] in last
    assert not any(tmp_path.iterdir())


def test_more_trials_than_fit_are_refused():
    done = run_here("--trials", "1000", "--harts", "1,2,3,4,5,6,7,8", "--lock", "all")
    assert done.returncode == 2 and "trials are too many for one boot" in done.stderr


@pytest.mark.parametrize("command", ["report", "compare", "advise", "collect", "sweep --resume"])
def test_a_name_that_no_file_can_have(command):
    words = command.split()
    done = run_here(*words, LONG, *([LONG] if words[0] in ("compare", "collect") else []))
    assert done.returncode == 2 and "File name too long" in done.stderr
    assert len(done.stderr) < 1000


def kernel_says(words):
    out = subprocess.run(
        ["qemu-system-riscv64", "-machine", "virt", "-m", "256M", "-smp", "2", "-bios", "default", "-kernel", str(IMAGE),
         "-append", words, "-display", "none", "-serial", "stdio", "-monitor", "none", "-no-reboot"],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    return out.stdout.decode()


@sampled("words,said", [
    (f"{LONG} hartlock: run=cas:2 duration_us=1000", "@end n="),
    (f"hartlock: {'seed=1 ' * 9400} run=cas:2 duration_us=1000", "@end n="),
    (f"hartlock: {LONG}", "msg=plan:%20not%20key%3dvalue,%20at%20\"xxxxxxxx"),
    (f"hartlock: seed={'9' * 65536}", "msg=plan:%20not%20a%20number%20in%20range,%20at%20\"seed%3d9999"),
    (f"hartlock: run={'cas:2,' * 10900}cas:2", "msg=plan:%20too%20many%20trials"),
    (f"hartlock: inject={LONG}", "msg=plan:%20unknown%20fault"),
], quick=lambda words, said: words.startswith(LONG) or "too%20many" in said,
    ids=["before the plan", "many words", "no plan", "a number", "trials", "a fault"])
def test_a_kernel_command_line_of_64_kb(words, said):
    assert said in kernel_says(words)


@pytest.mark.deep
def test_two_runs_at_once(tmp_path):
    """Two runs share build/, but neither the folder nor the figures."""
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda name: run_bench(tmp_path / name, "--smp", "2", "--lock", "cas", "--trials", "1"), ("a", "b")))
    for done in both:
        assert done.status == 0, done.out + done.err
        assert done.row("cas", 2)["check"] == "pass"
    assert both[0].log != both[1].log


def test_two_runs_into_one_folder(tmp_path):
    """The run that comes first has the folder."""
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: run_bench(tmp_path / "run", "--smp", "1", "--lock", "cas", "--trials", "1"), range(2)))
    assert sorted(done.status for done in both) == [0, 2]
    refused = next(done for done in both if done.status == 2)
    assert "the folder is not empty; nothing in it is overwritten" in refused.err
    assert refused.row("cas", 1)["check"] == "pass"  # the other's


def test_a_folder_is_taken_once(tmp_path):
    writer.take_folder(tmp_path / "run")
    with pytest.raises(UsageError, match="not empty"):
        writer.take_folder(tmp_path / "run")
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="there is a file of that name"):
        writer.use_folder(tmp_path / "file")


def samples(folder):
    with open(folder / "samples.csv", newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def ended_with_1(process, words):
    process.send_signal(signal.SIGINT)
    out = process.communicate(timeout=60)[0]
    assert process.returncode in (1, 130), out
    assert words in out and "Traceback" not in out
    assert "what it measured is kept" in out


@pytest.fixture
def read_only():
    """A function that makes a folder in which nothing more can be created. A read-only file system is
    mounted over it if the tests run as root, who may do everything else."""
    undo = []

    def change(folder):
        if os.geteuid() != 0:
            folder.chmod(0o555)
            undo.append(lambda: folder.chmod(0o755))
            return
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(folder)], capture_output=True, check=False).returncode != 0:
            pytest.skip("nothing can be mounted here, and root may write into any folder")
        undo.append(lambda: subprocess.run(["umount", str(folder)], check=True))

    yield change, lambda: undo.pop()()
    for step in undo:
        step()


@pytest.mark.deep
def test_a_folder_that_becomes_read_only(tmp_path, read_only):
    change, undo = read_only
    process = start(tmp_path / "run")
    until_a_trial_is_kept(process)
    try:
        change(tmp_path / "run")
        ended_with_1(process, "cannot write")
    finally:
        process.kill()
    undo()
    assert len(samples(tmp_path / "run")) >= 3


def test_a_folder_that_is_moved_away(tmp_path):
    process = start(tmp_path / "run")
    until_a_trial_is_kept(process)
    (tmp_path / "run").rename(tmp_path / "elsewhere")
    ended_with_1(process, "cannot write")
    assert len(samples(tmp_path / "elsewhere")) >= 3


def test_a_wall_clock_that_goes_backwards(tmp_path, monkeypatch):
    """The wall clock only names folders: the newest run is the one that began last."""
    for stamp in ("20260102T000000Z", "20260101T000000Z", "20260101T000000Z"):
        monkeypatch.setattr(writer, "stamp", lambda stamp=stamp: stamp)
        folder = writer.make_folder(tmp_path, writer.name("cas", 8, "tcg"))
        writer.point_latest(folder)
        assert (tmp_path / "latest").resolve() == folder
    assert len({p.name for p in tmp_path.iterdir()}) == 4


@sampled("clock", ["time.time", "time.time_ns"], quick=lambda clock: clock == "time.time")
def test_limits_do_not_ask_the_wall_clock(tmp_path, monkeypatch, clock):
    """A run in this process does not mind a clock that stands at 1970 and then runs backwards."""
    seconds = iter(range(10**6, 0, -1))
    monkeypatch.setattr(clock, lambda: next(seconds))
    done = run_here("--engine", "tcg", "--smp", "1", "--lock", "cas", *QUICK, "--trials", "1", "--out", tmp_path / "run")
    assert done.returncode == 0, done.stdout + done.stderr


READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && cd "$0" && '
CAS = ("--engine", "model", "--smp", 1, "--lock", "cas", "--trials", 1)


def in_read_only_checkout(*args, mount=""):
    """Runs ./run-bench.sh ARGS, which asks make, in a checkout that cannot be written to, behind a further `mount` if there is one."""
    if subprocess.run(["unshare", "-m", "sh", "-c", READ_ONLY + "true", TOP], capture_output=True, check=False).returncode != 0:
        pytest.skip("nothing can be mounted here (needs root)")
    script = READ_ONLY + (f"{mount} && " if mount else "") + 'exec ./run-bench.sh "$@"'
    return subprocess.run(["unshare", "-m", "sh", "-c", script, TOP, *map(str, args)], capture_output=True,
                          text=True, timeout=120, check=False, env={**os.environ, **BUILDS})


def sentence(done, status, words):
    assert done.returncode == status and "Traceback" not in done.stderr and words in done.stdout + done.stderr, done


def test_a_checkout_that_is_read_only_and_built(tmp_path, model_built):
    sentence(in_read_only_checkout(*CAS, "--out", tmp_path / "run"), 0, "results: ")


def test_a_checkout_that_is_read_only_and_has_no_place_for_results(model_built):
    sentence(in_read_only_checkout(*CAS), 2, "--out DIR puts one elsewhere")


def test_a_checkout_that_is_read_only_and_built_of_an_older_source(tmp_path, model_built):
    """Its lock/atomic.h is a copy of this minute."""
    shutil.copyfile(TOP / "lock/atomic.h", tmp_path / "atomic.h")
    done = in_read_only_checkout(*CAS, "--out", tmp_path / "run", mount=f"mount --bind '{tmp_path}/atomic.h' lock/atomic.h")
    sentence(done, 2, "Read-only file system; and what is there is not up to date")
