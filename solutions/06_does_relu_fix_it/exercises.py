"""Exercises of lesson 06: a fair experiment with two factors, its effects, gradient norms, and what may be claimed."""

import numpy as np

from autograder.authoring import Exercise, case
from autograder.student.properties import close

# 6.1 build_mlp

LAYERS, FRESH, COMPILED = "the layers", "an initialiser of its own for each layer", "loss and optimiser"

build_mlp = Exercise(points=2, groups={LAYERS: 2, FRESH: 1, COMPILED: 1}, seconds=30)


@build_mlp.cases
def cases(rng):
    for act in ("tanh", "relu"):
        yield case(
            depth=int(rng.integers(3, 5)),
            width=int(rng.integers(4, 7)),
            act=act,
            _low=rng.uniform(1.5, 1.7),
            _high=rng.uniform(2.2, 2.6),
            _X=rng.uniform(0.5, 2, (6, 2)) * rng.choice([-1, 1], (6, 2)),
        )


@build_mlp.driver
def drive(build_mlp, depth, width, act, _low, _high, _X):
    import sys

    keras = sys.modules.get("keras")
    if keras is None:
        raise RuntimeError(
            "keras is not imported in this notebook: run the cell that imports it, then this one again"
        )

    def initializer_factory():
        return keras.initializers.RandomUniform(_low, _high)

    model = build_mlp(depth, width, act, initializer_factory)
    if not isinstance(model, keras.Model):
        raise TypeError("build_mlp should return a Keras model")
    weights = [np.asarray(weight, dtype=float) for weight in model.get_weights()]
    kernels = [weight for weight in weights if weight.ndim == 2]
    pairs = [
        (one, other) for i, one in enumerate(kernels) for other in kernels[:i] if one.shape == other.shape
    ]
    sizes = [kernel.shape[1] for kernel in kernels]
    return {
        "built": len(kernels),
        "sizes": np.array((sizes + [0] * 20)[:20]),
        "pairs alike": sum(np.array_equal(one, other) for one, other in pairs),
        "outside": sum(kernel.min() < _low - 1e-5 or kernel.max() > _high + 1e-5 for kernel in kernels),
        "function": which_function(model, _X, act) if kernels else -1,
        "compiled": compiled_with(model),
    }


def which_function(model, X, act):
    """With other weights, which saturate nothing. 1: hidden layers with act and a sigmoid at the end; 2 to 4: other things at the end; 0: something else."""
    sigmoid = lambda z: 1 / (1 + np.exp(-z))
    hidden = {"tanh": np.tanh, "relu": lambda z: np.maximum(z, 0)}[act]
    rng = np.random.default_rng(6)
    weights = [rng.uniform(0.2, 0.9, w.shape) * rng.choice([-1, 1], w.shape) for w in model.get_weights()]
    model.set_weights(weights)
    found = np.asarray(model(X.astype("float32"), training=False), dtype=float)
    if len(weights) % 2 or any(weight.ndim != 2 - i % 2 for i, weight in enumerate(weights)):
        return 0
    h = z = X
    for W, b in zip(weights[::2], weights[1::2]):
        z = h @ W + b
        h = hidden(z)
    ends = [sigmoid(z), hidden(z), z, sigmoid(hidden(z))]
    for number, end in enumerate(ends, start=1):
        if found.shape == end.shape and np.allclose(found, end, rtol=1e-3, atol=1e-5):
            return number
    return 0


def compiled_with(model):
    """[is compiled, its loss on two points, is SGD, learning rate, momentum]"""
    if not getattr(model, "compiled", False):
        return np.zeros(5)
    try:
        y, p = np.array([[1.0], [0.0]], "float32"), np.array([[0.3], [0.6]], "float32")
        loss = float(np.asarray(model.compute_loss(y=y, y_pred=p)))
    except (TypeError, ValueError):
        loss = -1.0
    optimiser = model.optimizer
    rate = float(np.asarray(optimiser.learning_rate))
    momentum = float(getattr(optimiser, "momentum", 0) or 0)
    return np.array([1.0, loss, type(optimiser).__name__ == "SGD", rate, momentum])


@build_mlp.judge
def judge(case, result):
    depth, width = int(case.inputs["depth"]), int(case.inputs["width"])
    sizes = [int(size) for size in result["sizes"] if size]
    yield LAYERS, *layers_as_asked(sizes, [width] * depth + [1], int(result["built"]), result["function"])
    yield FRESH, *first_weights(result)
    yield COMPILED, *how_compiled(np.asarray(result["compiled"], dtype=float))


def layers_as_asked(sizes, wanted, built, function):
    if not built:
        return False, "not built", "the model has no weights yet: it does not know how many inputs there are"
    if sizes != wanted:
        fewer = len(sizes) - len(wanted)
        seen = f"{fewer:+d} layers" if fewer else "other widths"
        return False, seen, f"the layers have {sizes} units; expected {wanted}"
    ends = {2: "act at the end", 3: "nothing at the end", 4: "act and sigmoid at the end"}
    told = "the model's outputs are not those of the layers asked for, computed from its own weights"
    seen = ends.get(int(function), "another function")
    return function == 1, seen, told + (f" ({seen})" if int(function) in ends else "")


