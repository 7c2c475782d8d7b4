"""Exercises of lesson 06: a fair experiment with two factors, its effects, gradients, and what may be claimed."""

import numpy as np

from autograder.authoring import Exercise, Question, case, right, wrong
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
            "keras is not imported in this notebook: run the cell that imports it, then this one again")

    def initializer_factory(*shape, **options):
        if shape or options:
            raise TypeError("`initializer_factory` takes no argument, and was called with some")
        return keras.initializers.RandomUniform(_low, _high)

    model = build_mlp(depth, width, act, initializer_factory)
    if not isinstance(model, keras.Model):
        raise TypeError("build_mlp should return a Keras model")
    kinds = keras.layers.InputLayer, keras.layers.Dense, keras.layers.Activation, keras.layers.ReLU
    layers = all_layers(model)
    strange = sum(not isinstance(layer, kinds) for layer in layers)
    weights = [np.asarray(weight, dtype=float) for weight in model.get_weights()]
    kernels = [weight for weight in weights if weight.ndim == 2]
    biases = [weight for weight in weights if weight.ndim == 1]
    pairs = [(one, other) for i, one in enumerate(kernels) for other in kernels[:i] if one.shape == other.shape]
    sizes = [kernel.shape[1] for kernel in kernels]
    return {
        "built": len(kernels),
        "dense": sum(isinstance(layer, keras.layers.Dense) for layer in layers),
        "inputs": kernels[0].shape[0] if kernels else 0,
        "sizes": np.array((sizes + [0] * 20)[:20]),
        "pairs alike": sum(np.array_equal(one, other) for one, other in pairs),
        "outside": sum(kernel.min() < _low - 1e-5 or kernel.max() > _high + 1e-5 for kernel in kernels),
        "biases": len(biases),
        "biases not 0": sum(bool(np.any(bias)) for bias in biases),
        "strange layers": strange,
        "burdened": sum(is_burdened(layer) for layer in layers),
        "frozen": len(model.weights) - len(model.trainable_weights),
        "function": which_function(model, _X, act) if kernels and kernels[0].shape[0] == 2 and not strange else -1,
        "compiled": compiled_with(model, keras),
    }


def all_layers(model):
    """The layers, also those of a model within the model."""
    return [one for layer in model.layers for one in (all_layers(layer) if hasattr(layer, "layers") else [layer])]


def is_burdened(layer):
    """Whether a penalty or a constraint hangs on a layer."""
    places = "kernel_regularizer", "bias_regularizer", "activity_regularizer", "kernel_constraint", "bias_constraint"
    return any(getattr(layer, place, None) is not None for place in places)


def which_function(model, X, act):
    """With other weights, which saturate nothing.

    1: hidden layers with act and a sigmoid at the end; 2 to 5: other things at the end; 0: something else.
    """
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
    ends = [sigmoid(z), hidden(z), z, sigmoid(hidden(z)), np.ones_like(z)]
    for number, end in enumerate(ends, start=1):
        if found.shape == end.shape and np.allclose(found, end, rtol=1e-3, atol=1e-5):
            return number
    return 0


OPTIONS = (
    "nesterov", "weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "use_ema", "loss_scale_factor",
    "gradient_accumulation_steps", "learning_rate",
)


def compiled_with(model, keras):
    """[is compiled, its loss on two points, is SGD, learning rate, momentum], and which options are not plain SGD's."""
    if not getattr(model, "compiled", False):
        return np.zeros(5 + len(OPTIONS))
    try:
        y, p = np.array([[1.0], [0.0]], "float32"), np.array([[0.3], [0.6]], "float32")
        loss = float(np.asarray(model.compute_loss(y=y, y_pred=p))) - sum(float(part) for part in model.losses)
    except (TypeError, ValueError):
        loss = -1.0
    optimiser = model.optimizer
    rate = float(np.asarray(optimiser.learning_rate))
    momentum = float(getattr(optimiser, "momentum", 0) or 0)
    plain, own = keras.optimizers.SGD(0.01, 0.9).get_config(), optimiser.get_config()
    # The rate itself is looked at by its value: here it matters only whether it is a schedule.
    changed = [isinstance(own.get(name), dict) if name == "learning_rate" else own.get(name) != plain[name]
               for name in OPTIONS]
    return np.array([1.0, loss, type(optimiser) is keras.optimizers.SGD, rate, momentum, *changed], dtype=float)


@build_mlp.judge
def judge(case, result):
    depth, width = int(case.inputs["depth"]), int(case.inputs["width"])
    sizes = [int(size) for size in result["sizes"] if size]
    yield LAYERS, *layers_as_asked(sizes, [width] * depth + [1], result)
    yield FRESH, *first_weights(result)
    yield COMPILED, *how_compiled(np.asarray(result["compiled"], dtype=float))


