"""The tests of what `observe` tells from the watcher's records: locks, their figures, and what stops people."""

import importlib.util
import io
import json
import os
import signal
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console
from support.run import run_here

from hartlock.base import ends
from hartlock.base.terminal import whole
from hartlock.base.elf import Symbol
from hartlock.base.errors import RunError, UsageError
from hartlock.base.option_types import OptionError
from hartlock.folder.observe_files import ORDER
from hartlock.observe import image as images
from hartlock.observe import phases, records, sizes, view
from hartlock.observe.allocator import Allocator
from hartlock.observe.locks import gaps, locks_of, names_of, unclear
from hartlock.observe.records import Records
from hartlock.observe.run import Request, Run, functions_of
from hartlock.observe.trouble import troubles
from hartlock.plan.replay import Source
from hartlock.report import observed as page
from hartlock.run.guarded import INTERRUPTED

A, B, C = 0x1000, 0x2000, 0x3000
IMAGE = images.Image()
IMAGE.add([Symbol("a_lock", A, 8, False), Symbol("b_lock", B, 8, False), Symbol("c_lock", C, 8, False),
           Symbol("first", 0x100, 0x40, True), Symbol("second", 0x140, 0x40, True), Symbol("$x", 0x150, 0, True)])


def rows(name, entries):
    """Records of a list; a field that an entry does not name is 0."""
    layout = records.layouts()[name]
    made = np.zeros(len(entries), dtype=layout)
    for row, entry in zip(made, entries, strict=True):
        for field, value in entry.items():
            row[field] = value
    return made


def seen(section=(), word=(), pair=(), line=(), hart=({}, {}), touch=(), phase=(), tried=()):
    lists = {"section": section, "word": word, "pair": pair, "line": line, "hart": hart, "touch": touch, "phase": phase, "tried": tried}
    return Records(**{name: rows(name, entries) for name, entries in lists.items()})


def section(lock, hart, asked, freed, **more):
    return {"lock": lock, "address": lock, "site": 0x104, "hart": hart, "asked": asked, "taken": asked, "freed": freed, **more}


def word(lock, taken, freed, **more):
    return {"lock": lock, "address": lock, "taken": taken, "freed": freed, **more}


def test_every_record_is_as_long_in_c_as_in_python():
    assert {name: layout.itemsize % 8 for name, layout in records.layouts().items()} == dict.fromkeys(records.LISTS, 0)


def test_a_lock_a_counter_and_a_flag():
    found = seen(word=[word(A, 4, 4), word(B, 100, 0, again=99), word(C, 2, 1)], section=[section(A, h, 10, 20) for h in range(4)])
    assert [lock.name for lock in locks_of(found, IMAGE)] == ["a_lock"]


def test_a_word_that_a_named_function_took_is_a_lock_whatever_became_of_it():
    found = seen(word=[word(A, 1, 0, by_function=1)], section=[section(A, 0, 10, 20, is_held=1)])
    assert [lock.name for lock in locks_of(found, IMAGE)] == ["a_lock"]


def test_figures_of_a_lock():
    sections = [section(A, 0, 100, 160, waited=20, firmware=10, written=3, read=1),  # held for 30
                section(A, 0, 200, 230, written=3, read=1),  # a gap of 40 before
                section(A, 0, 1000, 1030, written=3, read=1, sleeps=1),  # a gap with a WFI in it
                section(A, 1, 50, 80, written=3, read=1, site=0x148)]
    lines = [{"lock": A, "address": 64, "writers": 1, "readers": 2}, {"lock": A, "address": 128, "writers": 1},
             {"lock": A, "address": 192, "readers": 3}]
    lock, = locks_of(seen(sections, [word(A, 4, 4)], line=lines), IMAGE)
    assert (lock.hold.p50, lock.hold.max, lock.gap.p50, lock.gap.max, lock.slept) == (30, 30, 40, 40, 0.5)
    assert (lock.written, lock.read, lock.shared, lock.busiest, lock.per_hart) == (3, 1, 1, 0.75, {0: 3, 1: 1})
    assert [(site.function, site.times) for site in lock.sites] == [("first", 3), ("second", 1)]


