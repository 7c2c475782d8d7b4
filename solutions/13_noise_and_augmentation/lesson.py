# %% [markdown]
# # Add noise where it helps, and find out before you train whether it will
#
# *About 71 minutes: reading 28, exercises 43.*
#
# You will add noise to a network in several places and find that the first place one thinks of makes it worse; then
# derive why, predict it without training anything, and change images without changing what they show.
#
# | you will | you need | you will have learnt it when you can |
# |---|---|---|
# | write noise for inputs, before and behind an activation | NumPy generators, a dense layer | say which noise can make an activation negative |
# | derive what input noise adds to a squared error | expectation and variance | call it by its other name, an L2 penalty |
# | choose a standard deviation | the distance between points | predict from the training points whether noise will help |
# | augment images | slices of arrays | tell a change that keeps the label from one that does not |
# | let noise on the gradient fade | powers and roots | say what it is there for |

# %%
import os
import warnings
from functools import cache

import numpy as np
from scipy import ndimage
from sklearn.datasets import load_digits

from autograder import check, hint, progress, quiz, solution, use_mine
from nnlab import MLP, Training, fit_in_keras, lecture_case, plus_minus
from nnlab.data import circles, moons, study
from nnlab.figures import BLACK, BLUE, CLASSES, GREEN, GREY, ORANGE, VERMILION
from nnlab.figures import curves, dots, explore, figure, heatmap
from nnlab.figures import picture, points, regions, show, style
from nnlab.noise import pooled_noise
from nnlab.oracle import numerical_gradient, relative_error

# Silence TensorFlow's log, and make it round alike on every machine.
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0")
# Yours of lesson 00 where they have passed their checks, else the course's own.
numerical_gradient, relative_error = use_mine(numerical_gradient, relative_error)
style()
rng = np.random.default_rng(13)

# %%
quiz("due")  # questions of earlier lessons that are due again

# %% [markdown]
# ## See it fail first
#
# The material is in the *Better Deep Learning deck*, one of the five documents that
# [lesson 00](../00_start_here/00_start_here.ipynb) lists, on its slides "How and Where to Add Noise", "Noise
# Regularization in Models" and "Noise Regularization Case Study". The first says:
#
# > The most common type of noise used **during training** is the addition of **Gaussian noise** to input variables.
#
# The case study has once more a hidden layer of 500 units and Adam, and we train it on the 30 points of the two noisy
# circles of lesson 12. The network learns its points by heart, and noise on the inputs is to prevent that, since then
# no point comes twice from the same place. Here are both, with a standard deviation of 0.1. (The runs of this lesson
# take 2,000 steps, half as many as in lesson 12, unless it says otherwise. What 12,000 steps do comes below. They draw
# their noise from a pool, which is quicker than drawing it afresh.)

# %% tags=["demo"]
data = circles(n=100, noise=0.1, seed=1, train=30)
base = lecture_case(data, epochs=2000, plug={"gaussian_noise": pooled_noise()})


@cache  # each is trained once
def run_with(place, sd, seed, epochs=2000):
    """A trained network with noise in one place, or without noise."""
    return base.vary(noise={(place, 1): sd} if place else {}, epochs=epochs).run(seed)


remedy = {"without noise": (None, 0), "noise 0.1 on the inputs": ("in", 0.1)}
first = {name: run_with(*noise, seed=0) for name, noise in remedy.items()}
for name, run in first.items():
    print(f"{name:24} training accuracy {run.train_acc:.3f}, test accuracy {run.test_acc:.3f}")

# %% tags=["demo"]
show(
    *[regions(run.net.forward, *data[2:], steps=120,
              title=f"{name}: {run.test_acc:.0%} of the test points")
      for name, run in first.items()],
    share="xy", legend="right",
    alt="Decision regions and the 70 test points in two panels, in each an angular closed shape "
    "over the inner circle. Left, without noise, it has a tip to the right; right, with noise on "
    "the inputs, it has moved to the left, and more test points lie on the wrong side.",
)

# %% [markdown]
# The network no longer knows all of its training points: one in ten is wrong now. But it has become worse on the test
# points too, by seven of 70. Was it the wrong place, the wrong amount, the wrong data, or bad luck? These are the
# questions of this lesson.

# %% [markdown]
# ### Your log
#
# Before you go on, write down four guesses.

# %% [markdown] tags=["yours"]
# Over several seeds, noise of 0.1 on the inputs changes the test accuracy on the circles by … points, on the two
# moons by … points.
#
# The best place for noise of 0.1 on the circles (inputs, before ReLU, behind ReLU): …
#
# If the 100 points of the circles are drawn anew, 24 times: in how many of the 24 does noise in that place gain? …

# %% [markdown]
# ## What the noise is
#
# A normal draw with mean 0 and standard deviation $s$, one for every entry, added while training and left out at test
# time:
#
# $$\tilde x = x + n,\qquad n_{ij}\sim\mathcal N(0, s^2)\ \text{independent},\qquad \mathbb E[\tilde x]=x .$$
#
# Since its mean is 0, nothing has to be rescaled, as with dropout (lesson 12): the signal keeps its mean by itself.
#
# ## Exercise 13.1: Gaussian noise (1 point)
#
# Write `gaussian_noise(x, sd, rng, training)`.
#
# - `x` is an array (samples, features) and must not be changed; the result has its shape.
# - With `training=True` every entry gets a normal draw of its own, with mean 0 and standard deviation `sd`, added to
#   it. All randomness comes from `rng`, a `np.random.Generator`.
# - With `training=False` the result is `x`.
#
# For `x = [[3, 3, 3]]` and `sd = 0.1` one possible result is `[[3.12, 2.95, 3.04]]`.

# %%
def gaussian_noise(x, sd, rng, training):
    """x with normal noise added while training.

    Args:
        x: array (samples, features).
        sd: standard deviation of the noise.
        rng: np.random.Generator, the only source of randomness.
        training: False switches the noise off.

    Returns:
        array like x.
    """
    ### BEGIN SOLUTION
    return x + rng.normal(0, sd, x.shape) if training else x
    ### END SOLUTION

# %%
check(gaussian_noise)

# %% [markdown]
# `nnlab` takes your function in place of its own. A short run with each:

# %% tags=["demo"]
for name, function in {"nnlab's": None, "yours": gaussian_noise}.items():
    plug = {"gaussian_noise": function} if function else {}
    net = MLP((2, 500, 1), ("relu", "sigmoid"), seed=0, plug=plug)
    net.fit(*data[:2], Training(epochs=500, batch=None, noise={("in", 1): 0.1}))
    loss, _ = net.evaluate(*data[:2])
    print(f"{name:8} noise, 500 steps: training loss {loss:.3f}")

# %% [markdown]
# ## Places
#
# Besides the inputs, the deck lists four places:
#
# > - **Add noise to activations**, i.e., the outputs of each layer.
# > - **Add noise to weights**, i.e., an alternative to the inputs.
# > - **Add noise to the gradients**, i.e., the direction to update weights.
# > - **Add noise to the outputs**, i.e., the labels or target variables.
#
# The code on its next slide has one more, the weighted sum *before* the activation. Around one ReLU layer there are
# three:
#
# $$\text{in:}\quad \operatorname{ReLU}\big((x+n)W+b\big) \qquad\quad \text{pre:}\quad \operatorname{ReLU}(xW+b+n) \qquad\quad \text{post:}\quad \operatorname{ReLU}(xW+b)+n$$
#
# In the first the weights decide how much of the noise gets through, and in the second ReLU does. In the third all of
# it gets through.
#
# ## Exercise 13.2: a noisy layer (2 points)
#
# Write `noisy_dense(x, W, b, sd, where, rng)`: a ReLU layer in training mode with noise of standard deviation `sd` in
# one place.
#
# - `x` is (samples, inputs), `W` (inputs, units), `b` (units,); the result is (samples, units). Change no argument.
# - `where` is `'in'`, `'pre'` or `'post'`, as in the three formulas.
# - Every entry of the array that the noise is added to gets a draw of its own, from `rng`.
#
# With one input 0.4, weight 2, bias −1 and a draw of 0.3 the result is 0.4 for `'in'`, 0.1 for `'pre'` and 0.3 for
# `'post'`.