def layers_as_asked(sizes, wanted, result):
    if not result["built"]:
        return False, "not built", "the model has no weights yet: it does not know how many inputs there are"
    if result["built"] < result["dense"]:
        missing = int(result["dense"] - result["built"])
        return False, "not all built", f"Dense layers that have no weights yet: {missing}"
    if result["inputs"] != 2:
        return False, "other inputs", f"the first layer takes {int(result['inputs'])} inputs; expected 2"
    if sizes != wanted:
        fewer = len(sizes) - len(wanted)
        seen = f"{fewer:+d} layers" if fewer else "other widths"
        return False, seen, f"the layers have {sizes} units; expected {wanted}"
    if result["strange layers"]:
        return False, "strange", f"layers that are neither Dense nor an activation: {int(result['strange layers'])}"
    if result["biases"] != result["built"]:
        return False, "no bias", f"{int(result['built'])} layers have {int(result['biases'])} biases"
    if result["burdened"]:
        return False, "burdened", f"layers with a penalty or a constraint: {int(result['burdened'])}"
    if result["frozen"]:
        return False, "frozen", f"arrays of weights that would not be trained: {int(result['frozen'])}"
    ends = {2: "act at the end", 3: "nothing at the end", 4: "act and sigmoid at the end",
            5: "softmax at the end"}
    told = "the model's outputs are not those of the layers asked for, computed from its own weights"
    function = int(result["function"])
    return function == 1, ends.get(function, "another function"), told + (
        f" ({ends[function]})" if function in ends else "")


def first_weights(result):
    if not result["built"]:
        return False, "no weights", "there are no weights to look at"
    if result["pairs alike"]:
        count = int(result["pairs alike"])
        return False, "alike", f"pairs of layers that start with the very same weights: {count}"
    if result["biases not 0"]:
        return False, "biases", f"layers whose biases do not begin at 0: {int(result['biases not 0'])}"
    outside = int(result["outside"])
    seen = "all from elsewhere" if outside == result["built"] else "some from elsewhere"
    told = f"layers whose weights are not from the factory you were given: {outside} of {int(result['built'])}"
    return outside == 0, seen, told


def how_compiled(found):
    """The loss of probability 0.3 for a 1 and 0.6 for a 0 is the mean of -ln 0.3 and -ln 0.4."""
    compiled, loss, is_sgd, rate, momentum, *changed = found
    if not compiled:
        return False, "not compiled", "the model is not compiled"
    if not close(loss, 1.06013, rtol=1e-3):
        return False, "another loss", "the loss is not binary cross-entropy of probabilities"
    if not is_sgd:
        return False, "another optimiser", "the optimiser is not plain SGD"
    if not close(rate, 0.01):
        return False, "another rate", f"the learning rate is {rate:.4g}, expected 0.01"
    if not close(momentum, 0.9):
        return False, "another momentum" if momentum else "no momentum", f"the momentum is {momentum:.4g}, expected 0.9"
    names = [name for name, other in zip(OPTIONS, changed) if other]
    told = "an option of the optimiser is not what SGD has by itself: " + ", ".join(names)
    return not names, "option " + ", ".join(names), told


def stacked(depth, width, act, make, end="sigmoid", opt=None, with_input=True, loss="binary_crossentropy",
            before_end=(), **dense):
    import keras

    layers = [keras.Input((2,))] if with_input else []
    for _ in range(depth):
        layers.append(keras.layers.Dense(width, activation=act, kernel_initializer=make(), **dense))
    layers += [*before_end, keras.layers.Dense(1, activation=end, kernel_initializer=make(), **dense)]
    model = keras.Sequential(layers)
    model.compile(opt or keras.optimizers.SGD(learning_rate=0.01, momentum=0.9), loss)
    return model


