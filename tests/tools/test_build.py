"""What the build promises, on a two-page book: `python -m tools book`."""

import argparse
import contextlib
import errno
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import Book, edit_cell

from tools import book as book_command
from tools import execute, render, serve
from tools.environment import ROOT


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Book:
    """A book of two chapters, built once."""
    book = Book(tmp_path_factory.mktemp("built") / "a book")
    book.chapter("01_second", "print(f'{6 * 7} is in the output')")
    done = book.built()
    assert sorted(book.executed(done)) == ["00_example", "01_second"]
    return book


@pytest.fixture
def edited(built, tmp_path) -> Book:
    """The built book; its sources are put back after the test."""
    kept = tmp_path / "kept"
    ignored = shutil.ignore_patterns("_build")
    shutil.copytree(built.source, kept, ignore=ignored)
    yield built
    shutil.rmtree(built.source / "book")
    shutil.copytree(kept, built.source, dirs_exist_ok=True)


# --- the site and what changes it ---


def test_the_site_holds_every_page_and_every_output(built):
    text = built.text("00_example")
    assert "The best constant guess" in text
    assert "guess 2: mean squared error 5.6667" in text
    assert "smallest on the grid at 3.00; the mean is 3.00" in text
    assert "Exercise 0.1: not answered yet." in text
    assert "Exercise 0.1: correct." in text
    assert "42 is in the output" in built.text("01_second")
    assert "a small chapter" in built.text("index")
    page = (built.site / "book" / "00_example.html").read_text()
    (image,) = re.findall(r'<img[^>]*alt="A parabola[^>]*>', page)
    picture = built.site / "book" / re.search(r'src="([^"]+)"', image)[1]
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert (built.site / "index.html").exists()


def test_nothing_is_written_into_the_sources(built):
    names = {path.name for path in built.source.iterdir()}
    assert names == {"_build", "_config.yml", "_toc.yml", "book", "dlbook"}
    assert {path.suffix for path in (built.source / "book").iterdir()} == {
        ".ipynb",
        ".md",
    }
    fixture = ROOT / "tests" / "fixture_book" / "book" / "00_example.ipynb"
    assert built.example.read_bytes() == fixture.read_bytes()


def test_a_build_without_changes_does_nothing(built):
    def times():
        found = (p for p in built.build_folder.rglob("*") if p.is_file())
        return {p: p.stat().st_mtime_ns for p in found}

    built.built()
    before = times()
    done = built.built()
    assert done.stdout.startswith("Nothing has changed.")
    assert times() == before


def test_a_site_that_was_tampered_with_is_made_again(built):
    page = built.site / "book" / "01_second.html"
    page.unlink()
    done = built.built()
    assert built.executed(done) == []
    assert page.exists()


def test_prose_and_captions_execute_nothing_and_are_shown(edited):
    edit_cell(
        edited.example, "summary", lambda cell: cell.update(source="## A new end")
    )
    edit_cell(
        edited.example,
        "figure",
        lambda cell: cell["metadata"]["mystnb"]["figure"].update(caption="New words."),
    )
    done = edited.built()
    assert edited.executed(done) == []
    text = edited.text("00_example")
    assert "A new end" in text
    assert "New words." in text
    assert "smallest on the grid at 3.00" in text


def test_code_executes_its_chapter_alone(edited):
    edited.chapter("01_second", "print(f'{6 * 8} is in the output')")
    done = edited.built()
    assert edited.executed(done) == ["01_second"]
    assert "48 is in the output" in edited.text("01_second")
    assert "42 is in the output" not in edited.text("01_second")


def test_a_page_that_left_the_book_leaves_the_site(edited):
    contents = edited.source / "_toc.yml"
    contents.write_text(contents.read_text().replace("- file: book/01_second\n", ""))
    (edited.source / "book" / "01_second.ipynb").unlink()
    done = edited.built()
    assert edited.executed(done) == []
    assert not (edited.site / "book" / "01_second.html").exists()
    assert "01_second" not in (edited.site / "book" / "index.html").read_text()


