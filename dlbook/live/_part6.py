"""The live figure of Part VI: many devices share the work."""

from dlbook.live._figure import LiveFigure, _one_of
from dlbook.live._part3 import _integer, _within

#: Networks that `scaling` offers, in the order of its menu: trainable weights, and
#: multiply-adds of one forward pass of one image (28 px, and twice 224 px).
NETWORKS = {
    "LeNet": (61_706, 416_520),
    "ResNet-50": (25_583_592, 3_857_973_248),
    "VGG-16": (138_357_544, 15_470_264_320),
}

#: What stays when devices are added: the batch, or the batch of each device.
SCALINGS = ("strong", "weak")

MOST_DEVICES = 64


def scaling(
    network: str = "LeNet",
    devices: int = 8,
    batch: int = 4096,
    link: float = 12.5e9,
    latency: float = 5e-6,
    speed: float = 10e12,
    mode: str = "strong",
) -> LiveFigure:
    """How long a training step takes on N devices that share a batch.

    One device computes for `c = 6 · multiply-adds · batch / speed` seconds: two
    operations for a multiply-add, and forward and backward together cost three times
    the forward pass. N devices compute for `c/N`, then exchange the gradient, G bytes
    (four for a weight), round a ring: `2(N - 1)(latency + G/(N · link))`. With "weak"
    each device keeps its batch, so the computation stays at c and the step takes N
    batches. The reader moves devices, batch and link, and chooses network and mode; a
    batch that is divided gives each device one example at least. `state()` gives
    `network`, `weights`, `multiply_adds`, `bytes` (G), `devices`, `batch` (of each
    device, if "weak"), `examples` (of a step), `link`, `latency`, `speed`, `mode`; for
    the chosen N the seconds `compute`, `exchange` and `step`, `speedup` (examples a
    second, over those of one device) and `efficiency` (`speedup` divided by N); `best`,
    the N of the shortest step (None if the step is still falling at the last N, or the
    mode is "weak"); and `curve`, the same five numbers as lists over its `devices`.

    Args:
        network: one of `NETWORKS`.
        devices: integer from 1 to 64, N.
        batch: integer from 16 to 65,536, and at least `devices` if the mode is
            "strong".
        link: bytes a second that a device sends to its neighbour, 1e8 to 1e12.
        latency: seconds that each of the `2(N - 1)` rounds costs besides, 0 to 0.01.
        speed: operations a second of one device, 1e9 to 1e15.
        mode: one of `SCALINGS`.

    Returns:
        A `LiveFigure`.

    Raises:
        ValueError: if a name is unknown or a number out of range.
        TypeError: if a number is not one, or `devices` or `batch` not whole.

    Reference:
        Patarasuk and Yuan (2009), "Bandwidth optimal all-reduce algorithms for clusters
        of workstations", Journal of Parallel and Distributed Computing 69.

    Example:

    >>> figure = scaling("VGG-16", devices=32, batch=256)
    >>> figure.config["network"], figure.config["devices"], figure.config["mode"]
    ('VGG-16', 32, 'strong')
    >>> scaling(devices=32, batch=16)
    Traceback (most recent call last):
        ...
    ValueError: batch is 16; expected at least one example for each of 32 devices
    """
    config = {
        "networks": [[name, *numbers] for name, numbers in NETWORKS.items()],
        "network": _one_of("network", network, list(NETWORKS)),
        "devices": _integer("devices", devices, 1, MOST_DEVICES),
        "batch": _integer("batch", batch, 16, 65_536),
        "link": _within("link", link, 1e8, 1e12),
        "latency": _within("latency", latency, 0, 0.01),
        "speed": _within("speed", speed, 1e9, 1e15),
        "mode": _one_of("mode", mode, SCALINGS),
    }
    if mode == "strong" and batch < devices:
        raise ValueError(
            f"batch is {batch}; expected at least one example for each of "
            f"{devices} devices"
        )
    return LiveFigure("scaling", "Live figure: many devices share a batch", config)
