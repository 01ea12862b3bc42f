"""N-PORT files for tests, written line by line."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

__all__ = ["filing", "investment", "written"]

_ATTRIBUTES = ("ticker", "isin")


def investment(value: object, /, **texts: str) -> str:
    """One line: its value, and elements by their names; `ticker` and `isin` stand among the identifiers."""
    found = "".join(f"<{tag} value={quoteattr(texts.pop(tag))}/>" for tag in _ATTRIBUTES if tag in texts)
    plain = "".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in {**texts, "valUSD": str(value)}.items())
    return f"<invstOrSec>{plain}<identifiers>{found}</identifiers></invstOrSec>\n"


def filing(*investments: str, net: object) -> str:
    """A file of these lines and net assets; the first line is line 3."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<edgarSubmission xmlns="http://www.sec.gov/edgar/nport"><formData>'
        f"<fundInfo><netAssets>{net}</netAssets></fundInfo><invstOrSecs>\n{''.join(investments)}</invstOrSecs>"
        "</formData></edgarSubmission>\n"
    )


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "primary_doc.xml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
