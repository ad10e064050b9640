"""`observe` on Debian's Linux for riscv64, by the symbols of its own /proc/kallsyms. A program that makes locks busy is all that it runs."""

import pytest
from support.run import command, rows_of
from tools.linux import build as linux

pytestmark = pytest.mark.skipif(not linux.IMAGE.is_file(), reason="Debian's Linux for riscv64 is not there: make setup-deep")
LIMIT_S = 900  # a busy computer needs so long; the CPU time is 40 s


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    linux.build()
    out = tmp_path_factory.mktemp("linux") / "out"
    done = command("observe", "--symbols", linux.SYMBOLS, "--for", str(LIMIT_S - 100), "--until", linux.DONE, "--out", out,
                   "--", *linux.machine("busy"), timeout=LIMIT_S)
    assert done.returncode == 0 and f"it said {linux.DONE!r}" in done.stdout, done.stdout[-2000:] + done.stderr
    return done.stdout, rows_of(out, "locks.csv"), rows_of(out, "sites.csv")


def taken_in(watched, *functions):
    """The locks that are taken in these functions, the heaviest first."""
    _, locks, sites = watched
    names = {site["lock"] for site in sites if site["function"] in functions}
    return [lock for lock in locks if lock["lock"] in names]


def test_the_zone_s_lock_of_the_page_allocator(watched):
    zone = taken_in(watched, "free_one_page")[0]
    assert zone["lock"].startswith("lock-of-") and int(zone["harts"]) == 4 and int(zone["taken"]) > 500
    assert 100 < float(zone["hold_p50_instructions"]) < 1000 and float(zone["hold_p99_instructions"]) > 2000
    assert float(zone["written_lines_p50"]) >= 5 and int(zone["shared_lines"]) > 20


def test_a_run_queue_s_lock_is_its_hart_s_and_others_wake_there(watched):
    queues = taken_in(watched, "raw_spin_rq_lock_nested")[:4]
    assert len(queues) == 4 and all(int(queue["harts"]) == 4 and float(queue["busiest_share"]) > 0.4 for queue in queues)


def test_locks_with_symbols_have_their_names(watched):
    _, locks, _ = watched
    assert {"timekeeper_lock", "jiffies_lock", "kernfs_idr_lock", "devtree_lock", "tasklist_lock"} <= {lock["lock"] for lock in locks}


def test_all_locks_of_the_kernel_are_found_by_its_functions(watched):
    _, locks, _ = watched
    assert all(lock["found_by"] == "function" for lock in locks if int(lock["address"], 16) >> 63)
    assert sum(lock["found_by"] == "function" for lock in locks) > 1000


def test_little_is_said_of_a_kernel_that_lockdep_checks(watched):
    said = [line for line in watched[0].splitlines() if line.startswith("- ")]
    assert not any("taken twice" in line for line in said)
    assert sum("both orders" in line for line in said) <= 3
    assert not any("the handler takes it" in line and "lock-of-get_page_from_freelist" in line for line in said)  # it tries
