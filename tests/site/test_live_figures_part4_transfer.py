"""The figure that is taught by examples, in a browser, held against NumPy."""

import base64
import io

import numpy as np
import pytest
from live_page import call, contrast, document, uniform
from PIL import Image

from dlbook import data, live

DRAWS, OWN = 50, 10_000  # draws behind the mean; the first one's seed


def pick(labels, chosen, counts, seed):
    """Random examples: the first of each class's images, shuffled."""
    numbers, taken = iter(uniform(seed, sum(counts))), []
    for c, count in zip(chosen, counts, strict=True):
        own = np.flatnonzero(labels == c)
        for j in range(count):
            other = j + int(next(numbers) * (len(own) - j))
            own[[j, other]] = own[[other, j]]
        taken += own[:count].tolist()
    return sorted(taken)


def nearest_mean(rows, labels, chosen, taught):
    """Numbers of the images to sort, their predictions and the share that is right."""
    others = [i for c in chosen for i in np.flatnonzero(labels == c) if i not in taught]
    known = [c for c in chosen if (labels[taught] == c).any()]
    own = [np.array([i for i in taught if labels[i] == c]) for c in known]
    means = np.stack([rows[part].mean(axis=0) for part in own])
    distances = ((rows[others][:, None] - means) ** 2).sum(axis=2)
    predictions = np.array(known)[distances.argmin(axis=1)]
    return others, predictions, np.mean(predictions == labels[others])


def hold(state, figure):
    """Compares a state with NumPy's, given what is labelled."""
    labels = np.array(figure.config["labels"])
    chosen, taught = state["chosen"], state["labelled"]
    counts = [int((labels[taught] == c).sum()) for c in chosen]
    for name, rows in live.transfer_features(figure.config).items():
        others, predictions, share = nearest_mean(rows, labels, chosen, taught)
        assert state["others"] == others
        assert state["predictions"][name] == predictions.tolist()
        assert state["accuracy"][name] == pytest.approx(share, rel=1e-12)
        shares = [
            nearest_mean(rows, labels, chosen, pick(labels, chosen, counts, seed))[2]
            for seed in range(OWN, OWN + DRAWS)
        ]
        assert state["mean"][name] == pytest.approx(np.mean(shares), rel=1e-12)


@pytest.fixture(scope="module")
def emoji():
    _, (images, labels) = data.emoji()
    return images, labels.astype(int)


@pytest.fixture(scope="module")
def features(emoji):
    """Pixels, and two sets that know the class poorly and well."""
    images, labels = emoji
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(10, 40))
    noise = rng.normal(size=(2, len(labels), 40))
    return {
        "pixels": images[:, ::4, ::4],
        "poor": 100 + 0.4 * directions[labels] + noise[0],
        "good": directions[labels] + noise[1],
    }


@pytest.fixture(scope="module")
def figure(emoji, features):
    return live.transfer(*emoji, features, data.EMOJI_CLASSES)


def opened(show, figure, **options):
    page = show(document(figure), **options)
    page.wait_for_function("window.dlbookLive.transfer.state().ready")
    return page


def test_it_sorts_as_numpy_does(show, figure):
    page = opened(show, figure)
    labels = np.array(figure.config["labels"])
    first = call(page, "transfer", "state")
    assert (first["chosen"], first["examples"], first["seed"]) == ([0, 1, 2], 3, 0)
    assert first["depth"] == "good"
    for chosen, examples, seed in (
        ([0, 1, 2], 3, 0),
        ([9, 4], 1, 7),
        ([3, 8, 5], 10, 123),
    ):
        values = {"chosen": chosen, "examples": examples, "seed": seed}
        call(page, "transfer", "set", values)
        state = call(page, "transfer", "state")
        expected = pick(labels, chosen, [examples] * len(chosen), seed)
        assert state["labelled"] == expected
        hold(state, figure)
    # Unequal examples, and a class without any: its images are all misread.
    own = (
        np.flatnonzero(labels == 3)[:2].tolist() + np.flatnonzero(labels == 5).tolist()
    )
    call(page, "transfer", "set", {"labelled": sorted(own)})
    state = call(page, "transfer", "state")
    assert 8 not in state["predictions"]["good"]
    hold(state, figure)


