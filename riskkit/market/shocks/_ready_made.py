"""Ready-made shocks from the life of a company: it fails, it breaks through, or all markets fall."""

from __future__ import annotations

from collections.abc import Mapping

from riskkit._core.errors import InvalidInput
from riskkit._core.fraction_bounds import fraction
from riskkit._core.validation import number, require_known, short_repr
from riskkit.market._market import Market
from riskkit.market.diffusion._uncertain import Uncertain
from riskkit.market.hazards._hazard import AnyHazard
from riskkit.market.shocks._impact import Impact, scaled_impact
from riskkit.market.shocks._shock import Shock, checked_rate

__all__ = ["breakthrough", "failure", "market_crash"]


def failure(
    holding: str, rate: float | Uncertain | AnyHazard, *, recovery: float = 0.05, name: str | None = None
) -> Shock:
    """Return the shock of a company that fails: what its shares were worth is lost, but for a remainder, once.

    Parameters
    ----------
    holding : str
        The company.
    rate : float, Uncertain or Hazard
        Expected failures a year, or a hazard.
    recovery : float
        Share of the value that holders keep, 0 < recovery < 1: a price cannot fall to nothing.
    name : str, optional
        Name of the shock; by default "failure of" the holding.

    Returns
    -------
    Shock

    Raises
    ------
    InvalidInput
        If a number is outside its bounds.

    Warns
    -----
    RiskkitWarning
        If a constant rate is above 1.

    Examples
    --------
    >>> failure("xAI", 0.04).describe()
    'failure of xAI: 4 % a year, once; xAI -95 % (assumption)'
    """
    recovered = fraction(f"failure of {holding!r}: recovery", recovery, above=0.0, below=1.0)
    label = f"failure of {holding}" if name is None else name
    return Shock(label, checked_rate(label, rate), {holding: recovered - 1.0}, once=True)


def breakthrough(
    holding: str, rate: float | Uncertain | AnyHazard, impact: float | Uncertain | Impact, *, name: str | None = None
) -> Shock:
    """Return the shock of a company that breaks through: a gain, which may come again.

    Parameters
    ----------
    holding : str
        The company.
    rate : float, Uncertain or Hazard
        Expected breakthroughs a year, or a hazard.
    impact : float, Uncertain or Impact
        Change of the price, > 0: 1.0 doubles it.
    name : str, optional
        Name of the shock; by default "breakthrough of" the holding.

    Returns
    -------
    Shock

    Raises
    ------
    InvalidInput
        If the impact is not a gain, or a number is outside its bounds.

    Examples
    --------
    >>> breakthrough("xAI", 0.1, Impact(1.0, 0.3)).describe()
    'breakthrough of xAI: 10 % a year; xAI +100 % ± 30 % (assumption)'
    """
    gain = impact if isinstance(impact, Impact) else Impact(impact)
    number(f"breakthrough of {holding!r}: impact", gain.expected, above=0.0)
    return Shock(f"breakthrough of {holding}" if name is None else name, rate, {holding: gain})


def market_crash(
    market: Market,
    rate: float | Uncertain | AnyHazard,
    impact: float | Uncertain | Impact,
    betas: Mapping[str, float] | None = None,
    *,
    name: str = "market crash",
) -> Shock:
    """Return the shock of a crash that hits all assets of a market alike, each by its beta; it may come again.

    Parameters
    ----------
    market : Market
        Whose assets are hit.
    rate : float, Uncertain or Hazard
        Expected crashes a year, or a hazard.
    impact : float, Uncertain or Impact
        Change of an asset with beta 1, < 0.
    betas : mapping of str to float, optional
        What an asset changes by, in multiples of `impact`, in mean and standard deviation; negative ones move against
        it (not with an uncertain impact), and those with 0 are left alone. Assets that are not named have 1, or 0 if
        their volatility is 0.
    name : str
        Name of the shock.

    Returns
    -------
    Shock
        With ``together=1``: a deep crash is deep for all.

    Raises
    ------
    InvalidInput
        If the impact is not a loss, a beta is of an unknown asset or makes an impact of -1 or less, or all are 0.

    Examples
    --------
    >>> from riskkit.market.diffusion._asset import Asset
    >>> market = Market({"TSLA": Asset(0.08, 0.57), "index": Asset(0.08, 0.16), "cash": Asset(0.03, 0.0)})
    >>> market_crash(market, 0.1, -0.35, {"TSLA": 1.8}).describe()
    'market crash: 10 % a year; TSLA -63 %, index -35 % (assumption)'
    """
    if not isinstance(market, Market):
        raise InvalidInput(f"{name}: market must be a Market, got {short_repr(market)}")
    if not isinstance(betas, Mapping | None):
        raise InvalidInput(f"{name}: betas must be a mapping {{asset: beta}}, got {short_repr(betas)}")
    whole = impact if isinstance(impact, Impact) else Impact(impact)
    number(f"{name}: impact", whole.expected, below=0.0)
    require_known(f"{name}: betas", betas or (), market.assets)
    multiples = {asset: 1.0 for asset, terms in market.assets.items() if terms.volatility != 0.0} | dict(betas or {})
    hit = {asset: _scaled(name, asset, whole, beta) for asset, beta in multiples.items() if beta != 0.0}
    return Shock(name, rate, hit)


def _scaled(name: str, asset: str, whole: Impact, beta: float) -> Impact:
    """The impact on an asset; what is uncertain is off alike for all."""
    what = f"{name}: beta of {asset!r}"
    multiple = number(what, beta)
    number(f"{what} times the impact", multiple * whole.expected, above=-1.0)
    if isinstance(whole.mean, Uncertain):
        number(f"{what}, with an uncertain impact,", multiple, above=0.0)
    return scaled_impact(whole, multiple, f"{name} impact")
