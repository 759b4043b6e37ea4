"""The figure that turns letters into sounds, in a browser, held against Keras."""

import json

import keras
import numpy as np
import pytest
from live_page import call, config_on_page, contrast, document

from dlbook import data, live
from dlbook.zoo.pronouncer import SOUNDS, encode_sounds, encode_words, pronouncer

CHAPTER = "book/17_seq2seq_attention"
SIGNS = ["end", *SOUNDS]
# As text: Playwright's own way for large arrays is slow.
READ = """text => JSON.stringify(JSON.parse(text).map(([word, before]) =>
    window.dlbookLive.attention.read(word, before)))"""


@pytest.fixture(scope="module")
def model():
    """Weights larger than those of a start: sharp attention, sounds that differ."""
    network = pronouncer()
    sizes = [1, *(0.7, 0.2, 0.5) * 2, 1, 0.7, 0.12, 0.5, 0.15, 1, 0.3, 1]
    rng = np.random.default_rng(5)
    weights = [
        rng.normal(0, size, array.shape)
        for size, array in zip(sizes, network.get_weights(), strict=True)
    ]
    network.set_weights(weights)
    return network


@pytest.fixture(scope="module")
def figure(model):
    return live.attention(model)


@pytest.fixture(scope="module")
def held_out():
    """Test words and their sounds, of every length."""
    _, (words, lines) = data.pronunciations()
    return words.tolist(), lines.tolist()


def rounded(config):
    network = pronouncer()
    network.set_weights(live.attention_weights(config))
    inner = network.get_layer("attention").output[1]
    return keras.Model(network.inputs, [network.output, inner])


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def hold(network, words, befores, found):
    """The page's steps are those of Keras for the sounds before that are given."""
    letters, length = encode_words(words), max(map(len, befores))
    before = np.array([row + [0] * (length - len(row)) for row in befores])
    logits, attention = network.predict([letters, before], verbose=0)
    for word, row, steps, *wanted in zip(
        words, befores, found, logits, attention, strict=True
    ):
        assert len(steps) == len(row)
        for t, step in enumerate(steps):
            expected = wanted[0][t].astype("float64")
            np.testing.assert_allclose(step["logits"], expected, atol=1e-4)
            np.testing.assert_allclose(
                step["probabilities"], softmax(expected), atol=1e-4
            )
            shares = wanted[1][t][: len(word)]
            np.testing.assert_allclose(step["attention"], shares, atol=1e-4)


def read(page, words, befores):
    pairs = json.dumps(list(zip(words, befores, strict=True)))
    return json.loads(page.evaluate(READ, pairs))


def said(state):
    """The numbers of the sounds that a state has, with the mark of the end."""
    numbers = [SIGNS.index(sign) for sign in state["sounds"]]
    return numbers + [0] * state["ended"]


def test_the_page_computes_what_keras_does(show, figure, held_out):
    page = show(document(figure))
    words, lines = (part[:120] for part in held_out)
    assert len(set(map(len, words))) >= 6
    befores = [[0, *row[row > 0].tolist()] for row in encode_sounds(lines)]
    words, befores = ["a", "ab", *words], [[0], [0, 39, 1], *befores]
    found = read(page, words, befores)
    hold(rounded(figure.config), words, befores, found)
    # The test would see a wrong letter or sound: weights and answers differ widely.
    largest = [max(step["attention"]) for steps in found[2:] for step in steps]
    assert np.quantile(largest, 0.1) < 0.7 < np.quantile(largest, 0.9)
    tops = [np.argmax(step["probabilities"]) for steps in found for step in steps]
    assert len(set(tops)) >= 20


