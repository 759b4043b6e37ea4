"""The dictionary of PyTorch and Keras: its blocks, its defaults, its conventions."""

import ast
import inspect
import re
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the page compares Keras with PyTorch")

from keras import layers, ops, optimizers  # noqa: E402
from torch import nn  # noqa: E402

import dlbook  # noqa: E402

# A reader's environment runs a copy of this file, in a folder below the repository.
PLACES = [parent / "book" / "frameworks.md" for parent in Path(__file__).parents]
PAGE = next(place for place in PLACES if place.exists())
TEXT = PAGE.read_text(encoding="utf-8")
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)
DEFAULTS = re.compile(r"^\| PyTorch's defaults .*\n\|[-|]+\n((?:\|.*\n)+)", re.M)
ROWS = [row for table in DEFAULTS.findall(TEXT) for row in table.splitlines()]
X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")


@pytest.fixture(scope="module")
def page():
    """What the page's blocks define, run as one program with the page's own lines."""
    lines = [""] * len(TEXT.splitlines())
    for block in BLOCK.finditer(TEXT):
        first = TEXT[: block.start(1)].count("\n")
        code = block[1].splitlines()
        lines[first : first + len(code)] = code
    names = {"__name__": "frameworks"}
    exec(compile("\n".join(lines), PAGE, "exec"), names)
    return SimpleNamespace(**names)


def close(theirs, ours):
    theirs, ours = theirs.detach().numpy(), ops.convert_to_numpy(ours)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)


def torch_walk(name, gradients, start=0.0, rates=None, **options):
    w, places = torch.tensor([start], requires_grad=True), []
    optimizer = getattr(torch.optim, name)([w], **options)
    for step, g in enumerate(gradients):
        if rates:
            optimizer.param_groups[0]["lr"] = rates[step]
        w.grad = torch.tensor([g])
        optimizer.step()
        places.append(w.item())
    return np.array(places)


def keras_walk(name, gradients, start=0.0, rates=None, **options):
    w, places = keras.Variable([start]), []
    optimizer = getattr(optimizers, name)(**options)
    for step, g in enumerate(gradients):
        if rates:
            optimizer.learning_rate = rates[step]
        optimizer.apply([ops.convert_to_tensor([g])], [w])
        places.append(ops.convert_to_numpy(w)[0])
    return np.array(places)


def test_blocks_run_and_every_section_asserts_in_keras(page):
    assert page.same(torch.ones(2), np.ones(2))
    assert not page.same(torch.ones(2), np.ones((1, 2)))
    assert not page.same(torch.ones(2), np.ones(2) + 2e-5)
    assert isinstance(page.dense, nn.Module) == (keras.backend.backend() == "torch")
    for section in TEXT.split("\n## ")[1:-1]:
        blocks = BLOCK.findall(section)
        keras_blocks = [block for block in blocks if block.startswith("# Keras\n")]
        assert keras_blocks and all("assert" in block for block in keras_blocks)
        assert any("# PyTorch\n" in block for block in blocks)


def test_every_code_line_is_short():
    assert all(len(ln) <= 76 for b in BLOCK.findall(TEXT) for ln in b.splitlines())


@pytest.mark.parametrize("row", ROWS)
def test_defaults_are_those_of_the_libraries(row):
    places = [(torch.optim, nn), (optimizers, layers)]
    for cell, modules in zip(row.split("|")[1:3], places, strict=True):
        call = ast.parse(cell.strip(" `"), mode="eval").body
        kind = next(m for m in modules if hasattr(m, call.func.id))
        options = inspect.signature(getattr(kind, call.func.id)).parameters
        for keyword in call.keywords:
            default = options[keyword.arg].default
            assert default == ast.literal_eval(keyword.value), keyword.arg
        for required in call.args:
            assert options[required.id].default is inspect.Parameter.empty


def test_all_rows_of_defaults_are_found():
    assert len(ROWS) == 12


def test_setup_seeds_pytorch_where_keras_computes_on_it():
    torch.manual_seed(1)
    dlbook.setup(seed=7)
    assert torch.initial_seed() == (7 if keras.backend.backend() == "torch" else 1)


