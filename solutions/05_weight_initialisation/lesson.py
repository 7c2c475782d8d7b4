# %% [markdown]
# # Choose first weights that let a deep network learn
#
# You will derive how large the first weights of a layer have to be, draw them yourself, and find out what becomes of
# networks that start too large, too small, off centre, or with all units alike. About 90 minutes.
#
# | you will | you need | you will have learnt it when you can |
# |---|---|---|
# | derive √(1/n), √(2/n) and √(2/(n+m)) | variance of a sum of independent terms | say which sum each n comes from, and whose the 2 is |
# | draw weights of a given spread | NumPy's random generators | tell a limit from a standard deviation |
# | follow a signal through ten layers | ReLU and tanh, lesson 04 | check the lecture's two rules on any initialiser |
# | find units and layers that are copies | the chain rule, lesson 01 | say why zeros never learn, and when Keras repeats itself |

# %%
import os

import numpy as np

from autograder import check, progress
from nnlab import MLP, Experiment, Training
from nnlab.data import Split, circles
from nnlab.figures import BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILION
from nnlab.figures import curves, dots, explore, heatmap, histogram, regions, show, style
from nnlab.initialisers import normal, uniform
from nnlab.stack import fit_together
from nnlab.study import plus_minus

# TensorFlow comes later. It may keep its notes to itself, and round alike on every machine.
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0")
style()
rng = np.random.default_rng(5)

# %% [markdown]
# ## See it fail first
#
# Ten ReLU layers of 100 units, no training, only a forward pass. The lecture gives a line for the first weights, with
# $\sqrt{2/n}$ as the factor for ReLU:
#
# $$W^{[l]} = \texttt{np.random.rand}(n^{[l]}, n^{[l-1]}) \times \text{factor}$$
#
# Beside it stand three others: normal numbers times the same factor, uniform numbers from −1 to 1 times the same
# factor, and normal numbers times 0.01. We follow the root mean square of the activations, $\sqrt{\text{mean}(h^2)}$,
# for 20 draws each.

# %%
n, depth = 100, 10
inputs = rng.standard_normal((200, n))
recipes = {
    "rand · √(2/n), the slide": lambda: rng.random((n, n)) * np.sqrt(2 / n),
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
    "draws each. rand climbs in a straight line to about 2e7. randn times the root of 2/n stays "
    "near 1, its draws fanning out a little. 2 rand minus 1 falls to about 4e-3, and randn times "
    "0.01 to about 3e-12.",
)

# %% [markdown]
# The slide's line multiplies the signal by seven in every layer and ends above twenty million. The one next to it has
# the same factor and stays where it was. The third, which looks so reasonable, loses a factor of about $\sqrt3$ a
# layer, and the last one a factor of fourteen. On a logarithmic axis all four are straight: each layer does the same
# thing once more.

# %% [markdown]
# ### Your log
#
# The case study below trains a small network 2-10-5-1 on two circles, with seven kinds of first weights: all zero;
# normal with mean 10 and standard deviation 1; normal with mean 0 and standard deviation 10; the same with 0.01; and
# three called Glorot uniform, He normal and He uniform. Chance is 50 %. Before you go on: which of them will stay
# below 65 % test accuracy? How many points of a hundred will lie between the three at the end of the list?

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
# So gradients keep their size if $m\sigma^2 = 1$, and signals if $n\sigma^2 = 1$. Both hold only if $n = m$. The
# compromise asks that the mean of the two factors be 1, $\tfrac12(n+m)\,\sigma^2=1$:
#
# $$\boxed{\sigma = \sqrt{\frac{2}{n+m}}} \qquad\text{(Glorot; the lecture says Xavier, which is his first name)}$$
#
# The 2 in He's formula is the half that ReLU takes away. The 2 in Glorot's is the number of widths in a mean. They
# have nothing to do with each other.
#
# **Uniform weights.** Between $-a$ and $a$ the density is $1/2a$:
#
# $$\sigma^2 = \int_{-a}^{a} \frac{w^2}{2a}\,dw = \frac{a^2}{3}, \qquad a = \sqrt3\,\sigma .$$
#
# So He uniform draws up to $\sqrt{6/n}$, and Glorot uniform up to $\sqrt{6/(n+m)}$.

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
print(f"uniform on ±1: variance {np.var(rng.uniform(-1, 1, 10**6)):.4f}, derived {1 / 3:.4f}")

