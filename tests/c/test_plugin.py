"""The cost model's plugin in a QEMU of our own, tests/c/fake/qemu.c: its answers to versions that
are not installed here, and to a QEMU that stands still."""

import re
import subprocess

import pytest
from support.run import TOP

MACHINE = f"machine={TOP}/model/machines/reference.toml"


def build(folder, *flags):
    program = folder / "qemu"
    subprocess.run(["gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-g", "-rdynamic", "-pthread", *flags,
                    "-o", program, TOP / "tests/c/fake/qemu.c", "-ldl"], timeout=60, check=True)
    return program


@pytest.fixture(scope="module")
def qemu(tmp_path_factory):
    return build(tmp_path_factory.mktemp("qemu"))


@pytest.fixture(scope="module")
def old_qemu(tmp_path_factory):
    return build(tmp_path_factory.mktemp("old"), "-DOLD")


def ask(program, api, *arguments, target="riscv64", kind="system", harts=2, action="install"):
    command = [program, TOP / "build/model/hartlock-model.so", api, target, kind, harts, action, *arguments]
    return subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False)


@pytest.mark.parametrize("api", [2, 3, 4])
def test_is_installed_on_the_apis_it_knows(qemu, api):
    done = ask(qemu, api, MACHINE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "version 2\n", "")


def test_is_as_old_as_a_qemu_that_knows_no_more(old_qemu):
    """QEMU reads the version before it installs, and takes none newer than its own."""
    done = ask(old_qemu, 1, MACHINE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "version 1\n", "")


@pytest.mark.parametrize("api", [5, 6, 7, 99])
def test_refuses_a_newer_api(qemu, api):
    done = ask(qemu, api, MACHINE)
    assert done.returncode == 3
    assert done.stderr == ("hartlock-model: this QEMU's plugin interface is newer than the model knows "
                           "(API 1 to 4: QEMU 7.2 to 10.0)\n")


@pytest.mark.parametrize("odd, message", [
    ({"target": "riscv32"}, "only qemu-system-riscv64 can run it"),
    ({"kind": "user"}, "only qemu-system-riscv64 can run it"),
    ({"harts": 65}, "at most 64 harts"),
])
def test_refuses_what_it_cannot_model(qemu, odd, message):
    done = ask(qemu, 4, MACHINE, **odd)
    assert (done.returncode, done.stderr) == (3, f"hartlock-model: {message}\n")


@pytest.mark.parametrize("wrong, message", [
    ((), "argument missing: machine=FILE"), ((MACHINE, "watchdog=soon"), "not a number: watchdog=soon")])
def test_refuses_wrong_arguments(qemu, wrong, message):
    done = ask(qemu, 4, *wrong)
    assert (done.returncode, done.stderr) == (3, f"hartlock-model: {message}\n")


# Both shapes of qemu_plugin_insn_data(): a pointer, and a copy.
@pytest.mark.parametrize("api", [2, 4])
def test_harts_join_and_leave(qemu, api):
    done = ask(qemu, api, MACHINE, action="pass")
    assert (done.returncode, done.stderr) == (0, "")


def test_watchdog_ends_what_stands_still(qemu):
    """QEMU itself waits for something of its own: no hart sleeps, and none goes on."""
    done = ask(qemu, 4, MACHINE, "watchdog=1", action="stall")
    assert done.returncode == 5
    assert done.stderr.startswith("hartlock-model: stuck: modelled time stands still\n")
    assert re.findall(r"hart (\d) pc 0x80200000 cycle \d+ runs", done.stderr) == ["0", "1"]
