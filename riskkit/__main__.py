"""``python -m riskkit`` is the command ``riskkit``."""

from __future__ import annotations

import sys

from riskkit.cli import main

sys.exit(main())
