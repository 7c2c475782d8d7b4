# %% [markdown]
# # Choose first weights that let a deep network learn
#
# *About 85 minutes: reading 29, exercises 56.*
#
# You will derive how large the first weights of a layer have to be, draw them yourself, and find out what becomes of
# networks that start too large, too small, off centre, or with all units alike.
#
# | you will | you need | you will have learnt it when you can |
# |---|---|---|
# | derive √(1/n), √(2/n) and √(2/(n+m)) | variance of a sum of independent terms | say which sum each n comes from, and whose the 2 is |
# | draw weights of a given spread | NumPy's random generators | tell a limit from a standard deviation |
# | follow a signal through ten layers | ReLU and tanh, lesson 04 | check two rules of thumb on any initialiser |
# | find units and layers that are copies | the chain rule, lesson 01 | say why zeros never learn, and when Keras repeats itself |

# %%
import os

import numpy as np

from autograder import check, hint, progress, quiz, solution
from nnlab import MLP, Experiment, Training
from nnlab.data import Split, circles, study
from nnlab.figures import BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILION
from nnlab.figures import curves, dots, explore, heatmap, histogram, regions, show, style
from nnlab.initialisers import normal, uniform
from nnlab.stack import fit_together
from nnlab.study import plus_minus

# TensorFlow comes later. It may keep its notes to itself, and round alike on every machine.
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0")
style()
rng = np.random.default_rng(5)

# %%
quiz("due")  # questions of earlier lessons that are due again

# %% [markdown]
# ## See it fail first
#
# Ten ReLU layers of 100 units, no training, only a forward pass. The Better Deep Learning deck (lecture slides, IMD/UFRN,
# one of the [five documents](../00_start_here/00_start_here.ipynb) of this course) gives a line for the first weights on
# its slides "Weight Initialization", and a table of factors:
#
# $$W^{[l]} = np.random.rand(n^{[l]}, n^{[l-1]}) \times factor$$
#
# | Activation Func. | Relu | Tanh |
# |---|---|---|
# | Factor | $\sqrt{\frac{2}{n^{[l-1]}}}$ | $\sqrt{\frac{1}{n^{[l-1]}}}$ or $\sqrt{\frac{2}{n^{[l-1]} + n^{[l]}}}$ |
# | Author | He et al. | Xavier et al. or Yoshua Bengio et al. |
#
# Beside it stand three others: normal numbers times the same factor, uniform numbers from −1 to 1 times the same
# factor, and normal numbers times 0.01. We follow the root mean square of the activations, $\sqrt{\text{mean}(h^2)}$,
# for 20 draws each.

# %%
n, depth = 100, 10
inputs = rng.standard_normal((200, n))
recipes = {
    "rand · √(2/n), the deck": lambda: rng.random((n, n)) * np.sqrt(2 / n),
    "randn · √(2/n)": lambda: rng.standard_normal((n, n)) * np.sqrt(2 / n),
    "(2 rand − 1) · √(2/n)": lambda: (2 * rng.random((n, n)) - 1) * np.sqrt(2 / n),
    "randn · 0.01": lambda: rng.standard_normal((n, n)) * 0.01,
}


def rms_by_layer(draw):
    """Root mean square of the inputs and of each of ten ReLU layers."""
    h, sizes = inputs, [np.sqrt(np.mean(inputs**2))]
    for _ in range(depth):
        h = np.maximum(h @ draw(), 0)
        sizes.append(np.sqrt(np.mean(h**2)))
    return sizes


recipe_sizes = {name: np.array([rms_by_layer(draw) for _ in range(20)])
                for name, draw in recipes.items()}
for name, some in recipe_sizes.items():
    print(f"{name:25} after ten layers: {np.sqrt(np.mean(some[:, -1] ** 2)):8.2g}, "
          f"draws from {some[:, -1].min():.2g} to {some[:, -1].max():.2g}")

# %%
colors_of = [(color,) for color in (VERMILION, BLUE, ORANGE, GREEN)]
show(
    curves(None, recipe_sizes, looks=dict(zip(recipe_sizes, colors_of)), log="y",
           title="One line explodes, two vanish, one stays", xlabel="layer",
           ylabel="root mean square of h", xticks=range(depth + 1), legend="lower left"),
    size=(7, 4.4),
    alt="Root mean square of the activations against the layer, 0 to 10, on a logarithmic axis, 20 "
    "draws each. From layer 1 on rand climbs in a line to 2e7. randn times the root of 2/n stays "
    "near 1, its draws fanning out a little. 2 rand minus 1 falls to about 4e-3, and randn times "
    "0.01 to about 3e-12.",
)

# %% [markdown]
# The deck's line ends above twenty million: after the first two layers it multiplies the signal by about seven in each.
# The one next to it has the same factor and stays where it was. The third, which looks so reasonable, loses a factor of
# about $\sqrt3$ a layer, and the last one a factor of fourteen. On a logarithmic axis the lines are straight but for
# the very beginning: each layer does the same thing once more.

# %% [markdown]
# ### Your log
#
# The case study below trains a small network 2-10-5-1 on two circles, with seven kinds of first weights: all zero;
# normal with mean 10 and standard deviation 1; normal with mean 0 and standard deviation 10; the same with 0.01; and
# three called Glorot uniform, He normal and He uniform. Chance is 50 %. Before you go on: which of them will stay
# below 65 % test accuracy? By how many percentage points will the best and the worst of the last three differ?

# %% [markdown] tags=["yours"]
# These will stay below 65 %: …
#
# Glorot against He, my guess: …

# %% [markdown]
# ## Derive: how large should a weight be?
#
# Rows are samples. A layer with $n$ inputs and $m$ units computes $z = xW$ and $h = f(z)$, $W$ has the shape
# $(n, m)$, biases start at 0. The first weights are drawn independently of each other and of $x$, all with mean $\mu$
# and standard deviation $\sigma$.
#
# **One unit.**
#
# $$z = \sum_{i=1}^{n} x_i w_i .$$
#
# **Its mean over the draws of the weights.** Means add:
#
# $$\mathbb E[z] = \mu\sum_i x_i .$$
#
# With $\mu = 0$ it is 0, whatever $x$ is. From here on $\mu=0$.
#
# **Its second moment.** Variances of independent terms add, and $\operatorname{Var}[x_iw_i] = x_i^2\sigma^2$:
#
# $$\mathbb E[z^2] = \sigma^2\sum_i x_i^2 = n\sigma^2\;\overline{x^2}, \qquad \overline{x^2}=\tfrac1n\sum_i x_i^2 .$$
#
# Note what stands there: the mean *square* of the inputs, not their variance.
#
# **Linear layers, and tanh near 0.** $h = z$, so the mean square stays from layer to layer if $n\sigma^2 = 1$:
#
# $$\boxed{\sigma = \sqrt{1/n}} \qquad\text{(LeCun)}$$
#
# **ReLU.** The weights are symmetric about 0, so $z$ is as often positive as negative, and ReLU lets half of $z^2$
# through:
#
# $$\mathbb E[h^2] = \tfrac12\,\mathbb E[z^2] = \tfrac12\, n\sigma^2\;\overline{x^2} .$$
#
# It stays if $\tfrac12 n\sigma^2 = 1$:
#
# $$\boxed{\sigma = \sqrt{2/n}} \qquad\text{(He)}$$
#
# **The way back.** With $\delta_j = \partial L/\partial z_j$ the gradient at the layer's input is a sum over its $m$
# *units*:
#
# $$\frac{\partial L}{\partial x_i} = \sum_{j=1}^{m} w_{ij}\,\delta_j , \qquad \mathbb E\Big[\Big(\frac{\partial L}{\partial x_i}\Big)^2\Big] = m\sigma^2\;\overline{\delta^2} .$$
#
# For linear layers, and tanh near 0, gradients keep their size if $m\sigma^2 = 1$, and signals if $n\sigma^2 = 1$. Both
# hold only if $n = m$. The compromise asks that the mean of the two factors be 1, $\tfrac12(n+m)\,\sigma^2=1$:
#
# $$\boxed{\sigma = \sqrt{\frac{2}{n+m}}} \qquad\text{(Glorot; the deck says Xavier, which is his first name)}$$
#
# **The way back through ReLU.** Here $\delta=\partial L/\partial h\odot f'(z)$, and the slope is 0 for half of the $z$.
# So half of the gradient's mean square is lost on the way back, just as half of the signal's is on the way forth: the
# factor is $\tfrac12m\sigma^2$, and $\sigma=\sqrt{2/m}$ would keep it at 1. With as many units as inputs, He's weights
# keep both. (Lesson 04 has the same as $g\cdot\operatorname{RMS}(f')=\sqrt2\cdot\sqrt{1/2}=1$.)
#
# The 2 in He's formula is the half that ReLU takes away. The 2 in Glorot's is the number of widths in a mean. They
# have nothing to do with each other.
#
# **Uniform weights.** Between $-a$ and $a$ the density is $1/2a$:
#
# $$\sigma^2 = \int_{-a}^{a} \frac{w^2}{2a}\,dw = \frac{a^2}{3}, \qquad a = \sqrt3\,\sigma .$$
#
# So He's uniform weights are drawn up to $\sqrt{6/n}$, and Glorot's up to $\sqrt{6/(n+m)}$.

