r"""Typeset the formulas while the book is built: KaTeX's HTML for the eyes, its MathML
for screen readers, and no script on the page.

KaTeX runs in QuickJS, through the package quickjs-ng. A formula that it does not know
or that LaTeX would refuse is a warning, with its place.
"""

import json
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path

import quickjs
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

KATEX = Path(__file__).with_name("katex.min.js")
# JSON, since a text that JavaScript joined from pieces cannot be handed over.
CALL = """
var typeset = (formula, displayMode) =>
  JSON.stringify(katex.renderToString(formula, {displayMode, strict: "error"}));
"""
logger = logging.getLogger(__name__)


@cache
def _engine() -> Callable[[str, bool], str]:
    context = quickjs.Context()
    context.eval(KATEX.read_text(encoding="utf-8") + CALL)
    return context.get("typeset")


@lru_cache(maxsize=4096)
def typeset(formula: str, display: bool) -> str:
    r"""Returns a formula as HTML with MathML in it.

    Args:
        formula: LaTeX, without its dollars.
        display: Whether it stands on lines of its own.

    Raises:
        ValueError: If KaTeX refuses the formula; the message says where.

    Example:

    >>> "<mi>x</mi>" in typeset("x", False)
    True
    """
    try:
        return json.loads(_engine()(formula.strip(), display))
    except quickjs.JSException as error:
        reason = str(error).splitlines()[0].split("ParseError: ")[-1]
        raise ValueError(f"{reason} (in {formula.strip()!r})") from None


def _visit(translator: HTML5Translator, node: nodes.Element) -> None:
    display = isinstance(node, nodes.math_block)
    try:
        text = typeset(node.astext(), display)
    except ValueError as error:
        logger.warning("formula: %s", error, location=node)
        text = translator.encode(node.astext())
    tag, end = ("div", "\n") if display else ("span", "")
    start = translator.starttag(node, tag, "", CLASS="math notranslate nohighlight")
    translator.body.append(f"{start}{text}</{tag}>{end}")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("katex", (_visit, None), (_visit, None))
    app.config.html_math_renderer = "katex"
    app.add_css_file("katex/katex.min.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
