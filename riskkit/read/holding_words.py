"""Recognize the vocabulary of holdings files: column headers, sums, cash, debts, options."""

from __future__ import annotations

import re
from functools import lru_cache

from riskkit.read.csv_file import header_words
from riskkit.read.currencies import CURRENCY_CODES, currency_in_header, word_set

__all__ = [
    "HEADERS", "is_base_currency_header", "is_cash", "is_debt", "is_margin", "is_option", "is_price_header", "is_sum",
    "is_value_header",
    "kind_of_derivative", "names_no_holding", "per_unit",
]  # fmt: skip

#: Headers in lower case by the content of the column; the first match in a list wins.
HEADERS: dict[str, tuple[str, ...]] = {
    "ticker": (
        "ticker", "symbol", "ticker symbol", "stock symbol", "symbol isin", "ticker isin", "symbol cusip", "epic",
        "kürzel", "símbolo", "simbolo", "symbole", "code",
    ),
    "name": (
        "name", "holding", "security name", "investment name", "fund name", "company name", "instrument name",
        "description", "security description", "investment", "security", "instrument", "product", "stock", "company",
        "bezeichnung", "wertpapier", "wertpapierbezeichnung", "titel", "libellé", "nom", "descrizione", "titolo",
        "strumento", "nombre", "descripción", "naam", "produkt", "produto", "nome", "ativo", "värdepapper", "namn",
        "navn", "verdipapir", "papir", "nazwa", "銘柄", "名称",
    ),
    "founder": ("founder",),
    "quantity": (
        "quantity", "qty", "qty quantity", "shares", "units", "units held", "no of shares", "number of shares",
        "stück", "stück nominale", "stück nom", "anzahl", "quantité", "quantità", "cantidad", "aantal", "antal",
        "quantidade",
    ),
    "currency": (
        "currency", "ccy", "cur", "curr", "currency code", "currency primary", "instrument currency", "währung", "whg",
        "devise", "valuta", "divisa", "moneda", "moeda",
    ),
    "type": (
        "asset type", "security type", "instrument type", "product type", "investment type", "asset class",
        "asset category", "type", "category", "wertpapierart", "wertpapiertyp", "assetklasse", "art", "instrumenttyp",
    ),
    "put or call": ("put call", "call put", "putcall", "put or call", "option type", "right", "p c", "c p"),
    "strike": ("strike", "strike price", "basispreis", "prix d exercice"),
}  # fmt: skip

#: Headers of the value of a holding, without the currency.
VALUE_HEADERS = frozenset((
    "value", "market value", "current value", "mkt val market value", "mkt val", "mkt value", "market val",
    "total value", "position value", "current market value", "total market value", "ending value",
    "ending market value", "closing value", "holding value", "value of holding", "equity", "kurswert", "marktwert",
    "wert", "gesamtwert", "aktueller wert", "wert aktuell", "depotwert", "valeur", "valeur de marché",
    "valeur totale", "valorisation", "valore", "valore di mercato", "controvalore", "valor de mercado",
    "valor actual", "valor total", "valor atual", "waarde", "marktwaarde", "huidige waarde", "totale waarde",
    "marknadsvärde", "värde", "markedsværdi", "markedsverdi", "verdi", "markkina arvo", "wartość", "評価額", "市值",
))  # fmt: skip
_BASE_CURRENCY_WORDS = ("base currency", "base", "account currency")

#: Headers of the total cost of a holding, and of its cost per unit, without the currency.
COST_HEADERS = frozenset((
    "cost", "cost basis", "total cost", "cost basis total", "total cost basis", "cost total", "purchase cost",
    "purchase value", "book cost", "book value", "cost value", "acquisition cost", "acquisition value",
    "cost basis money", "invested value", "amount invested", "total invested", "adjusted cost basis", "einstandswert",
    "kaufwert", "anschaffungswert", "einstand gesamt", "valeur d achat", "prix de revient total", "valore di carico",
    "costo", "coste", "coste total", "valor de compra", "aankoopwaarde", "anskaffningsvärde", "valor de aquisição",
    "取得金額",
))  # fmt: skip
UNIT_COST_HEADERS = frozenset((
    "average cost", "avg cost", "average cost basis", "cost share", "cost basis share", "cost per share",
    "cost per unit", "average price", "avg price", "avg cost share", "average cost share", "average cost per share",
    "average share price", "unit cost", "price paid", "purchase price", "average purchase price", "avg purchase price",
    "cost price", "average cost price", "cost basis price", "avg entry price", "average entry price",
    "average buy price", "einstandskurs", "einstandspreis", "kaufkurs", "kaufpreis", "pru", "prix de revient unitaire",
    "prix de revient", "prezzo medio", "prezzo medio di carico", "precio medio", "gak", "preço médio", "snittkurs",
    "gav", "unit purchase price",
))  # fmt: skip


