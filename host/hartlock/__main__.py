import sys

from hartlock.cli import main

sys.exit(main(sys.argv[1:]))
