# %% [markdown]
# # Follow a signal through ten linear layers, and its gradient back
#
# You will multiply matrices in the right order, count how many of them there are, derive the gradients of a network
# without activations, and find out which of the lectures' claims hold for diagonal matrices only. About 35 minutes.
#
# | you will | you need | you will have learnt it when you can |
# |---|---|---|
# | write the forward pass as a product of matrices | matrix times vector | say which matrix acts first, and when the order matters |
# | count factors: L − 1 or L | powers, lesson 02 | correct 38, 0.002 and 0.001 on the slides |
# | derive and write all weight gradients | chain rule, lesson 01 | explain why no layer's weights get the largest gradient |
# | measure the gain of full matrices | standard deviation | choose the size of random weights for a given width |

# %%
import numpy as np

from autograder import check, progress
from nnlab import MLP, Training
from nnlab.figures import BLACK, BLUE, GREY, VERMILION, curves, explore, show, style

style()
rng = np.random.default_rng(3)
LOOK = {
    "d = 0.5": (BLUE, "--", "v"), "d = 1.0": (BLACK, "-", "o"), "d = 1.5": (VERMILION, "-.", "^"),
}
SCALES = (0.5, 1.0, 1.5)

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
# With $d = 1.5$ the first step makes things so much worse that numbers run out soon after. The lecture says of both
# problems that they slow training down; the second one ends it.

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
# The slides print $h_3 = W_1W_2W_3X$ and $O = W_1W_2\cdots W_LX$: there the last layer acts on the input. Does it
# matter?

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
# networks. So how could the slides get away with it? Which pairs of matrices may change places?

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
# The slides' matrices are $1.5\cdot I$ and $0.5\cdot I$, multiples of the identity, and those may change places with
# anything. Diagonal matrices with different entries already need a diagonal partner. Everything else has an order, and
# with layers of different widths the printed one can't even be computed:

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
# The last line is the other convention: with samples in *rows*, as in Keras and in the second lecture, the first matrix
# stands next to $x$ on the left, $\hat y = xW^{[1]}W^{[2]}\cdots W^{[L]}$, and reading order is order of action.
# Transposing turns one into the other: $(W_3W_2W_1x)^\top = x^\top W_1^\top W_2^\top W_3^\top$. Whoever mixes the two
# gets the slide.
#
# The second lecture writes the end result as $xW^{L-1}W^{[L]}$, with two kinds of superscript: $W^{L-1}$ is a *power*
# of the common matrix $W$, $W^{[L]}$ the matrix of *layer* $L$. Reading both as layers would lose all matrices but two.
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
# The slides set $W_1 = \dots = W_{L-1} = d\cdot I$ and leave the last matrix $W_L$ as it is. (They print
# $W_1 = W_1 = W_{L-1}$; the second index should be 2.) Then
#
# $$\begin{aligned}
# O &= W_L\;\underbrace{W_{L-1}\cdots W_1}_{L-1\text{ matrices}}\;x \\
# &= W_L\,(d\cdot I)^{L-1}\,x & &\text{(all equal)} \\
# &= W_L\,(d^{\,L-1} I)\,x & &\text{(a diagonal matrix is multiplied entry by entry)} \\
# &= d^{\,L-1}\,W_L\,x & &\text{(a number may stand anywhere).}
# \end{aligned}$$
#
# ## Check the claim
#
# For $L=10$ and the $4\times4$ matrices of the slides:

# %%
for d in (1.5, 0.5):
    product = deep_linear(np.eye(4), [d * np.eye(4)] * 9)
    print(f"d = {d}: nine matrices give {product[0, 0]:.6f} · I;  "
          f"d^9 = {d**9:.6f},  d^10 = {d**10:.6f}")

# %% [markdown]
# | printed for $L=10$ | what it is |
# |---|---|
# | 38 | $1.5^9 = 38.443$, rounded. A count of ten would have given 57.665 |
# | 0.002 | $0.5^9 = 0.001953$, rounded |
# | 0.001, one slide later | $0.5^{10} = 0.000977$, rounded: the exponent has changed between two slides. Nine is right |
#
# The second lecture does the same with $2\times2$ matrices. The size makes no difference: each unit is multiplied on
# its own.
#
# ## Exercise 3.2: the gain of the hidden layers (2 points)
#
# Write `diagonal_gain(d, L, n)`: the product of the $L-1$ hidden matrices $d\cdot I$ of a network with $L$ layers, as
# an array of shape `(n, n)`. All digits, no rounding; $L\ge2$.
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

