"""A machine profile: what is known of a machine, and the machines that fit what is known.

A key's value is a number or a boolean; or all that it may be: a range [low, high], a list of choices, or a text that
ties it to another key, as "[0.5, 1.2] * transfer". The comment behind it begins with its grounds.
docs/reference/profiles.md describes the format.
"""

import importlib
import math
import re
import tomllib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from hartlock.base import ends
from hartlock.base.errors import UsageError
from hartlock.base.paths import MACHINES
from hartlock.plan.machine_keys import NEEDED, machine_keys

GROUNDS = ("measured", "bounded", "derived", "assumed")
Number = int | float  # a key's value; True and False are numbers, too
_LINE = re.compile(r"^\s*([\w-]+)\s*=\s*(.*?)\s*(?:#\s*(.*))?$")
_TIED = re.compile(r"(.+?)((?:\s*[*+-]\s*[a-z_]\w*)+)")


@dataclass(frozen=True)
class Known:
    """One key, and the values that it may have."""

    key: str
    values: tuple[Number, ...]  # one; or two, the least and the most; or choices
    choices: bool = False  # the values are all there are
    ties: tuple[tuple[str, str], ...] = ()  # "*", "+" or "-", and the other key that the value is so tied to; in turn
    ground: str = ""  # a word of GROUNDS; "" where the profile does not say
    source: str = ""
    span: tuple[Number, Number] = (0, 0)  # the least and the most that it may be, on whatever machine

    @property
    def varies(self) -> bool:
        """True if more than one value fits."""
        return len(self.values) > 1

    def at(self, share: float) -> Number:
        """The value at a share (0 to 1) of what there is. A wide range of times is gone through in equal factors."""
        if self.choices:
            return self.values[min(int(share * len(self.values)), len(self.values) - 1)]
        low, high = self.values[0], self.values[-1]
        value = low * (high / low) ** share if low > 0 and high > 2 * low else low + (high - low) * share
        return value if self.ties else _like(value, low, high)


def _like(value: float, *others: Number) -> Number:
    """The value as a whole number, if those are whole numbers; else in tenths."""
    return round(value) if all(isinstance(n, int) for n in others) else round(float(value), 1)


@dataclass(frozen=True)
class Profile:
    """A profile as it stands in its file."""

    name: str
    text: str
    keys: tuple[Known, ...]

    @cached_property
    def varied(self) -> tuple[Known, ...]:
        """The keys of which more than one value fits."""
        return tuple(k for k in self.keys if k.varies)

    @property
    def is_ensemble(self) -> bool:
        """True if several machines fit it."""
        return bool(self.varied)

    @property
    def summary(self) -> str:
        """The first line of its comment, without its name."""
        return self.text.splitlines()[0].removeprefix("#").strip().removeprefix(f"{self.name}: ") if self.text else ""

    @property
    def boards(self) -> tuple[str, ...]:
        """Words of the names of boards with this machine, in lower case; of the line `# boards: NAME | NAME`."""
        found = re.search(r"^# boards: (.*)$", self.text, re.MULTILINE)
        return tuple(name.strip().lower() for name in found[1].split("|")) if found else ()

    @property
    def isa(self) -> str:
        """The ISA string of its harts, of the line `# isa: ISA`; "" where the profile has none."""
        return isa_of(self.text)

    def most(self, key: str) -> Number:
        """The most that a key may be; 0 for one that it does not have."""
        return next((k.span[1] for k in self.keys if k.key == key), 0)

    def least(self, key: str) -> Number:
        """The least that a key may be; 0 for one that it does not have."""
        return next((k.span[0] for k in self.keys if k.key == key), 0)

    def member(self, number: int, seed: int) -> dict[str, Number]:
        """The values of the keys that vary, on the machine of that number (from 1)."""
        return self._resolved(_shares(len(self.varied), number, seed))

    def ends(self) -> list[dict[str, Number]]:
        """Two machines: one with the least value of each key, one with the most."""
        return [self._resolved([share] * len(self.varied)) for share in (0.0, 1.0)]

    def middle(self) -> str:
        """The text of the machine in the middle of every range."""
        return self.with_values(self._resolved([0.5] * len(self.varied)))

    def _resolved(self, shares: Sequence[float]) -> dict[str, Number]:
        plain: dict[str, Number] = {}
        drawn = dict(zip((k.key for k in self.varied), shares, strict=True))
        for k in self.keys:
            value = k.at(drawn.get(k.key, 0.0))
            plain[k.key] = _tied(k, value, [plain[of] for _, of in k.ties]) if k.ties else value
        return {k.key: plain[k.key] for k in self.keys if k.varies or k.ties}

    def with_values(self, values: Mapping[str, Number]) -> str:
        """The text with these values, each in its line."""
        def one(line: str) -> str:
            found = _LINE.match(line)
            if not found or found[1] not in values:
                return line
            comment = f"  # {found[3]}" if found[3] else ""
            return f"{found[1]} = {written(values[found[1]])}{comment}"

        return "\n".join(map(one, _split(self.text))) + "\n"


