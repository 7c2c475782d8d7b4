# %% [markdown]
# # Write a gradient as a product, and find the factor that is missing
#
# *About 100 minutes: reading 25, exercises 75. Two sittings: there is a break in the middle.*
#
# You will follow every arrow through a small network, give each its factor, and show by measuring that a number printed
# as "overall gradient" belongs to none of the weights. Then you let the computer do what you have done by hand: a class
# of fifty lines that finds the gradient of any formula made of its operations, as Keras does.
#
# | you will | you need | you will have learnt it when you can |
# |---|---|---|
# | derive the slope of the sigmoid, and write it so that it survives z = 1000 | derivatives of quotients, NumPy | say why it is never above ¼ |
# | carry a number through a chain of layers, without rounding | a loop | tell rounding from a real mistake |
# | write dy/dw for every weight of the chain | the chain rule; lesson 00 | name the arrow behind each factor |
# | do the same with matrices | shapes, transposes | say which factor repairs the shape |
# | write `Value`, automatic differentiation in small | classes, `__add__` and its kind | say in which order gradients have to flow, and why |

# %%
import math
import warnings

import numpy as np

from autograder import check, hint, progress, quiz, solution, use_mine
from nnlab import MLP
from nnlab.activations import sigmoid as sigma
from nnlab.figures import GREY, bars, curves, draw_graph, explore, figure, graph, points, show
from nnlab.figures import style
from nnlab.oracle import numerical_gradient, relative_error

# Yours of lesson 00 where they have passed their checks, else the course's own.
numerical_gradient, relative_error = use_mine(numerical_gradient, relative_error)
style()
rng = np.random.default_rng(1)

# %%
quiz("due")  # questions of earlier lessons that are due again

# %% [markdown]
# ## See it fail first
#
# The **gradient notes** (one of the five documents of [lesson 00](../00_start_here/00_start_here.ipynb)) work out a
# chain of three sigmoid layers of one unit each. All weights are 0.5, the input is 1. Under "Mathematical" they end in
# the line
#
# > Overall gradient → 0.25 × 0.24 × 0.23 = 0.0138 → small value
#
# If that is how strongly the output depends on the first weight, we can try it: move that weight, and watch the output.

# %%
output_for = lambda w1: sigma(0.5 * sigma(0.5 * sigma(w1 * 1.0)))
seen = (output_for(0.51) - output_for(0.49)) / 0.02
print(f"printed {0.25 * 0.24 * 0.23:.4f}, seen {seen:.4f}, {0.0138 / seen:.1f} times less")

# %% tags=["demo"]
w1 = np.linspace(-0.5, 1.5, 81)
lines = {"the network's output": output_for(w1),
         "with slope 0.0138": output_for(0.5) + 0.0138 * (w1 - 0.5)}
show(
    curves(w1, lines, marks={"_": (0.5, output_for(0.5))}, xlabel="first weight $w_1$",
           ylabel="output y", title="The output moves far less than the printed gradient says"),
    alt="The output of the three-layer network against its first weight, a nearly flat rising "
    "curve through the point at weight 0.5. A dashed line through the same point, with the "
    "printed slope of 0.0138, is about four times as steep.",
)

# %% [markdown]
# The dashed line leaves the curve at once. A factor of 3.9 is no rounding: something is missing from that product. (It
# might belong to another weight instead; we shall see.)
#
# ### Your log
#
# Write down before you go on:
#
# 1. Of the three weights of this network, which one moves the output most, and how many times more than the one that
#    moves it least?
# 2. Take many such networks with weights drawn from a normal distribution. In what share of them does a product of
#    three sigmoid slopes have the wrong *sign* for the first weight?

# %% [markdown] tags=["yours"]
# The weight that moves y most: … , … times more
#
# Wrong sign in … % of the networks

# %% [markdown]
# ## Derive: the slope of one sigmoid
#
# $$\sigma(z) = \frac{1}{1+e^{-z}} = (1+e^{-z})^{-1}$$
#
# $$\sigma'(z) = -(1+e^{-z})^{-2}\cdot\frac{d}{dz}\left(1+e^{-z}\right) \qquad\text{(power rule, the inner derivative is still to come)}$$
#
# $$\sigma'(z) = -(1+e^{-z})^{-2}\cdot\left(-e^{-z}\right) = \frac{e^{-z}}{(1+e^{-z})^2} \qquad\text{(the two signs cancel)}$$
#
# $$\sigma'(z) = \frac{1}{1+e^{-z}}\cdot\frac{e^{-z}}{1+e^{-z}} \qquad\text{(taken apart)}$$
#
# $$\sigma'(z) = \sigma(z)\,\bigl(1-\sigma(z)\bigr) \qquad\text{(since the two fractions add up to 1)}$$
#
# With $a=\sigma(z)$ this is $a(1-a)$, two numbers that add up to 1. Their product is largest when they are equal, at
# $a=\tfrac12$, so that the claim is: $\sigma'$ is nowhere above $\tfrac14$.
#
# ## Exercise 1.1: the sigmoid and its slope (1 point)
#
# Write `sigmoid(z)` and `dsigmoid(z)`.
#
# - `z` is a number or an array of any shape; the result has its shape.
# - `dsigmoid` is the derivative with respect to `z`, and is given `z`, not the sigmoid's output.
# - Both are finite and right for every `z` from -1000 to 1000, and leave `z` unchanged.
#
# For `z = 0` the two results are ½ and ¼.

# %%
def sigmoid(z):
    """1 / (1 + exp(-z)), for |z| up to 1000.

    Args:
        z: number or array.

    Returns:
        like z, between 0 and 1.
    """
    ### BEGIN SOLUTION
    small = np.exp(-np.abs(z))
    return np.where(np.asarray(z) >= 0, 1, small) / (1 + small)
    ### END SOLUTION


def dsigmoid(z):
    """The derivative of sigmoid at z.

    Args:
        z: number or array, what goes into the sigmoid.

    Returns:
        like z, between 0 and ¼.
    """
    ### BEGIN SOLUTION
    a = sigmoid(z)
    return a * (1 - a)
    ### END SOLUTION

# %%
check(sigmoid, dsigmoid)

# %% [markdown]
# ### Check the claim

# %%
z = np.linspace(-4, 4, 9)
measured = numerical_gradient(lambda z: sigma(z).sum(), z)
print(f"relative error of dsigmoid: {relative_error(dsigmoid(z), measured):.0e}")
fine = np.linspace(-4, 4, 8001)
print(f"largest slope {np.max(dsigmoid(fine)):.6f}, at z = {fine[np.argmax(dsigmoid(fine))]:.3f}")

# %% [markdown]
# The formula agrees with the measurement, and the maximum is ¼, at 0. Why did the exercise insist on $|z|\le1000$? Two
# ways to write one function:

# %%
far = np.array([-1000.0, 0.0, 1000.0])
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    print("1 / (1 + exp(-z))     ", 1 / (1 + np.exp(-far)), "·", said[-1].message)
    ratio = np.exp(far) / (1 + np.exp(far))
    print("exp(z) / (1 + exp(z)) ", ratio, "·", said[-1].message)

# %% [markdown]
# Both overflow: $e^{1000}$ is beyond any float64. In the first form that infinity is the denominator, and one over
# infinity is the right result, 0, with a warning. In the second it is numerator and denominator, and infinity over
# infinity is `nan`. A form that computes no exponential but $e^{-|z|}$ avoids both the warning and the `nan`.

