"""Odd surroundings of a command get a sentence and no traceback: names, streams, terminals, current folders."""

import os
import subprocess
import sys

import pytest
from support.run import TOP, command, run_here
from support.synthetic import around, folder_of

from hartlock.base.errors import UsageError
from hartlock.base.text import printable
from hartlock.plan import profile
from hartlock.folder import reader, writer

NOT_UTF8 = os.fsdecode(b"caf\xe9")


@pytest.fixture
def folder(tmp_path):
    return folder_of(tmp_path / "run", {("mcs", 8): around(260), ("ticket", 8): around(400)})


def sentence(done, status, words):
    assert done.returncode == status and "Traceback" not in done.stdout + done.stderr and words in done.stdout + done.stderr, done


@pytest.mark.parametrize("name", ["csv", "importlib"])
def test_a_module_of_the_current_folder_is_not_run(tmp_path, folder, name):
    (tmp_path / f"{name}.py").write_text("open('ran', 'w').close()\n")
    done = subprocess.run([TOP / "run-bench.sh", "compare", folder, folder], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and not (tmp_path / "ran").exists(), done.stderr


@pytest.mark.parametrize("env", [{"PYTHONIOENCODING": "ascii"}, {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}])
def test_a_terminal_of_ascii(folder, env):
    """The ranking has ×, the context →."""
    (folder / "run.json").write_text('{"status": "complete", "commit": "ä"}')
    for words in (("advise", folder), ("compare", folder, folder)):
        sentence(command(*words, env=env), 0, "")


@pytest.mark.parametrize("words,closed", [("advise", ">&-"), ("compare", ">&- 2>&- <&-")])
def test_a_stream_that_is_closed(folder, words, closed):
    args = f"{words} {folder}" + (f" {folder}" if words == "compare" else "")
    done = subprocess.run(["sh", "-c", f"exec {TOP}/run-bench.sh {args} {closed}"], capture_output=True, text=True, timeout=60, check=False)
    sentence(done, 0, "")


@pytest.mark.parametrize("env", [{}, {"PATH": ""}])
def test_an_environment_that_is_empty(folder, env):
    done = subprocess.run([TOP / "run-bench.sh", "advise", folder], env=env, capture_output=True, text=True, timeout=60, check=False)
    sentence(done, 0, "Take mcs: ")


def test_a_path_without_the_programs_of_the_system(folder):
    done = subprocess.run([TOP / "run-bench.sh", "advise", folder], env={"PATH": "/nonexistent"}, capture_output=True, text=True, timeout=60,
                          check=False)
    assert (done.returncode, done.stderr) == (2, "hartlock: there is no dirname in PATH=/nonexistent\n")


def test_a_results_folder_that_is_called_latest_is_left_alone(tmp_path, capsys):
    (tmp_path / "latest").mkdir()
    (tmp_path / "run").mkdir()
    writer.point_latest(tmp_path / "run")
    assert not (tmp_path / "latest").is_symlink() and "is a folder and no link" in capsys.readouterr().err


def test_an_out_that_is_not_utf_8_is_refused(tmp_path):
    sentence(command("--engine", "tcg", "--lock", "cas", "--smp", 1, "--out", tmp_path / NOT_UTF8), 2, "the name is not UTF-8")


def test_a_profile_that_is_not_utf_8_is_refused(tmp_path):
    (tmp_path / "mine.toml").write_bytes(b"harts = 8 # caf\xe9\n")
    with pytest.raises(UsageError, match="it is not UTF-8 at byte 15"):
        profile.read(tmp_path / "mine.toml")


@pytest.mark.parametrize("name", [NOT_UTF8, "a\x1b[31mb", "a\rb", "<b>"])
def test_a_folder_of_any_name_is_read(tmp_path, folder, name):
    odd = folder.rename(tmp_path / name)
    for words in (("advise", odd), ("compare", odd, odd), ("report", odd)):
        done = run_here(*words)
        sentence(done, 0, "")
        assert "\x1b" not in done.stdout + done.stderr
    assert "<b>" not in (odd / "report.html").read_text()


@pytest.mark.parametrize("words", [("advise", "/nosuch\x1b[31m"), ("report", "--\x1b[31m"), ("--lock", "a\x1b[31m"), ("--from-log", "\x1b[31m")])
def test_what_steers_a_terminal_is_not_echoed(words):
    done = run_here(*words)
    assert done.returncode == 2 and "\x1b" not in done.stderr and r"\x1b[31m" in done.stderr


def test_a_name_in_a_file_cannot_steer_a_terminal(folder):
    data = (folder / "trials.csv").read_text().replace("generic-8", "generic\x1b[31m-8")
    (folder / "trials.csv").write_text(data)
    done = run_here("compare", folder, folder)
    assert done.returncode == 2 and "\x1b" not in done.stderr and "column machine holds" in done.stderr
    assert printable("a\x1b\udcff\x9bä×\n") == "a\\x1b\\udcff\\x9bä×\n"


def test_the_report_in_markdown_escapes_what_the_page_does(tmp_path):
    odd = '<img src=x>|[a](javascript:b)'
    folder = folder_of(tmp_path / "run", {("mcs", 8): around(260), (odd, 8): around(100)}, machine="<i>|m")
    assert run_here("report", folder).returncode == 0
    text = (folder / "report.md").read_text()
    assert "<img" not in text and "<i>" not in text and "](java" not in text and "&lt;img src=x&gt;" in text
    table = [line for line in text.splitlines() if line.startswith("| ")]
    assert len({line.replace(r"\|", "").count("|") for line in table}) == 1
    assert "<img" not in (folder / "report.html").read_text() and reader.load(folder).name == "run" and sys.version