def first_weights(result):
    if not result["built"]:
        return False, "no weights", "there are no weights to look at"
    if result["pairs alike"]:
        count = int(result["pairs alike"])
        return False, "alike", f"pairs of layers that start with the very same weights: {count}"
    outside = int(result["outside"])
    seen = "all from elsewhere" if outside == result["built"] else "some from elsewhere"
    told = (
        f"layers whose weights are not from the factory you were given: {outside} of {int(result['built'])}"
    )
    return outside == 0, seen, told


def how_compiled(found):
    """The loss of probability 0.3 for a 1 and 0.6 for a 0 is the mean of -ln 0.3 and -ln 0.4."""
    compiled, loss, is_sgd, rate, momentum = found
    if not compiled:
        return False, "not compiled", "the model is not compiled"
    if not close(loss, 1.06013, rtol=1e-3):
        return False, "another loss", "the loss is not binary cross-entropy of probabilities"
    if not is_sgd:
        return False, "another optimiser", "the optimiser is not plain SGD"
    if not close(rate, 0.01):
        return False, "another rate", f"the learning rate is {rate:.4g}, expected 0.01"
    return close(momentum, 0.9), "another momentum", f"the momentum is {momentum:.4g}, expected 0.9"


def stacked(depth, width, act, make, end="sigmoid", opt=None, with_input=True, loss="binary_crossentropy"):
    import keras

    layers = [keras.Input((2,))] if with_input else []
    for _ in range(depth):
        layers.append(keras.layers.Dense(width, activation=act, kernel_initializer=make()))
    layers.append(keras.layers.Dense(1, activation=end, kernel_initializer=make()))
    model = keras.Sequential(layers)
    model.compile(opt or keras.optimizers.SGD(learning_rate=0.01, momentum=0.9), loss)
    return model


@build_mlp.wrong(
    "There is one hidden layer too few: `depth` counts hidden layers only, and the output comes on top.",
    loses=LAYERS,
)
def depth_with_output(depth, width, act, initializer_factory):
    return stacked(depth - 1, width, act, initializer_factory)


@build_mlp.wrong(
    "There is one hidden layer too many. A first Dense in front of a loop over `depth` makes depth + 1 of them.",
    loses=LAYERS,
)
def one_layer_too_many(depth, width, act, initializer_factory):
    return stacked(depth + 1, width, act, initializer_factory)


@build_mlp.wrong(
    "Whatever `depth` says, you stack the same number of layers.",
    loses=LAYERS,
)
def always_seven_layers(depth, width, act, initializer_factory):
    return stacked(7, width, act, initializer_factory)


@build_mlp.wrong(
    "The output has the activation of the hidden layers. What must lie between 0 and 1?", loses=LAYERS
)
def act_on_the_output(depth, width, act, initializer_factory):
    return stacked(depth, width, act, initializer_factory, end=act)


@build_mlp.wrong(
    "The output has no activation: it is a logit, and the loss takes it for a probability.", loses=LAYERS
)
def linear_output(depth, width, act, initializer_factory):
    return stacked(depth, width, act, initializer_factory, end=None)


@build_mlp.wrong(
    "The hidden layers do not have the activation you were asked for: is `act` used?", loses=LAYERS
)
def linear_hidden_layers(depth, width, act, initializer_factory):
    return stacked(depth, width, None, initializer_factory)


@build_mlp.wrong(
    "All layers of one shape start with the same weights. You call the factory once and share what it makes: since "
    "Keras 3 one initialiser without a seed draws the same numbers each time. This is the listing of the lecture.",
    loses=FRESH,
)
def shared_initializer(depth, width, act, initializer_factory):
    one = initializer_factory()
    return stacked(depth, width, act, lambda: one)


@build_mlp.wrong("The factory is never used: your layers have Keras' own first weights.", loses=FRESH)
def factory_not_used(depth, width, act, initializer_factory):
    return stacked(depth, width, act, lambda: "glorot_uniform")


@build_mlp.wrong(
    "Your hidden layers ask the factory, the output does not. In the experiment all first weights change, or it is not clear "
    "which of them matter.",
    loses=FRESH,
)
def output_with_its_own(depth, width, act, initializer_factory):
    made = iter([initializer_factory() for _ in range(depth)])
    return stacked(depth, width, act, lambda: next(made, "glorot_uniform"))


@build_mlp.wrong(
    "You hand the factory itself to the layer, which calls it with a shape. The layer wants what the factory makes.",
    raises=True,
)
def hands_over_the_factory(depth, width, act, initializer_factory):
    return stacked(depth, width, act, lambda: initializer_factory)


@build_mlp.wrong(
    "`lr=` is a name of old versions. Keras 3 refuses it, and versions in between took it and ignored it: the "
    "argument is called `learning_rate`.",
    raises=True,
)
def old_name_of_the_rate(depth, width, act, initializer_factory):
    import keras

    return stacked(depth, width, act, initializer_factory, opt=keras.optimizers.SGD(lr=0.01, momentum=0.9))


