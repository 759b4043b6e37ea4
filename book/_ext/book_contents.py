"""Make the side bar's list of pages once, not again for every page.

The theme resolves, parses and prints the whole list for each page: a thousand pages
cost a million entries. Here it is made once, as no page of the book sees it; each page
then marks its own place. Contents with pages below pages are left to the theme.
"""

import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri

THEIRS, OURS = "sbt-sidebar-nav.html", "contents-once.html"
LIST = '<ul class="{}nav bd-sidenav">'
ENTRY = '<li class="toctree-l1{}"><a class="{}reference internal" href="{}">'
NOWHERE = "no page of the book"


def _use(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object
) -> None:
    def contents(**options: object) -> str:
        builder = app.builder
        if "list" not in made:  # the theme has set its function by now
            context["toctree"] = lambda **kw: builder._get_local_toctree(NOWHERE, **kw)
            made["list"] = str(context["generate_toctree_html"](**options))
        return placed(made["list"], builder.get_target_uri(pagename))

    made = app._book_contents
    below = set(app.env.toctree_includes) - {app.config.root_doc}
    if THEIRS in context["sidebars"] and not below:
        context["sidebars"] = [
            OURS if name == THEIRS else name for name in context["sidebars"]
        ]
        context["contents_once"] = contents


def placed(contents: str, here: str) -> str:
    """The list as one page sees it: its own entry marked, links from its folder."""
    before, entry, after = contents.partition(ENTRY.format("", "", here))
    if entry:
        start, _, rest = before.rpartition(LIST.format(""))
        before = start + LIST.format("current ") + rest
        entry = ENTRY.format(" current active", "current ", '#" aria-current="page')
    links = re.compile(r' href="([^"#:]+)"')
    before, after = (
        links.sub(lambda m: f' href="{relative_uri(here, m[1])}"', part)
        for part in (before, after)
    )
    return before + entry + after


def _settle(app: Sphinx, config: object) -> None:
    app._book_contents = {}
    config.templates_path.append(str(Path(__file__).parent / "templates"))


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("config-inited", _settle)
    app.connect("html-page-context", _use, priority=400)  # before the theme reads it
    return {"parallel_read_safe": True, "parallel_write_safe": True}