def test_the_likeliest_sound_is_said_and_fed_back(show, figure, held_out):
    page = show(document(figure))
    words = held_out[0][:40]
    befores, found, ends = [], [], []
    for word in words:
        call(page, "attention", "set", {"word": word})
        state = call(page, "attention", "state")
        numbers = said(state)
        assert state["word"] == word and len(state["steps"]) == len(numbers)
        ends.append(state["ended"])
        assert state["ended"] or len(numbers) == 12
        assert 0 not in numbers[:-1]
        tops = [int(np.argmax(step["probabilities"])) for step in state["steps"]]
        assert tops == numbers
        befores.append([0, *numbers[:-1]])
        found.append(state["steps"])
        assert state["choices"] == [None] * len(numbers)
        assert page.locator(".live-status").inner_text().startswith(f"{word}: ")
    hold(rounded(figure.config), words, befores, found)
    assert len(set(map(tuple, befores))) > 20


def test_a_sound_of_the_readers_own_choice_goes_on(show, figure):
    page = show(document(figure))
    network = rounded(figure.config)
    call(page, "attention", "set", {"word": "machine", "step": 1})
    first = call(page, "attention", "state")
    name, probability = first["best"][2]
    button = page.get_by_role("button", name=f"Say {name}, prob")
    assert button.get_attribute("aria-pressed") == "false"
    button.click()
    state = call(page, "attention", "state")
    number = SIGNS.index(name)
    assert said(state)[:2] == [said(first)[0], number]
    assert state["choices"][:3] == [None, number, None][: len(state["choices"])]
    assert state["steps"][:2] == first["steps"][:2]
    hold(network, ["machine"], [[0, *said(state)[:-1]]], [state["steps"]])
    lines = page.locator(".live-note span").all_inner_texts()
    assert f"probability {probability:.3f}." in lines[0]
    assert lines[2] == f"Your choice; the net would say {first['best'][0][0]}."
    drawn = page.locator(".live-picture").first.locator("g text").all_text_contents()
    assert drawn[1] == f"{name}*"
    # A choice further on keeps the first one; the likeliest sound undoes its own.
    if len(state["steps"]) > 2:
        call(page, "attention", "set", {"step": 2})
        other = call(page, "attention", "state")["best"][1][0]
        page.get_by_role("button", name=f"Say {other}, prob").press("Enter")
        state = call(page, "attention", "state")
        assert state["choices"][1:3] == [number, SIGNS.index(other)]
        hold(network, ["machine"], [[0, *said(state)[:-1]]], [state["steps"]])
    call(page, "attention", "set", {"step": 1})
    page.get_by_role("button", name=f"Say {first['best'][0][0]}, prob").press("Space")
    state = call(page, "attention", "state")
    assert (state["sounds"], state["steps"]) == (first["sounds"], first["steps"])
    call(page, "attention", "set", {"choices": [5]})
    call(page, "attention", "set", {"word": "machine"})
    assert call(page, "attention", "state")["choices"] == first["choices"]


def test_the_table_and_the_bars_show_the_numbers(show, figure):
    page = show(document(figure))
    for word, step in (("question", 2), ("photograph", 0), ("ox", 1)):
        call(page, "attention", "set", {"word": word, "step": step})
        state = call(page, "attention", "state")
        shown = page.evaluate("""() => {
            const [table, chart] = document.querySelectorAll(".live-picture");
            const seen = (node) => !node.closest("[hidden]");
            const rows = [...table.querySelectorAll("g")].filter(seen).map((g) =>
              [...g.querySelectorAll(".live-heat")].filter(seen).map((square) =>
                Number(square.getAttribute("fill-opacity"))));
            const texts = (node) => [...node.querySelectorAll("text")]
              .filter(seen).map((text) => text.textContent);
            const bars = [...chart.querySelectorAll("rect:not(.live-hit)")].map((bar) =>
              [bar.width.baseVal.value, bar.matches(".live-class-1")]);
            const frames = [...table.querySelectorAll("g")].map((g) =>
              seen(g.querySelector(".live-thin")));
            return { rows, letters: texts(table), bars, three: texts(chart), frames };
        }""")
        steps = state["steps"]
        np.testing.assert_allclose(
            shown["rows"], [s["attention"] for s in steps], atol=1e-9
        )
        assert shown["frames"].index(True) == state["step"]
        assert sum(shown["frames"][: len(steps)]) == 1
        here = steps[state["step"]]
        drawn = [text for text in shown["letters"] if text]
        names = [SIGNS[number] for number in said(state)]
        assert drawn[-len(names) :] == names
        assert drawn[: 2 * len(word) : 2] == list(word)
        shares = [float(text) for text in drawn[1 : 2 * len(word) : 2]]
        np.testing.assert_allclose(shares, here["attention"], atol=0.00501)
        order = np.argsort(here["probabilities"])[::-1][:3]
        three = np.take(here["probabilities"], order)
        best = [[SIGNS[k], p] for k, p in zip(order, three, strict=True)]
        assert state["best"] == best
        assert shown["three"] == [t for sign, p in best for t in (sign, f"{p:.3f}")]
        np.testing.assert_allclose([width / 242 for width, _ in shown["bars"]], three)
        assert [front for _, front in shown["bars"]] == [True, False, False]
        lines = page.locator(".live-note span").all_inner_texts()
        assert lines[0].startswith(f"Step {state['step'] + 1}: ")
        assert f"probability {three[0]:.3f}." in lines[0]
        tops = np.argsort(np.negative(here["attention"]), kind="stable")[:3]
        looked = ", ".join(f"{word[i]} {here['attention'][i]:.2f}" for i in tops)
        assert lines[1] == f"It looks at {looked}."


