# %% [markdown]
# # Choose an activation, and find out what it does to gradients
#
# *About 70 minutes: reading 24, exercises 46.*
#
# You will measure how six activations pass a gradient through many layers, and tell a unit that is off for one sample
# from a unit that is off for all of them and can't learn any more.
#
# | you will | you need | you will have learnt it when you can |
# |---|---|---|
# | derive six slopes and write them down as code | derivatives of $e^z$ and of a quotient | say which activation can shrink a gradient, and by how much |
# | measure a gradient through 20 layers | the chain rule, lesson 01; matrix products, lesson 03 | predict the factor per layer from weights and slope |
# | tell a sparse unit from a dead one | NumPy reductions along an axis | state when a ReLU can learn, and when it can come back |
# | count networks that are dead before the first step | a share and its standard error | give an upper bound without running anything |

# %%
import numpy as np

from autograder import check, hint, progress, quiz, solution, use_mine
from nnlab import MLP, Training
from nnlab.data import circles, moons
from nnlab.figures import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION
from nnlab.figures import curves, dots, explore, figure, histogram, show, style
from nnlab.oracle import numerical_gradient, relative_error
from nnlab.pieces import batchnorm_backward, batchnorm_forward
from nnlab.stack import fit_together
from nnlab.study import plus_minus

# Yours of lesson 00 where they have passed their checks, else the course's own.
numerical_gradient, relative_error = use_mine(numerical_gradient, relative_error)
style()
rng = np.random.default_rng(4)

# %%
quiz("due")  # questions of earlier lessons that are due again

# %% [markdown]
# ## See it fail first
#
# The "Improving" deck (slides "Improving your Neural Network"; [lesson 00](../00_start_here/00_start_here.ipynb) lists
# the five sources) ends its part on vanishing gradients with one line, "ReLU activation function". The gradient notes
# (handwritten, on vanishing and exploding gradients and dying ReLU) agree: "Better act fm → ReLU → leaky ReLU", where
# "act fm" is the activation function. So here are two experiments on the noisy circles. Left: 12 hidden layers of 50
# units, once with sigmoids and once with ReLUs, and the length of each layer's gradient before the first step. Right:
# 12 hidden layers of 4 ReLUs each, trained from ten seeds.

# %% tags=["demo"]
X, y, *_ = circles(n=100, noise=0.1, seed=1, train=100)
inits = {"sigmoid": "glorot_uniform", "relu": "he_uniform"}
norms = {}
for act, init in inits.items():
    net = MLP((2, *[50] * 12, 1), [act] * 12 + ["sigmoid"], init, seed=0)
    norms[act] = list(net.kernel_norms(net.grads(X, y)).values())

losses, ends = [], []
for seed in range(10):
    net = MLP((2, *[4] * 12, 1), ["relu"] * 12 + ["sigmoid"], "he_uniform", seed)
    silent = [not net.activations(X)[-2].any()]
    history = net.fit(X, y, lr=0.01, epochs=250, batch=None, every=5)
    silent.append(not net.activations(X)[-2].any())
    losses.append(np.array(history.loss))
    ends.append(silent)
before, after = np.sum(ends, axis=0)
print(f"first hidden layer over last: sigmoid {norms['sigmoid'][0] / norms['sigmoid'][-2]:.0e}, "
      f"ReLU {norms['relu'][0] / norms['relu'][-2]:.1f}")
print(f"last hidden layer silent: {before} of 10 nets at the start, {after} at the end")
print("loss at the end:", *(f"{loss:.3f}" for loss in sorted(some[-1] for some in losses)))
print(f"ln 2 = {np.log(2):.3f}")

# %% tags=["demo"]
FATES = {"alive": (BLUE, "-", ""), "died": (VERMILION, "--", ""), "born dead": (BLACK, "-", "")}
fates = np.array(["born dead" if born else "died" if dead else "alive" for born, dead in ends])
by_fate = {fate: np.array(losses)[fates == fate] for fate in FATES if fate in fates}
show(
    curves(range(1, 14), norms, looks={"sigmoid": (VERMILION, "-", "s"), "relu": (BLUE, "-", "o")},
           log="y", title="Sigmoid: the gradient fades", xlabel="layer",
           ylabel="length of W's gradient", xticks=range(1, 14, 2)),
    curves(history.epoch, by_fate, looks=FATES, mean="none", title="ReLU: some nets never move",
           xlabel="step", ylabel="training loss", ylim=(0, 1.25), legend="upper right"),
    alt="Left: length of the gradient by layer, log axis. For sigmoids it falls steadily by many "
    "powers of ten from the last layer to the second, and steeply once more to the first; for "
    "ReLUs it stays within about a factor of ten. Right: training loss of ten narrow ReLU networks. Some "
    "curves fall, the others are "
    "flat lines at 0.69.",
)

# %% [markdown]
# With sigmoids the first layer gets next to nothing. The last step down, from layer 2 to layer 1, is a cliff, and that
# one is not the sigmoid's doing. A gradient of $W_1$ is a sum of $\delta_i x_i$ over the samples; both circles are
# centred, the two classes are balanced, and behind twelve layers $\delta_i$ hardly depends on where $x_i$ lies. So the
# sum nearly cancels. Move all points by 1, and it does not:

# %%
for shift in (0, 1):
    net = MLP((2, *[50] * 12, 1), [*["sigmoid"] * 12, "sigmoid"], "glorot_uniform", seed=0)
    lengths = np.array(list(net.kernel_norms(net.grads(circles(train=100)[0] + shift, y)).values()))
    ratios = lengths[:-2] / lengths[1:-1]
    print(f"points moved by {shift}: layer 1 over layer 2 {ratios[0]:.4f}, the other ratios "
          f"{ratios[1:].min():.2f} to {ratios[1:].max():.2f};\n"
          f"{'':18} first hidden layer over last {lengths[0] / lengths[-2]:.0e}")

# %% [markdown]
# Depth alone makes a factor of 0.20 to 0.27 from layer to layer, and 0.1 at the first, whose inputs are only two: from
# the twelfth layer to the first, four parts in a hundred million are left. The rest was the data.
#
# With ReLUs the gradient arrives, in wide layers. In narrow ones it fails in another way: a flat curve at $\ln 2$ is a
# network that answers one half to every point, because its last hidden layer is 0 for all of them. Nothing fades there;
# the gradient is exactly 0. This lesson is about both failures, and about how to tell which of them you have.

# %% [markdown]
# ### Your log
#
# Write three numbers down before you go on.

# %% [markdown] tags=["yours"]
# Through 20 sigmoid layers with weights made for ReLU, the gradient shrinks to this share of what it was: …
#
# Of 1,000 ReLU networks, 5 units wide and 20 hidden layers deep, so many are dead before training begins: …
#
# With a step size that kills most of its units, a ReLU network scores on test points so much less than one of leaky
# ReLUs: …

