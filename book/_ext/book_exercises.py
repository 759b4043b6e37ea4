"""The directive `exercises`: every exercise of the book, chapter by chapter.

The lists are made of the chapters' headings when a page is written, so that they
cannot be older than the chapters.
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

HEADING = re.compile(r"Exercise (\d+\.\d+) · (.+) ([★☆]+)(?: (\(open\)))?")
LEVELS = ("★☆☆", "★★☆", "★★★")


class exercises(nodes.General, nodes.Element):  # noqa: N801 (as docutils names nodes)
    """Stands where the lists will be."""


class Exercises(SphinxDirective):
    """Puts the lists here."""

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()  # a chapter may have changed
        return [exercises()]


def _fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    places = list(doctree.findall(exercises))
    if not places:
        return
    parts, counts = [], []
    for chapter in sorted(app.env.tocs):
        found = list(found_exercises(app, chapter))
        if not found:
            continue
        name, page = chapter_link(app, docname, chapter)
        levels = Counter(level for *_, level in found)
        place = f"exercises-{Path(chapter).name}"
        numbers = [str(levels[level]) for level in LEVELS]
        counts.append([_link(name, f"#{place}"), *numbers])
        rows = [[_link(text, page + anchor), level] for text, anchor, level in found]
        title = nodes.title("", "", _link(name, page))
        table = _table(["exercise", "difficulty"], rows)
        parts.append(nodes.section("", title, table, ids=[place]))
    sums = [str(sum(int(row[i]) for row in counts)) for i in range(1, len(LEVELS) + 1)]
    total = _table(["chapter", *LEVELS], [*counts, ["together", *sums]])
    for place in places:
        place.replace_self([total, *parts])


def chapter_link(app: Sphinx, docname: str, chapter: str) -> tuple[str, str]:
    """A chapter's number and title, and its address as a page sees it."""
    address = app.builder.get_relative_uri(docname, chapter)
    return chapter_name(app.env, chapter), address


def chapter_name(env: BuildEnvironment, chapter: str) -> str:
    """A chapter's number, if it has one, and title."""
    number = env.toc_secnumbers.get(chapter, {}).get("") or ()
    return " ".join([*map(str, number), env.titles[chapter].astext()])


def found_exercises(app: Sphinx, chapter: str) -> Iterator[tuple[str, str, str]]:
    """Text, anchor and level of each exercise of a page."""
    for entry in app.env.tocs[chapter].findall(nodes.reference):
        match = HEADING.fullmatch(entry.astext())
        if match:
            text = " ".join(filter(None, [match[1], match[2], match[4]]))
            yield text, entry["anchorname"], match[3]


def _link(text, address):
    return nodes.reference("", text, internal=True, refuri=address)


def _table(head, rows):
    group = nodes.tgroup("", cols=len(head))
    group += [nodes.colspec(colwidth=1, stub=int(i == 0)) for i in range(len(head))]
    group += nodes.thead("", _row(head))
    group += nodes.tbody("", *map(_row, rows))
    return nodes.table("", group)


def _row(cells):
    texts = [nodes.Text(cell) if isinstance(cell, str) else cell for cell in cells]
    entries = [nodes.entry("", nodes.paragraph("", "", text)) for text in texts]
    return nodes.row("", *entries)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_node(exercises)
    app.add_directive("exercises", Exercises)
    app.connect("doctree-resolved", _fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
