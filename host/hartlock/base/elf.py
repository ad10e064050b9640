"""ELF files: their processor, code, symbols, load address, and the layouts of C structures in them.

pyelftools reads them. It is imported when the first file is opened, for most commands open none.
"""

import importlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SAME = ("DW_TAG_typedef", "DW_TAG_const_type", "DW_TAG_volatile_type", "DW_TAG_atomic_type")  # another name for a type
_EXECUTABLE = 4  # SHF_EXECINSTR of a section's flags
_COMPOUND = ("DW_TAG_structure_type", "DW_TAG_union_type")
_ADDRESS = 3  # DW_OP_addr
_LENGTH = 4  # bytes of a unit's length, in front of what it counts
_LOCK = re.compile(r"(?<![bc])lock|mutex", re.IGNORECASE)  # names of types and members that are locks: no block, no clock


class ElfError(Exception):
    """The file is not there, or is no ELF file, or is damaged."""


@dataclass(frozen=True)
class Member:
    """A number or an address in a structure, however deep: `ticket.next`, `slot[3]`."""

    name: str
    offset: int  # bytes from the beginning of the outermost structure
    size: int  # bytes

    @property
    def repeated(self) -> bool:
        """True for an element of an array."""
        return "[" in self.name


@dataclass(frozen=True)
class Symbol:
    """A name for a place in memory: of a function, of an object."""

    name: str
    address: int
    size: int  # bytes; 0 if it is empty, or nobody said
    is_code: bool
    unit: int = 0  # the number of the object file whose own it is; 0: it has its name for all of them


class Elf:
    """One ELF file, read as far as it is asked for. Raises ElfError if there is none."""

    def __init__(self, path: Path):
        library: Any = importlib.import_module("elftools.elf.elffile")
        wrong: Any = importlib.import_module("elftools.common.exceptions").ELFError
        try:
            with open(path, "rb") as f:
                self._file = library.ELFFile(io.BytesIO(f.read()))
                list(self._file.iter_sections())  # any damage shows here
        except OSError as e:
            raise ElfError(f"{path}: {e.strerror}") from None
        except wrong as e:
            raise ElfError(f"{path}: it is no ELF file, or is cut short ({e or 'the library says no more'})") from None

    @property
    def machine(self) -> str:
        """Returns the processor it is for, as ELF's list of machines calls it: EM_RISCV."""
        return str(self._file["e_machine"])

    @property
    def is_movable(self) -> bool:
        """True for a position-independent program that was linked at address 0: it runs where it is put."""
        return bool(self._file["e_type"] == "ET_DYN" and self.load_address == 0)

    @property
    def load_address(self) -> int:
        """Returns the address that its first loaded byte is linked to; 0 if nothing is loaded."""
        return min((int(s["p_vaddr"]) for s in self._file.iter_segments() if s["p_type"] == "PT_LOAD"), default=0)

    def code(self) -> dict[str, bytes]:
        """Returns the bytes of every section whose name begins with .text."""
        return {s.name: bytes(s.data()) for s in self._file.iter_sections() if s.name.startswith(".text")}

    def loaded(self) -> list[tuple[int, bytes]]:
        """Returns (address, bytes) of what is loaded, filled up with zeros to its size in memory."""
        return [(int(s["p_vaddr"]), bytes(s.data()).ljust(s["p_memsz"], b"\0"))
                for s in self._file.iter_segments() if s["p_type"] == "PT_LOAD"]

    def stored(self, address: int, size: int) -> bytes:
        """Returns the bytes that are loaded from the file to an address; b"" if they are not all of one segment's."""
        for s in self._file.iter_segments():
            at = address - int(s["p_vaddr"])
            if s["p_type"] == "PT_LOAD" and 0 <= at and at + size <= s["p_filesz"]:
                self._file.stream.seek(s["p_offset"] + at)
                return bytes(self._file.stream.read(size))
        return b""

    def symbols(self) -> list[Symbol]:
        """Returns the symbols that have a place in the file's sections."""
        table, found, unit = self._file.get_section_by_name(".symtab"), list[Symbol](), 0
        executable = [bool(s["sh_flags"] & _EXECUTABLE) for s in self._file.iter_sections()]
        for symbol in table.iter_symbols() if table is not None else ():
            unit += symbol["st_info"]["type"] == "STT_FILE"  # the symbols of one object's own stand behind its file's name
            if symbol.name and isinstance(symbol["st_shndx"], int):
                own = unit if symbol["st_info"]["bind"] == "STB_LOCAL" else 0
                found.append(Symbol(symbol.name, symbol["st_value"], symbol["st_size"], executable[symbol["st_shndx"]], own))
        return found

    def symbol(self, name: str) -> int | None:
        """Returns the value of a symbol; None if the file has none of that name."""
        table = self._file.get_section_by_name(".symtab")
        found = table.get_symbol_by_name(name) if table is not None else None
        return int(found[0]["st_value"]) if found else None

    def layouts(self, names: Iterable[str]) -> dict[str, list[Member]]:
        """Returns the members of the C structures of these names, by their debug information, in the
        order of their offsets. A structure that the file does not describe is left out."""
        wanted, found = set(names), dict[str, list[Member]]()
        units = self._file.get_dwarf_info().iter_CUs() if self._file.has_dwarf_info() else ()
        for unit in units:
            for die in unit.get_top_DIE().iter_children():
                name = _name(die)
                if die.tag == "DW_TAG_structure_type" and name in wanted and "DW_AT_byte_size" in die.attributes:
                    found[name] = list(_members(die, "", 0))
                    wanted.remove(name)
            if not wanted:
                break
        return found


    def holds(self, address: int) -> bool:
        """True if something of the file is loaded to this address."""
        return any(s["p_type"] == "PT_LOAD" and 0 <= address - int(s["p_vaddr"]) < s["p_memsz"] for s in self._file.iter_segments())

    def objects(self, begins: Mapping[int, int]) -> dict[int, str]:
        """Returns what lies at each address, as C would write it: `normal_heap.alloc_lock`, `slot[3].busy`. `begins` says
        for each address where the object that it is in begins. A member that is a lock, by its own name or its type's, is
        not taken apart. What the debug information does not describe is left out."""
        if not self._file.has_dwarf_info():
            return {}
        information = self._file.get_dwarf_info()
        text = information.debug_info_sec.stream.getvalue()
        # An object's entry has its address. Only the units in which those bytes are have to be read.
        wanted = set(begins.values())
        places = {m.start() for begin in wanted for m in re.finditer(re.escape(begin.to_bytes(8, "little")), text)}
        units = [u for u in information.iter_CUs() if any(0 <= at - u.cu_offset < u["unit_length"] + _LENGTH for at in places)]
        described = {at: die for unit in units for die in _objects(unit.get_top_DIE()) if (at := _address(die)) in wanted}
        return {at: _path(described[begin], "", at - begin) for at, begin in begins.items()
                if begin in described and 0 <= at - begin < _size_of_object(described[begin])}


