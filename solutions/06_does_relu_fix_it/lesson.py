# %% [markdown]
# # Find out whether ReLU fixed it: an experiment with two factors
#
# *About 90 minutes: reading 27, exercises 63. In two sittings, with a break in the middle.*
#
# A deep network with tanh fails, one with ReLU learns, and between the two somebody changed the first weights as well.
# You will take the two changes apart, measure what each is worth, and look for the reason in the gradients.
#
# | you will | you need | you will have learnt it when you can |
# |---|---|---|
# | build networks that differ in one thing only | Keras layers, initialisers, lesson 05 | spot what else differs between two listings |
# | compute main effects and an interaction | means and standard errors | say why the diagonal of a table proves nothing |
# | record gradients layer by layer | backpropagation, lessons 01 and 04 | tell vanishing gradients from other ways to fail |
# | study depth and width over seeds | a loop | claim no more than the runs support |

# %%
import os

import numpy as np

from autograder import check, hint, progress, quiz, solution, use_mine
from nnlab import MLP, Experiment, Training, plus_minus
from nnlab.data import Split, circles, study
from nnlab.figures import BLUE, GREEN, GREY, PURPLE, VERMILION
from nnlab.figures import curves, explore, heatmap, show, style
from nnlab.initialisers import uniform
from nnlab.oracle import numerical_gradient, relative_error
from nnlab.stack import fit_together

# Silence TensorFlow's log, and make rounding reproducible.
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0")
# Yours of lesson 00 where they have passed their checks, else the course's own.
numerical_gradient, relative_error = use_mine(numerical_gradient, relative_error)
style()
rng = np.random.default_rng(6)

# %%
quiz("due")  # questions of earlier lessons that are due again

# %% [markdown]
# ## See it fail first
#
# The case study comes from the *Better Deep Learning deck* (one of the five documents that
# [lesson 00](../00_start_here/00_start_here.ipynb) lists), slides "Fix Vanishing Gradients with Relu Case Study": two
# noisy circles, 500 points to learn from and 500 to test on, scaled to $[-1, 1]$; SGD with learning rate 0.01 and
# momentum 0.9, batches of 32, 500 epochs. It goes in steps. The first slide has one hidden layer of five units:
#
# ```python
# # It was also good practice to initialize the network weights
# # to small random values from a uniform distribution.
# init = RandomUniform(minval=0, maxval=1)
# model.add(Dense(5, input_dim=2, activation='tanh', kernel_initializer=init))
# model.add(Dense(1, activation='sigmoid', kernel_initializer=init))
# ```
#
# The second puts five such layers in a row, with tanh and `RandomUniform(0, 1)` as before. The last but one arrives at
# ReLU and `he_uniform`. Here are all three, six seeds each.

# %%
X, y, X_test, y_test = circles(n=1000, noise=0.1, seed=1, train=500)
low, high = X.min(axis=0), X.max(axis=0)  # of the training half alone
scale = lambda points: 2 * (points - low) / (high - low) - 1
data = Split(scale(X), y, scale(X_test), y_test)


def experiment(act, init, depth=5, width=5, **changes):
    """The deck's network and training, with the changes."""
    training = Training(opt="sgd", lr=0.01, momentum=0.9, epochs=500, batch=32)
    sizes, acts = (2,) + (width,) * depth + (1,), (act,) * depth + ("sigmoid",)
    one = Experiment(data=data, sizes=sizes, acts=acts, init=init, training=training)
    return one.vary(**changes)


U, HE, seeds = uniform(0, 1), "he_uniform", range(6)

# %% tags=["demo"]
shallow = experiment("tanh", U, depth=1).runs(seeds)
runs = {
    ("tanh", "U(0,1)"): experiment("tanh", U).runs(seeds),
    ("relu", "He"): experiment("relu", HE).runs(seeds),
}

# %% tags=["demo"]
epochs = np.array(runs["relu", "He"][0].history.epoch) + 1
over_epochs = lambda some: [run.history.val_acc for run in some]
FIRST = {"one layer, tanh, U(0,1)": (GREY, "-.", ""),
         "five layers, tanh, U(0,1)": (VERMILION, "--", ""),
         "five layers, ReLU, He": (BLUE, "-", "")}
show(
    curves(epochs, dict(zip(FIRST, map(over_epochs, [shallow, *runs.values()]))), looks=FIRST,
           across={"_chance": 0.5}, ylim=(0.42, 1.12), legend="upper right", xlabel="epoch",
           title="Depth takes the learning away, something brings it back",
           ylabel="test accuracy"),
    alt="Test accuracy over 500 epochs, six seeds thin and their mean thick. One layer with tanh: "
    "slow at first, all near 0.83 at the end. Five layers, tanh with U(0,1), dashed: near 0.5 "
    "for the first hundred epochs, then two seeds climb; the mean ends near 0.6. Five layers, "
    "ReLU with He: all but one seed rise to about 0.8 in some 100 epochs; one stays at 0.5 for good.",
)

# %% [markdown]
# The shallow network learns, slowly. The same thing five layers deep mostly does not, and the slides' title has an
# explanation ready: gradients vanished, and ReLU fixed it. But between the last two curves lie *two* changes, the
# activation and the first weights. Either could have done it, or both, or one in spite of the other. The deck lists
# the two combinations in between as well, without a result for any. (And one thin blue line lies on the grey one. Keep
# it in mind.)
#
# A second caution. A curve that still rises at its last epoch is a network that is not done. For each of the eighteen
# runs, the training loss at epoch 500 and what the last hundred epochs changed in it:

# %% tags=["demo"]
def how_it_ended(name, some):
    """Training loss at the last epoch, and its change since epoch 400; ln 2 is that of a coin."""
    losses = np.array([run.history.loss for run in some])
    change = losses[:, -1] - losses[:, np.searchsorted(epochs, 400)]
    each = zip(losses[:, -1], change)
    print(f"{name}:\n    " + "  ".join(f"{a:.2f} ({b:+.2f})" for a, b in each))


for name, some in zip(FIRST, [shallow, *runs.values()]):
    how_it_ended(name, some)

# %% [markdown]
# All six shallow networks were still learning. Of the deep ones with tanh two have learnt and are on their way, one
# has begun, and three lie near ln 2 = 0.69 and hardly move: at chance, but alive, so that one can't say what more
# epochs would make of them. With ReLU and He's weights five have reached 0.36 to 0.39, and one stands at ln 2 without
# moving at all.
#
# So a comparison at epoch 500 is one of how *fast* networks learn as well as of how far they get. Keep that in mind,
# too; longer runs come below.

# %% [markdown]
# ### Your log
#
# Two deep networks are missing: ReLU with U(0,1), and tanh with He. Write down the mean test accuracy you expect of
# each, over six seeds, and how much of the way from the red curve to the blue one each of the two changes is worth.

# %% [markdown] tags=["yours"]
# ReLU with U(0,1): … tanh with He: …
#
# The activation is worth …, the first weights are worth …

