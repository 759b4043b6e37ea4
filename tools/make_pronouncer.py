"""Makes dlbook/datasets/pronouncer.npz, the weights of `zoo.pronouncer`.

    KERAS_BACKEND=jax python -m tools.make_pronouncer

They are those of the first seed of study 17, with the settings of its record, trained
again: some minutes on one core. On another machine training rounds otherwise, and the
weights are others, as good as these. After a run, write the printed SHA-256 into
`dlbook/data/_files.py` and `dlbook/datasets/SOURCES.md`.
"""

import runpy

import numpy as np

from dlbook import data
from tools import packing
from tools.environment import ROOT

STUDY = ROOT / "studies" / "17_pronunciation.py"
PARTS = {"with attention": "attention", "without": "state"}


def arrays(model, part: str) -> dict[str, np.ndarray]:
    """The weights of a model in float16, named by its part of the file."""
    return {
        f"{part}/{variable.path}": array.astype("float16")
        for variable, array in zip(model.weights, model.get_weights(), strict=True)
    }


def main() -> None:
    """Trains both networks and writes the file."""
    study = runpy.run_path(str(STUDY))
    record = data.study(STUDY.stem)
    train, _ = data.pronunciations()
    content = {}
    for name, part in PARTS.items():
        settings = *record["results"][name]["chosen"], record["seeds"][0]
        model = study["trained"](study["NETWORKS"][name], *train, *settings)
        content |= arrays(model, part)
    packing.write("pronouncer.npz", content)


if __name__ == "__main__":
    main()
