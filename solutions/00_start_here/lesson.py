# %% [markdown]
# # Start here: build the tool that judges your gradients
#
# In the next half hour you write two short functions, see how answers are checked in this course, and end up
# with an instrument that will tell you, in every later lesson, whether a gradient you derived is right.
#
# | you will | you need | you will have learnt it when you can |
# |---|---|---|
# | write a numerical gradient | Python functions, NumPy arrays | say which step `h` to take, and why not a smaller one |
# | compare two gradients by one number | the length of a vector | tell a wrong gradient from rounding noise |
# | read a verdict | nothing | say what a check saw, and where to look next |

# %% [markdown]
# ## How an exercise works
#
# Every exercise comes as three cells:
#
# 1. a text that says what to write, with the names and shapes that count;
# 2. a cell with an unfinished function. Replace `raise NotImplementedError()` by your code and run the cell;
# 3. a cell with `check(…)`. Run it as often as you like: it answers at once, it costs nothing, and nobody sees it.
#
# A check gives points for what is right, also when something else is still wrong. It names what it saw. If it
# recognises a slip that others have made before you, it says where to look; after three tries without success it
# adds an example that can be done by hand. It judges results, never the way you wrote them: loops or whole arrays,
# `float32` or `float64`, your own names for things inside are all fine.
#
# The cells between exercises can't be edited, so that no click destroys them. Cells marked *your log* are yours.
# When something is odd, choose *Kernel → Restart Kernel and Run All Cells*: what works then, works. Cells that
# use a function you have not written yet end in an error, and the rest runs on.

# %%
import numpy as np

from autograder import check, progress
from nnlab.figures import curves, show, style

style()
rng = np.random.default_rng(0)

# %% [markdown]
# ## See it fail first
#
# Here is a small network, one sigmoid neuron with a squared error, and a gradient that someone derived by hand in a
# hurry. Does it look right to you?
#
# $$E(w) = \tfrac12\,(o - y)^2, \qquad o = \sigma(w\cdot x), \qquad \text{claimed:}\quad \frac{\partial E}{\partial w} = (o - y)\,x$$

# %%
x, y = np.array([1.0, -2.0, 0.5]), 1.0
w_start = np.array([0.4, 0.3, -0.2])


def error(w):
    o = 1 / (1 + np.exp(-w @ x))
    return 0.5 * (o - y) ** 2


def claimed_gradient(w):
    o = 1 / (1 + np.exp(-w @ x))
    return (o - y) * x


# %% [markdown]
# Training with it works. That is the trouble: a wrong gradient often still points roughly downhill, the loss falls,
# and nothing looks broken.

# %%
w, losses = w_start.copy(), []
for _ in range(60):
    losses.append(error(w))
    w = w - 0.1 * claimed_gradient(w)

show(
    curves(None, losses, title="The loss falls, although the gradient is wrong",
           xlabel="step", ylabel="error E", ylim=(0, None)),
    alt="The error over 60 steps falls smoothly from about 0.16 to near zero: nothing in the curve "
    "betrays the wrong gradient.",
)

# %% [markdown]
# The curve goes down without a wrinkle. One factor is missing from the claimed gradient, and no look at the curve will
# tell. We need a second opinion that does not come from the same derivation.

# %% [markdown]
# ### Your log
#
# Before you go on, write a number down. (Nobody grades it. A guess that turns out wrong is worth more than none.)
#
# A derivative is a limit for $h \to 0$. A float64 has about 16 digits. Of the steps $h = 10^{-1}, 10^{-2}, \dots, 10^{-14}$,
# which one gives the most accurate derivative?

# %% [markdown] tags=["yours"]
# My guess for the best h: …
#
# My reason: …

