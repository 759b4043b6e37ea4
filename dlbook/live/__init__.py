"""Interactive figures: self-contained HTML that needs no kernel and no server.

Each function returns a figure that Jupyter, Colab and the book's pages display.
The HTML carries its own style and scripts, because Colab puts every output into an
iframe of its own. In a page the running figure answers to
`window.dlbookLive["perceptron"]` (a second one on the same page to
`"perceptron-2"`) with `state()`, `set(changes)`, `step(n)`, `run()`, `stop()` and
`reset()`, so that a test can hold its numbers against Python's.
"""

from dlbook.live._figure import LiveFigure
from dlbook.live._part1 import LOSSES, PRESETS, descent, perceptron
from dlbook.live._part2 import (
    ACTIVATIONS,
    FUNCTIONS,
    STARTS,
    backpropagation,
    hidden_layer,
    hinges,
)
from dlbook.live._part3 import (
    DEEP_ACTIVATIONS,
    FAULTS,
    RACERS,
    SURFACES,
    activations,
    diagnosis,
    double_descent,
    optimizers,
)
from dlbook.live._part4 import (
    IMAGES,
    KERNELS,
    STACKS,
    blend,
    convolution,
    lenet,
    lenet_weights,
    residual,
    transfer,
    transfer_features,
)
from dlbook.live._part5 import (
    COUNTERS,
    GATE_PRESETS,
    GATED_CELLS,
    RECURRENT_ACTIVATIONS,
    WORDS,
    attention,
    attention_weights,
    gates,
    recurrent,
)
from dlbook.live._part6 import NETWORKS, SCALINGS, scaling

__all__ = [
    "ACTIVATIONS",
    "COUNTERS",
    "DEEP_ACTIVATIONS",
    "FAULTS",
    "FUNCTIONS",
    "GATED_CELLS",
    "GATE_PRESETS",
    "IMAGES",
    "KERNELS",
    "LOSSES",
    "NETWORKS",
    "PRESETS",
    "RACERS",
    "RECURRENT_ACTIVATIONS",
    "SCALINGS",
    "STACKS",
    "STARTS",
    "SURFACES",
    "WORDS",
    "LiveFigure",
    "activations",
    "attention",
    "attention_weights",
    "backpropagation",
    "blend",
    "convolution",
    "descent",
    "diagnosis",
    "double_descent",
    "gates",
    "hidden_layer",
    "hinges",
    "lenet",
    "lenet_weights",
    "optimizers",
    "perceptron",
    "recurrent",
    "residual",
    "scaling",
    "transfer",
    "transfer_features",
]
