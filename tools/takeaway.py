"""`python -m tools takeaway`: the built book to take away, in `_build/takeaway`.

A PDF of all pages, the executed notebooks in a zip, and a zip with both and the site.
"""

import argparse
import os
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import yaml

from tools import address
from tools.browser import BrowserMissing, Quiet, chromium, served
from tools.environment import ROOT
from tools.joined import NotWhole, join, parts

NAME = "deep-learning-executable"
MINUTE = 60_000  # in milliseconds, as Playwright counts
LICENCES = ("LICENSE", "LICENSE-TEXT.md")
READ_ME = """# {title}: the notebooks

Each notebook is a chapter with its outputs; the Markdown pages beside them are those \
that chapters link to. JupyterLab opens them (`pip install jupyterlab`, then \
`jupyter lab` in this folder), and so do VS Code and Colab (*File → Upload notebook*). \
Jupyter shows the figures that move once you have run their cell, or have chosen \
*Trust Notebook* in its command palette.

To run the cells on your machine you need Python 3.11 or newer, a backend of Keras, \
and `dlbook`, the book's helper package. This command installs it with TensorFlow; in \
its place, `jax` and `torch` can stand. Colab has all but `dlbook`, which the first \
cell of a chapter installs.

```
pip install "dlbook[tensorflow,chapters] @ git+{url}@{ref}"
```
"""


def print_pdf(browser, site: Path, document: str, out: Path) -> None:
    """Prints a joined document.

    Args:
        browser: Playwright's.
        site: The folder of the built HTML, for pictures, styles and fonts.
        document: What `join` made of the site.
        out: The PDF.

    Raises:
        NotWhole: If a script of the document failed or a file was not there.
    """

    class Joined(Quiet):
        """Serves the document beside the site's files; on the disk it is nowhere."""

        def do_GET(self):
            if self.path != "/joined.html":
                return super().do_GET()
            content = document.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    wrong = []
    with served(site, Joined) as server, browser.new_page() as tab:
        tab.set_default_timeout(10 * MINUTE)
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on("response", lambda r: wrong.append(r.url) if r.status >= 400 else None)
        tab.goto(f"{server}/joined.html")
        tab.evaluate("document.fonts.ready.then(() => true)")
        tab.pdf(
            path=out,
            outline=True,
            tagged=True,
            prefer_css_page_size=True,
            print_background=True,
        )
    if wrong:
        raise NotWhole("the joined pages do not load whole: " + ", ".join(wrong))


def notebooks(build: Path) -> dict[str, bytes]:
    """Collects the executed chapters with what they link to.

    Args:
        build: The folder of `executed`, which `python -m tools book` fills.

    Returns:
        The files' contents by their names.

    Raises:
        NotWhole: If no chapter has been executed.
    """
    book = build / "executed" / "book"
    if not list(book.glob("*.ipynb")):
        raise NotWhole(
            f"no executed notebook in {book}: run `python -m tools book` first"
        )
    found = {path.name: path for path in book.glob("*.ipynb")} | beside(book)
    files = {name: path.read_bytes() for name, path in found.items()}
    url, ref = address.repository(build / "executed")
    title = _about(build)["title"]
    files["README.md"] = READ_ME.format(title=title, url=url, ref=ref).encode()
    return files


def beside(book: Path) -> dict[str, Path]:
    """Finds what goes with notebooks by the names that they link to, and licences."""
    found = [*book.glob("*.md"), *book.glob("assets/*.svg")]
    files = {path.relative_to(book).as_posix(): path for path in found}
    return files | {name: ROOT / name for name in LICENCES}


def pack(out: Path, folder: str, files: Mapping[str, bytes]) -> None:
    """Writes a zip: the same bytes for the same files, whenever it is written.

    Args:
        out: The zip.
        folder: The folder into which it unpacks.
        files: Contents by names, relative to that folder.
    """
    with zipfile.ZipFile(out, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{folder}/{name}")  # of 1980, the format's zero
            entry.create_system = 3  # Unix, wherever this runs, for its permissions
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name], zipfile.ZIP_DEFLATED)


def take(build: Path, site: Path, out: Path) -> list[Path]:
    """Writes the PDF and the zips, each in its place only when all are whole.

    Args:
        build: The folder of `executed`.
        site: The folder of the built HTML.
        out: The folder that receives them.

    Returns:
        The files written.

    Raises:
        BrowserMissing: If neither Chromium nor Chrome is installed.
        OSError: If `out` cannot be written.
        NotWhole: If the site or the executed notebooks are not whole.
    """
    if not (site / "index.html").is_file():
        raise NotWhole(f"no site in {site}: run `python -m tools book` first")
    chapters = notebooks(build)
    about = {**_about(build), "url": address.repository(build / "executed")[0]}
    out.mkdir(parents=True, exist_ok=True)
    document = join(site, parts(build / "executed"), about)
    with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=out) as folder:
        pdf = Path(folder) / f"{NAME}.pdf"
        with chromium() as browser:
            print("print the pages: this takes some minutes", flush=True)
            print_pdf(browser, site, document, pdf)
        pack(Path(folder) / "notebooks.zip", f"{NAME}-notebooks", chapters)
        everything = {pdf.name: pdf.read_bytes()}
        everything |= {f"notebooks/{name}": file for name, file in chapters.items()}
        for path in site.rglob("*"):
            if path.is_file() and not path.name.startswith("."):
                name = path.relative_to(site).as_posix()
                everything[f"site/{name}"] = path.read_bytes()
        pack(Path(folder) / "everything.zip", NAME, everything)
        return [new.replace(out / new.name) for new in sorted(Path(folder).iterdir())]


def _about(build):
    return yaml.safe_load((build / "executed" / "_config.yml").read_text("utf-8"))


def main(argv: list[str]) -> int:
    """Writes what is to be taken away; returns the exit code."""
    parser = argparse.ArgumentParser("tools takeaway", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("_build/takeaway"))
    options = parser.parse_args(argv)
    site = Path(os.environ.get("DLBOOK_SITE", "_build/html"))
    try:
        written = take(site.parent, site, options.out)
    except (BrowserMissing, NotWhole) as error:
        print(error)
        return 2
    except OSError as error:
        print(f"--out {options.out}: {error}; expected a folder that can be written")
        return 2
    for path in written:
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
    return 0
