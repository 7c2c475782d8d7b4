# %% [markdown]
# # Follow a signal through ten linear layers, and its gradient back
#
# You will multiply matrices in the right order, count how many of them there are, derive the gradients of a network
# without activations, and find out which of the lectures' claims hold for diagonal matrices only.
#
# *About 65 minutes: reading 22, exercises 42.*
#
# | you will | you need | you will have learnt it when you can |
# |---|---|---|
# | write the forward pass as a product of matrices | matrix times vector | say which matrix acts first, and when the order matters |
# | count factors: L − 1 or L | powers, lesson 02 | correct the 38, 0.002 and 0.001 of the “Improving” deck |
# | derive and write all weight gradients | chain rule, lesson 01 | explain why no layer's weights get the largest gradient |
# | measure the gain of full matrices | standard deviation | choose the size of random weights for a given width |
#
# Four of the [five documents](../00_start_here/00_start_here.ipynb) that this course follows are quoted here, by their
# short names: the **“Improving” deck**, the **“Problems” deck**, the **gradient notes** and the **Better Deep Learning
# deck**.

# %%
import numpy as np

from autograder import check, hint, progress, quiz, solution, use_mine
from nnlab import MLP, Training
from nnlab.activations import sigmoid
from nnlab.figures import BLACK, BLUE, GREY, VERMILION, curves, explore, show, style
from nnlab.oracle import numerical_gradient, relative_error

# Yours of lesson 00 where they have passed their checks, else the course's own.
numerical_gradient, relative_error = use_mine(numerical_gradient, relative_error)
style()
rng = np.random.default_rng(3)
LOOK = {
    "d = 0.5": (BLUE, "--", "v"), "d = 1.0": (BLACK, "-", "o"), "d = 1.5": (VERMILION, "-.", "^"),
}
SCALES = (0.5, 1.0, 1.5)

# %%
quiz("due")  # questions of earlier lessons that are due again

# %% [markdown]
# ## See it fail first
#
# Ten layers of four units without biases and activations, and a task that one matrix could do: $y = Ax$, with $A$ near
# the identity. All ten weight matrices begin as $d\cdot I$, so that the network starts as "multiply by $d$, ten times".
# The same gradient descent, the same learning rate, and three values of $d$.

# %% tags=["demo"]
def losses_of(d, seed, steps=60):
    """Training loss of the ten-layer network before and after each step."""
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(32, 4))
    Y = X @ (np.eye(4) + 0.3 * draw.normal(size=(4, 4)))
    net = MLP([4] * 11, ["linear"] * 10, init=lambda rng, n_in, n_out: d * np.eye(n_in))
    no_bias = {f"b{l}": np.zeros_like for l in range(1, 11)}
    start, _ = net.evaluate(X, Y, "mse")
    settings = Training(loss="mse", opt="sgd", lr=0.01, batch=None, every=1, constraint=no_bias)
    return np.array([start, *net.fit(X, Y, settings, epochs=steps).loss])


runs = {d: np.array([losses_of(d, seed) for seed in range(5)]) for d in SCALES}
for d, losses in runs.items():
    start, left = losses[:, 0], losses[:, -1] / losses[:, 0]
    ends = "all nan" if np.isnan(left).all() else f"{left.min():.2%} to {left.max():.2%} left"
    print(f"d = {d}: loss {start.min():7.2f} to {start.max():7.2f}, after 60 steps {ends}")

# %% tags=["demo"]
shown = {f"d = {d}": np.where(losses < 1e30, losses, np.nan) for d, losses in runs.items()}
show(
    curves(None, shown, looks=LOOK, log="y", ylim=(1e-3, 1e8), legend="center right",
           title="One learning rate: standstill, learning, explosion",
           xlabel="step", ylabel="training loss"),
    alt="Training loss over 60 steps on a log axis, five seeds for each d. For d = 0.5 it is a "
    "level line near 1. For d = 1 it falls from about 0.3 to a few thousandths. For d = 1.5 it "
    "starts in the thousands and shoots out of the top of the figure in the first step.",
)

# %% [markdown]
# With $d=1$ the network learns. With $d = 0.5$ nothing moves: after 60 steps the loss is what it was, to four digits.
# With $d = 1.5$ the first step makes things so much worse that numbers run out soon after. The “Improving” deck says of
# vanishing and of exploding gradients that they slow training down; here the second one ends it.

# %% [markdown]
# ### Your log
#
# Before you go on, guess twice.
#
# 1. Ten layers, the nine hidden matrices all $1.5\cdot I$. How many times as large is the gradient of the *first*
#    matrix as that of the *ninth*?
# 2. Fifty units in every layer, weights drawn from a normal distribution with mean 0. Which standard deviation of a
#    single weight keeps the length of the signal about the same from layer to layer?

# %% [markdown] tags=["yours"]
# First over ninth, my guess: …
#
# Standard deviation, my guess: …

# %% [markdown]
# ## Derive: which matrix acts first?
#
# In this lesson a vector is a column, and layer $l$ computes $h_l = W_l\,h_{l-1}$ with $h_0 = x$. Put each line into
# the next:
#
# $$h_1 = W_1\,x$$
#
# $$h_2 = W_2\,h_1 = W_2W_1\,x \qquad\text{(the new matrix stands on the left)}$$
#
# $$h_3 = W_3\,h_2 = W_3W_2W_1\,x \qquad\text{(and so on)}$$
#
# $$O = W_L\,W_{L-1}\cdots W_2\,W_1\,x .$$
#
# The “Improving” deck (slide “Problem: Vanishing / Exploding Gradients”) prints it in the opposite order:
#
# > $h_2 = W_2 h_1 = W_1 W_2 X$, $\quad h_3 = W_3 h_2 = W_1 W_2 W_3 X$, $\quad O = W_L h_{L-1} = W_1 W_2 W_3 \dots W_L X$
#
# There the last layer acts on the input. Does it matter?

# %%
stretch = np.diag([2.0, 0.5])
turn = np.array([[0.0, -1.0], [1.0, 0.0]])  # a quarter turn to the left
x = np.array([1.0, 0.0])
print("stretch, then turn:", turn @ stretch @ x)
print("turn, then stretch:", stretch @ turn @ x)

# %%
flag = np.array([[0, 0], [0, 2], [1.2, 2], [1.2, 1.5], [0.5, 1.5], [0.5, 0], [0, 0]]).T
orders = {
    "stretch first: turn · stretch · x": turn @ stretch,
    "turn first: stretch · turn · x": stretch @ turn,
}


def drawn_flag(name, product):
    return curves(None, {"before": tuple(flag), "after": tuple(product @ flag)},
                  looks={"before": (GREY, "--", ""), "after": (BLUE, "-", "")}, equal=True,
                  title=name, xlabel="$x_1$", ylabel="$x_2$")


show(
    *[drawn_flag(*order) for order in orders.items()],
    title="The same two matrices, two different networks", share="xy", size=(8, 2.9),
    alt="A flag before and after two layers. Left, stretched along the first axis and then turned, "
    "it becomes narrow and tall. Right, turned first and then stretched, it becomes wide and "
    "flat.",
)

# %% [markdown]
# Left the flag ends up upright and tall, right it lies flat and wide: the same two matrices, in two orders, make two
# networks. So why did nobody notice? There are pairs of matrices that may change places, $AB = BA$; one says that they
# **commute**. Which ones do?

