"""Exercises of lesson 08: parts of a data set, and what two errors say about a network."""

import math

import numpy as np

from autograder.authoring import UNCHANGED, Exercise, Question, case, draw_seed, right, wrong
from autograder.student.properties import first_match, parts, same, unrelated

# 8.1 split_sizes

SUM, NEAR = "the sizes sum to n", "every size is within 1 of its share"

split_sizes = Exercise(points=2, groups={SUM: 1, NEAR: 1})


@split_sizes.cases
def cases(rng):
    pair = lambda: (first := rng.uniform(62, 78), 100 - first)
    thirds = lambda: (*(rest := rng.uniform(0.15, 0.25, 2)), 1 - rest.sum())[::-1]
    big = lambda: (*(rest := rng.uniform(0.2, 1.2, 2)), 100 - rest.sum())[::-1]
    weights = lambda: rng.choice(np.arange(3, 20), 4, replace=False).astype(float)
    five = lambda: rng.choice(np.arange(3, 20), 5, replace=False).astype(float)
    yield sized(rng, pair, (200, 5000), left_over=1)
    yield sized(rng, thirds, (200, 5000), left_over=2, above_half=3)
    yield sized(rng, thirds, (200, 5000), left_over=1, above_half=0)
    yield sized(rng, big, (100_000, 900_000), left_over=1, above_half=0)
    yield sized(rng, weights, (200, 5000), left_over=3, above_half=4)
    # Five parts: whoever rounds four and gives the rest to one is off by more than 1, whichever it is.
    yield sized(rng, five, (200, 5000), left_over=3, above_half=5)
    yield sized(rng, five, (200, 5000), left_over=2, above_half=0)
    yield sized(rng, big, (5, 40), left_over=1)


def sized(rng, ratios, bounds, left_over, above_half=None):
    """A case in which cutting every share off leaves so many items, and so many shares would be rounded up."""
    while True:
        drawn, n = [float(ratio) for ratio in ratios()], int(rng.integers(*bounds))
        shares = n * np.array(drawn) / sum(drawn)
        parts = shares % 1
        clear = np.all(np.abs(parts - 0.5) > 0.02) and np.all(np.abs(parts - np.round(parts)) > 0.02)
        fits = above_half is None or np.sum(parts > 0.5) == above_half
        if clear and fits and round(parts.sum()) == left_over:
            return case(n=n, ratios=drawn)


@split_sizes.driver
def drive(split_sizes, n, ratios):
    sizes = split_sizes(n, ratios)
    if isinstance(sizes, (str, dict, set, frozenset)) or not hasattr(sizes, "__len__"):
        raise TypeError("split_sizes should return one size for each ratio, as a list")
    return np.asarray(sizes)


@split_sizes.judge
def judge(case, result):
    n, ratios, sizes = case.inputs["n"], np.array(case.inputs["ratios"]), np.asarray(result)
    shares = n * ratios / ratios.sum()
    if sizes.dtype.kind not in "iu":
        detail = f"your first size is {round(float(sizes[0]), 4)}, a float: sizes are counts, of type int"
        for group in (SUM, NEAR):
            yield group, False, "not int", detail
        return
    seen = kind_of_sizes(sizes, n, ratios, shares)
    yield (
        SUM,
        sizes.sum() == n,
        seen,
        f"the sizes {sizes.tolist()} sum to {sizes.sum()}, and there are n = {n} items",
    )
    worst = int(np.argmax(np.abs(sizes - shares)))
    place = f"size {worst + 1} of {len(sizes)}"
    detail = f"of n = {n} items, {place} should be near {shares[worst]:.2f}; it is {sizes[worst]}"
    yield NEAR, np.abs(sizes - shares).max() <= 1 + 1e-9, seen, detail


def kind_of_sizes(sizes, n, ratios, shares):
    floors = np.floor(shares).astype(int)
    left, added = n - floors.sum(), sizes - floors
    # With no share above a half, rounding and cutting off come to the same.
    candidates = {"each rounded": np.round(shares), "each rounded up": np.ceil(shares), "cut off": floors}
    seen = first_match(sizes, candidates, same)
    if seen:
        return seen.removesuffix(" up")
    if np.abs(sizes - np.cumsum(shares)).max() <= 1:
        return "where parts end"
    if sizes.sum() == n and np.ptp(sizes) <= 1:
        return "equal parts"
    if any(np.all(np.abs(sizes - n * ratios / unit) <= 1) for unit in (1, 100)):
        return "not normalised"
    if sizes.sum() == n and np.count_nonzero(added) == 1:
        return "the remainder in one part"
    if sizes.sum() == n and np.count_nonzero(sizes - np.round(shares)) == 1:
        return "rounded parts and the rest in one"
    if left > 0 and np.count_nonzero(added) > 1 and np.all(np.isin(added, (0, left))):
        return "the remainder several times"
    return "other sizes"


