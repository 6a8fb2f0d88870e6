"""Reading a page of figures as Prometheus reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Page:
    """A page of `/metrics`."""

    text: str

    def samples(self, name: str, **labels: str) -> list[float]:
        return [value for _, value in self._matching(name, labels)]

    def value(self, name: str, **labels: str) -> float:
        """The sum of the samples with these labels; 0 without any."""
        return sum(self.samples(name, **labels))

    def labels(self, name: str) -> list[dict[str, str]]:
        return [given for given, _ in self._matching(name, {})]

    def families(self) -> set[str]:
        return {family.name for family in text_string_to_metric_families(self.text)}

    def _matching(
        self, name: str, labels: dict[str, str]
    ) -> Iterator[tuple[dict[str, str], float]]:
        for family in text_string_to_metric_families(self.text):
            for sample in family.samples:
                if (
                    sample.name == f"orderwright_{name}"
                    and labels.items() <= sample.labels.items()
                ):
                    yield sample.labels, sample.value
