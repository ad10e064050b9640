"""Programs for maintainers of hartlock, which `make docs` and its like run."""