# %% [markdown]
# ## Derive: six slopes
#
# **ReLU.** $f(z)=\max(z,0)$ is $z$ on the right and 0 on the left, so $f'(z)=1$ for $z>0$ and $0$ for $z<0$. At the
# kink there is no slope; anything between 0 and 1 serves (Keras takes 0).
#
# **Leaky ReLU.** $f(z)=z$ for $z>0$ and $\alpha z$ otherwise: $f'(z)=1$ or $\alpha$. With $\alpha<1$ that is the same
# as $\max(\alpha z,z)$; with $\alpha>1$ it is not.
#
# **Parametric ReLU** is a leaky ReLU whose $\alpha$ is trained. Training needs one more derivative,
# $\partial f/\partial\alpha$, which is $0$ on the right, where no $\alpha$ stands, and $z$ on the left.
#
# **ELU.** $f(z)=z$ for $z>0$, and $\alpha(e^z-1)$ otherwise. On the left
#
# $$f'(z)=\alpha e^z = \alpha(e^z-1)+\alpha = f(z)+\alpha .$$
#
# **Sigmoid.** Write $\sigma(z)=(1+e^{-z})^{-1}$ and differentiate the power:
#
# $$\sigma'(z)=\frac{e^{-z}}{(1+e^{-z})^2}
# =\frac{1}{1+e^{-z}}\cdot\frac{(1+e^{-z})-1}{1+e^{-z}}
# =\sigma(z)\,\bigl(1-\sigma(z)\bigr)\le\tfrac14 ,$$
#
# since a product of two numbers that add up to 1 is largest when they are equal.
#
# **Tanh.** $\tanh z = 2\sigma(2z)-1$, a stretched sigmoid. With $a=\tanh z$, so $\sigma(2z)=\tfrac{1+a}2$:
#
# $$\tanh'(z)=4\,\sigma(2z)\bigl(1-\sigma(2z)\bigr)=4\cdot\frac{1+a}{2}\cdot\frac{1-a}{2}=1-a^2\le 1 .$$
#
# ## Exercise 4.1: the six, with their slopes (3 points)
#
# Fill in the functions below. The dictionary `ACT` at the end collects them: `ACT[name]` is a pair `(f, df)`, for
# `'prelu'` a triple `(f, df, dalpha)`.
#
# - All take an array `z` of any shape and return one of the same shape; `z` stays as it was. Where there is an
#   $\alpha$, it comes second: `f(z, alpha)`.
# - Every slope is called with $z$, not with $f(z)$. At a kink it may be anything between the slopes on both sides.
# - $\alpha$ may be any positive number, also one above 1.
# - `dalpha(z)` is $\partial f/\partial\alpha$ entry by entry, not summed.
#
# For $z=(-2,3)$ and $\alpha=0.5$: leaky ReLU gives $(-1,3)$, its slopes are $(0.5,1)$, and `dalpha` is $(-2,0)$.

# %%
def relu(z):
    """z on the right, 0 on the left."""
    ### BEGIN SOLUTION
    return np.maximum(z, 0)
    ### END SOLUTION


def relu_slope(z):
    ### BEGIN SOLUTION
    return np.where(z > 0, 1.0, 0.0)
    ### END SOLUTION


def leaky(z, alpha):
    """z on the right, alpha·z on the left; the parametric ReLU has the same f and df."""
    ### BEGIN SOLUTION
    return np.where(z > 0, z, alpha * z)
    ### END SOLUTION


def leaky_slope(z, alpha):
    ### BEGIN SOLUTION
    return np.where(z > 0, 1.0, alpha)
    ### END SOLUTION


def prelu_dalpha(z):
    """The derivative of leaky(z, alpha) with respect to alpha, entry by entry."""
    ### BEGIN SOLUTION
    return np.where(z > 0, 0.0, z)
    ### END SOLUTION


def elu(z, alpha):
    """z on the right, alpha·(exp(z) - 1) on the left."""
    ### BEGIN SOLUTION
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))
    ### END SOLUTION


def elu_slope(z, alpha):
    ### BEGIN SOLUTION
    return np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0)))
    ### END SOLUTION


def tanh_slope(z):
    ### BEGIN SOLUTION
    return 1 - np.tanh(z) ** 2
    ### END SOLUTION


def sigmoid(z):
    """1 / (1 + exp(-z))."""
    ### BEGIN SOLUTION
    return np.exp(-np.logaddexp(0, -z))
    ### END SOLUTION


def sigmoid_slope(z):
    ### BEGIN SOLUTION
    return sigmoid(z) * (1 - sigmoid(z))
    ### END SOLUTION


ACT = {
    "relu": (relu, relu_slope),
    "leaky": (leaky, leaky_slope),
    "prelu": (leaky, leaky_slope, prelu_dalpha),
    "elu": (elu, elu_slope),
    "tanh": (np.tanh, tanh_slope),
    "sigmoid": (sigmoid, sigmoid_slope),
}

# %%
check(ACT)

# %% [markdown]
# Here are all six, with the values of $\alpha$ that this lesson uses from now on. The slopes are held against the
# numerical gradient of lesson 00, which knows nothing of your derivation.

# %%
ALPHA = {"leaky": 0.01, "prelu": 0.25, "elu": 1.0}


def pair(name, alpha=None):
    """(f, df) of an activation, both called with z alone."""
    f, df = ACT[name][:2]
    alpha = ALPHA.get(name) if alpha is None else alpha
    return (f, df) if alpha is None else (lambda z: f(z, alpha), lambda z: df(z, alpha))


z = np.linspace(-4, 4, 1000)  # an even number of points: none of them is 0
for name in ACT:
    f, df = pair(name)
    off = relative_error(df(z[::25]), numerical_gradient(lambda z, f=f: np.sum(f(z)), z[::25]))
    print(f"{name:8} slopes from {df(z).min():.4f} to {df(z).max():.4f};  relative error {off:.0e}")

# %%
LOOK = {  # colour, line and marker of each activation, in all figures of this lesson
    "relu": (BLUE, "-", "o"),
    "leaky": (SKY, "--", "s"),
    "prelu": (GREEN, "-.", "^"),
    "elu": (PURPLE, ":", "D"),
    "tanh": (BLACK, "--", "v"),
    "sigmoid": (VERMILION, "-", "P"),
}
def both(name):
    """An activation and its slope."""
    f, df = pair(name)
    return curves(z, {"f": f(z), "f′": df(z)}, looks={"f": (BLUE, "-"), "f′": (GREY, "--")},
                  title=f"{name}, α = {ALPHA[name]:g}" if name in ALPHA else name, xlabel="z",
                  ylim=(-1.5, 2.5))


show(
    *map(both, ACT), columns=3, size=(9, 4.4), share="xy", legend="right",
    title="Four slopes are 1 on the right; the sigmoid's never passes ¼",
    alt="Six panels, each with an activation and its slope. The four of the ReLU family have "
    "slope 1 for positive z; on the left it is 0 for relu, 0.01 for leaky, 0.25 for prelu, "
    "and falls from 1 to 0 for elu. The slope of tanh is a bell of height 1, that of the "
    "sigmoid a flat bell of height one quarter.",
)

# %% [markdown]
# The dashed lines are one half of what a layer does to a gradient; its weights are the other. No slope in the figure is
# above 1. On the right the ReLU family
# passes a gradient unchanged, however large $z$ is, where tanh and sigmoid go flat. On the left ReLU alone passes
# nothing at all.

# %% [markdown]
# ## Derive: what one layer does to a gradient
#
# Rows are samples, there is no bias: $z_l=h_{l-1}W_l$ and $h_l=f(z_l)$, with $h_0=X$ and $W_l$ of shape (n_in, n_out).
# Let *out* be the mean over all $N$ entries of $h_L$, and $G_l=\partial\,\text{out}/\partial h_l$, a matrix of the
# shape of $h_l$.
#
# **At the output** every entry counts alike: $G_L=\tfrac1N$ everywhere.
#
# **Through the activation**, entry by entry: $\partial\,\text{out}/\partial z_l=G_l\odot f'(z_l)$.
#
# **Through the weights**: $h_{l-1}$ acts on $z_l$ by $W_l$, so the gradient goes back by its transpose:
#
# $$G_{l-1}=\bigl(G_l\odot f'(z_l)\bigr)\,W_l^{\!\top} .$$
#
# How much smaller does it get? Take weights with mean 0 and standard deviation $g/\sqrt n$ in layers of $n$ units; $g$
# is the *gain*. An entry of $G_{l-1}$ is a sum of $n$ products of a weight with something that, we shall pretend, is
# independent of it. Variances add:
#
# $$\overline{G_{l-1}^2}\approx n\cdot\frac{g^2}{n}\cdot\overline{(G_l\odot f')^2}\approx g^2\;\overline{f'(z_l)^2}\;\;\overline{G_l^2}\, ,$$
#
# with a bar for the mean over all entries. So one layer multiplies the root mean square (RMS) of the gradient by
#
# $$\boxed{\;g\cdot\operatorname{RMS}\bigl(f'(z_l)\bigr)\;}$$
#
# one factor from the weights, one from the activation. For ReLU, with half of all $z$ above 0,
# $\operatorname{RMS}(f')=\sqrt{1/2}$, and the gain $g=\sqrt2$ makes the product 1: that is He's initialisation (lesson
# 05). For the sigmoid $\operatorname{RMS}(f')\le\tfrac14$, and no gain below 4 keeps the gradient.
#
# ## Exercise 4.2: the gradient, layer by layer (3 points)
#
# Write `gradient_profile(X, Ws, act)`.
#
# - `X` is (samples, features), `Ws` a list of matrices $W_1,\dots,W_L$, each of shape (n_in, n_out); widths may differ.
#   No bias.
# - `act` is a pair `(f, df)`. It follows every layer, the last included.
# - Return $L+1$ numbers: $\operatorname{RMS}(G_0),\dots,\operatorname{RMS}(G_L)$, where $\operatorname{RMS}(G)$ is the
#   root of the mean of the squares of *all* entries.
#
# For one sample $x=2$, weights 3 and 5, and $f(z)=z$ the result is $(15,5,1)$. The last number is $1/N$ for any
# network.

