"""The model's protocol, as model/protocol.def has it, in the words of a trace."""

from support.run import TOP

from hartlock.base.lists import entries_of

PROTOCOL = TOP / "model/protocol.def"
# A place in the trace's columns `before` and `from`.
PLACES = {"NOBODY": "I nobody", "SHARED": "I shared", "READERS": "I shared", "OWNER": "I hart", "OWNED": "I hart", "S": "S own",
          "SO": "S own", "O": "O own", "E": "E own", "M": "M own"}
WISHES = {"load": "READ", "store": "WRITE", "amo": "WRITE", "lr": "LINK", "sc": "WRITE"}


def steps(wishes=None):
    """Every "access before from after how" that the table allows; `wishes` says what an access wants, if not as usual."""
    found = set()
    for kind, wish in {**WISHES, **(wishes or {})}.items():
        for _, (of, place, asks, has, _others, _busy) in entries_of(PROTOCOL):
            if of == wish:
                before = PLACES[place]
                for after in {"SAME": before[0], "TAKEN": "EM"}.get(has, has):
                    found.add(f"{kind} {before} {after} {'hit' if asks == 'OWN' else 'miss'}")
    return found
