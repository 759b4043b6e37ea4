"""Execute the chapters in parallel, through jupyter-cache.

A chapter's key in the cache covers its code, the files of `dlbook` that it can reach
and the environment, so that whatever could change an output re-executes it, and prose
does not. Each chapter is stored as soon as it is done: an interrupted build resumes.
"""

import hashlib
import os
import re
import shutil
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import nbformat
import sqlalchemy.exc
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from nbclient import NotebookClient
from nbclient.exceptions import (
    CellExecutionError,
    CellTimeoutError,
    DeadKernelError,
)
from tqdm import tqdm
from traitlets.config import Config

from tools import sources
from tools.environment import ONE_THREAD, kernel_sockets

CELL_TIMEOUT = 300  # seconds; a chapter's cells take at most 20
# jupyter-cache makes a RuntimeError of SQLAlchemy's OperationalError.
DATABASE_ERRORS = (sqlite3.Error, sqlalchemy.exc.DBAPIError, RuntimeError)


class ChapterError(Exception):
    """A chapter that did not execute: the message names notebook and cell."""


@dataclass
class Chapter:
    """One notebook on its way through the build."""

    path: Path
    notebook: nbformat.NotebookNode
    seconds: float = 0.0

    @property
    def name(self) -> str:
        return f"{self.path.parent.name}/{self.path.name}"