# %%
def gradient_profile(X, Ws, act):
    """How large the gradient of mean(h_L) is at the input and at every layer's output.

    Args:
        X: inputs (samples, features).
        Ws: [W_1, ..., W_L], each (n_in, n_out).
        act: (f, df), both functions of z.

    Returns:
        L + 1 numbers: the RMS of the gradient with respect to h_0 = X, h_1, ..., h_L.
    """
    ### BEGIN SOLUTION
    f, df = act
    h, zs = X, []
    for W in Ws:
        zs.append(h @ W)
        h = f(zs[-1])
    G = np.ones_like(h) / h.size
    sizes = [np.sqrt(np.mean(G**2))]
    for W, z in zip(reversed(Ws), reversed(zs)):
        G = (G * df(z)) @ W.T
        sizes.append(np.sqrt(np.mean(G**2)))
    return np.array(sizes[::-1])
    ### END SOLUTION

# %%
check(gradient_profile)

# %% [markdown]
# The numerical gradient again, as a second witness: the gradient with respect to $h_0$ by nudging $X$, the one with
# respect to $h_1$ by nudging the input of the network that begins at layer 2.

# %%
shapes = [(4, 3), (3, 5), (5, 2)]
Ws = [rng.normal(size=shape) for shape in shapes]
start, tanh = rng.normal(size=(6, 4)), pair("tanh")


def mean_output(h, Ws):
    """What comes out when h is sent through these layers."""
    for W in Ws:
        h = np.tanh(h @ W)
    return h.mean()


profile = gradient_profile(start, Ws, tanh)
for l, h in enumerate([start, np.tanh(start @ Ws[0])]):
    G = numerical_gradient(lambda h, rest=Ws[l:]: mean_output(h, rest), h)
    rms = np.sqrt(np.mean(G**2))
    print(f"h_{l}: yours {profile[l]:.10f}, measured {rms:.10f}, "
          f"relative error {relative_error(profile[l], rms):.0e}")

# %% [markdown]
# ## Use it: six activations, 2 to 20 layers
#
# Layers of 50 units, 30 samples, weights with gain $\sqrt2$, ten seeds. Each panel shows one activation: gradients
# relative to that at the output, so that every curve ends at 1.

# %%
def random_network(depth, gain, seed, width=50, samples=30):
    """Inputs and weights with standard deviation gain / √width."""
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(samples, width))
    return X, [draw.normal(size=(width, width)) * gain / np.sqrt(width) for _ in range(depth)]


def relative_profile(act, depth, gain, seed):
    profile = np.asarray(gradient_profile(*random_network(depth, gain, seed), act))
    return profile / profile[-1]


he, depths, seeds = np.sqrt(2), (2, 5, 10, 20), range(10)
profiles = {
    (name, depth): np.array([relative_profile(pair(name), depth, he, seed) for seed in seeds])
    for name in ACT
    for depth in depths
}
kept = [some.ravel() for (name, _), some in profiles.items() if name != "sigmoid"]
kept = np.concatenate(kept)
print(f"all but the sigmoid, every layer, depth and seed: {kept.min():.2f} to {kept.max():.1f}")

def by_depth(name):
    """Ten seeds at each depth, and their geometric mean."""
    lines = {f"{L} layers": (np.arange(L + 1), profiles[name, L]) for L in depths}
    ends = lambda ax: ax.plot(depths, np.ones(4), LOOK[name][2], color=LOOK[name][0])
    scale = {} if name == "sigmoid" else {"ylim": (0.3, 30)}  # the sigmoid needs an axis of its own
    return curves(None, lines, looks=dict.fromkeys(lines, (LOOK[name][0], "-", "")), legend="none",
                  mean="geometric", log="y", title=name, across={"_kept": 1}, also=ends, **scale,
                  xlabel="layer (0: the input)", ylabel="relative gradient")


show(
    *map(by_depth, ACT), columns=3, size=(10, 5.2), share="x",
    title="At gain √2 five of six keep the gradient, the sigmoid does not",
    alt="Six panels with log axes. For relu, leaky, prelu, elu and tanh the axis goes from 0.3 to "
    "30, and the lines of ten seeds stay between 0.6 and 18 at every depth from 2 to 20, most of "
    "them rising a little towards the input. For the sigmoid the axis goes down to 1e-11: all "
    "lines are straight and fall steeply towards the input, to about 1e-10 at depth 20.",
)

# %% [markdown]
# A straight line on a log axis is a constant factor per layer. The sigmoid's line falls by a factor of about three in
# each, and the ten seeds lie close together: chance has little part in it. The other five stay between 0.6 and 18 (mind
# the axes: the sigmoid needs one of its own). Now the claim in the box, beside the measurement. The last row is a leaky
# ReLU with $\alpha=1.5$.

# %%
def slope_rms(act, X, Ws):
    """RMS of f'(z) over all layers together."""
    f, df = act
    h, squares = X, []
    for W in Ws:
        z = h @ W
        h = f(z)
        squares.append(np.mean(df(z) ** 2))
    return np.exp(np.mean(np.log(squares)) / 2)


def factors(act, gain, depth=20):
    """The factor per layer: derived, measured over all layers, over the half at the input."""
    derived = [gain * slope_rms(act, *random_network(depth, gain, seed)) for seed in seeds]
    logs = np.log([relative_profile(act, depth, gain, seed) for seed in seeds])
    half = depth // 2
    measured = np.exp(logs[:, 0] / depth), np.exp((logs[:, 0] - logs[:, half]) / half)
    return np.mean(derived), *measured


print("gain √2      derived   measured over 20 layers   over the 10 at the input")
rows = {name: pair(name) for name in ACT} | {"leaky(1.5)": pair("leaky", 1.5)}
for name, act in rows.items():
    derived, whole, half = factors(act, he)
    print(f"{name:12} {derived:7.3f}   {whole.mean():13.3f} ± {whole.std(ddof=1):.3f}"
          f"   {half.mean():18.3f} ± {half.std(ddof=1):.3f}")
derived, whole, _ = factors(rows["leaky(1.5)"], 0.78)
print(f"leaky(1.5) at gain 0.78: derived {derived:.3f}, measured {whole.mean():.3f}")

# %% [markdown]
# Derived and measured agree to a few percent. Where they differ most, in the ReLU family, the pretence of the
# derivation shows: weights and gradient are *not* independent. Take ReLU. Behind the first layer a unit's inputs are
# never negative, so a weight that helped to switch it on is more often positive than negative. And near the output the
# gradient is mostly positive, as that of a mean is at the start. Sums of such terms cancel less than sums of independent
# ones. Both can be counted, where signal and gradient pass:

# %%
def positive_shares(seed, depth=20):
    """From the last hidden layer down: positive weights and gradients, where units are on."""
    X, Ws = random_network(depth, he, seed)
    f, df = pair("relu")
    hs, zs = [X], []
    for W in Ws:
        zs.append(hs[-1] @ W)
        hs.append(f(zs[-1]))
    G, shares = np.ones_like(hs[-1]), []
    for W, h, z in zip(Ws[:0:-1], hs[-2:0:-1], zs[:0:-1]):
        G = (G * df(z)) @ W.T
        both_on = (h > 0).astype(float).T @ df(z)
        shares.append([np.average(W > 0, weights=both_on), np.mean(G[h > 0] > 0)])
    return shares


weights_up, gradient_up = np.mean([positive_shares(seed) for seed in seeds], axis=0).T
for where, part in (("h_19 to h_15", slice(0, 5)), ("h_5 to h_1", slice(-5, None))):
    print(f"{where:12}: of weights between units that are on {weights_up[part].mean():.0%} are "
          f"positive, of the gradient {gradient_up[part].mean():.0%}")

