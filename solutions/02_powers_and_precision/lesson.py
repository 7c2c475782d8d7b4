# %% [markdown]
# # Find the step that a computer no longer sees
#
# You will follow a product of many factors until it runs out of numbers, work out which updates leave a weight exactly
# as it was, and read from the record of a training run what went wrong.
#
# *About 65 minutes: reading 25, exercises 40.*
#
# | you will | you need | you will have learnt it when you can |
# |---|---|---|
# | compute how fast $f^n$ shrinks or grows | logarithms | say after how many layers a factor has done its damage |
# | sort numbers into possible and impossible slopes | activations, lesson 01 | tell where a 1.5 in a gradient comes from |
# | find the smallest step that moves a weight | powers of two | predict when a number becomes 0, inf, or an update is lost |
# | diagnose a run from its traces | nothing | tell a vanishing gradient from a small weight, an explosion from large steps |
#
# Four of the [five documents](../00_start_here/00_start_here.ipynb) that this course follows are quoted here, by their
# short names: the **“Improving” deck**, the **“Problems” deck**, the **agenda notes** and the **gradient notes**.

# %%
import math
from collections import Counter

import numpy as np

from autograder import check, hint, progress, quiz, solution, use_mine
from nnlab import MLP
from nnlab.activations import sigmoid
from nnlab.figures import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION
from nnlab.figures import curves, explore, show, style
from nnlab.oracle import numerical_gradient, relative_error
from nnlab.stack import fit_together

# Yours of lesson 00 where they have passed their checks, else the course's own.
numerical_gradient, relative_error = use_mine(numerical_gradient, relative_error)
style()
rng = np.random.default_rng(2)
FORMATS = ("float16", "float32", "float64")

# %%
quiz("due")  # questions of earlier lessons that are due again

# %% [markdown]
# ## See it fail first
#
# Ten layers, all but the last with sigmoid units, a regression with 100 samples, and 300 steps of plain gradient
# descent on all weights and biases. The targets are scaled so that a network which always answers 0 has a loss of 6.5,
# and one which always answers their mean a loss of 5.7. (`fit_together` trains the networks of several seeds at once;
# each takes the steps it would take alone.)

# %% tags=["demo"]
X = rng.normal(size=(100, 4))
y = 2 * X[:, 0] * X[:, 1] + 1.2 * np.sin(2 * X[:, 2])
y = np.sqrt(5.7) * (y - y.mean()) / y.std() + np.sqrt(0.8)
print(f"loss of the answer 0: {np.mean(y**2):.2f}; of the mean: {np.var(y):.2f}")


def network(act, init="glorot_uniform", seed=0, dtype=np.float32):
    """Nine layers of eight units, and a linear output."""
    return MLP([4] + [8] * 9 + [1], [act] * 9 + ["linear"], init, seed, dtype=dtype)

# %% tags=["demo"]
RECORDED = [*range(10), *range(10, 301, 10)]  # steps after which we look at the network


def train(nets, lr):
    """For each network its weights by layer and its losses, both at the recorded steps."""
    runs = {net: ([], []) for net in nets}

    def look(net):
        weights, losses = runs[net]
        weights.append({l: W.astype(float) for l, W in net.W.items()})
        losses.append(net.evaluate(X, y, "mse")[0])

    for net in nets:
        look(net)
    for before, step in zip(RECORDED, RECORDED[1:]):
        fit_together(nets, X, y, "mse", epochs=step - before, batch=None, lr=lr, measure=look)
    return list(runs.values())

# %% tags=["demo"]
SEEDS = range(5)
sigmoid_runs = train([network("sigmoid", seed=seed) for seed in SEEDS], lr=0.01)
mean_loss = np.mean([losses for _, losses in sigmoid_runs], axis=0)
unmoved = [[np.mean(ws[0][l] == ws[-1][l]) for l in range(1, 11)] for ws, _ in sigmoid_runs]
for step in (0, 100, 200, 300):
    print(f"step {step:3}: loss {mean_loss[RECORDED.index(step)]:.4f}")
print("share of layer 1 that is what it was:", *[f"{share[0]:.0%}" for share in unmoved])

# %% tags=["demo"]
page = ([1, 101, 201, 301], [6.5, 5.7, 5.7, 5.7])
show(
    curves(RECORDED, {"mean of 5 seeds": [losses for _, losses in sigmoid_runs]},
           marks={"the agenda notes": page}, title="The loss falls to 5.7 and stays there",
           xlabel="step", ylabel="loss (MSE)", ylim=(5.2, None)),
    curves(range(1, 11), {"mean of 5 seeds": unmoved},
           title="Layer 1: nine of ten weights unchanged", xlabel="layer",
           ylabel="share unchanged", ylim=(-0.03, 1.03), xticks=range(1, 11)),
    alt="Left: the loss of five seeds drops within a few steps to 5.7 and stays level; the "
    "values of the agenda notes, 6.5, 5.7, 5.7, 5.7, lie on the same course. Right: the share of "
    "weights that are exactly unchanged after 300 steps, by layer: above 0.9 in layer 1, about "
    "0.5 in layer 2 with a wide spread between seeds, zero from layer 5 on.",
)

# %% [markdown]
# Nothing crashed, nothing was reported. The loss came down to 5.70, the cost of always answering the mean, and stayed.
# The agenda notes (section “Weight Update”) have the same course, “EPOCH 1 :- 6.5, 101 :- 5.7, 201 :- 5.7, 301 :- 5.7”,
# and say of it: “No weight updates. Cannot reach local Minima”. The right panel shows how literally that is meant: more
# than nine tenths of the first layer's weights are *equal* to what they were, to the last bit. They received an update
# in each step; it was too small to change them.
#
# The “Problems” deck names two troubles of deep networks, “Vanishing and Exploding Gradients” and “Overfitting”. This is
# the first; the second begins in lesson 08. We ask how small a product of many factors gets, how small a step may be
# before the computer loses it, and what one can tell from the record of a run.

# %% [markdown]
# ### Your log
#
# Before you go on, three guesses.
#
# 1. After how many factors of 0.2 does a product in float32 become exactly 0?
# 2. A float32 weight is 1. What is the smallest step that moves it?
# 3. At the end you diagnose 20 runs, five each of four networks, from nothing but their weights and losses. How many
#    will be diagnosed correctly?

# %% [markdown] tags=["yours"]
# 1. Factors of 0.2 until 0: …
# 2. Smallest step that moves a 1: …
# 3. Diagnosed correctly, of 20: …

# %% [markdown]
# ## Derive: how many factors does it take?
#
# A product of $n$ equal factors $f > 0$ is $f^n$. Take the logarithm, to any base:
#
# $$\log f^n = n\,\log f .$$
#
# So on a logarithmic axis $f^n$ is a straight line in $n$ with the slope $\log f$: down for $f<1$, up for $f>1$.
#
# **Shrinking,** $f<1$. When has the product come down to a target $t<1$?
#
# $$f^n \le t \iff n\log f \le \log t \iff n \ge \frac{\log t}{\log f}.$$
#
# The last step divides by $\log f$, which is negative, and so turns the sign around.
#
# **Growing,** $f>1$. When has it reached a target $t>1$? Now $\log f$ is positive, and nothing turns:
#
# $$f^n \ge t \iff n \ge \frac{\log t}{\log f}.$$
#
# One formula for both: the smallest whole number that is not below $\log t/\log f$.

# %% [markdown]
# ## Check the claim, with the powers of the two decks
#
# The first column of the output has the power itself, the second the same by logarithms, and then what is printed.