# %% [markdown]
# ## Check the claims

# %%
n_in, n_out = 200, 600
x, delta = rng.standard_normal((400, n_in)), rng.standard_normal((400, n_out))
print("            forwards: E[z²]/E[x²]   backwards: same for gradients")
for name, variance in {"1/n": 1 / n_in, "2/n": 2 / n_in, "2/(n+m)": 2 / (n_in + n_out)}.items():
    W = rng.standard_normal((n_in, n_out)) * np.sqrt(variance)
    there = np.mean((x @ W) ** 2) / np.mean(x**2)
    back = np.mean((delta @ W.T) ** 2) / np.mean(delta**2)
    print(f"σ² = {name:8} {there:5.3f}, derived {n_in * variance:.2f}    "
          f"{back:5.3f}, derived {n_out * variance:.2f}")

z = x @ (rng.standard_normal((n_in, n_out)) * np.sqrt(2 / n_in))
print(f"ReLU lets through {np.mean(np.maximum(z, 0) ** 2) / np.mean(z**2):.3f} of E[z²]")
W = rng.standard_normal((n_in, n_out)) * np.sqrt(2 / n_out)
back = np.mean(((delta * (x @ W > 0)) @ W.T) ** 2)
print(f"backwards through ReLU and σ² = 2/m: {back / np.mean(delta**2):.3f}, derived ½·m·2/m = 1")
print(f"uniform on ±1: variance {np.var(rng.uniform(-1, 1, 10**6)):.4f}, derived {1 / 3:.4f}")

# %% [markdown]
# Forwards the factor is $n\sigma^2$, backwards $m\sigma^2$, and half of that where a ReLU lies on the way. This layer
# widens from 200 to 600: what keeps the signal triples the gradient's mean square, and Glorot's compromise halves the one
# and raises the other by half.
#
# ### What the deck's line does
#
# `rand` draws from 0 to 1, with mean ½, so after the factor $\mu=\tfrac12\sqrt{2/n}$. From the second layer on the
# inputs are the outputs of a ReLU, none of them negative, and the terms of the sum can't cancel:
#
# $$z_j = \sum_i h_i w_{ij} \approx n\,\bar h\,\mu = \sqrt{n/2}\;\bar h .$$
#
# Every unit gets about this number, all units alike, and every layer multiplies by $\sqrt{n/2}$. For $n=100$ that is
# 7.07.

# %%
deck = recipe_sizes["rand · √(2/n), the deck"].mean(axis=0)
print("from layer to layer:", (deck[1:] / deck[:-1]).round(2))
growth = np.sqrt(n / 2)
print(f"derived from the second layer on: {growth:.2f}; nine of them: {growth**9:.1e}")

W = recipes["rand · √(2/n), the deck"]
h = inputs
for layer in range(1, 4):
    h = np.maximum(h @ W(), 0)
    alive = h[h.mean(axis=1) > 0]
    unlike = np.median(alive.std(axis=1) / alive.mean(axis=1))
    print(f"layer {layer}: spread between units, relative to their mean: {unlike:.3f}")

# %% [markdown]
# From the third layer on the ratio stays within a few hundredths of 7.07. (In the second it is smaller, since the
# root mean square of the first layer still contains the spread between its units.) And size is not all that goes
# wrong: in the third layer the units of a sample differ from each other by about six percent only. A hundred units give
# nearly the same number, and what differed between the inputs drowns in their sum.
#
# The other two lines follow from $\tfrac12n\sigma^2$ as well. `(2 rand − 1) · √(2/n)` has
# $\sigma^2=\tfrac13\cdot\tfrac2n$, so the mean square falls by 3 a layer and the root mean square to $3^{-5}$ after
# ten. `0.01 · randn` has $\tfrac12\cdot100\cdot10^{-4}=0.005$, hence $0.005^5$.

# %%
for name, derived in {"(2 rand − 1) · √(2/n)": 3.0**-5, "randn · 0.01": 0.005**5}.items():
    last = recipe_sizes[name][:, -1]
    print(f"{name:23} measured {np.sqrt(np.mean(last**2)):.2e}, derived {derived:.2e}")

# %% [markdown]
# ### The two rules, read closely
#
# The Better Deep Learning deck has two "rules of thumb" for "Weight Initialization": "1. The mean of the activations
# should be zero. 2. The variance of the activations should stay the same across every layer." Behind a ReLU the first
# can't be had, for nothing it sends on is negative. Here are means over 40 networks with $\sigma=\sqrt{2/n}$:

# %%
rows = np.zeros((depth + 1, 4))
for _ in range(40):
    h = inputs[:50]
    for layer in range(1, depth + 1):
        z = h @ (rng.standard_normal((n, n)) * np.sqrt(2 / n))
        h = np.maximum(z, 0)
        rows[layer] += np.array([z.mean(), h.mean(), np.mean(h**2), h.var()]) / 40
for layer in (1, 5, 10):
    print("layer {:2}: mean of z {:+.2f}, mean of h {:.2f}, second moment of h {:.2f}, "
          "variance of h {:.2f}".format(layer, *rows[layer]))

# %% [markdown]
# What has mean about 0 is $z$, because the *weights* have. What the derivation keeps is the second moment of $h$; its
# variance is smaller by the square of the mean, and keeps its size along with it. Read the rules like this, then, and
# in this lesson we do:
#
# 1. the weights have mean 0;
# 2. the second moment of the activations stays the same from layer to layer.
#
# ## Exercise 5.1: how wide (1 point)
#
# Write `init_std(n_in, n_out, scheme)`, the standard deviation for the weights of a layer with `n_in` inputs and
# `n_out` units. `scheme` is `'he'`, `'lecun'` or `'glorot'`.
#
# For `n_in = 8`, `n_out = 24` the three are 0.5, 0.3536 and 0.25.

# %%
def init_std(n_in, n_out, scheme):
    """The standard deviation a scheme asks for.

    Args:
        n_in: inputs of the layer.
        n_out: units of the layer.
        scheme: 'he', 'lecun' or 'glorot'.

    Returns:
        a number.
    """
    ### BEGIN SOLUTION
    variance = {"he": 2 / n_in, "lecun": 1 / n_in, "glorot": 2 / (n_in + n_out)}
    return np.sqrt(variance[scheme])
    ### END SOLUTION

# %%
check(init_std)

# %% [markdown]
# ## Exercise 5.2: draw them (3 points)
#
# Write `init_weights(n_in, n_out, scheme, dist, rng)`, which returns an array of shape `(n_in, n_out)`.
#
# - The entries have mean 0 and the standard deviation of the scheme, as in 5.1.
# - `dist` is `'normal'` or `'uniform'`. A normal distribution may be cut off at two standard deviations, as Keras
#   does it, if the result still has the right spread.
# - Every entry is drawn on its own, and all randomness comes from `rng`, a `np.random.Generator`.
#
# For `n_in = 2`, `scheme = 'he'` and `dist = 'uniform'` the entries lie between $-\sqrt3$ and $\sqrt3$, and many of
# them have a standard deviation of 1.

# %%
def init_weights(n_in, n_out, scheme, dist, rng):
    """First weights of a layer.

    Args:
        n_in: inputs of the layer.
        n_out: units of the layer.
        scheme: 'he', 'lecun' or 'glorot'.
        dist: 'normal' or 'uniform'.
        rng: np.random.Generator, the only source of randomness.

    Returns:
        array (n_in, n_out).
    """
    ### BEGIN SOLUTION
    std = init_std(n_in, n_out, scheme)
    if dist == "normal":
        return std * rng.standard_normal((n_in, n_out))
    limit = np.sqrt(3) * std
    return rng.uniform(-limit, limit, (n_in, n_out))
    ### END SOLUTION

