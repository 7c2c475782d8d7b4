"""Exercises of lesson 14: when to stop, which epoch to keep, and on which points to look."""

import numpy as np

from autograder.authoring import UNCHANGED, Exercise, Question, case, draw_seed, right, wrong

# 14.1 EarlyStopper

WHEN = "patience: the epoch in which it stops"
BEST = "`best` and `best_epoch`"
DELTA = "`min_delta`: what counts as better"
MAX = "mode 'max'"

EarlyStopper = Exercise(points=4, groups={WHEN: 1, BEST: 1, DELTA: 1, MAX: 1})


@EarlyStopper.cases
def cases(rng):
    # Of up to six values a verdict shows each, so the short sequences come first.
    for n, patience in [(6, 0), (6, 1), (6, 2), (6, 2), (14, 1), (14, 2), (14, 3), (14, 3), (14, 4), (14, 4)]:
        yield case(WHEN, patience=patience, min_delta=0.0, mode="min", values=wandering(rng, n))
    for n, patience in [(6, 2), (12, 1), (12, 3)]:  # only the nans make it stop before the end
        values = 5 - np.cumsum(rng.integers(1, 6, n)) / 16
        at = int(rng.integers(1, n - patience))
        values[at : at + patience] = np.nan
        yield case(WHEN, patience=patience, min_delta=0.0, mode="min", values=values)
    for n in (6, 6, 12):
        values = wandering(rng, n)
        values[int(rng.integers(2, n - 1))] = np.nan
        yield case(BEST, patience=20, min_delta=0.0, mode="min", values=values)
        yield case(BEST, patience=20, min_delta=0.0, mode="min", values=wandering(rng, n))
        upwards = (np.arange(n) + 4 * rng.permutation(n)) / 64  # rising, back and forth
        # The last value is better than the one before it, and not the best.
        upwards[-2:] = upwards[:-2].min() + np.array([0, 0.5]) / 64
        yield case(MAX, patience=20, min_delta=0.0, mode="max", values=upwards, _best_alone=True)
        # A score may lie below zero, as the logarithm of a likelihood does.
        yield case(MAX, patience=20, min_delta=0.0, mode="max", values=upwards - 5, _best_alone=True)
    # The first value is the best so far, whatever it is: beyond any number that one might begin with.
    far = 2.0**40
    yield case(BEST, patience=20, min_delta=0.0, mode="min", values=wandering(rng, 6) * far)
    yield case(MAX, patience=20, min_delta=0.0, mode="max", values=-wandering(rng, 6) * far, _best_alone=True)
    for n, mode, sign in ((6, "min", -1), (6, "max", 1), (12, "min", -1), (12, "max", 1)):
        steps = rng.choice([-1, 1, 2, 3, 4, 5, 6], n)
        steps[-1] = -1  # a little worse at the end: no improvement, however min_delta is read
        values = 4 + sign * np.cumsum(steps) / 16
        for delta in (
            7 / 32,
            11 / 32,
        ):  # never just the difference of two sixteenths: ties are not this group's
            yield case(DELTA, patience=20, min_delta=delta, mode=mode, values=values, _best_alone=True)
    for mode, sign in (("min", -1), ("max", 1)):
        creeping = 4 + sign * np.arange(12) / 16 + int(rng.integers(16)) / 16
        patience = int(rng.integers(2, 5))
        yield case(DELTA, patience=patience, min_delta=1.0, mode=mode, values=creeping, _stopped=True)


