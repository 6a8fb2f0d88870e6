"""`python -m orderwright.cli`, where the script is not on the PATH."""

from __future__ import annotations

import sys

from orderwright.cli import main

sys.exit(main())