# %%
check(init_weights)

# %% [markdown]
# ### Look at it work
#
# Your weights for a layer of 100 inputs, by both distributions, and the deck's line.

# %%
drawn = {
    "yours, normal": init_weights(100, 300, "he", "normal", np.random.default_rng(1)),
    "yours, uniform": init_weights(100, 300, "he", "uniform", np.random.default_rng(1)),
    "the deck's rand": np.random.default_rng(1).random((100, 300)) * np.sqrt(2 / 100),
}
named = {f"{name}: mean {np.mean(some):+.3f}, sd {np.std(some):.3f}": np.asarray(some)
         for name, some in drawn.items()}
looks = dict(zip(named, ((GREY, "-"), (GREEN, "--"), (VERMILION, ":"))))
show(
    histogram(named, np.linspace(-0.5, 0.5, 61), looks=looks, ylim=(0, 6800),
              title="Two shapes, one spread, and one off centre", xlabel="weight", ylabel="weights",
              legend="upper left"),
    alt="Three histograms of weights. Normal: a bell around 0. Uniform: a box from -0.24 to 0.24 "
    "around 0. Both have standard deviation 0.14. The deck's rand: a box from 0 to 0.14, all of "
    "it right of 0, with mean 0.071 and standard deviation 0.041.",
)

# %% [markdown]
# Bell and box differ in shape, and neither rule asks for a shape. The deck's box lies on one side of 0, and besides, its
# spread is too small by a factor of $\sqrt{12}$; the second would make signals shrink, if the first did not blow them up.
#
# `nnlab` takes your function in place of its own. Both networks below train on the circles of the case study with He's
# weights; they begin with other draws, so the curves need not coincide.

# %% tags=["demo"]
points = circles(n=300, noise=0.05, seed=1, train=300)
unseen = circles(n=100, noise=0.05, seed=2, train=100)
data = Split(points.X_train, points.y_train, unseen.X_train, unseen.y_train)
base = Experiment(
    data=data,
    sizes=(2, 10, 5, 1),
    acts=("relu", "relu", "sigmoid"),
    training=Training(opt="sgd", lr=0.01, epochs=1000, batch=32),
)
short = base.vary(init="he_normal", opt="adam", epochs=100)
own = short.vary(plug={"init_weights": init_weights}).run(0).history
built_in = short.run(0).history

losses = {"nnlab's weights": (built_in.epoch, built_in.loss), "yours": (own.epoch, own.loss)}
show(
    curves(None, losses, looks={"nnlab's weights": (GREY, "-"), "yours": (BLUE, "--")},
           title="A network can learn from your weights", xlabel="epoch", ylabel="training loss",
           ylim=(0, None)),
    size=(7, 3),
    alt="Training loss over 100 epochs with weights by nnlab's function, a grey line, and with "
    "yours, blue and dashed. Both fall from about 0.7 to below 0.2.",
)

# %% [markdown]
# ## Follow the signal
#
# ## Exercise 5.3: statistics layer by layer (2 points)
#
# Write `activation_stats(X, sizes, act, scheme, rng)`. It draws a network and sends `X` through it once.
#
# - `sizes` are the widths, that of the input first: `[100, 50, 20]` makes two layers. Rows of `X` are samples. There
#   are no biases.
# - Each layer has *normal* weights of its own, with the spread of `scheme`; `rng` is where they come from.
# - `act` is a function that is applied to each layer's $z$, and what it returns goes on to the next layer.
# - Return a list with one pair for each layer: mean and second moment of the layer's activations, over all samples
#   and units. The second moment is the mean of the squares. The input is not included.
#
# A layer that sends on 0, 2, 0 and 2 has the pair `(1, 2)`.

# %%
def activation_stats(X, sizes, act, scheme, rng):
    """Mean and second moment of the activations of each layer of a freshly drawn network.

    Args:
        X: inputs (samples, sizes[0]).
        sizes: widths, the input's first.
        act: function applied to each layer's z.
        scheme: 'he', 'lecun' or 'glorot'.
        rng: np.random.Generator, the only source of randomness.

    Returns:
        [(mean, second moment), ...], one pair for each layer.
    """
    ### BEGIN SOLUTION
    h, stats = X, []
    for n_in, n_out in zip(sizes, sizes[1:]):
        h = act(h @ init_weights(n_in, n_out, scheme, "normal", rng))
        stats.append((np.mean(h), np.mean(h**2)))
    return stats
    ### END SOLUTION

# %%
check(activation_stats)

# %% [markdown]
# Now ten layers of 100 units, ReLU and tanh, with weights by LeCun and by He: the root mean square at the end, over
# 100 draws. (Glorot's weights are LeCun's here, since all widths are equal.)

# %%
relu = lambda z: np.maximum(z, 0)
some_inputs, widths = inputs[:50], [100] * 11
for act_name, act in {"relu": relu, "tanh": np.tanh}.items():
    for scheme in ("lecun", "he"):
        draws = [activation_stats(some_inputs, widths, act, scheme, rng)[-1][1] for _ in range(100)]
        low, high = np.sqrt(np.quantile(draws, [0.05, 0.95]))
        print(f"{act_name}, {scheme:5}  root of the mean second moment "
              f"{np.sqrt(np.mean(draws)):.3f}, nine draws in ten from {low:.3f} to {high:.3f}")
print(f"derived for relu, lecun: 2^-5 = {2**-5:.3f}; relu, he: 1")

# %% [markdown]
# With equal widths LeCun and Glorot are the same thing, and ReLU halves their second moment ten times over.
# He's weights keep it *on average*: a single draw may as well end at 0.6 or at 1.4, since every layer has a random
# factor of its own and the factors multiply.
#
# With tanh the signal shrinks even at $\sqrt{1/n}$, since $|\tanh z|<|z|$: near 0, where tanh is a straight line,
# nothing is lost, and the smaller the signal gets, the less it shrinks. How it falls, the next figure shows.
#
# ### Histograms, layer by layer
#
# Root mean squares hide what becomes of the shape. Ten tanh layers again, four kinds of weights. For the first the
# factor $\sqrt{1/n}$ stands behind `rand`, as the deck's table says for tanh.

# %% tags=["demo"]
kinds = {
    "rand · √(1/n)": lambda rng: rng.random((n, n)) * np.sqrt(1 / n),
    "randn · 1": lambda rng: rng.standard_normal((n, n)),
    "randn · 1/n": lambda rng: rng.standard_normal((n, n)) / n,
    "Glorot": lambda rng: init_weights(n, n, "glorot", "normal", rng),
}
signals = {}
for name, draw in kinds.items():
    h, own_rng = some_inputs, np.random.default_rng(3)
    signals[name] = [h := np.tanh(h @ draw(own_rng)) for _ in range(depth)]

def layer_of(name, layer, color):
    """Histogram of one layer's activations."""
    h, top = signals[name][layer - 1], f"layer {layer}"
    return histogram({name: h}, np.linspace(-1, 1, 41), looks={name: (color,)}, share=True,
                     title=f"{top}, rms {np.sqrt(np.mean(h**2)):.2g}", legend="none",
                     xlabel="activation", ylabel=name)


rows = dict(zip(signals, (VERMILION, ORANGE, GREEN, BLUE)))
show(
    *[layer_of(name, layer, rows[name]) for name in rows for layer in (1, 4, 7, 10)],
    columns=4, size=(9.8, 7.2), share="xy",
    title="Only Glorot's weights keep tanh away from its flat ends and from 0",
    alt="Histograms of activations from -1 to 1 in tanh layers 1, 4, 7 and 10, a row for each kind "
    "of weights. rand: spread in layer 1, then two spikes at -1 and +1. randn: piled up at both "
    "ends in every layer. randn over n: one spike at 0 from layer 4 on. Glorot: a broad hill "
    "around 0 in all layers, slowly narrowing.",
)

# %% [markdown]
# Two rows pile up at −1 and 1, where tanh is flat. The third is a spike at 0: nothing is saturated, but nothing is
# left either. In the last row the layers stay alike, and the root mean square falls ever more slowly. What do
# gradients make of it? Send a random gradient back from layer 10 to layer 1 and compare its size at both ends.

