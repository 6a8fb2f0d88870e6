"""Orderwright: order lifecycles and policies as durable, explainable statecharts on PostgreSQL."""

from __future__ import annotations

__version__ = "0.1.0"
