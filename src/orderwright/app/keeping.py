"""What is kept, for how long and where, by the settings."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from orderwright.app.notification.inbox import OLD
from orderwright.app.policies.letting_go import SETTLED
from orderwright.runtime.retention import Keep

if TYPE_CHECKING:
    from orderwright.app.settings import Settings


def keep(settings: Settings) -> Keep:
    """Return for how long each kind of row is kept."""
    return Keep(
        events=timedelta(days=settings.event_retention_days),
        jobs=timedelta(days=settings.job_retention_days),
        deliveries=timedelta(days=settings.webhook_retention_days),
        slots=timedelta(days=settings.slot_retention_days),
        incidents=timedelta(days=settings.incident_retention_days),
        others={OLD: timedelta(days=settings.notification_retention_days)},
        walks={SETTLED: timedelta(days=settings.policy_execution_retention_days)},
    )


def anchor_folder(settings: Settings) -> Path | None:
    """Return where anchors are written; None for nowhere."""
    if settings.anchors is None and settings.database_url is None:
        return settings.home / "anchors"
    return settings.anchors
