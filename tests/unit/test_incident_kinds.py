from __future__ import annotations

from orderwright.api.graphql.incident import IncidentKind
from orderwright.runtime.incident import DUTIES


def test_the_api_knows_every_kind_of_incident():
    assert {kind.value for kind in IncidentKind} == set(DUTIES)
    assert all(kind.name == kind.value.upper() for kind in IncidentKind)
