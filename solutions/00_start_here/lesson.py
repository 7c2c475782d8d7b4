# %% [markdown]
# # Start here: build the tool that judges your gradients
#
# *About 30 minutes: reading 15, exercises 15.*
#
# You write two short functions, see how answers are checked in this course, and end up with an instrument that tells
# whether a gradient you derived is right, and in which layer it is wrong. The later lessons come back to it wherever a
# gradient is derived.
#
# | you will | you need | you will have learnt it when you can |
# |---|---|---|
# | write a numerical gradient | Python functions, NumPy arrays | say which step `h` to take, and why not a smaller one |
# | compare two gradients by one number | the length of a vector | tell a wrong gradient from rounding noise |
# | find the layer whose gradient is wrong | nothing | say what a falling or a stuck loss proves |
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
# Where you are stuck, add a cell of your own and write `hint(numerical_gradient)`: each time it gives one hint more.
# `solution(numerical_gradient)` shows the solution once your answer has passed, with two other ways to write it, or
# after three wrong answers that differ. In a class your teacher may have set a day before which it stays shut.
#
# What you have done is kept on your own machine, and is there again tomorrow: `progress()` shows this lesson,
# `progress("course")` all of them. Your functions of this lesson, once they pass, are the ones that later lessons use.
#
# The cells between exercises can't be edited, so that no click destroys them. Cells marked *your log* are yours.
# When something is odd, choose *Kernel → Restart Kernel and Run All Cells*: what works then, works. Cells that
# use a function you have not written yet end in an error, and the rest runs on. Where such a cell draws a figure, you
# see the solution's below the error, marked as not yours.

# %% [markdown]
# ## The five documents that the course reads
#
# The lessons grew out of five documents from lectures on deep networks. You need none of them: whatever the course
# takes from one is quoted where it is used, and what is wrong in it is corrected there. These are the names by which
# the lessons call them.
#
# | name | what it is | what the course uses of it |
# |---|---|---|
# | **"Improving" deck** | slides, "Improving your Neural Network" | the gradient of a network of two layers, vanishing and exploding gradients, clipping, products of diagonal matrices (lessons 01–03, 07) |
# | **"Problems" deck** | slides of "Video 1: Problems in Deep Neural Networks" | chain rule, powers of a factor, a table of symptoms (01, 02) |
# | **gradient notes** | handwritten: vanishing, exploding, dying ReLU | chains of three layers worked out in numbers, causes and remedies (01, 03, 04) |
# | **agenda notes** | handwritten, "Today's Agenda" | an update that is lost, hyperparameters, rules of thumb (02, 14, 15) |
# | **Better Deep Learning deck** | lecture slides, IMD/UFRN, after Andrew Ng and Jason Brownlee | splits, regularisation, dropout, noise, early stopping, scaling, initialisation, clipping (05–14) |
#
# Where a slide or page carries a title, the lessons give it. Every lesson has an *errata hunt*: a line as it is
# printed, for you to check. Reading formulas with suspicion is part of the trade, and these are good to practise on.

# %%
import numpy as np

from autograder import check, hint, progress, quiz, solution
from nnlab.figures import curves, show, style

style()

# %% [markdown]
# ## See it fail first
#
# The smallest problem that needs a hidden layer: four points, and the target is 1 where just one of the two inputs is.
# (It is called XOR. The third column is constant and does the work of a bias.) The network has four hidden sigmoids
# and one at the end, samples are rows, and the error is $E=\tfrac12\sum(o-y)^2$.

