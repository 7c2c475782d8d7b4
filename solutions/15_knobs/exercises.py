"""Exercises of lesson 15: counting, losses that stay finite, and rates to train with."""

import math

import numpy as np

from autograder.authoring import UNCHANGED, Exercise, Question, case, right, wrong

# 15.1 param_count

SHALLOW, DEEP = "one hidden layer", "several hidden layers"

param_count = Exercise(points=1, groups={SHALLOW: 1, DEEP: 1})


@param_count.cases
def cases(rng):
    for hidden in (1, 1, 2, 3):
        inner = [int(width) for width in rng.permutation(range(4, 16))[:hidden]]
        sizes = [int(rng.integers(17, 25)), *inner, int(rng.integers(2, 4))]
        yield case(SHALLOW if hidden == 1 else DEEP, sizes=sizes)


@param_count.mistakes
def mistakes(sizes):
    yield "no_biases", sum(a * b for a, b in zip(sizes, sizes[1:])), (
        "These are the weights alone. Each unit also has a bias.")
    yield "no_output_layer", sum((a + 1) * b for a, b in zip(sizes[:-2], sizes[1:-1])), (
        "The weights and biases of the output layer are missing: how many layers have weights?")
    yield "biased_inputs", sum(a * b for a, b in zip(sizes, sizes[1:])) + sum(sizes), (
        "You give biases to the inputs too. They are no units: nothing is added up in them.")
    yield "no_output_bias", sum((a + 1) * b for a, b in zip(sizes, sizes[1:])) - sizes[-1], (
        "The output layer's biases are missing: an output unit has one as well.")
    yield "one_bias_a_layer", sum(a * b + 1 for a, b in zip(sizes, sizes[1:])), (
        "Each layer gets one bias from you. How many units does a layer have, and what does each of them "
        "add?")
    yield "a_bias_for_each_input_of_a_layer", sum(a * (b + 1) for a, b in zip(sizes, sizes[1:])), (
        "You add as many biases as units feed a layer. A bias belongs to the unit that adds them up.")
    yield "counts_units", sum(sizes[1:]), (
        "These are the units. A connection between two of them is what has a weight.")
    yield "product_of_all", math.prod(sizes), (
        "You multiply all the sizes: those are the ways through the network. Each layer has its own matrix, "
        "and the matrices' entries add up.")
    yield "all_see_the_inputs", sum((sizes[0] + 1) * width for width in sizes[1:-1]) + (sizes[-2] + 1) * sizes[-1], (
        "One hidden layer is right. With more, you connect every hidden layer with the inputs: what does "
        "the second one see?")


@param_count.right
def in_a_loop(sizes):
    total = 0
    for layer in range(1, len(sizes)):
        total += sizes[layer - 1] * sizes[layer]
        total += sizes[layer]
    return total


@param_count.right
def with_arrays(sizes):
    sizes = np.asarray(sizes)
    return np.sum((sizes[:-1] + 1) * sizes[1:])


@param_count.answers
def accepted(sizes):
    yield "weights_and_biases_apart", int(np.dot(sizes[:-1], sizes[1:])) + sum(sizes[1:])
    yield "by_making_them", float(sum(np.zeros((a, b)).size + np.zeros(b).size for a, b in zip(sizes, sizes[1:])))


param_count.small(
    "2 inputs, 3 hidden units, 1 output. Each hidden unit has 2 weights and a bias, the output has 3 "
    "weights and a bias.",
    sizes=[2, 3, 1])
param_count.small(
    "2 inputs, 3 and 4 hidden units, 1 output. The second hidden layer is fed by the first: 4 units with 3 weights and a "
    "bias each.",
    sizes=[2, 3, 4, 1])

# 15.2 hidden_sizes

BOX, PYRAMID, ONE = "box", "pyramid", "a pyramid down to 1"

hidden_sizes = Exercise(points=1, groups={BOX: 1, PYRAMID: 2, ONE: 1})


@hidden_sizes.cases
def cases(rng):
    yield case(BOX, n=int(rng.integers(3, 6)), first=int(rng.integers(20, 90)), rule="box")
    # Odd more than once on the way down, where each way of rounding up goes wrong in its own way.
    yield case(PYRAMID, n=4, first=8 * int(rng.integers(3, 9)) + 5, rule="pyramid")
    yield case(PYRAMID, n=3, first=4 * int(rng.integers(8, 20)) + 3, rule="pyramid")
    yield case(ONE, n=int(rng.integers(5, 7)), first=int(rng.choice([7, 11, 13])), rule="pyramid")