# %% [markdown]
# Towards the input the signs of the gradient even out, and the gap between formula and measurement narrows.
#
# Compare with your log: through 20 sigmoid layers the gradient falls to this share:

# %%
at_input = np.array([relative_profile(pair("sigmoid"), 20, he, seed)[0] for seed in seeds])
share = np.exp(np.log(at_input).mean())
print(f"sigmoid, 20 layers: {share:.1e}, from {at_input.min():.1e} to {at_input.max():.1e}")
print(f"a factor of {share ** (1 / 20):.3f} per layer; the best case, √2 / 4, is {he / 4:.3f}")

# %% [markdown]
# ### Move depth and gain yourself
#
# The gradient notes name three causes of vanishing gradients: "Activation fn → Sigmoid, Tan h", "Too much hidden
# layers", "Starting weights too small". Here are all three in one figure. Look for a gain that suits all six, and for
# what happens to ReLU at the gain that the sigmoid would need.

# %%
def flow(depth, gain):
    """Profiles of the six activations for one depth and one gain."""
    lines = {name: relative_profile(pair(name), int(depth), gain, seed=0) for name in LOOK}
    ends = [line[0] for line in lines.values()]
    arrives = f"{min(ends):.0e} to {max(ends):.0e} arrive at the input"
    chart = curves(None, lines, looks=LOOK, log="y", xlabel="layer", ylabel="relative gradient",
                   title=f"{int(depth)} layers, gain {gain:.1f}: {arrives}", legend="none")
    return figure(chart, legend="right")


explore(
    flow,
    alt="Relative gradient by layer for six activations at gain 1 and 20 layers. Towards the "
    "input relu, leaky and prelu fall to a few thousandths, elu and tanh to about a tenth, the "
    "sigmoid to 1e-13.",
    depth=(2, 30, 1, 20),
    gain=(0.5, 14, 0.1, 1.0),
)

# %%
print("relative gradient at the input of 20 layers, seed 0")
print("gain       " + "".join(f"{name:>10}" for name in ACT))
for gain in (0.5, 1.0, he, 3.0, 12.0):
    values = [relative_profile(pair(name), 20, gain, 0)[0] for name in ACT]
    print(f"{gain:5.2f}      " + "".join(f"{value:10.0e}" for value in values))
steepness = slope_rms(pair("sigmoid"), *random_network(20, 12.0, 0))
print(f"RMS of the sigmoid's slope at gain 12: {steepness:.3f}; 1 / 12 = {1 / 12:.3f}")

# %% [markdown]
# Gain 1 is too small for ReLU, $\sqrt2$ is right, 3 lets it explode. Tanh is the most tolerant: where weights are
# large its slope falls, and the product in the box changes less. The sigmoid has a gain of its own, near 12: three
# times the 4 that a slope of ¼ asks for. With such weights most units stand where the slope is far below ¼; only at 12
# do the gain and what is left of the slope make 1. What is right for one activation is far off for another, so
# initialisation and activation are chosen together. That is lesson 05.

# %% [markdown]
# ### A first look at batch normalisation
#
# The gradient notes name a third cure, for vanishing and exploding gradients alike: "Batch normalization layer". It
# brings each unit's $z$ to mean 0 and variance 1 over the batch, before the activation. You will write it in lesson 09;
# here is what it does to the profile. (*out* is a random weighting of $h_L$ here, since the plain mean of normalised
# units hardly depends on anything.)

# %% tags=["demo"]
def profile_at_input(act, gain, seed, normalise, depth=20):
    """The gradient at h_0 relative to that at h_L, with or without batch normalisation."""
    f, df = act
    X, Ws = random_network(depth, gain, seed)
    h, tape = X, []
    for W in Ws:
        z, cache = h @ W, None
        if normalise:
            running = {"mean": 0.0, "var": 1.0}
            z, cache = batchnorm_forward(z, np.ones(50), np.zeros(50), running, training=True)
        tape.append((W, z, cache))
        h = f(z)
    G = first = np.random.default_rng(seed + 100).normal(size=h.shape)
    for W, z, cache in reversed(tape):
        dz = G * df(z)
        G = (batchnorm_backward(dz, cache)[0] if normalise else dz) @ W.T
    return np.sqrt(np.mean(G**2) / np.mean(first**2))


gains = np.array([0.5, 0.7, 1.0, he, 2.0, 3.0, 4.0])
names = ("relu", "tanh", "sigmoid")
measured = {
    (name, normalise): [
        [profile_at_input(pair(name), gain, seed, normalise) for gain in gains]
        for seed in range(5)
    ]
    for name in names
    for normalise in (False, True)
}
for (name, normalise), some in measured.items():
    mean = np.exp(np.log(some).mean(axis=0))
    label = "with" if normalise else "without"
    print(f"{name:8} {label:8} " + "  ".join(f"{value:8.1e}" for value in mean))


def by_gain(name):
    """Five seeds against the gain, without and with batch normalisation."""
    lines = {"without": measured[name, False], "with": measured[name, True]}
    return curves(gains, lines, looks={"without": (ORANGE, "-", "s"), "with": (BLUE, "-", "o")},
                  mean="geometric", log="xy", title=name, xlabel="gain", across={"_kept": 1},
                  ylabel="gradient at the input", xticks={0.5: "0.5", 1: "1", 2: "2", 4: "4"})


show(
    *map(by_gain, names), size=(9, 3.3), share="y",
    title="Normalised, the gradient does not depend on the weights' size",
    alt="Relative gradient at the input of 20 layers against the gain, for relu, tanh and "
    "sigmoid, both axes logarithmic. Without batch normalisation the curves climb steeply "
    "over many powers of ten; with it they are horizontal lines near 40, 5 and 0.5.",
)

# %% [markdown]
# With batch normalisation the lines are flat: $g$ multiplies $z$, and the normalisation divides it out again. So it
# does what the notes say, for small weights and for large ones. But flat is not 1: with ReLU the gradient *grows*,
# about fortyfold over 20 layers, at any gain. That is no accident of these weights. Yang et al. (2019) derived it for
# wide layers and large batches: each layer multiplies the mean square of the gradient by $\pi/(\pi-1)$.

# %%
grown = np.exp(np.mean(np.log(measured["relu", True])))
derived = (np.pi / (np.pi - 1)) ** (20 / 2)  # a mean square: half the power for the RMS
print(f"ReLU with batch normalisation, 20 layers: {grown:.1f}; derived {derived:.1f}")

# %% [markdown]
# ## A table, and what it does not show
#
# The gradient notes explain the "Dying ReLU" by $\max(0,z)$ and a table of five numbers, 4 → 4, 5 → 5, −1 → 0, −2 → 0
# and −4 → 0:

# %%
print("\n".join(f"{z:3d} → {relu(np.array(z))}" for z in (4, 5, -1, -2, -4)))

# %% [markdown]
# As a table of ReLU it is right. But a 0 in it is nothing to worry about: a unit that is 0 for *this* sample and
# positive for the next is what ReLU is for. Suppose the five numbers are the $z$ of one unit for five samples. The
# gradient into its weights, with $\delta_i=\partial L/\partial a_i$ from above, is
#
# $$\frac{\partial L}{\partial w}=\sum_i \delta_i\,f'(z_i)\,x_i ,$$
#
# and two of the five samples contribute. The unit is *sparse*, and it learns. It is *dead* when $f'(z_i)=0$ for
# **every** sample: then the sum is 0, whatever $\delta$ is, the weights stay where they are, and with them all the
# $z_i$.
#
# ## Exercise 4.3: which units are dead? (1 point)
#
# Write `dead_units(A)`. `A` holds the outputs of a layer, (samples, units). Return a truth value for each unit, in an
# array of shape (units,): True where the output is 0 for *every* sample. The layer may have any activation, so outputs
# may be negative, and so small that they look like 0 without being it.
#
# For `A = [[0, 2, 0], [1, 0, 0]]` the result is `[False, False, True]`. (A list of the numbers of the dead units is
# accepted as well, but the cells below work with the truth values.)