def test_locks_of_one_name_are_told_apart():
    two = images.Image()
    two.add([Symbol("own", A, 8, False), Symbol("own", B, 8, False)])
    found = seen([section(A, 0, 1, 2), section(B, 0, 1, 2)], [word(A, 2, 2), word(B, 2, 2)])
    assert sorted(lock.name for lock in locks_of(found, two)) == ["own@0x1000", "own@0x2000"]


def test_a_gap_is_of_one_hart():
    gap, slept = gaps(rows("section", [section(A, 0, 10, 20), section(A, 1, 500, 600), section(A, 0, 25, 30)]))
    assert list(gap) == [5] and list(slept) == [False]


def both(pairs):
    taken = [section(lock, 0, 10, 20) for lock in (A, A, B, B)]
    found = seen(taken, [word(A, 2, 2), word(B, 2, 2)], pair=pairs)
    return [said for said in troubles(found, locks_of(found, IMAGE), IMAGE) if "both orders" in said]


def pair(outer, inner, hart, around=0):
    return {"outer": outer, "inner": inner, "around": around or outer, "outer_site": 0x104, "inner_site": 0x148, "times": 1, "hart": hart}


def test_both_orders_are_named_with_their_functions():
    said, = both([pair(A, B, 0), pair(B, A, 1)])
    assert "a_lock and b_lock" in said and "first+0x4" in said and "second+0x8" in said


@pytest.mark.parametrize("pairs", [[pair(A, B, 0), pair(A, B, 1)], [pair(A, B, 0), pair(B, A, 0)],
                                   [pair(A, B, 0, C), pair(B, A, 1, C)], [pair(A, C, 0), pair(C, A, 1)]],
                         ids=["one order", "one hart", "a lock around both", "no lock"])
def test_orders_that_are_no_trouble(pairs):
    assert both(pairs) == []


def test_a_lock_that_its_holder_takes_again():
    found = seen([section(A, 1, 10, 99, is_held=1)], [word(A, 1, 0, by_function=1)], 
                 hart=[{}, {"hart": 1, "wants": A, "wants_site": 0x148, "had_site": 0x104}])
    said = troubles(found, locks_of(found, IMAGE), IMAGE)
    assert "taken twice by hart 1" in said[0] and "first+0x4" in said[0] and "second+0x8" in said[0]
    assert any("held at the end by hart 1" in text for text in said)


def test_a_lock_held_across_a_wfi():
    found = seen([section(A, 0, 10, 99, slept=1), section(A, 0, 110, 199)], [word(A, 2, 2)])
    assert troubles(found, locks_of(found, IMAGE), IMAGE) == ["a_lock was held across a WFI in 1 of its 2 sections, taken in first+0x4"]


@pytest.mark.parametrize("held, handlers, is_said", [
    ({"trapped": 1}, {"handler": 2}, True), ({"trapped": 1}, {"handler": 1}, False), ({}, {"handler": 2}, False),
    ({"trapped": 1, "interrupts": 2, "interrupted": 1}, {"handler": 4, "interrupts": 1}, True),
    ({"trapped": 1, "interrupts": 2}, {"handler": 4, "interrupts": 1}, False),  # it was an exception
    ({"trapped": 1, "handler": 2}, {"handler": 2}, False)],
    ids=["both", "a call's handler", "not interrupted", "by registers", "an exception", "always in a handler"])
def test_a_holder_that_a_handler_interrupts(held, handlers, is_said):
    found = seen([section(A, 0, 10, 99, **held), section(A, 1, 10, 99, site=0x148, **handlers)], [word(A, 2, 2)])
    said = [text for text in troubles(found, locks_of(found, IMAGE), IMAGE) if "the handler takes it" in text]
    assert bool(said) is is_said and all("first+0x4" in text and "second+0x8" in text for text in said)


