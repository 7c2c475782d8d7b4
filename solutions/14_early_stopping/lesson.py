# %% [markdown]
# # Stop in time, keep the best epoch, and know what it costs to look
#
# You will write the rule by which Keras stops a training run, hold it against the original, and choose which epoch's
# weights to keep. Then you will measure what it costs to make such choices on the test set, and what it costs not to.
#
# *About 85 minutes: reading 30, exercises 55.*
#
# | you will | you need | you will have learnt it when you can |
# |---|---|---|
# | write the state machine behind `EarlyStopping` | a Python class | say in which epoch it stops, without running it |
# | separate what is watched, when to stop, what to keep | lists and means | find all three in a listing, and see whether they agree |
# | save and load models in the `.keras` format | layers of a `Sequential` model | say which weights you hold after training |
# | split off a validation set and pay for it | random permutations, lesson 08 | tell less data from stopping too early |
#
# Three of the [five documents](../00_start_here/00_start_here.ipynb) that this course follows are quoted here, by their
# short names: above all the **Better Deep Learning deck**, whose case study this is, the **agenda notes** and the
# **“Improving” deck**.

# %%
import inspect
import os
import tempfile
import zipfile
from functools import cache

import numpy as np

from autograder import check, hint, progress, quiz, solution
from nnlab import MLP, Experiment, Training, plus_minus
from nnlab.data import circles, moons
from nnlab.figures import BLACK, BLUE, GREEN, GREY, ORANGE, TEST, TRAIN
from nnlab.figures import curves, explore, histogram, points, show, style

# TensorFlow comes later. It may keep its notes to itself, and round alike on every machine.
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0")
style()
rng = np.random.default_rng(14)

# %%
quiz("due")  # questions of earlier lessons that are due again

# %% [markdown]
# ## See it fail first
#
# The case study of the Better Deep Learning deck: two noisy half moons, 30 points to learn from and 70 to test on, one
# hidden layer of 500 ReLU units, Adam, all 30 points in every step, 4,000 epochs. "Early stopping requires that you
# configure your network to be under constrained", says the deck, "meaning that it has more capacity than is required
# for the problem." This one has 2,001 parameters for 30 points. We record 1,500 epochs of twelve seeds; with three of
# the seeds we also train to epoch 4,000, to see how it ends.

# %% tags=["demo"]
data = moons(n=100, noise=0.2, seed=1, train=30)
base = Experiment(
    data=data,
    sizes=(2, 500, 1),
    acts=("relu", "sigmoid"),
    training=Training(loss="bce", opt="adam", epochs=1500, batch=None, every=1),
)
seeds = range(12)
histories = [base.run(seed).history for seed in seeds]
losses = np.array([history.val_loss for history in histories])  # seeds, epochs
accuracies = np.array([history.val_acc for history in histories])

ends = [base.vary(epochs=4000, every=None).run(seed) for seed in range(3)]
for name, some in {"test loss": [end.test_loss for end in ends],
                   "test accuracy": [end.test_acc for end in ends]}.items():
    print(f"after 4,000 epochs: {name} {np.mean(some):.3f}")
print(f"the same three seeds: accuracy {accuracies[range(3), losses[:3].argmin(axis=1)].mean():.3f} at "
      f"their lowest loss, {accuracies[:3].mean(axis=0).max():.3f} where it is highest")

# %% tags=["demo"]
epochs = np.arange(losses.shape[1])
parts = {"30 training points": (TRAIN, "--"), "70 test points": (TEST, "-")}
show(
    curves(epochs, dict(zip(parts, ([history.loss for history in histories], losses))), looks=parts,
           log="y", legend="lower left", title="The test loss falls, rests, falls, rises",
           xlabel="epoch", ylabel="loss"),
    curves(epochs, dict(zip(parts, ([history.acc for history in histories], accuracies))), looks=parts,
           ylim=(0.6, 1.02), title="The accuracy hardly falls", xlabel="epoch",
           ylabel="accuracy"),
    alt="Two panels over 1,500 epochs, twelve seeds thin, their mean thick. Left, loss on a "
    "logarithmic axis: the training loss, dashed, falls to the end, below 0.005; the test loss "
    "falls to 0.37 within 200 epochs, stays there for a hundred or two, falls on to 0.23 near "
    "epoch 800, and rises. Right, accuracy: training reaches 1; test climbs in steps to 0.94 near "
    "epoch 900 and ends at 0.93.",
)
at = {"200": 200, "its lowest": losses.mean(axis=0).argmin(), "the end": -1}
for name, epoch in at.items():
    print(f"mean test loss at epoch {name:10} {losses[:, epoch].mean():.3f}, "
          f"accuracy {accuracies[:, epoch].mean():.3f}")

# %% [markdown]
# The training loss has nothing to say about when to stop: it only falls. The test loss has its lowest point near
# epoch 800, and after 4,000 epochs it is more than twice as high. The accuracy has lost between one and two points of a
# hundred since the lowest loss, three since its own highest mean. (Loss and accuracy need not agree: a point on the
# wrong side costs the more loss, the surer the network is.)
#
# So stop at the lowest point? Nobody can know that a point is the lowest before having passed it. The deck's first
# answer, which it calls simple early stopping, is a callback with nothing but defaults,
#
# ```python
# es = EarlyStopping(monitor='val_loss', mode='min', verbose=1)
# ```
#
# which stops in the first epoch whose loss is not lower than all before. Where would that be?

# %% tags=["demo"]
rises = losses[:, 1:] >= np.minimum.accumulate(losses, axis=1)[:, :-1]
first = rises.argmax(axis=1) + 1
print("stops in epoch", first.tolist())
print("test accuracy ", accuracies[seeds, first].round(3).tolist())

# %% [markdown]
# Eleven of the twelve seeds stop on the little shelf near epoch 230, at .81 or .83; one happens to slip over it and
# reaches .93. On these 100 points stopping too late costs up to three points of accuracy, stopping too early more than
# ten. Whether that is true of half moons in general, other draws will say below.

# %% [markdown]
# ### Your log
#
# The deck goes on to `patience=200`. And all its listings watch the *test* set, `validation_data=(test_x, test_y)`, and
# the accuracy is reported on the same test set. Before you go on: by how much, in points of a hundred, is an accuracy
# too good that was reached by picking the best epoch on 70 test points? And how many points of test accuracy will it
# cost to give 10 of the 30 training points away for validation?

# %% [markdown] tags=["yours"]
# Picked on the test set, the reported accuracy is too good by: …
#
# Ten training points fewer cost: …

# %% [markdown]
# ## Three decisions
#
# "Early stopping" is three decisions, which are better made one by one:
#
# 1. **What is watched**: which number, on which points, how often.
# 2. **What triggers the stop.**
# 3. **Which epoch's weights are kept.**
#
# The default above decides: the loss on the test points, every epoch; the first epoch that is not better; and the
# weights of that epoch, which is *not* the best one. We take the second decision first.
#
# ## Derive: when does it stop?
#
# Keras' rule with patience $p$, for a loss. It remembers the best value so far, and a counter $w$ (`wait`). After
# each epoch $e=0,1,2,\dots$ the counter is raised by one; if the value is *lower than the best*, it becomes the best
# and $w$ goes back to 0; otherwise training stops if $w\ge p$.
#
# Let $b_e$ be the epoch of the best value among epochs $0$ to $e$, the first one of several. The claim is
# $w_e=e-b_e$.
#
# **If $e$ is better**, then $b_e=e$, and the counter is set to
#
# $$w_e = 0 = e-b_e .$$
#
# **If not**, the best epoch stays, $b_e=b_{e-1}$, and the counter grows:
#
# $$w_e = w_{e-1}+1 \qquad\text{(the rule)}$$
#
# $$w_e = (e-1-b_{e-1})+1 \qquad\text{(the claim for } e-1)$$
#
# $$w_e = e-b_e \qquad\text{(since } b_{e-1}=b_e)$$
#
# **The stop.** In an epoch that is not better $w_e\ge1$. So $w_e\ge p$ says the same as $w_e\ge\max(p,1)$, and as the
# counter grows by one at a time, it stops just when they are equal:
#
# $$e_\text{stop} = b + \max(p,1) .$$
#
# Three things follow. Patience 0 and patience 1 are the same. What you hold at the stop are the weights of
# $\max(p,1)$ epochs *after* the best. And a run gets over a shelf from record $b$ to the next record $b'$ only if
# $b'-b\le\max(p,1)$: the patience needed to reach the end of a curve is the longest gap between two records.
#
# ## Check the claim
#
# The original is at hand. The next cell loads Keras, which takes some seconds; then 500 random sequences go through
# `EarlyStopping`, called as `fit` would call it, and through the formula.