# %%
def dead_units(A):
    """Which units of a layer are 0 for every sample.

    Args:
        A: outputs (samples, units).

    Returns:
        truth values (units,).
    """
    ### BEGIN SOLUTION
    return (A == 0).all(axis=0)
    ### END SOLUTION

# %%
check(dead_units)

# %% [markdown]
# A ReLU layer of 200 units on the circles, with its first weights:

# %%
X_circles, *_ = circles(n=100, noise=0.1, seed=1, train=100)
A = relu(X_circles @ rng.uniform(-1, 1, (2, 200)))
sparse = (A == 0).any(axis=0)
print(f"zeros among the outputs: {np.mean(A == 0):.0%};  units with some: {np.mean(sparse):.0%};  "
      f"dead units: {np.sum(dead_units(A))}")

# %% [markdown]
# Half of all outputs are 0, every unit is sparse, and none is dead.
#
# ## Exercise 4.4: can it learn? (1 point)
#
# An output of 0 was only a symptom; what counts is the gradient. Write `can_learn(w, b, X, act)`.
#
# - One unit: `w` has shape (n,), `b` is a number, `X` is (samples, n), and $z=Xw+b$.
# - `act` is a pair `(f, df)`: any activation, for instance one that is cut off on both sides.
# - Return True if at least one sample sends a gradient that is not zero into `w`, however small it is, otherwise
#   False. The gradient that arrives at the unit's output may be taken as not zero; look at the formula above for what
#   else the sample's share in $\partial L/\partial w$ depends on.
#
# With $w=2$, $b=-1$ and $x=-1,0,3$ a ReLU can learn, from the third sample. With $b=-9$ it can't, and a leaky ReLU
# still can.

# %%
def can_learn(w, b, X, act):
    """Whether any sample moves the weights of this unit.

    Args:
        w: weights (n,).
        b: bias, a number.
        X: samples (samples, n).
        act: (f, df), both functions of z.

    Returns:
        True or False.
    """
    ### BEGIN SOLUTION
    _, df = act
    gradients = df(X @ w + b)[:, None] * X
    return bool(np.any(gradients != 0))
    ### END SOLUTION

# %%
check(can_learn)

# %%
z = np.array([4.0, 5, -1, -2, -4])  # the table, as five samples of one unit with w = 1
shifted = {"as in the table": 0.0, "after b fell by 6": -6.0}
for what, b in shifted.items():
    answers = {name: can_learn(np.ones(1), b, z[:, None], pair(name)) for name in ACT}
    said = ", ".join(f"{name}: {'yes' if yes else 'no'}" for name, yes in answers.items())
    print(f"{what:18}", said)

# %% [markdown]
# ## One step too large
#
# How does a unit get there? Take one unit with loss $\tfrac1{2m}\sum_j(a_j-t_j)^2$, and $\delta_j=(a_j-t_j)f'(z_j)$. A
# step of size $\eta$ changes
#
# $$w\leftarrow w-\frac\eta m\sum_j\delta_jx_j,\qquad b\leftarrow b-\frac\eta m\sum_j\delta_j ,$$
#
# and so the $z$ of sample $i$ becomes
#
# $$z_i\leftarrow z_i-\frac\eta m\sum_j\delta_j\,(x_j\!\cdot x_i+1) .$$
#
# If all inputs are positive (pixels, prices, anything not centred), every bracket is above 1. If in addition the unit's
# output is too large for all samples, every $\delta_j$ has the same sign, and *all* $z_i$ fall together. A large enough
# $\eta$ brings the last of them below 0, and there is no way back.

# %%
def train_unit(act, X, t, w, first, steps=400, rate=0.05):
    """z of all samples (steps + 1, samples) for one unit; the first step has a size of its own."""
    f, df = act
    w, b, zs = np.array(w), 0.0, []
    for step in range(steps + 1):
        zs.append(X @ w + b)
        delta = (f(zs[-1]) - t) * df(zs[-1]) / len(X)
        size = first if step == 0 else rate
        w, b = w - size * X.T @ delta, b - size * delta.sum()
    return np.array(zs)


def one_task(seed):
    """Positive inputs, a unit's outputs to imitate, and first weights that are too large."""
    draw = np.random.default_rng(seed)
    X = draw.uniform(0, 4, (200, 2))
    return X, relu(X @ draw.uniform(0.2, 0.6, 2) - 0.4), draw.uniform(0.8, 1.4, 2)


kinds = {
    "relu": pair("relu"),
    "leaky, α = 0.01": pair("leaky"),
    "leaky, α = 0.1": pair("leaky", 0.1),
    "elu": pair("elu"),
}
X, t, w = one_task(seed=0)
zs = {kind: train_unit(act, X, t, w, first=0.5) for kind, act in kinds.items()}
after = zs["relu"][1]
print(f"z of the ReLU before the step: {zs['relu'][0].min():.1f} to {zs['relu'][0].max():.1f}, "
      f"after it: {after.min():.1f} to {after.max():.1f}")
print(f"moved in the next 400 steps: {np.abs(zs['relu'][-1] - after).max()}")

looks = dict(zip(kinds, ((BLUE, "-"), (SKY, "--"), (GREEN, "-."), (PURPLE, ":"))))
unit_losses = {kind: np.mean((f(zs[kind]) - t) ** 2, axis=1) / 2 for kind, (f, _) in kinds.items()}
show(
    histogram({"before": zs["relu"][0], "after": after}, 50, down={"_zero": 0},
              looks={"before": (SKY,), "after": (VERMILION, "-")}, xlabel="z", ylabel="samples",
              title="One step, and every z is negative"),
    curves(None, unit_losses, looks=looks, log="y", ylim=(1e-6, 20), xlabel="step", ylabel="loss",
           title="Only a steep slope leads back"),
    alt="Left: histogram of z before the step, all positive, and after it, all negative. Right: "
    "loss over 400 steps after it, log axis. The leaky ReLU with alpha 0.1 falls to nearly "
    "zero; relu is a horizontal line, and leaky with 0.01 and elu are nearly horizontal.",
)

# %% [markdown]
# The ReLU has not moved at all in 400 steps. The leaky ReLU with $\alpha=0.1$ comes back slowly and then learns the
# task. With $\alpha=0.01$ it moves, too slowly to be seen. And the ELU, which no definition calls dead, stands where its
# slope $e^z$ is nearly 0. That a unit can learn does not mean that it will learn in the time there is. One draw proves
# nothing, so here are 30, for three sizes of the first step.

# %% tags=["demo"]
def off_after(seed, first):
    """Are all z of the ReLU negative after the first step?"""
    return train_unit(kinds["relu"], *one_task(seed), first, steps=1)[1].max() < 0


def comes_back(act, seed, first):
    """Is any z positive after 400 more steps?"""
    return train_unit(act, *one_task(seed), first)[-1].max() > 0


print("first step   all z < 0 after it   of these back above 0 after 400 more steps:")
for first in (0.05, 0.2, 0.5):
    off = [seed for seed in range(30) if off_after(seed, first)]
    back = [f"{kind}: {sum(comes_back(act, seed, first) for seed in off)}"
            for kind, act in kinds.items() if off]
    print(f"{first:10}   {len(off):5} of 30          {', '.join(back) or '-'}")

# %% [markdown]
# No ReLU ever came back. After a first step of 0.2 a slope on the left is enough, though not always within 400 steps;
# after one of 0.5 it has to be steep.
#
# ### Can a dead ReLU come back?
#
# In the first hidden layer the inputs $x_i$ never change. A unit that is off for all of them has gradient 0, keeps its
# weights, and is off in the next step too: with plain gradient steps on the whole data set it is dead for good. In the
# second hidden layer the inputs are the outputs of the first, and those go on changing. Ten networks 2-20-20-1, each on
# a draw of the moons of its own, with steps that are too large:

# %% tags=["demo"]
class Obituaries:
    """Notes after every step which units of both hidden layers are dead."""

    def __init__(self, X):
        self.X, self.dead = X, []

    def on_epoch(self, net, epoch, logs):
        self.dead.append([np.asarray(dead_units(A)) for A in net.activations(self.X)[1:3]])