# %% [markdown]
# ## Derive: how wrong is a difference quotient?
#
# Take the Taylor series of $f$ around $x$, once forwards and once backwards.
#
# $$f(x+h) = f(x) + h\,f'(x) + \tfrac{h^2}{2} f''(x) + \tfrac{h^3}{6} f'''(x) + \dots \qquad\text{(forwards)}$$
#
# $$f(x-h) = f(x) - h\,f'(x) + \tfrac{h^2}{2} f''(x) - \tfrac{h^3}{6} f'''(x) + \dots \qquad\text{(backwards: odd terms change sign)}$$
#
# **One-sided.** Subtract $f(x)$ from the first line, divide by $h$:
#
# $$\frac{f(x+h) - f(x)}{h} = f'(x) + \underbrace{\tfrac{h}{2} f''(x)}_{\text{error of order } h} + \dots$$
#
# **Two-sided.** Subtract the second line from the first. The even terms cancel. Divide by $2h$, the distance between the
# two points:
#
# $$\frac{f(x+h) - f(x-h)}{2h} = f'(x) + \underbrace{\tfrac{h^2}{6} f'''(x)}_{\text{error of order } h^2} + \dots$$
#
# **Rounding.** Each value of $f$ is stored with a relative error of about $\varepsilon = 2.2\cdot10^{-16}$. The difference of two nearly
# equal values keeps that error while its size shrinks with $h$, so that rounding adds an error of about $\varepsilon\,|f(x)|/h$.
#
# Two claims follow that a computer can check: for a parabola, where $f''' = 0$, the two-sided quotient has no error but
# rounding, at any $h$; and for other functions there is a best $h$, since one error falls with $h$ and the other rises.

# %% [markdown]
# ## Check the claims

# %%
parabola = lambda x: 3 * x**2 + 2 * x + 1
x0, h = 1.5, 0.1
exact = 6 * x0 + 2
one_sided = (parabola(x0 + h) - parabola(x0)) / h
two_sided = (parabola(x0 + h) - parabola(x0 - h)) / (2 * h)

print(f"exact      {exact}")
print(f"one-sided  {one_sided:.12f}   off by {one_sided - exact:+.1e}; h/2 · f'' = {h / 2 * 6:+.1e}")
print(f"two-sided  {two_sided:.12f}   off by {two_sided - exact:+.1e}")

# %% [markdown]
# The first claim holds: with a step as coarse as 0.1 the two-sided quotient is right to the last digits, and the one-sided
# one is off by just $\tfrac h2 f''$. For the second claim we need a function with a third derivative.

# %%
ε, steps = np.finfo(float).eps, 10.0 ** np.arange(-1, -15, -0.25)
one_sided = (np.exp(1 + steps) - np.exp(1)) / steps
two_sided = (np.exp(1 + steps) - np.exp(1 - steps)) / (2 * steps)
error_one, error_two = (np.abs(q / np.e - 1) for q in (one_sided, two_sided))

show(
    curves(steps, {"one-sided": error_one, "two-sided": error_two, "rounding, ε / h": ε / steps},
           log="xy", title="Smaller is not better: every difference quotient has a best step",
           xlabel="step h", ylabel="relative error"),
    alt="Relative error against step, both axes logarithmic. Both curves are V-shaped. The "
    "one-sided error is smallest near h = 1e-8, the two-sided one near h = 3e-6 and about two hundred times "
    "smaller; left of the minimum both run just below the line ε/h.",
)

# %%
for name, errors, root in (("one", error_one, np.sqrt(ε)), ("two", error_two, np.cbrt(ε))):
    best = errors.argmin()
    print(f"{name}-sided: smallest error {errors[best]:.0e} at h = {steps[best]:.0e}; root of ε {root:.0e}")

two_sided = (np.exp(1 + 1e-6) - np.exp(1 - 1e-6)) / 2e-6
print(f"two-sided at h = 1e-06: error {abs(two_sided / np.e - 1):.0e}")

# %% [markdown]
# Read the figure from right to left. On the right the Taylor error rules: one line falls with $h$, the other with $h^2$,
# twice as steep. On the left rounding rules, and both climb along the dotted line. Between them lies the best step,
# near $\sqrt\varepsilon$ for the one-sided quotient and near $\sqrt[3]\varepsilon$ for the two-sided. With $h = 10^{-14}$ no more than two digits are left.
# Compare with your log.
#
# We take the two-sided quotient with $h = 10^{-6}$: near enough to its best, and small enough to stay on one side of a kink
# (ReLU has one) nearly always.

