# %% [markdown]
# # Let weights decay, and measure layer by layer whether they did
#
# You will derive the factor by which L2 regularisation shrinks a weight in every step, find the optimiser for which it
# does no such thing, and check on a trained network whether "the weights got smaller".
#
# *About 80 minutes: reading 22, exercises 58.*
#
# | you will | you need | you will have learnt it when you can |
# |---|---|---|
# | derive $1-\eta\lambda/m$ from the cost | derivatives, lesson 01 | verify it with finite differences, lesson 00 |
# | translate $\lambda$ into Keras' argument and back | the two costs, written out | say what `l2(0.001)` is for 30 samples |
# | write Adam with decoupled decay | Adam's two running means | say why L2 and weight decay differ there |
# | report norms layer by layer | a trained network | say where the weights went that "got smaller" |
# | choose a strength over repeated draws | mean and standard deviation | say which spread your rule was given |

# %%
import functools
import os

import numpy as np

from autograder import check, hint, progress, quiz, solution, use_mine
from nnlab import MLP, fit_in_keras, lecture_case, plus_minus
from nnlab.data import moons, study
from nnlab.figures import BLACK, BLUE, GREY, ORANGE, PURPLE, TEST, TRAIN, VERMILION
from nnlab.figures import curves, dots, explore, figure, plt, points, regions, show, style
from nnlab.oracle import numerical_gradient, relative_error

# TensorFlow comes later: silence its log, and make it round alike on every machine.
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0")
# Yours of lesson 00 where they have passed their checks, else the course's own.
numerical_gradient, relative_error = use_mine(numerical_gradient, relative_error)
style()
rng = np.random.default_rng(10)

# %%
quiz("due")  # questions of earlier lessons that are due again

# %% [markdown]
# ## See it fail first
#
# The material is in the *Better Deep Learning deck*, one of the five documents that [lesson
# 00](../00_start_here/00_start_here.ipynb) lists, on its slides "L2 Regularization (Frobenius Norm)" and "Weight
# Regularization Case Study". The case study: two noisy half moons, 30 points to learn from and 70 to test on, 500 ReLU
# units, 4,000 steps of Adam on all 30 points. Five networks with different first weights.

# %% tags=["demo"]
data = moons(n=100, noise=0.2, seed=1, train=30)
base = lecture_case(data)
seeds = range(5)
unpenalised = base.runs(seeds)

for part in ("train", "test"):
    accuracy = [getattr(run, f"{part}_acc") for run in unpenalised]
    loss = [getattr(run, f"{part}_loss") for run in unpenalised]
    print(f"{part:5} accuracy {plus_minus(accuracy)}   loss {plus_minus(loss, '.4f')}")
turns = [int(np.argmin(run.history.val_loss)) for run in unpenalised]
lowest = [(run.history.val_loss[i], run.history.val_acc[i]) for run, i in zip(unpenalised, turns)]
print(f"lowest test loss {np.mean(lowest, axis=0)[0]:.3f}, with accuracy "
      f"{np.mean(lowest, axis=0)[1]:.3f}, near step {np.mean(turns) * 40:.0f}")
for l in (1, 2):
    norms = np.array([run.history.weight_norm[l] for run in unpenalised])
    first, last = norms[:, 0].mean(), norms[:, -1].mean()
    print(f"norm of W{l}: {first:.1f} after the first step, {last:.1f} in the end, "
          f"{last / first:.1f} times as much")

# %% tags=["demo"]
def over(some, what):
    """What the histories of some runs hold, (seeds, epochs)."""
    return np.array([getattr(run.history, what) for run in some])


epochs = np.array(unpenalised[0].history.epoch) + 1
losses = {"training": over(unpenalised, "loss"), "test": over(unpenalised, "val_loss")}
PARTS = {"training": (TRAIN, "-"), "test": (TEST, "--")}
show(
    regions(unpenalised[0].net.forward, data.X_test, data.y_test, title="70 points it never saw"),
    curves(epochs, losses, looks=PARTS, title="Test loss turns and climbs", xlabel="step",
           ylabel="loss"),
    size=(9.6, 3.8),
    ratios=(1, 1.15),
    alt="Left: decision regions of one network with the 70 test points; the border has a sharp "
    "corner, and six points lie on the wrong side. Right: loss over 4,000 steps, five seeds on "
    "top of one another. The training loss falls to zero; the test loss falls to 0.23, turns "
    "before step 1,000 and climbs steadily to 0.5.",
)

# %% [markdown]
# All training points are right, and the loss on them is all but zero. The *loss* on the test points turns before step
# 1,000 and doubles, while the accuracy falls by one point of the 70. The network is about as often wrong as before, but
# surer with each step. To be sure, it needs large weights: the norm of $W_1$ grows to about six times what it was, that
# of $W_2$ to eight times. The deck's answer is to make large weights cost something.
#
# ### Your log
#
# The deck puts a penalty on the first kernel $W_1$ only, and asks you to "demonstrate that regularization indeed
# made the magnitude smaller". Write down before you go on:
#
# 1. By how many of the 70 test points will the penalty improve the network?
# 2. Without a penalty, both norms end near 12. Where will $\lVert W_1\rVert$ end with it, and where $\lVert W_2\rVert$?

# %% [markdown] tags=["yours"]
# 1. Test points gained: …
# 2. Norm of W1: … , norm of W2: …

# %% [markdown]
# ## Derive: where the decay comes from
#
# The cost $J_0$ of $m$ samples gets a second part, in the deck "L2 regularization cost": the sum of all squared weights
# of all layers' kernels,
#
# $$J = J_0 + \frac1m\,\frac\lambda2\sum_l\sum_k\sum_j \big(W^{[l]}_{kj}\big)^2 .$$
#
# Take one weight $w=W^{[l]}_{kj}$ and write $g=\partial J_0/\partial w$ for what backpropagation gives.
#
# $$\frac{\partial}{\partial w}\,\frac{\lambda}{2m}\sum (\cdot)^2 = \frac{\lambda}{2m}\cdot 2w \qquad\text{(one term of the sum contains } w\text{)}$$
#
# $$\frac{\partial J}{\partial w} = g + \frac\lambda m\,w \qquad\text{(the 2 cancels the ½; that is what the ½ is for)}$$
#
# $$w \leftarrow w - \eta\Big(g + \frac\lambda m w\Big) \qquad\text{(gradient descent with rate }\eta\text{)}$$
#
# $$w \leftarrow \Big(1-\frac{\eta\lambda}m\Big)w - \eta\, g \qquad\text{(}w\text{ taken out)}$$
#
# Before each ordinary step the weight shrinks by a fixed factor: it *decays*. What does that factor do alone? After $n$
# steps without a gradient,
#
# $$w_n = \Big(1-\frac{\eta\lambda}m\Big)^{n} w_0, \qquad n_{1/2} = \frac{\ln\frac12}{\ln(1-\eta\lambda/m)} \approx \frac{0.693\,m}{\eta\lambda} \qquad\text{(half is left)}.$$
#
# Biases are left out of the sum. They do not multiply an input: a large bias moves a border, it does not make it
# steeper.
#
# ## Check the claim

# %%
eta, lam, m = 0.1, 0.6, 30
factor = 1 - eta * lam / m
w, n = 1.0, 0
while w > 0.5:
    w, n = w - eta * (0.0 + lam / m * w), n + 1
print(f"factor per step {factor:.4f}; half is left after {n} steps, "
      f"derived {np.log(0.5) / np.log(factor):.1f}, roughly {np.log(2) * m / (eta * lam):.1f}")
w = 1.0
for _ in range(3):
    w = w - 0.1 * (900 / 30) * w
print(f"λ = 900: factor {1 - 0.1 * 900 / 30:.0f}, after three steps {w:.0f}")

