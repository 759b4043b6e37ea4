"""dlbook.data against scikit-learn, against its own records, and against bad luck."""

import contextlib
import hashlib
import io
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import skimage.data
import skimage.transform
from sklearn.datasets import load_iris, make_moons
from sklearn.neighbors import KNeighborsClassifier

from dlbook import data, zoo

DATASETS = Path(data.__file__).parents[1] / "datasets"
SAMPLE = "mnist_sample.npz"


def rows(x):
    return {row.tobytes() for row in np.ascontiguousarray(x)}


def test_iris_is_scikit_learns_split_evenly_by_class():
    (x_train, y_train), (x_test, y_test) = data.iris()
    flowers = load_iris()
    x = np.concatenate([x_train, x_test])
    y = np.concatenate([y_train, y_test])
    together = np.column_stack([x, y])
    expected = np.column_stack([flowers.data.astype("float32"), flowers.target])
    assert sorted(map(tuple, together)) == sorted(map(tuple, expected))
    assert x.dtype == "float32" and y.dtype == "int64"
    for label in range(3):  # every fifth flower of a species is for testing
        species = flowers.data[flowers.target == label].astype("float32")
        np.testing.assert_array_equal(x_test[y_test == label], species[4::5])
    assert np.bincount(y_train).tolist() == [40, 40, 40]
    assert np.bincount(y_test).tolist() == [10, 10, 10]
    assert data.IRIS_CLASSES == tuple(flowers.target_names)
    assert data.IRIS_FEATURES == tuple(
        name.removesuffix(" (cm)") for name in flowers.feature_names
    )


def test_iris_loads_fresh_arrays():
    data.iris()[0][0][:] = 0
    assert data.iris()[0][0].min() > 0


def test_mnist_sample_has_its_shapes_and_no_digit_in_both_parts():
    (x_train, y_train), (x_test, y_test) = data.mnist()
    assert x_train.shape == (4000, 28, 28) and x_test.shape == (1000, 28, 28)
    assert {a.dtype.name for a in (x_train, y_train, x_test, y_test)} == {"uint8"}
    assert np.bincount(y_train).tolist() == [400] * 10
    assert np.bincount(y_test).tolist() == [100] * 10
    assert (x_train.min(), x_train.max()) == (0, 255)
    assert len(rows(x_train) | rows(x_test)) == 5000


def test_mnist_sample_is_shuffled_so_that_any_fifth_holds_every_class():
    y = data.mnist()[0][1]
    for part in np.split(y, 5):
        assert np.bincount(part, minlength=10).min() >= 40


def test_mnist_labels_name_their_images():
    (x_train, y_train), (x_test, y_test) = data.mnist()
    neighbours = KNeighborsClassifier(3).fit(x_train.reshape(4000, -1), y_train)
    assert neighbours.score(x_test.reshape(1000, -1), y_test) > 0.9


def test_emoji_are_the_same_characters_in_two_drawings_and_in_one_part_only():
    names = {}
    for drawing in ("noto", "twemoji"):
        with np.load(DATASETS / f"emoji_{drawing}.npz", allow_pickle=False) as file:
            names[drawing] = file["characters_train"], file["characters_test"]
        (x_train, y_train), (x_test, y_test) = data.emoji(drawing)
        assert x_train.shape == (400, 64, 64, 3) and x_test.shape == (200, 64, 64, 3)
        assert {a.dtype.name for a in (x_train, y_train, x_test, y_test)} == {"uint8"}
        assert (y_train == np.arange(400) % 10).all()  # so any 10k in a row are fair
        assert (y_test == np.arange(200) % 10).all()
        assert len(rows(x_train) | rows(x_test)) == 600
        assert names[drawing][0].shape == (400,) and names[drawing][1].shape == (200,)
    for one, other in zip(names["noto"], names["twemoji"], strict=True):
        assert one.tolist() == other.tolist()
    assert len(set(names["noto"][0]) | set(names["noto"][1])) == 600
    assert len(data.EMOJI_CLASSES) == len(set(data.EMOJI_CLASSES)) == 10