# %%
print(" L       d = 0.5             d = 1.5")
for L in (2, 5, 10, 20, 50):
    small, large = (diagonal_gain(d, L, 2)[0, 0] for d in (0.5, 1.5))
    print(f"{L:2}  {small:12.3e}  {large:18.3e}")

# %% [markdown]
# Ten layers are harmless beside fifty: then a signal is divided by about $10^{15}$, or multiplied by about $10^{8}$.

# %% [markdown]
# ## Derive: the way back
#
# "Similarly, gradients will also increase or decrease", says the slide, and stops. Which gradients? Let $E$ be any
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
# Nudge one entry of $W_2$ in the network with widths 3, 5, 4, 2 from above, and compare.

# %%
x, dO = rng.normal(size=(3, 1)), rng.normal(size=(2, 1))
derived = (W3.T @ dO) @ (W1 @ x).T
nudge = np.zeros_like(W2)
nudge[1, 2] = 1e-6
above, below = (np.sum(dO * (W3 @ W @ W1 @ x)) for W in (W2 + nudge, W2 - nudge))
print(f"derived {derived[1, 2]:.9f}, measured {(above - below) / 2e-6:.9f}")

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
# The slides' network: nine hidden matrices $d\cdot I$ and a full last matrix. Your functions give everything:
# `deep_linear` the signal, and also the gradient on its way back, which passes through a linear network of its own, the
# transposed matrices in reverse order; `linear_grads` the gradients of the weights.

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
# Two slopes, and one level line. From layer 9 to layer 1 the gradient grows by $1.5^8 = 25.6$, just as the signal does
# in the other direction. On its way to layer $l$ the signal has met $l-1$ matrices, on its way back to $l$ the gradient
# has met the other hidden ones and $W_L$:
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
# So the diagnosis table of one lecture, which looks for exploding gradients in "the lower or initial layers", is not
# right in general; neither is another's "amplified as you move from the output layer towards the input layer", unless
# it means $g_l$. When is it? When something holds the signal in place while its gradient shrinks or grows. A sigmoid
# does:

# %%
def sigmoid_activations(w, x=1.0):
    a = [x]
    for weight in w:
        a.append(1 / (1 + np.exp(-weight * a[-1])))
    return np.array(a[1:])


w, steps = np.full(3, 0.5), 1e-6 * np.eye(3)
outputs = [(sigmoid_activations(w + step)[-1], sigmoid_activations(w - step)[-1]) for step in steps]
print("activations", np.round(sigmoid_activations(w), 2))
print("dy/dw      ", np.round([(above - below) / 2e-6 for above, below in outputs], 4))

# %% [markdown]
# This is the sigmoid net of lesson 01, three layers with $w=0.5$. Its activations stay near 0.6 in every layer, so only
# the shrinking $g_l$ is left to speak, and the first weight gets forty times less than the last. "The first layers
# suffer most" is a statement about networks that squash.

# %% [markdown]
# ## Could a better learning rate help?
#
# At the start of this lesson all three networks used the rate 0.01. The lecture names a high learning rate as a third
# cause of exploding gradients, after large weights and many layers, and a low one as a cause of standstill. So try many
# rates, over five powers of ten. Your `linear_grads` does the training, one sample at a time.

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
          f"which leaves {left[d][:, best].min():.3g} to {left[d][:, best].max():.3g}")
for d, rate in [(0.5, 0.1), (1.5, 1e-4)]:  # these two once more, ten times as long
    later = np.array([loss_left(d, rate, seed, steps=600) for seed in range(4)])
    print(f"d = {d}, rate {rate:.0e}, 600 steps: {np.isnan(later).sum()} of 4 seeds diverge, "
          f"the others leave {np.nanmin(later):.2f} to {np.nanmax(later):.2f}")

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
# The three networks want three different rates, and two of them are helped little by any. With $d=0.5$ there is hardly
# a gradient: 60 steps at the highest rate that all seeds survive change 0.2 %, and with more patience, once something
# moves, most runs are thrown out. With $d = 1.5$ the steep first steps allow no more than $10^{-4}$, a hundredth of
# what suits $d = 1$. After 60 of those steps it is still worse than a network that always answers 0, and after 600
# about half of what that would cost is still left.
#
# So a rate can be too high or too low for a network. But the scale of the weights, to the power of the depth, decides
# whether there is a good one in between.

