"""The pages of a built site as one document."""

import json
import posixpath
import re
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml
from bs4 import BeautifulSoup, SoupStrainer, Tag

from dlbook import __version__

# Half of a document's tags are around words in the colour of the text.
PLAIN = re.compile(r'<span class="(?:n|nn|p|pre|w)">([^<]*)</span>')
ATTRIBUTE = re.compile(r'\s(?:id|name)="([^"]+)"')
DOCUMENT = """<!doctype html>
<html lang="en" data-theme="light">
<head>
<meta charset="utf-8">
<title>{title}</title>
{styles}
<style>
@page {{ size: A4; @bottom-center {{ content: counter(page); font: 9pt sans-serif; }} }}
@page :first {{ @bottom-center {{ content: none; }} }}
.takeaway-cover {{ padding-top: 60mm; text-align: center; }}
.takeaway-cover > img {{ height: 40mm; }}
.takeaway-cover > .title {{ font-size: 30pt; font-weight: 600; margin: 12mm 0; }}
.takeaway-contents, .bd-article {{ break-before: page; }}
.takeaway-contents > div {{ columns: 2; font-size: 9pt; line-height: 1.4; }}
.takeaway-contents ul {{ list-style: none; margin: 0; padding-left: 1.5em; }}
.takeaway-contents p {{ break-after: avoid; font-weight: 600; margin: 1em 0 0; }}
.takeaway-contents a {{ color: inherit; text-decoration: none; }}
/* A bookmark holds what is painted: the space at a line's end must be, and a heading
   that opens a page must not be painted below the page before as well. */
h1, h2, h3, h4 {{ line-height: 1.3; padding-top: 0.2em; white-space: pre-wrap; }}
</style>
</head>
<body>
<header class="takeaway-cover">
{cover}
</header>
<nav class="takeaway-contents">
<h1>Contents</h1>
<div>
{contents}
</div>
</nav>
<main class="bd-main bd-article-container">
{articles}
</main>
{scripts}
</body>
</html>
"""


class NotWhole(Exception):
    """What is to be taken away is not whole: the message says what is missing."""


def parts(source: Path) -> list[tuple[str, list[str]]]:
    """Reads the order of a book's pages from its `_toc.yml`.

    Args:
        source: The folder of `_toc.yml`.

    Returns:
        For each part its caption and its pages, such as `book/01_perceptron.html`.
        The first part is the home page's, without a caption.
    """
    toc = yaml.safe_load((source / "_toc.yml").read_text(encoding="utf-8"))
    listed = [("", [{"file": toc["root"]}])]
    listed += [(part["caption"], part["chapters"]) for part in toc["parts"]]
    return [(name, [f"{page['file']}.html" for page in own]) for name, own in listed]


def join(site: Path, contents: Iterable[tuple[str, list[str]]], about: Mapping) -> str:
    """Joins pages of a site into one document.

    An anchor gets its page's name as a prefix (`01_perceptron--exercises`), and links
    between the pages lead to anchors of the document. A link to a file of the site, or
    to a page that is not joined, becomes plain text. What is folded is opened.

    Args:
        site: The folder of the built HTML.
        contents: For each part its caption and its pages, as `parts` gives them.
        about: `title`, `author` and `copyright`, as `_config.yml` has them, and `url`,
            the book's address.

    Returns:
        The document, to be read as a file of `site`'s folder itself.

    Raises:
        NotWhole: If a page is missing, or is no page of a book.
    """
    contents = list(contents)
    pages = [page for _, own in contents for page in own]
    texts = {page: _read(site, page) for page in pages}
    anchors = {page: set(ATTRIBUTE.findall(text)) for page, text in texts.items()}
    articles, listed, shared = [], [], {}
    for caption, own in contents:
        entries = []
        for page in own:
            article = _parse(texts[page], "article").article
            if article is None:
                raise NotWhole(f"{site / page} has no article: expected a page")
            # Live figures share them; the same on two pages is needed once.
            for tag in article.select("[data-live-shared]"):
                shared.setdefault(str(tag), tag.name)
            _adapt(article, page, anchors, site)
            entries.append(_entry(article))
            articles.append(str(article))
        listed.append(f"<p>{escape(caption)}</p>" if caption else "")
        listed.append(f"<ul>{''.join(entries)}</ul>")
    sheets = _parse(texts[pages[0]], "link").select("link[rel=stylesheet]")
    styles = [_sheet(sheet["href"], pages[0]) for sheet in sheets]
    styles += [text for text, tag in shared.items() if tag == "style"]
    scripts = [text for text, tag in shared.items() if tag == "script"]
    mount = ["<script>dlbookLiveRuntime.mount();</script>"] if scripts else []
    return DOCUMENT.format(
        title=escape(about["title"]),
        styles="\n".join(styles),
        cover=_cover(about),
        contents="\n".join(listed),
        articles="\n".join(articles),
        scripts="\n".join(scripts + mount),
    )