#: Headers of the price of a unit, without the currency.
PRICE_HEADERS = frozenset((
    "price", "last price", "current price", "market price", "share price", "price per share", "unit price",
    "closing price", "kurs", "aktueller kurs", "cours", "prezzo", "precio", "koers", "preço",
))  # fmt: skip


def is_price_header(header: str) -> bool:
    """Whether a header is that of a column of prices of a unit."""
    return _without_currency(header) in PRICE_HEADERS


def is_value_header(header: str) -> bool:
    """Whether a header is that of a column of values."""
    plain = _without_currency(header)
    return plain in VALUE_HEADERS or (plain == "total" and currency_in_header(header) != "")


def is_base_currency_header(header: str) -> bool:
    """Whether a header says that the column is in the account's currency, not in the holding's."""
    return header_words(header).endswith(_BASE_CURRENCY_WORDS)


def per_unit(header: str) -> bool | None:
    """Whether a column is the cost per unit (True) or the total cost (False); None if it is neither."""
    plain = _without_currency(header)
    return False if plain in COST_HEADERS else True if plain in UNIT_COST_HEADERS else None


def _without_currency(header: str) -> str:
    """The words of a header without its currency."""
    words = header_words(header)
    for base in _BASE_CURRENCY_WORDS:
        words = words.removesuffix(base).strip()
    return " ".join(word for word in words.split() if word.upper() not in CURRENCY_CODES).removesuffix(" in")


# ---------------------------------------------------------------------------------------------------------------------
# Sums
# ---------------------------------------------------------------------------------------------------------------------

_SUM_WORDS = word_set(
    "total totals totale totaal totali totales totais totalt totalsumme gesamt gesamtsumme gesamtwert gesamtbestand "
    "insgesamt summe summa sum sums suma soma somme somma som subtotal subtotals subtotale subtotaal zwischensumme "
    "teilsumme endsumme delsumma eindtotaal ialt yhteensä razem łącznie celkem součet összesen toplam σύνολο итого "
    "всего סהכ المجموع الإجمالي 合計 合计 総計 总计 總計 小計 小计 总额 總額 합계 총계"
)
# Words that may accompany a word for a sum; they mean nothing alone.
_NEUTRAL_WORDS = word_set(
    "account accounts portfolio grand sub overall position positions holding holdings value values market assets "
    "asset net all securities security equities equity stocks bonds cash etf etfs fund funds investment investments "
    "and of the for in long short client balance amount worth general général generale geral complessivo sous depot "
    "depots depotwert konto konten bestand portefeuille portafoglio cartera cuenta compte conto conta rekening titres "
    "valeurs waarde valore valor värde wert innehav i alt"
)
_ACCOUNT_VALUES = frozenset(("net worth", "net account value", "account value", "portfolio value", "i alt"))


def is_sum(cell: str, *, only: bool = False) -> bool:
    """Whether a cell marks its row as a sum, in one of the languages of brokers.

    With `only`, every word of the cell must be a word for a sum.

    Examples
    --------
    >>> [is_sum(cell) for cell in ("TOTAL", "Account Total", "Summe Depot 123 (EUR)", "Total Stock Market Index")]
    [True, True, True, False]
    """
    if _LETTER.search(cell) is None:
        return False
    words = _words(cell.replace('"', ""))
    if " ".join(words) in _ACCOUNT_VALUES:
        return True
    others = [word for word in words if word not in _SUM_WORDS]
    if len(others) == len(words):
        return False
    return not others if only else all(map(_is_neutral_word, others))


def names_no_holding(cell: str) -> bool:
    """Whether a cell cannot be the name of a holding: empty, or a sum, an account, a currency or a number."""
    return all(word in _SUM_WORDS or _is_neutral_word(word) for word in _words(cell))


_LETTER = re.compile(r"[^\W\d_]")


@lru_cache(maxsize=1024)
def _words(cell: str) -> tuple[str, ...]:
    return tuple(header_words(cell[:200]).split())


def _is_neutral_word(word: str) -> bool:
    return word in _NEUTRAL_WORDS or word.upper() in CURRENCY_CODES or any(sign.isdigit() for sign in word)


# ---------------------------------------------------------------------------------------------------------------------
# Cash and debts
# ---------------------------------------------------------------------------------------------------------------------

