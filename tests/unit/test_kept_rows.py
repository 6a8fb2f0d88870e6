"""Kept rows: what was written last, as much as there is room for, and nothing that was forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, strategies as st

from orderwright.runtime.kept import Kept

if TYPE_CHECKING:
    from orderwright.runtime.instance import Row

MOST = 20


def row(instance_id: str, root_id: str, size: int, version: int = 1) -> Row:
    return (
        instance_id,
        root_id,
        "parcel",
        1,
        version,
        "active",
        "OPEN",
        "x" * size,
        b"",
        None,
        None,
    )


def opened(most: int = MOST) -> Kept:
    made = Kept(most, each=0)
    made.open()
    return made


def test_nothing_is_kept_before_it_is_opened():
    closed = Kept(MOST)
    closed.keep(row("a", "r", 1))
    assert closed.row("a") is None


def test_what_was_written_longest_ago_goes_first():
    some = opened()
    for name in ("a", "b"):
        some.keep(row(name, "r", 8))
    some.keep(row("a", "r", 8, version=2))
    some.keep(row("c", "r", 8))
    assert [some.row(name) is not None for name in ("a", "b", "c")] == [True, False, True]
    assert some.row("a")[4] == 2


def test_what_is_larger_than_the_room_is_not_kept_and_takes_no_room():
    some = opened()
    some.keep(row("large", "r", MOST + 1))
    assert some.row("large") is None
    some.keep(row("a", "r", MOST))
    assert some.row("a") is not None


def test_a_row_takes_room_beside_its_snapshot():
    some = Kept(MOST, each=8)
    some.open()
    for name in ("a", "b", "c"):
        some.keep(row(name, "r", 1))
    assert [some.row(name) is not None for name in ("a", "b", "c")] == [False, True, True]


def test_all_of_a_root_is_forgotten_and_nothing_else():
    some = opened()
    for name, root in (("a", "r"), ("b", "r"), ("c", "s")):
        some.keep(row(name, root, 1))
    some.forget_roots({"r", "unknown"})
    assert [some.row(name) is not None for name in ("a", "b", "c")] == [False, False, True]
    some.forget_roots(None)
    assert some.row("c") is None


def test_one_that_comes_again_under_another_root_is_of_that_alone():
    """As where it was lost with its database, and made anew."""
    some = opened()
    some.keep(row("a", "r", 1))
    some.keep(row("a", "s", 1))
    some.forget_roots({"r"})
    assert some.row("a") is not None
    some.forget_roots({"s"})
    assert some.row("a") is None


names = st.sampled_from("abcdef")
writes = st.tuples(st.just("keep"), names, st.integers(0, MOST + 2))
forgets = st.tuples(st.just("forget"), names, st.just(0))
root_forgets = st.tuples(st.just("root"), st.sampled_from([*"01", None]), st.just(0))


@given(st.lists(st.one_of(writes, forgets, root_forgets), max_size=40))
def test_it_is_a_map_of_the_newest_that_fit(doings: list[tuple[str, str, int]]):
    some, model = opened(), {}
    for what, name, size in doings:
        if what == "keep":
            model.pop(name, None)
            model[name] = row(name, _root(name), size)
            some.keep(model[name])
            while sum(len(one[7]) for one in model.values()) > MOST:
                del model[next(iter(model))]
        elif what == "forget":
            model.pop(name, None)
            some.forget(name)
        else:
            model = {key: one for key, one in model.items() if name not in (None, one[1])}
            some.forget_roots(None if name is None else {name})
        assert {one: some.row(one) for one in "abcdef"} == {
            one: model.get(one) for one in "abcdef"
        }


def _root(name: str) -> str:
    return str(ord(name) % 2)
