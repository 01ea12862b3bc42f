"""Analyses beyond one comparison: stress, attribution, break-even, sweeps, parameter uncertainty."""

from __future__ import annotations

from riskkit.analysis._attribution import attribution
from riskkit.analysis._breakeven import breakeven
from riskkit.analysis._core_funded import core_funded
from riskkit.analysis._parameter_uncertainty import uncertainty
from riskkit.analysis._private_value import private_value
from riskkit.analysis._reverse_stress import reverse_stress
from riskkit.analysis._stress import stress
from riskkit.analysis._sweep import sweep

__all__ = [
    "attribution",
    "breakeven",
    "core_funded",
    "private_value",
    "reverse_stress",
    "stress",
    "sweep",
    "uncertainty",
]
