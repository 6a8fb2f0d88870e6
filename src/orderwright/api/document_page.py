"""The page on which documents are handed in: one form, without scripts, for people who have no login."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from fastapi.responses import HTMLResponse

if TYPE_CHECKING:
    from orderwright.app.policies.documents.intake import Wanted

PRIVATE: Final = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""Headers of everything that is about a person's papers."""
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem}"
    "label{display:block;margin:1rem 0 .25rem}button{margin-top:1.5rem;padding:.5rem 1.5rem;font:inherit}"
    ".refused{color:#a11}"
)


def page(address: str, wanted: Wanted, status: int, refused: str) -> HTMLResponse:
    """Return the page; `address` is where its form goes, escaped already."""
    said = f'<p class="refused" role="alert">{escape(refused)}</p>' if refused else ""
    body = f"<h1>Documents</h1>{_message(wanted)}{said}{_form(address, wanted)}"
    head = f'<meta charset="utf-8"><title>Documents</title><style>{_STYLE}</style>'
    head += '<meta name="viewport" content="width=device-width, initial-scale=1">'
    text = f'<!doctype html><html lang="en"><head>{head}</head><body><main>{body}</main></body></html>'
    headers = {**PRIVATE, "Content-Security-Policy": _POLICY}
    return HTMLResponse(text, status_code=status, headers=headers)


def _message(wanted: Wanted) -> str:
    message = f"<p>{escape(wanted.message)}</p>" if wanted.message else ""
    missing = ", ".join(map(escape, wanted.missing))
    still = f"<p>Please hand in, by {escape(wanted.due_at[:10])}: <b>{missing}</b>.</p>"
    return message + (still if wanted.missing and wanted.is_open else "")


def _form(address: str, wanted: Wanted) -> str:
    if not wanted.is_open:
        return "<p>Thank you. Nothing more is needed for now.</p>"
    kinds = "".join(
        f'<option value="{escape(one)}">{escape(one)}</option>'
        for one in [*wanted.missing, *(one for one in wanted.types if one not in wanted.missing)]
    )
    return (
        f'<form method="post" enctype="multipart/form-data" action="{address}">'
        f'<label for="type">Which document</label><select id="type" name="type">{kinds}</select>'
        '<label for="file">File (PDF, PNG or JPEG, up to 10 MiB)</label>'
        '<input id="file" name="file" type="file" accept="application/pdf,image/png,image/jpeg" required>'
        "<div><button>Send</button></div></form>"
    )