# %% tags=["demo"]
print("tanh, ten layers  rms of h10   mean slope there   gradient at layer 1 / at layer 10")
for name, draw in kinds.items():
    table = []
    for _ in range(20):
        Ws, hs = [draw(rng) for _ in range(depth)], [some_inputs]
        for W in Ws:
            hs.append(np.tanh(hs[-1] @ W))
        top = back = rng.standard_normal(hs[-1].shape)
        for W, h in zip(Ws[:0:-1], hs[:1:-1]):
            back = (back * (1 - h**2)) @ W.T
        ratio = np.sqrt(np.mean(back**2) / np.mean(top**2))
        table.append([np.sqrt(np.mean(hs[-1] ** 2)), np.mean(1 - hs[-1] ** 2), ratio])
    print("{:17} {:10.2g} {:18.2g} {:18.1g}".format(name, *np.median(table, axis=0)))

# %% [markdown]
# With `rand` the units sit so deep in the flat part that gradients vanish on the way, although the weights are large.
# With `randn · 1` the slopes are small too, but the weights more than make up for it, and gradients *explode* while
# signals can't. Saturation alone says little; what counts is the product of slope and weight, layer by layer.
# Weights with standard deviation $1/n$ lose signal and gradient alike, and Glorot's keep both within a factor of
# five.
#
# The gradient notes (handwritten) name as a cause of vanishing gradients "Starting weights too small", and of exploding
# ones "Starting weights are big". Both happen here, but so does the reverse of the second: with `rand`, large weights
# make gradients vanish. The notes also have the line "Weight initialization, using weights $\frac1n$", and do not say
# what is to be $\frac1n$. As a standard deviation $1/n$ is too small: the signal loses $\sqrt n$
# in each layer, which makes $10^{-10}$ of it in ten. As a *variance* it is LeCun's choice, and right for tanh.
#
# ### A dial for the gain
#
# Multiply the right standard deviation by a gain $g$. In a ReLU network ten layers multiply by exactly $g^{10}$,
# since ReLU lets factors through: $\max(gz,0)=g\max(z,0)$ for $g>0$. Tanh holds the signal below 1.

# %%
dice = [np.random.default_rng(100 + layer).standard_normal((n, n)) for layer in range(depth)]


def rms_at(gain):
    """Root mean square by layer of a ReLU and of a tanh network, weights gain times too wide."""
    lines, reach = {}, {"ReLU, g·√(2/n)": (relu, 2 / n), "tanh, g·√(1/n)": (np.tanh, 1 / n)}
    for name, (act, variance) in reach.items():
        h, lines[name] = some_inputs, []
        for numbers in dice:
            h = act(h @ (gain * np.sqrt(variance) * numbers))
            lines[name].append(np.sqrt(np.mean(h**2)))
    return curves(range(1, depth + 1), lines, log="y", across={"_kept": 1}, ylim=(1e-6, 1e6),
                  title=f"gain g = {gain:.1f}, g¹⁰ = {gain**10:.2g}", xlabel="layer",
                  ylabel="root mean square of h", xticks=range(1, depth + 1), legend="upper left",
                  yticks={1e-6: "10⁻⁶", 1e-3: "10⁻³", 1: "1", 1e3: "10³", 1e6: "10⁶"})


explore(
    rms_at,
    alt="Root mean square by layer at gain 1.5, on a logarithmic axis. The ReLU network climbs in "
    "a straight line to about 40; the tanh network stays level near 0.6.",
    gain=(0.3, 3.0, 0.1, 1.5),
)

# %% [markdown]
# At a gain of 1.5 the ReLU network climbs steadily, and tanh stays below 1, where it must. Turn the gain down to 0.5
# and both fall, nearly in parallel: for small signals tanh is a straight line. No gain makes the *signal* of a tanh
# network explode (its gradients can, as `randn · 1` has just shown); in a ReLU network any error in the gain is raised to
# the tenth power.

# %% [markdown]
# ## Symmetry: why not zeros?
#
# All weights 0 and all biases 0 has mean 0. What becomes of it? Take the network 2-10-5-1 of the case study, ReLU
# inside, a sigmoid at the end, cross-entropy as the loss.
#
# **Forwards.** $h_1 = \max(x\cdot0,\,0) = 0$, $h_2 = 0$, $z_3 = 0$, so $p = \sigma(0) = \tfrac12$ for every point.
# The loss of a point is $-\ln\tfrac12 = \ln 2 = 0.6931\ldots$, whatever its class.
#
# **Backwards.** At the output $\delta_3 = p - y = \pm\tfrac12$, divided by the number of samples. Then
#
# $$\frac{\partial L}{\partial W_3} = h_2^{\mathsf T}\delta_3 = 0 \quad(\text{as } h_2 = 0), \qquad \frac{\partial L}{\partial h_2} = \delta_3 W_3^{\mathsf T} = 0 \quad(\text{as } W_3 = 0),$$
#
# and from there back everything is 0. One parameter is left, the output's bias:
# $\partial L/\partial b_3 = \overline{p-y}$, which is $\tfrac12$ minus the share of class 1. In a balanced set that
# is 0 too. So nothing moves, and the loss is $\ln 2$ for ever.
#
# In batches of 32 the classes are not balanced, and $b_3$ is pushed to and fro. With $z_3=b$ for all points of a
# balanced set the loss is
#
# $$-\tfrac12\ln\sigma(b)-\tfrac12\ln\sigma(-b) = \ln\!\big(2\cosh\tfrac b2\big) = \ln 2 + \tfrac{b^2}{8} + \dots$$

# %% tags=["demo"]
print(f"ln 2 in float32                      {np.float32(np.log(2)):.8f}")
for name, batch in {"all 300 at once": None, "batches of 32": 32}.items():
    run = base.vary(init="zeros", batch=batch).run(0)
    moved = max(np.abs(W).max() for W in run.net.W.values())
    b = float(run.net.b[3][0])
    print(f"{name:16} loss after 1,000 epochs {run.train_loss:.8f}; largest weight {moved};\n"
          f"{'':16} output bias {b:+.1e}, for which ln 2 + b²/8 is {np.log(2) + b**2 / 8:.8f}")

# %% [markdown]
# On the full set the loss is $\ln2$ to the last bit that float32 has. With batches it is $\ln 2$ to five decimals,
# and the sixth is the wandering bias. All weights are still exactly 0 after a thousand epochs.
#
# Would any other constant do? Take two units of a layer that start alike: equal weights into them, equal biases. They
# compute the same. Do they take the same step? The gradient of the weights into a unit is its inputs times its $\delta$,
# and $\delta$ comes from above, through the weights *out of* the unit. If these are equal, too, so are the steps, and the
# two stay alike for ever. If they differ, the two part as a rule at the first step.
#
# So with all weights 0.1, throughout the network, ten units do the work of one. With 0.1 in the first layer alone, and
# different weights behind it, they need not. What breaks the tie is a difference. Chance is the usual way to get one,
# but any pattern would do.
#
# ## Exercise 5.4: how many different units? (1 point)
#
# Write `distinct_units(W, b, tol)`. `W` has the shape (inputs, units) and `b` the shape (units,). Two units are alike
# if none of their weights, and not their biases either, differ by more than `tol`. Return how many different units
# there are: a group of units that are alike counts once. (You may rely on it that groups are clearly apart: there are
# no chains in which $a$ is like $b$ and $b$ like $c$, but $a$ not like $c$.)
#
# For `W = [[1, 1, 2], [3, 3, 4]]`, `b = [0, 5, 0]` and `tol = 0.01` the result is 3; with `b = [0, 0, 0]` it is 2.

# %%
def distinct_units(W, b, tol):
    """The number of different units in a layer.

    Args:
        W: weights (inputs, units).
        b: biases (units,).
        tol: largest difference in any weight or bias between units that are alike.

    Returns:
        a whole number.
    """
    ### BEGIN SOLUTION
    kinds = []
    for unit in np.vstack([W, b]).T:
        if all(np.max(np.abs(unit - kind)) > tol for kind in kinds):
            kinds.append(unit)
    return len(kinds)
    ### END SOLUTION

# %%
check(distinct_units)

# %% [markdown]
# Count the units of the first hidden layer, before training and after it, and look at where their weights go: four starts,
# the last of which draws no random number.