# %%
def commute(A, B):
    return np.allclose(A @ B, B @ A)


full, other = rng.normal(size=(3, 3)), rng.normal(size=(3, 3))
pairs = {
    "1.5·I and a full matrix": (1.5 * np.eye(3), full),
    "two diagonal matrices": (np.diag([1.5, 0.5, 2.0]), np.diag([0.2, 3.0, -1.0])),
    "a diagonal and a full matrix": (np.diag([1.5, 0.5, 2.0]), full),
    "two full matrices": (other, full),
}
for name, pair in pairs.items():
    print(f"{name:30} {'may change places' if commute(*pair) else 'may not'}")

# %% [markdown]
# The matrices of the deck are $1.5\cdot I$ and $0.5\cdot I$, multiples of the identity, and those commute with
# everything. Diagonal matrices with different entries already need a diagonal partner. For the rest the order counts,
# unless the two happen to commute, and with layers of different widths the printed one can't even be computed:

# %%
W1, W2, W3 = rng.normal(size=(5, 3)), rng.normal(size=(4, 5)), rng.normal(size=(2, 4))
x = rng.normal(size=3)
print("W3 W2 W1 x         ", W3 @ W2 @ W1 @ x)
try:
    W1 @ W2 @ W3 @ x
except ValueError:
    print("W1 W2 W3 x          shapes (5, 3) and (4, 5) do not fit")
print("x W1 W2 W3 in rows ", x @ W1.T @ W2.T @ W3.T)

# %% [markdown]
# The last line is the other convention: with samples in *rows*, as in Keras and in the Better Deep Learning deck, the
# first matrix stands next to $x$, $\hat y = xW^{[1]}W^{[2]}\cdots W^{[L]}$, and reading order is order of action.
# Transposing turns one into the other: $(W_3W_2W_1x)^\top = x^\top W_1^\top W_2^\top W_3^\top$. Whoever mixes the
# two gets the printed order.
#
# The Better Deep Learning deck (slide “Vanishing/Exploding Gradients”) writes the end result as
# “$\hat y = a^{[L]} = xW^{L-1}W^{[L]}$”, with two kinds of superscript: $W^{L-1}$ is a *power* of the common matrix $W$,
# $W^{[L]}$ the matrix of *layer* $L$. Reading both as layers would lose all matrices but two.
#
# ## Exercise 3.1: the forward pass (1 point)
#
# Write `deep_linear(x, Ws)` in the column convention. `Ws` is the list $[W_1, \dots, W_L]$, where $W_l$ has shape
# $(n_l, n_{l-1})$; `x` has shape $(n_0,)$, or $(n_0, m)$ for $m$ samples, one in each column. Return $W_L\cdots W_1x$,
# of shape $(n_L,)$ or $(n_L, m)$. The number of layers and all widths vary.
#
# For $x = (1, 3)$, $W_1 = \begin{pmatrix}2&0\\0&1\\1&1\end{pmatrix}$ and $W_2 = \begin{pmatrix}1&0&1\end{pmatrix}$ the
# hidden vector is $(2, 3, 4)$ and the result $(6)$.

# %%
def deep_linear(x, Ws):
    """The output of a linear network without biases, column convention.

    Args:
        x: input (n_0,), or (n_0, m) with a sample in each column.
        Ws: list [W_1, ..., W_L]; W_l has shape (n_l, n_{l-1}).

    Returns:
        W_L ... W_1 x, shape (n_L,) or (n_L, m).
    """
    ### BEGIN SOLUTION
    h = x
    for W in Ws:
        h = W @ h
    return h
    ### END SOLUTION

# %%
check(deep_linear)

# %% [markdown]
# ## L − 1 or L?
#
# The “Improving” deck sets $W_1 = \dots = W_{L-1} = d\cdot I$ and leaves the last matrix $W_L$ as it is. (It prints
# “$W_1 = W_1 = W_{L-1} =$”; the second index should be 2.) Then
#
# $$O = W_L\;\underbrace{W_{L-1}\cdots W_1}_{\text{how many?}}\;x = W_L\,(d\cdot I)\cdots(d\cdot I)\,x .$$
#
# For $L=10$ it prints a matrix with 38 on its diagonal where $d=1.5$. Where $d=0.5$, it prints 0.002 on one slide and
# 0.001 on the next.
#
# ## Exercise 3.2: the gain of the hidden layers (2 points)
#
# Write `diagonal_gain(d, L, n)`: the product of the hidden matrices $W_{L-1}\cdots W_1$, all of them $d\cdot I$, of a
# network with $L$ layers, as an array of shape `(n, n)`. All digits, no rounding; $L\ge2$.
#
# For `d = 3`, `L = 3`, `n = 2` the result is `[[9, 0], [0, 9]]`.

# %%
def diagonal_gain(d, L, n):
    """The product of the L - 1 hidden matrices d·I.

    Args:
        d: the number on all diagonals.
        L: number of layers, at least 2; the last one is not part of the product.
        n: width of the hidden layers.

    Returns:
        array (n, n).
    """
    ### BEGIN SOLUTION
    return d ** (L - 1) * np.eye(n)
    ### END SOLUTION

# %%
check(diagonal_gain)

# %% [markdown]
# ## Check the claim
#
# Line by line, it is
#
# $$\begin{aligned}
# O &= W_L\,(d\cdot I)^{L-1}\,x & &\text{(}W_1\text{ to }W_{L-1}\text{ are }L-1\text{ matrices)} \\
# &= W_L\,(d^{\,L-1} I)\,x & &\text{(a diagonal matrix is multiplied entry by entry)} \\
# &= d^{\,L-1}\,W_L\,x & &\text{(a number may stand anywhere).}
# \end{aligned}$$
#
# Multiplied out, for $L=10$ and the $4\times4$ matrices of the deck:

# %%
for d in (1.5, 0.5):
    product = deep_linear(np.eye(4), [d * np.eye(4)] * 9)
    yours = diagonal_gain(d, 10, 4)[0][0]
    print(f"d = {d}: nine matrices give {product[0, 0]:.6f} · I, yours {yours:.6f} · I;\n"
          f"         d^9 = {d**9:.6f},  d^10 = {d**10:.6f}")

# %% [markdown]
# | printed for $L=10$ | what it is |
# |---|---|
# | 38 | $1.5^9 = 38.443$, rounded. A count of ten would have given 57.665 |
# | 0.002 | $0.5^9 = 0.001953$, rounded |
# | 0.001, one slide later | $0.5^{10} = 0.000977$, rounded: the exponent has changed between two slides. Nine is right |
#
# The Better Deep Learning deck does the same with $2\times2$ matrices. The size makes no difference: each unit is
# multiplied on its own.

# %%
print(" L       d = 0.5             d = 1.5")
for L in (2, 5, 10, 20, 50):
    small, large = (diagonal_gain(d, L, 2)[0, 0] for d in (0.5, 1.5))
    print(f"{L:2}  {small:12.3e}  {large:18.3e}")

# %% [markdown]
# Compared with fifty layers, ten are harmless: with fifty a signal is divided by about $6\cdot10^{14}$, or multiplied
# by about $4\cdot10^{8}$.

