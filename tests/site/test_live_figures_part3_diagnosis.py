"""The live figure of a training run with a fault, held against NumPy."""

import base64

import numpy as np
import pytest
from live_page import call, config_on_page, diagnosis, document, normal, press, uniform

from dlbook import live
from dlbook.scratch.autodiff import Tensor, crossentropy
from dlbook.scratch.optimizer import adam

CHAPTER = "09_training_recipe"
NAMES = dict(
    zip(
        live.FAULTS,
        (
            "none",
            "pixels from 0 to 255",
            "shuffled labels",
            "ReLU on the logits",
            "softmax twice",
            "dead hidden layer",
        ),
        strict=True,
    )
)


class Network:
    """pixels - 16 ReLU - 10, differentiated by Chapter 5's `Tensor`."""

    def __init__(self, pixels, fault, seed):
        drawn = normal(uniform(seed, 2 * 16 * (pixels + 10)))
        hidden, last = np.split(drawn, [16 * pixels])
        self.fault = fault
        self.weights = [
            hidden.reshape(pixels, 16) * np.sqrt(2 / pixels),
            np.full(16, -10.0 if fault == "dead" else 0.0),
            last.reshape(16, 10) * np.sqrt(2 / (pixels + 16)),
            np.zeros(10),
        ]

    def logits(self, x, weights):
        def relu(a):
            return a.apply(lambda v: np.maximum(v, 0), lambda v: (v > 0) * 1.0)

        w, b, v, c = weights
        z = relu(x @ w + b) @ v + c
        if self.fault == "relu":
            return relu(z)
        if self.fault == "softmax":
            shares = (z - z.value.max(axis=1, keepdims=True)).exp()
            return shares / shares.sum(axis=1)
        return z

    def judge(self, x, y):
        z = self.logits(x, [Tensor(w) for w in self.weights])
        loss = float(crossentropy(np.eye(10)[y], z).value)
        return loss, np.mean(z.value.argmax(axis=1) == y)

    def train(self, x, y, batches, rate, note=lambda step: None):
        states = [{} for _ in self.weights]
        for step, batch in enumerate(batches, 1):
            tensors = [Tensor(w) for w in self.weights]
            z = self.logits(x[batch], tensors)
            crossentropy(np.eye(10)[y[batch]], z).backward()
            for k, tensor in enumerate(tensors):
                self.weights[k], states[k] = adam(
                    self.weights[k], tensor.grad, states[k], rate
                )
            note(step)


def permutation(n, numbers):
    """Fisher and Yates, from an iterator of uniform numbers."""
    order = list(range(n))
    for i in range(n - 1, 0, -1):
        j = int(next(numbers) * (i + 1))
        order[i], order[j] = order[j], order[i]
    return order


def run(config, fault, rate, count, seed):
    """What the figure's `state` must hold."""
    labels = np.frombuffer(base64.b64decode(config["labels"]), "uint8")
    bytes_ = np.frombuffer(base64.b64decode(config["images"]), "uint8")
    images = bytes_.reshape(len(labels), -1) / (1 if fault == "pixels" else 255)
    half = len(labels) // 2
    numbers = iter(uniform(seed + 10_000, 100_000))
    x, y = images[:count], labels[:count]
    if fault == "labels":
        y = y[permutation(count, numbers)]
    batches, order = [], []
    for _ in range(200):
        if len(order) < 10:
            order = permutation(count, numbers)
        batches.append(order[:10])
        order = order[10:]
    network, curves = Network(images.shape[1], fault, seed), []

    def note(step):
        if step % 20 == 0:
            parts = (x, y), (images[half:], labels[half:])
            curves.append([network.judge(*part) for part in parts])

    note(0)
    network.train(x, y, batches, rate, note)
    three = [y.tolist().index(label) for label in list(dict.fromkeys(y.tolist()))[:3]]
    alone = Network(images.shape[1], fault, seed)
    alone.train(x, y, [three] * 100, rate)
    scale = 255 if fault == "pixels" else 1
    means = [x[y == k].mean(axis=0) / scale if k in y else 0 * x[0] for k in range(10)]
    losses = np.array(curves)[:, :, 0]
    return {
        "train": losses[:, 0],
        "validation": losses[:, 1],
        "accuracy": curves[-1][1][1],
        "three": alone.judge(x[three], y[three])[0],
        "means": np.array(means),
    }