# %% [markdown]
# ## The chain, forwards
#
# Notation for the first half of this lesson. A chain has $L$ layers of one unit. Layer $l$ multiplies what it is given
# by its weight and sends the result through the sigmoid:
#
# $$z_1 = w_1 x, \qquad z_l = w_l\,a_{l-1}, \qquad a_l = \sigma(z_l), \qquad y = a_L .$$
#
# ## Exercise 1.2: forwards through a chain (2 points)
#
# Write `forward_chain(x, w)`, which returns a pair `(z, a)`.
#
# - `x` is a number, `w` an array of $L\ge1$ weights, `w[0]` next to the input.
# - `z` and `a` are arrays (or lists) of length $L$: the sums before and the activations after each sigmoid. Don't
#   round.
#
# For `x = 1` and `w = (0, 2)` the result is `z = (0, 1)`, `a = (0.5, 0.7311)`.

# %%
def forward_chain(x, w):
    """Forward pass of a chain of sigmoid layers with one unit each.

    Args:
        x: number.
        w: weights (L,), w[0] next to x.

    Returns:
        (z, a): arrays (L,), before and after each sigmoid.
    """
    ### BEGIN SOLUTION
    z, a, sent = [], [], x
    for weight in w:
        z.append(weight * sent)
        sent = sigmoid(z[-1])
        a.append(sent)
    return np.array(z), np.array(a)
    ### END SOLUTION

# %%
check(forward_chain)

# %% [markdown]
# ### The printed numbers, one by one
#
# The gradient notes print $z_1=0.5$, $a_1=0.62$, $z_2=0.5\times0.62=0.31$, $a_2=0.58$, $z_3=0.5\times0.58=0.29$,
# $a_3=0.57$, and going back $\sigma'(z_3)=0.57\times(1-0.57)=0.25$, $\sigma'(z_2)=0.24$,
# $\sigma'(z_1)=0.62\times(1-0.62)=0.23$.

# %%
w_notes, z_printed = np.array([0.5, 0.5, 0.5]), [0.50, 0.31, 0.29]
a_printed, slopes_printed = np.array([0.62, 0.58, 0.57]), np.array([0.23, 0.24, 0.25])

z_notes, a_notes = map(np.asarray, forward_chain(1.0, w_notes))
print("layer      z  printed        a  printed    slope  from the rounded a  printed")
for l in range(3):
    exact, rough, printed = a_notes[l], a_printed[l], slopes_printed[l]
    print(f"{l + 1:5}  {z_notes[l]:.3f}     {z_printed[l]:.2f}   {exact:.4f}     {rough:.2f}   "
          f"{exact * (1 - exact):.4f}              {rough * (1 - rough):.4f}     {printed:.2f}")

# %% [markdown]
# The forward pass is right: all six numbers are the exact ones, rounded to two decimals. Of the three slopes only the
# middle one is. The first is printed as .23, but rounds to .24, from the exact activation (.2350) as from the rounded
# one (.2356): it was cut off, not rounded. The third is printed as .25, which is what the rounded activation gives; the
# exact slope, .2449, rounds to .24 as well.
#
# ## Exercise 1.3: the product of the slopes (1 point)
#
# Write `derivative_product(a)`: the product of the sigmoid slopes $a_l(1-a_l)$ of all layers, from the activations $a$
# alone. Return a number.
#
# For `a = (0.5, 0.8)` it is $0.25\cdot0.16 = 0.04$.

# %%
def derivative_product(a):
    """The product of the slopes of a chain's sigmoids.

    Args:
        a: activations (L,), what came out of each sigmoid.

    Returns:
        a number.
    """
    ### BEGIN SOLUTION
    a = np.asarray(a)
    return np.prod(a * (1 - a))
    ### END SOLUTION

# %%
check(derivative_product)

# %%
candidates = {
    "printed, .25 · .24 · .23": 0.25 * 0.24 * 0.23,
    "activations of two decimals": derivative_product(a_printed),
    "exact product of slopes": derivative_product(a_notes),
    "measured dy/dw₁": (output_for(0.5 + 1e-6) - output_for(0.5 - 1e-6)) / 2e-6,
}
for name, value in candidates.items():
    times = value / candidates["measured dy/dw₁"]
    print(f"{name:28} {value:.7f}   {times:.3f} times the measured one")
off = slopes_printed / (a_notes * (1 - a_notes)) - 1
print("printed slopes, off by", ", ".join(f"{share:+.1%}" for share in off))
print(f"printed product, off by {0.0138 / candidates['exact product of slopes'] - 1:+.1%}")

# %% [markdown]
# Rounding is not the culprit. The first and the third printed slope are wrong by 2.1 % in opposite directions and make
# up for one another; what is left in the product is the honest rounding of the second. Between the exact product and
# the measurement lies a factor of exactly 4. Where could a 4 come from, in a network whose weights are all ½?

# %% [markdown]
# ## Derive: one factor for every arrow
#
# Each step of the forward pass is a small function, and each has a derivative of its own:
#
# $$\frac{\partial a_l}{\partial z_l} = a_l(1-a_l), \qquad \frac{\partial z_l}{\partial a_{l-1}} = w_l, \qquad \frac{\partial z_l}{\partial w_l} = a_{l-1} \quad (a_0 = x).$$
#
# The chain rule multiplies them along the path from $y$ back to the weight. The last weight has the shortest path:
#
# $$\frac{\partial y}{\partial w_3} = \frac{\partial a_3}{\partial z_3}\cdot\frac{\partial z_3}{\partial w_3} = a_3(1-a_3)\cdot a_2 .$$
#
# One layer earlier the path goes on, through the *weight* of layer 3 and the slope of layer 2:
#
# $$\frac{\partial y}{\partial w_2} = \frac{\partial a_3}{\partial z_3}\cdot\frac{\partial z_3}{\partial a_2}\cdot\frac{\partial a_2}{\partial z_2}\cdot\frac{\partial z_2}{\partial w_2} = a_3(1-a_3)\cdot w_3\cdot a_2(1-a_2)\cdot a_1 .$$
#
# And once more:
#
# $$\frac{\partial y}{\partial w_1} = a_3(1-a_3)\cdot w_3\cdot a_2(1-a_2)\cdot w_2\cdot a_1(1-a_1)\cdot x .$$
#
# Three slopes, *two weights*, and the input. The notes have the slopes; $w_2 w_3=\tfrac14$ is missing, and that is the 4.
# In the figure, follow the arrows back from $y$ to a weight, and multiply what you meet.

# %% tags=["demo"]
def chain_graph(w):
    """The chain of the gradient notes with all three weights at w."""
    sent = [1.0, *forward_chain(1.0, np.full(3, w))[1]]
    names = ["x", "a₁", "a₂", "y"]
    places, edges, notes, so_far = {"x": (0, 0)}, [], {}, 1.0
    for l in (3, 2, 1):
        z_l, a_l, w_l = (letter + "₀₁₂₃"[l] for letter in "zaw")
        places |= {names[l]: (2 * l, 0), z_l: (2 * l - 1, 0), w_l: (2 * l - 1, -1.35)}
        slope = sent[l] * (1 - sent[l])
        so_far *= slope
        notes[w_l] = f"dy/d{w_l} = {so_far * sent[l - 1]:.4f}"
        so_far *= w
        edges += [(names[l - 1], z_l, w_l, w), (w_l, z_l, names[l - 1], sent[l - 1])]
        edges += [(z_l, names[l], f"{a_l}(1 - {a_l})", slope)]
    title = f"All weights {w:g}: three slopes and two weights lie between y and w₁"
    return figure(graph(places, edges, notes=notes, title=title), size=(8.6, 2.9))