# %% tags=["demo"]
class Trace:
    """Keeps the first layer's weights after every epoch."""

    def __init__(self):
        self.kernels = []

    def on_epoch(self, net, epoch, logs):
        self.kernels.append(net.W[1].copy())


constant = lambda rng, n_in, n_out: np.full((n_in, n_out), 0.1)
pattern = lambda rng, n_in, n_out: np.cos(1.7 * np.arange(n_in * n_out)).reshape(n_in, n_out)
cosine = lambda *shape: np.sqrt(4 / shape[1]) * pattern(*shape)  # the spread of He's weights
starts = {
    "all weights 0.1": constant,
    "W₁ alone 0.1": [constant, "he_normal", "he_normal"],
    "He normal": "he_normal",
    "a cosine": cosine,
}
results = {}
for name, init in starts.items():
    net, trace = MLP(base.sizes, base.acts, init, seed=2), Trace()
    before = distinct_units(net.W[1], net.b[1], 1e-6)
    history = net.fit(*data[:2], base.training, lr=0.1, epochs=300, callbacks=[trace])
    after = distinct_units(net.W[1], net.b[1], 1e-6)
    print(f"{name:16} different units before training: {before:2}, after: {after:2}; "
          f"loss from {history.loss[0]:.3f} to {history.loss[-1]:.3f}")
    results[name] = np.array(trace.kernels), after

def paths_of(name):
    """The way of each unit's two weights."""
    paths, after = results[name]
    units = {f"_{k}": tuple(paths[:, :, k].T) for k in range(10)}
    ends = {"start": paths[0], "after 300 epochs": paths[-1]}
    return curves(None, units, looks=dict.fromkeys(units, (BLUE, "-", "")), marks=ends,
                  title=f"{name}: {after} different of 10", xlabel="weight of $x_1$",
                  ylabel="weight of $x_2$", legend="lower left")


show(
    *map(paths_of, list(results)[:3]), size=(10, 3.8), share="xy",
    alt="Three panels: the weights of ten hidden units in the plane, with the path each takes "
    "during training. All weights 0.1: one single path for all ten. W₁ alone 0.1: all ten start "
    "from one place and spread out in different directions. He normal: ten paths from ten places.",
)

# %% [markdown]
# On the left there are ten units, ten paths and one line. In this run they agree to within `tol` after 300 epochs;
# they need not agree to the last bit, as sums of floats may be taken in another order for another column, which is
# what the tolerance is for. In the middle all start at one place, and the different weights behind them send them
# different ways. On the right every unit has a start of its own. The cosine does here as well as chance: ten different
# units, and the loss falls.
#
# Is a constant $W_1$ a good start, then? Ten seeds, that is ten draws of what lies behind it:

# %% tags=["demo"]
tens = {name: [MLP(base.sizes, base.acts, init, seed) for seed in range(10)]
        for name, init in list(starts.items())[1:3]}
for name, nets in tens.items():
    fit_together(nets, *data[:2], "bce", epochs=300, batch=32, lr=0.1)
    apart = [distinct_units(net.W[1], net.b[1], 1e-6) for net in nets]
    ends = sorted(net.evaluate(*data[:2])[0] for net in nets)
    silent = sum(not net.activations(data[0])[2].any() for net in nets)
    print(f"{name:13} all units differ in {sum(k == 10 for k in apart)} of 10 nets; second layer "
          f"silent in {silent};\n{'':13} losses " + " ".join(f"{loss:.2f}" for loss in ends))

# %% [markdown]
# No. In most networks the units part, but at first the ten are one, so that the second layer sees a single direction, and
# after 300 epochs nearly all of these networks are behind those with He's weights. In one network no unit of the second
# layer is on for any point. There nothing passes, and nothing parts.

# %% [markdown]
# ## The Keras way
#
# Loading Keras takes some seconds. Its `Dense` draws Glorot-uniform weights unless told otherwise; He and LeCun go by
# name.

# %%
import keras


def kernels_of(initialisers, n_in=100, n_out=300):
    """The weights of one Dense layer for each initialiser."""
    layers = [keras.layers.Dense(n_out, kernel_initializer=one) for one in initialisers]
    for layer in layers:
        layer.build((None, n_in))
    return [np.asarray(layer.kernel) for layer in layers]


keras.utils.set_random_seed(5)
names = ("glorot_uniform", "he_uniform", "he_normal", "lecun_normal")
for name, kernel in zip(names, kernels_of(names)):
    scheme = name.split("_")[0]
    print(f"{name:15} mean {kernel.mean():+.4f}, sd {kernel.std():.4f}, "
          f"yours {init_std(100, 300, scheme):.4f}, largest {np.abs(kernel).max():.4f}")
print(f"limit of glorot_uniform, √(6/(n+m)): {np.sqrt(6 / 400):.4f}")
print(f"cut of he_normal, 2·sd/0.8796:       {2 * init_std(100, 300, 'he') / 0.87962566:.4f}")

# %% [markdown]
# The standard deviations are yours. Keras' normal weights are cut off at two standard deviations of a slightly wider
# normal distribution, so that the result has the spread that the scheme asks for: dividing by 0.8796 makes up for
# what the cut takes away.
#
# Now the Better Deep Learning deck's own listing, from its "Fix Vanishing Gradients with Relu Case Study". It makes one
# object and hands it to six layers:
#
# ```python
# # It was also good practice to initialize the network weights
# # to small random values from a uniform distribution.
# init = RandomUniform(minval=0, maxval=1)
# model.add(Dense(5, input_dim=2, activation='tanh', kernel_initializer=init))
# model.add(Dense(5, activation='tanh', kernel_initializer=init))
# # and so on, five of these
# ```

# %%
init = keras.initializers.RandomUniform(minval=0, maxval=1)
shared = kernels_of([init] * 5, 5, 5)
print("first row of each 5×5 kernel")
for kernel in shared:
    print("  ", kernel[0].round(4))
print("largest difference between any two:", max(np.abs(one - shared[0]).max() for one in shared))

strings = kernels_of(["he_uniform"] * 5, 5, 5)
print(f"with a string for each: {max(np.abs(one - strings[0]).max() for one in strings):.2f}")

# %% [markdown]
# The same numbers, five times. Since Keras 2.10 (2022) an initialiser that is given no seed draws one when it is *made*,
# and uses it for every call. (A string such as `'he_uniform'` makes a new object each time.) Keras 2.10 to 2.15 at least
# said so: "The initializer … is unseeded and being called multiple times, which will return identical values each time".
# Keras 3 repeats the numbers and says nothing. The deck assumed $W^{[1]}=W^{[2]}=\dots=W^{[L-1]}$ in order to explain
# exploding gradients; in its case study the assumption has come true by accident.
#
# Is it bad? Take weights that are otherwise right, He's, and use one draw for all ten layers:

# %% tags=["demo"]
def final_rms(shared):
    """Root mean square behind ten ReLU layers, one draw of He's weights for all or one for each."""
    once, h = init_weights(n, n, "he", "normal", rng), some_inputs
    for _ in range(depth):
        h = relu(h @ (once if shared else init_weights(n, n, "he", "normal", rng)))
    return np.sqrt(np.mean(h**2))


for name, flag in {"a fresh draw for each layer": False, "one draw for all layers": True}.items():
    ends = [final_rms(flag) for _ in range(100)]
    print(f"{name:28} nine in ten end between {np.quantile(ends, 0.05):.2f} "
          f"and {np.quantile(ends, 0.95):.2f}")

# %% [markdown]
# Deviations that repeat do not cancel: a matrix that stretches a little too much does so ten times. The derivation
# needed weights independent of the layer's inputs, and the inputs of layer two *are* made from the weights of layer
# one.
#
# ## Exercise 5.5: fresh initialisers (2 points)
#
# Write `fresh_initializers(n, minval, maxval)`, which returns a list of `n` Keras initialisers. Each draws uniformly
# from `minval` to `maxval`. Layers of equal shape, one built with each of them, must all get different weights.
#
# For `n = 3` there are three layers, and no two of their kernels are equal.

# %%
def fresh_initializers(n, minval, maxval):
    """Keras initialisers for n layers that are to differ.

    Args:
        n: how many.
        minval, maxval: range of the uniform distribution.

    Returns:
        list of n initialisers.
    """
    ### BEGIN SOLUTION
    return [keras.initializers.RandomUniform(minval, maxval) for _ in range(n)]
    ### END SOLUTION

# %%
check(fresh_initializers)

