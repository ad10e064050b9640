"""Every weaker memory order: which there are, which are asked about, and that code with less than its header claims is refused.

The tests that ask herd7 are in test_prove.py.
"""

import json
import random
import subprocess
from dataclasses import replace

import pytest
from support.run import TOP
from support.sampling import sampled

from verify import cache, claims, code, frames, order_table, orders, subjects
from verify.errors import ProofError
from verify.prove import Result

CROSS = subjects.cross()


def built(name):
    folder = "verify/freeing" if name == frames.STACK else "verify"
    subprocess.run(["make", "-s", f"build/{folder}/{name}.o"], cwd=TOP, check=True, capture_output=True, timeout=300)
    return order_table.loaded(name)[0]


def sites(subject):
    return list(orders.sites(subject, order_table.loaded(subject.name)[1], order_table.header_of(subject), CROSS))


def insn(mnemonic, *operands):
    return code.Insn(0, 4, mnemonic, operands)


def less(site):
    return [w.less for w in site]


def test_an_order_is_weakened_in_every_way():
    take, give = sites(built("ticket"))
    assert less(take) == ["fence r,r", "fence r,w", "none"] and less(give) == ["fence r,w", "fence w,w", "none"]
    by_order = {site[0].order: site for site in sites(built("mcs"))}
    assert less(by_order["amoswap.d.aqrl"]) == ["amoswap.d.aq", "amoswap.d.rl", "amoswap.d"] and less(by_order["sc.d.rl"]) == ["sc.d"]


def test_a_full_fence_has_all_that_are_weaker():
    full = next(s for s in sites(built("ticket.pause-fence-store")) if s[0].order == "fence rw,rw")
    assert len(full) == 10 and full[0].less == "fence.tso" and full[-1].less == "none" and not full[-1].keeps


def test_only_the_order_is_changed():
    subject = built("mcs")
    for weaker in (w for site in sites(subject) for w in site):
        old, new = (s.functions[weaker.function].insns for s in (subject, weaker.subject))
        other = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
        assert other and all(orders.text_of(a) == weaker.order and orders.strength(b) == weaker.keeps < orders.strength(a) for a, b in other)
        assert all(a.operands == b.operands for a, b in other if not a.mnemonic.startswith("fence"))


@pytest.mark.parametrize("seed", range(20))
def test_what_is_not_asked_is_what_would_be_said(seed):
    """A fence that breaks a lock is any that lacks a pair that is needed; so do all orders of this site."""
    full = next(s for s in sites(built("ticket.pause-fence-store")) if s[0].order == "fence rw,rw")
    needed = frozenset(random.Random(seed).sample(("rr", "rw", "wr", "ww"), seed % 5))
    asked = []

    def ask(weaker):
        asked.append(weaker.less)
        return Result("section", "HOLDS" if needed <= weaker.keeps else "VIOLATED")

    found = orders.judged(full, ask)
    assert [j.weaker for j in found] == list(full)
    assert all((j.verdict == "HOLDS") == (needed <= j.weaker.keeps) for j in found)
    weakest = [w for w in full if needed <= w.keeps and not any(needed <= o.keeps < w.keeps for o in full)]
    assert orders.enough(found) == weakest
    assert len(asked) == len(set(asked)) and (seed % 5 or asked == ["none"])


def test_what_is_not_known_says_nothing_of_others():
    take = sites(built("ticket"))[0]
    found = orders.judged(take, lambda w: Result("ends2", "UNKNOWN", note="why") if w.less == "none" else Result("ends2", "HOLDS"))
    assert [j.verdict for j in found] == ["HOLDS", "HOLDS", "UNKNOWN"]
    row = order_table.Row(take[0], found)
    assert [w.less for w in row.unknown] == ["none"] and "none: why" in order_table.line(row)
    assert order_table.reasons(row.unknown, {}) == {"none": ""}


# Claims

def refused(subject):
    return claims.refused(subject, order_table.loaded(subject.name)[1], order_table.header_of(subject), CROSS)


def with_order(subject, function, old, new):
    f = subject.functions[function]
    insns = tuple(new if orders.text_of(i) == old else i for i in f.insns)
    insns = tuple(replace(i, address=o.address, size=o.size, operands=i.operands or o.operands) for i, o in zip(insns, f.insns, strict=True))
    assert insns != f.insns
    return replace(subject, functions={**subject.functions, function: replace(f, insns=insns)})


@sampled("name", sorted(json.loads(order_table.FILE.read_text())), quick=("ticket", "mcs", "qspin").__contains__)
def test_a_lock_orders_what_its_header_claims(name):
    assert refused(built(name)) == []


