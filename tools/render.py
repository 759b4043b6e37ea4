"""Render the executed chapters with Jupyter Book; replace the site only when whole."""

import errno
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import yaml

from tools import sources
from tools.execute import Chapter
from tools.finish import finish

# The same for a chapter just executed and for one from the cache.
METADATA = {
    "kernelspec": {"display_name": "Python 3", "name": "python3"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}
# Jupyter Book ends with the build that started it, even one that is killed: otherwise
# it and the next build's would write into the same folder.
JUPYTER_BOOK = """
import os, threading
threading.Thread(target=lambda: (os.read(0, 1), os._exit(1)), daemon=True).start()
from jupyter_book.cli.main import main
main()
"""


class RenderError(Exception):
    """The site could not be rendered: the message says why and where."""


def stage(source: Path, chapters: list[Chapter], executed: Path) -> None:
    """Lays the book out in `executed`, with the chapters' outputs, for rendering.

    Only files that differ are written, so that Jupyter Book renders only what changed.
    """
    wanted = {}
    for path in sources.pages(source):
        wanted[path.relative_to(source)] = path.read_bytes()
    try:
        config = yaml.safe_load(wanted[Path("_config.yml")]) or {}
    except yaml.YAMLError as error:
        raise RenderError(f"{source / '_config.yml'}: {error}") from error
    config.setdefault("execute", {})["execute_notebooks"] = "off"
    wanted[Path("_config.yml")] = yaml.safe_dump(config, sort_keys=False).encode()
    for chapter in chapters:
        chapter.notebook.metadata = nbformat.from_dict(METADATA)
        text = nbformat.writes(chapter.notebook)
        wanted[chapter.path.relative_to(source)] = text.encode()
    executed.mkdir(parents=True, exist_ok=True)
    for path in executed.rglob("*"):
        if path.is_file() and path.relative_to(executed) not in wanted:
            path.unlink()
    for name, content in wanted.items():
        path = executed / name
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def missing_alt_texts(executed: Path) -> list[str]:
    """Names every figure and picture that has no alt text: file, and cell or line."""
    missing = []
    for path in sources.chapters(executed):
        notebook = nbformat.read(path, as_version=4)
        for number, cell in enumerate(notebook.cells, 1):
            cell_id = cell.get("id", "none")
            where = f"{path.parent.name}/{path.name}, cell {number} (id {cell_id})"
            if cell.cell_type == "markdown":
                missing += [where] * len(re.findall(r"!\[\s*\]\(", cell.source))
            elif any(_is_picture(output) for output in cell.get("outputs", [])):
                image = cell.metadata.get("mystnb", {}).get("image", {})
                missing += [] if image.get("alt", "").strip() else [where]
    for path in sorted((executed / "book").rglob("*.md")):
        lines = path.read_text("utf-8", "replace").splitlines()
        for number, line in enumerate(lines, 1):
            if re.search(r"!\[\s*\]\(", line):
                missing.append(f"{path.parent.name}/{path.name}, line {number}")
    return missing


def render(executed: Path, build: Path) -> None:
    """Renders the staged book with warnings as errors into `build/html`.

    Raises:
        RenderError: If a figure lacks its alt text or Jupyter Book warns. The site
            of the last good build is still in place then.
    """
    missing = missing_alt_texts(executed)
    if missing:
        raise RenderError("no alt text:\n  " + "\n  ".join(missing))
    work, unfinished = build / "render", build / "render.unfinished"
    structure = _structure(executed)
    kept = build / "render.structure"
    same = kept.exists() and kept.read_text() == structure
    if unfinished.exists() or not same:
        shutil.rmtree(work, ignore_errors=True)  # what Sphinx remembers may be stale
    unfinished.touch()
    code, log = _jupyter_book("build", executed, "--path-output", work)
    if code and os.strerror(errno.ENOSPC) in log:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(work))
    if code:
        raise RenderError(_warnings(log, executed))
    kept.write_text(structure)
    replace(work / "_build" / "html", build / "html")
    unfinished.unlink()


def replace(new: Path, site: Path) -> None:
    """Finishes a copy of a new site and puts it in place of the last one."""
    whole, last = site.with_name("html.new"), site.with_name("html.last")
    recover(site)
    try:
        shutil.copytree(new, whole)
        finish(whole)
    except shutil.Error as error:  # one (from, to, why) a file, and why is a text
        shutil.rmtree(whole, ignore_errors=True)
        raise RenderError(f"{whole}: {error.args[0][0][2]}") from error
    if site.exists():
        site.rename(last)
    whole.rename(site)
    shutil.rmtree(last, ignore_errors=True)


def recover(site: Path) -> None:
    """Mends what a build that was killed while it replaced the site left behind."""
    whole, last = site.with_name("html.new"), site.with_name("html.last")
    if last.exists() and not site.exists():
        last.rename(site)
    shutil.rmtree(whole, ignore_errors=True)
    shutil.rmtree(last, ignore_errors=True)


def _jupyter_book(*arguments):
    """Runs Jupyter Book with warnings as errors; returns its exit code and its log."""
    call = [sys.executable, "-c", JUPYTER_BOOK, *map(str, arguments)]
    with subprocess.Popen(
        [*call, "-W", "-n", "--keep-going"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONIOENCODING": "utf-8"},
    ) as process:
        log = process.stdout.read()
    return process.returncode, log


def _structure(executed):
    """What changes every page: settings, extensions, style, the toolchain."""
    folders = [executed / "book" / "_ext", executed / "book" / "assets"]
    files = [executed / "_config.yml", executed / "_toc.yml"]
    for folder in folders:
        files += [path for path in folder.rglob("*.*") if path.is_file()]
    parts = [sources.environment_digest(), sources.digest_files(executed, files)]
    return sources.digest(parts)


def _is_picture(output):
    kinds = output.get("data", {})
    return any(kind.startswith("image/") for kind in kinds)


def _warnings(log, executed):
    """The lines of Sphinx's log that say what is wrong, or its end.

    Places are given in the author's files: for MyST-NB, the first line of a notebook's
    cell N is line 10,000 N + 2.
    """
    log = re.sub(r"\x1b\[[0-9;]*m", "", log).replace(f"{executed}{os.sep}", "")
    place = r"\.ipynb:(\d+)(\d{4}):"
    lines = re.sub(
        place, lambda m: f".ipynb, cell {m[1]}, line {int(m[2]) - 1}:", log
    ).splitlines()
    wrong = [line for line in lines if re.search("WARNING|ERROR|Error", line)]
    return "Jupyter Book:\n  " + "\n  ".join(wrong or lines[-30:])
