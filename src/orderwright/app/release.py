"""Which code may run on which schema, so that hosts of two releases work side by side: see ADR 22.

The code of a release is named by the newest migration that it knows. A migration that only adds leaves the code of the
release before it alone; one that breaks it says so in `orderwright.compatibility`. Revisions sort as text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaState:
    """What a database says of its schema: its revision, and the oldest code that may run on it, if it says so."""

    revision: str
    oldest_code: str | None

    def serves(self, code: str) -> bool:
        """Tell whether code that knows everything up to a revision may run."""
        if self.revision == code:
            return True
        return self.oldest_code is not None and self.oldest_code <= code < self.revision


READ: Final = """
select version_num as revision, (select oldest_code from orderwright.compatibility) as oldest_code
from orderwright.alembic_version
"""
"""Reads a `SchemaState`, where the schema has come as far as revision 0013."""
KNOWS: Final = "select to_regclass('orderwright.compatibility') is not null"
"""Tells whether it has."""
