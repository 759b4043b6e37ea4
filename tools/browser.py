"""A built site in a real browser: served on the loopback address, read by Chromium."""

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WIDTHS = (1280, 390)  # a laptop and a phone
THEMES = ("light", "dark")
QUIET = (  # no sandbox for root in a container, and nothing of the browser's own
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class BrowserMissing(RuntimeError):
    """No Chromium or Chrome is installed."""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files as they are."""

    def log_message(self, *args: object) -> None:
        """Keeps requests out of the terminal."""


@contextmanager
def served(site: Path, handler: type[Quiet] = Quiet) -> Iterator[str]:
    """Serves a folder on a free loopback port.

    Args:
        site: The folder of the built HTML.
        handler: What answers the requests.

    Returns:
        A context manager that gives the address, without a trailing slash.
    """
    answer = functools.partial(handler, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


@contextmanager
def chromium() -> Iterator:
    """Starts the installed Chromium through Playwright.

    Returns:
        A context manager that gives Playwright's `Browser`.

    Raises:
        BrowserMissing: If neither Chromium nor Chrome is on the path.
    """
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        raise BrowserMissing(
            "no Chromium found: install it (Debian and Ubuntu: `apt install chromium`;"
            f" elsewhere Chrome or Chromium) so that one of {', '.join(NAMES)} is on"
            " the path"
        )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        try:
            yield browser
        finally:
            browser.close()


def pages_of(site: Path) -> list[str]:
    """Lists a site's pages.

    Args:
        site: The folder of the built HTML.

    Returns:
        Sorted addresses relative to the site, such as `book/01_perceptron.html`.
    """
    found = (path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    return sorted(
        page for page in found if page != "index.html" and page[0] != "_"
    )  # the root's index.html only leads on to the book's


def settle(page) -> None:
    """Waits until a page's scripts have run and its fonts are there."""
    page.wait_for_load_state("networkidle")
    page.evaluate("() => document.fonts.ready.then(() => true)")


def lay_out(page) -> None:
    """Lays out a page and loads its pictures where no reader has come near, too."""
    page.evaluate("""() => {
      const sections = ".bd-article > section > section";
      for (const section of document.querySelectorAll(sections))
        section.style.contentVisibility = "visible";
      const pictures = [...document.querySelectorAll("img[loading]")];
      return Promise.all(pictures.map(picture => {
        picture.loading = "eager";
        return picture.decode();
      }));
    }""")
    page.wait_for_function("""() =>
      !document.querySelector(".live-figure:not([data-live-ready])") &&
      [...document.querySelectorAll("article details[data-question]")].every(
        details => details.previousElementSibling.matches("form"))""")
