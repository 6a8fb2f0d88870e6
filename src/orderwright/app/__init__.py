"""Where domain and runtime meet: settings, database, facts, commands, queries."""

from __future__ import annotations