@split_sizes.mistakes
def mistakes(n, ratios):
    shares = [n * ratio / sum(ratios) for ratio in ratios]
    cut_off = [int(share) for share in shares]
    left = n - sum(cut_off)
    yield "int_on_each", cut_off, (
        "Items get lost: every share is cut off to a whole number, and what is cut off is in no part.")
    yield "rounds_each", [round(share) for share in shares], (
        "Each share is rounded for itself. Rounded numbers need not sum to what the exact ones sum to: now "
        "an item is missing, now there is one too many.")
    yield "not_normalised", [int(n * ratio) for ratio in ratios], (
        "The ratios are taken to have a fixed sum, 1 or 100. They come as percentages, as fractions and as "
        "plain weights: what makes a share of any of them?")
    yield "remainder_several_times", [size + left for size in cut_off], (
        "What rounding leaves over goes to several parts, each time all of it. Every item has one place.")
    yield "remainder_in_one_part", [cut_off[0] + left, *cut_off[1:]], (
        "What rounding leaves over goes to one part, which may be two or more items then. Spread it.")
    rounded = [round(share) for share in shares]
    yield "one_takes_the_rest", [n - sum(rounded[1:]), *rounded[1:]], (
        "All parts but one are rounded, and that one takes what is left. With many parts, what rounding has "
        "added or taken away piles up there.")
    yield "rounds_up_each", [math.ceil(share) for share in shares], (
        "Every share is rounded up, so that the sizes sum to more than there is.")
    yield "where_parts_end", [round(sum(shares[: k + 1])) for k in range(len(shares))], (
        "These are the places where one part ends and the next begins. A size is what lies between two of "
        "them.")
    yield "equal_parts", [n // len(ratios) + (k < n % len(ratios)) for k in range(len(ratios))], (
        "All your parts are of one size, whatever the ratios are.")
    yield "unrounded", shares, (
        "A size counts items. Whole numbers of type int are asked for, and yours are floats.")


@split_sizes.right
def largest_remainders(n, ratios):
    shares = [n * ratio / sum(ratios) for ratio in ratios]
    sizes = [math.floor(share) for share in shares]
    for k in sorted(range(len(sizes)), key=lambda k: sizes[k] - shares[k])[: n - sum(sizes)]:
        sizes[k] += 1
    return tuple(sizes)


@split_sizes.right
def one_item_each_from_the_left(n, ratios):
    sizes = np.floor(n * np.array(ratios) / np.sum(ratios)).astype(np.int64)
    sizes[: n - sizes.sum()] += 1
    return sizes


@split_sizes.right
def running_ends(n, ratios):
    sizes, done, so_far = [], 0, 0.0
    for ratio in ratios:
        so_far += ratio
        end = math.floor(n * so_far / sum(ratios) + 0.5)
        sizes.append(end - done)
        done = end
    return sizes


@split_sizes.right
def rounded_and_then_mended(n, ratios):
    shares = np.array([n * ratio / sum(ratios) for ratio in ratios])
    sizes = np.rint(shares).astype(int)
    while sizes.sum() != n:
        step = 1 if sizes.sum() < n else -1
        sizes[np.argmax(step * (shares - sizes))] += step
    return list(sizes)


split_sizes.small(
    "Eleven items in the ratio 2 : 2 : 2. Each share is 3.67, so two parts get 4 items and one gets 3. 3, "
    "3, 3 loses two items, 4, 4, 4 has one too many, and 5, 3, 3 gives one part all that is left.",
    n=11, ratios=[2.0, 2.0, 2.0])

# 8.2 expected_target

expected_target = Exercise(points=1, groups={"the expected number": 1})


@expected_target.cases
def cases(rng):
    for dev, web, share in [
        ((1200, 3000), (60_000, 150_000), (0.05, 0.1)),
        ((300, 900), (8000, 20_000), (0.2, 0.5)),
    ]:
        yield counted(rng, dev, web, share)


def counted(rng, dev, web, share):
    """Counts whose expectation is far from a whole number, so that a rounded one can be told."""
    while True:
        n_dev, n_web = int(rng.integers(*dev)), int(rng.integers(*web))
        n_target = int(n_web * rng.uniform(*share))
        expected = n_dev * n_target / (n_web + n_target)
        if 0.55 < expected % 1 < 0.85 and 50 < expected < 400:
            return case(n_dev=n_dev, n_web=n_web, n_target=n_target)


@expected_target.driver
def drive(expected_target, n_dev, n_web, n_target):
    from decimal import Decimal
    from numbers import Real

    number = expected_target(n_dev, n_web, n_target)
    exact = isinstance(number, (Real, Decimal)) and not isinstance(number, bool)  # fractions, too
    return float(number) if exact else number


