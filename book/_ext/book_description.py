"""Tell search engines what a page is about: its first sentences."""

import re
from html import escape

from docutils import nodes
from sphinx.application import Sphinx

LENGTH = 160  # characters; search engines show no more


def _describe(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object
) -> None:
    if doctree is None:
        return
    first = next(doctree.findall(nodes.paragraph), None)
    text = " ".join(first.astext().split()) if first else ""
    if len(text) > LENGTH:
        text = re.sub(r"\s+\S*$", "", text[:LENGTH]) + " …"
    if text:
        tag = f'<meta name="description" content="{escape(text)}" />'
        context["metatags"] = context.get("metatags", "") + tag


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", _describe)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
