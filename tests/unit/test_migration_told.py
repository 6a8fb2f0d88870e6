"""How the commands about instances tell what came of them."""

from __future__ import annotations

from orderwright.cli.instance_answer import migrated
from orderwright.runtime.migration import MigrationReport


def test_a_migration_that_was_given_up_says_so_and_is_not_sound():
    report = MigrationReport(
        chart_id="sale", from_version=1, to_version=2, dry_run=False, moved=3, given_up=True
    )

    answer = migrated(report)

    assert answer.text.endswith(
        "given up: it was asked for with another mapping, or the other way, meanwhile"
    )
    assert answer.document["given_up"] is True
    assert not answer.sound