def limit_threads(jobs: int) -> None:
    """Gives each of several kernels that run side by side one thread."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ["TQDM_DISABLE"] = "1"
    if jobs > 1:
        os.environ.update(ONE_THREAD)


def read(path: Path) -> nbformat.NotebookNode:
    """Reads a notebook; an error names it."""
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:
        raise ChapterError(f"{path}: not a readable notebook: {error}") from error


def run(chapter: Chapter, folder: Path) -> None:
    """Executes a chapter in place, in a fresh kernel with `folder` as its home.

    Raises:
        ChapterError: If a cell raises or takes too long, or the kernel dies.
    """
    started, at = time.monotonic(), {"cell": 0}
    client = NotebookClient(
        chapter.notebook,
        timeout=CELL_TIMEOUT,
        startup_timeout=300,
        kernel_name="python3",
        record_timing=False,
        config=Config({"KernelManager": kernel_sockets()}),
        resources={"metadata": {"path": str(folder)}},
        extra_arguments=["--log-level=ERROR"],
        on_cell_start=lambda cell, cell_index: at.update(cell=cell_index),
    )
    try:
        client.execute()
    except Exception as error:
        what = {
            CellExecutionError: "raised",
            CellTimeoutError: f"took more than {CELL_TIMEOUT} s",
            DeadKernelError: "ended its kernel",
        }.get(type(error), "could not be run")
        if isinstance(error, OSError) and not isinstance(error, CellTimeoutError):
            raise  # the machine's fault, not the chapter's: a full disk
        cell = chapter.notebook.cells[at["cell"]]
        raise ChapterError(
            f"{chapter.name}, cell {at['cell'] + 1} "
            f"(id {cell.get('id', 'none')}) {what}:\n"
            + re.sub(r"\x1b\[[0-9;]*m", "", str(error))
        ) from error
    chapter.seconds = time.monotonic() - started


def execute(source: Path, build: Path, jobs: int) -> list[Chapter]:
    """Executes what is not in the cache and returns every chapter with its outputs.

    Raises:
        ChapterError: If chapters failed, with every failure in the message. The
            others are in the cache by then.
    """
    limit_threads(jobs)
    home = build / "home"  # an empty folder, as a reader's is
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    cache = _open_cache(build / "cache")
    found = [Chapter(path, read(path)) for path in sources.chapters(source)]
    keys = {c.name: _keyed(c.notebook, source) for c in found}
    waiting = [c for c in found if not _restore(cache, c, keys[c.name])]
    failures = []
    bar = tqdm(total=len(found), initial=len(found) - len(waiting), unit="chapter")
    bar.set_description("execute")
    with bar, ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(run, chapter, home): chapter for chapter in waiting}
        try:
            for future in as_completed(futures):
                chapter = futures[future]
                try:
                    future.result()
                    _store(cache, chapter, keys[chapter.name])
                except ChapterError as error:
                    failures.append(str(error))
                    bar.write(f"  {chapter.name:40} failed")
                else:
                    bar.write(f"  {chapter.name:40} {chapter.seconds:6.1f} s")
                bar.update()
        except KeyboardInterrupt:  # kernels notice, and the next build resumes
            bar.write("interrupted")
            os._exit(130)
        except BaseException:  # the machine's fault: the others would meet it too
            pool.shutdown(cancel_futures=True)
            raise
    if failures:
        raise ChapterError("\n\n".join(failures))
    return found


def _keyed(notebook, source):
    """A copy whose kernelspec, part of jupyter-cache's key, names the dependencies.

    Of the cells' metadata it keeps the tags, which steer nbclient: captions are prose.
    """
    keyed = nbformat.from_dict(notebook)
    for cell in keyed.cells:
        tags = {k: v for k, v in cell.metadata.items() if k == "tags"}
        cell.metadata = nbformat.from_dict(tags)
    needed = sources.needed_files(source, notebook)
    keyed.metadata["kernelspec"] = {
        "display_name": "Python 3",
        "name": "python3",
        "environment": sources.environment_digest(),
        "dlbook": sources.digest_files(source, needed),
    }
    return keyed


def _open_cache(folder):
    try:
        return _whole_cache(folder)
    except (*DATABASE_ERRORS, ValueError) as error:
        print(
            f"the cache {folder} is damaged ({_first_cause(error)}); making a new one"
        )
        shutil.rmtree(folder)
    try:
        return _whole_cache(folder)
    except DATABASE_ERRORS as error:
        raise ChapterError(f"No cache in {folder}: {_first_cause(error)}") from error


def _whole_cache(folder):
    cache = get_cache(folder)
    cache.list_cache_records()
    with closing(sqlite3.connect(folder / "global.db")) as database:
        (verdict,) = database.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)
    return cache


def _first_cause(error):
    while error.__cause__:
        error = error.__cause__
    return str(error).splitlines()[0]


def _copy_outputs(executed, notebook):
    """Fills a notebook with the outputs of the same code cells, executed."""
    done = (cell for cell in executed.cells if cell.cell_type == "code")
    cells = (cell for cell in notebook.cells if cell.cell_type == "code")
    for source, cell in zip(done, cells, strict=True):
        cell.outputs, cell.execution_count = source.outputs, source.execution_count


def _restore(cache, chapter, keyed):
    """Fills a chapter's outputs from the cache; False if they are not there whole."""
    try:
        record = cache.match_cache_notebook(keyed)
    except KeyError:
        return False
    path = cache._get_notebook_path_cache(record.hashkey)
    stored = path.read_bytes() if path.exists() else b""
    if hashlib.sha256(stored).hexdigest() != record.data.get("sha256"):
        print(f"the cache's copy of {chapter.name} is damaged; executing it again")
        return False
    _copy_outputs(nbformat.reads(stored.decode(), as_version=4), chapter.notebook)
    chapter.seconds = record.data["seconds"]
    return True


def _store(cache, chapter, keyed):
    _copy_outputs(chapter.notebook, keyed)
    hashed, key = cache.create_hashed_notebook(keyed)
    text = nbformat.writes(hashed, nbformat.NO_CONVERT)
    data = {
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "seconds": chapter.seconds,
    }
    bundle = CacheBundleIn(keyed, chapter.name, data=data)
    folder = cache._get_notebook_path_cache(key).parent
    shutil.rmtree(folder, ignore_errors=True)  # what a killed build left of it
    try:
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
    except DATABASE_ERRORS as error:
        raise ChapterError(
            f"{chapter.name}: its outputs cannot be stored in {cache.path}: "
            f"{_first_cause(error)}"
        ) from error