def test_a_full_disk_ends_the_execution(book, monkeypatch):
    started = []

    def fails(chapter, home):
        started.append(chapter.name)
        time.sleep(0.1)
        raise OSError(errno.ENOSPC, "No space left on device")

    for number in range(1, 9):
        book.chapter(f"{number:02d}_more", f"print({number})")
    monkeypatch.setattr(execute, "run", fails)
    with pytest.raises(OSError, match="No space left"):
        build_chapters(book)
    assert len(started) < 4


# --- what re-executes a chapter; `executions` runs no kernel ---


def build_chapters(book: Book) -> None:
    build = book.build_folder
    build.mkdir(exist_ok=True)
    execute.execute(book.source, build, jobs=1)


@pytest.fixture
def importing(book, executions) -> Book:
    """An executed book; a chapter reaches dlbook/helper.py through scratch/idea.py."""
    (book.source / "dlbook" / "helper.py").write_text("VALUE = 1\n")
    idea = book.source / "dlbook" / "scratch" / "idea.py"
    idea.write_text("from dlbook.helper import VALUE\n")
    book.chapter("01_direct", "from dlbook.scratch import idea")
    book.chapter("02_none", "print(1)")
    build_chapters(book)
    assert executions == ["00_example", "01_direct", "02_none"]
    executions.clear()
    build_chapters(book)
    assert executions == []
    return book


@pytest.mark.parametrize(
    "file, chapters",
    [
        ("dlbook/scratch/idea.py", ["01_direct"]),
        ("dlbook/helper.py", ["01_direct"]),
        ("dlbook/_setup.py", ["00_example", "01_direct"]),
        ("dlbook/plot.py", ["00_example", "01_direct"]),  # _setup imports it
        ("dlbook/exercises/chapter_00.py", ["00_example"]),
        ("dlbook/exercises/chapter_01.py", []),
        ("dlbook/scratch/perceptron.py", []),
        ("dlbook/live/perceptron.js", []),
        ("dlbook/datasets/mnist_sample.npz", []),
    ],
)
def test_an_edit_of_dlbook_executes_who_imports_it(
    importing, executions, file, chapters
):
    path = importing.source / file
    path.write_bytes(path.read_bytes() + b"\n# edited\n")
    build_chapters(importing)
    assert executions == chapters


def test_a_new_environment_executes_everything(importing, executions, monkeypatch):
    monkeypatch.setattr(execute.sources, "environment_digest", lambda: "another")
    build_chapters(importing)
    assert len(executions) == 3


def test_a_tag_executes_and_a_slide_type_does_not(importing, executions):
    path = importing.source / "book" / "02_none.ipynb"
    slide = {"slideshow": {"slide_type": "skip"}}
    edit_cell(path, "cell-1", lambda cell: cell["metadata"].update(slide))
    build_chapters(importing)
    assert executions == []
    tags = {"tags": ["raises-exception"]}
    edit_cell(path, "cell-1", lambda cell: cell["metadata"].update(tags))
    build_chapters(importing)
    assert executions == ["02_none"]


def test_going_back_to_an_earlier_text_finds_its_outputs(importing, executions):
    importing.chapter("02_none", "print(2)")
    build_chapters(importing)
    importing.chapter("02_none", "print(1)")
    build_chapters(importing)
    assert executions == ["02_none"]


# --- failures: exit code 1, every time, with file and place; the last site stays ---


def fails(book: Book, *expected: str, times: int = 2) -> str:
    """Builds; each time it must fail, say what is expected, and keep the site."""
    site = book.files() if book.site.exists() else None
    for _ in range(times):
        done = book.build()
        assert done.returncode == 1, done.stdout
        for text in expected:
            assert text in done.stdout
        if site is not None:
            assert book.files() == site
            assert "The site of the last good build is still in place." in done.stdout
        else:
            assert not book.site.exists()
            assert "last good build" not in done.stdout
    return done.stdout


