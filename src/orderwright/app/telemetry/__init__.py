"""What can be observed from outside: figures for Prometheus, traces for OpenTelemetry, names in the log.

`catalogue` lists the figures, `metrics` moves those that come from notes of the runtime, `scrape` reads those that
only the database knows and writes the page.
"""

from __future__ import annotations