@build_mlp.wrong(
    "The optimiser by its name, 'sgd', comes without momentum. To set one, make the object.", loses=COMPILED
)
def sgd_by_name(depth, width, act, initializer_factory):
    return stacked(depth, width, act, initializer_factory, opt="sgd")


@build_mlp.wrong(
    "You changed the optimiser as well. In an experiment on activation and first weights everything else stays as it "
    "is: SGD.",
    loses=COMPILED,
)
def with_adam(depth, width, act, initializer_factory):
    return stacked(depth, width, act, initializer_factory, opt="adam")


@build_mlp.wrong(
    "The loss is not binary cross-entropy of probabilities. (With `from_logits=True` a sigmoid would be applied twice.)",
    loses=COMPILED,
)
def squared_error(depth, width, act, initializer_factory):
    return stacked(depth, width, act, initializer_factory, loss="mse")


@build_mlp.wrong("The model is not compiled: it has no loss and no optimiser yet.", loses=COMPILED)
def forgets_to_compile(depth, width, act, initializer_factory):
    import keras

    return keras.Sequential(stacked(depth, width, act, initializer_factory).layers)


@build_mlp.wrong(
    "Without an Input the model does not know how many inputs there are, and has no weights until it sees data.",
    loses=(LAYERS, FRESH),
)
def without_input(depth, width, act, initializer_factory):
    return stacked(depth, width, act, initializer_factory, with_input=False)


@build_mlp.right
def functional(depth, width, act, initializer_factory):
    import keras

    h = inputs = keras.Input(shape=(2,))
    for _ in range(depth):
        h = keras.layers.Dense(width, activation=act, kernel_initializer=initializer_factory())(h)
    out = keras.layers.Dense(1, "sigmoid", kernel_initializer=initializer_factory())(h)
    model = keras.Model(inputs, out)
    model.compile(
        loss=keras.losses.BinaryCrossentropy(),
        optimizer=keras.optimizers.SGD(0.01, 0.9),
        metrics=["accuracy"],
    )
    return model


@build_mlp.right
def activations_as_layers(depth, width, act, initializer_factory):
    import tensorflow as tf

    model = tf.keras.models.Sequential([tf.keras.layers.InputLayer(shape=(2,))])
    for _ in range(depth):
        model.add(tf.keras.layers.Dense(width, kernel_initializer=initializer_factory()))
        model.add(tf.keras.layers.Activation(act))
    model.add(tf.keras.layers.Dense(1, kernel_initializer=initializer_factory()))
    model.add(tf.keras.layers.Activation("sigmoid"))
    opt = tf.keras.optimizers.SGD(learning_rate=1e-2, momentum=0.9)
    model.compile(opt, loss=tf.keras.losses.binary_crossentropy, metrics=["accuracy"])
    return model


@build_mlp.right
def built_by_hand(depth, width, act, initializer_factory):
    import keras

    model = keras.Sequential()
    for units in [width] * depth:
        model.add(keras.layers.Dense(units, act, kernel_initializer=initializer_factory()))
    model.add(keras.layers.Dense(1, activation=keras.ops.sigmoid, kernel_initializer=initializer_factory()))
    model.build((None, 2))
    model.compile(keras.optimizers.SGD(learning_rate=0.01, momentum=0.9), "binary_crossentropy")
    return model


build_mlp.small(
    "build_mlp(2, 3, 'tanh', factory) has three kernels: (2, 3), (3, 3) and (3, 1). The factory is called three times. Nothing but "
    "the last layer has a sigmoid."
)

# 6.2 summarise

SPREAD = "the standard deviation"
REST = "mean, number and share above 0.7"

summarise = Exercise(points=1, groups={REST: 1, SPREAD: 1})


@summarise.cases
def cases(rng):
    for n, failed, as_list in ((5, 2, True), (8, 4, False), (11, 2, True)):
        low, middle = rng.uniform(0.45, 0.6, failed), rng.uniform(0.71, 0.72, 1)
        scores = rng.permutation(np.concatenate([low, middle, rng.uniform(0.84, 0.95, n - failed - 1)]))
        for group, parts in ((REST, (0, 2, 3)), (SPREAD, (1,))):
            given = scores.tolist() if as_list else scores
            yield case(group, scores=given, _parts=list(parts))


@summarise.driver
def drive(summarise, scores, _parts):
    summary = summarise(scores)
    if not isinstance(summary, (list, tuple, np.ndarray)) or len(summary) != 4:
        raise TypeError("summarise should return four numbers: mean, sd, n, frac_above")
    return [float(summary[part]) for part in _parts]


@summarise.wrong("You report the best of the seeds. Luck always looks good: report the mean.", loses=REST)
def best_of_seeds(scores):
    return np.max(scores), np.std(scores, ddof=1), len(scores), np.mean(np.asarray(scores) > 0.7)