# %%
fresh = kernels_of(fresh_initializers(5, 0, 1), 5, 5)
squares = [heatmap(kernel, low=0, high=1, title=f"{name}, layer {layer}")
           for name, some in (("shared", shared), ("yours", fresh))
           for layer, kernel in enumerate(some, start=1)]
show(
    *squares, columns=5, size=(9.5, 4.2),
    title="One object, five times the same layer (weights from 0, dark, to 1, light)",
    alt="Two rows of five 5 by 5 weight matrices drawn as coloured squares. Upper row, one shared "
    "initialiser: five identical patterns. Lower row, one initialiser for each layer: five "
    "different patterns.",
)

# %% [markdown]
# ## Exercise 5.6: an audit (1 point)
#
# Eight ways to draw the first weights of a hidden layer with `n` inputs and as many units, for the activation that
# stands beside each. Which of them keep *both* rules: weights of mean 0, and a second moment of the activations that
# stays the same from layer to layer? (For tanh, take it near 0, where it is a straight line.)
#
# | | activation | weights |
# |---|---|---|
# | a | ReLU | `rng.random((n, n)) * np.sqrt(2 / n)` |
# | b | tanh | `rng.normal(0, 1 / n, (n, n))` |
# | c | ReLU | `rng.uniform(-1, 1, (n, n)) * np.sqrt(6 / n)` |
# | d | ReLU | `keras.initializers.RandomNormal(mean=10, stddev=1)` |
# | e | tanh | `keras.initializers.VarianceScaling(scale=1, mode="fan_avg", distribution="uniform")` |
# | f | ReLU | `(2 * rng.random((n, n)) - 1) * np.sqrt(2 / n)` |
# | g | ReLU | `np.sqrt(2 / n) * rng.standard_normal((n, n))` |
# | h | tanh | `keras.initializers.RandomUniform(minval=0, maxval=1)` |
#
# Write `audit_snippets()`, which returns the letters as a set, such as `{'a', 'b'}`. Judge first, then measure: you
# have everything it takes.

# %%
def audit_snippets():
    """The letters of the snippets that keep both rules, as a set."""
    ### BEGIN SOLUTION
    return {"c", "e", "g"}
    ### END SOLUTION

# %%
check(audit_snippets)

# %% [markdown]
# ## Case study: seven ways to begin
#
# Two circles, 300 points to learn from and 100 others to test on, noise 0.05. A network 2-10-5-1, plain SGD with
# learning rate 0.01, batches of 32, 1,000 epochs, five seeds for each kind. `N(10, 1)` stands here because a public
# course notebook calls it "large random" initialisation; the course that this experiment comes from means
# `10 · randn`, which is something else: there the mean is 0. (`fit_together` trains many networks of one shape at once;
# each takes the steps it would take alone.)

# %% tags=["demo"]
seeds = range(5)
inits = {
    "zeros": "zeros",
    "N(10, 1)": normal(10, 1),
    "10 · randn": normal(0, 10),
    "0.01 · randn": normal(0, 0.01),
    "Glorot uniform": "glorot_uniform",
    "He normal": "he_normal",
    "He uniform": "he_uniform",
}

trained = {name: [MLP(base.sizes, base.acts, init, seed) for seed in seeds]
           for name, init in inits.items()}
together = [net for some in trained.values() for net in some]
way = fit_together(together, *data[:2], "bce", epochs=1000, batch=32, lr=0.01, every=10)
losses = dict(zip(trained, np.split(way, len(trained), axis=1)))  # each (records, seeds)
scores = {name: np.array([net.evaluate(*data[2:])[1] for net in some])
          for name, some in trained.items()}
print("                test accuracy    from   to     training loss")
for name, test in scores.items():
    print(f"{name:15} {plus_minus(test)}    {test.min():.2f}   "
          f"{test.max():.2f}   {losses[name][-1].mean():.4f}")

# %% tags=["demo"]
show(
    dots(scores, looks=dict.fromkeys(scores, (BLUE, "", "o")), down={"chance": 0.5},
         title="The three that keep the scale learn", xlabel="test accuracy"),
    size=(7, 4),
    alt="Test accuracies of five seeds for seven kinds of first weights, with mean and standard "
    "deviation. zeros and 0.01 randn: all at 0.5. N(10, 1): near 0.6. 10 randn: scattered from "
    "below 0.6 to about 0.9. Glorot uniform, He normal and He uniform: all at 0.90 or above.",
)

# %% [markdown]
# Compare with your log. Three groups: those that stay at chance or a little above, the gamble of `10 · randn`, and
# the three that the derivation recommends. Why do the others fail? Ask the gradients before the first step.

# %% tags=["demo"]
print("                   loss at   norm of the gradient at the start")
print("                 the start   layer 1   layer 2   layer 3")
for name, init in inits.items():
    nets = [MLP(base.sizes, base.acts, init, seed) for seed in seeds]
    norms = [list(net.kernel_norms(net.grads(*data[:2])).values()) for net in nets]
    loss = np.mean([net.evaluate(*data[:2])[0] for net in nets])
    print(f"{name:15} {loss:10.3f}", *(f"{norm:9.1e}" for norm in np.mean(norms, axis=0)))

start = MLP(base.sizes, base.acts, inits["0.01 · randn"], seed=0)
end = trained["0.01 · randn"][0]
moved = max(np.abs(end.W[l] - start.W[l]).max() for l in end.W)
print(f"0.01 · randn: in 10,000 steps no weight has moved further than {moved:.1e}")

# %% [markdown]
# - *zeros*: no gradient at all, as derived.
# - *0.01 · randn*: gradients near $10^{-5}$. In ten thousand steps of learning rate 0.01 the weights hardly move: the
#   network has not left the start. It is the vanishing gradient in its plainest form, with ReLU.
# - *N(10, 1)*: a loss of eleven thousand and gradients in the hundreds, so that the first step is far longer than any
#   weight that would be of use. And all units of the first layer look in nearly the same direction, since both their
#   weights are about 10.
# - *10 · randn*: a large loss too, but weights on both sides of 0, so the units differ, and some networks find their
#   way back. Which ones, the seed decides.
# - The last three start near $\ln 2 = 0.693$ with gradients of ordinary size in all layers.

# %% tags=["demo"]
looks = {"zeros": (GREY, "-"), "N(10, 1)": (PURPLE, "-."), "0.01 · randn": (GREEN, ":"),
         "Glorot uniform": (ORANGE, "--"), "He normal": (BLUE, "-")}
show(
    curves(np.arange(10, 1001, 10), {name: losses[name].T for name in looks}, looks=looks,
           title="Two never leave ln 2, and one never gets far from it", xlabel="epoch",
           ylabel="training loss", ylim=(0, 1), legend="lower left"),
    size=(7, 4),
    alt="Training loss over 1,000 epochs for five kinds of first weights, five seeds thin and "
    "their mean thick. zeros and 0.01 randn lie on one horizontal line at 0.69. N(10, 1) comes "
    "down from above in jumps and settles near 0.6. Glorot uniform and He normal stay near 0.69 "
    "for some 300 epochs and then fall to between 0.1 and 0.4.",
)
jumps = losses["10 · randn"][50:]
print(f"10 · randn, losses in the second half: from {jumps.min():.2f} to {jumps.max():.2f}")

# %% [markdown]
# `zeros` and `0.01 · randn` lie on one line, ln 2. `N(10, 1)` comes down from its eleven thousand and gets stuck a
# little below. Glorot's and He's weights stay near ln 2 for some 300 epochs too, but then they find the way down.
# `10 · randn` is left out: its losses jump across the whole figure to the end.
#
# The curves of the last three have not ended: at 1,000 epochs the loss is still falling. So which of them is better can't
# be told from this figure, nor from one draw of the circles. `data/studies/make_first_weights.py` has trained all seven
# kinds for 3,000 epochs on ten draws, with two networks each; here is what it stored, and its first draw held against
# the networks that you have just trained.

# %% tags=["demo"]
stored = study("first_weights")
by_draw = stored["circles"].mean(axis=2)  # draws, kinds, epochs, (training loss, test accuracy)
print("ten draws               training loss after            test accuracy after")
print("               " + "".join(f"{epochs:8}" for epochs in stored["epochs"]) * 2)
for name, scores_of in zip(stored["kinds"], by_draw.mean(axis=0)):
    print(f"{name:15}" + "".join(f"{loss:8.3f}" for loss in scores_of[:, 0])
          + "".join(f"{score:8.3f}" for score in scores_of[:, 1]))
