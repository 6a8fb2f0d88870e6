"""The part of the house that does what policies have decided, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderwright.app.policies.answers import PolicyAnswers
from orderwright.app.policies.documents.desk import DocumentDesk
from orderwright.app.policies.documents.following import DocumentsFollowed
from orderwright.app.policies.documents.intake import DocumentIntake
from orderwright.app.policies.documents.listing import DocumentList
from orderwright.app.policies.endings import Endings
from orderwright.app.policies.entity import House
from orderwright.app.receipt_store import ReceiptStore
from orderwright.runtime.job_queue import JobQueue

if TYPE_CHECKING:
    from orderwright.app.live_settings import LiveSettings
    from orderwright.app.policies.acting import Actions
    from orderwright.app.queries import Queries
    from orderwright.app.settings import Settings
    from orderwright.runtime.consumer import Consumer
    from orderwright.runtime.engine import Engine


class Acts:
    """Does actions, and what follows from them.

    Attributes:
        actions: does what is stored, at once or by jobs.
        document_intake: takes documents by a link; `document_desk` is what people do about them, with permissions,
            and `document_list` shows the requests.
    """

    def __init__(
        self,
        engine: Engine,
        queries: Queries,
        settings: Settings,
        live: LiveSettings,
        actions: Actions,
    ) -> None:
        store = ReceiptStore(settings)
        self._house = House(engine=engine, jobs=JobQueue(engine), settings=live)
        self._address = settings.address
        self.actions = actions
        self.document_intake = DocumentIntake(engine, store)
        self.document_desk = DocumentDesk(engine, store)
        self.document_list = DocumentList(engine.pool, queries)
        actions.serve(self._house)

    def consumers(self) -> list[Consumer]:
        """Return the consumers that the relay feeds."""
        following = DocumentsFollowed(self._house, self._address)
        return [
            PolicyAnswers(self._house).consumer(),
            Endings(self._house.engine).consumer(),
            following.consumer(),
        ]