@expected_target.mistakes
def mistakes(n_dev, n_web, n_target):
    share = n_target / (n_web + n_target)
    yield "per_web_image", n_dev * n_target / n_web, (
        "You take the target's images per web image. A draw is made from both kinds together: out of how "
        "many images?")
    yield "target_over_dev", n_target / n_dev, (
        "You divide the number of target images by the size of the dev set: the web images play no part in "
        "it.")
    yield "out_of_the_training_set", n_dev * n_target / (n_web + n_target - 2 * n_dev), (
        "You divide by what is left for training. The dev set is drawn from all images, before anything is "
        "left.")
    yield "without_the_dev_set", n_dev * n_target / (n_web + n_target - n_dev), (
        "You divide by the images that are left when dev is full. Every place of it is filled from all of "
        "them.")
    yield "in_per_cent", 100 * share, "This is a share in per cent; a number of images was asked for."
    yield "counts_the_web", n_dev * n_web / (n_web + n_target), (
        "These are the web images in the dev set. How many are from the target?")
    yield "the_share", share, "This is a share between 0 and 1; a number of images was asked for."
    yield "rounds_up", math.ceil(n_dev * share), (
        "Your result is a whole number. No single dev set holds a fraction of an image, but their mean "
        "does: leave it as it is.")
    yield "cuts_off", n_dev * n_target // (n_web + n_target), (
        "Your result is a whole number, cut off. No single dev set holds a fraction of an image, but their "
        "mean does.")


@expected_target.answers
def answers(n_dev, n_web, n_target):
    from decimal import Decimal
    from fractions import Fraction

    yield "as_a_fraction", Fraction(n_dev * n_target, n_web + n_target)
    yield "sum_over_places", sum(n_target / (n_web + n_target) for _ in range(n_dev))
    yield "through_the_odds", np.float64(n_dev) / (1 + n_web / n_target)
    yield "as_a_decimal", Decimal(n_dev * n_target) / (n_web + n_target)
    yield "in_float32", np.float32(n_dev) * np.float32(n_target) / np.float32(n_web + n_target)


expected_target.small(
    "Nine web images and one of the target: each place of the dev set holds the target image with chance "
    "1/10. Five places hold half an image on average.",
    n_dev=5, n_web=9, n_target=1)

# 8.3 mismatch_split

PURE = "dev and test hold target images only, as many as asked for"
APART = "no image is in two places"
ALL = "every image is in some part"
DRAWN = "dev and test are drawn with `rng`"

mismatch_split = Exercise(points=3, groups={PURE: 3, APART: 1, ALL: 1, DRAWN: 0.5, UNCHANGED: 0.5})


@mismatch_split.cases
def cases(rng):
    for _ in range(2):
        n_web, n_target = int(rng.integers(150, 200)), int(rng.integers(80, 100))
        numbers = rng.permutation(np.arange(1000, 9999))[: n_web + n_target]
        n_dev, n_test = int(rng.integers(14, 20)), int(rng.integers(22, 30))
        yield case(
            web_idx=numbers[:n_web],
            target_idx=numbers[n_web:],
            n_dev=n_dev,
            n_test=n_test,
            seed=draw_seed(rng),
        )


@mismatch_split.driver
def drive(mismatch_split, web_idx, target_idx, n_dev, n_test, seed):
    web, target = web_idx.copy(), target_idx.copy()

    def split(web, target, seed):
        made = mismatch_split(web, target, n_dev, n_test, np.random.default_rng(seed))
        return [np.array(list(part)).astype(int) for part in parts(made, "train", "dev", "test")]

    def alike(one, other):
        return [sorted(one[k].tolist()) == sorted(other[k].tolist()) for k in (1, 2)]

    first = split(web_idx, target_idx, seed)
    everything = np.concatenate([web, target])
    drawn = [split(web.copy(), target.copy(), seed + k) for k in range(1, 61)]
    others = [alike(first, one) for one in drawn]
    return {
        "counts": np.array([[np.sum(part == i) for i in everything] for part in first]),
        "sizes": np.array([len(part) for part in first]),
        "repeats": all(alike(first, split(web.copy(), target.copy(), seed))),
        "stuck": np.all(others, axis=0),
        # of dev and of test: which of the target images each draw takes
        "masks": np.array([[np.isin(target, one[k]) for one in drawn] for k in (1, 2)]),
    }


@mismatch_split.judge
def judge(case, result):
    n_web = len(case.inputs["web_idx"])
    yield PURE, *purity(case.inputs, result, n_web)
    yield APART, *places(result["counts"])
    yield ALL, *losses(result["counts"], n_web)
    yield DRAWN, *randomness(case.inputs, result, n_web)


def purity(inputs, result, n_web):
    counts, sizes = result["counts"], result["sizes"]
    wanted = np.array([inputs["n_dev"], inputs["n_test"]])
    web, known = counts[1:, :n_web].sum(axis=1), counts[1:].sum(axis=1)
    if np.any(known < sizes[1:]):
        return False, "strangers", "dev or test holds numbers that are in neither `web_idx` nor `target_idx`"
    if same(sizes[1:], wanted[::-1]):
        return False, "swapped", f"dev holds {sizes[1]} images and test {sizes[2]}: the other way round"
    if not same(sizes[1:], wanted):
        text = f"dev holds {sizes[1]} images and test {sizes[2]}; {wanted[0]} and {wanted[1]} were asked for"
        return False, "sizes", text
    if web[1] == 0:
        seen = "a dev set from the web" if web[0] == sizes[1] else "web images in dev"
    elif web[0] == 0:
        seen = "a test set from the web" if web[1] == sizes[2] else "web images in test"
    else:
        seen = "both from the web" if same(web, sizes[1:]) else "mixed"
    text = f"{web[0]} of {sizes[1]} dev images and {web[1]} of {sizes[2]} test images are from the web"
    return not web.any(), seen, text