# %% [markdown]
# The factor has to lie between 0 and 1. With a $\lambda$ beyond $m/\eta$ it turns negative, and beyond $2m/\eta$ the
# "decay" is an explosion.
#
# ## Exercise 10.1: the penalty (2 points)
#
# Write `l2_cost(Ws, lam, m)`: $\frac1m\frac\lambda2$ times the sum of the squares of all entries of all kernels.
#
# - `Ws` is a list of one or more kernels, matrices of any shapes (no biases); `lam` is $\lambda$, `m` the number of
#   samples.
# - Return one number, and leave the kernels unchanged.
#
# For `Ws = [[[1, 2]], [[3]]]` (as arrays), `lam = 2` and `m = 7` the result is `2`: the squares sum to 14.

# %%
def l2_cost(Ws, lam, m):
    """The penalty (1/m)(lam/2) ΣW² over all kernels.

    Args:
        Ws: list of kernels, arrays (n_in, n_out).
        lam: strength of the penalty.
        m: number of samples.

    Returns:
        a number.
    """
    ### BEGIN SOLUTION
    return lam / (2 * m) * sum(np.sum(np.square(W)) for W in Ws)
    ### END SOLUTION

# %%
check(l2_cost)

# %% [markdown]
# ## Exercise 10.2: its gradient (2 points)
#
# Write `add_l2(grads, Ws, lam, m)`.
#
# - `grads` is a list of the kernels' gradients from backpropagation, one array for each kernel of `Ws`, in the same
#   order and shape.
# - Return a list of the gradients of $J$, the same with the penalty's part added.
# - Leave the lists and the arrays you are given unchanged.
#
# For `grads = [[[0.5, -1]]]`, `Ws = [[[2, 3]]]` (as arrays), `lam = 4` and `m = 8` the result is `[[[1.5, 0.5]]]`.

# %%
def add_l2(grads, Ws, lam, m):
    """The gradients of the cost with the L2 penalty.

    Args:
        grads: list of the kernels' gradients without it.
        Ws: list of the kernels.
        lam: strength of the penalty.
        m: number of samples.

    Returns:
        list of arrays like grads.
    """
    ### BEGIN SOLUTION
    return [g + lam / m * W for g, W in zip(grads, Ws)]
    ### END SOLUTION

# %%
check(add_l2)

# %% [markdown]
# The two functions of lesson 00 judge the pair: from a gradient of zero, `add_l2` should return the slope of `l2_cost`.

# %%
Ws = [rng.normal(size=(3, 2)), rng.normal(size=(2, 4))]
added = add_l2([np.zeros_like(W) for W in Ws], Ws, 0.6, 30)
for i, g in enumerate(added):
    slope = numerical_gradient(lambda W: l2_cost([*Ws[:i], W, *Ws[i + 1 :]], 0.6, 30), Ws[i])
    print(f"kernel {i + 1}: relative error {relative_error(g, slope):.0e}")

# %% [markdown]
# ## Exercise 10.3: one step with decay (2 points)
#
# Write `decay_step(W, g, eta, lam, m)`: the kernel after one step of gradient descent with the penalty, where `g` is
# the gradient *without* it.
#
# - `W` and `g` are arrays of the same shape; `eta` is the learning rate.
# - Return a new array, and leave `W` and `g` unchanged.
#
# The result is `[[1.8, -3.8]]` for `W = [[2, -4]]`, `g = [[1, 0]]`, `eta = 0.1`, `lam = 5` and `m = 10`: the factor is
# 0.95.

# %%
def decay_step(W, g, eta, lam, m):
    """A kernel after one step of gradient descent on the cost with the L2 penalty.

    Args:
        W: kernel (n_in, n_out).
        g: its gradient without the penalty, of the same shape.
        eta: learning rate.
        lam: strength of the penalty.
        m: number of samples.

    Returns:
        array like W.
    """
    ### BEGIN SOLUTION
    return (1 - eta * lam / m) * W - eta * g
    ### END SOLUTION

# %%
check(decay_step)

# %% [markdown]
# ### Use it: is L2 the same as weight decay?
#
# Two ways to train one network on the moons. *Together*: your `add_l2` puts the penalty into the gradient, and the
# optimiser gets the sum. *Apart*: your `decay_step` shrinks the kernels (with a gradient of zero), and the optimiser
# gets the plain gradient. Same first weights, 300 steps, all in float64.

# %% tags=["demo"]
def trained(apart, opt, lr, momentum=0.0, *, lam=3.0, m=30):
    """The kernels after 300 steps, the penalty in the gradient or apart from it."""
    net = MLP((2, 20, 1), ("relu", "sigmoid"), seed=0, dtype="float64")
    kernels = [net.index(l) for l in net.W]
    for _ in range(300):
        grads = net.grads(data.X_train, data.y_train)
        for i in kernels:
            if apart:
                W = net.params[i]
                W[...] = decay_step(W, np.zeros_like(W), lr, lam, m)
            else:
                (grads[i],) = add_l2([grads[i]], [net.params[i]], lam, m)
        net.step(grads, opt, lr, momentum)
    return np.concatenate([net.params[i].ravel() for i in kernels])


settings = {
    "plain SGD": (("sgd", 0.1), 3.0),
    "SGD with momentum 0.9": (("sgd", 0.1, 0.9), 3.0),
    "the same, 10 λ apart": (("sgd", 0.1, 0.9), 30.0),
    "Adam": (("adam", 0.01), 3.0),
}
for name, (setting, lam_apart) in settings.items():
    together, apart = trained(False, *setting), trained(True, *setting, lam=lam_apart)
    far = np.linalg.norm(together - apart) / np.linalg.norm(together)
    print(f"{name:21} relative difference {far:7.1e}   norms "
          f"{np.linalg.norm(together):.3f} together, {np.linalg.norm(apart):.3f} apart")

# %% [markdown]
# For plain SGD the two are the same algebra, and agree to rounding. For every optimiser that remembers, they are two
# different methods: together, the penalty's gradient enters the memory. Momentum lets a gradient act $1/(1-\beta)$
# times over, so that the penalty counts ten times more together than apart; with ten times the $\lambda$ apart, the two
# come near each other again, though they do not agree. What Adam makes of it comes after the section on Keras.
#
# ### The penalty in a picture
#
# A model with two weights, a straight line through 30 points by least squares, small enough to draw its cost over the
# plane: $J_0=\frac1{2m}\lVert Xw-y\rVert^2$. The gradient of $J$ is zero where $\frac1mX^\top(Xw-y)+\frac\lambda m
# w=0$, that is at $w=(X^\top X+\lambda I)^{-1}X^\top y$.

# %%
X2 = rng.normal(size=(30, 2)) @ np.array([[1.0, 0.55], [0.0, 0.35]])
y2 = X2 @ [0.6, 1.7] + 0.3 * rng.normal(size=30)


def lowest_point(lam):
    return np.linalg.solve(X2.T @ X2 + lam * np.eye(2), X2.T @ y2)


for lam in (0.0, 3.0, 30.0):
    w = lowest_point(lam)
    (slope,) = add_l2([X2.T @ (X2 @ w - y2) / 30], [w], lam, 30)
    print(f"λ = {lam:2.0f}: lowest at {w.round(3)}, length {np.linalg.norm(w):.3f}, "
          f"slope there {np.max(np.abs(slope)):.0e}")

# %%
grid = np.stack(np.meshgrid(np.linspace(-0.4, 2.4, 70), np.linspace(-0.4, 2.4, 70)), axis=-1)
cost = np.mean((grid @ X2.T - y2) ** 2, axis=-1) / 2
path = np.array([lowest_point(lam) for lam in np.logspace(-2, 3, 60)])