def _address(die: Any) -> int:
    """Returns the address of an object that has one."""
    return int.from_bytes(bytes(die.attributes["DW_AT_location"].value[1:]), "little")


def _objects(die: Any) -> Iterator[Any]:
    """The objects with an address that an entry has, and its namespaces (Rust's modules) have."""
    for child in die.iter_children():
        where = child.attributes.get("DW_AT_location")
        if child.tag == "DW_TAG_namespace":
            yield from _objects(child)
        elif child.tag == "DW_TAG_variable" and where and where.form == "DW_FORM_exprloc" and where.value[0] == _ADDRESS:
            yield child


def _size_of_object(die: Any) -> int:
    """Returns an object's bytes; 0 if that is not said."""
    try:
        return _size(_type(_specified(die)))
    except KeyError:
        return 0


def _specified(die: Any) -> Any:
    """Returns the entry that has the name and the type: of an object that is declared elsewhere, its declaration."""
    return die.get_DIE_from_attribute("DW_AT_specification") if "DW_AT_specification" in die.attributes else die


def _path(die: Any, name: str, offset: int) -> str:
    """Returns the name of what lies `offset` bytes into an object or a member."""
    die = _specified(die)
    name = name or _name(die)
    if _LOCK.search(_name(die)) or any(_LOCK.search(_name(each)) for each in _names_of_type(die)):
        return name
    of = _type(die)
    if of.tag in _COMPOUND:
        inside = [m for m in of.iter_children() if m.tag == "DW_TAG_member" and 0 <= offset - _offset(m) < _size(_type(m))]
        return _path(inside[0], f"{name}.{_name(inside[0])}".rstrip("."), offset - _offset(inside[0])) if inside else name
    if of.tag == "DW_TAG_array_type" and (size := _size(_type(of))):
        return _path(of, f"{name}[{offset // size}]", offset % size)
    return name


def _offset(member: Any) -> int:
    where = member.attributes.get("DW_AT_data_member_location")
    return int(where.value) if where else 0


def _names_of_type(die: Any) -> Iterator[Any]:
    """The entries by which a type is known: typedefs, qualifiers, and the type itself."""
    die = die.get_DIE_from_attribute("DW_AT_type")
    while die.tag in _SAME and "DW_AT_type" in die.attributes:
        yield die
        die = die.get_DIE_from_attribute("DW_AT_type")
    yield die


def _name(die: Any) -> str:
    return str(die.attributes["DW_AT_name"].value.decode()) if "DW_AT_name" in die.attributes else ""


def _type(die: Any) -> Any:
    """Returns the entry of its type, behind typedefs and qualifiers."""
    die = die.get_DIE_from_attribute("DW_AT_type")
    while die.tag in _SAME:
        die = die.get_DIE_from_attribute("DW_AT_type")
    return die


def _members(die: Any, prefix: str, at: int) -> Iterator[Member]:
    """The parts of a structure or union. The only member of one inside another, as `word` of a32,
    goes by the name of what holds it."""
    members = [child for child in die.iter_children() if child.tag == "DW_TAG_member"]
    for member in members:
        own = "" if prefix and len(members) == 1 else _name(member)
        yield from _parts(_type(member), ".".join(name for name in (prefix, own) if name), at + _offset(member))


def _parts(die: Any, name: str, at: int) -> Iterator[Member]:
    """The numbers and addresses that a value of this type consists of."""
    if die.tag in _COMPOUND:
        yield from _members(die, name, at)
    elif die.tag == "DW_TAG_array_type":
        element = _type(die)
        for i in range(_length(die)):
            yield from _parts(element, f"{name}[{i}]", at + i * _size(element))
    else:
        yield Member(name, at, _size(die))


def _length(array: Any) -> int:
    """Returns how many elements an array has, over all its dimensions; 0 if that is open."""
    length = 1
    for child in array.iter_children():
        if child.tag == "DW_TAG_subrange_type":
            length *= child.attributes["DW_AT_upper_bound"].value + 1 if "DW_AT_upper_bound" in child.attributes else 0
    return length


def _size(die: Any) -> int:
    """Returns a type's bytes."""
    if die.tag == "DW_TAG_array_type":
        return _length(die) * _size(_type(die))
    return int(die.attributes["DW_AT_byte_size"].value)
