"""The founding case: a portfolio with 65 % on one founder."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from riskkit._core.fraction_bounds import EXPECTED_RETURN, fraction, plausible
from riskkit._core.validation import one_of
from riskkit.evidence._key_persons import ceo_death
from riskkit.frictions._frictions import Frictions
from riskkit.market import Asset, Impact, Market, Shock, founder_exit
from riskkit.portfolio._portfolio import Holding, Portfolio
from riskkit.rules import Cap, DiversifyNow, DrawdownControl, Hold, Rebalance, SellLast, TakeProfit, Trim
from riskkit.scenario._scenario import Scenario

__all__ = ["baron"]

NO_VIEW = 0.08

VOLATILITY = {"TSLA": 0.57, "SpaceX": 0.45, "xAI": 0.70, "diversified": 0.16}

CORRELATION = {
    "TSLA": {"SpaceX": 0.15, "xAI": 0.15, "diversified": 0.45},
    "SpaceX": {"xAI": 0.15, "diversified": 0.30},
    "xAI": {"diversified": 0.30},
}

CRASH = {
    "TSLA": Impact(-0.35, 0.10),
    "SpaceX": Impact(-0.25, 0.08),
    "xAI": Impact(-0.40, 0.12),
    "diversified": Impact(-0.20, 0.06),
}

#: Musk's age in November 2025.
AGE = 54

#: What the assumptions say of the founder exit of -50 %.
STRESS = "a stress, far beyond the published effects"


def baron(belief: float | None = None, *, shock: Literal["stress", "evidence"] = "stress") -> Scenario:
    """Ron Baron's own wealth as he described it in November 2025, rounded: 65 % on one founder, ten years.

    Parameters
    ----------
    belief : float, optional
        Expected return a year of the three founder companies; 0.1746 is his own, five times the money in ten years.
        By default there is no view: 8 % a year for all four holdings.
    shock : {"stress", "evidence"}
        The founder exit. "stress": 2 % a year, -50 % ± 15 points, labelled a stress. "evidence": his death, at the rate
        of a life table for a man of 54, with the published returns at deaths of chief executives,
        `riskkit.evidence.ceo_death`: -1.3 % ± 9.4 points, a gain in two of five cases. All else is the same.

    Returns
    -------
    Scenario
        TSLA 40, SpaceX 24 and xAI 1, all tied to Musk, and 35 in a diversified holding with no founder; daily steps,
        goal five times the start, trading cost 0.1 %, baseline ``"hold"``. The rules are

        - ``hold``: never sell, which is what he does himself;
        - ``diversify now``: sell everything tied to the founder at once, the yardstick;
        - ``client trim``: sell 27.5 % of a company once its price has doubled, the middle of the 25 to 30 % by which
          he cut his clients' positions after a rise;
        - ``last seller``: his pledge to sell nothing before his clients are out, here clients who sell in equal parts
          over five years; then all at once;
        - ``cap 30 %``: never more than 30 % with the founder;
        - ``rebalance yearly``: back to the start weights each year;
        - ``drawdown control``: the founder's weight falls to nothing as the drawdown nears 50 %.

    Raises
    ------
    InvalidInput
        If `belief` is not above -1, or above 5, or `shock` is neither of the two.

    Warns
    -----
    RiskkitWarning
        If `belief` is above 2: most likely a percentage was meant.

    Notes
    -----
    All figures are assumptions; only TSLA's volatility is measured, from its daily closes of 2010 to 2026. The
    founder exit (2 % a year, once, -50 % with a standard deviation of 15 points) is far beyond the published key-man
    effects, which are a few percent: the sudden death of a chief executive costs 2.3 % on average (Jenter, Matveyev
    and Roth, "Good and bad CEOs", 2016). With ``shock="evidence"`` a departure by choice is left out: the published
    turnover, 15.8 % a year, is that of hired chief executives. The crash (10 % a year) takes 20 % from the
    diversified holding, 1.25 to 2 times that from the companies.

    ``compensate=True``: the drift offsets the shocks on average, so that expected returns include them. Without
    it, 8 % for each would be a view against whatever the shocks hit most.

    Examples
    --------
    >>> scenario = baron()
    >>> scenario.portfolio.exposure().round(4).to_dict()
    {'Musk': 0.65, 'no founder': 0.35}
    >>> baron(belief=0.1746).market.assets["TSLA"]
    Asset(expected_return=0.1746, volatility=0.57, dividend_yield=0.0)
    >>> baron(shock="evidence").market.shocks[0].impact["TSLA"]
    Impact(mean=-0.01285, sd=0.09404)
    """
    founders = NO_VIEW
    one_of("baron: shock", shock, ("stress", "evidence"))
    if belief is not None:
        founders = fraction("belief", belief, above=-1.0)
        plausible("belief", founders, EXPECTED_RETURN, warn=False)  # its assets warn
    portfolio = Portfolio(
        [
            Holding("TSLA", 40, founder="Musk"),
            Holding("SpaceX", 24, founder="Musk"),
            Holding("xAI", 1, founder="Musk"),
            Holding("diversified", 35),
        ]
    )
    returns = {holding.name: founders if holding.founder else NO_VIEW for holding in portfolio.holdings}
    if shock == "stress":
        founder_shock = replace(founder_exit(portfolio, "Musk", 0.02, Impact(-0.50, 0.15)), source=STRESS)
    else:
        founder_shock = ceo_death(age=AGE, sex="male", founder=True).shock(portfolio, "Musk")
    market = Market(
        {name: Asset(returns[name], volatility) for name, volatility in VOLATILITY.items()},
        CORRELATION,
        shocks=(
            founder_shock,
            Shock("crash", 0.10, CRASH),
        ),
        compensate=True,
    )
    rules = (
        Hold(),
        DiversifyNow(),
        TakeProfit(multiple=2.0, fraction=0.275, name="client trim"),
        SellLast(after=Trim(1.0, years=5), name="last seller"),
        Cap(0.30, name="cap 30 %"),
        Rebalance(12, name="rebalance yearly"),
        DrawdownControl(0.50),
    )
    return Scenario(portfolio, market, rules, frictions=Frictions(0.001), years=10, goal=5.0, baseline="hold")