def bowl_and_rings(strength):
    """Contours of the data's cost, rings of the penalty, the lowest point of the sum."""
    lam = 10.0**strength
    w, free = lowest_point(lam), lowest_point(0)

    def contours(ax):
        levels = cost.min() * np.array([1.1, 1.5, 2.5, 5, 10, 20])
        ax.contour(*np.moveaxis(grid, -1, 0), cost, levels=levels, colors=BLUE, linewidths=1)
        for radius in np.linalg.norm(w) * np.array([0.5, 1, 1.5]):
            ax.add_patch(plt.Circle((0, 0), radius, fill=False, color=ORANGE, linestyle="--"))

    share = np.linalg.norm(w) / np.linalg.norm(free)
    chart = curves(path[:, 0], {"lowest point for every λ": path[:, 1]}, also=contours, equal=True,
                   looks={"lowest point for every λ": (GREY, "-")}, xlabel="$w_1$", ylabel="$w_2$",
                   marks={"data and penalty": w, "data alone": free},
                   xlim=(-0.4, 2.4), ylim=(-0.4, 2.4),
                   title=f"λ = {lam:.3g}: shrunk to {share:.0%} in length")
    return figure(chart, legend="right", size=(7.5, 4))


explore(
    bowl_and_rings,
    alt="Contours of the data's cost over two weights, long ellipses around a black diamond, and "
    "dashed rings of the penalty around the origin. A grey curve leads from the diamond to the "
    "origin; it bends, because along the ellipses' long axis the data resist least. For λ = 10 "
    "the red cross stands on this curve, on the middle ring.",
    strength=(-1.0, 3.0, 0.25, 1.0),
)

# %% [markdown]
# (The slider, in a running notebook, is the power of ten of $\lambda$.) The path to the origin is not straight. The
# valley of the data is flat along its long axis, and there the penalty wins early; across the valley the data hold out
# longer. Directions that the data care little about decay first. On the way $w_1$ even *grows*, from 0.49 to more than
# 0.71: what shrinks is the length of the whole.

# %% [markdown]
# ## λ and Keras' argument
#
# The deck's slide "Weight Regularization Keras API" has the formula, with $\frac1m\frac\lambda2$, under a listing with
# `kernel_regularizer=tf.keras.regularizers.l2(l=0.01)`, as if 0.01 were $\lambda$. What Keras adds to the loss is
# plainer: $c\sum W^2$, with the number $c$ that it is given. No half, and no number of samples, of which it knows
# nothing. Equate the two:
#
# $$c\sum W^2 = \frac{\lambda}{2m}\sum W^2 \qquad\text{(the same penalty in both notations)}$$
#
# $$c = \frac{\lambda}{2m}, \qquad \lambda = 2\,m\,c \qquad\text{(solved for each)}$$
#
# $$1-\frac{\eta\lambda}m = 1 - 2\,\eta\,c \qquad\text{(the decay in Keras' terms: the gradient of } cw^2 \text{ is } 2cw\text{)}$$
#
# ## Exercise 10.4: there and back (2 points)
#
# Write `keras_l2(lam, m)`, the number to hand to `keras.regularizers.L2` for the formula's $\lambda$ with `m` samples,
# and `lam_from_keras(l2, m)`, the formula's $\lambda$ of a Keras model with that number. Both return a number.
#
# `keras_l2(3, 50)` is `0.03`, and `lam_from_keras(0.03, 50)` is `3`.

# %%
def keras_l2(lam, m):
    """Keras' argument for the formula's λ.

    Args:
        lam: strength of the penalty in the formula with λ/2m.
        m: number of samples.

    Returns:
        the number for keras.regularizers.L2.
    """
    ### BEGIN SOLUTION
    return lam / (2 * m)
    ### END SOLUTION


def lam_from_keras(l2, m):
    """The formula's λ for Keras' argument.

    Args:
        l2: the number given to keras.regularizers.L2.
        m: number of samples.

    Returns:
        strength of the penalty in the formula with λ/2m.
    """
    ### BEGIN SOLUTION
    return 2 * m * l2
    ### END SOLUTION

# %%
check(keras_l2, lam_from_keras)

# %% [markdown]
# Ask Keras. (The first cell loads it, which takes some seconds.) `model.losses` holds the penalties as they stand.

# %%
import keras
import tensorflow as tf

tf.get_logger().setLevel("ERROR")

# %%
def penalty_in_keras(kernel, l2):
    layer = keras.layers.Dense(kernel.shape[1], kernel_regularizer=keras.regularizers.L2(l2))
    model = keras.Sequential([keras.Input((kernel.shape[0],)), layer])
    layer.kernel.assign(kernel)
    return float(model.losses[0])


print(f"weights 1, 2, 3 with l2 = 0.01: {penalty_in_keras(np.array([[1.0, 2.0, 3.0]]), 0.01):.4f}")
kernel = rng.normal(size=(4, 5))
print(f"Keras {penalty_in_keras(kernel, keras_l2(0.6, 30)):.6f}, "
      f"the formula {l2_cost([kernel], 0.6, 30):.6f}")
for l2 in (0.01, 0.001):
    lam = lam_from_keras(l2, 30)
    print(f"l2 = {l2:<5}  30 samples: λ = {lam:.2f};  decay at η = 0.1: {1 - 0.1 * lam / 30:.4f}, "
          f"read as λ = {l2}: {1 - 0.1 * l2 / 30:.6f}")
try:
    keras.regularizers.l2(l=0.01)
except TypeError as error:
    print("TypeError:", error)

# %% [markdown]
# 0.01 · (1 + 4 + 9) = 0.14: no half anywhere. For 30 samples `l2(0.01)` is a $\lambda$ of 0.6, sixty
# times what the formula under the listing suggests. And the listing's `l=` is an error today: the argument is called
# `l2`, or is given without a name.
#
# A consequence is easily missed. Double the data and keep `l2(0.001)`: in the formula's terms $\lambda$ has doubled,
# since there the penalty fades as $m$ grows, and in Keras it does not.

# %% [markdown]
# ## Beyond the lecture: Adam does not decay
#
# The derivation used one step of plain gradient descent. Adam divides each gradient by the root of its own mean square:
#
# $$m \leftarrow \beta_1 m + (1-\beta_1)\,g \qquad\text{(running mean)}$$
#
# $$v \leftarrow \beta_2 v + (1-\beta_2)\,g^2 \qquad\text{(running mean of the squares)}$$
#
# $$\hat m = \frac{m}{1-\beta_1^t}, \quad \hat v = \frac{v}{1-\beta_2^t} \qquad\text{(both began at 0; corrected after } t \text{ steps)}$$
#
# $$w \leftarrow w - \eta\,\frac{\hat m}{\sqrt{\hat v}+\varepsilon} .$$
#
# Put the penalty into the gradient, $g + cw$, where the data's part $g$ is noise of size $s$ around 0.
#
# $$s \ll c|w|:\quad \hat m\approx cw,\ \sqrt{\hat v}\approx c|w| \quad\Rightarrow\quad \text{the weight moves by } {-\eta}\operatorname{sign}(w) \qquad\text{(}c\text{ cancels)}$$
#
# $$s \gg c|w|:\quad \hat m\approx cw,\ \sqrt{\hat v}\approx s \quad\Rightarrow\quad \text{the weight moves by } {-\eta}\, c\,w/s \qquad\text{(on average)}$$
#
# ($m$ and $v$ are the usual names; this $m$ is no number of samples.) So a weight that the data do not care about walks
# to 0 at full speed *whatever the strength*, and one with large gradients is hardly touched. That is no decay by a
# common factor. *Decoupled* decay keeps the penalty out of $m$ and $v$:
#
# $$w \leftarrow w - \eta\,\frac{\hat m}{\sqrt{\hat v}+\varepsilon} - \eta\, d\, w \qquad\text{(each weight shrinks by } 1-\eta d\text{)}.$$
#
# ## Exercise 10.5: Adam with decoupled decay (2 points)
#
# Write `adamw_step(w, g, state, lr, wd)`, which returns a pair `(w_new, state_new)`.
#
# - `w` and `g` are arrays of the same shape; `lr` is $\eta$ and `wd` is $d$. Use $\beta_1=0.9$, $\beta_2=0.999$,
#   $\varepsilon=10^{-7}$ beside the root, as above. (Its exact place is not tested: at gradients of usual size nobody
#   could see it.)
# - `state` is a dictionary: `'m'` and `'v'` are the running means *before* correction, arrays like `w`, and `'t'` is
#   the number of steps so far. It starts as zeros; `state_new` holds the same three after this step.
# - The last term uses `w` as it was before the step. Leave `w`, `g` and `state` unchanged.
#
# For `w = [1.0]`, `g = [0.5]`, the zero state, `lr = 0.1` and `wd = 0.2` Adam's part is 0.1 (the first step always has
# length `lr`), the decay's 0.02, and `w_new` is `[0.88]` but for ε. In `state_new`, `m` is `[0.05]`, `v` is `[0.00025]`
# and `t` is 1.

