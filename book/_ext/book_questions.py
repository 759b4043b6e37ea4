"""Questions that the page judges, and the directive `progress` that counts them.

A chapter writes `<details data-question="1.2" data-answer="0.25">`; the script
`questions.js` lets the reader answer. The table of `progress` is made from what the
chapters ask.
"""

import re
from html import escape

from book_exercises import chapter_link
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

QUESTION = re.compile(r'<details data-question="([^"]+)"')
HEAD = "<th>chapter</th><th>right</th><th>of</th>"


class progress(nodes.General, nodes.Element):  # noqa: N801 (as docutils names nodes)
    """Stands where the table will be."""


class Progress(SphinxDirective):
    """Puts the table here."""

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()  # a chapter may have changed
        return [progress()]


def _collect(app: Sphinx, doctree: nodes.document) -> None:
    text = "\n".join(raw.astext() for raw in doctree.findall(nodes.raw))
    app.env.metadata[app.env.docname]["questions"] = QUESTION.findall(text)


def _fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for place in list(doctree.findall(progress)):
        rows, total = [], 0
        for chapter in sorted(app.env.metadata):
            questions = app.env.metadata[chapter].get("questions")
            if not questions:
                continue
            total += len(questions)
            name, page = chapter_link(app, docname, chapter)
            rows.append(
                f'<tr data-questions="{" ".join(questions)}">'
                f'<th scope="row"><a href="{page}">{escape(name)}</a></th>'
                f'<td class="done">–</td><td>{len(questions)}</td></tr>'
            )
        rows.append(
            '<tr><th scope="row">together</th>'
            f'<td class="sum">–</td><td>{total}</td></tr>'
        )
        table = (
            f'<table class="table answered"><thead><tr>{HEAD}</tr></thead>'
            f"<tbody>{''.join(rows)}</tbody></table>"
        )
        place.replace_self(nodes.raw("", table, format="html"))


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_node(progress)
    app.add_directive("progress", Progress)
    app.connect("doctree-read", _collect)
    app.connect("doctree-resolved", _fill)
    app.add_js_file("questions.js", loading_method="defer")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