def _tied(known: Known, value: Number, others: Sequence[Number]) -> Number:
    """The value of a key that is tied to these of others: at least what the model can have, and a whole number where all are whole."""
    made = float(value)
    for (tie, _), other in zip(known.ties, others, strict=True):
        made = made * other if tie == "*" else made + other if tie == "+" else made - other
    return _raised(known.key, _like(made, *known.values, *others))


def _raised(key: str, value: Number) -> Number:
    """The value, or the least that the model can have of the key, if that is more."""
    least = machine_keys()[key].least if key in machine_keys() else 0.0
    return value if value >= least else _like(least, value) or least


def written(value: object) -> str:
    """A value as it stands in a profile."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(f'{v:.1f}' if isinstance(v, float) else written(v) for v in value)}]"
    if isinstance(value, str):
        return f'"{value}"'
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def _shares(keys: int, number: int, seed: int) -> list[float]:
    """A point of a scrambled Sobol sequence: the first 16, or 32, ... of them cover the range of each key evenly."""
    qmc: Any = importlib.import_module("scipy.stats.qmc")
    with ends.held(), warnings.catch_warnings():  # its C code drops an exception, and draws something else
        warnings.simplefilter("ignore")  # a part of a block is wanted, and it does not like that
        sequence = qmc.Sobol(keys, scramble=True, seed=seed % 2**32)
        return [float(x) for x in sequence.random(number)[-1]]


def _refused(key: str, value: Number) -> str:
    """Returns why the model cannot have this value of a key; "" where it can, and for a key that it does not know."""
    known, given = machine_keys().get(key), str(value).lower()
    if known is None:
        return ""
    if isinstance(value, bool) is not (known.kind == "SWITCH"):
        return f"{'true or false' if known.kind == 'SWITCH' else 'a number'} is wanted, not {given}"
    if known.kind == "COUNT" and not isinstance(value, int):
        return f"a whole number is wanted, not {given}"
    return "" if known.least <= value <= known.most else f"{given} is out of range: {known.least:g} to {known.most:g}"


def _number(value: object, where: str) -> Number:
    if not isinstance(value, (int, float)) or not abs(value) < math.inf:
        raise UsageError(f"{where}: a number, a range [low, high] or a list of choices is wanted")
    return value


def _known(key: str, value: object, comment: str, where: str) -> Known:
    """The key as its line says it. Raises UsageError."""
    ties: tuple[tuple[str, str], ...] = ()
    if isinstance(value, str):
        found = _TIED.fullmatch(value.strip())
        if not found:
            raise UsageError(f'{where}: "[low, high] * key", with + or - for *, is wanted')
        ties = tuple(re.findall(r"([*+-])\s*(\w+)", found[2]))
        value = _toml(f"x = {found[1]}", f"{where}: {found[1]} is no number and no range")["x"]
    several = isinstance(value, list)
    values = tuple(_number(v, where) for v in (value if isinstance(value, list) else [value]))
    if several and len(values) < 2:
        raise UsageError(f"{where}: a range has two ends")
    choices = several and (len(values) > 2 or any(isinstance(v, bool) for v in values))
    if several and not choices and values[0] >= values[1]:
        raise UsageError(f"{where}: the range goes from {written(values[0])} to {written(values[1])}")
    word, colon, source = comment.partition(":")
    ground = word.strip() if colon and word.strip() in GROUNDS else ""
    return Known(key, values, choices, ties, ground, source.strip() if ground else comment)


def _span(known: Known, above: Mapping[str, Known], where: str) -> tuple[Number, Number]:
    """The least and the most that a key may be, whatever the keys above it are. Raises UsageError where the model cannot have that."""
    low, high = min(known.values), max(known.values)
    for tie, of in known.ties:
        made = [a * b if tie == "*" else a + b if tie == "+" else a - b for a in (low, high) for b in above[of].span]
        low, high = min(made), max(made)
    if known.ties:
        low, high = _raised(known.key, low), _raised(known.key, high)
    for value in (low, high) if known.ties else known.values:
        if wrong := _refused(known.key, value):
            raise UsageError(f"{where}: {wrong}")
    return low, high


def _split(text: str) -> list[str]:
    """The lines of a file, as TOML and the machine count them."""
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n")


def _lines(text: str) -> Iterator[tuple[int, str, str]]:
    """The lines with a key: their number, the key, and the comment behind its value."""
    for number, line in enumerate(_split(text), 1):
        if found := _LINE.match(line):
            yield number, found[1], found[3] or ""


def is_isa(text: str) -> bool:
    """True for an ISA string as a profile may name it: rv64gc, RV64IMAC_Zba_Zbb."""
    return bool(re.fullmatch(r"rv(?:32|64)[a-z]+(?:_[a-z0-9]+)*", text, re.IGNORECASE))


def is_shipped(machine: str) -> bool:
    """Is there a profile of that name in model/machines/? Else it is one of the user's own, as probe writes."""
    return (MACHINES / f"{machine}.toml").is_file()


