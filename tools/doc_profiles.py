"""The table of the machine profiles in docs/, made from the profiles."""

from hartlock.plan import profile
from hartlock.plan.profile import GROUNDS, Profile


def _row(p: Profile) -> str:
    grounds = [sum(k.ground == word for k in p.keys) for word in GROUNDS]
    cells = [f"`{p.name}`", str(p.most("harts")), *map(str, grounds), str(len(p.varied)), p.summary]
    return f"| {' | '.join(cells)} |"


def profiles_table() -> str:
    """Returns a row for each profile: how many of its keys have which grounds, and how many are a range."""
    head = ["profile", "harts", *GROUNDS, "ranges", "what it is"]
    return "\n".join([f"| {' | '.join(head)} |", "|" + "---|" * len(head), *map(_row, profile.shipped())])