# %%
def noisy_dense(x, W, b, sd, where, rng):
    """A ReLU layer with Gaussian noise.

    Args:
        x: inputs (samples, inputs).
        W: weights (inputs, units).
        b: biases (units,).
        sd: standard deviation of the noise.
        where: 'in', 'pre' (before ReLU) or 'post' (behind it).
        rng: np.random.Generator.

    Returns:
        array (samples, units).
    """
    ### BEGIN SOLUTION
    if where == "in":
        x = gaussian_noise(x, sd, rng, True)
    z = x @ W + b
    if where == "pre":
        z = gaussian_noise(z, sd, rng, True)
    h = np.maximum(z, 0)
    return gaussian_noise(h, sd, rng, True) if where == "post" else h
    ### END SOLUTION

# %%
check(noisy_dense)

# %% [markdown]
# ### Look at the difference
#
# One unit with weight 1 and bias 0, so that $z = x$, from −1 to 1, and noise of 0.3 before and behind ReLU.

# %%
z_line = np.repeat(np.linspace(-1, 1, 41), 1000)[:, None]
one, zero = np.ones((1, 1)), np.zeros(1)
outs = {where: np.asarray(noisy_dense(z_line, one, zero, 0.3, where, np.random.default_rng(0)))
        for where in ("pre", "post")}


def answers(where, title):
    """Outputs as dots, their mean, and ReLU itself."""
    out = outs[where]
    middle = out.reshape(41, 1000).mean(axis=1)
    print(f"{where:5} lowest output {out.min():5.2f}; mean at z = 0: {middle[20]:.3f}")
    z, dots_of = z_line[::1000, 0], (z_line[::20], out[::20])
    return curves(z, {"ReLU": np.maximum(z, 0), "mean with noise": middle}, title=title,
                  looks={"ReLU": (BLACK, "--"), "mean with noise": (VERMILION, "-")},
                  xlabel="weighted sum z", ylabel="output",
                  also=lambda ax: ax.plot(*dots_of, ".", color=GREY, markersize=2, alpha=0.5,
                                          zorder=1))


show(
    answers("pre", "Before ReLU: cut off at 0"),
    answers("post", "Behind ReLU: below 0, too"),
    share="xy",
    alt="Output against the weighted sum from -1 to 1, as dots with their mean. Left, noise before "
    "ReLU: no dot lies below 0, few rise where z is below -0.6, and around z = 0 the mean runs "
    "above the kink of ReLU. Right, noise behind ReLU: the dots lie evenly around ReLU "
    "everywhere, half of them below 0 where z is negative, and the mean follows the kink.",
)

# %% [markdown]
# Before ReLU, the mean is not kept: near $z = 0$ the positive draws pass and the negative ones are cut off, so that
# the mean at 0 is $s/\sqrt{2\pi} = 0.12$ instead of 0. A unit far below zero gets practically no noise. Behind ReLU the
# mean is ReLU itself, and the noise also reaches units that are off: outputs below zero, which no ReLU network has at
# test time. That does no harm, since the next layer is linear in them. But it makes a difference: noise behind ReLU
# disturbs every unit with every sample.
#
# ### The other places
#
# **Weights.** Noise $E$ on the weights moves the weighted sum by $xE$, with a standard deviation of $s\lVert
# x\rVert$: in proportion to the input's length. Noise on the inputs moves it by $nW$, with $s\lVert w_j\rVert$, in
# proportion to the unit's weights. There is a second difference: one $E$ serves the whole batch, so that it moves
# similar samples alike, while noise on the inputs moves each sample by a draw of its own. So "an alternative to the
# inputs" is right only in that both reach the weighted sum.
#
# **Outputs.** Labels that are flipped with chance $q$ have the expected loss of softened labels, $(1-q)\,y +
# q\,(1-y)$, since the cross-entropy is linear in the label. All of this in numbers:

# %%
x, other, w = np.array([0.6, -1.6, 0.9]), np.array([0.5, -1.2, 1.1]), np.array([2.0, 0.5, -1.0])
s, many, length_of = 0.1, 200_000, np.linalg.norm
E = rng.normal(0, s, (many, 3))
by_weights = E @ x, E @ other  # one draw for both samples
by_inputs = [rng.normal(0, s, (many, 3)) @ w for _ in range(2)]  # a draw for each
print(f"noise on weights: sd of z {by_weights[0].std():.4f}, s·‖x‖ = {s * length_of(x):.4f}; "
      f"two similar samples move with a correlation of {np.corrcoef(*by_weights)[0, 1]:.2f}")
print(f"noise on inputs:  sd of z {by_inputs[0].std():.4f}, s·‖w‖ = {s * length_of(w):.4f}; "
      f"two similar samples move with a correlation of {abs(np.corrcoef(*by_inputs)[0, 1]):.2f}")

bce = lambda p, y: -y * np.log(p) - (1 - y) * np.log(1 - p)
p, y, q = 0.8, 1.0, 0.1
flipped = np.where(rng.random(many) < q, 1 - y, y)
print(f"flipped labels:   mean loss {bce(p, flipped).mean():.4f}, softened label {bce(p, 0.9):.4f}")

# %% [markdown]
# Noise on the gradient comes at the end of the lesson.

# %% [markdown]
# ## Derive: input noise is an L2 penalty, where all is linear
#
# A linear model $\hat y = x\cdot w$, one sample, a fresh noise vector $n$:
#
# $$(x+n)\cdot w - y = \underbrace{(x\cdot w - y)}_{r} + n\cdot w \qquad\text{(linear: the noise comes out as a term of its own)}$$
#
# $$\big(r + n\cdot w\big)^2 = r^2 + 2r\,(n\cdot w) + (n\cdot w)^2 \qquad\text{(square)}$$
#
# $$\mathbb E[n\cdot w] = 0 \qquad\text{(mean 0: the cross term vanishes)}$$
#
# $$\mathbb E[(n\cdot w)^2] = \sum_i\sum_j w_iw_j\,\mathbb E[n_in_j] = \sum_i w_i^2\,s^2 \qquad\text{(independent: only } i=j \text{ is left)}$$
#
# $$\mathbb E\Big[\tfrac1m\sum_k\big((x_k+n_k)\cdot w-y_k\big)^2\Big] = \text{mse} + s^2\lVert w\rVert^2 \qquad\text{(the same for every sample)}$$
#
# That is the loss of lesson 10 with Keras' penalty $\lambda\sum w^2$ and $\lambda = s^2$.
#
# ## Exercise 13.3: the loss under noise (2 points)
#
# Write `expected_noisy_mse(X, y, w, sd)`: the expected mean squared error of the linear model `X @ w` when every
# input gets noise of standard deviation `sd`. Compute it from the formula, without random numbers.
#
# - `X` is (samples, inputs), `y` (samples,), `w` (inputs,). Return a number.
#
# For `X = [[1, 2]]`, `y = [3]`, `w = [1, 2]` and `sd = 0.5` the result is 4 + 1.25 = 5.25.

# %%
def expected_noisy_mse(X, y, w, sd):
    """The mean squared error of X @ w, expected over noise on X.

    Args:
        X: inputs (samples, inputs).
        y: targets (samples,).
        w: weights (inputs,).
        sd: standard deviation of the noise on every input.

    Returns:
        a number.
    """
    ### BEGIN SOLUTION
    return np.mean((X @ w - y) ** 2) + sd**2 * np.sum(w**2)
    ### END SOLUTION

