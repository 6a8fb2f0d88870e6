"""Mail as a job: written in the transaction of its cause, sent after it, at least once.

A message that is sent twice, because its host died in between, carries the same Message-ID, by which mailboxes
recognise it. A server that will not take a message for now is asked again; one that refuses it for good ends the job.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.message import EmailMessage
from typing import TYPE_CHECKING, Final

import aiosmtplib

from orderwright.errors import Gateway
from orderwright.runtime.identity import derived_id
from orderwright.runtime.job import JobKind, JobRun

if TYPE_CHECKING:
    from orderwright.app.settings import Settings

MAIL: Final = "mail"
"""The kind of these jobs; the payload holds `to`, `subject` and `body`."""
_PERMANENT: Final = 500
_SECONDS: Final = 30


class MailRefused(Gateway):
    """The mail server refuses a message for good; the job becomes a dead letter at once."""

    code = "mail.refused"
    retryable = False


class MailUndelivered(Gateway):
    """The mail server cannot be reached, or does not take a message for now; it is tried again."""

    code = "mail.undelivered"


def mail_kind(settings: Settings) -> JobKind:
    """Return the kind of job that sends mail through the server of the settings."""

    async def send(run: JobRun) -> None:
        if not isinstance(run.payload, Mapping):
            raise MailRefused(f"the payload of {run.job_id} is no message")
        await _send(_message(run, run.payload, settings.mail_from), settings)

    return JobKind(name=MAIL, handle=send, timeout_seconds=2 * _SECONDS)


def _message(run: JobRun, payload: Mapping[str, object], sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = sender, str(payload["to"])
    message["Subject"] = str(payload["subject"])
    message["Message-ID"] = f"<{derived_id(run.key)}@{sender.rpartition('@')[2]}>"
    message.set_content(str(payload["body"]))
    return message


async def _send(message: EmailMessage, settings: Settings) -> None:
    secret = settings.smtp_password
    try:
        await aiosmtplib.send(
            message,
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_user,
            password=secret.get_secret_value() if secret else None,
            use_tls=settings.smtp_security == "tls",
            start_tls=settings.smtp_security == "starttls",
            timeout=_SECONDS,
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        raise _failure(max(one.code for one in error.recipients), error) from error
    except aiosmtplib.SMTPResponseException as error:
        raise _failure(error.code, error) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise MailUndelivered(f"{settings.smtp_host}: {error}") from error


def _failure(code: int, error: Exception) -> Gateway:
    kind = MailRefused if code >= _PERMANENT else MailUndelivered
    return kind(f"the mail server answers {code}: {error}", values={"code": code})