@summarise.wrong(
    "Your first number is the median. It hides the one seed in ten that failed, which is what we look for here.",
    loses=REST,
)
def median_for_mean(scores):
    return np.median(scores), np.std(scores, ddof=1), len(scores), np.mean(np.asarray(scores) > 0.7)


@summarise.wrong(
    "This is the spread of the seeds you ran; as an estimate for all seeds, divide by n - 1 (ddof=1).",
    loses=SPREAD,
)
def divides_by_n(scores):
    return np.mean(scores), np.std(scores), len(scores), np.mean(np.asarray(scores) > 0.7)


@summarise.wrong("This is the variance: take its root.", loses=SPREAD)
def variance(scores):
    return np.mean(scores), np.var(scores, ddof=1), len(scores), np.mean(np.asarray(scores) > 0.7)


@summarise.wrong(
    "This is the standard error of the mean, sd / √n. How far single runs lie apart was asked for.",
    loses=SPREAD,
)
def standard_error(scores):
    n = len(scores)
    return np.mean(scores), np.std(scores, ddof=1) / np.sqrt(n), n, np.mean(np.asarray(scores) > 0.7)


@summarise.wrong(
    "Your last number counts the scores above 0.7; their share was asked for, from 0 to 1.", loses=REST
)
def counts_for_share(scores):
    return np.mean(scores), np.std(scores, ddof=1), len(scores), np.sum(np.asarray(scores) > 0.7)


@summarise.wrong(
    "Your last number is the share above the *mean*; the limit is 0.7, whatever the scores.", loses=REST
)
def above_the_mean(scores):
    scores = np.asarray(scores)
    return scores.mean(), scores.std(ddof=1), len(scores), np.mean(scores > scores.mean())


@summarise.wrong("You summarise only the runs that learnt. Those that failed belong to the result.")
def only_those_that_learnt(scores):
    good = np.asarray(scores)[np.asarray(scores) > 0.7]
    return np.mean(good), np.std(good, ddof=1), len(good), len(good) / len(scores)


@summarise.right
def with_statistics(scores):
    import statistics

    scores = [float(score) for score in scores]
    above = sum(score > 0.7 for score in scores)
    return [statistics.mean(scores), statistics.stdev(scores), len(scores), above / len(scores)]


@summarise.right
def with_a_loop(scores):
    n = len(scores)
    mean = sum(scores) / n
    square, above = 0.0, 0
    for score in scores:
        square += (score - mean) ** 2
        above += 1 if score >= 0.7 else 0
    return mean, (square / (n - 1)) ** 0.5, n, above / n


@summarise.right
def as_an_array(scores):
    scores = np.asarray(scores, dtype=np.float64)
    return np.array(
        [scores.mean(), scores.std(ddof=1), scores.size, np.count_nonzero(scores > 0.7) / scores.size]
    )


@summarise.right
def in_float32(scores):
    scores = np.float32(scores)
    return scores.mean(), scores.std(ddof=1), scores.size, np.float32(np.mean(scores > 0.7))


summarise.small(
    "Scores 0.5, 0.8 and 0.8: their mean is 0.7, their deviations -0.2, 0.1 and 0.1, the squares add up to 0.06. Divide by 3 - 1 "
    "and take the root: 0.173. Two of three lie above 0.7.",
    scores=[0.5, 0.8, 0.8],
    _parts=[0, 1, 2, 3],
)

# 6.3 effects

MAIN, TOGETHER = "the two main effects", "the interaction"

effects = Exercise(points=2, groups={MAIN: 1, TOGETHER: 1})


@effects.cases
def cases(rng):
    for as_list in (True, False):
        table = rng.uniform(0.45, 0.6, (2, 2)) + np.array([[0.0, 0.2], [0.05, 0.4]]) * rng.uniform(0.5, 1)
        for group, keys in ((MAIN, ["init", "act"]), (TOGETHER, ["interaction"])):
            yield case(group, table=table.tolist() if as_list else table, _keys=keys)


@effects.driver
def drive(effects, table, _keys):
    found = effects(table)
    if not isinstance(found, dict):
        raise TypeError("effects should return a dictionary with the keys init, act and interaction")
    missing = [key for key in ("init", "act", "interaction") if key not in found]
    if missing:
        raise KeyError(f"the dictionary has no key {', '.join(missing)}")
    return {key: found[key] for key in _keys}


def three_effects(table):
    (t00, t01), (t10, t11) = table
    return {
        "init": ((t01 - t00) + (t11 - t10)) / 2,
        "act": ((t10 - t00) + (t11 - t01)) / 2,
        "interaction": (t11 - t10) - (t01 - t00),
    }


@effects.wrong(
    "Your effect of the activation compares tanh + U(0,1) with ReLU + He: two things change between them. This is the lecture's "
    "comparison. Compare cells that differ in one factor only.",
    loses=MAIN,
)
def the_diagonal_for_act(table):
    return {**three_effects(table), "act": table[1][1] - table[0][0]}