# %%
check(expected_noisy_mse)

# %% [markdown]
# ### Check the claim
#
# First the loss itself, against 20,000 draws of the noise. Then its gradient, which the formula says is that of the
# mean squared error plus $2s^2w$, weight decay, against the numerical gradient of your function. Then the stronger
# claim: fitting a linear model to noisy copies gives the same model as the penalty does, $w = (X^\top X + m\,s^2
# I)^{-1}X^\top y$, without any noise. (The $m$ is there because the sum of the squares is $m$ times their mean.)

# %%
X, w_true, s = rng.normal(size=(12, 4)), np.array([2.0, -1.0, 0.5, 0.0]), 0.5
y = X @ w_true + rng.normal(0, 0.3, 12)
w = rng.normal(size=4)
draws = [np.mean(((X + rng.normal(0, s, X.shape)) @ w - y) ** 2) for _ in range(20_000)]
derived = expected_noisy_mse(X, y, w, s)
off = np.mean(draws) / derived - 1
print(f"20,000 draws {np.mean(draws):.3f}, derived {derived:.3f}, off by {off:+.2%}")
numerical = numerical_gradient(lambda w: expected_noisy_mse(X, y, w, s), w)
by_hand = 2 / 12 * X.T @ (X @ w - y) + 2 * s**2 * w
print(f"gradient: relative error {relative_error(numerical, by_hand):.0e}\n")

copies = np.vstack([X + rng.normal(0, s, X.shape) for _ in range(20_000)])
fits = {
    "least squares": np.linalg.lstsq(X, y)[0],
    "on noisy copies": np.linalg.lstsq(copies, np.tile(y, 20_000))[0],
    "with the penalty": np.linalg.solve(X.T @ X + 12 * s**2 * np.eye(4), X.T @ y),
}
for name, fit in fits.items():
    print(f"{name:17} {fit.round(3)}   length {np.linalg.norm(fit):.3f}")

# %% [markdown]
# The last two agree to 0.002: 240,000 noisy rows and one small matrix say the same.
#
# ## Beyond the lecture: small noise in any network
#
# For a network $f$ that is not linear the step "the noise comes out as a term of its own" fails. But for small $s$ it
# holds nearly, since over a short way a smooth function is nearly linear. With the slope $\nabla f$ and the curvature
# $H$ of $f$ at the input $x$ (Taylor's formula, up to second order),
#
# $$f(x+n) \approx f(x) + n\cdot\nabla f + \tfrac12\, n^\top H n$$
#
# $$\mathbb E\big[(f(x+n)-y)^2\big] \approx r^2 + s^2\lVert\nabla f\rVert^2 + s^2\, r\operatorname{tr}H, \qquad r = f(x) - y \qquad\text{(what is left up to } s^2\text{)}$$
#
# C. Bishop published this in 1995. Where the residual $r$ is small, the last term is, too, and what is left is a
# penalty on the *slope* of the network, where the linear model had one on its weights, which are its slope. How far
# does "small" reach? Here is a network with 50 tanh units that has been trained on 40 points to a mean squared error
# of 0.0025. The slopes are numerical gradients, and noise comes in pairs, $n$ and $-n$, which saves draws.

# %% tags=["demo"]
X = rng.uniform(-2, 2, (40, 2))
y = np.sin(2 * X[:, 0]) * X[:, 1] + rng.normal(0, 0.3, 40)
net = MLP((2, 50, 1), ("tanh", "linear"), seed=0)
net.fit(X, y[:, None], Training(loss="mse", opt="adam", epochs=3000, batch=None, lr=0.01))
f = lambda at: (np.tanh(at @ net.W[1] + net.b[1]) @ net.W[2] + net.b[2])[:, 0]
loss = lambda at: np.mean((f(at) - y) ** 2)
slopes = numerical_gradient(lambda at: f(at).sum(), X)  # each output depends on its own row only
penalty = np.mean(np.sum(slopes**2, axis=1))
print(f"mean squared error without noise {loss(X):.4f}")
for s in (0.01, 0.03, 0.1, 0.3, 1.0):
    pairs = rng.normal(0, s, (1000, *X.shape))
    rise = np.mean([loss(X + n) + loss(X - n) for n in pairs]) / 2 - loss(X)
    print(f"sd {s:4}: the noise adds {rise:7.4f}, s² mean ‖slope‖² = {s**2 * penalty:7.4f}, "
          f"ratio {rise / (s**2 * penalty):.2f}")

# %% [markdown]
# Up to a standard deviation of 0.03 the formula is right to about a hundredth, and at 0.1 to a tenth. At 0.3, which is
# not small beside the distance over which this network bends, it is far off, and at 1 the true rise is a quarter of
# what it says. For larger noise we need another way to say what it asks of a network.

# %% [markdown]
# ## Derive: what noise asks of a classifier
#
# Think of a network that can learn anything, and that is trained to the end on endlessly many noisy copies of the
# training points. At a place $x$ in the plane, point $i$ shows up with the density $\varphi_s(x-x_i)$, a normal bell of
# width $s$. What should the network answer there?
#
# $$A = \sum_{i:\,y_i=1}\varphi_s(x-x_i),\quad B = \sum_{i:\,y_i=0}\varphi_s(x-x_i) \qquad\text{(how often each class shows up at } x\text{)}$$
#
# $$\ell(p) = -A\log p - B\log(1-p) \qquad\text{(the loss at } x\text{)}$$
#
# $$\ell'(p) = -\frac Ap + \frac B{1-p} = 0 \qquad\text{(set the slope to zero)}$$
#
# $$p^*(x) = \frac{A}{A+B} = \frac{\sum_i y_i\,\varphi_s(x-x_i)}{\sum_i \varphi_s(x-x_i)} \qquad\text{(solve)}$$
#
# A vote of the training points, weighted by nearness (statistics knows it as the Nadaraya-Watson estimator). For small
# $s$ only the nearest point counts. So **input noise asks the network to become a nearest-neighbour classifier**,
# softened over the distance $s$. Whether that is a good idea depends on the data, and needs no training to find out:
# take each training point in turn, let the others vote on it, and count. Here on the 24 draws of both data sets that
# seeds 1 to 24 give; draw 1 is the lecture's.

# %%
def vote(points, labels, at, s, without_self=False):
    """The nearness-weighted share of class 1 at some places: what noise of sd s asks for."""
    squares = np.square(at[:, None] - points).sum(axis=2)
    if without_self:
        np.fill_diagonal(squares, np.inf)
    # Measured from the nearest point, since exp of a large negative number is 0.
    bells = np.exp(-(squares - squares.min(axis=1, keepdims=True)) / (2 * s**2))
    return bells @ labels / bells.sum(axis=1)


kinds, draws = {"circles": circles, "moons": moons}, range(1, 25)


def votes_on(make, s):
    """For each draw, how often the vote is right on training points left out and on test points."""
    split = [make(seed=draw) for draw in draws]
    return np.array([[np.mean((vote(X, y, X, s, without_self=True) > 0.5) == y),
                      np.mean((vote(X, y, X_test, s) > 0.5) == y_test)]
                     for X, y, X_test, y_test in split]).T


for name, make in kinds.items():
    for s in (0.01, 0.1, 0.3):
        left_out, test = votes_on(make, s)
        print(f"{name:7} sd {s:4}: training points by the others {left_out.mean():.2f} "
              f"(draw 1: {left_out[0]:.2f}); test points {test.mean():.2f} ({test[0]:.2f})")

