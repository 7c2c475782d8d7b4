# %% [markdown]
# # Keep weights where you want them, and measure whether that did anything
#
# You will write the four weight constraints of the lectures, put them behind the optimiser's step, and find out by
# measurement which of them acts, what it does to the size of the weights, and what it gains. About 40 minutes.
#
# | you will | you need | you will have learnt it when you can |
# |---|---|---|
# | derive four constraints as nearest points | lengths of vectors | say how a projection differs from a penalty |
# | write them, column by column | NumPy, axes of an array | tell from one printed example whether an axis is right |
# | take steps that keep a constraint | gradient descent | say what is projected, and when |
# | detect whether a constraint acts | comparing floats, lesson 02 | recognise a constraint that does nothing |
# | test a printed claim about magnitudes | mean and standard deviation | name two lengths of which one falls and one rises |

# %%
import os
from functools import cache

import numpy as np

from autograder import check, progress
from nnlab import Experiment, Training
from nnlab.data import circles, moons
from nnlab.figures import BLACK, BLUE, GREEN, GREY, ORANGE, SKY, VERMILION
from nnlab.figures import curves, dots, explore, figure, histogram, points, regions, show, style

# TensorFlow comes later. It may keep its notes to itself, and round alike on every machine.
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0")
style()
SEEDS = range(5)


def lengths(W):
    """The length of every column of a kernel (inputs, units): one number for each unit."""
    return np.linalg.norm(W, axis=0)

# %% [markdown]
# ## See it fail first
#
# The network of the lecture's case study: 500 ReLU units, 30 training points of two half moons, 4,000 steps of Adam, all
# points in each. Five networks, from different first weights.

# %% tags=["demo"]
study = {
    name: Experiment(
        data=data,
        sizes=(2, 500, 1),
        acts=("relu", "sigmoid"),
        training=Training(loss="bce", opt="adam", epochs=4000, batch=None, every=4000),
    )
    for name, data in {"moons": moons(), "circles": circles()}.items()
}
free = [study["moons"].vary(every=40).run(seed) for seed in SEEDS]
curve = np.mean([run.history.val_loss for run in free], axis=0)
print(f"training accuracy {np.mean([run.train_acc for run in free]):.3f}, "
      f"test accuracy {np.mean([run.test_acc for run in free]):.3f}")
print(f"test loss: lowest {curve.min():.2f}, after {free[0].history.epoch[curve.argmin()]} steps; "
      f"at the end {curve[-1]:.2f}")
columns = [lengths(run.net.W[1]) for run in free]
print(f"columns of the first kernel: longest {np.mean([c.max() for c in columns]):.2f}, "
      f"median {np.median(columns):.2f}")

# %% tags=["demo"]
data = study["moons"].data
steps = free[0].history.epoch
losses = {"test": [run.history.val_loss for run in free], "training": [run.history.loss for run in free]}
show(
    regions(free[0].net.forward, data.X_test, data.y_test, steps=120, title="Six of 70 test points wrong"),
    curves(steps, losses, looks={"test": (VERMILION, "-"), "training": (BLUE, "--")}, ylim=(0, 0.7),
           title="Test loss turns", xlabel="step", ylabel="cross-entropy"),
    curves(steps, {"first kernel": [run.history.weight_norm[1] for run in free]}, ylim=(0, 13),
           looks={"first kernel": (GREEN,)}, title="Weights only grow", xlabel="step",
           ylabel="Frobenius norm"),
    ratios=(1.25, 1, 1), size=(10.3, 3.4),
    alt="Left: the plane in two regions with an angular border, 70 test points, six on the wrong "
    "side. Middle: training loss falls to zero; test loss falls to its lowest after a few "
    "hundred steps and then climbs steadily to about 0.5, five seeds close together. Right: "
    "the Frobenius norm of the first kernel rises from 2 to 12 over the 4,000 steps.",
)

# %% [markdown]
# Training is perfect, and the network becomes ever surer of itself: the test loss more than doubles from its lowest
# point on, because the six points that are wrong are wrong with more and more conviction. All the while the weights
# grow. Hence the heading in the lecture: *force small weights with weight constraints*. A penalty (lesson 10) asks for
# small weights and lets the loss bargain. A constraint does not bargain: after every step the weights are put back into
# the allowed region.
#
# ## Derive: the nearest allowed point
#
# Which allowed point should the weights be put on? The one that changes them least. Let $w$ be the weights into one
# unit, a column of the kernel $W$ of shape (inputs, units), and let its length be allowed between $lo$ and $hi$.
#
# $$\lVert v-w\rVert \ge \bigl|\,\lVert v\rVert-\lVert w\rVert\,\bigr| \qquad\text{(a side of a triangle is no shorter than the difference of the others)}$$
#
# $$v=\frac{r}{\lVert w\rVert}\,w \;\Rightarrow\; \lVert v-w\rVert=\bigl|\,r-\lVert w\rVert\,\bigr| \qquad\text{(equality: same direction, length } r\text{)}$$
#
# $$r^*=\operatorname{clip}(\lVert w\rVert,\,lo,\,hi) \qquad\text{(of the allowed lengths, the one nearest to } \lVert w\rVert\text{)}$$
#
# $$P(w)=\frac{\operatorname{clip}(\lVert w\rVert,\,lo,\,hi)}{\lVert w\rVert}\;w \qquad\text{(put in)}$$
#
# Three of the lecture's classes are this one line. **MaxNorm** has $lo=0$, **UnitNorm** $lo=hi=1$, **MinMaxNorm** any two
# bounds. **NonNeg** has another region, all entries at least 0:
#
# $$\lVert v-w\rVert^2=\sum_i (v_i-w_i)^2 \;\Rightarrow\; v_i^*=\max(w_i,0) \qquad\text{(each term is smallest on its own)}$$
#
# The direction stays in the first three; in the fourth it does not.
#
# ## Check the claim
#
# For a random $w$, half a million random allowed points: is any of them nearer?

# %%
rng = np.random.default_rng(11)
w = np.array([1.7, -0.6, 0.9])
drawn = rng.normal(size=(500_000, 3))
directions = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
radii = rng.uniform(size=(500_000, 1)) ** (1 / 3)  # evenly over the ball
size = np.linalg.norm(w)
allowed = {
    "length 1": (directions, w / size),
    "length at most 1.5": (1.5 * radii * directions, 1.5 * w / size),
    "length 2.2 to 3": ((3 - 0.8 * radii) * directions, 2.2 * w / size),
    "no entry below 0": (3 * radii * np.abs(directions), np.maximum(w, 0)),
}
for name, (candidates, claimed) in allowed.items():
    nearest = np.linalg.norm(candidates - w, axis=1).min()
    print(f"{name:19} claimed {np.linalg.norm(claimed - w):.4f}, best of 500,000 {nearest:.4f}")

# %% [markdown]
# The best random candidates come close to the claimed distance, and none goes below it.

# %% [markdown]
# ## Per column, not per kernel
#
# The lecture shows UnitNorm on two small arrays. The first has a single column.

# %%
one = np.arange(3).reshape(3, 1).astype(np.float32)
print(np.linalg.norm(one))
print(one / np.linalg.norm(one))

# %% [markdown]
# These are the numbers on the slide: 2.236068, and 0.4472136 and 0.8944272 in the column. But with one column the
# length of the column is also the length of the whole array, so the example cannot tell the two apart. The second can.

# %%
two = np.arange(6).reshape(3, 2).astype(np.float32)
print("columns:", lengths(two), "  whole array:", np.linalg.norm(two))
print(two / lengths(two))
print("divided by the whole: columns of length", lengths(two / np.linalg.norm(two)))

# %% [markdown]
# Again as printed: 4.472136 and 5.91608, and the array below them. Divided by the length of the whole, the columns
# would be 0.60 and 0.80 long.
#
# ## Exercise 11.1: unit norm (2 points)
#
# Write `unit_norm(W, eps=1e-7)`: the kernel `W` of shape (inputs, units) with every *column* scaled to length 1.
#
# - A column of zeros has no direction: it stays zeros. The small number `eps` is there for it, as in Keras; how you use
#   it, or whether, is up to you. Differences of its size do not count.
# - Leave `W` unchanged.
#
# For `W = [[3, 0], [4, 2]]` the result is `[[0.6, 0], [0.8, 1]]`.

# %%
def unit_norm(W, eps=1e-7):
    """The kernel with every column of length 1.

    Args:
        W: kernel (inputs, units).
        eps: small number against division by zero.

    Returns:
        array like W; columns of zeros stay zeros.
    """
    ### BEGIN SOLUTION
    return W / (np.linalg.norm(W, axis=0) + eps)
    ### END SOLUTION

# %%
check(unit_norm)

# %%
for array in (one, two):
    print(unit_norm(array))
    print("lengths", lengths(unit_norm(array)), " without eps", lengths(array / lengths(array)))
print(f"the largest float32 below 1: {np.nextafter(np.float32(1), np.float32(0))}")

# %% [markdown]
# Your function gives the printed arrays, and the printed length, 0.99999994. That is no sign of `eps`: without it the
# length is the same. It is the float32 next to 1, and comes from rounding.

# %% [markdown]
# ## Exercise 11.2: max-norm (1 point)
#
# Write `max_norm(W, c)`: columns longer than `c` are scaled down to length `c`; all others, also columns of zeros, stay.
# Leave `W` unchanged. As before, differences of about $10^{-7}$ do not count.
#
# For `W = [[3, 0.3], [4, 0.4]]` and `c = 1` the result is `[[0.6, 0.3], [0.8, 0.4]]`.

# %%
def max_norm(W, c):
    """The kernel with columns longer than c scaled down to length c.

    Args:
        W: kernel (inputs, units).
        c: bound for the length of a column, above 0.

    Returns:
        array like W.
    """
    ### BEGIN SOLUTION
    norms = np.linalg.norm(W, axis=0)
    return W * (np.minimum(norms, c) / (norms + 1e-7))
    ### END SOLUTION

# %%
check(max_norm)

# %% [markdown]
# ## Exercise 11.3: bounds on both sides, and signs (2 points)
#
# Keras' MinMaxNorm has a `rate` beside its two bounds: the share of the way to the allowed length that a column goes in
# each step. With $n$ for the length that a column has,
#
# $$\text{new length} = \text{rate}\cdot\operatorname{clip}(n,\,lo,\,hi) + (1-\text{rate})\cdot n .$$
#
# Write two functions.
#
# - `min_max_norm(W, lo, hi, rate)` scales every column to its new length. The rate is above 0 and at most 1. The bounds
#   are for lengths; `lo` may also be below 0, as in a notebook of the course that has -0.2 there. Think about what
#   such a bound demands of a length.
# - `non_neg(W)` returns `W` with its negative entries replaced by the nearest number that is allowed.
#
# Leave `W` unchanged in both. For `W = [[3, 0.3], [4, 0.4]]`, `lo = 1`, `hi = 2`, `rate = 0.5`, the columns have the
# lengths 5 and 0.5; allowed are 2 and 1, half the way is 3.5 and 0.75: `[[2.1, 0.45], [2.8, 0.6]]`.

# %%
def min_max_norm(W, lo, hi, rate):
    """The kernel with its columns' lengths moved towards [lo, hi].

    Args:
        W: kernel (inputs, units).
        lo, hi: bounds for the length of a column.
        rate: share of the way, 0 < rate <= 1.

    Returns:
        array like W.
    """
    ### BEGIN SOLUTION
    norms = np.linalg.norm(W, axis=0)
    return W * ((rate * np.clip(norms, lo, hi) + (1 - rate) * norms) / (norms + 1e-7))
    ### END SOLUTION


def non_neg(W):
    """The kernel with no entry below 0, as near to W as possible."""
    ### BEGIN SOLUTION
    return np.maximum(W, 0)
    ### END SOLUTION

# %%
check(min_max_norm, non_neg)

# %%
W = np.random.default_rng(1).normal(size=(3, 200))
same = np.array_equal(min_max_norm(W, -0.2, 1.0, 1.0), min_max_norm(W, 0.0, 1.0, 1.0))
print(f"200 columns, lower bound -0.2: as with lower bound 0: {same}")

# %% [markdown]
# ### The four in a picture

# %% tags=["demo"]
rng = np.random.default_rng(4)
arrows = rng.normal(size=(2, 14)) * 1.1  # fourteen units with two inputs
afterwards = {
    "UnitNorm: onto the circle": unit_norm(arrows),
    "MaxNorm(1.2): into the disc": max_norm(arrows, 1.2),
    "MinMaxNorm: into the ring": min_max_norm(arrows, 0.8, 1.4, 1.0),
    "NonNeg: into the quarter": non_neg(arrows),
}

turn = np.linspace(0, 2 * np.pi, 100)
circle = np.array([np.cos(turn), np.sin(turn)])
quarter = np.array([[0, 0, 2.6], [2.6, 0, 0]])
borders = [(circle,), (1.2 * circle,), (0.8 * circle, 1.4 * circle), (quarter,)]


def moved_to(title, after, lines):
    """Each column before and after, joined by a line, with the border of what is allowed."""

    def ways(ax):
        ax.plot(*np.stack([arrows, after], axis=1), color=GREY, linewidth=1, zorder=1)
        for line in lines:
            ax.plot(*line, color=BLACK, linewidth=1, zorder=1)

    return points({"before": arrows, "after": after}, size=5, equal=True, also=ways, title=title,
                  looks={"before": (SKY, "", "o"), "after": (VERMILION, "", "D")},
                  xlabel="weight from input 1", ylabel="weight from input 2",
                  xlim=(-2.2, 2.4), ylim=(-2.5, 2.8))


show(
    *[moved_to(title, after, lines) for (title, after), lines in zip(afterwards.items(), borders)],
    share="xy", legend="below", columns=4, size=(11, 3.6),
    alt="Fourteen columns of a kernel with two inputs as points in the plane, before and after, "
    "joined by lines. UnitNorm: all move along the line through the origin onto the unit "
    "circle, some inwards, some outwards. MaxNorm: only those outside the disc of radius 1.2 "
    "move, straight in. MinMaxNorm: those outside the ring move in, those inside its hole move "
    "out. NonNeg: points with a negative coordinate move straight onto an axis or the origin.",
)

# %% [markdown]
# In the first three panels every move is along the ray from the origin. In the first and the third some columns move
# *outwards*: these two constraints also make weights larger. Keep that in mind for the claim we are going to test.

# %% [markdown]
# ## Step, then project
#
# A constraint is applied after the optimiser has moved the weights, in every step:
#
# $$W \leftarrow P\bigl(W-\eta\,\nabla L(W)\bigr).$$
#
# The other order, $P(W)-\eta\nabla L$, leaves the region in each step, and what is used for prediction would not keep the
# constraint. In Keras a layer's kernel and bias have constraints of their own, `kernel_constraint` and
# `bias_constraint`, both None unless told otherwise.
#
# ## Exercise 11.4: the projected step (1 point)
#
# Write `projected_step(W, g, lr, constraint)`: one step of plain gradient descent from `W` against the gradient `g`
# with rate `lr`, then the constraint, a function of an array that returns an array. For a parameter without one, such
# as a bias, `constraint` is None: it only steps. `W` and `g` are arrays of the same shape and stay unchanged.
#
# For `W = [[3], [4]]`, `g = [[10], [0]]`, `lr = 0.3` and max-norm 2 the step leads to `[[0], [4]]`, the result is
# `[[0], [2]]`.

# %%
def projected_step(W, g, lr, constraint):
    """One gradient step, then the constraint.

    Args:
        W: kernel or bias.
        g: gradient like W.
        lr: learning rate.
        constraint: function of an array like W, or None.

    Returns:
        array like W.
    """
    ### BEGIN SOLUTION
    W = W - lr * g
    return W if constraint is None else constraint(W)
    ### END SOLUTION

# %%
check(projected_step)

# %% [markdown]
# ## Derive: the penalty that a constraint amounts to
#
# Lesson 10 adds $\lambda\lVert w\rVert^2$ to the loss. How do the two compare where plain gradient steps come to rest?
#
# $$\nabla L(w)+2\lambda w=0 \qquad\text{(penalty, at rest)}$$
#
# $$w=P\bigl(w-\eta\nabla L(w)\bigr) \qquad\text{(projection, at rest)}$$
#
# $$\lVert w\rVert<c:\quad \nabla L(w)=0 \qquad\text{(nothing was projected: as if there were no constraint)}$$
#
# $$\lVert w\rVert=c:\quad w-\eta\nabla L(w)=s\,w,\; s\ge1 \qquad\text{(} P \text{ only shortens, by some factor } s\text{)}$$
#
# $$\nabla L(w)+\frac{s-1}{\eta}\,w=0 \qquad\text{(rearranged: the first line with } 2\lambda=\tfrac{s-1}{\eta}=\tfrac{\lVert\nabla L\rVert}{c}\text{)}$$
#
# So at rest max-norm *is* an L2 penalty, but with a $\lambda$ of its own for every column, and 0 for columns that are
# short anyway. With a penalty you choose $\lambda$, and the length follows; with a constraint you choose the length, and
# $\lambda$ follows.
#
# ## Check the claim
#
# Three linear units that fit three targets, of which one needs short weights and two need long ones; max-norm 1.

# %%
rng = np.random.default_rng(3)
X = rng.normal(size=(60, 2))
targets = X @ np.array([[0.3, 1.5, -2.0], [0.4, 1.0, 3.0]]) + rng.normal(size=(60, 3))
gradient = lambda W: X.T @ (X @ W - targets) / 60  # of half the mean squared error

W = np.zeros((2, 3))
for _ in range(400):
    W = projected_step(W, gradient(W), 0.3, lambda W: max_norm(W, 1.0))
g = gradient(W)
lam = np.linalg.norm(g, axis=0) / 2  # the length is 1
ridge = [np.linalg.solve(X.T @ X / 60 + 2 * l * np.eye(2), X.T @ t / 60)
         for l, t in zip(lam, targets.T)]
print("lengths      ", lengths(W).round(4))
print("implied λ    ", lam.round(4))
print("off the minimum of loss + λ‖w‖²:", f"{np.abs(W - np.transpose(ridge)).max():.0e}")

# %% [markdown]
# The first column stays at its free minimum, with $\lambda=0$; the other two end on the circle, and are just where an
# L2 penalty with the implied $\lambda$ would have put them, one with a $\lambda$ four times that of the other. (What
# difference is left comes from a $10^{-7}$ below the fraction line, which shortens every column a little in each step.)
#
# In a running notebook, move `c` to see the third unit's path, and which $\lambda$ its bound amounts to.

# %% tags=["demo"]
target, turn = targets[:, 2], np.linspace(0, 2 * np.pi, 100)
across, up = np.meshgrid(np.linspace(-4, 2, 40), np.linspace(-0.5, 4.5, 40))
errors = X @ np.stack([across.ravel(), up.ravel()]) - target[:, None]
landscape = 0.5 * np.mean(errors**2, axis=0).reshape(across.shape)
penalties = [np.linalg.solve(X.T @ X / 60 + 2 * l * np.eye(2), X.T @ target / 60)
             for l in np.append(0, np.logspace(-2, 2, 60))]


def path_for(c):
    """Projected gradient descent of one unit within a disc of radius c."""
    places = [np.array([[-1.2], [-0.2]])]
    for _ in range(40):
        slope = X.T @ (X @ places[-1] - target[:, None]) / 60
        places.append(projected_step(places[-1], slope, 0.3, lambda W: max_norm(W, c)))
    amounts = np.linalg.norm(X.T @ (X @ places[-1] - target[:, None]) / 60) / 2 / c
    return curves(
        None,
        {"length c": (c * np.cos(turn), c * np.sin(turn)),
         "with a penalty, all λ": tuple(np.transpose(penalties)),
         "projected steps": tuple(np.squeeze(places).T)},
        looks={"length c": (BLACK, "-"), "with a penalty, all λ": (ORANGE, "--"),
               "projected steps": (BLUE, "-", "o")},
        marks={"free minimum": penalties[0]}, equal=True, xlim=(-4, 2), ylim=(-0.5, 4.5),
        title=f"Max-norm {c:.1f} amounts to λ = {amounts:.2f} here", xlabel="weight 1", ylabel="weight 2",
        also=lambda ax: ax.contour(across, up, landscape, levels=9, colors=GREY, linewidths=0.7))


explore(
    lambda c: figure(path_for(c), legend="right", size=(6.8, 3.7)),
    alt="Level lines of the loss of one linear unit over its two weights, with the minimum at "
    "about (-2, 3), and a circle of radius c = 2 around the origin. A dashed curve of all "
    "penalised minima leads from the minimum to the origin. The projected steps run into the "
    "circle, along it, and stop where the dashed curve crosses it.",
    c=(0.5, 4.5, 0.5, 2.0),
)

# %% [markdown]
# The steps slide along the circle and rest where the dashed curve of all penalties crosses it. From `c = 4` on the
# circle encloses the minimum: then the path ends there, and the constraint might as well not be.
#
# ## Exercise 11.5, first part: does it act? (1 point)
#
# Write `is_active(W_before, constraint)`: True if the constraint moves any weight of `W_before`, False if it leaves them
# all where they are. Moves of less than a millionth are rounding, or the small number below the fraction line, and do
# not count; any threshold between $10^{-6}$ and $10^{-4}$ will do.
#
# With columns (3, 4) and (0, 1), max-norm 4 is active, since it shortens the first; max-norm 6 is not.

# %%
def is_active(W_before, constraint):
    """Whether a constraint moves weights.

    Args:
        W_before: kernel (inputs, units), as the step left it.
        constraint: function of a kernel that returns it constrained.

    Returns:
        True or False.
    """
    ### BEGIN SOLUTION
    return bool(np.any(np.abs(constraint(W_before) - W_before) > 1e-6))
    ### END SOLUTION

# %%
check(is_active)

# %% [markdown]
# ## The experiment
#
# ### Your log
#
# Write down before you go on:
#
# 1. UnitNorm on the first kernel of the moons network: how many of the 70 test points does it gain, or lose?
# 2. The first kernel had a Frobenius norm of about 12 without a constraint. With UnitNorm?
# 3. In what share of the 4,000 steps does max-norm 3 move at least one column of that kernel?

# %% [markdown] tags=["yours"]
# 1. Test points gained: …
# 2. Frobenius norm with UnitNorm: …
# 3. Max-norm 3 acts in … % of the steps

# %% tags=["demo"]
def reach(net):
    """How far the network can rise: sum over units of the length of w times the size of v."""
    return float(lengths(net.W[1]) @ np.abs(net.W[2][:, 0]))


def spread(values, digits):
    """Mean ± standard deviation in words; of one network, its value."""
    sd = f" ± {np.std(values, ddof=1):.{digits}f}" if len(values) > 1 else ""
    return f"{np.mean(values):.{digits}f}{sd}"


def report(label, some):
    """One line: training accuracy, accuracy and loss on the test points, sizes of the weights."""
    nets = [run.net for run in some]
    sizes = [[*net.weight_norms().values(), lengths(net.W[1]).max(), reach(net)] for net in nets]
    first, second, longest, total = np.mean(sizes, axis=0)
    train = np.mean([run.train_acc for run in some])
    acc = spread([run.test_acc for run in some], 3)
    loss = spread([run.test_loss for run in some], 2)
    print(f"{label:25} {train:.3f}  {acc:13}  {loss:11}  {first:5.2f}  {longest:5.2f}  "
          f"{second:5.2f}  {total:5.0f}")


HEAD = f"{'':25} train  test accuracy  test loss    ‖W1‖  longest ‖W2‖  Σ‖w‖|v|"

# %% [markdown]
# Your function in the network, as a constraint of its first kernel, and of both kernels. Five seeds each for the first
# two lines, three for the others. The last column is explained below.

# %% tags=["demo"]
SETTINGS = {"none": {}, "UnitNorm": {1: unit_norm}, "both layers": {1: unit_norm, 2: unit_norm}}
COMPARED = {("moons", "none"): 5, ("moons", "UnitNorm"): 5, ("moons", "both layers"): 3,
            ("circles", "none"): 3, ("circles", "UnitNorm"): 3}


@cache  # each is trained once
def runs_of(name, setting):
    """The trained networks of one line of the table."""
    if (name, setting) == ("moons", "none"):
        return free
    varied = study[name].vary(constraint=SETTINGS[setting])
    return [varied.run(seed) for seed in range(COMPARED.get((name, setting), 2))]


table = {", ".join(which): runs_of(*which) for which in COMPARED}
print(HEAD)
for label, some in table.items():
    report(label, some)
print(f"one test point of 70 is worth {1 / 70:.3f}")

# %% tags=["demo"]
scores = {": ".join(which): [(run.test_acc, run.test_loss) for run in runs_of(*which)]
          for which in COMPARED}
accuracies, losses = ({label: np.array(some)[:, column] for label, some in scores.items()}
                      for column in (0, 1))
show(
    dots(accuracies, error="none", title="Accuracy: two points up, one down",
         xlabel="test accuracy on 70 points"),
    dots(losses, error="none", title="Loss: lower with a constraint", xlabel="test loss (log axis)",
         log="x", xticks={0.3: "0.3", 0.5: "0.5", 1: "1", 2: "2"}),
    share="y", size=(10, 3.4),
    alt="Test accuracy and test loss of each network by setting, means as bars. Moons: no "
    "constraint 0.914 in all five, UnitNorm 0.943 in all five, both layers 0.90 in all three; "
    "losses 0.50, 0.32 and 0.28. Circles: no constraint about 0.77, UnitNorm about 0.76, three "
    "each that overlap; losses about 2.2 and 1.3.",
)

# %% [markdown]
# On the moons UnitNorm gains 0.029, the worth of two test points, in every single run. On the circles the mean falls by
# less than one test point, within the spread of the seeds. UnitNorm on both layers goes below the baseline on the
# moons: its output weights, a column of 500 with length 1, are too short to fit all 30 training points (0.967 of them).
# What falls with every constraint is the test *loss*: the networks are less sure where they are wrong.
#
# **Compare with your log** (question 1), and hold on to one doubt: five seeds with the very same score do not say that
# the gain is certain. All five were tested on the same 70 points. We return to that.
#
# ## Did it make the magnitude smaller?
#
# An [Extension] of the lecture: "calculate the magnitude of the unit weights and demonstrate that the constraint indeed
# made the magnitude smaller". Let a function decide.
#
# ## Exercise 11.5, second part: test the claim (1 point)
#
# Write `claim_check(W_before, W_after)`, which compares two kernels of the same shape and returns a dictionary of two
# truth values:
#
# - `'frobenius_smaller'`: is the Frobenius norm (all entries together) of `W_after` smaller?
# - `'largest_column_smaller'`: is its longest column shorter than the longest of `W_before`?
#
# With column lengths 2 and 0 before, 1.5 and 1.5 after, the answers are False, since
# $\sqrt{1.5^2+1.5^2}=2.12>2$, and True.

# %%
def claim_check(W_before, W_after):
    """Which of two magnitudes of a kernel has become smaller.

    Args:
        W_before, W_after: kernels (inputs, units).

    Returns:
        {'frobenius_smaller': bool, 'largest_column_smaller': bool}
    """
    ### BEGIN SOLUTION
    before, after = (np.linalg.norm(W, axis=0) for W in (W_before, W_after))
    return {
        "frobenius_smaller": bool(np.linalg.norm(after) < np.linalg.norm(before)),
        "largest_column_smaller": bool(after.max() < before.max()),
    }
    ### END SOLUTION

# %%
check(claim_check)

# %% [markdown]
# The network without a constraint before, the one with UnitNorm after, seed by seed:

# %% tags=["demo"]
for name in ("moons", "circles"):
    pairs = zip(runs_of(name, "none"), runs_of(name, "UnitNorm"))
    answers = [claim_check(without.net.W[1], with_it.net.W[1]) for without, with_it in pairs]
    for key in ("frobenius_smaller", "largest_column_smaller"):
        print(f"{name:8} {key:23} true for {sum(answer[key] for answer in answers)} "
              f"of {len(answers)} seeds")
first = runs_of("moons", "UnitNorm")[0].net.W[1]
print(f"‖W1‖ with UnitNorm {np.linalg.norm(first):.2f}, √500 = {np.sqrt(500):.2f}")

# %% tags=["demo"]
untrained = study["moons"].vary(epochs=0).run(0).net.W[1]
settings = {"before training": untrained, "trained without a constraint": free[0].net.W[1]}
show(
    histogram({label: lengths(W) for label, W in settings.items()}, np.logspace(-2.2, 0.7, 50), log="x",
              looks={"before training": (GREY, "--"), "trained without a constraint": (BLUE, "-")},
              down={"with UnitNorm: all 500": 1}, ylim=(0, 130), legend="upper left",
              title="UnitNorm shortens few columns and stretches most",
              xlabel="length of a column (log axis)", ylabel="units"),
    alt="Histogram of the lengths of the 500 columns, log axis. Before training they lie around "
    "0.09, all below 0.16. Trained without a constraint most lie between 0.02 and 1, and a few "
    "dozen between 1 and 2. A vertical line at 1 marks all columns under UnitNorm.",
)
print(f"before training: median column {np.median(lengths(untrained)):.3f}, "
      f"‖W1‖ {np.linalg.norm(untrained):.2f}")
long = [np.mean(lengths(run.net.W[1]) > 1) for run in free]
print(f"columns longer than 1 without a constraint: {np.mean(long):.0%}")

# %% [markdown]
# On the moons the claim is false for the kernel as a whole in all five runs. One line says why:
#
# $$\lVert W\rVert_F^2=\sum_{j=1}^{500}\lVert w_j\rVert^2=500 \qquad\text{(500 columns of length 1)}$$
#
# so $\lVert W_1\rVert$ is $\sqrt{500}=22.36$ whatever the data, nearly twice what training without a constraint ends
# with. What becomes smaller is the longest column, from 2.05 to 1. And "small weights" are not what UnitNorm starts
# with either: the first step stretches every column from about 0.09 to 1, elevenfold. On the circles both answers are
# yes, because there the free weights had grown beyond 22.36. A claim about magnitudes has to say which one.
# (This is question 2 of your log.)

# %% [markdown]
# ## Derive: what UnitNorm does not forbid
#
# How can weights grow and the network become calmer? A ReLU unit with positive $s$:
#
# $$\operatorname{relu}(s\,z)=s\operatorname{relu}(z) \qquad\text{(} s>0 \text{ does not change the sign of } z\text{)}$$
#
# $$v\operatorname{relu}(w\cdot x+b)=v\lVert w\rVert\;\operatorname{relu}\Bigl(\tfrac{w}{\lVert w\rVert}\cdot x+\tfrac{b}{\lVert w\rVert}\Bigr) \qquad\text{(} s=\lVert w\rVert\text{)}$$
#
# The unit on the right has a column of length 1. So *every* such network can be written with unit columns (units
# with $w=0$ aside, which are constants): what is taken from $w$ goes into the output weight $v$. UnitNorm on the first layer forbids no function at all.

# %% tags=["demo"]
net, inputs = study["moons"].vary(epochs=0).run(0).net, study["moons"].data.X_test
net.set_weights(free[0].net.get_weights())  # a copy
answers = net.forward(inputs)
sizes = [lengths(net.W[1]).max(), *net.weight_norms().values(), reach(net)]
s = lengths(net.W[1])
net.W[1][:], net.b[1][:], net.W[2][:] = net.W[1] / s, net.b[1] / s, net.W[2] * s[:, None]
again = [lengths(net.W[1]).max(), *net.weight_norms().values(), reach(net)]
print("                longest   ‖W1‖    ‖W2‖   Σ‖w‖|v|")
for label, row in (("as trained", sizes), ("unit columns", again)):
    print(f"{label:14} {row[0]:8.2f} {row[1]:7.2f} {row[2]:7.2f} {row[3]:8.1f}")
print(f"largest change of an answer: {np.abs(net.forward(inputs) - answers).max():.0e}")

# %% [markdown]
# The same network in two spellings, with first kernels of norm 12 and 22. Norms of one layer say little about a ReLU
# network; a number that both spellings share is $\sum_j\lVert w_j\rVert\,|v_j|$, which bounds how steeply the output's
# sum can rise. It is the last column of the table above, and there the picture is clear: UnitNorm on the first layer
# takes a little off it on the moons and a third on the circles; UnitNorm on both layers brings it to 21, and this one
# does forbid functions. The order of these sums, within a data set, is the order of the test losses.
#
# UnitNorm alone changes the *road* that training takes: with columns of fixed length a step turns them, and only the
# output weights can grow.

# %% [markdown]
# ## Does it act at all?
#
# Max-norm has a number to choose. We watch three choices at work on the moons, each on one network, since the moons' seeds
# hardly differed in the table above: which share of the columns does the constraint move?

# %% tags=["demo"]
class Watched:
    """A constraint that notes, every 20 steps, what it does to the kernel."""

    def __init__(self, constraint):
        self.constraint, self.steps, self.shares, self.acts = constraint, 0, [], []

    def __call__(self, W):
        after = self.constraint(W)
        if self.steps % 20 == 0:
            self.shares.append(np.mean(np.abs(after - W).max(axis=0) > 1e-6))
            self.acts.append(is_active(W, self.constraint))
        self.steps += 1
        return after


@cache
def watched(c):
    """A network with max-norm c, and what it did to the kernel."""
    eye = Watched(lambda W: max_norm(W, c))
    return study["moons"].vary(constraint={1: eye}).run(0), eye


at_work = {c: watched(c) for c in (3.0, 1.0, 0.2)}
print(HEAD)
for c, (run, _) in at_work.items():
    report(f"moons, max-norm {c:g}", [run])
for c, (_, eye) in at_work.items():
    print(f"max-norm {c:g}: active in {np.mean(eye.acts):.0%} of the steps, "
          f"at the end on {eye.shares[-1]:.1%} of the columns")

# %% tags=["demo"]
moved = {c: 100 * np.array(watched(c)[1].shares) for c in (3.0, 1.0, 0.2)}
show(
    curves(20 * np.arange(200), {f"max-norm {c:g}": shares for c, shares in moved.items()},
           looks={"max-norm 3": (GREY, "-"), "max-norm 1": (BLUE, "--"), "max-norm 0.2": (VERMILION, "-.")},
           title="A bound of 3 never acts, one of 0.2 on most columns", xlabel="step",
           ylabel="columns moved, %"),
    alt="Share of the 500 columns that max-norm moves, against the step. Max-norm 3: zero "
    "throughout. Max-norm 1: zero for the first 800 steps, then slowly up to a tenth. Max-norm "
    "0.2: nearly 40 per cent within 400 steps, and, with a dip before step 1,500, up to two thirds.",
)

# %% [markdown]
# **Compare with your log** (question 3). A bound of 3 is never met, since no column grows beyond about 2, and the network
# is the one without a constraint. A bound of 1 acts in most steps, but on few columns, and takes a little off the test
# loss. Its sum in the last column is that of UnitNorm, its loss is higher: the sum is not the whole story either. A
# bound of 0.2 is the first that deserves the heading *small weights*: it takes hold of most columns,
# $\lVert W_1\rVert$ falls to 4, the loss to 0.29. And the output kernel grows to 22, nearly twice its free size, to
# make up for it. The same happens under a penalty on one layer (lesson 10).
#
# ## Other draws of the data
#
# Back to the doubt. UnitNorm gained two test points in five runs of five, but all five had the same 30 training points
# and the same 70 test points. A seed for the weights does not vary what matters most: which points one happened to get.
# So here are eight other draws of the moons, with 1000 test points each.

# %% tags=["demo"]
DRAWS = range(101, 109)
on_test = lambda run: np.array([run.test_acc, run.test_loss])


@cache
def gain(draw):
    """What UnitNorm changes on one draw of the moons: accuracy and loss."""
    there = study["moons"].vary(data=moons(n=1030, seed=draw))
    return on_test(there.vary(constraint={1: unit_norm}).run(draw)) - on_test(there.run(draw))


gains = np.array([gain(draw) for draw in DRAWS])
lecture = on_test(runs_of("moons", "UnitNorm")[0]) - on_test(free[0])
for label, part, then in zip(("accuracy", "loss"), gains.T, lecture):
    better = part > 0 if label == "accuracy" else part < 0
    error = part.std(ddof=1) / np.sqrt(len(part))
    print(f"{label:8} {part.mean():+.3f} ± {part.std(ddof=1):.3f} (standard error {error:.3f}), "
          f"from {part.min():+.3f} to {part.max():+.3f},\n{'':8} better in {np.sum(better)} of "
          f"{len(part)}; the lecture's draw {then:+.3f}")

# %% tags=["demo"]
gains = np.array([gain(draw) for draw in DRAWS])
show(
    points({"eight other draws": gains.T, "their mean": gains.mean(axis=0), "the lecture's draw": lecture},
           looks={"eight other draws": (BLUE, "", "o"), "their mean": (BLACK, "", "D"),
                  "the lecture's draw": (VERMILION, "", "^")},
           across={"_no change": 0}, down={"_no change": 0},
           title="Most draws gain less; the loss falls nearly always",
           xlabel="change in test accuracy", ylabel="change in test loss"),
    legend="right", size=(7.6, 3.2),
    alt="Change in test loss against change in test accuracy through UnitNorm. The lecture's draw "
    "lies on the right, at a gain of 0.029. Of the eight other draws two lie about as far to "
    "the right, the other six between -0.002 and 0.01; in loss seven of them are below zero. Their "
    "mean is at 0.010.",
)

# %% [markdown]
# The loss falls on seven of the eight draws, and the accuracy rises on six. But the mean gain is 0.010, with a standard
# error of 0.005: a third of what the lecture's draw shows, and no more than about two errors from nothing. Five seeds
# with five equal scores had suggested a certainty that was not there: on this task the first weights hardly matter, and
# the choice of points does.
#
# ## The lecture's other extensions
#
# **Combine.** "Weight constraints can improve generalization when used in conjunction with other regularization methods,
# like L2 or Dropout". With L2 on the *same* kernel there is little to combine. The penalty's gradient $2\lambda W$ points
# along each column, which is where the projection puts everything back. For a plain gradient step,
#
# $$W-\eta\,(g+2\lambda W)=(1-2\eta\lambda)\Bigl(W-\tfrac{\eta}{1-2\eta\lambda}\,g\Bigr) ,$$
#
# and UnitNorm removes the factor in front: what is left is the step without the penalty at a slightly larger rate.

# %%
rng = np.random.default_rng(5)
W, g = unit_norm(rng.normal(size=(2, 6))), rng.normal(size=(2, 6))
penalised = projected_step(W, g + 2 * 0.5 * W, 0.1, unit_norm)
faster = projected_step(W, g, 0.1 / (1 - 2 * 0.1 * 0.5), unit_norm)
print(f"largest difference: {np.abs(penalised - faster).max():.0e}")

# %% [markdown]
# So we combine UnitNorm with L2 on the output kernel, and with dropout; and dropout with max-norm 3, as the extension to
# the dropout case has it. On the circles, where there is room above the baseline; two seeds each.

# %% tags=["demo"]
eyes = [Watched(lambda W: max_norm(W, 3.0)) for _ in range(2)]
combined = {
    "Dropout(0.4), max-norm 3": [{"drop": {1: 0.6}, "constraint": {1: eye}} for eye in eyes],
    "Dropout(0.4), UnitNorm": [{"drop": {1: 0.6}, "constraint": {1: unit_norm}}] * 2,
    "UnitNorm, L2 on output": [{"l2": {2: 0.001}, "constraint": {1: unit_norm}}] * 2,
}
table = {f"circles, {setting}": runs_of("circles", setting)[:2] for setting in ("none", "UnitNorm")}
for setting, changes in combined.items():
    table[setting] = [study["circles"].vary(**each).run(seed) for seed, each in enumerate(changes)]
print(HEAD)
for setting, some in table.items():
    report(setting, some)
both, alone = table["Dropout(0.4), max-norm 3"][0], study["circles"].vary(drop={1: 0.6}).run(0)
print(f"max-norm 3 with dropout: active in {np.mean([eye.acts for eye in eyes]):.0%} of the steps;\n"
      f"seed 0: accuracy {both.test_acc:.4f}, loss {both.test_loss:.4f}; "
      f"dropout alone {alone.test_acc:.4f}, {alone.test_loss:.4f}")

# %% [markdown]
# Max-norm 3 never acts here either, so that the run with it and the run without agree. (Not to the last digit: the
# small number below the fraction line shortens every column by about $10^{-7}$ in each step.) What looks like "dropout
# with max-norm" is dropout. UnitNorm together with dropout is worse than that, by four test points: under dropout the
# longest free column is 0.83 on average, and UnitNorm stretches all 500 to 1. With L2 on the output kernel, UnitNorm's
# loss is more than halved, and its accuracy is about that of no constraint at all. So some combinations help and one
# harms: "can improve" is right, and worth no more than that.
#
# **Constrain the output layer.** That was "both layers" in the experiment: on the moons it lowers the loss further and
# costs the network part of the training set.
#
# **Constrain the bias.** A layer has one bias vector, with one entry per unit. As a column of its own it has a length,
# but that length mixes all 500 units. What does it do to each? The unit's ReLU has its kink where $w\cdot x+b=0$, a
# line at distance $|b|/\lVert w\rVert$ from the origin. With $\lVert w\rVert=1$ and all biases together of length 1,
# 500 lines share a budget: $\sum_j b_j^2=1$.

# %% tags=["demo"]
one_column = lambda b: unit_norm(b[:, None])[:, 0]  # what Keras does to a bias vector
SETTINGS["biases, too"] = {1: unit_norm, "b1": one_column}
biased = {label: runs_of("moons", setting)[:2] for label, setting in
          {"free biases": "UnitNorm", "UnitNorm on biases too": "biases, too"}.items()}
print(HEAD)
for name, some in biased.items():
    report(name, some)
for name, some in biased.items():
    away = np.concatenate([np.abs(run.net.b[1]) for run in some])
    print(f"{name:22} distance of a kink from the origin: median {np.median(away):.3f}, "
          f"largest {away.max():.2f}")

# %% tags=["demo"]
nets = [runs_of("moons", setting)[0].net for setting in ("UnitNorm", "biases, too")]


def kinks(net):
    """The lines on which every sixth unit switches, and the origin."""

    def drawn(ax):
        for (w1, w2), b in list(zip(net.W[1].T, net.b[1]))[::6]:
            foot, along = -b * np.array([w1, w2]), 9 * np.array([-w2, w1])
            ax.plot(*np.transpose([foot - along, foot + along]), color=BLACK, linewidth=0.4, alpha=0.6)

    return drawn


titles = "Free biases: kinks in many places", "Constrained: a star of kinks"
show(
    *[regions(net.forward, data.X_test, data.y_test, steps=120, title=title, also=kinks(net),
              marks={"origin": (0, 0)}, xlim=(-1.65, 2.6), ylim=(-1.2, 1.5))
      for net, title in zip(nets, titles)],
    share="xy", legend="right", size=(9.6, 3.6),
    alt="Two panels with decision regions, test points, and the kinks of every sixth unit as thin "
    "lines; a cross marks the origin. Left, free biases: lines in all directions and at various "
    "distances, and a border that follows the moons. Right, biases constrained: nearly all lines "
    "pass through the origin like a star, and the border is a few rays away from it.",
)

# %% [markdown]
# With UnitNorm on the biases too, the median kink is 0.018 from the origin, and the lines form a star. A border made of
# rays from one point is a poor fit for two moons: the accuracy falls from 0.943 to 0.80, and the output weights grow to
# bend what little can be bent. A constraint on a kernel leaves every unit its own place; one on the biases takes it
# away. If biases are to be bounded at all, then one by one.

# %% [markdown]
# ## The library way
#
# In Keras the four are classes, made once and handed to a layer. They are also functions, so that the lecture's cells
# can be run as printed. (Loading Keras takes some seconds.)

# %%
import keras

# %%
filter = keras.constraints.UnitNorm()
print(repr(filter(one)))
print(np.linalg.norm(filter(one)))
print(repr(filter(two)))
print(np.linalg.norm(filter(two), axis=0))

# %% [markdown]
# To the last digit as on the slides. Your functions against all four classes, on a random kernel:

# %%
W = np.random.default_rng(9).normal(size=(4, 7)).astype(np.float32)
both = {
    "UnitNorm()": (keras.constraints.UnitNorm(), unit_norm),
    "MaxNorm(1.5)": (keras.constraints.MaxNorm(1.5), lambda W: max_norm(W, 1.5)),
    "MinMaxNorm(1.9, 2.2, rate=0.3)": (
        keras.constraints.MinMaxNorm(1.9, 2.2, rate=0.3), lambda W: min_max_norm(W, 1.9, 2.2, 0.3)),
    "NonNeg()": (keras.constraints.NonNeg(), non_neg),
}
for name, (theirs, yours) in both.items():
    print(f"{name:31} largest difference {np.abs(np.asarray(theirs(W)) - yours(W)).max():.0e}")
small = keras.constraints.MaxNorm(0.3)(np.array([[0.3], [0.4]], dtype=np.float32))
print("MaxNorm(0.3) of a column of length 0.5: length", np.linalg.norm(small))

# %% [markdown]
# The last line shows Keras' own small number at work: 0.29999995 for 0.3.
#
# ### The classes on the slide, today
#
# The slide lists every class twice, as `UnitNorm` and as `unit_norm`, and one class more, RadialConstraint, which "constrains
# `Conv2D` kernel weights to be the same for each radius".

# %%
for name in ("unit_norm", "max_norm", "min_max_norm", "non_neg",
             "radial_constraint", "RadialConstraint"):
    try:
        print(f"{name:18} {type(keras.constraints.get(name)).__name__}")
    except ValueError as error:
        print(f"{name:18} {error}")

# %% [markdown]
# RadialConstraint is gone. It belonged to Keras 2; Keras 3 has left it out, without a successor.
# Its documentation gave an example: of a 4 × 4 kernel, the twelve entries of the outer ring became $v_{11}$ and the four
# inner ones $v_{33}$. Is that a projection? A projection that is applied to its own result changes nothing.

# %%
def as_documented(K):
    """The outer ring gets entry [1, 1], the inner one entry [3, 3]."""
    out = np.full((4, 4), K[1, 1])
    out[1:3, 1:3] = K[3, 3]
    return out


K = np.arange(16.0).reshape(4, 4)
once, twice = as_documented(K), as_documented(as_documented(K))
outer = np.pad(np.zeros((2, 2)), 1, constant_values=1.0)
print("once: ", once[1], " twice:", twice[1])
nearest = outer * K[outer == 1].mean() + (1 - outer) * K[outer == 0].mean()
print(f"distance from the kernel: {np.linalg.norm(once - K):.1f}; "
      f"of the rings' means: {np.linalg.norm(nearest - K):.1f}")

# %% [markdown]
# Applied twice, the rings change places: $v_{11}$ belongs to the inner ring and $v_{33}$ to the outer one. Since a
# constraint is applied in every step, the two values would have been swapped in every step. The nearest kernel with
# equal rings has each ring at its mean, as the sum of squares is smallest there. Who needs it writes a class of six
# lines.

# %%
class Radial(keras.constraints.Constraint):
    """Both rings of a 4 × 4 kernel at their means, for each channel and filter."""

    def __call__(self, w):
        rings = [ring.reshape(4, 4, 1, 1).astype("float32") for ring in (outer, 1 - outer)]
        means = [keras.ops.sum(ring * w, (0, 1), keepdims=True) / ring.sum() for ring in rings]
        return sum(ring * mean for ring, mean in zip(rings, means))


keras.utils.set_random_seed(11)
layer = keras.layers.Conv2D(2, 4, kernel_constraint=Radial(), bias_constraint=None)
layer.build((None, 8, 8, 1))
print("before a step\n", np.asarray(layer.kernel)[:, :, 0, 0].round(3))
keras.optimizers.SGD(0.1).apply([keras.ops.ones_like(layer.kernel)], [layer.kernel])
print("after it\n", np.asarray(layer.kernel)[:, :, 0, 0].round(3))

# %% [markdown]
# Two things to note. Keras applies a constraint after each step of the optimiser, and not before the first one: fresh
# weights need not keep it. And for a `Conv2D` kernel the weights into one filter lie along the first *three* axes, while
# the three classes that measure lengths have `axis=0` unless told otherwise:

# %%
kernel = np.random.default_rng(2).normal(size=(3, 3, 2, 4)).astype(np.float32)
for axis in (0, [0, 1, 2]):
    filters = np.asarray(keras.constraints.UnitNorm(axis=axis)(kernel)).reshape(-1, 4)
    print(f"axis={axis}: lengths of the four filters {lengths(filters).round(3)}")

# %% [markdown]
# With the default no filter has length 1, but all $\sqrt6$, six columns of length 1 each. Last, the case study itself,
# one run.

# %% tags=["demo"]
import tensorflow as tf

tf.get_logger().setLevel("ERROR")
keras.utils.set_random_seed(0)
hidden = keras.layers.Dense(500, activation="relu", kernel_constraint=keras.constraints.UnitNorm())
net = keras.Sequential([keras.Input((2,)), hidden, keras.layers.Dense(1, activation="sigmoid")])
net.compile("adam", "binary_crossentropy", metrics=["accuracy"], steps_per_execution=2000)
trained_on = data.X_train.astype("float32"), data.y_train.astype("float32")
net.fit(tf.data.Dataset.from_tensors(trained_on).repeat(4000), shuffle=False, verbose=0)
loss, accuracy = net.evaluate(data.X_test, data.y_test, verbose=0)
W = np.asarray(hidden.kernel)
print(f"Keras with UnitNorm, moons: test accuracy {accuracy:.3f}, loss {loss:.2f}, "
      f"‖W1‖ {np.linalg.norm(W):.2f}, longest column {lengths(W).max():.2f}")

# %% [markdown]
# The same accuracy and norm as in the first table, and a loss within the spread of its five.

# %% [markdown]
# ## Errata hunt
#
# | printed | what is true | why |
# |---|---|---|
# | "demonstrate that the constraint indeed made the magnitude smaller" | false for ‖W₁‖ under UnitNorm on the moons: it rises from 12 to 22.36 | 500 columns of length 1 have the Frobenius norm √500; only the longest column gets shorter |
# | "Force small weights" above `unit_norm()` | it stretches the fresh columns elevenfold | they begin at length 0.09, and UnitNorm is no upper bound |
# | `min_max_norm(-0.2, …)` in a notebook of the course | the lower bound does nothing | a length is never below 0 |
# | `RadialConstraint`, `radial_constraint` | not in Keras 3: ValueError | left out, without a successor |
# | the (3, 1) example of UnitNorm | right, but no evidence for the axis | with one column, the column is the whole |
#
# The printed outputs of UnitNorm are all correct: 2.236068, 4.472136, 5.91608, 0.99999994 and the arrays.

# %% [markdown]
# ## Questions
#
# Answer before you unfold.
#
# **1.** UnitNorm on a kernel with 400 units whose columns are between 0.05 and 3 long, most of them below 1. What
# becomes of the Frobenius norm and of the longest column?
#
# - (a) Both become 1.
# - (b) The Frobenius norm becomes 20, the longest column 1.
# - (c) Both become smaller, since the constraint forces small weights.
#
# <details><summary>Answer</summary>
#
# (b): $\sqrt{400}=20$, whatever it was. (a) takes the whole kernel for one vector, which the example with one column
# allows and the one with two does not. (c) is the slide's claim: true of the longest column, here false of the whole.
#
# </details>
#
# **2.** A network with dropout and max-norm 3 reaches 0.80, the one without both 0.77. Its longest column is 0.85. What
# did max-norm do?
#
# - (a) Nothing: it never moved a column.
# - (b) It kept the columns below 1.
# - (c) It gained some of the three points; a run with dropout alone is not needed.
#
# <details><summary>Answer</summary>
#
# (a), if no column was ever longer than 3 on the way, which `is_active` in a few steps tells. (b) takes an upper bound
# for a target. (c) is how an inactive constraint gets its good name: the comparison that counts is with dropout alone.
#
# </details>
#
# **3.** Why not constrain biases as well?
#
# - (a) Because Keras cannot.
# - (b) Because a bias vector is one column for the whole layer: its length mixes all units, and a bound on it pulls
#   all kinks towards the origin.
# - (c) Because biases are part of the columns and therefore constrained already.
#
# <details><summary>Answer</summary>
#
# (b), as in the figure with the star. (a) is wrong, `bias_constraint` exists. (c) is wrong: the column holds the weights
# from the inputs; the bias is free, and has to be, for a unit column can have its kink anywhere only with a free bias.
#
# </details>

# %% [markdown]
# ## Summary
#
# - A constraint puts the weights on the nearest allowed point after each step; at rest, max-norm is an L2 penalty whose
#   $\lambda$ follows from the bound, one for each column.
# - Lengths are those of columns; an example with one column cannot show that.
# - `projected_step` moves first and projects afterwards; parameters without a constraint only move.
# - A constraint that moves nothing does nothing: look, as with max-norm 3.
# - UnitNorm on a ReLU layer forbids no function and need not make $\lVert W\rVert$ smaller. On the moons it lowered the
#   test loss on seven of eight draws of the data, and gained a third of the accuracy that the lecture's draw shows.
#
# *What would change my mind about that third:* a hundred draws of the moons whose mean gain is 0.02 or more.

# %%
progress()