@effects.wrong(
    "Both your main effects are the difference between opposite corners, where both factors change.",
    loses=MAIN,
)
def the_diagonal_for_both(table):
    corner = table[1][1] - table[0][0]
    return {**three_effects(table), "init": corner, "act": corner}


@effects.wrong(
    "All signs are turned: an effect is the second level minus the first, He minus U(0,1) and ReLU minus tanh."
)
def signs_turned(table):
    return {key: -value for key, value in three_effects(table).items()}


@effects.wrong(
    "init and act have changed places: rows are activations, columns are first weights.", loses=MAIN
)
def rows_for_columns(table):
    found = three_effects(table)
    return {**found, "init": found["act"], "act": found["init"]}


@effects.wrong(
    "Your main effects are for one level of the other factor only, the first. They are asked for as a mean over both.",
    loses=MAIN,
)
def first_row_and_column(table):
    return {
        **three_effects(table),
        "init": table[0][1] - table[0][0],
        "act": table[1][0] - table[0][0],
    }


@effects.wrong("Your main effects are twice too large: the two differences are to be averaged.", loses=MAIN)
def added_not_averaged(table):
    found = three_effects(table)
    return {**found, "init": 2 * found["init"], "act": 2 * found["act"]}


@effects.wrong(
    "Your interaction is half of the difference of differences. Some books define it so; the prompt does not.",
    loses=TOGETHER,
)
def interaction_halved(table):
    found = three_effects(table)
    return {**found, "interaction": found["interaction"] / 2}


@effects.wrong(
    "Your interaction adds the two differences. How much *more* does He gain with ReLU than with tanh?",
    loses=TOGETHER,
)
def differences_added(table):
    (t00, t01), (t10, t11) = table
    return {**three_effects(table), "interaction": (t11 - t10) + (t01 - t00)}


@effects.wrong(
    "Your interaction has the wrong sign: it is the gain with ReLU minus the gain with tanh.", loses=TOGETHER
)
def interaction_turned(table):
    found = three_effects(table)
    return {**found, "interaction": -found["interaction"]}


@effects.wrong(
    "Your interaction is the whole way from one corner to the other. What the two factors do each alone has to come off.",
    loses=TOGETHER,
)
def corner_for_interaction(table):
    return {**three_effects(table), "interaction": table[1][1] - table[0][0]}


@effects.right
def from_marginal_means(table):
    t = np.array(table)
    init, act = np.diff(t.mean(axis=0))[0], np.diff(t.mean(axis=1))[0]
    return {"act": act, "init": init, "interaction": t[1, 1] + t[0, 0] - t[0, 1] - t[1, 0]}


@effects.right
def by_contrasts(table):
    t = np.ravel(table)
    return {
        "init": float(t @ [-0.5, 0.5, -0.5, 0.5]),
        "act": float(t @ [-0.5, -0.5, 0.5, 0.5]),
        "interaction": float(t @ [1, -1, -1, 1]),
    }


@effects.right
def in_float32_by_regression(table):
    design = np.array([[1, i - 0.5, j - 0.5, (i - 0.5) * (j - 0.5)] for i in (0, 1) for j in (0, 1)])
    _, act, init, interaction = np.linalg.solve(design, np.ravel(table))
    return {"init": np.float32(init), "act": np.float32(act), "interaction": np.float32(interaction)}


@effects.right
def with_more_keys(table):
    return {**three_effects(table), "mean": np.mean(table)}


effects.small(
    "A table with rows (0.6, 0.8) and (0.5, 0.9). He gains 0.2 with tanh and 0.4 with ReLU: 0.3 in the mean, and 0.2 more with ReLU. "
    "ReLU loses 0.1 with U(0,1) and gains 0.1 with He: 0 in the mean.",
    table=np.array([[0.6, 0.8], [0.5, 0.9]]),
    _keys=["init", "act", "interaction"],
)

# 6.4 layer_grad_norms

OF_THE_LOSS, CALM = "kernel gradients of the compiled loss", "dropout off, penalties left out"

layer_grad_norms = Exercise(points=2, groups={OF_THE_LOSS: 3, CALM: 1}, seconds=30)


@layer_grad_norms.cases
def cases(rng):
    for loss, column in (("binary_crossentropy", False), ("mse", True)):
        yield case(OF_THE_LOSS, **a_network(rng, loss, column), _drop=0.0, _l2=0.0)
    yield case(CALM, **a_network(rng, "binary_crossentropy", True), _drop=0.5, _l2=rng.uniform(0.2, 0.4))


def a_network(rng, loss, column):
    sizes, m = (2, 4, 3, 1), 7
    y = rng.permutation([0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0])
    return {
        "X": rng.normal(size=(m, 2)),
        "y": y[:, None] if column else y,
        "_kernels": [rng.uniform(0.3, 1.5, s) * rng.choice([-1, 1], s) for s in zip(sizes, sizes[1:])],
        "_biases": [rng.uniform(0.1, 0.4, n) for n in sizes[1:]],
        "_loss": loss,
    }