# %% [markdown]
# ## Derive: the way back
#
# “Similarly: Gradients will also increase / decrease”, says the “Improving” deck, and stops. Which gradients? Let $E$ be any
# loss, and $dO = \partial E/\partial O$ its gradient at the output. A small change of the output changes $E$ by
# $\langle dO, \Delta O\rangle = \sum_i dO_i\,\Delta O_i$, so it is enough to differentiate $\langle dO, O\rangle$ with
# $dO$ held fixed. Call $g_l$ the gradient with respect to $h_l$.
#
# **At the output** there is nothing to do:
#
# $$g_L = dO .$$
#
# **One layer down.** $h_l = W_lh_{l-1}$, and a matrix changes sides in a scalar product by being transposed:
#
# $$\langle g_l,\,W_l\,\Delta h_{l-1}\rangle = \langle W_l^\top g_l,\,\Delta h_{l-1}\rangle \quad\Rightarrow\quad g_{l-1} = W_l^\top g_l .$$
#
# **The weights.** Change $W_l$ by $\Delta W$ and nothing else:
#
# $$\langle g_l,\,\Delta W\,h_{l-1}\rangle = \sum_{i,j} (g_l)_i\,\Delta W_{ij}\,(h_{l-1})_j \quad\Rightarrow\quad dW_l = g_l\,h_{l-1}^\top .$$
#
# **Unrolled**, with every matrix named:
#
# $$dW_l = \underbrace{(W_L\cdots W_{l+1})^\top dO}_{g_l}\;\underbrace{(W_{l-1}\cdots W_1\,x)^\top}_{h_{l-1}^\top} .$$
#
# All matrices but $W_l$ itself occur once: those behind it in $g_l$, those before it in $h_{l-1}$.

# %% [markdown]
# ## Check the claim
#
# The judge is `numerical_gradient` of lesson 00. It nudges every entry of $W_2$, in the network with widths 3, 5, 4, 2
# from above.

# %%
x, dO = rng.normal(size=(3, 1)), rng.normal(size=(2, 1))
derived = (W3.T @ dO) @ (W1 @ x).T
measured = numerical_gradient(lambda W: np.sum(dO * (W3 @ W @ W1 @ x)), W2)
error = relative_error(derived, measured)
print("shapes", derived.shape, measured.shape, f" relative error {error:.0e}")

# %% [markdown]
# ## Exercise 3.3: all gradients (3 points)
#
# Write `linear_grads(x, Ws, dO)`: the list $[dW_1, \dots, dW_L]$ of the gradients of $\langle dO, O\rangle$.
#
# - `x` and `dO` are columns, of shapes $(n_0, 1)$ and $(n_L, 1)$; `Ws` is a list as in 3.1, with widths that vary.
# - $dW_l$ has the shape of $W_l$. The arguments stay as they are.
#
# By hand: $x = (1)$, $W_1 = (2)$, $W_2 = (3)$, $dO = (1)$. Then $O = w_2w_1x$, so that $dW_1 = (3)$ and $dW_2 = (2)$.
#
# <details><summary>A hint on the order of work</summary>
#
# Two passes: forwards, keeping every $h_l$; then backwards with one vector $g$, from which each layer takes what it
# needs before $g$ moves on.
#
# </details>

# %%
def linear_grads(x, Ws, dO):
    """Gradients of sum(dO * O) with respect to all matrices of a linear network, column convention.

    Args:
        x: input (n_0, 1).
        Ws: list [W_1, ..., W_L]; W_l has shape (n_l, n_{l-1}).
        dO: gradient at the output (n_L, 1).

    Returns:
        list [dW_1, ..., dW_L]; dW_l has the shape of W_l.
    """
    ### BEGIN SOLUTION
    hs = [np.reshape(x, (len(x), -1))]  # a plain vector passes for a column
    for W in Ws:
        hs.append(W @ hs[-1])
    g, grads = np.reshape(dO, (len(dO), -1)), []
    for W, h in zip(reversed(Ws), reversed(hs[:-1])):
        grads.insert(0, g @ h.T)
        g = W.T @ g
    return grads
    ### END SOLUTION

# %%
check(linear_grads)

# %% [markdown]
# ## Use it: where does the gradient explode?
#
# The network of the “Improving” deck: nine hidden matrices $d\cdot I$ and a full last matrix. Your functions give
# everything: `deep_linear` the signal, and also the gradient on its way back, which passes through a linear network of
# its own, the transposed matrices in reverse order; `linear_grads` the gradients of the weights.

# %%
TITLES = "signal $h_l$", "its gradient $g_l$", "the weights' gradient $dW_l$"


def three_panels(profiles, looks=None, **arrangement):
    """Lengths over the layers: of h_0..h_L, of g_0..g_L, of dW_1..dW_L."""
    show(
        *[curves(range(first, first + np.shape(part[0])[-1]), dict(zip(profiles, part)),
                 looks=looks, log="y", title=title, xlabel="layer l", ylabel="length")
          for title, part, first in zip(TITLES, zip(*profiles.values()), (0, 0, 1))],
        share="y", **arrangement,
    )

# %%
def lengths(x, Ws, dO):
    """Lengths of h_0..h_L, of g_0..g_L and of dW_1..dW_L."""
    L, back = len(Ws), [W.T for W in reversed(Ws)]
    h = [x, *(deep_linear(x, Ws[:l]) for l in range(1, L + 1))]
    g = [*(deep_linear(dO, back[: L - l]) for l in range(L)), dO]
    return [[np.linalg.norm(v) for v in vs] for vs in (h, g, linear_grads(x, Ws, dO))]


last = rng.normal(size=(2, 4)) / 2
x, dO = np.full((4, 1), 0.5), np.full((2, 1), np.sqrt(0.5))  # both of length 1
profiles = {f"d = {d}": lengths(x, [d * np.eye(4)] * 9 + [last], dO) for d in SCALES}
print("  d     g_1 / g_9   h_8 / h_0   dW_1 / dW_9        dW_1")
for d, (h, g, dW) in profiles.items():
    ratios = f"{g[1] / g[9]:10.4f}  {h[8] / h[0]:10.4f}  {dW[0] / dW[8]:12.4f}"
    print(f"{d[4:]}  {ratios}  {dW[0]:10.4f}")
three_panels(
    profiles, looks=LOOK,
    title="Signal and gradient grow in opposite directions; their product is level",
    alt="Three panels on a log axis over the layers, for d = 0.5, 1 and 1.5. The signal grows "
    "with the layer for d = 1.5 and shrinks for 0.5. Its gradient does so in the other "
    "direction, from the last layer to the first. The gradient of the weights is the same "
    "for the layers one to nine, far up for d = 1.5 and far down for 0.5, with a small "
    "step at the last layer.",
)

# %% [markdown]
# Two slopes, and one level line. With $d=1.5$ the gradient grows by $1.5^8 = 25.6$ from layer 9 to layer 1, just as the
# signal does in the other direction over eight layers. On its way to layer $l$ the signal has met $l-1$ matrices, on
# its way back to $l$ the gradient has met the other hidden ones and $W_L$:
#
# $$\begin{aligned}
# \lVert dW_l\rVert &= \lVert g_l\rVert\,\lVert h_{l-1}\rVert & &\text{(the length of an outer product)} \\
# &= d^{\,L-1-l}\,\lVert W_L^\top dO\rVert\;\cdot\;d^{\,l-1}\,\lVert x\rVert & &\text{(both as above, for } l<L \text{)} \\
# &= d^{\,L-2}\,\lVert W_L^\top dO\rVert\,\lVert x\rVert & &\text{(no } l \text{ is left).}
# \end{aligned}$$
#
# **Compare with your log.** First over ninth is 1, for every $d$. The gradients of *all* weights explode together, or
# vanish together. The small step at the end is the last matrix, which is not $d\cdot I$.
#
# So the diagnosis table of the “Problems” deck, “exponential growth in the model parameters of the lower or initial
# layers”, is not right in general; neither is the sentence of the Better Deep Learning deck that “back propagated
# gradients are either amplified or minimized as you move from the output layer towards the input layer”, unless it means
# $g_l$. When is it? When something holds the signal in place while its gradient shrinks or grows. Sigmoids do that, and
# so do biases:

