"""What can go wrong with the embedded database; every one leaves the data directory as it was."""

from __future__ import annotations

from orderwright.errors import RuntimeFault


class ForeignDirectory(RuntimeFault):
    """The data directory was not made by Orderwright, or by another major version of PostgreSQL."""

    code = "database.foreign_directory"


class BrokenDirectory(RuntimeFault):
    """The data directory is ours, but parts of it are missing or damaged."""

    code = "database.broken_directory"


class UnwritableDirectory(RuntimeFault):
    """The home directory cannot be made, read or written."""

    code = "database.unwritable_directory"


class WrongOwner(RuntimeFault):
    """The data directory belongs to an account as which the server cannot be run from here."""

    code = "database.wrong_owner"


class NoAccount(RuntimeFault):
    """PostgreSQL does not run as root, and no account for it exists or can be made."""

    code = "database.no_account"


class NoBinaries(RuntimeFault):
    """The wheel that carries PostgreSQL is missing or cannot run on this machine."""

    code = "database.no_binaries"


class NoSocket(RuntimeFault):
    """No directory for the server's Unix socket is short and safe enough."""

    code = "database.no_socket"


class StartFailed(RuntimeFault):
    """PostgreSQL did not start; the message ends with what it logged."""

    code = "database.start_failed"


class StopFailed(RuntimeFault):
    """PostgreSQL did not stop in time."""

    code = "database.stop_failed"


class InUse(RuntimeFault):
    """Another process uses the server that should be stopped."""

    code = "database.in_use"
    retryable = True


class Busy(RuntimeFault):
    """Another process has been starting or stopping the server for too long."""

    code = "database.busy"
    retryable = True
