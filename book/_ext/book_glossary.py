"""Definitions at the word, and an index of terms and formulas that the search knows.

- `glossary.md` has a heading for each term, and the definition below it. A page that
  links `[softmax](glossary.md#softmax)` carries the definition, for `glossary.js`.
- `formulas.md` has tables whose rows begin with the formula's name and end with a link
  to its place. Several names have semicolons between them; what follows a comma tells
  formulas of one name apart: `Momentum; heavy ball`, `GRU update, hidden state`.
- The general index leads from a term to its definition and to the sections that link
  it, and from a formula's name to the formula. A search for the name finds them first.

What a page defines, names and links is kept in `env.metadata` when it is read. So an
edit of the glossary makes Sphinx read the glossary alone, and write again only the
pages that show a definition which has changed.
"""

import math
import re
from collections.abc import Iterator
from posixpath import basename

from book_exercises import chapter_name
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

GLOSSARY, FORMULAS = "glossary", "formulas"  # the pages, in whatever folder
DEFINITION = '<div class="definition" id="{}" role="tooltip" hidden>{}</div>\n'
MAIN = "main"  # Sphinx's word for the place of an index entry that tells most
BRACKETS = re.compile(r" ?\(([^)]*)\)")


# --- what a page says ---


def _collect(app: Sphinx, doctree: nodes.document) -> None:
    kept, page = _kept(app.env, app.env.docname), basename(app.env.docname)
    if page == GLOSSARY:
        kept["terms"] = {
            anchor: (term, str(paragraph))
            for anchor, term, paragraph in definitions(doctree)
        }
    else:
        kept["uses"] = list(dict.fromkeys(uses(doctree)))
    if page == FORMULAS:
        kept["formulas"] = list(formulas(doctree))


def _kept(env, docname):
    return env.metadata[docname].setdefault("glossary", {})


def definitions(
    doctree: nodes.document,
) -> Iterator[tuple[str, str, nodes.paragraph]]:
    """Anchor, term and first paragraph of each entry of the glossary."""
    for section in doctree.findall(nodes.section):
        first = next((n for n in section if isinstance(n, nodes.paragraph)), None)
        if first is not None and isinstance(section.parent, nodes.section):
            yield section["ids"][0], section[0].astext(), first


def formulas(doctree: nodes.document) -> Iterator[tuple[str, str, str]]:
    """Each name of each formula, and the page and the anchor that its row links."""
    for row in doctree.findall(nodes.row):
        for link in list(row[-1].findall(addnodes.pending_xref))[-1:]:
            for name in row[0].astext().split(";"):
                name = " ".join(name.split())
                yield name, link["reftarget"], link.get("reftargetid") or ""


def uses(doctree: nodes.document) -> Iterator[tuple[str, str]]:
    """Anchor of each term that a page links, and the section in which it does."""
    for link in doctree.findall(addnodes.pending_xref):
        if basename(link["reftarget"]) == GLOSSARY and link.get("reftargetid"):
            place = link.parent
            while not isinstance(place, nodes.section | nodes.document):
                place = place.parent
            yield link["reftargetid"], "".join(place["ids"][:1])


# --- the index, and what has to be written again ---


