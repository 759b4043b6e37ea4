"""`python -m tools pictures`: draw the SVG pictures of the Markdown pages.

The pictures are shown as images, so no style of the page reaches them: their
background is transparent, and every colour is legible on white and on black.
"""

import argparse
import base64
import io
from pathlib import Path

import numpy as np
from PIL import Image

from dlbook import data

ASSETS = Path(__file__).parents[1] / "book" / "assets"
GREY, TEAL, OFF = "#767676", "#0f5f73", "#5c5c5c"
BLUE, ORANGE, GREEN = "#2f7fb8", "#c2600c", "#2f8f5b"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif"

# Part, chapters with their short titles (two lines at most), and whether they exist.
PARTS = {
    "I · Foundations": {1: "Perceptron", 2: "Loss and|descent"},
    "II · Depth": {
        3: "Hidden layers",
        4: "Universal|approximation",
        5: "Backpropagation",
    },
    "III · Training": {
        6: "Optimizers",
        7: "Initialization,|normalization",
        8: "Generalization",
        9: "Training recipe",
    },
    "IV · Images": {
        10: "Convolution",
        11: "LeNet to VGG",
        12: "Residual|networks",
        13: "What convnets|see",
        14: "Transfer|learning",
    },
    "V · Sequences": {
        15: "Recurrent|networks",
        16: "LSTM and GRU",
        17: "Seq2seq and|attention",
    },
    "VI · Scale": {18: "Hardware|and scale"},
}


