"""LSTM and GRU with backpropagation through time, in Keras's layout. Chapter 16."""

import numpy as np

from dlbook.scratch.loss import sigmoid


def lstm_forward(
    x: np.ndarray, w: np.ndarray, u: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Runs an LSTM along the sequences of a batch.

    State h and cell c start at 0. The weights are those of `keras.layers.LSTM`: four
    blocks of columns side by side, for input gate, forget gate, candidate and output
    gate, in this order.

    Args:
        x: Float array of shape (batch, steps, inputs).
        w: Array of shape (inputs, 4 units), weights from the input.
        u: Array of shape (units, 4 units), weights from the last state.
        b: Array of shape (4 units,), biases.

    Returns:
        `(gates, c, h)`: array of shape (batch, steps, 4 units) with the gates and the
        candidate in the order of the weights; two arrays of shape (batch, steps,
        units), the cells and the states.

    Raises:
        ValueError: If the shapes do not fit.

    Reference:

    - Hochreiter and Schmidhuber (1997), "Long short-term memory"
    - Gers et al. (2000), "Learning to forget: continual prediction with LSTM"

    Example:

    >>> x = np.ones((1, 3, 1))
    >>> shut = np.array([100.0, 100.0, 0.5, -100.0])  # o = 0, the others open
    >>> gates, c, h = lstm_forward(x, np.zeros((1, 4)), np.zeros((1, 4)), shut)
    >>> [f"{value:.3f}" for value in c[0, :, 0]], float(abs(h).max()) < 1e-9
    (['0.462', '0.924', '1.386'], True)
    """
    gates = x @ w + b  # (batch, steps, 4 units), still without the states
    state = cell = np.zeros((len(x), len(u)), gates.dtype)
    c, h = [], []
    for t in range(x.shape[1]):
        i, f, candidate, o = np.split(gates[:, t] + state @ u, 4, axis=1)
        i, f, o = sigmoid(i), sigmoid(f), sigmoid(o)
        candidate = np.tanh(candidate)
        cell = f * cell + i * candidate
        state = o * np.tanh(cell)
        gates[:, t] = np.concatenate([i, f, candidate, o], axis=1)
        c.append(cell)
        h.append(state)
    return gates, np.stack(c, axis=1), np.stack(h, axis=1)


def lstm_backward(
    g: np.ndarray,
    x: np.ndarray,
    w: np.ndarray,
    u: np.ndarray,
    gates: np.ndarray,
    c: np.ndarray,
    h: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Backpropagates through an LSTM and through time.

    Args:
        g: Array of the shape of `h`, the gradient of a loss in each state, along ways
            that go through no later state.
        x: Float array of shape (batch, steps, inputs), as in `lstm_forward`.
        w: Array of shape (inputs, 4 units).
        u: Array of shape (units, 4 units).
        gates: Array of shape (batch, steps, 4 units), from `lstm_forward`.
        c: Array of shape (batch, steps, units), likewise.
        h: Array of the same shape, likewise.

    Returns:
        Gradients of the loss in `x`, `w`, `u` and `b`, of their shapes.

    Raises:
        ValueError: If `g` has another shape than `h`.

    Reference:

    - Gers et al. (2000), "Learning to forget: continual prediction with LSTM"

    Example:

    >>> x, w, u = np.ones((1, 2, 1)), np.zeros((1, 4)), np.zeros((1, 4))
    >>> gates, c, h = lstm_forward(x, w, u, np.array([0.0, 0.0, 1.0, 0.0]))
    >>> g = np.zeros_like(h)
    >>> g[:, -1] = 1  # the last state is what counts
    >>> d_x, d_w, d_u, d_b = lstm_backward(g, x, w, u, gates, c, h)
    >>> [f"{value:.3f}" for value in d_b]  # i, f, candidate, o
    ['0.105', '0.035', '0.116', '0.129']
    """
    if np.shape(g) != h.shape:
        raise ValueError(f"g must have the shape {h.shape} of h, got {np.shape(g)}")
    e = np.empty_like(gates)  # gradient in the pre-activations of the four blocks
    d_state = d_cell = 0.0  # what arrives from the step after
    for t in reversed(range(x.shape[1])):
        i, f, candidate, o = np.split(gates[:, t], 4, axis=1)
        before = c[:, t - 1] if t > 0 else np.zeros_like(i)
        squashed = np.tanh(c[:, t])
        d_h = g[:, t] + d_state
        d_c = d_cell + d_h * o * (1 - squashed**2)
        e_i = d_c * candidate * i * (1 - i)
        e_f = d_c * before * f * (1 - f)
        e_candidate = d_c * i * (1 - candidate**2)
        e_o = d_h * squashed * o * (1 - o)
        e[:, t] = np.concatenate([e_i, e_f, e_candidate, e_o], axis=1)
        d_state, d_cell = e[:, t] @ u.T, d_c * f
    d_w = np.einsum("mtd,mtn->dn", x, e)
    d_u = np.einsum("mtk,mtn->kn", h[:, :-1], e[:, 1:])
    return e @ w.T, d_w, d_u, e.sum(axis=(0, 1))


def gru_forward(
    x: np.ndarray,
    w: np.ndarray,
    u: np.ndarray,
    b: np.ndarray,
    reset_after: bool = True,
) -> tuple[np.ndarray, np.ndarray]:
    """Runs a GRU along the sequences of a batch.

    The state h starts at 0. The weights are those of `keras.layers.GRU`: three blocks
    of columns for update gate z, reset gate r and candidate, in this order. As there,
    z is the share of the old state that stays.

    Args:
        x: Float array of shape (batch, steps, inputs).
        w: Array of shape (inputs, 3 units), weights from the input.
        u: Array of shape (units, 3 units), weights from the last state.
        b: Biases, an array of shape (2, 3 units): a row for the input's side, one for
            the state's. Of shape (3 units,) if `reset_after` is False.
        reset_after: Boolean, whether r multiplies what the old state gives to the
            candidate, as Keras does it by default, or the old state itself, as in
            Cho et al. (2014).

    Returns:
        `(gates, h)`: array of shape (batch, steps, 3 units) with z, r and the
        candidate; array of shape (batch, steps, units), the states.

    Raises:
        ValueError: If `b` is not of that shape, or the other shapes do not fit.

    Reference:

    - Cho et al. (2014), "Learning phrase representations using RNN encoder-decoder
      for statistical machine translation"

    Example:

    >>> x = np.ones((1, 3, 1))
    >>> w, u = np.array([[0.0, 0.0, 1.0]]), np.zeros((1, 3))
    >>> gates, h = gru_forward(x, w, u, np.zeros((2, 3)))
    >>> [f"{value:.3f}" for value in h[0, :, 0]]  # z = 1/2, candidate tanh(1)
    ['0.381', '0.571', '0.666']
    """
    n = len(u)
    expected = (2, 3 * n) if reset_after else (3 * n,)
    if np.shape(b) != expected:
        raise ValueError(f"b must be of shape {expected}, got {np.shape(b)}")
    from_input, from_state = b if reset_after else (b, np.zeros_like(b))
    gates, h = x @ w + from_input, []
    state = np.zeros((len(x), n), gates.dtype)
    for t in range(x.shape[1]):
        s = state @ u + from_state
        z = sigmoid(gates[:, t, :n] + s[:, :n])
        r = sigmoid(gates[:, t, n : 2 * n] + s[:, n : 2 * n])
        given = r * s[:, 2 * n :] if reset_after else (r * state) @ u[:, 2 * n :]
        candidate = np.tanh(gates[:, t, 2 * n :] + given)
        state = z * state + (1 - z) * candidate
        gates[:, t] = np.concatenate([z, r, candidate], axis=1)
        h.append(state)
    return gates, np.stack(h, axis=1)


def gru_backward(
    g: np.ndarray,
    x: np.ndarray,
    w: np.ndarray,
    u: np.ndarray,
    b: np.ndarray,
    gates: np.ndarray,
    h: np.ndarray,
    reset_after: bool = True,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Backpropagates through a GRU and through time.

    Args:
        g: Array of the shape of `h`, the gradient of a loss in each state, along ways
            that go through no later state.
        x: Float array of shape (batch, steps, inputs), as in `gru_forward`.
        w: Array of shape (inputs, 3 units).
        u: Array of shape (units, 3 units).
        b: Array of shape (2, 3 units), or (3 units,) if `reset_after` is False.
        gates: Array of shape (batch, steps, 3 units), from `gru_forward`.
        h: Array of shape (batch, steps, units), likewise.
        reset_after: Boolean, as in `gru_forward`.

    Returns:
        Gradients of the loss in `x`, `w`, `u` and `b`, of their shapes.

    Raises:
        ValueError: If `g` has another shape than `h`.

    Reference:

    - Cho et al. (2014), "Learning phrase representations using RNN encoder-decoder
      for statistical machine translation"

    Example:

    >>> x, b = np.ones((1, 2, 1)), np.zeros((2, 3))
    >>> w, u = np.array([[0.0, 0.0, 1.0]]), np.zeros((1, 3))
    >>> gates, h = gru_forward(x, w, u, b)
    >>> g = np.zeros_like(h)
    >>> g[:, -1] = 1  # the last state is what counts
    >>> d_x, d_w, d_u, d_b = gru_backward(g, x, w, u, b, gates, h)
    >>> [f"{value:.3f}" for value in d_w[0]]  # z, r, candidate
    ['-0.190', '0.000', '0.315']
    """
    if np.shape(g) != h.shape:
        raise ValueError(f"g must have the shape {h.shape} of h, got {np.shape(g)}")
    n, later = len(u), 0.0  # what arrives from the step after
    u_gates, u_candidate = u[:, : 2 * n], u[:, 2 * n :]
    e, d_u, d_inner = np.empty_like(gates), np.zeros_like(u), np.empty_like(h)
    for t in reversed(range(x.shape[1])):
        z, r, candidate = np.split(gates[:, t], 3, axis=1)
        before = h[:, t - 1] if t > 0 else np.zeros_like(z)
        d_h = g[:, t] + later
        e_z = d_h * (before - candidate) * z * (1 - z)
        e_candidate = d_h * (1 - z) * (1 - candidate**2)
        d_inner[:, t] = e_candidate * r if reset_after else e_candidate
        back = d_inner[:, t] @ u_candidate.T
        given = before @ u_candidate + b[1, 2 * n :] if reset_after else before
        e_r = (e_candidate if reset_after else back) * given * r * (1 - r)
        e[:, t] = np.concatenate([e_z, e_r, e_candidate], axis=1)
        d_u[:, : 2 * n] += before.T @ e[:, t, : 2 * n]
        d_u[:, 2 * n :] += (before if reset_after else r * before).T @ d_inner[:, t]
        later = d_h * z + e[:, t, : 2 * n] @ u_gates.T
        later = later + (back if reset_after else r * back)
    d_b = e.sum(axis=(0, 1))
    if reset_after:
        d_b = np.stack([d_b, np.append(d_b[: 2 * n], d_inner.sum(axis=(0, 1)))])
    return e @ w.T, np.einsum("mtd,mtn->dn", x, e), d_u, d_b
