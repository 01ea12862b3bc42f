"""Ready-made assumptions on holdings: single stocks, early unlisted holdings and the price of options."""

from __future__ import annotations

from riskkit._core.validation import require_known
from riskkit.evidence._assumption import Assumption
from riskkit.evidence._figures import figures

__all__ = ["single_stock", "venture", "volatility_premium"]

#: Sector → its figure.
SECTORS = {
    "all": "catastrophe_all",
    "technology": "catastrophe_technology",
    "utilities": "catastrophe_utilities",
}


def single_stock(*, sector: str = "all") -> Assumption:
    """Return the share of single stocks with a catastrophic loss, over the stock's life in the index.

    A catastrophic loss is a fall by 70 % from a peak that ended at least 60 % below it, as in
    `Comparison.holdings`.

    Parameters
    ----------
    sector : {"all", "technology", "utilities"}
        Sectors with a published figure.

    Returns
    -------
    Assumption
        Its ``values``, shares of stocks. It is no law of a price; `check` sets simulated shares beside it.

    Raises
    ------
    InvalidInput
        If the sector is unknown; the message lists those that exist.

    Examples
    --------
    >>> import riskkit as rk
    >>> rk.evidence.single_stock(sector="technology").values
    {'catastrophic loss': 0.57}
    """
    require_known("single_stock: sector", [sector], SECTORS)
    figure = figures()[SECTORS[sector]]
    return Assumption(
        f"single stocks, {'all sectors' if sector == 'all' else sector}",
        {"catastrophic loss": figure.value},
        (figure,),
        notes=(
            "A fall by 70 % from a peak that ended at least 60 % below it, over the stock's life in the index, which "
            "is not a horizon of yours.",
            "Stocks that left the index are among them; firms that never were in it are not.",
        ),
    )


def venture() -> Assumption:
    """Return the outcome shares of venture financings, by number and by dollars.

    Returns
    -------
    Assumption
        Its ``values``, shares of financings or of dollars. They are of early unlisted holdings, and not of a large,
        late one.

    Examples
    --------
    >>> import riskkit as rk
    >>> rk.evidence.venture().values["financings below 1 ×"]
    0.65
    """
    names = {
        "financings below 1 ×": "venture_below_1",
        "financings at 5 × or more": "venture_5",
        "financings at 10 × or more": "venture_10",
        "dollars lost": "venture_dollars_lost",
        "dollars at 10 × or more (under)": "venture_dollars_10",
    }
    return Assumption(
        "venture financings",
        {meaning: figures()[name].value for meaning, name in names.items()},
        tuple(figures()[name] for name in names.values()),
        notes=("Early unlisted holdings; not for a large, late one.",),
    )


def volatility_premium() -> Assumption:
    """Return by how much implied volatility has been above realised volatility.

    Returns
    -------
    Assumption
        Its ``values``, in volatility a year: 0.024 is 2.4 points. `OptionPricing` without a volatility adds 0.04 to the
        model's own, within the range of the ten largest stocks.

    Examples
    --------
    >>> import riskkit as rk
    >>> rk.evidence.volatility_premium()
    implied above realised volatility, a year
    - S&P 500: 2.4 %
    - ten largest stocks, lower end: 3.9 %
    - ten largest stocks, upper end: 4.3 %
    - Indices and very large stocks; options on smaller or riskier stocks are not in the samples.
    Source: Hill, Balasubramanian, Gregory and Tierens 2006 (S&P 500; 1990 to 2005).
    Source: Stone Ridge (ten largest stocks; 1996 to 2012).
    """
    names = {
        "S&P 500": "premium_index",
        "ten largest stocks, lower end": "premium_stocks_low",
        "ten largest stocks, upper end": "premium_stocks_high",
    }
    return Assumption(
        "implied above realised volatility, a year",
        {meaning: figures()[name].value for meaning, name in names.items()},
        tuple(figures()[name] for name in names.values()),
        notes=("Indices and very large stocks; options on smaller or riskier stocks are not in the samples.",),
    )