@build_mlp.mistakes
def mistakes(depth, width, act, initializer_factory):
    import keras

    make = initializer_factory
    yield "depth_with_output", stacked(depth - 1, width, act, make), (
        "There is one hidden layer too few: `depth` counts hidden layers only, and the output comes on top.")
    yield "one_layer_too_many", stacked(depth + 1, width, act, make), (
        "There is one hidden layer too many. A first Dense in front of a loop over `depth` makes depth + 1 "
        "of them.")
    yield "always_seven_layers", stacked(7, width, act, make), (
        "Whatever `depth` says, you stack the same number of layers.")
    yield "act_on_the_output", stacked(depth, width, act, make, end=act), (
        "The output has the activation of the hidden layers. What must lie between 0 and 1?")
    yield "linear_output", stacked(depth, width, act, make, end=None), (
        "The output has no activation: it is a logit, and the loss takes it for a probability.")
    yield "linear_hidden_layers", stacked(depth, width, None, make), (
        "Your layers do not compute what hidden layers with `act` and a sigmoid at the end would. Does every "
        "hidden layer use `act`?")
    yield "softmax_output", stacked(depth, width, act, make, end="softmax"), (
        "The output is 1 whatever the input: softmax divides by the sum over a layer's units, and this layer has "
        "one.")
    one = make()
    yield "shared_initializer", stacked(depth, width, act, lambda: one), (
        "Layers of one shape start with the same weights: they share one thing that the factory has made. "
        "Since Keras 3 one initialiser without a seed draws the same numbers each time. The tanh listings of "
        "the Better Deep Learning deck do this.")
    yield "factory_not_used", stacked(depth, width, act, lambda: "glorot_uniform"), (
        "What the factory makes is never used: your layers have their first weights from elsewhere.")
    hidden = iter([make() for _ in range(depth)])
    yield "output_with_its_own", stacked(depth, width, act, lambda: next(hidden, "glorot_uniform")), (
        "Not every layer asks the factory. In the experiment all first weights change, those of the output "
        "too, or it is not clear which of them matter.")
    yield "sgd_by_name", stacked(depth, width, act, make, opt="sgd"), (
        "Your SGD has no momentum: the name 'sgd' alone comes without, and so does an object that isn't "
        "told.")
    yield "with_adam", stacked(depth, width, act, make, opt="adam"), (
        "You changed the optimiser as well. In an experiment on activation and first weights everything "
        "else stays as it is: SGD.")
    sgd = lambda **options: keras.optimizers.SGD(learning_rate=0.01, momentum=0.9, **options)
    yield "with_nesterov", stacked(depth, width, act, make, opt=sgd(nesterov=True)), (
        "Your SGD looks ahead: `nesterov=True` is another rule of moving. Plain momentum was asked for.")
    yield "with_clipping", stacked(depth, width, act, make, opt=sgd(clipnorm=1.0)), (
        "Your optimiser clips gradients. That is a remedy of its own, and would be a third difference.")
    yield "with_decay", stacked(depth, width, act, make, opt=sgd(weight_decay=0.01)), (
        "Your optimiser shrinks the weights in every step: `weight_decay` is a third factor in an "
        "experiment on two.")
    schedule = lambda: keras.optimizers.schedules.ExponentialDecay(0.01, 1000, 0.9)
    yield "falling_rate", stacked(depth, width, act, make, opt=keras.optimizers.SGD(schedule(), 0.9)), (
        "Your learning rate falls on the way: it should be 0.01 in every step.")
    yield "other_momentum", stacked(depth, width, act, make, opt=keras.optimizers.SGD(0.01, 0.99)), (
        "Your optimiser has another momentum than the experiment asks for.")
    yield "with_dropout", stacked(depth, width, act, make, before_end=[keras.layers.Dropout(0.5)]), (
        "There is a layer that is neither Dense nor an activation. Whatever else you put in would differ "
        "from the networks of the experiment, too.")
    yield "without_biases", stacked(depth, width, act, make, use_bias=False), (
        "Your layers have no biases. Nobody asked for that: leave `use_bias` as it is.")
    yield "biases_from_the_factory", stacked(depth, width, act, make, bias_initializer=make()), (
        "Your biases do not begin at 0, as those of Keras do by themselves. The factory is for the kernels.")
    yield "with_a_penalty", stacked(depth, width, act, make, kernel_regularizer="l2"), (
        "A penalty or a constraint hangs on your layers: that is one more thing that differs.")
    yield "squared_error", stacked(depth, width, act, make, loss="mse"), (
        "The loss is not binary cross-entropy of probabilities. (With `from_logits=True` a sigmoid would be "
        "applied twice.)")
    yield "forgets_to_compile", keras.Sequential(stacked(depth, width, act, make).layers), (
        "The model is not compiled: it has no loss and no optimiser yet.")
    yield "without_input", stacked(depth, width, act, make, with_input=False), (
        "Without an Input the model does not know how many inputs there are, and has no weights until it "
        "sees data.")


@build_mlp.wrong(
    "You hand the factory itself to the layer, which calls it with a shape. The layer wants what the "
    "factory makes.", raises=True)
def hands_over_the_factory(depth, width, act, initializer_factory):
    return stacked(depth, width, act, lambda: initializer_factory)


@build_mlp.wrong(
    "Does the error speak of `lr`? That is a name of old versions. Keras 3 refuses it, and versions in between "
    "took it and ignored it: the argument is called `learning_rate`.", raises=True)
def old_name_of_the_rate(depth, width, act, initializer_factory):
    import keras

    return stacked(depth, width, act, initializer_factory, opt=keras.optimizers.SGD(lr=0.01, momentum=0.9))


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
    "build_mlp(2, 3, 'tanh', factory) has three kernels: (2, 3), (3, 3) and (3, 1). The factory is called "
    "three times. Nothing but the last layer has a sigmoid.")

# 6.2 summarise

SPREAD = "the standard deviation"
REST = "mean, number and share above 0.7"
MEAN, NUMBER, SHARE = "the mean", "the number", "the share above 0.7"

summarise = Exercise(points=1, returns=(MEAN, SPREAD, NUMBER, SHARE), groups={REST: 1, SPREAD: 1})


@summarise.cases
def cases(rng):
    for n, failed, as_list in ((5, 2, True), (8, 4, False), (11, 2, True)):
        low, middle = rng.uniform(0.45, 0.6, failed), rng.uniform(0.71, 0.72, 1)
        scores = rng.permutation(np.concatenate([low, middle, rng.uniform(0.84, 0.95, n - failed - 1)]))
        given = scores.tolist() if as_list else scores
        yield case(REST, part=(MEAN, NUMBER, SHARE), scores=given)
        yield case(SPREAD, scores=given)


@summarise.driver
def drive(summarise, scores):
    found = summarise(scores)
    return [as_float(one) for one in found] if isinstance(found, (list, tuple)) else found