# %% [markdown]
# ## Derive: what a table of four can say
#
# Two factors with two levels each make four cells. Write $t_{ij}$ for the mean score, $i$ for the activation (0 tanh, 1
# ReLU), $j$ for the first weights (0 for U(0,1), 1 for He):
#
# | | U(0,1) | He |
# |---|---|---|
# | tanh | $t_{00}$ | $t_{01}$ |
# | ReLU | $t_{10}$ | $t_{11}$ |
#
# **One factor at a time.** With tanh, He's weights are worth $t_{01}-t_{00}$; with ReLU, $t_{11}-t_{10}$. In neither
# difference does the activation change. Their mean is the *main effect* of the first weights, and likewise for the
# activation:
#
# $$\text{init} = \tfrac12\big[(t_{01}-t_{00})+(t_{11}-t_{10})\big], \qquad \text{act} =
# \tfrac12\big[(t_{10}-t_{00})+(t_{11}-t_{01})\big].$$
#
# **Does one depend on the other?** The two differences need not be equal. By how much they differ is the *interaction*:
#
# $$\text{interaction} = (t_{11}-t_{10})-(t_{01}-t_{00}).$$
#
# **The diagonal.** The deck compares $t_{11}$ with $t_{00}$. Add the two main effects:
#
# $$\text{init}+\text{act} = \tfrac12\big[t_{01}-t_{00}+t_{11}-t_{10}+t_{10}-t_{00}+t_{11}-t_{01}\big] \qquad\text{(put
# in)}$$
#
# $$\text{init}+\text{act} = t_{11}-t_{00} \qquad\text{(four terms cancel)}$$
#
# So the diagonal is the *sum* of both effects, and says nothing about either: +0.2 may be 0.2 + 0, or 0.3 − 0.1.
#
# **How sure?** Each $t_{ij}$ is a mean over $n$ seeds with standard deviation $s_{ij}$, so that its variance is
# $s_{ij}^2/n$. Variances of independent means add, and a factor $\tfrac12$ in front goes in squared:
#
# $$\operatorname{se}(\text{init}) = \operatorname{se}(\text{act}) = \tfrac12\sqrt{\sum_{ij} s_{ij}^2/n}, \qquad
# \operatorname{se}(\text{interaction}) = \sqrt{\sum_{ij} s_{ij}^2/n}.$$
#
# ## Check the claim
#
# A made-up table, with spreads as one might meet them, 20,000 imaginary experiments of six seeds each.

# %%
true = np.array([[0.6, 0.8], [0.5, 0.9]])
sd = np.array([[0.13, 0.02], [0.01, 0.1]])
t = rng.normal(true, sd / np.sqrt(6), (20_000, 2, 2))
init = ((t[:, 0, 1] - t[:, 0, 0]) + (t[:, 1, 1] - t[:, 1, 0])) / 2
act = ((t[:, 1, 0] - t[:, 0, 0]) + (t[:, 1, 1] - t[:, 0, 1])) / 2
both = (t[:, 1, 1] - t[:, 1, 0]) - (t[:, 0, 1] - t[:, 0, 0])
se = np.sqrt(np.sum(sd**2) / 6)
errors = {"init": se / 2, "act": se / 2, "interaction": se}
for (name, derived), some in zip(errors.items(), (init, act, both)):
    print(f"{name:12} {some.mean():+.3f}   spread {some.std():.4f}, derived {derived:.4f}")
gap = np.max(np.abs(init + act - (t[:, 1, 1] - t[:, 0, 0])))
print(f"init + act against the diagonal: largest difference {gap:.0e}")

# %% [markdown]
# The diagonal of that table is +0.3, all of it the first weights'; the activation is worth nothing in the mean, since
# it loses 0.1 in one column and gains 0.1 in the other.

# %% [markdown]
# ## Two listings, four differences
#
# The deck's first deep network and its last but one:
#
# ```python
# init = RandomUniform(minval=0, maxval=1)
# model = Sequential()
# model.add(Dense(5, input_dim=2, activation='tanh', kernel_initializer=init))
# model.add(Dense(5, activation='tanh', kernel_initializer=init))
# model.add(Dense(5, activation='tanh', kernel_initializer=init))
# model.add(Dense(5, activation='tanh', kernel_initializer=init))
# model.add(Dense(5, activation='tanh', kernel_initializer=init))
# model.add(Dense(1, activation='sigmoid', kernel_initializer=init))
# ```
#
# ```python
# model = Sequential()
# model.add(Dense(5, input_dim=2, activation='relu', kernel_initializer='he_uniform'))
# model.add(Dense(5, activation='relu', kernel_initializer='he_uniform'))
# model.add(Dense(5, activation='relu', kernel_initializer='he_uniform'))
# model.add(Dense(5, activation='relu', kernel_initializer='he_uniform'))
# model.add(Dense(1, activation='sigmoid', kernel_initializer='he_uniform'))
# ```
#
# Count the differences before you read on. The activation and the range of the weights are two. The third is the depth:
# the first has five hidden layers, the second four. The fourth you know from lesson 05: in the first *one* object draws
# for all layers, and in Keras 3 it draws the same numbers for each; in the second a string makes a new object each
# time. A fair experiment needs one function that builds them all.
#
# ## Exercise 6.1: one builder for all (2 points)
#
# Write `build_mlp(depth, width, act, initializer_factory)`, which returns a compiled Keras model.
#
# - Two inputs, `depth` hidden layers of `width` units with activation `act` (a string such as `'tanh'`), and one output
#   with a sigmoid. `depth` does not count the output. Begin with `keras.Input((2,))`, so that the weights exist before
#   the first batch.
# - `initializer_factory()` takes no argument and makes one initialiser. Every layer, the output included, has one of
#   its own for its kernel; biases begin at 0.
# - Binary cross-entropy; SGD with learning rate 0.01 and momentum 0.9. Metrics are up to you.
# - Nothing else: no other layers, no penalties, no further options of the optimiser. All of that would be a difference
#   that the experiment does not ask about, and `check` looks for it.
#
# `build_mlp(2, 3, 'tanh', keras.initializers.HeUniform)` has kernels of the shapes (2, 3), (3, 3) and (3, 1). The next
# cell loads Keras, which takes some seconds.

# %%
import keras
import tensorflow as tf

tf.get_logger().setLevel("ERROR")

# %%
def build_mlp(depth, width, act, initializer_factory):
    """A compiled network for two inputs and one probability.

    Args:
        depth: number of hidden layers.
        width: units in each of them.
        act: their activation, a string.
        initializer_factory: called without arguments, makes one initialiser.

    Returns:
        a compiled Keras model.
    """
    ### BEGIN SOLUTION
    layers = [keras.Input((2,))]
    for units, activation in [(width, act)] * depth + [(1, "sigmoid")]:
        first_weights = initializer_factory()
        layers.append(keras.layers.Dense(units, activation, kernel_initializer=first_weights))
    model = keras.Sequential(layers)
    optimiser = keras.optimizers.SGD(learning_rate=0.01, momentum=0.9)
    model.compile(optimiser, "binary_crossentropy", metrics=["accuracy"])
    return model
    ### END SOLUTION

# %%
check(build_mlp)

# %% [markdown]
# With a factory that makes one object, and hands it out again and again, your function builds the deck's network:

# %% tags=["demo"]
def first_numbers(factory):
    kernels = [np.asarray(w) for w in build_mlp(5, 5, "tanh", factory).get_weights()[::2]]
    return [" ".join(f"{number:.3f}" for number in kernel.ravel()[:3]) for kernel in kernels]


keras.utils.set_random_seed(6)
one = keras.initializers.RandomUniform(0, 1)
for name, factory in {
    "one object": lambda: one,
    "one for each layer": lambda: keras.initializers.RandomUniform(0, 1),
}.items():
    numbers = first_numbers(factory)
    print(f"{name}: {len(set(numbers))} different beginnings among 6 layers")
    for layer in (1, 2, 6):
        print(f"    layer {layer} begins with {numbers[layer - 1]}")

# %% [markdown]
# The six layers of the deck's network begin with the same numbers, whatever their shape. "Small random values", says
# the comment in the first listing: they are not small (mean ½) and, from the second layer on, not random. In the
# experiment below every layer has a draw of its own, so that this does not become a third factor; at the end we ask
# what it would have changed.

# %% [markdown]
# ## The experiment
#
# ## Exercise 6.2: a summary that hides nothing (1 point)
#
# Write `summarise(scores)`, which returns four numbers: mean, standard deviation (with `ddof=1`), number of scores, and
# `frac_above`, the share of scores above 0.7, from 0 to 1. `scores` is a list or an array of two or more numbers.
#
# For `[0.5, 0.8, 0.8]` the result is `(0.7, 0.173, 3, 0.667)`, rounded here.

# %%
def summarise(scores):
    """Mean, standard deviation, number and share above 0.7 of some scores.

    Args:
        scores: list or array of numbers.

    Returns:
        (mean, sd, n, frac_above), the sd with ddof=1.
    """
    ### BEGIN SOLUTION
    scores = np.asarray(scores)
    return scores.mean(), scores.std(ddof=1), len(scores), np.mean(scores > 0.7)
    ### END SOLUTION

# %%
check(summarise)

