"""The settings, read once from the environment; only this module looks there.

Each is a variable with the prefix `ORDERWRIGHT_`; four names that hosts already use have none: `PORT` and the three
`SALE_...` of stale-sale expiry. A variable with one of our prefixes that we do not know is an error, because
a misspelt setting that silently keeps its default is found only after it has done harm.
"""

from __future__ import annotations

import base64
import binascii
import difflib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from orderwright.domain.approval import LeastRole
from orderwright.domain.orders.credit import Rule
from orderwright.errors import DefinitionInvalid
from orderwright.runtime.cron import Cron, ScheduleInvalid

if TYPE_CHECKING:
    from collections.abc import Iterable

_PREFIX = "ORDERWRIGHT_"
_PORTS = 65_536
_OURS = (_PREFIX, "SALE_EXPIRY_", "SALE_PENDING_EXPIRY_")
_TOLERATED = {"ORDERWRIGHT_TEST_DATABASE_URL"}  # tells the test suite, not us, where to run
_HIDDEN = "(hidden)"
_SHORTEST_KEY = 24  # bytes, as the specification of Standard Webhooks has it
_CRON_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_CRON_PART = re.compile(r"(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:/([1-9]\d?))?")


class SettingInvalid(DefinitionInvalid):
    """A variable is unknown, or its value has no meaning.

    Attributes:
        variable: its name in the environment.
    """

    code = "settings.invalid"

    def __init__(self, variable: str, value: str, expected: str) -> None:
        super().__init__(
            f"{variable}={value!r}: {expected}",
            values={"variable": variable, "value": value, "expected": expected},
        )
        self.variable = variable


def _postgresql(url: str) -> str:
    parts = urlsplit(url)
    if (
        parts.scheme not in {"postgresql", "postgres"}
        or not parts.path.strip("/")
        or not _has_ports(parts.netloc)
    ):
        raise ValueError("expected postgresql://user:password@host:port/database")
    return url


def _has_ports(place: str) -> bool:
    """Tell whether each of several hosts, as PostgreSQL takes them, has a port that can be one, or none."""
    hosts = place.rpartition("@")[2].split(",")
    ports = [host.rpartition("]")[2].partition(":")[2] for host in hosts]
    return all(not port or (port.isdecimal() and int(port) < _PORTS) for port in ports)