@summarise.mistakes
def mistakes(scores):
    scores = np.asarray(scores)
    n, mean, sd, above = len(scores), np.mean(scores), np.std(scores, ddof=1), np.mean(scores > 0.7)
    yield "best_of_seeds", (np.max(scores), sd, n, above), (
        "You report the best of the seeds. Luck always looks good: report the mean.")
    yield "median_for_mean", (np.median(scores), sd, n, above), (
        "Your first number is the median. It hides the one seed in ten that failed, which is what we look "
        "for here.")
    yield "divides_by_n", (mean, np.std(scores), n, above), (
        "This is the spread of the seeds you ran; as an estimate for all seeds, divide by n - 1 (ddof=1).")
    yield "variance", (mean, sd**2, n, above), "This is the variance: take its root."
    yield "standard_error", (mean, sd / np.sqrt(n), n, above), (
        "This is the standard error of the mean, sd / √n. How far single runs lie apart was asked for.")
    yield "range_for_sd", (mean, np.ptp(scores), n, above), (
        "This is the distance from the lowest to the highest score, which grows with the number of seeds. "
        "The standard deviation was asked for.")
    yield "in_per_cent", (mean, sd, n, 100 * above), (
        "Your last number is in per cent; a share from 0 to 1 was asked for.")
    yield "share_below", (mean, sd, n, np.mean(scores < 0.7)), (
        "Your last number is the share of those that failed.")
    yield "counts_for_share", (mean, sd, n, np.sum(scores > 0.7)), (
        "Your last number counts the scores above 0.7; their share was asked for, from 0 to 1.")
    yield "above_the_mean", (mean, sd, n, np.mean(scores > mean)), (
        "Your last number is the share above the *mean*; the limit is 0.7, whatever the scores.")
    good = scores[scores > 0.7]
    yield "only_those_that_learnt", (np.mean(good), np.std(good, ddof=1), len(good), len(good) / n), (
        "You summarise only the runs that learnt. Those that failed belong to the result.")


@summarise.answers
def answers(scores):
    import statistics

    listed, n = [float(score) for score in scores], len(scores)
    above = sum(score > 0.7 for score in listed) / n
    yield "with_statistics", [statistics.mean(listed), statistics.stdev(listed), n, above]
    some = np.asarray(scores, dtype=np.float64)
    yield "as_an_array", np.array([some.mean(), some.std(ddof=1), some.size, np.count_nonzero(some > 0.7) / n])
    narrow = np.float32(scores)
    yield "in_float32", (narrow.mean(), narrow.std(ddof=1), narrow.size, np.float32(np.mean(narrow > 0.7)))


@summarise.right
def with_a_loop(scores):
    n = len(scores)
    mean = sum(scores) / n
    square, above = 0.0, 0
    for score in scores:
        square += (score - mean) ** 2
        above += 1 if score >= 0.7 else 0
    return mean, (square / (n - 1)) ** 0.5, n, above / n


summarise.small(
    "Scores 0.5, 0.75, 0.85 and 0.9: their mean is 0.75, they lie -0.25, 0, 0.1 and 0.15 from it, and the "
    "squares add up to 0.095. Divide by 4 - 1 and take the root: 0.178. Three of four lie above 0.7.",
    scores=[0.5, 0.75, 0.85, 0.9])

# 6.3 effects

MAIN, TOGETHER = "the two main effects", "the interaction"

effects = Exercise(points=2, returns=("init", "act", TOGETHER), groups={MAIN: 1, TOGETHER: 1})


@effects.cases
def cases(rng):
    # Gains, a loss by the activation, a loss by the first weights.
    shapes = [[[0.0, 0.2], [0.05, 0.4]], [[0.05, 0.4], [0.0, 0.2]], [[0.4, 0.05], [0.2, 0.0]]]
    for as_list, shape in zip((True, False, True), shapes):
        table = rng.uniform(0.45, 0.5, (2, 2)) + np.array(shape) * rng.uniform(0.7, 1)
        given = table.tolist() if as_list else table
        yield case(MAIN, part=("init", "act"), table=given)
        yield case(TOGETHER, table=given)


@effects.driver
def drive(effects, table):
    found = effects(table)
    if not isinstance(found, dict):
        raise TypeError("effects should return a dictionary with the keys init, act and interaction")
    missing = [key for key in ("init", "act", "interaction") if key not in found]
    if missing:
        raise ValueError(f"the dictionary has no key {', '.join(missing)}")
    return tuple(as_float(found[key]) for key in ("init", "act", "interaction"))


def as_float(number):
    """A fraction is a number, too; whatever else is not plain is left to the judgement."""
    from numbers import Real

    return float(number) if isinstance(number, Real) and not isinstance(number, bool) else number


def three_effects(table):
    (t00, t01), (t10, t11) = table
    return {
        "init": ((t01 - t00) + (t11 - t10)) / 2,
        "act": ((t10 - t00) + (t11 - t01)) / 2,
        "interaction": (t11 - t10) - (t01 - t00),
    }