explore(
    chain_graph,
    alt="A graph in one row: x, z1, a1, z2, a2, z3, y. Arrows into each z carry the weight, 0.5; "
    "arrows from z to a carry the sigmoid's slope, 0.235, 0.244 and 0.245. From below a "
    "weight leads into each z, with the incoming activation as local derivative: 1, 0.622 and "
    "0.577. Below the weights stand their gradients 0.0035, 0.0186 and 0.1413.",
    w=(-3.0, 3.0, 0.25, 0.5),
)

# %% [markdown]
# Start at $y$ and walk left. Every layer costs one arrow through a sigmoid, which is never above ¼, and one through a
# weight, which may be anything. Move the slider: where does $w_1$ get its largest gradient? (We come back to this after
# the exercise.)
#
# ## Exercise 1.4: dy/dw for every weight (3 points)
#
# Write `dy_dw(x, w)`: an array with $\partial y/\partial w_l$ for $l=1\dots L$, for a chain of any length, as exact as
# floats allow.
#
# - `x` is a number, `w` an array of $L\ge1$ weights, which may differ.
# - Entry 0 belongs to `w[0]`, the weight next to the input. You may call your `forward_chain`.
#
# For `x = 2`, `w = (0,)` the result is `(0.5,)`: slope ¼ times input 2. For the notes' network it is
# `(0.0035108, 0.0185984, 0.1413331)`.
#
# <details><summary>A thought, if the formulas grow faster than your code</summary>
#
# Walk from the back and carry one number along: the derivative of $y$ with respect to what you are standing at. At
# each layer, use it, then pass it on.
#
# </details>

# %%
def dy_dw(x, w):
    """The derivative of a sigmoid chain's output with respect to each of its weights.

    Args:
        x: number.
        w: weights (L,), w[0] next to x.

    Returns:
        array (L,): dy/dw for each weight.
    """
    ### BEGIN SOLUTION
    z, a = forward_chain(x, w)
    incoming = np.append(x, a[:-1])
    gradient, delta = np.zeros(len(w)), 1.0
    for l in reversed(range(len(w))):
        delta = delta * dsigmoid(z[l])
        gradient[l] = delta * incoming[l]
        delta = delta * w[l]
    return gradient
    ### END SOLUTION

# %%
check(dy_dw)

# %% [markdown]
# ### Check it against a witness
#
# The witness is `numerical_gradient` of lesson 00, the judge `relative_error`: your own, if they have passed their
# checks.

# %%
w_long = np.array([1.3, -0.7, 2.1, 0.4, -1.6])
derived = np.asarray(dy_dw(0.8, w_long))
measured = numerical_gradient(lambda w: forward_chain(0.8, w)[1][-1], w_long)
print("derived ", derived)
print("measured", measured)
print(f"relative error {relative_error(derived, measured):.0e}")
for weight in (0.5, 1.0, 1.5, 2.0, 3.0):
    print(f"all weights {weight}: dy/dw₁ = {np.asarray(dy_dw(1.0, np.full(3, weight)))[0]:.5f}")

# %% [markdown]
# Derivation and measurement agree. The last lines answer the question at the slider: larger weights help at first,
# since two of them are factors on the path, and of these five 1.5 is the best. But they also push the sigmoids away
# from 0, where their slopes are large; at 3 the gradient is smaller than at ½.
#
# ### Whose gradient is 0.0138?

# %% tags=["demo"]
gradients = np.asarray(dy_dw(1.0, w_notes))
products = {"printed": 0.25 * 0.24 * 0.23, "exact product of slopes": derivative_product(a_notes),
            "two-decimal activations": derivative_product(a_printed)}
true = dict(zip(("dy/d$w_1$", "dy/d$w_2$", "dy/d$w_3$"), gradients))
true["one w shared by all three: the sum"] = gradients.sum()
rows = {name: {"a product of slopes": value} for name, value in products.items()}
rows |= {name: {"a gradient": value} for name, value in true.items()}
show(
    bars(rows, words="{:.5f}", log="x", xlim=(1e-3, 0.6), xlabel="value (log axis)",
         title="The printed 0.0138 is nobody's gradient"),
    legend="below",
    alt="Seven bars on a logarithmic axis. Plain: printed 0.0138, exact product of slopes "
    "0.01404, from two-decimal activations 0.01407. Hatched: dy/dw1 0.00351, dy/dw2 0.0186, "
    "dy/dw3 0.1413, their sum 0.1634. No hatched bar is as long as a plain one.",
)
together = lambda w: forward_chain(1.0, np.full(3, w))[1][-1]
along = lambda x: forward_chain(x, w_notes)[1][-1]
print(f"measured, all three weights moved together: {numerical_gradient(together, 0.5):.4f}")
print(f"measured, x moved: dy/dx = {numerical_gradient(along, 1.0):.5f}")
print(f"dy/dw₃ is {gradients[2] / gradients[0]:.0f} times dy/dw₁")

# %% [markdown]
# The plain bars are three versions of the product of slopes, and differ by rounding only. The hatched bars are
# gradients: of each weight by itself, and of one weight shared by all three layers (the notes write a single $w$),
# which collects the sum of the three, as the measurement confirms. No hatched bar has the length of a plain one. What
# the notes compute is a useful *part* of a gradient, and the part that shrinks; but it is not the gradient of any
# weight. And $\partial L/\partial y$, the factor that knows the target, is missing as well.
#
# ### Could the missing weights have been left out for simplicity?

# %% tags=["demo"]
def products_and_gradients(seed, n=500):
    """The product of slopes and dy/dw1 for n chains of three weights from a normal distribution."""
    draws = np.random.default_rng(seed).normal(size=(n, 3))
    products = [derivative_product(forward_chain(1.0, w)[1]) for w in draws]
    return np.array([products, [dy_dw(1.0, w)[0] for w in draws]])

# %% tags=["demo"]
pairs = [products_and_gradients(seed) for seed in range(10)]
wrong = np.array([np.mean(product * true < 0) for product, true in pairs])
ratios = np.concatenate([product / np.abs(true) for product, true in pairs])
low, middle, high = np.quantile(ratios, [0.05, 0.5, 0.95])
share, spread = wrong.mean(), wrong.std(ddof=1)
print(f"wrong sign: {share:.0%} ± {spread:.0%} (sd) of 500 networks, over 10 seeds")
print(f"product / |gradient|: median {middle:.1f}, nine in ten between {low:.1f} and {high:.0f}")


def on_the_diagonal(ax):
    ax.plot([0, 0.016], [0, 0.016], "--", color=GREY, label="if the product were right")
    ax.legend(loc="upper left")


product, true = pairs[0][:, :200]
sides = {"same sign": true > 0, "opposite sign": true < 0}
show(
    points({name: (product[side], true[side]) for name, side in sides.items()},
           also=on_the_diagonal,
           xlabel="product of the three slopes", ylabel="dy/d$w_1$",
           title="The product of slopes can't see the sign"),
    alt="For 200 random chains, the true gradient against the product of slopes. The product "
    "is positive throughout, up to 0.016. The gradients, from about -0.03 to 0.04, lie on both "
    "sides of zero, circles above and squares below, about as many of each. They do not gather "
    "along the dashed line, on which both would be equal.",
)

# %% [markdown]
# No. A product of sigmoid slopes is always positive, while the gradient changes its sign with each weight on the path.
# With weights that are positive or negative with equal chances the product has the wrong sign in half of the networks,
# like a coin. Nor is it safely too large: where the weights left out are large, it is too small.
#
# **Compare with your log.** In the network of the gradient notes $w_3$ moves the output most, 40 times as much as
# $w_1$; and the share of wrong signs is one half.

