"""What `make bench` says of pages, on two small ones."""

import numpy as np
import pytest
from PIL import Image

from tools import bench_pages
from tools.browser import served


@pytest.fixture
def small_site(tmp_path):
    """Two pages: one busy for a while after it has loaded, one that only has text."""
    (tmp_path / "book").mkdir()
    busy = """<script>setTimeout(() => {
      const end = performance.now() + 400; while (performance.now() < end);
    }, 300)</script>"""
    text = "<!doctype html><title>A page</title><script src='x.js'></script>{}"
    (tmp_path / "x.js").write_text("// " + "all the same " * 10_000)
    (tmp_path / "book" / "x.js").write_text("// " + "all the same " * 10_000)
    noise = np.random.default_rng(0).integers(0, 256, (100, 100, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "book" / "p.png")  # 30 kB
    (tmp_path / "book" / "01_busy.html").write_text(text.format(busy))
    picture = text.format("<img src='p.png' alt='noise'>")
    (tmp_path / "book" / "02_calm.html").write_text(picture)
    (tmp_path / "book" / "other.html").write_text("<!doctype html>")
    return tmp_path


def test_pages_weigh_what_is_sent_and_wait_for_long_tasks(browser, small_site):
    pages = ["book/01_busy.html", "book/02_calm.html"]
    with served(small_site, bench_pages.Compressing) as address:
        figures = next(bench_pages.visits(browser, address, pages))
    calm, busy = figures["02_calm"], figures["01_busy"]
    size = (small_site / "book" / "p.png").stat().st_size / 1000
    pictures = calm["first visit, kB"] - calm["first visit without pictures, kB"]
    assert size < pictures < size + 1  # headers are a part
    assert calm["first visit, kB"] < size + 6  # 130 kB of text are compressed
    assert calm["next page, kB"] < calm["first visit, kB"]  # x.js was there
    assert busy["first visit, kB"] == busy["first visit without pictures, kB"]
    assert busy["interactive, s"] > 0.7  # a task of 0.4 s that starts after 0.3
    assert calm["interactive, s"] > 0