# %%
printed = {
    (0.2, 2): "“Improving” deck: (0.2)²",
    (0.2, 10): "“Improving” deck: (0.2)^10, Layers = 10",
    (0.25, 10): "nowhere; this is the best case of a sigmoid",
    (0.1, 10): "“Problems” deck: 0.1^10, “close to 0”",
    (0.5, 9): "“Improving” deck: 0.002 at L = 10",
    (0.5, 10): "“Improving” deck: 0.001 at L = 10, next slide",
    (1.5, 2): "“Improving” deck: (1.5)²",
    (1.5, 9): "“Improving” deck: 38 at L = 10",
    (1.5, 10): "“Improving” deck: (1.5)^10, Layers = 10",
    (2, 10): "“Problems” deck: 2^10, “can overflow”",
}
for (f, n), words in printed.items():
    by_logs = 10 ** (n * math.log10(f))
    print(f"{f:4}^{n:<2} = {f**n:<11.5g} {by_logs:<11.5g} {words}")

# %% [markdown]
# The two columns agree. Some of the printed numbers need a comment.
#
# - The “Improving” deck has $(1.5)^{10}$ on its slide “Why does Exploding Gradients happen?”, with “Layers = 10”, a
#   factor for each layer: that is 57.67. Later, with equal diagonal matrices and $L=10$, it prints a diagonal of 38.
#   That is $1.5^9=38.44$, rounded: a factor for each of $W_1$ to $W_{L-1}$. With 0.5 in place of 1.5 it prints 0.002,
#   which is $0.5^9=0.00195$, and on the next slide 0.001, which is $0.5^{10}$: the exponent has changed on the way,
#   and $L-1=9$ was right. Always ask *which* factors are counted; lesson 03 does it with matrices.
# - $2^{10}$ is 1024. That is a large factor for a gradient, but none of the formats below overflows there.

# %% [markdown]
# ## Exercise 2.1: how many factors until there? (2 points)
#
# Write `layers_until(f, target)`: the smallest whole number $n$ for which $f^n$ has reached the target.
#
# - For `f < 1` the target is below 1, and reached means $f^n\le$ `target`.
# - For `f > 1` the target is above 1, and reached means $f^n\ge$ `target`.
# - A loop or logarithms, as you like. Targets that are an exact power of `f`, where rounding would decide, are not
#   tried.
#
# For `f = 0.2` and `target = 1e-7` the result is 11, because $0.2^{10} = 1.024\cdot10^{-7}$ is not there yet; for
# `f = 1.5` and `target = 57` it is 10.

# %%
def layers_until(f, target):
    """The smallest n with f**n <= target (for f < 1) or f**n >= target (for f > 1).

    Args:
        f: a positive factor, not 1.
        target: below 1 where f is, above 1 where f is.

    Returns:
        a whole number, 1 or more.
    """
    ### BEGIN SOLUTION
    return math.ceil(math.log(target) / math.log(f))
    ### END SOLUTION

# %%
check(layers_until)

# %%
print("layers until a gradient has lost, or gained, six decimal places")
for f in (0.1, 0.2, 0.25, 0.5, 0.9, 0.99):
    print(f"  {f:4}: {layers_until(f, 1e-6):5}        {1 / f:6.3f}: {layers_until(1 / f, 1e6):5}")

# %% [markdown]
# A factor of 0.25 needs ten layers, 0.9 needs 132, 0.99 more than a thousand. A factor and its inverse need the same
# number: vanishing and exploding are one law on two sides of 1, and depth does no harm only where the factor is near 1.

# %% [markdown]
# ## What the dots hide
#
# The “Improving” deck writes the gradient of the first weight in a network of ten sigmoid layers like this (slide “Why
# does Vanishing Gradients happen?”):
#
# > $(0.2)^{10}\,(O-Y) * \dots * W_{ho} * X$ “Layers = 10”
#
# Write it out for one unit per layer, with the slope $\sigma'_l$ and the weight $w_l$ of layer $l$:
#
# $$\frac{\partial E}{\partial w_1} = (O-Y)\;\sigma'_{10}\,w_{10}\;\sigma'_9\,w_9\cdots\sigma'_2\,w_2\;\sigma'_1\,X .$$
#
# Count: ten slopes, but also nine weights, $w_2$ to $w_{10}$. They are in the dots, and decide as much as the slopes
# do. And 0.2 is one value that a slope can have; the largest is 0.25, so that the slopes contribute
# $0.25^{10}=9.5\cdot10^{-7}$ at best.

# %%
print("ten slopes of 0.2 and nine weights w:")
for w in (0.5, 1, 2, 4, 5.98):
    print(f"  w = {w:<5} 0.2^10 · w^9 = {0.2**10 * w**9:.3g}")

# %% [markdown]
# Between $w=0.5$ and $w=5.98$, where weights and slopes cancel, lie nearly ten powers of ten. (A sigmoid with such
# weights does not keep its slope of 0.2, so this is no remedy; lesson 05 looks for one.)
#
# The “Problems” deck (slide “Chain Rule of Differentiation”) has $\left(\frac{dL}{dw_n}\right)^{10}$, and says that it
# “could be represented as multiplication of all previous Gradients”. What is multiplied are *local* slopes, one for each
# arrow, not a gradient with itself. A chain of ten sigmoid units with distinct weights tells the two apart. The judge is
# `numerical_gradient` of lesson 00.

# %%
w_chain, x_in = rng.uniform(0.5, 2, 10), 1.0


def forward(w):
    """The activations of a chain of sigmoid units, the input first."""
    a = [x_in]
    for weight in w:
        a.append(sigmoid(weight * a[-1]))
    return np.array(a)


a = forward(w_chain)
slopes = a[1:] * (1 - a[1:])
last = slopes[-1] * a[-2]  # dO/dw10
behind = [np.prod(slopes[l:]) * np.prod(w_chain[l + 1 :]) for l in range(10)]
derived = behind * a[:-1]  # slopes from layer l on, weights behind it, and what went in
measured = numerical_gradient(lambda w: forward(w)[-1], w_chain, h=1e-4)

print(f"dO/dw1, ten slopes, nine weights, x   {derived[0]:.4e}")
print(f"dO/dw1 measured by moving w1          {measured[0]:.4e}")
print(f"all ten weights: relative error       {relative_error(derived, measured):.0e}")
print(f"the ten slopes without the weights    {np.prod(slopes):.4e}")
print(f"(dO/dw10)^10, the “Problems” deck     {last**10:.4e}")

# %% [markdown]
# The product of local slopes is what one measures. The slopes alone miss the nine weights, and the tenth power of the
# last gradient belongs to nothing: a gradient has a unit, loss per weight, and its tenth power has that unit to the
# tenth.

# %% [markdown]
# ## Exercise 2.2: which numbers can be a slope? (2 points)
#
# The “Improving” deck has two slides that differ in one number. “Why does Vanishing Gradients happen?” puts 0.2 for each
# of the two slopes $O(1-O)$ and $h_1(1-h_1)$; “Why does Exploding Gradients happen?” puts 1.5 in the same two places,
# and goes on to $(1.5)^{10}$. Can a slope be 1.5?
#
# Write `possible_factor(kind, value)`: `True` if `value` can be the slope of that activation at some point, `False`
# otherwise.
#
# - `kind` is `'sigmoid'`, `'tanh'`, `'relu'`, `'linear'`, or a text such as `'leaky(0.1)'`: ReLU with the slope 0.1
#   below zero. The number in the parentheses varies.
# - `value` is a number. For sigmoid and tanh, the very ends of the range are not tried. At its kink ReLU has no slope.
#
# `possible_factor('leaky(0.1)', 0.1)` is `True`, `possible_factor('leaky(0.1)', 0.5)` is `False`.