@layer_grad_norms.driver
def drive(layer_grad_norms, X, y, _kernels, _biases, _loss, _drop, _l2):
    import sys

    keras = sys.modules.get("keras")
    if keras is None:
        raise RuntimeError(
            "keras is not imported in this notebook: run the cell that imports it, then this one again"
        )
    layers = [keras.Input((2,))]
    for number, kernel in enumerate(_kernels):
        last = number == len(_kernels) - 1
        penalty = keras.regularizers.L2(_l2) if _l2 and number == 1 else None
        act = "sigmoid" if last else "tanh"
        layers.append(
            keras.layers.Dense(
                kernel.shape[1], activation=act, kernel_initializer="zeros", kernel_regularizer=penalty
            )
        )
        if _drop and number == 0:
            layers.append(keras.layers.Dropout(_drop, seed=1))
    model = keras.Sequential(layers)
    model.set_weights([part for pair in zip(_kernels, _biases) for part in pair])
    model.compile(keras.optimizers.SGD(0.1), _loss)
    norms = layer_grad_norms(model, X.astype("float32"), y.astype("float32"))
    if not hasattr(norms, "__len__"):
        raise TypeError("layer_grad_norms should return a list with one number for each kernel")
    for weight, before in zip(model.get_weights()[::2], _kernels):
        if not np.allclose(weight, before, rtol=1e-5):
            raise ValueError("layer_grad_norms should only look: it changed the model's weights")
    return np.array([np.asarray(norm, dtype="float32") for norm in norms])


def kernel_norms(
    model, X, y, loss=None, training=False, choose=lambda v: len(v.shape) == 2, norm=None, penalties=False
):
    import keras
    import tensorflow as tf

    chosen = [v for v in model.trainable_variables if choose(v)]
    with tf.GradientTape() as tape:
        out = model(X, training=training)
        per_sample = (loss or keras.losses.get(model.loss))(tf.reshape(y, (-1, 1)), out)
        value = tf.reduce_mean(per_sample) + (sum(model.losses) if penalties else 0.0)
    grads = tape.gradient(value, [v.value for v in chosen])
    return [(norm or np.linalg.norm)(np.asarray(g)) for g in grads]


@layer_grad_norms.wrong("These are the norms of the weights themselves, not of their gradients.")
def weight_norms(model, X, y):
    return [np.linalg.norm(np.asarray(v)) for v in model.trainable_variables if len(v.shape) == 2]


@layer_grad_norms.wrong(
    "There are twice as many numbers as layers: the biases are among them. Which variables are kernels?"
)
def biases_too(model, X, y):
    return kernel_norms(model, X, y, choose=lambda v: True)


@layer_grad_norms.wrong(
    "Kernel and bias of a layer share one norm with you. The kernel's alone was asked for."
)
def bias_within_the_norm(model, X, y):
    norms = np.array(kernel_norms(model, X, y, choose=lambda v: True))
    return list(np.sqrt(norms[::2] ** 2 + norms[1::2] ** 2))


@layer_grad_norms.wrong(
    "Your gradients are as many times too large as there are samples: you add up the losses of the samples where the compiled "
    "loss takes their mean."
)
def sum_for_mean(model, X, y):
    return [len(X) * norm for norm in kernel_norms(model, X, y)]


@layer_grad_norms.wrong(
    "Right for binary cross-entropy, wrong for a model compiled with another loss: ask the model for its own.",
    loses=OF_THE_LOSS,
)
def always_cross_entropy(model, X, y):
    import keras

    return kernel_norms(model, X, y, loss=keras.losses.binary_crossentropy)


@layer_grad_norms.wrong(
    "Where `y` has the shape (n,) and the output (n, 1), Keras' losses want to be told which target belongs to which output: "
    "bring the targets into the output's shape first.",
    loses=OF_THE_LOSS,
)
def flat_targets(model, X, y):
    import keras

    def loss(_, out):
        return keras.losses.get(model.loss)(np.asarray(y), out)

    return kernel_norms(model, X, y, loss=loss)


@layer_grad_norms.wrong(
    "With a formula of your own, `y` of shape (n,) and an output of shape (n, 1) broadcast to (n, n): every target meets every "
    "output. And the model may have been compiled with another loss: ask it.",
    loses=OF_THE_LOSS,
)
def own_formula_broadcast(model, X, y):
    import tensorflow as tf

    def loss(_, p):
        return -(y * tf.math.log(p) + (1 - y) * tf.math.log(1 - p))

    return kernel_norms(model, X, y, loss=loss)


@layer_grad_norms.wrong(
    "These are squares of the norms: take the root.",
)
def squared(model, X, y):
    return [norm**2 for norm in kernel_norms(model, X, y)]


@layer_grad_norms.wrong("This is the largest entry of each gradient, not its norm.")
def largest_entry(model, X, y):
    return kernel_norms(model, X, y, norm=lambda g: np.abs(g).max())


@layer_grad_norms.wrong("This is the mean size of a gradient's entries, not its norm.")
def mean_size(model, X, y):
    return kernel_norms(model, X, y, norm=lambda g: np.abs(g).mean())