def test_a_word_is_typed_and_steps_are_pointed_at(show, figure):
    page = show(document(figure))
    field = page.get_by_role("textbox", name="Word")

    def state():
        return call(page, "attention", "state")

    assert (state()["word"], state()["step"]) == (live.WORDS[0], 0)
    field.fill("")
    assert state()["word"] == live.WORDS[0]
    field.press("Tab")
    assert field.input_value() == live.WORDS[0]
    field.fill("")
    page.keyboard.type("It's 2 KNIGHTS, friend")
    assert state()["word"] == field.input_value() == "itsknights"
    page.get_by_role("button", name="knight", exact=True).click()
    assert state()["word"] == field.input_value() == "knight"
    pressed = page.locator(".live-controls [aria-pressed=true]").all_inner_texts()
    assert pressed == ["knight"]
    last = len(state()["steps"]) - 1
    slider = page.get_by_role("slider", name="Step")
    slider.press("End")
    assert state()["step"] == last
    slider.press("ArrowLeft")
    assert state()["step"] == max(last - 1, 0)
    sign = SIGNS[said(state())[state()["step"]]]
    value = slider.get_attribute("aria-valuetext")
    assert value == f"{state()['step'] + 1}: {sign}"
    box = page.locator(".live-picture").first.bounding_box()
    unit = box["width"] / 400
    page.mouse.click(box["x"] + 150 * unit, box["y"] + (52 + 29 * last + 14) * unit)
    assert state()["step"] == last
    page.get_by_role("button", name="Reset").press("Enter")
    assert (state()["word"], state()["step"]) == (live.WORDS[0], 0)
    for sign in ("AE", "ZH"):
        call(page, "attention", "set", {"choices": [SIGNS.index(sign)], "step": 0})
        example = {"AE": "cat", "ZH": "vision"}[sign]
        said_ = page.locator(".live-note span").first.inner_text()
        assert said_.startswith(f"Step 1: {sign} as in “{example}”, probability 0.")


def test_sounds_come_one_after_the_other(show, figure):
    page = show(document(figure))
    rows = ".live-picture:first-child g:not([hidden])"
    word = next(
        word
        for word in live.WORDS
        if call(page, "attention", "set", {"word": word})
        or len(call(page, "attention", "state")["steps"]) > 3
    )
    state = call(page, "attention", "state")
    last = len(state["steps"]) - 1
    call(page, "attention", "set", {"step": last})
    page.get_by_role("button", name="Play").click()
    running = call(page, "attention", "state")
    assert running["step"] < last and running["running"] is True
    assert page.locator(rows).count() <= last
    page.wait_for_function("() => !dlbookLive.attention.state().running")
    state = call(page, "attention", "state")
    assert (state["word"], state["step"]) == (word, last)
    assert page.locator(rows).count() == last + 1
    said_ = page.locator(".live-status").inner_text()
    assert said_.startswith(f"{word}: {' '.join(state['sounds'])}")
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Stop").click()
    assert page.locator(rows).count() == last + 1
    calm = show(document(figure), reduced_motion="reduce")
    call(calm, "attention", "set", {"word": word})
    calm.get_by_role("button", name="Play").click()
    state = call(calm, "attention", "state")
    assert (state["step"], state["running"]) == (last, False)


