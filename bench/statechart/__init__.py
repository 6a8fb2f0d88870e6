"""The step function against XState v5; see `__main__`."""