died, back = np.zeros((2, 2, 10), int)
for seed in range(10):
    X, y, *_ = moons(n=200, noise=0.2, seed=seed + 1, train=100)
    notes = Obituaries(X)
    net = MLP((2, 20, 20, 1), ("relu", "relu", "sigmoid"), "he_uniform", seed)
    net.fit(X, y, opt="sgd", lr=3.0, epochs=150, batch=None, callbacks=[notes])
    dead = np.array(notes.dead)  # (steps, layers, units)
    died[:, seed] = dead.any(axis=0).sum(axis=1)
    back[:, seed] = (dead[:-1] & ~dead[1:]).any(axis=0).sum(axis=1)
for layer in (0, 1):
    print(f"hidden layer {layer + 1}: dead at some time {died[layer].sum():3} of 200 units "
          f"({died[layer].min()} to {died[layer].max()} per net), came back {back[layer].sum()}")

# %% [markdown]
# In the first layer no unit came back, as derived; in the second layer most did, at least once. So "dead" is a statement
# about a unit *and* the inputs that it gets.

# %% [markdown]
# ### Is that what costs accuracy?
#
# The cures in the gradient notes are leaky ReLU, parametric ReLU and ELU. A network with one hidden layer of 50 units on
# the moons: 100 points to learn from, 300 others to test on, 300 full-batch steps, five step sizes. How hard a draw of
# the moons is differs from draw to draw, so there are eight draws, with two networks each, and we compare activations
# on the same draw. (`fit_together` trains many networks of one shape at once; each takes the steps that it would take
# alone.)

# %% tags=["demo"]
rates, choices = np.array([0.3, 1, 3, 10, 30]), ("relu", "leaky(0.1)", "elu")
accuracy, dead_share = ({act: np.zeros((8, 5)) for act in choices} for _ in range(2))
last_losses = {act: [] for act in choices}
for act in choices:
    for draw in range(8):
        X, y, X_test, y_test = moons(n=400, noise=0.2, seed=draw + 1, train=100)
        nets = [MLP((2, 50, 1), (act, "sigmoid"), "he_uniform", seed)
                for _ in rates for seed in range(2)]
        way = fit_together(nets, X, y, "bce", epochs=300, batch=None, lr=np.repeat(rates, 2),
                           every=50)
        last_losses[act].append(way[[-3, -1]].reshape(2, 5, 2).mean(axis=2))
        scores = [net.evaluate(X_test, y_test)[1] for net in nets]
        dead = [np.mean(dead_units(net.activations(X)[1])) for net in nets]
        means = np.reshape([scores, dead], (2, 5, 2)).mean(axis=2)
        accuracy[act][draw], dead_share[act][draw] = means

# %% tags=["demo"]
print("step size             " + "".join(f"{rate:14g}" for rate in rates))
for act in choices:
    means, shares = accuracy[act].mean(axis=0), dead_share[act].mean(axis=0)
    print(f"{act:10} accuracy   " + "".join(f"{mean:14.3f}" for mean in means))
    print(f"{'':10} dead units " + "".join(f"{share:14.0%}" for share in shares))
    ends = [f"{a:.2g}→{b:.2g}" for a, b in zip(*np.median(last_losses[act], axis=0))]
    print(f"{'':9} loss 200→300" + "".join(f"{end.replace('e+0', 'e'):>14}" for end in ends))
for act in choices[1:]:
    gap = accuracy["relu"] - accuracy[act]
    pairs = zip(gap.mean(axis=0), gap.std(axis=0, ddof=1) / np.sqrt(8))
    print(f"relu - {act:15}" + "".join(f"{mean:+7.3f} ±{error:.3f}" for mean, error in pairs))

looks = {"relu": (BLUE, "-", "o"), "leaky(0.1)": (ORANGE, "--", "s"), "elu": (PURPLE, ":", "D")}
show(
    curves(rates, dead_share, looks=looks, log="x", xlabel="step size",
           title="Large steps kill ReLUs …", ylabel="share of dead units"),
    curves(rates, accuracy, looks=looks, log="x", xlabel="step size",
           title="… and the others lose accuracy, too", ylabel="test accuracy"),
    alt="Left: share of dead units against step size, eight draws of the data. For relu it rises "
    "from 0 at step size 1 to about three quarters at 30; for leaky and elu it is 0 throughout. "
    "Right: test accuracy, for all three about 0.96 at 3; from there all three fall, leaky the "
    "furthest.",
)

# %% [markdown]
# (± is the standard error of a difference over the eight draws.) Left, what the cures are for: large steps kill ReLUs,
# and leaky ReLUs and ELUs have no dead units at any step size. Right, what the notes leave out: at a step size of 10
# about half of the ReLUs are dead, and the network still does at least as well as the others, whose units are all
# alive. In each of three builds of this lesson it was ahead of both, by about two to three standard errors. (With
# steps of 10 and 30 the last bit of rounding decides how a run goes on, so these two columns differ from machine to
# machine.) Fifty units are more than the moons need. At 30 all three diverge or jump about, so it is the step and not
# the activation that ruins them. At 0.3 and 1 no unit dies; ELU is behind there, but all three losses were still
# falling after 300 steps. Dead units are a symptom to look for; take the smaller step first. Compare with your log.

# %% [markdown]
# ## Born dead
#
# One layer in which *all* units are dead is a wall: everything behind it sees zeros, and nothing before it gets a
# gradient. That can happen before the first step. How often?
#
# Take $L$ hidden layers of $n$ ReLUs with biases 0 and weights whose sign is as likely $+$ as $-$, and the points of a
# circle as inputs.
#
# **The first layer is never dead.** $w\cdot x$ is positive on one half of the circle, whatever $w$ is.
#
# **Each layer after it** is dead if all its $n$ units are off for *all* points. Take one point for which a unit of the
# layer before is on. A unit is off for that one with chance $\tfrac12$, since $w$ and $-w$ are equally likely. So it is
# off for all points with chance $\tfrac12$ at most, and
#
# $$P(\text{layer } l \text{ dead}\mid \text{layer } l-1 \text{ alive})\le 2^{-n} .$$
#
# **To survive**, a network has to pass $L-1$ such layers:
#
# $$P(\text{born dead})\le 1-(1-2^{-n})^{L-1} .$$
#
# ## Exercise 4.5: measure it (2 points)
#
# Write `born_dead_rate(width, depth, trials, rng)`.
#
# - Each of `trials` networks has 2 inputs and `depth` hidden layers of `width` ReLUs, the last one included. All biases
#   are 0. Weights are He-uniform: from $-\sqrt{6/n_\text{in}}$ to $\sqrt{6/n_\text{in}}$, where $n_\text{in}$ is the
#   number of inputs of that layer. All of them are drawn from `rng`.
# - The inputs are points on the unit circle; take at least 100 directions, evenly spread.
# - A network is born dead if its last hidden layer is 0, all units, for all points. Return the share of such networks.
#
# For `width=2, depth=10` the result should lie near 0.9. With `depth=1` it is 0.

# %%
def born_dead_rate(width, depth, trials, rng):
    """The share of ReLU networks that are dead before training.

    Args:
        width: units in each hidden layer.
        depth: hidden layers.
        trials: networks to draw.
        rng: np.random.Generator, the only source of randomness.

    Returns:
        a number between 0 and 1.
    """
    ### BEGIN SOLUTION
    angles = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    h = np.column_stack([np.cos(angles), np.sin(angles)])
    for _ in range(depth):
        n_in = h.shape[-1]
        limit = np.sqrt(6 / n_in)
        h = np.maximum(h @ rng.uniform(-limit, limit, (trials, n_in, width)), 0)
    return np.mean(~h.any(axis=(1, 2)))
    ### END SOLUTION

# %%
check(born_dead_rate)

# %% tags=["demo"]
shown = {2: (2, 4, 7, 10, 15, 20), 3: (2, 5, 10, 15, 20), 5: (5, 10, 15, 20), 10: (5, 10, 20)}
trials, measured = 2000, {}
for width, some in shown.items():
    measured[width] = np.array([born_dead_rate(width, L, trials, rng) for L in some])
    for L, rate in zip(some, measured[width]):
        bound, error = 1 - (1 - 0.5**width) ** (L - 1), np.sqrt(rate * (1 - rate) / trials)
        print(f"width {width:2}, depth {L:2}: {rate:.3f} ± {error:.3f}   bound {bound:.3f}")

