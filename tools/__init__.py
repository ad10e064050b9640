"""Programs for who maintains hartlock: what `make docs` and its like run."""
