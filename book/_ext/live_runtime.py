"""Live figures in pages: the directive `live`, and one copy of what figures share.

The directive shows a figure in a Markdown page, as it is without arguments; in chapters
cells do so. Each output of `dlbook.live` carries the shared style and scripts, since in
Colab it stands alone. On a page of the book the later, identical copies are dead
weight: the first one already serves all figures.
"""

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from dlbook import live

SHARED = re.compile(
    r'<(style|script) data-live-shared="[^"]+">.*?</\1>\s*', flags=re.DOTALL
)


class Live(SphinxDirective):
    """Puts a live figure here; its one argument is the figure's name."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if name not in live.__all__:
            raise self.error(f"live: {name!r} is no figure of dlbook.live")
        for path in Path(live.__file__).parent.iterdir():
            self.env.note_dependency(str(path))
        return [nodes.raw("", getattr(live, name)()._repr_html_(), format="html")]


def keep_first(body: str) -> str:
    """Returns `body` without repeated shared elements.

    Only an exact repetition goes: outputs of two releases of `dlbook` on one page
    both stay whole.

    Args:
        body: HTML of a page.

    Returns:
        The HTML with the first copy of each shared element in its place.

    Example:

    >>> shared = '<style data-live-shared="a.css">p {}</style>'
    >>> keep_first(f"{shared}<p>1</p>{shared}<p>2</p>")
    '<style data-live-shared="a.css">p {}</style><p>1</p><p>2</p>'
    """
    seen = set()

    def keep(match: re.Match[str]) -> str:
        copy = match[0].strip()
        if copy in seen:
            return ""
        seen.add(copy)
        return match[0]

    return SHARED.sub(keep, body)


def shrink_page(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: Any,
) -> None:
    """Shortens the page's body just before its template is filled."""
    if "data-live-shared" in context.get("body", ""):
        context["body"] = keep_first(context["body"])


def setup(app: Sphinx) -> dict[str, Any]:
    """Registers the extension with Sphinx."""
    app.add_directive("live", Live)
    app.connect("html-page-context", shrink_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