@effects.mistakes
def mistakes(table):
    (t00, t01), (t10, t11) = table
    correct = three_effects(table)
    init, act, both = correct.values()
    yield "the_diagonal_for_act", {**correct, "act": t11 - t00}, (
        "Your effect of the activation compares tanh + U(0,1) with ReLU + He: two things change between "
        "them, as between the deck's first deep listing and its last but one. Compare cells that differ in "
        "one factor only.")
    yield "the_diagonal_for_both", {**correct, "init": t11 - t00, "act": t11 - t00}, (
        "Both your main effects are the difference between opposite corners, where both factors change.")
    yield "signs_turned", {key: -value for key, value in correct.items()}, (
        "All signs are turned: an effect is the second level minus the first, He minus U(0,1) and ReLU "
        "minus tanh.")
    yield "rows_for_columns", {**correct, "init": act, "act": init}, (
        "init and act have changed places: rows are activations, columns are first weights.")
    yield "first_row_and_column", {**correct, "init": t01 - t00, "act": t10 - t00}, (
        "Your main effects are for one level of the other factor only, the first. They are asked for as a "
        "mean over both.")
    yield "second_row_and_column", {**correct, "init": t11 - t10, "act": t11 - t01}, (
        "Your main effects are for one level of the other factor only, the second. They are asked for as a "
        "mean over both.")
    yield "absolute_values", {key: abs(value) for key, value in correct.items()}, (
        "The signs are gone: a change that makes it worse has a negative effect.")
    yield "means_for_effects", {**correct, "init": (t01 + t11) / 2, "act": (t10 + t11) / 2}, (
        "Your main effects are mean scores of the second level. An effect is a difference: what does the "
        "first level score?")
    yield "added_not_averaged", {**correct, "init": 2 * init, "act": 2 * act}, (
        "Your main effects are twice too large: the two differences are to be averaged.")
    yield "interaction_halved", {**correct, "interaction": both / 2}, (
        "Your interaction is half of the difference of differences. Some books define it so; the prompt "
        "does not.")
    yield "differences_added", {**correct, "interaction": (t11 - t10) + (t01 - t00)}, (
        "Your interaction adds the two differences. How much *more* does He gain with ReLU than with tanh?")
    yield "interaction_turned", {**correct, "interaction": -both}, (
        "Your interaction has the wrong sign: it is the gain with ReLU minus the gain with tanh.")
    yield "corner_for_interaction", {**correct, "interaction": t11 - t00}, (
        "Your interaction is the whole way from one corner to the other. What the two factors do each alone "
        "has to come off.")


@effects.answers
def answers(table):
    t, flat = np.array(table), np.ravel(table)
    act, init = np.diff(t.mean(axis=1))[0], np.diff(t.mean(axis=0))[0]
    yield "from_marginal_means", {"act": act, "init": init, "interaction": t[1, 1] + t[0, 0] - t[0, 1] - t[1, 0]}
    contrasts = {"init": [-0.5, 0.5, -0.5, 0.5], "act": [-0.5, -0.5, 0.5, 0.5], "interaction": [1, -1, -1, 1]}
    yield "by_contrasts", {name: float(flat @ signs) for name, signs in contrasts.items()}
    from fractions import Fraction

    yield "as_fractions", {key: Fraction(float(value)) for key, value in three_effects(table).items()}
    yield "with_more_keys", {**three_effects(table), "mean": np.mean(table)}


@effects.right
def in_float32_by_regression(table):
    design = np.array([[1, i - 0.5, j - 0.5, (i - 0.5) * (j - 0.5)] for i in (0, 1) for j in (0, 1)])
    _, act, init, interaction = np.linalg.solve(design, np.ravel(table))
    return {"init": np.float32(init), "act": np.float32(act), "interaction": np.float32(interaction)}


effects.small(
    "A table with rows (0.6, 0.8) and (0.5, 0.9). He gains 0.2 with tanh and 0.4 with ReLU: 0.3 in the "
    "mean, and 0.2 more with ReLU. ReLU loses 0.1 with U(0,1) and gains 0.1 with He: 0 in the mean.",
    table=np.array([[0.6, 0.8], [0.5, 0.9]]))
effects.small(
    "The other way round: rows (0.8, 0.6) and (0.9, 0.5). He loses 0.2 with tanh and 0.4 with ReLU, and what is lost "
    "keeps its sign: -0.3 in the mean.",
    table=np.array([[0.8, 0.6], [0.9, 0.5]]))

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
            "keras is not imported in this notebook: run the cell that imports it, then this one again")
    layers = [keras.Input((2,))]
    for number, kernel in enumerate(_kernels):
        last = number == len(_kernels) - 1
        penalty = keras.regularizers.L2(_l2) if _l2 and number == 1 else None
        act = "sigmoid" if last else "tanh"
        dense = {"activation": act, "kernel_initializer": "zeros", "kernel_regularizer": penalty}
        layers.append(keras.layers.Dense(kernel.shape[1], **dense))
        if _drop and number == 0:
            layers.append(keras.layers.Dropout(_drop, seed=1))
    model = keras.Sequential(layers)
    model.set_weights([part for pair in zip(_kernels, _biases) for part in pair])
    model.compile(keras.optimizers.SGD(0.1), _loss)
    norms = layer_grad_norms(model, X.astype("float32"), y.astype("float32"))
    if isinstance(norms, dict) or not hasattr(norms, "__len__") or any(np.ndim(norm) for norm in norms):
        raise TypeError("layer_grad_norms should return a list with one number for each kernel")
    for weight, before in zip(model.get_weights()[::2], _kernels):
        if not np.allclose(weight, before, rtol=1e-5):
            raise ValueError("layer_grad_norms should only look: it changed the model's weights")
    return np.array([np.asarray(norm, dtype="float32") for norm in norms])