@layer_grad_norms.wrong("The norms stand in reverse order: the layer next to the inputs comes first.")
def last_layer_first(model, X, y):
    return kernel_norms(model, X, y)[::-1]


@layer_grad_norms.wrong(
    "With dropout in the model your norms change from call to call: the pass runs in training mode.",
    loses=CALM,
)
def in_training_mode(model, X, y):
    return kernel_norms(model, X, y, training=True)


@layer_grad_norms.wrong(
    "Your gradients contain the penalties on the weights. Only the compiled loss was asked for.", loses=CALM
)
def with_penalties(model, X, y):
    return kernel_norms(model, X, y, penalties=True)


@layer_grad_norms.right
def layer_by_layer(model, X, y):
    import keras
    import tensorflow as tf

    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    norms = []
    for layer in dense:
        with tf.GradientTape() as tape:
            out = model(tf.constant(X), training=False)
            loss = tf.reduce_mean(
                keras.losses.get(model.loss)(tf.reshape(tf.constant(y), tf.shape(out)), out)
            )
        norms.append(float(tf.norm(tape.gradient(loss, layer.kernel.value))))
    return norms


@layer_grad_norms.right
def by_compute_loss(model, X, y):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        out = model(X)
        loss = model.compute_loss(X, tf.reshape(y, (-1, 1)), out, training=False) - sum(model.losses)
    grads = tape.gradient(loss, model.trainable_weights)
    return tuple(tf.sqrt(tf.reduce_sum(g**2)).numpy() for g in grads[::2])


@layer_grad_norms.right
def all_at_once_and_then_kernels(model, X, y):
    import tensorflow as tf

    loss_fn = tf.keras.losses.get(model.loss)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(loss_fn(np.reshape(y, (len(X), 1)), model(X, training=False)))
    grads = tape.gradient(loss, model.trainable_variables)
    pairs = zip(grads, model.trainable_variables)
    return tf.stack([tf.norm(g) for g, v in pairs if v.path.endswith("kernel")])


layer_grad_norms.small(
    "One weight w = 0, one input 2, target 1, no bias: the output is σ(0) = ½, and the gradient of cross-entropy with respect to z is "
    "½ - 1 = -½. Times the input 2 that is -1 for w: a list with the one number 1."
)

# 6.5 depth_study

SCORES, PLACES = "a score for every depth and every seed", "rows are depths, columns are seeds"

depth_study = Exercise(points=2, groups={SCORES: 1, PLACES: 1})


@depth_study.cases
def cases(rng):
    for n_depths, n_seeds in ((4, 3), (2, 5)):
        given = {
            "depths": sorted(rng.permutation(np.arange(11, 30))[:n_depths].tolist()),
            "seeds": rng.permutation(np.arange(40, 90))[:n_seeds].tolist(),
            "_phase": rng.uniform(1, 9),
        }
        yield case(SCORES, **given, _sorted=True)
        yield case(PLACES, **given, _sorted=False)


@depth_study.driver
def drive(depth_study, depths, seeds, _phase, _sorted):
    def train_fn(depth, seed):
        return 0.6 + 0.2 * np.sin(_phase * depth + 0.37 * seed) + 0.1 * np.cos(0.3 * depth * seed)

    scores = depth_study(train_fn, depths, seeds)
    if not hasattr(scores, "__len__"):
        raise TypeError("depth_study should return an array with a row for each depth")
    table = np.asarray(scores, dtype=float)
    return np.sort(table.ravel()) if _sorted else table


def all_scores(train_fn, depths, seeds):
    return np.array([[train_fn(depth, seed) for seed in seeds] for depth in depths])


@depth_study.wrong("Rows and columns have changed places: a row belongs to one depth.", loses=PLACES)
def seeds_in_rows(train_fn, depths, seeds):
    return all_scores(train_fn, depths, seeds).T


@depth_study.wrong(
    "Your numbers are right, and stand at the wrong places: filling (depths, seeds) in the order of a loop over seeds mixes them up.",
    loses=PLACES,
)
def reshaped_wrongly(train_fn, depths, seeds):
    return all_scores(train_fn, depths, seeds).T.ravel().reshape(len(depths), len(seeds))


@depth_study.wrong("Every run of a depth used the first seed, so that there is no spread to see.")
def one_seed_throughout(train_fn, depths, seeds):
    return all_scores(train_fn, depths, [seeds[0]] * len(seeds))


@depth_study.wrong("You return the best seed of each depth; every score was asked for.")
def best_of_seeds(train_fn, depths, seeds):
    return all_scores(train_fn, depths, seeds).max(axis=1)


@depth_study.wrong(
    "You return the mean of each depth; every score was asked for, so that one can see the spread."
)
def mean_of_seeds(train_fn, depths, seeds):
    return all_scores(train_fn, depths, seeds).mean(axis=1)


@depth_study.wrong("`train_fn` takes the depth first and the seed second; yours come the other way round.")
def arguments_swapped(train_fn, depths, seeds):
    return np.array([[train_fn(seed, depth) for seed in seeds] for depth in depths])