def test_cells_that_raise_and_kernels_that_die_are_all_named(edited):
    edited.chapter("01_second", "print('before')", "{}['no such key']")
    edited.chapter("02_dies", "import os\nprint(1)", "os._exit(3)")
    edited.chapter("03_good", "print(1)")
    out = fails(
        edited,
        "book/01_second.ipynb, cell 3 (id cell-2) raised",
        "KeyError: 'no such key'",
        "book/02_dies.ipynb, cell 3 (id cell-2) ended its kernel",
    )
    assert "03_good" not in out  # the second time it was in the cache


def test_a_cell_over_the_time_limit(book, monkeypatch, tmp_path):
    monkeypatch.setattr(execute, "CELL_TIMEOUT", 1)
    path = book.chapter("01_slow", "print(1)", "import time\ntime.sleep(60)")
    started = time.monotonic()
    with pytest.raises(execute.ChapterError) as caught:
        execute.run(execute.Chapter(path, execute.read(path)), tmp_path)
    assert time.monotonic() - started < 30
    said = str(caught.value)
    assert "book/01_slow.ipynb, cell 3 (id cell-2) took more than 1 s" in said


def number(path: Path, cell_id: str) -> int:
    cells = execute.read(path).cells
    return [cell.id for cell in cells].index(cell_id) + 1


def test_a_missing_alt_text(edited):
    edit_cell(
        edited.example, "figure", lambda cell: cell["metadata"]["mystnb"].pop("image")
    )
    edit_cell(edited.example, "summary", lambda c: c.update(source="![](x.svg)"))
    index = edited.source / "book" / "index.md"
    index.write_text(index.read_text() + "\n![ ](x.svg)\n")
    line = len(index.read_text().splitlines())
    fails(
        edited,
        "no alt text",
        f"book/00_example.ipynb, cell {number(edited.example, 'figure')} (id figure)",
        f"book/00_example.ipynb, cell {number(edited.example, 'summary')} (id summary)",
        f"book/index.md, line {line}",
    )


def test_a_broken_link_in_a_page_and_in_a_chapter(edited):
    index = edited.source / "book" / "index.md"
    index.write_text(index.read_text() + "\n[nowhere](no_such_page.md)\n")
    line = len(index.read_text().splitlines())
    text = "## Summary\n\nSee [the figure](#fig-that-is-not-there)."
    edit_cell(edited.example, "summary", lambda cell: cell.update(source=text))
    out = fails(
        edited,
        f"book/index.md:{line}: WARNING",
        "no_such_page",
        "fig-that-is-not-there",
    )
    cell = number(edited.example, "summary")
    assert f"book/00_example.ipynb, cell {cell}, line 3: WARNING" in out
    assert "_build" not in out.split("The book was not built.")[1].split("The site")[0]


def test_a_page_of_the_contents_that_does_not_exist(edited):
    contents = edited.source / "_toc.yml"
    contents.write_text(contents.read_text() + "- file: book/no_such_page\n")
    fails(edited, "no_such_page", times=1)


@pytest.mark.parametrize(
    "name, text",
    [
        ("book/00_example.ipynb", '{"cells": [{"cell_type": "co'),
        ("book/00_example.ipynb", ""),
        ("book/00_example.ipynb", '{"cells": 7}'),
        ("_config.yml", "title: [unclosed"),
    ],
)
def test_an_unreadable_file_is_named(edited, name, text):
    (edited.source / name).write_text(text)
    fails(edited, str(edited.source / name))


def test_an_unreadable_module_fails_in_the_chapter_that_imports_it(book):
    (book.source / "dlbook" / "helper.py").write_text("def (:\n")
    book.chapter("01_broken", "print(1)", "from dlbook import helper")
    book.example.unlink()
    contents = book.source / "_toc.yml"
    contents.write_text(contents.read_text().replace("- file: book/00_example\n", ""))
    fails(book, "01_broken.ipynb, cell 3 (id cell-2) raised", "helper.py", times=1)


# --- the cache ---