def kernel_norms(model, X, y, loss=None, training=False, choose=None, norm=None, penalties=False):
    """Norms of the gradients of the kernels, or of what else is to be chosen."""
    import keras
    import tensorflow as tf

    choose = choose or (lambda v: len(v.shape) == 2)
    chosen = [v for v in model.trainable_variables if choose(v)]
    with tf.GradientTape() as tape:
        out = model(X, training=training)
        per_sample = (loss or keras.losses.get(model.loss))(tf.reshape(y, (-1, 1)), out)
        value = tf.reduce_mean(per_sample) + (sum(model.losses) if penalties else 0.0)
    grads = tape.gradient(value, [v.value for v in chosen])
    return [(norm or np.linalg.norm)(np.asarray(g)) for g in grads]


@layer_grad_norms.mistakes
def mistakes(model, X, y):
    import keras
    import tensorflow as tf

    weights = [np.asarray(v) for v in model.trainable_variables]
    norms_of = lambda **how: kernel_norms(model, X, y, **how)
    yield "weight_norms", [np.linalg.norm(weight) for weight in weights if weight.ndim == 2], (
        "These are the norms of the weights themselves, not of their gradients.")
    yield "biases_too", norms_of(choose=lambda v: True), (
        "There are twice as many numbers as layers: the biases are among them. Which variables are kernels?")
    both = lambda: np.reshape(norms_of(choose=lambda v: True), (-1, 2))
    yield "bias_within_the_norm", list(np.hypot(*both().T)), (
        "Kernel and bias of a layer share one norm with you. The kernel's alone was asked for.")
    yield "sum_for_mean", [len(X) * norm for norm in norms_of()], (
        "Your gradients are as many times too large as there are samples: you add up the losses of the "
        "samples where the compiled loss takes their mean.")
    yield "always_cross_entropy", norms_of(loss=keras.losses.binary_crossentropy), (
        "Right for binary cross-entropy, wrong for a model compiled with another loss: ask the model for "
        "its own.")
    flat = lambda _, out: keras.losses.get(model.loss)(np.asarray(y), out)
    yield "flat_targets", norms_of(loss=flat), (
        "Where `y` has the shape (n,) and the output (n, 1), Keras' losses want to be told which target "
        "belongs to which output: bring the targets into the output's shape first.")
    own = lambda _, p: -(y * tf.math.log(p) + (1 - y) * tf.math.log(1 - p))
    yield "own_formula_broadcast", norms_of(loss=own), (
        "With a formula of your own, `y` of shape (n,) and an output of shape (n, 1) broadcast to (n, n): "
        "every target meets every output. And the model may have been compiled with another loss: ask it.")
    yield "squared", [norm**2 for norm in norms_of()], "These are squares of the norms: take the root."
    yield "largest_entry", norms_of(norm=lambda g: np.abs(g).max()), (
        "This is the largest entry of each gradient, not its norm.")
    yield "mean_size", norms_of(norm=lambda g: np.abs(g).mean()), (
        "This is the mean size of a gradient's entries, not its norm.")
    yield "root_mean_square", norms_of(norm=lambda g: np.sqrt(np.mean(g**2))), (
        "This is the root of the *mean* of the squares. The norm is the root of their sum.")
    yield "sum_of_sizes", norms_of(norm=lambda g: np.abs(g).sum()), (
        "This is the sum of the absolute values. The Euclidean norm takes the root of the sum of squares.")
    yield "largest_stretch", norms_of(norm=lambda g: np.linalg.norm(g, 2)), (
        "For a matrix `np.linalg.norm(g, 2)` is the largest stretch. The Euclidean norm takes all entries "
        "as one vector.")
    yield "of_the_output", norms_of(loss=lambda _, out: out), (
        "These are gradients of the mean output. Where is the loss?")
    yield "last_layer_first", norms_of()[::-1], (
        "The norms stand in reverse order: the layer next to the inputs comes first.")
    yield "in_training_mode", norms_of(training=True), (
        "With dropout in the model your norms change from call to call: the pass runs in training mode.")
    yield "with_penalties", norms_of(penalties=True), (
        "Your gradients contain the penalties on the weights. Only the compiled loss was asked for.")


@layer_grad_norms.right
def layer_by_layer(model, X, y):
    import keras
    import tensorflow as tf

    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    norms = []
    for layer in dense:
        with tf.GradientTape() as tape:
            out = model(tf.constant(X), training=False)
            loss = tf.reduce_mean(keras.losses.get(model.loss)(tf.reshape(tf.constant(y), tf.shape(out)), out))
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
    "One weight w = (0, 0), no bias: the output is σ(0) = ½, and the gradient of cross-entropy with respect to z is ½ - 1 "
    "= -½ for the target 1. Times the inputs (2, 0) that is (-1, 0) for w: a list with the one number 1.",
    X=np.array([[2.0, 0.0]]), y=np.array([1.0]), _kernels=[np.zeros((2, 1))], _biases=[np.zeros(1)], _loss="binary_crossentropy",
    _drop=0.0, _l2=0.0)
