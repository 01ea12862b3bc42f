"""Reports of a result: figures, and one HTML file."""

from __future__ import annotations

from riskkit.report import figures

__all__ = ["figures"]