# %%
import keras
import tensorflow as tf

tf.get_logger().setLevel("ERROR")


class FakeModel:
    """All that EarlyStopping asks of a model."""

    stop_training = False


def keras_stop(values, patience, min_delta=0.0, mode="min"):
    """(epoch of the stop or None, best, best_epoch) by Keras' own callback."""
    settings = {"patience": patience, "min_delta": min_delta, "mode": mode}
    original = keras.callbacks.EarlyStopping("value", **settings)
    original.set_model(FakeModel())
    original.on_train_begin()
    for epoch, value in enumerate(values):
        original.on_epoch_end(epoch, {"value": value})
        if original.model.stop_training:
            return epoch, original.best, original.best_epoch
    return None, original.best, original.best_epoch

# %%
def formula_stop(values, patience):
    """The first epoch with e - b = max(p, 1), or None."""
    best = [int(np.argmin(values[: epoch + 1])) for epoch in range(len(values))]
    waits = np.arange(len(values)) - best
    return next((e for e, wait in enumerate(waits) if wait == max(patience, 1)), None)


agree = stopped = 0
for _ in range(500):
    # Sixteenths have many ties.
    values, patience = rng.integers(8, 40, 15) / 16, int(rng.integers(0, 6))
    epoch, *_ = keras_stop(values.tolist(), patience)
    agree += epoch == formula_stop(values, patience)
    stopped += epoch is not None
print(f"Keras and the formula agree on {agree} of 500 sequences; {stopped} of them stopped")

# %% [markdown]
# ## Exercise 14.1: the state machine (4 points)
#
# Write the class `EarlyStopper(patience, min_delta, mode)`. Its method `update(value)` is told the value of the next
# epoch, beginning with epoch 0, and returns `True` if training shall stop after it, else `False`. At any time `.best`
# is the best value so far and `.best_epoch` the epoch it belongs to.
#
# - The first value is the best so far, whatever it is. It is never nan.
# - With `mode='min'`, a later value $v$ is better if $v+\texttt{min\_delta}<\texttt{best}$; with `mode='max'`, if
#   $v-\texttt{min\_delta}>\texttt{best}$. An equal value is not better, and neither is nan.
# - A better value becomes the best, and waiting starts again from 0. Training never stops in such an epoch.
# - In any other epoch the number of epochs waited is raised by one *before* it is compared: it stops when that number
#   is at least `patience`. (So 0 and 1 do the same.)
#
# With `EarlyStopper(2, 0, 'min')` the values 3, 2, 2, 2.5 give `False`, `False`, `False`, `True`; then `best` is 2
# and `best_epoch` 1. Nobody calls `update` after it has returned `True`.
#
# <details><summary>Hint</summary>
#
# The formula above needs no counter: what must be remembered to know $e-b_e$?
#
# </details>

# %%
class EarlyStopper:
    """Decides after each epoch whether to go on.

    Args:
        patience: epochs without an improvement until it stops.
        min_delta: how much better a value has to be to count, at least 0.
        mode: 'min' where low values are good, 'max' where high ones are.

    Attributes:
        best: the best value so far.
        best_epoch: its epoch, counted from 0.
    """

    def __init__(self, patience, min_delta, mode):
        ### BEGIN SOLUTION
        self.patience, self.min_delta = patience, min_delta
        self.sign = {"min": 1, "max": -1}[mode]
        self.best = self.best_epoch = None
        self.epoch, self.wait = -1, 0
        ### END SOLUTION

    def update(self, value):
        """Takes in the value of the next epoch and returns True if training shall stop after it."""
        ### BEGIN SOLUTION
        self.epoch += 1
        self.wait += 1
        if self.best is None or self.sign * value + self.min_delta < self.sign * self.best:
            self.best, self.best_epoch, self.wait = value, self.epoch, 0
            return False
        return self.wait >= self.patience
        ### END SOLUTION

# %%
check(EarlyStopper)

# %% [markdown]
# The check knows some twenty sequences. Here are 1,000 more, with ties, with nan, in both modes, and with Keras
# beside you.

# %%
def your_stop(values, patience, min_delta=0.0, mode="min"):
    """(epoch of the stop or None, best, best_epoch) by your class."""
    stopper = EarlyStopper(patience, min_delta, mode)
    for epoch, value in enumerate(values):
        if stopper.update(value):
            return epoch, stopper.best, stopper.best_epoch
    return None, stopper.best, stopper.best_epoch


agree = 0
for _ in range(1000):
    values = (rng.integers(8, 40, 20) / 16).tolist()
    values[int(rng.integers(1, 20))] = float("nan")
    settings = int(rng.integers(0, 6)), rng.choice([0, 0.25]), str(rng.choice(["min", "max"]))
    agree += your_stop(values, *settings) == keras_stop(values, *settings)
print(f"your class and Keras agree on {agree} of 1,000 sequences")

# %% [markdown]
# Keras' own class has a few more arguments. The agenda notes print them with their defaults, and they are still the
# same:

# %%
arguments = inspect.signature(keras.callbacks.EarlyStopping).parameters
for name, argument in arguments.items():
    print(f"{name}={argument.default!r}")

# %% [markdown]
# Two of these defaults matter: `patience=0` stops at the first rest, and `restore_best_weights=False` leaves you with
# the last epoch.

# %% [markdown]
# ## Use it: replay twelve runs
#
# A stored history can be stopped again and again: the curve up to the stop does not depend on what would have come
# after it. In a running notebook, move the slider and watch the crosses jump.

# %% tags=["demo"]
def stops_at(patience):
    """Every seed's curve to its stop (cross), with its best epoch (circle)."""
    found = [your_stop(some.tolist(), int(patience)) for some in losses]
    stops = [len(epochs) - 1 if epoch is None else epoch for epoch, *_ in found]
    bests = [best_epoch for *_, best_epoch in found]
    mean = accuracies[seeds, stops].mean()
    return points(
        {"stop": (stops, losses[seeds, stops]), "best so far": (bests, losses[seeds, bests])},
        looks={"stop": (TEST, "", "X"), "best so far": (BLUE, "", "o")}, xlim=(0, 1500), ylim=(0.2, 0.7),
        title=f"patience {patience:.0f}: mean test accuracy at the stop {mean:.3f}",
        xlabel="epoch", ylabel="test loss", legend="upper right",
        also=lambda ax: ax.plot(epochs[::25], losses[:, ::25].T, color=GREY, linewidth=0.6, zorder=0))


explore(
    stops_at,
    alt="Twelve curves of the test loss, grey. At patience 100 four of the crosses that mark the "
    "stops lie on the shelf near epoch 310, each 100 epochs behind a circle that marks the best "
    "epoch so far; the others lie between 800 and 1,000, behind the lowest point.",
    patience=(0, 300, 10, 100),
)

# %% tags=["demo"]
def replay(settings, curves=losses, accuracy=accuracies):
    """Stops and best epochs of all seeds; a run that never stops ends with its last epoch."""
    found = [your_stop(some.tolist(), *settings) for some in curves]
    stops = np.array([curves.shape[1] - 1 if epoch is None else epoch for epoch, *_ in found])
    return stops, np.array([best_epoch for *_, best_epoch in found])