def places(counts):
    train, dev, test = counts
    twice = int(np.sum(counts.max(axis=0) > 1))
    if twice:
        return False, "twice in a part", f"{images(twice)} more than once in the same part"
    both, trained = int(np.sum(dev * test)), int(np.sum(train * (dev + test)))
    if both:
        return False, "in dev and in test", f"{images(both)} in dev and in test"
    return not trained, "in train as well", f"{images(trained, ' of dev or test')} in train as well"


def images(n, of=""):
    return f"1 image{of} is" if n == 1 else f"{n} images{of} are"


def losses(counts, n_web):
    lost = counts.sum(axis=0) == 0
    web, target = int(lost[:n_web].sum()), int(lost[n_web:].sum())
    seen = "both" if web and target else "web" if web else "target"
    text = f"of the web images {web} and of the target images {target} are in no part"
    return not lost.any(), f"{seen} lost", text


def randomness(inputs, result, n_web):
    if not result["repeats"]:
        return False, "not from rng", "generators of one seed gave different dev or test sets"
    parts = named(result["stuck"])
    if parts:
        firsts = result["counts"][1, n_web:][: inputs["n_dev"]]
        seen = "the first ones" if np.all(firsts) else f"always the same: {parts}"
        return False, seen, f"generators of different seeds gave the same {parts} set"
    dev, test = np.asarray(result["masks"], dtype=bool)
    pieces = named([in_one_piece(dev, test), in_one_piece(test, dev)])
    if pieces:
        where = {"dev": "what test leaves of `target_idx`", "test": "what dev leaves of `target_idx`"}
        text = f"{pieces} is always one piece of {where.get(pieces)}"
        if pieces not in where:
            text = "dev and test are always one piece of `target_idx` each"
        return False, f"in one piece: {pieces}", text
    for part, masks in (("dev", dev), ("test", test)):
        if not evenly(masks):
            times = masks.sum(axis=0)
            counts = f"one target image came into {part} {times.max()} times, another {times.min()}"
            return False, "unevenly", f"in {len(masks)} draws {counts}"
        if masks.any() and not unrelated(masks):
            text = f"which target images come into {part} together is not left to chance"
            return False, "in company", text
    return True, "", ""


def named(flags):
    """Of dev and test, those that are meant."""
    return " and ".join(name for name, meant in zip(("dev", "test"), flags, strict=True) if meant)


def in_one_piece(masks, others):
    """Whether each draw takes neighbours among the places that the other part leaves, the ends joined."""
    taken = [mask[~other] for mask, other in zip(masks, others, strict=True)]
    return all(np.sum(one & ~np.roll(one, 1)) == 1 for one in taken)


def evenly(masks):
    """Whether every place is drawn about as often as any other: chi-squared, up to seven standard deviations."""
    draws, places = masks.shape
    often, share = masks.sum(axis=0), masks.mean()
    if not 0 < share < 1:
        return True  # nothing is drawn here
    free = places - 1
    squares = np.sum((often - draws * share) ** 2) / (draws * share * (1 - share)) * free / places
    return bool(squares < free * (1 - 2 / (9 * free) + 7 * np.sqrt(2 / (9 * free))) ** 3)


def rest_of(web_idx, target_idx, *taken):
    """All numbers that are in none of the parts."""
    everything = np.concatenate([web_idx, target_idx])
    return everything[~np.isin(everything, np.concatenate(taken))]


def cut(numbers, n_dev, n_test):
    return np.split(numbers, [n_dev, n_dev + n_test])


