import os
import sys

from hartlock.cli.main import main
from hartlock.base.errors import EXIT_PIPE

try:
    status = main(sys.argv[1:])
    sys.stdout.flush()
except BrokenPipeError:  # the reader of the output has seen enough, as with `| head`
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    status = EXIT_PIPE
sys.exit(status)