def report(name, stops, bests, accuracy=accuracies):
    """One line: where it stopped, and the mean accuracy there (lowest to highest) and in the best epoch."""
    there, kept = (accuracy[np.arange(len(at)), at] for at in (stops, bests))
    where = f"{stops.min()} to {stops.max()}"
    print(f"{name:25} stops {where:>11}, accuracy {there.mean():.3f} "
          f"({there.min():.3f} to {there.max():.3f}), best {kept.mean():.3f}")


for patience in (0, 1, 5, 50, 100, 200, 300):
    report(f"patience {patience}", *replay((patience,)))
report("patience 5, min_delta .01", *replay((5, 0.01)))
by_accuracy = replay((200, 0.0, "max"), accuracies)
report("patience 200, by accuracy", *by_accuracy)
print("    best epochs by accuracy:", sorted(by_accuracy[1].tolist()))

# %% [markdown]
# Patience 0 and 1 stop alike, as derived. Patience 200 carries every seed over the shelf, to .943. Between them lies
# a gamble. With patience 100 some seeds stop on the shelf and others go through, and nothing but the first weights is
# different. `min_delta=.01` with patience 5 stops before epoch 50, while the loss still falls, because it falls by
# less than .01 in five epochs: a `min_delta` has to be small against what *patience* epochs bring.
#
# The last lines are the deck's first extension ("Use Accuracy"), accuracy in place of the loss. On 70 points it moves
# in steps of .014 and rests much longer than the loss: patience 200 brings no seed to the .943 any more. One network
# met .829 by luck in epoch 3, when it had learnt next to nothing; that record stood for 200 epochs, and the run was
# stopped in epoch 203.
#
# How much patience was needed? The longest gap between two records, says the derivation.

# %% tags=["demo"]
def longest_gap(values):
    """The largest distance between two epochs that each beat all before, up to the lowest."""
    lowest_before = np.minimum.accumulate(values)[:-1]
    records = np.flatnonzero(np.r_[True, values[1:] < lowest_before])
    return np.diff(records).max()


needed = np.array([longest_gap(some) for some in losses])
reached = [replay((patience,), losses[[i]])[1][0] for i, patience in enumerate(needed)]
missed = [replay((patience - 1,), losses[[i]])[1][0] for i, patience in enumerate(needed)]
lowest = losses.argmin(axis=1)
print("patience needed:", sorted(needed.tolist()))
print("with it the best epoch is the lowest of all:", np.sum(reached == lowest), "of", len(needed))
print("with one less:                              ", np.sum(missed == lowest), "of", len(needed))

# %% tags=["demo"]
stops_by_patience = {patience: replay((patience,))[0] for patience in (0, 50, 100, 200)}


def histogram_for(patience, stops):
    """In which epoch twelve seeds stop."""
    title = f"patience {patience}: accuracy {plus_minus(accuracies[seeds, stops], '.3f')}"
    return histogram(stops, np.arange(0, 1300, 50), ylim=(0, 12), title=title, ylabel="seeds",
                     xlabel="epoch of the stop" if patience == 200 else "")


show(
    *[histogram_for(patience, stops) for patience, stops in stops_by_patience.items()],
    columns=1, share="xy", size=(7.5, 6.5), title="Too little patience stops on the shelf, enough passes it",
    alt="Four histograms of the epoch in which twelve seeds stop. Patience 0: all near 230 but for "
    "one between 700 and 750. Patience 50: seven near 270, five between 750 and 950. Patience 100: four near "
    "310, eight between 800 and 1,000. Patience 200: all between 930 and 1,060.",
)

# %% [markdown]
# The patience needed differs from seed to seed, from a few epochs up to 166, and it is exactly enough: with one less a
# run ends before its lowest point. (If a seed of yours needs only 1, it gets there with one less, too: 0 is the same as
# 1.) Between the two groups of the histograms there is nothing: a seed gets over the shelf or it does not. One run with
# patience 100 would have told a story of its own, and so would its neighbour. Even 200 is no guarantee, only more than
# the longest gap of these twelve.
#
# And the noisy circles of lesson 12, with the simple callback?

# %% tags=["demo"]
rings = base.vary(data=circles(n=100, noise=0.1, seed=1, train=30), epochs=800)
ring_runs = [rings.run(seed).history for seed in range(5)]
ring_losses = np.array([history.val_loss for history in ring_runs])
ring_accuracies = np.array([history.val_acc for history in ring_runs])
for patience in (0, 100, 200):
    report(f"circles, patience {patience}", *replay((patience,), ring_losses), ring_accuracies)
print("their test loss in epochs 0, 50, 100, 200, 480:",
      ring_losses.mean(axis=0)[[0, 50, 100, 200, 480]].round(2))

# %% [markdown]
# On these circles the test loss *rises* first, for more than fifty epochs, since the first thing a network can do about
# two rings is wrong for both. Simple early stopping stops in epoch 1, at chance; patience 100 is no better. If you
# watch from the first epoch on, you need patience for the beginning, too (Keras has `start_from_epoch` for it).
#
# ### Other draws of the data
#
# All this was one draw of the moons and one of the circles. Seeds of the weights can't tell what belongs to the draw.
# So here are eight draws of each, each with one seed: the test accuracy at the stop minus that at the end of the
# recording.

# %% tags=["demo"]
DRAWS = range(1, 9)
kinds = {"moons": (lambda seed: moons(n=100, noise=0.2, seed=seed, train=30), 1500),
         "circles": (lambda seed: circles(n=100, noise=0.1, seed=seed, train=30), 800)}
for kind, (draw, last) in kinds.items():
    drawn = [base.vary(data=draw(seed), epochs=last).run(seed).history for seed in DRAWS]
    each_loss = np.array([history.val_loss for history in drawn])
    each_accuracy = np.array([history.val_acc for history in drawn])
    rise = (each_loss[:, -1] / each_loss.min(axis=1)).round(1).tolist()
    print(f"{kind}: loss after {last} epochs over its lowest: {rise}")
    for patience in (0, 200):
        stops, _ = replay((patience,), each_loss)
        gain = each_accuracy[np.arange(8), stops] - each_accuracy[:, -1]
        print(f"    patience {patience:3} stops in {stops.tolist()}")
        print(f"        accuracy, stop minus end: {gain.mean():+.3f}, standard error "
              f"{gain.std(ddof=1) / np.sqrt(8):.3f}, worst {gain.min():+.3f}")

# %% [markdown]
# On the moons simple early stopping costs three points of accuracy in the mean of eight draws, with a standard error of
# a little more than one. The ten points of the deck's draw are the worst of the eight. There is no common shelf near
# epoch 230 either: the eight stop anywhere between epochs 50 and 1,000. Patience 200 makes no difference to the
# accuracy that eight draws could show. In some of these draws the loss was still near its lowest at epoch 1,500; the
# recording says nothing of what comes later.
#
# What was said of the circles holds for all eight draws: simple early stopping stops in epoch 1, which costs thirty
# points in the mean. Even patience 200 can be too little: one draw stops in epoch 200 with the first epoch for its best.

# %% [markdown]
# ## Other triggers
#
# "No improvement on the best for $p$ epochs" is one trigger. The list of the Better Deep Learning deck has four others,
# none of which remembers the best:
#
# - **a** "No change in metric over a given number of epochs."
# - **b** "An absolute change in a metric."
# - **c** "A decrease in performance observed over a given number of epochs."
# - **d** "Average change in metric over a given number of epochs."
#
# Words like these fit several formulas, so here is one for each, for a loss $v_0,\dots,v_n$, with a window of $k$
# epochs:
#
# $$\text{a:}\quad \max(v_{n-k+1},\dots,v_n)-\min(v_{n-k+1},\dots,v_n)\le\text{tol}$$
#
# $$\text{b:}\quad |v_n-v_{n-k}|\le\text{tol} \qquad\qquad \text{c:}\quad v_n>v_{n-k}+\text{tol}$$
#
# $$\text{d:}\quad \Big|\frac1k\sum_{i=n-k+1}^{n}v_i-\frac1k\sum_{i=n-2k+1}^{n-k}v_i\Big|\le\text{tol}$$
#
# ## Exercise 14.2: four triggers (2 points)
#
# Write `triggers(history, k, tol)`. `history` is a list or an array of losses, one for each epoch so far; `k` is at
# least 2. Return a dictionary with the keys `'a'`, `'b'`, `'c'`, `'d'` and truth values. With fewer than $2k$ values
# all four are `False`.
#
# For `[4, 2, 1, 2]`, `k = 2` and `tol = 0.25` it is `{'a': False, 'b': True, 'c': False, 'd': False}`: the last two
# values are 1 apart; two epochs ago the loss was 2, as it is now; the averages are 1.5 and 3.

