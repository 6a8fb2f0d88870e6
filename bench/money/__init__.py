"""How many sales the house sells: what is measured, and against what."""