@pytest.mark.parametrize("fault", live.FAULTS)
def test_the_run_equals_numpy(show, site, fault):
    config = config_on_page(site / "book", CHAPTER, "diagnosis")
    figure = live.LiveFigure("diagnosis", "Live figure", config)
    page = show(document(figure))
    for rate, count, seed in ((0.01, 200, 0), (0.001, 50, 9999), (0.03, 20, 7)):
        changes = {"fault": fault, "learning_rate": rate, "training": count}
        call(page, "diagnosis", "set", {**changes, "seed": seed})
        state = call(page, "diagnosis", "state")
        assert state["fault"] == fault and state["steps"] == list(range(0, 201, 20))
        for name, expected in run(config, fault, rate, count, seed).items():
            np.testing.assert_allclose(
                state[name], expected, rtol=1e-5, atol=1e-7, err_msg=name
            )


def test_each_check_finds_what_the_chapter_says(show, site):
    config = config_on_page(site / "book", CHAPTER, "diagnosis")
    page = show(document(live.LiveFigure("diagnosis", "Live figure", config)))

    def states(fault, **changes):
        found = []
        for seed in range(30):
            call(page, "diagnosis", "set", {"fault": fault, "seed": seed, **changes})
            found.append(call(page, "diagnosis", "state"))
        first, last, validation, three = (
            np.array([pick(state) for state in found])
            for pick in (
                lambda s: s["train"][0],
                lambda s: s["train"][-1],
                lambda s: s["validation"],
                lambda s: s["three"],
            )
        )
        spread = np.mean([np.std(s["means"], axis=0).mean() for s in found])
        return first, last, validation, three, spread

    first, last, validation, three, spread = states("none")
    assert np.abs(first - np.log(10)).max() < 0.2 and three.max() < 0.1
    assert 0.4 < np.median(last) < 0.5 and np.median(validation[:, -1]) < 0.9
    first, _, _, three, _ = states("pixels")
    assert first.min() > 25 and np.median(three) < 0.1
    _, _, validation, three, blurred = states("labels")
    assert spread > 2 * blurred and three.max() < 0.1
    assert np.median(validation[:, -1]) > np.median(validation[:, 0])
    _, last, _, three, _ = states("relu")
    assert 0.5 < np.mean(three > 0.1) < 0.9 and np.mean(last > 1) > 0.7
    _, last, _, three, _ = states("softmax")
    assert (three > np.log(np.e + 9) - 1).all() and three.max() < 1.5
    _, last, _, three, _ = states("dead")
    assert np.abs(last - np.log(10)).max() < 0.1
    assert np.abs(three - 1.45).max() < 0.02 and three.min() > np.log(3)
    # The curves B, F and A of the chapter's gallery.
    _, last, validation, _, _ = states("none", learning_rate=1e-4)
    assert last.min() > 2 and validation[:, -1].min() > 2
    _, last, validation, _, _ = states("none", learning_rate=0.3)
    assert np.median(last) > 1.2 and np.median(validation[:, -1]) > 1.5
    _, last, validation, _, _ = states("none", learning_rate=0.01, training=20)
    assert last.max() < 0.1 and np.median(validation[:, -1]) > 2.5