# %% [markdown]
# ## A break
#
# The first half in three lines. The slope of a sigmoid is $a(1-a)$, at most ¼. The gradient of a weight has one factor
# for each arrow between it and the end: slopes, *weights* and what came in. A printed product of slopes alone was
# wrong by a factor of 4, and in other networks by the sign. In the second half the arrows become matrices, and then a
# program.

# %% [markdown]
# ## Two layers, five arrows
#
# The **"Improving" deck** writes, on its slides "Problem: Vanishing / Exploding Gradients", the gradient of a whole
# network, hidden layer, output layer and error, and it has all factors:
#
# $$\frac{dE}{dW_{ih}} = \frac{dE}{dO}\cdot\frac{dO}{dZ_2}\cdot\frac{dZ_2}{dh_1}\cdot\frac{dh_1}{dZ_1}\cdot\frac{dZ_1}{dW_{ih}} = (O-Y)\cdot O(1-O)\cdot W_{ho}\cdot h_1(1-h_1)\cdot X$$
#
# The forward pass behind it, in the **column convention** of that deck (samples are columns, weights stand on the
# left):
#
# $$Z_1 = W_{ih}X + b_{ih}, \qquad h_1=\sigma(Z_1), \qquad Z_2 = W_{ho}h_1+b_{ho}, \qquad O=\sigma(Z_2),$$
#
# $$E = \tfrac12\sum(O-Y)^2 .$$
#
# The deck never writes $E$ down. From its first factor, $dE/dO = O-Y$, we can tell that it has the ½. First with one
# unit everywhere, so that every factor is a number:

# %%
def walk(X=1.5, Y=1.0, W_ih=0.8, b_ih=-0.4, W_ho=-1.2, b_ho=0.3):
    """The five arrows from E back to W_ih, one unit everywhere: arrow, factor, formula, value."""
    h1 = sigma(W_ih * X + b_ih)
    O = sigma(W_ho * h1 + b_ho)
    return [
        ("O → E", "dE/dO", "O - Y", O - Y),
        ("Z₂ → O", "dO/dZ₂", "O(1 - O)", O * (1 - O)),
        ("h₁ → Z₂", "dZ₂/dh₁", "W_ho", W_ho),
        ("Z₁ → h₁", "dh₁/dZ₁", "h₁(1 - h₁)", h1 * (1 - h1)),
        ("W_ih → Z₁", "dZ₁/dW_ih", "X", X),
    ]


# %%
so_far = 1.0
print("arrow        factor       is              value   product so far")
for arrow, factor, formula, value in walk():
    so_far *= value
    print(f"{arrow:12} {factor:12} {formula:12} {value:+.4f}   {so_far:+.6f}")

error_of = lambda v: 0.5 * (sigma(-1.2 * sigma(v[0] * 1.5 + v[1]) + 0.3) - 1.0) ** 2
for name, value in zip(("dE/dW_ih", "dE/db_ih"), numerical_gradient(error_of, [0.8, -0.4])):
    print(f"measured     {name:34} {value:+.6f}")
print(f"the same without W_ho {so_far / -1.2:+35.6f}")

# %% [markdown]
# The product of five and the measurement agree to the last digit shown. For the bias only the last arrow differs:
# $Z_1 = W_{ih}X + b_{ih}$ has derivative 1 with respect to $b_{ih}$, so that $dE/db_{ih}$ is the product of the first
# four, which is the fourth line of the table. And the weight decides again: without $W_{ho}$, as the gradient notes
# leave out their $w$, the result is wrong in size and in direction.
#
# The figure shows the eight arrows that training needs, and a ninth, from $X$, which leads to no parameter. Parameters
# stand below, with their gradients.

# %% tags=["demo"]
ROW = {"X": 0, "Z₁": 1.6, "h₁": 3.2, "Z₂": 4.8, "O": 6.4, "E": 7.8}
BELOW = {"W_ih": 1.0, "b_ih": 2.2, "W_ho": 4.2, "b_ho": 5.4}
PLACES = {name: (x, 0) for name, x in ROW.items()} | {name: (x, -1.35) for name, x in BELOW.items()}


def gradients_of(arrows, h1):
    """The gradients of all four parameters, from the five arrows."""
    at_O, through_O, back, through_h, X = (value for *_, value in arrows)
    d2 = at_O * through_O
    d1 = d2 * back * through_h
    return {"W_ih": d1 * X, "b_ih": d1, "W_ho": d2 * h1, "b_ho": d2}


def two_layer_graph(W_ho, b_ih):
    """The two-layer network with one unit everywhere."""
    arrows, h1 = walk(W_ho=W_ho, b_ih=b_ih), sigma(0.8 * 1.5 + b_ih)
    at_O, through_O, back, through_h, X = (value for *_, value in arrows)
    edges = [("O", "E", "O - Y", at_O), ("Z₂", "O", "O(1 - O)", through_O)]
    edges += [("h₁", "Z₂", "W_ho", back), ("Z₁", "h₁", "h₁(1 - h₁)", through_h)]
    edges += [("W_ih", "Z₁", "X", X), ("X", "Z₁", "W_ih", 0.8)]
    edges += [("W_ho", "Z₂", "h₁", h1), ("b_ho", "Z₂", "1", 1.0)]
    edges += [("b_ih", "Z₁", "1", 1.0)]
    notes = {name: f"{value:+.4f}" for name, value in gradients_of(arrows, h1).items()}
    title = "Whatever reaches the hidden layer has passed through W_ho"
    return figure(graph(PLACES, edges, notes=notes, title=title), size=(8.6, 2.9))


explore(
    two_layer_graph,
    alt="A graph in one row: X, Z1, h1, Z2, O, E, with local derivatives W_ih = 0.8, h1(1-h1) = "
    "0.214, W_ho = -1.2, O(1-O) = 0.233 and O-Y = -0.629. From below, W_ih enters Z1 with "
    "derivative X = 1.5 and b_ih with 1; W_ho enters Z2 with derivative h1 = 0.69 and b_ho "
    "with 1. Below the parameters stand their gradients: 0.0565, 0.0377, -0.1013, -0.1468.",
    W_ho=(-4.0, 4.0, 0.2, -1.2),
    b_ih=(-6.0, 6.0, 0.2, -0.4),
)
print("W_ho   b_ih       h₁    dE/dW_ih   dE/db_ih   dE/dW_ho   dE/db_ho")
for W_ho, b_ih in ((-1.2, -0.4), (0.0, -0.4), (-1.2, 6.0)):
    h1 = sigma(0.8 * 1.5 + b_ih)
    four = gradients_of(walk(W_ho=W_ho, b_ih=b_ih), h1).values()
    print(f"{W_ho:4}   {b_ih:4}   {h1:.4f}   ", "   ".join(f"{g + 0.0:+.5f}" for g in four))

# %% [markdown]
# Two experiments with the sliders, whose numbers stand below the figure. At $W_{ho}=0$ the two left parameters get no
# gradient at all, whatever the error is: the path to them is cut. At $b_{ih}=6$ the hidden unit gives 0.9993, its slope
# is nearly 0, and the two left ones hardly move, while $W_{ho}$ and $b_{ho}$ learn on.

