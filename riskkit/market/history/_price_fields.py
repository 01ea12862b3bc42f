"""Recognize the fields of price tables by their headers: adjusted close, close, other fields, or an asset's name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from riskkit._core.validation import name_list

__all__ = ["ADJUSTED", "CLOSE", "PRICE", "best_price_columns", "field", "is_record", "record_columns"]

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
_FIELD_BY_WORDS = {words: field_name for field_name, all_words in _FIELDS.items() for words in all_words}


def field(header: str) -> str | None:
    """Return the field of a column by its header: `ADJUSTED`, `CLOSE`, `PRICE` or another; None for a name.

    Examples
    --------
    >>> [field(header) for header in ("adjClose", "Close (adjusted)", "Adj Close*", "Close/Last", "Vol.", "TSLA")]
    ['adjusted close', 'adjusted close', 'adjusted close', 'close', 'volume', None]
    """
    if len(header) > 80:
        return None
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)
    words = re.sub(r"[\W_]+", " ", spaced).lower().split()
    words = " ".join(_JOINED.get(word, word) for word in words).split()
    other_words = set(words) - _ADJUSTED
    if len(other_words) < len(set(words)) and other_words <= _PRICE_WORDS:
        return ADJUSTED
    return _FIELD_BY_WORDS.get(" ".join(words))


def is_record(headers: Iterable[str]) -> bool:
    """Whether the columns are the fields of one company: a close is among them, or two fields or more.

    Two fields among names could be the tickers OPEN and LOW, so they do not count.
    """
    fields = [field(header) for header in headers]
    distinct = {field_name for field_name in fields if field_name}
    if {ADJUSTED, CLOSE} & distinct:
        return True
    return len(distinct) >= 3 or (len(distinct) == 2 and None not in fields)


def record_columns(headers: Sequence[str]) -> str:
    """List the fields among the columns, for an error."""
    return name_list(header for header in headers if field(header))


def best_price_columns(headers: Sequence[str]) -> list[int]:
    """Return the indices of the columns with the best price: adjusted close, else close, else price.

    The caller refuses more than one, or none.
    """
    fields = [field(header) for header in headers]
    best_field = next((field_name for field_name in (ADJUSTED, CLOSE, PRICE) if field_name in fields), None)
    return [index for index, field_name in enumerate(fields) if field_name is not None and field_name == best_field]