# %% [markdown]
# ## Three, nine, twenty-seven
#
# The handwritten notes show an explosion in the smallest network there is: one unit a layer, ReLU, three layers with
# $w = 3$, $x = 1$, loss $L=(y-\hat y)^2$. Forwards
#
# $$z_1 = 3,\quad z_2 = 9,\quad z_3 = 27 = \hat y .$$
#
# Backwards they begin with $dL/dz_3 = 1$, multiply by $w$ twice, $3$ and $9$, and then write "1st layer 27". Step by
# step it should be
#
# $$\frac{\partial L}{\partial z_3} = 2(\hat y-y)\;\mathrm{relu}'(z_3) \qquad\text{(the loss, then the slope)}$$
#
# $$\frac{\partial L}{\partial z_{l-1}} = w_l\,\frac{\partial L}{\partial z_l}\;\mathrm{relu}'(z_{l-1}) \qquad\text{(one weight, one slope a layer)}$$
#
# $$\frac{\partial L}{\partial w_l} = \frac{\partial L}{\partial z_l}\;a_{l-1}, \qquad a_0 = x \qquad\text{(what the weight was multiplied by)}$$
#
# $$\frac{\partial L}{\partial x} = w_1\,\frac{\partial L}{\partial z_1} \qquad\text{(the same step once more, without a slope).}$$
#
# The first line says what 1 takes: $2(27-y) = 1$ holds for $y = 26.5$ and for no other target.
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
# At the kink, $\mathrm{relu}'(0)=0$. The network of the notes with $y=26.5$ has `z` = 3, 9, 27 and `dz` = 9, 3, 1.

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

# %% [markdown]
# - The notes' 1, 3, 9 are right for $y=26.5$. Their 27 is not the gradient of layer 1, which is 9, but that of the
#   *input*: one multiplication further.
# - All three weights get the gradient **9**. The "drastic increase" along the $z$ is real, and yet no layer's weight is
#   hit harder than another's.
# - For $y = 30$ all signs turn and everything is six times as large; for $y = 27$ the fit is perfect and all gradients
#   are 0.
# - With the weights 2, 3, 5 and $dL/dz_3 = 1$ one can see what `dw` is made of: 15, 10, 6 are the products of the
#   *other* two weights. Three equal weights have equal products.

# %% [markdown]
# ## Beyond diagonals: powers of a full matrix
#
# In a recurrent network, which the notes name among the causes, the same matrix acts at every step, and then powers
# $W^k$ are no toy. Here are nine of them for three matrices: the slides' $1.5\cdot I$, a full one, and a triangular one
# with 0.5 on the diagonal.

# %%
diagonal = 1.5 * np.eye(4)
full = rng.uniform(0.1, 0.6, (4, 4))
full *= 1.5 / np.abs(np.linalg.eigvals(full)).max()
triangular = 0.5 * np.eye(4) + np.diag([1.5] * 3, k=1)
matrices = {"1.5·I": diagonal, "full": full, "triangular": triangular}



def nine_powers(name, W):
    """W to W⁹ side by side, with the largest stretch of each below it."""
    def draw(ax):
        powers = [np.linalg.matrix_power(W, k) for k in range(1, 10)]
        strip = np.hstack([np.pad(P / P.max(), ((0, 0), (0, 1)), constant_values=np.nan)
                           for P in powers])
        ax.imshow(strip, cmap="Blues", vmin=0, vmax=1.2)
        ax.set(yticks=[], ylabel=name)
        ax.set_xticks(5 * np.arange(9) + 1.5, [f"{np.linalg.norm(P, 2):.3g}" for P in powers])
        ax.grid(False)
    return draw


