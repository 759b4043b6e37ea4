"""Study 17: spelling to sounds, with attention and without, 140,040 parameters each.

The learning rate is chosen for either network alike, in runs of four epochs from three
starts, on 2,000 words that are held out of the 30,000 for training, families of
inflections whole; the grid grows until its best lies inside. Then each trains on all
30,000 words, from five starts, for eight epochs, and says the 2,000 test words. The
record has the edits of each test word: of the likeliest sound at each place, and for
the first 1,000 also of a beam of four.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")  # the record is of JAX
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from dlbook import data, zoo
from dlbook.scratch.decoding import beam_search, edit_distance, greedy
from dlbook.zoo.pronouncer import decode_sounds, encode_sounds, encode_words
from tools import study
from tools.make_pronunciations import families

NETWORKS = {"with attention": True, "without": False}
TUNING_SEEDS = (100, 101, 102)
HELD_OUT = 2000
BATCH_SIZE = 64
SHORT, EPOCHS = 4, 8
RATES = [8e-3, 16e-3, 32e-3]  # and on by factors of two, if the best is at an end
DROPOUT = 0.2
BEAM, BEAM_WORDS = 4, 1000
DIGITS = "0123456789abcdef"  # how the record writes the edits of a word

# Where the means over the starts must lie: error of sounds, error of words.
MEANS = {
    "with attention": ((0.1055, 0.113), (0.425, 0.443)),
    "without": ((0.1245, 0.133), (0.455, 0.478)),
}
# What attention must gain in the error of sounds, by letters of the word.
GAINS = {(3, 7): (0, 0.011), (8, 10): (0.022, 0.038), (10, 10): (0.035, 0.065)}


def held_out(words):
    """True for the words of families drawn until there are 2,000."""
    groups = families(sorted(words.tolist()))
    drawn = []
    for place in np.random.RandomState(0).permutation(len(groups)):
        drawn += groups[place]
        if len(drawn) >= HELD_OUT:
            return np.isin(words, drawn[:HELD_OUT]), np.isin(words, drawn)


def arrays(words, lines):
    """Letters, sounds before, sounds to say, and which of these count."""
    letters, sounds = encode_words(words), encode_sounds(lines)
    before = np.pad(sounds[:, :-1], ((0, 0), (1, 0)))
    counts = np.cumsum(sounds == 0, axis=1) <= 1  # up to the first end
    return letters, before, sounds, counts.astype("float32")


def trained(attention, words, lines, rate, seed, epochs):
    """A network, trained with Adam and a rate that falls as a cosine."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    model = zoo.pronouncer(attention, dropout=DROPOUT)
    steps = epochs * -(-len(words) // BATCH_SIZE)
    decay = keras.optimizers.schedules.CosineDecay(rate, steps)
    entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(decay, clipnorm=1.0), entropy)
    letters, before, sounds, counts = arrays(words, lines)
    model.fit([letters, before], sounds, BATCH_SIZE, epochs, 0, sample_weight=counts)
    return model


def edits(model, words, lines, width=1):
    """The edits from what the network says to what is right, for each word."""

    def predict(letters, before):
        return model.predict([letters, before], batch_size=500, verbose=0)

    letters, length = encode_words(words), encode_sounds(lines).shape[1]
    if width == 1:
        said = greedy(predict, letters, length)
    else:
        said = beam_search(predict, letters, length, width)[0][:, 0]
    pairs = zip(decode_sounds(said), lines, strict=True)
    return [edit_distance(said.split(), line.split()) for said, line in pairs]


def sound_error(found, lines):
    return sum(found) / sum(len(line.split()) for line in lines)


def written(found):
    return "".join(DIGITS[edits] for edits in found)


def tuned(attention, rate, words, lines):
    """Error of sounds on the words held out, by seed."""
    out, family = held_out(words)
    found = []
    for seed in TUNING_SEEDS:
        model = trained(attention, words[~family], lines[~family], rate, seed, SHORT)
        errors = edits(model, words[out], lines[out])
        found.append(round(sound_error(errors, lines[out]), 4))
    print(attention, rate, found, flush=True)
    return found


def best(tried):
    return min(tried, key=lambda rate: np.mean(tried[rate]))


def run(seeds):
    """Returns the rates tried and chosen, and the edits of each test word, by seed."""
    (words, lines), (words_test, lines_test) = data.pronunciations()
    some = words_test[:BEAM_WORDS], lines_test[:BEAM_WORDS]
    results = {}
    for name, attention in NETWORKS.items():
        tried = {rate: tuned(attention, rate, words, lines) for rate in RATES}
        while (rate := best(tried)) in (min(tried), max(tried)):
            rate = rate / 2 if rate == min(tried) else 2 * rate
            tried[rate] = tuned(attention, rate, words, lines)
        said = {"greedy": [], "beam": []}
        for seed in seeds:
            model = trained(attention, words, lines, rate, seed, EPOCHS)
            found = edits(model, words_test, lines_test)
            searched = edits(model, *some, BEAM)
            said["greedy"].append(written(found))
            said["beam"].append(written(searched))
            shares = sound_error(found, lines_test), np.mean(np.array(found) > 0)
            print(name, seed, *np.round(shares, 4), np.mean(np.array(searched) > 0))
        rates = {f"{rate:g}": tried[rate] for rate in sorted(tried)}
        results[name] = {"rates": rates, "chosen": rate, **said}
    return results


def counted(results, how, words):
    """By network, the edits of each start and word, as the record writes them."""
    found = {}
    for name in NETWORKS:
        runs = results[name][how]
        assert len(runs) == 5 and all(len(run) == words for run in runs)
        found[name] = np.array([[DIGITS.index(digit) for digit in run] for run in runs])
        assert found[name].max() <= 11  # no more than the longest has sounds
    return found


def difference(a, b):
    """Mean of b - a over words and starts, and its error over the words."""
    per_word = b.mean(axis=0) - a.mean(axis=0)
    return per_word.mean(), per_word.std() / np.sqrt(len(per_word))


def conclude(results):
    """Asserts what chapter 17 says of the starts and of their means."""
    _, (words, lines) = data.pronunciations()
    length = np.array([len(word) for word in words])
    sounds = np.array([len(line.split()) for line in lines])
    for name in NETWORKS:
        tried = {float(rate): found for rate, found in results[name]["rates"].items()}
        assert results[name]["chosen"] == best(tried)
        assert min(tried) < best(tried) < max(tried)

    edits = counted(results, "greedy", len(words))
    for name, bands in MEANS.items():
        errors = edits[name].sum(axis=1) / sounds.sum(), (edits[name] > 0).mean(axis=1)
        for error, (low, high) in zip(errors, bands, strict=True):
            assert low < error.mean() < high, (name, error.mean())
            assert np.ptp(error) < 0.03, (name, error)
    with_, without = edits.values()
    assert with_.sum(axis=1).max() < without.sum(axis=1).min()  # in every start
    gain, error = difference(with_ > 0, without > 0)
    assert gain > 4 * error
    for (shortest, longest), (low, high) in GAINS.items():
        part = (length >= shortest) & (length <= longest)
        of = [found[:, part].sum() / 5 / sounds[part].sum() for found in edits.values()]
        assert low < of[1] - of[0] < high, (shortest, longest, of)

    beam = counted(results, "beam", BEAM_WORDS)
    for name in NETWORKS:
        gain, _ = difference(beam[name] > 0, edits[name][:, :BEAM_WORDS] > 0)
        assert 0.001 < gain < 0.01, (name, gain)


if __name__ == "__main__":
    study.main(__file__, run, conclude, seeds=range(5))
