"""What a column of a table of prices is by its head: an adjusted close, a close, another field, or a name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from riskkit._core.validation import name_list

__all__ = ["ADJUSTED", "CLOSE", "PRICE", "best_price", "field", "is_record", "record_columns"]

ADJUSTED, CLOSE, PRICE = "adjusted close", "close", "price"

_JOINED = {"adjclose": "adj close", "adjustedclose": "adjusted close", "closeadj": "close adj", "adjprice": "adj price"}
_ADJUSTED = {"adj", "adjusted", "adjust"}
_PRICE_WORDS = {"close", "closing", "price", "last", "nav", "value"}
_FIELDS = {
    CLOSE: {"close", "closing", "close price", "closing price", "price close", "close last", "last", "last price",
            "px last", "settle", "settlement", "last close", "close usd"},
    PRICE: {"price", "nav", "nav price", "net asset value", "nav per share", "unit price"},
    "open": {"open", "open price", "opening price", "px open", "price open", "adj open", "adjusted open"},
    "high": {"high", "high price", "px high", "price high", "day high", "adj high", "adjusted high"},
    "low": {"low", "low price", "px low", "price low", "day low", "adj low", "adjusted low"},
    "volume": {"volume", "vol", "adj volume", "adjusted volume", "unadjusted volume", "share volume", "px volume",
               "quote volume", "base volume", "turnover"},
    "other": {"change", "change percent", "chg", "vwap", "trades", "count", "dividend", "dividends", "div cash",
              "dividend amount", "stock splits", "split", "split factor", "split coefficient", "capital gains",
              "adj factor", "change over time"},
}  # fmt: skip
_KINDS = {words: kind for kind, all_words in _FIELDS.items() for words in all_words}


def field(head: str) -> str | None:
    """Return what a column holds by its head: one of `ADJUSTED`, `CLOSE`, `PRICE` or another field; None for a name.

    Examples
    --------
    >>> [field(head) for head in ("adjClose", "Close (adjusted)", "Adj Close*", "Close/Last", "Vol.", "TSLA")]
    ['adjusted close', 'adjusted close', 'adjusted close', 'close', 'volume', None]
    """
    if len(head) > 80:
        return None
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", head)
    words = re.sub(r"[\W_]+", " ", apart).lower().split()
    words = " ".join(_JOINED.get(word, word) for word in words).split()
    rest = set(words) - _ADJUSTED
    if len(rest) < len(set(words)) and rest <= _PRICE_WORDS:
        return ADJUSTED
    return _KINDS.get(" ".join(words))


def is_record(heads: Iterable[str]) -> bool:
    """Say whether columns are the fields of one company, not companies: a close among them, or two fields or more.

    Two fields alone could be the tickers OPEN and LOW; so could one beside other names, which is no record.
    """
    kinds = [field(head) for head in heads]
    found = {kind for kind in kinds if kind}
    if {ADJUSTED, CLOSE} & found:
        return True
    return len(found) >= 3 or (len(found) == 2 and None not in kinds)


def record_columns(heads: Sequence[str]) -> str:
    """Write the fields among the columns, for an error."""
    return name_list(head for head in heads if field(head))


def best_price(heads: Sequence[str]) -> list[int]:
    """Return the places of the columns that hold the best price there is: adjusted close, else close, else price.

    More than one is for the caller to refuse, none too.
    """
    kinds = [field(head) for head in heads]
    best = next((kind for kind in (ADJUSTED, CLOSE, PRICE) if kind in kinds), None)
    return [place for place, kind in enumerate(kinds) if kind is not None and kind == best]
