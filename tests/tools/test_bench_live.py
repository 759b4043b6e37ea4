"""Where `make bench` finds the live figures that it drags."""

from argparse import Namespace

import pytest

from dlbook import live
from tools import bench_live


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


def test_without_a_site_it_says_what_to_do(tmp_path):
    options = Namespace(site=tmp_path, pages=("",), notes=[])
    with pytest.raises(SystemExit, match="run `make book` first"):
        next(bench_live.live(options))