# %%
def possible_factor(kind, value):
    """Whether a slope of this activation can have this value.

    Args:
        kind: 'sigmoid', 'tanh', 'relu', 'linear', or 'leaky(α)' with a number for α.
        value: a number.

    Returns:
        True or False.
    """
    ### BEGIN SOLUTION
    if kind in ("sigmoid", "tanh"):
        return 0 <= value <= {"sigmoid": 0.25, "tanh": 1}[kind]
    if kind.startswith("leaky"):
        return value in (float(kind[len("leaky(") : -1]), 1)
    return value in {"relu": (0, 1), "linear": (1,)}[kind]
    ### END SOLUTION

# %%
check(possible_factor)

# %%
z = np.linspace(-6, 6, 1201)
bend = sigmoid(z) * (1 - sigmoid(z))
steepest = {"sigmoid": bend, "tanh": 1 - np.tanh(z) ** 2, "SiLU, z·σ(z)": sigmoid(z) + z * bend}
print("largest slope:", ", ".join(f"{kind} {np.max(some):.3g}" for kind, some in steepest.items()))
for kind in ("sigmoid", "tanh", "relu", "leaky(0.1)", "linear"):
    answers = {value: possible_factor(kind, value) for value in (0.2, 1, 1.5)}
    print(f"  {kind:10}", "  ".join(f"{v}: {'yes' if ok else 'no':3}" for v, ok in answers.items()))

# %% [markdown]
# None of them can be 1.5. Slopes of these five activations can shrink a gradient or leave it alone, never make it grow
# (for a leaky ReLU with $\alpha\le1$). What makes it grow are the weights between the layers. The deck gets there a
# few slides later, where it puts a box around $W_{ho}$ and writes “High” next to it. (Not every activation is so tame:
# the SiLU, which you will meet in lesson 04, has slopes of up to 1.1.)

# %% [markdown]
# ## Where the numbers run out
#
# A floating-point number has a limited number of binary digits and a limited range of exponents. Above the largest
# number lies `inf`. Below the smallest number that has all its digits they run out one by one, and what is less than
# half of the last number above 0 becomes 0. When does that happen to $0.2^n$ and $2^n$, if each product is rounded to
# the format?

# %%
for name in FORMATS:
    info = np.finfo(name)
    with np.errstate(all="ignore"):
        shrinking = np.cumprod(np.full(1100, 0.2, dtype=name), dtype=name)
        growing = np.cumprod(np.full(1100, 2, dtype=name), dtype=name)
    print(f"{name}: {info.nmant + 1} binary digits, largest number {info.max:.3g},")
    print(f"   smallest {info.tiny:.3g}, and {info.smallest_subnormal:.2g} with fewer digits")
    zero, least = 1 + np.argmax(shrinking == 0), float(info.smallest_subnormal)  # or half of it
    print(f"   0.2^n is 0 from n = {zero} on, derived {layers_until(0.2, least)};", end="  ")
    inf = 1 + np.argmax(np.isinf(growing))
    print(f"2^n is inf from n = {inf} on, derived {layers_until(2, float(info.max))}")
tiny = float(np.finfo("float32").tiny)
print(f"0.2^n is below the smallest float32 with all digits from n = {layers_until(0.2, tiny)} on")

# %% [markdown]
# Compare with the first guess in your log: 65 in NumPy. (TensorFlow on a CPU drops the numbers with fewer digits, and
# loses $0.2^n$ at $n=55$.) So the $0.2^{10}$ of the “Improving” deck is far from any limit in float32, and $2^{10}$ does
# not even leave float16, which overflows at $2^{16}$, as float32 does at $2^{128}$. And an overflow is not yet a `nan`:

# %%
with np.errstate(all="ignore"):
    top = np.float32(2) ** 128
    print(f"2^10 in float16: {np.float16(2) ** 10:.0f}", f"  2^128 in float32: {top}")
    print("inf - inf:", top - top, "  0 · inf:", 0 * top, "  inf > 10:", top > 10)
    print("nan > 10:", (top - top) > 10, "  nan < 10:", (top - top) < 10)

# %% [markdown]
# First comes `inf`; as soon as two of them are subtracted, or one meets a zero, `nan`. Note the last line: with `nan`
# every such comparison is `False`.

# %%
FACTORS = {0.1: (BLUE, "-"), 0.2: (SKY, "--"), 0.25: (GREEN, "-."), 0.5: (PURPLE, ":"),
           1: (BLACK, "-"), 1.5: (ORANGE, ":"), 2: (VERMILION, "-"), 3: (GREY, "--")}


def fan(last, formats, **frame):
    """The powers of eight factors in decades, and where the formats end."""
    ends = {}
    for name in formats:
        info = np.finfo(name)
        for limit, beyond in ((info.smallest_subnormal, "0"), (info.max, "inf")):
            ends[f"{name}: {beyond}"] = np.log10(limit)
    return curves(
        [0, last], {f"f = {f}": [0, last * math.log10(f)] for f in FACTORS},
        looks={f"f = {f}": (*look, "") for f, look in FACTORS.items()}, xlim=(0, last),
        across={f"_{name}": height for name, height in ends.items()}, legend="none",
        also=lambda ax: [ax.text(1.02 * last, height, name, va="center", fontsize=9)
                         for name, height in ends.items()],
        xlabel="number of factors n", ylabel="log₁₀ fⁿ", **frame)


show(
    fan(30, ["float16"], ylim=(-10, 10), title="float16 ends within 30 layers"),
    fan(1100, ["float32", "float64"], ylim=(-380, 380),
        title="float32 and float64 only last longer"),
    legend="right", size=(10, 3.8),
    alt="Powers of eight factors from 0.1 to 3 against the number of factors, vertical axis in "
    "powers of ten: straight lines that fan out from 1. Left, up to 30 factors: all but f = 1 "
    "leave the range of float16, between 6e-8 and 65504, the line of 0.1 after eight factors. "
    "Right, up to 1,100 factors: they leave float32 after some dozens to some hundreds, and "
    "float64 about seven or eight times later, 1.5 only beyond the right edge. f = 1 stays.",
)

# %% [markdown]
# Straight lines, as derived, each with the slope $\log f$. An exact power whose factor is not 1 leaves every format in
# the end; a wider format moves the end, by a factor of seven or eight from float32 to float64, and does not change the
# slope. Move the sliders to see one product in three formats at once.

# %%
def one_power(f, n):
    """f^0 to f^n in three formats; a cross where the next one is 0 or inf."""
    n, lines, ends = int(n), {}, []
    for name in ("float64", "float32", "float16"):
        with np.errstate(all="ignore"):
            values = np.cumprod(np.array([1] + [f] * n, dtype=name), dtype=name).astype(float)
            decades = np.log10(values)
        lines[f"{name} {values[-1]:.3g}"] = np.where(np.isfinite(decades), decades, np.nan)
        ends += [(k - 1, decades[k - 1]) for k in np.flatnonzero(~np.isfinite(decades))[:1]]
    looks = dict(zip(lines, [(BLUE, "-", ""), (ORANGE, "--", ""), (VERMILION, ":", "")]))
    return curves(
        None, lines, looks=looks, xlabel="number of factors", ylabel="log₁₀ fⁿ",
        marks={"_ends": np.reshape(ends, (-1, 2)).T}, xlim=(0, n),
        title=f"{f:.2f} to the {n} in three formats")