# %% [markdown]
# Forwards the factor is $n\sigma^2$, backwards $m\sigma^2$. This layer widens from 200 to 600: what keeps the signal
# triples the gradient's mean square, and Glorot's compromise halves the one and raises the other by half.
#
# ### What the slide's line does
#
# `rand` draws from 0 to 1, with mean ½, so after the factor $\mu=\tfrac12\sqrt{2/n}$. From the second layer on the
# inputs are the outputs of a ReLU, none of them negative, and the terms of the sum can't cancel:
#
# $$z_j = \sum_i h_i w_{ij} \approx n\,\bar h\,\mu = \sqrt{n/2}\;\bar h .$$
#
# Every unit gets about this number, all units alike, and every layer multiplies by $\sqrt{n/2}$. For $n=100$ that is
# 7.07.

# %%
slide = recipe_sizes["rand · √(2/n), the slide"].mean(axis=0)
print("from layer to layer:", (slide[1:] / slide[:-1]).round(2))
growth = np.sqrt(n / 2)
print(f"derived from the second layer on: {growth:.2f}; nine of them: {growth**9:.1e}")

W = recipes["rand · √(2/n), the slide"]
h = inputs
for layer in range(1, 4):
    h = np.maximum(h @ W(), 0)
    alive = h[h.mean(axis=1) > 0]
    unlike = np.median(alive.std(axis=1) / alive.mean(axis=1))
    print(f"layer {layer}: spread between units, relative to their mean: {unlike:.3f}")

# %% [markdown]
# From the third layer on the ratio stays within a few hundredths of 7.07. (In the second it is smaller, since the
# root mean square of the first layer still contains the spread between its units.) And size is not all that goes
# wrong: in the third layer the units of a sample differ from each other by five percent only. A hundred units say the
# same thing, and what differed between the inputs drowns in their sum.
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
# The lecture's rules of thumb: "1. The mean of the activations should be zero. 2. The variance of the activations
# should stay the same across every layer." Behind a ReLU the first can't be had, for nothing it sends on is negative.
# Here are means over 40 networks with $\sigma=\sqrt{2/n}$:

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
# Your weights for a layer of 100 inputs, by both distributions, and the slide's line.

# %%
drawn = {
    "yours, normal": init_weights(100, 300, "he", "normal", np.random.default_rng(1)),
    "yours, uniform": init_weights(100, 300, "he", "uniform", np.random.default_rng(1)),
    "the slide's rand": np.random.default_rng(1).random((100, 300)) * np.sqrt(2 / 100),
}
named = {f"{name}: mean {np.mean(some):+.3f}, sd {np.std(some):.3f}": np.asarray(some)
         for name, some in drawn.items()}
looks = dict(zip(named, ((GREY, "-"), (GREEN, "--"), (VERMILION, ":"))))
show(
    histogram(named, np.linspace(-0.5, 0.5, 61), looks=looks, down={"_zero": 0}, ylim=(0, 6800),
              title="Two shapes, one spread, and one off centre", xlabel="weight", ylabel="weights",
              legend="upper left"),
    alt="Three histograms of weights. Normal: a bell around 0. Uniform: a box from -0.24 to 0.24 "
    "around 0. Both have standard deviation 0.14. The slide's rand: a box from 0 to 0.14, all of "
    "it right of 0, with mean 0.071 and standard deviation 0.041.",
)