@mismatch_split.mistakes
def mistakes(web_idx, target_idx, n_dev, n_test, rng):
    everything = np.concatenate([target_idx, web_idx])
    rest = lambda *taken: rest_of(web_idx, target_idx, *taken)
    drawn = lambda numbers, size: rng.choice(numbers, size, replace=False)

    def as_parts(numbers, others=None, n_dev=n_dev, n_test=n_test):
        """The first numbers for dev, the next for test; train holds others, or all that are left."""
        dev, test, left = cut(numbers, n_dev, n_test)
        return (rest(dev, test) if others is None else others(left)), dev, test

    then_the_last = lambda dev: np.append(dev, target_idx[~np.isin(target_idx, dev)][-n_test:])

    yield "shuffles_everything", as_parts(rng.permutation(everything)), (
        "Web images are in dev and in test, as if all images had gone into one pot. Then dev and test look "
        "like the pot.")
    yield "dev_from_the_web", as_parts(np.append(drawn(web_idx, n_dev), drawn(target_idx, n_test))), (
        "Dev comes from the web and test from the target: months of choosing by dev would aim at the wrong "
        "place.")
    yield "both_from_the_web", as_parts(rng.permutation(web_idx)), (
        "Dev and test are both from the web. For whom is the network made?")
    yield "sizes_swapped", as_parts(rng.permutation(target_idx), n_dev=n_test, n_test=n_dev), (
        "Dev is as large as test should be, and test as dev: have two sizes changed places, or two results?")
    places = lambda: rng.permutation(len(target_idx))
    yield "places_for_numbers", as_parts(places(), lambda left: np.append(web_idx, left)), (
        "You return places in `target_idx` instead of the numbers that stand there.")
    yield "two_independent_draws", as_parts(np.append(drawn(target_idx, n_dev), drawn(target_idx, n_test))), (
        "There are images in dev and in test at once. What one part has taken is not there for the other "
        "any more.")
    yield "with_replacement", as_parts(rng.choice(target_idx, n_dev + n_test)), (
        "Images come more than once in one part. If they are drawn with `rng.choice`: it puts back what it has "
        "drawn, unless it is told otherwise.")
    yield "trains_on_dev_and_test", as_parts(rng.permutation(target_idx), lambda left: everything), (
        "Images of dev or test are in train as well: the network has seen what it is examined on.")
    yield "leftovers_dropped", as_parts(rng.permutation(target_idx), lambda left: web_idx.copy()), (
        "There are target images in none of your parts. They are the best that training could get.")
    yield "web_dropped", as_parts(rng.permutation(target_idx), lambda left: left), (
        "There are web images in none of your parts. Dev and test have to match the target; training may use "
        "whatever helps.")
    yield "the_first_ones", as_parts(target_idx), (
        "Dev takes the first target images in the order they came, perhaps all from one day or one person.")
    yield "a_generator_of_its_own", as_parts(np.random.default_rng(0).permutation(target_idx)), (
        "Every generator gives the same parts. Is `rng` used, or one that you make inside?")
    before, last = target_idx[:-n_test], target_idx[-n_test:]
    yield "test_never_drawn", as_parts(np.append(drawn(before, n_dev), last)), (
        "Dev changes with the generator; test is the same for each of them.")
    yield "test_in_their_order", as_parts(then_the_last(drawn(target_idx, n_dev))), (
        "Dev is drawn. Test then takes what is left as it stands in `target_idx`, perhaps all from one day or "
        "one person.")
    yield "sorted_and_cut", as_parts(target_idx[np.sort(drawn(len(target_idx), n_dev + n_test))]), (
        "`rng` is used, and still some images come into dev or test much more often than others. Is something "
        "sorted after drawing, or is a part drawn from a stretch of `target_idx` only?")
    yield "neighbours", as_parts(np.roll(target_idx, -rng.integers(len(target_idx)))), (
        "`rng` says only where dev and test begin; the images of each are neighbours in `target_idx`, perhaps "
        "from one day or one person.")
    yield "global_randomness", as_parts(np.random.permutation(target_idx)), (
        "The same seed gave two different splits: the randomness does not come from `rng`. Nobody could "
        "repeat this.")


@mismatch_split.wrong(
    "The caller's arrays are not as they were. `shuffle`, `sort` and assignments to elements work in place.")
def shuffles_in_place(web_idx, target_idx, n_dev, n_test, rng):
    rng.shuffle(target_idx)
    dev, test, rest = cut(target_idx, n_dev, n_test)
    return np.concatenate([web_idx, rest]), dev, test


@mismatch_split.right
def one_choice_without_replacement(web_idx, target_idx, n_dev, n_test, rng):
    drawn = rng.choice(target_idx, size=n_dev + n_test, replace=False)
    return rest_of(web_idx, target_idx, drawn), drawn[:n_dev], drawn[n_dev:]


@mismatch_split.right
def lists_and_sets(web_idx, target_idx, n_dev, n_test, rng):
    target = [int(i) for i in target_idx]
    rng.shuffle(target)
    dev, test = set(target[:n_dev]), set(target[n_dev : n_dev + n_test])
    return [int(i) for i in [*web_idx, *target] if int(i) not in dev | test], sorted(dev), test


@mismatch_split.right
def test_first_by_sorted_draws(web_idx, target_idx, n_dev, n_test, rng):
    order = np.argsort(rng.random(len(target_idx)))
    test, dev = target_idx[order[:n_test]], target_idx[order[-n_dev:]]
    return rng.permutation(rest_of(web_idx, target_idx, dev, test)), dev, test


mismatch_split.small(
    "By hand: web images 1 to 6, target images 7 to 10, one for dev and two for test. If dev is {9} and "
    "test {7, 10}, then train is {1, 2, 3, 4, 5, 6, 8}: image 8 is from the target and stays useful.")

# 8.4 diagnose

BIAS, BAYES, VARIANCE = "high bias", "high bias, measured from the Bayes error", "high variance"

diagnose = Exercise(points=2, returns=(BIAS, VARIANCE), groups={BIAS: 1, BAYES: 1, VARIANCE: 2})


