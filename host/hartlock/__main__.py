import io
import os
import sys

# A stream that was closed at the start is None, and the next file that is opened would get its number.
for number, name in enumerate(("stdin", "stdout", "stderr")):
    if getattr(sys, name) is None:
        os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
        setattr(sys, name, open(number, "r" if number == 0 else "w", encoding="utf-8", closefd=False))
# A terminal of ASCII gets what it cannot show written out.
if isinstance(sys.stdout, io.TextIOWrapper):
    sys.stdout.reconfigure(errors="backslashreplace")

from hartlock.cli.main import main
from hartlock.base.errors import EXIT_PIPE

try:
    status = main(sys.argv[1:])
    sys.stdout.flush()
except BrokenPipeError:  # the reader of the output has seen enough, as with `| head`
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    status = EXIT_PIPE
sys.exit(status)
