"""The snippets of docs/use/drop-in.md, as the tests and `make opensbi` compile them."""

import re
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
DOC = TOP / "docs/use/drop-in.md"
STANDS_FOR = {"plain": "ticket", "queue": "mcs", "hart": "qspin", "alloc": "cas", "magazine": "magazine"}

Key = tuple[str, str]  # a project, and the shape of what goes into it


def _marked(before: str) -> dict[Key, tuple[list[str], str]]:
    found = re.findall(rf"<!-- {before}(\w+) (\w+): ([\w -]+) -->\n```c\n(.*?)```", DOC.read_text(encoding="utf-8"), re.DOTALL)
    return {(project, shape): (names.split(), code) for project, shape, names, code in found}


def snippets() -> dict[Key, tuple[list[str], str]]:
    """Returns, for each project and shape, the strategies it is for and the code, which names one of them."""
    return _marked("")


def trylocks() -> dict[Key, tuple[list[str], str]]:
    """Returns the lines for spin_trylock() and its like, which stand below the snippet of the same project and shape."""
    return _marked("trylock ")


def code_for(project: str, shape: str, name: str) -> str:
    """Returns the snippet with this strategy's name in it, and the lines for its trylock if it has one."""
    names, tries = trylocks().get((project, shape), ([], ""))
    code = snippets()[project, shape][1] + (tries if name in names else "")
    return re.sub(rf"\b{STANDS_FOR[shape]}(?=_|\.h)", name.replace("-", "_"), code)


def shape_of(project: str, name: str) -> str:
    """Returns the shape in which a strategy goes into a project. Raises KeyError where it does not go into it."""
    shapes = {other: shape for (of, shape), (names, _) in snippets().items() if of == project for other in names}
    return shapes[name]