def svg(width: int, height: int, title: str, body: list[str]) -> str:
    """Wraps drawing commands into an SVG document of the given size."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="{FONT}" font-size="15">\n'
        f"<title>{title}</title>\n" + "\n".join(body) + "\n</svg>\n"
    )


def text(x, y, words, fill=GREY, anchor="start", size=15, weight="normal") -> str:
    """Makes one line of text."""
    return (
        f'<text x="{x}" y="{y}" fill="{fill}" text-anchor="{anchor}" '
        f'font-size="{size}" font-weight="{weight}">{words}</text>'
    )


def chapter_map() -> str:
    """Draws the map of chapters: parts as frames, prerequisites as arrows."""
    left, right, width, height = 40, 286, 200, 48
    place = {
        **{1: (left, 44), 2: (right, 44)},
        **{3: (left, 164), 4: (right, 164), 5: (left, 238)},
        **{6: (left, 358), 7: (right, 358), 8: (left, 432), 9: (right, 432)},
        **{10: (left, 552), 11: (left, 626), 12: (left, 700)},
        **{13: (left, 774), 14: (left, 848)},
        **{15: (right, 552), 16: (right, 626), 17: (right, 700), 18: (right, 848)},
    }
    frames = [(8, 496, 10), (8, 496, 130), (8, 496, 324), (8, 244, 518)]
    frames += [(266, 238, 518), (266, 238, 814)]
    bottoms = [104, 298, 492, 908, 760, 908]
    body = [
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        f'markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="{GREY}"/>'
        "</marker></defs>"
    ]
    for (x, w, y), bottom, part in zip(frames, bottoms, PARTS, strict=True):
        body.append(
            f'<rect x="{x}" y="{y}" width="{w}" height="{bottom - y}" rx="10" '
            f'fill="none" stroke="{GREY}"/>'
        )
        body.append(text(x + 14, y + 23, part, weight="bold"))
    arrows = (
        "M240 68H283",  # 1 to 2
        "M386 92V116H190V161",  # 2 to 3
        "M240 188H283|M140 212V235",  # 3 to 4, 3 to 5
        "M190 286V355",  # 5 to 6
        "M240 382H283|M140 406V429|M386 406V429|M240 456H283",  # 6 to 9
        "M140 492V515|M386 492V515",  # part III to IV and V
        "M140 600V623|M140 674V697",  # 10 to 12
        "M40 650H17V798H37|M17 798V872H37",  # 11 to 13 and 14
        "M386 600V623|M386 674V697",  # 15 to 17
        "M240 650H259V872H283",  # 11 to 18
    )
    for path in "|".join(arrows).split("|"):
        body.append(
            f'<path d="{path}" fill="none" stroke="{GREY}" stroke-width="2" '
            'marker-end="url(#tip)"/>'
        )
    titles = {number: name for part in PARTS.values() for number, name in part.items()}
    for number, (x, y) in place.items():
        body.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="6" '
            f'fill="{TEAL}"/>'
        )
        body.append(text(x + 12, y + 30, number, "#fff", size=17, weight="bold"))
        lines = titles[number].split("|")
        for i, line in enumerate(lines):
            body.append(text(x + 42, y + 39 - 9 * len(lines) + 18 * i, line, "#fff"))
    body += [
        f'<path d="M8 943H46" stroke="{GREY}" stroke-width="2" '
        'marker-end="url(#tip)"/>',
        text(56, 948, "is needed for"),
    ]
    return svg(512, 968, "Map of the eighteen chapters", body)


def iris_scatter() -> str:
    """Draws the 120 training flowers of Iris: petal length against petal width."""
    (x, y), _ = data.iris()
    px = lambda length: f"{60 + (length - 1) * 70:.1f}"  # noqa: E731
    py = lambda width: f"{330 - width * 120:.1f}"  # noqa: E731
    body = [
        f'<path d="M50 20V340H490" fill="none" stroke="{GREY}" stroke-width="1.5"/>'
    ]
    body += [text(px(n), 360, n, anchor="middle") for n in range(1, 8)]
    body += [text(42, float(py(n)) + 5, n, anchor="end") for n in (0, 1, 2)]
    body += [text(270, 386, "petal length in cm", anchor="middle")]
    body += [text(62, 22, "petal width in cm")]
    marks = (
        lambda a, b: f"M{a} {b}m-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0",
        lambda a, b: f"M{a} {b}m-4.5 -4.5h9v9h-9z",
        lambda a, b: f"M{a} {b}m0 -6l6 10.5h-12z",
    )
    places = ((90, 60), (90, 84), (90, 108))
    for species, (mark, colour) in enumerate(
        zip(marks, (BLUE, ORANGE, GREEN), strict=True)
    ):
        a, b = places[species]
        flowers = np.unique(x[y == species][:, 2:], axis=0)
        points = [(px(length), py(width)) for length, width in flowers]
        path = "".join(mark(*point) for point in [*points, (a - 14, b - 5)])
        body.append(f'<path d="{path}" fill="{colour}"/>')
        body.append(text(a, b, data.IRIS_CLASSES[species], weight="bold"))
    return svg(512, 400, "Iris, two of the four features", body)


def digits() -> str:
    """Draws three digits of each class from the packaged MNIST sample."""
    (images, labels), _ = data.mnist()
    body = ['<rect width="512" height="168" rx="6" fill="#000"/>']
    inks = {1: "#555", 2: "#aaa", 3: "#fff"}
    for digit in range(10):
        for row, image in enumerate(images[labels == digit][:3]):
            level = np.digitize(image, [48, 112, 192])  # 0 paper, 3 full ink
            for ink, colour in inks.items():
                path = "".join(
                    f"M{start} {line}h{length}"
                    for line in range(28)
                    for start, length in runs(level[line] == ink)
                )
                body.append(
                    f'<path transform="translate({8 + 50 * digit} {10 + 52 * row}) '
                    f'scale(1.65)" d="{path}" stroke="{colour}"/>'
                )
    return svg(512, 168, "Thirty digits", body)


def runs(line: np.ndarray) -> list[tuple[int, int]]:
    """Finds start and length of each run of true values."""
    edges = np.flatnonzero(np.diff(np.r_[0, line.astype(int), 0]))
    return [(int(a), int(b - a)) for a, b in edges.reshape(-1, 2)]


def raster(x: int, y: int, rows: list[list[np.ndarray]]) -> str:
    """Places rows of images of one size, as one JPEG; a gap of 4 pixels between them.

    The images have twice the pixels that they cover, for fine screens.
    """
    high, wide = rows[0][0].shape[:2]
    sheet = Image.new(
        "RGB", (len(rows[0]) * (wide + 8) - 8, len(rows) * (high + 8) - 8), "white"
    )
    for i, row in enumerate(rows):
        for j, image in enumerate(row):
            sheet.paste(Image.fromarray(image), (j * (wide + 8), i * (high + 8)))
    buffer = io.BytesIO()
    sheet.save(buffer, "JPEG", quality=55)
    content = base64.b64encode(buffer.getvalue()).decode()
    return (
        f'<image x="{x}" y="{y}" width="{sheet.width / 2:g}" '
        f'height="{sheet.height / 2:g}" href="data:image/jpeg;base64,{content}"/>'
    )


def photos() -> str:
    """Draws the eight photographs."""
    names = np.reshape(data.PHOTOS, (2, 4))
    body = []
    for i, row in enumerate(names):
        images = [data.photo(name) for name in row]
        small = [np.asarray(Image.fromarray(a).resize((244, 244))) for a in images]
        body.append(raster(6, 6 + 154 * i, [small]))
        for j, name in enumerate(row):
            body.append(text(67 + 126 * j, 146 + 154 * i, name, anchor="middle"))
    return svg(512, 312, "Eight photographs", body)


def emoji() -> str:
    """Draws two emoji of each class, as Noto's and as Twemoji's artists see them."""
    body = []
    for i, drawing in enumerate(("noto", "twemoji")):
        (images, labels), _ = data.emoji(drawing)
        rows = [[images[labels == label][k] for label in range(10)] for k in range(2)]
        body.append(text(6, 20 + 84 * i, ("Noto", "Twemoji")[i]))
        body.append(raster(80, 6 + 84 * i, rows))
    return svg(512, 168, "Twenty emoji in two drawings", body)


def gates() -> str:
    """Draws the truth tables of five gates as points of the plane."""
    body = []
    for i, name in enumerate(("and", "or", "nand", "nor", "xor")):
        left, top = 44 + 170 * (i % 3), 50 + 190 * (i // 3)
        body.append(
            text(left + 50, top - 22, name.upper(), anchor="middle", weight="bold")
        )
        body.append(
            f'<path d="M{left - 20} {top - 10}V{top + 120}H{left + 120}" fill="none" '
            f'stroke="{GREY}"/>'
        )
        for label, along, down in ((0, 0, 100), (1, 100, 0)):
            body.append(text(left + along, top + 138, label, anchor="middle"))
            body.append(text(left - 26, top + down + 5, label, anchor="end"))
        for (a, b), y in zip(*data.logic_gate(name), strict=True):
            x0, y0 = left + 100 * int(a), top + 100 - 100 * int(b)
            fill = ORANGE if y else "none"
            body.append(
                f'<circle cx="{x0}" cy="{y0}" r="10" fill="{fill}" '
                f'stroke="{ORANGE}" stroke-width="3"/>'
            )
    body += [
        f'<circle cx="396" cy="270" r="10" fill="{ORANGE}" stroke="{ORANGE}" '
        'stroke-width="3"/>',
        text(416, 275, "output 1"),
        f'<circle cx="396" cy="306" r="10" fill="none" stroke="{ORANGE}" '
        'stroke-width="3"/>',
        text(416, 311, "output 0"),
    ]
    return svg(512, 390, "Five logic gates", body)


def documents() -> str:
    """Draws the word counts of the two documents as bars."""
    texts, labels = data.documents()
    body = []
    for i, (words, label) in enumerate(zip(texts, labels, strict=True)):
        top = 30 + 150 * i
        topic = "politics" if label else "sports"
        body.append(text(10, top, f"“{words}”: {topic}", weight="bold"))
        for j, word in enumerate("abc"):
            count = words.split().count(word)
            y = top + 16 + 34 * j
            colour = (BLUE, ORANGE, ORANGE)[j]
            body.append(text(22, y + 18, word, anchor="middle"))
            body.append(
                f'<rect x="40" y="{y}" width="{90 * count}" height="26" '
                f'fill="{colour}"/>'
            )
            body.append(text(48 + 90 * count, y + 18, count))
    return svg(512, 290, "Word counts of two documents", body)


def names() -> str:
    """Draws how long the training names are, with two of each length."""
    train, _ = data.names()
    lengths = np.char.str_len(train)
    body = [text(10, 24, "Letters of a name", weight="bold")]
    for i, length in enumerate(range(2, 12)):
        y, count = 38 + 30 * i, int(np.sum(lengths == length))
        examples = ", ".join(train[lengths == length][:2])
        wide = count / 5
        body.append(text(30, y + 18, length, anchor="end"))
        body.append(
            f'<rect x="40" y="{y}" width="{wide:g}" height="24" fill="{TEAL}"/>'
        )
        body.append(text(f"{48 + wide:g}", y + 18, f"{count:,}: {examples}"))
    return svg(512, 346, "Names by length", body)


def pronunciations() -> str:
    """Draws six training words with their letters and their sounds."""
    (words, sounds), _ = data.pronunciations()
    body = []
    for i in range(6):
        y = 14 + 62 * i
        for j, letter in enumerate(words[i]):
            body.append(text(30 + 46 * j, y + 18, letter, anchor="middle"))
        for j, sound in enumerate(sounds[i].split()):
            body.append(
                f'<rect x="{10 + 46 * j}" y="{y + 26}" width="40" height="24" rx="4" '
                f'fill="{TEAL}"/>'
            )
            body.append(text(30 + 46 * j, y + 43, sound, "#fff", anchor="middle"))
    return svg(512, 386, "Six words and their sounds", body)


def sunspots() -> str:
    """Draws the yearly sunspot numbers."""
    years, numbers = data.sunspots()
    px = lambda year: 46 + (year - 1700) * 1.45  # noqa: E731
    py = lambda number: 220 - number  # noqa: E731
    body = [
        f'<path d="M40 20V224H500" fill="none" stroke="{GREY}" stroke-width="1.5"/>'
    ]
    body += [text(px(y), 244, y, anchor="middle") for y in range(1700, 2001, 100)]
    body += [text(34, py(n) + 5, n, anchor="end") for n in (0, 100, 200)]
    body += [text(52, 18, "sunspot number, mean of a year")]
    points = "L".join(
        f"{px(year):.1f} {py(number):.1f}"
        for year, number in zip(years, numbers, strict=True)
    )
    body.append(
        f'<path d="M{points}" fill="none" stroke="{ORANGE}" stroke-width="1.5"/>'
    )
    return svg(512, 254, "Sunspot numbers from 1700 to 2008", body)


def bits() -> str:
    """Draws the lecture's four strings of bits with their counts."""
    body = []
    for i, string in enumerate(("01001", "10011", "11111", "00000")):
        y = 14 + 54 * i
        for j, bit in enumerate(string):
            fill, ink = (ORANGE, "#fff") if bit == "1" else ("none", GREY)
            body.append(
                f'<rect x="{20 + 54 * j}" y="{y}" width="44" height="44" rx="6" '
                f'fill="{fill}" stroke="{ORANGE}" stroke-width="2"/>'
            )
            body.append(text(42 + 54 * j, y + 28, bit, ink, anchor="middle"))
        count = f"{string.count('1')} ones"
        body.append(text(310, y + 28, count, weight="bold"))
    return svg(512, 236, "Four strings of bits and their ones", body)