# %% [markdown]
# Now the two missing cells: same data, same training, same six seeds.

# %% tags=["demo"]
runs["relu", "U(0,1)"] = experiment("relu", U).runs(seeds)
runs["tanh", "He"] = experiment("tanh", HE).runs(seeds)

scores = {cell: [run.test_acc for run in some] for cell, some in runs.items()}
print("                 mean     sd    n   above 0.7   each")
for act in ("tanh", "relu"):
    for init in ("U(0,1)", "He"):
        mean, sd, n, above = summarise(scores[act, init])
        each_one = " ".join(f"{score:.2f}" for score in sorted(scores[act, init]))
        print(f"{act:5} {init:8} {mean:7.3f}  {sd:.3f}   {n}   {above:8.0%}    {each_one}")
for (act, init) in list(runs)[2:]:
    how_it_ended(f"{act}, {init}", runs[act, init])

# %% tags=["demo"]
def learning(act, init):
    """The panel of one cell: every seed, and what summarise says of the last epoch."""
    mean, sd, *_ = summarise(scores[act, init])
    title = f"{act.replace('relu', 'ReLU')}, {init}: {mean:.2f} ± {sd:.2f}"
    color = {"U(0,1)": VERMILION, "He": BLUE}[init]
    return curves(epochs, over_epochs(runs[act, init]), looks={"_": (color,)}, title=title,
                  across={"_chance": 0.5}, ylim=(0.42, 0.9), xlabel="epoch", ylabel="test accuracy")


show(
    *[learning(act, init) for act in ("tanh", "relu") for init in ("U(0,1)", "He")],
    title="The right column learns, whatever the row", columns=2, share="xy", size=(8.5, 5.2),
    alt="Four panels of test accuracy over 500 epochs, six seeds thin and their mean thick. tanh "
    "with U(0,1): flat near 0.5, two seeds climb. tanh with He: all near or above 0.8 after "
    "100 epochs. ReLU with U(0,1): one flat line at 0.5, all seeds on top of each other. ReLU "
    "with He: as tanh with He, but for one seed that stays at 0.5.",
)

# %% [markdown]
# Compare with your log. *ReLU alone makes it worse*: with U(0,1) weights all six networks end at .496, the share of one
# class in the test half, and their loss at ln 2 has not moved for a hundred epochs. *He's weights alone repair it*:
# tanh learns with every seed, to where ReLU gets when it learns. And ReLU with He's weights has one network among the
# six that failed for good.
#
# ## Exercise 6.3: effects (2 points)
#
# Write `effects(table)`. `table[i][j]` is a mean score, with `i` for tanh and ReLU, `j` for U(0,1) and He; a list of
# lists or an array. Return a dictionary with the keys `init`, `act` and `interaction`, as derived above.
#
# For `[[0.6, 0.8], [0.5, 0.9]]` it is `{'init': 0.3, 'act': 0.0, 'interaction': 0.2}`.

# %%
def effects(table):
    """Main effects and interaction of a 2×2 table.

    Args:
        table: rows tanh and ReLU, columns U(0,1) and He.

    Returns:
        dict with init, act and interaction.
    """
    ### BEGIN SOLUTION
    (t00, t01), (t10, t11) = table
    return {
        "init": ((t01 - t00) + (t11 - t10)) / 2,
        "act": ((t10 - t00) + (t11 - t01)) / 2,
        "interaction": (t11 - t10) - (t01 - t00),
    }
    ### END SOLUTION

# %%
check(effects)

# %% tags=["demo"]
each = [[scores[act, init] for init in ("U(0,1)", "He")] for act in ("tanh", "relu")]
table, spreads = np.mean(each, axis=2), np.std(each, axis=2, ddof=1)
se = np.sqrt(np.sum(spreads**2) / len(seeds))
found = effects(table)
for name, error in (("init", se / 2), ("act", se / 2), ("interaction", se)):
    away = abs(found[name]) / error
    print(f"{name:12} {found[name]:+.3f} ± {error:.3f}, {away:4.1f} standard errors")
print(f"the diagonal {table[1, 1] - table[0, 0]:+.3f} = init + act")

# %% tags=["demo"]
LOOK = {"tanh": (GREEN, "-", "o"), "ReLU": (PURPLE, "--", "s")}
LOOK |= {"the deck's comparison": (GREY, ":", "")}


def single_seeds(ax):
    """Every seed beside the mean that it belongs to."""
    for (i, j), _ in np.ndenumerate(table):
        color, _, marker = list(LOOK.values())[i]
        places = j + 0.14 * i - 0.07 + np.linspace(-0.04, 0.04, len(seeds))
        ax.plot(places, each[i][j], marker, color=color, markersize=5, alpha=0.6)


show(
    curves([0, 1], dict(zip(LOOK, [*table, np.diag(table)])), looks=LOOK, also=single_seeds,
           title="Both lines rise: that is the first weights", ylabel="test accuracy",
           xticks={0: "U(0,1)", 1: "He"}, xlim=(-0.3, 1.3), ylim=(0.3, 0.9), legend="lower right"),
    size=(6.4, 3.8),
    alt="Test accuracy for U(0,1) and for He, with a line each for tanh and ReLU through the "
    "means, and the single seeds beside them. Both lines rise steeply. At U(0,1) ReLU lies "
    "below tanh, at He both meet near 0.8, ReLU slightly lower because of one seed at 0.5. A "
    "dotted line joins tanh, U(0,1) to ReLU, He.",
)

# %% [markdown]
# After 500 epochs the first weights are worth about a quarter, more than five standard errors from zero. The
# activation's main effect is negative, if it is anything: two standard errors below zero, no gain in either column. The
# interaction lies within one standard error of zero: these runs can't tell whether He's weights gain more with ReLU.
# The dotted line, the deck's comparison, rises too, and everything it gains is the first weights'.
#
# A caution about the standard errors: they are made for scores that scatter like a bell. Ours are either about .83 or
# about .5. Six such scores give an idea of the error, not more. And all twenty-four networks saw one draw of the
# circles, and stopped at one epoch. Are these effects of *circles after 500 epochs* or of *our circles*, and what
# remains of them after 2,000? Four hundred more networks, ten draws of the data with ten seeds for each cell, take some
# minutes; they are stored, made by `data/studies/make_depth.py`.

# %% tags=["demo"]
stored = study("depth")
print("cells:", "; ".join(stored["cells"]))
tables = stored["draws_accuracy"].mean(axis=-1)  # (draws, cells, epochs)
for k, epoch in enumerate(stored["epochs"]):
    print(f"after {epoch} epochs, means:", tables[:, :, k].mean(axis=0).round(3))
    by_draw = [effects(cells.reshape(2, 2)) for cells in tables[:, :, k]]
    for name in ("init", "act", "interaction"):
        some = np.array([one[name] for one in by_draw])
        print(f"   {name:12} {some.mean():+.3f} ± {some.std(ddof=1) / np.sqrt(len(some)):.3f} "
              f"(standard error over draws), from {some.min():+.3f} to {some.max():+.3f}")
for c, cell in enumerate(stored["cells"]):
    dead_then, score = stored["draws_dead"][:, c, 1], stored["draws_accuracy"][:, c, 1]
    alive = f"{score[~dead_then].mean():.3f}" if not dead_then.all() else "none"
    print(f"{cell:13} dead at epoch 500: {dead_then.mean():4.0%}, mean of those alive: {alive}")

# %% [markdown]
# After 500 epochs the first weights are worth .24 to .31, whatever the draw: this is about circles, not about our
# circles. The activation's effect is negative on every draw, for two reasons that the last lines show. With U(0,1)
# *every* ReLU network dies, where some of those with tanh learn. And with He's weights 12 % have a dead layer; those
# alive are as good with ReLU as with tanh. That share is no fact about circles, though: the ten seeds are the same
# ten first weights on every draw, and all dead networks come from two of them. A better count follows below.
#
# The rest depends on when one stops. tanh with U(0,1) goes on learning, ReLU with U(0,1) is dead and can't. So at
# 2,000 epochs the first weights are worth less, the activation's effect is more negative, and there is an interaction
# of .20, eleven standard errors: with tanh, bad first weights cost time, with ReLU they cost everything. At 100
# epochs the interaction had the other sign. None of these tables is *the* answer; each answers for its number of
# epochs, and a report has to say which.

