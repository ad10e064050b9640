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


def registers(path: Path) -> dict[int, dict[str, int]]:
    """{hart number: {register: value}} of every hart; {} if QEMU does not answer."""
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(LIMIT_S)
            s.connect(str(path))
            with s.makefile("rwb") as stream:
                stream.readline()  # the greeting
                _command(stream, "qmp_capabilities")
                text = _command(stream, "human-monitor-command", **{"command-line": "info registers -a"})
    except (OSError, ValueError):
        return {}
    return parse_registers(text) if isinstance(text, str) else {}


def parse_registers(text: str) -> dict[int, dict[str, int]]:
    harts: dict[int, dict[str, int]] = {}
    for part in re.split(r"^CPU#", text, flags=re.MULTILINE)[1:]:
        number, _, rest = part.partition("\n")
        harts[int(number)] = {
            name: int(value, 16)
            for name, value in re.findall(r"\b(pc|x1/ra|x2/sp|x10/a0)\s+([0-9a-f]{8,16})\b", rest)}
    return harts