# %% [markdown]
# Bell and box differ in shape, and neither rule asks for a shape. The slide's box lies on one side of 0, and its
# spread is too small by $\sqrt{12}$ besides; the second would make signals shrink, if the first did not blow them up.
#
# `nnlab` takes your function in place of its own. Both networks below train on the circles of the case study with He
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
    alt="Training loss over 100 epochs with nnlab's He weights, a broad grey line, and with yours, "
    "blue. Both fall from about 0.7 to below 0.2.",
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
# With equal widths LeCun and Glorot are the same thing, and ReLU halves their second moment ten times over. He keeps
# it, *on average*: a single draw may as well end at 0.6 or at 1.4, for every layer rolls its own dice and the factors
# multiply.
#
# With tanh the signal shrinks even at $\sqrt{1/n}$, since $|\tanh z|<|z|$: near 0, where tanh is a straight line,
# nothing is lost, and the smaller the signal gets, the less it shrinks. How it falls, the next figure shows.
#
# ### Histograms, layer by layer
#
# Root mean squares hide what becomes of the shape. Ten tanh layers again, four kinds of weights. For the first the
# factor $\sqrt{1/n}$ stands behind `rand`, as the slide's table says for tanh.

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
    title="Only Glorot's weights keep tanh where it bends and yet moves",
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
# With `rand` the units sit so deep in the flat part that gradients die on the way: large weights, and yet they
# vanish. With `randn · 1` the slopes are small too, but the weights more than make up for it, and gradients *explode*
# while signals can't. Saturation alone says little; what counts is the product of slope and weight, layer by layer.
# Weights with standard deviation $1/n$ lose signal and gradient alike, and Glorot's keep both within a factor of
# five.
#
# The handwritten pages say of vanishing gradients "starting weights too small" and of exploding ones "starting
# weights are big". Both happen here, but so does the reverse of the second. Those pages also name as a culprit
# "weights $\frac1n$", and do not say of what. As a standard deviation $1/n$ is too small: the signal loses $\sqrt n$
# in each layer, which makes $10^{-10}$ of it in ten. As a *variance* it is LeCun's choice, and just right.
#
# ### A dial for the gain
#
# Multiply the right standard deviation by a gain $g$. In a ReLU network ten layers multiply by exactly $g^{10}$,
# since ReLU lets factors through: $\max(gz,0)=g\max(z,0)$ for $g>0$. Tanh pushes back.

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
    "a straight line to about 40; the tanh network stays just below 1.",
    gain=(0.3, 3.0, 0.1, 1.5),
)

# %% [markdown]
# At a gain of 1.5 the ReLU network climbs steadily, and tanh stays below 1, where it must. Turn the gain down to 0.5
# and both fall, nearly in parallel: small signals see no curvature. No gain makes tanh explode; in a ReLU network any
# error in the gain is raised to the tenth power.

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
# Would any other constant do? If all weights of a layer are the same number, its units compute the same thing, get
# the same gradient, and take the same step. They stay the same for ever: ten units do the work of one. What breaks
# the tie is chance, and nothing else.
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
# Count the units of the first hidden layer, before training and after it, and look at where their weights go.

# %% tags=["demo"]
class Trace:
    """Keeps the first layer's weights after every epoch."""

    def __init__(self):
        self.kernels = []

    def on_epoch(self, net, epoch, logs):
        self.kernels.append(net.W[1].copy())


constant = lambda rng, n_in, n_out: np.full((n_in, n_out), 0.1)
starts = {"all weights 0.1": constant, "He normal": "he_normal"}
results = {}
for name, init in starts.items():
    net, trace = MLP(base.sizes, base.acts, init, seed=0), Trace()
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
    *map(paths_of, results), size=(9.5, 4), share="xy",
    alt="Two panels: the weights of ten hidden units in the plane, with the path each takes during "
    "training. Left, all weights 0.1: one single path for all ten. Right, He normal: ten paths "
    "from ten places, in different directions.",
)

# %% [markdown]
# On the left there are ten units, ten paths and one line. In this run they agree to within `tol` after 300 epochs;
# they need not agree to the last bit, as sums of floats may be taken in another order for another column, which is
# what the tolerance is for. On the right every unit has a start of its own, and they go different ways.

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
# Now the lecture's own listing. Its case study makes one object and hands it to six layers:
#
# ```python
# # It was also good practice to initialize the network weights
# # to small random values from a uniform distribution.
# init = RandomUniform(minval=0, maxval=1)
# model.add(Dense(5, input_dim=2, activation='tanh', kernel_initializer=init))
# model.add(Dense(5, activation='tanh', kernel_initializer=init))  # and so on, five of these
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
# The same numbers, five times. Since Keras 3 an initialiser that is given no seed draws one when it is *made*, and
# uses it for every call. (A string such as `'he_uniform'` makes a new object each time.) The lecture assumed
# $W^{[1]}=W^{[2]}=\dots=W^{[L-1]}=W$ in order to explain exploding gradients; in its case study the assumption has
# come true by accident.
#
# Is it bad? Take weights that are otherwise right, He's, and use one draw for all ten layers:

# %% tags=["demo"]
def final_rms(shared):
    """Root mean square behind ten ReLU layers, one draw of He weights for all or one for each."""
    once, h = init_weights(n, n, "he", "normal", rng), some_inputs
    for _ in range(depth):
        h = relu(h @ (once if shared else init_weights(n, n, "he", "normal", rng)))
    return np.sqrt(np.mean(h**2))


for name, flag in {"a fresh draw for each layer": False, "one draw for all layers": True}.items():
    ends = [final_rms(flag) for _ in range(100)]
    print(f"{name:28} nine in ten end between {np.quantile(ends, 0.05):.2f} "
          f"and {np.quantile(ends, 0.95):.2f}")

# %% [markdown]
# Luck that repeats does not cancel: a matrix that stretches a little too much does so ten times. The derivation
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
    *squares, columns=5, size=(9.5, 4.2), title="One object, five times the same layer (weights from 0, dark, to 1, light)",
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
# each takes the steps it would take alone, but for the rounding.)

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
    "0.54 to 0.90. Glorot uniform, He normal and He uniform: all at 0.90 or above.",
)

# %% [markdown]
# Compare with your log. Three groups: those that stay at chance or a little above, the gamble of `10 · randn`, and
# the three that the derivation recommends. Between the latter there is nothing to choose: their means differ by less
# than the seeds do. Why do the others fail? Ask the gradients before the first step.

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
# little below. Glorot and He stay near ln 2 for some 300 epochs too, but then they find the way down; He normal is
# the slower of the two here, with seeds that differ a lot, and reaches the same accuracy. `10 · randn` is left out:
# its losses jump across the whole figure to the end.

# %% tags=["demo"]
show(
    *[regions(some[0].forward, *data[2:], steps=120, title=f"{name}: {scores[name][0]:.2f}")
      for name, some in trained.items()],
    columns=4, size=(10.3, 5.4), share="xy", legend="below",
    title="What seed 0 learnt: a circle, a corner, a patchwork, or nothing",
    alt="Decision regions of seed 0 for the seven kinds of first weights, with the test points. "
    "zeros and 0.01 randn: one colour everywhere. N(10, 1): a straight cut takes one corner off. "
    "10 randn: a region around the inner circle, with holes and slivers elsewhere. Glorot uniform, "
    "He normal and He uniform: a closed, nearly round region around the inner circle.",
)

# %% [markdown]
# With zeros or tiny weights the plane has one colour, as the network gives one number. `N(10, 1)` cuts off a corner,
# across the direction $(1, 1)$ in which all its units look. `10 · randn` encloses most of the inner circle and has
# holes and slivers elsewhere, left over from its start. The last three draw one closed line.
#
# ### Extension: Xavier for the deep tanh network
#
# The lecture's case study trains five tanh layers of five units, with `RandomUniform(0, 1)`, and asks as an extension
# for Xavier weights instead. Its circles have 1,000 points, half of them for training, noise 0.1, scaled to
# $[-1, 1]$; SGD with learning rate 0.01 and momentum 0.9, 500 epochs, of which 250 are enough here. Only the
# initialiser changes; every layer has a draw of its own.

# %% tags=["demo"]
X, y, X_test, y_test = circles(n=1000, noise=0.1, seed=1, train=500)
low, high = X.min(axis=0), X.max(axis=0)  # of the training half alone
X, X_test = (2 * (part - low) / (high - low) - 1 for part in (X, X_test))
for name, init in {"U(0, 1)": uniform(0, 1), "Xavier uniform": "glorot_uniform"}.items():
    acts = ["tanh"] * 5 + ["sigmoid"]
    deep = [MLP([2, 5, 5, 5, 5, 5, 1], acts, init, seed) for seed in range(3)]
    fit_together(deep, X, y, "bce", epochs=250, batch=32, lr=0.01, momentum=0.9)
    test = np.array([net.evaluate(X_test, y_test)[1] for net in deep])
    print(f"{name:15} test {plus_minus(test)}, each: {test.round(2)}")

# %% [markdown]
# The same deep network with the same tanh: with one initialiser two of three are still at chance, with the other all
# have learnt. Remember this when the lecture goes on to repair the network by replacing tanh with ReLU *and*
# `RandomUniform` with He: two changes, one result. Lesson 06 takes them apart.

# %% [markdown]
# ## Errata hunt
#
# Five things in the pages on initialisation can't stand as printed. One of them you have not met yet: try it.

