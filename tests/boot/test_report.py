"""The report: its contents, and its page in a real browser."""

import csv
import json
import re
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from support.run import TOP, run_bench
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common import utils
from selenium.webdriver.common.by import By

from hartlock.analysis import verdict
from hartlock.folder import reader
from hartlock.report import svg


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    done = run_bench(tmp_path_factory.mktemp("report") / "run", "sweep", "--smp", "4", "--harts", "1,4", "--lock", "ttas,mcs,faa",
                     "--engine", "model", "--model-duration", "60", "--boots", "3", quick=False)
    assert done.status == 0, done.out + done.err
    return done


@pytest.fixture(scope="module")
def page(swept):
    return (swept.folder / "report.html").read_text()


class ByAddress(Service):
    """A bare root has no /etc/hosts, so it does not know the name localhost, which Selenium asks for."""

    @property
    def service_url(self):
        return f"http://127.0.0.1:{self.port}"

    def is_connectable(self):
        return utils.is_connectable(self.port, "127.0.0.1")


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    """The address 127.0.0.1:PORT of a Chromium that is started here, because chromedriver would look for
    its browser at localhost."""
    process = subprocess.Popen(["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                                "--window-size=1300,1000", "--remote-debugging-port=0",
                                f"--user-data-dir={tmp_path_factory.mktemp('chromium')}", "about:blank"], stderr=subprocess.PIPE, text=True)
    said = []
    for line in process.stderr:
        said.append(line)
        if found := re.search(r"DevTools listening on ws://(127\.0\.0\.1:\d+)/", line):
            threading.Thread(target=process.stderr.read, daemon=True).start()
            yield found[1]
            process.kill()
            process.wait()
            return
    pytest.fail("chromium did not start: " + "".join(said))


@pytest.fixture(scope="module")
def browser(chromium):
    options = Options()
    options.debugger_address = chromium
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(service=ByAddress("/usr/bin/chromedriver"), options=options)
    yield driver
    driver.quit()


@pytest.fixture
def opened(browser, swept):
    browser.get_log("performance")
    browser.get_log("browser")
    browser.get((swept.folder / "report.html").as_uri())
    return browser


def column(browser, title):
    heads = [h.text.strip(" ↕↑↓\n") for h in browser.find_elements(By.CSS_SELECTOR, "#figures th")]
    at = heads.index(title) + 1
    cells = browser.find_elements(By.CSS_SELECTOR, f"#figures tbody tr:not([hidden]) td:nth-child({at})")
    return [c.get_attribute("data-v") for c in cells]


def click(browser, title):
    head = next(h for h in browser.find_elements(By.CSS_SELECTOR, "#figures th button") if h.text.strip(" ↕↑↓\n") == title)
    browser.execute_script("arguments[0].click()", head)


def test_the_sweep_ends_with_verdict_and_report(swept):
    assert re.search(r"^faa is first on 4 harts: [\d.]+ \[", swept.out, re.M)
    assert swept.out.splitlines()[-2:] == [f"report: {swept.folder / 'report.html'}", f"results: {swept.folder / 'summary.csv'}"]
    assert "faa is first on 4 harts" in (swept.folder / "report.md").read_text()


def test_it_asks_for_nothing_and_says_nothing_on_the_console(opened):
    assert opened.get_log("browser") == []
    asked = [json.loads(e["message"])["message"] for e in opened.get_log("performance")]
    urls = [m["params"]["request"]["url"] for m in asked if m["method"] == "Network.requestWillBeSent"]
    assert [u for u in urls if not u.startswith(("data:", "file://"))] == []
    assert len([u for u in urls if u.startswith("file://")]) == 1  # itself


