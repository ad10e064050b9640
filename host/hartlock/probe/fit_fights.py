"""The keys that two harts' fight for a line shows."""

from hartlock.probe.measured import Found, Probe

GAPS, TWICE, STEP = 256, 2, 2  # bench/probe_play.h: gaps of 0, 2, ... instructions, each twice
FIXED_OPS = 4  # instructions between LR and SC beside the gap


def won(p: Probe, kind: str) -> float | None:
    """The instructions of the longest gap that hart 0 won in half of the tries: each gap counts by its share of them."""
    m = p.measures.get((kind, 0, 1))
    return None if m is None else m.cycles.count / TWICE * STEP


def lr_hold(p: Probe, branch: float | bool | None, transfer: float | bool | None, far: bool, delay: float) -> Found:
    """The time from an LR to the latest SC that stored while another hart asked for the line, by AMOs, or by stores where AMOs are
    far, each of which waits for `delay` first. A request takes two thirds of a transfer to the owner, so a shorter hold is not seen."""
    op, load, window = p.cost("op"), p.cost("load"), won(p, "lr_window_store" if far else "lr_window")
    if op is None or load is None or window is None or branch is None or transfer is None:
        return Found(None, "one hart")
    kept = max(0.0, window - 1) / STEP * (op + branch) + FIXED_OPS * op
    unseen = transfer * 2 / 3 + 2 * (op + branch) + (delay if far else 0)
    if kept <= unseen:
        return Found(0.0, f"an SC fails {kept:.4g} cycles behind its LR, as soon as a request comes: at most {unseen:.4g}")
    most = "; longer than was tried" if window >= GAPS * STEP else ""
    return Found(kept, f"an SC stores until {kept:.4g} cycles behind its LR, while another hart asks for the line{most}")
