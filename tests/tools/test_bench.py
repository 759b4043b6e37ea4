"""The benchmarks: record, page, command line, and each part on something small."""

import json
from argparse import Namespace
from itertools import islice

import numpy as np
import pytest

from tools import bench, bench_build, bench_pages, bench_train, execute, sources
from tools.bench_page import AIMS, TEXTS, page
from tools.environment import ROOT

FIGURES = {"a figure": {"seconds": 1.0}}


@pytest.fixture
def parts(monkeypatch):
    """Parts that cost nothing: in run n each gives n seconds."""

    def part(options):
        options.notes.append("A note.")
        for n in range(1, 100):
            yield {"a figure": {"seconds": float(n), "ratio": 1 / n}}

    monkeypatch.setattr(bench.shutil, "which", str)  # Lighthouse is here
    monkeypatch.setattr(bench, "PARTS", dict.fromkeys(bench.PARTS, part))


def record(folder):
    return json.loads((folder / bench.RECORD).read_text())


# --- record and page ---


def test_the_page_is_what_the_record_gives():
    assert (ROOT / bench.PAGE).read_text(encoding="utf-8") == page(record(ROOT))


def test_every_part_has_its_text():
    assert list(TEXTS) == list(bench.PARTS)


def test_every_aim_is_of_something_recorded():
    found = record(ROOT)
    for part, figure, column, _, _ in AIMS:
        rows = found[part]["figures"]
        assert all(column in row for key, row in rows.items() if figure in ("", key))
        assert figure in ("", *rows)


def test_the_page_says_what_falls_short():
    part = {**record(ROOT)["train"], "figures": {}}
    short = "not reached: d2l.Trainer.fit has 3.9"
    for ratio, told in ((4.0, "reached."), (3.9, short)):
        row = {"of dlbook's, with compiling": ratio}
        part["figures"] = {"d2l.Trainer.fit": row, "dlbook.train.fit": {}}
        assert f"at least 4; {told}" in page({"train": part}).replace("*", "")
    part["figures"] = {"d2l.Trainer.fit": {}}
    assert "at least 4; not measured." in page({"train": part})


def test_medians_and_their_runs_are_recorded(parts, tmp_path):
    bench.main(["--runs", "3", "build=4", "--out", str(tmp_path)])
    found = record(tmp_path)
    assert list(found) == list(bench.PARTS)
    assert found["build"]["runs"] == 4 and found["train"]["runs"] == 3
    assert found["train"]["figures"] == {"a figure": {"seconds": 2.0, "ratio": 0.5}}
    assert found["build"]["figures"]["a figure"]["seconds"] == 2.5
    assert {"date", "machine", "versions", "notes"} < set(found["build"])
    text = (tmp_path / bench.PAGE).read_text()
    assert "| a figure | 2.0 | 0.5 |" in text and "A note." in text


def test_only_some_parts_keep_the_others(parts, tmp_path):
    bench.main(["--runs", "3", "--out", str(tmp_path)])
    before = record(tmp_path)
    bench.main(["--only", "train", "--runs", "1", "--out", str(tmp_path)])
    after = record(tmp_path)
    assert after.pop("train")["runs"] == 1 and before.pop("train")["runs"] == 3
    assert after == before
    assert [path.name for path in tmp_path.rglob("*.*")].count("results.json") == 1
    assert not list(tmp_path.rglob("*.new"))


def test_runs_are_added_to_those_on_record(parts, tmp_path, monkeypatch):
    add = ["--only", "train", "--runs", "2", "--more", "--out", str(tmp_path)]
    bench.main(add)
    bench.main(add)
    train = record(tmp_path)["train"]
    seconds = [run["a figure"]["seconds"] for run in train["measured"]]
    assert (seconds, train["runs"]) == ([1.0, 2.0, 1.0, 2.0], 4)
    assert train["figures"]["a figure"]["seconds"] == 1.5

    before = (tmp_path / bench.RECORD).read_bytes()
    parts = {**bench.PARTS, "train": other_figures}
    for name, value in (("PARTS", parts), ("version", lambda name: "0")):
        with monkeypatch.context() as changed:
            changed.setattr(bench, name, value)
            with pytest.raises(SystemExit, match="--more: train is on record"):
                bench.main(add)
        assert (tmp_path / bench.RECORD).read_bytes() == before


def other_figures(options):
    while True:
        yield {"another figure": {"seconds": 1.0}}


def test_a_part_that_fails_leaves_the_record(parts, tmp_path, monkeypatch):
    bench.main(["--runs", "1", "--out", str(tmp_path)])
    before = (tmp_path / bench.RECORD).read_bytes()

    def fails(options):
        raise SystemExit("no site")
        yield

    monkeypatch.setitem(bench.PARTS, "build", fails)
    with pytest.raises(SystemExit, match="no site"):
        bench.main(["--out", str(tmp_path)])
    assert (tmp_path / bench.RECORD).read_bytes() == before


def test_only_without_a_part_writes_the_page_alone(parts, tmp_path):
    bench.main(["--runs", "1", "--out", str(tmp_path)])
    before = (tmp_path / bench.RECORD).read_bytes()
    (tmp_path / bench.PAGE).unlink()
    bench.main(["--only", "--out", str(tmp_path)])
    assert (tmp_path / bench.PAGE).read_text() == page(record(tmp_path))
    assert (tmp_path / bench.RECORD).read_bytes() == before