def test_no_address_of_elsewhere_is_in_it(page):
    addresses = set(re.findall(r"https?://[^\s\"'<)]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}  # names, not addresses


def test_sorting_by_number_both_ways_and_by_word(opened):
    click(opened, "cycles/op")
    values = [float(v) for v in column(opened, "cycles/op")]
    assert values == sorted(values) and len(values) == 6
    click(opened, "cycles/op")
    assert [float(v) for v in column(opened, "cycles/op")] == sorted(values, reverse=True)
    click(opened, "strategy")
    names = column(opened, "strategy")
    assert names == sorted(names) and set(names) == {"faa", "mcs", "ttas"}


def test_what_is_not_known_is_sorted_last_both_ways(opened):
    opened.execute_script("document.getElementById('extras').click()")
    for _ in range(2):
        click(opened, "op/s")
        values = column(opened, "op/s")
        assert "" in values and values.index("") >= len(values) - values.count("")


def test_the_table_says_what_is_proved(opened, swept):
    said = column(opened, "proof")
    assert sorted(said) == sorted(row["proof"] for row in swept.rows() if row["role"] == "candidate")
    assert any(s.startswith("holds:") for s in said), "the plain image's ttas and mcs are proved"
    verdict_said = opened.find_element(By.TAG_NAME, "body").text
    assert "is proved against the RISC-V memory model" in verdict_said or "Not proved is" in verdict_said


def test_filtering(opened):
    box = opened.find_element(By.ID, "filter")
    box.send_keys("mcs 4")
    assert column(opened, "strategy") == ["mcs"] and column(opened, "harts") == ["4"]
    assert opened.find_element(By.ID, "shown").text == f"1 of {len(opened.find_elements(By.CSS_SELECTOR, '#figures tbody tr'))} rows"


def test_a_chip_lights_a_strategy_up(opened):
    chip = opened.find_element(By.CSS_SELECTOR, "#chips button[data-s=mcs]")
    opened.execute_script("arguments[0].click()", chip)
    lit = {e.get_attribute("data-s") for e in opened.find_elements(By.CSS_SELECTOR, "figure .s.on")}
    assert lit == {"mcs"} and chip.get_attribute("aria-pressed") == "true"
    opened.execute_script("arguments[0].click()", chip)
    assert not opened.find_elements(By.CSS_SELECTOR, ".on")


@pytest.mark.parametrize("scheme,light", [("light", True), ("dark", False)])
def test_light_and_dark(opened, scheme, light):
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    ink = opened.execute_script("return getComputedStyle(document.querySelector('figure svg text')).fill")
    paper = opened.execute_script("return getComputedStyle(document.body).backgroundColor")
    ink, paper = (sum(map(int, re.findall(r"\d+", c)[:3])) for c in (ink, paper))
    assert (ink < 200 < 600 < paper) if light else (paper < 200 < 600 < ink)


def test_it_prints_on_paper_width(opened):
    """No part is wider than an A4 page when it is laid out for one."""
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    opened.set_window_size(794, 1100)
    try:
        wide = opened.execute_script("return document.documentElement.scrollWidth")
        assert wide <= 800
        assert opened.execute_script("return getComputedStyle(document.querySelector('.controls')).display") == "none"
    finally:
        opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        opened.set_window_size(1300, 1000)


def test_every_plot_is_there_with_its_files_and_how_to_read_it(swept, page):
    names = re.findall(r'<figure id="([\w-]+)">', page)
    assert names == ["throughput", "cycles", "waits", "fairness", "shares", "coherence"]
    for name in names:
        assert (swept.folder / f"plots/{name}.png").read_bytes().startswith(b"\x89PNG")
        assert "<svg" in (swept.folder / f"plots/{name}.svg").read_text()
    assert page.count("How to read it") == len(names)


def test_no_id_is_there_twice(page):
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert {r for r in re.findall(r'(?:href="|url\()#([\w-]+)', page)} <= set(ids)


def test_the_same_data_gives_the_same_bytes(swept, tmp_path):
    files = ("report.html", "report.md", "plots/waits.svg", "plots/waits.png")
    shutil.copytree(swept.folder, tmp_path / "run")
    done = subprocess.run([str(TOP / "run-bench.sh"), "report", str(tmp_path / "run")], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    for name in files:
        assert (tmp_path / "run" / name).read_bytes() == (swept.folder / name).read_bytes(), name


def test_what_is_in_the_data_is_text_and_no_markup(swept, tmp_path):
    """Data are never markup, because a folder may come from anywhere."""
    shutil.copytree(swept.folder, tmp_path / "run")
    for name in reader.FILES:
        path = tmp_path / "run" / name
        path.write_text(path.read_text().replace("generic-8", "<script>alert(1)</script>"))
    subprocess.run([str(TOP / "run-bench.sh"), "report", str(tmp_path / "run")], check=True, capture_output=True, timeout=60)
    assert "<script>alert" not in (tmp_path / "run/report.html").read_text()


def test_a_probe_gives_the_heat_map(swept, tmp_path):
    shutil.copytree(swept.folder, tmp_path / "run")
    probed = run_bench(tmp_path / "probe", "probe", "--smp", "4", "--engine", "model", quick=False)
    assert probed.status == 0, probed.out
    subprocess.run([str(TOP / "run-bench.sh"), "report", str(tmp_path / "run")], check=True, capture_output=True, timeout=60)
    assert '<figure id="handoff">' in (tmp_path / "run/report.html").read_text()  # found beside it


def test_a_plain_run_of_both_engines_has_a_part_each_and_ranks_only_the_model(tmp_path):
    done = run_bench(tmp_path / "run", "--smp", "2", "--lock", "ticket,cas", "--engine", "both", "--trials", "2", "--model-duration", "40")
    subprocess.run([str(TOP / "run-bench.sh"), "report", str(done.folder)], check=True, capture_output=True, timeout=60)
    page = (done.folder / "report.html").read_text()
    assert re.search(r"<h1>cas is first on 2 harts</h1>|<h1>Too close to call on 2 harts: .*</h1>", page)
    assert page.index(">modelled<") < page.index("These times cannot rank locks")
    assert "1 boot: how much another boot" in page


@pytest.mark.parametrize("name,words", [("gone", "no such results folder"), ("empty", "cannot read")])
def test_a_folder_without_results(tmp_path, name, words):
    (tmp_path / "empty").mkdir()
    done = subprocess.run([str(TOP / "run-bench.sh"), "report", str(tmp_path / name)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and words in done.stderr and "Traceback" not in done.stderr


def test_a_damaged_csv_is_named(swept, tmp_path):
    shutil.copytree(swept.folder, tmp_path / "run")
    path = tmp_path / "run/trials.csv"
    path.write_text(path.read_text().replace(",strategy,", ",stratgy,"))
    done = subprocess.run([str(TOP / "run-bench.sh"), "report", str(tmp_path / "run")], capture_output=True, text=True, timeout=60, check=False)
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


def test_the_verdict_names_nobody_when_it_is_noise(swept, tmp_path):
    def same(row):
        if row["strategy"] in ("ttas", "mcs", "faa") and "boot" in row:
            row["cycles_per_op"] = str(100 + (int(row["boot"]) * 7 + int(row["trial"])) % 5)

    data = edited(swept.folder, tmp_path / "run", same)
    said = verdict.judge(data, next(iter(data.settings)), 4)
    assert said.headline.startswith("Too close to call on 4 harts") and "first on 4" not in said.headline


def test_a_section_with_other_work_is_a_question_of_locks(swept, tmp_path):
    data = edited(swept.folder, tmp_path / "run", lambda row: row.update(hold_instructions="200"))
    setting = next(s for s in data.settings if s["hold_instructions"] == "200")
    said = verdict.judge(data, setting, 4)
    assert not said.headline.startswith("faa") and "faa protect one word only" in said.points[0]


def test_the_verdict_leaves_out_what_failed_its_checks(swept, tmp_path):
    def fail(row):
        if row["strategy"] == "faa":
            row["check"] = "fail"

    data = edited(swept.folder, tmp_path / "run", fail)
    said = verdict.judge(data, next(iter(data.settings)), 4)
    assert not said.headline.startswith("faa") and any("faa failed its checks on 4 harts" in p for p in said.points)


def test_colours_of_the_page_replace_all_colours_of_a_plot(swept):
    text = svg.inline((swept.folder / "plots/cycles.svg").read_text(), "x", "p")
    assert not re.findall(r"(?:fill|stroke): #(?!000000)[0-9a-f]{6}", text)
