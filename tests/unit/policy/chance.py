"""Draw random policies, and facts for them; from one seed always the same."""

from __future__ import annotations

from random import Random  # noqa: TID251 (tests)

from policies import CONFIGS, FACTS, action, condition, eur, graph, rule, trigger

from orderwright.money import Money

WORDS = ["", "a", "ab", "KP", "DE"]
COUNTS = [-1, 0, 1, 2, 0.5, 1.25]
EUROS = ["-0.01", "0.00", "0.01", "2.00"]
TEXTS = ["userId", "user.country", "user.email", "user.domain"]
MONEY = ["amount", "limit"]
ODD = [None, 1, "a", True, Money(1, "USD"), Money(1, "EUR"), ["a"], 1.25, "KP"]


def known_facts(chance: Random) -> dict[str, object]:
    """Facts without missing values, of their types and of one currency."""
    user = {"country": chance.choice(WORDS), "email": chance.choice(WORDS)}
    user["domain"] = chance.choice(WORDS).lower()
    return {
        "amount": Money.parse(chance.choice(EUROS), "EUR"),
        "limit": Money.parse(chance.choice(EUROS), "EUR"),
        "userId": chance.choice(WORDS),
        "user": {**user, "orders": chance.choice(COUNTS)},
        "tags": chance.sample(WORDS, chance.randrange(4)),
        "verified": chance.random() < 0.5,
    }


def some_facts(chance: Random) -> dict[str, object]:
    """Facts of which some are missing and some of another type or currency."""
    known = known_facts(chance)
    flat = {**known, **{f"user.{key}": held for key, held in known.pop("user").items()}}  # type: ignore[attr-defined]
    del flat["user"]
    kept = {name: held for name, held in flat.items() if chance.random() < 0.7}
    return {name: chance.choice(ODD) if chance.random() < 0.2 else kept[name] for name in kept}


def _money(chance: Random) -> object:
    return eur(chance.choice(EUROS))


def _count(chance: Random) -> object:
    return chance.choice(COUNTS)


def _word(chance: Random) -> object:
    return chance.choice(WORDS)


FAMILIES = [(MONEY, _money), (["user.orders"], _count), (TEXTS, _word)]


def _other(chance: Random, fields: list[str], value: object) -> object:
    """A literal, or another fact of the same type."""
    return value if chance.random() < 0.7 else {"fact": chance.choice(fields)}


def _null(chance: Random) -> dict:
    return rule(chance.choice([*FACTS]), chance.choice(["is_null", "is_not_null"]))


def _truth(chance: Random) -> dict:
    return rule("verified", chance.choice(["==", "!="]), chance.random() < 0.5)


def _entry(chance: Random) -> dict:
    operator = chance.choice(["contains", "not_contains"])
    return rule("tags", operator, _other(chance, TEXTS, _word(chance)))


def _member(chance: Random) -> dict:
    fields, value = chance.choice(FAMILIES)
    listed: object = [value(chance) for _ in range(chance.randrange(4))]
    if fields is TEXTS and chance.random() < 0.3:
        listed = {"list": "countries"}
    return rule(chance.choice(fields), chance.choice(["in", "not_in"]), listed)


def _range(chance: Random) -> dict:
    fields, value = chance.choice(FAMILIES)
    return rule(chance.choice(fields), "between", [value(chance), value(chance)])


def _order(chance: Random) -> dict:
    fields, value = chance.choice(FAMILIES)
    operator = chance.choice("== == != > < >= <=".split())
    return rule(chance.choice(fields), operator, _other(chance, fields, value(chance)))


def _pattern(chance: Random) -> dict:
    return rule(chance.choice(TEXTS), "matches", chance.choice(["a", "^K", "b$", "^$"]))


def _part(chance: Random) -> dict:
    operator = chance.choice(["contains", "not_contains"])
    return rule(chance.choice(TEXTS), operator, _other(chance, TEXTS, _word(chance)))


def _edge(chance: Random) -> dict:
    operator = chance.choice(["starts_with", "ends_with"])
    return rule(chance.choice(TEXTS), operator, _word(chance))


FORMS = [_null, _truth, _entry, _member, _range, _order, _order, _pattern, _part, _edge]


def typed_rule(chance: Random) -> dict:
    """A rule whose value fits its field."""
    return chance.choice(FORMS)(chance)


def group(chance: Random, depth: int = 0) -> dict:
    """A group of one to three rules and groups."""
    nested = depth < 2 and chance.random() < 0.4
    members = [typed_rule(chance) for _ in range(chance.randrange(1, 4))]
    if nested:
        members[0] = group(chance, depth + 1)
    combinator = chance.choice(["and", "or"])
    return {"combinator": combinator, "not": chance.random() < 0.25, "rules": members}


def document(chance: Random) -> dict:
    """A policy of one to four conditions; each leads to a later one or to an action, on one exit or on both."""
    count = chance.randrange(1, 5)
    does = [chance.choice(sorted(CONFIGS)) for _ in range(chance.randrange(1, 4))]
    nodes = [condition(f"c{i}", group(chance)) for i in range(count)]
    ends = [action(f"a{i}", what) for i, what in enumerate(does)]
    edges = {"t c0"}
    for i in range(count):
        later = [f"c{j}" for j in range(i + 1, count)] + [one["id"] for one in ends]
        for answer in chance.choice([["true"], ["false"], ["true", "false"]]):
            edges.add(f"c{i} {answer} {chance.choice(later)}")
    names = [one["id"] for one in nodes]
    edges |= {f"t {name}" for name in names if not _led_to(name, edges)}
    edges |= {f"c0 true {one['id']}" for one in ends if not _led_to(one["id"], edges)}
    priority = chance.randrange(3)
    return graph([trigger(), *nodes, *ends], *sorted(edges), priority=priority)


def _led_to(name: str, edges: set[str]) -> bool:
    return any(edge.split()[-1] == name for edge in edges)


def documents(chance: Random) -> list[dict]:
    """One to eight policies."""
    return [document(chance) for _ in range(chance.randrange(1, 9))]


def facts(chance: Random) -> dict[str, object]:
    """Facts of which half of the time nothing is missing."""
    return known_facts(chance) if chance.random() < 0.5 else some_facts(chance)