# %%
X = np.array([[0.0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
y = np.array([[0.0], [1], [1], [0]])


def sigma(z):
    return 1 / (1 + np.exp(-z))


def error(W, v):
    """E for hidden weights W (3, 4) and output weights v (4, 1)."""
    return 0.5 * np.sum((sigma(sigma(X @ W) @ v) - y) ** 2)

# %% [markdown]
# Somebody in a hurry has derived the gradient by hand. (You need not follow the derivation. Lesson 01 does it arrow by
# arrow; here the question is how one would notice.)

# %%
def claimed_gradient(W, v):
    """dE/dW and dE/dv, as derived in a hurry."""
    h = sigma(X @ W)
    o = sigma(h @ v)
    at_output = (o - y) * o * (1 - o)
    at_hidden = at_output * h * (1 - h)
    return X.T @ at_hidden, h.T @ at_output


def train(gradient, seed, steps=3000, lr=3.0):
    """The error before each step, and the weights at the end."""
    rng = np.random.default_rng(seed)
    W, v, errors = rng.normal(size=(3, 4)), rng.normal(size=(4, 1)), []
    for _ in range(steps):
        errors.append(error(W, v))
        dW, dv = gradient(W, v)
        W, v = W - lr * dW, v - lr * dv
    return errors, W, v

# %%
trained = [train(claimed_gradient, seed) for seed in range(12)]
runs = np.array([errors for errors, _, _ in trained])
print("error after 3,000 steps:", np.sort(runs[:, -1]).round(3), sep="\n")
_, W, v = trained[3]
print("one of them answers", sigma(sigma(X @ W) @ v).ravel().round(2), "to targets 0, 1, 1, 0")
print(f"lower than at the start: {np.sum(runs[:, -1] < runs[:, 0])} of 12")
change = np.abs(runs[:, -1] / runs[:, -1001] - 1)
stuck = runs[:, -1] > 0.1
print(f"change in the last 1,000 steps, where E > 0.1: at most {change[stuck].max():.1%}")
drawn = np.arange(0, 3000, 10)  # every tenth step
show(
    curves(drawn, runs[:, drawn], mean="none", log="y", xlabel="step", ylabel="error E (log axis)",
           title="The error falls at first, then most networks are stuck"),
    alt="The error of twelve networks over 3,000 steps, logarithmic. All fall within the first few "
    "hundred steps. Then eleven lines are nearly level, at about 0.13, 0.25 and 0.38; one goes on "
    "falling, to 0.001.",
)

# %% [markdown]
# Nothing raises an error, nothing is nan, and the error is lower than at the start in all twelve networks. But eleven
# of them are stuck: they answer ½ to one of the four points or to more, and the lines hardly move any more. Whoever
# sees this would look for another learning rate, more hidden units, better starting weights. None of these is the
# trouble. One of the two gradients above is wrong, and no look at a curve will tell which. We need a second opinion
# that does not come from the same derivation.

# %% [markdown]
# ### Your log
#
# Before you go on, write a number down. (Nobody grades it. A guess that turns out wrong is worth more than none.)
#
# To measure a derivative one takes two points and divides: $\frac{f(x+h)-f(x-h)}{2h}$. The derivative is the limit for
# $h \to 0$, and a float64 has about 16 digits. Of the steps $h = 10^{-1}, 10^{-2}, \dots, 10^{-14}$, with which one
# does this quotient come nearest to the derivative of $e^x$ at $x=1$?

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
# **Rounding.** Each value of $f$ is stored with a relative error of about $\varepsilon = 2.2\cdot10^{-16}$. The
# difference of two nearly equal values keeps that error while its size shrinks with $h$, so that rounding adds an
# error of about $\varepsilon\,|f(x)|/h$.
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
off = one_sided - exact
print(f"one-sided  {one_sided:.12f}   off by {off:+.1e}; h/2 · f'' = {h / 2 * 6:+.1e}")
print(f"two-sided  {two_sided:.12f}   off by {two_sided - exact:+.1e}")

# %% [markdown]
# The first claim holds: with a step as coarse as 0.1 the two-sided quotient is right to the last digits, and the
# one-sided one is off by just $\tfrac h2 f''$. For the second claim we need a function with a third derivative.

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
    "one-sided error is smallest near h = 1e-8, the two-sided one near h = 3e-6 and about two "
    "hundred times smaller; left of the minimum both zigzag below the line ε/h.",
)

# %%
for name, errors, root in (("one", error_one, np.sqrt(ε)), ("two", error_two, np.cbrt(ε))):
    best = errors.argmin()
    print(f"{name}-sided: smallest error {errors[best]:.0e} at h = {steps[best]:.0e}; "
          f"root of ε {root:.0e}")

two_sided = (np.exp(1 + 1e-6) - np.exp(1 - 1e-6)) / 2e-6
print(f"two-sided at h = 1e-06: error {abs(two_sided / np.e - 1):.0e}")

# %% [markdown]
# Read the figure from right to left. On the right the Taylor error rules: one line falls with $h$, the other with
# $h^2$, twice as steep. On the left rounding rules, and both climb along the dash-dotted line. Between them lies the
# best step, near $\sqrt\varepsilon$ for the one-sided quotient and near $\sqrt[3]\varepsilon$ for the two-sided. With
# $h = 10^{-14}$ no more than two digits are left. **Compare with your log.**
#
# We take the two-sided quotient with $h = 10^{-6}$: near enough to its best, and small enough to stay on one side of a
# kink (ReLU has one) nearly always.

# %% [markdown]
# ## Exercise 0.1: the numerical gradient (2 points)
#
# Write `numerical_gradient(f, x, h=1e-6)`.
#
# - `f` takes an array like `x` and returns one number.
# - `x` is a float array of any shape: a vector, a matrix, more.
# - Return an array of the shape of `x`. Its entry $i$ is the two-sided quotient in direction $i$: only entry $i$ is
#   moved, by $+h$ and by $-h$.
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
# agree, 1 when they point in opposite directions or one of them is zero. And it must not care whether the gradients
# themselves are huge or tiny.
#
# $$\operatorname{rel}(a, b) = \frac{\lVert a - b\rVert}{\lVert a\rVert + \lVert b\rVert}, \qquad \lVert a\rVert = \sqrt{\textstyle\sum_i a_i^2}$$
#
# Write `relative_error(a, b)`.
#
# - `a` and `b` are arrays of the same shape, vectors or matrices; $\lVert\cdot\rVert$ is the root of the sum of
#   squares of *all* entries.
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
# ## Use it: which layer is wrong?
#
# One set of weights, drawn at random, and both gradients, layer by layer.

# %%
rng = np.random.default_rng(5)
W0, v0 = rng.normal(size=(3, 4)), rng.normal(size=(4, 1))
claimed_W, claimed_v = claimed_gradient(W0, v0)
measured_W = numerical_gradient(lambda W: error(W, v0), W0)
measured_v = numerical_gradient(lambda v: error(W0, v), v0)
print(f"output layer: relative error {relative_error(claimed_v, measured_v):.0e}")
print(f"hidden layer: relative error {relative_error(claimed_W, measured_W):.2f}")

# %% [markdown]
# The output layer agrees with the measurement as well as rounding allows. The hidden layer is wrong, and no rounding is
# as large as that. The measurement says more: divide one by the other.

# %%
print("measured / claimed, hidden layer:")
print((measured_W / claimed_W).round(4))
print("output weights:", v0.ravel().round(4))

# %% [markdown]
# Every column, one for each hidden unit, is off by one factor, and the factors are the output weights. The chain rule
# has a factor for every arrow between the error and a weight, and whoever derived this had forgotten the arrow from the
# hidden units to the output. Two of the four weights are negative here: those units get a gradient of the wrong sign.
# With the factor back in its place:

# %%
def mended_gradient(W, v):
    """dE/dW and dE/dv, with every arrow."""
    h = sigma(X @ W)
    o = sigma(h @ v)
    at_output = (o - y) * o * (1 - o)
    at_hidden = at_output @ v.T * h * (1 - h)
    return X.T @ at_hidden, h.T @ at_output


mended_W, _ = mended_gradient(W0, v0)
print(f"hidden layer: relative error {relative_error(mended_W, measured_W):.0e}")
mended = np.array([train(mended_gradient, seed)[0] for seed in range(12)])
print("error after 3,000 steps:", np.sort(mended[:, -1]).round(4), sep="\n")
show(
    curves(drawn, {"claimed": runs[:, drawn], "mended": mended[:, drawn]}, mean="none", log="y", xlabel="step",
           ylabel="error E (log axis)", title="With the right gradient all twelve networks learn"),
    alt="The same axes with twelve more lines. Those of the claimed gradient are nearly level from "
    "about step 500 on, but for one. Those of the mended gradient all fall to below 0.001; the last of "
    "them waits near 0.13 until about step 1,250.",
)
for lr in (1.0, 10.0):
    for name, gradient in (("claimed", claimed_gradient), ("mended", mended_gradient)):
        ends = np.array([train(gradient, seed, 2500, lr)[0][-1] for seed in range(3)])
        print(f"rate {lr:4}, {name}: {np.sum(ends > 0.1)} of 3 above 0.1 after 2,500 steps")

# %% [markdown]
# All twelve learn, from the same starting weights and with the same rate; at a lower rate and at a higher one the two
# part in the same way. One of the twelve waits for more than a thousand steps at the level at which the others were
# stuck, before it finds the way: so a stuck curve is no proof of a wrong gradient either.
#
# ### And the other way round: a wrong gradient that trains
#
# Nor does an error that falls prove a gradient right. Take a single neuron with one sample, and leave out the slope of
# its sigmoid, $o(1-o)$.

# %%
x, target = np.array([1.0, -2.0, 0.5]), 1.0
half_square = lambda w: 0.5 * (sigma(w @ x) - target) ** 2
rules = {
    "right, (o - y) · o(1 - o) · x": lambda o: (o - target) * o * (1 - o) * x,
    "without o(1 - o)": lambda o: (o - target) * x,
}
for name, rule in rules.items():
    w = np.array([0.4, 0.3, -0.2])
    off = relative_error(rule(sigma(w @ x)), numerical_gradient(half_square, w))
    for _ in range(60):
        w = w - 0.1 * rule(sigma(w @ x))
    print(f"{name:30} relative error {off:.0e}, E after 60 steps {half_square(w):.5f}")

# %% [markdown]
# The wrong one is wrong by 0.6, and after sixty steps its error is *smaller* by a factor of 25. With one sample the
# missing factor is a positive number, so that the direction is right and only the length is not, and longer steps
# happen to be better here. (Lesson 01 comes back to it: $(o-y)\,x$ is the right gradient of another error,
# cross-entropy.) So the training curve is a bad witness in both directions. Measure.

# %% [markdown]
# ### How to read the number
#
# | relative error, float64 and h = 1e-6 | what it means |
# |---|---|
# | below $10^{-7}$ | the two gradients agree |
# | $10^{-7}$ to $10^{-3}$ | look again: a kink nearby, or a function with very large values? |
# | above $10^{-3}$ | a factor, a sign or a transposition is wrong, unless you stand on a kink or $f$ is huge |
#
# The bounds are rules of thumb for functions of moderate size; the next two cells show both exceptions.
# At $z = 0$ the slope of ReLU jumps from 0 to 1, and a quotient that straddles the kink measures
# the average. That is no error of yours, so test at points that keep away from it.

# %%
relu_sum = lambda z: np.maximum(z, 0).sum()
points = np.array([-1.0, -2e-7, 0.0, 2e-7, 1.0])
print("z        ", points)
print("measured ", numerical_gradient(relu_sum, points))

# %%
for offset in (0.0, 1e3, 1e6, 1e9):
    measured = numerical_gradient(lambda v, c=offset: np.sum(v**2) + c, np.array([1.0, 2.0]))
    off = relative_error(measured, np.array([2.0, 4.0]))
    print(f"f = v² + {offset:7.0e}: relative error {off:.0e}")

# %% [markdown]
# Within $10^{-6}$ of the kink the measured slopes are 0.4, 0.5 and 0.6: neither 0 nor 1. In this course the checks of
# gradients draw their inputs at least $10^{-3}$ away from any kink. And a constant that is added to $f$ leaves its
# gradient as it is, but its rounding, of the order of $\varepsilon\,|f|/h$, drowns the digits of the quotient.

# %% [markdown]
# ## The Keras way
#
# Keras does not measure, it derives: every operation knows its own derivative, and the chain rule is applied for you.
# That is exact up to rounding, and it takes a small multiple of one forward pass however many weights there are, where
# `numerical_gradient` calls $f$ twice for every single one. It looks like this, and lesson 01 ends with you writing the
# machine behind it:
#
# ```python
# with tf.GradientTape() as tape:
#     loss = loss_function(y, model(x))
# gradients = tape.gradient(loss, model.trainable_variables)
# ```
#
# Measuring stays useful all the same: it needs nothing but $f$, no derivation and no list of derivatives. How slow is
# it?

# %%
calls = []
numerical_gradient(lambda v: calls.append(1) or v.sum(), np.zeros((30, 20)))
print(f"{len(calls)} calls of f for a matrix of {30 * 20} weights")

# %% [markdown]
# ## Beyond the lecture: a step into the complex plane
#
# Rounding enters because two nearly equal numbers are subtracted. There is a way without a subtraction: put $ih$ in
# place of $h$. From the Taylor series, $f(x+ih) = f(x) + ih\,f'(x) - \tfrac{h^2}2f''(x) - \dots$, and the imaginary
# part, divided by $h$, is $f'(x)$ with an error of order $h^2$. Nothing cancels, so $h$ may be as small as one likes.

# %%
f = lambda v: np.exp(v) * np.sin(v)
exact = np.exp(1) * (np.sin(1) + np.cos(1))
for h in (1e-2, 1e-6, 1e-10, 1e-20):
    two_sided = (f(1 + h) - f(1 - h)) / (2 * h)
    complex_step = f(1 + 1j * h).imag / h
    print(f"h = {h:.0e}: two-sided off by {abs(two_sided / exact - 1):.0e}, "
          f"complex step by {abs(complex_step / exact - 1):.0e}")
print(f"|z| at z = -2, whose slope is -1: {abs(-2 + 1e-20j).imag / 1e-20:.0f} by a complex step")

# %% [markdown]
# With $h=10^{-20}$ the two-sided quotient is 0, and wrong by 100 %, while the complex step is right to the last digit.
# Its price: $f$ has to be made of operations that are differentiable for complex numbers, too, and to accept them.
# `abs` is not: it returns the distance from 0, a real number, and the slope comes out as 0, without a word. That is
# why the course measures with two real points, and why exercise 0.1 asks for them.

# %% [markdown]
# ## Errata hunt
#
# The Better Deep Learning deck, where it explains clipping by norm, speaks of "the L2 vector norm (sum of the squared
# values)". What is missing, and how large would your relative error be with lengths like that, for a gradient that is
# 10 % too large? Write down your correction and your number first.

# %% [markdown] tags=["yours"]
# The L2 norm of a vector is the …
#
# For b = 1.1 · a: with the right lengths … , with the printed ones …

# %%
a, b = np.array([3.0, 4.0]), np.array([3.3, 4.4])
printed = ((a - b) ** 2).sum() / ((a**2).sum() + (b**2).sum())
print(f"with the root {relative_error(a, b):.4f}, as printed {printed:.4f}")

# %% [markdown]
# <details><summary>The correction</summary>
#
# | printed | what is true | what it would do |
# |---|---|---|
# | "L2 vector norm (sum of the squared values)" | the square *root* of that sum: the norm of $(3, 4)$ is 5, its sum of squares is 25 | a gradient that is 10 % too large scores 0.0045, ten times less than 0.0476: small errors are squared away, just those one is looking for |
#
# You will meet this line again in lesson 07, where it makes clipping divide by the wrong number.
#
# </details>

# %% [markdown]
# ## Three questions

# %%
quiz()

# %% [markdown]
# > **One finding to keep.** The training curve is no witness: with a factor missing in one layer the error fell in all
# > twelve networks, and eleven of them had not learned the task after 3,000 steps; with another factor missing a
# > network trained faster than with the right gradient. A measurement by `numerical_gradient`, layer by layer, tells at
# > once.
#
# ## Summary
#
# - The two-sided quotient errs by $\tfrac{h^2}{6}f^{(3)}$ plus rounding of about $\varepsilon|f|/h$; $h = 10^{-6}$
#   suits float64.
# - One number, $\lVert a-b\rVert/(\lVert a\rVert+\lVert b\rVert)$, tells a wrong factor from noise, and taken layer by
#   layer it says where.
# - Near a kink, or where the values of $f$ are very large, it is the measurement that is wrong.
#
# *What would change my mind about a gradient I believe in:* a relative error above $10^{-3}$, away from kinks and with
# values of $f$ that are not huge.
#
# ## What to read next
#
# - Stanford's CS231n notes, *Neural Networks Part 3: Learning and Evaluation* (cs231n.github.io/neural-networks-3),
#   the section on gradient checks: more traps, among them regularisation that hides a wrong data gradient.
# - W. Squire and G. Trapp (1998), *Using complex variables to estimate derivatives of real functions*, SIAM Review
#   40(1): the complex step, in three pages.
# - A. G. Baydin, B. A. Pearlmutter, A. A. Radul and J. M. Siskind (2018), *Automatic differentiation in machine
#   learning: a survey*, Journal of Machine Learning Research 18(153): how measuring, symbolic and automatic
#   differentiation differ.

# %%
progress()
