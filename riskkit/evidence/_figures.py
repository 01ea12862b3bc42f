"""Published figures: each with its spread, period, sample and source."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import pandas as pd

__all__ = ["NOT_STATED", "Figure", "figures", "table"]

#: The table as it ships.
FILE = Path(__file__).with_name("figures.toml")

NOT_STATED = "not stated"


@dataclass(frozen=True)
class Figure:
    """A published figure.

    Attributes
    ----------
    quantity : str
        What was measured.
    value : float
        In `unit`; losses are negative returns, as published.
    unit : str
        "fraction" unless stated otherwise: 0.4 is 40 %.
    spread : str
        As published, or "not stated".
    period, sample : str
        Of the data, or "not stated".
    source : str
        Where the figure stands.
    read : str
        "at the source" (often its abstract or opening), "second-hand" or "computed".
    note : str
        Reservations; may be empty.
    """

    quantity: str
    value: float
    unit: str
    spread: str
    period: str
    sample: str
    source: str
    read: str
    note: str

    @property
    def citation(self) -> str:
        """Source, period and sample in a line; second-hand and computed figures say so."""
        details = [each for each in (self.sample, self.period) if each != NOT_STATED]
        if self.read != "at the source" and self.read not in self.source:
            details.append(self.read)
        return self.source + (f" ({'; '.join(details)})" if details else "")


@cache
def figures() -> Mapping[str, Figure]:
    """Return all figures by their short names."""
    studies = tomllib.loads(FILE.read_text(encoding="utf-8"))["study"]
    return MappingProxyType(
        {
            name: Figure(
                quantity=figure["quantity"],
                value=float(figure["value"]),
                unit=figure.get("unit", "fraction"),
                spread=figure.get("spread", NOT_STATED),
                period=study["period"],
                sample=study["sample"],
                source=study["source"],
                read=study["read"],
                note=figure.get("note", ""),
            )
            for study in studies
            for name, figure in study["figures"].items()
        }
    )


def table() -> pd.DataFrame:
    """Return the published figures on key persons, single stocks, hedges and exchange funds.

    Returns
    -------
    DataFrame
        A row a figure, indexed by its short name, with columns ``quantity``, ``value`` (in its ``unit``: a fraction
        unless stated otherwise; a loss is a negative return), ``unit``, ``spread``, ``period``, ``sample``, ``source``,
        ``read`` ("at the source", "second-hand" or "computed") and ``note``. Text that a source does not give is
        "not stated"; no value is NaN.

    Examples
    --------
    >>> import riskkit as rk
    >>> print(rk.evidence.table().loc["ten_year_excess", ["value", "period", "source"]].to_string())
    value                           -0.079
    period                    1926 to 2022
    source    Petajisto 2023, ssrn 4541122
    """
    rows = {name: asdict(figure) for name, figure in figures().items()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("figure")