# %%
def sigmoid_output(w, x=1.0):
    a = [x]
    for weight in w:
        a.append(sigmoid(weight * a[-1]))
    return np.array(a[1:])


w = np.full(3, 0.5)
print("sigmoids: activations", np.round(sigmoid_output(w), 2), end="   ")
print("dy/dw", np.round(numerical_gradient(lambda w: sigmoid_output(w)[-1], w), 4))

Ws, bias = [0.5 * np.eye(4)] * 9 + [last], np.full((4, 1), 0.25)
h = [np.full((4, 1), 0.5)]
for W in Ws[:-1]:
    h.append(W @ h[-1] + bias)
g = [deep_linear(dO, [W.T for W in reversed(Ws[l:])]) for l in range(1, 10)]
sizes = [np.linalg.norm(one) * np.linalg.norm(before) for one, before in zip(g, h)]
print("d = 0.5, biases of 0.25: signal", *[f"{np.linalg.norm(one):.2f}" for one in h])
print(f"   dW_1 / dW_9 = {sizes[0] / sizes[-1]:.4f}, without biases 1")

# %% [markdown]
# The sigmoid net is that of lesson 01, three layers with $w=0.5$. Its activations stay near 0.6 in every layer, so that
# only the shrinking $g_l$ counts, and the first weight gets forty times less than the last. In the linear network with
# biases the signal stays at 1 as well, and the gradients of the weights now shrink like $g_l$, by $0.5^8$. “The first
# layers suffer most” is a statement about networks in which something holds the signal while nothing holds its gradient.

# %% [markdown]
# ## Could a better learning rate help?
#
# At the start of this lesson all three networks used the rate 0.01. The gradient notes name a “High learning rate” as the
# third cause of exploding gradients, after large weights and many layers; the “Problems” deck puts “Small Learning Rate”
# under vanishing gradients. So try many rates, over five powers of ten. Your `linear_grads` does the training, one
# sample at a time.

# %% tags=["demo"]
def loss_left(d, rate, seed, steps=60):
    """Loss after training, as a share of what the answer 0 would cost; nan if it diverges."""
    draw = np.random.default_rng(seed)
    A, X = np.eye(4) + 0.3 * draw.normal(size=(4, 4)), draw.normal(size=(4, 40))
    Ws = [d * np.eye(4)] * 10
    for k in range(steps):
        x = X[:, [k % 40]]
        error = deep_linear(x, Ws) - A @ x
        if np.abs(error).max() > 1e5:
            return np.nan
        Ws = [W - rate * np.asarray(dW) for W, dW in zip(Ws, linear_grads(x, Ws, error))]
    return np.mean((deep_linear(X, Ws) - A @ X) ** 2) / np.mean((A @ X) ** 2)


rates = 10.0 ** np.arange(-5, 0.1, 0.5)
left = {}
for d in SCALES:
    left[d] = np.array([[loss_left(d, rate, seed) for rate in rates] for seed in range(4)])
    alive = np.isfinite(left[d]).all(axis=0)
    best = np.argmin(np.where(alive, left[d].mean(axis=0), np.inf))
    print(f"d = {d}: 4 of 4 seeds survive up to {rates[alive].max():.0e}; best {rates[best]:.0e}, "
          f"which leaves {left[d][:, best].min():.4g} to {left[d][:, best].max():.4g}")
    start = [loss_left(d, 0, seed, steps=0) for seed in range(4)]
    print(f"         at the start {min(start):.4g} to {max(start):.4g}")

# %% tags=["demo"]
show(
    curves(rates, {f"d = {d}": some for d, some in left.items()}, looks=LOOK, log="xy",
           across={"answering 0": 1}, ylim=(1e-6, 1e3), legend="lower left",
           title="In 60 steps no learning rate makes up for a wrong scale",
           xlabel="learning rate", ylabel="loss after 60 steps"),
    alt="Loss left after 60 steps against the learning rate, both axes logarithmic, four "
    "seeds and their mean for each d; a line ends where a seed diverges. d = 0.5 stays at "
    "1 at every rate and ends beyond 0.1. d = 1 falls to a ten-thousandth at 0.01 and "
    "ends beyond 0.03. d = 1.5 comes down from near a hundred at 0.00001 to about three "
    "at 0.0001, where all but one of its seeds end.",
)

# %% [markdown]
# The three networks want three different rates, and in 60 steps two of them get at best about as far as the answer 0.
# With $d=0.5$ there is hardly a gradient: 60 steps at the highest rate that all seeds survive change less than a
# thousandth of the loss. With $d = 1.5$ the steep first steps allow no more than $10^{-4}$, a hundredth of what suits
# $d = 1$. They bring the loss down from thousands, but after 60 of them it is still two to four and a half times
# that of the answer 0.
#
# But 60 steps are few, and for these two nothing has ended there. What do a hundred times as many steps do, and what does
# Adam, which divides every gradient by its own recent size? The next cell trains the networks of four seeds, for several
# settings, at once.

# %% tags=["demo"]
@np.errstate(over="ignore", invalid="ignore")
def patient(settings, steps=6000):
    """What `loss_left` returns, for seeds 0 to 3 and several (d, rate, Adam or not) at once."""
    scales, rates, adam = (np.array(some).reshape(-1, 1, 1, 1) for some in zip(*settings))
    draws = [np.random.default_rng(seed) for seed in range(4)]
    A, X = map(np.array, zip(*[(np.eye(4) + 0.3 * draw.normal(size=(4, 4)),
                                draw.normal(size=(4, 40))) for draw in draws]))
    Ws = np.tile(scales * np.eye(4), (10, 1, 4, 1, 1))  # layers, settings, seeds
    mean, square, grads = np.zeros_like(Ws), np.zeros_like(Ws), np.zeros_like(Ws)
    for k in range(1, steps + 1):
        hs = [X[:, :, [(k - 1) % 40]]]
        for W in Ws:
            hs.append(W @ hs[-1])
        g = hs[-1] - A @ hs[0]
        for l in reversed(range(10)):
            grads[l] = g @ hs[l].swapaxes(-1, -2)
            g = Ws[l].swapaxes(-1, -2) @ g
        mean, square = 0.9 * mean + 0.1 * grads, 0.999 * square + 0.001 * grads**2
        adams = mean / (1 - 0.9**k) / (np.sqrt(square / (1 - 0.999**k)) + 1e-7)
        Ws = Ws - rates * np.where(adam, adams, grads)
    out, target = X, A @ X
    for W in Ws:
        out = W @ out
    return np.mean((out - target) ** 2, axis=(2, 3)) / np.mean(target**2, axis=(1, 2))

