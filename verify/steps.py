"""The letters in which tests of two locks say what a hart does: those of the memory model (several.py) and of the schedules (plans.py).

a and b take the first and the second lock, A and B give them up, x and y increment what they protect. t and u try the first and
the second one, and where they have it increment x or y and give it up.
"""

from hartlock.plan import traits

from verify.strategy import INCREMENT, Subject

CALLS = {"a": ("acquire", 0), "b": ("acquire", 1), "A": ("release", 0), "B": ("release", 1), "t": ("trycount", 0), "u": ("trycount", 1)}
WORK = {"x": INCREMENT, "y": "lw x29,0(x21);addi x29,x29,1;sw x29,0(x21)"}


def one_node(subject: Subject) -> bool:
    """Does a hart have one node, however many of these locks it holds?"""
    own = traits.known().get(subject.name.partition(".")[0].replace("_", "-"))
    return bool(own and own.hart_bytes)
