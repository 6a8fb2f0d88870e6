"""How fast goods are promised: what is measured, and against what."""
