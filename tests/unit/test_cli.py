"""Bad input gives a clear message and status 2, and nothing is written."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from support.run import BUILDS, TOP, path_without, run_here

from hartlock.cli.main import COMMANDS, parsers
from hartlock.folder import writer
from hartlock.plan import strategies, traits
from hartlock.base.errors import UsageError
from hartlock.engine import build


@pytest.mark.parametrize("args,words", [
    (["--lock", "tiket"], "did you mean 'ticket'"),
    (["--lock", ""], "no strategy ''"),
    (["--smp", "0"], "from 1 to 64"),
    (["--smp", "1000"], "from 1 to 64"),
    (["--smp", "two"], "from 1 to 64"),
    (["--smp", "2", "--harts", "4"], "only 2 hart(s)"),
    (["--harts", "1,,2"], "from 1 to 64"),
    (["--align", "3"], "power of two"),
    (["--size", "0"], "not a number of bytes"),
    (["--size", "101M"], "the heap has 104857600 bytes"),
    (["--size", "89M"], "the audit's map may need a ninth of them"),
    (["--size", "-1"], "--size"),
    (["--trials", "0"], "from 1 to 1000"),
    (["--duration", "1e3"], "from 1 to"),
    (["--lok", "cas"], "unrecognized arguments: --lok"),
    (["--lock"], "expected one argument"),
    (["cas"], "unrecognized arguments: cas"),
])
def test_bad_input(refused, args, words):
    done = refused(*args)
    assert done.status == 2
    assert words in done.err
    assert done.out == ""
    assert not done.folder.exists()


def test_help_fits_a_screen_and_names_what_there_is():
    done, known = run_here("--help"), {o for p in parsers() for a in p._actions for o in a.option_strings}
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and len(lines) <= 30 and max(map(len, lines)) <= 90
    assert 10 <= len(set(re.findall(r"--[a-z-]+", done.stdout)) - {"--help"}) and set(re.findall(r"--[a-z-]+", done.stdout)) <= known
    assert all(re.search(rf"\b{command}\b", done.stdout) for command in COMMANDS)


def test_help_all_names_every_option_and_exit_status():
    done = run_here("--help-all")
    assert done.returncode == 0
    for word in ("--setup", "--smp", "--lock", "--relax", "--unlock", "--clusters", "--harts", "--hold", "--think", "--size", "--align", "--trials", "--engine",
                 "--machine", "--model-duration", "--duration", "--warmup", "--seed", "--out", "--cpu", "--list-locks", "130", "summary.csv"):
        assert word in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 90


def test_a_sweep_lists_its_own_options_first_and_those_of_a_run_when_asked():
    brief, whole = run_here("sweep", "--help").stdout, run_here("sweep", "--help-all").stdout
    assert "--boots" in brief and "--relax" not in brief and len(brief.splitlines()) <= 24
    assert "--boots" in whole and "--relax" in whole and "several with commas" in whole


@pytest.mark.parametrize("args", [["--help"], ["--help-all"], ["--list-locks"], ["--list-scenarios"], ["--smp", "0"], ["sweep", "--help"],
                                  ["stress", "--for", "x"], ["advise", "--goal", "x"], ["--lock", "tiket"]])
def test_what_measures_nothing_loads_no_library_for_it(args):
    code = ("import sys; from hartlock.cli.main import main\ntry: main(sys.argv[1:])\nexcept SystemExit: pass\n"
            "print(sorted({'numpy', 'rich', 'scipy', 'matplotlib'} & set(sys.modules)))")
    done = subprocess.run([sys.executable, "-c", code, *args], env={**os.environ, "PYTHONPATH": str(TOP / "host")}, capture_output=True,
                          text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_sweep_of_an_engine_that_is_only_heard_is_refused(tmp_path):
    done = run_here("sweep", "--engine", "board", "--out", tmp_path / "run")
    assert done.returncode == 2 and "--engine board: --print-plan says" in done.stderr and not (tmp_path / "run").exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(command):
    done = run_here(command, "--help")
    assert done.returncode == 0 and f"./run-bench.sh {command}" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 90


def test_list_locks(refused):
    done = refused("--list-locks")
    assert [line.split()[0] for line in done.out.splitlines() if line[0] != " "] == list(strategies.known())
    said = " ".join(done.out.split())
    assert all(f"choose it when {t.when}" in said for t in traits.known().values() if t.when)
    assert max(map(len, done.out.splitlines())) <= 110


@pytest.mark.parametrize("program,package", [
    ("qemu-system-riscv64", "qemu-system-misc"),
    ("riscv64-unknown-elf-gcc", "gcc-riscv64-unknown-elf"),
    ("make", "make"),
])
def test_a_missing_program_gets_the_command_that_installs_it(refused, tmp_path, monkeypatch, program, package):
    monkeypatch.setenv("PATH", path_without(tmp_path, program)["PATH"])
    done = refused("--smp", "2", "--lock", "cas", "--engine", "tcg")
    assert done.status == 2
    assert f"missing: {program}" in done.err
    assert f"apt-get install -y --no-install-recommends {package}" in done.err
    assert "--setup" in done.err
    assert not done.folder.exists()


def test_no_python_that_will_do_gets_the_command_too(tmp_path):
    """run-bench.sh itself names the command when find-python finds no Python."""
    copy = tmp_path / "copy"
    shutil.copytree(TOP / "host", copy / "host", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(TOP / "run-bench.sh", copy)
    (copy / "host/find-python").write_text("#!/bin/sh\nexit 1\n")
    done = subprocess.run([str(copy / "run-bench.sh"), "--smp", "8"], capture_output=True, text=True,
                          timeout=30, check=False)
    assert done.returncode == 2
    assert "no Python 3.11" in done.stderr
    assert "./run-bench.sh --setup --smp 8" in done.stderr


def test_setup_says_what_is_missing_and_the_command(tmp_path):
    """The test runs in a copy of the tree that wants a package nobody has."""
    shutil.copytree(TOP / "host", tmp_path / "host")
    (tmp_path / "host/packages.txt").write_text("run no-such-package to have one missing\n")
    done = subprocess.run([str(tmp_path / "host/setup"), "--missing", "run"], capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 2
    assert "missing: no-such-package" in done.stderr
    assert "apt-get install -y --no-install-recommends no-such-package" in done.stderr


def test_setup_says_why_a_package_could_not_be_installed(tmp_path):
    """The test runs in a copy of the tree that wants a package nobody has, where apt-get fails as on a full disk."""
    shutil.copytree(TOP / "host", tmp_path / "host")
    (tmp_path / "host/packages.txt").write_text("run no-such-package to have one missing\n")
    for name, text in (("apt-get", 'if [ "$1" = install ]; then echo "dpkg: failed to write (No space left on device)"; exit 100; fi'),
                       ("sudo", 'exec "$@"')):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    done = subprocess.run([str(tmp_path / "host/setup"), "run"], capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert done.returncode == 1 and "installed" not in done.stdout
    assert "dpkg: failed to write (No space left on device)" in done.stderr
    assert re.search(r"could not install them\. Free on the disk of /usr: +[\d.]+[KMGT]?$", done.stderr, re.MULTILINE)


def test_a_compiler_that_is_not_there(refused, monkeypatch):
    monkeypatch.setenv("CROSS_COMPILE", "no-such-")
    done = refused("--smp", "2")
    assert done.status == 2
    assert "no-such-gcc" in done.err


def test_a_tree_that_is_said_to_be_built_is_not_built_again(monkeypatch):
    monkeypatch.setattr(subprocess, "run", lambda *a, **kw: pytest.fail("make was started"))
    monkeypatch.setenv("HARTLOCK_PREBUILT", "1")
    assert build.image() == build.BUILD / "hartlock.elf"


def test_a_tree_that_is_said_to_be_built_and_is_not_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("HARTLOCK_PREBUILT", "1")
    monkeypatch.setattr(build, "BUILD", tmp_path)
    with pytest.raises(UsageError, match=r"HARTLOCK_PREBUILT=1 .* the kernel .*hartlock.elf is not there; make all RELAX=wrs UNLOCK=amo"):
        build.image("wrs", "amo")


@pytest.mark.deep
def test_a_kernel_that_does_not_build_says_why(tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(TOP, copy, ignore=shutil.ignore_patterns(".git", "build", "results", "__pycache__"))
    (copy / "lock/ttas.h").write_text("/* ttas: broken. */\nstatic int oops(void) { return nothing; }\n")
    done = subprocess.run([str(copy / "run-bench.sh"), "--smp", "2", "--lock", "spin", "--engine", "tcg"], capture_output=True,
                          text=True, timeout=120, env={**os.environ, **BUILDS}, check=False)
    assert done.returncode == 2
    assert "does not build" in done.stderr and "nothing" in done.stderr
    assert not (copy / "results").exists()


def test_out_must_be_new_or_empty(refused):
    refused("--list-locks")
    folder = refused("--lock", "nothing").folder
    folder.mkdir()
    (folder / "precious").write_text("data")
    done = refused("--smp", "1", "--lock", "cas")
    assert done.status == 2 and "not empty" in done.err
    assert [p.name for p in folder.iterdir()] == ["precious"]


def test_out_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="Not a directory"):
        writer.use_folder(tmp_path / "file" / "x")
    with pytest.raises(UsageError, match="cannot make a results folder"):
        writer.make_folder(tmp_path / "file", "x")


def test_two_runs_of_one_second_get_a_folder_each(tmp_path):
    made = [writer.make_folder(tmp_path, "20260101T000000Z-cas-smp8-tcg") for _ in range(3)]
    assert [p.name[-5:] for p in made] == ["8-tcg", "tcg-2", "tcg-3"]


def test_latest_points_at_the_newest(tmp_path):
    for n in range(2):
        writer.point_latest(writer.make_folder(tmp_path, f"run{n}"))
    assert (tmp_path / "latest").resolve().name == "run1"
    assert {p.name for p in tmp_path.iterdir()} == {"run0", "run1", "latest"}


def test_a_reader_who_has_seen_enough_is_no_error():
    done = subprocess.run(["bash", "-c", "set -o pipefail; ./run-bench.sh --list-locks | head -1"], cwd=TOP, capture_output=True,
                          text=True, timeout=60, check=False)
    assert done.returncode in (0, 141) and done.stderr == "" and done.stdout.startswith("null")