@diagnose.cases
def cases(rng):
    for group, train, dev, bayes, gap in [
        (BIAS, 0.15, 0.16, None, None),
        (BIAS, 0.01, 0.16, None, None),
        (BIAS, 0.022, 0.026, None, None),
        (BIAS, 0.045, 0.1, None, 0.015),
        (BIAS, 0.09, 0.11, None, 0.13),
        (BIAS, 0.057, 0.07, None, None),
        (BAYES, 0.15, 0.3, 0.135, None),
        (BAYES, 0.15, 0.165, 0.04, None),
        (BAYES, 0.01, 0.2, 0.14, None),
        (VARIANCE, 0.01, 0.16, None, None),
        (VARIANCE, 0.15, 0.165, None, None),
        (VARIANCE, 0.15, 0.3, None, None),
        (VARIANCE, 0.02, 0.077, None, None),
        (VARIANCE, 0.005, 0.01, None, None),
        (VARIANCE, 0.13, 0.28, 0.12, None),
        (VARIANCE, 0.25, 0.265, 0.1, None),
        (VARIANCE, 0.27, 0.17, None, None),
        (VARIANCE, 0.03, 0.07, None, 0.015),
        (VARIANCE, 0.03, 0.12, None, 0.13),
        (BAYES, 0.13, 0.15, 0.1, 0.015),
        (BAYES, 0.415, 0.43, 0.4, None),
        (VARIANCE, 0.11, 0.13, 0.1, None),
        (VARIANCE, 0.5, 0.515, None, None),
    ]:
        # All differences stay on their side of the gap: each number moves by a thousandth or two.
        move = lambda: rng.uniform(-0.0015, 0.0015)
        options = {} if bayes is None else {"bayes": bayes + move()}
        options |= {} if gap is None else {"gap": gap}
        part = VARIANCE if group == VARIANCE else BIAS
        yield case(group, part=part, train_err=train + move(), dev_err=dev + move(), **options)
    # Little above the gap: whoever rounds to whole points loses it.
    above = lambda: rng.uniform(0.0515, 0.0535)
    bayes, train = rng.uniform(0.1, 0.12), rng.uniform(0.1, 0.2)
    yield case(BAYES, part=BIAS, train_err=bayes + above(), dev_err=0.25, bayes=bayes)
    yield case(VARIANCE, part=VARIANCE, train_err=train, dev_err=train + above())


@diagnose.driver
def drive(diagnose, train_err, dev_err, **options):
    # By place, as later cells of the lesson call it: a changed order of the parameters shows here.
    bayes = [options.pop("bayes")] if "bayes" in options else []
    return diagnose(train_err, dev_err, *bayes, **options)


@diagnose.mistakes
def mistakes(train_err, dev_err, bayes=0.0, gap=0.05):
    bias, variance = train_err - bayes, dev_err - train_err
    yield "ignores_bayes", (train_err > gap, variance > gap), (
        "You hold the training error against zero. Where even the best possible answer errs, the part of it "
        "that nobody can avoid is no bias.")
    yield "variance_from_dev_alone", (bias > gap, dev_err > gap), (
        "You judge the variance by the dev error itself. A network that fails on both parts alike does not "
        "vary between them.")
    yield "variance_from_bayes", (bias > gap, dev_err - bayes > gap), (
        "You measure the variance from the Bayes error, so that the bias is in it as well. What is lost between "
        "training and dev?")
    yield "bias_from_dev", (dev_err - bayes > gap, variance > gap), (
        "You read the bias off the dev error. It is what training leaves over: compare the training error "
        "with the Bayes error.")
    yield "low_for_high", (bias < gap, variance < gap), (
        "Your answers are the wrong way round: True stands for high.")
    yield "labels_swapped", (variance > gap, bias > gap), (
        "The two answers have changed places: first the bias, then the variance.")
    yield "percent_against_fraction", (100 * bias > gap, 100 * variance > gap), (
        "Any difference is high for you, however small. Is it held against `gap`, and both in the same "
        "unit? An error of 0.15 is 15 %, a gap of 0.05 is 5 points.")
    yield "fraction_against_percent", (bias > 100 * gap, variance > 100 * gap), (
        "Nothing is ever high for you. Errors and gap come as fractions: 0.15 is 15 %, and a gap of 0.05 is "
        "5 points.")
    yield "gap_built_in", (bias > 0.05, variance > 0.05), (
        "A gap of 5 points is built in; the one that is passed has no effect.")
    yield "absolute_differences", (abs(bias) > gap, abs(variance) > gap), (
        "The sign of the difference is gone. A training error below the Bayes error is learning by heart, "
        "not bias; a dev error below the training error is no variance.")
    yield "relative_difference", (bias > gap, dev_err / train_err - 1 > gap), (
        "You look at how many times larger the dev error is. From 0.5 % to 1 % it doubles, and that is half "
        "a point: subtract.")
    yield "one_or_the_other", (bias > gap, bias <= gap and variance > gap), (
        "Where the bias is high you never find high variance. The two questions have separate answers: both "
        "can be yes.")
    yield "bayes_taken_off_twice", (bias > gap, variance - bayes > gap), (
        "You take the Bayes error off the variance as well. Both errors contain it, so that their "
        "difference has lost it already.")


@diagnose.answers
def answers(train_err, dev_err, bayes=0.0, gap=0.05):
    yield "as_numbers", [int(train_err > bayes + gap), int(dev_err > train_err + gap)]
    yield "as_an_array", np.diff([bayes, train_err, dev_err]) > gap


@diagnose.right
def with_if(train_err, dev_err, bayes=0.0, gap=0.05):
    bias = variance = False
    if train_err - bayes >= gap:
        bias = True
    if dev_err - train_err >= gap:
        variance = True
    return bias, variance


