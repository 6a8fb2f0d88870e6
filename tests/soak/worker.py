"""A worker of the soak, in a process of its own: that of the house, with a witness, and with work outside.

`python -m soak.worker URL FOLDER`: until it is asked to end.
"""

from __future__ import annotations

import sys
from pathlib import Path

import uvloop

from orderwright import Orderwright
from orderwright.app.expiry import ACTION
from orderwright.app.log import configure_log
from orderwright.app.settings import Settings
from orderwright.cli import running
from orderwright.runtime.clockwork import Clockwork
from orderwright.runtime.job_runner import JobRunner
from orderwright.runtime.watch import Watch
from orderwright.runtime.webhook.fan_out import webhooks_consumer
from orderwright.runtime.worker import Worker
from soak.errand import LEASE, errands, kind
from soak.witness import WITNESS

SETTINGS = Settings(database_connections=10, webhook_allow_loopback=True, log_level="warning")


async def work(url: str, folder: Path) -> None:
    """Work until asked to end."""
    configure_log(SETTINGS)
    connecting = Orderwright.connect(url, settings=SETTINGS, kinds=[kind("note", folder)])
    async with connecting as app, running.stop_signal() as stop:
        calls = JobRunner(await errands(app, folder), lease=LEASE)
        worker = Worker(
            app.engine,
            [
                app.policies.relayed.consumer(),
                app.phases.consumer(),
                webhooks_consumer(),
                WITNESS,
            ],
            app.listener,
            jobs=JobRunner(app.engine, lease=LEASE),
            clockwork=Clockwork(
                app.engine, actions={ACTION: app.expiry.sweep}, schedules=[app.expiry.schedule]
            ),
            duties=[app.courier.run, calls.run, Watch(app.engine, app.anchors).run],
        )
        await worker.run(stop)


if __name__ == "__main__":
    uvloop.run(work(sys.argv[1], Path(sys.argv[2])))
