"""How fast the runtime is: one module for each of its paths; without a name, transitions against pgbench."""