# %%
def triggers(history, k, tol):
    """Which of four reasons to stop hold for a loss.

    Args:
        history: losses (epochs,), the last one newest.
        k: length of the window in epochs, at least 2.
        tol: changes up to this one count as none.

    Returns:
        dict 'a' to 'd' -> bool: no change, the same as k epochs ago, worse than k epochs ago,
        average unchanged. All False with fewer than 2k values.
    """
    ### BEGIN SOLUTION
    if len(history) < 2 * k:
        return dict.fromkeys("abcd", False)
    last, before, ago = history[-k:], history[-2 * k : -k], history[-k - 1]
    return {
        "a": bool(np.max(last) - np.min(last) <= tol),
        "b": bool(abs(history[-1] - ago) <= tol),
        "c": bool(history[-1] > ago + tol),
        "d": bool(abs(np.mean(last) - np.mean(before)) <= tol),
    }
    ### END SOLUTION

# %%
check(triggers)

# %% tags=["demo"]
def first_triggers(values, k, tol):
    """The first epoch in which each trigger holds; None where it never does."""
    found = dict.fromkeys("abcd")
    for epoch in range(len(values)):
        for key, holds in triggers(values[max(0, epoch + 1 - 2 * k) : epoch + 1], k, tol).items():
            if holds and found[key] is None:
                found[key] = epoch
    return found


lines = ["first epoch of each trigger, lowest and highest over five seeds"]
for name, recorded in (("moons", losses), ("circles", ring_losses)):
    for k, tol in ((10, 0.001), (50, 0.001), (50, 0.01)):
        found = [first_triggers(some[:1200], k, tol) for some in recorded[:5]]
        by_key = {key: [one[key] for one in found if one[key] is not None] for key in "abcd"}
        words = [f"{key} {min(some)} to {max(some)}" if some else f"{key} never"
                 for key, some in by_key.items()]
        lines.append(f"{name:8} k = {k}, tol = {tol:5}:  " + "   ".join(words))
print("\n".join(lines))

# %% tags=["demo"]
firsts = first_triggers(losses[0, :1200], 50, 0.001)
lowest_at = losses[0].argmin()
marks = {f"first {key}": (epoch, losses[0, epoch]) for key, epoch in firsts.items() if epoch is not None}
marks["lowest of all"] = lowest_at, losses[0].min()
kinds_of_mark = {"first a": ("X", ORANGE, 9), "first b": ("D", "none", 14), "first c": ("^", GREEN, 9),
                 "first d": ("s", BLUE, 9), "lowest of all": ("*", BLACK, 13)}


def mark_all(ax):
    """Each trigger's first epoch, and the lowest point, with a marker of its own."""
    for name, at in marks.items():
        marker, color, size = kinds_of_mark[name]
        ax.plot(*at, marker, color=color, markeredgecolor=BLACK, markersize=size, label=name, zorder=4)


show(
    curves(epochs[:1200], {"test loss, seed 0": losses[0, :1200]}, looks={"test loss, seed 0": (TEST, "-")},
           title="Three triggers take the shelf for the end", xlabel="epoch", ylabel="test loss",
           also=mark_all),
    legend="right", size=(9, 3.8),
    alt="The test loss of seed 0 over 1,200 epochs, with the first epoch of each trigger for "
    "k = 50, tol = .001. a, b and d lie on the shelf, between epochs 260 and 300; c lies near 860, "
    "just behind the lowest point, a star near 815.",
)

# %% [markdown]
# On the half moons a, b and d hold on the shelf: a loss that rests is all they ask for, and a shelf is where it rests.
# (With `k = 50`, `tol = .001` two of the five seeds slip through.) They never see the lowest point. c asks for a
# *rise*, and with `k = 50`, `tol = .001` it comes some 30 to 50 epochs behind the lowest point, much sooner than
# patience 200. But with `tol = .01` the rise is too slow for it, and on the circles it takes the first climb for the
# end: with `tol = .001` at `k = 10` in every seed, at `k = 50` in some. Every trigger has numbers that must fit the
# curve. Patience is the easiest of them to choose: for how many epochs may the curve rest?
#
# What none of the four does is remember. When c says stop, the best epoch is gone, unless somebody kept it.

# %% [markdown]
# ## Which epoch to keep
#
# The third decision. The Better Deep Learning deck says it in a sentence: "Always save the model weights if the model's
# performance on a holdout dataset is better than at the previous epoch". Taken at its word, that overwrites the best
# model with a worse one:
#
# | epoch | 0 | 1 | 2 | 3 | 4 |
# |---|---|---|---|---|---|
# | loss | 0.9 | 0.3 | 0.8 | 0.7 | 0.75 |
# | better than the previous one? | | yes | no | yes | no |
# | better than the best so far? | | yes | no | no | no |
#
# The file would hold epoch 3 with a loss of .7, not epoch 1 with .3.
#
# ## Exercise 14.3: the best of all (1 point)
#
# Write `best_checkpoint(values, mode)`, which returns the epoch (counted from 0) with the best value: the lowest for
# `mode='min'`, the highest for `'max'`. If several are equally good, the first of them. `values` is a list or an
# array; some may be nan, also the first, and nan is never the best. At least one is a number.
#
# `best_checkpoint([3, nan, 1, 2, 1], 'min')` is 2.

# %%
def best_checkpoint(values, mode):
    """The first epoch with the best value.

    Args:
        values: list or array of one value per epoch, some of them nan.
        mode: 'min' where low values are good, 'max' where high ones are.

    Returns:
        the epoch, counted from 0.
    """
    ### BEGIN SOLUTION
    return int(np.nanargmin(values) if mode == "min" else np.nanargmax(values))
    ### END SOLUTION

# %%
check(best_checkpoint)

# %% [markdown]
# Now the deck's sentence beside your function, on the twelve runs up to where patience 200 stops them, and what is
# in memory when they stop. Then the same with dropout, which makes the curve rough, over all 1,500 epochs.

# %% tags=["demo"]
def last_better_than_previous(values):
    return int(np.flatnonzero(np.diff(values) < 0)[-1]) + 1


stops, _ = replay((200,))
rows = {"the deck's sentence": last_better_than_previous,
        "the best of all": lambda values: best_checkpoint(values, "min"),
        "what is in memory": lambda values: len(values) - 1}
rough = [base.vary(drop={1: 0.6}).run(seed).history for seed in range(4)]
both = {"smooth, to the stop": [some[: stop + 1] for some, stop in zip(losses, stops)],
        "rough, all epochs": [np.array(history.val_loss) for history in rough]}
for kind, recorded in both.items():
    print(kind)
    for name, rule in rows.items():
        kept = np.array([rule(some) for some in recorded])
        loss = np.mean([some[epoch] for some, epoch in zip(recorded, kept)])
        print(f"    {name:21} keeps epochs {kept.min():4} to {kept.max():4}, test loss {loss:.3f}")
better = np.mean([np.diff(some[-300:]) < 0 for some in both["rough, all epochs"]])
print(f"rough, last 300 epochs: {better:.0%} are better than the one before")

# %% tags=["demo"]
stops, _ = replay((200,))
kept = np.array([best_checkpoint(some[: stop + 1], "min") for some, stop in zip(losses, stops)])
for name, at in {"lowest loss": kept, "200 epochs later": stops}.items():
    print(f"{name:17} test loss {losses[seeds, at].mean():.3f}, "
          f"accuracy {accuracies[seeds, at].mean():.3f}")