# %% [markdown]
# ## Exercise 0.1: the numerical gradient (2 points)
#
# Write `numerical_gradient(f, x, h=1e-6)`.
#
# - `f` takes an array like `x` and returns one number.
# - `x` is a float array of any shape: a vector, a matrix, more.
# - Return an array of the shape of `x`. Its entry $i$ is the two-sided quotient in direction $i$: only entry $i$ is moved,
#   by $+h$ and by $-h$.
# - `x` must be unchanged afterwards. You may work on copies, or move an entry and put it back.
#
# For $f(x) = x_1^2 + 10\,x_2$ at $x = (3, 5)$ the result is $(6, 10)$.
#
# <details><summary>A thought, if you are stuck on "any shape"</summary>
#
# `for i in np.ndindex(x.shape)` walks over all positions, and `x[i]` is one entry whatever the number of axes.
#
# </details>

# %%
def numerical_gradient(f, x, h=1e-6):
    """The gradient of f at x by central differences.

    Args:
        f: takes an array like x, returns a number.
        x: float array of any shape.
        h: the step.

    Returns:
        array of x's shape; entry i is (f(x + h·eᵢ) - f(x - h·eᵢ)) / 2h.
    """
    ### BEGIN SOLUTION
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[i] += h
        below[i] -= h
        gradient[i] = (f(above) - f(below)) / (2 * h)
    return gradient
    ### END SOLUTION

# %%
check(numerical_gradient)

# %% [markdown]
# ## Exercise 0.2: how different are two gradients? (2 points)
#
# Two gradients are never equal to the last digit, so we need a number that says how different they are: 0 when they
# agree, 1 when they point in opposite directions or one of them is zero. And it must not care whether the gradients themselves are huge or tiny.
#
# $$\operatorname{rel}(a, b) = \frac{\lVert a - b\rVert}{\lVert a\rVert + \lVert b\rVert}, \qquad \lVert a\rVert = \sqrt{\textstyle\sum_i a_i^2}$$
#
# Write `relative_error(a, b)`.
#
# - `a` and `b` are arrays of the same shape, vectors or matrices; $\lVert\cdot\rVert$ is the root of the sum of squares of *all* entries.
# - Return a number. If both arrays are zero everywhere, they agree: return 0.
#
# For $a = (3, 4)$ and $b = (0, 0)$ the result is $5 / (5 + 0) = 1$.

# %%
def relative_error(a, b):
    """The length of a - b, relative to the lengths of a and b together.

    Args:
        a, b: arrays of the same shape.

    Returns:
        a number between 0 (the same) and 1; 0 if both are zero.
    """
    ### BEGIN SOLUTION
    together = np.linalg.norm(a) + np.linalg.norm(b)
    if together == 0:
        return 0.0
    return np.linalg.norm(a - b) / together
    ### END SOLUTION

# %%
check(relative_error)

# %% [markdown]
# ## Use it: was the claimed gradient right?

# %%
measured = numerical_gradient(error, w_start)
print("claimed ", claimed_gradient(w_start))
print("measured", measured)
print(f"relative error {relative_error(claimed_gradient(w_start), measured):.2f}")

# %% [markdown]
# No doubt about it: a relative error of 0.6 is no rounding. And the measurement says more: the ratio of the two is the same
# in all three entries, so one scalar factor is missing. Which one?

# %%
ratio = measured / claimed_gradient(w_start)
o = 1 / (1 + np.exp(-w_start @ x))
print("measured / claimed:", ratio)
print(f"o (1 - o)         : {o * (1 - o):.8f}")

# %% [markdown]
# It is $o(1-o)$, the slope of the sigmoid. The chain rule has a factor for every arrow of the network, and whoever claimed
# $(o-y)\,x$ had forgotten the arrow through the activation. The right gradient is
#
# $$\frac{\partial E}{\partial w} = (o - y)\; o(1-o)\; x .$$

# %%
right_gradient = (o - y) * o * (1 - o) * x
print(f"relative error now: {relative_error(right_gradient, measured):.1e}")

# %% [markdown]
# ### How to read the number
#
# | relative error, float64 and h = 1e-6 | what it means |
# |---|---|
# | below $10^{-7}$ | the two gradients agree |
# | $10^{-7}$ to $10^{-3}$ | look again: a kink nearby, or a function with very large values? |
# | above $10^{-3}$ | a factor, a sign or a transposition is wrong |
#
# Kinks deserve a warning. At $z = 0$ the slope of ReLU jumps from 0 to 1, and a quotient that straddles the kink measures
# the average. That is no error of yours, so test at points that keep away from it.

