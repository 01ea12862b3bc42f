"""Published figures on key persons and single stocks."""

from __future__ import annotations

from riskkit.evidence._figures import Figure, table

__all__ = ["Figure", "table"]
