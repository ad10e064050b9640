"""The errors of a proof, each with a message that says what to do or look at."""


class ProofError(Exception):
    """Raised when nothing can be proved: something is missing, or is not what it should be."""


class Unsupported(ProofError):
    """Raised when code cannot be translated; the message names the instruction."""

    cause = "code"


class TooMany(Unsupported):
    """Raised when there is more to go through than the prover does."""

    cause = "paths"