# %%
relu_sum = lambda z: np.maximum(z, 0).sum()
points = np.array([-1.0, -2e-7, 0.0, 2e-7, 1.0])
print("z        ", points)
print("measured ", numerical_gradient(relu_sum, points))

# %% [markdown]
# Within $10^{-6}$ of the kink the measured slopes are 0.4, 0.5 and 0.6: neither 0 nor 1. In this course the checks of gradients
# draw their inputs at least $10^{-3}$ away from any kink.

# %% [markdown]
# ## The Keras way
#
# Keras does not measure, it derives: every operation knows its own derivative, and the chain rule is applied for you.
# That is exact up to rounding and costs about as much as two more forward passes, where `numerical_gradient` calls $f$ twice
# for every single weight. From lesson 06 on you will write
#
# ```python
# with tf.GradientTape() as tape:
#     loss = loss_function(y, model(x))
# gradients = tape.gradient(loss, model.trainable_variables)
# ```
#
# Measuring stays useful all the same: it is the only witness that has not read your derivation. How slow is it?

# %%
calls = []
numerical_gradient(lambda v: calls.append(1) or v.sum(), np.zeros((30, 20)))
print(f"{len(calls)} calls of f for a matrix of {30 * 20} weights")

# %% [markdown]
# ## Errata hunt
#
# The lecture's page on gradient clipping explains the norm of a gradient as "L2 vector norm (sum of the squared values)".
# What is missing, and what would it do to your `relative_error`?

# %%
a, b = np.array([3.0, 4.0]), np.array([3.3, 4.4])
printed = ((a - b) ** 2).sum() / ((a**2).sum() + (b**2).sum())
print(f"with the root {relative_error(a, b):.4f}, as printed {printed:.4f}")

# %% [markdown]
# The root is missing: the norm of $(3, 4)$ is 5, its sum of squares is 25. Without the root a gradient that is 10 % too large
# scores 0.0045, ten times less than the 0.0476 it deserves: small errors are squared away, just those one is looking for.
# You will meet this line again in lesson 07, where it makes clipping divide by the wrong number.

# %% [markdown]
# ## Questions
#
# Answer before you unfold.
#
# **1.** Your hand-made gradient and the measured one have a relative error of 0.33, and one is exactly twice the other. Is the
# measurement wrong or the derivation?
#
# - (a) The measurement: $h$ was too small.
# - (b) One of the two has a factor 2 too many; a look at both formulas decides.
# - (c) That is rounding.
#
# <details><summary>Answer</summary>
#
# (b). For $b = 2a$ the relative error is $1/3$, whatever $a$ is. Rounding or a bad $h$ would not hit all entries with one
# factor. Typical culprits: $h$ for $2h$ in the quotient, or a loss with and without ½.
#
# </details>
#
# **2.** Why is the central difference of a parabola exact at $h = 0.1$, and the one-sided one not?
#
# - (a) Because 0.1 is small enough.
# - (b) Because $f'''=0$, while $f''\ne 0$.
# - (c) It is not exact either; rounding hides it.
#
# <details><summary>Answer</summary>
#
# (b). The two-sided error begins with $f'''$, the one-sided one with $f''$. The checks use this: on a parabola with a coarse step
# they tell the two apart at a glance.
#
# </details>
#
# **3.** You divide by $\lVert a\rVert$ alone. What goes wrong?
#
# - (a) Nothing, the formula is only less pretty.
# - (b) Swapping $a$ and $b$ changes the answer, and $a = 0$ divides by zero.
# - (c) The result can become negative.
#
# <details><summary>Answer</summary>
#
# (b). A measure of disagreement should not depend on who is asked first.
#
# </details>

# %% [markdown]
# ## Summary
#
# - A wrong gradient can still lower the loss; a falling curve proves nothing.
# - The two-sided quotient errs by $\tfrac{h^2}{6}f'''$ plus rounding of about $\varepsilon|f|/h$; $h = 10^{-6}$ suits float64.
# - One number, $\lVert a-b\rVert/(\lVert a\rVert+\lVert b\rVert)$, tells a wrong factor from noise.
#
# *What would change my mind about a gradient I believe in:* a relative error above $10^{-3}$ at a point without kinks.

# %%
progress()