# %%
x, n_in, n_out = inputs[:4], 100, 50
W = rng.standard_normal((n_out, n_in)) * np.sqrt(2 / n_in)  # the slide's order of the shape
try:
    x @ W
except ValueError as error:
    print("x @ W:", str(error)[:60], "…")
print("x @ W.T has the shape", (x @ W.T).shape)

# %% [markdown]
# | printed | what is true, and why |
# |---|---|
# | `np.random.rand(…) × factor` | `rand` has mean ½ and standard deviation $1/\sqrt{12}$; it breaks rule 1, and through it rule 2: each layer multiplies by $\sqrt{n/2}$. Meant is `randn`. |
# | the shape `rand(n[l], n[l-1])` | the pages before compute $xW$, which needs $(n^{[l-1]}, n^{[l]})$. Where all layers are equally wide nobody notices. |
# | "small random values from a uniform distribution", `RandomUniform(0, 1)` | neither small nor centred: the mean is ½; and one object without a seed gives the layers that share it the same weights. |
# | "weights $1/n$" as a cause of vanishing gradients | too small as a standard deviation; as a variance it is the right choice for tanh. |
# | $N(10,1)$ as "large random" weights (a course notebook) | Ng's experiment has $10\cdot$ randn, mean 0. On our circles the two reach different accuracies for different reasons. |
#
# Which of the five would have been caught by printing `W.mean()`? The first, the third and the last.

# %% [markdown]
# ## Questions
#
# Answer before you unfold.
#
# **1.** Why does He's $\sqrt{2/n}$ have a 2?
#
# - (a) Because two widths are averaged.
# - (b) Because ReLU lets half of $\mathbb E[z^2]$ through.
# - (c) Because half of the units are dead.
#
# <details><summary>Answer</summary>
#
# (b). $z$ is symmetric about 0, and ReLU removes one of the two equal halves of $z^2$. (a) is the 2 of Glorot. (c)
# confuses being off for one sample with being off for all: for another sample the other half is on.
#
# </details>
#
# **2.** Which rule does `rand · √(2/n)` break first?
#
# - (a) Rule 2: its variance is 12 times too small, so signals shrink.
# - (b) Rule 1: its mean is not 0; the growth follows from that.
# - (c) Neither: the factor is He's.
#
# <details><summary>Answer</summary>
#
# (b). The variance is indeed too small by 12, and alone it would make signals shrink. But the mean contributes
# $n\mu\bar h$, a sum of $n$ terms of one sign, which grows with $n$ where a random sum grows with $\sqrt n$. In ten
# layers it makes $10^7$.
#
# </details>
#
# **3.** All weights and biases start at 0, ReLU inside, sigmoid at the end, balanced classes, full batches.
# Why is the loss exactly $\ln 2$, for ever?
#
# - (a) The learning rate is too small; it would move after more epochs.
# - (b) Every product in the backward pass has a factor 0, an activation or a weight, and the output's bias gets ½
#   minus ½.
# - (c) All units are alike, so the network works as if it had one unit per layer.
#
# <details><summary>Answer</summary>
#
# (b). (a): 0 times any learning rate is 0. (c) is true of every constant start, but a network with one unit per layer
# can learn something: with all weights 0.1 the loss did fall, if only from 0.694 to 0.677. At 0 not even that one
# unit moves.
#
# </details>

# %% [markdown]
# ## Summary
#
# - $\mathbb E[z^2]=n\sigma^2\,\overline{x^2}$: the signal keeps its size with $\sigma=\sqrt{1/n}$, behind ReLU with
#   $\sqrt{2/n}$; gradients want $m$ for $n$, and Glorot's $\sqrt{2/(n+m)}$ stands between.
# - Uniform weights reach their spread with the limit $\sqrt3\,\sigma$; `rand` lies on one side of 0, and ten layers
#   make millions of it.
# - Rule 1 is about weights and $z$, rule 2 about second moments; both are means over draws, and single networks stray.
# - Units that start alike stay alike; at zero nothing moves at all. Keras repeats an unseeded initialiser object:
#   make one for each layer, or name it by a string.
#
# *What would change my mind about He weights:* a task on which, over twenty seeds, plain `rand` weights train a
# ten-layer ReLU network.

# %%
progress()