def isa_of(text: str, name: str = "a profile") -> str:
    """The ISA string that a profile's text names, as rv64gc_zba, in lower case; "" for none. `name` is the file's, for messages. Raises
    UsageError for a line `# isa:` that names no ISA."""
    for number, line in enumerate(_split(text), 1):
        found = re.match(r"#\s*isa\s*:(.*)", line, re.IGNORECASE)
        if found and not is_isa(said := found[1].strip()):
            raise UsageError(f"{name}:{number}: isa: {said!r} is no ISA; one reads rv64gc or rv64imafdc_zba_zbb, without spaces or commas")
        if found:
            return said.lower()
    return ""


def _toml(text: str, where: str) -> dict[str, Any]:
    """The values of a text. Raises UsageError where it is no TOML."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise UsageError(f"{where}: its brackets are too deep") from None
    except ValueError as e:  # a TOMLDecodeError, or a number of thousands of digits
        raise UsageError(f"{where}: {e}") from None


def _refuse_several_lines(values: Mapping[str, object], text: str, where: str) -> None:
    """Raise UsageError for what TOML can say and a profile does not: a table, and a value that goes on in the next line.

    A machine of an ensemble is written by putting its numbers in the place of the lines' values.
    """
    lines = {key: number for number, key, _ in _lines(text)}
    for key, value in values.items():
        if isinstance(value, dict) or key not in lines or isinstance(value, list) and any(isinstance(v, dict) for v in value):
            raise UsageError(f"{where}: {key}: a profile has a line `KEY = VALUE` for each key, and no tables")
    for key, number in lines.items():
        _toml(_split(text)[number - 1], f"{where}:{number}: {key}: its value does not stand on its line")
        if key not in values:
            raise UsageError(f"{where}:{number}: {key}: it stands inside the value of another key")


def parse(name: str, text: str) -> Profile:
    """The profile of a file's text; `name` is the file's, for messages. Raises UsageError, with the line if it is known."""
    values = _toml(text, name)
    _refuse_several_lines(values, text, name)
    known: dict[str, Known] = {}
    for number, key, comment in _lines(text):
        where = f"{name}:{number}: {key}"
        one = _known(key, values[key], comment, where)
        if missing := [of for _, of in one.ties if of not in known]:
            raise UsageError(f"{where}: it is tied to {missing[0]}, which has no line above it")
        known[key] = replace(one, span=_span(one, known, where))
    isa_of(text, name)
    return Profile(_name_of(Path(name)), text, tuple(known.values()))


def _name_of(path: Path) -> str:
    """The name of a file's machine: of a probed one, whose file is always called profile.toml, that of its folder."""
    return path.parent.name if path.name == "profile.toml" and path.parent.name else path.stem


def _refuse_other_keys(profile: Profile, where: Path) -> None:
    """Raise UsageError for a key that the model does not know, and for one that it needs and that is missing."""
    for number, key, _ in _lines(profile.text):
        if key not in machine_keys():
            raise UsageError(f"{where}:{number}: unknown key {key}")
    given = {k.key for k in profile.keys}
    for name, known in machine_keys().items():
        if known.usual == NEEDED and name not in given:
            raise UsageError(f"{where}: key {name} is missing")


def read(path: Path) -> Profile:
    """The profile in a file, with all the keys that the model needs. Raises UsageError."""
    try:
        profile = parse(str(path), path.read_text(encoding="utf-8"))
        _refuse_other_keys(profile, path)
        return profile
    except OSError as e:
        raise UsageError(f"--machine {path}: {e.strerror}") from e
    except UnicodeDecodeError as e:
        raise UsageError(f"--machine {path}: it is not UTF-8 at byte {e.start}") from e


def find(name: str) -> Path:
    """The file of --machine: a name in model/machines/, or a file. Raises UsageError."""
    path = MACHINES / f"{name}.toml" if re.fullmatch(r"[\w-]+", name) else Path(name)
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in MACHINES.glob("*.toml")))
        raise UsageError(f"--machine {name}: there is no such profile. There are {known}; or give a file.")
    return path.resolve()


def shipped() -> list[Profile]:
    """The profiles of model/machines/, by name."""
    return [read(path) for path in sorted(MACHINES.glob("*.toml"))]


def listing() -> str:
    """The profiles, a line each: name, harts, whether it is one machine or a range, and what it is."""
    return "\n".join(f"{p.name:14} {p.most('harts'):2} harts, {len(p.varied) or 'no'} of {len(p.keys)} keys a range: {p.summary}"
                     for p in shipped())


def of_board(model: str) -> Profile | None:
    """The profile of the board that a device tree calls `model`; None if there is none."""
    return next((p for p in shipped() if any(name in model.lower() for name in p.boards)), None)