# %% [markdown]
# ### The same with matrices
#
# Now $X$ is (inputs, m), $W_{ih}$ (hidden, inputs), $W_{ho}$ (outputs, hidden), and the biases are columns. Write
# $\delta_2 = \partial E/\partial Z_2$ and $\delta_1=\partial E/\partial Z_1$. Entry by entry, as in the table:
#
# $$\delta_2 = (O-Y)\odot O\odot(1-O) \qquad\text{(outputs, m)}$$
#
# One hidden unit feeds *all* outputs, so its gradient is a sum over them,
# $\partial E/\partial h_j = \sum_k W_{ho,kj}\,\delta_{2,k}$:
#
# $$\frac{\partial E}{\partial h_1} = W_{ho}^{\mathsf T}\,\delta_2 \qquad\text{(hidden, outputs)(outputs, m) = (hidden, m)}$$
#
# $$\delta_1 = \bigl(W_{ho}^{\mathsf T}\delta_2\bigr)\odot h_1\odot(1-h_1) \qquad\text{(hidden, m)}$$
#
# One weight serves all samples, so its gradient is a sum over them,
# $\partial E/\partial W_{ih,ji}=\sum_s\delta_{1,js}X_{is}$:
#
# $$\frac{\partial E}{\partial W_{ih}} = \delta_1 X^{\mathsf T}, \qquad \frac{\partial E}{\partial W_{ho}} = \delta_2\,h_1^{\mathsf T}$$
#
# and a bias likewise, with the factor 1: the sum of $\delta$ over the samples. The transposes are no decoration: they
# follow from the two sums, and where all sizes differ no other arrangement has the right shape. (A chain of single
# units has no such protection.) In the same way $\delta_2$ has a row for each output, $\delta_1$ a row for each hidden
# unit, and only $W_{ho}^{\mathsf T}$ leads from one to the other. What happens if it is left out?

# %%
h = rng.uniform(size=(3, 5))
for outputs in (2, 1):
    d2 = rng.normal(size=(outputs, 5))
    try:
        print(outputs, "output(s): d1 has the shape", (d2 * h * (1 - h)).shape)
    except ValueError as error:
        print(outputs, "output(s):", error)

# %% [markdown]
# With two outputs NumPy refuses. With a single one it copies the one row of $\delta_2$ for every hidden unit, and
# returns an array of the right shape with wrong numbers in it. Shapes protect, but not in a network with one output;
# there one has to look at the numbers, and measure.
#
# ## Exercise 1.5: all gradients of a two-layer network (3 points)
#
# Write `two_layer_grads(X, Y, Wih, bih, Who, bho)`: a dictionary with the keys `dWih`, `dbih`, `dWho`, `dbho`, the
# gradients of $E=\tfrac12\sum(O-Y)^2$, summed over outputs and samples, not averaged.
#
# - Samples are columns: `X` (inputs, m), `Y` (outputs, m), `Wih` (hidden, inputs), `bih` (hidden, 1), `Who` (outputs,
#   hidden), `bho` (outputs, 1).
# - Both layers have sigmoids. Each gradient has the shape of its parameter; those of the biases may also be flat,
#   `(hidden,)` and `(outputs,)`.
#
# With one unit everywhere, `X = 2`, `Wih = bih = 0`, `Who = 4`, `bho = -2`, `Y = 0`: `dWih` is
# $\tfrac12\cdot\tfrac14\cdot4\cdot\tfrac14\cdot2=\tfrac14$.

# %%
def two_layer_grads(X, Y, Wih, bih, Who, bho):
    """Gradients of E = ½ Σ (O - Y)² of a two-layer sigmoid network; samples are columns.

    Args:
        X: inputs (inputs, m).
        Y: targets (outputs, m).
        Wih, bih: hidden layer, (hidden, inputs) and (hidden, 1).
        Who, bho: output layer, (outputs, hidden) and (outputs, 1).

    Returns:
        dict with dWih, dbih, dWho, dbho, each like its parameter.
    """
    ### BEGIN SOLUTION
    h = sigmoid(Wih @ X + bih)
    O = sigmoid(Who @ h + bho)
    d2 = (O - Y) * O * (1 - O)
    d1 = (Who.T @ d2) * h * (1 - h)
    return {
        "dWih": d1 @ X.T,
        "dbih": d1.sum(axis=1, keepdims=True),
        "dWho": d2 @ h.T,
        "dbho": d2.sum(axis=1, keepdims=True),
    }
    ### END SOLUTION

# %%
check(two_layer_grads)

# %% [markdown]
# ### Use it: one neuron with two inputs
#
# The **"Problems" deck** (slide "Chain Rule of Differentiation") writes three lines for a neuron with two inputs and a
# bias: $\frac{dL}{dw_{11}}=\frac{dL}{dO_1}\frac{dO_1}{dw_{11}}$, the same with $w_{21}$, the same with $b_{11}$. All
# three share everything up to the neuron's sum, and differ in the last arrow alone: $x_1$, $x_2$, 1. So their ratios
# can be told without knowing the rest of the network.

# %%
sample, target = np.array([[0.7], [-1.9]]), np.array([[0.2]])
neuron, rest = np.array([[0.5, 1.1]]), np.array([[2.3]])
zero = np.zeros((1, 1))
grads = two_layer_grads(sample, target, neuron, zero, rest, zero)
shared = np.asarray(grads["dbih"]).item()
print("dL/dw₁₁, dL/dw₂₁, dL/db₁₁:", np.append(grads["dWih"], shared).round(5))
print("divided by the last one:  ", np.append(grads["dWih"], shared) / shared)

# %% [markdown]
# ### Very small, very large
#
# The "Improving" deck goes on: if the factors are very small, the gradient vanishes, and $W_{ih}$ stays what it was;
# if they are very large, it explodes. Take the five factors of the table, replace $W_{ho}$ alone (with a $b_{ho}$ that
# keeps $O$ where it was), and do one step with $\alpha=1$. The deck writes that step in two ways. On the first slide
# "Problem: Vanishing Gradients" it is
#
# > $W_{ih} = W_{ih} - \alpha * \frac{dE}{dW_{ih}}$
#
# and on the next the minus has become a dot, and the whole is said to leave the weight where it is:
#
# > $W_{ih} = W_{ih} \cdot \alpha * \frac{dE}{dW_{ih}} \rightarrow\;\approx 0 \qquad W_{ih} \approx W_{ih}$

# %%
print("  W_ho    dE/dW_ih    W_ih before    after W - α·g    after W·α·g")
for W_ho in (-0.001, -1.0, -1000.0):
    five = [W_ho if factor == "dZ₂/dh₁" else value for _, factor, _, value in walk()]
    g, W_ih = np.prod(five), 0.8
    print(f"{W_ho:6g}  {g:+10.6f}  {W_ih:13.4f}  {W_ih - g:15.4f}  {W_ih * g:13.6f}")

# %% [markdown]
# With the minus the deck's sentences come true: at the small gradient $W_{ih}$ is 0.8 before and after, at the large
# one it is thrown to -46. With the dot the first does not: $W_{ih}$ is *gone*, not unchanged, although the same slide
# concludes $W_{ih}\approx W_{ih}$. And with the dot a gradient of exactly zero, where training should rest, would erase
# the weight. What does training with the dot look like? Eight networks each:

# %% tags=["demo"]
inputs = np.random.default_rng(1).uniform(-1, 1, (2, 12))
labels = (inputs.sum(axis=0, keepdims=True) > 0) * 1.0
rules = {"W - α·dE/dW": lambda W, g: W - g, "W·α·dE/dW": lambda W, g: W * g}


def trained(rule, seed, steps=300):
    """Norm of W_ih and error E, before the first step and after each."""
    draw = np.random.default_rng(seed).normal
    shapes = {"Wih": (3, 2), "bih": (3, 1), "Who": (1, 3), "bho": (1, 1)}
    net, trace = {name: draw(size=shape) for name, shape in shapes.items()}, []
    for _ in range(steps + 1):
        out = sigma(net["Who"] @ sigma(net["Wih"] @ inputs + net["bih"]) + net["bho"])
        trace.append((np.linalg.norm(net["Wih"]), 0.5 * np.sum((out - labels) ** 2)))
        g = two_layer_grads(inputs, labels, **net)
        net = {name: rule(W, np.reshape(g["d" + name], W.shape)) for name, W in net.items()}
    return np.array(trace).T