_CASH = re.compile(
    r"\b(cash|margin|debit|money market|settlement fund|sweep|kasse|barguthaben|guthaben|liquidität|verrechnungskonto|"
    r"kontokorrent|geldkonto|esp[eè]ces|liquidit[eéà]s?|solde|contanti|efectivo|kontanter|kontant|likvida medel|"
    r"geldmiddelen|dinheiro|us dollars?)\b"
)
_DEBT_WORDS = word_set("loan debit debt owed borrowed kredit lombardkredit wertpapierkredit crédit prestito lån lening")
_MARGIN_WORDS = word_set("margin balance account amount cash net securities lombard broker line of based usd eur")


def is_cash(name: str) -> bool:
    """Whether a name is that of cash: ``Cash & Cash Investments``, ``Margin balance``, ``USD``."""
    text = header_words(name)
    return bool(_CASH.search(text)) or text.upper() in CURRENCY_CODES


def is_debt(name: str) -> bool:
    """Whether a name is that of a debt, whatever the sign of its value: ``Margin loan``."""
    words = set(header_words(name).split())
    return bool(words & _DEBT_WORDS) and words <= _DEBT_WORDS | _MARGIN_WORDS


def is_margin(name: str) -> bool:
    """Whether a name is that of a margin account, which may be cash or a debt: ``Margin balance``."""
    words = set(header_words(name).split())
    return "margin" in words and words <= _MARGIN_WORDS


# ---------------------------------------------------------------------------------------------------------------------
# Options and other derivatives
# ---------------------------------------------------------------------------------------------------------------------

_MONTH = r"(?:JAN|FEB|MAR|MAY|APR|JUN|JUL|AUG|SEP|OCT|OKT|NOV|DEC|DEZ|MAI)[A-Z]{0,6}\.?"
_DATE = (
    rf"(?:\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{2,4}}|\d{{4}}-\d\d-\d\d|20\d{{6}}|\d{{1,2}} ?{_MONTH} ?'?(?:\d{{4}}|\d\d)"
    rf"|{_MONTH} ?\d{{1,2}},? '?(?:\d{{4}}|\d\d)|{_MONTH} ?'?(?:\d{{4}}|\d\d))"
)
_STRIKE = r"[$€£]? ?\d{1,6}(?:[.,]\d{1,4})?(?![\d/.%-])"
_RIGHT = r"(?:PUTS?|CALLS?)"
_OPTION = re.compile(
    "|".join(
        (
            r"^-?[A-Z.]{1,6} ?\d{6} ?[CP] ?\d{1,8}(?:\.\d+)?$",  # TSLA 260116P00200000, -TSLA260116P200
            rf"(?<![\w/]){_DATE} {_STRIKE} ?(?:{_RIGHT}|[CP])\b",  # TSLA 01/16/2026 200.00 P, TSLA Jan 16 2026 200 Put
            rf"(?<![\w/]){_DATE} (?:{_RIGHT}|[CP]) {_STRIKE}",  # TSLA 16JAN26 P 200
            rf"\b{_RIGHT} {_STRIKE}.{{0,20}}?(?<![\w/]){_DATE}",  # TSLA Put 200 16.01.26
            rf"(?<![\w./-]){_STRIKE} {_RIGHT}.{{0,20}}?(?<![\w/]){_DATE}",  # TSLA $200 Put 1/16/2026
            rf"^{_RIGHT} .{{0,80}}?(?<![\w/]){_DATE} {_STRIKE}",  # PUT (TSLA) TESLA INC JAN 16 26 $200 (100 SHS)
            rf"\$\d{{1,6}}(?:\.\d+)? {_RIGHT}\b|\b{_RIGHT} \$\d",  # TSLA $200 Put
        )
    )
)
_DERIVATIVE = re.compile(
    r"\b(options?|opt|puts?|calls?|futures?|fut|forwards?|swaps?|cfds?|warrants?|optionen|opciones|opties)\b"
)


def is_option(name: str) -> bool:
    """Whether a symbol or name is that of an option, in the notation of an exchange or broker.

    Examples
    --------
    >>> [is_option(name) for name in ("TSLA 260116P00200000", "-TSLA260116P200", "TSLA Jan 16 2026 200 Put", "TSLA")]
    [True, True, True, False]
    """
    return bool(_OPTION.search(name[:200].upper()))


def kind_of_derivative(asset_type: str) -> str | None:
    """Return the word that makes an asset type a derivative, None if it is not one."""
    match = _DERIVATIVE.search(header_words(asset_type[:200]))
    return match[0] if match else None
