"""The settings that change while the house runs, as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from orderwright.api.graphql.context import Info
from orderwright.api.graphql.results import Refusal, answered_plainly
from orderwright.app import setting_desk as app


@strawberry.type
class SettingChange:
    before: int
    after: int
    by: str
    reason: str | None
    at: datetime


@strawberry.type(description="A setting that may be changed while the house runs.")
class Setting:
    name: strawberry.ID
    label: str
    value: int
    default: int = strawberry.field(description="Its value unless it is changed here.")
    low: int
    high: int
    changes: list[SettingChange] = strawberry.field(description="The latest, the newest first.")

    @classmethod
    def of(cls, setting: app.LiveSetting) -> Setting:
        """Show a setting."""
        changes = [
            SettingChange(
                before=one.before, after=one.after, by=one.by, reason=one.reason, at=one.at
            )
            for one in setting.changes
        ]
        return cls(
            name=strawberry.ID(setting.name),
            label=setting.label,
            value=setting.value,
            default=setting.default,
            low=setting.low,
            high=setting.high,
            changes=changes,
        )


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
        value: int,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> ChangeSettingResult:
        """Give a setting another value; what has begun keeps what it began with."""
        asked = info.context.asked(info, idempotency_key, reason)
        command = info.context.app.setting_desk.change(name, value, asked)
        return await answered_plainly(
            command, lambda one: SettingChanged(setting=Setting.of(one)), info.context
        )
