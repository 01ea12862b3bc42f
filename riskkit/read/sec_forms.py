"""Which form of the SEC an XML file is, so that one that is no N-PORT is refused by its name, with what to take."""

from __future__ import annotations

from riskkit._core.validation import short_repr
from riskkit.read.xml_file import xml_fault

__all__ = ["ROOT", "check_form", "check_root"]

#: Root of an N-PORT file, and of some other forms.
ROOT = "edgarSubmission"

_TAKE = "take primary_doc.xml of the fund's Form N-PORT itself (NPORT-P)"

_FORM_13F = (
    "what a manager holds of US-listed securities over all its accounts, without shorts, debt and cash; to use it all "
    "the same write its positions as a CSV file, for riskkit.read.holdings"
)

#: Other forms by their root, in small letters.
_ROOTS = {
    "informationtable": f"the information table of a Form 13F, {_FORM_13F}",
    "ownershipdocument": "a Form 3, 4 or 5, the dealings of an insider",
    "proxyvotetable": "the votes of a Form N-PX",
    "xbrl": "an XBRL report, such as that of a Form N-CSR, 10-K or 10-Q",
    "html": "a web page",
    "sec-document": "the text of a whole submission, in which primary_doc.xml is one document",
    "sec-header": "the text of a whole submission, in which primary_doc.xml is one document",
    "submission": "the text of a whole submission, in which primary_doc.xml is one document",
}

#: Other forms by what their submission type begins with.
_FORMS = {
    "13F": f"a Form 13F, {_FORM_13F}",
    "N-CSR": "a report to shareholders, whose schedule of investments is text",
    "N-CEN": "a Form N-CEN, a fund's yearly census without its holdings",
    "N-MFP": "a Form N-MFP, the holdings of a money market fund",
    "N-PX": "a Form N-PX, how a fund voted",
    "SCHEDULE 13": "a Schedule 13D or 13G, one large position",
    "144": "a Form 144, a planned sale of one security",
    "D": "a Form D, an offering of securities",
}


def check_root(path: str, root: str, line: int) -> None:
    """Refuse a file whose root no N-PORT file has."""
    if root != ROOT:
        what = _ROOTS.get(root.lower())
        named = f"; this is {what}" if what else ""
        raise xml_fault(path, f"the root must be <{ROOT}>, got <{root[:80]}>; {_TAKE}{named}", line)


def check_form(path: str, form: str, line: int) -> None:
    """Refuse a submission of another type than N-PORT and its variants (NPORT-P, NPORT-NP, NPORT-P/A)."""
    if form.upper().replace("-", "").startswith("NPORT"):
        return
    what = next((text for begin, text in _FORMS.items() if form.upper().startswith(begin)), "")
    named = f"; this is {what}" if what else ""
    message = f"<submissionType> must be an N-PORT's, such as NPORT-P, got {short_repr(form, 80)}; {_TAKE}{named}"
    raise xml_fault(path, message, line)
