"""The shape of the tree: includes point one way, and scripts stay short."""

import ast
import re
import subprocess

import pytest
from support.run import TOP

from hartlock.engine.choose import ENGINES
from hartlock.engine.tcg import InQemu
from hartlock.plan import strategies

# A folder may include from itself and from these.
MAY_INCLUDE = {
    "lock": set(),
    "alloc": {"lock"},
    "bench": {"alloc", "lock"},
    "kernel": {"alloc", "lock", "bench"},  # bench: only the port it implements, records, and its entry
    "native": {"bench"},  # only the port it implements, records, and its entry
    "model": {"kernel"},  # the mailbox
    "machine": {"model", "kernel"},  # only the mailbox
    "observe": set(),
}
KERNEL_SEES_OF_BENCH = {"port.h", "record.h", "bench.h"}


def sources(folder):
    return sorted(p for p in (TOP / folder).glob("*.[chS]"))


@pytest.mark.parametrize("folder", MAY_INCLUDE)
def test_includes_point_one_way(folder):
    for path in sources(folder):
        for name in re.findall(r'^#include "([^"]+)"', path.read_text(), re.MULTILINE):
            parts = name.split("/")
            if parts[0] != "..":
                continue
            assert parts[1] in MAY_INCLUDE[folder], (path.name, name)
            if folder in ("kernel", "native") and parts[1] == "bench":
                assert parts[2] in KERNEL_SEES_OF_BENCH, (path.name, name)

def modules(folder):
    """The modules (files of one stem) of a folder, each with the modules whose headers it includes. A list (.def) is no
    module's: whoever needs it reads it."""
    arrows = {path.stem: set() for path in sources(folder)}
    for path in sources(folder):
        included = re.findall(r'^#include "([^"/]+)\.h"', path.read_text(), re.MULTILINE)
        arrows[path.stem] |= set(included) & set(arrows) - {path.stem}
    return arrows


def calls(folder):
    """For each module, the modules that have the functions it calls or hands on. Functions are known by their names, so
    that nothing hides behind a header that declares what another module has."""
    code = {path: without_comments(path.read_text()) for path in sources(folder) if path.suffix == ".c"}
    has = {name: path.stem for path, text in code.items() for name in re.findall(r"^(?!static)\w[\w ]*[ *](\w+)\([^;]*?\)\n\{", text, re.M)}
    return {path.stem: {has[name] for name in set(re.findall(r"\w+", text)) & set(has)} - {path.stem} for path, text in code.items()}


def circle(arrows):
    """The modules from which the arrows lead back to themselves."""
    reached = {name: set(to) for name, to in arrows.items()}
    for via in reached:
        for to in reached.values():
            to |= reached[via] if via in to else set()
    return {name for name, to in reached.items() if name in to}


@pytest.mark.parametrize("folder", MAY_INCLUDE)
@pytest.mark.parametrize("arrows", [modules, calls])
def test_the_modules_of_a_folder_have_no_circle(folder, arrows):
    assert circle(arrows(folder)) == set()


def test_a_circle_is_noticed():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == {"b", "c"}
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == set()
    assert {"hart", "panic", "work"} <= circle({**modules("kernel"), "hart": {"work"}})
    assert "hart" in calls("kernel")["work"]


def without_comments(text):
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.S)


def test_what_an_order_pairs_with_exists():
    """"pairs with the release in f()": f is a function of the same file, and has such an order."""
    said = 0
    for path in (p for folder in MAY_INCLUDE for p in sources(folder)):
        text = path.read_text()
        for order, name in re.findall(r"pairs with the\s+(?:\*\s+)?(\w+)\s+(?:\*\s+)?in\s+(?:\*\s+)?(\w+)\(\)", text):
            body = re.search(rf"^[\w *]+\b{name}\([^;]*?\)\n\{{\n(.*?)^\}}", text, re.M | re.S)
            assert body, f"{path.relative_to(TOP)}: {name}() is not there"
            assert re.search(rf"\b{order}\b|_{order}|acq_rel", body[1]), f"{path.relative_to(TOP)}: {name}() has no {order}"
            said += 1
    assert said > 30


def test_shell_scripts_are_short():
    linted = re.search(r"^SHELL_FILES := (.*)$", (TOP / "Makefile").read_text(), re.MULTILINE)[1].split()
    assert len(linted) >= 10
    for name in linted:
        assert len((TOP / name).read_text().splitlines()) <= 40, name


def test_locks_have_no_statics_and_name_nothing_of_the_kernel():
    for strategy in strategies.known().values():
        text = strategy.header.read_text()
        assert not re.search(r"\b(printf|panic|hartid|mhartid|malloc)\b", re.sub(r"/\*.*?\*/", "", text, flags=re.S))
        assert not re.search(r"^static (?!inline)", text, re.MULTILINE)