# %% tags=["demo"]
traces = {name: np.array([trained(rule, s) for s in range(8)]) for name, rule in rules.items()}
for name, trace in traces.items():
    first, last = trace[:, :, 0].mean(axis=0), trace[:, :, -1].mean(axis=0)
    spread = trace[:, 1, -1].std(ddof=1)
    print(f"{name:12}  norm of W_ih {first[0]:.2f} → {last[0]:.2f}", end="   ")
    print(f"E {first[1]:.2f} → {last[1]:.4f} ± {spread:.4f}")
exponents = np.log10(traces["W·α·dE/dW"][:, 0, :6])
print("with the dot, log₁₀ of the norm after 0, 1, … 5 steps:")
for name, row in (("  mean", exponents.mean(axis=0)), ("  sd", exponents.std(axis=0, ddof=1))):
    print(f"{name:8}", row.round(1).tolist())
print(f"  after five steps from {exponents[:, 5].min():.0f} to {exponents[:, 5].max():.0f}")
print("E with every output at ½:", 0.5 * np.sum((0.5 - labels) ** 2))
show(
    curves(None, {name: trace[:, 0, :6] for name, trace in traces.items()}, log="y",
           title="The dot wipes the weights out", xlabel="step",
           ylabel="norm of $W_{ih}$ (log axis)", legend="lower left"),
    curves(None, {name: trace[:, 1] for name, trace in traces.items()}, ylim=(0, None),
           title="and then nothing is learnt", xlabel="step", ylabel="error E"),
    alt="Two panels, eight seeds each. Left, logarithmic: with the minus the norm of W_ih "
    "stays near its start; with the dot it falls faster and faster, to between 1e-12 and 1e-30 "
    "after five steps. Right: with the minus the error falls towards zero; with the dot it "
    "jumps to a constant and stays there.",
)

# %% [markdown]
# With the minus all eight networks learn the task. With the dot each step multiplies a weight by its own gradient,
# which then shrinks as well, so that the lines bend downwards even on a logarithmic axis. Soon all weights are zero,
# every output is ½ whatever the input, and the error stays at the 1.5 that this costs. That is no vanishing gradient,
# it is a slip in the update rule, and it stands on three slides of the deck.

# %% [markdown]
# ## One word, four losses
#
# Which factor stands at the front depends on the loss, and the five documents use four without saying so:
# $\tfrac12(O-Y)^2$ (implied in the "Improving" deck), $L=(y-\hat y)^2$ (gradient notes), $L=\hat y-y$ (**agenda
# notes**), and binary cross-entropy (the code of the **Better Deep Learning deck**). For one sigmoid output and target
# $y$:
#
# $$\text{½ squared error: } (O-y)\cdot O(1-O) \qquad \text{squared error: } 2(O-y)\cdot O(1-O)$$
#
# $$\hat y-y\text{: } 1\cdot O(1-O)$$
#
# and for cross-entropy, $L=-y\ln O-(1-y)\ln(1-O)$,
#
# $$\frac{dL}{dO} = -\frac yO+\frac{1-y}{1-O} = \frac{O-y}{O(1-O)}, \qquad\text{so that}\qquad \frac{dL}{dZ} = \frac{O-y}{O(1-O)}\cdot O(1-O) = O-y .$$
#
# The slope of the output's sigmoid cancels. That is the factor that disappears, and the reason why the "wrong" gradient
# $(o-y)\,x$ of lesson 00 trained so well: it is the right one of cross-entropy.

# %%
losses = {
    "½(O - y)²": (lambda O, y: 0.5 * (O - y) ** 2, lambda O, y: (O - y) * O * (1 - O)),
    "(y - ŷ)²": (lambda O, y: (y - O) ** 2, lambda O, y: 2 * (O - y) * O * (1 - O)),
    "ŷ - y": (lambda O, y: O - y, lambda O, y: O * (1 - O)),
    "cross-entropy": (
        lambda O, y: -y * np.log(O) - (1 - y) * np.log(1 - O),
        lambda O, y: O - y,
    ),
}


# %%
print("target 1, output from z = -5     dL/dZ   measured    O after 100 steps downhill")
for name, (loss, slope) in losses.items():
    quotient = numerical_gradient(lambda z, loss=loss: loss(sigma(z), 1.0), -5.0)
    z = -5.0
    for _ in range(100):
        z -= slope(sigma(z), 1.0)
    print(f"{name:29} {slope(sigma(-5.0), 1.0):+9.5f}  {quotient:+9.5f}    {sigma(z):.4f}")

# %% tags=["demo"]
z = np.linspace(-8, 8, 161)
show(
    curves(z, {name: slope(sigma(z), 1.0) for name, (_, slope) in losses.items()},
           across={"_": 0}, xlabel="z of the output", ylabel="dL/dZ at target 1",
           title="Only cross-entropy still pulls where the output is badly wrong"),
    alt="dL/dZ against z for target 1. Both squared errors are negative, with a dip of -0.15 and "
    "-0.3 near z = -0.7, and vanish on both sides. Cross-entropy goes from -1 on the left to "
    "0 on the right. The fourth, ŷ - y, is positive everywhere.",
)

# %% [markdown]
# On the left, where the output is near 0 and should be 1, both squared errors have lost nearly all of their gradient:
# $O(1-O)$ is close to zero there, however wrong the output. Cross-entropy keeps nearly all of it. Between the first two
# lies a factor 2: the second goes the same way in longer strides, which after 100 steps makes the difference between
# 0.02 and 0.84. Twice the learning rate would make up for that, but formula and measurement have to mean the same loss.
# And $\hat y-y$ is no loss: its gradient is positive whatever the target is, so that training lowers the output towards
# 0 even where the target is 1. A loss has to be smallest where the output meets the target, as the other three are.