diagnose.small(
    "Bayes 10 %, train 12 %, dev 16 %, gap 3 points: from 10 to 12 are 2 points, from 12 to 16 are 4. So "
    "the bias is not high, the variance is.",
    train_err=0.12, dev_err=0.16, bayes=0.1, gap=0.03)
diagnose.small(
    "Train 12 %, dev 13 %, and a Bayes error of 11 %: 1 point each, with a gap of 3. Neither is high, although 12 % "
    "itself is more than the gap.",
    train_err=0.12, dev_err=0.13, bayes=0.11, gap=0.03)
diagnose.small(
    "Train 1 %, dev 2 %, gap 3 points: twice as many errors, and only one point more.",
    train_err=0.01, dev_err=0.02, gap=0.03)
diagnose.small(
    "Train 20 %, dev 15 %, gap 3 points: the dev set came out better. That is no variance.",
    train_err=0.2, dev_err=0.15, gap=0.03)
diagnose.small(
    "Train 15 %, dev 30 %, gap 3 points: both are high. One does not exclude the other.",
    train_err=0.15, dev_err=0.3, gap=0.03)
diagnose.small(
    "Train 20 %, dev 26 %, gap 3 points: the variance is measured from the training error, in points.",
    train_err=0.2, dev_err=0.26, gap=0.03)
diagnose.small(
    "Train 15 %, dev 16 %, gap 3 points: 16 % are many, and all but one point are there in training already.",
    train_err=0.15, dev_err=0.16, gap=0.03)

# 8.5 next_steps

STEPS = (
    "bigger network", "smaller network", "train longer", "more data", "regularisation", "other architecture",
    "done",
)
ONE, OTHER, BOTH, NEITHER = "high bias alone", "high variance alone", "both high", "neither high"

next_steps = Exercise(points=2, groups={ONE: 1, OTHER: 1, BOTH: 1, NEITHER: 1}, builds_on=("diagnose",))


@next_steps.cases
def cases(rng):
    situations = {ONE: [True, False], OTHER: [False, True], BOTH: [True, True], NEITHER: [False, False]}
    for group, (bias, variance) in situations.items():
        # What was asked before must not matter.
        before = [list(situations.values())[k] for k in rng.integers(0, 4, 12)]
        yield case(group, bias=bias, variance=variance, _before=before)


@next_steps.driver
def drive(next_steps, bias, variance, _before):
    def asked(bias, variance):
        steps = next_steps(bias, variance)
        if isinstance(steps, str) or not hasattr(steps, "__iter__"):
            kind = "" if type(bias) is bool else ", for truth values of NumPy's, too"
            raise TypeError(f"next_steps should return a set of texts{kind}")
        words = {str(step).strip().lower().replace("ization", "isation") for step in steps}
        return [step in words for step in STEPS], len(words - set(STEPS))

    first = asked(bias, variance)
    for situation in _before:
        try:
            next_steps(*situation)
        except Exception:
            continue  # that situation has a case of its own
    named, others = again = asked(bias, variance)
    numpys = asked(np.bool_(bias), np.bool_(variance))
    return {
        "named": np.array(named),
        "others": others,
        "steady": first == again,
        "numpys": numpys == again,
    }


@next_steps.judge
def judge(case, result, expected):
    named, wanted = np.asarray(result["named"], bool), np.asarray(expected["named"], bool)
    extra = [step for step, k in zip(STEPS, named & ~wanted, strict=True) if k]
    missing = [step for step, k in zip(STEPS, wanted & ~named, strict=True) if k]
    given = f"with bias = {case.inputs['bias']} and variance = {case.inputs['variance']}"
    if not result["steady"]:
        yield "", False, "unsteady", f"{given}, the answer was another one after other questions"
    elif result["others"]:
        others = result["others"]
        texts = "1 text that you name is" if others == 1 else f"{others} texts that you name are"
        yield "", False, "not on the list", f"{given}, {texts} not on the list"
    elif extra:
        words = ", ".join(f"“{step}”" for step in extra)
        # What does not belong there at all is one slip, whatever it stands in place of.
        lacks = "" if {"smaller network", "done"} & set(extra) else f", missing {missing}"
        yield "", False, f"extra {extra}{lacks}", f"{given}, your steps include {words}"
    elif missing:
        yield "", False, f"missing {missing}", f"{given}, the recipe names {len(missing)} more"
    else:
        text = f"{given} as truth values of NumPy's, the answer is another one"
        yield "", result["numpys"], "other for NumPy", text


FOR_BIAS = ("bigger network", "train longer", "other architecture")
FOR_VARIANCE = ("more data", "regularisation", "other architecture")


def recipe(bias, variance, for_bias=FOR_BIAS, for_variance=FOR_VARIANCE):
    return set(for_bias if bias else ()) | set(for_variance if variance else ()) or {"done"}


