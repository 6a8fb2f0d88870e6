"""Sets of policies against engines for JSON Logic; see `__main__`."""
