"""Recognize the forms of the SEC, to refuse a file that is not an N-PORT by name and say which file to use."""

from __future__ import annotations

from riskkit._core.validation import short_repr
from riskkit.read.xml_file import xml_error

__all__ = ["ROOT", "check_form", "check_root"]

#: Root of an N-PORT file, and of some other forms.
ROOT = "edgarSubmission"

_REMEDY = "use primary_doc.xml of the fund's Form N-PORT itself (NPORT-P)"

_FORM_13F = (
    "the US-listed holdings of a manager over all its accounts, without shorts, debt and cash; to use it all "
    "the same write its positions as a CSV file, for riskkit.read.holdings"
)

#: Other forms by their root, in lower case.
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

#: Other forms by the beginning of their submission type.
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
    """Raise unless the root is that of an N-PORT file."""
    if root != ROOT:
        form_name = _ROOTS.get(root.lower())
        named = f"; this is {form_name}" if form_name else ""
        raise xml_error(path, f"the root must be <{ROOT}>, got <{root[:80]}>; {_REMEDY}{named}", line)


def check_form(path: str, form: str, line: int) -> None:
    """Raise unless the submission type is N-PORT or a variant (NPORT-P, NPORT-NP, NPORT-P/A)."""
    if form.upper().replace("-", "").startswith("NPORT"):
        return
    form_name = next((text for prefix, text in _FORMS.items() if form.upper().startswith(prefix)), "")
    named = f"; this is {form_name}" if form_name else ""
    message = f"<submissionType> must be an N-PORT's, such as NPORT-P, got {short_repr(form, 80)}; {_REMEDY}{named}"
    raise xml_error(path, message, line)