def test_a_handler_that_tries_does_not_wait_for_its_own_hart():
    for tried, is_said in ((0, True), (1, False)):
        found = seen([section(A, 0, 10, 99, trapped=1), section(A, 1, 10, 99, handler=2, tried=tried)], [word(A, 2, 2, by_function=1)])
        assert any("the handler takes it" in text for text in troubles(found, locks_of(found, IMAGE), IMAGE)) is is_said


def test_of_many_troubles_of_a_kind_the_first_are_told():
    found = seen([section(A, h, 10, 99, is_held=1) for h in range(13)], [word(A, 13, 0, by_function=1)])
    said = troubles(found, locks_of(found, IMAGE), IMAGE)
    assert len(said) == 11 and said[-1] == "... and 3 more like it"


def test_a_word_that_one_hart_has_while_it_sleeps_is_a_flag():
    rows = [section(A, 0, 10 * i, 10 * i + 5, slept=1) for i in range(4)]
    assert locks_of(seen(rows, [word(A, 4, 4, harts=1)]), IMAGE) == []
    assert locks_of(seen(rows, [word(A, 4, 4, harts=3)]), IMAGE) != []
    assert locks_of(seen(rows, [word(A, 4, 4, harts=1, by_function=1)]), IMAGE) != []


def test_what_may_be_a_lock_is_named_with_what_to_do():
    found = seen(word=[word(A, 9, 0, again=9, harts=3, writes=90, site=0x104), word(B, 9, 0, harts=3, writes=91, site=0x148), word(C, 1, 0, harts=1)])
    said = view.unsure(unclear(found, names_of(locks_of(found, IMAGE))), IMAGE)
    assert "wrote 2 more word(s)" in said and "--acquire" in said
    assert said.endswith("b_lock at 0x2000 (91 writes, first in second), a_lock at 0x1000 (90 writes, first in first)")
    assert view.unsure([], IMAGE) == ""


def test_names_of_addresses():
    assert [IMAGE.name(at) for at in (A, A + 4, A + 8, 0x150)] == ["a_lock", "a_lock+0x4", "0x1008", "second+0x10"]


def test_an_address_inside_an_object_has_its_name_not_that_of_a_mark_there():
    marked = images.Image()
    marked.add([Symbol("interfaces", 0x1000, 0x100, False), Symbol("_image_end", 0x1040, 0, False)])
    assert [marked.name(at) for at in (0x1044, 0x1104)] == ["interfaces+0x44", "_image_end+0xc4"]


def test_a_function_that_is_not_there_brings_the_nearest_name():
    with pytest.raises(UsageError, match="--acquire frist: .* is it first"):
        functions_of(IMAGE, {"acquire": ["frist"], "try": (), "release": ()})
    with pytest.raises(UsageError, match="--release alone"):
        functions_of(IMAGE, {"acquire": (), "try": (), "release": ["first"]})


def test_sizes_that_were_asked_for():
    found = seen([section(A, 0, 10 * i, 10 * i + 5, bytes=size, interrupts=1) for i, size in enumerate((64, 0, 4096, 64))], [word(A, 4, 4)])
    lock, = locks_of(found, IMAGE)
    assert lock.sizes == ((64, 2), (4096, 1)) and (lock.size.p50, lock.size.max) == (64, 4096)
    said, = sizes.told([lock], [], True)
    assert said == ("a_lock was taken to allocate in 3 of its 4 sections: bytes p50 64, p90 64, at the most 4096; most often 64 (2 times) and "
                    "4096 (1 times)")