# %%
def adamw_step(w, g, state, lr, wd):
    """One step of Adam with decoupled weight decay.

    Args:
        w: weights, an array.
        g: their gradient without any penalty, of the same shape.
        state: {'m': array, 'v': array, 't': int} after the steps so far.
        lr: learning rate.
        wd: strength of the decay, which acts as lr·wd.

    Returns:
        (w_new, state_new).
    """
    ### BEGIN SOLUTION
    t = state["t"] + 1
    m = 0.9 * state["m"] + 0.1 * g
    v = 0.999 * state["v"] + 0.001 * g**2
    move = m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-7)
    return w - lr * move - lr * wd * w, {"m": m, "v": v, "t": t}
    ### END SOLUTION

# %%
check(adamw_step)

# %% [markdown]
# Keras has it as `AdamW`. Five steps, both in the same units:

# %%
variable = keras.Variable(np.array([1.0, -2.0, 0.5], "float32"))
optimiser = keras.optimizers.AdamW(learning_rate=0.1, weight_decay=0.3)
w, state = np.array([1.0, -2.0, 0.5]), {"m": np.zeros(3), "v": np.zeros(3), "t": 0}
for g in rng.normal(size=(5, 3)):
    optimiser.apply([g.astype("float32")], [variable])
    w, state = adamw_step(w, g, state, 0.1, 0.3)
print("Keras", np.asarray(variable).round(4), " yours", np.asarray(w).round(4))

# %% [markdown]
# ### Side by side
#
# Now the claim. Two weights start at 1, and the data say nothing about either: their gradients are noise around 0, of
# size 0.001 for the first and 10 for the second. 100 steps with rate 0.001, fifty times over. Decoupled decay with
# $d=1$ should leave $(1-0.001)^{100}$ of both.

# %%
def after_100_steps(scales, strength, coupled, seed=0):
    """Weights that start at 1, after 100 steps on pure noise of these sizes."""
    noise = np.random.default_rng(seed).normal(size=(100, *np.shape(scales))) * scales
    w = np.ones(np.shape(scales))
    state = {"m": np.zeros_like(w), "v": np.zeros_like(w), "t": 0}
    for g in noise:
        if coupled:
            w, state = adamw_step(w, g + strength * w, state, 0.001, 0.0)
        else:
            w, state = adamw_step(w, g, state, 0.001, strength)
    return np.asarray(w)


fifty = np.tile([0.001, 10.0], (50, 1))
for strength in (0.1, 1.0):
    for coupled in (True, False):
        w = after_100_steps(fifty, strength, coupled)
        name = "Adam + L2" if coupled else "decoupled"
        quiet, noisy = plus_minus(w[:, 0]), plus_minus(w[:, 1])
        print(f"strength {strength}: {name}   quiet weight {quiet}   noisy weight {noisy}")
print(f"derived for decoupled: {(1 - 1e-4) ** 100:.3f} and {(1 - 1e-3) ** 100:.3f}")

# %% tags=["demo"]
scales = np.logspace(-4, 1.5, 34)
weights = {
    way: {f"strength {c:g}": after_100_steps(np.tile(scales, (40, 1)), c, way == "Adam + L2")
          for c in (0.1, 1.0)} for way in ("Adam + L2", "decoupled")
}
titles = ["Adam + L2: quiet weights move most", "Decoupled: all shrink alike"]
show(
    *[curves(scales, {name: w.mean(axis=0) for name, w in some.items()},
             bands={name: w.std(axis=0, ddof=1) for name, w in some.items()}, log="x", title=title,
             xlabel="size of the data's gradient", ylabel="weight after 100 steps",
             legend="upper left")
      for some, title in zip(weights.values(), titles)],
    share="y",
    alt="Weight after 100 steps, from 1, against the size of the data's gradient on a log axis, "
    "for two strengths of decay. Left, Adam with L2: for small gradients both end at 0.90; as the "
    "gradient passes the size of the penalty, both curves rise towards 1. Right, decoupled: "
    "flat lines at 0.99 and 0.905 for all sizes, with bands of about 0.01.",
)

# %% [markdown]
# On the left, strengths of 0.1 and 1 end at the same 0.90 for quiet weights: 100 steps of length 0.001 at full speed,
# since $c$ cancels. As soon as the gradient is larger than the penalty, the effect is gone. On the right every weight
# shrinks by the derived factor, to 0.99 or 0.905, and noise only spreads them by about 0.01. "L2 regularisation", which
# the deck also calls "Weight Decay", is weight decay under plain SGD. Its case study uses Adam.

# %% [markdown]
# ## Case study: did the weights get smaller?
#
# First the tool that one of the deck's [Extensions] asks for: "**Report Weight Norm:** update the example to calculate
# the magnitude of the network weights and demonstrate that regularization indeed made the magnitude smaller."
#
# ## Exercise 10.6: a report by layer (1 point)
#
# Write `weight_report(model)` for a Keras model: a list of numbers, in the order of the layers, one for each layer that
# has a kernel. Each is the Frobenius norm of that kernel, the root of the sum of its squared entries; biases do not
# count. Some layers may have no bias, and some (dropout) no weights at all.
#
# For a model with the kernels `[[3, 0], [0, 4]]` and `[[2], [0]]` the result is `[5.0, 2.0]`, whatever the biases are.

# %%
def weight_report(model):
    """The Frobenius norm of each kernel of a Keras model.

    Args:
        model: a Keras model with weights.

    Returns:
        list of floats, in the order of the layers.
    """
    ### BEGIN SOLUTION
    layers = [layer for layer in model.layers if hasattr(layer, "kernel")]
    return [float(keras.ops.norm(layer.kernel)) for layer in layers]
    ### END SOLUTION

# %%
check(weight_report)

# %% [markdown]
# The deck's network in Keras, with `l2(0.001)` on the first kernel. One step per epoch would cost minutes, most of
# it overhead; here the 30 points are repeated 4,000 times in a data set, and 2,000 full-batch steps run in one go.

# %% tags=["demo"]
keras.utils.set_random_seed(0)
penalty = keras.regularizers.L2(0.001)
hidden = keras.layers.Dense(500, activation="relu", kernel_regularizer=penalty)
model = keras.Sequential([keras.Input((2,)), hidden, keras.layers.Dense(1, activation="sigmoid")])
print("norms before:", np.round(weight_report(model), 1))
_, accuracy = fit_in_keras(model, data, steps=4000)
print("norms after: ", np.round(weight_report(model), 1))
print(f"test accuracy {accuracy:.3f}")

# %% [markdown]
# One run. Five seeds with `nnlab`, whose `l2` counts as Keras' does, and with your functions plugged in. Beside the
# deck's penalty stands the one of the [Extension] "Regularize Output Layer", on both kernels.

# %% tags=["demo"]
mine = base.vary(plug={"l2_cost": l2_cost, "add_l2": add_l2})
PENALTIES = {"no penalty": None, "on W1": {1: 0.001}, "on both": {1: 0.001, 2: 0.001}}


