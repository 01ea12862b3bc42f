"""Formulas become MathML while the site is built: a browser shows them with no script and nothing to load."""

from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import tostring

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator


def inline(writer: HTML5Translator, node: nodes.math) -> None:
    write(writer, node, "inline")


def block(writer: HTML5Translator, node: nodes.math_block) -> None:
    write(writer, node, "block")


def write(writer: HTML5Translator, node: nodes.math | nodes.math_block, display: str) -> None:
    from docutils.nodes import SkipNode
    from latex2mathml.converter import convert_to_element

    formula = convert_to_element(node.astext(), display=display)
    for part in formula.iter():
        part.text = unescape(part.text or "")  # signs come as entities
    text = tostring(formula, encoding="unicode")
    writer.body.append(f'<div class="formula">{text}</div>' if display == "block" else text)
    raise SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