def test_sizes_that_are_not_known():
    lock, = locks_of(seen([section(A, 0, 10, 15)], [word(A, 2, 2)]), IMAGE)
    asked = sizes.entries(IMAGE, [Allocator.of("first:a3:order")])
    assert asked == [sizes.Entry(0x100, Allocator("first", 3, "order"))] and asked[0].argument == "allocates=0x100:3:order"
    assert "The sizes that first are asked for are not known" in sizes.told([lock], asked, False)[0]
    assert sizes.told([lock], [], False) == sizes.told([], asked, False) == []


def phased():
    """Hart 0 takes a_lock before the mark and behind it, hart 1 behind it alone; the mark lies at their instructions 100 and 50."""
    sections = [section(A, 0, 10, 20, written=1), section(A, 0, 110, 130, written=2), section(A, 1, 60, 70), section(B, 0, 30, 40), section(B, 0, 50, 60)]
    return seen(sections, [word(A, 3, 3), word(B, 2, 2)], hart=[{"hart": 0, "instructions": 500}, {"hart": 1, "instructions": 250}],
                touch=[{"section": 0, "address": 64, "wrote": 1}, *({"section": 1, "address": at, "wrote": 1} for at in (64, 128)),
                       {"section": 9, "address": 64, "wrote": 1}],
                phase=[{"mark": 0x140, "hart": 0, "instructions": 100}, {"mark": 0x140, "hart": 1, "instructions": 50}])


MARKS = [phases.Mark("second", 0x140), phases.Mark("0x7777", 0x7777)]


def test_phases_are_observations_of_their_own():
    found = phased()
    start, then = phases.phases(found, locks_of(found, IMAGE), IMAGE, MARKS)
    assert (start.name, then.name) == ("start", "second")
    assert {lock.name: lock.taken for lock in start.locks} == {"a_lock": 1, "b_lock": 2}
    lock, = then.locks
    assert (lock.name, lock.taken, lock.per_hart) == ("a_lock", 2, {0: 1, 1: 1})
    assert [(int(s["asked"]), int(s["freed"])) for s in then.seen.section] == [(10, 30), (10, 20)]
    assert [(int(t["section"]), int(t["address"])) for t in start.seen.touch] == [(0, 64)]
    assert [(int(t["section"]), int(t["address"])) for t in then.seen.touch] == [(0, 64), (0, 128)]
    assert [int(hart["instructions"]) for hart in start.seen.hart] == [100, 50]
    assert [int(hart["instructions"]) for hart in then.seen.hart] == [400, 200]


def test_what_is_said_of_phases(tmp_path):
    found = phased()
    made = phases.phases(found, locks_of(found, IMAGE), IMAGE, MARKS)
    said = phases.told(made, MARKS)
    assert said[0].startswith("phase start: 0.0 M instructions, 2 locks, 3 acquisitions; first of them ")
    assert said[1].startswith("phase second: ") and said[2] == "No hart came to 0x7777: it begins no phase"
    view.write_phases(tmp_path, made)
    rows_told = [line.split(",")[:4] for line in (tmp_path / "phases.csv").read_text().splitlines()]
    assert rows_told[0] == ["phase", "lock", "address", "taken"] and ["second", "a_lock", "0x1000", "2"] in rows_told
    assert "shared_lines" not in (tmp_path / "phases.csv").read_text() and phases.phases(seen(), [], IMAGE, MARKS) == []


def test_the_tries_of_a_phase():
    begun = [{"mark": 0x140, "hart": 0, "instructions": 100}]
    found = seen([section(A, 0, at, at + 5) for at in (10, 200)], [word(A, 2, 2, tries=7, failed=5)], phase=begun, hart=[{"instructions": 300}],
                 tried=[{"mark": 0x140, "lock": A, "tries": 4, "failed": 3}])
    made = phases.phases(found, locks_of(found, IMAGE), IMAGE, MARKS)
    assert [(phase.locks[0].tries, phase.locks[0].failed) for phase in made] == [(4, 3), (3, 2)]


