"""Two engines in one command: the model's rows, its determinism, and what happens without it."""

import os
import re
import shutil
from pathlib import Path

import pytest
from support.run import TOP, run_bench

from hartlock.engine import model
from hartlock.figures.columns import header
from hartlock.figures.row_types import Coherence


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    return run_bench(tmp_path_factory.mktemp("both") / "run", "--smp", "4", "--lock", "ticket,cas", "--engine", "both",
                     "--trials", "1", "--model-duration", "60")


def test_the_default_is_both_in_one_table(both):
    assert both.status == 0, both.out
    assert {r["engine"] for r in both.rows()} == {"tcg", "model"}
    assert re.search(r"^tcg +ticket ", both.out, re.M) and re.search(r"^model +ticket ", both.out, re.M)
    assert (both.folder / "uart-model.log").exists() and b"modelled=1" in (both.folder / "uart-model.log").read_bytes()
    assert b"modelled=0" in both.log


def test_modelled_rows_say_so_and_count_lines(both):
    row = both.row("ticket", 4, "model")
    assert (row["evidence"], row["machine"], row["check"]) == ("modelled", "generic-8", "pass")
    for column in header(Coherence):
        assert row[f"{column}_median"] != "" and both.row("ticket", 4)[f"{column}_median"] == ""
    assert float(row["transfers_per_op_median"]) > 1
    assert "evidence modelled" in both.out


def test_without_a_lock_the_model_loses_updates(both):
    row = both.row("null", 4, "model")
    assert row["overlap_shown"] == "yes" and float(row["lost_updates_share_median"]) > 0.3


@pytest.mark.deep
def test_sixty_four_harts(bench):
    done = bench("--smp", "64", "--lock", "mcs", "--engine", "model", "--trials", "1", "--model-duration", "20")
    assert done.status == 0, done.out
    assert done.row("mcs", 64, "model")["machine"] == "any-64"


def test_an_unknown_machine_is_refused(refused):
    done = refused("--smp", "2", "--engine", "model", "--machine", "generic-9")
    assert done.status == 2
    assert "no such profile" in done.err and "generic-8" in done.err
    assert not done.folder.exists()


def test_a_profile_with_a_mistake_is_refused_by_name(refused, tmp_path):
    text = (TOP / "model/machines/generic-8.toml").read_text()
    (tmp_path / "mine.toml").write_text(text.replace("l1_load", "l1_laod"))
    done = refused("--smp", "2", "--engine", "model", "--machine", str(tmp_path / "mine.toml"))
    assert done.status == 2
    assert "l1_laod" in done.err


def test_more_harts_than_the_machine_has_are_refused(refused):
    done = refused("--smp", "16", "--engine", "model", "--machine", "generic-8")
    assert done.status == 2
    assert "--smp 16: the machine profile generic-8 has 8 harts" in done.err


def test_a_machine_with_fewer_harts_than_usual_is_measured_on_all_of_its_harts(bench):
    done = bench("--engine", "model", "--machine", "inorder-4", "--lock", "ticket", "--trials", "1")
    assert done.status == 0 and done.row("ticket", 4, "model")["machine"] == "inorder-4"


def fake_qemu(tmp_path, version):
    """A QEMU that claims another version and is the real one otherwise."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "share").symlink_to("/usr/share")
    fake = tmp_path / "bin/qemu-system-riscv64"
    real = shutil.which("qemu-system-riscv64")
    fake.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "QEMU emulator version {version}" && exit\nexec {real} "$@"\n')
    fake.chmod(0o755)
    return {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}


def test_the_model_needs_no_qemu(bench, tmp_path):
    """With a PATH that lacks QEMU, the compilers are enough."""
    (tmp_path / "bin").mkdir()
    for folder in os.environ["PATH"].split(":"):
        for program in Path(folder).glob("*"):
            if not program.name.startswith("qemu") and not (tmp_path / "bin" / program.name).exists():
                (tmp_path / "bin" / program.name).symlink_to(program)
    done = bench("--smp", "2", "--lock", "cas", "--engine", "model", "--trials", "1", env={"PATH": str(tmp_path / "bin")})
    assert done.status == 0, done.out + done.err
    assert done.row("cas", 2, "model")["check"] == "pass"
    refused = bench("--smp", "2", "--lock", "cas", "--engine", "tcg", env={"PATH": str(tmp_path / "bin")})
    assert refused.status == 2 and "missing: qemu-system-riscv64" in refused.err


def test_too_old_a_qemu_is_refused(bench, tmp_path):
    done = bench("--smp", "2", env=fake_qemu(tmp_path, "6.2.0"))
    assert done.status == 2 and "7.2 or later is needed" in done.err


def test_the_model_refuses_what_is_for_qemu(refused):
    done = refused("--smp", "2", "--lock", "cas", "--engine", "model", "--", "-icount", "shift=0")
    assert done.status == 2
    assert "which --engine model does not start" in done.err


def test_default_machines():
    assert model.default_machine(8) == "any-8" and model.default_machine(9) == "any-64"