explore(
    one_power,
    alt="Powers of 0.2 up to n = 80 in three formats, on one falling line. The line of float16 "
    "(dotted) ends after 10 factors and that of float32 (dashed) after 64, each with a cross; "
    "float64 (solid) goes on to 1e-56.",
    f=(0.1, 3, 0.05, 0.2),
    n=(10, 600, 10, 80),
)

# %% [markdown]
# At $f=0.2$ the three agree until each ends. At $f=1.05$, one slider step above 1, float16 still overflows within
# 600 factors. Now try $f=0.9$ and $n=600$: the line of float16 does not end. It comes down and then runs level, for
# ever. Let us see where it stays, for some factors in two formats.

# %%
def end_of_product(f, name):
    """What 1·f·f·f… becomes when it stops changing, in units of the smallest number, and when."""
    number = np.dtype(name).type
    value, factor, n = number(1), number(f), 0
    while value * factor != value:
        value, n = value * factor, n + 1
    return float(value) / float(np.finfo(name).smallest_subnormal), n


for f in (0.4, 0.5, 0.6, 0.75, 0.9, 0.99):
    ends = [end_of_product(f, name) for name in ("float16", "float32")]
    words = [f"{name} {k:4.0f} after {n:5}" for name, (k, n) in zip(FORMATS, ends)]
    print(f"f = {f:4}: {'   '.join(words)}   1/(2(1-f)) = {1 / (2 - 2 * f):5.2f}")

# %% [markdown]
# A factor up to ½ comes down to 0. A factor between ½ and 1 **sticks**: the smallest numbers of a format lie one unit
# apart, so that from $k$ units the next product takes off $k(1-f)$ of a unit, and rounding gives that back as soon as it
# is less than half. The product stays at about $k = 1/(2(1-f))$ units and never reaches 0 (the last column; where $k$
# falls on exactly half a unit, the format's own rule and its own value of $f$ decide). So the formula says when a power
# *would* leave the format, and rounding may prevent it. Keep the reason in mind: **a change of less than half the
# distance to the next number does not happen.** The next section applies this to weights.

# %% [markdown]
# ## A step that is lost
#
# $0.2^{10}$ is a perfectly good float32 number. Why, then, did the weights in the first figure not move? The agenda notes
# have the reason, with a few slips on the way. They take a gradient of four factors and write, line by line:
#
# > $w_n = w_0 - \eta * \frac{\partial L}{\partial w}$, $\quad LR = 0.01$
# >
# > $= 0.1 \times 0.1 \times 0.001 \times 0.01 = .000000001$
# >
# > $W_0 = 1$, $\quad W_n = W_0 - .01 \times 0.000000001 = 1 - .000000000001$
# >
# > $W_n = .000000000099$
# >
# > $W_n \approx W_0$, $\quad W_n = W_0$
#
# ## Exercise 2.3: the update of the agenda notes (2 points)
#
# Write `slide_update(factors, w0, lr)`. It returns a pair: the gradient, which is the product of the factors, and the
# new weight after one step.
#
# `factors` is a list of numbers, of any length, which you leave as it is; `w0` and `lr` are numbers. For
# `slide_update([0.5, 0.2], 1.0, 0.5)` the result is `(0.1, 0.95)`. Before you run it on the numbers of the notes, go
# through their five lines with a pencil and mark what you believe.

# %%
def slide_update(factors, w0, lr):
    """One step of gradient descent with a gradient that is a product.

    Args:
        factors: the local slopes along the path, a list of numbers.
        w0: the weight before.
        lr: the learning rate.

    Returns:
        (gradient, new weight).
    """
    ### BEGIN SOLUTION
    grad = math.prod(factors)
    return grad, w0 - lr * grad
    ### END SOLUTION

# %%
check(slide_update)

# %% [markdown]
# Now the notes, line by line.

# %%
grad, w1 = slide_update([0.1, 0.1, 0.001, 0.01], 1.0, 0.01)
print(f"the product    {grad:.0e}            printed 1e-9 (.000000001)")
print(f"0.01 × 1e-9    {0.01 * 1e-9:.0e}            printed 1e-12")
print(f"1 - 1e-12      {1 - 1e-12:.12f}   printed .000000000099")
print(f"all of it      {w1:.9f}      printed W_n ≈ W_0, then W_n = W_0")
print(f"the product times the learning rate: {grad * 0.01:.0e}")

# %% [markdown]
# Three slips in three lines. The product is $10^{-7}$; it would be $10^{-9}$ with the learning rate in it, which the
# next line then counts a second time. That line should give $10^{-11}$ from the notes' own numbers. And 1 minus nearly
# nothing is nearly 1, not nearly nothing. The conclusion of the notes, $W_n\approx W_0$, is right all the same. Is their
# last line, $W_n=W_0$, right as well?
#
# ### Derive: the smallest step that moves a weight
#
# A format with $p$ binary digits has $\varepsilon=2^{1-p}$, and between $2^k$ and $2^{k+1}$ its numbers lie a constant
# distance apart:
#
# $$\text{spacing} = 2^k\varepsilon \qquad\text{for}\quad 2^k\le w<2^{k+1} .$$
#
# The computer rounds the exact difference $w-s$ to the nearest number it has. That is $w$ itself, and the update is
# lost, if $s$ is less than half the distance to the next number in its direction:
#
# $$s < \tfrac12\cdot 2^k\varepsilon \qquad\text{for } w \text{ inside the interval.}$$
#
# If $w=2^k$ sits on the border and the step leads towards zero, the next number belongs to the interval below, where
# they lie twice as dense:
#
# $$s < \tfrac12\cdot 2^{k-1}\varepsilon = \tfrac14\cdot 2^k\varepsilon .$$
#
# For $W_0=1$ in float32, $\varepsilon=2^{-23}$: a step down is lost below $2^{-25}=2.98\cdot10^{-8}$, a step
# up below $2^{-24}=5.96\cdot10^{-8}$.
#
# ### Check the claim

# %%
one = np.float32(1)
print(f"thresholds: down {2.0**-25:.3g}, up {2.0**-24:.3g}")
for step in (2.9e-8, 3.0e-8, -5.9e-8, -6.0e-8):
    after = one - np.float32(step)
    print(f"1 - ({step:8.1e}) = {after:.9f}   {'lost' if after == one else 'moved'}")

# %% tags=["demo"]
w_axis = np.geomspace(1e-2, 1e3, 3000)
stairs = {}
for name in FORMATS:
    w_there = w_axis.astype(name)
    down = np.nextafter(w_there, np.zeros_like(w_there))
    stairs[f"half a spacing of {name}"] = (w_there.astype(float) - down.astype(float)) / 2
show(
    curves(w_axis, stairs, log="xy", marks={"the step of the notes": (1, 1e-9)},
           title="A step below the line does not move the weight",
           xlabel="weight w", ylabel="step"),
    legend="right", size=(9, 3.6),
    alt="Smallest step that moves a weight, against the weight, both axes logarithmic: three "
    "staircases that rise with the weight and double at every power of two. At weight 1 they "
    "stand near 2e-4 for float16, 3e-8 for float32 and 6e-17 for float64. The notes' step of "
    "1e-9 at weight 1 lies below the line of float32 and above that of float64.",
)

# %% [markdown]
# Stairs, since the spacing doubles at each power of two and is constant in between. What counts is the step *relative to
# the weight it is taken from*: $10^{-9}$ is lost on a float32 weight of 1, and would move one of 0.01. The second guess
# in your log: $2.98\cdot10^{-8}$.