@functools.cache
def five(penalty):
    """Five runs with one of the penalties, trained when they are first asked for."""
    if penalty == "no penalty":
        return unpenalised
    return mine.vary(l2=PENALTIES[penalty]).runs(seeds)


def report(name, some):
    """Accuracy, loss and norms of some runs in one line."""
    norms = np.array([[np.linalg.norm(W) for W in run.net.W.values()] for run in some])
    total = np.sqrt(np.sum(norms**2, axis=1)).mean()
    W1, W2 = norms.mean(axis=0)
    print(f"{name:10} train {np.mean([run.train_acc for run in some]):.3f} "
          f"test {plus_minus([run.test_acc for run in some])} "
          f"loss {plus_minus([run.test_loss for run in some])} "
          f"|W1| {W1:5.2f} |W2| {W2:5.2f} all {total:5.2f}")


for name in PENALTIES:
    report(name, five(name))
print(f"one test point is worth {1 / 70:.3f}")

# %% tags=["demo"]
LOOKS = {"no penalty": (GREY, ":"), "on W1": (VERMILION, "-"), "on both": (BLUE, "--")}
titles = {1: "$W_1$, penalised, shrinks …", 2: "… and $W_2$ grows instead"}
show(
    *[curves(epochs, {name: [run.history.weight_norm[l] for run in five(name)] for name in LOOKS},
             looks=LOOKS, title=title, xlabel="step", ylabel="norm of the kernel", ylim=(0, 23))
      for l, title in titles.items()],
    share="y",
    alt="Norms of both kernels over 4,000 steps, five seeds that lie on top of one another. Left, "
    "W1: without a penalty it rises to 12; with a penalty on W1 it rises to nearly 5 and falls "
    "to 3.2; with one on both it settles at 5.8. Right, W2: without a penalty it rises to 11.7; "
    "with a penalty on W1 it keeps rising and passes 21; with one on both it settles at 5.8.",
)

# %% [markdown]
# Compare with your log. Accuracy rises by two test points, from .914 to .943, and the test loss falls to about half.
# The norm of $W_1$ is a quarter of what it was: "smaller", as the deck wants it demonstrated. But $W_2$ has nearly
# doubled (in Keras, too), and all weights together are *larger* than without the penalty. Only with both kernels
# penalised do both shrink, to the same 5.8. Is either of the two an accident?

# %% [markdown]
# ## Derive: where the weights went
#
# ReLU does not mind positive factors: $\operatorname{relu}(cz)=c\operatorname{relu}(z)$ for $c>0$. Take one hidden unit
# with the weights $a$ into it (a column of $W_1$), the bias $b$, and the weight $v$ out of it.
#
# $$\frac vc\,\operatorname{relu}(c\,a\cdot x + c\,b) = v\operatorname{relu}(a\cdot x+b) \qquad\text{(the same function for every } c>0\text{)}$$
#
# $$P(c) = \kappa_1 c^2\lVert a\rVert^2 + \kappa_2\,\frac{v^2}{c^2} \qquad\text{(its penalty, of strength } \kappa_1 \text{ on } W_1 \text{ and } \kappa_2 \text{ on } W_2\text{)}$$
#
# $$P'(1) = 2\kappa_1\lVert a\rVert^2 - 2\kappa_2 v^2 \qquad\text{(derivative, at the weights as they are)}$$
#
# $$\kappa_1\lVert a\rVert^2 = \kappa_2 v^2 \qquad\text{(where nothing is to be gained any more)}$$
#
# **Both penalised, equally:** $\lVert a\rVert=|v|$ for *each unit*, and summed over the units $\lVert W_1\rVert=\lVert
# W_2\rVert$.
#
# **Only $W_1$ penalised:** with $\kappa_2=0$, $P'(1)>0$ for ever. A smaller $c$ always pays: $W_1$ can go to 0 and
# $W_2$ to infinity with the function unchanged. Such a penalty does not bound the function at all. What stops it is
# only that the training ends.
#
# ## Check the claim

# %% tags=["demo"]
net = five("on both")[0].net
into, out = np.linalg.norm(net.W[1], axis=0), np.abs(net.W[2][:, 0])
used = into > 0.01
ratios = into[used] / out[used]
quarter, median, three = np.percentile(ratios, [25, 50, 75])
print(f"units still in use: {used.sum()} of 500; |a| over |v|: median {median:.3f}, "
      f"half between {quarter:.3f} and {three:.3f}")
print(f"largest difference {np.max(np.abs(into - out)):.3f}, longest |a| {into.max():.2f}")

scaled = MLP((2, 500, 1), ("relu", "sigmoid"))
scaled.set_weights([0.1 * net.W[1], 0.1 * net.b[1], 10 * net.W[2], net.b[2]])
gap = np.max(np.abs(scaled.forward(data.X_test) - net.forward(data.X_test)))
print(f"W1 and b1 divided by 10, W2 times 10: predictions move by {gap:.0e}")

# %% [markdown]
# Each unit is balanced on its own, half of them to within 1.5 %. And the penalty on $W_1$ alone should never come to
# rest. Twelve draws of the moons, up to 16,000 steps, judged on 2,000 fresh points (stored by
# `data/studies/make_weight_decay.py`; one run of them is repeated live):

# %% tags=["demo"]
stored = study("weight_decay")
fresh = moons(n=2000, noise=0.2, seed=1001, train=0)
live = base.vary(l2={1: 0.001}, every=4000).run(0).net.evaluate(fresh.X_test, fresh.y_test)
kept = stored["moons"][1, 0, 0, 1:3]
print(f"draw 1, on W1, 4,000 steps: loss {live[0]:.4f} live, {kept[0]:.4f} stored")
ACC, LOSS = 2, 1
for name, some in zip(stored["penalties"], stored["moons"]):
    for k, steps in enumerate(stored["steps"]):
        train, loss, accuracy, W1, W2 = some[:, k].mean(axis=0)
        print(f"{name:11} {steps:6} steps  train {train:.3f}  loss {loss:.3f}  "
              f"accuracy {accuracy:.3f}  |W1| {W1:5.2f}  |W2| {W2:6.2f}")
free = stored["moons"][0]
for name, some in zip(stored["penalties"][1:], stored["moons"][1:]):
    for k in (0, 2):
        gain, ratio = some[:, k, ACC] - free[:, k, ACC], some[:, k, LOSS] / free[:, k, LOSS]
        print(f"{name:8} after {stored['steps'][k]:6} steps: accuracy {gain.mean():+.3f}, "
              f"standard error {gain.std(ddof=1) / np.sqrt(12):.3f}; "
              f"loss times {ratio.min():.2f} to {ratio.max():.2f}")
rise = stored["moons"][1, :, 2, LOSS] / stored["moons"][1, :, 0, LOSS]
print(f"on W1, loss after 16,000 steps over that after 4,000: {rise.min():.2f} to {rise.max():.2f}")

# %% tags=["demo"]
by_name = dict(zip(stored["penalties"], stored["moons"]))
panels = [(4, "Norm of $W_2$: one comes to rest", "norm of $W_2$"),
          (LOSS, "Test loss: the same one", "loss on 2,000 fresh points")]
show(
    *[curves(stored["steps"] / 1000, {name: some[:, :, what] for name, some in by_name.items()},
             looks=LOOKS, log="y", title=title, xlabel="thousand steps", ylabel=label)
      for what, title, label in panels],
    alt="Norm of W2 and loss on fresh points after 4, 8 and 16 thousand steps, twelve draws thin, "
    "means thick. Without a penalty both rise; with a penalty on W1 the norm of W2 "
    "doubles with the steps, to 100, and the loss rises; with a penalty on both kernels the "
    "lines are flat.",
)

