"""Finish a rendered site: pages that are light, and that run only what they came with.

- The theme's style draws its icons from fonts. FontAwesome's script, which would draw
  them once more, goes, and fonts and style keep the icons that the site uses.
- No script holds up the page, and the words of the whole book are loaded by the search
  page alone: the theme would have them everywhere, to search with every key. The styles
  of a page are one file.
- A picture is loaded when it comes near, and has its room from the beginning.
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
PLACE = re.compile(r"""url\((["']?)(?![a-z]+:|#)([^"')]+)\1\)""")
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
    pages = {path: path.read_text(encoding="utf-8") for path in site.rglob("*.html")}
    pages = {path: _lighter(path, text) for path, text in pages.items()}
    # The search page reads the others, handlers and all.
    handlers = {handler for text in pages.values() for handler in HANDLER.findall(text)}
    written = [
        json.loads(f'"{script}"')
        for path in site.rglob("reveal/notes.js")
        for script in WRITTEN_SCRIPT.findall(path.read_text(encoding="utf-8"))
    ]
    icons = {icon for text in pages.values() for icon in ICON.findall(text)}
    _keep_icons(site, icons)
    sheets = {}
    for path, text in pages.items():
        more = written if "reveal/notes.js" in text else []
        if 'id="main-content"' in text:  # a page, neither slides nor a theme's template
            text = _with_one_sheet(text, path, site / "_static", sheets)
        path.write_text(with_policy(text, handlers, more), encoding="utf-8")
    for path in site.rglob("*.map"):  # of the theme's sources, for its authors
        path.unlink()
    for path in site.rglob("fontawesome.js*"):
        path.unlink()


def _lighter(path, text):
    def sized(match: re.Match) -> str:
        with open(path.parent / match[1], "rb") as file:
            width, height = struct.unpack(">II", file.read(24)[16:])  # a PNG's head
        return f'<img loading="lazy" width="{width}" height="{height}" '

    def options(match: re.Match) -> str:  # the scripts in the page need them at once
        script = (path.parent / match[1]).read_text(encoding="utf-8")
        return f"<script>{script}</script>"

    text = OPTIONS.sub(options, PRELOAD.sub("", ICON_SCRIPT.sub("", text)))
    if 'class="bd-article"' in text:  # a slide's picture must be there with the slide
        text = PICTURE.sub(sized, text)
    if path.name == "search.html":
        return text
    return HEAD_SCRIPT.sub("<script defer ", SEARCH_SCRIPT.sub("", text))


def _with_one_sheet(text, path, static, known):
    """The page with one stylesheet in place of all; `known` has those written."""
    sheets = tuple((path.parent / href).resolve() for href in SHEET.findall(text))
    if len(sheets) < 2:
        return text
    if sheets not in known:
        style = "\n".join(_style(sheet, static.resolve()) for sheet in sheets)
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