def test_better_features_read_better(show, figure):
    page = opened(show, figure)
    for chosen in ([0, 1, 2], [3, 4, 5], [6, 7, 8]):
        call(page, "transfer", "set", {"chosen": chosen, "examples": 5})
        mean = call(page, "transfer", "state")["mean"]
        assert mean["good"] > 0.9
        assert mean["good"] > mean["poor"] + 0.1 > 1 / 3 + 0.2


def test_the_page_holds_what_was_given(figure, emoji, features):
    found = live.transfer_features(figure.config)
    assert list(found) == list(features)
    for name, rows in found.items():
        flat = features[name].reshape(200, -1).astype(float)
        assert rows.shape == (200, 32)
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=0.03)
        # PCA keeps the largest part of what the features' inner products say.
        u, s, _ = np.linalg.svd(flat - flat.mean(axis=0), full_matrices=False)
        best = u[:, :32] * s[:32]
        best /= np.linalg.norm(best, axis=1, keepdims=True)
        np.testing.assert_allclose(rows @ rows.T, best @ best.T, atol=0.05)
        shares = [
            nearest_mean(
                kept, emoji[1], [0, 1, 2], pick(emoji[1], [0, 1, 2], [3] * 3, seed)
            )[2]
            for kept in (rows, best)
            for seed in range(20)
        ]
        assert np.mean(shares[:20]) == pytest.approx(np.mean(shares[20:]), abs=0.02)
    sprite = base64.b64decode(figure.config["sprite"].split(",")[1])
    with Image.open(io.BytesIO(sprite)) as sheet:
        pixels = np.asarray(sheet.convert("RGB")).astype(float)
    tiles = pixels.reshape(10, 32, 20, 32, 3).swapaxes(1, 2).reshape(200, 32, 32, 3)
    small = emoji[0].reshape(200, 32, 2, 32, 2, 3).mean(axis=(2, 4))
    assert np.abs(tiles - small).mean() < 8
    assert all(np.abs(t - s).mean() < 20 for t, s in zip(tiles, small, strict=True))
    assert len(figure._repr_html_()) < 300_000


def test_a_click_teaches_and_takes_back(show, figure):
    page = opened(show, figure)
    page.get_by_role("button", name="Clear").click()
    state = call(page, "transfer", "state")
    assert state["labelled"] == [] and set(state["accuracy"].values()) == {None}
    assert set(state["predictions"].values()) == {None}
    assert page.locator(".live-status").inner_text() == "Nothing is read."
    groups = [page.get_by_role("group", name=data.EMOJI_CLASSES[c]) for c in range(3)]
    tile = [group.get_by_role("button") for group in groups]
    labels = np.array(figure.config["labels"])
    members = [np.flatnonzero(labels == c).tolist() for c in range(3)]
    tile[0].nth(4).click()
    tile[1].nth(0).press("Enter")
    tile[2].nth(19).press("Space")
    state = call(page, "transfer", "state")
    taught = sorted([members[0][4], members[1][0], members[2][19]])
    assert state["labelled"] == taught
    hold(state, figure)
    assert tile[0].nth(4).get_attribute("aria-pressed") == "true"
    assert tile[0].nth(4).get_attribute("aria-label") == "face 5: example"
    tile[0].nth(4).click()
    state = call(page, "transfer", "state")
    assert state["labelled"] == [i for i in taught if i != members[0][4]]
    hold(state, figure)
    # Each image's sign and frame are those of the chosen features' prediction.
    for depth in ("pixels", "good"):
        page.get_by_role("combobox", name="Features").select_option(label=depth)
        state = call(page, "transfer", "state")
        read = dict(zip(state["others"], state["predictions"][depth], strict=True))
        for c in range(3):
            for k, i in enumerate(members[c]):
                node = tile[c].nth(k)
                signs = node.locator("svg:visible")
                label = node.get_attribute("aria-label").split(": ")[1]
                wrong = "live-misread" in node.get_attribute("class")
                if i in state["labelled"]:
                    assert (label, signs.count(), wrong) == ("example", 0, False)
                    continue
                name = data.EMOJI_CLASSES[read[i]]
                assert wrong == (read[i] != c)
                assert label == ("mis" if wrong else "") + f"read as {name}"
                assert signs.count() == 1
                mark = signs.locator("path").get_attribute("class")
                assert f"live-racer-{read[i]} " in mark
        share = state["accuracy"][depth]
        said = page.locator(".live-status").inner_text()
        right = round(share * len(read))
        assert said == (
            f"With “{depth}” {right} of {len(read)} are read right ({share:.2f})."
        )