@pytest.mark.parametrize("name,function,old,new,why", [
    ("ticket", "acquire", "fence r,rw", insn("fence", "r", "r"), "claims acquire (T), and is compiled to fence r,r"),
    ("ticket", "release", "fence rw,w", insn("fence", "w", "w"), "claims release (T), and is compiled to fence w,w"),
    ("ticket", "release", "fence rw,w", insn("nop"), "claims release (T), and is compiled to no order"),
    ("mcs", "acquire", "amoswap.d.aqrl", insn("amoswap.d.aq"), "claims release (Q), and is compiled to amoswap.d.aq"),
    ("mcs", "acquire", "amoswap.d.aqrl", insn("amoswap.d.rl"), "claims acquire (M), and is compiled to amoswap.d.rl"),
    ("ticket", "acquire", "amoadd.w", insn("amoadd.w.aq"), "claims no order, and is compiled to amoadd.w.aq"),
])
def test_an_order_that_is_not_as_its_comment_claims_is_refused(name, function, old, new, why):
    found = refused(with_order(built(name), function, old, new))
    assert len(found) == 1 and found[0].startswith(f"{name}.h:") and found[0].endswith(why)


def swapped(subject, function, fence):
    """The strategy with each such fence at the other side of its access."""
    f = subject.functions[function]
    out, step = list(f.insns), -1 if function == "acquire" else 1
    for at in [n for n, i in enumerate(f.insns) if str(i) == fence]:
        one, two = out[at], out[at + step]
        out[at], out[at + step] = replace(two, address=one.address), replace(one, address=two.address)
    return replace(subject, functions={**subject.functions, function: replace(f, insns=tuple(out))})


@pytest.mark.parametrize("function,fence,claim", [("acquire", "fence r,rw", "acquire"), ("release", "fence rw,w", "release")])
def test_a_fence_at_the_wrong_side_of_its_access_is_refused(function, fence, claim):
    found = refused(swapped(built("ticket"), function, fence))
    assert len(found) == 1 and found[0].endswith(f"claims {claim} (T), and is compiled to {fence} at another place")


def test_an_sc_acquires_nothing():
    old, new = insn("lr.w"), insn("sc.w.aq")
    moved = with_order(with_order(built("qspin"), "acquire", "lr.w.aq", old), "acquire", "sc.w", new)
    assert [why for why in refused(moved) if why.endswith("claims acquire (S), and is compiled to sc.w.aq at another place")]


def test_a_comment_speaks_of_the_lines_up_to_the_next_one():
    text = "/* relaxed: (T) has\n * ordered. */\na();\n/* release (Q): one.\n * acquire (M): two. */\nb();\nc();\n/* x */\nd();\n"
    assert [(c.claims, list(c.scope)) for c in claims.comments(text)] == [
        ((), [2, 3]), (("release (Q)", "acquire (M)"), [5, 6, 7]), ((), [8, 9, 10])]


# The reasons that are kept

def test_every_order_that_is_kept_has_its_reason():
    table = orders.kept()
    assert all(len(why) > 20 for why in table.values())
    found = json.loads(order_table.FILE.read_text())
    assert all(why for said in found.values() for order in said["orders"] for why in (*order["enough"].values(), *order["unknown"].values()))


def test_an_entry_for_one_goes_before_one_for_all():
    table = {("*", "*", "fence r,rw", "none", "*"): "all", ("cna", "*", "fence r,rw", "none", "*"): "cna"}
    assert orders.entry(("cna", "acquire", "fence r,rw", "none", "x"), table)[0] == "cna"
    assert orders.entry(("mcs", "acquire", "fence r,rw", "none", "x"), table)[0] == "*"
    assert orders.entry(("mcs", "acquire", "fence r,rw", "fence r,r", "x"), table) is None


def test_a_line_that_lacks_a_word_is_refused(tmp_path, monkeypatch):
    (tmp_path / "kept.txt").write_text("mcs  acquire  fence r,rw  none  a reason\n")
    monkeypatch.setattr(orders, "FILE", tmp_path / "kept.txt")
    with pytest.raises(ProofError, match="kept.txt:1: not 'strategy"):
        orders.kept()


@sampled("name", sorted(json.loads(order_table.FILE.read_text())), quick=("ticket", "mcs", "qspin").__contains__)
def test_the_built_lock_is_the_one_whose_orders_were_asked_about(name):
    assert json.loads(order_table.FILE.read_text())[name]["code"] == cache.code_hash(built(name))[:12], "make prove"
