"""Money on its way in and out, and the people behind it: what compliance looks at, beside the orders."""

from __future__ import annotations

from orderwright.domain.compliance import kyc, payin, payout, user

BEHAVIOURS = {
    "payin": payin.BEHAVIOUR,
    "payout": payout.BEHAVIOUR,
    "kyc": kyc.BEHAVIOUR,
    "user": user.BEHAVIOUR,
}
"""The behaviour of each chart of compliance, by chart id."""

__all__ = ["BEHAVIOURS"]