show(
    *[nine_powers(*one) for one in matrices.items()], columns=1, size=(9.6, 4.6),
    title="One keeps all directions, one forgets all but one, one rises and falls",
    alt="Three rows of nine small heat maps, the powers one to nine of three 4 by 4 matrices, with "
    "the largest stretch below each. 1.5·I stays diagonal, and its stretch grows from 1.5 to "
    "38.4. The full matrix has the same four bands of shade from the second power on, stretch "
    "1.52 to 39. In the triangular one all weight wanders into the upper right corner, and the "
    "stretch rises from 1.9 to 9.35 at the fifth power and falls to 4.52 at the ninth.",
)

# %%
for name, W in matrices.items():
    singular = np.linalg.svd(np.linalg.matrix_power(W, 9), compute_uv=False)
    print(f"{name:11} stretches of W⁹: largest {singular[0]:5.2f}, second {singular[1]:8.5f}")

# %% [markdown]
# The first row is the slides' whole story: a number in front of $I$. The full matrix grows just as fast, although no
# entry of it exceeds 0.6, and it does something that no multiple of $I$ can do: it forgets. After a few layers all its
# rows are multiples of one another, and of nine layers' worth of signal only one direction is left. The third matrix
# has 0.5 on its diagonal, and whoever looks at the diagonal only expects it to vanish. In the end it will, but its
# powers grow for five layers first.
#
# ## Exercise 3.5: the gain of a layer (1 point)
#
# The largest stretch of a matrix, $\lVert A\rVert_2 = \max_x \lVert Ax\rVert/\lVert x\rVert$, is its largest singular
# value. For $n$ equal layers the gain *per layer* is
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
# - For $1.5\cdot I$ the gain is 1.5, however many layers there are. Only here does one number say everything.
# - The full matrix has the same gain with entries up to 0.6: four of them add up in every unit. Entries alone say
#   nothing.
# - The triangular one gains 1.9 in a single layer and loses in a chain of 32. Gains begin at the largest stretch of one
#   layer, and for long chains approach the largest eigenvalue, here 0.5.
# - The fourth, 50 by 50 and random, also starts near 2 and comes down to about 1.1. The stretch is that of the *best*
#   direction. What happens to an ordinary signal?

# %% [markdown]
# ## Derive: random matrices
#
# No network begins with $d\cdot I$; weights begin as random numbers. Let all $W_{ij}$ be independent with mean 0 and
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
# Twenty layers of 50 units, ten draws for each $\sigma$, beside the dotted lines of $\sigma\cdot I$.

# %%
def gaussian_lengths(sigma, seed, n=50, L=20):
    draw = np.random.default_rng([int(100 * sigma), seed])
    Ws = list(sigma / np.sqrt(n) * draw.normal(size=(L, n, n)))
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
# What can be done about it? The notes list fixes, and the lecture rules for first weights. Here is where each of them
# acts, and where you will meet it.
#
# | cause in the notes | in this lesson | what helps |
# |---|---|---|
# | large first weights | gain above 1 | weights of size $1/\sqrt n$: lesson 05 |
# | too many layers | the exponent $L-1$ | batch normalisation, which resets the scale in every layer: lessons 04 and 09 |
# | recurrent networks | powers of one $W$ | gradient clipping: lesson 07 |
# | a high learning rate | the narrow window of the sweep | a lower rate, as long as the scale leaves one |

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
# ## Errata hunt
#
# Nine lines of four documents about one product of matrices. All stand above; here they are side by side.
#
# | printed | what is true | why |
# |---|---|---|
# | $W_1 = W_1 = W_{L-1}$ | $W_1 = W_2 = \dots = W_{L-1}$ | an index slipped |
# | $h_3 = W_1W_2W_3X$ | $W_3W_2W_1X$ | each new layer acts on the result of the last one; equal only where matrices commute |
# | 38 at $L=10$ | 38.443 | $1.5^9$, rounded; not $1.5^{10} = 57.665$ |
# | 0.002, then 0.001 | 0.001953 | $0.5^9$; the second number is $0.5^{10}$ |
# | "10 layers", so to the power of 10 | 10 slopes, 9 weight matrices | between the loss and $W_1$ lie $L$ activations, but $W_1$ itself is no factor |
# | explosion in the initial layers | in the notes' net all three $dL/dw$ are 9 | what $g_l$ gains, $h_{l-1}$ lacks |
# | $dL/dz_3 = 1$ | $2(\hat y-y)$ | 1 only for $y = 26.5$ |
# | "1st layer 27" | $dL/dz_1 = 9$ | 27 is $dL/dx$ |
# | $xW^{L-1}W^{[L]}$ | a power, and a layer | two kinds of superscript in one formula |
#
# Which of the reorderings would survive if the hidden matrices were not diagonal? Take them all equal, $W$, as the
# slides do, but full:

