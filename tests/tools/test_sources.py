"""Which files of `dlbook` a chapter's code can reach: a gap is stale output."""

import shutil

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools import sources
from tools.environment import ROOT


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """`dlbook` as it stands, with files that a later chapter may add."""
    folder = tmp_path_factory.mktemp("source")
    shutil.copytree(ROOT / "dlbook", folder / "dlbook")
    added = {
        "dlbook/helper.py": "VALUE = 1\n",
        "dlbook/scratch/idea.py": "from dlbook.helper import VALUE\n",
        "dlbook/scratch/other.py": "",
        "dlbook/scratch/cousin.py": "from .other import x\n",
        "dlbook/scratch/broken.py": "def (:\n",
        "dlbook/exercises/chapter_90.py": "from dlbook.scratch import idea\n",
        "dlbook/exercises/chapter_91.py": "",
        "studies/90_record.json": "{}",
        "studies/90_record.py": "",
        "studies/train.py": "",
    }
    for name, text in added.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def needs(source):
    """A function from a chapter's code cells to the names of the files it needs."""

    def names(*cells):
        notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
        found = sources.needed_files(source, notebook)
        return {path.relative_to(source).as_posix() for path in found}

    return names


@pytest.fixture
def everything(source):
    """Every file that any chapter could need."""
    found = [path for path in (source / "dlbook").rglob("*.*") if path.is_file()]
    found += [source / "studies" / name for name in ("90_record.json", "train.py")]
    names = {path.relative_to(source).as_posix() for path in found}
    return {name for name in names if not name.endswith(".pyc")}


SETUP = """\
try:
    import dlbook
except ModuleNotFoundError:
    %pip install --quiet "dlbook @ git+https://example.org/dlbook@main"
    import dlbook

dlbook.setup()
"""
ALWAYS = {"dlbook/__init__.py", "dlbook/_check.py", "dlbook/_setup.py"}


def test_a_chapter_without_dlbook_needs_nothing(needs):
    assert needs("import numpy as np", "print(np.e)") == set()


def test_the_setup_cell_needs_the_base_alone(needs):
    found = needs(SETUP)
    assert found >= ALWAYS
    assert not found & {"dlbook/helper.py", "dlbook/data/_files.py", "dlbook/train.py"}
    assert not [name for name in found if "exercises" in name or "scratch" in name]


@pytest.mark.parametrize(
    "code, module",
    [
        ("from dlbook import data", "data/_images.py"),
        ("from dlbook import data as d", "data/_images.py"),
        ("import dlbook.train as t", "train.py"),
        ("import dlbook\ndlbook.train.fit", "train.py"),
        ("def f():\n    from dlbook.train import fit", "train.py"),
        ("from dlbook.scratch import other", "scratch/other.py"),
        ("from dlbook.scratch.other import *", "scratch/other.py"),
        ("import dlbook\ndlbook.scratch.other.x", "scratch/other.py"),
        ("import importlib\nimportlib.import_module('dlbook.train')", "train.py"),
        ("%load_ext autoreload\n!ls -l 'x\nfrom dlbook import train", "train.py"),
        ("names = !ls\nfrom dlbook import train\ntrain?", "train.py"),
    ],
)
def test_an_import_needs_its_module_and_not_the_next(needs, code, module):
    found = needs(code)
    assert f"dlbook/{module}" in found
    assert "dlbook/scratch/idea.py" not in found
    assert ALWAYS <= found


def test_imports_are_followed(needs):
    found = needs("from dlbook.scratch import idea")
    assert {"dlbook/scratch/idea.py", "dlbook/helper.py"} <= found
    assert "dlbook/scratch/other.py" not in found


def test_data_needs_data_files_records_and_scripts_but_no_study(needs):
    found = needs("import dlbook\ndlbook.data.mnist()")
    assert "dlbook/datasets/mnist_sample.npz" in found
    assert "studies/90_record.json" in found
    assert "studies/train.py" in found  # chapter 18 runs it
    assert "studies/90_record.py" not in found
    assert "studies/90_record.json" in needs("import dlbook.studies as s")


def test_live_figures_need_their_scripts_and_style(needs, source):
    found = needs("from dlbook import live\nlive.perceptron()")
    in_folder = {f"dlbook/live/{p.name}" for p in (source / "dlbook/live").glob("*.*")}
    assert found >= in_folder
    assert any(name.endswith(".js") for name in in_folder)


def test_an_exercise_needs_its_chapters_references(needs):
    found = needs('import dlbook\ndlbook.check("90.2", ...)')
    assert {"dlbook/exercises/chapter_90.py", "dlbook/helper.py"} <= found
    assert "dlbook/exercises/chapter_91.py" not in found


@pytest.mark.parametrize(
    "code",
    [
        "import dlbook\nfor n in '12':\n    dlbook.check(f'90.{n}', 1)",
        "import dlbook\nn = '90.1'\ndlbook.check(n, 1)",
        "import dlbook\njudge = dlbook.check\njudge('90.1', 1)",
        "from dlbook import check\ncheck('90.1', 1)",
        "import dlbook\ndlbook.check('90.1', dlbook.check)",
    ],
)
def test_a_check_of_an_unknown_exercise_needs_all_references(needs, code):
    found = needs(code)
    assert "dlbook/exercises/chapter_91.py" in found
    assert "dlbook/helper.py" in found  # through the references of chapter 90


@pytest.mark.parametrize(
    "code",
    [
        "import dlbook\nd = dlbook\nd.train.fit",
        "import dlbook as d\nd.train.fit",
        "import dlbook\ngetattr(dlbook, 'tr' + 'ain')",
        "import dlbook\nlist(map(lambda m: m.train, [dlbook]))",
        "import dlbook\ndlbook.__getattr__('train')",
        "from dlbook import *",
        "import sys\nsys.modules['dlbook'].train",
        "__import__('dlbook').train",
        "exec('from dlbook import train')",
        "%%time\nfrom dlbook import train",
        "!python -m dlbook.train",
        "import dlbook\ndlbook.check('90.1', dlbook)",
        "from dlbook.scratch import cousin",
        "from dlbook.scratch import broken",
        "def (:",
    ],
)
def test_what_cannot_be_followed_needs_everything(needs, everything, code):
    assert needs(code) == everything


def test_prose_needs_nothing(source):
    notebook = new_notebook(cells=[new_markdown_cell("from dlbook import data")])
    assert sources.needed_files(source, notebook) == set()


def test_digests_tell_names_contents_and_borders_apart(tmp_path):
    assert sources.digest(["ab", "c"]) != sources.digest(["a", "bc"])
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("x")
    two.write_text("x")
    alone = sources.digest_files(tmp_path, [one])
    assert alone != sources.digest_files(tmp_path, [two])
    assert sources.digest_files(tmp_path, [one, two]) == sources.digest_files(
        tmp_path, [two, one]
    )
    one.write_text("y")
    assert alone != sources.digest_files(tmp_path, [one])


def test_the_environment_counts_the_backend_and_the_installed_versions(monkeypatch):
    def digest():
        sources.environment_digest.cache_clear()
        return sources.environment_digest()

    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    before = digest()
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")  # the default
    assert digest() == before
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert digest() != before
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    found = sources.importlib.metadata.distributions()
    others = [dist for dist in found if dist.name != "numpy"]
    monkeypatch.setattr(sources.importlib.metadata, "distributions", lambda: others)
    assert digest() != before
    monkeypatch.undo()
    sources.environment_digest.cache_clear()
