"""The words of holdings files: heads of columns, rows of sums, cash and what is owed, options."""

from __future__ import annotations

import re
from functools import lru_cache

from riskkit.read.csv_file import head_words
from riskkit.read.currencies import CODES, in_head, word_set

__all__ = [
    "HEADS", "is_aside", "is_base", "is_cash", "is_margin", "is_option", "is_owed", "is_sum", "is_value_head",
    "kind_of_derivative", "per_unit",
]  # fmt: skip

#: Heads in small letters by what the column tells; one further left goes before the others.
HEADS: dict[str, tuple[str, ...]] = {
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

#: Heads of what a holding is worth, without their currency.
VALUE = frozenset((
    "value", "market value", "current value", "mkt val market value", "mkt val", "mkt value", "market val",
    "total value", "position value", "current market value", "total market value", "ending value",
    "ending market value", "closing value", "holding value", "value of holding", "equity", "kurswert", "marktwert",
    "wert", "gesamtwert", "aktueller wert", "wert aktuell", "depotwert", "valeur", "valeur de marché",
    "valeur totale", "valorisation", "valore", "valore di mercato", "controvalore", "valor de mercado",
    "valor actual", "valor total", "valor atual", "waarde", "marktwaarde", "huidige waarde", "totale waarde",
    "marknadsvärde", "värde", "markedsværdi", "markedsverdi", "verdi", "markkina arvo", "wartość", "評価額", "市值",
))  # fmt: skip
_BASE = ("base currency", "base", "account currency")

#: Heads of what all of a holding cost, and of what a unit did, without their currency.
COST = frozenset((
    "cost", "cost basis", "total cost", "cost basis total", "total cost basis", "cost total", "purchase cost",
    "purchase value", "book cost", "book value", "cost value", "acquisition cost", "acquisition value",
    "cost basis money", "invested value", "amount invested", "total invested", "adjusted cost basis", "einstandswert",
    "kaufwert", "anschaffungswert", "einstand gesamt", "valeur d achat", "prix de revient total", "valore di carico",
    "costo", "coste", "coste total", "valor de compra", "aankoopwaarde", "anskaffningsvärde", "valor de aquisição",
    "取得金額",
))  # fmt: skip
UNIT_COST = frozenset((
    "average cost", "avg cost", "average cost basis", "cost share", "cost basis share", "cost per share",
    "cost per unit", "average price", "avg price", "avg cost share", "average cost share", "average cost per share",
    "average share price", "unit cost", "price paid", "purchase price", "average purchase price", "avg purchase price",
    "cost price", "average cost price", "cost basis price", "avg entry price", "average entry price",
    "average buy price", "einstandskurs", "einstandspreis", "kaufkurs", "kaufpreis", "pru", "prix de revient unitaire",
    "prix de revient", "prezzo medio", "prezzo medio di carico", "precio medio", "gak", "preço médio", "snittkurs",
    "gav", "unit purchase price",
))  # fmt: skip


def is_value_head(head: str) -> bool:
    """Whether a column tells what holdings are worth."""
    plain = _plain(head)
    return plain in VALUE or (plain == "total" and in_head(head) != "")


def is_base(head: str) -> bool:
    """Whether a head says that the column is in the account's own currency, whatever that of the holding."""
    return head_words(head).endswith(_BASE)


def per_unit(head: str) -> bool | None:
    """Whether a column tells the cost of a unit (True) or of all (False); None if it tells no cost."""
    plain = _plain(head)
    return False if plain in COST else True if plain in UNIT_COST else None


def _plain(head: str) -> str:
    """A head without the currency that it names."""
    words = head_words(head)
    for base in _BASE:
        words = words.removesuffix(base).strip()
    return " ".join(word for word in words.split() if word.upper() not in CODES).removesuffix(" in")


# ---------------------------------------------------------------------------------------------------------------------
# Sums
# ---------------------------------------------------------------------------------------------------------------------

_SUMS = word_set(
    "total totals totale totaal totali totales totais totalt totalsumme gesamt gesamtsumme gesamtwert gesamtbestand "
    "insgesamt summe summa sum sums suma soma somme somma som subtotal subtotals subtotale subtotaal zwischensumme "
    "teilsumme endsumme delsumma eindtotaal ialt yhteensä razem łącznie celkem součet összesen toplam σύνολο итого "
    "всего סהכ المجموع الإجمالي 合計 合计 総計 总计 總計 小計 小计 总额 總額 합계 총계"
)
# What may stand beside such a word; alone it says nothing.
_BESIDE = word_set(
    "account accounts portfolio grand sub overall position positions holding holdings value values market assets "
    "asset net all securities security equities equity stocks bonds cash etf etfs fund funds investment investments "
    "and of the for in long short client balance amount worth general général generale geral complessivo sous depot "
    "depots depotwert konto konten bestand portefeuille portafoglio cartera cuenta compte conto conta rekening titres "
    "valeurs waarde valore valor värde wert innehav i alt"
)
_ACCOUNT_VALUES = frozenset(("net worth", "net account value", "account value", "portfolio value", "i alt"))


def is_sum(cell: str, *, alone: bool = False) -> bool:
    """Whether a cell says that its row is a sum, in a language that brokers write.

    With `alone` only if it says nothing else.

    Examples
    --------
    >>> [is_sum(cell) for cell in ("TOTAL", "Account Total", "Summe Depot 123 (EUR)", "Total Stock Market Index")]
    [True, True, True, False]
    """
    if _LETTER.search(cell) is None:
        return False
    parts = _parts(cell.replace('"', ""))
    if " ".join(parts) in _ACCOUNT_VALUES:
        return True
    others = [part for part in parts if part not in _SUMS]
    if len(others) == len(parts):
        return False
    return not others if alone else all(map(_stands_aside, others))


def is_aside(cell: str) -> bool:
    """Whether a cell names no holding beside a sum: it is empty, a sum, an account, a currency or a number."""
    return all(part in _SUMS or _stands_aside(part) for part in _parts(cell))


_LETTER = re.compile(r"[^\W\d_]")


@lru_cache(maxsize=1024)
def _parts(cell: str) -> tuple[str, ...]:
    return tuple(head_words(cell[:200]).split())


def _stands_aside(word: str) -> bool:
    return word in _BESIDE or word.upper() in CODES or any(sign.isdigit() for sign in word)


# ---------------------------------------------------------------------------------------------------------------------
# Cash, and what is owed
# ---------------------------------------------------------------------------------------------------------------------

_CASH = re.compile(
    r"\b(cash|margin|debit|money market|settlement fund|sweep|kasse|barguthaben|guthaben|liquidität|verrechnungskonto|"
    r"kontokorrent|geldkonto|esp[eè]ces|liquidit[eéà]s?|solde|contanti|efectivo|kontanter|kontant|likvida medel|"
    r"geldmiddelen|dinheiro|us dollars?)\b"
)
_OWED = word_set("loan debit debt owed borrowed kredit lombardkredit wertpapierkredit crédit prestito lån lening")
_MARGIN = word_set("margin balance account amount cash net securities lombard broker line of based usd eur")


def is_cash(words: str) -> bool:
    """Whether a name is one of cash: ``Cash & Cash Investments``, ``Margin balance``, ``USD``."""
    plain = head_words(words)
    return bool(_CASH.search(plain)) or plain.upper() in CODES


def is_owed(words: str) -> bool:
    """Whether a name says that its value is owed, whatever its sign: ``Margin loan``."""
    parts = set(head_words(words).split())
    return bool(parts & _OWED) and parts <= _OWED | _MARGIN


def is_margin(words: str) -> bool:
    """Whether a name is that of a margin account, whose value may be owed or held: ``Margin balance``."""
    parts = set(head_words(words).split())
    return "margin" in parts and parts <= _MARGIN


# ---------------------------------------------------------------------------------------------------------------------
# Options and other derivatives
# ---------------------------------------------------------------------------------------------------------------------

_MONTH = r"(?:JAN|FEB|MAR|MAY|APR|JUN|JUL|AUG|SEP|OCT|OKT|NOV|DEC|DEZ|MAI)[A-Z]{0,6}\.?"
_DATE = (
    rf"(?:\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{2,4}}|\d{{4}}-\d\d-\d\d|20\d{{6}}|\d{{1,2}} ?{_MONTH} ?'?(?:\d{{4}}|\d\d)"
    rf"|{_MONTH} ?\d{{1,2}},? '?(?:\d{{4}}|\d\d)|{_MONTH} ?'?(?:\d{{4}}|\d\d))"
)
_STRIKE = r"[$€£]? ?\d{1,6}(?:[.,]\d{1,4})?(?![\d/.%-])"
_SIDE = r"(?:PUTS?|CALLS?)"
_OPTION = re.compile(
    "|".join(
        (
            r"^-?[A-Z.]{1,6} ?\d{6} ?[CP] ?\d{1,8}(?:\.\d+)?$",  # TSLA 260116P00200000, -TSLA260116P200
            rf"(?<![\w/]){_DATE} {_STRIKE} ?(?:{_SIDE}|[CP])\b",  # TSLA 01/16/2026 200.00 P, TSLA Jan 16 2026 200 Put
            rf"(?<![\w/]){_DATE} (?:{_SIDE}|[CP]) {_STRIKE}",  # TSLA 16JAN26 P 200
            rf"\b{_SIDE} {_STRIKE}.{{0,20}}?(?<![\w/]){_DATE}",  # TSLA Put 200 16.01.26
            rf"(?<![\w./-]){_STRIKE} {_SIDE}.{{0,20}}?(?<![\w/]){_DATE}",  # TSLA $200 Put 1/16/2026
            rf"^{_SIDE} .{{0,80}}?(?<![\w/]){_DATE} {_STRIKE}",  # PUT (TSLA) TESLA INC JAN 16 26 $200 (100 SHS)
            rf"\$\d{{1,6}}(?:\.\d+)? {_SIDE}\b|\b{_SIDE} \$\d",  # TSLA $200 Put
        )
    )
)
_DERIVATIVE = re.compile(
    r"\b(options?|opt|puts?|calls?|futures?|fut|forwards?|swaps?|cfds?|warrants?|optionen|opciones|opties)\b"
)


def is_option(words: str) -> bool:
    """Whether a symbol or a name is that of an option, in a notation of exchanges or brokers.

    Examples
    --------
    >>> [is_option(name) for name in ("TSLA 260116P00200000", "-TSLA260116P200", "TSLA Jan 16 2026 200 Put", "TSLA")]
    [True, True, True, False]
    """
    return bool(_OPTION.search(words[:200].upper()))


def kind_of_derivative(words: str) -> str | None:
    """Return the word by which a type of asset is a derivative, None if it is none."""
    found = _DERIVATIVE.search(head_words(words[:200]))
    return found[0] if found else None