def test_starting_weights():
    linear, dense = nn.Linear(100, 1000), layers.Dense(1000)
    dense(np.zeros((1, 100), "float32"))  # takes D from its first input
    kernel, bias = dense.get_weights()
    assert kernel.shape == (100, 1000) and not bias.any()
    drawn = [p.detach().numpy() for p in linear.parameters()] + [kernel]
    limits = [100**-0.5, 100**-0.5, (6 / (100 + 1000)) ** 0.5]
    for numbers, limit in zip(drawn, limits, strict=True):
        assert 0.95 * limit < abs(numbers).max() <= limit * (1 + 1e-6)
        assert abs(numbers.std() / (limit / 3**0.5) - 1) < 0.1, "not uniform"


def test_the_rate_inside_the_velocity():
    gradients, options = [1.0, 0.0], {"rates": [0.1, 0.01], "momentum": 0.9}
    walks = (
        torch_walk("SGD", gradients, **options),
        keras_walk("SGD", gradients, **options),
    )
    theirs, ours = (abs(walk[1] - walk[0]) for walk in walks)
    assert f"PyTorch moves {theirs:.3g}, Keras {ours:.3g}." in TEXT


def test_the_place_of_epsilon():
    (theirs,) = torch_walk("Adam", [1e-7], lr=1.0, eps=1e-7)
    (ours,) = keras_walk("Adam", [1e-7], learning_rate=1.0, epsilon=1e-7)
    assert f"PyTorch steps {-theirs:.3f} rates and Keras {-ours:.3f}." in TEXT


def test_weight_decay():
    def difference(name, theirs, ours):
        gradients, decay = [1.0] * 5, 0.5
        theirs = torch_walk(name, gradients, 2.0, lr=0.1, weight_decay=decay, **theirs)
        ours = {"learning_rate": 0.1, "weight_decay": decay, **ours}
        return max(abs(theirs - keras_walk(name, gradients, 2.0, **ours)))

    momentum = {"momentum": 0.9}
    assert difference("SGD", {}, {}) < 1e-5
    assert difference("AdamW", {"eps": 1e-7}, {}) < 1e-5
    assert difference("SGD", momentum, momentum) > 0.01
    assert difference("Adam", {"eps": 1e-7}, {}) > 0.01

    options = {"learning_rate": 0.1, "weight_decay": 0.25}
    names = [re.match(r"\w+", row.split("|")[2].strip(" `"))[0] for row in ROWS]
    for name in (name for name in names if hasattr(optimizers, name)):
        np.testing.assert_allclose(keras_walk(name, [0.0], 2.0, **options), 1.95)
    options = {"lr": 0.1, "weight_decay": 0.25}  # a gradient of 0.5 for the weight 2
    np.testing.assert_allclose(torch_walk("SGD", [0.0], 2.0, **options), 1.95)
    np.testing.assert_allclose(torch_walk("Adam", [0.0], 2.0, **options), 1.9)


def test_clipping():
    gradients = [[3.0, 4.0], [0.0, 12.0]]  # lengths 5 and 12, together 13
    weights = [torch.zeros(2, requires_grad=True) for _ in gradients]
    for w, g in zip(weights, gradients, strict=True):
        w.grad = torch.tensor(g)
    nn.utils.clip_grad_norm_(weights, 1.0)
    torch.optim.SGD(weights, lr=1.0).step()

    def ours(**options):
        variables = [keras.Variable([0.0, 0.0]) for _ in gradients]
        rule = optimizers.SGD(1.0, **options)
        rule.apply([ops.convert_to_tensor(g) for g in gradients], variables)
        return [ops.convert_to_numpy(v) for v in variables]

    for w, v in zip(weights, ours(global_clipnorm=1.0), strict=True):
        close(w, v)
    np.testing.assert_allclose(ours(clipnorm=1.0), [[-0.6, -0.8], [0, -1]], rtol=1e-5)


def test_pytorch_refuses_same_with_a_stride():
    with pytest.raises(ValueError, match="same"):
        nn.Conv2d(3, 4, 3, stride=2, padding="same")