def test_arrow_keys_lead_from_image_to_image(show, figure):
    page = opened(show, figure)
    page.keyboard.press("Tab")
    for key, name in (
        ("ArrowLeft", "face 1"),
        ("ArrowRight", "face 2"),
        ("ArrowDown", None),
        ("ArrowUp", "face 2"),
        ("Tab", "mammal 1"),
        ("Shift+Tab", "face 2"),
    ):
        page.keyboard.press(key)
        focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
        if name is None:  # how many stand in a row is the page's to say
            assert int(focused.split(":")[0].split()[1]) > 3
        else:
            assert focused.split(":")[0] == name
    before = call(page, "transfer", "state")["labelled"]
    page.keyboard.press("Enter")
    assert set(call(page, "transfer", "state")["labelled"]) ^ set(before)
    assert page.locator(".live-tile[tabindex='0']").count() == 3


def test_images_are_those_of_their_class(show, figure, emoji):
    page = opened(show, figure)
    call(page, "transfer", "set", {"chosen": [5, 0]})
    painted = page.evaluate("""() => [...document.querySelectorAll(".live-tile canvas")]
        .map((node) => {
          const copy = new OffscreenCanvas(32, 32);
          const pen = copy.getContext("2d", { willReadFrequently: true });
          pen.drawImage(node, 0, 0);
          return [...pen.getImageData(0, 0, 32, 32).data];
        })""")
    found = np.reshape(painted, (-1, 32, 32, 4))[..., :3].astype(float)
    images, labels = emoji
    wanted = np.concatenate([images[labels == c] for c in (5, 0)])
    small = wanted.reshape(-1, 32, 2, 32, 2, 3).mean(axis=(2, 4))
    distance = np.abs(found[:, None] - small).mean(axis=(2, 3, 4))
    assert distance.argmin(axis=1).tolist() == list(range(len(wanted)))


def test_controls_answer_to_keyboard_mouse_and_touch(show, figure):
    page = opened(show, figure, width=390, has_touch=True)
    labels = np.array(figure.config["labels"])
    slider = page.get_by_role("slider", name="Examples a class")
    slider.focus()
    page.keyboard.press("End")
    state = call(page, "transfer", "state")
    assert (state["examples"], len(state["labelled"])) == (10, 30)
    assert slider.get_attribute("aria-valuetext") == "10 of each class"
    page.get_by_role("button", name="Draw others").tap()
    state = call(page, "transfer", "state")
    assert state["labelled"] == pick(labels, [0, 1, 2], [10] * 3, 1)
    first, second, third = (
        page.get_by_role("combobox", name=f"{name} class")
        for name in ("First", "Second", "Third")
    )
    second.select_option("dish")
    assert call(page, "transfer", "state")["chosen"] == [0, 4, 2]
    first.select_option("dish")  # they change places
    state = call(page, "transfer", "state")
    assert state["chosen"] == [4, 0, 2]
    assert second.input_value() == "0"
    third.select_option("none")
    state = call(page, "transfer", "state")
    assert state["chosen"] == [4, 0] and set(labels[state["others"]]) == {0, 4}
    third.select_option("plant")
    state = call(page, "transfer", "state")
    assert state["chosen"] == [4, 0, 3]
    hold(state, figure)
    tile = page.locator(".live-tile").nth(5)
    before = tile.get_attribute("aria-pressed")
    tile.tap()
    assert tile.get_attribute("aria-pressed") != before
    page.locator(".live-picture .live-hit").first.tap()
    assert call(page, "transfer", "state")["depth"] == "pixels"
    for control in page.locator(".live-figure :is(button, select, input)").all():
        box = control.bounding_box()
        assert box["height"] >= 44 and box["width"] >= 40
    page.get_by_role("button", name="Reset").tap()
    state = call(page, "transfer", "state")
    assert (state["chosen"], state["seed"], state["examples"]) == ([0, 1, 2], 0, 3)
    assert state["depth"] == "good"