# %% [markdown]
# With both kernels penalised the network is at rest after 4,000 steps, and stands where it stood. With the penalty on
# $W_1$ alone, the norm of $W_2$ grows about twofold with the first doubling of the steps and two and a half times with
# the second, $W_1$ goes towards 0, and the test loss climbs, on each of the twelve draws. It climbs more slowly than
# without any penalty: the deck's penalty delays overfitting. How much of the gain is left depends on when one stops.
#
# Is that Adam's doing? The derivation asks for no optimiser.

# %% tags=["demo"]
for name in ("on W1", "on both"):
    for steps in (4000, 16_000):
        sgd = {"opt": "sgd", "lr": 0.1, "momentum": 0.9}
        run = base.vary(l2=PENALTIES[name], epochs=steps, every=steps, **sgd).run(0)
        norms = run.net.weight_norms()
        print(f"SGD with momentum, {name:8} {steps:6} steps: loss {run.test_loss:.3f}  "
              f"|W1| {norms[1]:5.2f}  |W2| {norms[2]:5.2f}")

# %% [markdown]
# With SGD it is the same, only slower.

# %% [markdown]
# ## How strong? Six values of λ
#
# The deck's penalty on $W_1$, from nothing to too much: the five networks from above where there are any, three
# elsewhere.

# %% tags=["demo"]
STRENGTHS = [0, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1]


@functools.cache
def on_W1(c):
    """Runs with a penalty of this strength on W1 alone."""
    if c in (0, 1e-3):
        return five("on W1" if c else "no penalty")
    return base.vary(l2={1: c}).runs(range(3))


for c in STRENGTHS:
    report(f"l2 {c:g}", on_W1(c))

# %% tags=["demo"]
six = {c: on_W1(c) for c in STRENGTHS}
show(
    *[regions(some[0].net.forward, data.X_train, data.y_train, steps=120, around=data.X_test,
              title=f"{f'l2({c:g})' if c else 'none'}: test {some[0].test_acc:.3f}", legend="none")
      for c, some in six.items()],
    columns=3,
    share="xy",
    title="From a corner for one point to nearly a straight line",
    size=(9.6, 5.6),
    alt="Decision regions of six networks with the 30 training points, the penalty on W1 rising "
    "from nothing to 0.1. The border begins with sharp corners between the moons, rounds off as "
    "the penalty grows, and is nearly straight at 0.1, with one training point on the wrong side.",
)

# %% [markdown]
# Up to 0.01 the corner of the border softens while all training points stay right. At 0.1 it can no longer follow the
# moons, and a training point is given up: a penalty that is too strong underfits, with 20 in $\lVert W_2\rVert$ all the
# same.
#
# Look at the spreads: several are 0.000. Is anything this certain? All these networks learn from *one* draw of 30
# points, and are tested on one draw of 70. The spread over first weights is not the spread that decides whether the
# next data set gains as well. So draw the data anew.
#
# ## Exercise 10.7: choose a strength (1 point)
#
# Write `choose_lambda(lams, means, sds)`: the *largest* `lam` whose mean validation accuracy is no more than one sd
# below the best mean, where the sd is that of the best. If simpler does nearly as well, take the simpler.
#
# The three are arrays of the same length, an entry for each strength, and the strengths come in any order. Return a
# number.
#
# For `lams = [0.1, 1, 10]`, `means = [0.9, 0.88, 0.7]` and `sds = [0.03, 0.01, 0.2]` the result is `1`: 0.88 is above
# 0.87.

# %%
def choose_lambda(lams, means, sds):
    """The largest strength within one sd of the best.

    Args:
        lams: strengths (n,), in any order.
        means: mean validation accuracy of each (n,).
        sds: standard deviation of each (n,).

    Returns:
        one of lams.
    """
    ### BEGIN SOLUTION
    best = np.argmax(means)
    near = np.asarray(means) >= means[best] - sds[best]
    return float(np.max(np.asarray(lams)[near]))
    ### END SOLUTION

# %%
check(choose_lambda)

# %% [markdown]
# Eight draws of the moons, 30 points each to learn from and 70 to validate on; the penalty on both kernels, which has a
# minimum to settle in. For the end, 2,000 fresh points that nothing is chosen by.

# %% tags=["demo"]
draws = [moons(n=100, noise=0.2, seed=seed, train=30) for seed in range(1, 9)]
lams = np.array([0, 1e-3, 1e-2, 1e-1])


def on_draw(draw, c):
    """Training accuracy, validation accuracy, loss and accuracy on the fresh points."""
    run = base.vary(data=draw, l2={1: c, 2: c}, every=4000).run(0)
    return run.train_acc, run.test_acc, *run.net.evaluate(fresh.X_test, fresh.y_test)


table = np.array([[on_draw(draw, c) for draw in draws] for c in lams])  # (strength, draw, score)
train, val, new_loss, new_acc = np.moveaxis(table, -1, 0)
means, sds = val.mean(axis=1), val.std(axis=1, ddof=1)
for i, c in enumerate(lams):
    print(f"l2 {c:<6g} train {plus_minus(train[i])}   validation {plus_minus(val[i])}")
print("chosen with the sd of one draw:      ", choose_lambda(lams, means, sds))
print("chosen with the sd of the mean, sd/√8:", choose_lambda(lams, means, sds / np.sqrt(8)))

# %% tags=["demo"]
places = {place: f"{c:g}" for place, c in enumerate(lams)}
show(
    curves(None, {"training": train.T, "validation": val.T}, looks={"training": (TRAIN, "-"),
           "validation": (TEST, "--")}, title="The draw matters more than λ", ylabel="accuracy",
           xlabel="l2 on both kernels", xticks=places, legend="lower left"),
    curves(None, {"_": new_loss.T}, looks={"_": (TEST, "--")},
           title="In loss, 0.001 helps on all draws", xlabel="l2 on both kernels",
           xticks=places, ylabel="loss on 2,000 fresh points", log="y",
           yticks={v: f"{v:g}" for v in (0.1, 0.2, 0.5, 1, 2)}),
    alt="Left: training and validation accuracy against the strength of the penalty, eight draws "
    "of the data thin, their mean thick. Training accuracy falls from 1 without a penalty to 0.83 "
    "at 0.1; validation accuracy differs by 0.2 between draws, has a low hill at 0.001 and falls "
    "after it. Right: loss on the 2,000 fresh points, log axis: it falls in each draw from 0 to "
    "0.001, the highest lines most; from there to 0.1 the lines come together near 0.5.",
)

# %% tags=["demo"]
print("2,000 fresh points, draw by draw, against no penalty:")
for c in (1e-3, 1e-2):
    gain = (new_acc[lams == c] - new_acc[0]).ravel()
    se = gain.std(ddof=1) / np.sqrt(len(gain))
    print(f"l2 {c:g}: accuracy {gain.round(3)},\n"
          f"    mean {gain.mean():+.3f}, standard error {se:.3f}")
ratio = (new_loss[lams == 1e-3] / new_loss[0]).ravel()
print(f"l2 0.001: loss times {ratio.round(2)}")

# %% [markdown]
# Between draws the accuracies differ by up to 0.2: which 30 points one has matters more than any sensible penalty. The
# rule of the exercise sees this spread, takes it for a doubt about the strength, and goes to 0.01, where the networks
# underfit. Given the standard deviation of the *mean* it chooses 0.001. With a spread of 0.000, that over first
# weights, it would have taken the best mean, whatever it was. So a rule can be no better than the spread it is given.
#
# But all strengths meet the same draws, hard ones and easy ones: so compare draw by draw. In accuracy, 0.001 gains a
# lot on two draws and moves by a hundredth or less on the others; the mean gain is less than two standard errors. In
# *loss* it wins on each of the draws. That is what the penalty does here for certain: it keeps a network from being
# sure where it is wrong. (0.01, chosen at first, costs accuracy on seven of the eight draws.)
#
# ### The digits
#
# Is that a matter of two moons? Handwritten digits, 100 to learn from and 1,697 to test on, 200 ReLU units, 1,500 steps
# of Adam, the penalty on both kernels, eight splits (stored by the same script):

