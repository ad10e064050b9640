"""./run-bench.sh observe: its parser, and the request that its options make."""

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path

from hartlock.base.errors import EXIT_FAILED, EXIT_OK, UsageError
from hartlock.base.option_types import OptionError, word
from hartlock.base.text import printable
from hartlock.cli import arguments
from hartlock.engine.build import file_hash
from hartlock.engine.tcg import Tcg
from hartlock.observe.allocator import Allocator
from hartlock.plan.replay import Source

NAME = "observe"
USAGE = "./run-bench.sh observe [--elf FILE] [options] -- QEMU-ARGUMENTS"
USUAL_S = 30
USUAL_MB = 1000


def _address(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        raise OptionError(f"{text!r} is no address") from None


def parser() -> argparse.ArgumentParser:
    p = arguments.command(
        NAME, "Run any image for riscv64 in QEMU, unmodified, and tell which locks it has: who takes each, from where, for how "
        "many instructions, and what it touches meanwhile (docs/use/observe.md). After -- come QEMU's arguments that start it.",
        USAGE)
    p.add_argument("--elf", type=Path, action="append", default=[], metavar="FILE",
                   help="an ELF file with the image's symbols; once for each image that runs")
    p.add_argument("--bias", type=arguments.typed(_address), action="append", default=[], metavar="ADDRESS",
                   help="how far above its link address that file was loaded; once for each --elf, in their order (default 0; 0x80000000 for a position-independent program that was linked at 0, as OpenSBI)")
    p.add_argument("--symbols", type=Path, action="append", default=[], metavar="FILE",
                   help="a list of symbols like /proc/kallsyms, instead of an ELF file or besides")
    for kind, what in (("acquire", "take a lock"), ("try", "try to take one"), ("release", "let one go")):
        p.add_argument(f"--{kind}", type=arguments.several(word), default=(), metavar="NAMES",
                       help=f"functions that {what} (default: those of OpenSBI, Xen, Xvisor, Linux and seL4)")
    p.add_argument("--sizes", type=arguments.several(Allocator.of), default=(), metavar="NAMES",
                   help="functions that are asked for memory, NAME[:REGISTER[:UNIT]]: the register of the argument that says for how much, "
                   "a0 (the default) to a7; bytes (the default), pages or order. From QEMU 10 on (default: those of common projects)")
    p.add_argument("--phase", type=arguments.several(word), default=(), metavar="NAMES",
                   help="functions, or addresses: when a hart comes to one for the first time, a new phase begins. Each phase has its "
                   "rows in phases.csv and its workload files (default: all time is one)")
    p.add_argument("--auto", choices=("on", "rest", "off"), default="rest",
                   help="find inlined locks by their instructions, besides those of the functions (default rest: not in code of "
                   "OpenSBI, Xen, Xvisor and Linux that has its symbols, whose locks are always functions)")
    p.add_argument("--for", dest="seconds", type=arguments.seconds, default=USUAL_S, metavar="S",
                   help=f"stop after S seconds (default {USUAL_S})")
    p.add_argument("--until", default="", metavar="TEXT", help="stop when the console says TEXT")
    p.add_argument("--most", type=arguments.integer(1, 10**6), default=USUAL_MB, metavar="MB",
                   help=f"stop when the records take so much (default {USUAL_MB}: about nine million sections)")
    p.add_argument("--check", nargs=2, type=Path, metavar=("BEFORE", "AFTER"),
                   help="run nothing: compare two folders of observe; exit status 1 if a lock, a function that takes it or an order of "
                   "two was seen in one alone, or not as often")
    p.add_argument("--remake", type=Path, metavar="DIR",
                   help="run nothing: make the tables of DIR, where an observation was ended, from its records; with that one's options")
    p.add_argument("--out", type=Path, metavar="DIR", help="put the files into DIR, new or empty")
    arguments.add_help(p)
    return p


def _source(elf: Sequence[Path], qemu: Sequence[str], argv: Sequence[str]) -> Source:
    """The image that is watched: the first --elf, else the file that QEMU starts; its hash where it is a file."""
    started = [Path(value) for option, value in zip(qemu, qemu[1:]) if option in ("-kernel", "-bios")]
    path = next((p for p in (*elf, *reversed(started)) if p.is_file()), None)
    return Source(path.name if path else "the firmware that QEMU brings", file_hash(path) if path else "", "",
                  shlex.join(["./run-bench.sh", *argv]))


def _check(before: Path, after: Path) -> int:
    from hartlock.observe.check import told

    lines, are_same = told(before, after)
    print("\n".join(map(printable, lines)))
    return EXIT_OK if are_same else EXIT_FAILED


def main(argv: Sequence[str]) -> int:
    own, qemu = arguments.split(argv[1:])
    options = parser().parse_args(own)
    if options.check:
        return _check(*options.check)
    if not qemu and not options.remake:
        raise UsageError("nothing to run: QEMU's arguments come after --, for example -- -M virt -smp 8 -bios fw_payload.elf")
    if len(options.bias) > len(options.elf):
        raise UsageError(f"--bias is given {len(options.bias)} times, and --elf {len(options.elf)}")
    if not options.remake:
        Tcg.check_programs()
    from hartlock.observe import image as images
    from hartlock.observe.phases import marks
    from hartlock.observe.run import Request, functions_of, observe, remake
    from hartlock.observe.sizes import entries
    from hartlock.report import observed

    image = images.Image()
    for path, bias in zip(options.elf, [*options.bias, *[None] * len(options.elf)]):
        image.add_file(images.of_elf(path, bias))
    for path in options.symbols:
        image.add(images.of_list(path))
    functions = functions_of(image, {images.ACQUIRE: options.acquire, images.TRY: getattr(options, "try"),
                                     images.RELEASE: options.release})
    quiet = images.never_inlined(image) if options.auto == "rest" and not options.acquire else ()
    request = Request(image, functions, entries(image, options.sizes), marks(image, options.phase), options.auto != "off", options.seconds,
                      options.until, options.most, options.remake or options.out, qemu, _source(options.elf, qemu, argv), observed.write, quiet)
    return remake(request) if options.remake else observe(request)
