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
