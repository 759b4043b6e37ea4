"""The book's page of benchmarks, written from the record alone."""

import re

HEAD = """# What it costs

To build this book, to train with its helper, to open its pages, to import it. Every
number here is written by `make bench` from its record, `bench/results.json`, and a test
holds page and record equal. A figure is the median over runs; where it has a name such
as "of serial", it is a ratio: both sides were measured one after the other in each run,
so that a slow machine slows both, and the ratio's median is shown."""

BUILD = """## The build

`make book` beside `jupyter-book build --all`, both of the same chapters, both from
nothing. Ours runs chapters side by side and keeps their outputs: what has not changed
is not executed again. Then one thing at a time is edited: a sentence, a code cell, a
file of `dlbook` that few chapters reach, one that most of them reach."""

GROWTH = """## As a book grows

Books of small synthetic chapters, with this book's settings: each chapter has two
formulas, three code cells and a kernel of its own. "Each added" is the difference to
the next smaller book, divided by the chapters that came in between: it must stay flat.
Memory is the most that the build and all its processes held at one moment, looked at
ten times a second; what two processes share counts twice. In a small book that moment
comes while chapters are executed, whatever their number; in a large one while pages are
written, and grows with them."""

TRAIN = """## Training

The 4,000 packaged digits, [the book's LeNet](11_convnets.ipynb), gradient descent,
batches of 64; seconds are of an epoch. `dlbook.train.fit` adds a progress bar and a
tidy history to Keras's `fit`. The second comparison is with the training loop of the
package `d2l`, from *Dive into Deep Learning*: same network, first weights, digits,
optimizer and batches, a look at the 1,000 test digits after each epoch on both sides,
d2l's drawing of curves left off. Keras compiles the training step at its first use,
which is counted once and left out once; d2l's loop runs operation by operation. Two
measurements of the same differ by some percent: compare the ratios."""

PAGES = """## Pages

Each chapter in a Chromium without a window, 1,280 pixels wide, served from the same
machine as a site's host does, with text compressed. First visit: the browser has stored
nothing. Next page: it has just shown the chapter before. Kilobytes are those on the
way, without scrolling. A page is interactive at the first
moment after its structure has been read (`DOMContentLoaded`) that is followed by one
second without a task of more than 50 milliseconds. The network takes no time here: add
your own."""

LIVE = """## Live figures

For two seconds something is dragged in each figure, on its page, in a Chromium without
a window, one move a frame: a slider, a point, the pen. Frames a second are those that
the page drew, at most 60. The longest gap is between two of them. Layout
shift is Chromium's measure of what moved on the page meanwhile, 0 at best. In the
figure of backpropagation there is nothing to drag."""

LIGHTHOUSE = """## Lighthouse

The scores that Google's Lighthouse gives, 100 at best, on the phone and the slow
network that it imitates: the home page, a short chapter, the two chapters with the
heaviest pages, a list."""

IMPORT = """## Importing

Fresh processes. `import dlbook` imports nothing heavy: Keras and its backend come with
the first call that needs them."""

TEXTS = {
    "build": BUILD,
    "growth": GROWTH,
    "train": TRAIN,
    "pages": PAGES,
    "live": LIVE,
    "lighthouse": LIGHTHOUSE,
    "import": IMPORT,
}

ANY = ""
AIMS = (  # part, figure, column, at least, at most
    ("build", "make book, empty cache", "of serial", None, 0.6),
    ("build", "make book, nothing changed", "of serial", None, 0.03),
    ("train", "dlbook.train.fit", "of model.fit", None, 1.03),
    ("train", "d2l.Trainer.fit", "of dlbook's, with compiling", 4, None),
    ("pages", ANY, "first visit without pictures, kB", None, 1000),
    ("pages", ANY, "next page without pictures, kB", None, 300),
    ("live", ANY, "frames a second", 50, None),
    ("lighthouse", ANY, "performance", 95, None),
    ("lighthouse", ANY, "accessibility", 95, None),
    ("lighthouse", ANY, "best-practices", 95, None),
    ("lighthouse", ANY, "seo", 95, None),
)


def page(record: dict) -> str:
    """Writes the page in Markdown from what `bench/results.json` holds."""
    parts = (_part(name, part) for name, part in record.items())
    return "\n\n".join([_unwrapped(HEAD), *parts]) + "\n"


def _part(name, part):
    figures = part["figures"]
    columns = list(dict.fromkeys(key for row in figures.values() for key in row))
    rows = [["", *columns], ["---", *["---:"] * len(columns)]]
    rows += [
        [_plain(figure), *(f"{row[key]:,}" if key in row else "" for key in columns)]
        for figure, row in figures.items()
    ]
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    versions = ", ".join(f"{k} {v}" for k, v in part["versions"].items())
    runs = f"{part['runs']} run" + "s" * (part["runs"] > 1)
    facts = [f"{runs}, {part['date']}. {part['machine']}; {versions}.", *part["notes"]]
    blocks = [_unwrapped(TEXTS[name]), table, *_aims(name, figures), " ".join(facts)]
    return "\n\n".join(blocks)


def _aims(name, figures):
    """What a part aims at, with what falls short of it."""
    lines = []
    for part, figure, column, least, most in AIMS:
        if part == name:
            bound = f"at most {most:,}" if least is None else f"at least {least:,}"
            rows = {
                key: row[column]
                for key, row in figures.items()
                if figure in (ANY, key) and column in row
            }
            short = [
                f"{_plain(key)} has {value:,}"
                for key, value in rows.items()
                if (value > most if least is None else value < least)
            ]
            found = f"**not reached: {'; '.join(short)}**" if short else "reached"
            found = found if rows else "not measured"
            of = f", {figure}" if figure else ""
            lines.append(f"- {column}{of}: {bound}; {found}.")
    return ["Aims:", "\n".join(lines)] if lines else []


def _plain(text):
    """Markdown that shows a text as it is: `__init__` is no bold word."""
    return text.replace("_", r"\_")


def _unwrapped(text):
    """A paragraph a line, as the book's pages are written."""
    return re.sub(r"(?<!\n)\n(?!\n)", " ", text)
