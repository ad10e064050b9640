"""The times of a pass, which depend on the engine: the engine gives them, and the plan sends them."""

from typing import NamedTuple

MODEL_US = 200  # modelled microseconds of a window, where nobody says how many


class Windows(NamedTuple):
    duration_us: int  # microseconds of a pass's window: wall time, or modelled time
    warmup_us: int  # before the window opens
    fairness_us: int  # microseconds of the fairness pass's window; 0: as long as the others
    hang_ms: int = 0  # without progress before the kernel says that harts hang; 0: the kernel's own choice
