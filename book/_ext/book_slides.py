"""Make a deck of slides of every chapter; reveal.js shows it, without a network.

A deck is made of the chapter's page, so that it cannot be older. Headings, formulas,
lists, tables, figures, code and questions stand on the slides; of each paragraph the
first sentence, those that introduce a term, and the last one if it leads on to what
follows. The speaker's notes hold the paragraph whole. Code that Jupyter's slide marks
skip is left out; of the exercises the deck has the list. `slides.js` parts what does
not fit on a slide.
"""

import copy
import re
from collections.abc import Sequence
from pathlib import Path

import nbformat
from book_exercises import found_exercises
from bs4 import BeautifulSoup, Tag
from sphinx.application import Sphinx

# A sentence ends before a space and a capital, or before markup at the text's end.
END = re.compile(r"[.?!][”\")]?\s+(?=[^a-zà-ÿ(\s]|$)")
CELL = '<div class="cell '
# All exercises, up to the next section or the end of the page.
EXERCISES = re.compile(
    r'<section id="exercises">.*?(?=<section id="(?!exercise)|</section>\s*$)',
    re.DOTALL,
)
# What stands on a slide whole: such a paragraph, or one of so many characters.
WHOLE = re.compile("(Claim|Proof|Theorem)")
SHORT = 200
OPENING = 60  # a first sentence with less takes the next one along
DANGLING = re.compile(r".{,44}$|This\b|That\b|Such\b|It\b", re.DOTALL)
# For readers of the page alone; exercises that stand after a section of their own.
LEFT_OUT = ("further-reading", "where-the-lecture", "exercise-")
FOLDER = "slides"


def make_deck(
    body: str, address: str, skipped: list[bool], exercises: Sequence = ()
) -> str:
    """Makes the slides of a chapter.

    Args:
        body: HTML of the chapter's page.
        address: where the page stands, as the deck sees it.
        skipped: for each code cell, in order, whether the slides leave it out.
        exercises: text, anchor and level of each exercise.

    Returns:
        HTML: one `section` for each heading of the first two levels, with one
        `section` for each slide in it.

    Example:

    >>> page = '<section id="units"><h1>Units</h1><p>One. Two.</p></section>'
    >>> make_deck(page, "../book/01_units.html", [])
    '<section><section id="units"><h1>Units</h1><p>One. Two.</p></section></section>'
    """
    before, after = EXERCISES.split(body) if exercises else (body, "")
    last = len(skipped) - after.count(CELL)
    skipped = skipped[: before.count(CELL)] + skipped[last:]
    soup = BeautifulSoup(before + after, "html.parser")
    for cell, skip in zip(soup.find_all("div", "cell"), skipped, strict=True):
        if skip:
            cell.decompose()
    for link in soup.find_all("a"):
        if "headerlink" in link.get("class", []):
            link.decompose()
        else:
            link["href"] = _seen_from_deck(link["href"], address)
    deck = _Deck()
    deck.add_section(soup.section)
    if exercises:
        deck.add_exercises(address, exercises)
    return "\n".join(map(str, deck.stacks))


class _Deck:
    """The slides made so far, in stacks."""

    def __init__(self):
        self.stacks = []

    def begin(self, heading, **attributes):
        """What is put next begins a slide under this heading."""
        self.slide, self.heading, self.attributes = None, heading, attributes

    def put(self, *things):
        if self.slide is None:
            self.slide = _element("section", copy.copy(self.heading))
            self.slide.attrs.update(self.attributes)
            self.stacks[-1].append(self.slide)
        self.slide.extend(things)

    def note(self, block):
        """Adds a block to what the speaker alone sees."""
        for formula in block.find_all("span", "katex"):
            formula.replace_with(formula.math)  # the speaker's window has no fonts
        self.put(_element("aside", block, **{"class": "notes"}))

    def add_section(self, section):
        if section["id"].startswith(LEFT_OUT):
            return
        heading, *blocks = section.find_all(recursive=False)
        while not re.fullmatch("h[1-6]", heading.name):
            heading, *blocks = blocks  # after anchors
        if heading.name in ("h1", "h2"):
            self.stacks.append(_element("section"))
        self.begin(heading, id=section["id"])
        asking = described = False
        for block, following in zip(blocks, [*blocks[1:], None], strict=True):
            if block.get_text().startswith("Check yourself"):
                self.begin(_element("h3", block.strong.extract().get_text()[:-1]))
                asking = True
            if block.name == "section":
                if self.attributes and self.slide is None:
                    self.put()  # a heading alone, before sections of its own
                self.add_section(block)
            elif block.has_attr("data-question"):
                block.summary.decompose()
                self.note(block)
                self.begin(heading)
                asking = False
            elif asking:
                self.put(block)
            elif described:
                self.note(block)
            elif section["id"] == "summary":
                self.put(block)
            else:
                self.add(block, following)
                described = heading.name == "h1" and block.name == "ul"

    def add(self, block, following):
        if block.name in ("p", "ul") and not _is_live(following):
            whole = copy.copy(block)
            leads = _leads_on(block, following)
            texts = [block] if block.name == "p" else block.select("li > p")
            if leads:
                block["class"] = "leads"
            shortened = [_shorten(text, leads) for text in texts]
            self.put(block)
            if any(shortened):
                self.note(whole)
        elif "cell" in block.get("class", []):
            self.put(*_shown(block))
        elif block.name not in ("details", "script", "span"):
            self.put(block)

    def add_exercises(self, address, exercises):
        self.stacks.append(_element("section"))
        self.begin(_element("h2", "Exercises"), id="exercises")
        items = []
        for text, anchor, level in exercises:
            link = _element("a", text, href=address + anchor)
            items.append(_element("li", link, f" {level}"))
        self.put(_element("ul", *items))


