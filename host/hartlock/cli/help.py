"""The help of ./run-bench.sh: --help prints the options people use, on one screen; --help-all, all."""

BRIEF = """\
usage: ./run-bench.sh [options] [-- QEMU arguments]
       ./run-bench.sh COMMAND --help

Boot a bare-metal kernel on N RISC-V harts, hammer one shared bump allocator under
each lock, check every block, and say what each costs.

  --smp N          harts the machine has, 1 to 64 (default 8, or all of --machine)
  --lock NAMES     strategies, with commas between them (default all); see --list-locks
  --harts LIST     how many of the harts take part, say 1,2,4,8 (default: all)
  --engine NAME    tcg: QEMU. model: a modelled machine. both (the default).
                   native: threads of this computer. board: heard over a line
  --hold INSTR     instructions inside each allocation (default 0)
  --think INSTR    instructions between allocations (default 100)
  --scenario NAME  a named workload instead; see --list-scenarios
  --trials N       trials of each strategy and hart count (default 5)
  --out DIR        where results go (default results/<time>-<locks>-smp<N>-<engine>/)
  --setup          first install what is missing (Debian packages)
  --help-all       every option, by group, with examples

commands: sweep    all locks on 1, 2, 4, ... harts over several boots, with a report
          report, compare, advise, collect    what results say
          stress   random workloads until a check fails
          probe    what memory costs here, as a machine profile
          observe  the locks of an image of yours; its files are for --workload

Exit status: 0 all well; 1 a check failed or the run is incomplete (what it measured
is kept); 2 a wrong option or a missing program; 3 given up, for nothing was heard;
130 stopped by Ctrl-C.
"""

DESCRIPTION = """\
Boot a bare-metal kernel on N RISC-V harts, hammer one shared bump allocator
under each lock or lock-free way, check every block, and say what each cost.
"""

EPILOG = """\
examples:
  ./run-bench.sh --smp 8 --lock ttas,ticket,cas  compare three
  ./run-bench.sh --smp 8 --harts 1,2,4,8         all strategies on 1, 2, 4 and 8 harts
  ./run-bench.sh --smp 4 --lock ticket --hold 50 --think 500
  ./run-bench.sh --smp 8 --scenario page-fault   a named workload
  ./run-bench.sh --smp 64 --lock mcs,ticket --engine model --trials 1
  ./run-bench.sh --smp 2 --lock cas --engine tcg -- -icount shift=0
  ./run-bench.sh --engine native --smp 4         threads on this computer's processors
  ./run-bench.sh probe --smp 8                   what memory costs, as a profile
  ./run-bench.sh sweep --smp 8                   all locks, 1 to 8 harts, several boots
  ./run-bench.sh stress --smp 8 --for 10m        random workloads, until a check fails
  ./run-bench.sh report | compare | advise | collect    what results say: each has --help

Results go to results/<UTC time>-<locks>-smp<N>-<engine>/: summary.csv, samples.csv,
uart.log and run.json; docs/use/results.md explains them. Exit status: 0 all
well; 1 a check failed or the run is incomplete (what it measured is kept);
2 a wrong option or a missing program; 3 given up, for nothing was heard; 130 stopped
by Ctrl-C.
"""