layer_grad_norms.small(
    "Two samples, two layers, and the squared error: the loss is a mean over both samples, and there is a norm for each "
    "of the two kernels.",
    X=np.array([[2.0, 0.0], [1.0, -1.0]]), y=np.array([1.0, 0.0]), _kernels=[np.array([[0.5, -0.3], [0.2, 0.4]]), np.array([[1.0], [-2.0]])],
    _biases=[np.array([0.1, 0.2]), np.array([0.3])], _loss="mse", _drop=0.0, _l2=0.0)
layer_grad_norms.small(
    "With a dropout and a penalty in the model: the gradient is that of the loss alone, of the calm network.",
    X=np.array([[2.0, 0.0], [1.0, -1.0]]), y=np.array([1.0, 0.0]), _kernels=[np.array([[0.5, -0.3], [0.2, 0.4]]), np.array([[1.0], [-2.0]])],
    _biases=[np.array([0.1, 0.2]), np.array([0.3])], _loss="binary_crossentropy", _drop=0.5, _l2=0.3)

# 6.5 depth_study

SCORES, PLACES = "a score for every depth and every seed", "rows are depths, columns are seeds"

depth_study = Exercise(points=2, returns={SCORES: 1, PLACES: 1})


@depth_study.cases
def cases(rng):
    for n_depths, n_seeds in ((4, 3), (2, 5)):
        yield case(
            depths=sorted(rng.permutation(np.arange(11, 30))[:n_depths].tolist()),
            seeds=rng.permutation(np.arange(40, 90))[:n_seeds].tolist(),
            _phase=rng.uniform(1, 9),
        )


@depth_study.driver
def drive(depth_study, depths, seeds, _phase):
    def train_fn(depth, seed):
        return 0.6 + 0.2 * np.sin(_phase * depth + 0.37 * seed) + 0.1 * np.cos(0.3 * depth * seed)

    scores = depth_study(train_fn, depths, seeds)
    if not hasattr(scores, "__len__"):
        raise TypeError("depth_study should return an array with a row for each depth")
    table = np.asarray(scores, dtype=float)
    return np.sort(table.ravel()), table


@depth_study.mistakes
def mistakes(train_fn, depths, seeds):
    table = np.array([[train_fn(depth, seed) for seed in seeds] for depth in depths])
    yield "seeds_in_rows", table.T, "Rows and columns have changed places: a row belongs to one depth."
    yield "reshaped_wrongly", table.T.ravel().reshape(table.shape), (
        "Your numbers are right, and stand at the wrong places: filling (depths, seeds) in the order of a "
        "loop over seeds mixes them up.")
    every = lambda depths, seeds: np.array([[train_fn(depth, seed) for seed in seeds] for depth in depths])
    yield "one_seed_throughout", every(depths, [seeds[0]] * len(seeds)), (
        "Every run of a depth used the first seed, so that there is no spread to see.")
    yield "deepest_first", table[::-1], (
        "Your rows stand in reverse order: the first belongs to the first of `depths`.")
    yield "sorted_rows", np.sort(table, axis=1), (
        "Your rows are sorted, so that a column does not belong to one seed any more.")
    yield "first_depth_only", table[:1], (
        "There is a row for the first depth alone: does a `return` stand inside the loop?")
    yield "median_of_seeds", np.median(table, axis=1), (
        "You return the median of each depth; every score was asked for.")
    yield "best_of_seeds", table.max(axis=1), (
        "You return the best seed of each depth; every score was asked for.")
    yield "mean_of_seeds", table.mean(axis=1), (
        "You return the mean of each depth; every score was asked for, so that one can see the spread.")
    yield "arguments_swapped", np.array([[train_fn(seed, depth) for seed in seeds] for depth in depths]), (
        "`train_fn` takes the depth first and the seed second; yours come the other way round.")
    yield "positions_for_seeds", every(depths, range(len(seeds))), (
        "You train with the positions 0, 1, 2, … of the seeds, not with the seeds you were given.")
    yield "counted_depths", every(range(1, len(depths) + 1), seeds), (
        "You train with depths 1, 2, 3, …, not with those you were given.")
    yield "paired_off", np.array([train_fn(depth, seed) for depth, seed in zip(depths, seeds)]), (
        "Depths and seeds are paired off by `zip`; every depth needs every seed.")


@depth_study.answers
def answers(train_fn, depths, seeds):
    from itertools import product

    yield "with_product", np.reshape([train_fn(*pair) for pair in product(depths, seeds)], (len(depths), -1))
    yield "by_keywords_as_lists", [[float(train_fn(depth=a, seed=b)) for b in seeds] for a in depths]
    yield "in_float32", np.float32([[train_fn(depth, seed) for seed in seeds] for depth in depths])


