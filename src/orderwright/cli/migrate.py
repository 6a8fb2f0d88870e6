"""`orderwright migrate`."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from orderwright.app.database import Migrated, migrate, opened
from orderwright.app.settings import Settings
from orderwright.cli import running
from orderwright.cli.output import Output, add_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_json(parser)


def run(_: argparse.Namespace, output: Output) -> int:
    """Bring the database of the settings to the newest schema; safe to repeat."""
    migrated = running.run(_migrate)
    output.answer(_sentence(migrated), asdict(migrated))
    return 0


async def _migrate(settings: Settings) -> Migrated:
    async with opened(settings) as url:
        return await migrate(url)


def _sentence(migrated: Migrated) -> str:
    if migrated.after != migrated.code:
        return (
            f"nothing to do: a later release has brought the schema to {migrated.after};"
            f" this one, which ends at {migrated.code}, may run on it"
        )
    if migrated.before == migrated.after:
        return f"nothing to do: the schema is at {migrated.after}"
    return f"the schema went from {migrated.before or 'nothing'} to {migrated.after}"