# %% [markdown]
# On the circles the training points hardly know one another's class: the others' vote is right on 0.54 to 0.56 of them,
# little better than a coin, and so it is from draw to draw. On the moons it is right on more than nine in ten. From the
# 30 training points alone we should expect that input noise does harm on circles and none on moons. The votes on the
# test points, which one must not look at before choosing, say the same.
#
# ### Why: the gap
#
# What matters is the distance between the classes. The circles have the radii 1 and 0.8, and the points have a noise
# of 0.1 of their own. How many copies end up nearer to the other circle? And how far is it from a point to the nearest
# point of the other class?

# %%
radius = np.linalg.norm(data.X_train, axis=1)
for s in (0, 0.01, 0.03, 0.1, 0.3, 1):
    copies = data.X_train[:, None] + rng.normal(0, s, (30, 2000, 2))
    wrong = (np.linalg.norm(copies, axis=2) < 0.9) != data.y_train[:, None]
    print(f"noise {s:4}: {wrong.mean():.0%} of the copies lie beyond radius 0.9, on the other side")

for name, make in kinds.items():
    medians = []
    for X, y, *_ in [make(seed=draw) for draw in draws]:
        between = np.linalg.norm(X[:, None] - X, axis=2)
        medians.append(np.median(np.where(y[:, None] != y, between, np.inf).min(axis=1)))
    print(f"{name:8} median distance to the other class: {medians[0]:.2f} "
          f"on draw 1, {np.mean(medians):.2f} in the mean of 24")

# %%
pulls = rng.normal(size=(12, 30, 2))


def clouds(sd):
    """Every training point with twelve noisy copies, for one standard deviation."""

    def cloud(name, X, y):
        copies = {k: (X[y == k] + sd * pulls[:, y == k]).reshape(-1, 2) for k in (0, 1)}
        left_out = np.mean((vote(X, y, X, sd, without_self=True) > 0.5) == y)
        return points(
            {f"class {k}": X[y == k].T for k in (0, 1)}, equal=True,
            title=f"{name}, sd {sd:.2f}: the vote gets {left_out:.0%}",
            xlabel="$x_1$", ylabel="$x_2$",
            also=lambda ax: [ax.plot(*copies[k].T, ".", color=CLASSES[k], markersize=4, alpha=0.6,
                                     zorder=1) for k in (0, 1)])

    return figure(*[cloud(name, make().X_train, make().y_train) for name, make in kinds.items()],
                  legend="right")


explore(
    clouds,
    alt="Training points of the circles and of the moons with a cloud of noisy copies around each, "
    "at sd 0.10. On the circles the clouds of the two classes lie over one another all around "
    "the ring; on the moons each moon becomes a broader moon, and the clouds of the two classes "
    "hardly meet.",
    sd=(0.01, 0.5, 0.01, 0.1),
)

# %% [markdown]
# With a standard deviation of 0.1 more than a quarter of the copies lie on the other class's side; a tenth of the
# points did so by themselves. On the moons there is room. The rule to take away: **compare the standard deviation with
# half the distance to the other class**, about 0.13 on circles and 0.33 on moons, and start well below. Since distances
# depend on the scale of the inputs, scale them first (lesson 09). The deck introduces the noise with "a mean of zero
# and a standard deviation of one": with 1, half of the copies here lie on the wrong side, and nothing is left to learn.

# %% [markdown]
# ## Case study: three places
#
# The deck's slide "Noise Regularization in Models" shows the layer's place in code, and its case study puts the noise
# before and after the activation. Noise of 0.1 in each place, on the lecture's points, ten seeds each:

# %% tags=["demo"]
seeds = range(10)
places = {"in": "inputs", "pre": "before ReLU", "post": "behind ReLU"}
noises = {"without": (None, 0)} | {name: (place, 0.1) for place, name in places.items()}
runs = {name: [run_with(*noise, seed=s) for s in seeds] for name, noise in noises.items()}
scores = {name: np.array([run.test_acc for run in some]) for name, some in runs.items()}
for name, some in runs.items():
    train, loss = np.mean([(run.train_acc, run.test_loss) for run in some], axis=0)
    print(f"{name:12} train {train:.3f}   test {plus_minus(scores[name])}   test loss {loss:.2f}")
print(f"one test point is worth {1 / 70:.3f}; a coin has a loss of {np.log(2):.2f}")

# %% tags=["demo"]
show(
    dots(scores, title="On these points it matters where the noise goes",
         xlabel="test accuracy on 70 points"),
    alt="Test accuracies of ten seeds in four rows. Without noise they lie from 0.76 to 0.80, with "
    "noise on the inputs apart from all others from 0.64 to 0.73, before ReLU from 0.79 to 0.81, "
    "behind ReLU from 0.80 to 0.84, so that neighbouring rows of these three overlap.",
)

# %% [markdown]
# The vote was right: noise on the inputs costs about eight points, in all ten runs. In the hidden layer the same
# standard deviation gains about two points before ReLU and more than four behind it, *on these data*; lesson 12 has
# taught us to ask for other draws, and they come below.
#
# Look at the last column, too. Without noise the test loss is 1.29, nearly twice that of a coin, although 0.78 of the
# points are right: where the network errs, it is sure of its error. Every kind of noise at least halves this, even the
# one that costs accuracy. Whether noise "helps" depends on which of the two you ask. **Compare with your log**: your
# guesses on the circles and on the best place. The moons come below.
#
# ### The same noise is not equally strong everywhere
#
# How far does noise of 0.1 move what the output's sigmoid is given? Take the network that was trained without noise,
# and its training points, all of which it gets right.

# %% tags=["demo"]
net, truth = first["without noise"].net, data.y_train > 0.5
logit = lambda p: np.log(p / (1 - p))
calm = logit(net.forward(data.X_train).astype(float)[:, 0])
print(f"without noise: {np.abs(calm).mean():.1f} from the border on average")
for place, name in places.items():
    outs = [net.forward(data.X_train, train=True, noise={(place, 1): 0.1}) for _ in range(300)]
    noisy = logit(np.clip(np.array(outs, dtype=float)[..., 0], 1e-12, 1 - 1e-12))
    wrong = np.mean((noisy > 0) != truth)
    print(f"{name:12} moved with sd {(noisy - calm).std():.1f}; {wrong:.0%} wrong")

# %% [markdown]
# On the inputs of this network it is about four times as strong as in its hidden layer: two numbers move all 500 units
# together, so that their changes add up, while in the hidden layer each unit has a draw of its own, and many of them
# cancel. A standard deviation means little without its place.
#
# ### How much? A grid on the lecture's points

# %% tags=["demo"]
sds = [0.03, 0.1, 0.3, 1.0]
grid = {name: [[run_with(place, sd, seed=s).test_acc for s in range(3)] for sd in sds]
        for place, name in places.items()}
print("sd           " + "".join(f"{sd:8}" for sd in sds))
for name, columns in grid.items():
    print(f"{name:13}" + "".join(f"{np.mean(some):8.3f}" for some in columns))

# %% tags=["demo"]
show(
    curves(
        sds, {name: np.transpose(columns) for name, columns in grid.items()},
        looks=dict(zip(grid, [(VERMILION, "-", "s"), (ORANGE, "-", "D"), (BLUE, "-", "^")])),
        across={"without noise": scores["without"].mean()}, log="x",
        title="Input noise does harm first", xlabel="standard deviation", ylabel="test accuracy"),
    legend="below", size=(7.4, 4.6),
    alt="Test accuracy against the standard deviation, logarithmic, three seeds thin, their mean "
    "thick. All three places lie near 0.8 at 0.03. Noise on the inputs then falls to 0.71 at "
    "0.1 and to 0.47 at 0.3. Before ReLU the fall comes at 0.3 "
    "with 0.68, behind ReLU it is still 0.77 there; at 1 all are between 0.48 and 0.57.",
)