def _http(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("expected http://host:port")
    return url


def cron_text(text: str) -> str:
    """Return a cron expression as it was given.

    Raises:
        ValueError: it has no meaning; says what would have.
    """
    fields = text.split()
    if len(fields) != len(_CRON_BOUNDS):
        raise ValueError(
            "expected five fields: minute hour day month weekday, such as '0 * * * *'"
        )
    for field, (low, high) in zip(fields, _CRON_BOUNDS, strict=True):
        for part in field.split(","):
            match = _CRON_PART.fullmatch(part)
            if match is None or not all(low <= int(n) <= high for n in match.groups()[:2] if n):
                raise ValueError(
                    f"the field '{field}' is not a list of numbers from {low} to {high}"
                )
    try:
        Cron(text)
    except ScheduleInvalid as error:
        raise ValueError(str(error)) from error
    return text


def _standard_secret(text: str) -> str:
    try:
        key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        key = b""
    if len(key) < _SHORTEST_KEY:
        raise ValueError("expected whsec_ and at least 24 bytes in base64")
    return text


Secret = Annotated[str, Field(min_length=8, max_length=255)]
StandardSecret = Annotated[str, AfterValidator(_standard_secret)]


class Settings(BaseSettings):
    """What a process is told at its start; never changed afterwards."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_ignore_empty=True,
        frozen=True,
        populate_by_name=True,
        extra="forbid",
    )

    database_url: Annotated[str, AfterValidator(_postgresql)] | None = None
    """A PostgreSQL of yours; unset means the embedded one in `home`."""
    database_connections: int = Field(default=20, ge=4, le=1000)
    """How many connections one process may hold, over all its pools."""
    home: Path = Path(".orderwright")
    """Where the embedded database lives."""
    anchors: Path | None = None
    """Where daily anchors of the log are exported; unset means `anchors` in `home` with the embedded database, and
    nowhere with one of yours."""
    host: str = Field(default="127.0.0.1", min_length=1)
    """The address that `serve` listens on."""
    port: int = Field(
        default=8080, ge=1, le=65535, validation_alias=AliasChoices(f"{_PREFIX}PORT", "PORT")
    )
    """The port that `serve` listens on."""
    public_url: Annotated[str, AfterValidator(_http)] | None = None
    """Where people reach this house, such as `https://orders.example.com`: links in mail begin with it; unset means
    `host` and `port`."""
    metrics_port: int | None = Field(default=None, ge=1, le=65535)
    """The port on `host` where `orderwright worker` serves health and metrics; unset means nowhere."""
    worker: bool = True
    """Whether `serve` also fires timers and relays events; off where `orderwright worker` does."""
    job_concurrency: int = Field(default=16, ge=1, le=1000)
    """How many jobs one worker runs at a time."""
    grace_seconds: float = Field(default=10, gt=0, le=300)
    """How long jobs, webhooks and waits for locks may go on when a worker is told to end; others get them then."""
    event_retention_days: int = Field(default=30, ge=30, le=3650)
    """Days that domain events are kept, at least until every consumer has acknowledged them."""
    job_retention_days: int = Field(default=30, ge=30, le=3650)
    """Days that jobs are kept which nobody needs any more; until then their keys are known."""
    webhook_retention_days: int = Field(default=30, ge=1, le=3650)
    """Days that webhook deliveries are kept after they were sent or given up, with their attempts."""
    slot_retention_days: int = Field(default=90, ge=1, le=3650)
    """Days that the slots of schedules are kept after they were done or skipped."""
    incident_retention_days: int = Field(default=90, ge=1, le=3650)
    """Days that incidents are kept after they were resolved."""
    notification_retention_days: int = Field(default=90, ge=30, le=3650)
    """Days that notifications are kept, read or not."""
    policy_execution_retention_days: int = Field(default=400, ge=90, le=3650)
    """Days that executions of policies are kept, at least until nothing that follows from them stands or is open."""
    session_lifetime_hours: int = Field(default=12, ge=1, le=24 * 90)
    """How long a sign-in lasts."""
    session_cookie_secure: bool = False
    """Whether browsers send the session over HTTPS only; on wherever HTTPS is."""
    webhook_allow_loopback: bool = False
    """Whether webhooks may go to this machine, and over HTTP: for development."""
    stripe_consumer_secret: Secret | None = None
    """The secret of Stripe's endpoint for consumers' payments; unset refuses what comes there."""
    stripe_reseller_secret: Secret | None = None
    """The secret of Stripe's endpoint for resellers' payments; unset refuses what comes there."""
    paystack_consumer_secret: Secret | None = None
    """The secret key of the Paystack account for consumers' payments; unset refuses what comes there."""
    paystack_reseller_secret: Secret | None = None
    """The secret key of the Paystack account for resellers' payments; unset refuses what comes there."""
    standard_consumer_secret: StandardSecret | None = None
    """The secret, `whsec_...`, of Standard Webhooks for consumers' payments; unset refuses what comes there."""
    standard_reseller_secret: StandardSecret | None = None
    """The secret, `whsec_...`, of Standard Webhooks for resellers' payments; unset refuses what comes there."""
    receipt_bucket: Annotated[str, Field(min_length=3, max_length=63)] | None = None
    """The bucket of S3 for receipts; unset keeps them in the folder `receipts` of `home`."""
    receipt_s3_endpoint: Annotated[str, AfterValidator(_http)] | None = None
    """Where S3 answers, such as `https://s3.example.com`; unset means Amazon's."""
    receipt_s3_region: str | None = None
    """The region of the bucket."""
    receipt_s3_access_key: str | None = None
    """The access key of the bucket; unset leaves it to the credentials of the machine."""
    receipt_s3_secret_key: Secret | None = None
    """The secret key of the bucket."""
    smtp_host: str | None = Field(default=None, min_length=1)
    """The server that mail goes through; unset means that no mail is sent."""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    """Its port."""
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection to it is secured: at its beginning (`tls`), soon after (`starttls`), or not at all."""
    smtp_user: str | None = None
    """The name to sign in with; unset means not to."""
    smtp_password: SecretStr | None = None
    """The password to sign in with."""
    mail_from: str = Field(default="orderwright@localhost", pattern=r"^[^@\s]+@[^@\s]+$")
    """The address that mail comes from."""
    otlp_endpoint: Annotated[str, AfterValidator(_http)] | None = None
    """Where traces go, over OTLP and HTTP, such as `http://127.0.0.1:4318`; unset means nowhere."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """What is logged."""
    log_format: Literal["console", "json"] = "console"
    """How it is logged."""

    credit_limit_rule: Rule = Rule.EARNED_CAPPED
    """What a credit limit is where no custom one is set: the smaller of what the tier allows and what completed sales
    have earned, or what the tier allows alone."""

    sale_pending_expiry_minutes: int = Field(
        default=1440, ge=0, le=525_600, validation_alias="SALE_PENDING_EXPIRY_MINUTES"
    )
    """Minutes after which an unpaid sale expires; 0 never."""
    sale_expiry_cron: Annotated[str, AfterValidator(cron_text)] = Field(
        default="0 * * * *", validation_alias="SALE_EXPIRY_CRON"
    )
    """When the expiry timers are checked and repaired."""
    sale_expiry_batch_size: int = Field(
        default=100, ge=1, le=10_000, validation_alias="SALE_EXPIRY_BATCH_SIZE"
    )
    """How many sales one such check takes at a time."""
    return_window_days: int = Field(default=14, ge=0, le=365)
    """Days from delivery in which a customer may return."""
    delivery_attempt_limit: int = Field(default=3, ge=1, le=20)
    """Failed deliveries after which a fulfilment fails."""
    approval_low_band_up_to: int = Field(default=1_000, ge=0, le=1_000_000_000)
    """Amount in whole major units up to which the low band of approvals reaches."""
    approval_low_band_approvers: int = Field(default=1, ge=1, le=10)
    """How many distinct people approve an amount of the low band."""
    approval_low_band_role: LeastRole = LeastRole.MANAGER
    """The role that one of them has at least; with MANAGER anybody who may decide is enough."""
    approval_middle_band_up_to: int = Field(default=100_000, ge=0, le=1_000_000_000)
    """Amount in whole major units up to which the middle band reaches; what is in the low band is not in this one."""
    approval_middle_band_approvers: int = Field(default=2, ge=1, le=10)
    """How many distinct people approve an amount of the middle band."""
    approval_middle_band_role: LeastRole = LeastRole.MANAGER
    """The role that one of them has at least."""
    approval_high_band_approvers: int = Field(default=2, ge=1, le=10)
    """How many distinct people approve an amount above both bands."""
    approval_high_band_role: LeastRole = LeastRole.ADMIN
    """The role that one of them has at least."""
    approval_validity_days: int = Field(default=7, ge=1, le=365)
    """Days in which an approval is decided, and for which it then holds."""
    quotation_validity_days: int = Field(default=30, ge=1, le=365)
    """Days for which a quotation holds unless it says otherwise."""
    case_sla_minutes: int = Field(default=1440, ge=0, le=525_600)
    """Minutes in which a case is to be resolved that a domain event opens; 0 for no term."""
    case_urgent_sla_minutes: int = Field(default=480, ge=0, le=525_600)
    """The same for a case of high or urgent priority."""

    @property
    def address(self) -> str:
        """Where people reach this house, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


def load_settings() -> Settings:
    """Read the environment.

    Raises:
        SettingInvalid: a variable of ours is unknown or its value is not acceptable; names the first one.
    """
    _refuse_unknown(os.environ)
    try:
        return Settings()
    except ValidationError as error:
        raise _translate(error) from None


def variables() -> frozenset[str]:
    """Return the name of every variable that `load_settings` reads."""
    return frozenset(name for names in _names().values() for name in names)


def _names() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for field, info in Settings.model_fields.items():
        alias = info.validation_alias
        if isinstance(alias, AliasChoices):
            found[field] = tuple(str(choice) for choice in alias.choices)
        else:
            found[field] = (alias if isinstance(alias, str) else f"{_PREFIX}{field.upper()}",)
    return found


def _refuse_unknown(given: Iterable[str]) -> None:
    known = variables() | _TOLERATED
    for name in sorted(given):
        if name.upper().startswith(_OURS) and name.upper() not in known:
            near = difflib.get_close_matches(name.upper(), sorted(variables()), n=1, cutoff=0.5)
            expected = f"did you mean {near[0]}?" if near else "no setting has this name"
            # What it was to be is not known: it may well be a secret.
            raise SettingInvalid(name, _HIDDEN, f"unknown setting; {expected}")


def _translate(error: ValidationError) -> SettingInvalid:
    problem = error.errors(include_url=False)[0]
    place = str(problem["loc"][0])
    names = next(names for field, names in _names().items() if place in {field, *names})
    variable = next((name for name in names if name in os.environ), names[0])
    expected = problem["msg"].removeprefix("Value error, ")
    return SettingInvalid(variable, _shown(variable, str(problem["input"])), expected)


def _shown(variable: str, value: str) -> str:
    """Show a value, but never a password in it."""
    if "://" in value:
        return re.sub(r"(passw\w*=)[^&]*", r"\1***", re.sub(r"(?s)://.*@", "://***@", value))
    secret = any(word in variable.upper() for word in ("URL", "PASSWORD", "SECRET"))
    return _HIDDEN if secret else value
