"""Packaged words come from the sources that SOURCES.md names, cut as it says."""

import pytest

from tools import make_names, make_pronunciations
from tools.environment import ROOT


@pytest.mark.parametrize(
    "file, sha256",
    [
        ("names.npz", make_names.SOURCE_SHA256),
        ("pronunciations.npz", make_names.SOURCE_SHA256),
        ("pronunciations.npz", make_pronunciations.SOURCE_SHA256),
    ],
)
def test_the_sources_are_recorded(file, sha256):
    sources = (ROOT / "dlbook" / "datasets" / "SOURCES.md").read_text(encoding="utf-8")
    assert sha256 in sources.split(f"## {file}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize(
    "make", [lambda path: make_names.read(path), make_pronunciations.read]
)
def test_only_the_recorded_source_is_taken(tmp_path, make):
    (tmp_path / "source").write_bytes(b"MARY 2.629\n")
    with pytest.raises(ValueError, match="has SHA-256 .* expected"):
        make(tmp_path / "source")


def test_each_name_is_in_one_part():
    names = {f"name {i}" for i in range(1000)}
    parts = make_names.split(names)
    assert len(parts["test"]) == 500
    assert sorted([*parts["train"], *parts["test"]]) == sorted(names)


def test_words_with_one_way_to_say_them_are_chosen():
    pronunciations = {
        "cat": ["K AE T"],
        "either": ["IY DH ER", "AY DH ER"],  # two ways
        "mary": ["M EH R IY"],  # a name
        "bbc": ["B IY B IY S IY"],  # no vowel letter
        "usa": ["Y UW EH S EY"],  # spelled out: more sounds than letters and one
        "dr": ["D AA K T ER"],  # two letters
        "aachen": [""],  # a remark in the source
        "pst": ["P S T"],
        "o'clock": ["AH K L AA K"],
    }
    assert make_pronunciations.choose(pronunciations, {"mary"}) == {"cat": "K AE T"}


def test_words_of_one_stem_are_one_family():
    words = "hunt hunts hunter hunting hope hoping run running carry carries cat sun"
    families = make_pronunciations.families(sorted(words.split()))
    assert {frozenset(family) for family in families} == {
        frozenset({"hunt", "hunts", "hunter", "hunting"}),
        frozenset({"hope", "hoping"}),
        frozenset({"run", "running"}),
        frozenset({"carry", "carries"}),
        frozenset({"cat"}),
        frozenset({"sun"}),
    }


def test_no_family_is_torn_between_training_and_test(monkeypatch):
    monkeypatch.setattr(make_pronunciations, "TRAIN", 30)
    monkeypatch.setattr(make_pronunciations, "TEST", 11)
    letters = "abcdefghijklmnopqrstuvwxyz"
    chosen = {f"{a}xp{end}": f"sound {a}" for a in letters for end in ("", "s", "ed")}
    arrays = make_pronunciations.split(chosen)
    assert (len(arrays["x_train"]), len(arrays["x_test"])) == (30, 11)
    assert not {w[0] for w in arrays["x_train"]} & {w[0] for w in arrays["x_test"]}
    for part in ("train", "test"):
        spoken = [chosen[word] for word in arrays[f"x_{part}"]]
        assert arrays[f"y_{part}"].tolist() == spoken