# %% [markdown]
# ## A break
#
# This is a good place to stop for a day. What you have so far:
#
# - Between the deck's two curves lie four differences. Only a builder that changes one thing at a time can tell them
#   apart.
# - The sum of the two main effects is the diagonal; on its own the diagonal says nothing about either.
# - Measured: the first weights do it, ReLU adds nothing. What is still missing is the reason.

# %% [markdown]
# ## Why? Ask the gradients
#
# "Vanishing gradients" is a claim about numbers that can be looked at: the gradient of the kernel in each layer. The
# deck's list of extensions asks for it ("record and visualize gradients using TensorBoard"); a gradient tape shows the
# same without a server. It records what happens to the variables, and gives the derivative afterwards:

# %%
w = tf.Variable([[2.0, -1.0]])
with tf.GradientTape() as tape:
    length = tf.reduce_sum(w**2)  # recorded
print("gradient of w₁² + w₂² at (2, -1):", tape.gradient(length, w).numpy())
tiny = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
print("what a tape calls a kernel:", type(tiny.layers[0].kernel.value).__name__, "layer.kernel.value")

# %% [markdown]
# ## Exercise 6.4: gradient norms, layer by layer (2 points)
#
# Write `layer_grad_norms(model, X, y)`: a list with the Euclidean norm of the loss's gradient with respect to each
# *kernel*, in the order of the layers, for a compiled Keras model of `Dense` (and perhaps `Dropout`) layers.
#
# - The loss is the one the model was compiled with (`model.loss`, a name or a function; `keras.losses.get` takes both),
#   as a mean over the samples.
# - Penalties on weights are left out, and dropout is off.
# - `y` has the shape (n,) or (n, 1), the model's output (n, 1). The model stays as it is.
#
# A model with a single weight 0, a sigmoid, the input 2 and the target 1 has the list `[1.0]`.

# %%
def layer_grad_norms(model, X, y):
    """Norms of the kernels' gradients.

    Args:
        model: compiled Keras model with one output.
        X: inputs (n, features).
        y: targets (n,) or (n, 1).

    Returns:
        list of numbers, one for each kernel.
    """
    ### BEGIN SOLUTION
    kernels = [layer.kernel.value for layer in model.layers if hasattr(layer, "kernel")]
    with tf.GradientTape() as tape:
        predicted = model(X, training=False)
        losses = keras.losses.get(model.loss)(tf.reshape(y, (-1, 1)), predicted)
        loss = tf.reduce_mean(losses)
    return [float(tf.norm(gradient)) for gradient in tape.gradient(loss, kernels)]
    ### END SOLUTION

# %%
check(layer_grad_norms)

# %% [markdown]
# Is that a gradient at all? Lesson 00's judge has not read the derivation; it nudges every weight of a kernel, layer by
# layer, in double precision, and looks at the loss:

# %% tags=["demo"]
net = MLP((2, 5, 5, 5, 5, 5, 1), ("tanh",) * 5 + ("sigmoid",), HE, 6, dtype=np.float64)


def loss_with(kernel, l):
    """The training loss with another kernel in layer l."""
    own = net.W[l].copy()
    net.W[l][:] = kernel
    loss = net.loss(data.X_train, data.y_train)
    net.W[l][:] = own
    return loss


model = build_mlp(5, 5, "tanh", keras.initializers.Zeros)
model.set_weights(net.params)
of_tape = layer_grad_norms(model, data.X_train.astype("float32"), data.y_train.astype("float32"))
for l in (1, 3, 6):
    nudged = numerical_gradient(lambda kernel, l=l: loss_with(kernel, l), net.W[l])
    derived = net.grads(data.X_train, data.y_train)[net.index(l)]
    print(f"layer {l}: nudged {np.linalg.norm(nudged):.6f}, tape {of_tape[l - 1]:.6f}; "
          f"relative error of nnlab's gradient {relative_error(nudged, derived):.0e}")

# %% [markdown]
# Before the first step: your norms for six kinds of network, medians over ten draws. The first weights come from
# `nnlab`, so that it can be asked as well; to the deck's two activations we add the sigmoid, the textbook case.

# %% tags=["demo"]
inputs, targets = data.X_train.astype("float32"), data.y_train.astype("float32")
starts, apart = {}, []
for act in ("tanh", "relu", "sigmoid"):
    model = build_mlp(5, 5, act, keras.initializers.Zeros)
    for name, init in {"U(0,1)": U, "He": HE}.items():
        norms = []
        for seed in range(10):
            net = MLP((2, 5, 5, 5, 5, 5, 1), (act,) * 5 + ("sigmoid",), init, seed)
            model.set_weights(net.params)
            norms.append(layer_grad_norms(model, inputs, targets))
            nnlabs = list(net.kernel_norms(net.grads(*data[:2])).values())
            apart.append(np.max(np.abs(np.subtract(norms[-1], nnlabs)) / nnlabs))
        starts[act, name] = np.median(norms, axis=0)
print("median norm of the kernel's gradient at the start, layers 1 to 6")
for (act, name), norms in starts.items():
    print(f"{act:8} {name:7}" + "".join(f"{norm:9.2g}" for norm in norms) +
          f"    first / last: {norms[0] / norms[-1]:.1g}")
print(f"Keras and nnlab differ by at most {max(apart):.0e}")

# %% [markdown]
# Before we read the table: what would "vanishing" look like in it? The gradient of a kernel is made of two things.
#
# $$\frac{\partial L}{\partial W_l} = h_{l-1}^\top\,\delta_l \qquad\text{(what comes in, times the signal }
# \delta_l=\partial L/\partial z_l\text{)}$$
#
# $$\delta_{l} = \big(\delta_{l+1}W_{l+1}^\top\big)\odot\varphi'(z_{l}) \qquad\text{(how the signal comes from the layer
# behind)}$$
#
# A kernel's gradient can be small because the *signal* has faded on its way back, or because little *came in* where
# there was a signal, or because the points' contributions cancel when they are added up. Only the first is
# "vanishing". So look at the signal itself, point by point: its root mean square, and what the middle one of the 500
# points has.

# %% tags=["demo"]
def signals(net):
    """Length of every point's δ, the gradient of its own loss, by layer: (layers, points)."""
    h = net.activations(data.X_train)
    slopes = {"tanh": lambda a: 1 - a**2, "relu": lambda a: a > 0,
              "sigmoid": lambda a: a * (1 - a)}
    delta, found = h[-1] - data.y_train[:, None], []  # of sigmoid and cross-entropy together
    for l in range(net.depth, 0, -1):
        found.append(np.linalg.norm(delta, axis=1))
        delta = delta @ net.W[l].T * slopes[net.acts[0].name](h[l - 1])
    return np.array(found[::-1])


print("signal at the start, layers 1 to 6, medians over ten draws")
for act in ("tanh", "relu", "sigmoid"):
    for name, init in {"U(0,1)": U, "He": HE}.items():
        nets = [MLP(net.sizes, (act,) * 5 + ("sigmoid",), init, seed) for seed in range(10)]
        each_net = np.array([signals(one) for one in nets])
        largest = np.sort(each_net**2, axis=-1)[..., -50:].sum(axis=-1)
        rows = {"all points (rms)": np.sqrt(np.mean(each_net**2, axis=-1)),
                "the middle point": np.median(each_net, axis=-1),
                "share of the top 50": largest / np.sum(each_net**2, axis=-1)}
        for what, some in rows.items():
            numbers = "".join(f"{value:9.2g}" for value in np.median(some, axis=0))
            print(f"{act:8} {name:7} {what:20}" + numbers)

