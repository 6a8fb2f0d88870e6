"""What policies are made of: triggers with the facts that they bring, actions with what each is told."""

from __future__ import annotations

from collections.abc import Mapping

import strawberry

from orderwright.policy import TriggerType
from orderwright.policy.action import RECIPIENTS, Setting, is_restrictive


@strawberry.type
class PolicyFact:
    path: str
    type: str
    label: str
    items: str | None
    is_sensitive: bool


@strawberry.type(description="What sets policies off, with the facts that it brings.")
class PolicyTrigger:
    name: str
    label: str
    facts: list[PolicyFact]

    @classmethod
    def of(cls, one: TriggerType) -> PolicyTrigger:
        """Show a trigger."""
        facts = [
            PolicyFact(
                path=path,
                type=fact.type,
                label=fact.label or path,
                items=fact.items,
                is_sensitive=fact.sensitive,
            )
            for path, fact in one.facts.items()
        ]
        return cls(name=one.name, label=one.label or one.name, facts=facts)


@strawberry.type(description="One thing that an action is told.")
class PolicyActionSetting:
    key: str
    form: str = strawberry.field(
        description="text, template, duration, boolean, integer, choice, texts, role or recipient."
    )
    is_needed: bool
    choices: list[str] = strawberry.field(
        description="The words that are allowed, if they are listed; of a recipient the kinds."
    )

    @classmethod
    def of(cls, key: str, setting: Setting) -> PolicyActionSetting:
        """Show a key of a config."""
        choices = RECIPIENTS if setting.form == "recipient" else setting.choices
        return cls(key=key, form=setting.form, is_needed=setting.needed, choices=list(choices))


@strawberry.type(description="What a policy may do.")
class PolicyActionKind:
    name: str
    is_restrictive: bool = strawberry.field(description="Whether it stands in the way.")
    settings: list[PolicyActionSetting]

    @classmethod
    def of(cls, name: str, settings: Mapping[str, Setting]) -> PolicyActionKind:
        """Show an action."""
        told = [PolicyActionSetting.of(key, setting) for key, setting in settings.items()]
        return cls(name=name, is_restrictive=is_restrictive(name), settings=told)