def test_emoji_labels_and_drawings_name_their_images():
    small = {}
    for drawing in ("noto", "twemoji"):
        (x, y), _ = data.emoji(drawing)
        assert (np.median(x[:, 0, 0], axis=0) == 255).all()  # a white ground
        faces = x[y == 0].astype(int)
        middle = np.median(faces[:, 28:36, 28:36], axis=(0, 1, 2))
        assert middle[0] > 200 and middle[1] > 120 and middle[2] < 120  # yellow
        small[drawing] = (
            x.reshape(400, 8, 8, 8, 8, 3).mean(axis=(2, 4)).reshape(400, -1)
        )
    distance = np.linalg.norm(small["noto"][:, None] - small["twemoji"], axis=2)
    own = np.argsort(distance, axis=1)[:, 0] == np.arange(400)
    assert own.mean() > 0.2  # 123 of 400; a wrong order would find 1


def test_emoji_refuse_another_drawing():
    with pytest.raises(ValueError, match="drawing must be one of noto, twemoji, got"):
        data.emoji("apple")


def test_every_packaged_file_has_its_hash_in_the_code_and_in_the_sources():
    files = {
        p.name
        for p in DATASETS.iterdir()
        if p.suffix in (".npz", ".csv", ".png", ".txt")
    }
    assert files == set(data._files.PACKAGED)
    sources = (DATASETS / "SOURCES.md").read_text(encoding="utf-8")
    for name, sha256 in data._files.PACKAGED.items():
        assert hashlib.sha256((DATASETS / name).read_bytes()).hexdigest() == sha256
        section = sources.split(f"## {name}\n")[1].split("\n## ")[0]
        assert f"| SHA-256 | `{sha256}` |" in section
        assert "Licence" in section and "Changes" in section


@pytest.fixture
def other_datasets(tmp_path, monkeypatch):
    """A folder to put files in, which dlbook then takes for its own."""
    (tmp_path / "datasets").mkdir()
    monkeypatch.setattr(data._files.resources, "files", lambda package: tmp_path)
    return tmp_path / "datasets"


