"""Replay the Brazilian E-Commerce Public Dataset by Olist through the engine, on the clock of its own times.

dataset     the CSV files, row by row, with line numbers and checks
staging     rows by order, in bounded memory
plan        one order as events with times, and what does not fit        pure
run         batches of orders through the engine, resumable
report      what became of them
"""

from __future__ import annotations
