"""The last words of firmware: what OpenSBI, U-Boot and others say on the console when they give up.

After each of these sentences the firmware that says it stops, or starts the machine again. Whatever it may say and go on is
not here.
"""

import re

from hartlock.base.text import printable

LONGEST = 200  # characters that are shown
_SEARCHED = 4096  # bytes of a line, so that a line of megabytes takes no time

_LAST = re.compile(rb"|".join((
    # OpenSBI
    rb"sbi_trap_error: .*", rb"init_(?:cold|warm)boot: .*(?:failed|error).*", rb"sbi_hsm_hart_change_state: ERR: .*",
    rb"ERR: Failed stop hart .*", rb"Error -?\d+ getting MISA XLEN.*",
    # U-Boot
    rb"Unhandled exception: .*", rb"exception code: \d.*", rb"### ERROR ### Please RESET the board ###",
    rb"initcall (?:sequence \S+ )?failed at .*", rb"BUG: failure at .*", rb"SPL: failed to boot from all boot devices.*",
    # RustSBI, the Berkeley boot loader, EDK II
    rb"\[rustsbi-panic\].*", rb"machine mode: unhandlable trap .*", rb"ASSERT \[.*",
    # an assertion of a C library: glibc's and U-Boot's form, and that of newlib and picolibc
    rb"\S{1,200}:\d+: .{1,200}: Assertion `.*", rb'assertion ".*" failed: file .*',
)))


def last_words(line: bytes) -> str:
    """The last words of firmware in a line of the console, from their beginning; "" in any other line."""
    found = _LAST.search(line, 0, _SEARCHED)
    return printable(found[0].decode("utf-8", "replace").strip())[:LONGEST] if found else ""