def test_a_phase_without_a_lock():
    found = seen([section(A, h, 10, 20) for h in (0, 1)], [word(A, 2, 2)], hart=[{"hart": h, "instructions": 99} for h in (0, 1)],
                 phase=[{"mark": 0x140, "hart": h, "instructions": 30} for h in (0, 1)])
    start, then = phases.phases(found, locks_of(found, IMAGE), IMAGE, MARKS)
    assert start.locks[0].taken == 2 and list(then.locks) == []
    assert phases.told([start, then], MARKS[:1])[1] == "phase second: 0.0 M instructions, 0 locks, 0 acquisitions"


def test_of_copies_of_a_function_the_first_one_begins_the_phase():
    found = phased()
    copies = [phases.Mark("second", 0x160), *MARKS[:1]]
    later = rows("phase", [*({name: row[name] for name in row.dtype.names} for row in found.phase), {"mark": 0x160, "hart": 0, "instructions": 400}])
    found = replace(found, phase=later)
    assert [phase.name for phase in phases.phases(found, locks_of(found, IMAGE), IMAGE, copies)] == ["start", "second"]


def test_marks_are_functions_or_addresses():
    assert phases.marks(IMAGE, ["second", "0x7777"]) == MARKS and MARKS[1].argument == "phase=0x7777"
    with pytest.raises(UsageError, match="--phase secnd: .* is it second"):
        phases.marks(IMAGE, ["secnd"])
    with pytest.raises(UsageError, match="--phase 12x: it is no address"):
        phases.marks(IMAGE, ["12x"])


def test_functions_that_are_asked_for_memory():
    assert [Allocator.of(text) for text in ("f", "f:a2", "f:pages", "f:a7:order")] == [
        Allocator("f", 0, "bytes"), Allocator("f", 2, "bytes"), Allocator("f", 0, "pages"), Allocator("f", 7, "order")]
    for wrong in ("", "f:a8", "f:x0", "f:a0:kilobytes", "f:pages:a0"):
        with pytest.raises(OptionError, match="is not NAME"):
            Allocator.of(wrong)
    with pytest.raises(UsageError, match="--sizes frist: .* is it first"):
        sizes.entries(IMAGE, [Allocator.of("frist")])
    known = images.Image()
    known.add([Symbol("sbi_malloc_from", 0x100, 0, True), Symbol("alloc_heap_pages", 0x120, 0, True)])
    assert [entry.argument for entry in sizes.entries(known, [])] == ["allocates=0x100:1:bytes", "allocates=0x120:2:order"]


def test_functions_that_took_no_lock_are_named_with_the_likely_cause():
    """The locks of hartlock's own kernel are inlined; that its symbols lay elsewhere was said of it."""
    names = ["take_0", *(f"take_{n}" for n in range(15))]
    for site, cause in ((0x104, "probably they are inlined where they are called, or nothing calls them. The locks were found by their "
                         "instructions, a_lock in first"), (1 << 40, "the image does not lie where its symbols say (--bias), or they are another image's")):
        locks = locks_of(seen([section(A, h, 10, 20, site=site) for h in range(2)], [word(A, 2, 2)]), IMAGE)
        said = view.untaken(names, locks, IMAGE)
        assert said.startswith("None of the 16 functions that take or let go of locks took one (take_0, take_1, ") and said.endswith(f", ...): {cause}")
    assert view.untaken(names[:1], [], IMAGE).startswith("None of the 1 functions that take or let go of locks took one (take_0): the image does not lie")