# %% tags=["demo"]
(ends,) = patient([(1.0, 0.01, False)], steps=60)
same = np.abs(ends - left[1.0][:, rates.searchsorted(0.009)]).max()
print(f"60 steps with d = 1, rate 0.01: differs from loss_left by {same:.0e}")
tried = [(0.5, 0.01, False), (0.5, 0.001, True), (1.5, 1e-4, False), (1.5, 0.03, True)]
for (d, rate, adam), some in zip(tried, patient(tried)):
    words = " ".join("diverged" if np.isnan(one) else f"{one:8.1e}" for one in some)
    print(f"d = {d}, {'Adam' if adam else 'SGD ':4} rate {rate:6g}, 6000 steps: {words}")

# %% [markdown]
# So patience helps after all. After 6000 plain steps the loss is 5 to 8 % of that of the answer 0 for $d=0.5$, and 12
# to 27 % for $d=1.5$; how these runs would end is open. ($d=1$ had come below a thousandth after 60 steps.) With Adam,
# at a rate that suits it, the network with $d=1.5$ fits its data to nine digits or more, and of those with $d = 0.5$
# three out of four come close. A wrong scale of the weights, to the power of the depth, makes training slow and
# narrows the choice of rates; here it does not make it impossible.

# %% [markdown]
# ## Three, nine, twenty-seven
#
# The gradient notes show an explosion in the smallest network there is: one unit a layer, ReLU, three layers with
# $w = 3$, $x = 1$, loss “$L=(y-\hat y)^2$”. Forwards
#
# $$z_1 = 3,\quad z_2 = 9,\quad z_3 = 27 = \hat y .$$
#
# Backwards they write, from the last layer to the first:
#
# > $\frac{dL}{dz_3} = 1$
# >
# > $\frac{dL}{dz_2} = w \times \frac{dL}{dz_3} = 3 \times 1 = 3$
# >
# > $\frac{dL}{dz_1} = w \times \frac{dL}{dz_2} = 3 \times 3 = 9$
# >
# > “1st layer 27. Loss gradient drastic increase”
#
# Step by step it should be
#
# $$\frac{\partial L}{\partial z_3} = 2(\hat y-y)\;\mathrm{relu}'(z_3) \qquad\text{(the loss, then the slope)}$$
#
# $$\frac{\partial L}{\partial z_{l-1}} = w_l\,\frac{\partial L}{\partial z_l}\;\mathrm{relu}'(z_{l-1}) \qquad\text{(one weight, one slope a layer)}$$
#
# $$\frac{\partial L}{\partial w_l} = \frac{\partial L}{\partial z_l}\;a_{l-1}, \qquad a_0 = x \qquad\text{(what the weight was multiplied by)}$$
#
# $$\frac{\partial L}{\partial x} = w_1\,\frac{\partial L}{\partial z_1} \qquad\text{(the same step once more, without a slope).}$$
#
# By the first line a gradient of 1 needs $2(27-y) = 1$: that holds for $y = 26.5$ and for no other target.
#
# ## Exercise 3.4: the ReLU chain (3 points)
#
# Write `relu_chain(w, x, y)`. `w` is a sequence of numbers, one weight for each layer, of any length and sign; `x` and
# `y` are numbers; the loss is $(y-\hat y)^2$ with $\hat y = a_L$, the output of the last ReLU. Return a dictionary:
#
# | key | value |
# |---|---|
# | `z`, `a` | $z_1\dots z_L$ and $a_1\dots a_L$ (lists or arrays) |
# | `dz`, `dw` | $\partial L/\partial z_1\dots\partial L/\partial z_L$ and $\partial L/\partial w_1\dots\partial L/\partial w_L$, in the same order |
# | `dx` | $\partial L/\partial x$, a number |
#
# At the kink, $\mathrm{relu}'(0)=0$. The network of the gradient notes with $y=26.5$ has `z` = 3, 9, 27 and `dz` = 9, 3,
# 1.

# %%
def relu_chain(w, x, y):
    """Forward and backward pass of a chain of ReLU units, one a layer, with loss (y - a_L)**2.

    Args:
        w: weights w_1..w_L.
        x, y: input and target.

    Returns:
        dict with z, a, dz, dw (L values each, first layer first) and the number dx.
    """
    ### BEGIN SOLUTION
    z, a = [], [x]
    for weight in w:
        z.append(weight * a[-1])
        a.append(max(z[-1], 0.0))
    dz, da = [0.0] * len(z), 2 * (a[-1] - y)
    for l in reversed(range(len(z))):
        dz[l] = da if z[l] > 0 else 0.0
        da = w[l] * dz[l]
    dw = [slope * before for slope, before in zip(dz, a)]
    return {"z": z, "a": a[1:], "dz": dz, "dw": dw, "dx": da}
    ### END SOLUTION

# %%
check(relu_chain)

# %%
print("   w         y        dz                dw              dx")
for w, y in [((3, 3, 3), 26.5), ((3, 3, 3), 30), ((3, 3, 3), 27), ((2, 3, 5), 29.5)]:
    net = relu_chain(w, 1.0, y)
    row = (" ".join(f"{value:5.0f}" for value in np.asarray(net[key])) for key in ("dz", "dw"))
    print(f"{w!s:10} {y:5}  {'  '.join(row)}  {float(net['dx']):6.0f}")
    loss = lambda w, y=y: (y - relu_chain(w, 1.0, y)["a"][-1]) ** 2
    error = relative_error(net["dw"], numerical_gradient(loss, w))
    print(f"{'':18}relative error of dw, measured: {error:.0e}")

# %% [markdown]
# - The 1, 3, 9 of the notes are right for $y=26.5$. Their 27 is not the gradient of layer 1, which is 9, but that of the
#   *input*: one multiplication further.
# - All three weights get the gradient **9**. The “drastic increase” along the $z$ is real, and yet no layer's weight is
#   hit harder than another's.
# - For $y = 30$ all signs turn and everything is six times as large; for $y = 27$ the fit is perfect and all gradients
#   are 0.
# - With the weights 2, 3, 5 and $dL/dz_3 = 1$ one can see what `dw` is made of: 15, 10, 6 are the products of the
#   *other* two weights. Three equal weights have equal products.
#
# `relu_chain`, `linear_grads`, and `dy_dw` and `two_layer_grads` of lesson 01 are four cases of one recursion: what
# arrives at a node is multiplied by the node's own slope and handed on to all that went in. `backward` of your `Value`
# in lesson 01 is that recursion in general. If you have it at hand, build $(y-\hat y)^2$ of this chain with it and
# compare the `.grad` of the three weights.

# %% [markdown]
# ## Beyond diagonals: powers of a full matrix
#
# In a recurrent network, which the notes name among the causes, the same matrix acts at every step, and then powers
# $W^k$ are no toy. Here are nine of them for three matrices: the $1.5\cdot I$ of the deck, a full one, and a triangular
# one with 0.5 on the diagonal.
#
# Most matrices stretch some directions more than others. Send all vectors of length 1 through a matrix: they come out
# as an ellipse, in more than two dimensions an ellipsoid. The lengths of its half axes are called the **singular
# values** of the matrix, and the length of the longest half axis is its **largest stretch**, $\lVert A\rVert_2 = \max_x
# \lVert Ax\rVert/\lVert x\rVert$. NumPy has it as `np.linalg.norm(A, 2)`, and all singular values, the largest first,
# as `np.linalg.svd(A, compute_uv=False)`.