# %% [markdown]
# At 0.03 no place does harm; the noise on the inputs is the first that does. And 0.3 before ReLU looks harmful, too.
# Look twice: did these networks have time to learn?

# %% tags=["demo"]
for epochs in (2000, 4000):
    some = [run_with("pre", 0.3, seed=s, epochs=epochs) for s in range(3)]
    train, test = np.mean([run.train_acc for run in some]), np.array([run.test_acc for run in some])
    print(f"0.3 before ReLU, {epochs} steps: train {train:.3f}   test {test.round(3)}")

# %% [markdown]
# They had not: after 2,000 steps they miss a third of their own training points. With twice the time they get more
# than anything in the grid. Noise hides the gradient and slows training down, and a grid at a fixed number of steps
# takes a network that is not yet trained for one that can't be. (The opposite mistake is possible as well: noise that
# helps only because it stops the training early.)
#
# As in lesson 12: to pick the best standard deviation from this figure and to report its accuracy as a result would
# be cheating. It was measured on the test points.
#
# ### Inputs and hidden layer together
#
# The last of the deck's extensions: "**Input and Hidden Noise:** update the example to introduce noise at both the
# input and hidden layers of the model."

# %% tags=["demo"]
both = [base.vary(noise={("in", 1): 0.1, ("pre", 1): 0.1})(seed) for seed in range(4)]
print(f"inputs and before ReLU   {plus_minus(both)}")
print(f"inputs alone, same seeds {plus_minus(scores['inputs'][:4])}")

# %% [markdown]
# Noise in the hidden layer does not make up for the noise on the inputs.
#
# ### Would it be the same with other points?
#
# Ten seeds changed the first weights and the noise. They did not change the 30 training points, nor the 70 test
# points: all ten runs share whatever luck was in that one draw of the data. Here are that draw and seven others, for both
# data sets, each with its own network without noise to compare with. Twenty-four draws, and a training six times as
# long, take some minutes; they are stored (`data/studies/make_noise.py` made them), and the eight are among them.

# %% tags=["demo"]
def accuracies(make, place):
    """Test accuracies of seed 0 on eight draws of the data."""
    noise = {(place, 1): 0.1} if place else {}
    return np.array([base.vary(data=make(seed=d), noise=noise)(0) for d in range(1, 9)])


live = [[accuracies(make, place) for place in (None, "in", "post")] for make in kinds.values()]
stored = study("noise")
ACC, LOSS = 1, 3  # of the scores; before them (kinds, draws, settings, steps)
by_draw = stored["scores"]
known = by_draw[:, :8, [0, 1, 4], 0, ACC].transpose(0, 2, 1)
print(f"live and stored accuracies differ by at most {np.abs(known - live).max():.3f}")


def mean_and_error(differences):
    """Mean and standard error over draws, as text."""
    error = np.std(differences, ddof=1) / np.sqrt(len(differences))
    return f"{np.mean(differences):+.3f} ± {error:.3f}"

# %% tags=["demo"]
against = by_draw - by_draw[:, :, :1]
settings = {"inputs": 1, "before ReLU": 3, "behind ReLU": 4}  # noise 0.1 in each
for k, steps in enumerate(stored["steps"]):
    for kind, some, gain in zip(kinds, by_draw[..., k, :], against[..., k, :]):
        print(f"{kind}, {steps} steps: without noise training accuracy {some[:, 0, 0].mean():.3f}, "
              f"test {some[:, 0, ACC].mean():.3f}, loss {some[:, 0, LOSS].mean():.2f}")
        for name, i in settings.items():
            up, down = np.sum(gain[:, i, ACC] > 1e-6), np.sum(gain[:, i, ACC] < -1e-6)
            print(f"  {name:12} training {some[:, i, 0].mean():.3f}; gain in test accuracy "
                  f"{mean_and_error(gain[:, i, ACC])} ({up:2} draws up, {down:2} down, "
                  f"draw 1 {gain[0, i, ACC]:+.3f}), test loss {mean_and_error(gain[:, i, LOSS])}")

# %% tags=["demo"]
gains = {f"{kind}, {name}": against[row, :, i, 0, ACC]
         for row, kind in enumerate(kinds) for name, i in settings.items()}


def ringed(ax):
    """The first draw, which is the lecture's, in each row."""
    ax.plot([some[0] for some in gains.values()], range(len(gains)), "o", markersize=12,
            markerfacecolor="none", markeredgecolor=BLACK, zorder=1)


show(
    dots(gains, error="se", title="The lecture's draw (ringed) is not the rule", down={"_none": 0},
         xlabel="gain in test accuracy, 24 draws", also=ringed),
    legend="below", size=(8.2, 4.6),
    alt="Gains in test accuracy by noise of 0.1 on 24 draws of the data after 2,000 steps, in six"
    " rows, with diamonds for mean and standard error. Circles: with noise on the inputs from"
    " -0.14 to +0.06, mean -0.03, the ringed draw 1 among the largest losses; before and "
    "behind ReLU on both sides of zero, means just above it, the ringed draw 1 well above. "
    "Moons: with noise on the inputs hardly a loss and gains up to 0.09; before and behind "
    "ReLU on both sides of zero, means near it.",
)

# %% [markdown]
# **Compare with your log** again: both data sets, and the 24 draws. On the lecture's points noise behind ReLU gains
# more than four points, and each of the ten seeds gains. Over 24 draws of the circles it gains 0.6 ± 0.9 points after
# 2,000 steps: on eleven draws it gains, on eight it costs. The gain belonged to the one draw that the lecture used, and
# seeds of the network could never have shown that, however many. After 12,000 steps the mean gain is 2.3 ± 1.4 points,
# less than two standard errors: not proven either.
#
# Noise on the inputs is another matter. On the circles it costs 2.7 ± 1.1 points, and after 12,000 steps, when the
# network has gone further where the noise pulls it, 4.8 ± 1.5. On the moons it gains 1.7 ± 0.5 and 3.4 ± 1.0. Each is
# more than two standard errors, the longer ones more than three, and it fits what the vote foretold: harm on the
# circles, none on the moons. (Ten seeds on one draw had put the harm at eight points.)
#
# How did these trainings end? Without noise all training points are right after 12,000 steps. With noise on the inputs
# it is 95 % on the circles, where it was 92 % after 2,000; two lengths can't say whether it would go on. As with
# dropout, the test *loss* changes more clearly than the accuracy: on the circles each of the three places lowers it by
# 40 % or more; on the moons noise on the inputs does, while before ReLU we can't tell.
#
# ### Did the vote know?
#
# The vote among the training points is known before any training. On each draw of both kinds, how well did it foretell
# what noise of 0.1 on the inputs would do? And how far does a network go where the noise asks it to go? For the second
# question the study has counted on how large a part of the plane (a grid around all points) a trained network gives
# the same answer as the vote.

# %% tags=["demo"]
foretold = np.array([votes_on(make, 0.1)[0] for make in kinds.values()])
for k, steps in enumerate(stored["steps"]):
    gain = against[:, :, 1, k, ACC]
    within = [np.corrcoef(*pair)[0, 1] for pair in zip(foretold, gain)]
    together = np.corrcoef(foretold.ravel(), gain.ravel())[0, 1]
    print(f"{steps:5} steps: correlation of vote and gain {together:.2f} over all 48 draws; "
          f"among circles {within[0]:.2f}, among moons {within[1]:.2f}")

print("the network's answer is the vote's, without noise and with (difference):")
for sd, column, noisy in ((0.1, 4, 1), (0.3, 5, 2)):
    for k, steps in enumerate(stored["steps"]):
        for kind, some in zip(kinds, by_draw[:, :, :, k, column]):
            print(f"  sd {sd}, {steps:5} steps, {kind:7}: {some[:, 0].mean():.2f} and "
                  f"{some[:, noisy].mean():.2f} of the plane "
                  f"({mean_and_error(some[:, noisy] - some[:, 0])})")