kinds = list(stored["kinds"])
for one, other in (("Glorot uniform", "He normal"), ("Glorot uniform", "He uniform")):
    gap = by_draw[:, kinds.index(one), :, 1] - by_draw[:, kinds.index(other), :, 1]
    told = zip(stored["epochs"], gap.mean(axis=0), gap.std(axis=0, ddof=1) / np.sqrt(10))
    print(f"{one} - {other}:\n   "
          + ", ".join(f"{m:+.3f} ± {e:.3f} at {n}" for n, m, e in told))
live = [losses[name][-1][:2] for name in list(inits)[4:]]
kept = stored["circles"][0, 4:, :, 1, 0]  # draw 1, the last three kinds, after 1,000 epochs
print(f"largest difference to your losses: {np.abs(live - kept).max():.0e}")

# %% [markdown]
# (± is the standard error over draws.) At 500 and 1,000 epochs He normal is behind; from 2,000 on there is nothing to
# choose between the three. So what the three differ in, on these circles, is how soon they find the way down, not where
# they arrive. The groups stay what they were: zeros and tiny weights have not moved after 3,000 epochs, and `N(10, 1)`
# has gained a percentage point.

# %% tags=["demo"]
show(
    *[regions(some[0].forward, *data[2:], steps=120, title=f"{name}: {scores[name][0]:.2f}")
      for name, some in trained.items()],
    columns=4, size=(10.3, 5.4), share="xy", legend="below",
    title="What seed 0 learnt: a circle, a corner, a patchwork, or nothing",
    alt="Decision regions of seed 0 for the seven kinds of first weights, with the test points. "
    "zeros and 0.01 randn: one colour everywhere. N(10, 1): a straight cut takes one corner off. "
    "10 randn: a region around the inner circle with a hole or two in it, and slivers outside. "
    "Glorot uniform, He normal and He uniform: a closed, nearly round region around the inner circle.",
)

# %% [markdown]
# With zeros or tiny weights the plane has one colour, as the network gives one number. `N(10, 1)` cuts off a corner,
# across the direction $(1, 1)$ in which all its units look. `10 · randn` encloses most of the inner circle, with
# a hole or two in it and slivers outside, left over from its start. The last three draw one closed line.
#
# ### Extension: Xavier for the deep tanh network
#
# The Better Deep Learning deck's case study trains five tanh layers of five units, with `RandomUniform(minval=0,
# maxval=1)`, and has among its [Extensions]: "update the deep MLP with tanh activation to use Xavier uniform weight
# initialization and report the results." Its circles have 1,000 points, half of them for training, noise 0.1, scaled to
# $[-1, 1]$; SGD with learning rate 0.01 and momentum 0.9. Two things set $U(0,1)$ apart from Xavier's weights: it is off
# centre, and its scale is not the derived one. So there is a third kind, $U(-1,1)$, which is centred and still not of
# the derived scale. Every layer has a draw of its own. First one network each, live, then ten draws of the circles with
# two networks each from the stored study.

# %% tags=["demo"]
X, y, X_test, y_test = circles(n=1000, noise=0.1, seed=1, train=500)
low, high = X.min(axis=0), X.max(axis=0)  # of the training half alone
X, X_test = (2 * (part - low) / (high - low) - 1 for part in (X, X_test))
deep_inits = {"U(0, 1)": uniform(0, 1), "U(-1, 1)": uniform(-1, 1),
              "Xavier uniform": "glorot_uniform"}
acts = ["tanh"] * 5 + ["sigmoid"]
deep = [MLP([2, 5, 5, 5, 5, 5, 1], acts, init, 0) for init in deep_inits.values()]
fit_together(deep, X, y, "bce", epochs=250, batch=32, lr=0.01, momentum=0.9)
off = [abs(net.evaluate(X, y)[0] - kept) for net, kept in zip(deep, stored["deep"][0, :, 0, 0, 0])]
print(f"live against stored, 250 epochs: losses differ by {max(off):.0e} at most")
print(f"{'accuracy at':15}" + "".join(f"{f'{n} epochs':16}" for n in stored["deep_epochs"])
      + "losses there")
for name, some in zip(stored["deep_kinds"], stored["deep"].swapaxes(0, 1)):
    means, learnt = some.mean(axis=(0, 1)), (some[..., 1] > 0.7).sum(axis=(0, 1))
    print(f"{name:15}" + "".join(f"{m:.3f} ({k:2} of 20)  " for m, k in zip(means[:, 1], learnt))
          + " ".join(f"{loss:.2f}" for loss in means[:, 0]))

# %% [markdown]
# (In brackets: how many of the 20 networks are above 0.7.) With $U(0,1)$ hardly one has learnt anything after 500
# epochs, and about half have after 1,000; their training is still under way. With Xavier's weights nearly all have
# learnt by 500. And so have those with $U(-1,1)$: in layers of five units its standard deviation, 0.58, is not far from
# Xavier's 0.45. What held the deck's network back is mostly rule 1, not rule 2. Remember this when the deck goes on to
# repair the network by replacing tanh with ReLU *and* `RandomUniform` with `he_uniform`: two changes, one result. Lesson
# 06 takes them apart.

# %% [markdown]
# ## On real data: handwritten digits
#
# scikit-learn's digits, 1,797 images of 8 × 8 pixels, ten classes. A network with ten hidden ReLU layers of 50 units, SGD
# with rate 0.02 and momentum 0.9, batches of 64, 15 epochs, three splits into 1,300 images to learn from and 497 to
# test on.

# %% tags=["demo"]
from sklearn.datasets import load_digits

images, labels = load_digits(return_X_y=True)
images = (images / 16).astype(np.float32)
plan = Training(loss="cce", opt="sgd", lr=0.02, momentum=0.9, epochs=15, batch=64, every=1)


def on_digits(init):
    """For three splits: losses at the start and after every epoch, and the test accuracy."""
    told = []
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(1797)
        seen, unseen = ((images[part], labels[part]) for part in (order[:1300], order[1300:]))
        net = MLP((64, *[50] * 10, 10), ["relu"] * 10 + ["softmax"], init, seed)
        start = net.evaluate(*seen, "cce")[0]
        told.append(([start, *net.fit(*seen, plan).loss], net.evaluate(*unseen, "cce")[1]))
    return [np.array(part) for part in zip(*told)]


digit_inits = {
    "rand · √(2/n)": lambda rng, n_in, n_out: rng.random((n_in, n_out)) * np.sqrt(2 / n_in),
    "0.01 · randn": normal(0, 0.01),
    "Glorot uniform": "glorot_uniform",
    "He normal": "he_normal",
}
digits = {name: on_digits(init) for name, init in digit_inits.items()}
for name, (paths, test) in digits.items():
    start, end = paths[:, [0, -1]].mean(axis=0)
    print(f"{name:15} loss at the start {start:9.3g}, at the end {end:.3f}; "
          f"test accuracy {plus_minus(test)}")
print(f"ln 10 = {np.log(10):.3f}")

# %% tags=["demo"]
show(
    curves(None, {name: paths for name, (paths, _) in digits.items()}, log="y", xlabel="epoch",
           ylabel="training loss", across={"ln 10": np.log(10)},
           title="Ten layers learn digits from two of the four starts"),
    legend="right",
    alt="Training loss on digits over 15 epochs, log axis, three splits. rand starts above a "
    "million and is at ln 10 after one epoch, where it stays. 0.01 randn is a level line at ln 10. Glorot "
    "uniform stays there for some epochs and then falls; He normal falls from the start.",
)

# %% [markdown]
# `rand` begins at a loss above a million; its first steps are so long that all units are off afterwards, and what is left
# is ten outputs that do not depend on the image: $\ln 10$. `0.01 · randn` has not left $\ln10$ at all. He's weights start
# at once, Glorot's some epochs later, for its variance is half of He's here and ten ReLU layers lose a factor of $2^{-5}$
# of the signal. Neither has come to rest after 15 epochs: the losses go down on the whole, but jump from
# epoch to epoch.

# %% [markdown]
# ## Beyond the lecture: orthogonal weights
#
# He's weights keep the mean square *on average* over all directions. A single matrix of independent numbers stretches
# some directions and squeezes others, and in a product of ten the differences multiply. An orthogonal matrix stretches
# nothing: $|xQ|=|x|$ for every $x$, and so does any product of such. Take the factor $Q$ of a QR decomposition, times
# the gain that the activation asks for (Saxe et al., 2014):