deep = np.arange(1, 21)
rates_by_width = {f"width {width}": (some, measured[width]) for width, some in shown.items()}
bounds = {f"_bound {n}": (deep, 1 - (1 - 0.5**n) ** (deep - 1)) for n in shown}
colors = dict(zip(shown, (VERMILION, ORANGE, BLUE, BLACK)))
looks = {f"width {n}": (color, "-", mark) for (n, color), mark in zip(colors.items(), "osD^")}
looks |= {f"_bound {n}": (color, ":", "") for n, color in colors.items()}


def two_errors(ax):
    """Bars of two standard errors."""
    for width, (some, rate) in zip(shown, rates_by_width.values()):
        bars = 2 * np.sqrt(rate * (1 - rate) / trials)
        ax.errorbar(some, rate, bars, fmt="none", ecolor=colors[width], capsize=3)
    ax.plot([], [], ":", color=GREY, label="upper bound")


show(
    curves(None, rates_by_width | bounds, looks=looks, also=two_errors, ylim=(-0.02, 1.02),
           title="Narrow and deep: dead before the first step", xticks=range(0, 21, 5),
           xlabel="hidden layers", ylabel="share of nets born dead"),
    legend="right",
    alt="Share of networks born dead against depth, with bars of two standard errors. Width 2 "
    "rises quickly to nearly 1 at depth 20, width 3 to about 0.88, width 5 to about 0.3, "
    "width 10 stays near 0. Dotted upper bounds lie above each curve.",
)

# %% [markdown]
# Every point lies below its bound. The bound is not tight, since a layer usually sees points in several directions, and
# then it takes more to be off for all of them. What decides is the width: from 5 to 10 units the trouble nearly
# vanishes. Of the networks of the first figure, 4 wide and 12 deep, the bound allows $1-(15/16)^{11}$ to be born dead:

# %% tags=["demo"]
rate = born_dead_rate(4, 12, trials, rng)
print(f"width 4, depth 12: measured {rate:.2f}, bound {1 - (15 / 16) ** 11:.2f}; "
      f"in the first figure {before} of 10")
rate = born_dead_rate(5, 20, trials, rng)
print(f"width 5, depth 20: {1000 * rate:.0f} of 1,000 (your log)")

# %% [markdown]
# Would another initialiser help? The limit $\sqrt{6/n_\text{in}}$ came into no step of the bound. Make all weights ten
# times smaller, and look which networks are dead:

# %%
angles = np.linspace(0, 2 * np.pi, 100, endpoint=False)
directions = np.column_stack([np.cos(angles), np.sin(angles)])


def which_dead(scale, depth=8, nets=500):
    """For each of the same nets, with all weights multiplied by scale: is it dead?"""
    h, draw = directions, np.random.default_rng(8)
    for n_in in (2, *[3] * (depth - 1)):
        h = np.maximum(h @ (scale * draw.uniform(-1, 1, (nets, n_in, 3))), 0)
    return ~h.any(axis=(1, 2))


print(f"dead: {which_dead(1.0).sum()} of 500;  the same ones with weights a tenth the size: "
      f"{np.array_equal(which_dead(1.0), which_dead(0.1))}")

# %% [markdown]
# The same ones, to the last. For $c>0$ ReLU satisfies $f(cz)=c\,f(z)$, so a scale runs through the whole network
# without switching a single unit. Glorot's limit gives the same rates as He's. What helps is width, or an activation
# with a slope on the left.

# %% [markdown]
# ## On real data: ten layers before handwritten digits
#
# So far the data were drawn by formulas. scikit-learn's digits are 1,797 images of 8 × 8 pixels, with inputs that are
# never negative and far from centred. Networks with ten hidden layers of 40 units, He-uniform weights, SGD with rate
# 0.03 and momentum 0.9, batches of 100, 15 epochs; three splits into 1,300 images to learn from and 497 to test on. ReLU
# and tanh are yours, the sigmoid is the library's, which is quicker, and two are new: the next section is about them.

# %% tags=["demo"]
from scipy.special import erf
from sklearn.datasets import load_digits

density = lambda z: np.exp(-(z**2) / 2) / (2 * np.pi) ** 0.5  # of a standard normal variable
below = lambda z: (1 + erf(z / 2**0.5)) / 2  # its chance of lying below z
gelu = (lambda z: z * below(z), lambda z: below(z) + z * density(z))
quick = lambda z: (1 + np.tanh(z / 2)) / 2  # the sigmoid once more
silu = (lambda z: z * quick(z), lambda z: (s := quick(z)) * (1 + z * (1 - s)))
for name, (f, df) in {"gelu": gelu, "silu": silu}.items():
    off = relative_error(df(z[::25]), numerical_gradient(lambda z, f=f: np.sum(f(z)), z[::25]))
    print(f"{name}: relative error of the slope {off:.0e}")

images, labels = load_digits(return_X_y=True)
images = (images / 16).astype(np.float32)
ten_layers = {"relu": pair("relu"), "tanh": pair("tanh"), "sigmoid": "sigmoid",
              "gelu": gelu, "silu": silu}
plan = Training(loss="cce", opt="sgd", lr=0.03, momentum=0.9, epochs=15, batch=100, every=5)
arrives, digit_scores, digit_losses = {}, {}, {}
print("         gradient, first hidden     training loss                   test accuracy")
print("         layer over last            after 1, 6, 11 and 15 epochs")
for name, act in ten_layers.items():
    runs = []
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(1797)
        halves = [(images[part], labels[part]) for part in (order[:1300], order[1300:])]
        net = MLP((64, *[40] * 10, 10), [act] * 10 + ["softmax"], "he_uniform", seed)
        lengths = list(net.kernel_norms(net.grads(*halves[0], "cce")).values())
        history = net.fit(*halves[0], plan)
        runs.append((lengths, history.loss, net.evaluate(*halves[1], "cce")[1]))
    arrives[name], digit_losses[name], digit_scores[name] = map(np.array, zip(*runs))
    ratio = np.exp(np.mean(np.log(arrives[name][:, 0] / arrives[name][:, -2])))
    falls = " → ".join(f"{loss:.2f}" for loss in digit_losses[name].mean(axis=0))
    print(f"{name:8} {ratio:7.1e}                    {falls}      {plus_minus(digit_scores[name])}")
print(f"ln 10 = {np.log(10):.2f}")

# %% tags=["demo"]
looks = {"relu": (BLUE, "-", "o"), "tanh": (BLACK, "--", "v"), "sigmoid": (VERMILION, "-", "P"),
         "gelu": (GREEN, "-.", "^"), "silu": (ORANGE, ":", "D")}
show(
    curves(range(1, 12), arrives, looks=looks, mean="geometric", log="y", xlabel="layer",
           title="Before training", ylabel="length of W's gradient", legend="none"),
    dots(digit_scores, looks={name: (look[0], "", look[2]) for name, look in looks.items()},
         title="After 15 epochs", xlabel="test accuracy", down={"chance": 0.1}),
    title="Digits, ten hidden layers: only the sigmoid stays where it was", legend="right",
    alt="Left: length of the gradient by layer on a log axis, three splits of the digits. For relu, "
    "tanh, gelu and silu the lines are nearly level; for the sigmoid they fall by five powers of "
    "ten from layer 11 to layer 1. Right: test accuracies. The sigmoid's are at chance, 0.1, those "
    "of the other four mostly between 0.9 and 1.",
)

# %% [markdown]
# What the random networks showed holds for digits, too. The sigmoid's loss is near $\ln 10$ after the first epoch and
# stays there to the last: these networks have not begun to learn. The other four learn. Their losses were still falling
# when they were stopped, so the order among them is one of speed at this rate, not of what they can reach. Of the
# three ReLU networks one was still well behind the other two; by how much depends on the last bit of rounding.

# %% [markdown]
# ## Beyond the lecture: GELU and SiLU
#
# Most language models of recent years use neither ReLU nor a leaky one but a smooth relative:
#
# $$\operatorname{GELU}(z)=z\,\Phi(z),\qquad \operatorname{SiLU}(z)=z\,\sigma(z) ,$$
#
# where $\Phi(z)$ is the chance that a standard normal variable lies below $z$. Both multiply $z$ by a gate between 0 and
# 1, where ReLU's gate is 0 or 1. Two things that were true of the six are not true of these. Which?

