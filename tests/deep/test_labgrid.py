"""The board engine with labgrid, of whose farm a QEMU is one board."""

import shutil

import pytest
from support.board import ASKED, IMAGE, heard, print_plan

pytestmark = pytest.mark.usefixtures("terminal")  # each talks to a machine over one, here or there


def test_labgrid_with_its_qemu_driver(tmp_path):
    pytest.importorskip("labgrid", reason="labgrid is not installed (Debian package labgrid)")
    plan, _ = print_plan(*ASKED)
    (tmp_path / "env.yaml").write_text(f"""
targets:
  main:
    drivers:
      QEMUDriver:
        qemu_bin: qemu
        machine: virt
        cpu: rv64
        memory: 256M
        kernel: image
        extra_args: "-smp 2 -no-reboot"
        boot_args: "{plan}"
tools:
  qemu: {shutil.which("qemu-system-riscv64")}
images:
  image: {IMAGE}
""")
    done = heard(tmp_path / "run", "--engine", "board", "--labgrid", str(tmp_path / "env.yaml"))
    assert done.status == 0, done.out + done.err
    assert done.row("ticket", 2, "board")["trials_measured"] == "2" and "switched on" in done.out


def test_a_labgrid_environment_without_a_console(tmp_path):
    pytest.importorskip("labgrid", reason="labgrid is not installed (Debian package labgrid)")
    (tmp_path / "env.yaml").write_text("targets:\n  main:\n    resources: []\n")
    done = heard(tmp_path / "run", "--engine", "board", "--labgrid", str(tmp_path / "env.yaml"))
    assert done.status == 2 and "ConsoleProtocol" in done.err


def test_a_labgrid_environment_that_is_not_there(tmp_path):
    pytest.importorskip("labgrid", reason="labgrid is not installed (Debian package labgrid)")
    done = heard(tmp_path / "run", "--engine", "board", "--labgrid", "/nosuch", here=True)
    assert done.status == 2 and "no such environment file" in done.err and not done.folder.exists()