def test_every_memory_order_says_why():
    """Each use of an ordered atomic in a lock has a comment that names its order right above it."""
    for strategy in strategies.known().values():
        if strategy.lockfree and not strategy.frees:  # its preamble says why all of them are relaxed
            assert re.search(r"Orders: .*\brelaxed\b", strategy.header.read_text(), re.S)
            continue
        lines = strategy.header.read_text().splitlines()
        for i, line in enumerate(lines):
            used = re.search(r"\ba(?:32|ptr)_\w+_(relaxed|acquire|release)\(", line)
            if used:
                above = "\n".join(lines[max(0, i - 6) : i])
                assert used[1] in above, (strategy.name, line.strip())


def test_nothing_built_or_measured_is_committed():
    listed = subprocess.run(["git", "ls-files"], cwd=TOP, capture_output=True, text=True, timeout=30, check=False).stdout
    assert not re.search(r"^(build|results/(?!reference/))/?|\.pyc$|\.o$", listed, re.MULTILINE)


def host_files():
    return sorted((TOP / "host/hartlock").rglob("*.py"))


# The packages of the host, from the ground up: each may import those before it,
PACKAGES = ("base", "plan", "records", "diagnose", "engine", "figures", "folder", "run", "stress", "probe", "observe", "analysis", "report", "cli")
# but what reasons about a folder knows nothing of what measured it.
NOT_EVEN = {package: {"engine", "run", "stress", "probe", "observe"} for package in ("analysis", "report")}
MAY_IMPORT = {package: set(PACKAGES[:i]) - NOT_EVEN.get(package, set()) for i, package in enumerate(PACKAGES)}


def imported(path):
    """The modules that a file of the host imports, as "package.module" or "package"; wherever in the file that is."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("hartlock"):
            module = node.module.removeprefix("hartlock").removeprefix(".")
            found |= {".".join(filter(None, (module, name.name))) for name in node.names} if "." not in module else {module}
        elif isinstance(node, ast.Import):
            found |= {name.name.removeprefix("hartlock.") for name in node.names if name.name.startswith("hartlock")}
    return found


def test_each_package_of_the_host_imports_only_what_it_may():
    packages = {path.parent.name for path in host_files() if path.parent.name != "hartlock"}
    assert packages == set(PACKAGES)
    for path in host_files():
        package = path.parent.name
        if package == "hartlock":
            continue
        for module in imported(path):
            of = module.partition(".")[0]
            assert of == package or of in MAY_IMPORT[package], f"{path.relative_to(TOP)} imports {module}"


def test_the_modules_of_the_host_have_no_circle():
    arrows = {".".join(path.relative_to(TOP / "host/hartlock").with_suffix("").parts): imported(path) for path in host_files()}
    while arrows:
        leaves = {name for name, to in arrows.items() if not to & set(arrows)}
        assert leaves, f"a circle among {', '.join(sorted(arrows))}"
        arrows = {name: to for name, to in arrows.items() if name not in leaves}


def test_only_the_command_line_knows_argparse():
    for path in host_files():
        assert path.parent.name == "cli" or not re.search(r"^\s*(import|from) argparse", path.read_text(), re.MULTILINE), path


CLASSES = {engine.__name__ for engine in ENGINES.values()}


def names_an_engine(node):
    """Is it the name of an engine, or a collection with one, or an engine's attribute `name`?"""
    if isinstance(node, ast.Constant):
        return node.value in ENGINES
    if isinstance(node, (ast.Tuple, ast.List, ast.Set, ast.Dict)):
        return any(names_an_engine(n) for n in (node.keys if isinstance(node, ast.Dict) else node.elts))
    if isinstance(node, ast.Attribute) and node.attr == "name":
        of = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        return of == "engine" or of in CLASSES
    return False


def asks_for_the_engine(node):
    if isinstance(node, ast.Compare):
        return any(names_an_engine(n) for n in (node.left, *node.comparators))
    if isinstance(node, ast.MatchValue):
        return names_an_engine(node.value)
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "isinstance":
        return any(getattr(n, "id", "") in CLASSES for n in ast.walk(node.args[1]))
    return False


def test_only_the_engines_themselves_ask_which_engine_it_is():
    """Everybody else asks an engine for what it can do (host/hartlock/engine/base.py)."""
    found = [f"{path.relative_to(TOP)}:{node.lineno}" for path in host_files() if path.parent.name != "engine"
             for node in ast.walk(ast.parse(path.read_text())) if asks_for_the_engine(node)]
    assert found == []


@pytest.mark.parametrize("text", ['e.name == "native"', 'row["engine"] in ("native", "board")', 'engine.name != x', 'x == Model.name',
                                  'isinstance(e, (Native, Board))'])
def test_asking_for_an_engine_is_noticed(text):
    assert any(asks_for_the_engine(node) for node in ast.walk(ast.parse(text)))


def test_the_script_installs_no_qemu_for_the_engines_that_have_none():
    """run-bench.sh looks for --engine before there is a Python that could say what an engine needs."""
    found = re.findall(r'--engine"\[\\ =\](\w+)', (TOP / "run-bench.sh").read_text())
    assert set(found) == {name for name, engine in ENGINES.items() if not issubclass(engine, InQemu)}
