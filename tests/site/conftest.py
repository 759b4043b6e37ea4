"""The built site, a server on the loopback address, and a browser."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.browser import BrowserMissing, chromium, pages_of, served


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built HTML: `DLBOOK_SITE`, else `_build/html`."""
    folder = Path(os.environ.get("DLBOOK_SITE", "_build/html")).resolve()
    if not (folder / "book" / "index.html").is_file():
        pytest.fail(
            f"no site in {folder}: run `python -m tools book` first", pytrace=False
        )
    return folder


@pytest.fixture(scope="session")
def pages(site: Path) -> list[str]:
    """Every page, as an address relative to the site."""
    return pages_of(site)


@pytest.fixture(scope="session")
def server(site: Path) -> Iterator[str]:
    """The address at which the site is served."""
    with served(site) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """Chromium; without one the tests skip, or fail if `DLBOOK_REQUIRE_BROWSER=1`."""
    try:
        with chromium() as started:
            yield started
    except BrowserMissing as missing:
        if os.environ.get("DLBOOK_REQUIRE_BROWSER") == "1":
            pytest.fail(str(missing), pytrace=False)
        pytest.skip(str(missing))


@pytest.fixture
def show(browser, tmp_path):
    """Opens HTML as a page; at the end no error, no request has happened."""
    contexts, problems = [], []

    def open_page(text, width=1280, **options):
        path = tmp_path / "page.html"
        path.write_text(text, encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 900}, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: problems.append(request.url))
        page.goto(path.as_uri())
        problems.remove(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []
