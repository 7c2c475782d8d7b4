# %% [markdown]
# # Keep weights where you want them, and measure whether that did anything
#
# You will write four weight constraints, put them behind the optimiser's step, and find out by measurement which of
# them acts, what it does to the size of the weights, and what it gains.
#
# *About 79 minutes: reading 28, exercises 51.*
#
# | you will | you need | you will have learnt it when you can |
# |---|---|---|
# | derive four constraints as nearest points | lengths of vectors | say how a projection differs from a penalty |
# | write them, column by column | NumPy, axes of an array | tell from one printed example whether an axis is right |
# | take steps that keep a constraint | gradient descent | say where they come to rest, and for which optimiser |
# | detect whether a constraint acts | comparing floats, lesson 02 | recognise a constraint that does nothing |
# | test a printed claim about magnitudes | mean, standard deviation, standard error | name two lengths of which one falls and one rises |

# %%
import os
from functools import cache

import numpy as np

from autograder import check, progress, quiz
from nnlab import constraints, fit_in_keras, lecture_case, plus_minus
from nnlab.data import circles, moons, study
from nnlab.figures import BLACK, BLUE, GREY, ORANGE, SKY, VERMILION
from nnlab.figures import curves, dots, explore, figure, histogram, points, regions, show, style
from nnlab.optimisers import OPTIMISERS
from nnlab.oracle import numerical_gradient, relative_error

# TensorFlow comes later: silence its log, and make it round alike on every machine.
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0")
style()
SEEDS = range(5)


def lengths(W):
    """The length of every column of a kernel (inputs, units): one number for each unit."""
    return np.linalg.norm(W, axis=0)

# %% [markdown]
# ## See it fail first
#
# The material is in the *Better Deep Learning deck*, one of the five documents that [lesson
# 00](../00_start_here/00_start_here.ipynb) lists, on its slides "Force small weights with weights constraints" and
# "Weight Constraints Case Study". The case study is the network of lesson 10 once more: 500 ReLU units, 30 training
# points of two half moons, 4,000 steps of Adam. One argument is new:
#
# ```python
# model.add(Dense(500, input_dim=2, activation='relu',
#                kernel_constraint=unit_norm()))
# ```
#
# It keeps the weights into each unit at length 1. Among its extensions the deck asks to "calculate the magnitude of the
# unit weights and demonstrate that the constraint indeed made the magnitude smaller". So let us do that, with five
# networks without the constraint and five with it. (The constraint is `nnlab`'s; you will write your own soon.)

# %% tags=["demo"]
case = {"moons": lecture_case(moons()), "circles": lecture_case(circles())}
free = case["moons"].runs(SEEDS)
held = case["moons"].vary(constraint={1: constraints.unit_norm}).runs(SEEDS)
for name, some in {"without": free, "UnitNorm": held}.items():
    sizes = [[np.linalg.norm(run.net.W[1]), lengths(run.net.W[1]).max()] for run in some]
    norm, longest = np.mean(sizes, axis=0)
    print(f"{name:8} train {np.mean([run.train_acc for run in some]):.3f}, "
          f"test {plus_minus([run.test_acc for run in some])}, "
          f"loss {plus_minus([run.test_loss for run in some], '.2f')}; "
          f"‖W1‖ {norm:.2f}, longest column {longest:.2f}")
before = np.linalg.norm(case["moons"].vary(epochs=0).run(0).net.W[1])
print(f"‖W1‖, the norm of W1, before training: {before:.2f}")

# %% tags=["demo"]
over = lambda some, what: np.array([what(run.history) for run in some])
both = {"without": free, "UnitNorm": held}
steps = np.array(free[0].history.epoch) + 1
LOOK = {"without": (BLUE, "--"), "UnitNorm": (VERMILION, "-")}
norms = {name: over(some, lambda seen: seen.weight_norm[1]) for name, some in both.items()}
losses = {name: over(some, lambda seen: seen.val_loss) for name, some in both.items()}
show(
    curves(steps, norms, looks=LOOK, title="The constrained kernel is the larger one",
           xlabel="step", ylabel="norm of W1", ylim=(0, 25), xticks=range(0, 4001, 1000)),
    curves(steps, losses, looks=LOOK, title="and its network ends with the lower test loss",
           xlabel="step", ylabel="test loss", ylim=(0, 0.7), xticks=range(0, 4001, 1000)),
    size=(9.6, 3.4),
    alt="Two panels over 4,000 steps, five seeds each. Left: without a constraint the norm of the "
    "first kernel rises from 2 to 12; with UnitNorm it is at 22.4 from the first step on. Right: "
    "both test losses fall and then climb again, without a constraint to about 0.5, with UnitNorm "
    "to about 0.3.",
)

# %% [markdown]
# The demonstration fails: with the constraint the kernel is nearly twice as large as without, and eleven times as large
# as before training. Yet the test loss is lower in the end. So there are three things to find out. *Which* magnitude
# becomes smaller, if any? How can a network with larger weights be the calmer one? And is the gain one of moons, or one
# of these 100 points?
#
# A penalty (lesson 10) asks for small weights and lets the loss bargain. A constraint does not bargain: after every
# step the weights are put back into the allowed region. Whether that region means *small* depends on the constraint.
#
# ### Your log
#
# Write down before you go on:
#
# 1. Draw the moons anew, 24 times. On how many of the draws will UnitNorm raise the test accuracy, and on how many
#    will it lower the test loss?
# 2. On the circles, will the first kernel be larger or smaller with UnitNorm than without?
# 3. In what share of the 4,000 steps does a max-norm of 3 move at least one column of the moons' kernel?

# %% [markdown] tags=["yours"]
# 1. Accuracy rises on … of 24 draws, loss falls on …
# 2. The kernel will be …
# 3. Max-norm 3 acts in … % of the steps

# %% [markdown]
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
# Three of the deck's classes are this one line. **MaxNorm** has $lo=0$, **UnitNorm** $lo=hi=1$, **MinMaxNorm** any two
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
# The deck shows UnitNorm at work on two small arrays, on the slides "Force small weights with weights constraints".
# The first is `np.arange(3).reshape(3, 1)`, with a single column. Printed are `np.linalg.norm(data)`, 2.236068, and
# the result, whose column is 0, 0.4472136, 0.8944272.

# %%
one = np.arange(3).reshape(3, 1).astype(np.float32)
print(np.linalg.norm(one))
print(one / np.linalg.norm(one))

# %% [markdown]
# These are the printed numbers. But with one column the length of the column is also the length of the whole array, so
# the example cannot tell the two apart. The second, `np.arange(6).reshape(3, 2)`, can. Printed are its lengths
# "array([4.472136, 5.91608 ], dtype=float32)" and the result:
#
# ```
# array([[0.        , 0.16903085],
#        [0.4472136 , 0.50709254],
#        [0.8944272 , 0.8451542 ]], dtype=float32)
# ```

# %%
two = np.arange(6).reshape(3, 2).astype(np.float32)
print("columns:", lengths(two), "  whole array:", np.linalg.norm(two))
print(two / lengths(two))
print("divided by the whole: columns of length", lengths(two / np.linalg.norm(two)))

# %% [markdown]
# Again as printed. Divided by the length of the whole, the columns would be 0.60 and 0.80 long.
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
# Your function gives the printed arrays. The deck also prints `np.linalg.norm(filter(data))`, 0.99999994 instead of 1,
# and here is the same number. It is no sign of `eps`, since the length is the same without it: it is the float32 next
# to 1, and comes from rounding.

# %% [markdown]
# ## Exercise 11.2: max-norm (1 point)
#
# Write `max_norm(W, c)`: columns longer than `c` are scaled down to length `c`; all others, also columns of zeros,
# stay. Leave `W` unchanged. As before, differences of about $10^{-7}$ do not count.
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
# Keras' MinMaxNorm has a `rate` beside its two bounds: the share of the way to the allowed length that a column goes
# in each step. With $n$ for the length that a column has,
#
# $$\text{new length} = \text{rate}\cdot\operatorname{clip}(n,\,lo,\,hi) + (1-\text{rate})\cdot n .$$
#
# Write two functions.
#
# - `min_max_norm(W, lo, hi, rate)` scales every column to its new length. The rate is above 0 and at most 1. The bounds
#   are for lengths; `lo` may also be below 0, as in `min_max_norm(-0.2, 1.0)`, which one meets in public notebooks.
#   Think about what such a bound demands of a length.
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
    "UnitNorm: the circle": unit_norm(arrows),
    "MaxNorm(1.2): the disc": max_norm(arrows, 1.2),
    "MinMaxNorm: the ring": min_max_norm(arrows, 0.8, 1.4, 1.0),
    "NonNeg: the quarter": non_neg(arrows),
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
# The other order, $P(W)-\eta\nabla L$, leaves the region in each step, and what is used for prediction would not
# keep the constraint. In Keras a layer's kernel and bias have constraints of their own, `kernel_constraint` and
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
# So for plain gradient steps max-norm at rest *is* an L2 penalty, but with a $\lambda$ of its own for every column, and
# 0 for columns that are short anyway. With a penalty you choose $\lambda$, and the length follows; with a constraint
# you choose the length, and $\lambda$ follows. The fourth line used that the step is along the gradient. Keep that in
# mind.
#
# ## Check the claim
#
# Three linear units that fit three targets, of which one needs short weights and two need long ones; max-norm 1. First
# the gradient, judged by the tools of lesson 00.

# %%
rng = np.random.default_rng(3)
X = rng.normal(size=(60, 2))
targets = X @ np.array([[0.3, 1.5, -2.0], [0.4, 1.0, 3.0]]) + rng.normal(size=(60, 3))
losses_of = lambda W: 0.5 * np.mean((X @ W - targets) ** 2, axis=0)  # one for each unit
gradient = lambda W: X.T @ (X @ W - targets) / 60
somewhere = rng.normal(size=(2, 3))
measured = numerical_gradient(lambda W: losses_of(W).sum(), somewhere)
off = relative_error(gradient(somewhere), measured)
print(f"relative error of the gradient: {off:.0e}")

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
# The first column stays at its free minimum, with $\lambda=0$; the other two end on the circle, and are just where
# an L2 penalty with the implied $\lambda$ would have put them, one with a $\lambda$ four times that of the other.
# (What difference is left comes from a $10^{-7}$ below the fraction line, which shortens every column a little in
# each step.)
#
# ### And with Adam?
#
# The case study does not take plain steps. Does Adam come to rest in the same place? The same three units, with three
# optimisers, two learning rates for Adam, and 20,000 steps each.

# %%
def at_rest(optimiser, lr, momentum=0.0):
    """Where projected steps of an optimiser end, and how far the last 1,000 steps moved."""
    W, state, places = np.zeros((2, 3)), {}, []
    for step in range(20_000):
        flat = W.ravel().copy()
        OPTIMISERS[optimiser](flat, gradient(W).ravel(), state, lr, momentum)  # in place
        W = max_norm(flat.reshape(2, 3), 1.0)
        if step in (18_999, 19_999):
            places.append(W)
    return W, np.abs(places[1] - places[0]).max()


print("columns 2 and 3, their losses, and how far the last 1,000 steps moved them")
for name, settings in {"plain steps": ("sgd", 0.3), "momentum 0.9": ("sgd", 0.03, 0.9),
                       "Adam, 0.01": ("adam", 0.01), "Adam, 0.001": ("adam", 0.001)}.items():
    W, still_moving = at_rest(*settings)
    print(f"{name:12} " + "  ".join(f"({a:6.3f}, {b:.3f})" for a, b in W.T[1:])
          + f"  {losses_of(W)[1:].round(3)}  {still_moving:.0e}")
signs = -np.sign(gradient(W)[:, 1:]) / np.sqrt(2)
print(f"-sign of the gradients, over √2: {signs.T.round(3).tolist()}")

# %% [markdown]
# It does not. Plain steps and momentum agree. Adam brings the second and third column to rest elsewhere, on the
# diagonals, at both rates, and the losses are *higher* there: of all places on the circle that is not the best one. The
# reason is in the fourth line of the derivation. Where everything stands still, the gradient is the same in each step.
# Adam divides its running mean, $g$, by the root of the running mean of its squares, $|g|$, entry by entry, and what
# remains is the sign:
#
# $$w=P\bigl(w-\eta\,\operatorname{sign}(g)\bigr)\;\Rightarrow\; w\parallel-\operatorname{sign}(g) \qquad\text{(and not } -g\text{; where no entry of } g \text{ is 0)}$$
#
# Lesson 10 found that L2 regularisation and weight decay are one thing for plain steps and two for Adam; here it is
# the same. "Max-norm is an L2 penalty" is a sentence about plain gradient steps.
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
        title=f"Max-norm {c:.1f} amounts to λ = {amounts:.2f} here",
        xlabel="weight 1", ylabel="weight 2",
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
# circle encloses the minimum: then the path ends there, and the constraint does nothing.
#
# ## Exercise 11.5: does it act? (1 point)
#
# Write `is_active(W_before, constraint)`: True if the constraint moves any weight of `W_before`, even a single
# one of thousands; False if it leaves them all where they are. Moves of less than a millionth are rounding, or the
# small number below the fraction line, and do not count; any threshold between $10^{-6}$ and $10^{-4}$ will do.
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
# Now your function in the network, as a constraint of its first kernel, and of both kernels, which is the deck's
# extension "Constrain Output Layer". First the lecture's own draws of moons and circles, 30 points to train on and
# 70 to test. Five seeds each for the first two lines, three for the others. The last column is explained below.

# %% tags=["demo"]
def reach(net):
    """How far the network can rise: sum over units of the length of w times the size of v."""
    return float(lengths(net.W[1]) @ np.abs(net.W[2][:, 0]))


def report(label, some):
    """One line: training accuracy, accuracy and loss on the test points, sizes of the weights."""
    nets = [run.net for run in some]
    sizes = [[*net.weight_norms().values(), lengths(net.W[1]).max(), reach(net)] for net in nets]
    first, second, longest, total = np.mean(sizes, axis=0)
    train = np.mean([run.train_acc for run in some])
    acc, loss = [run.test_acc for run in some], [run.test_loss for run in some]
    one_alone = len(some) == 1  # and so without a spread
    acc, loss = ((f"{acc[0]:.3f}", f"{loss[0]:.2f}") if one_alone else
                 (plus_minus(acc), plus_minus(loss, ".2f")))
    print(f"{label:25} {train:.3f}  {acc:13}  {loss:11}  "
          f"{first:5.2f}  {longest:5.2f}  {second:5.2f}  {total:5.0f}")


HEAD = f"{'':25} train  test accuracy  test loss    ‖W1‖  longest ‖W2‖  Σ‖w‖|v|"

# %% tags=["demo"]
SETTINGS = {"none": {}, "UnitNorm": {1: unit_norm}, "both layers": {1: unit_norm, 2: unit_norm}}
COMPARED = {("moons", "none"): 5, ("moons", "UnitNorm"): 5, ("moons", "both layers"): 3,
            ("circles", "none"): 3, ("circles", "UnitNorm"): 3}


@cache  # each is trained once
def runs_of(name, setting):
    """The trained networks of one line of the table."""
    if (name, setting) == ("moons", "none"):
        return free
    seeds = range(COMPARED.get((name, setting), 2))
    return case[name].vary(constraint=SETTINGS[setting]).runs(seeds)


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
    alt="Test accuracy and test loss of each network by setting, diamonds for means. Moons: no "
    "constraint 0.914 in all five, UnitNorm 0.943 in all five, both layers 0.90 in all three; "
    "losses 0.50, 0.32 and 0.28. Circles: about 0.76 without a constraint and with "
    "UnitNorm, three each that overlap; losses about 2.2 and 1.3.",
)

# %% [markdown]
# On these moons UnitNorm gains 0.029, the worth of two test points, in every single run. On these circles the mean
# falls by less than one test point, within the spread of the seeds. UnitNorm on both layers goes below the baseline
# on the moons: its output weights, a column of 500 with length 1, are too short to fit all 30 training points (0.967
# of them). What falls with every constraint is the test *loss*: the networks are less sure where they are wrong.
#
# Hold on to one doubt: five seeds with the very same score do not say that the gain is certain. All five were trained
# and tested on the same 100 points. We return to that.
#
# ## Which magnitude became smaller?
#
# The deck's claim again: "the constraint indeed made the magnitude smaller". Let a function decide, for two
# magnitudes.
#
# ## Exercise 11.6: test the claim (1 point)
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
untrained = case["moons"].vary(epochs=0).run(0).net.W[1]
settings = {"before training": untrained, "trained without a constraint": free[0].net.W[1]}
show(
    histogram({label: lengths(W) for label, W in settings.items()}, np.logspace(-2.2, 0.7, 50),
              log="x", looks={"before training": (GREY, "--"),
                              "trained without a constraint": (BLUE, "-")},
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
# yes, because there the free weights had grown beyond 22.36 after 4,000 steps. (Compare with your log, question 2.) A
# claim about magnitudes has to say which one, and after how much training.

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
# with $w=0$ aside, which are constants): what is taken from $w$ goes into the output weight $v$. UnitNorm on the first
# layer forbids no function at all. Take a network trained without it, and rewrite it:

# %% tags=["demo"]
net, inputs = case["moons"].vary(epochs=0).run(0).net, case["moons"].data.X_test
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
# The two sets of weights are one function, though their first kernels have norms of 12 and 22. Norms of one layer
# say little about a ReLU network. A number that both share is $\sum_j\lVert w_j\rVert\,|v_j|$: one unit's part of
# the output's sum cannot change by more than $\lVert w_j\rVert\,|v_j|$ when the input moves by 1, and so this total
# bounds how steeply the sum can rise. It is the last column of the table above. UnitNorm on the first layer takes a
# little off it on the moons and a third on the circles; UnitNorm on both layers brings it to 21, and this one does
# forbid functions. Within each of the two data sets the order of these totals is the order of the test losses.
#
# UnitNorm on the first layer, then, changes the *way* that training goes: with columns of fixed length a step turns
# them, and of the two kernels only the second can grow.

# %% [markdown]
# ## Does it act at all?
#
# Max-norm has a number to choose. We watch three choices at work on the moons, each on one network, since the moons'
# seeds hardly differed in the table above: which share of the columns does the constraint move, by your `is_active`?

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
    return case["moons"].vary(constraint={1: eye}).run(0), eye


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
           looks={"max-norm 3": (GREY, "-"), "max-norm 1": (BLUE, "--"),
                  "max-norm 0.2": (VERMILION, "-.")},
           title="A bound of 3 never acts, one of 0.2 on most columns", xlabel="step",
           ylabel="columns moved, %"),
    alt="Share of the 500 columns that max-norm moves, against the step. Max-norm 3: zero "
    "throughout. Max-norm 1: zero for about the first 900 steps, then slowly up to some 11 per "
    "cent. Max-norm 0.2: nearly 40 per cent within 400 steps, and, with dips on the way, up to "
    "about two thirds.",
)

# %% [markdown]
# **Compare with your log** (question 3). A bound of 3 is never met, since no column grows beyond about 2, and the
# network is the one without a constraint. A bound of 1 acts in most steps, but on few columns, and takes a little off
# the test loss. Its total in the last column is about that of UnitNorm, and its loss is higher: the total is not all
# that counts. A bound of 0.2 is the first that deserves the heading *small weights*: it takes hold of most columns,
# $\lVert W_1\rVert$ falls to 4, the loss to about 0.3. And the output kernel grows to 22, nearly twice its free size, to
# make up for it. The same happens under a penalty on one layer (lesson 10).

# %% [markdown]
# ## Other draws of the data
#
# Back to the doubt. UnitNorm gained two test points in five runs of five, but all five had the same 30 training
# points and the same 70 test points. A seed for the weights does not vary what matters most: which points one
# happened to get. So here are other draws of the moons and of the circles, with 1,000 test points each: two of them
# live, and 24 from a stored study (`data/studies/make_constraints.py`), which also went on to 12,000 steps.

# %% tags=["demo"]
stored = study("constraints")  # moons and circles: (draws, settings, steps, scores)
ACC, LOSS = 1, 3  # of the scores: training and test accuracy, training and test loss
place = {kind: list(stored[f"settings_{kind}"]) for kind in ("moons", "circles", "digits")}


def mean_and_error(differences, digits=3):
    """Mean and standard error, as text."""
    error = np.std(differences, ddof=1) / np.sqrt(len(differences))
    return f"{np.mean(differences):+.{digits}f} ± {error:.{digits}f}"


def gain(kind, setting, against="none", steps=0):
    """What a setting changes on each draw: test accuracy and test loss, (2, draws)."""
    one, other = (stored[kind][:, place[kind].index(name), steps] for name in (setting, against))
    return (one - other)[:, [ACC, LOSS]].T

# %% tags=["demo"]
again = []
for draw in stored["draws"][:2]:
    there = case["moons"].vary(data=moons(n=1030, seed=draw), every=4000)
    with_it, without = (some.run(draw) for some in (there.vary(constraint={1: unit_norm}), there))
    again.append([with_it.test_acc - without.test_acc, with_it.test_loss - without.test_loss])
off = np.abs(np.transpose(again) - gain("moons", "UnitNorm")[:, :2]).max(axis=1)
print(f"two draws live: off the stored gains by {off[0]:.3f} in accuracy, {off[1]:.3f} in loss")
for kind in ("moons", "circles"):
    for k, n in enumerate(stored["steps"]):
        acc, loss = gain(kind, "UnitNorm", steps=k)
        train, test = (stored[kind][:, :2, k, which].mean(axis=0) for which in (0, LOSS))
        up = np.sum(acc > 1e-6)
        print(f"{kind:7} {n:5} steps: accuracy {mean_and_error(acc)}, up on {up:2}; "
              f"loss {mean_and_error(loss)}, down on {np.sum(loss < 0):2} of 24\n{'':21}"
              f"without and with: training accuracy {train[0]:.3f}, {train[1]:.3f}, test loss "
              f"{test[0]:.2f}, {test[1]:.2f}")
eight = gain("moons", "UnitNorm")[0, :8]
print(f"moons, accuracy on the first eight draws alone: {mean_and_error(eight)}")

# %% tags=["demo"]
lecture = np.array([getattr(runs_of("moons", "UnitNorm")[0], what) - getattr(free[0], what)
                    for what in ("test_acc", "test_loss")])


def cloud(kind, title, **more):
    """Change in loss against change in accuracy, one point for each draw."""
    gains = gain(kind, "UnitNorm")
    shown = {"24 draws": gains, "their mean": gains.mean(axis=1), **more}
    looks = {"24 draws": (BLUE, "", "o"), "their mean": (BLACK, "", "D"),
             "the lecture's draw": (VERMILION, "", "^")}
    return points(shown, looks=looks, across={"_no change": 0}, down={"_no change": 0}, title=title,
                  xlabel="change in test accuracy", ylabel="change in test loss")


show(
    cloud("moons", "Moons: no gain in accuracy", **{"the lecture's draw": lecture}),
    cloud("circles", "Circles: none, but the loss falls"), legend="right", size=(10.3, 3.5),
    alt="Change in test loss against change in test accuracy through UnitNorm. Moons: the "
    "lecture's draw lies at a gain of 0.029 in accuracy; the 24 other draws lie to both sides of "
    "zero, their mean at 0.001, most of them below zero in loss and two well above. "
    "Circles: 24 draws to both sides of zero in accuracy, all of them below zero in loss, some by"
    " several units.",
)

# %% [markdown]
# Of the gain in accuracy nothing is left. On the moons it is 0.001, with a standard error of 0.003, and after 12,000
# steps 0.004 ± 0.003; all training points are right in both kinds of network, so that neither waits for more training.
# On the circles it is 0.005 ± 0.004. (The first eight draws of the moons alone give 0.010 ± 0.005: a study that stopped
# there might have reported a gain.) Five seeds with five equal scores had suggested a certainty that was not there. On
# this task the first weights hardly matter, and the choice of points does.
#
# The loss is another matter. On the circles UnitNorm lowers it on each of the 24 draws, from 3.2 to 1.8 on average. On
# the moons it falls on 18, but on two of the other six it rises by much, and the mean change is only one standard
# error; after 12,000 steps it is more than two. (Compare with your log, question 1.) Longer training makes the loss of
# *all* these networks worse. UnitNorm slows that down and does not end it: it forbids no function, also none that is
# too sure.
#
# And the constraints with a number, or on more than one array? The same 24 draws of the moons:

# %% tags=["demo"]
for setting in place["moons"][2:]:
    for k in (0, 1):
        acc, loss = gain("moons", setting, steps=k)
        train = stored["moons"][:, place["moons"].index(setting), k, 0].mean()
        print(f"{setting:13} {stored['steps'][k]:6} steps: accuracy {mean_and_error(acc, 4)}, "
              f"loss {mean_and_error(loss)}; train {train:.3f}")

# %% [markdown]
# UnitNorm on both layers lowers the loss most of all, by more than half, and by nearly three quarters after the longer
# training. It pays for that with a point of accuracy, about two standard errors, and with two or three of a hundred
# training points that it cannot fit. Max-norm 0.2 lowers the loss, too, and leaves the accuracy where it was, as far as
# 24 draws can tell. Max-norm 1 even gains 0.3 points of accuracy, about two standard errors; but among ten numbers one
# like that is no surprise, so it would have to be seen again on new draws. UnitNorm on the biases, too, costs six
# points. We come to that.

# %% [markdown]
# ### Digits
#
# Two coordinates are a small input for a constraint on columns. The *digits* of scikit-learn have 64 pixels: 100
# images to train on and 1,697 to test, in 24 splits, and a layer of 200 units. One split live, the others stored; in
# all of them the training set is learnt perfectly.

# %% tags=["demo"]
from sklearn.datasets import load_digits

from nnlab import MLP, Training

pixels, labels = load_digits(return_X_y=True)
order = np.random.default_rng(0).permutation(len(pixels))
train, test, one_hot = order[:100], order[100:], np.eye(10)[labels]
net = MLP([64, 200, 10], ["relu", "softmax"], seed=0)
net.fit(pixels[train] / 16, one_hot[train], Training(
    loss="cce", epochs=1500, batch=None, opt="adam", constraint={1: lambda W: max_norm(W, 0.5)}))
known = stored["digits"][0, place["digits"].index("max-norm 0.5"), 0, ACC]
print(f"first split, max-norm 0.5: test accuracy "
      f"{net.evaluate(pixels[test] / 16, one_hot[test], 'cce')[1]:.3f}, stored {known:.3f}")

# %% tags=["demo"]
for setting in place["digits"]:
    for k in (0, 1):
        some = stored["digits"][:, place["digits"].index(setting), k]
        acc, loss = gain("digits", setting, steps=k)
        n, (_, test_acc, _, test_loss) = stored["steps_digits"][k], some.mean(axis=0)
        against = "" if setting == "none" else (
            f"; gain {mean_and_error(acc, 4)}, loss {mean_and_error(loss)}")
        print(f"{setting:13} {n} steps: test {test_acc:.3f}, loss {test_loss:.3f}{against}")
print(f"lowest training accuracy of all: {stored['digits'][..., 0].min():.2f}")
show(
    dots({name: gain("digits", name)[0] for name in place["digits"][1:]}, error="se",
         down={"_no change": 0}, title="On digits the accuracy hardly moves",
         xlabel="change in test accuracy, 24 splits", xticks=[-0.02, -0.01, 0, 0.01, 0.02]),
    legend="below", size=(7, 3.6),
    alt="Change in test accuracy on digits over 24 splits, every split a point, means with "
    "standard errors. UnitNorm, max-norm 1 and max-norm 0.5 lie within 0.002 of zero, max-norm "
    "0.25 at -0.006, the L2 penalty at -0.002 with the widest spread.",
)

# %% [markdown]
# The accuracy changes by less than a point of a hundred, whatever the constraint. UnitNorm's gain of 0.14 points is
# not twice its standard error; the tighter max-norm is, the more it costs. And the test loss falls each time, by a
# few hundredths of 0.41, as it does under an L2 penalty on the same kernel. So the sentence that holds for moons,
# circles and digits alike is a modest one: these constraints on the first kernel make wrong answers less sure, and
# do little for the number of right ones.
#
# ## The lecture's other extensions
#
# **Combine.** "Weight constraints can improve generalization when used in conjunction with other regularization
# methods, like L2 or Dropout". With L2 on the *same* kernel there is little to combine. The penalty's gradient
# $2\lambda W$ points along each column, which is where the projection puts everything back. For a plain gradient
# step,
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
# So we combine UnitNorm with L2 on the output kernel, and with dropout, on the circles, where there is room above
# the baseline. (Dropout is the subject of the next lesson: in each training step it switches off random units, here
# 40 % of them.) The question of a combination is what it adds to *each of its parts*, over the stored 24 draws.

# %% tags=["demo"]
pairs = [("L2 on output", "none"), ("Dropout(0.4)", "none"), ("UnitNorm", "none"),
         ("UnitNorm, L2 on output", "UnitNorm"), ("UnitNorm, L2 on output", "L2 on output"),
         ("Dropout(0.4), UnitNorm", "UnitNorm"), ("Dropout(0.4), UnitNorm", "Dropout(0.4)"),
         ("Dropout(0.4), max-norm 0.2", "Dropout(0.4)")]
for k in (0, 1):
    print(f"after {stored['steps'][k]:5} steps{'':38}accuracy          loss         train")
    for setting, part in pairs:
        acc, loss = gain("circles", setting, part, steps=k)
        train = stored["circles"][:, place["circles"].index(setting), k, 0].mean()
        print(f"  {setting:27} against {part:13} {mean_and_error(acc)}   {mean_and_error(loss)}   "
              f"{train:.3f}")

# %% [markdown]
# UnitNorm together with L2 on the output kernel beats both its parts: in loss by many standard errors, and after 12,000
# steps in accuracy, too, by about two points of a hundred, which is more than two standard errors. That makes sense.
# UnitNorm alone leaves the output weights free to grow, and the penalty alone can be evaded by larger columns; together
# they leave no such way. UnitNorm with dropout lowers the loss further than either, but costs a point of accuracy
# against dropout alone after 4,000 steps, three standard errors; after 12,000 steps the difference is hardly more than
# its error. A max-norm that does act, 0.2, behaves much the same. So "can improve" is right for some pairs; which, and
# in what score, has to be measured.
#
# The extension to the deck's dropout case has "a max-norm weight constraint to the hidden layer", and 3 is the bound
# that is usually named with it. On the lecture's circles, with dropout:

# %% tags=["demo"]
eye = Watched(lambda W: max_norm(W, 3.0))
both = case["circles"].vary(drop={1: 0.6}, constraint={1: eye}).run(0)
alone = case["circles"].vary(drop={1: 0.6}).run(0)
print(f"max-norm 3 acts in {np.mean(eye.acts):.0%} of the steps; longest column "
      f"{lengths(both.net.W[1]).max():.2f}")
print(f"accuracy {both.test_acc:.4f}, loss {both.test_loss:.4f}; "
      f"with dropout alone {alone.test_acc:.4f}, {alone.test_loss:.4f}")

# %% [markdown]
# Max-norm 3 never acts here either, so that the run with it and the run without agree. (Not to the last digit: the
# small number below the fraction line shortens every column by about $10^{-7}$ in each step.) What looks like "dropout
# with max-norm" is dropout.
#
# **Constrain the bias.** "Update the example to add a constraint to the bias weight". A layer has one bias vector, with
# one entry for each unit. As a column of its own it has a length, but that length mixes all 500 units. What does it do
# to each? The unit's ReLU has its kink where $w\cdot x+b=0$, a line at distance $|b|/\lVert w\rVert$ from the origin.
# With $\lVert w\rVert=1$ and all biases together of length 1, 500 lines share a budget: $\sum_j b_j^2=1$.

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
acc, loss = gain("moons", "biases, too", "UnitNorm")
print(f"24 draws, against free biases: accuracy {mean_and_error(acc)}, loss {mean_and_error(loss)}")

# %% tags=["demo"]
nets = [runs_of("moons", setting)[0].net for setting in ("UnitNorm", "biases, too")]
data = case["moons"].data


def kinks(net):
    """The lines on which every sixth unit switches, and the origin."""

    def drawn(ax):
        for (w1, w2), b in list(zip(net.W[1].T, net.b[1]))[::6]:
            foot, along = -b * np.array([w1, w2]), 9 * np.array([-w2, w1])
            line = np.transpose([foot - along, foot + along])
            ax.plot(*line, color=BLACK, linewidth=0.4, alpha=0.6)

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
# With UnitNorm on the biases, too, the median kink is 0.018 from the origin, and the lines form a star. A border
# made of rays from one point is a poor fit for two moons: on the lecture's draw the accuracy falls from 0.943 to
# 0.80, over 24 draws by six points, and the output weights grow to bend what little can be bent. A constraint on a
# kernel leaves every unit its own place; one on the bias vector takes it away. If biases are to be bounded at all,
# then one by one.

# %% [markdown]
# ## The Keras way
#
# In Keras the four are classes, made once and handed to a layer. They are also functions, so that the deck's cells can
# be run as printed. (Loading Keras takes some seconds.)

# %%
import keras

# %%
filter = keras.constraints.UnitNorm()
print(repr(filter(one)))
print(np.linalg.norm(filter(one)))
print(repr(filter(two)))
print(np.linalg.norm(filter(two), axis=0))

# %% [markdown]
# To the last digit as in the deck. Your functions against all four classes, on a random kernel:

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
# The deck lists every class twice, as `UnitNorm` and as `unit_norm`, and one class more, "`class RadialConstraint`:
# Constrains `Conv2D` kernel weights to be the same for each radius". Does Keras 3 still know them?

# %%
for name in ("unit_norm", "max_norm", "min_max_norm", "non_neg",
             "radial_constraint", "RadialConstraint"):
    try:
        print(f"{name:18} {type(keras.constraints.get(name)).__name__}")
    except ValueError as error:
        print(f"{name:18} {error}")

# %% [markdown]
# RadialConstraint belonged to Keras 2; Keras 3 has left it out, without a successor. Its documentation draws a 4 × 4
# kernel, of which the outer ring has become $v_{11}$ and the inner one $v_{33}$. The drawing is not what the class did:
# $v_{11}$ is an entry of the inner ring, $v_{33}$ one of the outer ring, and the code took each ring's value from the
# ring itself. Both, and the nearest kernel with equal rings:

# %%
def rings(outer_value, inner_value):
    """A 4 × 4 kernel with two rings."""
    out = np.full((4, 4), outer_value)
    out[1:3, 1:3] = inner_value
    return out


K = np.random.default_rng(6).normal(size=(4, 4))
outer = rings(1.0, 0.0) == 1
ways = {
    "as drawn": lambda K: rings(K[1, 1], K[3, 3]),
    "as the class did it": lambda K: rings(K[3, 3], K[1, 1]),
    "each ring's mean": lambda K: rings(K[outer].mean(), K[~outer].mean()),
}
for name, ring in ways.items():
    print(f"{name:20} distance from the kernel {np.linalg.norm(ring(K) - K):.2f}, "
          f"applied again it moves {np.linalg.norm(ring(ring(K)) - ring(K)):.2f}")

# %% [markdown]
# A constraint is applied in every step, so it must leave alone what it has just returned. The drawing would swap the
# rings each time; the class did not. But it took one entry for a whole ring, so its kernel is allowed without being
# the *nearest* allowed one. That has each ring at its mean, since the sum of squares is smallest there.
#
# Two things to note when you use constraints in Keras. They are applied after each step of the optimiser, and not
# before the first one: fresh weights need not keep them. And for a `Conv2D` kernel the weights into one filter lie
# along the first *three* axes, while the three classes that measure lengths have `axis=0` unless told otherwise:

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
fresh = np.linalg.norm(np.asarray(hidden.kernel))
loss, accuracy = fit_in_keras(net, data, steps=4000)
W = np.asarray(hidden.kernel)
print(f"Keras with UnitNorm, moons: test accuracy {accuracy:.3f}, loss {loss:.2f}")
print(f"norm of W1 {fresh:.2f} when fresh, {np.linalg.norm(W):.2f} in the end, "
      f"longest column {lengths(W).max():.2f}")

# %% [markdown]
# The same accuracy and norm as in the first table, and a loss within the spread of its five.

# %% [markdown]
# ## Beyond the lecture: bound how steep the network can be
#
# The length of a column bounds what *one* unit answers. How far the whole layer can stretch an input is its largest
# singular value $s_1$ (lesson 03), and since ReLU never stretches, the output's sum cannot change by more than
# $s_1(W_1)\,s_1(W_2)$ for each unit of distance that the input moves. That, too, can be a constraint: singular values
# above $c$ are cut down to $c$, which is the nearest kernel whose stretch is at most $c$. Gouk and others (2021) train
# networks under such bounds. With $c=4$ on both kernels, the network is at most $4\cdot4=16$ steep, wherever one looks.
# Four draws of the moons:

# %% tags=["demo"]
def bounded_stretch(W, c=4.0):
    U, s, V = np.linalg.svd(W, full_matrices=False)
    return (U * np.minimum(s, c)) @ V


def steepest(net, X):
    """The largest slope of the output's sum among the points X, by the chain rule."""
    awake = (X @ net.W[1] + net.b[1] > 0) * net.W[2][:, 0]
    return np.linalg.norm(awake @ net.W[1].T, axis=1).max()


grid = np.stack(np.meshgrid(np.linspace(-2, 3, 60), np.linspace(-1.5, 2, 60)), -1).reshape(-1, 2)
bounds = {"free": {}, "bounded": {1: bounded_stretch, 2: bounded_stretch}}
for draw in stored["draws"][:4]:
    there = case["moons"].vary(data=moons(n=1030, seed=draw), every=4000)
    for name, constraint in bounds.items():
        run = there.vary(constraint=constraint).run(draw)
        bound = np.prod([np.linalg.norm(run.net.W[l], 2) for l in (1, 2)])
        print(f"draw {draw}, {name:7} at most {bound:5.1f} steep, steepest found "
              f"{steepest(run.net, grid):4.1f}; train {run.train_acc:.2f}, "
              f"test {run.test_acc:.3f}, loss {run.test_loss:.2f}")

# %% [markdown]
# The bound holds: the bounded networks are nowhere steeper than 14, the free ones reach some 40 to 70. (For those
# the product of the two stretches is too high by a factor of 1.5 to 3, since not all units are awake at once.) The test
# loss falls on each of the four draws; the accuracy falls on two of them, and four draws cannot say more. But one thing
# does not depend on the draw. If the output's sum at a point is $z$, no point nearer to it than $|z|/16$ is put in the
# other class. That much is known before the training begins, which neither UnitNorm on one layer nor a penalty can
# offer.

# %% [markdown]
# ## Errata hunt
#
# Five lines. The first four stand like this in the Better Deep Learning deck, in the fifth we have changed one thing.
#
# 1. "calculate the magnitude of the unit weights and demonstrate that the constraint indeed made the magnitude smaller"
# 2. "Force small weights with weights constraints", above `filter = tf.keras.constraints.UnitNorm()`
# 3. "`class RadialConstraint`: Constrains `Conv2D` kernel weights to be the same for each radius", in a list of what
#    Keras offers
# 4. `np.linalg.norm(filter(data))`, printed as 0.99999994
# 5. "`class UnitNorm`: Constrains the weights incident to each hidden layer to have unit norm."
#
# Write down for each what has to be changed so that it is true, or why nothing has.

# %% [markdown] tags=["yours"]
# 1. …
# 2. …
# 3. …
# 4. …
# 5. …

# %% [markdown]
# <details><summary>What is true</summary>
#
# | line | what is true |
# |---|---|
# | 1. "made the magnitude smaller" | false of the norm of $W_1$ under UnitNorm on the moons: it rises from 12 to 22.36, since 500 columns of length 1 have the Frobenius norm √500; only the longest column gets shorter |
# | 2. "Force small weights" | UnitNorm is no upper bound: it stretches fresh columns of length 0.09 elevenfold. Max-norm with a bound below the free lengths is what the heading promises |
# | 3. RadialConstraint | not in Keras 3: ValueError, for both spellings |
# | 4. 0.99999994 | right, in float32. (But an example with one column says nothing about the axis) |
# | 5. (ours) | the deck has "each hidden *unit*", and is right: one length for each column, not one for the layer |
#
# </details>

# %% [markdown]
# ## Four questions

# %%
quiz()

# %% [markdown]
# > **One finding to keep.** A bound on the weights of one layer is no bound on what the network can do. Under UnitNorm
# > the first kernel of the moons network is twice as large as without, every function is still allowed, and over 24
# > draws of the data the accuracy is the same. Look at what the weights do together, and at draws that nobody chose.

# %% [markdown]
# ## Summary
#
# - A constraint puts the weights on the nearest allowed point after each step. Where *plain gradient steps* rest,
#   max-norm is an L2 penalty whose $\lambda$ follows from the bound, one for each column; Adam rests elsewhere.
# - Lengths are those of columns; an example with one column cannot show that.
# - `projected_step` moves first and projects afterwards; parameters without a constraint only move.
# - A constraint that moves nothing does nothing: look, as with max-norm 3.
# - UnitNorm on a ReLU layer forbids no function and need not make $\lVert W\rVert$ smaller.
# - Its two test points on the lecture's moons belong to that draw. Over 24 draws of moons and of circles, and 24 splits
#   of digits, it changes the accuracy by no more than two standard errors, and lowers the loss: clearly on circles and
#   digits, on moons after long training.
#
# *What would change my mind about UnitNorm on moons:* a mean gain in accuracy of more than two standard errors over 24
# draws that nobody has looked at yet.
#
# ## What to read next
#
# - N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov (2014), *Dropout: A Simple Way to Prevent
#   Neural Networks from Overfitting*, Journal of Machine Learning Research 15, 1929–1958: where max-norm became known,
#   as a companion of dropout and of large learning rates.
# - B. Neyshabur, R. Salakhutdinov, N. Srebro (2015), *Path-SGD: Path-Normalized Optimization in Deep Neural Networks*,
#   NIPS 28: the freedom to move a factor from one layer to the next, and an optimiser that does not depend on it.
# - T. Salimans, D. P. Kingma (2016), *Weight Normalization: A Simple Reparameterization to Accelerate Training of Deep
#   Neural Networks*, NIPS 29: length and direction of a column as separate parameters, instead of a projection.
# - H. Gouk, E. Frank, B. Pfahringer, M. J. Cree (2021), *Regularisation of Neural Networks by Enforcing Lipschitz
#   Continuity*, Machine Learning 110, 393–416: constraints on the stretch of whole layers, by projected steps.

# %%
progress()