def _element(name, *children, **attributes):
    tag = Tag(name=name, attrs=attributes)
    tag.extend(children)
    return tag


def _shown(cell):
    """What of a cell is not folded. Output that follows code waits for a key."""
    code = cell.find_all("div", "cell_input", recursive=False)
    outputs = cell.find_all("div", "cell_output", recursive=False)
    if _is_live(cell):
        return outputs
    kind = "cell_output fragment" if code else "cell_output"
    for outer in outputs:
        for output in outer.find_all(recursive=False):
            code.append(_element("div", output, **{"class": kind}))
    return code


def _is_live(block):
    return block is not None and "tag_live" in block.get("class", [])


def _leads_on(block, following):
    """Whether a paragraph is about what follows."""
    if following is not None and "math" in following.get("class", []):
        return True
    return block.get_text().rstrip().endswith((":", "?"))


def _shorten(text, last):
    """Leaves a paragraph the sentences that say what it is about.

    They are the first, those that introduce a term, and the last one if asked for; and
    before a sentence that hangs on another, that one. Returns whether anything went.
    """
    words = _visible(text)
    if len(words) <= SHORT or WHOLE.match(words):
        return False
    sentences = _sentences(text)
    words = ["".join(map(_visible, nodes)) for nodes in sentences]
    count = 1
    while count < len(words) and _is_open("".join(words[:count])):
        count += 1
    kept = set(range(count)) | ({len(words) - 1} if last else set())
    kept |= {i for i, nodes in enumerate(sentences) if any(map(_introduces, nodes))}
    for i in range(len(words) - 1, 0, -1):
        if i in kept and DANGLING.match(words[i].strip()):
            kept.add(i - 1)
    text.clear()
    for i in sorted(kept):
        text.extend(["… "] * (i - 1 not in kept and i > 0) + sentences[i])
    return len(kept) < len(words)


def _sentences(text):
    """The nodes of a paragraph, sentence by sentence."""
    sentences = [[]]
    for node in list(text.children):
        node.extract()
        if not isinstance(node, str):
            sentences[-1].append(node)
            continue
        start = 0
        for end in END.finditer(node):
            sentences[-1].append(node[start : end.end()])
            sentences.append([])
            start = end.end()
        sentences[-1].append(node[start:])
    return [s for s in sentences if "".join(map(_visible, s)).strip()]


def _is_open(words):
    """Whether a slide cannot end here."""
    question = words.rstrip().endswith("?")
    return len(words) < OPENING or question or words.count("(") > words.count(")")


def _introduces(node):
    if isinstance(node, str):
        return False
    links = [node] if node.name == "a" else node.find_all("a")
    return any("glossary.html#" in link["href"] for link in links)


def _visible(node):
    """The text of a node; of formulas what is drawn, not what is spoken."""
    if isinstance(node, str):
        return str(node)
    if "katex-mathml" in node.get("class", []):
        return ""
    return "".join(map(_visible, node.children))


def _seen_from_deck(address, page):
    if address.startswith("#"):
        return page + address
    if re.match(r"[a-z]+:|\.\./", address):
        return address
    return f"{page.rpartition('/')[0]}/{address}"


def _write(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object
) -> None:
    path = Path(app.env.doc2path(pagename))
    if doctree is None or path.suffix != ".ipynb":
        return
    cells = nbformat.read(path, as_version=4).cells
    marks = [c.metadata.get("slideshow") for c in cells if c.cell_type == "code"]
    skipped = [mark == {"slide_type": "skip"} for mark in marks]
    name, address = Path(pagename).name, f"../{pagename}.html"
    exercises = list(found_exercises(app, pagename))
    text = app.builder.templates.render(
        "slides.html",
        {
            "title": context["title"],
            "book": context["docstitle"],
            "chapter": address,
            "deck": make_deck(context["body"], address, skipped, exercises),
        },
    )
    folder = Path(app.outdir) / FOLDER
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.html").write_text(text, encoding="utf-8")
    context["header_buttons"].append(
        {
            "type": "link",
            "url": f"../{FOLDER}/{name}.html",
            "tooltip": "Show as slides",
            "icon": "fas fa-person-chalkboard",
            "label": "slides-button",
        }
    )


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", _write, priority=900)  # the page is whole by then
    return {"parallel_read_safe": True, "parallel_write_safe": True}