# %%
square, last = rng.normal(size=(2, 4, 4))
x = rng.normal(size=4)
hidden = {"1.5·I": 1.5 * np.eye(4), "diagonal": np.diag([1.5, 0.5, 2.0, 1.0]), "full": square}
for name, W in hidden.items():
    true, printed = deep_linear(x, [W, W, last]), W @ W @ last @ x
    print(f"{name:9} W_L W W x = {np.round(true, 2)},  printed W W W_L x = {np.round(printed, 2)}")

# %% [markdown]
# None. Equal hidden matrices may change places among themselves, but $W_L$ must stay on the left, and the printed order
# is right for multiples of the identity alone, as long as $W_L$ is full.

# %% [markdown]
# ## Questions
#
# Answer before you unfold.
#
# **1.** In the 3, 9, 27 network, why are all three $dL/dw$ equal to 9, although $dL/dz$ grows from 1 to 9?
#
# - (a) The slope of ReLU is 1, so that $dw = dz$.
# - (b) $dL/dw_l$ is the product of all *other* weights, and these are equal.
# - (c) The three weights share one value, so that backpropagation adds their gradients up.
#
# <details><summary>Answer</summary>
#
# (b): $dL/dw_l = dz_l\,a_{l-1}$, and where $dz_l$ has one weight more, $a_{l-1}$ has one less. (a) forgets $a_{l-1}$
# and would give 9, 3, 1. (c) would be true of one shared weight, as in a recurrent network, and would give 27.
#
# </details>
#
# **2.** A network of ten layers with sigmoids. How many slopes and how many weight matrices are multiplied on the way
# from the loss to the gradient of $W_1$?
#
# - (a) 10 slopes and 10 matrices
# - (b) 10 slopes and 9 matrices
# - (c) 9 slopes and 9 matrices
#
# <details><summary>Answer</summary>
#
# (b): every layer's slope, and $W_{10},\dots,W_2$. The slides' $(0.2)^{10}$ counts the slopes correctly and hides nine
# matrices behind three dots. A tenth matrix is what turns 38.443 into 57.665.
#
# </details>
#
# **3.** All entries of a $10\times10$ matrix are 0.4. What happens to a signal in a chain of such layers?
#
# - (a) It vanishes: no entry exceeds 0.4.
# - (b) It grows fourfold in each layer.
# - (c) Nothing can be said, since the determinant is 0.
#
# <details><summary>Answer</summary>
#
# (b). A vector of equal entries is multiplied by $10\cdot0.4 = 4$, and after the first layer every signal has equal
# entries (0, if its own add up to 0). The largest entry ignores that ten of them add up; the determinant says that some
# directions are lost, not what becomes of the rest.
#
# </details>

# %% [markdown]
# ## Summary
#
# - $O = W_L\cdots W_1x$ in columns, $xW_1\cdots W_L$ in rows; the order matters unless the matrices commute, as
#   multiples of $I$ do with everything.
# - Ten layers have nine hidden matrices: $1.5^9 = 38.443$ and $0.5^9 = 0.001953$.
# - $dW_l = g_l\,h_{l-1}^\top$ contains every matrix but $W_l$. In a linear network of even scale the gradients of all
#   layers explode or vanish together.
# - The gain of $n$ equal layers is $\lVert W^n\rVert_2^{1/n}$; random weights of size $\sigma/\sqrt n$ have the gain
#   $\sigma$, so begin with $1/\sqrt n$.
#
# *What would change my mind about "all layers alike":* a network without activations and with layers of one gain, in
# which $\lVert dW_1\rVert$ and $\lVert dW_{L-1}\rVert$ differ systematically over many seeds.

# %%
progress()
