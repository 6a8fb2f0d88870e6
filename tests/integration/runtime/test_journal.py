"""Properties of the log: its changes fold back into every snapshot, and its chain shows every edit."""

from __future__ import annotations

import hashlib
from datetime import UTC

from hypothesis import assume, given, settings, strategies as st
from parcel import START

from orderwright.json_text import canonical, dump, load
from orderwright.runtime.journal import LogRow, chained, difference, fold, iso, unfold
from orderwright.statechart import Snapshot

words = st.text(max_size=8)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | words
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
contexts = st.dictionaries(st.sampled_from(["a", "b", "c", "d", "ä", ""]), values, max_size=5)
snapshots = st.builds(
    Snapshot,
    chart_id=st.sampled_from(["parcel", "crate"]),
    version=st.integers(1, 3),
    hash=words,
    configuration=st.lists(words, max_size=3).map(tuple),
    value=values,
    context=contexts,
    history=st.dictionaries(words, st.lists(words, max_size=2).map(tuple), max_size=2),
    status=st.sampled_from(["active", "done"]),
    output=values,
)


def _text(snapshot: Snapshot) -> str:
    return dump(snapshot.to_json())


@settings(deadline=None)
@given(st.lists(snapshots, min_size=1, max_size=6))
def test_folding_the_log_gives_every_snapshot_to_the_letter(line: list[Snapshot]):
    before = [None, *line[:-1]]
    changes = [load(dump(difference(one, other))) for one, other in zip(before, line, strict=True)]

    assert [_text(snapshot) for snapshot in unfold(changes)] == [_text(one) for one in line]
    assert _text(fold(changes)) == _text(line[-1])


@settings(deadline=None)
@given(snapshots)
def test_nothing_is_logged_of_what_stays(snapshot: Snapshot):
    assert difference(snapshot, snapshot) == {}


@settings(deadline=None)
@given(st.dictionaries(words, values, max_size=4))
def test_canonical_text_does_not_depend_on_the_order_of_keys(value: dict[str, object]):
    assert canonical(dict(reversed(value.items()))) == canonical(value)


ROW = LogRow(
    instance_id="p1",
    version=2,
    event_type="ADD",
    event_data="{}",
    facts="{}",
    actor_kind="user",
    actor_id="ann",
    reason=None,
    origin="live",
    correlation_id="p1/1",
    causation_id=None,
    occurred_at=START,
    recorded_at=START,
    from_state="OPEN",
    to_state="OPEN",
    changes="{}",
)


@settings(deadline=None)
@given(st.sampled_from(LogRow._fields), st.data())
def test_any_edit_of_a_row_or_of_its_past_changes_its_hash(name: str, data: st.DataObject):
    kind = type(getattr(ROW, name) or "")
    other = data.draw(st.from_type(kind).filter(lambda value: value != getattr(ROW, name)))
    if kind is type(START):
        other = START.replace(microsecond=1)

    assert chained(b"", ROW._replace(**{name: other})) != chained(b"", ROW)
    assert chained(b"x", ROW) != chained(b"", ROW)


@settings(deadline=None)
@given(
    st.builds(
        LogRow,
        **{
            name: st.from_type(
                {"int": int, "str": str, "str | None": str | None}[kind.__forward_arg__]
            )
            for name, kind in LogRow.__annotations__.items()
            if kind.__forward_arg__ != "datetime"
        },
        occurred_at=st.datetimes(timezones=st.timezones()),
        recorded_at=st.datetimes(timezones=st.just(UTC)),
    )
)
def test_a_row_is_hashed_as_the_canonical_text_of_its_columns(row: LogRow):
    moments = {name: iso(getattr(row, name)) for name in ("occurred_at", "recorded_at")}
    text = canonical({**row._asdict(), **moments})
    try:
        expected = hashlib.sha256(b"before" + text.encode()).digest()
    except UnicodeEncodeError:  # half of a surrogate pair, which commands refuse
        assume(False)
    assert chained(b"before", row) == expected
