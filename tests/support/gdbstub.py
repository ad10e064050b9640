"""A debugger that does one thing to a QEMU: it changes a register of a hart that comes to an
address. It knows no more of the GDB remote protocol than that needs."""

import re
import socket
import time


class Stub:
    def __init__(self, path, patience_s=30):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(patience_s)
        deadline = time.monotonic() + patience_s
        while True:
            try:
                self._socket.connect(str(path))
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
        self._data = b""
        self.ask("qSupported:xmlRegisters=riscv")

    def _packet(self):
        while not (found := re.search(rb"\$([^#]*)#[0-9a-f]{2}", self._data)):
            self._data += self._socket.recv(4096)
        self._data = self._data[found.end():]
        self._socket.sendall(b"+")
        return re.sub(rb"\}(.)", lambda m: bytes([m[1][0] ^ 0x20]), found[1]).decode("latin-1")

    def ask(self, text):
        data = text.encode()
        self._socket.sendall(b"$%s#%02x" % (data, sum(data) % 256))
        return self._packet()

    def features(self, name):
        text = ""
        while True:
            part = self.ask(f"qXfer:features:read:{name}:{len(text):x},7f0")
            text += part[1:]
            if part[0] == "l":
                return text

    def number_of(self, register):
        found = re.search(rf'<reg name="{register}"[^>]* regnum="(\d+)"', self.features("riscv-csr.xml"))
        return int(found[1])

    def go_on_to(self, address):
        """Let the harts run until one comes to `address`, which stops all. Returns its id."""
        self.ask(f"Z0,{address:x},4")
        found = re.search(r"thread:(?:p\w+\.)?(\w+)", self.ask("c"))
        return found[1]

    def step(self, thread):
        self.ask(f"vCont;s:{thread}")

    def write(self, thread, register, value):
        assert self.ask(f"Hg{thread}") == "OK"
        assert self.ask(f"P{self.number_of(register):x}={value.to_bytes(8, 'little').hex()}") == "OK"

    def leave(self, address):
        self.ask(f"z0,{address:x},4")
        self.ask("D")
        self._socket.close()
