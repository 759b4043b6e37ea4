"""Lighthouse's four scores of five pages, on its own phone and network."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator

from tools.bench_pages import Compressing
from tools.browser import NAMES, QUIET, served

PAGES = (  # the first page, a short one, the heaviest ones, a list
    "book/index.html",
    "book/01_perceptron.html",
    "book/05_backpropagation.html",
    "book/17_seq2seq_attention.html",
    "book/glossary.html",
)
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")


def lighthouse(options) -> Iterator[dict]:
    """The scores, 0 to 100, of five pages."""
    command = shutil.which("lighthouse")
    if command is None:
        raise SystemExit(
            "no lighthouse on the path: `npm install --global lighthouse` (it needs"
            " Node.js), or leave this part out by --only"
        )
    told = subprocess.run([command, "--version"], capture_output=True, text=True)
    options.notes.append(f"Lighthouse {told.stdout.strip()}.")
    with served(options.site, Compressing) as address:
        while True:
            yield {page: scores(command, f"{address}/{page}") for page in PAGES}


def scores(command: str, address: str) -> dict[str, float]:
    """Runs Lighthouse once.

    Args:
        command: Lighthouse's path.
        address: the page's.

    Returns:
        The score of each category, 0 to 100.
    """
    call = [
        *(command, address, "--quiet", "--output=json"),
        f"--only-categories={','.join(CATEGORIES)}",
        f"--chrome-flags={' '.join(['--headless=new', *QUIET])}",
    ]
    browser = next(filter(None, map(shutil.which, NAMES)), "")
    environment = {**os.environ, "CHROME_PATH": browser}
    done = subprocess.run(call, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise SystemExit(f"lighthouse could not judge {address}: {done.stderr.strip()}")
    found = json.loads(done.stdout)["categories"]
    return {name: 100 * found[name]["score"] for name in CATEGORIES}