# %% [markdown]
# On a smooth curve that is stopped in time the sentence does little harm: the last epoch better than the one before
# it is nearly the best. On a rough curve it is an epoch near the end, whenever that is, since nearly every second one
# is better than the one before. What is in memory is worse still in both.
#
# And yet the last two lines say that the accuracy is *higher* there, by one test point. The loss has begun to charge
# for a few points that the network gets wrong ever more surely, while the border still moves the right way. Had we
# watched the accuracy, we would keep another epoch. Which of the two matters is for you to say, and you have to say
# the same to the callback that stops and to the one that keeps.
#
# And nan? NumPy takes it for the extreme, `np.argmin([3, nan, 1])` is 1. What does Keras do, if the very first epoch
# gives nan, as it may while a running mean fills up or a metric divides by zero?

# %%
class CountingModel(FakeModel):
    """Counts how often it is saved."""

    saved = 0

    def save(self, path, **_):
        self.saved += 1


values = [float("nan"), 3.0, 2.0, 1.0]
keeper = keras.callbacks.ModelCheckpoint("never.keras", "value", save_best_only=True, mode="min")
keeper.set_model(CountingModel())
for epoch, value in enumerate(values):
    keeper.on_epoch_end(epoch, {"value": value})
print("np.argmin:", np.argmin(values), "  best_checkpoint:", best_checkpoint(values, "min"))
print(f"ModelCheckpoint saved {keeper.model.saved} time; its best value is {keeper.best}")
print("EarlyStopping with patience 2 stops in epoch", keras_stop(values, 2)[0])

# %%
stopper = keras.callbacks.EarlyStopping("value", patience=2, mode="min", start_from_epoch=1)
saver = keras.callbacks.ModelCheckpoint("never.keras", "value", save_best_only=True, mode="min",
                                        initial_value_threshold=1e9)
ending = keras.callbacks.TerminateOnNaN()
for callback in (stopper, saver, ending):
    callback.set_model(CountingModel())
    callback.on_train_begin()
for epoch, value in enumerate(values):
    ending.on_train_batch_end(0, {"loss": 0.7, "value": value})
    for callback in (stopper, saver, ending):
        callback.on_epoch_end(epoch, {"loss": 0.7, "value": value})
print("start_from_epoch=1: stopped", stopper.model.stop_training, "  best value", stopper.best)
print(f"initial_value_threshold=1e9: saved {saver.model.saved} times, best value {saver.best}")
print("TerminateOnNaN: stopped", ending.model.stop_training)

# %% [markdown]
# It saves the nan epoch, and then never again, since no number is lower than nan: the file holds the one model that you
# do not want. `EarlyStopping` holds the same nan for its best and stops a run that gets better and better. There is a
# remedy for each, and the second cell shows both at work: `start_from_epoch=1` lets `EarlyStopping` begin behind the
# bad epoch, and `initial_value_threshold` gives `ModelCheckpoint` a number to beat that any real value beats.
# `TerminateOnNaN` is none: it looks at the training loss of the batches alone, so that it never sees a nan in
# `val_loss` or in a metric, and to end the run is not what one wants here.

# %% [markdown]
# ## What is watched
#
# That leaves the first decision, and with it the thing that is wrong with all of the above. The deck's listings pass
# `validation_data=(test_x, test_y)`: the test set decides when to stop and which epoch to keep, and then the same
# test set says how good that epoch is. The points to watch have to come from the training set.
#
# ## Exercise 14.4: training, validation, and the test set left alone (1 point)
#
# Write `three_way(train, n_val, rng)`. `train` is an array of indices, the numbers of the training rows, in any order
# and with gaps; everything else belongs to the test set. Return a pair of index arrays `(train_idx, val_idx)`:
# `n_val` of the entries of `train`, drawn by `rng` (a `np.random.Generator`), for validation, and all others for
# training. Neither order matters, and `train` must not be changed.
#
# For `train = [10, 11, 12, 13, 14]` and `n_val = 2` one possible result is `([14, 10, 12], [11, 13])`.

# %%
def three_way(train, n_val, rng):
    """Splits the training rows into rows to learn from and rows to watch.

    Args:
        train: indices of the training rows (n,).
        n_val: how many of them are for validation.
        rng: np.random.Generator, the only source of randomness.

    Returns:
        (train_idx, val_idx): index arrays (n - n_val,) and (n_val,).
    """
    ### BEGIN SOLUTION
    order = rng.permutation(train)
    return order[n_val:], order[:n_val]
    ### END SOLUTION

# %%
check(three_way)

# %% [markdown]
# The deck's second extension is "Use True Validation Set": 20 points to learn from, 10 to watch, and the 70 test points
# only looked at when all is decided. First one split as the deck makes its own, the first 20 and the last 10 of its 30
# points, with four seeds for the weights; then eight splits drawn by your function.

# %% tags=["demo"]
class Watch:
    """Notes the test accuracy after each epoch, to be read afterwards; it decides nothing."""

    def __init__(self):
        self.seen = []

    def on_epoch(self, net, epoch, logs):
        self.seen.append(net.evaluate(data.X_test, data.y_test)[1])


def honest_run(rows, val, seed, epochs=1000):
    """(validation losses, test accuracies) by epoch of a network that learns from some rows."""
    net, watch = MLP(base.sizes, base.acts, seed=seed), Watch()
    history = net.fit(data.X_train[rows], data.y_train[rows], base.training, epochs=epochs,
                      validation=(data.X_train[val], data.y_train[val]), callbacks=[watch])
    return np.array(history.val_loss), np.array(watch.seen)


indices = np.arange(30)


@cache  # each is trained once
def honest_runs(name):
    """Curves (runs, epochs) of validation loss and of test accuracy, for one way to split."""
    splits = [(indices[:20], indices[20:])] * 4
    if name == "drawn":
        splits = [three_way(indices, 10, np.random.default_rng(seed)) for seed in range(8)]
    some = [honest_run(*split, seed) for seed, split in enumerate(splits)]
    return tuple(np.array(part) for part in zip(*some))


WAYS = ("first 20, last 10", "drawn")
for name in WAYS:
    recorded, test = honest_runs(name)
    for patience in (0, 200):
        report(f"{name}, patience {patience}", *replay((patience,), recorded), test)

# %% tags=["demo"]
honest, _ = honest_runs("drawn")
stops, _ = replay((0,), honest)
show(
    curves(
        None,
        {"10 validation points, 8 splits": honest,
         "70 test points, trained on all 30": losses[:8, :1000].mean(axis=0)},
        mean="none", looks={"10 validation points, 8 splits": (GREEN, "-"),
                            "70 test points, trained on all 30": (BLACK, "--")},
        log="y", title="Every ten points tell another story", xlabel="epoch", ylabel="loss",
        also=lambda ax: ax.plot(stops, honest[range(8), stops], "X", color=TEST, markersize=9,
                                label="patience 0 stops here, or at the end")),
    legend="right", size=(10, 3.8),
    alt="Validation loss over 1,000 epochs for eight splits, with a cross where patience 0 stops. "
    "Some curves turn up before epoch 100 and climb above 1, others fall to the end, below 0.1, "
    "with everything between. The dashed test loss of networks trained on all 30 points lies above "
    "most of them, with its lowest point near epoch 800.",
)

# %% [markdown]
# With the simple callback and an honest split, training stops near epoch 80, at a test accuracy of .743:
# ten points of validation rest or rise long before the 70 test points do. All four seeds agree in it, which looks
# like a firm result, and is not: they share one split. Drawn splits stop anywhere from epoch 67 to never, between
# .729 and .929. So it is the split that matters, and not the first weights: other points to learn from, and ten other
# points to judge by, which are a very small jury. Patience 200 helps, as before.
#
# ### Less data, or stopped too early?
#
# Two things were changed at once, so a table with four cells (lesson 06): 20 points or 30, stopped in the epoch that
# the ten validation points chose or trained to epoch 999.

# %% tags=["demo"]
def four_cells(curves, test):
    """Test accuracies by (points, how): 30 or 20, stopped by the ten others or trained on."""
    n, (stops, _) = range(len(curves)), replay((0,), curves)
    return {("30 points", "trained on"): accuracies[n, 999],
            ("20 points", "trained on"): test[n, 999],
            ("30 points", "stopped"): accuracies[n, stops],
            ("20 points", "stopped"): test[n, stops]}


