"""The entities that policies decide on, under the names that hosts use, and the charts that they live by here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ENTITIES: Final[Mapping[str, str]] = {
    "Order": "sale",
    "PayIn": "payin",
    "PayOut": "payout",
    "KYC": "kyc",
    "User": "user",
}
"""The chart of each entity type."""

ENTITY_TYPES: Final[Mapping[str, str]] = {chart: name for name, chart in ENTITIES.items()}
"""The entity type of each such chart."""