# %% tags=["demo"]
at = {kind: (foretold[row], against[row, :, 1, 1, ACC]) for row, kind in enumerate(kinds)}
show(
    points(at, title="What the vote says before training", across={"_none": 0},
           xlabel="training points on which the others' vote is right",
           ylabel="gain in 12,000 steps"),
    alt="Gain by noise on the inputs against the share of training points on which the others' "
    "vote is right, one point for each draw, in two clouds. Circles lie between 0.3 and 0.73,"
    " with gains from -0.23 to +0.13, most of them below zero. Moons lie between 0.83 and 1, "
    "with gains from -0.03 to +0.17, most of them above zero. Within a cloud there is no "
    "slope to be seen.",
)

# %% [markdown]
# The vote tells the two *kinds* of data apart, and rightly. Within a kind it says nothing about the single draw: the
# correlations there are near zero or have the wrong sign. (What 30 points vote is itself a rough measurement.)
#
# And the pull can be seen. Networks without noise say what the vote says on 84 to 87 % of the plane (for a width of
# 0.1). With noise they go nearer to it, on every line of the table by more than four standard errors; the more noise
# and the longer the training, the nearer they come. With 0.3 and 12,000 steps it is 95 % on circles and 98 % on moons.
# On circles such a vote is little better than a coin on the test points, which fits the fall at 0.3 in the grid above.
#
# ### The Keras way
#
# Keras has the noise as a layer, `GaussianNoise(stddev)`, and the place is where you put it:
#
# ```python
# keras.layers.GaussianNoise(0.1)            # behind the Input
#
# keras.layers.Dense(32)                     # before the activation:
# keras.layers.GaussianNoise(0.1)            # Dense has none of its own
# keras.layers.Activation("relu")
#
# keras.layers.Dense(32, activation="relu")  # behind it
# keras.layers.GaussianNoise(0.1)
# ```
#
# It is on in `fit` and off in `predict` and `evaluate`. The next cell loads Keras, which takes some seconds.

# %%
import keras
import tensorflow as tf

tf.get_logger().setLevel("ERROR")
layer = keras.layers.GaussianNoise(0.1, seed=13)
flat = np.full((500, 200), 3.0, "float32")
for training in (True, False):
    out = np.asarray(layer(flat, training=training))
    print(f"training={training!s:5} mean {out.mean():.4f}, sd {out.std():.4f}")

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    keras.layers.GaussianNoise(0.01, input_shape=(2,))
print("input_shape, as the deck writes it:", str(caught[0].message).split(".")[0])

# %% [markdown]
# And the run of the beginning, trained by Keras: 2,000 steps on all 30 points.

