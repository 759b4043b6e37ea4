"""dlbook.gradients against finite differences, gradients by hand, and Keras itself."""

import keras
import numpy as np
import pytest
from keras import ops

from dlbook.gradients import value_and_grad

X = np.random.default_rng(0).normal(size=(16, 3))
LABELS = np.random.default_rng(1).integers(0, 4, size=16)


def array(tensor):
    return ops.convert_to_numpy(tensor)


def network():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(5, activation="tanh", bias_initializer="normal"),
            keras.layers.Dense(4, bias_initializer="normal"),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return model, lambda: loss(LABELS, model(X.astype("float32")))


def numpy_loss(weights):
    """The same network and loss in float64."""
    w1, b1, w2, b2 = weights
    logits = np.tanh(X @ w1 + b1) @ w2 + b2
    log_sums = np.log(np.exp(logits).sum(axis=1))
    return np.mean(log_sums - logits[np.arange(len(X)), LABELS])


def test_one_weight_walks_down_a_parabola():
    x = keras.Variable(2.0)
    value, (slope,) = value_and_grad(lambda: x**2 + 3, [x])
    assert (float(value), float(slope)) == (7.0, 4.0)
    x.assign_sub(0.01 * slope)
    np.testing.assert_allclose(array(x), 1.96, rtol=1e-6)


def test_a_networks_gradient_agrees_with_central_finite_differences():
    model, loss = network()
    value, grads = value_and_grad(loss, model.trainable_variables)
    weights = [array(v).astype("float64") for v in model.trainable_variables]
    np.testing.assert_allclose(float(value), numpy_loss(weights), rtol=1e-5)
    step = 1e-6
    for weight, grad in zip(weights, grads, strict=True):
        expected = np.zeros_like(weight)
        for index in np.ndindex(weight.shape):
            middle = weight[index]
            weight[index] = middle + step
            above = numpy_loss(weights)
            weight[index] = middle - step
            expected[index] = (above - numpy_loss(weights)) / (2 * step)
            weight[index] = middle
        assert np.abs(expected).max() > 1e-3
        np.testing.assert_allclose(array(grad), expected, rtol=1e-4, atol=1e-6)


