"""Say which tables have names in their first column, too: those with an empty corner.

A screen reader then says the row's name with each number. Markdown has no sign for it.
"""

from docutils import nodes
from sphinx.application import Sphinx


def _name_rows(app: Sphinx, doctree: nodes.document) -> None:
    for group in doctree.findall(nodes.tgroup):
        corner = next(group.findall(nodes.entry), None)
        if corner is not None and not corner.astext().strip():
            group[0]["stub"] = 1


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-read", _name_rows)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
