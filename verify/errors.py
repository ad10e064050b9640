"""What can go wrong, each with a message that says what to do or look at."""


class ProofError(Exception):
    """Nothing can be proved: something is missing, or is not what it should be."""


class Unsupported(ProofError):
    """This code cannot be translated; the message names the instruction."""
