"""Writing files whole."""

from pathlib import Path


def replace(path: Path, text: str) -> None:
    """Replaces a file at once: whoever is interrupted leaves the old one or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)