# %% tags=["demo"]
names = [f"{c:g}" for c in stored["strengths"]]
for name, some in zip(names, stored["digits"]):
    gain, ratio = some[:, 3] - stored["digits"][0, :, 3], some[:, 2] / stored["digits"][0, :, 2]
    train, train_loss, loss, accuracy, W1, W2 = some.mean(axis=0)
    print(f"l2 {name:6} train {train:.3f} (loss {train_loss:.4f})  test {accuracy:.3f}, "
          f"gain {gain.mean():+.4f}, standard error {gain.std(ddof=1) / np.sqrt(8):.4f};\n"
          f"    loss {loss:.3f}, times {ratio.min():.2f} to {ratio.max():.2f}  "
          f"|W1| {W1:.1f} |W2| {W2:.1f}")
show(
    dots({f"l2 {name}": some[:, 3] - stored["digits"][0, :, 3]
          for name, some in zip(names[1:], stored["digits"][1:])},
         error="se", down={"no gain": 0}, title="On digits a penalty gains less than half a point",
         xlabel="gain in test accuracy, split by split"),
    alt="Gain in test accuracy on eight splits of the digits. For 0.0001 and 0.001 the points lie "
    "on both sides of 0, their means near 0.004, and the bar of 0.001 reaches down to 0; for 0.01 "
    "most lie below 0.",
)

# %% [markdown]
# All training digits are right in all of these, and where there is a penalty, most of the training loss that is left is
# its doing. The right strengths gain less than half a point in accuracy, less than two standard errors, and take off
# about a tenth of the loss. Ten times more raises the loss on all eight splits, and gains no accuracy. The pattern is
# that of the moons, the size is not. A reason may be that 64 pixels, which mostly agree, leave less room for borders
# with sharp corners.

# %% [markdown]
# ## The other extensions
#
# L1, both together (L1L2), the output kernel alone, and biases, on the deck's data. L1 adds $c\sum|W|$, whose slope
# is $c\operatorname{sign}(W)$: it pulls small weights as hard as large ones, all the way to 0.

# %% tags=["demo"]
others = {
    "L1 on W1": {"l1": {1: 0.001}},
    "L1L2 on W1": {"l1": {1: 0.001}, "l2": {1: 0.001}},
    "W2 only": {"l2": {2: 0.001}},
    "W1 and b1": {"l2": {1: 0.001, "b1": 0.001}},
    "b1 only": {"l2": {"b1": 0.001}},
}
more = {"no penalty": five("no penalty"), "L2 on W1": five("on W1")}
more |= {name: base.vary(**c).runs(range(2)) for name, c in others.items()}
for name, some in more.items():
    report(name, some)
for name in ("L2 on W1", "L1 on W1"):
    small = np.mean([np.abs(run.net.W[1]) < 0.001 for run in more[name]])
    print(f"{name}: {small:.0%} of the weights are smaller than 0.001")

# %% [markdown]
# L1 empties the kernel: nearly all of its thousand weights are zero, but for the jitter of the last steps. On the
# *output* alone the picture is mirrored: $W_2$ shrinks and $W_1$ grows. With the biases added, little changes; on the
# biases alone, neither accuracy nor loss improves. All accuracies but the last lie within three test points of one
# another, and you have just seen what three test points are worth.
#
# ### And decoupled?
#
# The same network under your `adamw_step`, kernels only, at three strengths.

# %% tags=["demo"]
def decoupled(wd, seed=0):
    """The network trained with adamw_step, decay on the kernels, none on the biases."""
    net = MLP((2, 500, 1), ("relu", "sigmoid"), seed=seed)
    states = [{"m": np.zeros_like(p), "v": np.zeros_like(p), "t": 0} for p in net.params]
    decays = [wd if name.startswith("W") else 0.0 for name in net.names]
    for _ in range(4000):
        for i, g in enumerate(net.grads(data.X_train, data.y_train)):
            new_p, states[i] = adamw_step(net.params[i], g, states[i], 0.001, decays[i])
            net.params[i][...] = new_p
    return net


for wd in (0.004, 1.0, 3.0):
    net = decoupled(wd)
    loss, accuracy = net.evaluate(data.X_test, data.y_test)
    norms = net.weight_norms()
    print(f"wd {wd:<5}  all decay leaves {(1 - 0.001 * wd) ** 4000:.3f}   test {accuracy:.3f}  "
          f"loss {loss:.3f}  |W1| {norms[1]:.2f}  |W2| {norms[2]:.2f}")
for c in (1e-4, 1e-2):
    run = base.vary(l2={1: c, 2: c}).run(0)
    norms = run.net.weight_norms()
    print(f"L2 of {c:<6g} on both kernels          test {run.test_acc:.3f}  "
          f"loss {run.test_loss:.3f}  |W1| {norms[1]:.2f}  |W2| {norms[2]:.2f}")

# %% [markdown]
# Numbers for the two kinds do not carry over. 0.004, the default of Keras' `AdamW`, takes 1.6 % off a weight in 4,000
# steps of rate 0.001, and nothing is seen of it here. A decay of 1 ends with the same test loss as `l2(0.0001)` on both
# kernels, and 3 underfits as `l2(0.01)` does. (One network each: an illustration of the scale, not a contest.)

# %% [markdown]
# ## Why should small weights help?
#
# The deck gives two intuitions. The first, under "$\lambda\uparrow\;\Rightarrow W^{[l]}\approx0$": units fall silent,
# and a smaller network is left. You have seen how literally to take it: L1 does just that; L2 shrinks what it is put
# on, and may feed what it is not. The second looks at a tanh: with small weights $z=a^{[l-1]}W+b$ stays in the middle,
# where tanh is nearly a straight line, and straight lines of straight lines are straight.

# %% tags=["demo"]
tanh_net = base.vary(sizes=(2, 50, 1), acts=("tanh", "sigmoid"), epochs=2000, lr=0.01, every=2000)
bent = {c: tanh_net.vary(l2={1: c, 2: c}).run(0) for c in (0, 1e-3, 1e-2)}
COLORS = dict(zip(bent, [(VERMILION, ":"), (PURPLE, "--"), (BLUE, "-")]))
plane = np.stack(np.meshgrid(np.linspace(-1.6, 2.6, 120), np.linspace(-1.2, 1.8, 120)), axis=-1)
preactivations = {c: data.X_test @ run.net.W[1] + run.net.b[1] for c, run in bent.items()}
for c, z in preactivations.items():
    bend = np.sqrt(np.mean((np.tanh(z) - z) ** 2) / np.mean(z**2))
    inside, bending = np.mean(np.abs(z) < 0.5), np.sum(np.abs(z).max(axis=0) > 1)
    print(f"l2 {c:<5g}  |z| < ½: {inside:4.0%}  units beyond ±1: {bending:2}  "
          f"tanh(z) off z by {bend:3.0%}  train {bent[c].train_acc:.3f}  "
          f"test {bent[c].test_acc:.3f}")

# %% tags=["demo"]
def spreads(ax):
    """Where the pre-activations lie: thick for 90 % of them, thin for all."""
    for (c, z), y in zip(preactivations.items(), (-0.9, -0.6, -0.3)):
        ax.hlines(y, z.min(), z.max(), color=COLORS[c][0], linewidth=1.5)
        ax.hlines(y, *np.percentile(z, [5, 95]), color=COLORS[c][0], linewidth=6)
        ax.text(2.1, y + 0.06, f"l2 = {c:g}", color=COLORS[c][0], fontsize=10)