# %% [markdown]
# Four different things stand in the two tables.
#
# - *sigmoid* is the case the textbook has in mind: from layer to layer the signal loses about half of its size or
#   more, for the middle point as for all together, and the kernel's gradient shrinks with it; the first layer gets less
#   than a thousandth of what the last one has. He's weights don't change that.
# - *tanh with U(0,1)* is two things at once. For the middle point the signal fades, from 0.7 to about a thousandth in
#   layer 3: sums of positive terms drive tanh into saturation, where its slope is nearly 0. But the root mean square
#   *grows* towards the input, and in layers 1 to 4 one point in ten has more than 99 % of it.
#   These are points for which the sums are near zero; there tanh lets everything pass, and every layer multiplies it.
#   So the gradient of the kernels is small in the middle, where little comes in at just these points, and the first
#   layer gets more than layers 2 to 4. "It vanished on the way" is half of the story at best.
# - *ReLU with U(0,1)* has a signal that grows thirtyfold on its way back, and gradients of 3.5 to 9 in every layer: too
#   *large*. More than half of the points send nothing back at all.
# - With He's weights both activations keep the root mean square within a factor of two, and most points have a share in
#   it.
#
# And during training? The first 100 epochs:

# %% tags=["demo"]
def norms_over_epochs(act, init):
    """log10 of the mean gradient norm over seeds, layers in rows; nan where it is 0."""
    some = [experiment(act, init, epochs=100, every=5).run(seed) for seed in range(3)]
    norms = np.mean([[run.history.grad_norm[l] for l in range(1, 7)] for run in some], axis=0)
    return np.log10(np.where(norms > 0, norms, np.nan))


def shades(act, name, init):
    """One heat map; grey, where no shade covers it, is a gradient of exactly 0."""
    return heatmap(norms_over_epochs(act, init), [str(l) for l in range(1, 7)], low=-5, high=0.5,
                   scale="log₁₀ of the norm" if act == "sigmoid" else "",
                   title=f"{act.replace('relu', 'ReLU')}, {name}", xlabel="epoch", ylabel="layer",
                   xticks={-0.5: "0", 9.5: "50", 19.5: "100"},
                   also=lambda ax: ax.set_facecolor("#DDDDDD"))


show(
    *[shades(act, *kind) for kind in (("U(0,1)", U), ("He", HE))
      for act in ("tanh", "relu", "sigmoid")],
    title="Sigmoid fades towards layer 1, ReLU with U(0,1) goes out", columns=3, share="xy",
    ratios=(1, 1, 1.25), size=(9.5, 4.6),
    alt="Six heat maps of the gradient norm by layer and epoch, mean of three seeds. tanh with "
    "U(0,1): middling, darker in layers 2 to 4. tanh and ReLU with He: bright in all layers. "
    "ReLU with U(0,1): grey, which marks exact zeros, but for one dark cell at the start. "
    "Sigmoid, both: bright in layer 6, darker layer by layer, darkest in layer 1.",
)

# %% [markdown]
# Grey is exactly zero: five epochs on, the ReLU networks with U(0,1) have no gradient left at all. They started with
# the largest. How does one turn into the other? Count the steps until some layer is silent for all 500 points:

# %% tags=["demo"]
def is_dead(net):
    """True when a hidden layer sends on nothing but zeros, for every training point."""
    return any(not h.any() for h in net.activations(data.X_train)[1:-1])


steps, logits = [], []  # logits: z at the output, before the first step
for seed in seeds:
    net = MLP((2, 5, 5, 5, 5, 5, 1), ("relu",) * 5 + ("sigmoid",), U, seed)
    logits.append(net.activations(data.X_train)[-2] @ net.W[6][:, 0] + net.b[6])
    order, count = np.random.default_rng(seed), 0
    while not is_dead(net) and count < 1000:
        rows = order.choice(500, 32, replace=False)
        net.step(net.grads(data.X_train[rows], data.y_train[rows]), "sgd", 0.01, 0.9)
        count += 1
    steps.append(count)
wrong_ones = [z[(data.y_train == 0) & (z > 0)].mean() for z in logits]
silent = np.mean(np.equal(logits, 0), axis=1)
print("share of points with z = 0 before the first step:", silent.round(2))
print("largest z:                                       ", np.max(logits, axis=1).round(0))
print("mean z of the points of class 0 with z > 0:      ", np.round(wrong_ones, 1))
print("steps until a layer is dead:                     ", steps)

# %% [markdown]
# All weights are positive, so each layer multiplies by about $5\cdot\tfrac12=2.5$, as lesson 05 derived, and what
# reaches the output is zero or large. About a third of the points, those down and left, have $z=0$ exactly: there every
# unit of some layer is silent, nothing passes, and the probability is ½. For the others $z$ is positive and up to 70,
# and those of them that belong to class 0 are wrong by all of it. Their gradients are large and push one way, momentum
# carries the weights past zero, and within fifteen steps a layer is dead. It is an explosion that ends in silence, and
# ReLU makes both possible: tanh neither passes on 2.5 times as much, nor dies.
#
# ### And tanh with U(0,1)?
#
# Its signal reaches the first layer, if from few points. What else is wrong? Look at what the layers send on. If all
# units of a layer said the same thing, up to a factor, then all points would lie on *one line* in the space of its
# units. Measure the share of the spread along the best line (the first principal component): 1 means that the layer
# transmits one number.

# %% tags=["demo"]
def share_on_a_line(h):
    """The share of a layer's variance along its first principal component."""
    squares = np.linalg.svd(h - h.mean(axis=0), compute_uv=False) ** 2
    return squares[0] / squares.sum()


def shares(act, init, count=10, points=500):
    """Shares by hidden layer before training, mean over draws; silent layers are left out."""
    some = data.X_train[:points]
    sizes, acts = (2, 5, 5, 5, 5, 5, 1), (act,) * 5 + ("sigmoid",)
    nets = [MLP(sizes, acts, init, seed) for seed in range(count)]
    with np.errstate(invalid="ignore"):
        table = [[share_on_a_line(h) for h in net.activations(some)[1:-1]] for net in nets]
    return np.nanmean(table, axis=0)


for act in ("tanh", "relu"):
    for name, init in {"U(0,1)": U, "He": HE}.items():
        print(f"{act:5} {name:7} layers 1 to 5:", shares(act, init).round(3))
print("after training, tanh with U(0,1): layer 5 and test accuracy")
for run in runs["tanh", "U(0,1)"]:
    print(f"   {share_on_a_line(run.net.activations(data.X_train)[5]):.3f}   {run.test_acc:.2f}")

# %% [markdown]
# With U(0,1) more than 99 % of the spread lies on one line from the second layer on. All weights being positive, every
# unit of layer 1 measures something like $x_1+x_2$, every further layer averages what are nearly copies, and what is
# left is one number for each point: how far up and to the right it lies. No cut through *that* number separates a
# circle from the ring around it. Descent has to pull the copies apart first, which most of our networks have not
# managed in 500 epochs (by 2,000 many more have, as the stored runs show): those at chance still have 98 % or more on
# one line in layer 5, the two that learnt, and the one that has begun to, less than 90 %. So besides saturation there
# is a lack of differences: the symmetry of lesson 05, not exact, but nearly so. Which of the two weighs more? At the
# end of this lesson there is a measurement that takes the saturation away.
#
# Slide the range of the weights, one unit wide, from centred to U(0,1):

# %% tags=["demo"]
def shares_at(shift):
    """Share on one line by layer for weights between shift - 0.5 and shift + 0.5."""
    centred = uniform(shift - 0.5, shift + 0.5)
    lines = {name: shares(name.lower(), centred, 3, 100) for name in ("tanh", "ReLU")}
    said = f"{lines['ReLU'][-1]:.0%} of layer 5 (ReLU) lie on one line"
    return curves(range(1, 6), lines, looks=LOOK, ylim=(0.5, 1.02), legend="lower right",
                  title=f"Weights {shift - 0.5:.1f} to {shift + 0.5:.1f}: {said}",
                  xlabel="layer", ylabel="share on one line")


explore(
    shares_at,
    alt="Share of the spread on one line by layer, for weights from 0 to 1: tanh and ReLU start "
    "above 0.9 in layer 1 and lie at 1 from layer 2 on.",
    shift=(0.0, 0.5, 0.1, 0.5),
)

