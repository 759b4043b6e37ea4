"""`python -m tools book`: execute the chapters and render the site."""

import argparse
import errno
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tools import sources
from tools.environment import ROOT
from tools.execute import ChapterError, execute
from tools.render import RenderError, recover, render, stage

ADVICE = {
    os.strerror(
        errno.ENOSPC
    ): "Make room on the disk that holds _build, and build again.",
    "disk is full": "Make room on the disk that holds _build, and build again.",
    os.strerror(errno.EROFS): "The build writes into _build: make it writable.",
    os.strerror(errno.EACCES): "The build writes into _build: make it writable.",
}


class BuildRunning(Exception):
    """Another build is writing into the same folder."""


def main(argv: list[str]) -> int:
    """Builds the site and says where it is; returns the exit code."""
    parser = argparse.ArgumentParser("tools book", description=__doc__)
    parser.add_argument("--source", type=Path, default=ROOT, help="the book's folder")
    parser.add_argument("--jobs", type=_positive, default=os.cpu_count() or 1)
    options = parser.parse_args(argv)
    source = options.source.resolve()
    if not (source / "_toc.yml").is_file():
        parser.error(f"--source {source} holds no _toc.yml")
    if source != ROOT:
        os.environ["PYTHONPATH"] = str(source)
    try:
        folder = source / "_build"
        folder.mkdir(exist_ok=True)
        with only_build(folder):
            return build(source, folder, options.jobs)
    except KeyboardInterrupt:
        return 130
    except (BuildRunning, ChapterError, RenderError, OSError) as error:
        print(f"\nThe book was not built. {error}")
        advice = [say for what, say in ADVICE.items() if what in str(error)]
        print(*advice, sep="\n", end="\n" * len(advice))
    if (source / "_build" / "html").exists():
        print("The site of the last good build is still in place.")
    return 1


@contextmanager
def only_build(folder: Path) -> Iterator[None]:
    """Keeps a second build out of a folder; the lock ends with its process.

    It is SQLite's: the same on every system, and nothing is left to be removed.
    """
    with ExitStack() as held:
        try:
            lock = sqlite3.connect(folder / "lock", timeout=0, isolation_level=None)
            held.callback(lock.close)
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                raise BuildRunning(f"Another build is running in {folder}.") from error
            # A place that cannot be written: the build itself says so.
        yield


def build(source: Path, build: Path, jobs: int) -> int:
    """Executes and renders what has changed since the last build."""
    started = time.monotonic()
    site = build / "html"
    recover(site)
    state, inputs = build / "built", _inputs(source)
    if state.exists() and state.read_text() == inputs + _outputs(site):
        print(f"Nothing has changed. The site is at {site / 'index.html'}")
        return 0
    state.unlink(missing_ok=True)
    chapters = execute(source, build, jobs)
    executed = build / "executed"
    stage(source, chapters, executed)
    print("render", flush=True)
    render(executed, build)
    state.write_text(inputs + _outputs(site))
    print(f"Built in {time.monotonic() - started:.1f} s: {site / 'index.html'}")
    return 0


def _inputs(source):
    """The digest of everything that a build reads."""
    files = set(sources.pages(source))
    for folder in ("dlbook", "studies"):
        files |= {p for p in (source / folder).rglob("*.*") if p.suffix != ".pyc"}
    tools = sorted((ROOT / "tools").glob("*.py"))
    return sources.digest(
        [
            sources.environment_digest(),
            sources.digest_files(source, filter(Path.is_file, files)),
            sources.digest_files(ROOT, tools),
        ]
    )


def _outputs(site):
    """The digest of the site's files by name, size and time."""
    found = sorted(path for path in site.rglob("*") if path.is_file())
    stats = [(path, path.stat()) for path in found]
    return sources.digest(f"{p} {s.st_size} {s.st_mtime_ns}" for p, s in stats)


def _positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, got {number}")
    return number
