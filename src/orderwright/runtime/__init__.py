"""The durable engine: it runs charts on PostgreSQL and knows nothing of orders.

Reading order: `tables` (what is stored), `journal` (log against snapshot), `write` (the only write
path), `attempt` and `engine` (create, send, explain), `consumer`, `parking`, `relay` and `firing` (what
happens after), `worker` (the loop around those), `replay` and `anchor` (the proof), `migration`
(to another version of a chart), `incident`, `alarm` and `watch` (what somebody must look at).
"""

from __future__ import annotations