@depth_study.wrong("You train with the positions 0, 1, 2, … of the seeds, not with the seeds you were given.")
def positions_for_seeds(train_fn, depths, seeds):
    return all_scores(train_fn, depths, range(len(seeds)))


@depth_study.wrong("You train with depths 1, 2, 3, …, not with those you were given.")
def counted_depths(train_fn, depths, seeds):
    return all_scores(train_fn, range(1, len(depths) + 1), seeds)


@depth_study.wrong("Depths and seeds are paired off by `zip`; every depth needs every seed.")
def paired_off(train_fn, depths, seeds):
    return np.array([train_fn(depth, seed) for depth, seed in zip(depths, seeds)])


@depth_study.right
def filled_in(train_fn, depths, seeds):
    table = np.zeros((len(depths), len(seeds)))
    for j, seed in enumerate(seeds):
        for i, depth in enumerate(depths):
            table[i, j] = train_fn(depth, seed)
    return table


@depth_study.right
def with_product(train_fn, depths, seeds):
    from itertools import product

    runs = [train_fn(*pair) for pair in product(depths, seeds)]
    return np.reshape(runs, (len(depths), -1))


@depth_study.right
def by_keywords_as_lists(train_fn, depths, seeds):
    return [[float(train_fn(depth=depth, seed=seed)) for seed in seeds] for depth in depths]


@depth_study.right
def in_float32(train_fn, depths, seeds):
    return all_scores(train_fn, depths, seeds).astype(np.float32)


depth_study.small(
    "Say train_fn(depth, seed) is depth + seed / 10, the depths are 1 and 2, the seeds 3, 4 and 5. Then the rows are 1.3, 1.4, 1.5 "
    "and 2.3, 2.4, 2.5."
)

# 6.6 supported_claims

CLAIMS = "the claims that the data support"
LETTERS, SUPPORTED = "abcdefgh", "bdf"

supported_claims = Exercise(points=1, groups={CLAIMS: 1})


@supported_claims.cases
def cases(rng):
    yield case()


@supported_claims.driver
def drive(supported_claims):
    answer = supported_claims()
    if answer is None or not hasattr(answer, "__iter__"):
        raise TypeError("supported_claims should return a set of letters, such as {'a', 'b'}")
    chosen = {str(letter).strip().lower() for letter in answer}
    return {
        "chosen": np.array([letter in chosen for letter in LETTERS]) * 1,
        "strangers": len(chosen - set(LETTERS)),
    }


@supported_claims.judge
def judge(case, result):
    chosen = {letter for letter, taken in zip(LETTERS, result["chosen"]) if taken}
    strangers, missing = int(result["strangers"]), len(set(SUPPORTED) - chosen)
    extra = len(chosen - set(SUPPORTED))
    counts = [
        (extra, "not supported by what you measured"),
        (missing, "supported but missing"),
        (strangers, "not a letter from a to h"),
    ]
    told = ", ".join(f"{count} {what}" for count, what in counts if count)
    seen = "chose " + "".join(sorted(chosen)) + "?" * strangers
    yield CLAIMS, not told, seen, f"of the claims you chose: {told}"


@supported_claims.wrong(
    "One of yours is the lecture's title. Look at the cell of the table in which ReLU is the only change."
)
def trusts_the_title():
    return {"a", "b", "d", "f"}


@supported_claims.wrong(
    "One of yours calls the failure of tanh vanishing gradients. Look at the norms, layer by layer: where is the smallest?"
)
def calls_it_vanishing():
    return {"b", "c", "d", "f"}


@supported_claims.wrong(
    "One of yours goes further than the data: it turns something seen with one width, one data set and this training into a "
    "rule for all networks."
)
def generalises():
    return {"b", "d", "e", "f"}


@supported_claims.wrong(
    "One of yours compares means that differ by less than the seeds do. Is the difference larger than its standard error?"
)
def trusts_small_differences():
    return {"b", "d", "f", "g"}


@supported_claims.wrong("One of yours is about width. Look at the figure with 25 units at depth 5 once more.")
def wider_is_better():
    return {"b", "d", "f", "h"}


@supported_claims.wrong(
    "One that the data do support is missing. One failure in many runs is a finding, too: it is about how sure a recipe is."
)
def misses_the_dead_ones():
    return {"b", "f"}


@supported_claims.wrong(
    "One that the data do support is missing: hold the first layer's gradient against the last one's, activation by activation."
)
def misses_the_sigmoid():
    return {"b", "d"}


@supported_claims.wrong("You list those that the data don't support.")
def the_others():
    return {"a", "c", "e", "g", "h"}


@supported_claims.right
def as_text():
    return "bdf"


@supported_claims.right
def as_a_list_of_capitals():
    return ["F", "B", "D"]


supported_claims.small(
    "Take a claim such as “X repairs the network”. Find two cells of your table that differ in X and in nothing else. If the second "
    "is not better than the first by more than the seeds scatter, the claim is not supported."
)
