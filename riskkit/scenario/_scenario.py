"""A scenario as data: portfolio, market, rules, frictions and horizon."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import Field, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit._core.format import percent
from riskkit._core.fraction_bounds import INTEREST, fraction, plausible
from riskkit._core.frozen import Converted, FrozenMap, converting_dataclass, set_fields
from riskkit._core.size_limits import MOST_RULES
from riskkit._core.validation import (
    name_list,
    nearest_name,
    number,
    require_at_most,
    require_known,
    require_unique,
    short_repr,
)
from riskkit.frictions._frictions import Frictions
from riskkit.instruments import instruments_of
from riskkit.market import Market
from riskkit.portfolio._liquidity import Listed
from riskkit.portfolio._loan import MAX_LOAN_TO_VALUE, Loan
from riskkit.portfolio._portfolio import Portfolio
from riskkit.rules import Rule
from riskkit.scenario.hedged_books import check_instruments, instrument_assumptions
from riskkit.toml import load, save

__all__ = ["Scenario"]


@converting_dataclass()
class Scenario:
    """The validated and frozen input of `compare`.

    Parameters
    ----------
    portfolio : Portfolio
        The holdings at the start.
    market : Market
        The market; it must have an asset for each holding.
    rules : iterable of Rule
        The rules to compare; their names must be unique.
    frictions : Frictions
        Trading costs, taxes, spending, deposits and vesting.
    years : float
        Horizon; ``years * steps_per_year`` must be whole.
    steps_per_year : int
        252 for daily, 52 weekly, 12 monthly steps.
    goal : float
        Target wealth in multiples of the start wealth, > 0.
    baseline : str, optional
        Name of the rule that the others are compared with; the first by default.
    inflation : float
        Yearly, -1 < inflation <= 1, so 0.03 is 3 % a year; wealth and the goal are in money of the start.
    forced : mapping of str to float
        Shock → year in which it happens on every path; `with_event` adds to it.

    Raises
    ------
    InvalidInput
        If a field has the wrong type, a number is outside its bounds, or names in the fields do not match.

    Warns
    -----
    RiskkitWarning
        If inflation is above 0.5 or below -0.5: most likely a percentage was meant.
    """

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    portfolio: Portfolio
    market: Market
    rules: Converted[Rule | Iterable[Rule], tuple[Rule, ...]]
    frictions: Frictions = field(default_factory=Frictions, kw_only=True)
    years: float = field(default=10, kw_only=True)
    steps_per_year: int = field(default=252, kw_only=True)
    goal: float = field(default=5.0, kw_only=True)
    baseline: str | None = field(default=None, kw_only=True)
    inflation: float = field(default=0.0, kw_only=True)
    forced: Mapping[str, float] = field(default_factory=lambda: FrozenMap[float]({}), kw_only=True)

    def __post_init__(self) -> None:
        for name, kind in (("portfolio", Portfolio), ("market", Market), ("frictions", Frictions)):
            if not isinstance(getattr(self, name), kind):
                raise InvalidInput(f"{name} must be a {kind.__name__}, got {short_repr(getattr(self, name))}")
        rules = (self.rules,) if isinstance(self.rules, Rule) else self.rules
        if isinstance(rules, str) or not isinstance(rules, Iterable):
            raise InvalidInput(f"rules must be a list of rules, got {short_repr(rules)}")
        set_fields(self, rules=tuple(rules))
        require_at_most("rules", self.rules, MOST_RULES)
        if not self.rules:
            raise InvalidInput("rules must hold at least one rule, got none")
        for rule in self.rules:
            if not isinstance(rule, Rule):
                raise InvalidInput(
                    f"rules must be Rule objects (wrap a plain function in rk.rule), got {short_repr(rule)}"
                )
        require_unique("names of rules", (rule.name for rule in self.rules))
        number("goal", self.goal, above=0.0)
        plausible("inflation", fraction("inflation", self.inflation, above=-1.0), INTEREST)
        _require_assets(self.portfolio, self.market)
        self.frictions.check(self.portfolio)
        for flow in self.frictions.flows:
            flow.check(self.portfolio, self.market, self.calendar)
        if self.frictions.death is not None and "death" in {shock.name for shock in self.market.shocks}:
            raise InvalidInput(
                "market: a shock must not be named 'death' beside Frictions(death=...), since events of that name are "
                "the investor's death; rename the shock"
            )
        set_fields(self, forced=self._checked_forced())
        if self.baseline is not None:
            require_known("baseline", [self.baseline], self.names)
        for rule in self.rules:
            rule.check(self.portfolio)
            rule.dates(self.calendar)
        check_instruments(self.rules, self.portfolio, self.market, self.calendar)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the rules, in order."""
        return tuple(rule.name for rule in self.rules)

    @property
    def hedged(self) -> bool:
        """Whether some rule has instruments."""
        return any(instruments_of(rule) for rule in self.rules)

    @property
    def baseline_name(self) -> str:
        """Name of the rule that the others are compared with."""
        return self.names[0] if self.baseline is None else self.baseline

    @cached_property
    def calendar(self) -> Calendar:
        """The grid of steps."""
        return Calendar(self.years, self.steps_per_year)

    @cached_property
    def start_after_tax(self) -> float:
        """What selling everything at the start would leave after tax, as a fraction of the start wealth.

        Sales are at market prices, without trading cost or discount, as at the end under ``at_end="sell"``. It is 1
        where no tax would be due, and at least 0.

        Examples
        --------
        A holding of 100 that was bought for 20, at 25 % tax:

        >>> import riskkit as rk
        >>> portfolio = rk.Portfolio([rk.Holding("TSLA", 100, cost=20)])
        >>> market = rk.Market({"TSLA": rk.Asset(0.08, 0.57)})
        >>> taxed = rk.Frictions(tax=rk.CapitalGains(0.25))
        >>> rk.Scenario(portfolio, market, rk.Hold(), frictions=taxed).start_after_tax
        0.8
        """
        tax = self.frictions.tax
        if tax is None:
            return 1.0
        gains = [holding.value - holding.basis for holding in self.portfolio.holdings]
        short = [0.0] * len(gains)
        if tax.short_rate is not None:
            lots = [holding.lots for holding in self.portfolio.holdings]
            short = [sum(lot.value - lot.cost for lot in each if not lot.long) for each in lots]
        long = [gain - part for gain, part in zip(gains, short, strict=True)]
        if not tax.loss_offset:
            long, short = ([max(gain, 0.0) for gain in kind] for kind in (long, short))
        return max(1.0 - tax.on_net_gains(sum(long), sum(short)) / self.portfolio.net, 0.0)

    def with_event(self, name: str, *, year: float) -> Scenario:
        """Return the scenario in which a shock happens at a fixed time on every path.

        Parameters
        ----------
        name : str
            A shock of the market.
        year : float
            Years from the start, in (0, years]; it takes effect at the end of its step.

        Returns
        -------
        Scenario
            The scenario conditional on one event of the shock at that time and none at other times. The impact stays
            random. Other shocks and the diffusion keep their random numbers, and the drift is unchanged: if expected
            returns include the shocks, they compensate the risk of the event, not the event.

        Raises
        ------
        InvalidInput
            If there is no such shock (the message lists those that exist) or the year is outside the horizon.

        Examples
        --------
        >>> from riskkit.scenario.scenarios import baron
        >>> baron().with_event("founder exit", year=1).assumptions()[-2]
        'founder exit is forced: on every path it happens after 1 year, and at no other time.'
        """
        return replace(self, forced={**self.forced, name: year})

    def save(self, path: str | Path) -> None:
        """Write the scenario to a TOML file; `load` reads it back equal. User classes are written by import path."""
        save(self, path)

    @classmethod
    def load(cls, path: str | Path, *, allow_import: bool = False) -> Scenario:
        """Read a scenario from a TOML file.

        Parameters
        ----------
        path : str or Path
            The file.
        allow_import : bool
            Whether the file may name classes of your own, such as a rule, as ``type = "mypackage.module:ClassName"``.
            Importing them runs their code, so allow it for files that you trust.
        """
        return load(Scenario, path, allow_import=allow_import)

    def assumptions(self) -> list[str]:
        """Return the assumptions as sentences: returns, shocks, liquidity, costs, instruments, the loan."""
        lines = [
            *self.market.assumptions(),
            *(_event_line(name, year) for name, year in self.forced.items()),
            *_liquidity_lines(self.portfolio),
            *self.frictions.assumptions(),
            *instrument_assumptions(self.rules, self.market, taxed=self.frictions.tax is not None),
        ]
        if self.market.pays_dividends:
            lines.append(self._dividend_line())
        total, loan = self.portfolio.total, self.portfolio.loan
        if self.frictions.tax is not None:
            basis = sum(holding.basis for holding in self.portfolio.holdings)
            lines.append(f"The holdings at the start cost {percent(basis / total)} of their value.")
        if loan is not None:
            lines.append(
                f"A loan of {percent(loan.amount / total)} of gross assets bears {percent(loan.rate)} a year; above "
                f"{percent(loan.max_loan_to_value)}{_limit_source(loan)} the lender has listed holdings sold."
            )
        if self.inflation:
            lines.append(f"Wealth and goal are in money of the start; inflation is {percent(self.inflation)} a year.")
        return lines

    def _dividend_line(self) -> str:
        tax = self.frictions.tax
        taxed = "" if tax is None else f" after {percent(tax.rate_of_dividends)} tax"
        line = f"Dividends are paid at month ends and{taxed} buy more of the holding that pays them"
        if all(isinstance(holding.liquidity, Listed) for holding in self.portfolio.holdings):
            return f"{line} (assumption)."
        others = "cash-like holdings, or else listed ones with no founder, or else itself"
        return f"{line}; those of an unlisted holding buy {others} (assumption)."

    def _checked_forced(self) -> FrozenMap[float]:
        if not isinstance(self.forced, Mapping):
            raise InvalidInput(f"forced must be a mapping {{shock: year}}, got {short_repr(self.forced)}")
        require_known("forced event", self.forced, (shock.name for shock in self.market.shocks))
        years = {
            name: number(f"forced event {name!r}: year", year, above=0.0, at_most=self.years)
            for name, year in self.forced.items()
        }
        return FrozenMap(years)