# %%
diagonal = 1.5 * np.eye(4)
full = rng.uniform(0.1, 0.6, (4, 4))
full *= 1.5 / np.abs(np.linalg.eigvals(full)).max()
triangular = 0.5 * np.eye(4) + np.diag([1.5] * 3, k=1)
matrices = {"1.5·I": diagonal, "full": full, "triangular": triangular}


def nine_powers(name, W, label=""):
    """W to W⁹ side by side, with the largest stretch of each below it."""
    def draw(ax):
        powers = [np.linalg.matrix_power(W, k) for k in range(1, 10)]
        strip = np.hstack([np.pad(P / P.max(), ((0, 0), (0, 1)), constant_values=np.nan)
                           for P in powers])
        ax.imshow(strip, cmap="Blues", vmin=0, vmax=1.2)
        ax.set(yticks=[], ylabel=name, xlabel=label)
        ax.set_xticks(5 * np.arange(9) + 1.5, [f"{np.linalg.norm(P, 2):.3g}" for P in powers])
        ax.grid(False)
    return draw


show(
    nine_powers("1.5·I", diagonal), nine_powers("full", full),
    nine_powers("triangular", triangular, "the numbers: largest stretch of each power"),
    columns=1, size=(9.6, 4.9),
    title="One keeps all directions, one forgets all but one, one rises and falls",
    alt="Three rows of nine small heat maps, the powers one to nine of three 4 by 4 matrices, with "
    "the largest stretch below each. 1.5·I stays diagonal, and its stretch grows from 1.5 to "
    "38.4. The full matrix has about the same four bands of shade from the third power on, "
    "stretch 1.52 to 39. In the triangular one all weight wanders into the upper right corner, and the "
    "stretch rises from 1.9 to 9.35 at the fifth power and falls to 4.52 at the ninth.",
)

# %%
orthogonal = 1.5 * np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0]
for name, W in {**matrices, "1.5·Q": orthogonal}.items():
    singular = np.linalg.svd(np.linalg.matrix_power(W, 9), compute_uv=False)
    print(f"{name:11} stretches of W⁹: largest {singular[0]:5.2f}, second {singular[1]:8.5f}")

# %% [markdown]
# The first row is all that the deck shows: a number in front of $I$. The powers of the full matrix grow just as fast,
# although its entries are at most about 0.6, and it does something that no multiple of $I$ can do: it forgets. After a
# few layers the rows of the product are nearly multiples of one another, so that after nine layers only one direction
# of the signal is left. (Sooner or later it is so with every matrix that has only positive entries. The fourth line of
# the output has a random orthogonal matrix, which turns or mirrors, times 1.5: it forgets nothing.) The third matrix
# has 0.5 on its diagonal, and whoever looks at the diagonal only expects its powers to vanish. In the end they will,
# but they grow for five layers first.
#
# ## Exercise 3.5: the gain of a layer (1 point)
#
# For $n$ equal layers the gain *per layer* is the $n$-th root of their largest stretch:
#
# $$\text{gain}(W, n) = \lVert W^n\rVert_2^{1/n} .$$
#
# Write `spectral_gain(W, n)`, which returns that number for a square matrix `W` and a whole number `n` of at least 1.
# For a diagonal matrix it is the largest $|d_i|$, for any $n$: `spectral_gain(np.diag([1, 3]), 2)` is $9^{1/2} = 3$.

# %%
def spectral_gain(W, n):
    """The largest stretch of n equal layers, per layer.

    Args:
        W: square matrix.
        n: number of layers, at least 1.

    Returns:
        the n-th root of the largest singular value of W^n.
    """
    ### BEGIN SOLUTION
    return np.linalg.norm(np.linalg.matrix_power(W, n), 2) ** (1 / n)
    ### END SOLUTION

# %%
check(spectral_gain)

# %%
gaussian = rng.normal(size=(50, 50)) / np.sqrt(50)
print("            largest entry  eigenvalue   gain for n = 1      2      4      8     32")
for name, W in {**matrices, "Gaussian": gaussian}.items():
    radius = np.abs(np.linalg.eigvals(W)).max()
    gains = " ".join(f"{spectral_gain(W, n):6.2f}" for n in (1, 2, 4, 8, 32))
    print(f"{name:11} {np.abs(W).max():13.2f} {radius:11.2f}         {gains}")

# %% [markdown]
# The column “eigenvalue” has the largest absolute value of an eigenvalue: the factor by which a vector is stretched that
# comes out in its own direction (or, where the eigenvalue is complex, in its own plane).
#
# - For $1.5\cdot I$ the gain is 1.5, however many layers there are. For multiples of $I$, and of rotations, one number
#   says everything.
# - The full matrix has nearly the same gain with entries up to 0.6: four of them add up in every unit. Single entries
#   do not show the gain.
# - The triangular one gains 1.9 in a single layer and loses in a chain of 32. Gains begin at the largest stretch of one
#   layer, and for long chains approach the largest absolute value of an eigenvalue, here 0.5.
# - The fourth, 50 by 50 and random, also starts near 2 and comes down to about 1.1. The stretch is that of the *best*
#   direction. What happens to an ordinary signal?

# %% [markdown]
# ## Derive: random matrices
#
# Hardly any network begins with $d\cdot I$; weights begin as random numbers. Let all $W_{ij}$ be independent with mean 0 and
# standard deviation $s$, and $h$ a vector that does not depend on them.
#
# $$(Wh)_i = \sum_{j=1}^n W_{ij}\,h_j \qquad\text{(one unit)}$$
#
# $$\mathbb E\,(Wh)_i^2 = \sum_{j=1}^n s^2\,h_j^2 = s^2\lVert h\rVert^2 \qquad\text{(mean 0, independent: only the squares stay)}$$
#
# $$\mathbb E\,\lVert Wh\rVert^2 = n\,s^2\,\lVert h\rVert^2 \qquad\text{(} n \text{ units)} .$$
#
# So one layer multiplies the length by about $s\sqrt n$. The next layer's weights are new and independent of $h$, so
# that the factor is the same again; and the way back, through $W^\top$, has it too. With $s = \sigma/\sqrt n$, the
# random network behaves as if it were $\sigma\cdot I$.
#
# ## Check the claim
#
# Twenty layers of 50 units, ten draws for each $\sigma$, and the dotted lines of $\sigma\cdot I$.

# %%
def gaussian_lengths(sigma, seed, skip=0, branch=1, n=50, L=20):
    draw = np.random.default_rng([int(100 * sigma), seed])
    Ws = list(skip * np.eye(n) + branch * sigma / np.sqrt(n) * draw.normal(size=(L, n, n)))
    x, dO = draw.normal(size=(2, n, 1))
    return lengths(x / np.linalg.norm(x), Ws, dO / np.linalg.norm(dO))


chains = {sigma: [gaussian_lengths(sigma, seed) for seed in range(10)] for sigma in SCALES}
for sigma, some in chains.items():
    h, g, dW = (np.array(part) for part in zip(*some))
    factors = [np.sqrt(np.mean(ends**2)) ** (1 / 20) for ends in (h[:, -1], g[:, 0])]
    spread, ratio = h[:, -1] / sigma**20, dW[:, 0] / dW[:, -1]
    print(f"σ = {sigma}: a layer multiplies by {factors[0]:.3f} forwards, {factors[1]:.3f} back;\n"
          f"         single draws: h_20 / σ^20 {spread.min():.2f} to {spread.max():.2f}, "
          f"dW_1 / dW_20 {ratio.min():.2f} to {ratio.max():.2f}")

