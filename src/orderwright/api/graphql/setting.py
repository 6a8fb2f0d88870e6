"""The settings that change while the house runs, as the API shows them."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Final, cast

import strawberry

from orderwright.api.graphql.context import Info
from orderwright.api.graphql.results import Refusal, answered_plainly
from orderwright.api.graphql.scalars import SettingValue
from orderwright.app import setting_desk as app
from orderwright.app.setting_kind import Choice, CronExpression, WholeNumber

if TYPE_CHECKING:
    from orderwright.app.setting_kind import Value


@strawberry.type
class SettingChange:
    before: SettingValue
    after: SettingValue
    by: str
    reason: str | None
    at: datetime


@strawberry.enum
class SettingKind(Enum):
    NUMBER = "NUMBER"
    CHOICE = "CHOICE"
    CRON = "CRON"


@strawberry.type
class SettingChoice:
    value: SettingValue
    label: str


@strawberry.type(description="A setting that may be changed while the house runs.")
class Setting:
    name: strawberry.ID
    label: str
    kind: SettingKind
    value: SettingValue
    default: SettingValue = strawberry.field(description="Its value unless it is changed here.")
    low: int | None = strawberry.field(description="The least number; of a number only.")
    high: int | None = strawberry.field(description="The largest number; of a number only.")
    choices: list[SettingChoice] = strawberry.field(description="What a choice is among.")
    changes: list[SettingChange] = strawberry.field(description="The latest, the newest first.")

    @classmethod
    def of(cls, setting: app.LiveSetting) -> Setting:
        """Show a setting."""
        kind = setting.kind
        changes = [
            SettingChange(
                before=SettingValue(one.before),
                after=SettingValue(one.after),
                by=one.by,
                reason=one.reason,
                at=one.at,
            )
            for one in setting.changes
        ]
        return cls(
            name=strawberry.ID(setting.name),
            label=setting.label,
            kind=_KINDS[type(kind)],
            value=SettingValue(setting.value),
            default=SettingValue(setting.default),
            low=kind.low if isinstance(kind, WholeNumber) else None,
            high=kind.high if isinstance(kind, WholeNumber) else None,
            choices=_choices(kind) if isinstance(kind, Choice) else [],
            changes=changes,
        )


def _choices(kind: Choice) -> list[SettingChoice]:
    return [
        SettingChoice(value=SettingValue(value), label=label)
        for value, label in kind.labels.items()
    ]


_KINDS: Final = {
    WholeNumber: SettingKind.NUMBER,
    Choice: SettingKind.CHOICE,
    CronExpression: SettingKind.CRON,
}


@strawberry.type
class SettingChanged:
    setting: Setting


ChangeSettingResult = Annotated[SettingChanged | Refusal, strawberry.union("ChangeSettingResult")]


@strawberry.type
class SettingsQuery:
    @strawberry.field
    async def settings(self, info: Info) -> list[Setting]:
        """Every setting that may be changed while the house runs."""
        found = await info.context.app.setting_desk.settings(info.context.by)
        return [Setting.of(one) for one in found]


@strawberry.type
class SettingsMutation:
    @strawberry.mutation
    async def change_setting(
        self,
        info: Info,
        name: strawberry.ID,
        value: SettingValue,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> ChangeSettingResult:
        """Give a setting another value; what has begun keeps what it began with, if nothing else is said of it."""
        asked = info.context.asked(info, idempotency_key, reason)
        command = info.context.app.setting_desk.change(name, cast("Value", value), asked)
        return await answered_plainly(
            command, lambda one: SettingChanged(setting=Setting.of(one)), info.context
        )