# %%
wide = np.linspace(-12, 12, 24_001)
for name, (f, df) in {"gelu": gelu, "silu": silu}.items():
    slopes = df(wide)
    print(f"{name}: slopes from {slopes.min():.3f} to {slopes.max():.3f}; lowest value "
          f"{f(wide).min():.3f}; slope at -3, -5, -10: "
          + ", ".join(f"{df(z):.0e}" for z in (-3.0, -5.0, -10.0)))
print("20 layers, ten seeds: relative gradient at the input, and signal (RMS of h_20)")
for gain in (he, 1.5, 1.6):
    parts = []
    for name, act in {"relu": pair("relu"), "gelu": gelu, "silu": silu}.items():
        signal = []
        for seed in seeds:
            h, Ws = random_network(20, gain, seed)
            for W in Ws:
                h = act[0](h @ W)
            signal.append(np.sqrt(np.mean(h**2)))
        ends = [relative_profile(act, 20, gain, seed)[0] for seed in seeds]
        gradient, size = np.exp(np.mean(np.log([ends, signal]), axis=1))
        parts.append(f"{name} {gradient:6.2g}, {size:5.2g}")
    print(f"gain {gain:.2f}:   " + "   ".join(parts))

# %% [markdown]
# Their slopes pass 1 a little, and they go below 0: these functions are not monotonic. Unlike ReLU, they also treat
# signals of different size differently. Where signals are large they are nearly ReLUs; where signals are small, both are
# nearly $z/2$, and a layer then multiplies by half the gain. So at gain $\sqrt2$, which is made for ReLU, the signal of a
# deep SiLU network shrinks layer by layer, and the gradient with it; at 1.6 all three grow alike. Networks that use them
# are mostly normalised layer by layer, which settles the question of scale. No unit of theirs is dead in the strict
# sense, but at $z=-5$ the slope of GELU is as good as 0.

# %% [markdown]
# ## The Keras way
#
# Each activation is a name, or a layer where there is an $\alpha$. (TensorFlow takes seconds to load and nothing here
# is trained with it, so this is for reading; `tests/course/test_lesson_04.py` holds Keras to every comment.)
#
# ```python
# keras.layers.Dense(50, activation="relu", kernel_initializer="he_uniform")
# keras.layers.Dense(50, activation="elu")  # alpha = 1; "gelu", "silu": names, too
# keras.layers.Dense(50, activation="leaky_relu")  # negative_slope = 0.2
# keras.layers.LeakyReLU()  # negative_slope = 0.3, another default
# keras.layers.PReLU()  # an alpha for each unit, 0 at first: as a ReLU
# keras.layers.BatchNormalization()  # between Dense(50) and Activation("relu")
# ```
#
# Two traps: `leaky_relu` the function and `LeakyReLU` the layer leak differently unless you say how much, and older
# code calls the layer's argument `alpha`, which is now `negative_slope`. To look for dead units in a Keras model, ask a
# model that ends at the layer, `keras.Model(model.inputs, layer.output)(X)`, and hand the array to your `dead_units`.

# %% [markdown]
# ## Errata hunt
#
# Four lines. The first two are printed in the "Improving" deck, under the chain
# $\frac{dE}{dW_{ih}} = \frac{dE}{dO} \cdot \frac{dO}{dZ_2} \cdot \frac{dZ_2}{dh_1} \cdot \frac{dh_1}{dZ_1} \cdot \frac{dZ_1}{dW_{ih}}$; the third is
# the gradient notes' cure; the fourth is how a student of ours copied a line of this lesson.
#
# 1. Vanishing gradients: the boxes around $dO/dZ_2$ and $dh_1/dZ_1$ hold 0.2 each; "Layers = 10": "$(0.2)^{10}$".
# 2. Exploding gradients: the same two boxes hold 1.5 each; "Layers = 10": "$(1.5)^{10}$".
# 3. "Better act fm → ReLU → leaky ReLU".
# 4. "ELU: on the left the slope is $f(z)+1$."
#
# Two of the four can't stand. Which, and what would be right?

# %% [markdown] tags=["yours"]
# Line … is wrong, because … It should say …
#
# Line … is wrong, because … It should say …

# %%
z = np.linspace(-10, 10, 100_001)
for name in ("sigmoid", "tanh", "relu"):
    print(f"{name:8} slopes from {pair(name)[1](z).min():.2f} to {pair(name)[1](z).max():.2f}")
print(f"1.5 to the power of 10 is {1.5**10:.2f}")
at, α = np.array([-1.0]), 0.3
slope, f = elu_slope(at, α)[0], elu(at, α)[0]
print(f"ELU with α = {α} at z = -1: slope {slope:.3f}; f + 1 is {f + 1:.3f}, f + α is {f + α:.3f}")

# %% [markdown]
# <details><summary>The two that can't stand</summary>
#
# | line | what is true |
# |---|---|
# | 2: 1.5 in the boxes of the activation slopes | impossible for the activations of this deck: $\sigma'\le\tfrac14$, $\tanh'\le1$, and ReLU has 0 or 1. |
# | 2: $(1.5)^{10}$ as the cause of the explosion | the power is right, 57.67, but it has to come from the factors between: $dZ_2/dh_1=W_{ho}$, which can be any number. |
# | 4: $f(z)+1$ (ours) | right for $\alpha=1$ alone; it is $f(z)+\alpha$. |
#
# Two slides later the "Improving" deck moves its box to $W_{ho}$ and writes "High" under it: that is the culprit. The
# mistake has a consequence. Slopes of at most 1 can only shrink a gradient, so if one explodes, look at the weights.
# (With a leaky ReLU of $\alpha=1.5$, or a little with GELU, the activation would be a suspect too.) In line 1 nothing is
# impossible, but 0.2 is near the sigmoid's best, ¼.
#
# </details>

# %% [markdown]
# ## Three questions

# %%
quiz()

# %% [markdown]
# ## Summary
#
# - $\sigma'\le\tfrac14$, $\tanh'\le1$, ReLU has 0 or 1; slopes are taken at $z$. ELU's slope on the left is
#   $\alpha e^z$, PReLU's derivative with respect to $\alpha$ is $z$ there.
# - A layer multiplies the RMS of the gradient by gain times $\operatorname{RMS}(f')$: at gain $\sqrt2$ that is about 1
#   for ReLU, and at most 0.354 for the sigmoid.
# - Sparse is 0 for some samples, dead is slope 0 for all. A dead ReLU in the first layer stays dead under plain
#   gradient steps; in a later layer its inputs may wake it.
# - A ReLU network with biases 0 and weights of either sign alike is born dead with chance at most
#   $1-(1-2^{-n})^{L-1}$, whatever the scale of its weights.
#
# > **One finding to keep.** An activation does not make gradients vanish or explode by itself. What counts is one number
# > per layer, gain times $\operatorname{RMS}(f')$, and it can be measured before the first step.
#
# *What would change my mind about ReLU as the first choice:* a profile that falls although the gain is $\sqrt2$, or a
# share of dead units that still grows after the step size was cut.

# %% [markdown]
# ## What to read next
#
# - K. He, X. Zhang, S. Ren, J. Sun (2015): *Delving Deep into Rectifiers*, ICCV. PReLU, and the gain $\sqrt2$ for ReLU.
# - D.-A. Clevert, T. Unterthiner, S. Hochreiter (2016): *Fast and Accurate Deep Network Learning by Exponential Linear
#   Units (ELUs)*, ICLR. Why negative outputs may help.
# - L. Lu, Y. Shin, Y. Su, G. E. Karniadakis (2020): *Dying ReLU and Initialization: Theory and Numerical Examples*,
#   Communications in Computational Physics 28. Nets born dead, with proofs, and weights that prevent it.
# - G. Yang, J. Pennington, V. Rao, J. Sohl-Dickstein, S. S. Schoenholz (2019): *A Mean Field Theory of Batch
#   Normalization*, ICLR. Where the growth of the gradient behind batch normalisation comes from.
# - D. Hendrycks, K. Gimpel (2016): *Gaussian Error Linear Units (GELUs)*, arXiv:1606.08415. GELU, and SiLU on the side.

# %%
progress()
