"""Lines of text about the assets of a market: their dividend yields and what is uncertain."""

from __future__ import annotations

from collections.abc import Mapping

from riskkit._core.format import grouped
from riskkit.market.diffusion._asset import Asset
from riskkit.market.diffusion._uncertain import Uncertain

__all__ = ["dividend_lines", "uncertain_lines"]


def dividend_lines(assets: Mapping[str, Asset], expected_return: str) -> list[str]:
    """A line about the dividend yields, if some asset pays dividends; `expected_return` is how the return is called.

    Examples
    --------
    >>> dividend_lines({"A": Asset(0.08, 0.2, dividend_yield=0.03), "B": Asset(0.04, 0.0)}, "Expected return")
    ['Dividend yield a year, part of the expected return: 3 % (A)']
    """
    yields = {name: asset.dividend_yield for name, asset in assets.items() if asset.dividend_yield > 0.0}
    if not yields:
        return []
    paid = grouped(yields, alone=len(yields) == len(assets))
    return [f"Dividend yield a year, part of the {expected_return.lower()}: {paid}"]


def uncertain_lines(assets: Mapping[str, Asset]) -> list[str]:
    """Lines about the uncertain parameters of the assets.

    Examples
    --------
    >>> uncertain_lines({"A": Asset(Uncertain(0.08, 0.02), 0.2), "B": Asset(0.04, 0.0)})
    ['Expected return not known to: 2 % (A)']
    """
    lines = []
    for attribute in ("expected_return", "volatility"):
        values = {name: getattr(asset, attribute) for name, asset in assets.items()}
        uncertain = {name: value for name, value in values.items() if isinstance(value, Uncertain)}
        if uncertain:
            deviations = grouped(
                {name: value.sd for name, value in uncertain.items()}, alone=len(uncertain) == len(values)
            )
            lines.append(f"{attribute.replace('_', ' ').capitalize()} not known to: {deviations}")
    return lines