@depth_study.right
def filled_in(train_fn, depths, seeds):
    table = np.zeros((len(depths), len(seeds)))
    for j, seed in enumerate(seeds):
        for i, depth in enumerate(depths):
            table[i, j] = train_fn(depth, seed)
    return table


depth_study.small(
    "Say train_fn(depth, seed) is depth + seed / 10, the depths are 2 and 5, the seeds 3, 4 and 5. Then the "
    "rows are 2.3, 2.4, 2.5 and 5.3, 5.4, 5.5. With these depths and seeds, and the check's own train_fn:",
    depths=[2, 5], seeds=[3, 4, 5], _phase=1.0)

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
    chosen = {str(letter).strip().lower() for letter in answer} - {"", ",", ";"}  # of a text
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
        (extra, "you chose and did not measure"),
        (missing, "you measured and left out"),
        (strangers, "that is no letter from a to h" if strangers == 1 else "that are no letters from a to h"),
    ]
    told = ", ".join(f"{count} {what}" for count, what in counts if count)
    seen = "chose " + "".join(sorted(chosen)) + "?" * strangers
    yield CLAIMS, not told, seen, f"of the claims: {told}"


@supported_claims.mistakes
def mistakes():
    yield "trusts_the_title", {"a", "b", "d", "f"}, (
        "One of yours is the title of the deck's slides. Look at the cell of the table in which ReLU is the "
        "only change.")
    yield "calls_it_vanishing", {"b", "c", "d", "f"}, (
        "One of yours says that gradients shrink towards the inputs with tanh and U(0,1). Look at the "
        "norms, layer by layer: where is the smallest?")
    yield "generalises", {"b", "d", "e", "f"}, (
        "One of yours goes further than the data: it turns something seen with one width, one data set and "
        "this training into a rule for all networks.")
    yield "trusts_small_differences", {"b", "d", "f", "g"}, (
        "One of yours compares means that differ by less than the seeds do. Is the difference larger than "
        "its standard error?")
    yield "wider_is_better", {"b", "d", "f", "h"}, (
        "One of yours is about width. Look at the panel with 25 units at depth 5, after 500 epochs.")
    yield "misses_the_dead_ones", {"b", "f"}, (
        "One that the data do support is missing. One failure in many runs is a finding, too: it is about "
        "how sure a recipe is.")
    yield "misses_the_sigmoid", {"b", "d"}, (
        "One that the data do support is missing: hold the first layer's gradient against the last one's, "
        "activation by activation.")
    yield "the_others", {"a", "c", "e", "g", "h"}, "You list those that the data don't support."


@supported_claims.answers
def answers():
    yield "as_text", "bdf"
    yield "as_text_with_commas", "b, d, f"
    yield "as_a_list_of_capitals", ["F", "B", "D"]


supported_claims.small(
    "Take a claim such as “X repairs the network”. Find two cells of your table that differ in X and in "
    "nothing else. If the second is not better than the first by more than the seeds scatter, the claim is "
    "not supported.")

# The quiz

diagonal = Question(
    "tanh with U(0,1) reaches .60 and ReLU with He .80. How much of the .20 is ReLU's?",
    wrong(
        "All of it, since ReLU is the last thing that was changed.",
        "The first weights were changed, too. This is how the slides' title reads the two curves, and in "
        "this lesson it was wrong."),
    wrong(
        "Half, since there are two changes.",
        "A fair guess only for somebody who may not run the other two cells: two effects with the sum .20 "
        "can be of any size, and of either sign."),
    right(
        "It can't be said from these two numbers.",
        "The diagonal is the sum of two effects, and any two numbers with that sum fit, negative ones too."),
)
silence = Question(
    "ReLU with U(0,1) has gradient 0 in every layer after some epochs. Is that a vanishing gradient?",
    wrong(
        "Yes: zero is as small as it gets.",
        "\"Vanishing\" means that the signal shrinks from layer to layer on its way back, as with the "
        "sigmoid. Here it was large at the start, and grew on its way back."),
    right(
        "No: the gradients were large at first; steps too long killed a layer, and past a dead layer "
        "nothing comes back.",
        "That is a death by explosion. The remedy is another one, too: smaller or centred first weights, "
        "not an activation with a steeper slope."),
    wrong(
        "No: ReLU's slope is 1, so that its gradients can't be 0.",
        "It is 1 for positive $z$ only. For negative $z$ it is 0, and a unit that is negative for every "
        "point passes nothing."),
)
failing_run = Question(
    "Two recipes were run with five seeds each: means .834 ± .01 and .836 ± .01. Three more of the second "
    "give .50, .84 and .83. What do you report?",
    wrong(
        "The mean of the first five, since the experiment was planned so.",
        "You know more now. A result that one has and does not report is the most common way to deceive "
        "oneself."),
    wrong(
        "The median of all eight, which the outlier can't move.",
        "It hides the failure as well as the best of five would. A failing run is no slip of measurement, "
        "it is what the recipe does now and then."),
    right(
        "All eight: mean, spread, and that one of them failed.",
        "The spread and the failure are what distinguishes the second recipe, as far as eight runs can "
        "tell."),
)