# %% [markdown]
# ## Exercise 2.4: is this update lost? (2 points)
#
# Write `update_lost(w, g, lr, dtype)`: `True` if the new weight $w-\text{lr}\cdot g$, computed in `dtype`, is exactly
# $w$, and `False` if it is any other number.
#
# - `w`, `g` and `lr` are plain Python numbers; `w` and `g` may be negative. `w` is one that `dtype` can hold.
# - `dtype` is a NumPy type: `np.float16`, `np.float32` or `np.float64`. A number becomes one of that type by
#   `dtype(number)`.
#
# `update_lost(1.0, 1e-7, 0.01, np.float32)` is `True`: the step is $10^{-9}$.
# `update_lost(1.0, 1e-5, 0.01, np.float32)` is `False`.
#
# <details><summary>A thought, if you are looking for a formula</summary>
#
# You may compute spacings. You may also let the computer do what it does, and look at the result.
#
# </details>

# %%
def update_lost(w, g, lr, dtype):
    """Whether the update w - lr * g, computed in dtype, leaves w as it is.

    Args:
        w: the weight, a Python number that dtype can hold.
        g: its gradient.
        lr: the learning rate.
        dtype: np.float16, np.float32 or np.float64.

    Returns:
        True or False.
    """
    ### BEGIN SOLUTION
    number = np.dtype(dtype).type
    return bool(number(w) - number(lr) * number(g) == number(w))
    ### END SOLUTION

# %%
check(update_lost)

# %% [markdown]
# The notes can be read in three ways, and it depends on them and on the format whether $W_n=W_0$.

# %%
readings = {
    "four factors, right": (1e-7, 0.01),
    "the notes' own 1e-9": (1e-9, 0.01),
    "the 0.01 was the learning rate": (1e-5, 0.01),
}
for words, (g, lr) in readings.items():
    lost = {name: update_lost(1.0, g, lr, getattr(np, name)) for name in FORMATS}
    fate = " ".join(f"{name} {'lost' if lost[name] else 'moves':5}" for name in FORMATS)
    print(f"{words:30} step {lr * g:.0e}, W_n = {1 - lr * g:.11f}\n   {fate}")

# %% [markdown]
# With the right product, $W_n=0.999999999$ on paper and in float64; in float32, the format in which Keras trains unless
# told otherwise, $W_n=W_0$ *exactly*: the last line of the notes is literally true. Only if the factor 0.01 was the
# learning rate already, which the notes leave open, is the step $10^{-7}$, and float32 sees it.
#
# ### Is the rounding to blame?
#
# The network from the beginning again, in float64:

# %% tags=["demo"]
wide_nets = [network("sigmoid", seed=seed, dtype=np.float64) for seed in SEEDS]
wide_runs = train(wide_nets, lr=0.01)
for name, some in (("float32", sigmoid_runs), ("float64", wide_runs)):
    ends = [(ws[0][1], ws[-1][1]) for ws, _ in some]
    same = np.mean([start == end for start, end in ends])
    way = max(np.linalg.norm(end - start) / np.linalg.norm(start) for start, end in ends)
    last = [losses[-1] for _, losses in some]
    print(f"{name}: of layer 1 unchanged {same:4.0%}, moved by at most {way:.0e} of its length")
    print(f"         loss {min(last):.5f} to {max(last):.5f}")

# %% [markdown]
# In float64 every weight of the first layer moves, by at most two millionths of the layer's length, and the loss ends
# at the same 5.70000. For this network rounding made the standstill exact, and did not cause it: the cause is the
# product of small factors, and more digits are no cure. (Under “Beyond the lecture” you will meet a network in which it
# is the other way round.)
#
# ### A word on the loss of the notes
#
# Before the update rule the agenda notes write “$L = \hat y - y$”. Nothing bounds that from below, and gradient descent
# follows it down without end.

# %%
target, plain, squared = 3.0, 1.0, 1.0  # the prediction is the weight itself
for _ in range(2000):
    plain -= 0.01 * 1  # the slope of ŷ - y
    squared -= 0.01 * 2 * (squared - target)
print(f"ŷ - y:    prediction {plain:6.2f}, “loss” {plain - target:.2f}, and falling")
print(f"(ŷ - y)²: prediction {squared:6.2f}, loss {(squared - target) ** 2:.2g}")

# %% [markdown]
# The target is 3. With the difference as its loss the prediction runs away from it for ever; the square has its minimum
# where they meet.

# %% [markdown]
# ## Reading a trace
#
# In practice one does not see factors, but what is written down while a network trains: weights and losses. The
# “Improving” deck (slide “Problem: Vanishing / Exploding Gradients”) shows two traces of a weight, “1, 1.0002 … 1.0007”
# under “Vanishing Gradient” and “1, 12, -10, 8, -6, 14, -12” under “Exploding Gradient”.

# %%
still = [1, 1.0002, 1.0003, 1.0004, 1.0005, 1.0006, 1.0007]
wild = [1, 12, -10, 8, -6, 14, -12]
for name, trace in (("first", still), ("second", wild)):
    spread, size = np.ptp(trace), np.max(np.abs(trace))
    growth = size / abs(trace[0])
    print(f"{name} row: spread {spread / size:.1e} of its size, grew {growth:.4g} times;")
    gradients = -np.diff(trace) / 0.01
    print("   gradients, at a learning rate of 0.01:", *[f"{g:.2f}" for g in gradients])

# %% tags=["demo"]
def enlarged(ax):
    """The same trace once more, its own range filling the height."""
    inset = ax.inset_axes((0.42, 0.64, 0.53, 0.3))
    inset.plot(still, "o-", color=BLUE, markersize=3)
    inset.set_xticks([])
    inset.set_yticks([1, 1.0007], ["1", "1.0007"], fontsize=8)


show(
    curves(None, still, ylim=(0.9, 1.1), title="Hardly moves: vanishing", xlabel="step",
           ylabel="weight", also=enlarged),
    curves(None, wild, looks={"_": (VERMILION, "-", "o")}, title="Jumps about: exploding",
           xlabel="step", ylabel="weight"),
    curves(*page, looks={"_": (BLACK, "--", "D")}, ylim=(0, 7), xticks=page[0],
           title="Flat: but why?", xlabel="epoch", ylabel="loss"),
    alt="Three panels. First: a weight goes from 1 to 1.0007 in six steps, a level line on an axis "
    "from 0.9 to 1.1; enlarged in the corner, it rises steadily. Second: a weight jumps from 1 to "
    "12, -10, 8, -6, 14 and -12. Third: a loss of 6.5 at epoch 1 and 5.7 at epochs 101, 201 "
    "and 301.",
)

# %% [markdown]
# The first row stays within a thousandth of its size. (A gradient of 0.01 is no tiny number: "vanishing" is about what
# a step does to a weight.) The second grows to 14 times its size at the start, and from the second step on each step is
# so long that the weight changes its sign. The third panel alone says little: a loss is flat where no
# gradient arrives, and also where nothing is left to learn.
#
# The “Problems” deck answers its question “How to identify which gradient the model is suffering from ?” with a table:
#
# | row | exploding | vanishing |
# |---|---|---|
# | 1 | “There is an exponential growth in the model parameters of the lower or initial layers.” | “The parameters of the higher layers change significantly whereas the parameters of lower or initial layers would not change much or not at all.” |
# | 2 | “The model weights may become NaN during training” | “The model weights may become close to 0 during training.” |
# | 3 | “During training the model may abruptly increase loss values by a large amount.” | “During training the model learns very slowly and the training stagnates at a very early stage.” |
#
# Some of that holds, some does not. First write a rule that does; then we test the table.
#
# ## Exercise 2.5: diagnose a run (2 points)
#
# Write `diagnose(traces)`, which returns `'vanishing'`, `'exploding'` or `'healthy'`.
#
# `traces` is a dictionary. Under the name of each layer, whatever it is, it has a list: the values that one of the
# layer's weights took, first layer first. Under the key `'loss'`, wherever that stands, it has the list of losses. No
# list starts with 0. Leave the dictionary and its lists as they are. Call a run
#
# - *exploding* if anywhere, in a weight or in the loss, a value is `nan` or infinite, or has grown to many times the
#   size of the first one;
# - *vanishing* if it does not explode, and in at least one layer the weight hardly moves: all its values lie within a
#   tiny part of its size;
# - *healthy* otherwise. A flat loss alone proves nothing, nor does a small weight, nor one that changes its sign.
#
# The thresholds are yours. In the runs that are tried, a weight that hardly moves stays within a thousandth of its
# size, and one that moves covers at least a tenth of it; what explodes grows to twelve times its first size or more,
# and everything else to one and a half times at most. (A hundredth and a factor of five lie well between.) Both rows
# above are among the runs.
#
# For `{'W1': [1, 1.0002, 1.0003], 'W2': [0.5, 0.4, 0.3], 'loss': [6.5, 5.7, 5.7]}` the answer is `'vanishing'`.

