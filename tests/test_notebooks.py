"""The form of every chapter: what is stored, what is compared, how exercises stand."""

import ast
import functools
import importlib
import re
from pathlib import Path

import nbformat
import pytest

from tools.notebooks import NOT_COMPARED, canonical
from tools.sources import as_python

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = sorted((ROOT / "book").glob("*.ipynb"))
EXAMPLE = ROOT / "tests" / "fixture_book" / "book" / "00_example.ipynb"
TAGS = {"setup", "exercise", "solution", "hide-input", "hide-cell", "live"}
TAGS |= {"nbval-ignore-output"}
SLIDES = {"slide", "subslide", "fragment", "skip", "notes", "-"}


@pytest.fixture(params=[*CHAPTERS, EXAMPLE], ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def tags(cell):
    return set(cell.metadata.get("tags", []))


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def text_of(cell):
    return "".join(output.get("text", "") for output in cell.outputs)


def test_stored_in_the_canonical_form(path, notebook):
    nbformat.validate(notebook)
    text = nbformat.writes(canonical(notebook)) + "\n"
    assert path.read_text() == text, f"run `make notebooks ARGS={path.stem}`"


def test_no_cell_escapes_comparison_unnoticed(notebook):
    """nbval passes an unexecuted cell silently, so only tagged cells may be one."""
    for cell in code_cells(notebook):
        opted_out = bool(tags(cell) & NOT_COMPARED)
        assert (cell.execution_count is None) == opted_out, cell.id
        assert not (opted_out and cell.outputs), cell.id
    assert any(cell.outputs for cell in code_cells(notebook)), "stored without outputs"


def test_share_of_cells_compared(path, notebook, capsys):
    cells = code_cells(notebook)
    compared = [cell for cell in cells if not tags(cell) & NOT_COMPARED]
    with capsys.disabled():
        share = len(compared) / len(cells)
        print(
            f"\n  {path.stem}: {len(compared)} of {len(cells)} compared ({share:.0%})"
        )
    for cell in set_difference(cells, compared):
        # what is not compared must assert, or be a live figure that the browser holds
        assert "live" in tags(cell) or re.search(
            r"\bassert\b|\bdescribe\(", cell.source
        ), f"{cell.id} is neither compared nor asserts anything"
    assert share >= 0.7


def set_difference(cells, compared):
    return [cell for cell in cells if not any(cell is other for other in compared)]


def test_known_tags_and_slides(notebook):
    for cell in notebook.cells:
        assert tags(cell) <= TAGS, cell.id
        assert cell.metadata["slideshow"]["slide_type"] in SLIDES, cell.id


def test_setup_cell_is_the_same_everywhere(notebook):
    example = nbformat.read(EXAMPLE, as_version=4)
    expected = next(cell for cell in example.cells if "setup" in tags(cell)).source
    first = code_cells(notebook)[0]
    assert "setup" in tags(first) and first.source == expected


def test_outputs_hold_no_noise(notebook):
    noise = re.compile(r"oneDNN|absl|cuda|/tmp/|Traceback|Warning|\bE0000\b", re.I)
    for cell in code_cells(notebook):
        for output in cell.outputs:
            assert output.get("name") != "stderr", cell.id
            assert output.output_type != "error", cell.id
        assert not noise.search(text_of(cell)), cell.id


def test_figures_have_caption_and_alt_text(notebook):
    for cell in code_cells(notebook):
        drawn = re.findall(r"<Figure size (\d+)x", str(cell.outputs))
        # At 120 dots an inch: wider ones are too small to read at 390 px.
        assert all(int(width) <= 6.4 * 120 for width in drawn), cell.id
        if drawn or "plt.show()" in cell.source:
            about = cell.metadata.get("mystnb", {})
            assert about.get("image", {}).get("alt", "").strip(), cell.id
            assert about.get("figure", {}).get("caption", "").strip(), cell.id


def test_exercises_have_the_one_form(path, notebook):
    cells = notebook.cells
    found = []
    for index, cell in enumerate(cells):
        match = re.search(
            r"^### Exercise (\d+\.\d+) · .+ ★{1,3}☆{0,2}( \(open\))?$",
            cell.source,
            re.M,
        )
        assert bool(match) == bool(re.search(r"^#+ Exercise ", cell.source, re.M)), (
            cell.id
        )
        if not match:
            continue
        number = match[1]
        found.append(number)
        skeleton, solution, worked = cells[index + 1 : index + 4]
        assert tags(skeleton) == {"exercise"}, skeleton.id
        last = rf'dlbook\.check\("{re.escape(number)}", .+\)$'
        assert re.search(last, skeleton.source), skeleton.id
        assert text_of(skeleton) == f"Exercise {number}: not answered yet.\n"
        assert solution.cell_type == "markdown" and tags(solution) == {"solution"}
        assert solution.source.startswith("<details><summary>Solution</summary>\n\n")
        assert solution.source.rstrip().endswith("\n\n</details>"), solution.id
        assert tags(worked) == {"solution", "hide-cell"}, worked.id
        assert re.search(last, worked.source, re.M), worked.id
        assert f"Exercise {number}: correct.\n" in text_of(worked), worked.id
    chapter = int(path.stem[:2])
    assert found == [f"{chapter}.{i}" for i in range(1, len(found) + 1)]
    if path != EXAMPLE:
        module = importlib.import_module(f"dlbook.exercises.chapter_{chapter:02d}")
        assert list(module.EXERCISES) == found
        assert len(found) >= 6


def test_chapter_has_the_guide_s_parts(path, notebook):
    prose = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    parts = ["**You will be able to**", "**You need**", "## Summary", "## Exercises"]
    parts += ["## Further reading"]
    if path != EXAMPLE:
        parts += ["## Pitfalls"]
        assert any("live" in tags(cell) for cell in code_cells(notebook))
    for part in parts:
        assert part in prose, part


def scratch_modules():
    modules = (ROOT / "dlbook" / "scratch").glob("[a-z]*.py")
    return sorted(module for module in modules)


@functools.cache
def taught():
    """Name -> the syntax trees that chapters give it."""
    found = {}
    for chapter in CHAPTERS:
        for cell in code_cells(nbformat.read(chapter, as_version=4)):
            if not tags(cell) & {"exercise", "solution"}:
                for name, tree in definitions(as_python(cell.source)).items():
                    found.setdefault(name, []).append(tree)
    return found


@pytest.mark.parametrize("module", scratch_modules(), ids=lambda path: path.stem)
def test_scratch_functions_stand_in_a_chapter(module):
    """A function of `dlbook.scratch` is the chapter's own, to the syntax tree."""
    shown, kept = taught(), definitions(module.read_text())
    assert kept
    for name, tree in kept.items():
        assert name in shown, f"{module.name}: {name} stands in no chapter"
        assert tree in shown[name], f"{module.name}: {name} differs from its chapter"


def test_lenet_of_the_zoo_stands_in_its_chapter():
    kept = definitions((ROOT / "dlbook/zoo/lenet.py").read_text())
    assert taught()["lenet"] == [kept["lenet"]]


def definitions(code):
    """Name -> syntax tree of functions and classes, without docstrings and hints."""
    found = {}
    for node in ast.parse(code).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found[node.name] = ast.dump(Bare().visit(node))
    return found


class Bare(ast.NodeTransformer):
    """Drops annotations and docstrings."""

    def visit_FunctionDef(self, node):
        node.returns = None
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        return self.generic_visit(node)

    def visit_ClassDef(self, node):
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        return self.generic_visit(node)

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_AnnAssign(self, node):
        return ast.Assign([node.target], node.value)
