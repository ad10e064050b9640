"""The tests of workload files: what observe writes into them, what is refused of them, and what is said of their lock."""

import json
import re
from dataclasses import asdict, replace

import numpy as np
import pytest
from support.run import TOP, run_here
from support.synthetic import cells, folder_of

from hartlock.analysis import advise, replayed, verdict
from hartlock.analysis.next_sweep import sweep_for
from hartlock.base.elf import Symbol
from hartlock.base.errors import UsageError
from hartlock.cli import advise as cli_advise
from hartlock.cli.measure import model_us, replayable
from hartlock.figures.row_types import SampleRow
from hartlock.folder.csv_rows import FILES, read_rows
from hartlock.folder.reader import load
from hartlock.folder.writer import write_rows
from hartlock.observe import image as images
from hartlock.observe import records, workload
from hartlock.observe.locks import locks_of
from hartlock.observe.records import Records
from hartlock.plan import parse, replay
from hartlock.plan.replay import HartClass, Seen, Source, Step

LOCK, DATA = 0x1000, 0x2000
SOURCE = Source("fw.elf", "ab" * 32, "heap_lock", "./run-bench.sh observe")
SEEN = Seen(taken=900, left_out=0, harts=4, image_harts=4, image_locks=12, busiest_share=0.25, hold_p50=300, hold_p99=900, gap_p50=400,
            gap_mean=1000, slept_share=0.0, held_share=0.3, written_p50=4, read_p50=2)
CLASSES = [HartClass(1, (Step(60, 260, 3, 1, 2), Step(3000, 900, 8, 3, 6))), HartClass(3, (Step(90_000, 260, 3, 1, 2),))]


def rows(name, entries):
    made = np.zeros(len(entries), dtype=records.layouts()[name])
    for row, entry in zip(made, entries, strict=True):
        for field, value in entry.items():
            row[field] = value
    return made


def observed(sections, touches=(), lines=(), harts=2):
    """The records of one lock, and the lock."""
    section = [{"lock": LOCK, "address": LOCK, "site": 0x104, **s} for s in sections]
    seen = Records(rows("section", section), rows("word", [{"lock": LOCK, "address": LOCK, "taken": len(section), "freed": len(section)}]),
                   rows("pair", ()), rows("line", [{"lock": LOCK, **line} for line in lines]),
                   rows("hart", [{"hart": h, "instructions": 1000} for h in range(harts)]), rows("touch", touches), rows("phase", ()), rows("tried", ()))
    image = images.Image()
    image.add([Symbol("heap lock", LOCK, 8, False)])
    return seen, locks_of(seen, image)


def section(hart, asked, freed, **more):
    return {"hart": hart, "asked": asked, "taken": asked, "freed": freed, **more}


def file_of(tmp_path, *told):
    """The file that observe writes for the one lock."""
    path, = workload.write(tmp_path, told[1], told[0], SOURCE)
    return replay.read(path)


