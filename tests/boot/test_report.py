"""The report: its contents, and its page in a real browser."""

import csv
import re
import shutil
from pathlib import Path

import pytest
from support.run import command, run_bench, run_here

from hartlock.analysis import verdict
from hartlock.folder import reader
from hartlock.report import svg


@pytest.fixture(scope="module")
def page(reported):
    return (reported.folder / "report.html").read_text()


def test_the_sweep_ends_with_verdict_and_report(reported):
    assert re.search(r"^Take mcs on 4 harts: By cycles and tail alike it is ", reported.out, re.M)
    assert reported.out.splitlines()[-2:] == [f"report: {reported.folder / 'report.html'}", f"results: {reported.folder / 'summary.csv'}"]
    assert "### Take mcs on 4 harts" in (reported.folder / "report.md").read_text()
    assert "- No lock: faa, if all that you protect is handing out the next block; mcs takes " in (reported.folder / "report.md").read_text()


def test_no_address_of_elsewhere_is_in_it(page):
    addresses = set(re.findall(r"https?://[^\s\"'<)]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}  # names, not addresses


def test_every_plot_is_there_with_its_files_and_how_to_read_it(reported, page):
    names = re.findall(r'<figure id="([\w-]+)">', page)
    assert names == ["throughput", "cycles", "waits", "fairness", "shares", "coherence"]
    for name in names:
        assert (reported.folder / f"plots/{name}.png").read_bytes().startswith(b"\x89PNG")
        assert "<svg" in (reported.folder / f"plots/{name}.svg").read_text()
    assert page.count("How to read it") == len(names)


def test_no_id_is_there_twice(page):
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert {r for r in re.findall(r'(?:href="|url\()#([\w-]+)', page)} <= set(ids)


def test_the_same_data_gives_the_same_bytes(reported, tmp_path):
    files = ("report.html", "report.md", "plots/waits.svg", "plots/waits.png")
    shutil.copytree(reported.folder, tmp_path / reported.folder.name)
    done = command("report", tmp_path / reported.folder.name)
    assert done.returncode == 0, done.stderr
    for name in files:
        assert (tmp_path / reported.folder.name / name).read_bytes() == (reported.folder / name).read_bytes(), name


def test_what_is_in_the_data_is_text_and_no_markup(reported, tmp_path):
    """Data are never markup, because a folder may come from anywhere."""
    shutil.copytree(reported.folder, tmp_path / "run")
    for name in reader.FILES:
        path = tmp_path / "run" / name
        path.write_text(path.read_text().replace("generic-8", "<script>alert(1)</script>"))
    run_here("report", tmp_path / "run")
    assert "<script>alert" not in (tmp_path / "run/report.html").read_text()


@pytest.mark.deep
def test_a_probe_gives_the_heat_map(reported, tmp_path):
    shutil.copytree(reported.folder, tmp_path / "run")
    probed = run_bench(tmp_path / "probe", "probe", "--smp", "4", "--engine", "model", quick=False)
    assert probed.status == 0, probed.out
    run_here("report", tmp_path / "run")
    assert '<figure id="handoff">' in (tmp_path / "run/report.html").read_text()  # found beside it


@pytest.mark.deep
def test_a_plain_run_of_both_engines_has_a_part_each_and_ranks_only_the_model(tmp_path):
    done = run_bench(tmp_path / "run", "--smp", "2", "--lock", "ticket,cas", "--engine", "both", "--trials", "2", "--model-duration", "40")
    run_here("report", done.folder)
    page = (done.folder / "report.html").read_text()
    assert re.search(r"<h1>Take ticket on 2 harts</h1>", page)
    assert page.index(">modelled<") < page.index("These times cannot rank locks")
    assert "1 boot: how much another boot" in page


@pytest.mark.parametrize("name,words", [("gone", "no such results folder"), ("empty", "cannot read")])
def test_a_folder_without_results(tmp_path, name, words):
    (tmp_path / "empty").mkdir()
    done = run_here("report", tmp_path / name)
    assert done.returncode == 2 and words in done.stderr and "Traceback" not in done.stderr


def test_a_damaged_csv_is_named(reported, tmp_path):
    shutil.copytree(reported.folder, tmp_path / "run")
    path = tmp_path / "run/trials.csv"
    path.write_text(path.read_text().replace(",strategy,", ",stratgy,"))
    done = run_here("report", tmp_path / "run")
    assert done.returncode == 2 and "there is no column strategy" in done.stderr


def edited(source, target, change):
    """A copy of a folder with `change` applied to its trials."""
    shutil.copytree(source, target)
    for name in ("trials.csv", "summary.csv"):
        with open(target / name, newline="", encoding="utf-8") as f:
            rows = list(csv.DictReader(f))
        for row in rows:
            change(row)
        with open(target / name, "w", newline="", encoding="utf-8") as f:
            writer = csv.DictWriter(f, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    return reader.load(Path(target))


def test_the_verdict_names_nobody_when_it_is_noise(reported, tmp_path):
    def same(row):
        if row["strategy"] in ("ttas", "mcs", "faa"):
            row.update({"cycles_per_op": str(100 + (int(row["boot"]) * 7 + int(row["trial"])) % 5)} if "boot" in row else {"cycles_per_op_median": ""})

    data = edited(reported.folder, tmp_path / "run", same)
    said = verdict.judge(data, next(iter(data.settings)), 4)
    assert not any("is first of the locks: " in text for text in said.points) and any(text.startswith("Too close to call of the locks: ") for text in said.points)


def test_a_section_with_other_work_is_a_question_of_locks(reported, tmp_path):
    data = edited(reported.folder, tmp_path / "run", lambda row: row.update(hold_instructions="200"))
    setting = next(s for s in data.settings if s.workload.hold_instructions == 200)
    said = verdict.judge(data, setting, 4)
    assert said.headline.startswith("Take ") and "faa" not in said.headline and any("faa protect one word only" in point for point in said.points)


def test_the_verdict_leaves_out_what_failed_its_checks(reported, tmp_path):
    def fail(row):
        if row["strategy"] == "faa":
            row["check"] = "fail"

    data = edited(reported.folder, tmp_path / "run", fail)
    said = verdict.judge(data, next(iter(data.settings)), 4)
    assert not any("No lock: faa" in p for p in said.points) and any("faa failed its checks on 4 harts" in p for p in said.points)


def test_colours_of_the_page_replace_all_colours_of_a_plot(reported):
    text = svg.inline((reported.folder / "plots/cycles.svg").read_text(), "x", "p")
    assert not re.findall(r"(?:fill|stroke): #(?!000000)[0-9a-f]{6}", text)
