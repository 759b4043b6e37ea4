"""What a build depends on: digests of files, of chapters and of the environment.

Only the standard library is needed, but for a notebook's code.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import os
import re
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import nbformat


def digest(parts: Iterable[str | bytes]) -> str:
    """The SHA-256 of parts, each set off from the next."""
    total = hashlib.sha256()
    for part in parts:
        part = part.encode() if isinstance(part, str) else part
        total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()


def digest_files(folder: Path, paths: Iterable[Path]) -> str:
    """The digest of files' names below `folder` and of their bytes."""
    parts = []
    for path in sorted(paths):
        parts += [path.relative_to(folder).as_posix(), path.read_bytes()]
    return digest(parts)


@cache
def environment_digest() -> str:
    """The digest of this Python, Keras's backend and every distribution's version."""
    found = importlib.metadata.distributions()
    versions = {f"{dist.name}=={dist.version}" for dist in found}
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    return digest([sys.version, backend, *sorted(versions)])


def chapters(source: Path) -> list[Path]:
    """The notebooks of a book, in order."""
    return sorted((source / "book").glob("*.ipynb"))


def named(paths: Iterable[Path], names: list[str]) -> list[Path]:
    """The files whose names begin with one of `names`; all of them without any."""
    return [p for p in paths if not names or p.name.startswith(tuple(names))]


def pages(source: Path) -> list[Path]:
    """Every file of a book that rendering reads, but for the notebooks' outputs."""
    files = [source / "_config.yml", source / "_toc.yml"]
    for path in (source / "book").rglob("*"):
        parts = path.relative_to(source).parts
        hidden = any(part.startswith((".", "__pycache__")) for part in parts)
        if path.is_file() and not hidden:
            files.append(path)
    return files


def needed_files(source: Path, notebook: nbformat.NotebookNode) -> set[Path]:
    """The files of `dlbook` that a notebook's code can reach, by file.

    Follows imports transitively. `dlbook.NAME` counts as an import of that module,
    and a module that reads data files counts as needing all of them. Code that could
    reach a module in another way (`getattr(dlbook, name)`, say) counts as needing
    everything: a superset costs time, a gap would leave stale output.
    """
    package = source / "dlbook"
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    found, waiting = set(), _reached("\n".join(map(as_python, cells)), package, True)
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        if path.suffix == ".py":
            waiting |= _reached(path.read_text(encoding="utf-8"), package, False)
            waiting |= _neighbours(path, package)
    return found


def _reached(code, package, in_notebook):
    """The files of `package` that a piece of code imports or names."""
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except SyntaxError:
        return _everything(package)
    names, known_checks, understood = set(), set(), set()
    for node in nodes:  # from the outside in: a call comes before what it calls
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
            if any(alias.asname and alias.name == "dlbook" for alias in node.names):
                return _everything(package)
        elif isinstance(node, ast.ImportFrom):
            if node.level or node.module == "dlbook" and node.names[0].name == "*":
                return _everything(package)
            names |= {node.module}
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "dlbook.check":
            number = node.args and getattr(node.args[0], "value", None)
            if isinstance(number, str) and number.split(".")[0].isdecimal():
                chapter = int(number.split(".")[0])
                names |= {"dlbook", f"dlbook.exercises.chapter_{chapter:02d}"}
                known_checks.add(node.func)
                understood.add(node.func.value)
        elif isinstance(node, ast.Attribute) and node not in known_checks:
            names.add(ast.unparse(node))
            if not node.attr.startswith("__"):
                understood.add(node.value)
        elif isinstance(node, ast.Name) and node.id == "dlbook":
            if node not in understood:
                return _everything(package)
        elif in_notebook and isinstance(node, ast.Constant):
            text = node.value if isinstance(node.value, str) else ""
            if re.fullmatch(r"dlbook(\.\w+)+", text):
                names.add(text)  # import_module("dlbook.plot")
            elif "dlbook" in text:
                return _everything(package)
    return set().union(*(_files(name.split("."), package) for name in names))


def _files(parts, package):
    """The files that a dotted name stands for, with the packages around them."""
    if parts[0] != "dlbook":
        return set()
    if parts[1:2] == ["studies"]:
        return _records(package)
    if parts == ["dlbook", "check"]:  # of an exercise that is not known
        return set((package / "exercises").glob("*.py"))
    files = set()
    for length in range(1, len(parts) + 1):
        path = package.parent.joinpath(*parts[:length])
        files |= {path.with_suffix(".py"), path / "__init__.py"}
    return {path for path in files if path.is_file()}


def _neighbours(path, package):
    """The files that a module reads without importing them: data, scripts, style."""
    if path == package / "data" / "_files.py":
        return {*(package / "datasets").glob("*.*"), *_records(package)}
    if path.parent != package and path.name == "__init__.py":
        return {p for p in path.parent.glob("*.*") if p.suffix != ".py"}
    return set()


def _records(package):
    """The studies' records, and the scripts that are no studies."""
    studies = package.parent / "studies"
    return {*studies.glob("*.json"), *studies.glob("[a-z]*.py")}


def _everything(package):
    files = {path for path in package.rglob("*.*") if path.is_file()}
    return {path for path in files if path.suffix != ".pyc"} | _records(package)


def as_python(code):
    """A cell as IPython would hand it to Python; what pip installs is of no matter."""
    from IPython.core.inputtransformer2 import TransformerManager

    code = re.sub(r"^(\s*)[%!]pip\b.*$", r"\1pass", code, flags=re.MULTILINE)
    return TransformerManager().transform_cell(code)
