"""What a page costs its reader: bytes on the way, and the wait until it answers."""

import gzip
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tools.browser import Quiet, chromium, pages_of, served

TEXT = {".html", ".css", ".js", ".svg", ".json", ".txt"}
OBSERVE = """
window.longTasks = [];
new PerformanceObserver(list => longTasks.push(
  ...list.getEntries().map(e => [e.startTime, e.startTime + e.duration]))
).observe({type: "longtask", buffered: true});
"""
# The first moment, from the end of DOMContentLoaded on, after which no task takes
# over 50 ms for a whole second; false while that second is not over.
INTERACTIVE = """() => {
  const page = performance.getEntriesByType("navigation")[0];
  if (!page.loadEventEnd) return false;
  let moment = page.domContentLoadedEventEnd;
  for (const [start, end] of longTasks)
    if (start < moment + 1000) moment = Math.max(moment, end);
  return performance.now() > moment + 1500 && moment;
}"""
TRANSFERRED = """() => {
  const kinds = ["navigation", "resource"];
  const files = kinds.flatMap(kind => performance.getEntriesByType(kind));
  const sum = list => list.reduce((total, e) => total + e.transferSize, 0);
  const picture = /\\.(png|jpe?g|gif|svg|webp)([?#]|$)/;
  return [sum(files), sum(files.filter(e => picture.test(e.name)))];
}"""


class Compressing(Quiet):
    """Serves as a site's host does: text compressed, and kept for ten minutes."""

    def send_head(self):
        path = Path(self.translate_path(self.path))
        accepted = "gzip" in self.headers.get("Accept-Encoding", "")
        self.compressed = accepted and path.suffix in TEXT and path.is_file()
        return super().send_head()

    def send_header(self, keyword, value):
        if keyword == "Content-Length" and self.compressed:
            value = len(_gzip(self.translate_path(self.path)))
        super().send_header(keyword, str(value))

    def end_headers(self):
        self.send_header("Cache-Control", "max-age=600")
        if self.compressed:
            self.send_header("Content-Encoding", "gzip")
        super().end_headers()

    def copyfile(self, source, outputfile):
        if self.compressed:
            outputfile.write(_gzip(source.name))
        else:
            super().copyfile(source, outputfile)


def pages(options) -> Iterator[dict]:
    """Weight and time to interactive of each chapter, in headless Chromium."""
    site = options.site
    chapters = [page for page in pages_of(site) if re.match(r"book/\d", page)]
    if not chapters:
        raise SystemExit(f"no site with chapters in {site}: run `make book` first")
    chapters = [page for page in chapters if Path(page).name.startswith(options.pages)]
    with served(site, Compressing) as address, chromium() as browser:
        options.notes.append(f"Chromium {browser.version}.")
        yield from visits(browser, address, chapters)


def visits(browser, address: str, chapters: list[str]) -> Iterator[dict]:
    """What each chapter weighs on a first visit and after the one before it."""
    _visit(browser, address, chapters[:1])  # what is compressed once stays so
    while True:
        figures = {}
        for number, page in enumerate(chapters):
            before = chapters[number - 1]
            ((size, pictures, moment),) = _visit(browser, address, [page])
            _, (later, later_pictures, _) = _visit(browser, address, [before, page])
            figures[Path(page).stem] = {
                "first visit, kB": size / 1000,
                "first visit without pictures, kB": (size - pictures) / 1000,
                "next page, kB": later / 1000,
                "next page without pictures, kB": (later - later_pictures) / 1000,
                "interactive, s": moment / 1000,
            }
        yield figures


def _visit(browser, address, chapters):
    """Opens pages in a row, from an empty profile: bytes, pictures' bytes, moment."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script(OBSERVE)
    tab, found = context.new_page(), []
    for page in chapters:
        tab.goto(f"{address}/{page}")
        moment = tab.wait_for_function(INTERACTIVE, polling=100).json_value()
        found.append((*tab.evaluate(TRANSFERRED), moment))
    context.close()
    return found


@cache
def _gzip(path):
    return gzip.compress(Path(path).read_bytes(), mtime=0)
