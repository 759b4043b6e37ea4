"""`python -m tools address`: set the repository's address and ref everywhere.

They stand in `_config.yml`, where the site's buttons take them from. Setup cells,
documents and workflows carry copies, which this command keeps the same. To publish:
set a tag's name as the ref, commit, and tag that commit, so that the site and the
notebooks that its Colab buttons open come from one commit.
"""

import argparse
import re
import subprocess
from pathlib import Path

import yaml

from tools.environment import ROOT


def repository(root: Path = ROOT) -> tuple[str, str]:
    """The address and the ref that `_config.yml` holds."""
    held = yaml.safe_load((root / "_config.yml").read_text())["repository"]
    return held["url"], held["branch"]


def files(root: Path = ROOT) -> list[Path]:
    """The text files that git tracks, or will: those that can hold the address."""
    call = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(call, cwd=root, capture_output=True, text=True, check=True)
    suffixes = {".ipynb", ".md", ".yml", ".cff", ".toml", ".txt", ".py", ".js", ".css"}
    found = (root / name for name in listed.stdout.splitlines())
    return [p for p in found if p.suffix in suffixes and p.is_file()]


def main(argv: list[str]) -> int:
    """Sets the address; returns the exit code."""
    parser = argparse.ArgumentParser("tools address", description=__doc__)
    parser.add_argument("--url", type=_url, help="https://github.com/OWNER/NAME")
    parser.add_argument("--ref", type=_ref, help="a branch, a tag or a commit")
    options = parser.parse_args(argv)
    old_url, old_ref = repository()
    url, ref = options.url or old_url, options.ref or old_ref
    config = ROOT / "_config.yml"
    config_text = re.sub(
        r"^(\s+branch:\s*).*$", rf"\g<1>{ref}", config.read_text(), flags=re.M
    )
    changed = {config: config_text.replace(old_url, url)}
    for path in files():
        text = changed.get(path, path.read_text())
        new = text.replace(f"{old_url}@{old_ref}", f"{old_url}@{ref}")
        new = new.replace(f"{old_url}/blob/{old_ref}/", f"{old_url}/blob/{ref}/")
        new = new.replace(old_url, url)
        if new != path.read_text():
            changed[path] = new
    for path, text in changed.items():
        path.write_text(text)
        print(path.relative_to(ROOT))
    print(f"{url} at {ref}")
    return 0


def _url(text):
    if not re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+(?<!\.git)", text):
        raise argparse.ArgumentTypeError(
            f"expected https://github.com/OWNER/NAME, got {text!r}"
        )
    return text


def _ref(text):
    if not re.fullmatch(r"[\w][\w./-]*", text):
        raise argparse.ArgumentTypeError(f"expected a git ref, got {text!r}")
    return text
