"""What is shown of a result."""

from __future__ import annotations

from riskkit.report import figures

__all__ = ["figures"]