def _fill(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Fills the index; returns the pages that show a definition which has changed."""
    glossary, named = _page(env, GLOSSARY), _page(env, FORMULAS)
    terms = _kept(env, glossary)["terms"] if glossary else {}
    entries = {docname: [] for docname in env.all_docs}  # for the general index
    names = {docname: [] for docname in env.all_docs}  # for the search
    for anchor, (term, _) in terms.items():
        entries[glossary].append(_entry(term, anchor, MAIN))
        names[glossary].append((term, anchor, MAIN))
    known = {term.lower(): term for term, _ in terms.values()}
    for name, docname, slug in _kept(env, named)["formulas"] if named else []:
        if docname in entries:  # if not, MyST warns
            anchor, entry = _anchor(env, docname, slug), formula_entry(name, known)
            entries[docname].append(_entry(entry, anchor, MAIN))
            names[docname] += [(word, anchor, MAIN) for word in search_words(name)]
    changed, index = [], env.get_domain("index").entries
    for docname in env.all_docs:
        kept, shown = _kept(env, docname), {}
        for slug, section in kept.get("uses", []):
            anchor = _anchor(env, glossary, slug) if glossary else None
            if anchor in terms:
                term, shown[anchor] = terms[anchor]
                entry = f"{term}; {chapter_name(env, docname)}"
                entries[docname].append(_entry(entry, section, ""))
                names[docname].append((term, section, ""))
        if shown != kept.get("shown", {}):
            changed.append(docname)
        before = kept.get("entries", [])
        others = [entry for entry in index.get(docname, []) if entry not in before]
        index[docname] = others + entries[docname]
        kept.update(shown=shown, entries=entries[docname], names=names[docname])
    return changed


def formula_entry(name: str, terms: dict[str, str]) -> str:
    """The index entry of a formula: below its term, if the glossary has that.

    Example:

    >>> formula_entry("GRU update, hidden state", {})
    'GRU update; hidden state'
    >>> formula_entry("softmax", {"softmax": "Softmax"})
    'Softmax; formula'
    """
    name, _, which = name.partition(", ")
    term = terms.get(BRACKETS.sub("", name).lower())
    return "; ".join(filter(None, [term or name, which or term and "formula"]))


def search_words(name: str) -> list[str]:
    """What a reader may type to find a formula.

    Example:

    >>> search_words("Glorot (Xavier) initialization, uniform")
    ['Glorot (Xavier) initialization, uniform', 'Glorot initialization', 'Xavier']
    """
    short = name.partition(", ")[0]
    words = [name, BRACKETS.sub("", short), *BRACKETS.findall(short)]
    words += [word.replace("’", "'") for word in words]  # as keyboards have it
    return list(dict.fromkeys(words))


def _page(env, name):
    return next((page for page in env.all_docs if basename(page) == name), None)


def _entry(text, anchor, main):
    return ("single", text, anchor, main, None)


def _anchor(env, docname, slug):
    """The id in the page that a link to `page.md#slug` leads to."""
    slugs = env.metadata[docname].get("myst_slugs", {})
    return slugs[slug][1] if slug in slugs else slug


def _tell_search(app: Sphinx) -> list:
    """Gives the search all names: Sphinx forgets those of pages not written now."""
    indexer = app.builder.indexer
    for docname in indexer._titles if indexer else ():
        kept = _kept(app.env, docname)
        indexer._index_entries[docname] = kept.get("names", [])
        if "terms" in kept:  # its headings are names already: show each place once
            del indexer._all_titles[docname][1:]
    return []  # no pages of our own


def _sort(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object
) -> None:
    """Brings the chapters below a term of the index into the book's order."""
    for _, letter in context.get("genindexentries", []):
        for _, (_, below, _) in letter:
            below.sort(key=_place_in_the_book)


def _place_in_the_book(entry):
    number = re.match(r"\d+ ", entry[0])
    return int(number[0]) if number else math.inf, entry[0]


# --- the page ---


def _load(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object
) -> None:
    if _kept(app.env, pagename).get("shown"):
        app.add_js_file("glossary.js", loading_method="defer")  # on this page alone


def _show(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object
) -> None:
    if not _kept(app.env, pagename).get("shown"):
        return
    texts, shown = _definitions(app), set()

    def describe(link: re.Match) -> str:
        if link[1] not in texts:
            return link[0]
        shown.add(link[1])
        return f'{link[0]} aria-describedby="definition-{link[1]}"'

    address = app.builder.get_relative_uri(pagename, _page(app.env, GLOSSARY))
    link = rf'<a [^>]*href="{re.escape(address)}#([^"]+)"'
    body = re.sub(link, describe, context["body"])
    context["body"] = body + "".join(texts[anchor] for anchor in sorted(shown))


def _definitions(app):
    """The HTML of each definition, made once in a build."""
    if not app._book_definitions:
        doctree = app.env.get_doctree(_page(app.env, GLOSSARY))
        for anchor, _, paragraph in definitions(doctree):
            html = app.builder.render_partial(without_links(paragraph))["fragment"]
            text = DEFINITION.format(f"definition-{anchor}", html.strip())
            app._book_definitions[anchor] = text
    return app._book_definitions


def without_links(paragraph: nodes.paragraph) -> nodes.paragraph:
    """A copy that can stand on another page: links as plain text, and no anchors."""
    copy = paragraph.deepcopy()
    for kind in (nodes.reference, addnodes.pending_xref):
        for link in list(copy.findall(kind)):
            link.replace_self(link.children)
    for element in copy.findall(nodes.Element):
        element["ids"] = []
    return copy


def _settle(app: Sphinx) -> None:
    app._book_definitions = {}


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", _settle)
    app.connect("doctree-read", _collect)
    app.connect("env-get-updated", _fill, priority=900)  # chapters have numbers by now
    app.connect("html-collect-pages", _tell_search)
    app.connect("html-page-context", _sort)
    app.connect("html-page-context", _load)  # before book_offline copies the list
    app.connect("html-page-context", _show, priority=950)  # slides show none
    return {"parallel_read_safe": True, "parallel_write_safe": True}
