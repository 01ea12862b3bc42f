"""Look-through: each fund is replaced by its holdings, and holdings of one company are merged."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import checked_name, name_key, require_known, short_repr
from riskkit.portfolio._company_names import Companies
from riskkit.portfolio._holding import Holding, scaled
from riskkit.portfolio._loan import Loan

__all__ = ["LookThrough", "Flattened"]


class _Portfolio(Protocol):
    @property
    def holdings(self) -> Sequence[Holding]: ...
    @property
    def loan(self) -> Loan | None: ...


@dataclass(frozen=True)
class Flattened:
    """A portfolio without its funds.

    Parameters
    ----------
    holdings : tuple of Holding
        One for each company.
    debt, rate, limit : float
        The debt in all, its yearly interest, and the share of gross value that it may reach; 0 without debt.
    """

    holdings: tuple[Holding, ...]
    debt: float = 0.0
    rate: float = 0.0
    limit: float = 0.0

    @property
    def net(self) -> float:
        """Gross value less debt."""
        return sum(holding.value for holding in self.holdings) - self.debt


@dataclass
class LookThrough:
    """Replaces funds by their holdings.

    Parameters
    ----------
    funds : mapping of str to portfolio
        By the name of the holding that each is.
    aliases : mapping of str to (str or sequence of str), optional
        Other names of companies.

    Attributes
    ----------
    doubts : list of str
        Warnings of the portfolios that were flattened.
    """

    funds: Mapping[str, _Portfolio]
    aliases: Mapping[str, str | Sequence[str]] | None = None
    doubts: list[str] = field(default_factory=list, init=False)
    _seen: dict[str, None] = field(default_factory=dict, init=False)
    _names: dict[str, None] = field(default_factory=dict, init=False)

    def flatten(self, portfolio: _Portfolio) -> Flattened:
        """Return the portfolio with its funds, and those within them, replaced by their holdings."""
        aliases = _checked_aliases(self.aliases)
        result = self._flattened(portfolio, (), aliases)
        require_known("look_through: fund", self.funds, self._seen)
        keys = set(map(name_key, self._names))
        for name, others in aliases.items():
            strange = [each for each in (name, *others) if name_key(each) not in keys]
            require_known("look_through: aliases", strange, self._names)
        return result

    def _flattened(
        self, portfolio: _Portfolio, path: tuple[str, ...], aliases: Mapping[str, Sequence[str]]
    ) -> Flattened:
        """Flatten a portfolio inside this path of funds."""
        own = f"fund {path[-1]!r}" if path else "the portfolio"
        companies = Companies(aliases)
        own_loan = portfolio.loan
        loans = [] if own_loan is None else [(own_loan.amount, own_loan.rate)]
        fund_limit = 0.0
        for holding in portfolio.holdings:
            name = holding.name
            self._seen[name] = None
            if name not in self.funds:
                self._names.update(dict.fromkeys((name, *holding.aliases)))
                companies.add(holding, own)
                continue
            if name in path:
                circle = " → ".join([*path[path.index(name) :], name])
                raise InvalidInput(f"look_through: fund {name!r} must not hold itself, got {circle}")
            inner = self._flattened(self.funds[name], (*path, name), aliases)
            scale = holding.value / inner.net
            for each in inner.holdings:
                companies.add(scaled(each, scale), f"fund {name!r}")
            if inner.debt > 0.0 and scale > 0.0:
                loans.append((inner.debt * scale, inner.rate))
                fund_limit = max(fund_limit, inner.limit)
        self.doubts += [doubt for doubt in companies.doubts(own) if doubt not in self.doubts]
        if not loans:
            return Flattened(companies.holdings)
        debt = math.fsum(amount for amount, _ in loans)
        rate = min(math.fsum(amount * rate for amount, rate in loans) / debt, max(rate for _, rate in loans))
        # Each level has at least 1 - limit of its gross value as equity, and the levels multiply.
        own_limit = 0.0 if own_loan is None else own_loan.max_loan_to_value
        return Flattened(companies.holdings, debt, rate, 1.0 - (1.0 - own_limit) * (1.0 - fund_limit))


def _checked_aliases(aliases: object) -> dict[str, tuple[str, ...]]:
    if aliases is None:
        return {}
    if not isinstance(aliases, Mapping):
        raise InvalidInput(f"look_through: aliases must be a mapping from names to names, got {short_repr(aliases)}")
    checked = {}
    for name, others in aliases.items():
        listed = (others,) if isinstance(others, str) else others
        if not isinstance(listed, Iterable):
            got = short_repr(others)
            raise InvalidInput(
                f"look_through: aliases of {short_repr(name)} must be a name or a list of names, got {got}"
            )
        names = tuple(checked_name(f"look_through: alias of {short_repr(name)}", each) for each in listed)
        checked[checked_name("look_through: name in aliases", name)] = names
    return checked
