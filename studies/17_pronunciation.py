"""Study 17: spelling to sounds, with attention and without, 140,040 parameters each.

The learning rate, then the dropout, are chosen for each network, from three starts, on
2,000 words that are held out of the 30,000 for training, families of inflections whole;
the grid of rates grows until its best lies inside. Then each trains on all 30,000
words, from five starts, and says the 2,000 test words and 2,000 of the training words.
The record has the edits of each word: of the likeliest sound at each place, and for the
first 1,000 test words also of a beam of four. All training takes eight epochs.
"""

import os
from functools import partial

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
EPOCHS = 8
RATES = [8e-3, 16e-3, 32e-3]  # and on by factors of two, if the best is at an end
DROPOUTS = [0.0, 0.1, 0.2, 0.4]  # with the best rate, which was found with
DROPOUT = 0.2
TRAINING = 15  # every fifteenth of the training words
BEAM, BEAM_WORDS = 4, 1000
DIGITS = "0123456789abcdef"  # how the record writes the edits of a word

# Where the means over the starts must lie: error of sounds, error of words.
MEANS = {
    "with attention": ((0.095, 0.102), (0.39, 0.41)),
    "without": ((0.124, 0.131), (0.458, 0.478)),
}
# What attention must gain in the error of sounds, by letters of the word.
GAINS = {(3, 7): (0.007, 0.018), (8, 10): (0.034, 0.048), (10, 10): (0.048, 0.070)}
# What a beam must gain in the error of words.
BEAM_GAINS = {"with attention": (-0.001, 0.005), "without": (0.004, 0.013)}
# Within which all starts' error lies, on learned words of eight letters and more.
LEARNED = {"with attention": (0.055, 0.07), "without": (0.068, 0.079)}


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


def trained(attention, words, lines, rate, dropout, seed):
    """A network, trained with Adam and a rate that falls as a cosine."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    model = zoo.pronouncer(attention, dropout=dropout)
    steps = EPOCHS * -(-len(words) // BATCH_SIZE)
    decay = keras.optimizers.schedules.CosineDecay(rate, steps)
    entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(decay, clipnorm=1.0), entropy)
    letters, before, sounds, counts = arrays(words, lines)
    model.fit([letters, before], sounds, BATCH_SIZE, EPOCHS, 0, sample_weight=counts)
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


def judged(attention, words, lines, rate, dropout):
    """Error of sounds on the words held out, by seed."""
    out, family = held_out(words)
    found = []
    for seed in TUNING_SEEDS:
        rest = words[~family], lines[~family]
        model = trained(attention, *rest, rate, dropout, seed)
        errors = edits(model, words[out], lines[out])
        found.append(round(sound_error(errors, lines[out]), 4))
    print(attention, rate, dropout, found, flush=True)
    return found


def best(tried):
    return min(tried, key=lambda value: np.mean(tried[value]))


def tuned(judge):
    """Errors by rate with the one dropout, then by dropout with the best rate."""
    rates = {rate: judge(rate, DROPOUT) for rate in RATES}
    while (rate := best(rates)) in (min(rates), max(rates)):
        further = rate / 2 if rate == min(rates) else 2 * rate
        rates[further] = judge(further, DROPOUT)
    return dict(sorted(rates.items())), {
        dropout: rates[rate] if dropout == DROPOUT else judge(rate, dropout)
        for dropout in DROPOUTS
    }


def run(seeds):
    """Returns what was tried and chosen, and the edits of each word, by seed."""
    (words, lines), test = data.pronunciations()
    said = {
        "greedy": test,
        "training": (words[::TRAINING], lines[::TRAINING]),
        "beam": [part[:BEAM_WORDS] for part in test],
    }
    results = {}
    for name, attention in NETWORKS.items():
        rates, dropouts = tuned(partial(judged, attention, words, lines))
        chosen = best(rates), best(dropouts)
        found = {how: [] for how in said}
        for seed in seeds:
            model = trained(attention, words, lines, *chosen, seed)
            for how, part in said.items():
                edited = edits(model, *part, BEAM if how == "beam" else 1)
                found[how].append("".join(DIGITS[number] for number in edited))
                print(name, seed, how, sound_error(edited, part[1]), flush=True)
        results[name] = {"rates": rates, "dropouts": dropouts, "chosen": chosen} | found
    return results


def counted(results, how, words):
    """By network, the edits of each start and word, as the record writes them."""
    found = {}
    for name in NETWORKS:
        runs = results[name][how]
        assert len(runs) == 5 and all(len(run) == words for run in runs)
        found[name] = np.array([[DIGITS.index(digit) for digit in run] for run in runs])
        assert found[name].max() <= 12  # no more than an answer has signs
    return found


def difference(a, b):
    """Mean of b - a over words and starts, and its error over the words."""
    per_word = b.mean(axis=0) - a.mean(axis=0)
    return per_word.mean(), per_word.std() / np.sqrt(len(per_word))


def long_error(found, words, lines):
    """Error of the sounds of words of eight letters and more, by start."""
    long = np.array([len(word) >= 8 for word in words])
    return found[:, long].sum(axis=1) / sum(len(line.split()) for line in lines[long])


def conclude(results):
    """Asserts what chapter 17 says of the starts and of their means."""
    (train, lines_train), (words, lines) = data.pronunciations()
    length = np.array([len(word) for word in words])
    sounds = np.array([len(line.split()) for line in lines])
    for name in NETWORKS:
        rates, dropouts = (
            {float(value): errors for value, errors in results[name][tried].items()}
            for tried in ("rates", "dropouts")
        )
        assert list(results[name]["chosen"]) == [best(rates), best(dropouts)]
        assert min(rates) < best(rates) < max(rates)
        assert list(dropouts) == DROPOUTS and best(dropouts) < max(DROPOUTS)
        assert dropouts[DROPOUT] == rates[best(rates)]

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

    again = counted(results, "training", len(train[::TRAINING]))
    for name in NETWORKS:
        learned = long_error(again[name], train[::TRAINING], lines_train[::TRAINING])
        new = long_error(edits[name], words, lines)
        low, high = LEARNED[name]
        assert low < learned.min() and learned.max() < high, (name, learned)
        assert learned.max() < new.min(), (name, learned, new)

    beam = counted(results, "beam", BEAM_WORDS)
    for name in NETWORKS:
        gain, _ = difference(beam[name] > 0, edits[name][:, :BEAM_WORDS] > 0)
        low, high = BEAM_GAINS[name]
        assert low < gain < high, (name, gain)


if __name__ == "__main__":
    study.main(__file__, run, conclude, seeds=range(5))