@pytest.mark.parametrize(
    "options, message",
    [
        (["--only", "bild"], "'bild'"),
        (["--runs", "bild=2"], "no part 'bild': there are build, growth"),
        (["--runs", "0"], "from 1 on, got '0'"),
        (["--runs", "build=two"], "from 1 on, got 'two'"),
        (["--sizes", "-1"], "-1"),
        (["--epochs", "0"], "from 1 on, got '0'"),
        (["--source", "/no/such/folder"], "/no/such/folder holds no _toc.yml"),
    ],
)
def test_bad_options_are_refused_by_name(options, message, capsys):
    with pytest.raises(SystemExit) as caught:
        bench.main(options)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


# --- the parts ---


@pytest.mark.slow
def test_build_on_the_two_page_book(book):
    book.chapter("01_second", "import dlbook")
    options = Namespace(source=book.source)
    (figures,) = islice(bench_build.build(options), 1)
    executed = {name: row["chapters executed"] for name, row in figures.items()}
    few, every = bench_build.helpers(book.source)
    assert executed == {
        "serial jupyter-book, 2 chapters": 2,
        "make book, empty cache": 2,
        "make book, nothing changed": 0,
        "make book, one prose edit": 0,
        "make book, one cell edit": 1,
        f"make book, edit of {few.relative_to(book.source).as_posix()}": 2,
        f"make book, edit of {every.relative_to(book.source).as_posix()}": 2,
    }
    assert figures["make book, nothing changed"]["of serial"] < 0.5
    assert not book.build_folder.exists()  # a copy was built


def test_helpers_of_the_book_are_reached_by_two_chapters_and_by_all():
    few, every = bench_build.helpers(ROOT)
    reached = [
        sources.needed_files(ROOT, execute.read(path))
        for path in sources.chapters(ROOT)
    ]
    assert sum(few in files for files in reached) == 2
    assert all(every in files for files in reached)


@pytest.mark.slow
def test_growth_of_tiny_books():
    (figures,) = islice(bench_build.growth(Namespace(sizes=[3, 2])), 1)
    assert list(figures)[:2] == ["2 chapters, empty cache", "2 chapters, one cell edit"]
    three = figures["3 chapters, empty cache"]
    added = three["seconds"] - figures["2 chapters, empty cache"]["seconds"]
    assert three["each added, seconds"] == pytest.approx(added)
    assert three["a chapter"] == pytest.approx(three["seconds"] / 3)
    assert all(50 < figure["MiB"] < 5000 for figure in figures.values())


def test_synthetic_chapters_share_no_outputs(tmp_path):
    source = bench_build.synthetic(tmp_path / "book", 3)
    codes = {path.read_text() for path in sources.chapters(source)}
    assert len(codes) == 3
    assert (source / "_toc.yml").read_text().count("- file:") == 3


def test_imports_are_ordered():
    (figures,) = islice(bench_train.imports(Namespace()), 1)
    rows = list(figures.values())
    assert rows[0]["beyond Python's start"] == 0
    assert rows[2]["of import keras"] == 1


def test_train_without_d2l_says_so(monkeypatch):
    monkeypatch.setattr(bench_train, "pip", offline)
    monkeypatch.setattr(bench_train, "TURNS", 1)
    options = Namespace(epochs=1, notes=[])
    (figures,) = islice(bench_train.train(options), 1)
    assert options.notes == ["d2l could not be installed (no network?): not measured."]
    assert set(figures) == {
        "model.fit",
        "dlbook.train.fit",
        "dlbook.train.fit, with compiling",
        "dlbook.train.fit, compiled",
    }


def offline(python, *arguments):
    raise bench_train.subprocess.CalledProcessError(1, arguments)


def test_d2l_takes_the_same_steps(monkeypatch):
    """Whole-batch steps, whose order is no matter, give the same weights."""
    from dlbook.train import fit

    monkeypatch.setattr(bench_train, "BATCH", 4000)
    notes = []
    with bench_train._d2l(notes) as d2l:
        if d2l is None:
            pytest.skip(notes[0])
        digits, test = bench_train._digits()
        ours, start = bench_train._compiled(), bench_train._compiled().get_weights()
        ours.set_weights(start)
        theirs = bench_train._compiled(start)
        bench_train._d2l_loop(d2l, theirs, digits, test, 2)()
        fit(ours, *digits, epochs=2, batch_size=4000)
    start, ours, theirs = (
        np.concatenate([array.ravel() for array in arrays])
        for arrays in (start, ours.get_weights(), theirs.get_weights())
    )
    moved = np.linalg.norm(ours - start)
    assert moved > 0.01
    assert np.linalg.norm(theirs - ours) < 0.02 * moved
    assert "del model.loss" in notes[0]


def test_pages_without_a_site(tmp_path):
    options = Namespace(site=tmp_path, pages=("",), notes=[])
    with pytest.raises(SystemExit, match="run `make book` first"):
        next(bench_pages.pages(options))