def test_steps_are_in_order_with_their_lines(tmp_path):
    """A line that one hart wrote and the other touched is shared; the lock's own line, which is only read, is no line of the section."""
    seen = observed(
        [section(0, 100, 150, written=2, read=2), section(1, 120, 130, written=1), section(0, 160, 260, waited=10, written=1)],
        [{"section": 0, "address": DATA, "wrote": 1}, {"section": 0, "address": DATA + 64, "wrote": 0},
         {"section": 0, "address": DATA + 128, "wrote": 1}, {"section": 0, "address": LOCK, "wrote": 0},
         {"section": 1, "address": DATA + 64, "wrote": 1}, {"section": 2, "address": DATA, "wrote": 1}],
        [{"address": DATA, "writers": 1, "readers": 2}, {"address": DATA + 64, "writers": 2, "readers": 1}, {"address": DATA + 128, "writers": 1}])
    known = file_of(tmp_path, *seen)
    assert known.name == "heap-lock" and known.source.lock == "heap lock"
    assert [c.harts for c in known.classes] == [2]
    assert known.classes[0].steps == (Step(100 + 740, 50, 1, 1, 1), Step(10, 90, 1, 0, 0), Step(120 + 870, 10, 1, 0, 0))
    assert (known.seen.taken, known.seen.left_out, known.seen.held_share, known.seen.gap_mean) == (3, 0, 0.15, (2000 - 150) // 3)


def test_a_section_that_touches_only_its_lock_is_a_step(tmp_path):
    known = file_of(tmp_path, *observed([section(h, 10, 20, read=1) for h in (0, 1)], [{"section": i, "address": LOCK, "wrote": 0} for i in (0, 1)]))
    assert known.classes[0].steps == (Step(10 + 980, 10, 0, 0, 0),) * 2


def test_harts_that_take_it_alike_are_a_class(tmp_path):
    often = [section(h, 100 * i, 100 * i + 9) for h in (0, 1) for i in range(1, 12 - 4 * h)]
    known = file_of(tmp_path, *observed([*often, section(2, 50, 59), section(2, 80, 89)], harts=3))
    assert [(c.harts, len(c.steps)) for c in known.classes] == [(2, 18), (1, 2)]


def test_a_lock_that_one_hart_takes_has_no_file(tmp_path):
    seen, locks = observed([section(0, 1, 2), section(0, 5, 9)])
    assert workload.write(tmp_path, locks, seen, SOURCE) == []


def test_of_too_many_sections_runs_are_kept(tmp_path):
    many = [section(h, 100 * i + 10, 100 * i + 20 + i % 50) for i in range(3000) for h in (0, 1)]
    known = file_of(tmp_path, *observed(many))
    steps = known.classes[0].steps
    assert len(steps) == workload.STEPS and known.seen.left_out == 6000 - workload.STEPS
    follows = sum(b.hold == (a.hold - 10 + 1) % 50 + 10 for a, b in zip(steps, steps[1:]))
    assert follows > 0.9 * len(steps)
    assert len(known.word) < 30_000  # the kernel's command line has it


def test_a_phase_is_in_the_file_and_its_name(tmp_path):
    told = observed([section(h, 1, 2) for h in (0, 1)])
    path, = workload.write(tmp_path, told[1], told[0], replace(SOURCE, phase="steady"))
    known = replay.read(path)
    assert (path.name, known.name, known.source.lock, known.source.phase) == ("heap-lock@steady.toml", "heap-lock@steady", "heap lock", "steady")
    assert replayed.lock_sentence(known.facts).startswith("heap lock of fw.elf, in the phase steady: 2 acquisitions")


def test_a_file_from_before_there_were_phases_is_read(tmp_path):
    path = tmp_path / "old.toml"
    path.write_text(redigested(text().replace('phase = ""\n', "")))
    assert "phase" not in path.read_text() and replay.read(path).source == SOURCE


def test_sizes_are_in_the_file(tmp_path):
    sections = [section(h, 100 * i + 10, 100 * i + 20, bytes=size) for i, size in enumerate((64, 4096, 64, 0)) for h in (0, 1)]
    assert file_of(tmp_path, *observed(sections)).sizes == ((64, 4), (4096, 2))
    assert file_of(tmp_path, *observed([section(h, 1, 2) for h in (0, 1)])).sizes == ()


def test_of_too_many_sizes_the_larger_are_rounded_up(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text(replay.text_of("a", SOURCE, SEEN, CLASSES, tuple((size, 1) for size in range(1, 1001))))
    sizes = replay.read(path).sizes
    assert 32 < len(sizes) <= replay.MAX_SIZES and sum(times for _, times in sizes) == 1000
    assert sizes[:4] == ((1, 1), (2, 1), (3, 1), (4, 1)) and sizes[-1][0] >= 1000
    below = {limit: sum(times for size, times in sizes if size <= limit) for limit, _ in sizes}
    assert all(limit - limit // 8 - 1 <= n <= limit for limit, n in below.items() if limit <= 1000)


def text(**changes):
    return replay.text_of("heap_lock", SOURCE, replace(SEEN, **changes), CLASSES)


@pytest.fixture
def known(tmp_path):
    path = tmp_path / "heap_lock.toml"
    path.write_text(text())
    return replay.read(path)


def test_the_kernel_s_word(known):
    assert known.word == f"heap_lock/{known.digest}/1x60.260.3.1.2,3000.900.8.3.6;3x{replay.MOST_GAP}.260.3.1.2"
    assert replay.label_of(known.word) == known.label and known.harts == 4
    assert known.facts.cut == 0.75 * (90_000 - replay.MOST_GAP)
    assert 200 < model_us(known) < 1000 and model_us(None) == 200


def test_a_board_s_log_says_which_workload_it_was(known):
    plan, _ = parse.read(f"hartlock: format=1 replay={known.word} run=ticket:4", 4)
    assert plan.workload.replay == known.label and plan.replay == known.word and plan.workload.variant == "replay"
    with pytest.raises(UsageError, match="not name/digest/classes"):
        parse.read("hartlock: format=1 replay=some run=ticket:4", 4)


def redigested(changed):
    return re.sub(r'digest = "\w+"', f'digest = "{replay._hash(changed)}"', changed)


@pytest.mark.parametrize("old, new, says", [
    ("harts = 3\n", "harts = 0\n", "no step, or no harts"), ("harts = 3\n", "harts = 64\n", "65 harts"),
    ("[60, 260, 3, 1, 2]", "[60, 260, 3, 1]", r"\[60, 260, 3, 1\] is not"), ("[60, 260, 3, 1, 2]", "[60, -1, 3, 1, 2]", "is not"),
    ("[60, 260, 3, 1, 2]", "[60, 260, 40, 40, 2]", "more than 64 lines"), ("taken = 900", "token = 900", r"\[seen\] does not have exactly"),
    ("taken = 900", 'taken = "many"', "seen.taken is no number"), ('name = "heap_lock"', 'name = "heap lock"', "no name"),
    ("format = 1", "format = 1\nsizes = [[0, 1]]", "its sizes are not"), ("format = 1", "format = 1\nsizes = [[16]]", "its sizes are not"),
    ("[[class]]", "[class]", "Cannot|no TOML"), ("taken = 900", "taken = true", "seen.taken is no number")])
def test_a_file_that_is_wrong_is_refused(tmp_path, old, new, says):
    path = tmp_path / "wrong.toml"
    path.write_text(redigested(text().replace(old, new)))
    with pytest.raises(UsageError, match=says):
        replay.read(path)


def test_a_name_that_steers_a_terminal_is_written_out(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text(redigested(text().replace('image = "fw.elf"', 'image = "\\u001b[2J"')))
    assert "\x1b" not in replayed.lock_sentence(replay.read(path).facts)


SIZES = ((24, 3), (100, 60), (4097, 1))


def test_the_kernel_s_word_of_sizes(tmp_path):
    """64 quantiles, in multiples of the alignment."""
    path = tmp_path / "a.toml"
    path.write_text(replay.text_of("a", SOURCE, SEEN, CLASSES, SIZES))
    known = replay.read(path)
    assert known.size_word(16) == f"a/{known.digest}/32x3,112x60,4112x1"
    assert known.size_word(4096) == f"a/{known.digest}/4096x63,8192x1"
    plan, _ = parse.read(f"hartlock: format=1 observed={known.size_word(16)} run=ticket:4", 4)
    assert plan.workload.sizes == known.label and plan.observed == known.size_word(16) and plan.largest == 4112
    assert plan.workload.variant == "full" and replay.is_label(known.label) and not replay.is_label("observed") and not replay.is_label("a:12")


def asked_sizes(path, *more):
    return run_here("--engine", "model", "--lock", "ticket", "--size", path, "--print-plan", *more)


def test_sizes_of_a_file_are_asked_for(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text(replay.text_of("a", SOURCE, SEEN, CLASSES, SIZES))
    done = asked_sizes(path)
    assert f" observed={replay.read(path).size_word(16)} " in done.stdout and " size=" not in done.stdout and " sizes=" not in done.stdout
    assert f" observed={replay.read(path).size_word(4096)} " in asked_sizes(path, "--allocator", "buddy").stdout
    assert "it hands out at most 4096 bytes" in asked_sizes(path, "--allocator", "pool").stderr
    assert "sizes are not drawn there" in asked_sizes(path, "--workload", path).stderr
    path.write_text(text())
    assert "no sizes are known of that lock" in asked_sizes(path).stderr
    assert f"--size {tmp_path}/none.toml: No such file" in asked_sizes(tmp_path / "none.toml").stderr


def test_interrupts_may_be_kept_off_in_a_replay(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text(text())
    done = run_here("--engine", "model", "--lock", "ticket", "--workload", path, "--irq", "off", "--print-plan")
    assert " irq=off " in done.stdout and " replay=" in done.stdout


def test_allocators_without_a_lock():
    assert replayable(["ticket", "cas", "faa"], "all")[0] == ("ticket",)
    assert "cas and faa" in replayable(["ticket", "cas", "faa"], "all")[1][0]
    with pytest.raises(UsageError, match="--lock cas with --workload"):
        replayable(["ticket", "cas"], "ticket,cas")


def swept(path, known, wait, cycles=None):
    """A folder of a sweep that replayed the workload; `wait`: each lock's mean wait, in cycles; `cycles`: an operation's, of all harts."""
    of = {name: cycles or 500 for name in wait}
    folder_of(path, cells(4, **of), replay=known.label, hold_instructions=0, think_instructions=0, think_range_instructions=0)
    samples = [replace(row, wait_mean_cycles=float(wait[row.context.strategy]), latency_ops=100)
               for row in read_rows(path / "samples.csv", SampleRow)]
    write_rows(path / "samples.csv", FILES["samples.csv"], samples)
    (path / "run.json").write_text(json.dumps({"status": "complete", "plan": {"facts": asdict(known.facts)}}))
    return load(path)


def answer(data, known, *files):
    asked = advise.Question(4, None, None, "", "balanced", None, (), "", known.label, "heap_lock.toml")
    return list(advise.answer(data, advise.the_ask(asked, data), files))


def test_that_no_lock_matters_is_said_first(tmp_path, known):
    """A hart's own operation takes 2000 cycles, and 52,500 instructions of the mean gap were cut: of 54,500, a wait of 300 is 0.6 %."""
    data = swept(tmp_path / "out", known, {"ticket": 20, "mcs": 30, "tas": 300})
    said = answer(data, known, known)
    assert said[0].startswith("heap_lock of fw.elf")
    assert said[1].startswith("At this rate no lock matters: getting it takes less than 1 % of a hart's time") and re.search(r"tas \(0\.5\d+ %\)", said[1])
    assert said[1].endswith("Keep the lock that you have.")
    assert "The image took 12 locks" in said[2] and "(30.0%)" in said[3]
    judged = verdict.judge(data, next(iter(data.settings)), 4)
    assert judged.headline == "Keep the lock that you have" and judged.lead.startswith("At this rate no lock matters")
    assert judged.points[1].startswith("If you choose one all the same, take tas: ")


def test_the_bytes_of_an_images_locks_are_those_that_many_locks_take(known):
    """Once what all locks share, as twa's array, was counted in the one answer and not in the other."""
    assert "with twa for each they have 16.1 KiB. " in next(replayed.image_sentences([known], 9, "twa", 8))


def test_that_it_matters_is_said_with_the_worst(tmp_path, known):
    data = swept(tmp_path / "out", known, {"ticket": 20, "tas": 30_000})
    said = answer(data, known)
    assert re.search(r"Here it matters which lock it is: getting it takes 0\.03\d+ % .* and 5[45]\.\d % with tas", said[1])
    assert said[2].startswith("ticket: p99.9 wait") or said[2].startswith("tas: p99.9 wait")
    assert verdict.judge(data, next(iter(data.settings)), 4).headline.startswith("Take")


def test_a_folder_of_another_workload_does_not_answer(tmp_path, known):
    data = swept(tmp_path / "out", replace(known, digest="0" * 16), {"ticket": 20})
    asked = advise.the_ask(advise.Question(None, None, None, "", "balanced", None, (), "", known.label, "w.toml"), data)
    assert advise.missing(data, asked) == f"the workload {known.label} was not replayed there"
    assert sweep_for(asked, data)[:3] == ["sweep", "--workload", "w.toml"]


def test_a_workload_that_was_not_replayed_is_measured_on_the_harts_that_are_asked_for(tmp_path, known, monkeypatch):
    """The sweep's command is read by its words; once it was by their places, and the workload's file stood there."""
    file = tmp_path / "w.toml"
    file.write_text(text())
    swept(tmp_path / "old", replace(known, digest="0" * 16), {"ticket": 20})
    commands = []

    def measure(command):
        commands.append(command)
        return (swept(tmp_path / "new", replay.read(file), {"ticket": 20, "mcs": 30}), tmp_path / "new")[1]
    assert cli_advise.main(["advise", str(tmp_path / "old"), "--workload", str(file), "--measure"], measure) == 0
    assert commands == [["sweep", "--workload", str(file), "--smp", "4", "--harts", "4", "--lock", "ticket", "--machine", "generic-8"]]
    made = []
    monkeypatch.setattr(cli_advise.sweep, "main", lambda words: made.append(words) or 0)
    folder = cli_advise.measured([*commands[0], "--boots", "1"])
    folder.rmdir()
    assert folder.name.endswith("-smp4-model") and made[0][:2] == ["sweep", "--workload"]


def test_without_a_file_the_answer_of_a_replay_waits_for_its_file(tmp_path, known):
    data = swept(tmp_path / "out", known, {"ticket": 20})
    asked = advise.the_ask(advise.Question(2, None, None, "", "balanced", None, (), ""), data)
    assert asked.replay == known.label and not advise.may_be_measured(data, asked)
    assert advise.may_be_measured(data, replace(asked, file="w.toml"))


def test_without_a_file_the_answer_is_about_what_was_replayed(tmp_path, known):
    data = swept(tmp_path / "out", known, {"ticket": 20, "mcs": 30})
    asked = advise.the_ask(advise.Question(None, None, None, "", "balanced", None, (), ""), data)
    assert asked.replay == known.label
    assert "At this rate no lock matters" in list(advise.answer(data, asked))[1]


@pytest.mark.parametrize("facts", [None, [], {"label": 1}, "text", {}])
def test_facts_that_are_damaged_say_nothing(tmp_path, known, facts):
    data = swept(tmp_path / "out", known, {"ticket": 20})
    data.context["plan"]["facts"] = facts
    assert replayed.facts_of(data, next(iter(data.settings))) is None


def test_the_limits_of_a_workload_are_those_of_the_bench():
    numbers = dict(re.findall(r"^\tREPLAY_(\w+) = (\d+),", (TOP / "bench/replay.h").read_text(), re.MULTILINE))
    assert {name: int(numbers[name]) for name in ("CLASSES", "STEPS", "LINES", "OWN")} == {
        "CLASSES": replay.MAX_CLASSES, "STEPS": replay.MAX_STEPS, "LINES": replay.MAX_LINES, "OWN": replay.MAX_OWN}
