"""What the makers of packaged files share: a known source, a file, its SHA-256."""

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tools.environment import ROOT

DATASETS = ROOT / "dlbook" / "datasets"


def read(source: Path, sha256: str) -> bytes:
    """Reads a source and holds it against its SHA-256.

    Raises:
        ValueError: If the file is another one.
    """
    content = source.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ValueError(f"{source} has SHA-256 {found}, expected {sha256}")
    return content


def write(name: str, content: bytes | Mapping[str, np.ndarray]) -> None:
    """Writes a file of dlbook/datasets, arrays as npz; prints its size and SHA-256."""
    if not isinstance(content, bytes):
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **content)
        content = buffer.getvalue()
    (DATASETS / name).write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    print(f"{name}: {len(content):,} bytes, SHA-256 {digest}")
