"""The documentation keeps pace with the code: links, codes, settings, charts."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from generated_docs import PAGES, refreshed
from graphql import parse, validate

import orderwright
from orderwright.api.graphql import schema
from orderwright.api.problems import TRANSPORT_CODES
from orderwright.app.telemetry.catalogue import CATALOGUE as METRICS
from orderwright.cli import COMMANDS
from orderwright.errors import OrderwrightError

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "web" / "README.md"]
)
REFUSALS = frozenset(
    "unhandled blocked guard_error guard_unknown action_error loop done snapshot_mismatch "
    "event_unknown event_data event_reserved instance_exists balance_guard".split()
)
BESIDE = frozenset({"graphql.invalid"})  # given by the GraphQL door itself
SCHEMES = ("http://", "https://", "mailto:")


def named(documents: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in documents]


# --- links ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("document", named(DOCUMENTS))
def test_every_internal_link_leads_somewhere(document: str):
    path = ROOT / document
    broken = [target for target in links(path) if not resolves(path, target)]
    assert broken == []


def test_every_page_can_be_reached_from_the_readme():
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page not in reached and page.suffix == ".md":
            reached.add(page)
            waiting.extend(page.parent / file_of(link) for link in links(page) if file_of(link))
    pages = set((ROOT / "docs").rglob("*.md"))
    assert pages - reached == set()


def links(page: Path) -> list[str]:
    """The targets of a page that are files of ours or places in the page; what is code is no link."""
    prose = re.sub(r"`[^`\n]*`", "", without_blocks(page.read_text(encoding="utf-8")))
    found = re.findall(r"\]\(([^)\s]+)\)", prose) + re.findall(r'(?:src|srcset)="([^"]+)"', prose)
    return [target for target in found if not target.startswith(SCHEMES)]


def resolves(page: Path, target: str) -> bool:
    file, _, anchor = target.partition("#")
    aim = (page.parent / file).resolve() if file else page
    if not aim.exists() or not aim.is_relative_to(ROOT):
        return False
    return not anchor or anchor in anchors(aim)


def anchors(page: Path) -> set[str]:
    """The places that a page offers, named as GitHub names them."""
    prose = without_blocks(page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def file_of(link: str) -> str:
    return link.partition("#")[0]


def without_blocks(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


# --- codes ----------------------------------------------------------------------------------------


def test_every_code_has_a_section_and_every_section_a_code():
    assert sections() == codes() | REFUSALS | BESIDE | frozenset(TRANSPORT_CODES.values())


def test_the_sections_stand_in_order_and_have_cause_and_cure():
    page = errors_page()
    listed = re.findall(r"^## `(.+)`$", page, re.MULTILINE)
    assert listed == sorted(set(listed))
    for body in re.split(r"^## `.+`$", page, flags=re.MULTILINE)[1:]:
        assert re.fullmatch(r"\s*\*\*Cause\.\*\* .+\n\*\*Cure\.\*\* .+", body, re.DOTALL), body


def test_the_refusals_are_those_that_the_code_gives():
    given = set()
    for folder in ("statechart", "runtime"):
        for file in (ROOT / "src" / "orderwright" / folder).rglob("*.py"):
            source = file.read_text(encoding="utf-8")
            given.update(re.findall(r'\b(?:Stop|Refused)\(\s*"(\w+)"', source))
    assert given == REFUSALS


def sections() -> set[str]:
    return set(re.findall(r"^## `(.+)`$", errors_page(), re.MULTILINE))


def errors_page() -> str:
    return (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")


def codes() -> set[str]:
    """The codes of every error of ours, those of branches included."""
    for module in pkgutil.walk_packages(orderwright.__path__, "orderwright."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    ours = [kind for kind in descendants(OrderwrightError) if kind.__module__.startswith("orderw")]
    assert all("code" in vars(kind) for kind in ours), "an error without a code of its own"
    return {kind.code for kind in ours}


def descendants(kind: type[OrderwrightError]) -> Iterator[type[OrderwrightError]]:
    for child in kind.__subclasses__():
        yield child
        yield from descendants(child)


# --- what follows from the code -------------------------------------------------------------------


@pytest.mark.parametrize("page", named(list(PAGES)))
def test_the_generated_parts_are_fresh(page: str):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert "<!-- generated: " in text
    assert text == refreshed(text), "run: .venv/bin/python tests/unit/generated_docs.py"


def test_alerts_and_questions_ask_for_figures_that_exist():
    page = (ROOT / "docs" / "how-to" / "watch-in-production.md").read_text(encoding="utf-8")
    families = {family.name: family for family in METRICS}
    asked = re.findall(r"\b(orderwright_\w+)(?:\{([^}]*)\})?", page)
    for name, chosen in asked:
        family = families.get(re.sub(r"_(bucket|sum|count)$", "", name)) or families[name]
        labels = set(re.findall(r"(\w+)!?=", chosen))
        assert labels <= set(family.labels), name
    assert len({name for name, _ in asked}) > 10


def test_the_reference_lists_every_command():
    page = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^## `orderwright (\w+)", page, re.MULTILINE)) == set(COMMANDS)


def test_the_reasons_of_the_lifecycles_are_listed():
    given = set()
    for file in (ROOT / "src" / "orderwright" / "domain").rglob("*.py"):
        source = file.read_text(encoding="utf-8")
        given.update(re.findall(r'Verdict\([^"]*"([a-z]+\.[a-z_]+)"', source))
    page = (ROOT / "docs" / "reference" / "lifecycles.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([a-z_.]+)` \|", page.partition("## Reasons")[2], re.MULTILINE))
    assert given
    assert given <= listed


@pytest.mark.parametrize("document", named(DOCUMENTS))
def test_every_graphql_request_that_is_shown_fits_the_schema(document: str):
    text = (ROOT / document).read_text(encoding="utf-8")
    for request in requests(text):
        assert validate(schema._schema, parse(request)) == [], request


def requests(text: str) -> list[str]:
    """The GraphQL of a page: in blocks of its own, and in what is sent by the shell."""
    shown = re.findall(r"^```graphql\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    sent = [json.loads(one) for one in re.findall(r'\{"query": ("(?:[^"\\]|\\.)*")', text)]
    return [*shown, *(one.replace("data: $2", "data: {}") for one in sent)]


# --- the readme -----------------------------------------------------------------------------------


def test_the_readme_fits_one_screen():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 80


def test_the_pictures_are_small():
    pictures = list((ROOT / "docs" / "images").iterdir())
    assert pictures
    assert all(picture.stat().st_size < 200_000 for picture in pictures)