@pytest.mark.parametrize(
    "file, load",
    [
        (SAMPLE, data.mnist),
        ("photos.npz", lambda: data.photo("coffee")),
        ("efficientnet_lite0.npz", lambda: zoo.efficientnet_lite0(size=32)),
        ("imagenet_classes.txt", zoo.imagenet_classes),
        ("names.npz", data.names),
        ("pronunciations.npz", data.pronunciations),
        ("sunspots.csv", data.sunspots),
    ],
)
@pytest.mark.parametrize("damage", ["truncated", "altered", "empty"])
def test_a_damaged_file_is_refused(other_datasets, file, load, damage):
    content = bytearray((DATASETS / file).read_bytes())
    if damage == "altered":
        content[len(content) // 2] ^= 1
    else:
        del content[-1 if damage == "truncated" else 0 :]
    (other_datasets / file).write_bytes(content)
    with pytest.raises(ValueError, match=f"{file} is damaged: SHA-256 .* expected"):
        load()


def test_a_pickle_in_a_packaged_file_is_never_loaded(other_datasets, monkeypatch):
    buffer = io.BytesIO()
    np.savez(buffer, x_train=np.array([{}], dtype=object))
    (other_datasets / SAMPLE).write_bytes(buffer.getvalue())
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()
    monkeypatch.setitem(data._files.PACKAGED, SAMPLE, digest)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        data.mnist()


def test_photographs_are_those_of_scikit_image():
    photos = {name: data.photo(name) for name in data.PHOTOS}
    assert all(p.shape == (224, 224, 3) for p in photos.values())
    assert all(p.dtype == "uint8" for p in photos.values())
    for name in ("chelsea", "coffee"):  # the middle square, scaled in another way
        source = getattr(skimage.data, name)()
        left = (source.shape[1] - source.shape[0]) // 2
        square = source[:, left : left + source.shape[0]]
        scaled = skimage.transform.resize(square, (224, 224), anti_aliasing=True)
        difference = np.abs(scaled * 255 - photos[name])
        assert (
            np.median(difference) < 3
            and np.corrcoef(scaled.ravel(), photos[name].ravel())[0, 1] > 0.99
        )
    with pytest.raises(ValueError, match="name must be one of .*chelsea.*, got 'cat'"):
        data.photo("cat")


def test_names_stand_in_one_part():
    train, test = data.names()
    assert (train.shape, test.shape) == ((4663,), (500,))
    assert len({*train, *test}) == 5163
    assert {"mary", "james"} <= {*train, *test}
    letters = set("".join([*train, *test]))
    assert letters == set("abcdefghijklmnopqrstuvwxyz")


def test_pronunciations_are_of_their_words():
    (words, sounds), (test_words, test_sounds) = data.pronunciations()
    assert words.shape == sounds.shape == (30_000,)
    assert test_words.shape == test_sounds.shape == (2_000,)
    assert len({*words, *test_words}) == 32_000
    assert len(set(" ".join(sounds).split())) == 39
    for letter, sound in ("bB", "mM", "vV"):  # these are rarely silent
        has_letter = np.char.find(words, letter) >= 0
        has_sound = np.array([sound in line.split() for line in sounds])
        assert has_sound[has_letter].mean() > 0.9
        assert has_sound[~has_letter].mean() < 0.1


def test_pronunciations_of_a_stem_stand_in_one_part():
    (words, _), (test_words, _) = data.pronunciations()
    known = set(words)
    for ending in ("s", "ed", "ing", "ly"):
        assert not known & {f"{word}{ending}" for word in test_words}
        assert not known & {word.removesuffix(ending) for word in test_words}


def test_sunspots_have_their_cycle():
    years, numbers = data.sunspots()
    assert years.tolist() == list(range(1700, 2009)) and numbers.shape == (309,)
    power = np.abs(np.fft.rfft(numbers - numbers.mean()))
    assert 10 < 309 / np.argmax(power) < 12  # years, Wolf's eleven
    assert years[np.argmax(numbers)] == 1957


def test_bits_are_counted_and_every_count_is_as_likely():
    x, y = data.bit_counting(samples=12_000, length=5, seed=3)
    assert x.shape == (12_000, 5, 1) and set(np.unique(x)) == {0, 1}
    np.testing.assert_array_equal(y[:, 0], [sum(row) for row in x[:, :, 0].tolist()])
    counts = np.bincount(y[:, 0].astype(int), minlength=6)
    assert (np.abs(counts - 2000) < 5 * np.sqrt(2000)).all()
    shares = x[:, :, 0].mean(axis=0)  # no place is favoured
    assert (np.abs(shares - 0.5) < 5 * np.sqrt(0.25 / 12_000)).all()


def test_the_adding_problem_adds_what_is_marked():
    x, y = data.adding_problem(samples=5_000, length=11, seed=3)
    assert x.dtype == y.dtype == "float32"
    for row, total in zip(x[:100], y[:100], strict=True):
        first, second = [number for number, mark in row if mark == 1]
        assert total == pytest.approx(first + second)
    assert (x[:, :5, 1].sum(axis=1) == 1).all()
    assert (x[:, 5:, 1].sum(axis=1) == 1).all()
    assert (x[:, :, 1].sum(axis=0) > 0).all()  # each step is marked at times
    error = np.mean((y - 1) ** 2)  # of the constant answer
    assert error == pytest.approx(1 / 6, abs=0.01)


@pytest.mark.parametrize(
    "make, arguments, message",
    [
        (data.bit_counting, {"samples": 0}, "samples must be an integer >= 1, got 0"),
        (data.bit_counting, {"length": 2.5}, "length must be an integer >= 1, got 2.5"),
        (data.bit_counting, {"seed": -1}, "seed must be an integer >= 0, got -1"),
        (data.adding_problem, {"samples": "2"}, "samples must be .* >= 1, got '2'"),
        (data.adding_problem, {"length": 1}, "length must be an integer >= 2, got 1"),
    ],
)
def test_sequences_refuse_what_cannot_be(make, arguments, message):
    with pytest.raises(ValueError, match=message):
        make(**arguments)


@pytest.mark.parametrize(
    "name, function",
    [
        ("and", lambda a, b: a and b),
        ("or", lambda a, b: a or b),
        ("nand", lambda a, b: not (a and b)),
        ("nor", lambda a, b: not (a or b)),
        ("xor", lambda a, b: a != b),
    ],
)
def test_logic_gates_are_their_truth_tables(name, function):
    x, y = data.logic_gate(name)
    assert x.dtype == "float32" and y.dtype == "int64"
    assert x.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert y.tolist() == [int(function(bool(a), bool(b))) for a, b in x]


@pytest.mark.parametrize("name", ["AND", "", None, 3])
def test_an_unknown_gate_is_refused(name):
    with pytest.raises(ValueError, match="name must be one of and, or, nand, nor, xor"):
        data.logic_gate(name)


def test_documents_follow_their_rule():
    texts, labels = data.documents(samples=1000, seed=3)
    assert len(texts) == 1002 and labels.shape == (1002,) and labels.dtype == "int64"
    assert texts[:2] == data.documents()[0] == ["a b a c a b c a c", "a b a a c"]
    for text, label in zip(texts, labels, strict=True):
        words = text.split(" ")
        assert set(words) <= {"a", "b", "c"}
        sports = words.count("a") > words.count("b") + words.count("c")
        assert label == (0 if sports else 1)
    lengths = {len(text.split()) for text in texts[2:]}
    assert lengths == set(range(4, 13))
    assert 0.3 < labels.mean() < 0.7  # neither class is rare


def test_documents_depend_on_the_seed_alone():
    assert data.documents(50, seed=1)[0] == data.documents(50, seed=1)[0]
    assert data.documents(50, seed=1)[0] != data.documents(50, seed=2)[0]


@pytest.mark.parametrize("arguments", [{"samples": -1}, {"samples": 2.5}, {"seed": -1}])
def test_documents_refuse_what_is_no_natural_number(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=f"{name} must be an integer >= 0, got"):
        data.documents(**arguments)


@pytest.mark.parametrize("samples", [2, 5, 300])
def test_moons_are_scikit_learns(samples):
    x, y = data.moons(samples, noise=0.2, seed=3)
    x_expected, y_expected = make_moons(samples, noise=0.2, random_state=3)
    assert x.dtype == "float32" and y.dtype == "int64"
    assert x.shape == (samples, 2) and y.shape == (samples,)
    np.testing.assert_allclose(x, x_expected, rtol=1e-6, atol=1e-7)
    assert y.tolist() == y_expected.tolist()


def test_moons_without_noise_are_half_circles():
    x, y = data.moons(101, noise=0)
    upper, lower = x[y == 0], x[y == 1]
    np.testing.assert_allclose(np.hypot(*upper.T), 1, atol=1e-6)
    np.testing.assert_allclose(np.hypot(*(lower - (1, 0.5)).T), 1, atol=1e-6)
    assert upper[:, 1].min() > -1e-6 and lower[:, 1].max() < 0.5 + 1e-6
    assert abs(len(upper) - len(lower)) == 1


def test_spirals_without_noise_lie_on_their_arms():
    x, y = data.spirals(1001, noise=0, seed=1)
    assert x.dtype == "float32" and y.dtype == "int64"
    assert x.shape == (1001, 2) and np.bincount(y).tolist() == [501, 500]
    r = np.hypot(*x.T)
    assert 0.1 - 1e-6 <= r.min() < 0.2 and 0.99 < r.max() <= 1 + 1e-6
    turned = np.exp(-3j * np.pi * r) * (x[:, 0] + 1j * x[:, 1]) / r
    np.testing.assert_allclose(turned, np.where(y == 0, 1, -1), atol=1e-4)
    np.testing.assert_allclose(np.mean(r**2), (0.01 + 1) / 2, atol=0.03)


def test_noise_of_spirals_is_its_standard_deviation():
    clean, _ = data.spirals(5000, noise=0, seed=2)
    noisy, _ = data.spirals(5000, noise=0.25, seed=2)
    np.testing.assert_allclose((noisy - clean).std(axis=0), 0.25, rtol=0.05)
    assert np.abs((noisy - clean).mean(axis=0)).max() < 0.02


@pytest.mark.parametrize("make", [data.moons, data.spirals])
def test_point_sets_depend_on_the_seed_alone(make):
    same, other = make(50, 0.1, seed=1), make(50, 0.1, seed=2)
    again = make(50, 0.1, seed=1)
    assert np.array_equal(same[0], again[0]) and np.array_equal(same[1], again[1])
    assert not np.array_equal(same[0], other[0])
    np.random.seed(0)
    np.testing.assert_array_equal(make(50, 0.1, seed=1)[0], same[0])


@pytest.mark.parametrize("make", [data.moons, data.spirals])
@pytest.mark.parametrize(
    "name, value",
    [
        *[("samples", value) for value in (-1, 1, 2.5, "9", None)],
        *[("noise", value) for value in (-0.1, np.nan, np.inf, "0.1", None, True)],
        *[("seed", value) for value in (-1, 0.5, None)],
    ],
)
def test_point_sets_refuse_bad_arguments(make, name, value):
    with pytest.raises(ValueError, match=f"{name} must be an? .*got"):
        make(**{name: value})


# The full MNIST, from a server on this machine.


def small_mnist():
    random = np.random.default_rng(0)
    buffer = io.BytesIO()
    np.savez(
        buffer,
        x_train=random.integers(0, 256, (300, 28, 28), dtype=np.uint8),
        y_train=np.arange(300, dtype=np.uint8) % 10,
        x_test=random.integers(0, 256, (50, 28, 28), dtype=np.uint8),
        y_test=np.arange(50, dtype=np.uint8) % 10,
    )
    return buffer.getvalue()


@contextlib.contextmanager
def serving(content, behaviour="whole"):
    """Serves `content` at every address; yields the address and the requests made."""
    requests = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            requests.append(self.path)
            if behaviour == "missing":
                return self.send_error(404)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2])
            if behaviour == "stalls":
                self.wfile.flush()
                finish.wait(60)
            if behaviour != "breaks off":
                self.wfile.write(content[len(content) // 2 :])

        def log_message(self, *arguments):
            pass

    finish = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/mnist.npz", requests
    finally:
        finish.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("DLBOOK_DATA", str(folder))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # between pooch's tries
    return folder


def point_to(monkeypatch, url, content):
    entry = (url, hashlib.sha256(content).hexdigest())
    monkeypatch.setitem(data._files.REMOTE, "mnist.npz", entry)


def left_in(folder):
    return sorted(p.name for p in folder.iterdir()) if folder.exists() else []


def test_full_mnist_is_downloaded_once_with_a_bar(cache, monkeypatch, capsys):
    import tqdm

    content, totals = small_mnist(), []
    monkeypatch.setattr(
        "pooch.downloaders.tqdm",
        lambda *args, **options: (
            totals.append(options["total"]) or tqdm.tqdm(*args, **options)
        ),
    )
    with serving(content) as (url, requests):
        point_to(monkeypatch, url, content)
        (x_train, y_train), (x_test, y_test) = data.mnist(full=True)
        again = data.mnist(full=True)
    assert x_train.shape == (300, 28, 28) and x_test.shape == (50, 28, 28)
    assert y_train[:3].tolist() == [0, 1, 2] and len(y_test) == 50
    assert (again[0][0] == x_train).all()
    assert requests == ["/mnist.npz"] and totals == [len(content)]
    assert left_in(cache) == ["mnist.npz"]
    assert capsys.readouterr().out == ""


def test_a_damaged_file_in_the_cache_is_downloaded_again(cache, monkeypatch):
    content = small_mnist()
    cache.mkdir()
    (cache / "mnist.npz").write_bytes(content[:-1])
    with serving(content) as (url, requests):
        point_to(monkeypatch, url, content)
        assert len(data.mnist(full=True)[0][0]) == 300
    assert len(requests) == 1


def test_a_file_put_into_the_cache_by_hand_needs_no_network(cache, monkeypatch):
    content = small_mnist()
    point_to(monkeypatch, "http://127.0.0.1:9/mnist.npz", content)
    cache.mkdir()
    (cache / "mnist.npz").write_bytes(content)
    assert len(data.mnist(full=True)[0][0]) == 300


def test_another_file_than_expected_is_refused(cache, monkeypatch):
    content = small_mnist()
    with serving(content[:-1] + b"!") as (url, _):
        point_to(monkeypatch, url, content)
        with pytest.raises(ValueError, match="sent another file.*use full=False"):
            data.mnist(full=True)
    assert left_in(cache) == []


@pytest.mark.parametrize("behaviour", ["breaks off", "missing"])
def test_a_failing_server_leaves_nothing_behind(cache, monkeypatch, behaviour):
    content = small_mnist()
    with serving(content, behaviour) as (url, requests):
        point_to(monkeypatch, url, content)
        with pytest.raises(ConnectionError, match="cannot load http.*use full=False"):
            data.mnist(full=True)
    assert left_in(cache) == []
    assert len(requests) == 3  # tried again twice


def test_offline_says_what_to_do(cache, monkeypatch):
    content = small_mnist()
    with serving(content) as (url, _):
        point_to(monkeypatch, url, content)
    with pytest.raises(ConnectionError) as caught:  # the server is gone
        data.mnist(full=True)
    message = str(caught.value)
    assert url in message and "use full=False" in message
    assert str(cache / "mnist.npz") in message
    assert hashlib.sha256(content).hexdigest() in message
    assert left_in(cache) == []


def test_a_cache_that_cannot_be_written_is_named(cache, monkeypatch):
    cache.write_text("a file where the folder should be")
    content = small_mnist()
    with serving(content) as (url, _):
        point_to(monkeypatch, url, content)
        with pytest.raises(OSError, match="cannot keep mnist.npz in .*DLBOOK_DATA"):
            data.mnist(full=True)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_download_killed_half_way_is_no_download(cache, monkeypatch):
    content = small_mnist()
    code = (
        "from dlbook import data;"
        "data._files.REMOTE['mnist.npz'] = ({!r}, {!r});"
        "data.mnist(full=True)"
    )
    digest = hashlib.sha256(content).hexdigest()
    with serving(content, "stalls") as (url, requests):
        reader = subprocess.Popen(
            [sys.executable, "-c", code.format(url, digest)], stderr=subprocess.DEVNULL
        )
        try:
            tick = threading.Event()
            for _ in range(300):  # until half of it has come
                if requests and left_in(cache) or reader.poll() is not None:
                    break
                tick.wait(0.1)
            assert requests and reader.poll() is None
        finally:
            reader.send_signal(signal.SIGKILL)
            reader.wait()
    assert "mnist.npz" not in left_in(cache)
    with serving(content) as (url, _):
        point_to(monkeypatch, url, content)
        assert len(data.mnist(full=True)[0][0]) == 300


def test_the_address_and_hash_are_those_of_keras():
    keras = pytest.importorskip("keras")
    import inspect

    source = inspect.getsource(keras.datasets.mnist.load_data)
    url, sha256 = data._files.REMOTE["mnist.npz"]
    folder, name = url.rsplit("/", 1)
    assert sha256 in source and f"{folder}/" in source and name in source
