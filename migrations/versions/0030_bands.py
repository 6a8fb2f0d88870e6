"""The bounds of amounts by which people decide are named after their bands, as how many decide becomes a setting too.

What was changed under the old names is copied with its history, and stays where it was for code that reads it there.
Written by hand and frozen.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_RENAMED: Final = {
    "approval_one_manager_up_to": "approval_low_band_up_to",
    "approval_two_managers_up_to": "approval_middle_band_up_to",
}


def upgrade() -> None:
    """Copy the values and their changes."""
    connection = op.get_bind()
    for old, new in _RENAMED.items():
        for copy in (_VALUE, _CHANGES):
            connection.execute(sa.text(copy), {"old": old, "new": new})


_VALUE: Final = """
insert into orderwright.live_setting (name, value, words)
select cast(:new as text), value, words from orderwright.live_setting where name = cast(:old as text)
"""
_CHANGES: Final = """
insert into orderwright.live_setting_change
    (name, before, before_words, after, after_words, person_id, reason, changed_at)
select cast(:new as text), before, before_words, after, after_words, person_id, reason, changed_at
from orderwright.live_setting_change where name = cast(:old as text) order by id
"""
