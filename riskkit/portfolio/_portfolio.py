"""The portfolio at the start: its holdings and its loan."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import Field, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit._core.format import percent
from riskkit._core.frozen import Converted, converting_dataclass, memoized, set_fields
from riskkit._core.guessed_names import Hinted
from riskkit._core.validation import checked_currency, number, one_of, require_distinct, require_known, short_repr
from riskkit.portfolio._exposure_by_delta import HasDeltas, exposures_by_delta
from riskkit.portfolio._holding import NO_FOUNDER, Holding
from riskkit.portfolio._loan import Loan
from riskkit.portfolio._look_through import LookThrough

__all__ = ["Holding", "Loan", "Portfolio"]

_MOST_ROWS = 12


@converting_dataclass(repr=False)
class Portfolio(Hinted):
    """Holdings with unique names, and a loan against them if there is one.

    Parameters
    ----------
    holdings : iterable of Holding
        At least one, and one at least with a value > 0; their order is the order of every asset axis.
    loan : Loan, optional
        Must be within its own limit at the start.
    currency : str, optional
        Code of the currency that values, costs and the loan are in, such as ``"USD"``; None if it is unknown.

    Raises
    ------
    InvalidInput
        If there is no holding, or none with a value > 0, a name comes twice, two names of holdings or of founders are
        equal but for case and punctuation, or the loan is above its limit.

    Examples
    --------
    >>> portfolio = Portfolio([Holding("TSLA", 40, founder="Musk"), Holding("Rest", 60)])
    >>> portfolio
    Portfolio: gross 100, net 100
          value  weight  founder
    TSLA     40  40.0 %     Musk
    Rest     60  60.0 %
    >>> portfolio.exposure().to_dict()
    {'Musk': 0.4, 'no founder': 0.6}
    """

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    holdings: Converted[Iterable[Holding], tuple[Holding, ...]]
    loan: Loan | None = field(default=None, kw_only=True)
    currency: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.currency is not None:
            checked_currency("currency of the portfolio", self.currency)
        if isinstance(self.holdings, str) or not isinstance(self.holdings, Iterable):
            raise InvalidInput(f"holdings must be a list of Holding objects, got {short_repr(self.holdings)}")
        set_fields(self, holdings=tuple(self.holdings))
        if not self.holdings:
            raise InvalidInput("holdings must hold at least one Holding, got none")
        for holding in self.holdings:
            if not isinstance(holding, Holding):
                raise InvalidInput(f"holdings must be Holding objects, got {short_repr(holding)}")
        require_distinct("names of holdings", self.names)
        require_distinct("names of founders", self.founders)
        number("gross value of the portfolio", self.total)
        if not self.total > 0.0:
            raise InvalidInput("holdings must hold at least one Holding with a value > 0, got values of 0 alone")
        if self.loan is None:
            return
        if not isinstance(self.loan, Loan):
            raise InvalidInput(f"loan must be a Loan, got {short_repr(self.loan)}")
        if self.loan.amount > self.loan.max_loan_to_value * self.total * (1.0 + 1e-12):
            raise InvalidInput(
                f"loan must be at most max_loan_to_value = {self.loan.max_loan_to_value:g} of the gross value "
                f"{self.total:g} at the start, got {self.loan.amount:g}, which is {self.loan.amount / self.total:.4g}"
            )

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame | pd.Series[Any] | Mapping[str, Any],
        founders: Mapping[str, str | Mapping[str, float]] | None = None,
        *,
        currency: str | None = None,
        fx: Mapping[str, float] | None = None,
        keep: Iterable[str] = (),
        loan_rate: float = 0.0,
        max_loan_to_value: float | None = None,
    ) -> Portfolio:
        """Return the portfolio of a frame or mapping of positions, by the rules of `riskkit.read.holdings`.

        Parameters
        ----------
        frame : DataFrame, Series or mapping
            A row a position, columns as in a file; an index of strings holds the tickers. NaN is an empty cell. Where
            a row has no value, it is ``shares`` times ``price``. ``cost`` is that of the whole position, ``cost per
            share`` that of one. A Series, or a mapping of names to numbers, has the values; a mapping of names to
            mappings the columns of each row, in which ``founder`` may have shares: ``{"Musk": 0.5}``.
        founders, currency, fx, keep, loan_rate, max_loan_to_value
            See `riskkit.read.holdings`.

        Returns
        -------
        Portfolio
            A holding for each ticker, or for each name where there is no ticker.

        Warns
        -----
        RiskkitWarning
            If rows are left out, money is owed, or a purchase cost is missing.

        Raises
        ------
        InvalidInput
            With row and column, as `riskkit.read.holdings` does with line and column.

        Examples
        --------
        >>> frame = pd.DataFrame({"symbol": ["TSLA", "VTI"], "value": [60.0, 40.0], "cost basis": [10.0, 30.0]})
        >>> Portfolio.from_frame(frame, founders={"TSLA": "Musk"})
        Portfolio: gross 100, net 100
              value  weight  founder
        TSLA     60  60.0 %     Musk
        VTI      40  40.0 %
        >>> Portfolio.from_frame({"TSLA": {"shares": 10, "price": 400.0, "founder": {"Musk": 0.5}}, "VTI": 6000.0})
        Portfolio: gross 10,000, net 10,000
              value  weight    founder
        TSLA  4,000  40.0 %  Musk 50 %
        VTI   6,000  60.0 %
        """
        from riskkit.read.holding_frame import from_frame

        return from_frame(
            cls,
            frame,
            founders,
            currency=currency,
            fx=fx,
            keep=keep,
            loan_rate=loan_rate,
            max_loan_to_value=max_loan_to_value,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the holdings, in the order of the asset axis."""
        return tuple(holding.name for holding in self.holdings)

    @property
    def values(self) -> pd.Series[float]:
        """Market value of each holding, in money."""
        return pd.Series([holding.value for holding in self.holdings], self._index, dtype=float, name="value")

    @property
    def weights(self) -> pd.Series[float]:
        """Share of gross assets of each holding; they sum to 1."""
        return (self.values / self.total).rename("weight")

    @property
    def total(self) -> float:
        """Gross value: the sum of all holdings."""
        return sum(holding.value for holding in self.holdings)

    @property
    def net(self) -> float:
        """Gross value less the loan."""
        return self.total - (0.0 if self.loan is None else self.loan.amount)

    @property
    def founders(self) -> tuple[str, ...]:
        """The persons that holdings are tied to, in order of first appearance."""
        return tuple(dict.fromkeys(person for holding in self.holdings for person in holding.founder))

    def holding(self, name: str) -> Holding:
        """Return the holding of that name."""
        require_known("holding", [name], self.names)
        return self.holdings[self.names.index(name)]

    @memoized
    def shares(self, founder: str | None = None) -> Array:
        """Return the share of each holding's value that is tied to a founder.

        Parameters
        ----------
        founder : str, optional
            A person among `founders`; all of them together when left out.

        Returns
        -------
        ndarray, shape (asset,)
            Fractions 0 … 1; read-only.

        Raises
        ------
        InvalidInput
            If no holding is tied to that person; the message lists those that exist.
        """
        if founder is None:
            shares = np.array([holding.founder_share for holding in self.holdings])
        else:
            require_known("founder", [founder], self.founders)
            shares = np.array([holding.founder.get(founder, 0.0) for holding in self.holdings])
        shares.flags.writeable = False
        return shares

    def tied(self, values: Mapping[str, float] | None = None) -> dict[str, float]:
        """Return the value that is tied to each founder, in money, in order of first appearance.

        `values` are those of the holdings by default.
        """
        amounts: dict[str, list[float]] = {}
        for holding in self.holdings:
            value = holding.value if values is None else values[holding.name]
            for person, share in holding.founder.items():
                amounts.setdefault(person, []).append(share * value)
        return {person: math.fsum(values) for person, values in amounts.items()}

    def exposure(
        self,
        by: str = "founder",
        of: str = "gross",
        *,
        instruments: HasDeltas | Iterable[HasDeltas] = (),
        market: Any = None,
    ) -> pd.Series[float]:
        """Return the exposure to each founder, or to each holding, instruments counted by their delta.

        Parameters
        ----------
        by : {"founder", "holding"}
            By founder, what is tied to nobody is the row ``"no founder"``.
        of : {"gross", "net"}
            The base of the fractions. Of gross they sum to 1, of net to gross/net.
        instruments : Instrument or iterable of Instrument
            As in `concentration`. What they hedge of a holding is tied to nobody; by holding it is a row such as
            ``"TSLA hedged"``.
        market : Market, optional
            As in `concentration`.

        Returns
        -------
        Series
            Fractions, indexed by founder or by holding.

        Examples
        --------
        >>> portfolio = Portfolio([Holding("A", 80, founder={"Ann": 0.5}), Holding("B", 20)], loan=Loan(20, 0, 0.5))
        >>> portfolio.exposure(of="net").to_dict()
        {'Ann': 0.5, 'no founder': 0.75}
        """
        one_of("by", by, ["founder", "holding"])
        base = self.total if one_of("of", of, ["gross", "net"]) == "gross" else self.net
        exposures, hedged = exposures_by_delta(self.holdings, instruments, market)
        if by == "holding":
            return (pd.Series(exposures | hedged, dtype=float, name="exposure") / base).rename_axis("holding")
        values = np.array(list(exposures.values()))
        tied = {person: value / base for person, value in self.tied(exposures).items()}
        tied[NO_FOUNDER] = (float(values @ (1.0 - self.shares())) + math.fsum(hedged.values())) / base
        return pd.Series(tied, dtype=float, name="exposure").rename_axis("founder")

    def look_through(
        self, funds: Mapping[str, Portfolio], aliases: Mapping[str, str | Sequence[str]] | None = None
    ) -> Portfolio:
        """Return the portfolio with its funds replaced by their holdings, for measuring only.

        A holding in a fund of value v becomes the fund's holdings, scaled by v / (net value of the fund); the same
        share of the fund's loan is added to the loan, so that net value does not change. Holdings of one company become
        one, their founder shares weighted by value and their purchase costs added up, at the place and with the name,
        liquidity and marks of the first: those of which a name or one of the `Holding.aliases` (ticker, CUSIP, ISIN) is
        the same, but for case and punctuation. Funds within funds are replaced too. Loans together bear the rate
        weighted by amount, and a limit that is the highest they could reach if each were at its own.

        Parameters
        ----------
        funds : mapping of str to Portfolio
            What the holding of that name holds; only its proportions matter, so that it may be in another currency.
            Founders given on the holding itself are dropped.
        aliases : mapping of str to (str or sequence of str), optional
            Other names of companies, such as ``{"TSLA": "Tesla Inc"}``: in which portfolio which is used does not
            matter.

        Returns
        -------
        Portfolio
            A portfolio of the same net value.

        Warns
        -----
        RiskkitWarning
            If holdings may be one company by their names and are not merged; if a company has a founder in one
            portfolio and none in another.

        Raises
        ------
        InvalidInput
            If a name is not held, in `aliases` too, or a fund holds itself; if founders are equal but for case and
            punctuation, or a company has other founders in one portfolio than in another.

        Examples
        --------
        >>> mine = Portfolio([Holding("TSLA", 65, founder="Musk"), Holding("FUND", 35)])
        >>> fund = Portfolio([Holding("TSLA", 22, founder="Musk"), Holding("Other", 78)])
        >>> float(mine.look_through({"FUND": fund}).exposure()["Musk"].round(6))
        0.727
        >>> fund = Portfolio([Holding("Tesla Inc", 22, founder="Musk"), Holding("Other", 78)])
        >>> mine.look_through({"FUND": fund}, aliases={"TSLA": "Tesla Inc"}).names
        ('TSLA', 'Other')
        """
        if not isinstance(funds, Mapping):
            raise InvalidInput(
                f"look_through: funds must be a mapping from names to portfolios, got {short_repr(funds)}"
            )
        for name, fund in funds.items():
            if not isinstance(fund, Portfolio):
                raise InvalidInput(f"look_through: fund {name!r} must be a Portfolio, got {short_repr(fund)}")
        flattener = LookThrough(funds, aliases)
        flat = flattener.flatten(self)
        for doubt in flattener.doubts:
            warnings.warn(f"look_through: {doubt}", RiskkitWarning, stacklevel=2)
        loan = Loan(flat.debt, flat.rate, flat.limit) if flat.debt > 0.0 else None
        return Portfolio(flat.holdings, loan=loan, currency=self.currency)

    def frame(self) -> pd.DataFrame:
        """Return a table with a row a holding: value, weight (of gross) and founder, in words."""
        words = [_founders(holding, "{:.4g}".format) for holding in self.holdings]
        founder = pd.Series(words, self._index, dtype=object)
        return pd.DataFrame({"value": self.values, "weight": self.weights, "founder": founder})

    @property
    def _index(self) -> pd.Index[str]:
        return pd.Index(self.names, name="holding")

    def _headline(self) -> str:
        loan = "" if self.loan is None else f", loan {_money(self.loan.amount)} at {percent(self.loan.rate)} a year"
        unit = "" if self.currency is None else f", in {self.currency}"
        return f"Portfolio: gross {_money(self.total)}, net {_money(self.net)}{loan}{unit}"

    def __repr__(self) -> str:
        first = self.holdings[:_MOST_ROWS]
        rows = [("", "value", "weight", "founder")]
        rows += [
            (each.name, _money(each.value), percent(each.value / self.total, decimals=1), _founders(each, percent))
            for each in first
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        lines = [
            f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}  {d:>{widths[3]}}".rstrip() for a, b, c, d in rows
        ]
        rest = self.holdings[_MOST_ROWS:]
        if rest:
            share = math.fsum(holding.value for holding in rest) / self.total
            lines.append(f"… and {len(rest)} more, {percent(share)}")
        return "\n".join([self._headline(), *lines])

    def _repr_html_(self) -> str:
        printed = self.frame().assign(founder=[_founders(holding, percent) for holding in self.holdings])
        table = printed.to_html(formatters=[_money, partial(percent, decimals=1), str])
        return f"<p>{self._headline()}</p>{table}"


def _founders(holding: Holding, form: Callable[[float], str]) -> str:
    return ", ".join(person if share == 1.0 else f"{person} {form(share)}" for person, share in holding.founder.items())


def _money(value: Any) -> str:
    if value >= 1000.0:
        return f"{value:,.0f}"
    return f"{value:.2f}".removesuffix(".00") if value >= 1.0 else f"{value:.4g}"