for name in WAYS:
    cells = four_cells(*honest_runs(name))
    t = {cell: scores.mean() for cell, scores in cells.items()}
    print(name)
    for (trained_on, how), scores in cells.items():
        print(f"    {trained_on}, {how:10}  {scores.mean():.3f} ± {scores.std(ddof=1):.3f}")
    fewer = [t["20 points", how] - t["30 points", how] for how in ("trained on", "stopped")]
    print(f"    ten points fewer: {fewer[0]:+.3f} if trained on, {fewer[1]:+.3f} if stopped")
    stopped = [t[some, "stopped"] - t[some, "trained on"] for some in ("30 points", "20 points")]
    print(f"    stopped by ten:   {stopped[0]:+.3f} with 30 points, {stopped[1]:+.3f} with 20")

# %% [markdown]
# Trained on, ten points fewer cost eleven points of accuracy with the first split and five in the mean of drawn ones.
# Stopped by so few points, a network that had 30 points to learn from loses 20 and 13, one that had 20 loses nine and
# six. Among the stopped networks the ten points make no difference worth the name. (With the first split they stop near
# epoch 80, when no network has learnt enough to profit from them.)
#
# So of the twenty points between .943 and .743 eleven belong to less data and nine to stopping too early, if one counts
# in this order, and none and twenty in the other: the effects do not add up, an interaction. The cells "30 points,
# stopped" are also a recipe: find the number of epochs with a validation set, then train anew on all points for as
# long. Here it is no better, since the number itself is too small. More patience, or the mean of several splits
# (cross-validation), would mend that.
#
# One more thing has to be said. "Trained on" means up to epoch 999, and epoch 999 lies on the plateau where the test
# accuracy is highest, .943; after 4,000 epochs it is .914. Nobody who has only ten points to watch would know to end
# there. So the price of stopping is measured against a length that the test curve has flattered: against 4,000 epochs
# it is about three points less. And it is the price on one draw of the moons, with 30 points; the eight draws above say
# how much such a price may differ.

# %% [markdown]
# ## The price of looking
#
# What does it cost, on the other side, to choose on the test set?
#
# **A bound** (you may skip it and go on with the check). Suppose $m$ networks that are all equally good: each is right
# on a test point with the same chance $q$. Network $i$ scores $a_i$ on $n$ independent test points; its mean is $q$.
# Report the best of the $m$ scores. Let $M=\max_i(a_i-q)$ be how much too good that is, and take any $t>0$.
#
# $$e^{t\,\mathbb E[M]} \le \mathbb E\big[e^{tM}\big] \qquad\text{(Jensen: the exponential is convex)}$$
#
# $$\mathbb E\big[e^{tM}\big] \le \sum_{i=1}^m \mathbb E\big[e^{t(a_i-q)}\big] \qquad\text{(the largest of positive terms is below their sum)}$$
#
# $$\mathbb E\big[e^{t(a_i-q)}\big] \le e^{t^2/(8n)} \qquad\text{(Hoeffding: a mean of } n \text{ numbers between 0 and 1)}$$
#
# $$\mathbb E[M] \le \frac{\ln m}{t}+\frac{t}{8n} \qquad\text{(put together, take logarithms, divide by } t)$$
#
# $$\mathbb E[M] \le \sqrt{\frac{\ln m}{2n}} \qquad\text{(with the best } t=\sqrt{8n\ln m})$$
#
# The price grows very slowly with the number of looks, and falls with the root of the number of test points.
#
# **Check.** The most equal of networks toss coins.

# %%
for n in (70, 1000):
    for looks in (1, 10, 100, 1000):
        scores = rng.binomial(n, 0.5, (3000, looks)) / n
        bound = np.sqrt(np.log(looks) / (2 * n))
        print(f"{n:4} test points, best of {looks:4} coins: {scores.max(axis=1).mean():.3f}, "
              f"too good by {scores.max(axis=1).mean() - 0.5:.3f}, at most {bound:.3f}")

# %% [markdown]
# The best of a hundred coins is right on 65 % of 70 test points. But the epochs of a training run are no independent
# coins: each network is nearly the one before. What is left of the price has to be measured.
#
# **The experiment.** On the circles, from 30 training points, four recipes: with and without dropout, with and
# without weight decay. Each is looked at every fifty epochs. A thousand further points stand by. We draw 70 of them
# as "the" test set, choose by it, and the other 930 say what the choice is really worth; then another 70, four
# hundred times. All this for four training sets.

# %% tags=["demo"]
RECIPES = [{"drop": drop, "l2": l2} for drop in ({}, {1: 0.6}) for l2 in ({}, {1: 0.001})]


class Marks:
    """Notes which points of a pool the network gets right."""

    def __init__(self, X, y):
        self.X, self.y, self.right = X, y, []

    def on_epoch(self, net, epoch, logs):
        self.right.append((net.forward(self.X)[:, 0] > 0.5) == self.y)


def looks_at(seed):
    """(recipes, looks, 1000): which points are right, for one training set."""
    X, y, *pool = circles(n=1030, noise=0.1, seed=seed, train=30)
    marks = [Marks(*pool) for _ in RECIPES]
    for number, (recipe, mark) in enumerate(zip(RECIPES, marks)):
        net = MLP(base.sizes, base.acts, seed=10 * seed + number)
        net.fit(X, y, base.training, epochs=1000, every=50, callbacks=[mark], **recipe)
    return np.array([mark.right for mark in marks])


worlds = [looks_at(seed) for seed in range(4)]