def _read(site, page):
    try:
        return PLAIN.sub(r"\1", (site / page).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotWhole(
            f"no page {page} in {site}: run `python -m tools book` first"
        ) from None


def _parse(text, tags):
    return BeautifulSoup(text, "html.parser", parse_only=SoupStrainer(tags))


def _adapt(article: Tag, page: str, anchors: dict[str, set[str]], site: Path) -> None:
    """Makes a page's article fit beside the others."""
    for tag in article.select("span[role=img]"):  # bookmarks would have it twice
        tag.unwrap()
    for tag in article.select("[data-live-later]"):  # nobody comes near
        del tag["data-live-later"]
        if "data-live-source" in tag.attrs:
            place = site / _beside(tag.attrs.pop("data-live-source"), page)
            tag["data-live-config"] = live_config(place)
    for tag in article.select("script, style, .headerlink, [hidden]"):
        tag.decompose()
    for tag in article.select("[aria-describedby]"):  # by what was hidden
        del tag["aria-describedby"]
    for tag in article.select("[id]"):
        tag["id"] = _anchor(page, tag["id"])
    for tag in article.select("a[name]"):
        tag["name"] = _anchor(page, tag["name"])
    for link in article.select("a[href]"):
        target = _target(link["href"], page, anchors)
        if target is None:
            link.unwrap()
        else:
            link["href"] = target
    for tag in article.select("[loading]"):  # nobody scrolls
        del tag["loading"]
    for tag in article.select("[src]"):
        tag["src"] = _beside(tag["src"], page)
    for tag in article.select("details"):
        tag["open"] = ""
    article["id"] = Path(page).stem


def live_config(script: Path) -> str:
    """What a live figure must know, from the script that holds it on the site."""
    text = script.read_text(encoding="utf-8")
    return json.loads(text.partition("liveConfig = ")[2].rpartition("; });")[0])


def _anchor(page, name):
    return f"{Path(page).stem}--{name}"


def _target(href: str, page: str, anchors: dict[str, set[str]]) -> str | None:
    """A page's link in the joined document; None if what it leads to is not there."""
    link = urlsplit(href)
    if link.scheme or link.netloc:
        return href
    path = _beside(unquote(link.path), page) if link.path else page
    if path not in anchors:
        return None
    name = unquote(link.fragment)
    return f"#{_anchor(path, name) if name in anchors[path] else Path(path).stem}"


def _beside(path: str, page: str) -> str:
    """What a page names relative to itself, relative to the site."""
    if urlsplit(path).scheme or urlsplit(path).netloc:
        return path
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), path))


def _entry(article):
    """A page in the contents; with its sections, if it is a numbered chapter."""
    head = article.h1
    inner = ""
    if head.select_one(".section-number"):
        sections = [(h2.parent["id"], h2) for h2 in article.select("section > h2")]
        inner = f"<ul>{''.join(_item(*section) for section in sections)}</ul>"
    return _item(article["id"], head, inner)


def _item(anchor, heading, inner=""):
    return f'<li><a href="#{anchor}">{escape(heading.get_text())}</a>{inner}</li>'


def _sheet(href, page):
    return f'<link rel="stylesheet" href="{escape(_beside(href, page))}">'


def _cover(about):
    url = escape(about["url"])
    return f"""<img src="_static/logo.svg" alt="">
<p class="title">{escape(about["title"])}</p>
<p>by {escape(about["author"])}</p>
<p>Version {__version__}. <a href="{url}">{url}</a></p>
<p>© {escape(about["copyright"])}. Text and figures: CC BY 4.0. Code: MIT.</p>"""
