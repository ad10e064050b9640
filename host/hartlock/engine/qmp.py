"""Asks a running QEMU where its harts are (QEMU Machine Protocol)."""

import json
import re
import socket
from pathlib import Path

LIMIT_S = 5


def _command(stream, name: str, **arguments: object) -> object:  # type: ignore[no-untyped-def]
    stream.write(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")
    stream.flush()
    for line in stream:
        reply = json.loads(line)
        if "return" in reply or "error" in reply:
            return reply.get("return")
    return None


def _monitor(path: Path, *commands: str) -> list[str]:
    """The human monitor's answer to each command. All harts are stopped for good; [] if QEMU does not answer."""
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(LIMIT_S)
            s.connect(str(path))
            with s.makefile("rwb") as stream:
                stream.readline()  # the greeting
                _command(stream, "qmp_capabilities")
                _command(stream, "stop")  # where a hart is while it runs, QEMU does not know exactly
                said = [_command(stream, "human-monitor-command", **{"command-line": command}) for command in commands]
    except (OSError, ValueError):
        return []
    return [text if isinstance(text, str) else "" for text in said]


def quit_qemu(path: Path) -> bool:
    """Ask QEMU to end, which lets its plugins write what they have. Returns False if it does not answer."""
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(LIMIT_S)
            s.connect(str(path))
            with s.makefile("rwb") as stream:
                stream.readline()  # the greeting
                _command(stream, "qmp_capabilities")
                _command(stream, "quit")
    except (OSError, ValueError):
        return False
    return True


def registers(path: Path) -> dict[int, dict[str, int]]:
    """The registers of every hart as {hart id: {register: value}}; {} if QEMU does not answer."""
    return parse_registers("".join(_monitor(path, "info registers -a")))


def memory(path: Path, address: int, count: int) -> list[int]:
    """`count` 64-bit words from an address on; fewer, or none, if there is no such memory."""
    text = "".join(_monitor(path, f"xp /{count}gx {address:#x}"))
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