@pytest.mark.parametrize("width", [40, 130])
def test_a_name_is_not_broken_in_the_table(width):
    """It was searched for in what a pipe got, and stood on two lines."""
    known = images.Image()
    known.add([Symbol("sse_event_get_with_a_name_that_is_long_and_longer", 0x100, 0x40, True)])
    heap = 0x80057870
    locks = locks_of(seen([section(lock, h, 10, 20) for h in range(2) for lock in (heap, heap + 64)], [word(heap, 2, 2), word(heap + 64, 2, 2)]), known)
    out = io.StringIO()
    Console(file=out, width=width, soft_wrap=True).print(whole(view.table(locks), width))
    for name in (f"lock-of-sse_event_get_with_a_name_that_is_long_and_longer@{heap:#x}", " sse_event_get_with_a_name_that_is_long_and_longer "):
        assert name in out.getvalue()
    assert "\N{HORIZONTAL ELLIPSIS}" not in out.getvalue()


def test_the_functions_of_known_projects_are_found():
    known = images.Image()
    known.add([Symbol("spin_lock", 0x100, 0, True), Symbol("spin_unlock", 0x120, 0, True), Symbol("other", 0x140, 0, True)])
    assert [(f.kind, f.begin, f.end) for f in functions_of(known, {"acquire": (), "try": (), "release": ()})] == [
        ("acquire", 0x100, 0x120), ("release", 0x120, 0x140)]


def test_code_of_projects_whose_locks_are_functions():
    known = images.Image()
    known.add([Symbol("_raw_spin_lock", 0x1000, 0x20, True), Symbol("fput", 0x1100, 0x40, True), Symbol("init_task", 0x1200, 8, False)])
    known.add([Symbol("ticket_acquire", 0x8000, 0x20, True)])  # hartlock's own may be inlined elsewhere
    assert images.never_inlined(known) == [(0x1000, 0x1140)]


def test_a_lock_in_memory_without_symbols_goes_by_what_takes_it():
    heap = 1 << 40
    found = seen([section(heap, h, 10, 20) for h in range(2)], [word(heap, 2, 2)])
    assert [lock.name for lock in locks_of(found, IMAGE)] == ["lock-of-first"]
    found = seen([section(heap, h, 10, 20, site=heap) for h in range(2)], [word(heap, 2, 2)])
    assert [lock.name for lock in locks_of(found, IMAGE)] == [f"{heap:#x}"]


def test_copies_that_compilers_make_of_a_function_have_its_name():
    assert [images.plain(name) for name in ("f.constprop.0.isra.0", "f.llvm.123", "f.part.0", "f.cold", "f")] == [
        "f", "f", "f.part.0", "f.cold", "f"]


def test_lists_of_symbols(tmp_path):
    path = tmp_path / "kallsyms"
    path.write_text("ffffffff80001000 T _raw_spin_lock\nffffffff80001020 t helper\t[module]\nnonsense\n")
    assert [(s.name, s.is_code) for s in images.of_list(path)] == [("_raw_spin_lock", True), ("helper", True)]
    path.write_text("0000000000000000 T _raw_spin_lock\n")
    with pytest.raises(UsageError, match="root only"):
        images.of_list(path)


def test_files_of_records(tmp_path):
    with pytest.raises(RunError, match="the watcher did not begin"):
        records.read(tmp_path)
    for name, layout in records.layouts().items():
        (tmp_path / f"{name}.bin").write_bytes(bytes(layout.itemsize + 3))  # the second one is cut off
    assert len(records.read(tmp_path).section) == 1
    (tmp_path / "hart.bin").write_bytes(b"")
    with pytest.raises(RunError, match="could not"):
        records.read(tmp_path)


def observed(folder, taken, site=0x104, pair_of=(A, B)):
    """A folder with what `observe` writes of one lock in another."""
    folder.mkdir()
    rows = [section(lock, 0, 10 * i, 10 * i + 5, site=site) for lock in pair_of for i in range(taken)]
    found = seen(rows, [word(lock, taken, taken) for lock in pair_of], pair=[pair(*pair_of, 0)])
    locks = locks_of(found, IMAGE)
    view.write_locks(folder, locks, IMAGE)
    view.write_order(folder / ORDER, found, locks, IMAGE)
    return folder