# %%
lines, looks = {}, {}
for (sigma, some), look in zip(chains.items(), LOOK.values()):
    drawn, exact = f"σ = {sigma}", "σ·I" if sigma == SCALES[-1] else f"_{sigma}·I"
    lines[drawn] = [np.array(part) for part in zip(*some)]
    exponents = (np.arange(21), np.arange(20, -1, -1), np.full(20, 19))
    lines[exact] = [sigma**exponent for exponent in exponents]
    looks |= {drawn: (*look[:2], ""), exact: (BLACK, ":", "")}
three_panels(
    lines, looks=looks, legend="right", size=(10, 3.4),
    title="Random matrices of size σ/√n do on average what σ·I does",
    alt="The same three panels for twenty random layers of 50 units, ten draws as thin lines "
    "and their mean as a thick one. Signal and gradient of the signal follow the dotted "
    "lines of σ·I, up for 1.5, level for 1 and down for 0.5, with a spread that grows "
    "with the distance travelled; the gradients of the weights are level, near two "
    "thousand, one, and two millionths.",
)

# %% [markdown]
# Both ways, and on average, the random chains do what $\sigma\cdot I$ does. A single chain strays from it, and the
# further the signal has gone the more: after twenty layers to between a third and 1.4 times the dotted line.
# The gradients of the weights are level once more.
#
# **Compare with your log.** For 50 units the standard deviation is $1/\sqrt{50} \approx 0.14$.
#
# The slider `gain` is $\sigma$, `depth` the number of layers.

# %%
# Ten networks of 60 layers of 50 units.
units = np.random.default_rng(0).normal(size=(10, 60, 50, 50)) / np.sqrt(50)
h, at_gain_1 = np.full((10, 50, 1), np.sqrt(1 / 50)), [np.ones(10)]
for l in range(60):
    h = units[:, l] @ h
    at_gain_1.append(np.linalg.norm(h, axis=(1, 2)))
at_gain_1 = np.transpose(at_gain_1)


def signal_at(gain, depth):
    """The length of the signal through `depth` random layers of one gain."""
    layers = np.arange(int(depth) + 1)
    times = gain ** layers[-1]
    lines = {"ten draws": at_gain_1[:, : len(layers)] * gain**layers, "gain · I": gain**layers}
    return curves(
        layers, lines, looks={"ten draws": (BLUE, "-", ""), "gain · I": (BLACK, ":", "")}, log="y",
        ylim=(1e-12, 1e12), yticks={1e-12: "10⁻¹²", 1e-6: "10⁻⁶", 1: "1", 1e6: "10⁶", 1e12: "10¹²"},
        title=f"gain {gain:.2f}: {times:.2g} times the length after {depth:.0f} layers",
        xlabel="layer", ylabel="length of the signal", legend="upper left")


explore(
    signal_at,
    alt="Length of the signal over 60 random layers of gain 0.9, ten draws and the line of 0.9·I, "
    "on a log axis from 10⁻¹² to 10¹². All fall steadily to a few thousandths and below.",
    gain=(0.5, 1.5, 0.05, 0.9),
    depth=(5, 60, 5, 60),
)

# %% [markdown]
# Even a gain of 0.9, which nobody would notice in one layer, leaves two thousandths of the signal after sixty.
#
# What can be done about it? The gradient notes list causes and fixes, and the Better Deep Learning deck has rules for
# first weights. Here is where each of them acts, and where you will meet it.
#
# | cause in the gradient notes | in this lesson | what helps |
# |---|---|---|
# | “Starting weights are big” | gain above 1 | weights of size $1/\sqrt n$: lesson 05 |
# | “Too many layers” | the exponent $L-1$ | batch normalisation, which resets the scale in every layer: lessons 04 and 09; residual connections: below |
# | “RNN” | powers of one $W$ | gradient clipping: lesson 07 |
# | “High learning rate” | the narrow window of the sweep | a lower rate and patience, or Adam |

# %% [markdown]
# ## The library way
#
# `nnlab` has samples in rows, like Keras: the same network has the transposed matrices. Its gradients should be yours,
# transposed.

# %%
Ws = [W1, W2, W3]
net = MLP([3, 5, 4, 2], ["linear"] * 3, dtype=np.float64)
for l, W in enumerate(Ws, 1):
    net.W[l][:] = W.T
row, target = rng.normal(size=(1, 3)), rng.normal(size=(1, 2))
theirs = net.grads(row, target, "mse")[::2]  # every other one belongs to a bias
error = deep_linear(row.T, Ws) - target.T  # the mean of two squares: 2/2 times the error
for l, (mine, library) in enumerate(zip(linear_grads(row.T, Ws, error), theirs), 1):
    print(f"layer {l}: largest difference {np.abs(np.asarray(mine) - library.T).max():.0e}")

# %% [markdown]
# In Keras a layer of this kind is a `Dense` without bias and activation. (Loading Keras takes some seconds, so it waits
# for lesson 05.)
#
# ```python
# scaled_identity = keras.initializers.Identity(1.5)
# hidden = [
#     keras.layers.Dense(4, use_bias=False, kernel_initializer=scaled_identity) for _ in range(9)
# ]
# last = keras.layers.Dense(2, use_bias=False)
# network = keras.Sequential([keras.Input((4,)), *hidden, last])
# ```
#
# Without `kernel_initializer` a `Dense` layer draws from a uniform distribution of variance
# $2/(n_\text{in}+n_\text{out})$. For a square layer that is $1/n$: the gain 1 that you derived.

# %% [markdown]
# ## Beyond the lecture: a residual connection makes the fan of lines flat
#
# Networks of a hundred layers are trained today, and hardly one of them hands on $Wh$ alone. A **residual connection**
# adds the input again, $h_l = h_{l-1} + W_l h_{l-1}$. Without activation that is a linear layer with the matrix $I+W_l$,
# so that all you have derived applies. With $W$ random as above, the product of $h$ and $Wh$ has mean 0, and only the
# squares stay:
#
# $$\mathbb E\,\lVert h + Wh\rVert^2 = \lVert h\rVert^2 + \sigma^2\lVert h\rVert^2 = (1+\sigma^2)\,\lVert h\rVert^2 .$$
#
# The factor per layer, $\sqrt{1+\sigma^2}$, is never below 1: on average nothing vanishes any more. But it is above 1
# for every $\sigma>0$, and after $L$ layers it has become $(1+\sigma^2)^{L/2}$. If the branch is made smaller by
# $1/\sqrt L$ the whole stack gives $(1+\sigma^2/L)^{L/2}$, which is less than $e^{\sigma^2/2}$ for *any* depth: 3.1 for
# $\sigma=1.5$.