def test_outputs_come_back_from_the_cache_as_they_were(importing, executions):
    chapter = execute.execute(importing.source, importing.build_folder, jobs=1)[0]
    code = [cell for cell in chapter.notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert {cell.outputs[0].text for cell in code} == {"run 1"}


def flip(path: Path, offset: int) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= 0xFF
    path.write_bytes(content)


def corrupt_notebook(cache):
    for path in cache.rglob("base.ipynb"):
        flip(path, path.stat().st_size // 2)


def truncate_notebook(cache):
    for path in cache.rglob("base.ipynb"):
        os.truncate(path, 100)


def delete_notebook(cache):
    for path in cache.rglob("base.ipynb"):
        path.unlink()


def corrupt_pages(cache):
    for offset in range(4096, (cache / "global.db").stat().st_size, 4096):
        flip(cache / "global.db", offset)


def corrupt_index(cache):
    with contextlib.closing(sqlite3.connect(cache / "global.db")) as database:
        (page,) = database.execute(
            "SELECT rootpage FROM sqlite_master WHERE tbl_name = 'nbcache' "
            "AND type = 'index'"
        ).fetchone()
    flip(cache / "global.db", page * 4096 - 8)  # in the last of the page's keys


def corrupt_header(cache):
    flip(cache / "global.db", 3)


def truncate_database(cache):
    os.truncate(cache / "global.db", 5000)


def empty_database(cache):
    os.truncate(cache / "global.db", 0)


@pytest.mark.parametrize(
    "damage, warning",
    [
        (corrupt_notebook, "the cache's copy of book/02_none.ipynb is damaged"),
        (truncate_notebook, "the cache's copy of book/02_none.ipynb is damaged"),
        (delete_notebook, "the cache's copy of book/02_none.ipynb is damaged"),
        (corrupt_pages, "/cache is damaged"),
        (corrupt_index, "/cache is damaged"),
        (corrupt_header, "/cache is damaged"),
        (truncate_database, "/cache is damaged"),
        (empty_database, "/cache is damaged"),
    ],
)
def test_a_damaged_cache_is_reported_and_made_again(
    importing, executions, damage, warning, capsys
):
    damage(importing.build_folder / "cache")
    capsys.readouterr()
    build_chapters(importing)
    assert executions == ["00_example", "01_direct", "02_none"]
    assert warning in capsys.readouterr().out
    build_chapters(importing)
    assert len(executions) == 3
    assert capsys.readouterr().out == ""


# --- one build at a time; a site replaced whole ---


def test_a_second_build_in_the_same_folder_is_told(edited):
    edited.chapter("01_second", "print('second build')")
    before = edited.files()
    with book_command.only_build(edited.build_folder):
        done = edited.build()
    assert done.returncode == 1
    assert "Another build is running" in done.stdout
    assert edited.files() == before


def test_a_lock_that_cannot_be_made_leaves_the_message_to_the_build(tmp_path):
    (tmp_path / "lock").mkdir()
    with book_command.only_build(tmp_path):
        pass


def test_a_killed_build_holds_no_lock(tmp_path):
    code = (
        "import sys, time\nfrom pathlib import Path\n"
        "from tools.book import only_build\n"
        "with only_build(Path(sys.argv[1])):\n"
        "    print('locked', flush=True); time.sleep(60)"
    )
    call = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(call, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(book_command.BuildRunning):
            with book_command.only_build(tmp_path):
                pass
        other.send_signal(signal.SIGKILL)
    with book_command.only_build(tmp_path):
        pass


def test_the_renderer_ends_with_the_build_that_started_it():
    program = render.JUPYTER_BOOK
    for its, ours in [
        ("from jupyter_book.cli.main import main", "from time import sleep"),
        ("main()", "print('runs', flush=True); sleep(60)"),
    ]:
        assert its in program
        program = program.replace(its, ours)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", program], **pipes) as process:
        assert process.stdout.readline() == "runs\n"
        assert process.poll() is None
        process.stdin.close()  # as the system does when the build is killed
        assert process.wait(timeout=10) == 1


def make_site(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "index.html").write_text(text)
    return folder


@pytest.mark.parametrize("fail_at", ["copytree", "first rename", "second rename"])
def test_a_replacement_that_is_cut_off_leaves_a_whole_site(
    tmp_path, monkeypatch, fail_at
):
    class Killed(BaseException):
        pass

    new, site = make_site(tmp_path / "work", "new"), make_site(tmp_path / "html", "old")
    renames, rename, copytree = [], Path.rename, shutil.copytree

    def broken_rename(self, target):
        renames.append(target)
        if len(renames) == ["first rename", "second rename"].index(fail_at) + 1:
            raise Killed
        return rename(self, target)

    def broken_copytree(source, target):
        make_site(Path(target), "half")
        raise Killed

    if fail_at == "copytree":
        monkeypatch.setattr(render.shutil, "copytree", broken_copytree)
    else:
        monkeypatch.setattr(Path, "rename", broken_rename)
    with pytest.raises(Killed):
        render.replace(new, site)
    monkeypatch.setattr(render.shutil, "copytree", copytree)
    monkeypatch.setattr(Path, "rename", rename)
    render.recover(site)
    assert (site / "index.html").read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"work", "html"}
    render.replace(new, site)
    assert (site / "index.html").read_text() == "new"
    assert {path.name for path in tmp_path.iterdir()} == {"work", "html"}


def test_staging_writes_only_what_differs_and_removes_what_left(book, tmp_path):
    staged = tmp_path / "staged"
    path = book.example
    chapters = [execute.Chapter(path, execute.read(path))]
    render.stage(book.source, chapters, staged)
    before = {p: p.stat().st_mtime_ns for p in staged.rglob("*.*")}
    (staged / "book" / "old.md").write_text("# Old")
    (book.source / "book" / "index.md").write_text("# New\n")
    render.stage(book.source, chapters, staged)
    after = {p: p.stat().st_mtime_ns for p in staged.rglob("*.*")}
    assert set(after) == set(before)
    changed = [path.name for path in after if after[path] != before[path]]
    assert changed == ["index.md"]


# --- command lines ---


@pytest.mark.parametrize(
    "options, message",
    [
        (["--jobs", "0"], "expected at least 1, got 0"),
        (["--jobs", "-2"], "expected at least 1, got -2"),
        (["--jobs", "two"], "invalid _positive value: 'two'"),
        (["--source", "/no/such/folder"], "/no/such/folder holds no _toc.yml"),
        (["--no-such-option"], "--no-such-option"),
    ],
)
def test_bad_options_of_book(options, message, capsys):
    with pytest.raises(SystemExit) as caught:
        book_command.main(options)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_options_of_book_are_kept():
    assert book_command._positive("3") == 3
    with pytest.raises(argparse.ArgumentTypeError):
        book_command._positive("0")


@pytest.mark.parametrize("port", ["65536", "-1"])
def test_serve_on_a_port_that_cannot_be(port, tmp_path, monkeypatch, capsys):
    make_site(tmp_path / "html", "")
    monkeypatch.setattr(serve, "SITE", tmp_path / "html")
    assert serve.main(["--port", port]) == 1
    assert f"--port {port} cannot be used" in capsys.readouterr().out


def test_serve_on_a_port_that_is_taken(tmp_path, monkeypatch, capsys):
    import socket

    make_site(tmp_path / "html", "")
    monkeypatch.setattr(serve, "SITE", tmp_path / "html")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert serve.main(["--port", port]) == 1
    assert f"--port {port} cannot be used" in capsys.readouterr().out


def test_serve_is_for_this_machine_alone(tmp_path, monkeypatch, capsys):
    make_site(tmp_path / "html", "")
    monkeypatch.setattr(serve, "SITE", tmp_path / "html")
    bound = []

    def interrupted(server):
        bound.append(server.server_address)
        raise KeyboardInterrupt

    monkeypatch.setattr(serve.ThreadingHTTPServer, "serve_forever", interrupted)
    assert serve.main(["--port", "0"]) == 0
    ((host, port),) = bound
    assert (
        host == "127.0.0.1" and f"http://127.0.0.1:{port}/" in capsys.readouterr().out
    )


def test_serve_without_a_site(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(serve, "SITE", tmp_path / "html")
    assert serve.main([]) == 1
    assert "run `make book` first" in capsys.readouterr().out


def test_serve_with_a_port_that_is_no_number(capsys):
    with pytest.raises(SystemExit) as caught:
        serve.main(["--port", "http"])
    assert caught.value.code == 2