# %% tags=["demo"]
def chosen(right, n, draws=400, halves=False):
    """(reported, true) accuracy of the candidate that is best on n drawn points.

    right is (candidates, points). With halves, one half of the n chooses and the other reports.
    """
    found, dice = [], np.random.default_rng(0)
    for _ in range(draws):
        order = dice.permutation(right.shape[1])
        choose, tell = (order[: n // 2], order[n // 2 : n]) if halves else (order[:n], order[:n])
        best = right[best_checkpoint(right[:, choose].mean(axis=1), "max")]
        found.append((best[tell].mean(), best[order[n:]].mean()))
    return np.array(found)


def ways_to_look(right):
    """Candidates, from one recipe's last epoch to all looks at all recipes."""
    return {"one network, no choice": right[:1, -1],
            "best epoch of one recipe": right[0],
            "best epoch of four recipes": right.reshape(-1, right.shape[-1])}


def too_good(n, halves=False):
    """name -> reported minus true (training sets, draws), by way to look."""
    by_world = [{name: np.subtract(*chosen(some, n, halves=halves).T)
                 for name, some in ways_to_look(right).items()} for right in worlds]
    return {name: np.array([world[name] for world in by_world]) for name in by_world[0]}


at_70 = too_good(70)
print("70 test points: reported minus true, mean, spread of a draw, mean for each training set")
for name, some in at_70.items():
    print(f"{name:27} {some.mean():+.3f} ± {some.std():.3f}  ", some.mean(axis=1).round(3))
looks = worlds[0].shape[0] * worlds[0].shape[1]
print(f"bound for {looks} looks: {np.sqrt(np.log(looks) / (2 * 70)):.3f}")
some = too_good(70, halves=True)["best epoch of four recipes"]
print(f"{'  chosen on 35, told by 35':27} {some.mean():+.3f} ± {some.std():.3f}  ",
      some.mean(axis=1).round(3))

# %% tags=["demo"]
sizes = np.array([30, 70, 140, 300, 600])
prices = [too_good(n) for n in sizes]
looks = {"one network, no choice": (GREY, ":", "o"), "best epoch of one recipe": (BLUE, "--", "s"),
         "best epoch of four recipes": (TEST, "-", "^")}
each_world = {name: np.array([price[name].mean(axis=1) for price in prices]) for name in looks}
for name, some in each_world.items():
    print(f"{name:27}", dict(zip(sizes.tolist(), some.mean(axis=1).round(3).tolist())))
show(
    curves(sizes, {name: some.T for name, some in each_world.items()}, looks=looks, log="x",
           xticks={size: str(size) for size in sizes}, across={"_none": 0},
           down={"as in the case study": 70},
           title="Choosing on the test set flatters, the more the smaller it is", xlabel="test points",
           ylabel="reported minus true accuracy"),
    alt="Reported minus true accuracy against 30 to 600 test points, four training sets thin, "
    "means thick. Without choice it is zero. For the best epoch of one recipe it falls from 0.05 "
    "at 30 points to 0.01 at 300; for the best of four recipes from 0.07 to 0.01.",
)

# %% [markdown]
# An accuracy reported from the test set that chose the epoch is too good by 2.5 points of a hundred, in the mean of
# four training sets; if four recipes are compared on it as well, by 3.3. These are four training sets; the means of
# each (the numbers in brackets) differ by less than the price itself. The bound for 84 looks would be 18 points: so
# many looks at networks so alike count as few. With 300 test points the price is about one point. Chosen on one half
# and told by the other, it is zero, and a single result is less certain, as one should expect of 35 points.
#
# Mind what kind of price this is. The network chosen on the test set is not *bad*; on the moons it is even better
# than the honestly stopped one, because 70 points are a better jury than ten. It is the *number* that is false, and
# by an amount that nobody can see who has only these points. Compare with your log.

# %% [markdown]
# ## The Keras way
#
# ## Exercise 14.5: stop and keep (2 points)
#
# Write `callbacks(patience, path)`, which returns a list with two of Keras' callbacks:
#
# - `EarlyStopping` with the patience given;
# - `ModelCheckpoint`, which after an epoch writes the model to `path` if it is the best so far, and only then. `path`
#   ends in `.keras`.
#
# Both watch the same metric, either `val_loss` or `val_accuracy`, in the direction that fits it. What else you set is
# up to you.
#
# `callbacks(7, 'a.keras')` is a list of two; the first one's `patience` is 7, the second one's `filepath`
# `'a.keras'`. (Replacing the ending by the older `.h5` would be accepted as well; see below what Keras says to it.)

# %%
def callbacks(patience, path):
    """Early stopping and a checkpoint of the best model, both by one validation metric.

    Args:
        patience: epochs without an improvement until it stops.
        path: where the best model is saved, 'something.keras'.

    Returns:
        a list of two Keras callbacks.
    """
    ### BEGIN SOLUTION
    watch = {"monitor": "val_loss", "mode": "min"}
    return [
        keras.callbacks.EarlyStopping(patience=patience, **watch),
        keras.callbacks.ModelCheckpoint(path, save_best_only=True, **watch),
    ]
    ### END SOLUTION

# %%
check(callbacks)

# %% [markdown]
# Use them, with 20 points to learn from and 10 to watch. An epoch of a single step would take 50 ms or more, most of
# it overhead, so the 20 points are repeated 50 times: one epoch is 50 steps, and patience 4 means 200.

# %% tags=["demo"]
def as_arrays(rows):
    return data.X_train[rows].astype("float32"), data.y_train[rows].astype("float32")


folder = tempfile.TemporaryDirectory()
test = data.X_test.astype("float32"), data.y_test.astype("float32")


@cache
def keras_run():
    """A trained model, its log, the points it watched, and the file of its best epoch."""
    rows, val = three_way(indices, 10, np.random.default_rng(0))
    learn, watched = (tf.data.Dataset.from_tensors(as_arrays(part)) for part in (rows, val))
    keras.utils.set_random_seed(14)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(500, activation="relu"),
                              keras.layers.Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"], steps_per_execution=50)
    path = os.path.join(folder.name, "best.keras")
    log = model.fit(learn.repeat(50), validation_data=watched, epochs=80, shuffle=False, verbose=0,
                    callbacks=callbacks(4, path)).history
    return model, log, watched, path


model, log, watched, path = keras_run()
best = best_checkpoint(log["val_loss"], "min")
print("val_loss by epoch of 50 steps:", np.round(log["val_loss"], 3))
print(f"best epoch {best}, last epoch {len(log['val_loss']) - 1}")

# %% tags=["demo"]
model, log, watched, path = keras_run()
kept = keras.models.load_model(path)
for name, one in {"in memory": model, "loaded from the file": kept}.items():
    loss, accuracy = one.evaluate(watched, verbose=0)
    print(f"{name:21} val_loss {loss:.3f}, val_accuracy {accuracy:.2f}")
loss, _ = kept.evaluate(watched, verbose=0)
print("the file is the best epoch:", np.isclose(loss, min(log["val_loss"])))

with zipfile.ZipFile(path) as parts:
    print("bytes:", {part.filename: part.file_size for part in parts.infolist()})
accuracy = kept.evaluate(*test, verbose=0)[1]
print(f"test accuracy of the loaded model, looked at once: {accuracy:.3f}")

# %% [markdown]
# At the end of `fit` the model in memory is that of the last epoch, patience epochs behind the best; the file holds the
# best one. If you forget `load_model`, or `restore_best_weights=True` in `EarlyStopping`, you test the wrong network,
# and nothing warns you. Which of the two would you use if the machine might be switched off in the middle of the run?
#
# A `.keras` file is a zip archive: the layers as JSON, the version that wrote it, and weights and optimiser state in
# one HDF5 file. A validation accuracy of 1.00, by the way, means ten of ten; the test set says .829.
#
# The deck saves to `best_model.h5`. Does that still work?

# %% tags=["demo"]
import unittest
import warnings

model, *_ = keras_run()
old = os.path.join(folder.name, "best.h5")
# assertLogs collects what would be printed; HDF5's own deprecation warnings are not the point here.
with warnings.catch_warnings(), unittest.TestCase().assertLogs("absl", "WARNING") as said:
    warnings.simplefilter("ignore")
    model.save(old)
    again = keras.models.load_model(old)
print(said.records[0].getMessage().split(". ")[1], "[…]")
print("loads and predicts the same:", np.allclose(again(test[0]), model(test[0])))
folder.cleanup()

# %% [markdown]
# ## A regression
#
# (This section may be left out.) The deck's last extension: "create a new example of using early stopping to address
# overfitting on a simple regression problem and monitoring mean squared error". Fifteen points of a noisy sine,
# fifteen more to watch, two hidden layers of 50 tanh units. Your `EarlyStopper` in `nnlab`, as a callback that also
# keeps the weights of the best epoch.

# %% tags=["demo"]
class StopAndKeep:
    """Stops a run of nnlab by an EarlyStopper, and keeps the weights of its best epoch."""

    def __init__(self, stopper):
        self.stopper, self.weights = stopper, None

    def on_epoch(self, net, epoch, logs):
        stop = self.stopper.update(logs["val_loss"])
        if self.stopper.best_epoch == epoch:
            self.weights = net.get_weights()
        return stop


def noisy_sine(dice, n=15, sd=0.3):
    x = dice.uniform(-1, 1, (n, 1))
    return x, np.sin(np.pi * x) + sd * dice.normal(size=(n, 1))


grid = np.linspace(-1, 1, 201)[:, None]
truth = np.sin(np.pi * grid)
sine_training = Training(loss="mse", opt="adam", lr=0.003, epochs=2000, batch=None)


@cache
def sine_run(seed):
    """Curves on the grid: of the best epoch, and of the same network trained on to the end."""
    dice = np.random.default_rng(seed)
    learn, watched = noisy_sine(dice), noisy_sine(dice)
    keep = StopAndKeep(EarlyStopper(200, 0.0, "min"))
    net, on = (MLP((1, 50, 50, 1), ("tanh", "tanh", "linear"), seed=seed) for _ in range(2))
    stop = net.fit(*learn, sine_training, validation=watched, callbacks=[keep]).epoch[-1]
    net.set_weights(keep.weights)
    on.fit(*learn, sine_training, every=2000)
    return learn, stop, keep.stopper.best_epoch, net.forward(grid), on.forward(grid)

# %% tags=["demo"]
sines = [sine_run(seed) for seed in range(8)]
errors = np.array([[np.mean((curve - truth) ** 2) for curve in run[3:]] for run in sines])
print("stopped in epochs", [run[1] for run in sines])
print("squared distance from the true sine, mean ± sd over eight draws of data and weights")
for name, some in zip(("best epoch kept", "2,000 epochs"), errors.T):
    print(f"{name:16} {some.mean():.3f} ± {some.std(ddof=1):.3f}")
print("the kept one is nearer in", np.sum(errors[:, 0] < errors[:, 1]), "of 8 draws")

# %% tags=["demo"]
(x, y), _, best_epoch, kept, late = sine_run(0)
show(
    *[curves(grid[:, 0], {"the true sine": truth[:, 0], "network": curve[:, 0]},
             looks={"the true sine": (GREY, "--"), "network": (BLUE, "-")}, ylim=(-2, 2), title=title,
             xlabel="x", ylabel="y",
             also=lambda ax: ax.plot(x, y, "o", color=ORANGE, markeredgecolor=BLACK,
                                     label="15 training points"))
      for curve, title in zip((kept, late), (f"kept: epoch {best_epoch}", "after 2,000 epochs"))],
    share="y", legend="right",
    alt="Two panels with fifteen noisy points of a sine, the true sine dashed and the network's "
    "curve. Left, in the epoch that was kept, the curve lies near the sine and misses the points by "
    "their noise. Right, after 2,000 epochs, it bends to pass through nearly every point.",
)

# %% [markdown]
# Here early stopping earns its name. The network can bend through fifteen noisy points, and given time it does. Kept
# in its best epoch, it is nearer to the true sine in every one of the eight draws, and its mean squared distance is
# less than a third. The points to watch were as many as the points to learn from, and the noise is what there was to
# be learnt by mistake. On the moons, with little noise and an accuracy that only asks for the side, there was less to
# be gained.

# %% [markdown]
# ## Errata hunt
#
# The third listing of the Better Deep Learning deck, shortened, with the sentence below it, and a fifth line from
# another listing of the deck. Four of the five numbered lines have something wrong as they are printed; one was right,
# and we broke it. Find out which one, and correct all five.
#
# 1. `# simple early stopping` above `es = EarlyStopping(monitor='val_loss', mode='min', verbose=1, patience=200)`
# 2. `history = model.fit(train_x, train_y, validation_data=(test_x, test_y), epochs=4000, verbose=0, callbacks=[es,
#    mc])`
# 3. `mc = ModelCheckpoint('best_model.h5', monitor='val_accuracy', mode='max', verbose=1, save_best_only=True)` beside
#    the `es` of line 1
# 4. "Always save the model weights if the model's performance on a holdout dataset is better than at the previous
#    epoch"
# 5. "Early stopping requires that you configure your network to be under constrained, meaning that it has less capacity
#    than is required for the problem."

# %% [markdown] tags=["yours"]
# 1. …
# 2. …
# 3. …
# 4. …
# 5. …
#
# Broken by the course: number …

# %% [markdown]
# <details><summary>What is true</summary>
#
# Number 5 is ours: the deck prints "more capacity than is required for the problem".
#
# | printed | what is true, and why |
# |---|---|
# | `# simple early stopping` above `patience=200` | the comment is left over from the listing before. Simple is patience 0, and on the deck's draw the two end .12 of accuracy apart. |
# | `validation_data=(test_x, test_y)` | leakage: the test set decides when to stop and what to keep, and then reports on its own choice. Split the training set; the deck's own extension asks for it. |
# | `val_loss` in one callback, `val_accuracy` in the other | no error, but two opinions on what is best: patience is counted from an epoch that is not the one kept. Choose one, or say why not. |
# | "better than at the previous epoch" | better than the *best so far*. `save_best_only=True` in the same listing does it right; the sentence would keep the last dip. |
#
# And `'best_model.h5'` is no mistake, only old: use `.keras`.
#
# </details>
#
# Which of these does Keras warn of? None. The “Improving” deck has it shortest: "Solution 1: Early Stopping" against
# overfitting, without a word about what to watch.

# %% [markdown]
# ## Three questions

# %%
quiz()

# %% [markdown]
# ## Exercise 14.6: a report (2 points)
#
# A question to be answered in words. A report says:
#
# > We compared eight recipes. Each was trained with `EarlyStopping(monitor='val_loss', patience=0)` and
# > `validation_data=(test_x, test_y)`. The best of the eight reached 87.1 % on our 70 test points, 2.8 points more than
# > the recipe without regularisation, whose best epoch had 84.3 %. So regularisation helps on data like these.
#
# What may be believed of this, and what may not? Name the two faults that weigh most, say for each in which direction
# it moves the number or the conclusion, and describe the smallest experiment that would mend both. Five to ten
# sentences.

# %% [markdown] tags=["written"] name="a_report" points=2
# Which faults, in which direction, and what would mend them?
#
# ### BEGIN SOLUTION
# Rubric. ½: the test set was used to stop, to keep and to choose among recipes, so that 87.1 % is too high as a report
# (here by about three points for the best of four recipes; more recipes, more). ½: the difference of 2.8 points is two
# of 70 points, of one run on one draw, and smaller than the price of choosing; it says nothing of "data like these".
# (Instead of one of these: patience 0 stops at the first rest, on some curves at chance, so that recipes are compared
# by when their curves first rest; it may move the comparison either way.) 1: an experiment that mends both faults
# named: points to watch split off the training set, or cross-validation, the choice made on them, the test set looked
# at once (½); several draws of the data with the same recipes, the difference with its standard error (½).
#
# A reference answer. The number 87.1 % may not be believed: the 70 points said when to stop, which epoch to report and
# which of eight recipes was best, and then they judged their own choice. That makes it too high; this lesson measured
# about three points for four recipes. What may be believed is that the network is about as good as that minus some
# points. The conclusion may not be believed either: 2.8 points are two test points, on one draw, and the winner of
# eight was chosen by the same two points, so that a winner would be found even if all recipes were alike. I would draw
# the data eight times. In each draw I would split ten or more points off the training set, stop by them with patience,
# choose the recipe by them, and ask the test set once, for the chosen recipe and for the one without regularisation.
# Then I would report the mean difference over the eight draws with its standard error.
# ### END SOLUTION

# %% [markdown]
# > **One finding to keep.** What to watch, when to stop and what to keep are three decisions, and the first costs most.
# > With simple early stopping, ten validation points made the network up to twenty points of accuracy worse; choosing on
# > seventy test points made the reported accuracy two to three points too high.

# %% [markdown]
# ## Summary
#
# - Watch, stop, keep: three decisions. Keras' rule stops at $b+\max(p,1)$, so patience 0 and 1 are one, and the
#   patience needed is the longest gap between two records.
# - Keep the best so far, not the last that was better than its neighbour; nan is never the best, though NumPy and
#   `ModelCheckpoint` may think so.
# - A `.keras` file holds the whole best model; what is in memory after `fit` is not it.
# - Simple early stopping costs three points of accuracy in the mean of eight draws of the moons, more than ten on the
#   deck's draw, and thirty in the mean of eight draws of the circles, on each of which it stops in epoch 1.
# - Choosing on 70 test points made the reported accuracy two to three points too high. Choosing on ten validation
#   points by the simple rule made the network up to twenty points worse, partly for want of data and partly because ten
#   points stop too soon.
#
# *What would change my mind about validating on ten points:* fifty drawn splits with simple early stopping of which
# the worst ends above .90.

# %% [markdown]
# ## What to read next
#
# - L. Prechelt (1998), *Early stopping – but when?*, in *Neural Networks: Tricks of the Trade*, Springer LNCS 1524:
#   three families of triggers, compared on 12 problems in 1,296 runs. Slower ones ended about 4 % better and took four
#   times as long.
# - L. Prechelt (1998), *Automatic early stopping using cross validation: quantifying the criteria*, Neural Networks 11,
#   761–767: the same study with its tables.
# - The documentation of Keras' `EarlyStopping` and `ModelCheckpoint` (keras.io/api/callbacks): every argument used
#   here.

# %%
progress()
