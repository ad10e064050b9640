"""The probe gives back the machine it runs on, and says what it cannot see."""

import csv
import re
import subprocess
import tomllib

import pytest
from support.documents import documented, record_keys
from support.run import TOP, run_bench

from hartlock.plan.profile import find
from hartlock.figures.columns import header
from hartlock.folder.probe_csv import ProbeRow
from hartlock.plan.machine_keys import machine_keys
from hartlock.probe.kinds import kinds as all_kinds
from hartlock.records.parser import read

LATENCIES = ["l1_load", "l1_store", "l1_amo", "transfer", "upgrade", "invalidate", "shared", "memory", "mul", "div",
             "pause", "op", "branch", "jump", "fence", "store_buffer", "store_delay", "lr_hold"]
TOPOLOGY = ["cluster_harts", "hop"]
FACTS = ["clock_mhz", "moesi", "amo_far"]


def machine(path, name, **changed):
    """A profile like that of `name`, with some keys changed."""
    text = (TOP / f"model/machines/{name}.toml").read_text()
    for key, value in changed.items():
        text, n = re.subn(rf"^{key} = \S+", f"{key} = {value}", text, flags=re.MULTILINE)
        text += "" if n else f"{key} = {value}\n"
        assert key in machine_keys() and n <= 1, key
    path.write_text(text)
    return str(path)


def run_probe(folder, *args, **kw):
    return run_bench(folder, "probe", "--engine", "model", *args, quick=False, **kw)


class Probed:
    def __init__(self, folder, smp, of):
        self.done = run_probe(folder / "run", "--smp", str(smp), "--machine", of)
        assert self.done.status == 0, self.done.out + self.done.err
        self.text = (self.done.folder / "profile.toml").read_text()
        self.found = tomllib.loads(self.text)
        self.wanted = tomllib.loads(find(of).read_text())

    def probed(self, key):
        return re.search(rf"^{key} = .* # (measured|bounded): probed: ", self.text, re.MULTILINE) is not None


@pytest.fixture(scope="module")
def generic(tmp_path_factory):
    return Probed(tmp_path_factory.mktemp("generic"), 8, "generic-8")


@pytest.fixture(scope="module")
def mesh(tmp_path_factory):
    return Probed(tmp_path_factory.mktemp("mesh"), 8, "mesh-64")


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    return Probed(tmp_path_factory.mktemp("reference"), 8, "reference")


# These differ from generic-8 in all that is probed.
MADE_UP = {
    "clock_mhz": 1700, "cluster_harts": 2, "mesh_columns": 4, "moesi": "true", "l1_load": 4, "l1_store": 2,
    "l1_amo": 9, "transfer": 77, "upgrade": 63, "invalidate": 5, "shared": 41, "memory": 333, "hop": 6, "mul": 4,
    "div": 33, "pause": 17, "op": 2, "branch": 3, "jump": 4, "fence": 7, "store_buffer": 3, "store_delay": 25, "lr_hold": 97,
}


