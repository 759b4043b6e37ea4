"""What `make bench` says of the live figures, on a page with one of them."""

import math
from argparse import Namespace
from contextlib import closing
from shutil import which

import pytest

from dlbook import live
from tools import bench_live
from tools.browser import NAMES


def site_of(folder, *figures):
    """A site of one page with these figures."""
    (folder / "book").mkdir()
    body = "".join(figure._repr_html_() for figure in figures)
    page = f"<!doctype html><html lang='en'><title>Live</title><body>{body}</body>"
    (folder / "book" / "01_page.html").write_text(page, encoding="utf-8")
    return folder


def test_a_figure_stands_where_it_is_first_met(tmp_path):
    site = site_of(tmp_path, live.backpropagation(), live.descent(), live.hinges())
    page = "book/01_page.html"
    (site / "book" / "02_more.html").write_text(live.descent()._repr_html_())
    assert bench_live.figures(site) == {"descent": page, "hinges": page}
    later = bench_live.figures(site, ("02",))
    assert later == {"descent": "book/02_more.html"}


@pytest.mark.skipif(not any(map(which, NAMES)), reason="no Chromium")
def test_frames_and_shift_are_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(bench_live, "SECONDS", 0.3)
    site = site_of(tmp_path, live.double_descent())
    options = Namespace(site=site, pages=("",), notes=[])
    with closing(bench_live.live(options)) as runs:
        found = next(runs)
    assert list(found) == ["double descent"]
    numbers = found["double descent"]
    assert list(numbers) == ["frames a second", "longest gap, ms", "layout shift"]
    assert all(math.isfinite(number) and number >= 0 for number in numbers.values())
    assert 0 < numbers["frames a second"] < 300
    assert numbers["longest gap, ms"] >= 1000 / numbers["frames a second"] - 0.1
    assert "Chromium" in options.notes[0]


def test_a_shift_is_counted(tmp_path, monkeypatch):
    """A figure that grows while it is dragged pushes what follows it down."""
    if not any(map(which, NAMES)):
        pytest.skip("no Chromium")
    monkeypatch.setattr(bench_live, "SECONDS", 0.3)
    site = site_of(tmp_path, live.double_descent())
    page = site / "book" / "01_page.html"
    grow = """<p>below</p><script>
    document.querySelector("input").addEventListener("input", (event) => {
      document.querySelector("dl").style.paddingTop = `${event.target.value}px`;
    });</script>"""
    page.write_text(page.read_text("utf-8") + grow, encoding="utf-8")
    options = Namespace(site=site, pages=("",), notes=[])
    with closing(bench_live.live(options)) as runs:
        assert next(runs)["double descent"]["layout shift"] > 0


def test_without_a_site_it_says_what_to_do(tmp_path):
    options = Namespace(site=tmp_path, pages=("",), notes=[])
    with pytest.raises(SystemExit, match="run `make book` first"):
        next(bench_live.live(options))