def test_attention_is_worked_by_touch(show, figure):
    page = show(document(figure), width=390, has_touch=True)
    page.get_by_role("button", name="machine").tap()
    state = call(page, "attention", "state")
    assert state["word"] == "machine"
    other = state["best"][1][0]
    page.get_by_role("button", name=f"Say {other}, prob").tap()
    assert call(page, "attention", "state")["choices"][0] == SIGNS.index(other)
    for control in page.locator(".live-figure :is(button, input)").all():
        assert control.bounding_box()["height"] >= 44
    for target in page.locator(".live-figure .live-press").all():
        assert target.bounding_box()["height"] >= 24


@pytest.mark.parametrize("width", [1280, 700, 390, 320])
def test_nothing_moves_in_attention(show, figure, width):
    page = show(document(figure), width=width)
    seen = page.evaluate("""() => {
        const { root, set } = dlbookLive.attention;
        const seen = new Set();
        const words = ["a", "mmmmmmmmmm", "photograph", "iiiiiiiiii", "through"];
        for (const word of words) for (const step of [0, 5, 11])
          for (const choices of [[], [5, 25, 33, 38, 12, 12, 20, 3, 3, 3, 3, 3]]) {
            set({ word, choices, step });
            seen.add(root.getBoundingClientRect().height);
            if (document.documentElement.scrollWidth > innerWidth) seen.add("wide");
          }
        return [...seen];
    }""")
    assert len(seen) == 1, seen


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_full_square_stands_out(show, figure, theme):
    page = show(document(figure, theme=theme))
    heat, back = page.evaluate("""() => [[".live-heat", "fill"],
        [".live-figure", "backgroundColor"]].map(([name, key]) =>
          getComputedStyle(document.querySelector(name))[key]
            .match(/[\\d.]+/g).slice(0, 3).map(Number))""")
    assert contrast(heat, back) >= 3


def test_a_word_is_said_at_once(show, figure):
    page = show(document(figure))
    median = page.evaluate("""() => {
        const words = ["photograph", "knights", "queueing"];
        const times = Array.from({ length: 15 }, (_, k) => {
          const start = performance.now();
          window.dlbookLive.attention.set({ word: words[k % 3] });
          return performance.now() - start;
        });
        return times.sort((a, b) => a - b)[7];
    }""")
    assert median < 150  # 12 ms on an idle core; the tests share theirs


def test_the_chapters_page_speaks_as_keras_does(request, held_out):
    config = config_on_page(request.getfixturevalue("site"), CHAPTER, "attention")
    network = rounded(config)
    words, lines = (part[:200] for part in held_out)
    befores = [[0, *row[row > 0].tolist()] for row in encode_sounds(lines)]
    context = request.getfixturevalue("browser").new_context()
    page = context.new_page()
    page.goto(f"{request.getfixturevalue('server')}/{CHAPTER}.html")
    page.locator("[data-live=attention]").evaluate("figure => figure.scrollIntoView()")
    page.wait_for_function("() => window.dlbookLive?.attention")
    found = read(page, words, befores)
    right = []
    for word, line in zip(words, lines, strict=True):
        call(page, "attention", "set", {"word": word})
        right.append(" ".join(call(page, "attention", "state")["sounds"]) == line)
    context.close()
    hold(network, words, befores, found)
    assert np.mean(right) > 0.45  # of words that it has not seen