def _limit_source(loan: Loan) -> str:
    """What the default limit of a loan is, in words; nothing for another limit."""
    if loan.max_loan_to_value != MAX_LOAN_TO_VALUE:
        return ""
    return f" (equity below {percent(1.0 - MAX_LOAN_TO_VALUE)}, FINRA Rule 4210; assumption)"


def _require_assets(portfolio: Portfolio, market: Market) -> None:
    """Refuse a holding that is no asset of the market."""
    missing = [name for name in portfolio.names if name not in market.assets]
    if not missing:
        return
    if near := nearest_name(missing[0], market.assets):
        remedy = f" (did you mean {near[0]!r}?)"
    else:
        remedy = f"; market.with_cash({missing[0]!r}, 0.03) adds cash, a proxy of rk.fit what has no prices"
    raise InvalidInput(
        f"market must have an asset for each holding, got {name_list(market.assets)} and none for "
        f"{name_list(missing)}{remedy}"
    )


def _event_line(name: str, year: float) -> str:
    delay = f"{year:g} year{'' if year == 1.0 else 's'}"
    return f"{name} is forced: on every path it happens after {delay}, and at no other time."


def _liquidity_lines(portfolio: Portfolio) -> list[str]:
    """Sentences about illiquid and marked holdings, grouped by equal terms."""
    groups: dict[str, list[str]] = {}
    for holding in portfolio.holdings:
        if holding.liquidity != Listed():
            groups.setdefault(holding.liquidity.describe(), []).append(holding.name)
    for holding in portfolio.holdings:
        if holding.marks is not None:
            groups.setdefault(holding.marks.describe(), []).append(holding.name)
    return [f"{', '.join(names)}: {description}." for description, names in groups.items()]