# %%
def diagnose(traces):
    """What the record of a run tells.

    Args:
        traces: layer's name -> list of a weight's values; 'loss' -> list of losses.

    Returns:
        'vanishing', 'exploding' or 'healthy'.
    """
    ### BEGIN SOLUTION
    for values in traces.values():
        sizes = np.abs(values)
        if not np.all(np.isfinite(sizes)) or np.max(sizes) > 5 * sizes[0]:
            return "exploding"
    for name, values in traces.items():
        if name != "loss" and np.ptp(values) < 0.01 * np.max(np.abs(values)):
            return "vanishing"
    return "healthy"
    ### END SOLUTION

# %%
check(diagnose)

# %% [markdown]
# ## Case study: twenty runs
#
# Four networks of ten layers on the data from the beginning, five seeds each: sigmoid units, the runs you know; tanh
# units with the same learning rate; ReLU units with weights twice as large as they should be, so that every layer about
# doubles the signal, also with that rate; and the tanh network again with a learning rate of $10^{-7}$. From each layer
# we follow one weight that is not especially small: of the larger half, the one that moves farthest relative to its
# size.

# %% tags=["demo"]
def twice_too_large(rng, n_in, n_out):
    return rng.normal(0, 2 * np.sqrt(2 / n_in), (n_in, n_out))


LARGE, TINY = "ReLU, large weights", "tanh, lr = 1e-7"
KINDS = {  # activation, weights at the start, learning rate
    "sigmoid": ("sigmoid", "glorot_uniform", 0.01),
    "tanh": ("tanh", "glorot_uniform", 0.01),
    LARGE: ("relu", twice_too_large, 0.01),
    TINY: ("tanh", "glorot_uniform", 1e-7),
}
runs = {"sigmoid": sigmoid_runs}
for kind in ("tanh", LARGE, TINY):
    act, init, lr = KINDS[kind]
    runs[kind] = train([network(act, init, seed) for seed in SEEDS], lr)

# %% tags=["demo"]
def traces_of(weights, losses):
    """One weight of each layer, and the loss."""
    traces = {"loss": losses}
    for l, start in weights[0].items():
        size = np.abs(start)
        moved = np.abs(weights[-1][l] - start) / size
        moved[size < np.median(size)] = -1
        place = np.unravel_index(np.argmax(moved), moved.shape)
        traces[f"layer {l}"] = [W[l][place] for W in weights]
    return traces


for kind, some in runs.items():
    with np.errstate(all="ignore"):
        answers = Counter(diagnose(traces_of(*run)) for run in some)
    words = ", ".join(f"{n} × {word}" for word, n in answers.items())
    print(f"{kind:20} {words:14}  last losses", *[f"{losses[-1]:.3g}" for _, losses in some])

# %% [markdown]
# Compare with your log: 15 of 20 are diagnosed correctly, and the other five are all of one kind. (The losses of the
# five tanh networks are still on their way down after 300 steps, some of them in jumps. “Healthy” says that they
# learn, not that they have learnt.) The tanh network with tiny steps is called vanishing, five times of five, and
# nothing vanishes in it: it is the network of the second line. The “Problems” deck lists “Small Learning Rate” under
# “Vanishing Gradients”. It is a different cause with the same trace, since $\eta\cdot g$ is small if either of the two
# is. The weights hold a clue that our rule throws away, and the gradients settle the matter.

# %% tags=["demo"]
for kind, (act, init, _) in KINDS.items():
    resting, ratios = [], []
    for seed in SEEDS:
        traces = traces_of(*runs[kind][seed])
        del traces["loss"]
        resting.append(sum(np.ptp(v) < 1e-3 * np.max(np.abs(v)) for v in traces.values()))
        net = network(act, init, seed)
        norms = net.kernel_norms(net.grads(X, y, "mse"))
        ratios.append(norms[1] / norms[10])
    print(f"{kind:20} layers at rest: {min(resting):2} to {max(resting):2} of 10,")
    print(f"{'':20} gradient of layer 1 / of layer 10: {min(ratios):.0e} to {max(ratios):.0e}")

# %% [markdown]
# With tiny steps all ten layers rest; with sigmoids five to seven do. And where the sigmoid network's gradient shrinks
# by a factor of several hundred thousand to ten million on its way to the first layer, in the tanh network it arrives
# with a fifth to twice the size it set out with, whatever the learning rate. Write gradients down, not only weights.

# %% tags=["demo"]
LOWEST, HIGHEST = 1e-10, 1e10  # exactly 0, and what is beyond, is drawn here
ways, lost = {}, []
for kind, some in runs.items():
    with np.errstate(all="ignore"):
        start = [ws[0][1] for ws, _ in some]
        way = [[np.linalg.norm(W[1] - first) / np.linalg.norm(first) for W in ws[1:]]
               for first, (ws, _) in zip(start, some)]
    ways[kind] = np.clip(way, LOWEST, HIGHEST)
    lost += [RECORDED[1 + np.argmax(np.isnan(one))] for one in way if np.isnan(one).any()]
    last = ways[kind][:, -1]
    print(f"{kind:20} {np.isnan(way).any(axis=1).sum()} of 5 become nan; the others moved by "
          f"{np.nanmin(last):.1g} to {np.nanmax(last):.1g} · ‖W₁‖")
show(
    curves(RECORDED[1:], ways, mean="geometric", log="xy", ylim=(LOWEST / 3, 3 * HIGHEST),
           marks={"nan from here on": (lost, np.full(len(lost), HIGHEST))},
           looks=dict(zip(runs, [(BLUE, "-", ""), (GREEN, "--", ""), (VERMILION, "-.", ""),
                                 (GREY, ":", "")])),
           xticks={1: "1", 10: "10", 100: "100"}, yticks=10.0 ** np.arange(-9, 10, 3),
           title="Tiny steps and a vanished gradient look alike",
           xlabel="step", ylabel="distance moved by W₁ / ‖W₁‖"),
    legend="right", size=(9.4, 3.8),
    alt="How far the first layer has moved, relative to its length, over 300 steps, both axes "
    "logarithmic, five seeds each. tanh: from about 0.001 to about 0.4. ReLU with large weights: "
    "about 10 or more after the first step; three of the runs end in nan at step 3, marked by "
    "crosses at the top, two stay level. Sigmoid, and tanh with tiny steps, rise together from "
    "about 1e-9 to between 1e-7 and 1e-5.",
    dpi=72,
)

