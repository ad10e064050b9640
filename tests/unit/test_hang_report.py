"""The sentences of a hang's report."""

from hartlock.base.elf import Member
from hartlock.diagnose import hang_report


def test_words_are_told_by_their_members():
    members = [Member("next", 0, 4), Member("serving", 4, 4), Member("slot[0]", 8, 8), Member("slot[1]", 16, 8), Member("tail", 24, 8)]
    told = hang_report.named_words({0: 5 << 32 | 70000, 16: 1, 24: 0x90000010, 32: 9}, members, {"hart 1's node": (0x90000000, 32)})
    assert told == "next=70000 serving=5 slot[1]=1 tail=hart 1's node +32: 9"
    assert hang_report.named_words({}, [], {}) == "all 0" and hang_report.named_words({8: 1 << 40}, [], {}) == "+8: 0x10000000000"
