"""What the catalogue of domain events says of each: a name, what its data is, and a version of that promise.

Consumers and subscribers rely on it. A new version is due when a property goes, changes its meaning or becomes
optional; a property that is added keeps the version, so readers ignore properties that they do not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orderwright.domain.reading import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class EventType:
    """A kind of domain event.

    Attributes:
        name: dotted lower case.
        description: when it happens, in one sentence.
        properties: of the data, each with its JSON Schema; all of them are always there.
        version: of the data's shape.
    """

    name: str
    description: str
    properties: Mapping[str, Mapping[str, Json]]
    version: int = 1

    @property
    def schema(self) -> dict[str, Json]:
        """The JSON Schema of the data."""
        properties = {name: dict(schema) for name, schema in self.properties.items()}
        return {"type": "object", "properties": properties, "required": list(properties)}
