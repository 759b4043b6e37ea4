"""`python -m tools screenshots`: the built site at two widths, light and dark."""

import argparse
import os
from pathlib import Path

from tools.browser import (
    THEMES,
    WIDTHS,
    BrowserMissing,
    chromium,
    lay_out,
    pages_of,
    served,
    settle,
)


def take(site: Path, pages: list[str], out: Path) -> list[Path]:
    """Takes full-page screenshots.

    Args:
        site: The folder of the built HTML.
        pages: Addresses relative to the site, such as `book/01_perceptron.html`.
        out: The folder that receives `01_perceptron-390-dark.png` and so on.

    Returns:
        The files written.

    Raises:
        BrowserMissing: If neither Chromium nor Chrome is installed.
    """
    out.mkdir(parents=True, exist_ok=True)
    written = []
    with served(site) as address, chromium() as browser:
        for width in WIDTHS:
            for theme in THEMES:
                tab = browser.new_page(
                    viewport={"width": width, "height": 900}, color_scheme=theme
                )
                for page in pages:
                    tab.goto(f"{address}/{page}")
                    settle(tab)
                    lay_out(tab)
                    name = f"{_name(page).replace('/', '-')}-{width}-{theme}.png"
                    tab.screenshot(path=out / name, full_page=True)
                    written.append(out / name)
                tab.close()
    return written


def _name(page):
    """`01_perceptron` for the chapter, `slides/01_perceptron` for its slides."""
    return page.removeprefix("book/").removesuffix(".html")


def main(argv: list[str]) -> int:
    """Takes screenshots from the command line; see `--help`."""
    parser = argparse.ArgumentParser("tools screenshots", description=__doc__)
    parser.add_argument(
        "--pages", nargs="+", metavar="NAME", help="page names such as 01_perceptron"
    )
    parser.add_argument("--out", type=Path, default=Path("_build/screenshots"))
    options = parser.parse_args(argv)
    site = Path(os.environ.get("DLBOOK_SITE", "_build/html"))
    found = {_name(page): page for page in pages_of(site)}
    names = options.pages or sorted(found)
    unknown = sorted(set(names) - set(found))
    if not found or unknown:
        print(
            f"no page {', '.join(unknown)} in {site}; it has: {', '.join(found)}"
            if found
            else f"no site in {site}: run `python -m tools book` first"
        )
        return 2
    try:
        written = take(site, [found[name] for name in names], options.out)
    except BrowserMissing as error:
        print(error)
        return 2
    print(f"{len(written)} screenshots in {options.out}")
    return 0