# %%
def orthogonal(rng, n_in, n_out, gain=1.0):
    """Weights whose rows, or columns if those are fewer, are at right angles, of one length."""
    Q, R = np.linalg.qr(rng.standard_normal((max(n_in, n_out), min(n_in, n_out))))
    Q = Q * np.sign(np.diag(R))  # so that no direction is preferred
    return gain * (Q if n_in >= n_out else Q.T)


def independent(rng, n_in, n_out, gain=1.0):
    """Weights as in exercise 5.2, with a gain."""
    return gain * rng.standard_normal((n_in, n_out)) / np.sqrt(n_in)


draws = {"independent": independent, "orthogonal": orthogonal}
stretches = {}
for name, draw in draws.items():
    for layers in (1, 3, 10):
        product = np.linalg.multi_dot([draw(rng, n, n) for _ in range(layers)] + [np.eye(n)])
        stretches[f"{name}, {layers}"] = np.linalg.svd(product, compute_uv=False)
print("rms after 50 layers, nine draws in ten")
functions = {"linear": (lambda z: z, 1), "tanh": (np.tanh, 1), "ReLU": (relu, 2**0.5)}
for act_name, (act, gain) in functions.items():
    for name, draw in draws.items():
        ends = []
        for _ in range(20):
            h = some_inputs
            for _ in range(50):
                h = act(h @ draw(rng, n, n, gain))
            ends.append(np.sqrt(np.mean(h**2)))
        low, high = np.quantile(ends, [0.05, 0.95])
        print(f"{act_name:7} {name:12} {low:.3f} to {high:.3f}")
test = on_digits(lambda rng, n_in, n_out: orthogonal(rng, n_in, n_out, 2**0.5))[1]
he_test = digits["He normal"][1]
print(f"digits, gain √2: test accuracy {plus_minus(test)}; He normal {plus_minus(he_test)}")

# %%
looks = {name: (BLUE if name.startswith("ind") else VERMILION, line, "")
         for name, line in zip(stretches, ("-", "--", ":") * 2)}
show(
    curves(None, stretches, looks=looks, log="y",
           ylim=(1e-8, 100), xlabel="direction, from the most stretched to the least",
           ylabel="stretched by (singular value)",
           title="Many layers of independent numbers stretch unevenly"),
    legend="right",
    alt="Singular values of products of 1, 3 and 10 matrices of 100 by 100, log axis. Independent "
    "numbers: from 2 down to a few thousandths for one matrix, over many more powers of ten for ten. "
    "Orthogonal: a level line at 1 for all.",
)

# %% [markdown]
# In linear layers orthogonal weights keep every signal to the last digit, and with tanh all draws end alike. Behind ReLU
# much of the advantage is gone: it switches half of the units off, other ones for every input, and the draws scatter
# again, if less than those of independent weights. On the digits we see no difference that three splits could tell from
# chance. Orthogonal weights matter where layers are nearly linear and many, and in recurrent networks, which use one
# matrix again and again.

# %% [markdown]
# ## Errata hunt
#
# Six lines. Five are printed in the lectures' material, one was broken by us. Which can stand as they are?
#
# 1. Better Deep Learning deck, "Weight Initialization": "$W^{[l]} = np.random.rand(n^{[l]}, n^{[l-1]}) \times factor$", with
#    factor $\sqrt{2/n^{[l-1]}}$ for ReLU. Look at the function.
# 2. The same line, two slides after the deck's "$Z^{[1]} = xW^{[1]}$". Look at the shape.
# 3. Better Deep Learning deck, a comment in the case study: "It was also good practice to initialize the network weights to
#    small random values from a uniform distribution", above `RandomUniform(minval=0, maxval=1)`.
# 4. Gradient notes, causes of vanishing gradients: "Weight initialization, using weights $\frac1n$".
# 5. A public course's notebook: "large random" weights are `RandomNormal(mean=10, stddev=1)`.
# 6. "He uniform draws from $-\sqrt{2/n}$ to $\sqrt{2/n}$, since He's standard deviation is $\sqrt{2/n}$."

# %% [markdown] tags=["yours"]
# Line … is wrong; it should say …
#
# Would printing `W.mean()` have shown it? …

# %%
x, n_in, n_out = inputs[:4], 100, 50
W = rng.standard_normal((n_out, n_in)) * np.sqrt(2 / n_in)  # the order of the shape in line 2
try:
    x @ W
except ValueError as error:
    print("x @ W:", str(error)[:60], "…")
print("x @ W.T has the shape", (x @ W.T).shape)
W = rng.uniform(-1, 1, (100, 300)) * np.sqrt(2 / 100)
asked = np.sqrt(2 / 100)
print(f"line 6: standard deviation {W.std():.4f}, He's {asked:.4f}, ratio {W.std() / asked:.4f}")

# %% [markdown]
# <details><summary>What is true, and why</summary>
#
# | line | what is true, and why |
# |---|---|
# | 1: `np.random.rand(…) × factor` | `rand` has mean ½ and standard deviation $1/\sqrt{12}$; it breaks rule 1, and through it rule 2: each layer multiplies by $\sqrt{n/2}$. Meant is `randn`. |
# | 2: the shape $(n^{[l]}, n^{[l-1]})$ | $xW$ needs $(n^{[l-1]}, n^{[l]})$. Where all layers are equally wide nobody notices. |
# | 3: `RandomUniform(minval=0, maxval=1)` | neither small nor centred: the mean is ½; and one object without a seed gives the layers that share it the same weights. |
# | 4: $\frac1n$ | too small as a standard deviation; as a variance it is the right choice for tanh. |
# | 5: $N(10,1)$ | Andrew Ng's experiment, which the notebook repeats, has $10\cdot$ randn, mean 0. On our circles the two reach different accuracies for different reasons. |
# | 6: ±$\sqrt{2/n}$ (ours) | a uniform distribution reaches its standard deviation with the limit $\sqrt3\,\sigma$, here $\sqrt{6/n}$; with the limit of line 6 it is too small by $\sqrt3$. |
#
# None can stand. `W.mean()` would have shown lines 1, 3 and 5.
#
# </details>

# %% [markdown]
# ## Three questions

# %%
quiz()

# %% [markdown]
# ## Summary
#
# - $\mathbb E[z^2]=n\sigma^2\,\overline{x^2}$: the signal keeps its size with $\sigma=\sqrt{1/n}$, behind ReLU with
#   $\sqrt{2/n}$; gradients want $m$ for $n$, and Glorot's $\sqrt{2/(n+m)}$ stands between.
# - Uniform weights reach their spread with the limit $\sqrt3\,\sigma$; `rand` lies on one side of 0, and after ten layers
#   of 100 units the signal is twenty million times as large.
# - Rule 1 is about weights and $z$, rule 2 about second moments; both are means over draws, and single networks stray.
# - Units with equal weights into *and* out of them stay alike; with all weights 0 nothing moves at all. Keras repeats an
#   unseeded initialiser object: make one for each layer, or name it by a string.
#
# > **One finding to keep.** Centre first, scale second: ten layers of weights as far off centre as `rand` lose everything
# > but their common direction, whatever the factor; once they are centred, the right factor keeps signal and gradient
# > alive.
#
# *What would change my mind about He's weights:* a task on which, over twenty seeds, plain `rand` weights train a
# ten-layer ReLU network.

# %% [markdown]
# ## What to read next
#
# - X. Glorot, Y. Bengio (2010): *Understanding the difficulty of training deep feedforward neural networks*, AISTATS. The
#   compromise between both ways, and the histograms of this lesson on real data.
# - K. He, X. Zhang, S. Ren, J. Sun (2015): *Delving Deep into Rectifiers*, ICCV. The factor 2, and a network of 30 layers
#   that learns with it only.
# - A. M. Saxe, J. L. McClelland, S. Ganguli (2014): *Exact solutions to the nonlinear dynamics of learning in deep linear
#   neural networks*, ICLR. Why orthogonal weights.
# - Y. LeCun, L. Bottou, G. Orr, K.-R. Müller (1998): *Efficient BackProp*, in *Neural Networks: Tricks of the Trade*. Where
#   $\sqrt{1/n}$ comes from, with advice on inputs and targets that still holds.

# %%
progress()