def test_the_same_locks_sites_and_orders(tmp_path):
    done = run_here("observe", "--check", observed(tmp_path / "a", 3), observed(tmp_path / "b", 3))
    assert done.returncode == 0 and done.stdout.startswith("the same: 2 locks, 2 functions that take them and 1 orders in ")


def test_locks_in_a_heap_that_moved_are_the_same(tmp_path):
    before, after = (observed(tmp_path / str(heap), 3, pair_of=(1 << heap, (1 << heap) + 64)) for heap in (40, 41))
    assert "lock-of-first@0x10000000000" in (before / "locks.csv").read_text()
    assert run_here("observe", "--check", before, after).returncode == 0


def test_what_differs_between_two_observations(tmp_path):
    done = run_here("observe", "--check", observed(tmp_path / "a", 3), observed(tmp_path / "b", 4, site=0x148))
    assert done.returncode == 1 and "6 counts differ" in done.stdout
    assert "- a_lock was taken: 3 times before, 4 after\n" in done.stdout
    assert "- first took b_lock: 3 times before, 0 after\n" in done.stdout
    (tmp_path / "b/order.dot").write_text("digraph order {\n}\n")
    assert "- while a_lock was held, b_lock was taken: 1 times before, 0 after\n" in run_here(
        "observe", "--check", tmp_path / "a", tmp_path / "b").stdout


def test_a_folder_that_is_none_of_observe(tmp_path):
    done = run_here("observe", "--check", observed(tmp_path / "a", 3), tmp_path)
    assert done.returncode == 2 and "it is no folder of observe" in done.stderr
    (tmp_path / "a/locks.csv").write_text("lock\na\n")
    done = run_here("observe", "--check", tmp_path / "a", tmp_path / "a")
    assert done.returncode == 2 and "not as observe writes them" in done.stderr


def told_of(folder, troubles):
    observed(folder, 3)
    (folder / "observe.json").write_text(json.dumps({"facts": ["1 M instructions"], "troubles": troubles, "sizes": [], "phases": [], "unclear": "", "workloads": [],
                                                     "context": [("command", "observe <x>")]}))
    return page.write(folder).read_text()


def test_the_page_of_an_observation(tmp_path):
    text = told_of(tmp_path / "a", ["a_lock was taken twice"])
    assert "<h1>2 locks, taken 6 times: each was taken by one hart alone</h1>" in text and "<li>a_lock was taken twice</li>" in text
    assert text.count('<tr data-role="harness"') == 2 and "observe &lt;x&gt;" in text and "<td>first+0x4</td>" not in text
    assert "Nothing of the kind was seen" in told_of(tmp_path / "b", [])


def damaged(text, way):
    lines = text.splitlines()
    return {"empty": "", "no column": "\n".join(line.partition(",")[2] for line in lines), "cut": text[:-20],
            "a text": text.replace("3", "x"), "list": "[]"}[way]


@pytest.mark.parametrize("name, way", [("locks.csv", "no column"), ("locks.csv", "cut"), ("locks.csv", "a text"), ("observe.json", "empty"),
                                       ("observe.json", "cut"), ("observe.json", "list")])
def test_a_damaged_folder_of_observe_gets_a_sentence(tmp_path, name, way):
    told_of(folder := tmp_path / "a", [])
    (folder / name).write_text(damaged((folder / name).read_text(), way))
    for command in (("report", folder), *((("observe", "--check", folder, folder),) if name == "locks.csv" else ())):
        done = run_here(*command)
        assert done.returncode == 2 and "not as observe writes them" in done.stderr and "Traceback" not in done.stderr, command


def without(monkeypatch, *packages):
    """Pretends that these modules were not installed."""
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in packages else find(name))


def test_the_page_needs_no_plots(tmp_path, monkeypatch):
    without(monkeypatch, "matplotlib", "scipy")
    assert "<h1>2 locks" in told_of(tmp_path / "a", [])


