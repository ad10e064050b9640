"""Asks a running QEMU what it is, and where its harts are (QEMU Machine Protocol)."""

import json
import re
import socket
from pathlib import Path

LIMIT_S = 5
FACTS = ("qemu_harts", "qemu_threads", "qemu_memory_bytes", "qemu_machine", "qemu_cpu")  # run.json's keys of facts()


def _command(stream, name: str, **arguments: object) -> object:  # type: ignore[no-untyped-def]
    stream.write(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")
    stream.flush()
    for line in stream:
        reply = json.loads(line)
        if "return" in reply or "error" in reply:
            return reply.get("return")
    return None


def _asked(path: Path, *commands: tuple[str, dict[str, object]]) -> list[object]:
    """QEMU's answer to each command; [] if it does not answer."""
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(LIMIT_S)
            s.connect(str(path))
            with s.makefile("rwb") as stream:
                stream.readline()  # the greeting
                _command(stream, "qmp_capabilities")
                return [_command(stream, name, **arguments) for name, arguments in commands]
    except (OSError, ValueError):
        return []


def _monitor(path: Path, command: str) -> str:
    """The human monitor's answer. All harts are stopped for good; "" if QEMU does not answer."""
    # While a hart runs, QEMU does not know exactly where it is.
    said = _asked(path, ("stop", {}), ("human-monitor-command", {"command-line": command}))
    return said[1] if said and isinstance(said[1], str) else ""


def quit_qemu(path: Path) -> bool:
    """Ask QEMU to end, which lets its plugins write what they have. Returns False if it does not answer."""
    return bool(_asked(path, ("quit", {})))


def facts(path: Path) -> dict[str, object]:
    """The machine that QEMU has made, in run.json's keys; {} if it does not answer. Harts that take turns have one thread.

    All versions from 7.2 on know these questions."""
    said = _asked(path, ("query-cpus-fast", {}), ("query-memory-size-summary", {}),
                  ("qom-get", {"path": "/machine", "property": "type"}))
    harts = said[0] if said and isinstance(said[0], list) else []
    if not harts:
        return {}
    cpu = _asked(path, ("qom-get", {"path": harts[0]["qom-path"], "property": "type"}))
    memory = said[1].get("base-memory") if isinstance(said[1], dict) else None
    threads = len({hart["thread-id"] for hart in harts})
    return dict(zip(FACTS, (len(harts), threads, memory, said[2], cpu[0] if cpu else None), strict=True))


def registers(path: Path) -> dict[int, dict[str, int]]:
    """The registers of every hart as {hart id: {register: value}}; {} if QEMU does not answer."""
    return parse_registers(_monitor(path, "info registers -a"))


def memory(path: Path, address: int, count: int) -> list[int]:
    """`count` 64-bit words from an address on; fewer, or none, if there is no such memory."""
    text = _monitor(path, f"xp /{count}gx {address:#x}")
    return [int(word, 16) for line in text.splitlines()
            for word in re.findall(r"0x([0-9a-f]{16})", line.partition(":")[2])]


def parse_registers(text: str) -> dict[int, dict[str, int]]:
    harts: dict[int, dict[str, int]] = {}
    for part in re.split(r"^CPU#", text, flags=re.MULTILINE)[1:]:
        number, _, rest = part.partition("\n")
        words = dict(re.findall(r"\b(pc|mhartid|scause|sepc|x\d+/\w+)\s+([0-9a-f]{8,16})\b", rest))
        values = {name.partition("/")[2] or name: int(value, 16) for name, value in words.items()}
        harts[values.get("mhartid", int(number))] = values
    return harts