# %% [markdown]
# From the top: ReLU with large weights leaps by about ten times its length or more in the first step; three of the five
# are `nan` from step 3 on, two stay where the leap took them. The healthy network covers 0.3 to 0.6 of its length, step
# by step. About six decades below run two bundles that one can't tell apart by eye after the first twenty steps. Two of
# the sigmoid curves begin at $10^{-10}$, where this figure draws an exact 0: in those runs not one weight of the
# first layer moved in the first steps. (This ratio, distance over length, is worth plotting for every network that
# you train.)
#
# Now the table of the “Problems” deck.

# %% tags=["demo"]
rms = lambda W: np.sqrt(np.mean(W**2))
growth = np.array([[rms(ws[1][l]) / rms(ws[0][l]) for l in (1, 10)] for ws, _ in runs[LARGE]])
low, high = growth.min(axis=0), growth.max(axis=0)
times = growth[:, 1] / growth[:, 0]
print("row 1, growth in the first step, ReLU with large weights:")
for l, least, most in zip((1, 10), low, high):
    print(f"  layer {l:2}: {least:.0f} to {most:.0f} times")
print("  layer 10 relative to layer 1, run by run:", end=" ")
print(f"{times.min():.0f} to {times.max():.0f} times as much")
print("row 2, layer 1 at the start and at the end:")
for kind in ("sigmoid", "tanh"):
    size = [np.mean([rms(ws[when][1]) for ws, _ in runs[kind]]) for when in (0, -1)]
    near = np.mean([np.abs(ws[-1][1]) < 0.05 for ws, _ in runs[kind]])
    print(f"  {kind:8} size {size[0]:.3f} → {size[1]:.3f}, {near:.0%} of it within 0.05 of zero")
print("row 3, loss of the ReLU runs after 0, 1, 2 and 300 steps:")
for _, losses in runs[LARGE]:
    print("  ", ", ".join(f"{losses[RECORDED.index(step)]:.3g}" for step in (0, 1, 2, 300)))

# %% [markdown]
# | row | “Problems” deck | the runs |
# |---|---|---|
# | 1 | exploding: growth in the *initial* layers | in all layers, and 5 to 18 times as much in the last as in the first |
# | 1 | vanishing: higher layers change, lower ones hardly | so it is, and of all six cells it tells most |
# | 2 | exploding: weights may become NaN | three of five do, within three steps |
# | 2 | vanishing: weights may become *close to 0* | they stay where they are; small ones are as common in the healthy network |
# | 3 | exploding: the loss may abruptly increase | in four of five; in one it only falls, and ends as flat as the sigmoid network's |
# | 3 | vanishing: stagnates early | so it does; but so do tiny steps, and networks that have learnt |
#
# On row 1 the gradient notes, read to the end, agree with the runs. They have three ReLU units in a chain, all weights 3,
# $x=1$, and assume “$\frac{dL}{dz_3} = 1$”. A weight's gradient is $dL/dz$ of its unit times what came into it:

# %%
inputs = [1.0, 3.0, 9.0]  # x, then what each unit hands on
dz = [3.0 * 3.0, 3.0, 1.0]  # layers 1 to 3: one more weight for each layer on the way back
dw = [slope * value for slope, value in zip(dz, inputs)]
print("dL/dz of layers 1 to 3:", dz, "  dL/dw of layers 1 to 3:", dw)

# %% [markdown]
# What grows towards the first layer is $dL/dz$. The inputs grow the other way, and the three weights have equal
# gradients: each contains both of the other weights. Lesson 03 takes this further.

# %% [markdown]
# ## The Keras way
#
# Keras computes in float32 unless told otherwise, and loses updates at the same threshold. TensorFlow takes some ten
# seconds to load, so this cell is switched off; set `RUN_KERAS` to `True` if it is installed. The comments say what to
# expect with Keras 3.15 on TensorFlow 2.21.

# %% tags=["demo"]
RUN_KERAS = False

if RUN_KERAS:
    import keras

    w = keras.Variable(1.0)
    sgd = keras.optimizers.SGD(learning_rate=0.01)
    sgd.build([w])
    sgd.apply([keras.ops.convert_to_tensor(1e-7)], [w])
    print("lost:", float(w) == 1.0)  # True: the update of the notes

    product = keras.ops.convert_to_tensor(1.0)
    for n in range(1, 80):
        product = product * keras.ops.convert_to_tensor(0.2)
        if float(product) == 0:
            print("0.2^n is 0 from n =", n)  # 55
            break

    for policy in ("mixed_float16", "mixed_bfloat16"):
        layer = keras.layers.Dense(3, dtype=policy)
        out = layer(keras.ops.ones((2, 4)))
        print(policy, "computes in", out.dtype, "and keeps", layer.kernel.dtype)  # float32, both

# %% [markdown]
# `model.fit(…, callbacks=[keras.callbacks.TerminateOnNaN()])` stops a run once its loss is nan or inf. The last lines
# are **mixed precision**: layers compute in 16 bits and keep their weights in 32. That saves half the memory of all
# that flows through a network, but not of its weights. Now you can say why.

# %%
g, scale = 1e-8, 2.0**15
print(f"a gradient of {g} in float16: {np.float16(g):.3g};")
print(f"2^15 times as large: {np.float16(g * scale):.3g},", end=" ")
print(f"and divided again, in float32: {np.float32(np.float16(g * scale)) / np.float32(scale):.3g}")
for name in ("float16", "float32"):
    lost = update_lost(1.0, 0.01, 0.01, getattr(np, name))
    print(f"a step of 1e-4 on a {name} weight of 1 is {'lost' if lost else 'not lost'}")

# %% [markdown]
# Two dangers, two remedies. A small gradient would become 0 in float16, so Keras multiplies the loss by $2^{15}$ to
# begin with, and divides the gradients again (`LossScaleOptimizer`, which `compile` puts around your optimiser under
# the policy `mixed_float16`). And ordinary steps would be lost on float16 weights, so those stay float32.

# %% [markdown]
# ## Beyond the lecture: bfloat16, and what is added in which precision
#
# Many large networks are trained today in a format that is neither float16 nor float32: **bfloat16**, a float32 with
# its last 16 bits cut off. It has the exponents of float32, so that gradients survive which float16 would turn into 0
# and no loss scaling is needed; but only eight binary digits. By your formula half a spacing below 1 is then
# $\tfrac14\cdot2^{-7}=2^{-9}\approx0.002$: every smaller step on a weight of 1 is lost. NumPy has no such type, but
# rounding to it takes three lines.

# %%
def bfloat16(x):
    """x rounded to the nearest bfloat16, to even digits in a tie, and returned as float32."""
    bits = np.atleast_1d(np.float32(x)).view(np.uint32)
    bits = (bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)
    return bits.view(np.float32).reshape(np.shape(x))


def float16(x):
    return np.float16(x).astype(np.float32)


for step in (0.0019, 0.0020):
    print(f"1 - {step} in bfloat16: {bfloat16(1 - step):.6f}")
print(f"1e-30 in float16 {float16(1e-30):g}, in bfloat16 {bfloat16(1e-30):.3g}")
for name, rounded in {"float16": float16, "bfloat16": bfloat16}.items():
    total = np.float32(0)
    for _ in range(3000):
        total = rounded(total + np.float32(1))
    print(f"1 + 1 + … + 1, 3000 times, each sum rounded to {name}: {total:.0f}")

