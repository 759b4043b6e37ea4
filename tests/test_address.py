"""The repository's address stands in one place; a command sets its copies."""

import re
import shutil
import subprocess

import pytest

from tools import address


def strays(root):
    """Lines of tracked files that hold another address or ref than `_config.yml`."""
    url, ref = address.repository(root)
    owner_and_name = url.removeprefix("https://github.com/")
    name = owner_and_name.split("/")[1]
    found = []
    for path in address.files(root):
        for line in path.read_text().splitlines():
            for match in re.finditer(
                r"github\.com/([\w.-]+/[\w.-]+)(@[\w./-]+)?", line
            ):
                ours = match[1].removesuffix(".git").split("/")[1] == name
                at = (match[2] or f"@{ref}")[1:]
                if ours and (match[1] != owner_and_name or at != ref):
                    found.append((path.name, line.strip()))
    return found


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A git checkout of the files that can hold the address."""
    for path in address.files():
        target = tmp_path / path.relative_to(address.ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    monkeypatch.setattr(address, "ROOT", tmp_path)
    monkeypatch.setattr(address.files, "__defaults__", (tmp_path,))
    monkeypatch.setattr(address.repository, "__defaults__", (tmp_path,))
    return tmp_path


def test_no_stray_address():
    assert strays(address.ROOT) == []


def test_command_sets_it_everywhere_and_back(copy, capsys):
    before = {path: path.read_text() for path in address.files()}
    old_url, old_ref = address.repository()
    url = "/".join(["https://github.com", "a-university", "deep-learning"])
    assert address.main(["--url", url, "--ref", "v1.2"]) == 0
    assert address.repository() == (url, "v1.2")
    assert strays(copy) == []
    setup_cells = sum(f"{url}@v1.2" in p.read_text() for p in copy.rglob("*.ipynb"))
    assert setup_cells == len(list(copy.rglob("*.ipynb")))
    assert not any(old_url in path.read_text() for path in address.files())
    assert address.main(["--url", old_url, "--ref", old_ref]) == 0
    assert {path: path.read_text() for path in address.files()} == before


def test_a_stray_address_is_found(copy):
    path = next(copy.rglob("*.ipynb"))
    owner = address.repository()[0].split("/")[-2]
    path.write_text(path.read_text().replace(f"/{owner}/", "/someone/"))
    assert strays(copy)


@pytest.mark.parametrize(
    "option", ["--url=github.com/a/b", "--url=https://github.com/a", "--ref=a b"]
)
def test_bad_values_are_named(option, capsys):
    with pytest.raises(SystemExit):
        address.main([option])
    assert repr(option.split("=")[1]) in capsys.readouterr().err