def wandering(rng, n):
    """A falling loss in sixteenths, which turns back often and now and then just meets its lowest value."""
    values = 5 + np.cumsum(rng.choice([-3, -2, 1, 2, 3], n)) / 16
    for i in np.sort(rng.choice(np.arange(1, n), n // 4, replace=False)):
        values[i] = values[:i].min()
    return values


@EarlyStopper.driver
def drive(EarlyStopper, patience, min_delta, mode, values, _stopped=False, _best_alone=False):
    stopper = EarlyStopper(patience, min_delta, mode)
    stopped = None
    for epoch, value in enumerate(values):
        if stopper.update(float(value)):
            stopped = epoch
            break
    if _stopped:  # whether, not when: another slip in `patience` shall not cost this one
        return "never stops" if stopped is None else "stops on the way"
    if patience < len(values):
        return "never stops" if stopped is None else f"stops in epoch {stopped}"
    for name in ("best", "best_epoch")[: 1 if _best_alone else 2]:
        if getattr(stopper, name, 0) is None:
            raise TypeError(f"after {len(values)} values `{name}` is still None")
    if _best_alone:
        return {"best": float(stopper.best)}
    return {"best": float(stopper.best), "best_epoch": int(stopper.best_epoch)}


class Stopper:
    """The state machine in pieces, so that a slip can replace one of them."""

    def __init__(self, patience, min_delta, mode):
        self.patience, self.min_delta, self.mode = patience, min_delta, mode
        self.epoch, self.wait = -1, 0
        self.best = self.best_epoch = self.previous = None

    def update(self, value):
        self.epoch += 1
        self.wait += 1
        better = self.best is None or self.better(value)
        self.previous = value
        if not better:
            return self.enough()
        self.keep(value)
        return self.after_keeping()

    def better(self, value):
        sign = 1 if self.mode == "min" else -1
        return sign * value + self.min_delta < sign * self.best

    def keep(self, value):
        self.best, self.best_epoch, self.wait = value, self.epoch, 0

    def enough(self):
        return self.wait >= self.patience

    def after_keeping(self):
        return False


def stopper_with(**pieces):
    return type("EarlyStopper", (Stopper,), pieces)


@EarlyStopper.wrong(
    "It waits one epoch too long. With patience 2 the second epoch in a row without an improvement is the "
    "last: count it before you compare with `patience`.", loses=WHEN, edits=True)
def one_epoch_too_patient(_):
    return stopper_with(enough=lambda self: self.wait > self.patience)


@EarlyStopper.wrong(
    "It stops one epoch too soon. After an improvement the number of epochs waited is 0: the next epoch is the "
    "first that can be waited.", loses=WHEN, edits=True)
def one_epoch_too_impatient(_):
    return stopper_with(enough=lambda self: self.wait + 1 >= self.patience)


@EarlyStopper.wrong(
    "With patience 0 it never stops. Do you ask whether the number of epochs waited *equals* `patience`? That "
    "number is 1 when it is first compared: it stops as soon as it is at least `patience`.",
    loses=WHEN, edits=True)
def equals_patience(_):
    return stopper_with(enough=lambda self: self.wait == self.patience)


@EarlyStopper.wrong(
    "You compare the number of the epoch with `patience`. What counts is how many epochs have passed since the "
    "best one.", loses=WHEN, edits=True)
def patience_from_the_start(_):
    return stopper_with(enough=lambda self: self.epoch >= self.patience)


@EarlyStopper.wrong(
    "You compare with the epoch before, as a sentence of the Better Deep Learning deck has it. A loss that "
    "jumps up and then creeps down looks better each time and never gets back to where it was: compare with "
    "the best so far.", edits=True)
def compares_with_the_previous_epoch(_):
    def better(self, value):
        sign = 1 if self.mode == "min" else -1
        return sign * value + self.min_delta < sign * self.previous

    return stopper_with(better=better)


@EarlyStopper.wrong(
    "Epochs without an improvement are counted over the whole run. After an improvement the count begins "
    "anew.", loses=WHEN, edits=True)
def never_resets_wait(_):
    def keep(self, value):
        self.best, self.best_epoch, self.wait = value, self.epoch, self.wait - 1

    return stopper_with(keep=keep)


@EarlyStopper.wrong(
    "The very first value stops it: with patience 0 the test runs after an improvement, too. An epoch that "
    "is better never stops.", loses=WHEN, edits=True)
def stops_at_epoch_zero(_):
    return stopper_with(after_keeping=lambda self: self.wait >= self.patience)


@EarlyStopper.wrong(
    "A value equal to the best counts as an improvement: on a plateau it would wait for ever. Which of < "
    "and ≤ is meant?", loses=(WHEN, BEST), edits=True)
def equal_is_better(_):
    def better(self, value):
        sign = 1 if self.mode == "min" else -1
        return sign * value + self.min_delta <= sign * self.best

    return stopper_with(better=better)


@EarlyStopper.wrong(
    "For mode 'max' `min_delta` has the wrong sign: values that are worse than the best count as better. A "
    "new value has to lie beyond the best by more than min_delta, in either mode.",
    loses=DELTA, edits=True)
def delta_with_the_wrong_sign_for_max(_):
    def better(self, value):
        if self.mode == "min":
            return value < self.best - self.min_delta
        return value > self.best - self.min_delta

    return stopper_with(better=better)


@EarlyStopper.wrong(
    "`min_delta` has the wrong sign in both modes: values slightly worse than the best count as better.",
    loses=DELTA, edits=True)
def delta_with_the_wrong_sign(_):
    def better(self, value):
        sign = 1 if self.mode == "min" else -1
        return sign * value - self.min_delta < sign * self.best

    return stopper_with(better=better)


@EarlyStopper.wrong(
    "Every improvement counts, however small: where does `min_delta` enter?", loses=DELTA, edits=True)
def ignores_min_delta(_):
    def better(self, value):
        return value < self.best if self.mode == "min" else value > self.best

    return stopper_with(better=better)


@EarlyStopper.wrong(
    "For mode 'max' every improvement counts, however small: `min_delta` enters for mode 'min' alone.",
    loses=DELTA, edits=True)
def delta_for_min_alone(_):
    def better(self, value):
        return value + self.min_delta < self.best if self.mode == "min" else value > self.best

    return stopper_with(better=better)


@EarlyStopper.wrong(
    "For mode 'min' every improvement counts, however small: `min_delta` enters for mode 'max' alone.",
    loses=DELTA, edits=True)
def delta_for_max_alone(_):
    def better(self, value):
        return value < self.best if self.mode == "min" else value - self.min_delta > self.best

    return stopper_with(better=better)


@EarlyStopper.wrong(
    "For mode 'max' `best` begins at 0, and scores below 0 never beat that. The first value is the best so far, "
    "whatever it is.", loses=MAX, edits=True)
def begins_at_zero(_):
    def init(self, patience, min_delta, mode):
        Stopper.__init__(self, patience, min_delta, mode)
        if mode == "max":
            self.best, self.best_epoch = 0.0, 0

    return stopper_with(__init__=init)


@EarlyStopper.wrong(
    "`best` begins at a number that you chose, and a first value that lies beyond it is not taken for the best. "
    "It is the best so far, whatever it is.", loses=(BEST, MAX), edits=True)
def begins_at_a_large_number(_):
    def init(self, patience, min_delta, mode):
        Stopper.__init__(self, patience, min_delta, mode)
        self.best, self.best_epoch = (1000.0 if mode == "min" else -1000.0), 0

    return stopper_with(__init__=init)


@EarlyStopper.wrong(
    "`best` follows improvements smaller than min_delta. Then many small steps never add up to one that "
    "counts: the best stays until it is beaten by more than min_delta.", loses=DELTA, edits=True)
def best_follows_small_steps(_):
    def enough(self):
        sign = 1 if self.mode == "min" else -1
        if sign * self.previous < sign * self.best:
            self.best, self.best_epoch = self.previous, self.epoch
        return self.wait >= self.patience

    return stopper_with(enough=enough)


@EarlyStopper.wrong(
    "Small improvements below min_delta leave `best` alone, but start the count of waiting anew.",
    loses=DELTA, edits=True)
def small_steps_reset_wait(_):
    def enough(self):
        sign = 1 if self.mode == "min" else -1
        before = min(getattr(self, "lowest", np.inf), sign * self.best)
        self.lowest = min(before, sign * self.previous)
        if self.lowest < before:
            self.wait = 0
        return self.wait >= max(self.patience, 1)

    return stopper_with(enough=enough)


@EarlyStopper.wrong(
    "Lower is better whatever `mode` says. An accuracy wants to grow.", loses=(MAX, DELTA), edits=True)
def ignores_mode(_):
    return stopper_with(better=lambda self, value: value + self.min_delta < self.best)


@EarlyStopper.wrong(
    "A NaN became the best value. Every comparison with NaN is False: see what `not (a >= b)` makes of it.",
    loses=(WHEN, BEST), edits=True)
def nan_is_better(_):
    def better(self, value):
        sign = 1 if self.mode == "min" else -1
        return not (sign * value + self.min_delta >= sign * self.best)

    return stopper_with(better=better)


@EarlyStopper.wrong(
    "An epoch whose value is nan is not counted as waiting. It is no improvement either, so it is one epoch "
    "more without one: a run that gives nothing but nan has to end.", loses=WHEN, edits=True)
def nan_does_not_wait(_):
    def enough(self):
        if np.isnan(self.previous):
            self.wait -= 1
            return False
        return self.wait >= self.patience

    return stopper_with(enough=enough)


@EarlyStopper.wrong(
    "An epoch whose value is nan is left out altogether: it does not count as waiting, and the epochs after "
    "it get numbers that are too low.", loses=(WHEN, BEST), edits=True)
def nan_is_no_epoch(_):
    def update(self, value):
        return False if np.isnan(value) else Stopper.update(self, value)

    return stopper_with(update=update)


@EarlyStopper.wrong(
    "A single nan stops it. It is one epoch without an improvement like any other: count it, and go on as "
    "long as `patience` allows.", loses=(WHEN, BEST), edits=True)
def nan_stops_at_once(_):
    return stopper_with(enough=lambda self: bool(np.isnan(self.previous)) or self.wait >= self.patience)


@EarlyStopper.wrong(
    "`best_epoch` is counted from 1. In this course, and in Keras' callbacks, the first epoch has number 0.",
    loses=BEST, edits=True)
def counts_from_one(_):
    def keep(self, value):
        self.best, self.best_epoch, self.wait = value, self.epoch + 1, 0

    return stopper_with(keep=keep)


@EarlyStopper.wrong(
    "`best_epoch` is the epoch it has got to, not the one that `best` belongs to.", loses=BEST, edits=True)
def best_epoch_is_the_last(_):
    return stopper_with(
        best_epoch=property(lambda self: self.epoch, lambda self, value: None),
    )


@EarlyStopper.right(edits=True)
def keeps_the_whole_history(_):
    class EarlyStopper:
        def __init__(self, patience, min_delta, mode):
            self.patience, self.delta, self.sign = patience, min_delta, {"min": 1, "max": -1}[mode]
            self.history, self.best_epoch = [], 0

        @property
        def best(self):
            return self.history[self.best_epoch]

        def update(self, value):
            self.history.append(value)
            now = len(self.history) - 1
            if self.sign * value < self.sign * self.best - self.delta:
                self.best_epoch = now
            return bool(now > 0 and now - self.best_epoch >= max(self.patience, 1))

    return EarlyStopper


@EarlyStopper.right(edits=True)
def begins_at_infinity(_):
    class EarlyStopper:
        def __init__(self, patience, min_delta=0, mode="min"):
            self.patience, self.min_delta = patience, min_delta
            self.better = np.less if mode == "min" else np.greater
            self.best = np.inf if mode == "min" else -np.inf
            self.delta = min_delta if mode == "min" else -min_delta
            self.best_epoch, self.wait, self.epoch = None, 0, 0

        def update(self, value):
            self.wait += 1
            if self.better(value + self.delta, self.best):
                self.best, self.best_epoch, self.wait = np.float64(value), np.int64(self.epoch), 0
            self.epoch += 1
            return np.bool_(self.wait > 0 and self.wait >= self.patience)

    return EarlyStopper


@EarlyStopper.right(edits=True)
def counts_down_and_returns_nothing(_):
    class EarlyStopper:
        def __init__(self, patience, min_delta, mode):
            self.full = self.left = max(patience, 1)
            self.mode, self.min_delta, self.epoch = mode, min_delta, -1
            self.best = None

        def update(self, value):
            self.epoch += 1
            if (
                self.best is None
                or (self.mode == "min" and value < self.best - self.min_delta)
                or (self.mode == "max" and value > self.best + self.min_delta)
            ):
                self.best, self.best_epoch, self.left = value, self.epoch, self.full
                return None
            self.left -= 1
            if self.left == 0:
                return True
            return None

    return EarlyStopper


EarlyStopper.small(
    "With patience 2, min_delta 0 and mode 'min', the values 3, 2, 2, 2.5: epoch 1 is the best, and epochs "
    "2 and 3 are not better. 2 is not better than 2. That makes two, so epoch 3 stops.",
    patience=2, min_delta=0.0, mode="min", values=np.array([3.0, 2.0, 2.0, 2.5, 1.0]))
def early(words, values, patience=20, min_delta=0.0, mode="min", **asked):
    """An example with a course of values; patience 20 asks for the best, and for its epoch."""
    EarlyStopper.small(words, patience=patience, min_delta=min_delta, mode=mode, values=np.array(values), **asked)


NAN = float("nan")
early("With patience 2: epochs 2 and 3 are not better than the best, 2.5, although epoch 3 is better than epoch 2.",
      [3.0, 2.5, 2.75, 2.625, 1.0], patience=2)
early("With patience 2 there is never more than one epoch in a row that is not better: a better one begins to count anew.",
      [3.0, 3.5, 2.0, 2.5, 1.5, 1.75], patience=2)
early("With patience 0 the first epoch that is not better stops; the first of all is better than nothing.",
      [3.0, 2.0, 2.0, 1.0], patience=0)
early("With patience 3, three epochs in a row are not better: epochs 1, 2 and 3.", [1.0, 2.0, 2.0, 2.0, 2.0, 2.0], patience=3)
early("The best is 1, in epoch 1. What comes later is not better.", [3.0, 1.0, 2.0, 2.5])
early("A nan is not better, and the best is that of epoch 2.", [3.0, NAN, 1.0, 2.0])
early("With patience 2: two epochs of nan are two that are not better.", [3.0, NAN, NAN, 2.0, 1.0], patience=2)
early("A min_delta of 0.5: 2.75 is not better than 3 by more than that, 2.25 is, and 2 is not better than 2.25 by it.",
      [3.0, 2.75, 2.25, 2.0], min_delta=0.5, _best_alone=True)
early("The same upwards: 1.25 is not better than 1 by more than 0.5, 1.75 is, and 2 is not better than 1.75 by it.",
      [1.0, 1.25, 1.75, 2.0], min_delta=0.5, mode="max", _best_alone=True)
early("Upwards: the best is the largest, 3, though smaller ones follow.", [1.0, 3.0, 2.0, 2.5], mode="max", _best_alone=True)
early("Upwards, and all below 0: the best is -1.", [-3.0, -1.0, -2.0, -2.5], mode="max", _best_alone=True)
early("Large losses: the first, 60,000, is the best until 30,000 comes, and nothing after that is better.",
      [60000.0, 30000.0, 40000.0, 50000.0])
early("With patience 2 and a min_delta of 1, a loss creeps down: 3.75 and 3.5 are not better than 4 by more than 1.",
      [4.0, 3.75, 3.5, 3.25], patience=2, min_delta=1.0, _stopped=True)

# 14.2 triggers

A, B = "a: no change", "b: the same as k epochs ago"
C, D = "c: worse than k epochs ago", "d: the average has not changed"
SHORT = "too little history, and just enough"
GROUP = {"a": A, "b": B, "c": C, "d": D}

triggers = Exercise(points=2, groups={A: 1, B: 1, C: 1, D: 1, SHORT: 1})


@triggers.cases
def cases(rng):
    # Of up to six values a verdict shows each, so the short histories come first.
    shapes = [wavering(rng, 2, 6) for _ in range(4)]
    shapes += [plateau(rng), returning(rng), rising(rng), falling(rng), shifted(rng), spiking(rng)]
    shapes += [bulging(rng), leaping(rng), jumping(rng)]
    shapes += [wavering(rng, k, 3 * k + 1) for k in (3, 3, 4)]
    for number, (history, k, tol) in enumerate(shapes):
        for key, group in GROUP.items():
            given = history.tolist() if number > 3 and number % 2 else history
            yield case(group, history=given, k=k, tol=float(tol), _key=key)
    k, level = int(rng.integers(3, 5)), int(rng.integers(8, 40)) / 16
    for n in (2, k, k + 1, 2 * k - 1, 2 * k):
        yield case(SHORT, history=np.full(n, level), k=k, tol=0.1, _key="")


def wavering(rng, k, n):
    steps = rng.choice([-1, 1], n) * rng.uniform(0.05, 0.2, n)
    return 2 + np.cumsum(steps), k, rng.uniform(0.1, 0.3)


def plateau(rng):
    """Comes down and then does not move at all, with nothing tolerated: every ≤ counts."""
    level = int(rng.integers(8, 24)) / 16
    return np.concatenate([level + np.array([2.5, 1.25, 0.5]), np.full(8, level)]), 4, 0.0


def returning(rng):
    """Swings widely and ends where it was k = 3 epochs ago, after a long fall."""
    level, swing = rng.uniform(1, 2), rng.uniform(0.4, 0.6)
    return level + np.array([3, 2.2, 0.3, -0.4, 0.0, swing, -swing, 0.02]), 3, 0.1


def rising(rng):
    return rng.uniform(0.5, 1) + rng.uniform(0.15, 0.2) * np.arange(9), 3, rng.uniform(0.1, 0.14)


def falling(rng):
    return rng.uniform(4, 5) - rng.uniform(0.15, 0.2) * np.arange(9), 3, rng.uniform(0.1, 0.14)


def shifted(rng):
    """Falls by more than tol from k epochs ago, in a step, and is flat before and after."""
    level, step = rng.uniform(1, 2), rng.uniform(0.3, 0.5)
    return level + np.array([2, step, step, step, step, 0, 0, 0, 0]), 4, rng.uniform(0.1, 0.2)


def spiking(rng):
    """Flat on average, but for its last value, and half of its last but two."""
    level, spike = rng.uniform(1, 2), rng.uniform(0.3, 0.4)
    return level + np.array([1, 0, 0.05, 0, 0, -spike / 2, 0, spike]), 3, rng.uniform(0.15, 0.2)


def bulging(rng):
    """The last k = 4 values span more than tol, though each lies near the first, the last and the middle of them; and
    one value of the four before them is so far off that it alone makes the averages differ, and only just."""
    tol, level, up = rng.uniform(0.1, 0.2), rng.uniform(1, 2), rng.choice([-1, 1])
    return level + tol * np.array([9, 0, 0, 0, 4.6 * rng.choice([-1, 1]), 0, 0.8 * up, -0.8 * up, 0]), 4, tol


def leaping(rng):
    """One of the last k = 4 values leaps by more than tol and back; the steps between them are smaller in the mean."""
    tol, level = rng.uniform(0.1, 0.2), rng.uniform(1, 2)
    return level + tol * np.array([9, 4, 4, 4, 4, 0, 1.4 * rng.choice([-1, 1]), 0, 0]), 4, tol


def jumping(rng):
    """The last of k = 4 values jumps by twice tol, which their standard deviation is just below; and the average has
    changed, though not by more than tol if the window before it takes in one value more."""
    tol, level, up = rng.uniform(0.1, 0.2), rng.uniform(2, 3), rng.choice([-1, 1])
    return level + tol * up * np.array([9, 1.67, 1.67, 1.67, 1.67, 0, 0, 0, 2.2]), 4, tol


@triggers.driver
def drive(triggers, history, k, tol, _key):
    found = triggers(history, k, tol)
    if not hasattr(found, "keys") or set(found) != set("abcd"):
        raise TypeError("triggers should return a dictionary with the keys 'a', 'b', 'c' and 'd'")
    return found[_key] if _key else {key: found[key] for key in "abcd"}


def told(a=None, b=None, c=None, d=None, least=lambda k: 2 * k):
    """An answer with some of the four triggers replaced; each is a function of (h, k, tol)."""
    parts = {
        "a": a or (lambda h, k, tol: np.ptp(h[-k:]) <= tol),
        "b": b or (lambda h, k, tol: abs(h[-1] - h[-1 - k]) <= tol),
        "c": c or (lambda h, k, tol: h[-1] > h[-1 - k] + tol),
        "d": d or (lambda h, k, tol: abs(np.mean(h[-k:]) - np.mean(h[-2 * k : -k])) <= tol),
    }

    def triggers(history, k, tol):
        h = np.asarray(history)
        enough = len(h) >= least(k)
        return {key: bool(enough and part(h, k, tol)) for key, part in parts.items()}

    return triggers


@triggers.wrong(
    "Your trigger a asks what b asks. The loss may swing widely and come back: a looks at all of the last k "
    "values, b only at two.", loses=A, edits=True)
def a_is_b(_):
    return told(a=lambda h, k, tol: abs(h[-1] - h[-1 - k]) <= tol)


@triggers.wrong(
    "`history[-k]` is k - 1 epochs ago: `history[-1]` is the last one itself. With k = 2, two epochs ago is "
    "`history[-3]`.", loses=(B, C), edits=True)
def counts_the_fence_posts(_):
    return told(
        b=lambda h, k, tol: abs(h[-1] - h[-k]) <= tol,
        c=lambda h, k, tol: h[-1] > h[-k] + tol,
    )


@triggers.wrong(
    "Trigger a looks at one value too many: the last k, and not the one before them.", loses=A, edits=True)
def a_looks_at_one_too_many(_):
    return told(a=lambda h, k, tol: np.ptp(h[-1 - k :]) <= tol)


@triggers.wrong(
    "Trigger a compares the first of the last k values with the last one. Between them the loss may go up and come "
    "back: a looks at all of them.", loses=A, edits=True)
def a_compares_first_and_last(_):
    return told(a=lambda h, k, tol: abs(h[-1] - h[-k]) <= tol)


@triggers.wrong(
    "Trigger a takes the standard deviation of the last k values, which is smaller than their range.",
    loses=A, edits=True)
def a_takes_the_standard_deviation(_):
    return told(a=lambda h, k, tol: np.std(h[-k:]) <= tol)


@triggers.wrong(
    "Trigger a takes the changes from one epoch to the next. Small ones add up: a asks for the whole range "
    "of the last k values.", loses=A, edits=True)
def a_takes_single_steps(_):
    return told(a=lambda h, k, tol: np.max(np.abs(np.diff(h[-k:]))) <= tol)


@triggers.wrong(
    "In d the second average runs over all epochs. The fall of the first ones, long past, then keeps it "
    "from ever triggering: take the k epochs before the last k.", loses=D, edits=True)
def d_averages_over_all(_):
    return told(d=lambda h, k, tol: abs(np.mean(h[-k:]) - np.mean(h)) <= tol)


@triggers.wrong(
    "In d the second average runs over everything before the last k. Only the k epochs before them are "
    "meant.", loses=D, edits=True)
def d_averages_over_all_before(_):
    return told(d=lambda h, k, tol: abs(np.mean(h[-k:]) - np.mean(h[:-k])) <= tol)


@triggers.wrong(
    "In d the second average takes in the first of the last k values. The two windows have k values each, and none "
    "in common.", loses=D, edits=True)
def d_overlaps(_):
    return told(d=lambda h, k, tol: abs(np.mean(h[-k:]) - np.mean(h[-2 * k : -k + 1])) <= tol)


@triggers.wrong(
    "Your c holds when the loss has *fallen* by more than tol. It is a loss: worse is higher.",
    loses=C, edits=True)
def c_upside_down(_):
    return told(c=lambda h, k, tol: h[-1] < h[-1 - k] - tol)


@triggers.wrong("In c the slightest rise triggers; it has to be more than tol.", loses=C, edits=True)
def c_without_tol(_):
    return told(c=lambda h, k, tol: h[-1] > h[-1 - k])


@triggers.wrong(
    "b holds for every fall, however large: the change counts without its sign.", loses=B, edits=True)
def b_with_its_sign(_):
    return told(b=lambda h, k, tol: h[-1] - h[-1 - k] <= tol)


@triggers.wrong(
    "d holds for every fall of the average, however large: the change counts without its sign.",
    loses=D, edits=True)
def d_with_its_sign(_):
    return told(d=lambda h, k, tol: np.mean(h[-k:]) - np.mean(h[-2 * k : -k]) <= tol)


@triggers.wrong(
    "With tol = 0 a loss that does not move at all triggers nothing: a, b and d say at most tol, so tol "
    "itself is still allowed.", loses=(A, B, D), edits=True)
def below_tol_for_at_most(_):
    return told(
        a=lambda h, k, tol: np.ptp(h[-k:]) < tol,
        b=lambda h, k, tol: abs(h[-1] - h[-1 - k]) < tol,
        d=lambda h, k, tol: abs(np.mean(h[-k:]) - np.mean(h[-2 * k : -k])) < tol,
    )


@triggers.wrong(
    "With fewer than 2k values some of your triggers answer already. With too little history all four are "
    "False.", loses=SHORT, edits=True)
def each_as_soon_as_it_can(_):
    least = {"a": lambda k: k, "b": lambda k: k + 1, "c": lambda k: k + 1, "d": lambda k: 2 * k}
    never = dict.fromkeys("abcd", lambda h, k, tol: False)
    parts = {key: told(**{**never, key: None}, least=n) for key, n in least.items()}
    return lambda history, k, tol: {key: part(history, k, tol)[key] for key, part in parts.items()}


@triggers.wrong(
    "It asks for k + 1 values, which is enough for a, b and c, but not for d. With fewer than 2k all four "
    "are False.", loses=SHORT, edits=True)
def content_with_k_and_one(_):
    return told(least=lambda k: k + 1)


@triggers.wrong(
    "With exactly 2k values there is just enough, and you still say False: `<` or `<=`?",
    loses=SHORT, edits=True)
def wants_one_more(_):
    return told(least=lambda k: 2 * k + 1)


@triggers.wrong(
    "A short history ends in an IndexError. In the first epochs of a run there are fewer than 2k values: "
    "ask for their number first.", loses=SHORT, edits=True)
def does_not_ask_for_the_length(_):
    return told(least=lambda k: 0)


@triggers.right
def in_plain_python(history, k, tol):
    values = [float(value) for value in history]
    if len(values) < 2 * k:
        return dict.fromkeys("abcd", False)
    last, before, ago = values[-k:], values[-2 * k : -k], values[-k - 1]
    return {
        "d": not abs(sum(last) / k - sum(before) / k) > tol,
        "c": values[-1] - ago > tol,
        "b": -tol <= values[-1] - ago <= tol,
        "a": max(last) - min(last) <= tol,
    }


@triggers.right
def with_numpy_truths(history, k, tol):
    h = np.array(history)
    if h.size < 2 * k:
        return {"a": 0, "b": 0, "c": 0, "d": 0}
    change = h[-1] - h[-(k + 1)]
    halves = h[-2 * k :].reshape(2, k)
    return {
        "a": halves[1].max() - halves[1].min() <= tol,
        "b": np.abs(change) <= tol,
        "c": np.greater(change, tol),
        "d": np.abs(np.diff(halves.mean(axis=1)))[0] <= tol,
    }


triggers.small(
    "k = 2, tol = 0.25, losses 4, 2, 1, 2: the last two span 1, so a is False; two epochs ago it was 2 and "
    "is 2 again, so b is True and c False; the averages are 3 and 1.5, so d is False.",
    history=np.array([4.0, 2.0, 1.0, 2.0]), k=2, tol=0.25, _key="")
for words, history, k, tol in [
    ("k = 2, tol = 0.25: the last two, 2 and 2.25, span just that, and so a is True. b: 2.25 against 1, two epochs ago, and "
     "c says the same with its sign. d: 2.125 against 2.5.", [4.0, 1.0, 2.0, 2.25], 2, 0.25),
    ("k = 2, tol = 0.25: the loss falls, from 2 to 1 in two epochs. It has changed, so b is False, and c, which asks for a rise.",
     [4.0, 2.0, 1.5, 1.0], 2, 0.25),
    ("k = 2, tol = 0.25: 2.125 is more than 2, but not by more than tol. b is True, c is False.", [4.0, 2.0, 3.0, 2.125], 2, 0.25),
    ("k = 2, tol = 0.25: the loss has risen from 1 to 2 in two epochs, and c is True.", [4.0, 1.0, 1.5, 2.0], 2, 0.25),
    ("k = 3, tol = 0.25: the steps are small, 1, 1.25, 1.5, and yet the last three span 0.5: a is False.",
     [1.0, 1.0, 1.0, 1.0, 1.25, 1.5], 3, 0.25),
    ("k = 3, tol = 0.25: the last three are 1, 1.5 and 1. They span 0.5, though the last is back at the first: a is False.",
     [1.0, 1.0, 1.0, 1.0, 1.5, 1.0], 3, 0.25),
    ("k = 2, tol = 0.25: the averages are 1.3125, of 1.625 and 1, and 1, of 1 and 1. They differ by 0.3125: d is False.",
     [9.0, 1.0, 1.0, 1.625, 1.0], 2, 0.25),
    ("k = 2, tol = 0.25: d compares the averages of the last two, 2, and of the two before, 2.125; older values count for nothing.",
     [9.0, 9.0, 3.0, 1.25, 1.5, 2.5], 2, 0.25),
    ("k = 2, tol = 0.25: the averages 2 and 3 differ by more than tol, whatever stood before.",
     [1.0, 1.0, 2.0, 4.0, 1.0, 3.0], 2, 0.25),
    ("k = 2, and three values only: fewer than four, so all are False.", [1.0, 1.0, 1.0], 2, 0.25),
]:
    triggers.small(words, history=np.array(history), k=k, tol=tol, _key="")

# 14.3 best_checkpoint

OF_ALL, NAN = "the best of all epochs", "nan is never the best"

best_checkpoint = Exercise(points=1, groups={OF_ALL: 1, NAN: 1})


@best_checkpoint.cases
def cases(rng):
    for mode in ("min", "max"):
        for n in (6, 9):
            values = rng.permutation(30)[:n] / 16
            best = values.min() if mode == "min" else values.max()
            first = int(rng.integers(1, 4))
            values[first] = values[first + 2] = best  # twice the best
            yield case(OF_ALL, values=values if n == 6 else values.tolist(), mode=mode)
        for place in (0, int(rng.integers(1, 3))):
            values = np.sort(rng.permutation(30)[:6]) / 16
            best = values[0] if mode == "min" else values[-1]
            values = rng.permutation(values[values != best])
            values = np.insert(values, int(rng.integers(3, 5)), best)
            values[place] = np.nan
            yield case(NAN, values=values, mode=mode)
            # The same far from 0, on the side where no number put in for nan is out of the way.
            yield case(NAN, values=values + (2000 if mode == "min" else -2000), mode=mode)


def ranked(values, mode):
    return np.asarray(values, dtype=float) * (1 if mode == "min" else -1)


@best_checkpoint.wrong(
    "This is the last epoch that beat the one before it, as a sentence of the Better Deep Learning deck has "
    "it. After a bad epoch a slightly less bad one overwrites the best model there was.")
def last_better_than_previous(values, mode):
    ranks = ranked(values, mode)
    better = [i for i in range(1, len(ranks)) if ranks[i] < ranks[i - 1]]
    return better[-1] if better else 0


@best_checkpoint.wrong(
    "`mode` is turned round: 'min' is for a loss, where low is good, and 'max' for an accuracy.")
def modes_turned_round(values, mode):
    ranks = ranked(values, "max" if mode == "min" else "min")
    return int(np.nanargmin(ranks))


@best_checkpoint.mistakes
def mistakes(values, mode):
    yield "always_the_lowest", int(np.nanargmin(values)), "The lowest value wins whatever `mode` says."
    yield "always_the_highest", int(np.nanargmax(values)), "The highest value wins whatever `mode` says."
    yield "nan_wins", int(np.argmin(values) if mode == "min" else np.argmax(values)), (
        "An epoch whose value is nan was chosen. `np.argmin` and `np.argmax` take a nan for the extreme.")
    zeroed = [0.0 if value != value else value for value in values]
    yield "nan_is_zero", int(np.argmin(zeroed) if mode == "min" else np.argmax(zeroed)), (
        "A nan was turned into 0, as `np.nan_to_num` does, and 0 may be the best there is: put in what can't be, "
        "inf or -inf, according to `mode`.")
    for_loss, numbers = 1000.0 if mode == "min" else -1000.0, np.array(values, dtype=float)
    numbers[np.isnan(numbers)] = for_loss
    yield "nan_is_a_number", int(np.argmin(numbers) if mode == "min" else np.argmax(numbers)), (
        "You put a number in for nan, and where all values lie beyond it, nan wins. What can't any value lie "
        "beyond?")
    endless = [np.inf if value != value else value for value in values]
    yield "nan_is_infinite", int(np.argmin(endless) if mode == "min" else np.argmax(endless)), (
        "For mode 'max' an epoch whose value is nan was chosen, for 'min' none was. Is a nan turned into inf in both "
        "modes, or does `np.argmax` meet it as it is?")


@best_checkpoint.wrong(
    "A nan in the first epoch stays the best for ever, since nothing is lower than nan and nothing higher.",
    loses=NAN)
def nan_first_sticks(values, mode):
    ranks, best = ranked(values, mode), 0
    for i in range(len(ranks)):
        if ranks[i] < ranks[best]:
            best = i
    return best


@best_checkpoint.wrong(
    "You throw the nans away before you count, so that every epoch behind one moves up by one place.",
    loses=NAN)
def counts_without_the_nans(values, mode):
    ranks = ranked(values, mode)
    return int(np.argmin(ranks[~np.isnan(ranks)]))


@best_checkpoint.wrong(
    "Of several epochs with the same best value you take the last; the first is wanted.", loses=OF_ALL)
def last_of_ties(values, mode):
    ranks = ranked(values, mode)
    return int(len(ranks) - 1 - np.nanargmin(ranks[::-1]))


@best_checkpoint.mistakes
def mistakes(values, mode):
    yield "counts_epochs_from_one", int(np.nanargmin(ranked(values, mode))) + 1, (
        "Epochs are counted from 0 here.")
    yield "the_value_itself", float(np.nanmin(values) if mode == "min" else np.nanmax(values)), (
        "This is the best value; the epoch in which it was reached is asked for.")
    yield "the_last_epoch", len(values) - 1, (
        "This is the last epoch, which is what you hold when nothing was saved.")


@best_checkpoint.right
def with_a_loop(values, mode):
    best, best_epoch = None, None
    for epoch, value in enumerate(values):
        if value != value:
            continue
        if best is None or (value < best if mode == "min" else value > best):
            best, best_epoch = value, epoch
    return best_epoch


@best_checkpoint.right
def nan_as_infinity(values, mode):
    values = np.array(values, dtype=np.float32)
    worst = np.inf if mode == "min" else -np.inf
    values[np.isnan(values)] = worst
    return values.argmin() if mode == "min" else values.argmax()


@best_checkpoint.right
def sorted_pairs(values, mode):
    sign = 1 if mode == "min" else -1
    return min((sign * value, epoch) for epoch, value in enumerate(values) if not np.isnan(value))[1]


best_checkpoint.small(
    "Losses 3, nan, 1, 2, 1: the lowest is 1, first met in epoch 2. Epoch 4 beat the one before it, too, "
    "but not the best.",
    values=[3.0, float("nan"), 1.0, 2.0, 1.0], mode="min")
best_checkpoint.small(
    "Accuracies, where more is better: the highest is 0.9, first met in epoch 1; nan is no accuracy.",
    values=[0.5, 0.9, float("nan"), 0.7, 0.9], mode="max")
best_checkpoint.small(
    "Large losses, 5,000, nan, 4,000 and 6,000: the lowest is 4,000, in epoch 2.",
    values=[5000.0, float("nan"), 4000.0, 6000.0], mode="min")
best_checkpoint.small("A nan at the very beginning is passed over.", values=[float("nan"), 3.0, 1.0, 2.0], mode="min")

# 14.4 three_way

PART, DRAWN = "two parts of `train`, nothing twice", "drawn by `rng`"

three_way = Exercise(points=1, groups={PART: 3, DRAWN: 1, UNCHANGED: 1})


@three_way.cases
def cases(rng):
    for n, n_val in ((30, 10), (23, 6)):
        train = 50 + rng.permutation(60)[:n]
        yield case(train=train, n_val=n_val, seed=draw_seed(rng))


@three_way.driver
def drive(three_way, train, n_val, seed):
    def parts(rows, seed):
        pair = three_way(rows, n_val, np.random.default_rng(seed))
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise TypeError("three_way should return a pair: train_idx and val_idx")
        return [padded(part, 2 * len(train)) for part in pair]

    train_idx, val_idx = parts(train.copy(), seed)
    again = parts(train.copy(), seed)[1]
    others = [parts(train.copy(), seed + i) for i in range(1, 21)]
    three_way(train, n_val, np.random.default_rng(seed))
    return {
        "train_idx": train_idx,
        "val_idx": val_idx,
        "again": again,
        "other train": np.array([pair[0] for pair in others]),
        "other val": np.array([pair[1] for pair in others]),
    }


def padded(part, n):
    """As an array of n numbers, -1 where there is nothing: a part of another size is to be judged, too."""
    rows = np.asarray(part)
    if rows.ndim != 1 or rows.dtype.kind not in "iu":
        raise TypeError("train_idx and val_idx should be one-dimensional arrays of indices")
    return np.concatenate([rows[:n], np.full(n - len(rows[:n]), -1)])


@three_way.judge
def judge(case, result):
    train, n_val = np.asarray(case.inputs["train"]), int(case.inputs["n_val"])
    pairs = [(result["train_idx"], result["val_idx"])]
    pairs += list(zip(result["other train"], result["other val"]))
    troubles = [trouble_of(train, n_val, rows[rows >= 0], val[val >= 0]) for rows, val in pairs]
    seen, detail = next((trouble for trouble in troubles if trouble[0]), ("", ""))
    yield PART, not seen, seen, detail
    val, again = np.sort(result["val_idx"]), np.sort(result["again"])
    seen, detail = how_drawn(train, n_val, val, again, np.sort(np.asarray(result["other val"]), axis=1))
    yield DRAWN, not seen, seen, detail


def trouble_of(train, n_val, rows, val):
    """What is wrong with one pair of parts: a word, and a sentence."""
    known = np.isin(val, train)
    if not known.all():
        if np.all(val < len(train)):
            both = bool(np.all(rows < len(train)))
            which = "the parts hold" if both else "val_idx holds"
            return "positions" if both else "positions in val_idx", (
                f"{which} positions from 0 on, not the entries of `train`")
        return "outside", f"validation rows that are not in `train`: {np.sum(~known)}"
    if not np.isin(rows, train).all():
        return "rows outside", "the training part holds rows that are not in `train`"
    if len(np.unique(val)) < len(val) or len(np.unique(rows)) < len(rows):
        return "twice", "a part holds the same row more than once"
    if np.isin(rows, val).any():
        return "overlap", f"rows that stand in both parts: {np.isin(rows, val).sum()}"
    if len(val) != n_val and len(rows) == n_val:
        return "swapped", f"train_idx has {len(rows)} rows and val_idx {len(val)}: the pair is swapped"
    if len(val) != n_val:
        return "another size", f"val_idx has {len(val)} rows, expected {n_val}"
    if len(rows) != len(train) - n_val:
        return "rows lost", f"rows that are in neither part: {len(train) - n_val - len(rows)}"
    return "", ""


def how_drawn(train, n_val, val, again, others):
    if not np.array_equal(val, again):
        return "not from rng", "two generators with the same seed gave different parts"
    places = [np.flatnonzero(np.isin(train, one)) for one in others]  # the -1 behind the rows is in no `train`
    # Its two ends count as neighbours: a block may go round them.
    gaps = [np.diff(np.append(at, at[:1] + len(train))) for at in places]
    side_by_side = all(len(at) == n_val and np.sum(gap > 1) <= 1 for at, gap in zip(places, gaps))
    if n_val > 1 and side_by_side and not np.all(others == others[0]):
        round_the_ends = any(at[-1] - at[0] >= n_val for at in places)
        ends = ", its two ends taken for neighbours" if round_the_ends else ""
        return "a block", f"in all {len(others)} splits the validation rows stand side by side in `train`{ends}"
    if not np.all(others == others[0]):
        return "", ""
    found = val[val >= 0]
    if np.array_equal(found, np.sort(train[-n_val:])) or np.array_equal(found, np.sort(train[:n_val])):
        return "not shuffled", "whatever the seed, validation gets the rows at one end of `train`"
    return "always alike", "generators with different seeds gave the same validation rows"


@three_way.wrong(
    "Validation rows come from outside `train`. What is outside is the test set, and it has to stay unseen "
    "until the end. The Better Deep Learning deck's listings do this: `validation_data=(test_x, test_y)`.",
    loses=PART)
def test_as_validation(train, n_val, rng):
    outside = np.setdiff1d(np.arange(150), train)
    return train, rng.permutation(outside)[:n_val]


@three_way.mistakes
def mistakes(train, n_val, rng):
    yield "overlapping", (train, rng.permutation(train)[:n_val]), (
        "Some validation rows are among the training rows as well: there a network is examined on what it "
        "has learnt by heart. What goes to one part must not go to the other.")


@three_way.wrong(
    "The same row was drawn more than once. `rng.choice` and `rng.integers` put every row back unless told "
    "otherwise.", loses=PART)
def draws_with_replacement(train, n_val, rng):
    val = rng.choice(train, n_val)
    return np.setdiff1d(train, val), val


@three_way.mistakes
def mistakes(train, n_val, rng):
    yield "unshuffled", (train[:-n_val], train[-n_val:]), (
        "Nothing is drawn: validation gets the rows at one end. If `train` is sorted in any way, by class "
        "for instance, the two parts are different worlds.")


@three_way.wrong(
    "You shuffle positions and return them. `train` holds the numbers of the rows: the parts are to be made "
    "of its entries.", loses=PART)
def positions_for_indices(train, n_val, rng):
    order = rng.permutation(len(train))
    return order[n_val:], order[:n_val]


@three_way.wrong("The pair is the wrong way round: first train_idx, then val_idx.", loses=PART)
def pair_swapped(train, n_val, rng):
    order = rng.permutation(train)
    return order[:n_val], order[n_val:]


@three_way.right
def rest_by_a_list(train, n_val, rng):
    """Not in the order drawn, which does not matter."""
    val = np.sort(rng.permutation(train)[-n_val:])
    return [row for row in train if row not in val], list(val)


@three_way.wrong("The parts do not come from `rng`: nobody could repeat your split.", loses=DRAWN)
def draws_from_elsewhere(train, n_val, rng):
    order = np.random.permutation(train)
    return order[n_val:], order[:n_val]


@three_way.wrong(
    "Every split is the same, whatever `rng` is. Is there a fixed seed in your function, or is nothing drawn? Use "
    "the `rng` you are given.", loses=DRAWN)
def fixes_its_own_seed(train, n_val, rng):
    order = np.random.default_rng(0).permutation(train)
    return order[n_val:], order[:n_val]


@three_way.wrong(
    "Only the place is drawn, not the rows: validation gets a block of rows that stand side by side in `train`. "
    "If `train` is sorted in any way, a block is a world of its own.", loses=DRAWN)
def a_block_somewhere(train, n_val, rng):
    block = int(rng.integers(1, len(train) - n_val)) + np.arange(n_val)
    return np.delete(train, block), train[block]


@three_way.wrong(
    "`rng.shuffle` works in place: after the call `train` is in another order for everybody who uses it.",
    loses=UNCHANGED)
def shuffles_in_place(train, n_val, rng):
    rng.shuffle(train)
    return train[n_val:].copy(), train[:n_val].copy()


@three_way.right
def choice_without_replacement(train, n_val, rng):
    val = rng.choice(train, size=n_val, replace=False)
    return np.setdiff1d(train, val), val


@three_way.right
def shuffles_a_copy(train, n_val, rng):
    rows = train.copy()
    rng.shuffle(rows)
    return rows[:-n_val], rows[-n_val:]


@three_way.right
def with_a_mask_of_random_numbers(train, n_val, rng):
    chosen = np.argsort(rng.random(len(train)))[:n_val]
    mask = np.isin(np.arange(len(train)), chosen)
    return train[~mask].tolist(), train[mask].tolist()


@three_way.right
def with_scikit_learn(train, n_val, rng):
    from sklearn.model_selection import train_test_split

    seed = int(rng.integers(2**31))
    return tuple(train_test_split(train, test_size=n_val, random_state=seed))


three_way.small(
    "train = (10, 11, 12, 13, 14) and n_val = 2: the two parts may be (14, 10, 12) and (11, 13). Together "
    "they hold each of the five once, and no 0 or 1.")

# 14.5 callbacks

STOP = "early stopping with the patience given"
KEEP = "a checkpoint of the best model at `path`"
ALIKE = "one validation metric for both, in its right direction"

callbacks = Exercise(points=2, groups={STOP: 1, KEEP: 1, ALIKE: 2}, seconds=20)


@callbacks.cases
def cases(rng):
    for name in ("model", "best_of_run"):
        patience, number = int(rng.integers(4, 30)), int(rng.integers(10, 99))
        yield case(patience=patience, path=f"{name}_{number}.keras")


@callbacks.driver
def drive(callbacks, patience, path):
    import sys

    keras = sys.modules.get("keras")
    if keras is None:
        raise RuntimeError(
            "keras is not imported in this notebook: run the cell that imports it, then this one again"
        )
    both = callbacks(patience, path)
    if not isinstance(both, (list, tuple)):
        raise TypeError("callbacks should return a list")
    kinds = keras.callbacks.EarlyStopping, keras.callbacks.ModelCheckpoint
    found = [[one for one in both if isinstance(one, kind)] for kind in kinds]
    stop, keep = (some[0] if some else None for some in found)
    return {
        "how many": np.array([len(some) for some in found]),
        "patience": -1 if stop is None else int(stop.patience),
        "best only": keep is not None and bool(keep.save_best_only),
        "each epoch": keep is not None and str(getattr(keep, "save_freq", "epoch")) == "epoch",
        # As arrays: of text by itself the judge is told only whether it equals the reference's.
        "path": np.array(["" if keep is None else str(keep.filepath)]),
        "monitors": np.array([str(getattr(one, "monitor", "")) for one in (stop, keep)]),
        "modes": np.array([str(getattr(one, "mode", "")) for one in (stop, keep)]),
        "others alike": len({str(one.monitor) for some in found for one in some}) < 2 or not (stop and keep)
        or str(stop.monitor) != str(keep.monitor),
    }


@callbacks.judge
def judge(case, result):
    stops, keeps = (int(n) for n in result["how many"])
    patience = int(result["patience"])
    told = f"patience is {patience}, expected {case.inputs['patience']}"
    wanted = int(case.inputs["patience"])
    kinds = {0: "no patience", wanted + 1: "one more", wanted - 1: "one less"}
    if stops:
        yield STOP, patience == wanted, kinds.get(patience, "another patience"), told
    else:
        yield STOP, False, "no EarlyStopping", "there is no EarlyStopping in the list"
    kept = how_kept(keeps, result["best only"], str(result["path"][0]), case.inputs["path"])
    if kept[0] and not result["each epoch"]:
        kept = False, "by batches", "the checkpoint counts batches (`save_freq`), and there is no validation after a batch"
    yield KEEP, *kept
    monitors, modes = [str(m) for m in result["monitors"]], [str(m) for m in result["modes"]]
    if stops and keeps and not result["others alike"]:
        yield ALIKE, False, "a third monitor", "of the callbacks in the list, not all watch the same metric"
    elif stops and keeps:
        yield ALIKE, *how_watched(monitors, modes)
    else:
        yield ALIKE, False, "not both", "there are not two callbacks to compare"


def how_kept(keeps, best_only, found, path):
    if not keeps:
        return False, "no ModelCheckpoint", "there is no ModelCheckpoint in the list"
    if not best_only:
        return False, "every epoch", "the checkpoint is written after every epoch, better or not"
    name = path.removesuffix(".keras")
    seen = "weights alone" if found == name + ".weights.h5" else "another ending" if name in found else "another path"
    return found in (path, name + ".h5"), seen, f"the checkpoint goes to {found!r}, expected {path!r}"


def how_watched(monitors, modes):
    """Findings about what both watch, and in which direction; 'auto' knows losses and accuracies."""
    if monitors[0] != monitors[1]:
        return False, "two monitors", f"one watches {monitors[0]!r}, the other {monitors[1]!r}"
    monitor, wanted = monitors[0], {"val_loss": "min", "val_accuracy": "max"}
    if not monitor.startswith("val_"):
        return False, "training", f"both watch {monitor!r}, which is computed on the training points"
    if monitor == "val_acc":
        return False, "old name", "Keras reports no 'val_acc': the name is 'val_accuracy'"
    if monitor not in wanted:
        return False, "another metric", f"both watch {monitor!r}; val_loss or val_accuracy was asked for"
    names = ("EarlyStopping", "ModelCheckpoint")
    wrong = [name for name, mode in zip(names, modes) if mode not in ("auto", wanted[monitor])]
    other = "max" if wanted[monitor] == "min" else "min"
    by = " and ".join(wrong)
    return not wrong, f"{monitor} the wrong way by {by}", f"{monitor!r} is watched with mode {other!r} by {by}"


def keras_pair(stop=None, keep=None, both=None):
    """The two callbacks with other arguments."""

    def callbacks(patience, path):
        import keras

        stopping = {"monitor": "val_loss", "patience": patience, **(both or {}), **(stop or {})}
        keeping = {
            "filepath": path,
            "monitor": "val_loss",
            "save_best_only": True,
            **(both or {}),
            **(keep or {}),
        }
        return [keras.callbacks.EarlyStopping(**stopping), keras.callbacks.ModelCheckpoint(**keeping)]

    return callbacks


@callbacks.wrong(
    "The two watch different things, as in the last listing of the Better Deep Learning deck. The epoch "
    "that was kept is then not the one that patience was counted from.", loses=ALIKE, edits=True)
def two_monitors(_):
    return keras_pair(keep={"monitor": "val_accuracy", "mode": "max"})


@callbacks.wrong(
    "An accuracy is watched with mode 'min': the worst epoch is kept, and training stops as soon as it gets "
    "better.", loses=ALIKE, edits=True)
def min_for_accuracy(_):
    return keras_pair(both={"monitor": "val_accuracy", "mode": "min"})


@callbacks.wrong("A loss is watched with mode 'max': the worst epoch is kept.", loses=ALIKE, edits=True)
def max_for_loss(_):
    return keras_pair(both={"mode": "max"})


@callbacks.wrong(
    "What you watch is computed on the training points, and gets better for ever, overfitting or not. Watch points "
    "that the network does not learn from.", loses=ALIKE, edits=True)
def watches_the_training_loss(_):
    return keras_pair(both={"monitor": "loss"})


@callbacks.wrong(
    "`val_acc` is a name of old versions; Keras 3 reports what the metric is called in `compile`, "
    "`val_accuracy`. Under another name it warns and never stops.", loses=ALIKE, edits=True)
def old_name_of_the_accuracy(_):
    return keras_pair(both={"monitor": "val_acc", "mode": "max"})


@callbacks.wrong(
    "Only the checkpoint watches in the wrong direction: training stops in time, and the worst epoch is kept.",
    loses=ALIKE, edits=True)
def keeps_the_worst(_):
    return keras_pair(keep={"mode": "max"})


@callbacks.wrong(
    "Only EarlyStopping watches in the wrong direction: it takes every fall of the loss for a step back.",
    loses=ALIKE, edits=True)
def stops_when_it_gets_better(_):
    return keras_pair(stop={"mode": "max"})


@callbacks.wrong(
    "`save_freq` is a number of batches. After a batch there is no validation metric yet, by which the best could be "
    "known: leave it at every epoch.", loses=KEEP, edits=True)
def counts_batches(_):
    return keras_pair(keep={"save_freq": 10})


@callbacks.wrong(
    "Without `save_best_only=True` every epoch overwrites the file, and at the end it holds the last one.",
    loses=KEEP, edits=True)
def saves_every_epoch(_):
    return keras_pair(keep={"save_best_only": False})


@callbacks.wrong(
    "`patience` is not handed on: Keras' own is 0, which stops at the first epoch that is not better.",
    loses=STOP, edits=True)
def keras_own_patience(_):
    return keras_pair(stop={"patience": 0})


@callbacks.wrong(
    "The patience is one more than the one given. Keras counts the epoch before it compares: hand "
    "`patience` on as it is.", loses=STOP, edits=True)
def one_more_patience(_):
    def callbacks(patience, path):
        return keras_pair()(patience + 1, path)

    return callbacks


@callbacks.wrong(
    "The patience is one less than the one given. Hand `patience` on as it is.", loses=STOP, edits=True)
def one_less_patience(_):
    def callbacks(patience, path):
        return keras_pair()(patience - 1, path)

    return callbacks


@callbacks.wrong(
    "The checkpoint does not go to `path`. A name written into the function is the same for every run, and "
    "the next run overwrites it: hand `path` on as it is.", loses=KEEP, edits=True)
def path_not_used(_):
    return keras_pair(keep={"filepath": "best_model.keras"})


@callbacks.wrong(
    "A file that ends in `.weights.h5` holds the weights alone, and `load_model` can't make a model of it. "
    "Hand `path` on as it is, and leave `save_weights_only` out.", loses=KEEP, edits=True)
def weights_alone(_):
    def callbacks(patience, path):
        weights = path.replace(".keras", ".weights.h5")
        return keras_pair(keep={"filepath": weights, "save_weights_only": True})(patience, path)

    return callbacks


@callbacks.wrong(
    "There is no ModelCheckpoint. `restore_best_weights=True` brings the weights back into memory; the list "
    "was to hold a callback that writes a file, too.", loses=(KEEP, ALIKE), edits=True)
def only_restores(_):
    def callbacks(patience, path):
        import keras

        return [keras.callbacks.EarlyStopping("val_loss", patience=patience, restore_best_weights=True)]

    return callbacks


@callbacks.right
def by_keywords_and_restoring(patience, path):
    import keras

    keep = keras.callbacks.ModelCheckpoint(
        filepath=path, monitor="val_loss", mode="min", save_best_only=True, verbose=0
    )
    stop = keras.callbacks.EarlyStopping(
        monitor="val_loss", mode="min", patience=patience, restore_best_weights=True
    )
    return [keep, stop]


@callbacks.right
def by_accuracy(patience, path):
    import tensorflow as tf

    watch = {"monitor": "val_accuracy", "mode": "max"}
    return [
        tf.keras.callbacks.EarlyStopping(patience=patience, **watch),
        tf.keras.callbacks.ModelCheckpoint(path, save_best_only=True, **watch),
    ]


@callbacks.right
def by_default_and_one_more(patience, path):
    from pathlib import Path

    import keras

    return (
        keras.callbacks.EarlyStopping(patience=patience),
        keras.callbacks.ModelCheckpoint(Path(path), save_best_only=True),
        keras.callbacks.TerminateOnNaN(),
    )


@callbacks.right
def in_the_old_format(patience, path):
    import keras

    old = path.replace(".keras", ".h5")
    return [
        keras.callbacks.EarlyStopping("val_accuracy", patience=patience, mode="auto"),
        keras.callbacks.ModelCheckpoint(old, "val_accuracy", save_best_only=True),
    ]


callbacks.small(
    "callbacks(7, 'a.keras') is a list of two. The first stops after seven epochs in a row that do not beat "
    "the best; the second has written a.keras in just that best epoch, because both look at the same "
    "number.")

# Questions

first_rest = Question(
    "The losses are 5, 4, 4, 3, 3, 3, 2. In which epoch does patience 0 stop, and in which patience 1?",
    wrong(
        "Patience 0 in epoch 0, since it waits for nothing; patience 1 in epoch 2.",
        "Training never stops in an epoch that is better, and the first one always is."),
    right(
        "Both in epoch 2.",
        "Epoch 2 is the first that is not better (equal is not), and waiting is counted before it is "
        "compared: 1 ≥ 0 and 1 ≥ 1."),
    wrong(
        "Patience 0 in epoch 2, patience 1 in epoch 5.",
        "That is `>` where Keras has `>=`: only then do 0 and 1 differ."),
)

in_memory = Question(
    "Training stopped with patience 20, without `restore_best_weights` and without a checkpoint. Which "
    "epoch's weights do you hold?",
    wrong(
        "The best epoch's: that is what the callback is for.",
        "`EarlyStopping` decides when to stop. What is kept is another decision, and by default it is the "
        "last epoch."),
    right(
        "Those of 20 epochs after the best.",
        "$e_\\text{stop}=b+\\max(p,1)$, and what is in memory then is that epoch's."),
    wrong(
        "Those of the last epoch that was better than the one before it.",
        "That is what the Better Deep Learning deck's sentence about saving would keep, and nothing was "
        "saved."),
)

two_causes = Question(
    "Giving up 10 of 30 training points for validation cost 20 points of accuracy. How would you find out "
    "which part is less data and which part is stopping too early?",
    right(
        "Train the 20 points on without stopping, and stop the 30 points at the same epoch: four cells.",
        "Each cause is then changed by itself. Here eleven points are less data and nine stopping early in "
        "one order, none and twenty in the other: the effects interact."),
    wrong(
        "There is nothing to find out: all of it is less data, since nothing else was changed.",
        "The points that are watched were changed as well, and they stop training at another time."),
    wrong(
        "Average over more seeds for the weights.",
        "All seeds share one split, and the four seeds had no spread at all. It would give the same 20 "
        "points, more exactly."),
)