def borders(ax):
    for c, run in bent.items():
        p = run.net.forward(plane.reshape(-1, 2)).reshape(plane.shape[:2])
        ax.contour(*np.moveaxis(plane, -1, 0), p, levels=[0.5], colors=COLORS[c][0],
                   linestyles=COLORS[c][1], linewidths=2)


line = np.linspace(-4, 4, 200)
halves = {f"class {k}": data.X_train[data.y_train == k].T for k in (0, 1)}
show(
    curves(line, {"_tanh": np.tanh(line), "_z": line}, also=spreads,
           looks={"_tanh": (BLACK, "-"), "_z": (GREY, ":")}, xlim=(-4, 4), ylim=(-1.1, 1.3),
           title="Small weights stay where tanh is straight", xlabel="z", ylabel="tanh(z)"),
    points(halves, looks={name: (GREY,) for name in halves}, title="… and the border straightens",
           xlabel="$x_1$", ylabel="$x_2$", also=borders, legend="upper left"),
    alt="Left: tanh and the straight line z. Bars show where the pre-activations lie, thick for "
    "90 % of them and thin for all: without a penalty they reach far into the flat ends; with "
    "0.001 most lie within ½ and a few far out; with 0.01 all lie close to 0, where curve and line "
    "are one. Right: the borders of the same three networks: bent (dotted), gently bent (dashed), "
    "and straight.",
)

# %% [markdown]
# (One network each.) With 0.01 every pre-activation is below ½ in size, tanh differs from the straight line by 3 %, and
# the border is a straight line, too. With 0.001, 49 of 50 units stay between -1 and 1, and a single one with large
# weights does the bending. Note that the argument is about tanh. Under a ReLU small weights are no straighter than
# large ones, as the factor $c$ above has shown; and the deck's case study uses ReLU.

# %% [markdown]
# ## Errata hunt
#
# Five lines from the Better Deep Learning deck. Four stand there like this; one we have broken ourselves. Correct them
# before you unfold.
#
# 1. `kernel_regularizer=tf.keras.regularizers.l2(l=0.01)`, and below it the formula with $\frac1m\frac\lambda2$
# 2. "Weight Decay": $W^{[l]} = \left(1-\frac{\eta\lambda}{2m}\right)W^{[l]}-\eta\,[\{\text{from backprop.}\}]$
# 3. "L2 Regularization (Frobenius Norm)", above $\sum_l\sum_k\sum_j W^{[l]2}_{k,j}$
# 4. That sum, and `kernel_regularizer=l2(0.001)` in the first of two layers
# 5. "demonstrate that regularization indeed made the magnitude smaller"

# %% [markdown] tags=["yours"]
# 1. …
# 2. …
# 3. …
# 4. …
# 5. …

# %% [markdown]
# <details><summary>What is true</summary>
#
# | line | what is true | why |
# |---|---|---|
# | 1 | Keras adds $0.01\sum W^2$: `l2` is $\lambda/2m$; and it is `l2(0.01)` | for 30 samples $\lambda$ is 0.6, not 0.01; `l=` raises a TypeError |
# | 2 (ours) | the deck has $1-\eta\lambda/m$, and is right, for plain SGD | the ½ cancels the 2 of the square; and Adam, which the case study uses, divides the penalty's gradient by the root of the mean square |
# | 3 | the *square* of the Frobenius norm | the norm itself has a root, and another gradient: $W/\lVert W\rVert$ |
# | 4 | the listing penalises the first kernel only | `kernel_regularizer` belongs to one layer; $W_2$ was free to grow, and ended at 21 instead of 12 |
# | 5 | it did so for $W_1$; all weights together became larger | ReLU lets the scale move to the other layer |
#
# An accuracy of .943 would have told you none of these.
#
# </details>

# %% [markdown]
# ## Exercise 10.8: a question to answer in words (2 points)
#
# A colleague trains a ReLU network with Adam and `l2(0.001)` on its *first* kernel. "The norm of $W_1$ fell from 12 to
# 3," she writes, "so the network is four times simpler now, and the test loss has halved. I shall train it twice as
# long, to be sure." What is wrong with her conclusion, what will happen if she goes on, and what should she change or
# report? Give reasons from this lesson, in about eight sentences.

# %% [markdown] tags=["written"] name="why_not_simpler" points=2
# ### BEGIN SOLUTION
# Rubric (½ point each):
#
# - The function does not depend on the norm of $W_1$ alone: a ReLU unit computes the same with its weights in divided
#   by $c$ and its weight out multiplied by $c$. So a smaller $W_1$ says nothing about simplicity.
# - $W_2$ has grown instead (here from 12 to 21, all weights together became larger): norms have to be reported layer by
#   layer.
# - The penalty has no minimum in this direction: trained longer, $W_1$ goes on falling, $W_2$ rising, and the test loss
#   climbs again. The gain was in part a delay.
# - Penalise both kernels (each unit then balances, and the training comes to rest) and compare at rest, over several
#   draws of the data. Or a sound remark on Adam: the strength that acts is not that of a decay; `AdamW` would be.
#
# Reference answer: The norm of one kernel is no measure of a ReLU network. Dividing a unit's incoming weights by 4 and
# multiplying its outgoing weight by 4 leaves its function as it was, and lowers her penalty to a sixteenth: the
# optimiser is paid for moving the scale to $W_2$. I expect that $W_2$ has grown by about as much as $W_1$ has lost; she
# should print both. As $W_2$ costs nothing, this goes on for ever. In our runs $W_2$ doubled when the steps doubled,
# and the test loss rose again on each of twelve draws, more slowly than without a penalty. So what she saw was in part
# overfitting delayed. She should penalise both kernels: then a unit's two norms balance, the network comes to rest, and
# the loss stays down. And she should repeat it on other draws, because 30 points say little.
# ### END SOLUTION

# %% [markdown]
# ## Three questions

# %%
quiz()

# %% [markdown]
# ## Summary
#
# - The gradient of $\frac{\lambda}{2m}\sum W^2$ is $\frac\lambda mW$, and a step of SGD multiplies a weight by
#   $1-\eta\lambda/m$ first.
# - Keras' `l2` is $c=\lambda/(2m)$; its decay under SGD is $1-2\eta c$, and does not fade with more data.
# - Under Adam, L2 is no decay: weights with small gradients move to 0 at full speed whatever the strength, those with
#   large gradients hardly move. Decoupled, all shrink by $1-\eta d$.
# - Report norms by layer: a penalty on one kernel of a ReLU network moves the scale to the other; on both, each unit
#   balances.
# - Choose the strength over draws of the data, and know which spread your rule is given.
#
# > **One finding to keep.** A penalty on one kernel of a ReLU network did not make the weights smaller. It moved them
# > to the other layer, and went on doing so for as long as we trained, on every one of twelve draws. Report norms layer
# > by layer.
#
# *What would change my mind about penalising $W_1$ alone:* a network in which $\lVert W_2\rVert$ and the test loss
# stand still from some step on.
#
# ## What to read next
#
# - Krogh and Hertz (1991), *A Simple Weight Decay Can Improve Generalization*, NeurIPS: the original argument, in
#   linear networks.
# - Loshchilov and Hutter (2019), *Decoupled Weight Decay Regularization*, ICLR,
#   [arXiv:1711.05101](https://arxiv.org/abs/1711.05101): where AdamW comes from.
# - Neyshabur, Salakhutdinov and Srebro (2015), *Path-SGD: Path-Normalized Optimization in Deep Neural Networks*,
#   NeurIPS, [arXiv:1506.02617](https://arxiv.org/abs/1506.02617): the factor $c$ of the ReLU units, and a measure that
#   does not depend on it.
# - Zhang, Wang, Xu and Grosse (2019), *Three Mechanisms of Weight Decay Regularization*, ICLR,
#   [arXiv:1810.12281](https://arxiv.org/abs/1810.12281): what it does beside making weights small, for instance before
#   a batch normalisation.

# %%
progress()