def test_a_secret_fault_is_named_by_the_menu(show):
    page = show(document(diagnosis(learning_rate=0.03, training=20)))
    menu = page.get_by_role("combobox", name="Fault")
    drawn = set()
    for secret in range(40):
        call(page, "diagnosis", "set", {"secret": secret, "learning_rate": 1})
        state = call(page, "diagnosis", "state")
        assert state["secret"] and menu.input_value() == "secret"
        drawn.add(state["fault"])
    assert drawn == set(live.FAULTS)
    assert "Which fault" in page.locator(".live-note").inner_text()
    # It begins where the figure began, and sliders are experiments that keep it.
    page.get_by_role("button", name="Secret fault").click()
    state = call(page, "diagnosis", "state")
    assert (state["learning_rate"], state["training"]) == (0.03, 20)
    press(page, "slider", "Learning rate", "ArrowRight")
    press(page, "slider", "Training images", "End")
    state = call(page, "diagnosis", "state")
    assert (state["learning_rate"], state["training"]) == (0.1, 30)
    wrong = [name for name in live.FAULTS if name != state["fault"]]
    status = page.locator(".live-status")
    guess = page.get_by_role("button", name="Guess")
    guess.click()
    assert status.inner_text() == "Choose a fault in the menu."
    for name in wrong[:2]:
        press(page, "combobox", "Fault", *["ArrowDown"] * 3)  # a walk is no guess
        menu.select_option(name)
        guess.click()
        assert status.inner_text() == f"No, not this: {NAMES[name]}."
        assert menu.input_value() == name
    menu.select_option(state["fault"])
    guess.click()
    assert status.inner_text() == f"Yes, at guess 3: {NAMES[state['fault']]}."
    assert not call(page, "diagnosis", "state")["secret"]
    guess.click()
    assert status.inner_text() == "There is no secret: press Secret fault."
    # Now the menu sets faults again, and has no secret to choose.
    menu.select_option("dead")
    assert call(page, "diagnosis", "state")["fault"] == "dead"
    assert page.locator("option[value=secret]").get_attribute("hidden") is not None
    page.get_by_role("button", name="Reset").click()
    state = call(page, "diagnosis", "state")
    assert (state["fault"], state["seed"], state["training"]) == ("none", 0, 20)


def test_it_starts_as_asked_and_draws_its_numbers(show):
    page = show(document(diagnosis(fault="relu", training=30, seed=9999)))
    state = call(page, "diagnosis", "state")
    assert (state["fault"], state["training"], state["seed"]) == ("relu", 30, 9999)
    page.get_by_role("button", name="New weights").click()
    assert call(page, "diagnosis", "state")["seed"] == 0
    call(page, "diagnosis", "set", {"fault": "none", "learning_rate": 1e-5})
    state = call(page, "diagnosis", "state")
    curve = page.locator(".live-picture .live-target").first.get_attribute("d")
    points = np.array([p.split() for p in curve[1:].split("L")], float)
    np.testing.assert_allclose(points[:, 0], np.linspace(44, 382, 11), atol=0.01)
    losses = (238 - points[:, 1]) / 228 * 3
    np.testing.assert_allclose(losses, state["train"], atol=1e-4)
    shown = page.locator("dd").all_inner_texts()
    expected = state["train"][0], state["three"], state["train"][-1]
    assert [float(text) for text in shown[:3]] == pytest.approx(expected, rel=1e-2)


@pytest.mark.parametrize("width", [1280, 700, 390])
def test_nothing_moves(show, width):
    page = show(document(diagnosis()), width=width, has_touch=True)
    heights = page.evaluate(
        """(faults) => {
          const figure = dlbookLive.diagnosis;
          const seen = new Set();
          const look = (values) => {
            figure.set(values);
            seen.add(figure.root.getBoundingClientRect().height);
          };
          for (const fault of faults) for (const learning_rate of [1e-5, 0.01, 1])
            for (const training of [20, 30]) look({ fault, learning_rate, training });
          look({ secret: 3 });
          for (const fault of faults) figure.guess(fault), look({});
          return [...seen];
        }""",
        live.FAULTS,
    )
    assert len(heights) == 1, heights
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for control in page.locator(".live-figure :is(button, select, input)").all():
        assert control.bounding_box()["height"] >= 44