def adding() -> str:
    """Draws one sequence of the adding problem."""
    x, y = data.adding_problem(samples=1, length=12, seed=4)
    body = []
    for i, (number, mark) in enumerate(x[0]):
        left, high = 16 + 40 * i, 130 * float(number)
        colour = ORANGE if mark else OFF
        body.append(
            f'<rect x="{left}" y="{150 - high:.1f}" width="32" height="{high:.1f}" '
            f'fill="{colour}"/>'
        )
        body.append(text(left + 16, 170, f"{number:.2f}", anchor="middle"))
        if mark:
            body.append(text(left + 16, 190, "marked", anchor="middle", weight="bold"))
    marked = " + ".join(f"{number:.2f}" for number, mark in x[0] if mark)
    body.append(text(16, 222, f"target: {marked} = {y[0, 0]:.2f}", weight="bold"))
    return svg(512, 236, "A sequence of the adding problem", body)


def imagenet() -> str:
    """Draws ImageNet top-5 errors, entry by entry, as bars."""
    entries = (
        ("2010", "", 28.2, OFF),
        ("2011", "", 25.8, OFF),
        ("2012", "AlexNet", 16.4, TEAL),
        ("2013", "", 11.7, TEAL),
        ("2014", "VGG", 7.3, TEAL),
        ("2014", "GoogLeNet", 6.7, TEAL),
        ("2015", "ResNets, 6 of them", 3.57, TEAL),
        ("–", "one human", 5.1, ORANGE),
    )
    body = [text(10, 24, "Top-5 error in %, on a thousand classes", weight="bold")]
    for i, (year, name, error, colour) in enumerate(entries):
        y = 42 + 38 * i
        body.append(text(10, y + 20, year))
        body.append(
            f'<rect x="56" y="{y}" width="{14 * error:.1f}" height="28" '
            f'fill="{colour}"/>'
        )
        label = f"{error} {name}".strip()
        body.append(text(f"{64 + 14 * error:.1f}", y + 20, label))
    return svg(512, 350, "ImageNet top-5 error from 2010 to 2015", body)


PICTURES = {
    "map.svg": chapter_map,
    "iris.svg": iris_scatter,
    "digits.svg": digits,
    "photos.svg": photos,
    "emoji.svg": emoji,
    "gates.svg": gates,
    "documents.svg": documents,
    "imagenet.svg": imagenet,
    "names.svg": names,
    "pronunciations.svg": pronunciations,
    "sunspots.svg": sunspots,
    "bits.svg": bits,
    "adding.svg": adding,
}


def main(argv: list[str]) -> int:
    """Writes every picture into book/assets; returns the exit code."""
    argparse.ArgumentParser("tools pictures", description=__doc__).parse_args(argv)
    for name, draw in PICTURES.items():
        (ASSETS / name).write_text(draw(), encoding="utf-8")
    return 0