def test_bars_draw_the_shares(show, figure):
    page = opened(show, figure)
    state = call(page, "transfer", "state")
    bars = page.locator(".live-picture rect:not(.live-hit)")
    widths = [float(bar.get_attribute("width")) for bar in bars.all()]
    np.testing.assert_allclose(widths, 228 * np.array([*state["accuracy"].values()]))
    strokes = page.locator(".live-picture .live-line")
    places = [float(node.get_attribute("d")[1:].split()[0]) for node in strokes.all()]
    means = np.array([*state["mean"].values()])
    np.testing.assert_allclose(places, 118 + 228 * means, atol=1e-6)


def test_two_classes_of_few_images_are_enough(show):
    images = np.random.default_rng(1).integers(0, 256, (4, 8, 8, 3), "uint8")
    labels = np.array([1, 0, 1, 0])
    sets = {"one": np.array([[-1.0], [2], [-2], [1]]), "none": np.ones((4, 3))}
    figure = live.transfer(images, labels, sets, ["plus", "minus"], examples=1)
    page = opened(show, figure)
    assert page.get_by_role("combobox").count() == 3
    state = call(page, "transfer", "state")
    hold(state, figure)
    assert state["accuracy"] == {"one": 1, "none": 0.5}


@pytest.mark.parametrize("width", [1280, 700, 390, 320])
def test_nothing_moves_while_it_learns(show, figure, width):
    page = opened(show, figure, width=width)
    heights = page.evaluate("""() => {
        const { root, set, step } = window.dlbookLive.transfer;
        const seen = new Set();
        const look = () => seen.add(root.getBoundingClientRect().height);
        for (const depth of ["pixels", "poor", "good"]) {
          set({ depth });
          for (const examples of [1, 10]) { set({ examples }); look(); }
          step(3);
          look();
          set({ labelled: [] });
          look();
        }
        return [...seen];
    }""")
    assert len(heights) == 1, heights
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_signs_and_frames_stand_out(show, figure, theme):
    page = show(document(figure, theme=theme))
    colours = page.evaluate("""() => {
        const read = (name, key) => [...document.querySelectorAll(name)].map((node) =>
          getComputedStyle(node)[key].match(/[\\d.]+/g).slice(0, 3).map(Number));
        const tile = (name) => `.live-tile${name}`;
        return {
          signs: read(".live-tile .live-mark path", "fill"),
          frames: [...read(tile(".live-misread"), "borderTopColor"),
            ...read(tile("[aria-pressed=true]"), "borderTopColor")],
          tiles: [...read(".live-tile", "backgroundColor")],
          bars: read(".live-picture rect:not(.live-hit)", "fill"),
          back: read(".live-figure", "backgroundColor"),
        };
    }""")
    for key in ("signs", "frames"):
        for colour in np.unique(colours[key], axis=0):
            for tile in np.unique(colours["tiles"], axis=0):
                assert contrast(colour, tile) >= 3
    for colour in colours["bars"]:
        assert contrast(colour, colours["back"][0]) >= 3
    dashes = "node => getComputedStyle(node).borderTopStyle"
    assert page.locator(".live-misread").first.evaluate(dashes) == "dashed"
