"""Finish a rendered site: pages that are light, and that run only what they came with.

- The theme's style draws its icons from fonts. FontAwesome's script, which would draw
  them once more, goes, and fonts and style keep the icons that the site uses.
- No script holds up the page, and the words of the whole book are loaded by the search
  page alone: the theme would have them everywhere, to search with every key. The styles
  of a page are one file, without rules for what no page has.
- A picture is loaded when it comes near, and has its room from the beginning. A live
  figure is made when it comes near; what it must know is in a file if that is much.
  What is too wide gets its tab stop when it is laid out: the theme would lay out the
  whole page for it.
- A screen reader says how hard an exercise is, in place of "black star", and of what is
  folded the words that everybody sees.
- Each page gets a content security policy with the hash of each script in it: nothing
  from another machine is loaded, and nothing that was put into a page runs. The slides'
  window for the speaker is written by a script and has the policy of the slides.
"""

import base64
import hashlib
import json
import posixpath
import re
import struct
from collections.abc import Sequence
from html import unescape
from os.path import relpath
from pathlib import Path

from fontTools import subset

ICON = re.compile(r"\bfa-[\w-]+")
ICON_RULE = re.compile(
    r'((?:\.fa-[\w-]+::?before,?)+)\{content:"\\([0-9a-f]+|[^"\\])"\}'
)
ICON_SCRIPT = re.compile(r"\s*<script[^>]*/fontawesome\.js[^>]*></script>")
SEARCH_SCRIPT = re.compile(
    r'\s*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js"></script>'
)
HEAD_SCRIPT = re.compile(r"<script (?=[^>]*\bsrc=)(?![^>]*\bdefer\b)")
PICTURE = re.compile(
    r'<img (?=[^>]*\bsrc="([^"]*/_images/[^"]*\.png)")(?![^>]*\bwidth=)'
)
INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
HANDLER = re.compile(r'<[^>]*\son[a-z]+="([^"]*)"')
WRITTEN_SCRIPT = re.compile(r"<script>((?:[^<]|<(?!\\/script>))*)<\\/script>")
OPTIONS = re.compile(r'<script src="([^"?]*/documentation_options\.js)[^"]*"></script>')
PRELOAD = re.compile(r'\s*<link rel="preload" as="script"[^>]*>')
SHEET = re.compile(
    r'<link (?=[^>]*\brel="stylesheet")[^>]*\bhref="([^"?]*)[^"]*"[^>]*>\s*'
)
IMPORT = re.compile(r'@import "([^"]*)";')
NAMED = re.compile(r"""\b(?:class|id)=(?:"([^"]*)"|'([^']*)')""")
COMMENT = re.compile(r"/\*(?!!).*?\*/", re.DOTALL)  # licences begin with /*!
RULE = re.compile(r"([^{}]*)\{([^{}]*)\}")  # not what it may stand in, such as @media
COMMA = re.compile(r",(?![^()]*(?:\([^()]*\)[^()]*)*\))")
INNER = re.compile(r"\([^()]*\)")
NAME = re.compile(r"[.#](-?[A-Za-z_][\w-]*)")
PUT_TOGETHER = "bs-"  # so begin the names that Bootstrap makes of parts
EMPTY = re.compile(r"@(?:media|supports)[^{}]*\{\s*\}")
PLACE = re.compile(r"""url\((["']?)(?![a-z]+:|#)([^"')]+)\1\)""")
TAB_STOP = re.compile(
    r"\be\.tabIndex=e\.scrollWidth>e\.clientWidth\|\|"
    r"e\.scrollHeight>e\.clientHeight\?0:-1"
)
TAB_STOP_LATER = (  # until it is known, a stop too many is better than one too few
    "e.hasAttribute('tabindex')||(e.tabIndex=0),"
    "tabStops.unobserve(e),tabStops.observe(e)"
)
TAB_STOPS = (
    "const tabStops=new ResizeObserver(all=>all.forEach(({{target:e}})=>{{{now}}}));"
)
LIVE = re.compile(
    r'(<div class="live-figure" data-live="\w+"[^>]*?) data-live-config="([^"]*)"'
)
LARGE = 20_000  # letters
CONFIG = """document.querySelectorAll('[data-live-source$="{name}"]')
  .forEach(figure => {{ figure.dataset.liveConfig = {config}; }});
"""
STARS = re.compile("[★☆]{3}(?=[^<>]*<)")  # not in a tag
HIDING_LABEL = ' aria-label="Toggle hidden content"'  # hides what the summary shows
ONWARD = re.compile(r'http-equiv="Refresh"[^>]*url=([^"]+)"')
FIRST_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta http-equiv="Refresh" content="0; url={place}" />
<title>To the book</title>
</head>
<body><p><a href="{place}">To the book</a></p></body>
</html>
"""
CHARSET = '<meta charset="utf-8" />'
POLICY = (
    "default-src 'self'; script-src 'self'{scripts}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'"
)


def finish(site: Path) -> None:
    """Finishes a site in place.

    Args:
        site: The folder of the HTML that Jupyter Book wrote.
    """
    pages = sorted(site.rglob("*.html"))  # one at a time: a book may be large
    handlers, icons, names, scripts = set(), set(), set(), set()
    for path in pages:
        text = _lighter(path, path.read_text(encoding="utf-8"), site)
        path.write_text(text, encoding="utf-8")
        # The search page reads the others, handlers and all.
        handlers.update(HANDLER.findall(text))
        icons.update(ICON.findall(text))
        scripts.update(INLINE_SCRIPT.findall(text))
        for found in set(NAMED.findall(text)):
            names.update(*map(str.split, found))
    files = (site / "_static").rglob("*.js")
    scripts.update(path.read_text(encoding="utf-8") for path in files)
    for script in scripts:
        names.update(re.findall(r"[\w-]+", script))
    written = [
        json.loads(f'"{script}"')
        for path in site.rglob("reveal/notes.js")
        for script in WRITTEN_SCRIPT.findall(path.read_text(encoding="utf-8"))
    ]
    _keep_icons(site, icons)
    sheets = {}
    for path in pages:
        text = path.read_text(encoding="utf-8")
        more = written if "reveal/notes.js" in text else []
        if 'id="main-content"' in text:  # a page, neither slides nor a theme's template
            text = _with_one_sheet(text, path, site / "_static", sheets, names)
        path.write_text(with_policy(text, handlers, more), encoding="utf-8")
    for path in site.rglob("pydata-sphinx-theme.js"):
        text = path.read_text(encoding="utf-8")
        now = TAB_STOP.search(text)
        if now:
            text = TAB_STOPS.format(now=now[0]) + text.replace(now[0], TAB_STOP_LATER)
            path.write_text(text, encoding="utf-8")
    for path in site.rglob("*.map"):  # of the theme's sources, for its authors
        path.unlink()
    for path in site.rglob("fontawesome.js*"):
        path.unlink()


def _lighter(path, text, site):
    if text.startswith("<meta") and (onward := ONWARD.search(text)):
        return FIRST_PAGE.format(place=onward[1])

    def sized(match: re.Match) -> str:
        with open(path.parent / match[1], "rb") as file:
            width, height = struct.unpack(">II", file.read(24)[16:])  # a PNG's head
        return f'<img loading="lazy" width="{width}" height="{height}" '

    def options(match: re.Match) -> str:  # the scripts in the page need them at once
        script = (path.parent / match[1]).read_text(encoding="utf-8")
        return f"<script>{script}</script>"

    text = OPTIONS.sub(options, PRELOAD.sub("", ICON_SCRIPT.sub("", text)))
    text = text.replace(HIDING_LABEL, "")
    text = STARS.sub(_told, text)

    def later(match: re.Match) -> str:
        figure, config = match.groups()
        if len(config) < LARGE:
            return f'{figure} data-live-later data-live-config="{config}"'
        name = f"live-{hashlib.sha256(config.encode()).hexdigest()[:16]}.js"
        script = CONFIG.format(name=name, config=json.dumps(unescape(config)))
        (site / "_static" / name).write_text(script, encoding="utf-8")
        source = Path(relpath(site / "_static" / name, path.parent)).as_posix()
        return f'{figure} data-live-later data-live-source="{source}"'

    if 'class="bd-article"' in text:  # a slide's picture must be there with the slide
        text = LIVE.sub(later, PICTURE.sub(sized, text))
    if path.name == "search.html":
        return text
    return HEAD_SCRIPT.sub("<script defer ", SEARCH_SCRIPT.sub("", text))


def _told(stars):
    label = f"difficulty {stars[0].count('★')} of 3"
    return f'<span role="img" aria-label="{label}">{stars[0]}</span>'


def _with_one_sheet(text, path, static, known, names):
    """The page with one stylesheet in place of all; `known` has those written."""
    sheets = tuple((path.parent / href).resolve() for href in SHEET.findall(text))
    if len(sheets) < 2:
        return text
    if sheets not in known:
        style = "\n".join(_style(sheet, static.resolve()) for sheet in sheets)
        style = _needed(style, names)
        digest = hashlib.sha256(style.encode()).hexdigest()
        known[sheets] = static / f"site-{digest[:16]}.css"
        known[sheets].write_text(style, encoding="utf-8")
    href = Path(relpath(known[sheets], path.parent)).as_posix()
    links = iter([f'<link rel="stylesheet" href="{href}" />\n'])
    return SHEET.sub(lambda _: next(links, ""), text)


def _style(sheet, static):
    """A stylesheet and what it imports, as one that stands in the folder `static`."""
    text = sheet.read_text(encoding="utf-8").removeprefix('@charset "UTF-8";')
    place = sheet.parent.relative_to(static).as_posix()
    text = PLACE.sub(lambda m: f"url({posixpath.normpath(f'{place}/{m[2]}')})", text)
    return IMPORT.sub(lambda m: _style((sheet.parent / m[1]).resolve(), static), text)


def _needed(style, names):
    """The rules of a stylesheet, less those for classes and ids that nothing has."""

    def matches(selector: str) -> bool:
        if "@" in selector or "\\" in selector:  # @font-face; a name with odd signs
            return True
        while selector != (selector := INNER.sub("", selector)):
            pass  # what stands in :not() may well be missing
        found = NAME.findall(selector)
        return all(name in names or name.startswith(PUT_TOGETHER) for name in found)

    def rule(match: re.Match) -> str:
        head, end, selectors = match[1].rpartition("*/")
        kept = ",".join(filter(matches, COMMA.split(selectors)))
        return f"{head}{end}" + (f"{kept}{{{match[2]}}}" if kept else "")

    return EMPTY.sub("", RULE.sub(rule, COMMENT.sub("", style)))


def with_policy(text: str, handlers: set[str], written: Sequence[str] = ()) -> str:
    """Puts a policy into a page that allows its own scripts and handlers.

    Args:
        text: the page.
        handlers: what attributes such as `onclick` of all pages hold.
        written: scripts that the page's own scripts write.
    """
    scripts = {_hash(script) for script in [*INLINE_SCRIPT.findall(text), *written]}
    scripts |= {_hash(unescape(handler)) for handler in handlers}
    allowed = ["", *sorted(scripts), *(["'unsafe-hashes'"] if handlers else [])]
    policy = POLICY.format(scripts=" ".join(allowed))
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}" />'
    return text.replace(CHARSET, CHARSET + meta, 1)


def _hash(script):
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _keep_icons(site, used):
    """Reduces FontAwesome to the icons that pages, scripts and styles name."""
    for path in site.rglob("*.js"):
        used.update(ICON.findall(path.read_text(encoding="utf-8")))
    kept = set()
    for path in site.rglob("*.css"):
        text = path.read_text(encoding="utf-8")

        def rule(match: re.Match) -> str:
            selectors, code = match.groups()
            if not used & set(ICON.findall(selectors)):
                return ""
            kept.add(int(code, 16) if len(code) > 1 else ord(code))
            return match[0]

        path.write_text(ICON_RULE.sub(rule, text), encoding="utf-8")
        text = ICON_RULE.sub("", text)
        kept.update(int(code, 16) for code in re.findall(r"\\(f[0-9a-f]{3})\b", text))
        kept.update(map(ord, re.findall("[\ue000-\uf8ff]", text)))
    for path in site.rglob("fontawesome/webfonts/*.*"):
        options = subset.Options(name_IDs=[0, 13, 14])  # whose it is, and the licence
        options.flavor = "woff2" if path.suffix == ".woff2" else None
        font = subset.load_font(path, options)
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=kept)
        subsetter.subset(font)
        subset.save_font(font, path, options)