def test_batches():
    data = torch.utils.data.TensorDataset(torch.arange(70))
    batches = [batch for (batch,) in torch.utils.data.DataLoader(data)]
    assert torch.equal(torch.stack(batches), torch.arange(70)[:, None])

    model, seen = keras.Sequential([keras.Input((1,)), layers.Dense(1)]), []
    note = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(batch)
    )
    model.compile("sgd", "mse")
    x = np.zeros((70, 1), "float32")
    model.fit(x, x, verbose=0, callbacks=[note])
    assert len(seen) == 3  # 32, 32 and 6
    assert inspect.signature(model.fit).parameters["shuffle"].default is True


def test_modes_and_dropout():
    x = np.ones((100, 50), "float32")
    theirs, ours = nn.Dropout(0.2), layers.Dropout(0.2)
    assert theirs.training
    for dropped in (
        theirs(torch.tensor(x)).numpy(),
        ops.convert_to_numpy(ours(x, training=True)),
    ):
        assert set(np.round(dropped, 4).ravel()) == {np.float32(0), np.float32(1.25)}
        assert abs(np.mean(dropped == 0) - 0.2) < 0.05
    theirs.eval()
    assert torch.equal(theirs(torch.tensor(x)), torch.tensor(x))
    np.testing.assert_array_equal(ops.convert_to_numpy(ours(x)), x)

    model = keras.Sequential([keras.Input((50,)), ours])
    model.compile("sgd", "mse")
    predicted = model.predict(x, verbose=0)
    assert isinstance(predicted, np.ndarray) and np.array_equal(predicted, x)
    assert model.train_on_batch(x, x) > 0.1  # fit's step; it is 0 without dropout


def test_batch_normalization():
    theirs = nn.BatchNorm1d(3)
    ours = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
    close(theirs(torch.tensor(X)), ours(X, training=True))
    mean, variance = ours.get_weights()[2:]
    np.testing.assert_allclose(mean, 0.1 * X.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(variance, 0.9 + 0.1 * X.var(axis=0), atol=1e-5)
    close(theirs.running_mean, mean)
    close(theirs.running_var, 0.9 + 0.1 * X.var(axis=0, ddof=1))
    assert len(list(theirs.parameters())) == 2 and len(ours.get_weights()) == 4
    assert {"running_mean", "running_var"} < set(theirs.state_dict())


def test_recurrent_layers_agree_with_their_gates_in_order():
    theirs = nn.GRU(3, 2, batch_first=True)
    ours = layers.GRU(2, return_sequences=True)
    assert ours.reset_after and not nn.GRU(3, 2).batch_first
    x = X.reshape(2, 4, 3)  # (batch, time, features)
    ours.build(x.shape)

    def reordered(gates):
        r, z, n = np.split(gates.detach().numpy(), 3)
        return np.concatenate([z, r, n])

    W, U, b, c = map(reordered, theirs.parameters())
    ours.set_weights([W.T, U.T, np.stack([b, c])])
    close(theirs(torch.tensor(x))[0], ours(x))
    W, U, b, c = (p.detach().numpy() for p in theirs.parameters())
    ours.set_weights([W.T, U.T, np.stack([b, c])])
    with pytest.raises(AssertionError, match="Not equal"):
        close(theirs(torch.tensor(x))[0], ours(x))


def test_weights_share_no_memory(page):
    parameter, dense = nn.Parameter(torch.zeros(64)), layers.Dense(64)
    dense.build((None, 1))
    dense.set_weights([np.zeros((1, 64), "float32"), page.array(parameter)])
    with torch.no_grad():
        parameter += 1
    assert not dense.get_weights()[1].any()


def test_names_and_places(page):
    names = "hidden.weight", "hidden.bias", "logits.weight", "logits.bias"
    assert tuple(page.network.state_dict()) == names
    with pytest.raises(TypeError, match=r"cpu\(\)"):  # as from a GPU
        torch.zeros(1, device="meta").numpy()
    with keras.device("cpu:0"):
        assert "cpu" in str(ops.zeros(1).device).lower()
    layer = layers.Dense(2)
    layer.build((None, 3))
    layer.trainable = False
    assert not layer.trainable_variables