# %% tags=["demo"]
keras.utils.set_random_seed(0)
net = keras.Sequential(
    [
        keras.Input((2,)),
        keras.layers.GaussianNoise(0.1),
        keras.layers.Dense(500, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
print(f"Keras {fit_in_keras(net, data, steps=2000)[1]:.3f}")
print(f"NumPy {scores['inputs'].min():.3f} to {scores['inputs'].max():.3f} in ten runs")

# %% [markdown]
# Keras' run lies among those of NumPy. (It is one run; more than that it can't say.)

# %% [markdown]
# ## Noise that knows the data: augmentation
#
# Gaussian noise moves a point in any direction. Often we know more: in which directions a sample may be moved without
# becoming something else. A 4 that is moved by a pixel is a 4. To train on such changed copies, with the old label,
# is *data augmentation*. The deck has a slide "Other Regularization Methods" on it: "Original Data" and, beside it,
# "Data Augmentation" with four pictures, each under the label 4. It stands and falls with one question: **does the
# label survive the change?**
#
# ## Exercise 13.4: change the image, keep the digit (2 points)
#
# Write two functions.
#
# `label_preserving(transform, digit)` returns `True` if a reader of digits would still call the changed image the
# same digit, otherwise `False`.
#
# - `transform` is `'shift1'` (moved by a pixel), `'rotate10'` and `'rotate180'` (turned by so many degrees),
#   `'flip_lr'` (left and right exchanged), `'flip_ud'` (top and bottom exchanged) or `'noise'` (a little noise).
#   `digit` is a number from 0 to 9, written upright.
# - Not asked for: the 1, which everybody writes in another way, and a 2 or a 5 that stands on its head, about which
#   readers differ.
#
# `augment(img, rng)` returns a changed copy of an image (rows, columns).
#
# - It is moved by whole pixels, up to one in each direction (−1, 0 or 1 downwards, −1, 0 or 1 to the right, at
#   random). What comes in at the border is background, 0; what goes out is lost.
# - Then a little noise is added to every pixel, also to the background that came in: a draw of its own for each, with
#   mean 0 and a standard deviation of your choice from 0.02 to 0.1 of the range.
# - Type and range stay: a `uint8` image has pixels from 0 to 255, a float image from 0 to 1, and so has the result.
# - All randomness comes from `rng`; `img` stays as it was.
#
# `label_preserving('rotate180', 6)` is `False`: that is a 9. Moved to the right, the row `0, 1, 0.5` is `0, 0, 1`
# before the noise.

# %%
def label_preserving(transform, digit):
    """Whether a reader would still call the changed image the same digit.

    Args:
        transform: 'shift1', 'rotate10', 'rotate180', 'flip_lr', 'flip_ud' or 'noise'.
        digit: 0 to 9.

    Returns:
        True or False.
    """
    ### BEGIN SOLUTION
    survivors = {"rotate180": {0, 8}, "flip_lr": {0, 8}, "flip_ud": {0, 3, 8}}
    return transform not in survivors or digit in survivors[transform]
    ### END SOLUTION


def augment(img, rng):
    """The image moved by up to a pixel, with a little noise.

    Args:
        img: (rows, columns), uint8 from 0 to 255 or float from 0 to 1.
        rng: np.random.Generator.

    Returns:
        a new array of the same shape, type and range.
    """
    ### BEGIN SOLUTION
    rows, columns = img.shape
    down, right = rng.integers(-1, 2, size=2)
    moved = np.pad(img, 1)[1 - down : 1 - down + rows, 1 - right : 1 - right + columns]
    top = 255 if img.dtype == np.uint8 else 1
    return np.clip(moved + rng.normal(0, 0.05 * top, img.shape), 0, top).astype(img.dtype)
    ### END SOLUTION

# %%
check(label_preserving, augment)

# %% [markdown]
# ### Look at it
#
# One of scikit-learn's handwritten digits, 8 by 8 pixels, with your `augment` and the other changes, and what your
# `label_preserving` says of each.

# %%
digits = load_digits()
images, labels = digits.images / 16, digits.target
changes = {
    "shift1": lambda img: ndimage.shift(img, (0, 1), order=0),
    "rotate10": lambda img: np.clip(ndimage.rotate(img, 10, reshape=False, order=1), 0, 1),
    "noise": lambda img: np.clip(img + np.random.default_rng(1).normal(0, 0.1, img.shape), 0, 1),
    "rotate180": lambda img: img[::-1, ::-1],
    "flip_lr": lambda img: img[:, ::-1],
    "flip_ud": lambda img: img[::-1],
}

# %% tags=["demo"]
four = images[labels == 4][17]
augmented = [augment(four, np.random.default_rng(k)) for k in range(6)]
kept = {name: label_preserving(name, 4) for name in changes}
titles = {name: f"{name}\n{'still a 4' if kept[name] else 'no 4'}" for name in changes}
show(
    picture(four, low=0, high=1, title="as it is"),
    *[picture(changed, low=0, high=1, title="augment") for changed in augmented],
    *[picture(change(four), low=0, high=1, title=titles[name]) for name, change in changes.items()],
    columns=7, size=(9.6, 3.3),
    alt="Upper row: a handwritten 4 of 8 by 8 pixels and six results of augment, the 4 moved by up "
    "to a pixel, with a grainy background. Lower row: the 4 moved, turned by 10 degrees and "
    "with noise, each marked still a 4; turned by 180 degrees, mirrored left to right and "
    "mirrored top to bottom, each marked no 4.",
)

# %% [markdown]
# Is "a reader would still call it" a matter of taste? Ask a reader that has none: each changed image of a test digit
# is given the label of the nearest of 1,400 unchanged ones, pixel by pixel.

# %%
order = np.random.default_rng(0).permutation(len(images))
known, asked_for = order[:1400], order[1400:]
flat = images[known].reshape(1400, -1)


def read(img):
    """The label of the nearest known image."""
    return labels[known][np.square(flat - img.ravel()).sum(axis=1).argmin()]


shares = np.zeros((len(changes), 10))
for row, change in enumerate(changes.values()):
    answers = np.array([read(change(images[i])) for i in asked_for])
    right = answers == labels[asked_for]
    shares[row] = [right[labels[asked_for] == digit].mean() for digit in range(10)]

# %% tags=["demo"]
show(
    heatmap(shares, list(changes), [str(digit) for digit in range(10)], words="{:.2f}",
            low=0, high=1, title="Share of digits that are read as before", xlabel="digit"),
    alt="Table of the share of changed digits that the nearest neighbour reads as before. Noise: "
    "0.95 or more for all. Turned by 10 degrees: from 0.72 to 1. Moved by a pixel: about 0.3 for "
    "0, 5 and 8, a half for 3, above 0.7 for the others. Turned by 180 degrees and mirrored: above "
    "0.8 for 0 and 8, 0.73 for a 3 mirrored top to bottom, at most 0.1 for 6, 7 and 9, about a "
    "half for a 2 and a 5 turned by 180 degrees, and 0.38 to 0.83 for the 4.",
)

# %% [markdown]
# Mostly it agrees with the rule. 0 and 8 survive every flip, the 3 only the one between top and bottom, and 6, 7 and
# 9 none. The upside-down 2 and 5 divide this reader as they divide people. Where it disagrees, it teaches something
# about itself. It calls most of the upside-down 4s a 4, because it must name a digit and none of the others is
# nearer: it can't say "none of these". And a single pixel to the right, which would confuse no person at all, costs
# it about seven in ten of the 0s, 5s and 8s. A comparison pixel by pixel does not know that neighbours are
# neighbours, and neither does a dense layer. This is what the training should teach.

# %% [markdown]
# ### Does it help?
#
# A network 64-64-10 and 100 training digits. It is trained on the digits as they are; on `augment`ed ones, drawn anew
# in every epoch; and on digits that are flipped at random before that, which breaks labels. And it is tested twice: on
# digits as they are, all neatly centred by those who made the data set, and on the same digits moved by one pixel to
# the left or right. Your `augment` is used live, on one split and for 80 epochs; twelve splits, each with training
# digits of its own, and trainings up to 2,560 epochs are stored.

# %% tags=["demo"]
def flipped_first(img, rng):
    """An augmentation that does not ask whether the label survives."""
    img = img[:, ::-1] if rng.random() < 0.5 else img
    return augment(img[::-1] if rng.random() < 0.5 else img, rng)


def digit_scores(change, seed, epochs=80):
    """Accuracy on the training digits, on centred test digits and on moved ones."""
    rng = np.random.default_rng(seed)
    chosen, rest = np.split(rng.permutation(len(images)), [100])
    steps = np.where(rng.random(len(rest)) < 0.5, 1, -1)
    moved = np.array([np.roll(np.pad(images[i], 1), step, axis=1)[1:-1, 1:-1]
                      for i, step in zip(rest, steps)])
    parts = [(images[chosen], chosen), (images[rest], rest), (moved, rest)]
    net = MLP((64, 64, 10), ("relu", "softmax"), seed=seed)
    for _ in range(epochs):
        X = np.array([change(img, rng) for img in images[chosen]])
        net.fit(X.reshape(100, 64), labels[chosen], loss="cce", epochs=1, batch=25, lr=0.003)
    return np.array([net.evaluate(some.reshape(-1, 64), labels[i], "cce")[1] for some, i in parts])

# %% tags=["demo"]
trainings = {
    "as they are": lambda img, rng: img,
    "augment": augment,
    "flips, then augment": flipped_first,
}
for k, (name, change) in enumerate(trainings.items()):
    print(f"{name:20} split 0, 80 epochs: {digit_scores(change, 0).round(3)}, "
          f"stored {stored['digits'][k, 0, 0].round(3)}")
for k, epochs in enumerate(stored["epochs"]):
    print(f"{epochs} epochs, 12 splits:")
    for name, some in zip(trainings, stored["digits"][:, :, k]):
        train, centred, moved = (plus_minus(column) for column in some.T)
        print(f"  {name:20} training {train}   test, centred {centred}   test, moved {moved}")
gain = stored["digits"][1] - stored["digits"][0]
for k, epochs in enumerate(stored["epochs"]):
    print(f"augment against none, {epochs:4} epochs: centred {mean_and_error(gain[:, k, 1])}, "
          f"moved {mean_and_error(gain[:, k, 2])} (standard error)")

# %% tags=["demo"]
shown = {name: {"centred": some[:, 1], "moved by a pixel": some[:, 2]}
         for name, some in zip(trainings, stored["digits"][:, :, -1])}
show(
    dots(shown, title="Augmentation teaches what it shows",
         xlabel="test accuracy after 2,560 epochs", xlim=(0, 1)),
    legend="below", size=(8.2, 3.8),
    alt="Test accuracy of twelve splits in three rows. Trained on digits as they are: 0.89 on "
    "centred and 0.37 on moved digits. With augment: 0.87 and 0.86. With flips before "
    "augment: 0.78 and 0.78. The splits lie close together in each row.",
)

# %% [markdown]
# Trained on neatly centred digits, the network falls from 0.89 to 0.37 as soon as they move by a pixel. With your
# augmentation it holds at 0.86, and pays for it with two points on the centred ones. The price seemed higher after 80
# epochs, six points, but then the network had not yet learnt all of its training digits; and the flips, whose training
# takes longest, gained twenty points and more between 80 and 2,560 epochs. Between 640 and 2,560 epochs `augment`
# changes by less than half a point, so that we may take this for its end. The flips still gain three to four points
# there, so that with more epochs their price may shrink further.
#
# It is the lesson of the circles again. An augmentation is a claim about the data you will meet. Where they do vary so,
# it is worth nearly 50 points; where they don't, it costs a little; and where the claim is false, as with the flips, it
# costs on both kinds of test digits: next to `augment` alone, nine points after 2,560 epochs, when nearly all training
# digits are right.
#
# ## Noise that fades: on the gradient
#
# The deck's list has one place more, "**Add noise to the gradients**, i.e., the direction to update weights": every
# step goes in a direction that is a little off. That can carry a network over small ridges of the loss, but it also
# keeps it from settling. So the noise has to fade, for instance with the variance
#
# $$\sigma_t^2 = \frac{\eta}{(1+t)^\gamma},\qquad t = 0, 1, 2, \dots$$
#
# ## Exercise 13.5: the standard deviation at a step (1 point)
#
# Write `gradient_noise_sd(t, eta, gamma)`, the standard deviation $\sigma_t$. `t` is a number of steps, counted from
# 0, or an array of such; the result is of the same shape.
#
# For `t = 15`, `eta = 0.36` and `gamma = 0.5` it is 0.3.

# %%
def gradient_noise_sd(t, eta, gamma):
    """The standard deviation of the gradient noise at step t.

    Args:
        t: step, counted from 0; number or array.
        eta: variance at step 0.
        gamma: how fast the variance fades.

    Returns:
        a number or an array like t.
    """
    ### BEGIN SOLUTION
    return np.sqrt(eta / (1 + t) ** gamma)
    ### END SOLUTION

# %%
check(gradient_noise_sd)

# %% [markdown]
# ### What fading is for
#
# A loss with one weight, a wide bowl with ripples, $L(w) = 0.05\,w^2 + 0.1\,(1-\cos 3w)$. A thousand runs start at
# $w=4$; the deepest valley is the one around 0, and another lies at about 1.9.

# %%
def ripples(w):
    return 0.05 * w**2 + 0.1 * (1 - np.cos(3 * w))


def descend(eta, gamma, steps=2000):
    """The weights of a thousand runs after each step, with noise on the gradient."""
    draw, w = np.random.default_rng(5), np.full(1000, 4.0)
    path = [w]
    for t in range(steps):
        gradient = 0.1 * w + 0.3 * np.sin(3 * w)
        w = w - 0.1 * (gradient + gradient_noise_sd(t, eta, gamma) * draw.normal(size=1000))
        path.append(w)
    return np.array(path)

# %% tags=["demo"]
paths = {"no noise": descend(0, 0), "constant": descend(1, 0), "fading": descend(25, 0.55)}
for name, path in paths.items():
    home, losses = np.abs(path[-1]) < np.pi / 3, ripples(path[-1])
    there = f"; mean loss there {losses[home].mean():.3f}" if home.any() else ""
    print(f"{name:9} mean loss {losses.mean():.3f}; in the deepest valley {home.mean():.1%}{there}")

valley = lambda ax: ax.axhspan(-np.pi / 3, np.pi / 3, color=GREEN, alpha=0.2)
show(
    *[curves(np.arange(0, 2001, 10), path[::10, :12].T, mean="none", title=name, xlabel="step",
             ylabel="weight w", also=valley) for name, path in paths.items()],
    title="Constant noise never settles; fading noise finds the valley and stays", share="y",
    alt="Twelve of the thousand runs over 2,000 steps in three panels, with a band for the deepest "
    "valley. Without noise all slide from 4 to 1.9 and stay. With constant noise most stop there "
    "for a while, then fall into the band and keep swinging in it, and one climbs out again. With "
    "fading noise they swing widely at first and end in the band, in ever narrower tracks.",
)

# %% [markdown]
# Without noise every run ends in the first valley it meets. Constant noise carries nearly all of them on to the
# deepest, but there they go on swinging, and some even climb out again. Fading noise brings nearly as many of them
# there, two in a hundred fewer, and the mean loss of those that arrive is a third of that with constant noise. Early on
# it is a good deal stronger than the constant one; what counts is that it shrinks.

# %%
for t in (0, 100, 500, 2000):
    print(f"step {t:4}: sd {gradient_noise_sd(t, 25, 0.55):.2f} (constant: 1.00)")

# %% [markdown]
# Both settings are made for this toy, and say nothing about how often noise helps elsewhere. The paper that proposed
# the fading noise, by Neelakantan and others (2015), tried 0.01, 0.3 and 1 for $\eta$, with $\gamma = 0.55$. Steps that
# see only a part of the data (lesson 15) bring noise of their own, which does not fade unless the learning rate does.

# %% [markdown]
# ## Errata hunt
#
# Five lines from the Better Deep Learning deck's slides on noise. Four stand there like this, in one we have changed
# one thing.
#
# 1. "Gaussian noise, or white noise, has a **mean of zero** and a **standard deviation of one**."
# 2. "**Add noise to weights**, i.e., an alternative to the inputs."
# 3. `model.add(GaussianNoise(0.01, input_shape=(2,)))`
# 4. "Before activation": `Dense(32, activation='relu')`, then `GaussianNoise(0.1)`, then `Activation('relu')`.
# 5. "**Add noise to the outputs**, i.e., the labels or target variables."
#
# Write down for each what has to be changed so that it is true, or that nothing has, before you unfold.

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
# | 1. a standard deviation of one | that is the *standard* normal distribution. The standard deviation is the one thing you have to choose, and the deck's own code takes 0.1 and 0.01. Nor is "Gaussian" another word for "white": the one says how one draw is distributed, the other that draws are uncorrelated |
# | 2. "an alternative to the inputs" | both reach the weighted sum, one as $s\lVert x\rVert$ and the same for the whole batch, the other as $s\lVert w\rVert$ and anew for each sample |
# | 3. `input_shape=(2,)` | Keras 3 warns: the shape belongs in an `Input` of its own |
# | 4. (ours) | the deck has `Dense(32)` without an activation. With ReLU in it, the noise comes behind ReLU and is cut off by a second one: units that are off put out $0.4\,s$ on average |
# | 5. noise on the outputs | nothing has to be changed |
#
# </details>
#
# Which of the five would you have noticed in the training's accuracy? On these circles the first, as the table of
# copies above says.

# %% [markdown]
# ## Three questions

# %%
quiz()

# %% [markdown]
# > **One finding to keep.** Noise on the inputs asks a network to become a nearest-neighbour vote, and the training
# > points can say beforehand what such a vote is worth: little on circles, where the noise costs accuracy, and much on
# > moons, where it gains. The gain of noise behind ReLU, seen in ten of ten networks, belonged to one draw of the points.
#
# ## Summary
#
# - Noise is a normal draw for each entry, in training only. On the inputs it goes through the weights, before ReLU it
#   is cut off at 0, behind ReLU it can be negative.
# - In a linear model input noise adds $s^2\lVert w\rVert^2$ to the mean squared error: an L2 penalty with
#   $\lambda=s^2$. In any smooth network small noise adds $s^2\lVert\nabla f\rVert^2$, where the residuals are small.
# - A network that can learn anything is asked to become a nearest-neighbour vote of width $s$. Let the training
#   points vote on one another, and stay well below half the distance between the classes.
# - Over 24 draws, noise of 0.1 on the inputs costs accuracy on the circles and gains on the moons; the vote had foretold
#   harm on the one and none on the other. In the hidden layer no gain is proven: that of the lecture's draw belongs to
#   that draw.
# - Augmentation is noise that knows the data: only changes under which the label survives, and only those that the
#   data you will meet do show.
# - Noise on the gradient has to fade, or the weights never settle.
#
# *What would change my mind about the vote as an adviser:* a kind of data on which the training points vote
# rightly on one another on most draws, and input noise costs accuracy all the same.
#
# ## What to read next
#
# - C. M. Bishop (1995), *Training with Noise is Equivalent to Tikhonov Regularization*, Neural Computation 7(1),
#   108–116: the formula for small noise, and how to use the penalty in place of the noise.
# - A. Neelakantan, L. Vilnis, Q. V. Le, I. Sutskever, L. Kaiser, K. Kurach, J. Martens (2015), *Adding Gradient Noise
#   Improves Learning for Very Deep Networks*, [arXiv:1511.06807](https://arxiv.org/abs/1511.06807): the fading noise of
#   13.5, and a 20-layer network that learns with it from a poor start.
# - P. Y. Simard, D. Steinkraus, J. C. Platt (2003), *Best Practices for Convolutional Neural Networks Applied to Visual
#   Document Analysis*, ICDAR: digits again, with distortions that hands make.
# - C. Shorten, T. M. Khoshgoftaar (2019), *A survey on Image Data Augmentation for Deep Learning*, Journal of Big Data
#   6:60: what else images can be put through, and when it is safe for the label.

# %%
progress()
