"""The book's Status page, wholly made from the record of runs."""

from itertools import product

BACKENDS = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}
RELEASES = ("oldest", "newest")
PYTHONS = ("3.11", "3.12", "3.13")

INTRO = """# Status

Each code cell of each chapter is executed again, and what it prints is compared, \
letter by letter, with what the book shows: on three backends, on the oldest releases \
that the book supports and on the newest, on several versions of Python. Before \
Keras 3.12 attention did not pass a mask on as Chapter 17 needs it, and before JAX 0.7 \
the loss of a machine went unnoticed in Chapter 18. \
`python -m tools test-matrix` and `python -m tools test-gpu` do it, record it and \
write this page. Seconds are those of one run, on a machine that did other work too. \
A chapter may have changed since a run's date: each change of the book is tested on \
the three backends, with one recent release of each, before it is taken.
"""
NO_GPU = """
**No run on a GPU has been recorded yet.** Everything below ran on a CPU, also the \
columns of the GPU command.
"""
COMPARED = """
## What is compared

Every cell runs. A cell whose output is a time, a version or the result of training is \
not compared; it asserts what the text says of it. A cell that prints nothing must go \
on printing nothing, and counts as compared; of a picture the size is compared. Live \
figures are tested in a browser. Chapter 18's training on several devices is JAX's: it \
takes place in the runs on JAX.

| chapter | code cells | compared |
|---|---|---|
"""


def key(entry: dict) -> tuple:
    """What a run is known by; another patch release of Python is the same run."""
    python = ".".join(entry["python"].split(".")[:2])
    names = ("backend", "release", "device", "command")
    return (python, *(entry[name] for name in names))


def order(entry: dict) -> tuple:
    """Where a run stands in the record and on the page."""
    backend, command = list(BACKENDS).index(entry["backend"]), entry["command"]
    python = [int(number) for number in entry["python"].split(".")[:2]]
    oldest = entry["release"] == "oldest"
    return (backend, command == "test-gpu", python, not oldest, entry["device"])


def page(runs: list[dict], chapters: list[str]) -> str:
    """Renders the record.

    Args:
        runs: The record, in order.
        chapters: The notebooks' names, such as "01_perceptron".
    """
    links = {name: f"[Chapter {int(name[:2])}]({name}.ipynb)" for name in chapters}
    on_gpu = any("GPU" in run["device"] for run in runs)
    text = INTRO + ("" if on_gpu else NO_GPU) + COMPARED
    last = {name: run["chapters"][name] for run in runs for name in run["chapters"]}
    known = [last[name] for name in links if name in last]
    total = {what: sum(one[what] for one in known) for what in ("cells", "compared")}
    for name, link in links.items():
        text += f"| {link} | {_share(last.get(name))} |\n"
    text += f"| together | {_share(total if known else None)} |\n"
    for backend, title in BACKENDS.items():
        mine = [run for run in runs if run["backend"] == backend]
        if mine:
            text += f"\n## {title}\n\n{_table(mine, backend, links)}\n"
            text += _failures(mine, links)
    there = {(run["backend"], key(run)[0], run["release"]) for run in runs}
    missing = [
        f"- {BACKENDS[backend]}, Python {python}, {release} releases\n"
        for backend, python, release in product(BACKENDS, PYTHONS, RELEASES)
        if (backend, python, release) not in there
    ]
    return text + "\n## Not run\n\n" + ("".join(missing) or "Nothing is missing.\n")


def _share(found):
    if found is None:
        return "not run |"
    share = found["compared"] / max(found["cells"], 1)
    return f"{found['cells']} | {found['compared']} ({share:.0%})"


def _name(run):
    by_hand = run["command"] == "test-gpu"
    return f"Python {key(run)[0]}, {'GPU command' if by_hand else run['release']}"


def _table(runs, backend, links):
    """A column for each run: versions, place, and each chapter's seconds."""
    rows = {
        "": map(_name, runs),
        "---": ["---"] * len(runs),
        "Keras": [run["versions"]["keras"] for run in runs],
        BACKENDS[backend]: [run["versions"][backend] for run in runs],
        "NumPy": [run["versions"]["numpy"] for run in runs],
        **{what: [r[what] for r in runs] for what in ("device", "machine", "date")},
    }
    for name, link in links.items():
        rows[link] = [_outcome(run["chapters"].get(name)) for run in runs]
    return "".join(f"| {' | '.join([name, *row])} |\n" for name, row in rows.items())


def _outcome(found):
    if found is None:
        return "not run"
    return "**failed**" if found["failures"] else f"{found['seconds']:.0f} s"


def _failures(runs, links):
    lines = [
        f"- {_name(run)}, {links[name]}, cell `{cell}`: `{why.replace('`', chr(39))}`\n"
        for run in runs
        for name, found in run["chapters"].items()
        for cell, why in found["failures"].items()
        if name in links
    ]
    return "".join(["Failures:\n\n", *lines]) if lines else "No failures.\n"