def watched_into(folder, harts=(0, 1)):
    """The records of a watch in the folder, as a run has them that makes its tables now; and what that says."""
    found = seen([section(A, hart, 10, 20) for hart in harts], [word(A, 2, 2)])
    for name, each in vars(found).items():
        (folder / f"{name}.bin").write_bytes(each.tobytes())
    (folder / "console.log").write_bytes(b"")
    said = io.StringIO()
    run = Run(Request(IMAGE, [], [], [], True, 1, "", 1, folder, [], Source("image", "", "", ""), page.write), Console(file=said, width=500))
    run.path = folder
    return run, said


def test_a_page_that_cannot_be_written_does_not_spoil_what_was_seen(tmp_path, monkeypatch):
    without(monkeypatch, "jinja2")
    run, said = watched_into(tmp_path)
    run.outcome.worse("3 records could not be written")
    run._end()
    lines = said.getvalue().splitlines()
    assert lines[-3:] == ["no page: a page needs the Debian package python3-jinja2: apt-get install -y --no-install-recommends python3-jinja2",
                          "hartlock: 3 records could not be written", f"results: {tmp_path / 'locks.csv'}"]


@pytest.mark.parametrize("ctrl_c", [0, 1])
def test_an_interrupt_while_the_tables_are_made_keeps_the_records(tmp_path, monkeypatch, ctrl_c):
    """Ctrl-C before, too: that one ended the watch."""
    listened = ends.listen()
    try:
        run, said = watched_into(tmp_path)
        monkeypatch.setattr(view, "write_order", lambda *_: os.kill(os.getpid(), signal.SIGINT))
        with ends.held():
            for _ in range(ctrl_c):
                run.outcome.worse("interrupted by SIGINT", INTERRUPTED, 130)
                ends.settle()
            run._end()
    finally:
        listened()
    assert run.outcome.exit == 130 and run.outcome.status == INTERRUPTED
    text = said.getvalue()
    assert ("making the tables of 2 sections; Ctrl-C ends it" in text) == bool(ctrl_c)
    assert f"not all tables were made. The records are kept: the same command with --remake {tmp_path} makes the tables" in text
    monkeypatch.undo()
    done = run_here("observe", "--remake", tmp_path)
    assert done.returncode == 0 and (tmp_path / "workloads").is_dir() and "1 locks, 2 acquisitions" in done.stdout, done.stderr


def test_report_makes_the_page_of_an_observation_again(tmp_path):
    run, _ = watched_into(tmp_path)
    run._end()
    (tmp_path / "observe.html").unlink()
    done = run_here("report", tmp_path)
    assert done.returncode == 0 and (tmp_path / "observe.html").is_file() and "observe.html" in done.stdout


def test_a_folder_without_tables_is_not_said_to_have_them(tmp_path):
    run, said = watched_into(tmp_path)
    (tmp_path / "hart.bin").write_bytes(b"")
    run._end()
    assert said.getvalue().splitlines()[-1] == f"results: {tmp_path}"


def test_locks_that_one_hart_alone_takes(tmp_path):
    run, said = watched_into(tmp_path, harts=(0, 0))
    run._end()
    assert "each was taken by one hart alone, so nobody waits, and the lock that you have will do" in said.getvalue()


def test_records_that_are_not_there_are_not_remade(tmp_path):
    done = run_here("observe", "--remake", tmp_path)
    assert done.returncode == 2 and "observe has written no records there" in done.stderr


def test_a_lock_that_is_held_at_the_end_is_not_ranked_by_that():
    rows = [section(A, 0, 10, 20), section(A, 0, 30, 9000, is_held=1), *(section(B, 0, 10, 90) for _ in range(2))]
    assert [lock.name for lock in locks_of(seen(rows, [word(A, 2, 2), word(B, 2, 2)]), IMAGE)] == ["b_lock", "a_lock"]