# %% [markdown]
# Centred weights leave the points in more than one direction much longer. Is it the centre, then, that He's weights
# get right, or their spread? U(0,1) and U(−½, ½) have the same spread, $1/\sqrt{12}$.
#
# ### Two halves of "He", and the deck's extensions
#
# The deck's list of extensions asks for Xavier (Glorot) weights and for Adam, with tanh. Ten networks of each kind of
# first weights, trained side by side by `fit_together`, which takes the same steps as `fit`. Adam, at Keras' rate of
# 0.001 and without the momentum that SGD had (it has its own), has six.

# %% tags=["demo"]
def ten(act, init, epochs=500):
    """Test accuracies of ten networks, and how many still had a falling training loss (by 0.02)."""
    nets = [MLP(net.sizes, (act,) * 5 + ("sigmoid",), init, seed) for seed in range(10)]
    found = fit_together(nets, *data[:2], "bce", epochs=epochs, lr=0.01, momentum=0.9, every=100,
                         measure=lambda one: (one.evaluate(*data[2:])[1], one.loss(*data[:2])))
    return found[-1, :, 0], np.sum(found[-2, :, 1] - found[-1, :, 1] > 0.02)


kinds = {"U(-½, ½)": uniform(-0.5, 0.5), "Xavier": "glorot_uniform", "U(0,1)": U, "He": HE}
for act, name in [("tanh", "U(-½, ½)"), ("relu", "U(-½, ½)"), ("tanh", "Xavier"),
                  ("tanh", "U(0,1)"), ("tanh", "He"), ("relu", "He")]:
    some, falling = ten(act, kinds[name])
    print(f"{act}, {name:9} {plus_minus(some)}, {np.sum(some > 0.7):2} of 10 above 0.7, "
          f"{falling} still learning")
adam = experiment("tanh", U, opt="adam", lr=0.001, momentum=0.0, every=100).runs(seeds)
fell = np.array([run.history.loss[-3] - run.history.loss[-1] for run in adam])
print(f"Adam, tanh, U(0,1) {plus_minus([run.test_acc for run in adam])}, "
      f"{sum(run.test_acc > 0.7 for run in adam)} of 6 above 0.7, "
      f"{np.sum(fell > 0.02)} still learning")

# %% [markdown]
# Moving the range to the centre, with its width untouched, is enough for most of the repair, with tanh and with ReLU.
# He's wider spread may add a little; these ten seeds can't tell. Xavier does what He does: at five units each their
# limits are $\sqrt{6/10}$ and $\sqrt{6/5}$, both centred. And Adam repairs much, too, without a change of first weights
# *or* activation. It divides each weight's step by the size of its gradients, so that the small ones, too, move their
# weights away from their copies; that may be why. About half of these runs were still learning when they were stopped:
# the numbers are those of 500 epochs, not of an end.
#
# ### How often does He with ReLU fail?
#
# One of our six networks with ReLU and He died. Is that one in six? A dead network shows early: 200 networks, ten
# epochs each.

# %% tags=["demo"]
young = [MLP(net.sizes, ("relu",) * 5 + ("sigmoid",), HE, seed) for seed in range(200)]
fit_together(young, *data[:2], "bce", epochs=10, lr=0.01, momentum=0.9)
dead = [is_dead(one) for one in young]
rate = np.mean(dead)
print(f"dead after ten epochs: {sum(dead)} of 200, seeds {np.flatnonzero(dead).tolist()}")
print(f"chance to meet none in 5 runs: {(1 - rate) ** 5:.2f}, "
      f"one or more in 6: {1 - (1 - rate) ** 6:.2f}")
alive = np.delete(scores["relu", "He"], np.flatnonzero(dead[:6]))
print(f"ReLU with He: mean of all six {np.mean(scores['relu', 'He']):.3f}, "
      f"of those that lived {alive.mean():.3f}")

# %% [markdown]
# A few in a hundred, so six runs that contain one were somewhat unlucky, and five runs that contain none, and report
# .83 with hardly any spread, are the rule. Neither mean is wrong, and neither tells the story: this recipe gives .83, or
# .5. Whoever runs three seeds will most likely see a failure rate of 0 or of 33 %, and can see nothing between. A
# failure this rare needs many runs, which are affordable where it shows early. (No gradient comes back through a dead
# layer: once momentum has run out, nothing in it or before it moves, and it stays dead. So ten epochs are enough to
# count those that die early, and give a lower bound for all.)

# %% [markdown]
# ## Depth and width
#
# ## Exercise 6.5: a study of depth (2 points)
#
# Write `depth_study(train_fn, depths, seeds)`. `train_fn(depth, seed)` trains a network and returns one score. Return
# an array of all scores with a row for each depth and a column for each seed: `result[i, j]` belongs to `depths[i]` and
# `seeds[j]`.
#
# With a `train_fn` that returns `depth + seed / 10`, depths `[1, 2]` and seeds `[3, 4, 5]` the result is
# `[[1.3, 1.4, 1.5], [2.3, 2.4, 2.5]]`.

# %%
def depth_study(train_fn, depths, seeds):
    """A score for every depth and every seed.

    Args:
        train_fn: (depth, seed) -> score.
        depths: numbers of hidden layers.
        seeds: the same for every depth.

    Returns:
        array (depths, seeds).
    """
    ### BEGIN SOLUTION
    return np.array([[train_fn(depth, seed) for seed in seeds] for depth in depths])
    ### END SOLUTION

# %%
check(depth_study)

# %% [markdown]
# The deck asks for tanh networks of 1 to 10 hidden layers, with 5 units each ("Study Model Depth") and with 25
# ("Increase Breadth"). At its 500 epochs, with ten seeds and two kinds of first weights, that makes 400 networks. They
# are in the stored file, and so is where they stood after 100 epochs and after 2,000. A stored number is worth as much
# as the script that made it, so first one cell of the study with your function, live: 25 units, two layers, U(0,1), the
# ten seeds.

# %% tags=["demo"]
def train_at(width, init):
    """A train_fn(depth, seed) for tanh networks of this width."""
    return lambda depth, seed: experiment("tanh", init, depth, width, every=500)(seed)


live = np.asarray(depth_study(train_at(25, U), [2], range(10)))
scores_of = dict(zip(stored["kinds"], stored["accuracy"]))  # each (widths, depths, epochs, seeds)
kept = scores_of["tanh, U(0,1)"][1, 1, 1]
print("live:  ", live[0].round(3))
print("stored:", kept.round(3))
print(f"largest difference {np.max(np.abs(live[0] - kept)):.3f}")

# %% [markdown]
# Held against each other, they agree. (On another machine a rounding may differ, and a network that stands on the edge
# may come out a point or two away.)

# %% tags=["demo"]
KIND = {"tanh, U(0,1)": (VERMILION, "--", "s"), "tanh, Xavier": (BLUE, "-", "o"),
        "ReLU, He": (PURPLE, ":", "^")}
depths = stored["depths"]


def fan(width, k):
    """Test accuracy by depth for one width after so many epochs, every seed thin."""
    lines = {kind: scores_of[kind][width, :10, k].T for kind in KIND}
    return curves(depths[:10], lines, looks=KIND, across={"_chance": 0.5}, ylim=(0.42, 0.9),
                  title=f"{stored['widths'][width]} units, {stored['epochs'][k]} epochs",
                  xlabel="hidden layers", ylabel="test accuracy")


show(
    *[fan(width, k) for width in (0, 1) for k in (0, 1, 2)], columns=3, share="xy", legend="below",
    title="With U(0,1) depth is lost; training longer gives some of it back", size=(10, 5.8),
    alt="Six panels of test accuracy against 1 to 10 hidden layers, ten seeds thin, means thick; "
    "5 units above, 25 below, after 100, 500 and 2,000 epochs. 100 epochs, 5 units: the means of "
    "tanh lie between 0.5 and 0.8, also those of shallow networks. 500 epochs, 5 units: U(0,1) "
    "falls from 0.83 at two layers to 0.5 at eight, Xavier stays at 0.8 or above. 2,000 epochs: the "
    "fall begins after four layers. 25 units: U(0,1) is at 0.5 from three layers on at 500 epochs, "
    "from four on at 2,000; there Xavier and ReLU with He stay near 0.8.",
)

