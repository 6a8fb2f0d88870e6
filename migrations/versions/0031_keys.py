"""Events are counted under keys of a bounded length: a digest stands for a longer text.

What was counted under a longer text goes on being counted with it. Written by hand and frozen.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_KEYS: Final = ("user_id", "wallet", "country")


def upgrade() -> None:
    """Shorten the keys that are too long."""
    op.get_bind().execute(sa.text(_SHORTEN))


def _short(key: str) -> str:
    digest = f"'sha256:' || encode(sha256(convert_to({key}, 'UTF8')), 'hex')"
    return f"{key} = case when length({key}) > 255 then {digest} else {key} end"


_SHORTEN: Final = f"""
update orderwright.policy_event
set {", ".join(map(_short, _KEYS))}
where {" or ".join(f"length({key}) > 255" for key in _KEYS)}
"""  # noqa: S608 (ours)
