"""The pairs: a lock of another project, and the one of hartlock's that somebody would choose instead."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Pair:
    """Both names are strategies of the copy that the peers run in: a lock of lock/, or of tools/peers/lock/."""

    peer: str
    ours: str
    package: str  # Debian's, that has the peer
    order: str = "none"  # in which the peer serves: lock/traits.toml


CK, SPIN = "libck-dev", "librust-spin-dev"
PAIRS = (
    Pair("ck-fas", "ttas", CK),
    Pair("ck-cas", "ttas", CK),
    Pair("ck-dec", "ttas", CK),
    Pair("ck-fas-backoff", "ttas-backoff", CK),
    Pair("ck-ticket", "ticket", CK, "fifo"),
    Pair("ck-ticket-backoff", "ticket-backoff", CK, "fifo"),
    Pair("ck-mcs", "mcs", CK, "fifo"),
    Pair("ck-clh", "clh", CK, "fifo"),
    Pair("ck-anderson", "anderson", CK, "fifo"),
    Pair("spin-mutex", "rust-ttas", SPIN),
    Pair("spin-ticket", "rust-ticket", SPIN, "fifo"),
)
# These are hartlock's own by way of the Rust crate, so that both sides of a pair pay for the call.
OURS_IN_RUST = {"rust-ttas": "none", "rust-ticket": "fifo"}