# %% tags=["demo"]
dead_of = dict(zip(stored["kinds"], stored["dead"]))
loss_of = dict(zip(stored["kinds"], stored["loss"]))
for kind in KIND:
    for w, width in enumerate(stored["widths"]):
        means = scores_of[kind][w].mean(axis=-1)
        late = np.mean(loss_of[kind][w, :10, 1] - loss_of[kind][w, :10, 2] > 0.05)
        print(f"{kind}, {width} units")
        for k, epoch in enumerate(stored["epochs"]):
            print(f"   {epoch:4} epochs", "".join(f"{mean:5.2f}" for mean in means[:, k]))
        print(f"   up to depth 10, {late:.0%} lowered their loss by more than 0.05 after epoch 500")
        print(f"   dead at epochs 100 and 2000: {dead_of[kind][w, :, 0].sum(axis=-1)}, "
              f"{dead_of[kind][w, :, 2].sum(axis=-1)}")
print("depths:", depths)
learnt = np.sum(scores_of["tanh, U(0,1)"] > 0.7, axis=-1)
print("so many of 10 seeds above 0.7, by depth:")
for w, k in ((0, 1), (1, 1), (0, 2), (1, 2)):
    print(f"   tanh, U(0,1), {stored['widths'][w]:2} units, {stored['epochs'][k]:4} epochs:",
          learnt[w, :, k])

# %% [markdown]
# After 100 epochs (left) the *shallow* tanh networks are as unfinished as the deep ones: one layer stands at .53 to
# .65, and at .82 to .84 by epoch 500. Whoever stopped at 100 would say that Xavier's weights work best at depths three
# to five, and that one layer of 25 units learns nothing with them. Neither is true.
#
# At the deck's 500 epochs, tanh with U(0,1) and five units learns with all ten seeds up to depth 2, with seven of
# them at depths 3 and 4, with two at depth 5, and with none beyond. With 25 units it learns with all seeds up to
# depth 2 and with none from depth 3 on: breadth makes it worse. (A sum of 25 positive terms is larger than one of
# five, so that tanh saturates sooner, and it averages its copies better. That would explain it; it is not tested
# here.) Xavier's weights keep about .80 or more at both widths up to depth 10.
#
# Four times as long, U(0,1) gains one to three layers: with five units depths 3 and 4 are done, and about half of the
# seeds learn at 5 and 6; with 25 units half of them at depth 3. So depth costs time with these first weights, more
# with every layer. Whether depth 10 would learn in the end these runs can't tell: they are alive, and at chance.
#
# ReLU with He's weights is another story. With five units what counts is who lives: three of ten are dead at depth 10
# and eight at depth 20, and who is dead at epoch 100 is dead at epoch 2,000. With 25 units none of 110 died. A layer
# of five units in which all are silent for all points is not rare; one of 25 is. "He fixes it" ends somewhere, for
# narrow networks.
#
# One more thing, for later: with Xavier's and with He's weights the wide networks get a little *worse* between epochs
# 500 and 2,000 at most depths, by up to four points in the mean, while the training loss of most of them still falls.
# Lessons 10 to 14 are about that.

# %% [markdown]
# ## The Keras way
#
# Does Keras agree? Your `build_mlp`, one seed for each cell, 125 epochs. Step by step this would take minutes; a
# repeated data set and `steps_per_execution` let 2,000 steps run in one go. Beside them stand nnlab's six seeds after
# about as many epochs.

# %% tags=["demo"]
def keras_run(act, factory):
    """Test accuracy of one network after 2,000 steps."""
    keras.utils.set_random_seed(6)
    net = build_mlp(5, 5, act, factory)
    net.compile(net.optimizer, net.loss, metrics=["accuracy"], steps_per_execution=2000)
    points = tf.data.Dataset.from_tensor_slices((inputs, targets))
    net.fit(points.shuffle(500).batch(32).repeat(125), shuffle=False, verbose=0)
    return np.mean((np.asarray(net(data.X_test.astype("float32")))[:, 0] > 0.5) == data.y_test)


makers = keras.initializers
factories = {"U(0,1)": lambda: makers.RandomUniform(0, 1), "He": makers.HeUniform}
in_keras = [[keras_run(act, make) for make in factories.values()] for act in ("tanh", "relu")]
print("              Keras     nnlab, 126 epochs")
for act, row in zip(("tanh", "relu"), in_keras):
    for init, score in zip(factories, row):
        then = [run.history.val_acc[25] for run in runs[act, init]]  # every fifth epoch is recorded
        print(f"{act}, {init:7} {score:.3f}     {np.mean(then):.3f}, "
              f"from {min(then):.3f} to {max(then):.3f}")
print("effects in Keras:", ", ".join(f"{k} {value:+.3f}" for k, value in effects(in_keras).items()))

# %% [markdown]
# One seed proves nothing by itself, but this was foretold by six others, and it comes out the same way: the columns
# differ, the rows don't. (Fewer epochs than above, so that tanh with U(0,1) had no time for its late climbs.)
#
# What would the shared object of the deck's listing have changed? In `nnlab`, with one draw for all layers:

# %% tags=["demo"]
def shared_uniform(seed):
    """U(0,1) weights from one seed for all layers, as one unseeded object draws them in Keras 3."""
    return lambda _, n_in, n_out: np.random.default_rng(seed).uniform(0, 1, (n_in, n_out))


nets = [MLP(net.sizes, ("tanh",) * 5 + ("sigmoid",), shared_uniform(k), k) for k in range(10)]
(repeated,) = fit_together(nets, *data[:2], "bce", epochs=500, lr=0.01, momentum=0.9,
                           measure=lambda one: one.evaluate(*data[2:])[1])
own = stored["draws_accuracy"][0, 0, 1]  # the same circles, network seeds and number of epochs
for name, some in {"shared": repeated, "own draws": own}.items():
    mean, sd, n, above = summarise(some)
    print(f"tanh, U(0,1), {name:10} {mean:.3f} ± {sd:.3f}, {above:.0%} above 0.7, "
          f"each\n    {np.sort(some).round(2)}")

# %% [markdown]
# Neither learns reliably, and the two means lie closer than their standard errors. The shared object does not rescue
# the deck's comparison, nor does it spoil it on this task, but it is one more difference in it, which nobody chose.

# %% [markdown]
# ## What may be claimed?
#
# ## Exercise 6.6: claims (1 point)
#
# Which of these do your measurements support, for this task, five layers of five units (unless the claim says
# otherwise) and 500 epochs?
#
# | | claim |
# |---|---|
# | a | Replacing tanh by ReLU, and nothing else, repairs the deep network. |
# | b | Replacing U(0,1) by He, and nothing else, repairs the deep network with tanh. |
# | c | With tanh and U(0,1) the kernels' gradients shrink from layer to layer on their way to the inputs, so that the first layer gets the least. |
# | d | ReLU with He is not safe: now and then a layer dies, and the network stays at chance. |
# | e | Deep networks need He's weights. |
# | f | With sigmoids the first layer's gradient is more than a thousand times smaller than the last one's, with U(0,1) and with He. |
# | g | With He's weights tanh is a better activation than ReLU, since its mean is higher. |
# | h | With 25 units a layer, tanh with U(0,1) works at depth 5 within 500 epochs. |
#
# Write `supported_claims()`, which returns the letters as a set, such as `{'a', 'b'}`.

# %%
def supported_claims():
    """The letters of the claims that the measurements support, as a set."""
    ### BEGIN SOLUTION
    return {"b", "d", "f"}
    ### END SOLUTION

# %%
check(supported_claims)

# %% tags=["demo"]
difference = table[0, 1] - table[1, 1]
error = np.sqrt((spreads[0, 1] ** 2 + spreads[1, 1] ** 2) / len(seeds))
print(f"g: tanh minus ReLU with He {difference:+.3f}, {difference / error:.1f} standard errors")
for (act, name), (first, *_, last) in starts.items():
    if act == "sigmoid":
        print(f"f: sigmoid with {name:6} last / first = {last / first:,.0f}")