@pytest.fixture(scope="module")
def made_up(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made-up")
    return Probed(folder, 8, machine(folder / "made-up.toml", "generic-8", **MADE_UP))


def middle(value):
    """The value, or the middle of a range."""
    return sum(value) / len(value) if isinstance(value, list) else value


def expect(probed, keys):
    for key in keys:
        assert probed.probed(key), key
        least, most = found if isinstance(found := probed.found[key], list) else (found, found)
        assert least * 0.95 <= probed.wanted[key] <= most * 1.05 or probed.wanted[key] in (least, most), key


def test_generic_8_comes_back(generic):
    expect(generic, [*LATENCIES, *TOPOLOGY, *FACTS])


@pytest.mark.deep
def test_a_made_up_machine_comes_back(made_up):
    expect(made_up, [*LATENCIES, *TOPOLOGY, *FACTS, "mesh_columns"])


@pytest.mark.deep
def test_two_clusters_of_a_mesh_come_back(mesh):
    expect(mesh, [*LATENCIES, *TOPOLOGY, *FACTS])
    assert mesh.found["harts"] == 8


@pytest.mark.deep
def test_the_reference_machine_comes_back_in_tenths_of_cycles(reference):
    expect(reference, [*LATENCIES, "cluster_harts", *FACTS])
    assert (reference.found["l1_load"], reference.found["l1_amo"]) == (2.4, 2.8)
    assert not reference.probed("hop") and "all harts are in one cluster" in reference.text


@pytest.mark.deep
@pytest.mark.parametrize("key,value", [
    ("l1_load", 6), ("l1_amo", 8), ("transfer", 60), ("upgrade", 47), ("invalidate", 3), ("shared", 36), ("memory", 180),
    ("hop", 13), ("store_delay", 40)])
def test_one_changed_parameter_changes_its_answer_and_no_other(generic, tmp_path, key, value):
    """This shows that the tests above can fail. An AMO's cost is derived from a load's: both may move."""
    other = Probed(tmp_path, 8, machine(tmp_path / "other.toml", "generic-8", **{key: value}))
    expect(other, [key])
    assert abs(middle(other.found[key]) - middle(generic.found[key])) > 0.05 * middle(generic.found[key])
    for same in set(LATENCIES + TOPOLOGY) - {key, "l1_amo" if key == "l1_load" else key}:
        assert middle(other.found[same]) == pytest.approx(middle(generic.found[same]), rel=0.05), same


@pytest.mark.deep
@pytest.mark.parametrize("base", ["generic-8", "mesh-64"])
def test_stores_that_block_and_an_lr_that_holds_nothing_are_seen(tmp_path, base):
    """On the machine that is the model so, the probe once wrote 8 and 80, from its base, and misordered 7 pairs of 30."""
    other = Probed(tmp_path, 4, machine(tmp_path / "other.toml", base, store_buffer=0, lr_hold=0, op=0.4, branch=0.6))
    expect(other, ["store_buffer", "lr_hold", "op", "branch", "l1_load", "transfer"])


@pytest.mark.deep
@pytest.mark.parametrize("room", [1, 2, 5, 16, 40])
def test_the_room_of_a_store_buffer_is_found(tmp_path, room):
    expect(Probed(tmp_path, 2, machine(tmp_path / "other.toml", "inorder-4", store_buffer=room)), ["store_buffer"])


@pytest.mark.deep
def test_a_hot_line_moves_sooner_than_a_lone_one(generic):
    """The cycles of one of many AMOs to one word lie between those of an own line and a transfer."""
    hot = {int(r["b"]): float(r["cost_cycles"]) for r in generic.done.rows("probe.csv") if r["kind"] == "hot"}
    assert sorted(hot) == list(range(1, 9)) and generic.wanted["l1_amo"] < hot[8] < generic.wanted["transfer"]


MECHANISMS = [
    ("l1_swap", 9), ("l1_logic", 12), ("l1_cas", 21), ("l1_lr", 7), ("l1_sc", 11), ("aq", 22), ("rl", 13), ("fence", 25),
    ("fence_release", 17), ("fence_acquire", 9), ("fence_waits", "true"), ("pause_waits", "true"), ("amo_asks", "true"),
    ("amo_overlaps", "true"), ("load_ahead", 20), ("load_ahead", 1000), ("amo_ahead", 20), ("amo_ahead", 1000),
    ("lr_shares", "true"), ("sc_backoff", 33), ("hot_transfer", 38), ("hot_owner", 24), ("amo_waits", "false"), ("hot_shared", 3), ("bank_busy", 5), ("store_misses", 3),
    ("copies_go", 4), ("copies_go", 18)]


@pytest.mark.deep
@pytest.mark.parametrize("key,value", MECHANISMS)
def test_each_mechanism_of_a_core_or_a_memory_is_seen(tmp_path, key, value):
    other = Probed(tmp_path, 8, machine(tmp_path / "other.toml", "generic-8", **{"cluster_harts": 8, "l1_amo": 16, key: value}))
    expect(other, [key, "l1_load", "transfer", "store_buffer"])


@pytest.mark.deep
def test_a_machine_without_mechanisms_has_none(tmp_path):
    plain = Probed(tmp_path, 8, machine(tmp_path / "plain.toml", "generic-8", cluster_harts=8, l1_amo=16))
    switches = {key for key, _ in MECHANISMS if machine_keys()[key].kind == "SWITCH"} - {"amo_waits"}
    assert {key: plain.found[key] for key in switches} == dict.fromkeys(switches, False)
    assert [plain.found[k] for k in ("aq", "rl", "load_ahead", "amo_ahead", "sc_backoff", "store_misses")] == [0, 0, 0, 0, 0, 1]


@pytest.mark.deep
@pytest.mark.parametrize("takes", ["true", "false"])
def test_an_sc_that_brings_its_line_in_vain_is_seen(tmp_path, takes):
    other = Probed(tmp_path, 4, machine(tmp_path / "other.toml", "generic-8", lr_shares="true", lr_hold=0, sc_takes=takes))
    expect(other, ["sc_takes", "lr_shares"])


@pytest.mark.deep
@pytest.mark.parametrize("key,value", [("hot_transfer", 38), ("hot_owner", 24)])
def test_a_line_that_harts_fight_for_is_measured_in_a_cluster_of_several(tmp_path, key, value):
    expect(Probed(tmp_path, 8, machine(tmp_path / "other.toml", "generic-8", cluster_harts=4, **{key: value})), [key])


def test_what_neither_the_probe_nor_the_base_knows_is_a_range(tmp_path):
    """mesh-64 says nothing of these keys; the model's default for them would be a guess."""
    done = run_probe(tmp_path / "run", "--smp", "1", "--machine", "generic-8", "--base", "mesh-64")
    found = tomllib.loads((done.folder / "profile.toml").read_text())
    assert found["hot_owner"] == "[0.25, 1.0] * hot_transfer" and found["amo_waits"] == [False, True]


@pytest.mark.deep
@pytest.mark.parametrize("moesi", ["true", "false"])
def test_an_owner_that_is_as_far_as_the_shared_cache_is_told_by_a_store(tmp_path, moesi):
    """A third hart's load costs the same from both; in clusters, the way to the bank is part of that."""
    expect(Probed(tmp_path, 4, machine(tmp_path / "other.toml", "generic-8", shared=50, moesi=moesi, hot_transfer=44)), ["moesi", "hot_transfer"])


@pytest.mark.deep
@pytest.mark.parametrize("swap,overlaps", [(14, "true"), (14, "false")])
def test_an_owner_whose_amoadd_is_as_short_as_a_load_is_told_by_its_swap(tmp_path, swap, overlaps):
    other = Probed(tmp_path, 4, machine(tmp_path / "other.toml", "generic-8", l1_amo=3, l1_swap=swap, amo_overlaps=overlaps, hot_owner=22))
    expect(other, ["amo_overlaps", "hot_owner"])
    assert isinstance(other.found["hot_owner"], list)


@pytest.mark.deep
@pytest.mark.parametrize("key", ["fence_waits", "pause_waits", "amo_waits"])
@pytest.mark.parametrize("value", ["true", "false"])
def test_what_waits_for_stores_is_seen_where_a_fence_of_loads_is_long(tmp_path, key, value):
    """The two clock reads around an access have such a fence between them; these accesses have none."""
    expect(Probed(tmp_path, 2, machine(tmp_path / "other.toml", "generic-8", fence_acquire=30, **{key: value})), [key])


@pytest.mark.deep
def test_a_slow_core_that_goes_on_behind_its_stores_is_told_by_stores_to_own_lines(tmp_path):
    """Its own instructions take as long as a line of another hart's."""
    slow = Probed(tmp_path, 2, machine(tmp_path / "slow.toml", "generic-8", op=2, branch=2, transfer=17, store_buffer=4, store_delay=60))
    expect(slow, ["store_buffer", "store_delay"])


ONE = {"cluster_harts": 8, "banks": 1}
FAR_BANKS = {"cluster_harts": 2, "mesh_columns": 1, "banks": 2, "hop": 14}
TOGETHER = {
    "lines that come as fast as stores are issued":
        (["store_buffer", "store_misses"], ONE | {"transfer": 15.1, "op": 0.3, "branch": 2.5, "l1_store": 2.3, "store_buffer": 8, "store_misses": 4}),
    "a small buffer before banks that are differently far":
        (["store_buffer"], FAR_BANKS | {"transfer": 16.5, "op": 2, "branch": 2.6, "store_buffer": 2, "store_misses": 4, "store_delay": 58}),
    "a far AMO that comes to its bank behind a delayed store":
        (["amo_waits"], ONE | {"amo_far": "true", "amo_waits": "false", "store_delay": 97, "fence_acquire": 3}),
    "an upgrade that is shorter than an AMO, and a fence that is longer than a store":
        (["upgrade", "bank_busy"], ONE | {"banks": 16, "bank_busy": 3, "upgrade": 10.5, "l1_amo": 11.5, "amo_overlaps": "true", "fence": 5.1}),
    "AMOs that ask another cluster's bank":
        (["l1_amo", "l1_swap", "amo_overlaps", "upgrade"], FAR_BANKS | {"amo_asks": "true", "l1_amo": 12.1, "l1_swap": 4, "amo_overlaps": "false"}),
    "a fence and a pause that take longer than a line":
        (["fence_waits", "pause_waits"], ONE | {"transfer": 17.2, "l1_store": 2.6, "fence_release": 26.2, "fence_acquire": 6.9, "pause": 27.7,
                                              "fence_waits": "false", "pause_waits": "false"}),
    "accesses that are shorter than what a hart goes ahead":
        (["amo_ahead", "load_ahead"], ONE | {"transfer": 19, "amo_ahead": 20, "load_ahead": 20})}


@pytest.mark.deep
@pytest.mark.parametrize("what", TOGETHER)
def test_mechanisms_that_hide_each_other_are_told_or_left_open(tmp_path, what):
    """A machine drawn at random, of each of these kinds, had a number that was sure and wrong."""
    keys, values = TOGETHER[what]
    expect(Probed(tmp_path, 8, machine(tmp_path / "other.toml", "generic-8", **values)), keys)


@pytest.mark.deep
def test_the_bank_of_far_amos_is_seen_in_clusters_too(tmp_path):
    far = machine(tmp_path / "far.toml", "generic-8", amo_far="true", bank_busy=9, copies_go=12)
    expect(Probed(tmp_path, 8, far), ["bank_busy", "copies_go"])


@pytest.mark.deep
def test_far_amos_are_noticed(tmp_path):
    far = Probed(tmp_path, 8, machine(tmp_path / "far.toml", "generic-8", amo_far="true", far_amo=44))
    assert far.found["amo_far"] is True and far.found["far_amo"] == pytest.approx(44, rel=0.05)
    assert "AMOs are far" in far.text
    expect(far, ["upgrade", "invalidate"])


@pytest.mark.deep
def test_every_hart_is_a_cluster_of_its_own(tmp_path):
    """In this machine even the nearest pair of harts is one hop apart."""
    lone = Probed(tmp_path, 4, machine(tmp_path / "lone.toml", "generic-8", cluster_harts=1, mesh_columns=2, hop=8))
    expect(lone, ["transfer", "upgrade", "hop", "cluster_harts", "mesh_columns"])


@pytest.mark.deep
@pytest.mark.parametrize("harts", [1, 2])
def test_few_harts_leave_open_what_takes_more(tmp_path, harts):
    few = Probed(tmp_path, harts, "generic-8")
    expect(few, ["l1_load", "l1_amo", "shared", "memory"])
    assert few.probed("transfer") == (harts == 2)
    assert "fewer than three harts" in few.text


def test_what_is_not_probed_comes_from_the_base_and_says_so(tmp_path):
    done = run_probe(tmp_path / "run", "--smp", "2", "--machine", "generic-8", "--base", "mesh-64")
    text = (done.folder / "profile.toml").read_text()
    assert "l1_sets = 512  # measured: not probed: from mesh-64" in text
    assert not [line for line in text.splitlines() if "=" in line and "probed" not in line]


@pytest.mark.deep
def test_the_profile_is_one_the_model_runs_on(mesh, bench):
    done = bench("--smp", "4", "--lock", "ticket", "--engine", "model", "--trials", "1", "--model-duration", "20",
                 "--machine", str(mesh.done.folder / "profile.toml"))
    assert done.status == 0, done.out + done.err
    assert done.row("ticket", 4, "model")["machine"] == mesh.done.folder.name


@pytest.mark.deep
def test_the_same_probe_gives_the_same_numbers(generic, tmp_path):
    again = run_probe(tmp_path / "run", "--smp", "8")
    assert (again.folder / "probe.csv").read_bytes() == (generic.done.folder / "probe.csv").read_bytes()


@pytest.mark.deep
def test_the_matrix_shows_the_clusters(mesh):
    rows = re.findall(r"^hart (\d) +(.*)$", mesh.done.out, re.MULTILINE)
    assert [int(a) for a, _ in rows] == list(range(8))
    assert all(len(cells.split()) == 8 for _, cells in rows)
    cost = {(int(r["a"]), int(r["b"])): float(r["cost_cycles"]) for r in mesh.done.rows("probe.csv") if r["kind"] == "handoff"}
    assert len(cost) == 8 * 7
    # A pair's best line may have its home far away: of all pairs one has it near.
    near, far = (min(cycles for (a, b), cycles in cost.items() if (a // 4 == b // 4) == same) for same in (True, False))
    assert far > near + 6
    for (a, b), cycles in cost.items():
        assert cycles == pytest.approx(near if a // 4 == b // 4 else far, rel=0.25)


@pytest.mark.deep
def test_a_hand_off_is_an_upgrade_and_a_transfer(reference):
    """A one-way hand-off, with the few instructions of both loops, takes the independent simulator's 56."""
    costs = [float(r["cost_cycles"]) for r in reference.done.rows("probe.csv") if r["kind"] == "handoff"]
    assert costs == pytest.approx([56] * 56, rel=0.05)


def test_lr_and_sc_are_counted_for_every_number_of_harts(generic):
    rows = [r for r in generic.done.rows("probe.csv") if r["kind"] == "lrsc"]
    assert [(int(r["b"]), int(r["a"])) for r in rows] == [(n, i) for n in range(2, 9) for i in range(n)]
    assert all(0 < int(r["successes"]) <= int(r["attempts"]) for r in rows)


def test_files_and_context(generic):
    names = {p.name for p in generic.done.folder.iterdir()}
    assert names - {"handoff.png"} == {"probe.csv", "profile.toml", "uart.log", "run.json"}
    assert "handoff.png" in names or "python3-matplotlib" in generic.done.out
    context = generic.done.context
    assert (context["status"], context["problems"], context["base"]) == ("complete", [], "any-8")
    assert "run=probe:8" in context["sessions"][0]["bootargs"]


def test_more_harts_than_the_machine_has_leave_no_profile(tmp_path):
    done = run_probe(tmp_path / "run", "--smp", "9", "--machine", "generic-8")
    assert done.status == 2 and "--smp 9: the machine profile generic-8 has 8 harts" in done.err


@pytest.mark.parametrize("name", ["probe", "probe_solo", "probe_lines", "probe_two", "probe_many"])
def test_it_compiles_for_this_computer_too(name):
    """The probe knows only bench/port.h of the place where it runs."""
    subprocess.run(["gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O2", f"-I{TOP}", f"-I{TOP}/tests/c/fake",
                    "-fsyntax-only", str(TOP / f"bench/{name}.c")], check=True, timeout=60)


def test_without_the_model_the_kernel_sends_the_same_records(generic):
    """The harts are emulated, so no figure means anything. There is one, because two may take turns
    for seconds."""
    image = TOP / "build/hartlock.elf"
    out = subprocess.run(["qemu-system-riscv64", "-machine", "virt", "-m", "256M", "-smp", "1", "-bios", "default", "-kernel",
                          str(image), "-append", "hartlock: run=probe:1", "-display", "none", "-monitor", "none",
                          "-serial", "stdio", "-no-reboot"], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=True)
    kinds = {r.fields().text("kind") for r in read(out.stdout.split(b"\n")) if r.type == "probe"}
    alone = {r["kind"] for r in generic.done.rows("probe.csv") if r["a"] == r["b"] == "0" and r["kind"] != "lrsc"}
    assert kinds == alone - {"amo_cas", "lr_kept", "lr_delay"} | {"hot", "hot_lrsc"}  # QEMU's hart has no Zacas


def test_columns_are_documented(generic):
    with open(generic.done.folder / "probe.csv", newline="", encoding="utf-8") as f:
        assert next(csv.reader(f)) == header(ProbeRow) == documented("ports/probe.md", "probe.csv")


def test_kinds_are_documented(generic):
    kinds = {r["kind"] for r in generic.done.rows("probe.csv")}
    assert kinds == set(documented("ports/probe.md", "Measurements")) == set(all_kinds())


def test_every_record_key_is_documented(generic):
    seen = {}
    for record in read(generic.done.log.split(b"\n")):
        seen.setdefault(record.type, set()).update(record.fields().values)
    for kind in ("probe", "lrsc"):
        assert seen[kind] - {"n"} == record_keys()[kind], kind