@next_steps.mistakes
def mistakes(bias, variance):
    advised = recipe(bias, variance)
    yield "more_data_for_bias", advised | ({"more data"} if bias else set()), (
        "More data for a network that fails on the data it has? It can't even fit those, and new ones only "
        "make that harder.")
    yield "regularises_bias", advised | ({"regularisation"} if bias else set()), (
        "Regularisation holds a network back. One that fails on its own training data is held back enough.")
    yield "smaller_for_variance", advised | ({"smaller network"} if variance else set()), (
        "A smaller network varies less, but pays with bias. The recipe has remedies for variance that do "
        "not: data, and regularisation on a network that stays large.")
    yield "smaller_for_both", {"smaller network"} if bias and variance else advised, (
        "Where both are high, a smaller network makes one of them worse. Each has remedies that leave the "
        "other alone.")
    yield "stops_after_one", recipe(bias, variance and not bias), (
        "One problem of two is treated. Where both are high, both lists of remedies belong in the set.")
    yield "stops_after_variance", recipe(bias and not variance, variance), (
        "One problem of two is treated. Where both are high, both lists of remedies belong in the set.")
    yield "common_remedies", {"other architecture"} if bias and variance else advised, (
        "Where both are high, you name only what helps with either. The set is to hold all remedies of both.")
    yield "names_all", recipe(bias or variance, bias or variance), (
        "Whichever of the two is high, you name the remedies of both. Each has its own.")
    yield "remedies_swapped", recipe(variance, bias), (
        "The remedies have changed places: which of them make a network fit more closely?")
    yield "one_architecture_only", recipe(bias, variance, FOR_BIAS[:2], FOR_VARIANCE[:2]), (
        "One remedy stands on both sides of the recipe, since no one knows beforehand which way it will "
        "help. It is missing.")
    yield "done_as_well", advised | {"done"}, (
        "One of your texts says that nothing is left to do, beside others that say what to do.")
    yield "empty_when_done", advised - {"done"}, (
        "Where nothing is left to mend, the recipe has a word for it; your set is empty.")


@next_steps.wrong(
    "Your function remembers: texts of earlier questions are still in its set. Is a new set made for every "
    "question?",
    edits=True)
def remembers(reference):
    steps = set()

    def next_steps(bias, variance):
        steps.update(recipe(bias, variance) - {"done"})
        return steps or {"done"}

    return next_steps


@next_steps.wrong(
    "For truth values of NumPy's your answer is another one. They are not the objects True and False: "
    "comparing with `is` fails.")
def compares_with_is(bias, variance):
    return recipe(bias is True, variance is True)


@next_steps.right
def four_cases(bias, variance):
    if bias and variance:
        return ["bigger network", "train longer", "more data", "regularisation", "other architecture"]
    if bias:
        return ["bigger network", "train longer", "other architecture"]
    if variance:
        return ["more data", "regularisation", "other architecture"]
    return ["done"]


@next_steps.right
def grown_by_hand(bias, variance):
    steps = set()
    if bias:
        steps.update(("bigger network", "train longer", "other architecture"))
    if variance:
        steps.update(("more data", "regularization", "other architecture"))
    if not steps:
        steps.add("done")
    return steps


@next_steps.right
def by_table(bias, variance):
    table = {(True, False): FOR_BIAS, (False, True): FOR_VARIANCE, (False, False): ("done",)}
    return frozenset(table.get((bool(bias), bool(variance)), FOR_BIAS + FOR_VARIANCE))


next_steps.small(
    "Train 15 %, dev 30 %, and nobody errs by hand: 15 points to learn, 15 points to keep. What helps with "
    "the first comes from one list, what helps with the second from the other, and the answer holds both.")

# The quiz

half_a_point = Question(
    "Dev error 16 %, training error 15.5 %, and people err in 15 % of the cases. Is the bias high?",
    wrong(
        "Yes: 15.5 % is far above zero.",
        "Bias is counted from the Bayes error, not from zero. Human error stands in for it here, and the "
        "network is half a point above it."),
    right(
        "No, it is half a point; and the variance is not high either.",
        "Bias is counted from the Bayes error, variance from the training error, and both are half a point."),
    wrong(
        "No, but the variance is: the dev error is 16 %.",
        "Variance is what is lost between train and dev, half a point. A dev error by itself says nothing "
        "about it."),
)
more_web_images = Question(
    "Somebody collects another 50,000 cat images from web pages. Where do they go?",
    right(
        "Into train.",
        "Training may use whatever helps, and whether it helps the dev set of phone images will tell."),
    wrong(
        "In equal shares into train, dev and test, so that the three look alike.",
        "Dev and test would then speak for the web. They should be like each other and like the users' "
        "images; neither has to be like train."),
    wrong(
        "Into test, which can't be large enough.",
        "A large test set of the wrong images measures the wrong thing very precisely."),
)
best_of_hundred = Question(
    "A team has no test set and chose the best of 100 networks by a dev set of 2,000. What can it not claim?",
    wrong(
        "That its choice is sensible.",
        "It may: a network that is clearly worse seldom wins. What suffers from choosing is the number, "
        "not so much the choice."),
    right(
        "That users will see the dev error of the chosen network.",
        "The lowest of a hundred measured errors is low partly by luck, and the luck does not come along."),
    wrong(
        "That the network's bias is low.",
        "That rests on the training error, which the choice by dev does not affect."),
)