# %%
KINDS = {  # how much of the input is added, how large the branch is
    "W": (0, 1), "I + W": (1, 1), "I + W/√L": (1, 1 / np.sqrt(20)),
}
stacks = {
    name: {sigma: [gaussian_lengths(sigma, seed, *how) for seed in range(10)] for sigma in SCALES}
    for name, how in KINDS.items()
}
for name, (skip, branch) in KINDS.items():
    for sigma, some in stacks[name].items():
        ends = np.array([h[-1] for h, _, _ in some])
        ratios = np.array([dW[0] / dW[-1] for _, _, dW in some])
        derived = (skip + (branch * sigma) ** 2) ** 10
        found = np.sqrt(np.mean(ends**2))
        print(f"{name:9} σ = {sigma}: h_20 {found:9.3g}, derived {derived:9.3g};   "
              f"dW_1 / dW_20 {ratios.min():.2f} to {ratios.max():.2f}")

# %%
show(
    *[curves(None, {f"σ = {sigma}": [h for h, _, _ in some] for sigma, some in stack.items()},
             looks={f"σ = {s}": (*look[:2], "") for s, look in zip(SCALES, LOOK.values())},
             log="y", title=f"layers {name}", xlabel="layer l",
             ylabel="length of $h_l$")
      for name, stack in stacks.items()],
    share="y", legend="right", title="The fan closes: from ten decades to half a decade",
    alt="Length of the signal over twenty random layers, on one log axis, for σ = 0.5, 1 and 1.5, "
    "ten draws each. With layers W the three fan out to a millionth, 1 and three thousand. With "
    "layers I + W all three rise, to 10, a thousand and a hundred thousand. With layers "
    "I + W/√L all three stay between 1 and 4.",
)

# %% [markdown]
# Left is the fan that you know. In the middle nothing vanishes, but everything grows: the residual connection alone is
# half of the remedy. On the right the three lines lie together, whatever the scale of the weights. The gradients of the
# weights are of one order in the first layer and in the last, in all nine rows. In practice the branch is kept small by
# normalising it, or by starting its last matrix at 0.

# %% [markdown]
# ## Errata hunt
#
# Five lines from the documents. Four are printed like this, and each of the four has something wrong. The fifth was
# right, and we broke it. Find out which one that is, and correct all five.
#
# 1. “Improving” deck: $h_3 = W_3 h_2 = W_1 W_2 W_3 X$
# 2. “Improving” deck, two slides on the same network with $L = 10$: a diagonal of 0.002, and a diagonal of 0.001
# 3. Gradient notes: $\frac{dL}{dz_2} = a_2 \times \frac{dL}{dz_3} = 9 \times 1 = 9$
# 4. Gradient notes: “1st layer 27. Loss gradient drastic increase”
# 5. “Problems” deck, of exploding gradients: “There is an exponential growth in the model parameters of the lower or
#    initial layers.”

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
# Number 3 is ours: the notes print $w\times\frac{dL}{dz_3} = 3\times1 = 3$, which is right. On its way back a gradient
# meets the weights; the activations are what it is multiplied by for a *weight's* gradient.
#
# | printed | where | what is true | why |
# |---|---|---|---|
# | $W_1 = W_1 = W_{L-1}$ | “Improving” deck | $W_1 = W_2 = \dots = W_{L-1}$ | an index slipped |
# | $h_3 = W_1W_2W_3X$ | “Improving” deck | $W_3W_2W_1X$ | each new layer acts on the result of the last one; equal only where matrices commute |
# | 38 at $L=10$ | “Improving” deck | 38.443 | $1.5^9$, rounded; not $1.5^{10} = 57.665$ |
# | 0.002, then 0.001 | “Improving” deck | 0.001953 | $0.5^9$; the second number is $0.5^{10}$ |
# | “10 layers”, so to the power of 10 | “Improving”, “Problems” deck | 10 slopes, 9 weight matrices | between the loss and $W_1$ lie $L$ activations, but $W_1$ itself is no factor |
# | explosion in the initial layers | “Problems” deck | in the net of the gradient notes all three $dL/dw$ are 9 | what $g_l$ gains, $h_{l-1}$ lacks |
# | $dL/dz_3 = 1$ | gradient notes | $2(\hat y-y)$ | 1 only for $y = 26.5$ |
# | “1st layer 27” | gradient notes | $dL/dz_1 = 9$ | 27 is $dL/dx$ |
# | $xW^{L-1}W^{[L]}$ | Better Deep Learning deck | a power, and a layer | two kinds of superscript in one formula |
#
# </details>
#
# Would the printed order of line 1 survive if the hidden matrices were not diagonal? Take them all equal, $W$, as the deck
# does, but full:

# %%
square, last = rng.normal(size=(2, 4, 4))
x = rng.normal(size=4)
hidden = {"1.5·I": 1.5 * np.eye(4), "diagonal": np.diag([1.5, 0.5, 2.0, 1.0]), "full": square}
for name, W in hidden.items():
    true, printed = deep_linear(x, [W, W, last]), W @ W @ last @ x
    print(f"{name:9} W_L W W x         = {np.round(true, 2)}")
    print(f"{'':9} printed W W W_L x = {np.round(printed, 2)}")

# %% [markdown]
# No. Equal hidden matrices may change places among themselves, but $W_L$ must stay on the left. With a full $W_L$ like
# this one the printed order is right for multiples of the identity alone.

# %% [markdown]
# ## Three questions

# %%
quiz()

# %% [markdown]
# > **One finding to keep.** In a linear network the gradient of a layer's weights contains every matrix but its own. So
# > where all layers have one scale, the gradients of all weights explode together or vanish together, first and last
# > layers alike.

# %% [markdown]
# ## Summary
#
# - $O = W_L\cdots W_1x$ in columns, $xW_1\cdots W_L$ in rows; the order matters unless the matrices commute ($AB=BA$),
#   as multiples of $I$ do with everything.
# - Ten layers have nine hidden matrices: $1.5^9 = 38.443$ and $0.5^9 = 0.001953$.
# - $dW_l = g_l\,h_{l-1}^\top$ contains every matrix but $W_l$. In a linear network of even scale the gradients of all
#   layers explode or vanish together.
# - The gain of $n$ equal layers is $\lVert W^n\rVert_2^{1/n}$; random weights of size $\sigma/\sqrt n$ have the gain
#   $\sigma$, so begin with $1/\sqrt n$.
# - A wrong scale makes training slow and the choice of rates narrow; with many steps and Adam seven of our eight
#   networks learned all the same. A residual connection with a small branch makes the scale matter little.
#
# *What would change my mind about "all layers alike":* a network without activations and with layers of one gain, in
# which $\lVert dW_1\rVert$ and $\lVert dW_{L-1}\rVert$ differ systematically over many seeds.
#
# ## What to read next
#
# - A. M. Saxe, J. L. McClelland and S. Ganguli (2013), *Exact solutions to the nonlinear dynamics of learning in deep
#   linear neural networks*, arXiv:1312.6120: this lesson's networks, with their training solved by formula; it also
#   explains the long plateau of $d=0.5$, and why orthogonal first weights beat Gaussian ones.
# - K. He, X. Zhang, S. Ren and J. Sun (2016), *Deep residual learning for image recognition*, CVPR, arXiv:1512.03385: the
#   residual connection, with networks of up to 152 layers on ImageNet.
# - M. Hardt and T. Ma (2016), *Identity matters in deep learning*, arXiv:1611.04231: a short proof that linear residual
#   networks have no bad local minima.
# - Y. Bengio, P. Simard and P. Frasconi (1994), *Learning long-term dependencies with gradient descent is difficult*, IEEE
#   Transactions on Neural Networks: powers of one matrix, and what they do to recurrent networks.

# %%
progress()