# %% [markdown]
# The sum of 3000 ones is 256: from there on 1 is half a spacing, and is lost. So whatever *adds up* many small numbers
# needs more digits than what is multiplied: the sums inside a matrix product (hardware usually forms them in float32),
# the mean over a batch, the running averages of Adam or of batch normalisation, and the largest sum of all, a weight,
# which is its first value and all of its steps. Here is one network, 4-32-1 with tanh, on the data from above, trained
# three ways: in float32; with weights kept in bfloat16; with weights *used* in bfloat16 and *kept* in float32.

# %% tags=["demo"]
def train_rounded(kept_as, used_as, seed, steps=1000):
    """Loss before each step, weights being rounded where they are kept and where they are used."""
    net = MLP([4, 32, 1], ["tanh", "linear"], "glorot_uniform", seed)
    weights, losses = [kept_as(w) for w in net.get_weights()], []
    for step in range(steps):
        net.set_weights([used_as(w) for w in weights])
        if step % 50 == 0:
            losses.append(net.evaluate(X, y, "mse")[0])
        grads = net.grads(X, y, "mse")
        weights = [kept_as(w - 0.05 * g) for w, g in zip(weights, grads)]
    return losses


ways = {"float32": (np.float32, np.float32), "kept in bfloat16": (bfloat16, bfloat16),
        "used in bfloat16, kept in float32": (np.float32, bfloat16)}
rounded = {name: [train_rounded(*how, seed) for seed in range(3)] for name, how in ways.items()}
for name, some in rounded.items():
    middle, earlier, last = np.array(some)[:, [10, -3, -1]].T
    print(f"{name}:\n   loss after 500 steps {min(middle):.3f} to {max(middle):.3f}, after 950 "
          f"{min(last):.3f} to {max(last):.3f}, from 850 to 950 {np.mean(last / earlier) - 1:+.1%}")

# %% tags=["demo"]
show(
    curves(np.arange(0, 1000, 50), rounded, mean="geometric", log="y", xlabel="step",
           ylabel="training loss (MSE)", title="Weights kept in eight binary digits stop learning",
           looks={"float32": (BLACK, "-", ""), "kept in bfloat16": (VERMILION, "-.", ""),
                  "used in bfloat16, kept in float32": (SKY, "--", "")}),
    alt="Training loss over 1000 steps on a log axis, three seeds and their mean for each of three "
    "ways. In float32, and with weights used in bfloat16 but kept in float32, it falls together "
    "from about 7 to a few hundredths and on average is still falling, in the rounded runs with "
    "some jumps at the end. With weights kept in bfloat16 it "
    "follows them for some 200 steps and then runs level near 0.37.",
)

# %% [markdown]
# With weights kept in bfloat16 the loss comes to a stop at roughly ten times what the other two have reached, and
# these are, on average, still falling. Here rounding *is* the cause, not the symptom: the gradients arrive, and the
# steps are lost. Multiplying with rounded weights, on the other hand, costs little beside that, as long as the sum of
# the steps is kept in float32.

# %% [markdown]
# ## Errata hunt
#
# Five lines from the documents. Four of them are printed like this, and each of the four has something wrong. The fifth
# was right, and we broke it. Find out which one that is, and correct all five.
#
# 1. “Improving” deck: $(0.2)^{10}\,(O-Y) * \dots * W_{ho} * X$, of ten layers with sigmoids, as if the 0.2 told the size.
# 2. Agenda notes: $0.1\times0.1\times0.001\times0.01 = .000000001$
# 3. “Problems” deck: $w_{new} = w_{old} + \text{eeta} * dL/dw$
# 4. “Problems” deck: $dw_0 * 2^{10}$: “Extremely large value for weight update. Parameters can overflow, giving NaN
#    values”
# 5. Agenda notes: $W_n = 1 - .000000000001 = .000000000099$

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
# Number 3 is ours: the deck prints $w_{old} - \text{eeta} * dL/dw$. With a plus one climbs.
#
# Number 5 can be seen to be wrong at a glance, before any arithmetic: a step of $10^{-12}$ can't take a weight from 1 to
# $10^{-10}$. Holding a result against its inputs catches what no counting of decimals would.
#
# | printed | where | what is true |
# |---|---|---|
# | 38 for $L=10$, elsewhere $(1.5)^{10}$ | “Improving” deck | $1.5^9=38.44$ for nine matrices; $1.5^{10}=57.67$ for ten factors |
# | 0.002, then 0.001 for the same network | “Improving” deck | $0.5^9=0.00195$; the second is $0.5^{10}$, one factor too many |
# | $(0.2)^{10}(O-Y)\cdots W_{ho}X$ | “Improving” deck | nine weights hide in the dots, and the slopes alone are $0.25^{10}$ at best |
# | 1.5 for the slopes $\sigma'$ | “Improving” deck | slopes of these activations are at most 1; only weights can be larger |
# | $\left(dL/dw_n\right)^{10}$ | “Problems” deck | a product of local slopes, not the power of a gradient |
# | $2^{10}$ can overflow | “Problems” deck | it is 1024; float16 overflows at $2^{16}$, float32 at $2^{128}$ |
# | vanishing: weights become close to 0 | “Problems” deck | they stop moving, at any value |
# | exploding: growth in the initial layers | “Problems” deck | in all layers |
# | small learning rate, under vanishing | “Problems” deck | another cause of $w_{new}\approx w_{old}$; the gradients tell |
# | $L=\hat y-y$ | agenda notes | unbounded below: no loss |
# | $0.1\times0.1\times0.001\times0.01=10^{-9}$ | agenda notes | $10^{-7}$; perhaps the learning rate was counted in, and then once more |
# | $0.01\times10^{-9}=10^{-12}$ | agenda notes | $10^{-11}$ |
# | $W_n=.000000000099$ | agenda notes | $.999999999$; in float32 exactly 1 |
#
# </details>

# %% [markdown]
# ## Three questions

# %%
quiz()

# %% [markdown]
# > **One finding to keep.** A step that is less than half the distance to the next number leaves the weight as it is,
# > whatever its gradient. So a weight that stands still says little; look at the gradient before you say why.

# %% [markdown]
# ## Summary
#
# - $f^n$ is a straight line on a logarithmic axis; it reaches $t$ at the first whole $n\ge\log t/\log f$. Count which
#   factors there are: $L$ slopes, but $L-1$ weights.
# - Slopes of sigmoid, tanh and ReLU lie between 0 and 1, those of the sigmoid between 0 and ¼. What makes a gradient
#   grow are weights.
# - A step is lost if it is less than half the distance to the next number, $2.98\cdot10^{-8}$ for a float32 weight that
#   comes down from 1. Where the gradient has vanished, more digits don't help; where the digits are few, as in bfloat16,
#   they are all that is missing.
# - Judge a trace by its movement relative to its own size, over its whole length, and look at the gradients before you
#   blame them.
#
# *What would change my mind about rounding being the symptom in the sigmoid network:* that it stands still in float32
# and learns in float64, over several seeds.
#
# ## What to read next
#
# - D. Goldberg (1991), *What every computer scientist should know about floating-point arithmetic*, ACM Computing
#   Surveys 23(1): where $\varepsilon$, rounding and gradual underflow come from; read its first third.
# - P. Micikevicius et al. (2018), *Mixed precision training*, ICLR, arXiv:1710.03740: loss scaling and float32 master
#   weights, with a histogram of the gradients that float16 would lose.
# - D. Kalamkar et al. (2019), *A study of BFLOAT16 for deep learning training*, arXiv:1905.12322: what may be rounded to
#   eight binary digits, and what has to be added up in float32.
# - X. Glorot and Y. Bengio (2010), *Understanding the difficulty of training deep feedforward neural networks*, AISTATS:
#   the vanishing of the first figure, measured layer by layer; lesson 05 builds on it.

# %%
progress()
