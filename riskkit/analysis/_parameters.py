"""Assumptions that can be varied, by name: ``"expected_return:Musk"``, ``"implied_volatility"`` and the like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from riskkit._core.errors import InvalidInput
from riskkit._core.format import percent
from riskkit._core.fraction_bounds import EXPECTED_RETURN, IMPACT, VOLATILITY, FractionBounds, fraction, plausible
from riskkit._core.frozen import FrozenMap
from riskkit._core.validation import join_first, number, require_known, short_repr
from riskkit.analysis._option_volatilities import has_own_pricing, options_of, with_volatility
from riskkit.market import Impact, Shock
from riskkit.market.diffusion._asset import Asset, validated_asset
from riskkit.market.diffusion._uncertain import scaled_prior, with_mean
from riskkit.scenario._scenario import Scenario

__all__ = ["KINDS", "Parameter", "parameter"]

#: The kind of assumption that has no name.
IMPLIED_VOLATILITY = "implied_volatility"

#: A holding belongs to a founder's companies when at least this share of it, up to rounding, is tied to the founder.
OWN, ROUNDING = 0.5, 1e-12


@dataclass(frozen=True)
class Parameter:
    """One assumption of a scenario that can be set to another value.

    Attributes
    ----------
    kind : str
        ``"expected_return"``, ``"shift"``, ``"rate"``, ``"impact"`` or ``"implied_volatility"``.
    name : str
        A founder for the first two, a shock for the next two; empty for the last.
    """

    kind: str
    name: str = ""

    def set(self, scenario: Scenario, value: float) -> Scenario:
        """Return the scenario with another value of this assumption."""
        return KINDS[self.kind].set(scenario, self.name, number(str(self), value))

    def check(self, what: str, value: object) -> float:
        """Return a validated value of a range under the name `what`; here, not in `set`, it may be warned of."""
        bounds, checked = KINDS[self.kind].bounds, number(what, value)
        return checked if bounds is None else plausible(what, checked, bounds)

    def default_range(self, scenario: Scenario) -> tuple[float, float]:
        """Return the range in which a break-even is searched by default."""
        low, high = KINDS[self.kind].between
        gains = self.kind == "impact" and _largest_impact(_shock(scenario, self.name)) > 0.0
        return (-high, -low) if gains else (low, high)

    @property
    def words(self) -> str:
        """The assumption in words."""
        return KINDS[self.kind].words.format(self.name)

    @property
    def unit(self) -> str:
        """`` a year`` for what is a rate."""
        return "" if self.kind in ("impact", "implied_volatility") else " a year"

    def __str__(self) -> str:
        return _text(self.kind, self.name)


@dataclass(frozen=True)
class Kind:
    """A kind of assumption: possible names, setter, default range, words and the bounds of a fraction."""

    names: Callable[[Scenario], tuple[str, ...]]
    set: Callable[[Scenario, str, float], Scenario]
    between: tuple[float, float]
    words: str
    bounds: FractionBounds | None


def parameter(scenario: Scenario, text: str) -> Parameter:
    """Read an assumption of a scenario from its name.

    Parameters
    ----------
    scenario : Scenario
        Whose founders and shocks can be named.
    text : str
        A kind, a colon and a name, or a kind that needs none:

        - ``expected_return:F``: the expected return of every holding of which at least half is tied to founder F,
          the same for all of them; from 0 to 0.4 by default;
        - ``shift:F``: what is added to the expected return of each of them; from -0.1 to 0.3;
        - ``rate:S``: the yearly rate of the `Shock` S, which must have a constant one; from 0 to 0.2;
        - ``impact:S``: the mean impact of shock S on the holding that it hits hardest; the means and standard
          deviations of its other impacts change in proportion. From -0.9 to 0, and from 0 to 0.9 for a gain;
        - ``implied_volatility``: the implied volatility at the money of every option of the rules, the same for all of
          them; their slope by strike, rate and spread stay. From 0.1 to 1.

    Raises
    ------
    InvalidInput
        If there is no such kind, founder or shock (the message lists those that exist), or it cannot be varied; for an
        implied volatility, if no rule has options.

    Examples
    --------
    >>> from riskkit.scenario.scenarios import baron
    >>> belief = parameter(baron(), "expected_return:Musk")
    >>> belief.set(baron(), 0.1746) == baron(belief=0.1746)
    True
    """
    if not isinstance(text, str):
        raise InvalidInput(f"vary must be a string such as 'expected_return:Musk', got {short_repr(text)}")
    if text == IMPLIED_VOLATILITY:
        _check_options(scenario)
        return Parameter(text)
    require_known("vary", [text], (_text(kind, name) for kind, each in KINDS.items() for name in each.names(scenario)))
    kind, _, name = text.partition(":")
    if kind in ("rate", "impact"):
        _check_shock(kind, _shock(scenario, name))
    elif not _companies(scenario, name):
        raise InvalidInput(
            f"vary: {text!r} needs a holding of which at least {percent(OWN)} is tied to {name!r}, got none"
        )
    return Parameter(kind, name)


def _text(kind: str, name: str) -> str:
    return f"{kind}:{name}" if name else kind


def _check_options(scenario: Scenario) -> None:
    options = options_of(scenario)
    if not options:
        raise InvalidInput(
            f"vary: {IMPLIED_VOLATILITY!r} needs a rule with options, such as rk.Hedged(rk.Hold(), rk.Put(...)), got "
            f"{join_first(map(repr, scenario.names))} without any"
        )
    for each in options:
        if not has_own_pricing(each):
            raise InvalidInput(
                f"vary: the {each.label} must have a field pricing, so that its implied volatility can be set, got "
                f"none; declare one in {type(each).__name__}: pricing: rk.OptionPricing = rk.OptionPricing()"
            )


def _check_shock(kind: str, shock: Shock) -> None:
    if kind == "rate" and not isinstance(shock.rate, float):
        raise InvalidInput(
            f"vary: shock {shock.name!r} must have a constant rate to vary it, got {short_repr(shock.rate)}"
        )
    if kind == "impact" and _largest_impact(shock) == 0.0:
        raise InvalidInput(f"vary: shock {shock.name!r} must have a mean impact other than 0 to scale it, got none")


def _founders(scenario: Scenario) -> tuple[str, ...]:
    return scenario.portfolio.founders


def _shocks(scenario: Scenario) -> tuple[str, ...]:
    return tuple(shock.name for shock in scenario.market.shocks if isinstance(shock, Shock))


def _shock(scenario: Scenario, name: str) -> Shock:
    return next(shock for shock in scenario.market.shocks if isinstance(shock, Shock) and shock.name == name)


def _unnamed(scenario: Scenario) -> tuple[str, ...]:
    """One nameless assumption where a rule has options."""
    return ("",) if options_of(scenario) else ()


def _companies(scenario: Scenario, founder: str) -> list[str]:
    """The holdings of which at least half is tied to the founder."""
    shares = zip(scenario.portfolio.names, scenario.portfolio.shares(founder), strict=True)
    return [name for name, share in shares if share >= OWN - ROUNDING]


def _largest_impact(shock: Shock) -> float:
    """The mean impact that is furthest from 0."""
    return max((impact.expected for impact in shock.impacts.values()), key=abs)


def _with_returns(scenario: Scenario, founder: str, change: Callable[[float], float]) -> Scenario:
    assets = dict(scenario.market.assets)
    for name in _companies(scenario, founder):
        asset = assets[name]
        assets[name] = _with_return(asset, change(asset.mean_return))
    return replace(scenario, market=replace(scenario.market, assets=assets))


def _with_return(asset: Asset, value: float) -> Asset:
    what = "Asset: expected_return"
    mean = plausible(what, fraction(what, value, above=-1.0), EXPECTED_RETURN, warn=False)
    expected_return = with_mean(mean, asset.expected_return)
    return validated_asset(expected_return, asset.volatility, dividend_yield=asset.dividend_yield)


def _with_shock(scenario: Scenario, name: str, change: Callable[[Shock], Shock]) -> Scenario:
    old = _shock(scenario, name)
    shocks = [change(old) if shock is old else shock for shock in scenario.market.shocks]
    return replace(scenario, market=replace(scenario.market, shocks=shocks))


def _set_return(scenario: Scenario, founder: str, value: float) -> Scenario:
    return _with_returns(scenario, founder, lambda before: value)


def _shift_return(scenario: Scenario, founder: str, value: float) -> Scenario:
    return _with_returns(scenario, founder, lambda before: before + value)


def _set_rate(scenario: Scenario, name: str, value: float) -> Scenario:
    return _with_shock(scenario, name, lambda shock: replace(shock, rate=value))


def _set_impact(scenario: Scenario, name: str, value: float) -> Scenario:
    def change(shock: Shock) -> Shock:
        factor = value / _largest_impact(shock)
        impact = {
            name: Impact(scaled_prior(factor, old.mean), abs(factor) * old.sd) for name, old in shock.impacts.items()
        }
        return replace(shock, impact=impact)

    return _with_shock(scenario, name, change)


def _set_volatility(scenario: Scenario, name: str, value: float) -> Scenario:
    return with_volatility(scenario, value)


#: Every kind of assumption that can be varied.
KINDS = FrozenMap(
    {
        "expected_return": Kind(
            _founders, _set_return, (0.0, 0.4), "the expected return of {}'s companies", EXPECTED_RETURN
        ),
        "shift": Kind(
            _founders,
            _shift_return,
            (-0.1, 0.3),
            "the change of the expected return of {}'s companies",
            EXPECTED_RETURN,
        ),
        "rate": Kind(_shocks, _set_rate, (0.0, 0.2), "the rate of {}", None),
        "impact": Kind(_shocks, _set_impact, (-0.9, 0.0), "the impact of {}", IMPACT),
        IMPLIED_VOLATILITY: Kind(
            _unnamed, _set_volatility, (0.1, 1.0), "the implied volatility at the money", VOLATILITY
        ),
    }
)
