"""The embedded PostgreSQL: a real server in the home directory, shared by the processes that use it."""

from __future__ import annotations

from orderwright.app.embedded.server import Lease, Status, acquire, start, status, stop

__all__ = ["Lease", "Status", "acquire", "start", "status", "stop"]