@hidden_sizes.mistakes
def mistakes(n, first, rule):
    yield "grows", [first if rule == "box" else first * 2**k for k in range(n)], (
        "Your pyramid doubles from layer to layer: it stands on its tip.")
    yield "widest_last", [first if rule == "box" else max(1, first // 2**k) for k in range(n)][::-1], (
        "Your pyramid is in reverse order: the first layer, next to the inputs, is the widest.")
    yield "output_counted", [first if rule == "box" else max(1, first // 2**k) for k in range(n - 1)], (
        "One layer is missing: n counts the hidden layers, and the output layer is not among them.")
    yield "halved_at_once", [first if rule == "box" else max(1, first // 2 ** (k + 1)) for k in range(n)], (
        "The first layer of your pyramid has half of `first` already.")
    yield "down_to_zero", [first if rule == "box" else first // 2**k for k in range(n)], (
        "The last layers have 0 units, and nothing gets through a layer without units. Where should halving "
        "stop?")
    yield "stops_at_one", [first if rule == "box" else first // 2**k for k in range(n) if rule == "box" or first >= 2**k], (
        "Your list ends as soon as a layer has one unit. There should be n layers.")


@hidden_sizes.wrong("You round halves up, or to the nearest number: 7 becomes 4.", loses=(PYRAMID, ONE))
def rounds_up(n, first, rule):
    sizes = [first]
    while len(sizes) < n:
        sizes.append(first if rule == "box" else -(-sizes[-1] // 2))
    return sizes


@hidden_sizes.mistakes
def mistakes(n, first, rule):
    yield "rounds_the_quotient", [first if rule == "box" else max(1, round(first / 2**k)) for k in range(n)], (
        "You round `first / 2**k`, which now and then goes up: halving rounds down.")
    yield "fractions", [first if rule == "box" else max(1, first / 2**k) for k in range(n)], (
        "Your layers have fractions of a unit.")
    yield "divided_by_the_number", [first if rule == "box" else max(1, first // (k + 1)) for k in range(n)], (
        "You divide `first` by 1, 2, 3, …; halving divides what came before by 2.")
    yield "rules_exchanged", [first if rule == "pyramid" else max(1, first // 2**k) for k in range(n)], (
        "The two rules are exchanged: a box is equally wide everywhere.")
    yield "always_a_pyramid", [max(1, first // 2**k) for k in range(n)], (
        "You halve whatever the rule says: look at `rule`.")


@hidden_sizes.right
def halving_in_a_loop(n, first, rule):
    sizes = [first]
    for _ in range(n - 1):
        sizes.append(sizes[-1] if rule == "box" else max(sizes[-1] // 2, 1))
    return sizes


@hidden_sizes.answers
def accepted(n, first, rule):
    yield "by_shifting", tuple(max(1, first >> k) if rule == "pyramid" else first for k in range(n))


@hidden_sizes.right
def with_arrays(n, first, rule):
    if rule == "box":
        return np.full(n, first)
    return np.maximum(1, np.floor(first / 2.0 ** np.arange(n))).astype(int)


@hidden_sizes.right
def recursively(n, first, rule):
    if n == 0:
        return []
    rest = first if rule == "box" else max(1, int(first / 2))
    return [first, *recursively(n - 1, rest, rule)]


hidden_sizes.small(
    "Four hidden layers, the first of 5 units: half of 5, rounded down, is 2; half of 2 is 1; below 1 it "
    "does not go.",
    n=4, first=5, rule="pyramid")
hidden_sizes.small("Three layers of a box: all alike.", n=3, first=8, rule="box")
hidden_sizes.small("Half of 13, rounded down, is 6, and half of 6 is 3.", n=3, first=13, rule="pyramid")
hidden_sizes.small("Half of 7, rounded down, is 3, and half of 3, rounded down, is 1.", n=3, first=7, rule="pyramid")

# 15.3 updates_per_epoch

EVEN, SMALLER, ALL = "batches that come out even", "a smaller last batch", "a batch larger than the data"

updates_per_epoch = Exercise(points=1, groups={EVEN: 1, SMALLER: 2, ALL: 1})


@updates_per_epoch.cases
def cases(rng):
    batch = int(rng.integers(11, 40))
    yield case(EVEN, n=batch * int(rng.integers(5, 20)), batch=batch)
    yield case(EVEN, n=batch, batch=batch)
    for share in (0.2, 0.8):  # less than half a batch is left, and more
        batch = int(rng.integers(20, 60))
        yield case(SMALLER, n=batch * int(rng.integers(5, 20)) + int(share * batch), batch=batch)
    batch = int(rng.integers(150, 400))  # a single sample is left
    yield case(SMALLER, n=batch * int(rng.integers(5, 20)) + 1, batch=batch)
    n = int(rng.integers(20, 60))
    yield case(ALL, n=n, batch=n * int(rng.integers(3, 5)))


@updates_per_epoch.mistakes
def mistakes(n, batch):
    yield "full_batches_only", n // batch, (
        "The samples that are left over after the last full batch take no part. Keras makes a smaller batch "
        "of them.")
    yield "full_batches_or_one", max(1, n // batch), (
        "The samples that are left over after the last full batch take no part, unless there is no full one "
        "at all.")
    yield "always_one_more", n // batch + 1, (
        "Where the batches come out even you count one too many: there is nothing left over then.")
    yield "a_fraction", n / batch, "Your result has a fraction. There are no fractions of an update."
    yield "rounded", round(n / batch), (
        "You round to the nearest: a few samples that are left over get lost, many don't.")
    yield "rounded_to_one_at_least", max(1, round(n / batch)), (
        "You round to the nearest, and up to 1: a few samples that are left over get lost. However few they "
        "are, they make one update more.")
    yield "one_sample_left_is_lost", n // batch + (n % batch > 1 or n < batch), (
        "A single sample that is left over gets lost: it makes one update, too.")
    yield "leaves_the_last_batch_out", (n - 1) // batch, (
        "It is one update too few, whatever is left over: the last batch counts as well, full or not.")
    yield "multiplied", n * batch, (
        "You multiply. With larger batches, are there more updates in an epoch, or fewer?")
    yield "turned_over", batch / n, "Turned over: that is the share of the data in one batch."
    yield "one_a_sample", n, "You count an update for every sample, whatever the batch."


@updates_per_epoch.answers
def accepted(n, batch):
    yield "with_ceil", math.ceil(n / batch)
    yield "with_numpy", np.ceil(n / batch)


@updates_per_epoch.right
def with_a_remainder(n, batch):
    whole, rest = divmod(n, batch)
    return whole + (rest > 0)


@updates_per_epoch.answers
def accepted(n, batch):
    yield "rounded_up_in_advance", (n + batch - 1) // batch
    yield "by_counting", len(range(0, n, batch))


updates_per_epoch.small(
    "Ten samples in batches of four: four, four, and the two that are left.",
    n=10, batch=4)
updates_per_epoch.small("Nine samples in batches of four: four, four, and the one that is left.", n=9, batch=4)
updates_per_epoch.small("Eight samples in batches of four: two batches, and nothing is left.", n=8, batch=4)

# 15.4 gradient_noise

SINGLE, LARGER = "batches of one", "larger batches"

gradient_noise = Exercise(points=1, groups={SINGLE: 1, LARGER: 2, UNCHANGED: 1})


@gradient_noise.cases
def cases(rng):
    yield case(SINGLE, grads=spread(rng, 7, 3), batch=1)
    yield case(LARGER, grads=spread(rng, 6, 4), batch=int(rng.integers(2, 5)))
    yield case(LARGER, grads=spread(rng, 9, 2), batch=int(rng.integers(3, 8)))


def spread(rng, samples, parameters):
    """Gradients whose parameters differ in mean and in spread."""
    widths = rng.permutation(np.linspace(0.5, 3, parameters)) * rng.uniform(0.8, 1.2)
    return rng.normal(size=(samples, parameters)) * widths + rng.normal(size=parameters)


@gradient_noise.mistakes
def mistakes(grads, batch):
    yield "by_the_batch", grads.std(axis=0) / batch, (
        "You divide by the batch. Variances of independent samples add up, standard deviations don't.")
    yield "variance", grads.var(axis=0) / batch, (
        "This is the variance of the batch's mean; its standard deviation was asked for.")
    yield "as_of_a_sample", grads.std(axis=0, ddof=1) / np.sqrt(batch), (
        "Everything is a little too large: you divide by n - 1 (`ddof=1`). The data set is all there is, "
        "not a sample of something.")
    yield "along_the_parameters", grads.std(axis=1) / np.sqrt(batch), (
        "You look along the wrong axis: rows are samples, and there should be one number for each "
        "parameter.")
    yield "one_for_all", grads.std() / np.sqrt(batch), (
        "One number for all parameters: each has a spread of its own.")
    yield "of_the_sum", grads.std(axis=0) * np.sqrt(batch), (
        "Larger batches give you more noise: that is the spread of their sum, not of their mean.")
    yield "of_one_sample", grads.std(axis=0), (
        "The batch does not come into it: this is the noise of a single sample.")
    yield "around_zero", np.sqrt(np.mean(grads**2, axis=0) / batch), (
        "You measure the distance from 0 (root mean square). Noise is the distance from the mean gradient.")
    yield "mean_distance", np.mean(np.abs(grads - grads.mean(axis=0)), axis=0) / np.sqrt(batch), (
        "You take the mean distance from the mean. The standard deviation is the root of the mean square "
        "distance.")
    yield "by_all_samples", grads.std(axis=0) / np.sqrt(len(grads)), (
        "You divide by the root of the number of samples in the data. The mean that is noisy is one over a "
        "batch.")


@gradient_noise.wrong(
    "You put in the factor for drawing without putting back. It is true for an epoch's batches, and comes "
    "later in this lesson; here the samples of a batch are independent.", loses=LARGER)
def without_putting_back(grads, batch):
    n = len(grads)
    return grads.std(axis=0) / np.sqrt(batch) * np.sqrt(max(n - batch, 0) / (n - 1))


@gradient_noise.wrong("The array you were given has changed: `-=` writes into it.", loses=UNCHANGED)
def in_place(grads, batch):
    grads -= grads.mean(axis=0)
    return np.sqrt((grads**2).mean(axis=0) / batch)


@gradient_noise.answers
def accepted(grads, batch):
    yield "from_the_variance", np.sqrt(np.var(grads, axis=0) / batch)
    yield "second_moment_minus_square", np.sqrt((np.mean(grads**2, axis=0) - np.mean(grads, axis=0) ** 2) / batch)
    yield "parameter_by_parameter", [float(np.std(column)) / batch**0.5 for column in grads.T]


@gradient_noise.right
def deviations_by_hand(grads, batch):
    away = grads - grads.mean(axis=0, keepdims=True)
    return np.linalg.norm(away, axis=0) / np.sqrt(len(grads) * batch)


@gradient_noise.answers
def accepted(grads, batch):
    yield "in_float32", np.float32(grads).std(axis=0) / np.float32(np.sqrt(batch))


gradient_noise.small(
    "Two samples, one parameter, gradients 1 and 5: the mean is 3, and both lie 2 from it. With four to a "
    "batch, half of that.",
    grads=np.array([[1.0], [5.0]]), batch=4)
gradient_noise.small(
    "Three samples, gradients 1, 1 and 4: the mean is 2, the squared distances 1, 1 and 4, and the root of their mean is "
    "√2. A batch of one has all of it.",
    grads=np.array([[1.0], [1.0], [4.0]]), batch=1)

# 15.5 bce, cce_from_logits, mse

BCE, BCE_SURE = "bce", "bce where p is 0 or 1"
CCE, CCE_SURE = "cce_from_logits", "cce_from_logits with logits of ±1000"
MSE = "mse"

# An epsilon moves ordinary losses by up to a millionth.
bce = Exercise(
    "bce",
    "cce_from_logits",
    "mse",
    points=3,
    groups={BCE: 3, BCE_SURE: 1, CCE: 3, CCE_SURE: 1, MSE: 4},
    rtol=1e-5,
)


@bce.cases
def cases(rng):
    for shape in [(5,), (4, 1)]:
        p = rng.uniform(0.1, 0.9, shape)
        yield case(BCE, _of="bce", _rows=0, p=p, y=labels(rng, shape))
    for end in rng.permutation([0.0, 1.0]):  # each end by itself: there are answers that guard only one
        y = labels(rng, 6)
        p = rng.uniform(0.1, 0.9, 6)
        p[np.flatnonzero(y == end)[:2]] = end
        yield case(BCE_SURE, _of="bce", _rows=0, p=p, y=y)  # two of them sure, and right
    for end in rng.permutation([0.0, 1.0]):
        p = rng.uniform(0.3, 0.7, 4)
        y = rng.permutation([0.0, 0.0, 1.0, 1.0])
        p[np.flatnonzero(y != end)[0]] = end
        yield case(BCE_SURE, _of="bce", _rows=4, p=p, y=y)  # one of them sure, and wrong

    for rows, classes in [(5, 3), (3, 4)]:
        z = 1.5 * rng.normal(size=(rows, classes))
        yield case(CCE, _of="cce_from_logits", _rows=0, z=z, Y=one_hot(rng, rows, classes))
    # Ordinary differences around large numbers: softmax sees differences only.
    z = rng.normal(size=(3, 4)) + rng.permutation([1000.0, -1000.0, 0.0])[:, None]
    yield case(CCE_SURE, _of="cce_from_logits", _rows=0, z=z, Y=one_hot(rng, 3, 4))
    z = rng.normal(size=(3, 4))
    top = rng.integers(0, 4, 3)
    z[range(3), top] = 1000
    answers = top + np.array([0, 0, 1])  # the last row is sure, and wrong
    yield case(CCE_SURE, _of="cce_from_logits", _rows=3, z=z, Y=np.eye(4)[answers % 4])

    for shape in [(5,), (4, 3)]:
        p = rng.uniform(-2, 2, shape)
        yield case(MSE, _of="mse", _rows=0, p=p, y=p + signed(rng, 0.2, 1.8, shape))


def labels(rng, shape):
    """Zeros and ones, some of each."""
    n = int(np.prod(shape))
    return rng.permutation((np.arange(n) % 2) * 1.0).reshape(shape)


def one_hot(rng, rows, classes):
    """A class for each row, not all the same."""
    return np.eye(classes)[rng.permutation(rows) % classes]


def signed(rng, low, high, shape):
    """Distinct sizes between low and high, with random signs."""
    return rng.uniform(low, high, shape) * rng.choice([-1, 1], shape)


@bce.driver
def drive(bce, cce_from_logits, mse, _of, _rows, p=None, y=None, z=None, Y=None):
    function = {"bce": bce, "cce_from_logits": cce_from_logits, "mse": mse}[_of]
    # A student's log of 0 warns before its result is looked at, and the result says enough.
    with np.errstate(all="ignore"):
        loss = function(z, Y) if _of == "cce_from_logits" else function(p, y)
    if not _rows:
        return loss
    # One row is as wrong as can be. What it costs depends on the epsilon, and must only be finite and in range:
    # from 1e-6 to 1e-16 it is 13.8 to 36.8, without one it is the difference of two logits.
    if loss is None or np.ndim(loss) or not np.isfinite(loss):
        return {"loss of one sure and wrong row": "not a finite number"}
    share = float(loss) * _rows
    sized = 13.5 < share < 41.0 or (z is not None and 900.0 < share < 1100.0)
    return {"loss of one sure and wrong row": "fine" if sized else "finite, but of the wrong size"}


def cross_entropy(p, y, eps=1e-7, log=np.log):
    """The cross-entropy of each entry."""
    p = np.clip(p, eps, 1 - eps)
    return -(y * log(p) + (1 - y) * log(1 - p))


def log_softmax(z, axis=1):
    """Logarithms of the softmax along an axis."""
    z = z - z.max(axis=axis, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=axis, keepdims=True))


@bce.wrong(
    "Where p is exactly 0 or 1 you take the logarithm of 0: inf, or nan where it is multiplied by 0. Keep p "
    "a little away from both ends.", loses=BCE_SURE, replaces="bce")
def log_of_zero(p, y):
    with np.errstate(all="ignore"):
        return np.mean(-(y * np.log(p) + (1 - y) * np.log(1 - p)))


@bce.wrong(
    "A p that is sure and right costs nothing, as it should; one that is sure and wrong costs inf.",
    loses=BCE_SURE, replaces="bce")
def picked_but_unbounded(p, y):
    with np.errstate(all="ignore"):
        return np.mean(np.where(y == 1, -np.log(p), -np.log(1 - p)))


@bce.wrong("Only one end is guarded: p is kept away from 0, and 1 - p isn't.", loses=BCE_SURE, replaces="bce")
def guards_one_end(p, y):
    with np.errstate(all="ignore"):
        return np.mean(-(y * np.log(p + 1e-12) + (1 - y) * np.log(1 - p)))


@bce.wrong("Only one end is guarded: 1 - p is kept away from 0, and p isn't.", loses=BCE_SURE, replaces="bce")
def guards_the_other_end(p, y):
    with np.errstate(all="ignore"):
        return np.mean(-(y * np.log(p) + (1 - y) * np.log(1 - p + 1e-12)))


@bce.mistakes(replaces="bce")
def mistakes(p, y):
    yield "kept_too_far_away", np.mean(cross_entropy(p, y, 1e-3)), (
        "You keep p further from 0 and 1 than the exercise says: being sure and wrong costs too little.")
    yield "base_two", np.mean(cross_entropy(p, y, log=np.log2)), "These are logarithms to base 2."
    yield "summed", np.sum(cross_entropy(p, y)), "You add up the samples; the mean was asked for."
    yield "one_for_each", cross_entropy(p, y), (
        "One loss for every sample comes back. The mean is still to be taken.")
    yield "ones_only", np.mean(-y * np.log(np.clip(p, 1e-7, 1))), (
        "Only samples with y = 1 cost something: the other half of the sum is missing.")
    yield "without_the_minus", -np.mean(cross_entropy(p, y)), (
        "Your loss is negative: the logarithm of a number below 1 is, and there is a minus in front of it.")
    yield "exchanged", np.mean(cross_entropy(y, p)), (
        "p and y are exchanged: the logarithm is that of the prediction.")


@bce.wrong(
    "exp(1000) is inf, and inf/inf is nan; at -1000 it is 0/0. Softmax depends on differences only: what "
    "may be subtracted first?", loses=CCE_SURE, replaces="cce_from_logits")
def overflows(z, Y):
    with np.errstate(all="ignore"):
        powers = np.exp(z)
        return np.mean(-np.sum(Y * np.log(powers / powers.sum(axis=1, keepdims=True)), axis=1))


@bce.wrong(
    "What you subtract is more than the largest logit of a row by so much that the row underflows to 0/0: each row "
    "has a largest one of its own.", loses=CCE_SURE, replaces="cce_from_logits")
def shifted_by_one_maximum(z, Y):
    with np.errstate(all="ignore"):
        powers = np.exp(z - z.max())
        p = powers / powers.sum(axis=1, keepdims=True)
        return np.mean(-np.sum(Y * np.log(np.clip(p, 1e-12, 1)), axis=1))


@bce.wrong(
    "Large logits that lie close together do no harm. But where one lies 1000 above the others, an exponential "
    "overflows, or a softmax that has underflowed to 0 gets into the logarithm: write the logarithm out first, as "
    "log-sum-exp.",
    loses=CCE_SURE, replaces="cce_from_logits")
def log_of_a_lost_softmax(z, Y):
    with np.errstate(all="ignore"):
        powers = np.exp(z - z.max(axis=1, keepdims=True))
        p = powers / powers.sum(axis=1, keepdims=True)
        return np.mean(-np.sum(Y * np.log(p), axis=1))


@bce.mistakes(replaces="cce_from_logits")
def mistakes(z, Y):
    yield "wrong_axis", np.mean(-np.sum(Y * log_softmax(z, axis=0), axis=1)), (
        "Your softmax runs over the samples. The probabilities of one sample, which is a row, add up to 1.")
    yield "mean_over_entries", np.mean(-Y * log_softmax(z)), (
        "You divide by the number of entries. In each row only one class counts: the mean is over the "
        "samples.")
    yield "rows_summed", -np.sum(Y * log_softmax(z)), "You add up the samples; the mean was asked for."
    yield "logits_base_two", np.mean(-np.sum(Y * log_softmax(z), axis=1)) / np.log(2), (
        "These are logarithms to base 2.")
    yield "without_softmax", np.mean(-np.sum(Y * np.log(np.clip(z, 1e-7, 1)), axis=1)), (
        "You take the logits for probabilities. They are what comes before the softmax.")
    yield "sigmoid_of_each", np.mean(np.sum(Y * np.logaddexp(0, -z), axis=1)), (
        "You send each logit through a sigmoid. Among classes of which one is right, the probabilities have "
        "to add up to 1.")
    yield "cce_without_the_minus", np.mean(np.sum(Y * log_softmax(z), axis=1)), (
        "Your loss is negative: a minus is missing.")


@bce.mistakes(replaces="mse")
def mistakes(p, y):
    yield "with_a_half", np.mean((p - y) ** 2) / 2, (
        "Half of what it should be: the ½ of some textbooks is not in Keras' loss.")
    yield "squares_summed", np.sum((p - y) ** 2), "You add up; the mean was asked for."
    yield "with_a_root", np.sqrt(np.mean((p - y) ** 2)), "This is the root of the mean squared error."
    yield "absolute_values", np.mean(np.abs(p - y)), "These are absolute values; squares were asked for."
    yield "rows_added_up", np.mean(np.sum(((p - y) ** 2).reshape(len(p), -1), axis=1)), (
        "With several columns you add up each row before taking the mean. The mean is over all entries.")
    yield "one_for_each_row", np.mean((p - y) ** 2, axis=-1) if np.ndim(p) > 1 else (p - y) ** 2, (
        "One number for each row comes back. The mean is over all entries.")


@bce.right
def clipped_at_1e_12(p, y):
    p = np.clip(p, 1e-12, 1 - 1e-12)
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


@bce.answers
def accepted(p, y):
    yield "added_at_both_ends", -np.mean(y * np.log(p + 1e-7) + (1 - y) * np.log(1 - p + 1e-7))


@bce.right
def in_a_loop(p, y):
    total = 0.0
    for one, label in zip(np.ravel(p), np.ravel(y)):
        right = one if label == 1 else 1 - one
        total -= math.log(max(right, 1e-12))
    return total / np.size(p)


@bce.right
def probability_of_the_label(p, y):
    right = np.where(np.asarray(y) == 1, p, 1 - np.asarray(p))
    return -np.log(np.maximum(right, 1e-10)).mean()


@bce.right
def in_float32(p, y):
    eps = np.float32(1e-7)
    p, y = np.clip(np.float32(p), eps, 1 - eps), np.float32(y)
    return -np.mean(y * np.log(p) + (1 - y) * np.log1p(-p))


@bce.right(replaces="cce_from_logits")
def log_sum_exp(z, Y):
    top = z.max(axis=1)
    log_sum = top + np.log(np.exp(z - top[:, None]).sum(axis=1))
    return np.mean(log_sum - (z * Y).sum(axis=1))


@bce.right(replaces="cce_from_logits")
def stable_softmax_clipped(z, Y):
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    p = np.clip(powers / powers.sum(axis=1, keepdims=True), 1e-7, 1 - 1e-7)
    return -(Y * np.log(p)).sum() / len(z)


@bce.right(replaces="cce_from_logits")
def stable_softmax_and_a_little(z, Y):
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    p = powers / powers.sum(axis=1, keepdims=True)
    return -np.mean(np.log(p[np.arange(len(z)), Y.argmax(axis=1)] + 1e-12))


@bce.right(replaces="cce_from_logits")
def with_logaddexp(z, Y):
    losses = [np.logaddexp.reduce(row) - row[int(np.argmax(label))] for row, label in zip(z, Y)]
    return float(np.mean(losses))


@bce.right(replaces="cce_from_logits")
def logits_in_float32(z, Y):
    z = np.float32(z)
    z = z - z.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(z).sum(axis=1)) - (z * np.float32(Y)).sum(axis=1))


@bce.right(replaces="mse")
def through_the_mean(p, y):
    difference = np.asarray(p) - np.asarray(y)
    return (difference * difference).mean()


@bce.right(replaces="mse")
def mse_in_a_loop(p, y):
    squares = [(float(a) - float(b)) ** 2 for a, b in zip(np.ravel(p), np.ravel(y))]
    return sum(squares) / len(squares)


@bce.answers(replaces="mse")
def accepted(p, y):
    yield "squared_length", np.linalg.norm(np.float32(p) - np.float32(y)) ** 2 / np.size(p)


bce.small(
    "bce, by hand: a label of 1 to which the network gives ½ costs log 2 = 0.693; so does a label of 0. The "
    "mean is the same.",
    _of="bce", _rows=0, p=np.array([0.5, 0.5]), y=np.array([1.0, 0.0]))
for words, given in [
    ("bce: a label of 1 to which the network gives 0.8, and a label of 0 to which it gives 0.4: -log 0.8 = 0.223 and -log 0.6 "
     "= 0.511, in the mean 0.367.", {"_of": "bce", "p": np.array([0.8, 0.4]), "y": np.array([1.0, 0.0])}),
    ("bce: one answer is sure and right, and costs next to nothing; the other costs log 2, so the mean is 0.347.",
     {"_of": "bce", "p": np.array([1.0, 0.5]), "y": np.array([1.0, 0.0])}),
    ("The same with a 0 that is sure and right.", {"_of": "bce", "p": np.array([0.0, 0.5]), "y": np.array([0.0, 1.0])}),
    ("cce: one sample, logits 0 and log 3, so the probabilities are ¼ and ¾. The answer is the first: log 4 = 1.386.",
     {"_of": "cce_from_logits", "z": np.array([[0.0, np.log(3)]]), "Y": np.array([[1.0, 0.0]])}),
    ("cce: two samples of three classes, and the mean over the samples.",
     {"_of": "cce_from_logits", "z": np.array([[0.0, 1.0, 2.0], [1.0, -1.0, 0.5]]), "Y": np.eye(3)[[0, 2]]}),
    ("cce: logits of 1000 and 999 differ by 1, and only that counts: log(1 + 1/e) = 0.313. exp(1000) is more than a float holds.",
     {"_of": "cce_from_logits", "z": np.array([[1000.0, 999.0], [-1000.0, -1001.0]]), "Y": np.array([[1.0, 0.0], [1.0, 0.0]])}),
    ("cce: logits of 1000 and 0, and the answer is the first: nothing is left to pay.",
     {"_of": "cce_from_logits", "z": np.array([[1000.0, 0.0], [0.0, 0.0]]), "Y": np.array([[1.0, 0.0], [1.0, 0.0]])}),
    ("mse: two entries, off by 1 and by 3: the squares are 1 and 9, their mean is 5.",
     {"_of": "mse", "p": np.array([1.0, 4.0]), "y": np.array([2.0, 1.0])}),
    ("mse: two rows of two, off by 1, 1, 1 and 3: one mean over all four.",
     {"_of": "mse", "p": np.array([[1.0, 1.0], [1.0, 3.0]]), "y": np.zeros((2, 2))}),
]:
    bce.small(words, _rows=0, **given)
bce.small(
    "bce: one of two answers is sure and wrong. That costs much, about 14 to 37 by the epsilon, and not infinitely much.",
    _of="bce", _rows=2, p=np.array([0.0, 0.5]), y=np.array([1.0, 0.0]))
bce.small(
    "cce: one of two answers is sure and wrong. That costs the difference of the two logits, 1000, or as much as the epsilon allows.",
    _of="cce_from_logits", _rows=2, z=np.array([[1000.0, 0.0], [0.0, 0.0]]), Y=np.array([[0.0, 1.0], [1.0, 0.0]]))

# 15.6 slide_lr

slide_lr = Exercise(points=1, groups={"100 epochs": 1, "500 epochs": 1, "any other number": 2})


@slide_lr.cases
def cases(rng):
    yield case("100 epochs", epochs=100)
    yield case("500 epochs", epochs=500)
    for epochs in (99, 101, 499, 501, 200, 1000):
        yield case("any other number", epochs=epochs)
    for low, high in [(10, 90), (110, 490), (510, 900), (1000, 4000)]:
        yield case("any other number", epochs=int(rng.integers(low, high)))


@slide_lr.mistakes
def mistakes(epochs):
    yield "ranges", 0.001 if epochs <= 100 else 0.0001 if epochs <= 500 else 0.000001, (
        "You read the rule as ranges: up to 100, up to 500, beyond. That may be what was meant, but what "
        "does it say?")
    yield "ranges_below", 0.001 if epochs < 100 else 0.0001 if epochs < 500 else 0.000001, (
        "You read the rule as ranges: below 100, below 500, and beyond. Which comparison does it print?")
    yield "ranges_upwards", 0.0001 if epochs >= 500 else 0.001 if epochs >= 100 else 0.000001, (
        "You read the rule as ranges that begin at 100 and at 500. Which comparison does it print?")
    yield "one_zero_less", {100: 0.001, 500: 0.0001}.get(epochs, 0.00001), (
        "Your last rate has lost a zero (1e-5); perhaps you mended it so that it lies in the notes' range. "
        "Copy the rule as it is.")
    yield "without_else", {100: 0.001, 500: 0.0001}.get(epochs), (
        "For all other numbers of epochs you return None: the `else` is missing.")
    yield "exchanged", {100: 0.0001, 500: 0.001}.get(epochs, 0.000001), (
        "The rates for 100 and for 500 epochs are exchanged.")
    yield "begins_at_the_range", {100: 0.01, 500: 0.001}.get(epochs, 0.000001), (
        "You begin with 0.01, the upper end of the range in the agenda notes. The rule's own rates are "
        "others.")


@slide_lr.right
def with_if_and_elif(epochs):
    if epochs == 100:
        return 0.001
    elif epochs == 500:
        return 0.0001
    else:
        return 0.000001


@slide_lr.answers
def accepted(epochs):
    yield "with_a_dictionary", {100: 1e-3, 500: 1e-4}.get(epochs, 1e-6)
    yield "with_select", np.select([epochs == 100, epochs == 500], [1e-3, 1e-4], 1e-6)


slide_lr.small(
    "101 is not equal to 100, and not to 500.",
    epochs=101)
slide_lr.small("Just 100 is the first line of the rule.", epochs=100)
slide_lr.small("Just 500 is the second line of the rule.", epochs=500)
slide_lr.small("Any other number is the third line, few epochs as well.", epochs=50)

# 15.7 lr_issues

TRUE_ONES = "the statements that are true"
LETTERS, TRUE = "abcdef", "bce"

lr_issues = Exercise(points=1, groups={TRUE_ONES: 1}, builds_on=("slide_lr",))


@lr_issues.cases
def cases(rng):
    yield case()


@lr_issues.driver
def drive(lr_issues):
    answer = lr_issues()
    if answer is None or not hasattr(answer, "__iter__"):
        raise TypeError("lr_issues should return a set of letters, such as {'a', 'b'}")
    chosen = {str(letter).strip().lower() for letter in answer}
    return {
        "chosen": np.array([letter in chosen for letter in LETTERS]) * 1,
        "strangers": len(chosen - set(LETTERS)),
    }


@lr_issues.judge
def judge(case, result):
    chosen = {letter for letter, taken in zip(LETTERS, result["chosen"]) if taken}
    strangers, missing = int(result["strangers"]), len(set(TRUE) - chosen)
    counts = [
        (len(chosen - set(TRUE)), "not true"),
        (missing, "true but missing"),
        (strangers, "not a letter from a to f"),
    ]
    told = ", ".join(f"{count} {what}" for count, what in counts if count)
    seen = "chose " + "".join(sorted(chosen)) + "?" * strangers
    yield TRUE_ONES, not told, seen, f"of the statements: {told}"


@lr_issues.mistakes
def mistakes():
    yield "reads_between", {"a", "b", "c", "e"}, "One of yours is about 200 epochs. Ask your `slide_lr(200)`."
    yield "trusts_the_range", {"b", "c", "d", "e"}, (
        "One of yours is about the range of the agenda notes. Hold all three rates against its lower end, "
        "zero by zero.")
    yield "one_zero_too_many", {"b", "c", "e", "f"}, (
        "One of yours divides two small numbers. Count the zeros of 0.000001 and of 0.00001 again.")
    yield "thinks_it_only_falls", {"b", "c"}, (
        "One that is true is missing. It is about longer runs: try your function for 499 and 500 epochs.")
    yield "misses_the_cliff", {"b", "e"}, (
        "One that is true is missing. It is about a single epoch more: divide two results of your function.")
    yield "misses_the_equality", {"c", "e"}, (
        "One that is true is missing. It is about how the rule asks: by a range, or by equality?")
    yield "as_ranges", {"a", "c"}, (
        "You read the rule as ranges of epochs. Two of yours, and two that are missing, depend on it.")
    yield "the_others", {"a", "d", "f"}, "You list those that are false."


@lr_issues.answers
def accepted():
    yield "as_a_list", ["e", "b", "c"]
    yield "as_text", "BCE"


lr_issues.small(
    "Take statement c: your `slide_lr(100)` divided by your `slide_lr(101)`. Is it 1000?")

# 15.8 pick_lr

FINITE, BROKEN, OTHER_TOL = "finite losses", "nan and inf among them", "another tolerance"

pick_lr = Exercise(points=1, groups={FINITE: 2, BROKEN: 2, OTHER_TOL: 1})


def searched(rng, tol, lost=()):
    """Rates and losses in any order: a rate larger than the best one's is within tol, with a worse one between."""
    best, inside, outside = rng.uniform(0.3, 0.5), 1 + tol * rng.uniform(0.4, 0.8, 3), rng.uniform(3, 4, 2)
    factors = np.array([outside[0], inside[0], 1, inside[1], 1 + 5 * tol, inside[2], outside[1]])
    # Within tol of the best as a difference, but not as a share.
    almost = (1 + tol) * best + 0.4 * (tol - tol * best)
    # Within tol of the best only if (1 - tol) of it is compared with the best.
    beside = best * (1 + tol + 0.4 * tol**2)
    losses = np.array([*(best * factors), almost, beside, 2 * best, *lost])
    rates = 10.0 ** (np.arange(len(losses)) - 7.0) * rng.uniform(1, 4, len(losses))
    place = rng.permutation(len(losses))
    # Neither the first nor the last good one of the list is the largest.
    while not min(place[1:4]) < place[5] < max(place[1:4]):
        place = rng.permutation(len(losses))
    order = np.argsort(place)
    return rates[order], losses[order]


@pick_lr.cases
def cases(rng):
    rates, losses = searched(rng, 0.05)
    yield case(FINITE, lrs=rates, losses=losses)
    rates, losses = searched(rng, 0.05)
    yield case(FINITE, lrs=rates.tolist(), losses=losses.tolist())
    rates, losses = searched(rng, 0.05, [np.nan, np.inf])
    yield case(BROKEN, lrs=rates, losses=losses)
    rates, losses = searched(rng, 0.05, [np.inf, np.nan, np.nan])
    yield case(BROKEN, lrs=rates.tolist(), losses=losses.tolist())
    # The best has the largest of the good rates.
    order, best = rng.permutation(5), rng.uniform(0.3, 0.5)
    rates = 10.0 ** np.arange(-5, 0) * rng.uniform(1, 4, 5)
    yield case(FINITE, lrs=rates[order], losses=best * np.array([3.4, 1.02, 1.03, 1, 2.2])[order])
    for tol in rng.uniform(0.2, 0.3, 2):
        rates, losses = searched(rng, tol)
        yield case(OTHER_TOL, lrs=rates, losses=losses, tol=float(tol))
    # Just at the limit, in numbers that no formula rounds.
    order, best = rng.permutation(4), 0.5 ** int(rng.integers(0, 4))
    yield case(OTHER_TOL, lrs=np.sort(rates)[:4][order], losses=best * np.array([1, 1.125, 1.25, 1.5])[order], tol=0.25)


@pick_lr.driver
def drive(pick_lr, lrs, losses, tol=None):
    return pick_lr(lrs, losses) if tol is None else pick_lr(lrs, losses, tol)


def good_rates(lrs, losses, tol, best=None):
    """The rates whose loss is within tol of the best."""
    lrs, losses = np.asarray(lrs), np.asarray(losses)
    best = losses[np.isfinite(losses)].min() if best is None else best
    return lrs[losses <= (1 + tol) * best]


@pick_lr.mistakes
def mistakes(lrs, losses, tol=0.05):
    yield "the_best_alone", lrs[int(np.nanargmin(losses))], (
        "You take the rate of the smallest loss. A larger one that is nearly as good gets there sooner: "
        "that is what `tol` is for.")
    yield "argmin_with_nan", lrs[int(np.argmin(losses))], (
        "`np.argmin` takes nan for the smallest number there is: among runs that were lost you choose a "
        "lost one. And it leaves `tol` unused.")
    yield "the_smallest", good_rates(lrs, losses, tol).min(), (
        "You take the smallest rate that is good enough; the largest was asked for.")
    yield "the_last_good", good_rates(lrs, losses, tol)[-1], (
        "You take the last rate of the list that is good enough. The list need not be sorted: which is the "
        "largest?")
    yield "the_first_good", good_rates(lrs, losses, tol)[0], (
        "You take the first rate of the list that is good enough. The list need not be sorted: which is the "
        "largest?")
    yield "the_last", lrs[-1], "You take the last rate of the list, whatever its loss."
    yield "the_largest_finite", np.asarray(lrs)[np.isfinite(losses)].max(), (
        "You take the largest rate whose loss is finite. It should be nearly as good as the best one too.")


@pick_lr.mistakes
def mistakes(lrs, losses, tol=0.05):
    finite = np.isfinite(losses)
    rates, ends = np.asarray(lrs)[finite], np.asarray(losses)[finite]
    yield "at_the_limit_is_too_far", rates[ends < (1 + tol) * ends.min()].max(), (
        "A loss just at the limit counts, too: at most, not less than.")
    yield "share_of_each_loss", rates[(1 - tol) * ends <= ends.min()].max(), (
        "You take `tol` as a share of each loss. It is a share of the best one.")
    yield "never_the_best", rates[(ends <= (1 + tol) * ends.min()) & (ends > ends.min())].max(), (
        "You leave the best loss itself out: its rate may be the largest of the good ones.")


@pick_lr.wrong("You add `tol` to the best loss. It is a share: five per cent of the best.")
def added(lrs, losses, tol=0.05):
    losses = np.asarray(losses)
    best = losses[np.isfinite(losses)].min()
    return np.asarray(lrs)[losses <= best + tol].max()


@pick_lr.wrong(
    "You go up from the smallest rate and stop at the first that is worse. A larger one may be good again: "
    "look at all.")
def stops_at_the_first_worse(lrs, losses, tol=0.05):
    good = set(good_rates(lrs, losses, tol).tolist())
    chosen = None
    for lr in sorted(np.asarray(lrs).tolist()):
        if lr in good:
            chosen = lr
        elif chosen is not None:
            break
    return chosen


@pick_lr.mistakes
def mistakes(lrs, losses, tol=0.05):
    yield "nan_is_the_best", max(good_rates(lrs, losses, tol, best=np.min(losses)).tolist()), (
        "One nan among the losses makes your best loss nan, and nothing is smaller than that. Which losses "
        "may be compared at all?")


@pick_lr.wrong("You turn nan into 0, which then is the best loss of all.", loses=BROKEN)
def nan_as_zero(lrs, losses, tol=0.05):
    losses = np.nan_to_num(losses)
    return np.asarray(lrs)[losses <= (1 + tol) * losses.min()].max()


@pick_lr.mistakes
def mistakes(lrs, losses, tol=0.05):
    yield "fixed_tolerance", good_rates(lrs, losses, 0.05).max(), "You use 0.05 whatever `tol` says."


@pick_lr.wrong("The right one, but you return where it stands in the list.")
def its_place(lrs, losses, tol=0.05):
    return int(np.flatnonzero(np.asarray(lrs) == good_rates(lrs, losses, tol).max())[0])


@pick_lr.mistakes
def mistakes(lrs, losses, tol=0.05):
    yield "its_loss", np.asarray(losses)[its_place(lrs, losses, tol)], (
        "The right one, but you return its loss.")


@pick_lr.right
def masked(lrs, losses, tol=0.05):
    lrs, losses = np.array(lrs), np.array(losses)
    finite = np.isfinite(losses)
    lrs, losses = lrs[finite], losses[finite]
    return lrs[losses <= (1 + tol) * losses.min()].max()


@pick_lr.right
def from_the_largest_down(lrs, losses, tol=0.05):
    best = min(loss for loss in losses if math.isfinite(loss))
    for lr, loss in sorted(zip(lrs, losses), reverse=True):
        if loss <= best * (1 + tol):
            return float(lr)


@pick_lr.right
def inf_for_nan(lrs, losses, tol=0.05):
    losses = np.where(np.isfinite(losses), losses, np.inf)
    return max(lr for lr, loss in zip(lrs, losses) if loss <= losses.min() * (1 + tol))


@pick_lr.right
def with_nanmin(lrs, losses, tol=0.05):
    good = np.asarray(losses) <= np.nanmin(losses) * (1 + tol)
    return np.where(good, lrs, 0).max()


pick_lr.small(
    "The best loss is 0.40, and five per cent more is 0.42. Three rates are below that or at it; nan is not "
    "a loss.",
    lrs=[0.001, 0.01, 0.1, 1.0], losses=[0.41, 0.40, 0.42, float("nan")])
pick_lr.small(
    "In another order: the best loss is 0.40, and five per cent more is 0.42. 0.1 is at 0.41, and the worse one beside it "
    "does not matter.",
    lrs=[1.0, 0.1, 0.03, 0.01, 0.001], losses=[float("inf"), 0.41, 0.6, 0.40, 0.405])
pick_lr.small(
    "A loss of 1.43 is more than five per cent above 1.36, which is a limit of 1.428.",
    lrs=[0.01, 0.1, 1.0], losses=[1.36, 1.43, 1.6])
pick_lr.small(
    "With a tol of 0.25 the limit is 1.25 times 0.5, which is 0.625: the loss of 0.625 is just at it.",
    lrs=[0.01, 0.1, 1.0], losses=[0.5, 0.625, 0.8], tol=0.25)
pick_lr.small(
    "The limit is 1.05 times 0.40, which is 0.42. The best loss has the larger of the two rates below it.",
    lrs=[0.01, 0.1, 1.0], losses=[0.41, 0.40, 0.8])
pick_lr.small(
    "With a tol of 0.25 the limit is 1.25, and 1.3 is above it.",
    lrs=[0.01, 0.1, 1.0], losses=[1.0, 1.2, 1.3], tol=0.25)
pick_lr.small(
    "With a tol of 0.5 the limit is 0.6: the share is the caller's.",
    lrs=[0.01, 0.1, 1.0], losses=[0.4, 0.55, 0.8], tol=0.5)
pick_lr.small(
    "Large losses: five per cent above 40 is 42, and 41 is below it. That is a share, and no 0.05 on top.",
    lrs=[0.01, 0.1, 1.0], losses=[40.0, 41.0, 80.0])

# Questions

digits_network = Question(
    "A network for digits: 784 inputs, 512 hidden units, 10 outputs. How many parameters?",
    wrong("406,528", "The 522 biases are missing: this is $784\\cdot512+512\\cdot10$."),
    right("407,050", "$785\\cdot512 + 513\\cdot10$: each unit has a bias besides its weights."),
    wrong("401,920", "The output layer is missing: this is $785\\cdot512$ alone."),
)

four_times_the_batch = Question(
    "You go from batches of 32 to batches of 128, with 1,280 samples and all else the same. What happens in "
    "an epoch?",
    wrong(
        "A quarter of the updates, each with a quarter of the noise.",
        "The variance falls to a quarter; the standard deviation, which is the noise, to half."),
    right(
        "A quarter of the updates, each with half the noise.",
        "10 updates instead of 40, and $\\sqrt{32/128}=\\tfrac12$. At the same rate an epoch leads a quarter "
        "as far; a rate four times as high keeps $\\eta/b$, as long as steps of that length hold."),
    wrong(
        "The same number of updates, each with half the noise.",
        "An epoch goes through all samples once: larger batches are fewer batches."),
)

lost_run = Question(
    "Training losses 0.41, 0.40, 0.415, nan at rates 0.001, 0.01, 0.1, 1. What does "
    "`lrs[np.argmin(losses)]` give?",
    wrong(
        "0.01, the rate of the smallest loss",
        "That is what it was meant to give, and what `np.nanargmin` would."),
    wrong(
        "0.1, the largest rate that is about as good",
        "That is what one wants, and what your `pick_lr` gives."),
    right(
        "1, the rate of the run that was lost",
        "`np.argmin` takes nan for the smallest number there is."),
)
