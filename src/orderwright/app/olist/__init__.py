"""Replay the Brazilian E-Commerce Public Dataset by Olist through the engine, on the clock of its own times.

dataset     the CSV files, row by row, with line numbers and checks
fields      what a cell may hold
order       an order as the files have it
staging     rows by order, in bounded memory
plan        one order as events with times, and what does not fit        pure
batch       some orders through their stages, resumable
standing    how far they have come, from the log
settling    phase changes and timers that follow
run         all batches, a few at a time
report      what became of them
"""

from __future__ import annotations