# %% [markdown]
# ## Beyond the lecture
#
# Batch normalisation (lesson 09 builds it) subtracts from every unit its mean over the batch and divides by its
# standard deviation, in every layer. It is often said to make first weights unimportant. It stops the explosion that
# kills ReLU, and it keeps tanh out of saturation; but copies that have been centred and scaled are still copies. If the
# lack of differences is what stops tanh, it should help ReLU and not tanh. Four seeds each, U(0,1), batch normalisation
# in all hidden layers:

# %% tags=["demo"]
for act in ("relu", "tanh"):
    normed = experiment(act, U, batchnorm=range(1, 6), every=100).runs(range(4))
    without = [run.test_acc for run in runs[act, "U(0,1)"][:4]]
    lines = [share_on_a_line(run.net.activations(data.X_train)[5]) for run in normed]
    falling = [run.history.loss[-3] - run.history.loss[-1] for run in normed]
    found = np.round([run.test_acc for run in normed], 2)
    print(f"{act}: without {np.round(without, 2)}, with {found}")
    print(f"      with: share on one line in layer 5 {np.round(lines, 2)}\n"
          f"      with: loss fell in the last hundred epochs by {np.round(falling, 2)}")

# %% [markdown]
# Three of four ReLU networks, all dead before, now learn, and their losses hardly fall any more. None of the tanh
# networks reaches .7 in 500 epochs, not even the one that did without batch normalisation; their losses still fall, so
# one can't say more. Four seeds are few, but the prediction could have failed and did not. That batch normalisation
# makes first weights unimportant is not what we saw: it saved the networks from the size of these weights, and did
# little, in this time, against their likeness.

# %% [markdown]
# ## Errata hunt
#
# The Better Deep Learning deck, in the case study's first listing:
#
# ```python
# # to small random values from a uniform distribution.
# init = RandomUniform(minval=0, maxval=1)
# ```
#
# Lesson 05 shows its rule for the ReLU layers, `np.random.rand(n[l], n[l-1]) * sqrt(2/n[l-1])`. A public notebook of
# the same course fits its scaler on all points and *then* splits them, which it calls the wrong way itself. And here is
# a sentence that nobody printed, but which one might: "In five of six runs ReLU with He's weights learns, so it fails
# with a chance of one in six."
#
# What is wrong with each of the four? Correct them, then unfold.

# %% [markdown] tags=["yours"]
# Small random values: …
#
# `rand` times a factor: …
#
# The scaler: …
#
# One in six: …

# %%
everything = np.vstack([X, X_test])
outside = np.any(np.abs(data.X_test) > 1, axis=1).sum()
print("smallest, training half:", low.round(3), " all points:", everything.min(axis=0).round(3))
print("largest,  training half:", high.round(3), " all points:", everything.max(axis=0).round(3))
wrong_way = 2 * (X - everything.min(axis=0)) / np.ptp(everything, axis=0) - 1
print(f"training inputs would move by up to {np.abs(wrong_way - data.X_train).max():.3f}")
print(f"test points outside [-1, 1] when scaled by the training half: {outside} of 500")

# %% [markdown]
# <details><summary>What is true</summary>
#
# | printed | what is true, and why |
# |---|---|
# | "Fix Vanishing Gradients with Relu" (title of the slides) | ReLU alone lowers the mean accuracy; He's weights alone repair the network. The title reads the sum of two effects as one of them. |
# | "small random values", `RandomUniform(0, 1)` | mean ½, so not small and not centred; and one object gives all its layers the same numbers in Keras 3. |
# | `np.random.rand(…) * factor` | `rand` is U(0,1) as well: its mean is the trouble of this lesson, whatever the factor. `randn` is meant. |
# | the ReLU listing with He's weights | four hidden layers, where the tanh listings have five: depth is changed along with the rest. |
# | a scaler fitted before the split (a public notebook) | fit on the training half, apply to both. Here a single test point would set the scale in one coordinate and move inputs by a few hundredths; on other data an outlier in the test half would rescale the whole training set. Lesson 09 is about it. |
# | "one in six" (ours) | one failure in six runs is compatible with 1 % and with 50 %; two hundred runs gave a few in a hundred. |
#
# </details>

# %% [markdown]
# ## In your own words (2 points)
#
# A colleague trains a six-layer network for another task. With tanh and its old first weights it reaches 61 %; she
# switches to ReLU, to He's weights and to Adam, all at once, and reaches 84 %, one run each. She writes: "ReLU fixes
# the vanishing gradients." Write to her, in about 120 words: what do her two runs show and what don't they, which runs
# should she add (say how many of what), and which measurement would tell whether gradients vanished?

# %% [markdown] tags=["written"] name="letter_to_a_colleague" points=2
# Dear colleague, …
#
# ### BEGIN SOLUTION
# Rubric, half a point each:
#
# - Three things changed together: the 23 points are the sum of three effects and their interactions, and any of them
#   may be zero or negative.
# - Runs: all combinations (2 × 2 × 2, or at least the ones that change one factor at a time from both ends), several
#   seeds each, reported with their spread; a rare failure needs many more runs than a mean.
# - Measurement: the *signal* ∂L/∂z layer by layer at the start and during training, and whether it shrinks towards the
#   inputs; not the kernels' gradients alone, which also depend on what comes in.
# - Says how far the result carries: one task, these sizes, this length of training, and whether training had ended.
#
# Reference answer: Your two runs show that the new recipe does better than the old one, by more than I would put down
# to chance, but with one seed each even that is a guess. They don't show why: activation, first weights and optimiser
# changed together, so the 23 points are the sum of three effects and of what they do to each other. Please run all
# eight combinations with, say, ten seeds each, everything else equal, train until the loss no longer falls, and report
# every run. If only one factor matters you will see it in all four pairs that differ in it. Whether gradients vanished
# you can look up: record the size of ∂L/∂z in each layer of the old network. If it falls by a constant factor per layer
# towards the inputs, for the typical sample as well as in sum, they did; if not, look for dead layers or for units that
# are copies of one another.
# ### END SOLUTION

# %% [markdown]
# > **One finding to keep.** On the deck's own task ReLU alone makes the deep network worse, and centred first weights
# > alone repair it. The title of the case study credits one factor with the sum of two.

# %% [markdown]
# ## Three questions

# %%
quiz()

# %% [markdown]
# ## Summary
#
# - To compare two things, change one: activation, range of the weights, depth and shared draws all differed between the
#   deck's listings.
# - The diagonal of a 2×2 table is the sum of both effects. After 500 epochs the first weights are worth about a quarter
#   of accuracy here; ReLU gains nothing with He's weights, and makes it worse with U(0,1).
# - Three ways to fail, three pictures: the sigmoid's signal fades layer by layer for every point, ReLU with U(0,1)
#   explodes and dies within fifteen steps, tanh with U(0,1) saturates for most points and has units that are nearly
#   copies.
# - At 500 epochs tanh with U(0,1) learns reliably up to depth 2 only, centred weights up to depth 10. At 100 epochs
#   nothing could be concluded, and at 2,000 the border has moved: say when you stopped, and who was still learning.
# - A failure of a few in a hundred needs more than six seeds.
#
# *What would change my mind about ReLU on this task:* twenty seeds of ReLU with U(0,1), with the same training, of
# which half learn.
#
# ## What to read next
#
# - X. Glorot and Y. Bengio (2010), *Understanding the difficulty of training deep feedforward neural networks*, AISTATS:
#   activations and gradients recorded layer by layer, and the first weights of that name.
# - K. He, X. Zhang, S. Ren and J. Sun (2015), *Delving deep into rectifiers*, ICCV: where He's weights are derived, for
#   networks that are much wider than ours.
# - L. Lu, Y. Shin, Y. Su and G. E. Karniadakis (2020), *Dying ReLU and initialization: theory and numerical examples*,
#   Communications in Computational Physics 28 (5): why a narrow deep ReLU network is often dead before it is trained.
# - X. Bouthillier and others (2021), *Accounting for variance in machine learning benchmarks*, MLSys: which sources of
#   chance to vary when two recipes are compared, and how many runs that takes.

# %%
progress()