# %% [markdown]
# ## One recursion
#
# By now you have gone back through two networks by hand, and both times you did the same. At every value you carried
# one number, the derivative of the end with respect to this value (call it its *grad*); along every arrow you
# multiplied it by the slope of that arrow; and where several arrows met, you added. Written once and for all, for
# values $v$ and whatever $u$ is made from them:
#
# $$\operatorname{grad}(\text{end}) = 1, \qquad \operatorname{grad}(v) = \sum_{u\text{ made from }v} \operatorname{grad}(u)\cdot\frac{\partial u}{\partial v}$$
#
# That is all of backpropagation. Everything of that kind that you derive in this course is a special case:
#
# | exercise | the values | what becomes of the recursion |
# |---|---|---|
# | 1.4 `dy_dw` | $z_l$ and $a_l$ of a chain | each has one user, so no sum: a product along the chain |
# | 1.5 `two_layer_grads` | matrices | the sum over the outputs that use a hidden unit is $W_{ho}^{\mathsf T}\delta_2$, the sum over the samples that use a weight is $\delta X^{\mathsf T}$ |
# | 3.3 `linear_grads` | the layers of a deep linear network | no slopes: nothing but transposed matrices |
# | 3.4 `relu_chain` | a chain with ReLU | every slope is 0 or 1 |
# | 4.2 `gradient_profile` | the layers of a network with any activation | the grads themselves are the result, layer by layer |
#
# One thing is left to settle: the order. A value may pass its grad on only when it is complete, that is, when *all*
# that use it have sent theirs. The end is complete from the start.
#
# ## Exercise 1.6: the chain rule, by itself (3 points)
#
# Write the class `Value`: a number that remembers how it was made, and can tell its derivative with respect to each
# number it was made from.
#
# - `Value(3)` has `.data`, the number, and `.grad`, which is 0 at first.
# - `+`, `-` and `*` of two Values, or of a Value and a plain number on either side (`2 * a`, `1 - a`); `-a`; `a ** n`
#   with a plain number `n`; the methods `a.exp()`, `a.tanh()`, `a.relu()`, `a.sigmoid()`. Each returns a new Value.
# - `y.backward()` adds to the `.grad` of every Value that `y` was made from the derivative of `y` with respect to it,
#   and 1 to `y`'s own. A Value that is used more than once collects from all its uses.
# - Grads add up until somebody sets them to 0: after `y.backward()` and `z.backward()` they are those of $y + z$, also
#   where `y` and `z` have parts in common.
# - Expressions have up to 40 values, chains up to 200 operations. A recursive function may do that (Python allows
#   about 1,000 nested calls).
# - How a Value remembers is up to you. Change the cell as you like, add functions to it; only the names above count.
#
# For `a = Value(3)` and `y = a * a + a` the results are `y.data = 12` and, after `y.backward()`, `a.grad = 7`.
#
# <details><summary>A thought, if you don't know where to begin</summary>
#
# Let every operation note down, in the Value that it makes, which Values it used and the slope along the arrow from
# each. Then `backward` needs no knowledge of operations at all: it walks over the notes.
#
# </details>
#
# <details><summary>A thought on the order</summary>
#
# List the Values so that each stands after all that it was made from: visit a Value's parents before you append the
# Value itself. From the back, that list is the order in which grads may flow.
#
# </details>

# %%
class Value:
    """A number that remembers how it was made.

    Value(data) starts one. More come of it by + and - and *, also with a plain number on either
    side, unary -, ** with a plain number, exp(), tanh(), relu() and sigmoid().

    Attributes:
        data: the number.
        grad: the derivative, with respect to this value, of the one on which backward() was
            called; 0.0 before. The grads of several calls add up until somebody sets them to 0.
    """

    def __init__(self, data, made_from=()):
        # made_from is for your own notes: call it something else, or leave it out, if you like
        ### BEGIN SOLUTION
        self.data, self.grad = float(data), 0.0
        self.made_from = made_from  # pairs: a Value, and the slope along the arrow from it
        ### END SOLUTION

    def __add__(self, other):
        ### BEGIN SOLUTION
        other = as_value(other)
        return Value(self.data + other.data, [(self, 1.0), (other, 1.0)])
        ### END SOLUTION

    def __mul__(self, other):
        ### BEGIN SOLUTION
        other = as_value(other)
        return Value(self.data * other.data, [(self, other.data), (other, self.data)])
        ### END SOLUTION

    # and so on: __radd__, __rmul__, __neg__, __sub__, __rsub__, __pow__, exp, tanh, relu, sigmoid

    def backward(self):
        """Add the derivatives of self to the grads of all it was made from, and 1 to its own."""
        ### BEGIN SOLUTION
        flowing = dict.fromkeys(reversed(in_order(self)), 0.0)
        flowing[self] = 1.0
        for value, incoming in flowing.items():
            value.grad += incoming
            for parent, slope in value.made_from:
                flowing[parent] += slope * incoming

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -as_value(other)

    def __rsub__(self, other):
        return -self + other

    def __pow__(self, n):
        return Value(self.data**n, [(self, n * self.data ** (n - 1))])

    def exp(self):
        e = math.exp(self.data)
        return Value(e, [(self, e)])

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, [(self, 1 - t**2)])

    def relu(self):
        return Value(max(self.data, 0.0), [(self, float(self.data > 0))])

    def sigmoid(self):
        a = float(sigmoid(self.data))
        return Value(a, [(self, a * (1 - a))])


def as_value(number):
    """A plain number as a Value."""
    return number if isinstance(number, Value) else Value(number)


def in_order(last):
    """All values that the last one was made from, each after those it was made from itself."""
    found, known, waiting = [], set(), [(last, False)]
    while waiting:
        value, complete = waiting.pop()
        if complete:
            found.append(value)
        elif value not in known:
            known.add(value)
            waiting += [(value, True), *((parent, False) for parent, _ in value.made_from)]
    return found
        ### END SOLUTION

# %%
check(Value)

# %% [markdown]
# ### Look at it
#
# `draw_graph` runs an expression with your class inside, and draws every Value with its data and the grad that you
# computed.

# %% tags=["demo"]
def twice_used(a, b):
    c = a * b
    return (1 - c) ** 3 + c


draw_graph(twice_used, Value, a=2, b=-1, title="c is used twice: its grad is the sum of both ways")

# %% [markdown]
# The result is on the right, with grad 1. Two arrows leave the product $c$: the upper one brings it back 1, the lower
# one $27\cdot(-1)=-27$, and -26 is the sum. (At the start of the lower way, $1-c=3$, the slope of the cube is
# $3\cdot3^2=27$.) From $c$ the grad goes on to $a$, times $b$, and to $b$, times $a$. Now the chain of the gradient
# notes, in which one $w$ serves in all three layers:

# %% tags=["demo"]
def notes_chain(x, w):
    for _ in range(3):
        x = (w * x).sigmoid()
    return x


draw_graph(notes_chain, Value, x=1, w=0.5, title="One w, three arrows: their sum is 0.163")

# %% [markdown]
# Read the grads from right to left, 1, 0.245, 0.122, 0.0299 …: they are the partial products of your derivation. The
# weight has three arrows, and its grad, 0.163, is the sum of the three numbers of exercise 1.4; you saw it above as
# the longest bar.
#
# ### Let it judge
#
# Your class has not read your derivations of 1.4 and 1.5. It is a second witness, and a sharper one than the central
# difference.

# %%
w_values = [Value(weight) for weight in w_long]
y = 0.8
for weight in w_values:
    y = (weight * y).sigmoid()
y.backward()
by_value = np.array([weight.grad for weight in w_values])
print(f"1.4, by hand and by Value:      relative error {relative_error(derived, by_value):.0e}")
print(f"1.4, measured and by Value:     relative error {relative_error(measured, by_value):.0e}")

# %%
draw = np.random.default_rng(3).normal
X, Y = draw(size=(3, 5)), draw(size=(2, 5))
shapes = {"Wih": (4, 3), "bih": (4, 1), "Who": (2, 4), "bho": (2, 1)}
params = {name: draw(size=shape) for name, shape in shapes.items()}
of_values = {name: np.vectorize(Value)(array) for name, array in params.items()}
squash = np.vectorize(lambda value: value.sigmoid())
h = squash(of_values["Wih"] @ X + of_values["bih"])
O = squash(of_values["Who"] @ h + of_values["bho"])
E = 0.5 * np.sum((O - Y) ** 2)
E.backward()
by_hand = two_layer_grads(X, Y, **params)
for name, array in of_values.items():
    grads = np.vectorize(lambda value: value.grad)(array)
    off = relative_error(np.reshape(by_hand["d" + name], grads.shape), grads)
    print(f"1.5, {name} by hand and by Value: relative error {off:.0e}")

# %% [markdown]
# NumPy multiplies matrices of anything that has `+` and `*`, so that the forward pass is the same line as ever, and no
# gradient formula occurs in it. Both derivations agree with the machine to the last digits, while the measurement of
# 1.4 is off in the tenth. Lessons 03 and 04 derive three more special cases; `Value` could judge them just as well.

