"""README, CONTRIBUTING and the workflows name what is there, and nothing else.

`python tests/test_docs.py` writes the example chapter into CONTRIBUTING.md again.
"""

import ast
import json
import os
import re
import subprocess
from pathlib import Path

import nbformat
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
CI = ROOT / ".ci" / "run"
EXAMPLE = ROOT / "tests" / "fixture_book" / "book" / "00_example.ipynb"
BEGIN, END = "<!-- example: begin -->\n", "<!-- example: end -->\n"


def written_out(notebook: nbformat.NotebookNode) -> str:
    """A notebook as Markdown: each cell's source, with its id, tags, slide and figure.

    Sources stand in fences of four backticks, so that a cell may hold one of three.
    """
    parts = []
    for cell in notebook.cells:
        tags = ", ".join(f"`{tag}`" for tag in cell.metadata.get("tags", []))
        slide = cell.metadata["slideshow"]["slide_type"]
        kind, language = {
            "markdown": ("Markdown", "markdown"),
            "code": ("Code", "python"),
        }[cell.cell_type]
        about = f"**{kind}**, id `{cell.id}`, slide `{slide}`"
        parts.append(f"{about}, tags {tags}" if tags else about)
        if "mystnb" in cell.metadata:
            figure = json.dumps({"mystnb": cell.metadata["mystnb"]}, indent=2)
            parts.append(f"```json\n{figure}\n```")
        parts.append(f"````{language}\n{cell.source}\n````")
    return "\n" + "\n\n".join(parts) + "\n\n"


def example_chapter() -> str:
    return written_out(nbformat.read(EXAMPLE, as_version=4))


def write_example_chapter() -> None:
    """Puts the example chapter between the marks in CONTRIBUTING.md."""
    path = ROOT / "CONTRIBUTING.md"
    before, rest = path.read_text().split(BEGIN)
    _, after = rest.split(END)
    path.write_text(before + BEGIN + example_chapter() + END + after)


def commands():
    """`COMMANDS` of `tools/__main__.py`, which runs when it is imported."""
    for node in ast.parse((ROOT / "tools" / "__main__.py").read_text()).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "COMMANDS":
            return ast.literal_eval(node.value)
    raise AssertionError("tools/__main__.py holds no COMMANDS")


def makefile():
    """The commands that the Makefile hands on, and all of its targets."""
    text = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    handed_on = re.search(r"^COMMANDS = (.+)$", text, re.M)[1].split()
    others = re.findall(r"^([a-z][a-z-]*):(?!=)", text, re.M)
    return handed_on, {*handed_on, *others}


def prose_and_code(text):
    """Markdown without its fenced blocks, and the code: blocks and inline."""
    fence = re.compile(r"^(`{3,})[^\n]*\n(.*?)^\1$", re.M | re.S)
    blocks = [match[2] for match in fence.finditer(text)]
    prose = fence.sub("", text)
    return prose, [*blocks, *re.findall(r"`([^`\n]+)`", prose)]


def wrong_calls(code):
    """Calls of `make` and of `python -m tools` that name nothing."""
    known, (_, targets) = commands(), makefile()
    made = {word for word in re.findall(r"\bmake ([a-z][a-z-]*)", code)}
    called = {word for word in re.findall(r"-m tools ([a-z][a-z-]*)", code)}
    return sorted(made - targets) + sorted(called - set(known))


def anchors(text):
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose_and_code(text)[0], re.M)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


def workflow_steps(path):
    for job in yaml.safe_load(path.read_text())["jobs"].values():
        yield from job["steps"]


def test_example_chapter_is_the_notebook():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    held = text.split(BEGIN)[1].split(END)[0]
    assert held == example_chapter(), "run `.venv/bin/python tests/test_docs.py`"


def test_example_chapter_is_short_enough_to_read():
    notebook = nbformat.read(EXAMPLE, as_version=4)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert max(len(source.splitlines()) for source in code) <= 15
    assert len(example_chapter().splitlines()) <= 400


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_links_resolve(path):
    text = path.read_text()
    prose, _ = prose_and_code(text)
    links = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]+`", "", prose))
    assert links
    for link in links:
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text()), link


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_named_commands_exist(path):
    _, code = prose_and_code(path.read_text())
    assert any("make " in piece for piece in code)
    assert [wrong for piece in code for wrong in wrong_calls(piece)] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_named_files_exist(path):
    """A path in the tree or in the text, such as `dlbook/train.py`, is there."""
    roots = {entry.name for entry in ROOT.iterdir()}
    _, code = prose_and_code(path.read_text().split(BEGIN)[0])
    for piece in code:
        if re.fullmatch(r"[\w./-]+/[\w./-]*", piece) and piece.split("/")[0] in roots:
            generated = piece.startswith(("_build", ".venv"))
            template = "NN" in piece or "NAME" in piece
            assert generated or template or (ROOT / piece).exists(), piece


def test_readme_begins_with_the_two_commands():
    text = (ROOT / "README.md").read_text()
    _, code = prose_and_code(text)
    first = [line.split("#")[0].strip() for line in code[0].strip().splitlines()]
    assert first == ["make book", "make test"]
    assert len(text.splitlines()) < 120


def test_readme_s_table_holds_every_command():
    text = (ROOT / "README.md").read_text()
    rows = re.findall(r"^\| `make ([a-z-]+)[^`]*` \| (.+) \|$", text, re.M)
    assert [name for name, _ in rows] == list(commands())


def test_makefile_hands_on_every_command():
    handed_on, _ = makefile()
    assert sorted(handed_on) == sorted(commands())


def test_every_command_has_its_module():
    for name in commands():
        assert (ROOT / "tools" / f"{name.replace('-', '_')}.py").exists(), name


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflow_calls_what_exists(path):
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["concurrency"]["group"]
    assert workflow[True]  # `on`, which YAML 1.1 reads as a truth value
    for name, job in workflow["jobs"].items():
        assert job["timeout-minutes"] <= 350, name  # GitHub ends a job after 360
    calls = [step["run"] for step in workflow_steps(path) if "run" in step]
    assert [wrong for call in calls for wrong in wrong_calls(call)] == []
    for script in re.findall(r"\bbash (\S+)", "\n".join(calls)):
        assert (ROOT / script).is_file(), script
    for step in workflow_steps(path):
        assert ("run" in step) != ("uses" in step), step
        assert re.fullmatch(r"actions/[a-z-]+@v\d+", step.get("uses", "actions/a@v1"))


def test_workflows_cover_every_lane():
    assert [path.stem for path in WORKFLOWS] == ["gpu", "pages", "test", "weekly"]
    runs = [step.get("run", "") for path in WORKFLOWS for step in workflow_steps(path)]
    everything = "\n".join([*runs, CI.read_text()])
    lanes = {name for name in commands() if name.startswith("test")}
    for lane in lanes | {"book", "studies"}:
        assert re.search(rf"(\bmake|-m tools) {lane}(?![\w-])", everything), lane


@pytest.mark.skipif(os.name == "nt", reason="the script is for Debian and Ubuntu")
def test_ci_script_is_sound():
    subprocess.run(["bash", "-n", CI], check=True)
    text = CI.read_text()
    assert wrong_calls(text) == []
    assert "set -euo pipefail" in text
    assert CI.stat().st_mode & 0o111, "the script must be executable"


if __name__ == "__main__":
    write_example_chapter()
