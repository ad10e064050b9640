"""The report in a browser: it needs nothing else, sorts, filters, and prints."""

import json
import re
import subprocess
import threading

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common import utils
from selenium.webdriver.common.by import By


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
def opened(browser, reported):
    browser.get_log("performance")
    browser.get_log("browser")
    browser.get((reported.folder / "report.html").as_uri())
    return browser


def column(browser, title):
    heads = [h.text.strip(" ↕↑↓\n") for h in browser.find_elements(By.CSS_SELECTOR, "#figures th")]
    at = heads.index(title) + 1
    cells = browser.find_elements(By.CSS_SELECTOR, f"#figures tbody tr:not([hidden]) td:nth-child({at})")
    return [c.get_attribute("data-v") for c in cells]


def click(browser, title):
    head = next(h for h in browser.find_elements(By.CSS_SELECTOR, "#figures th button") if h.text.strip(" ↕↑↓\n") == title)
    browser.execute_script("arguments[0].click()", head)


def test_it_asks_for_nothing_and_says_nothing_on_the_console(opened):
    assert opened.get_log("browser") == []
    asked = [json.loads(e["message"])["message"] for e in opened.get_log("performance")]
    urls = [m["params"]["request"]["url"] for m in asked if m["method"] == "Network.requestWillBeSent"]
    assert [u for u in urls if not u.startswith(("data:", "file://"))] == []
    assert len([u for u in urls if u.startswith("file://")]) == 1  # itself


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


def test_the_table_says_what_is_proved(opened, reported):
    said = column(opened, "proof")
    assert sorted(said) == sorted(row["proof"] for row in reported.rows() if row["role"] == "candidate")
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