def test_softmax_regressions_gradient_is_the_one_by_hand():
    w = keras.Variable(np.random.default_rng(2).normal(size=(3, 4)), dtype="float32")
    b = keras.Variable(np.zeros(4), dtype="float32")
    x, one_hot = ops.convert_to_tensor(X, "float32"), np.eye(4, dtype="float32")[LABELS]

    targets = ops.convert_to_tensor(one_hot)

    def loss():
        log_p = ops.log_softmax(x @ w + b)
        return -ops.mean(ops.sum(log_p * targets, axis=1))

    _, (grad_w, grad_b) = value_and_grad(loss, (w, b))
    logits = X @ array(w)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    delta = (p - one_hot) / len(X)
    np.testing.assert_allclose(array(grad_w), X.T @ delta, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(array(grad_b), delta.sum(axis=0), rtol=1e-4, atol=1e-6)


def test_the_gradient_is_what_keras_descends():
    model, loss = network()
    model.compile(
        optimizer=keras.optimizers.SGD(1.0),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    _, grads = value_and_grad(loss, model.trainable_variables)
    before = [array(v) for v in model.trainable_variables]
    before = [np.array(weight) for weight in before]  # a copy: torch shares memory
    model.train_on_batch(X.astype("float32"), LABELS)
    for old, variable, grad in zip(
        before, model.trainable_variables, grads, strict=True
    ):
        moved = old - array(variable)
        np.testing.assert_allclose(moved, array(grad), rtol=1e-3, atol=1e-6)


def test_nothing_is_changed_and_nothing_kept():
    model, loss = network()
    before = [np.array(array(v)) for v in model.variables]
    value, grads = value_and_grad(loss, model.trainable_variables)
    for old, variable in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(array(variable), old)
    for tensor in [value, *grads]:  # torch: no graph hangs on to the result
        assert not getattr(tensor, "requires_grad", False)
        assert ops.is_tensor(tensor)
    again, _ = value_and_grad(loss, model.trainable_variables)
    assert float(again) == float(value)


def test_a_variable_without_influence_has_a_gradient_of_zeros():
    used, unused = keras.Variable([1.0, 2.0]), keras.Variable([[3.0], [4.0]])
    _, (grad, zero) = value_and_grad(lambda: ops.sum(used**2), [used, unused])
    assert array(grad).tolist() == [2, 4] and array(zero).tolist() == [[0], [0]]
    value, (zero,) = value_and_grad(lambda: ops.sum(ops.ones(3)), [unused])
    assert float(value) == 3 and array(zero).tolist() == [[0], [0]]


def test_a_variable_that_is_not_trainable_has_a_gradient_too():
    fixed = keras.Variable(3.0, trainable=False)
    _, (slope,) = value_and_grad(lambda: fixed * fixed, [fixed])
    assert float(slope) == 6


def test_the_value_of_a_variable_is_a_value():
    x = keras.Variable(3.0)
    value, (slope,) = value_and_grad(lambda: x, [x])
    assert (float(value), float(slope)) == (3, 1)


def test_rows_that_an_embedding_uses_twice_add_up():
    layer = keras.layers.Embedding(3, 2)
    layer.build()
    words = np.array([2, 0, 2])
    _, (grad,) = value_and_grad(lambda: ops.sum(layer(words)), [layer.embeddings])
    assert array(grad).tolist() == [[1, 1], [0, 0], [2, 2]]


def test_moving_averages_move_as_in_an_ordinary_call():
    x = X.astype("float32")
    ours, theirs = (keras.layers.BatchNormalization(momentum=0.5) for _ in range(2))
    ours.build((None, 3))
    theirs(x, training=True)
    value_and_grad(
        lambda: ops.sum(ours(x, training=True) ** 3), ours.trainable_variables
    )
    for name in ("moving_mean", "moving_variance"):
        moved = array(getattr(ours, name))
        np.testing.assert_allclose(moved, array(getattr(theirs, name)), rtol=1e-5)
    assert not np.allclose(array(ours.moving_mean), 0)


def test_dropout_draws_anew_at_each_call_and_repeats_from_its_seed():
    w = keras.Variable(np.ones(200), dtype="float32")

    def masks():
        layer = keras.layers.Dropout(0.5, seed=4)
        calls = [
            value_and_grad(lambda: ops.sum(layer(w * 1.0, training=True)), [w])[1][0]
            for _ in range(2)
        ]
        return [array(grad) for grad in calls]

    (first, second), (again, _) = masks(), masks()
    assert set(first.tolist()) == {0, 2}  # dropped, or scaled by 1 / (1 - 0.5)
    assert 20 < np.sum(first != second) < 180
    np.testing.assert_array_equal(first, again)


def test_an_error_in_the_function_reaches_the_caller():
    x = keras.Variable(1.0)
    with pytest.raises(ZeroDivisionError):
        value_and_grad(lambda: x * (1 / 0), [x])
    assert float(value_and_grad(lambda: x * x, [x])[0]) == 1  # and leaves no scope


@pytest.mark.parametrize(
    "variables, error, message",
    [
        ([], ValueError, "variables is empty"),
        ([1.0], TypeError, "keras.Variable objects only, got a float"),
        ([np.ones(2)], TypeError, "keras.Variable objects only, got a ndarray"),
        (keras.Variable(1.0), TypeError, "must be a list of keras.Variable, got a"),
        (None, TypeError, "must be a list of keras.Variable, got a NoneType"),
        (
            [keras.Variable(1, dtype="int32", trainable=False)],
            TypeError,
            "floating-point, got .*int32",
        ),
        ([keras.Variable(1.0)] * 2, ValueError, "distinct, got one of them twice"),
    ],
)
def test_bad_variables_are_refused(variables, error, message):
    with pytest.raises(error, match=message):
        value_and_grad(lambda: ops.sum(ops.ones(2)), variables)


def test_a_model_that_was_never_called_is_named_as_the_reason():
    model = keras.Sequential([keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="before it was called on data once"):
        value_and_grad(lambda: ops.sum(model(X)), model.trainable_variables)


@pytest.mark.parametrize(
    "result, error, message",
    [
        (lambda: None, TypeError, "must return a tensor .*got a NoneType"),
        (lambda: 1.0, TypeError, "must return a tensor .*got a float"),
        (lambda: np.float32(1), TypeError, "must return a tensor .*got a float32"),
        (lambda: ops.ones(3), ValueError, r"scalar, got a tensor of shape \(3,\)"),
        (lambda: ops.ones((1,)), ValueError, r"scalar, got a tensor of shape \(1,\)"),
        (lambda: ops.sum(ops.ones(2, "int32")), TypeError, "floating-point tensor"),
    ],
)
def test_bad_results_are_refused(result, error, message):
    with pytest.raises(error, match=message):
        value_and_grad(result, [keras.Variable(1.0)])