# %% [markdown]
# ## The Keras way
#
# TensorFlow does what `Value` does, with whole arrays in place of numbers: it notes down every operation while your
# code runs, and walks the notes backwards. The chain of the gradient notes:
#
# ```python
# w = [tf.Variable(0.5) for _ in range(3)]
# with tf.GradientTape() as tape:
#     a = 1.0
#     for weight in w:
#         a = tf.sigmoid(weight * a)
# print([g.numpy() for g in tape.gradient(a, w)])
# ```
#
# It prints 0.0035108, 0.0185984 and 0.1413331, the numbers of exercise 1.4 in `float32`. Keras' layers have samples in
# rows, `h = x @ W + b`: every matrix is the transpose of ours. The course's own small library, `nnlab`, does the same,
# and its `mse` is a mean over the samples where our $E$ is half a sum. Both differences can be translated exactly: a
# transpose, and a factor 2 (from the square) over 8 (samples).

# %%
net = MLP((2, 3, 1), ("sigmoid", "sigmoid"), seed=1, dtype=np.float64)
X_rows, Y_rows = rng.normal(size=(8, 2)), rng.uniform(size=(8, 1))
theirs = dict(zip(net.names, net.grads(X_rows, Y_rows, loss="mse")))
columns = [net.W[1].T, net.b[1][:, None], net.W[2].T, net.b[2][:, None]]
ours = two_layer_grads(X_rows.T, Y_rows.T, *columns)
print("nnlab, in rows    ", theirs["W1"].round(5).tolist())
print("yours, transposed ", np.asarray(ours["dWih"]).T.round(5).tolist())
ratio = theirs["W1"] / np.asarray(ours["dWih"]).T
print("nnlab / yours     ", np.unique(ratio.round(6)), "= 2 / 8")

# %% [markdown]
# ## Beyond the lecture: what a gradient costs
#
# There are three ways to the same numbers, and they differ in price. Measuring takes two forward passes for every
# weight. Walking every path from the end back to the inputs, each by itself, is the chain rule as one writes it first,
# and its price is the number of paths. The recursion visits each value once.

# %%
def visits(depth):
    """How often values are visited, path by path, in y = y + y, repeated."""
    return 1 if depth == 0 else 1 + 2 * visits(depth - 1)


for depth in (5, 10, 15):
    print(f"{depth:2} doublings: {depth + 1:2} values; path by path {visits(depth):6,} visits")

# %%
calls = []


def error_with(**moved):
    """E of the network of exercise 1.5, some of its parameters moved."""
    calls.append(1)
    net = {**params, **moved}
    h = sigma(net["Wih"] @ X + net["bih"])
    return 0.5 * np.sum((sigma(net["Who"] @ h + net["bho"]) - Y) ** 2)


worst = 0.0
for name, array in params.items():
    measured = numerical_gradient(lambda moved, name=name: error_with(**{name: moved}), array)
    worst = max(worst, relative_error(np.reshape(by_hand["d" + name], array.shape), measured))
print(f"{sum(array.size for array in params.values())} parameters: {len(calls)} forward passes, "
      f"largest relative error {worst:.0e}")

# %% [markdown]
# The measurement is right, and takes 52 forward passes for 26 parameters; a network with a million of them would take
# two million. `Value` takes one pass forward and one back, however many parameters there are. Walking path by path is
# just as right (the check accepts it), and doubles its work with every doubling: 65,535 visits for 16 values. This is
# why `backward` waits until a value is complete: what arrives along all paths is added up first and passed on once.

# %% [markdown]
# ## Errata hunt
#
# Four lines as they are printed, and one that we have broken ourselves. Just one of the five is right. Which one, and
# what should the others say?
#
# 1. "Improving" deck, "Problem: Vanishing Gradients": $W_{ih} = W_{ih} \cdot \alpha * \frac{dE}{dW_{ih}}$
# 2. Gradient notes, 1st layer: $\sigma'(z_1) = 0.62 \times (1 - 0.62) = 0.23$
# 3. Gradient notes: Overall gradient → $0.25 \times 0.24 \times 0.23 = 0.0138$
# 4. "Improving" deck, for the bias: $\frac{dE}{db_{ih}} = (O - Y) * O(1 - O) * W_{ho} * h_1(1 - h_1) * 1$
# 5. Ours: with binary cross-entropy in place of the squared error it would be $\frac{dE}{dW_{ih}} = (O - Y) * W_{ho} * X$

# %% [markdown] tags=["yours"]
# Right as it stands: line …
#
# My corrections of the others: …

# %% [markdown]
# <details><summary>The table</summary>
#
# | line | what is true | why |
# |---|---|---|
# | 1 | $W = W - \alpha\cdot\frac{dE}{dW}$ | the dot sent every weight to zero in the eight runs, and contradicts $W\approx W$ next to it |
# | 2 | .2350, which rounds to .24 | cut off, not rounded |
# | 3 | the product is 0.0140433 (0.0140668 from two-decimal activations), and no gradient: $dy/dw_1=0.0035108$, $dy/dw_2=0.0185984$, $dy/dw_3=0.1413331$ | rounded slopes, two errors of 2 % hide each other; $w_2w_3$ and $x$, $a_1$, $a_2$ are left out, $dL/dy$ as well |
# | 4 | right | the last arrow, from the bias into $Z_1$, has slope 1 |
# | 5 | $(O - Y) * W_{ho} * h_1(1 - h_1) * X$ | cross-entropy cancels the slope of the *output's* sigmoid alone; the hidden slope stays, since the loss does not touch that arrow |
#
# </details>

# %% [markdown]
# ## Three questions

# %%
quiz()

# %% [markdown]
# > **One finding to keep.** A gradient is a sum over paths, of products with one factor for every arrow, and it is
# > found by visiting each value once, from the end. The printed product of slopes left out the two arrows through
# > weights, and was wrong by a factor of 4.
#
# ## Summary
#
# - $\sigma'=a(1-a)\le\tfrac14$, and $e^{-|z|}$ is the only exponential one needs.
# - Round when you print, not while you compute; and 2 % of rounding does not explain a factor of 4.
# - A gradient has one factor for every arrow of its path: to $w_l$ lead the slopes of the layers $l\dots L$, the
#   *weights* of the layers after $l$, and what came into layer $l$. A product of slopes alone is no gradient, and does
#   not even know the sign.
# - With matrices, $W_{ho}^{\mathsf T}$ carries the gradient back, sums over samples give $\delta X^{\mathsf T}$, and
#   the shapes show when $W_{ho}$ is left out, unless there is just one output, or as many as hidden units.
# - Multiply along arrows, add where they meet, and pass on only what is complete: that is automatic differentiation.
#
# *What would change my mind about a gradient I derived:* a central difference that disagrees by more than $10^{-3}$
# away from any kink, or a factor in it that belongs to no arrow.
#
# ## What to read next
#
# - D. E. Rumelhart, G. E. Hinton and R. J. Williams (1986), *Learning representations by back-propagating errors*,
#   Nature 323, 533–536: the recursion of this lesson, in the paper that made it known.
# - A. G. Baydin, B. A. Pearlmutter, A. A. Radul and J. M. Siskind (2018), *Automatic differentiation in machine
#   learning: a survey*, Journal of Machine Learning Research 18(153), 1–43: forward and reverse mode, and what either
#   costs.
# - A. Karpathy, *micrograd* (github.com/karpathy/micrograd): a class like your `Value`, and a small library of
#   networks on top of it.
# - A. Griewank (2000), *Evaluating Derivatives*, SIAM, Frontiers in Applied Mathematics 19: the book on the subject;
#   why the backward pass costs no more than a small multiple of the forward one.

# %%
progress()
