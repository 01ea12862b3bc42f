"""Which holdings of several portfolios are one company: by an identifier, by a name, by an alias; and which may be."""

from __future__ import annotations

import re

__all__ = ["company_words"]

#: What tells the legal form of a company or the kind of its security, and not which company it is.
_FORM = re.compile(
    r"\b((class|cl|series|ser)\.?\s+[a-z0-9]|[a-z]\W+shares|the|incorporated|inc|corporation|corp|company|co|limited|ltd|"
    r"llc|lp|plc|gmbh|kgaa|ag|se|sa|nv|bv|spa|asa|ab|oyj|common|com|ordinary|ord|preferred|pref|pfd|stock|stk|shares?|"
    r"shs|adr|ads|sponsored|class|series)\b"
)
_WORD = re.compile(r"[^\W_]+")


def company_words(name: str) -> tuple[str, ...]:
    """Return the words of a name, in small letters, without those that tell a legal form or a kind of security.

    Examples
    --------
    >>> company_words("Tesla, Inc."), company_words("TESLA INC COM"), company_words("Alphabet Inc. Class A")
    (('tesla',), ('tesla',), ('alphabet',))
    """
    folded = name.casefold()
    return tuple(_WORD.findall(_FORM.sub(" ", folded)) or _WORD.findall(folded))
