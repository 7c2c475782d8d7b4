"""Exercises of lesson 01: the chain rule by hand, from one sigmoid to a network of two layers."""

import math

import numpy as np

from autograder.authoring import UNCHANGED, Exercise, case


def naive_sigmoid(z):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-np.asarray(z)))


def slope_from_output(a):
    return a * (1 - a)


# 1.1 sigmoid and dsigmoid

FAR = "far from zero, |z| up to 1000"
BOTH = ("sigmoid", "dsigmoid")

sigmoid = Exercise(*BOTH, points=1, groups={"sigmoid": 3, "dsigmoid": 3, FAR: 2, UNCHANGED: 2})


@sigmoid.cases
def cases(rng):
    yield case(z=rng.uniform(0.5, 3))
    yield case(z=rng.uniform(-3, -0.5))
    yield case(z=0.0)
    yield case(z=rng.uniform(0.3, 4, (2, 3)) * rng.choice([-1, 1], (2, 3)))
    # exp(710) is infinite. The moderate entries set the scale of the comparison: beyond |z| = 36 right answers differ
    # in digits that no one can see.
    right, left = rng.uniform(720, 990), rng.uniform(-990, -720)
    yield case(FAR, z=np.array([right, 0.0, left, rng.uniform(1, 2), rng.uniform(-2, -1)]))


@sigmoid.mistakes(replaces="dsigmoid")
def mistakes(z):
    a = naive_sigmoid(z)
    yield "slope_from_the_input", z * (1 - z), (
        "dsigmoid: z(1 - z) is the right formula with the wrong letter in it. The slope is made from what comes "
        "out of the sigmoid, not from what goes in.")
    yield "one_plus_the_output", a * (1 + a), (
        "dsigmoid: a sign inside the bracket is turned. Your slope is 0.75 at z = 0, steeper than any sigmoid "
        "ever is.")
    yield "inner_derivative_forgotten", -slope_from_output(a), (
        "dsigmoid: negative everywhere, and yet the sigmoid rises. The exponent of e is -z, and its own "
        "derivative has to come along.")
    yield "square_forgotten", naive_sigmoid(-np.asarray(z)), (
        "dsigmoid: the derivative of 1/u has u squared below the line; you have u. Your slope at z = 0 is one "
        "half.")
    with np.errstate(over="ignore", invalid="ignore"):
        yield "slope_as_a_quotient", np.exp(-np.asarray(z)) / (1 + np.exp(-np.asarray(z))) ** 2, (
            "dsigmoid: far to the left both numerator and denominator overflow, and inf/inf is nan. Write the "
            "slope with the output of the sigmoid instead.")


@sigmoid.mistakes
def mistakes(z):
    yield "sign_of_the_exponent", naive_sigmoid(-np.asarray(z)), (
        "sigmoid: your curve falls where the sigmoid rises. Look at the sign of the exponent.")
    yield "exp_over_one_plus_exp_in_sigmoid_only", through_exp_of_z(z), (
        "Right near zero, but nan far to the right: exp(z) is infinite there, and inf/inf is nan. Which form of "
        "the fraction only ever divides by something infinite?")


def through_exp_of_z(z):
    with np.errstate(over="ignore", invalid="ignore"):
        e = np.exp(np.asarray(z))
        return e / (1 + e)


def with_slope(sigmoid):
    """The sigmoid, and the slope from its output."""
    return sigmoid, lambda z: slope_from_output(np.asarray(sigmoid(z)))


@sigmoid.wrong(
    "Right near zero, but nan far to the right: exp(z) is infinite there, and inf/inf is nan. Which form of the "
    "fraction only ever divides by something infinite?",
    replaces=BOTH)
def exp_over_one_plus_exp():
    return with_slope(through_exp_of_z)


@sigmoid.wrong(
    "`math.exp` takes one number at a time; z may be an array. NumPy has an exp for both.", replaces=BOTH)
def with_math_exp():
    import math

    return with_slope(lambda z: 1 / (1 + math.exp(-z)))


@sigmoid.wrong(
    "The output is rounded to two decimals, as on the slide. Keep all digits; round when you print.",
    replaces=BOTH)
def two_decimals():
    return with_slope(lambda z: np.round(naive_sigmoid(z), 2))


@sigmoid.wrong("You write into the array you were given: after the call z is not what it was. Make a new array.")
def in_place(z):
    z = np.asarray(z)
    z *= -1
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(z))


@sigmoid.answers(replaces="dsigmoid")
def answers(z):
    yield "symmetric_quotient", np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))) ** 2


@sigmoid.right(replaces=BOTH)
def by_the_book():
    return with_slope(lambda z: 1 / (1 + np.exp(-z)))


@sigmoid.right(replaces=BOTH)
def through_tanh():
    return lambda z: (1 + np.tanh(z / 2)) / 2, lambda z: (1 - np.tanh(z / 2) ** 2) / 4


@sigmoid.right(replaces=BOTH)
def split_with_where():
    def sigmoid(z):
        small = np.exp(-np.abs(z))
        return np.where(z >= 0, 1 / (1 + small), small / (1 + small))

    return sigmoid, lambda z: sigmoid(z) * sigmoid(-np.asarray(z))


@sigmoid.right(replaces=BOTH)
def with_scipy():
    from scipy.special import expit

    return expit, lambda z: expit(z) * expit(-z)


@sigmoid.right(replaces=BOTH)
def entry_by_entry():
    def one(z):
        from math import exp

        return 1 / (1 + exp(-z)) if z >= 0 else exp(z) / (1 + exp(z))

    return np.vectorize(one), np.vectorize(lambda z: one(z) * (1 - one(z)))


@sigmoid.right(replaces=BOTH)
def in_float32():
    def sigmoid(z):
        with np.errstate(over="ignore"):
            return np.float32(1) / (1 + np.exp(-np.asarray(z, dtype=np.float32)))

    return with_slope(sigmoid)


@sigmoid.right(replaces=BOTH)
def clipped_and_listed():
    return with_slope(lambda z: (1 / (1 + np.exp(-np.clip(z, -700, 700)))).tolist())


sigmoid.small(
    "At z = 0 the sigmoid is 1/(1 + 1) = ½, and its slope there is ½ · ½ = ¼, the largest it ever is.", z=0.0)

# 1.2 forward_chain

ONE, MORE = "a chain of one layer", "chains of several layers"

forward_chain = Exercise(points=2, groups={ONE: 1, MORE: 3}, builds_on=("sigmoid",))


def chain_weights(rng, depth):
    """Distinct weights of both signs, none of them near 0 or 1."""
    sizes = rng.permutation(np.linspace(0.35, 2.4, 9))[:depth] * rng.uniform(0.9, 1.1, depth)
    return sizes * signs(rng, depth)


def signs(rng, n):
    return rng.permutation(np.resize([1, -1], n))


def chain_input(rng):
    return rng.uniform(1.3, 2.2) * rng.choice([-1, 1])


@forward_chain.cases
def cases(rng):
    for group, depth in [(ONE, 1), (ONE, 1), (MORE, 2), (MORE, 3), (MORE, 5)]:
        yield case(group, x=chain_input(rng), w=chain_weights(rng, depth))


def chain(x, w, link=lambda z, a: a):
    """The pairs (z, a) of a chain in which `link(z, a)` is what a layer sends on."""
    z, a, sent = [], [], x
    for weight in w:
        z.append(weight * sent)
        a.append(naive_sigmoid(z[-1]))
        sent = link(z[-1], a[-1])
    return np.array(z), np.array(a)


@forward_chain.mistakes
def mistakes(x, w):
    yield "sends_z_on", chain(x, w, lambda z, a: z), (
        "The next layer receives z, the sum before the sigmoid. What a layer sends on is what comes out of its "
        "sigmoid.")
    yield "feeds_x_to_every_layer", chain(x, w, lambda z, a: x), (
        "Every layer is fed with x again. Only the first one sees the input; the others see the layer before "
        "them.")
    yield "multiplies_x_in_every_layer", chain(x, w, lambda z, a: x * a), (
        "x is multiplied into every layer. It enters once, at the first.")
    yield "first_weight_throughout", chain(x, np.full(len(w), w[0])), (
        "The first weight serves in every layer. The slide has one w = 0.5 for all, your function is given one "
        "for each.")
    yield "weights_from_the_back", chain(x, w[::-1]), (
        "The weights are used from the back: w[0] belongs to the layer next to x.")
    yield "squashes_the_input", chain(naive_sigmoid(x), w), (
        "The input goes through a sigmoid of its own before the first weight. x is used as it is.")
    yield "swapped", chain(x, w)[::-1], "The two are in the other order: first z, then a."
    z, a = chain(x, w)
    yield "no_sigmoid_at_the_end", (z, np.append(a[:-1], z[-1])), (
        "The last layer has no sigmoid in your chain: its a equals its z. All layers are alike here.")
    yield "x_among_the_activations", (z, np.append(x, a)), (
        "Your a begins with x and so has one entry too many. Keep x for the backward pass if you like, but hand "
        "back the layers' own outputs.")
    yield "only_the_output", a[-1], "You return the output alone; the z and the a of every layer are asked for."


@forward_chain.wrong(
    "Your numbers have two decimals, as on the slide (.62, .58, .57). Rounding in between changes what comes after: "
    "keep all digits, round when you print.")
def rounds_as_on_the_slide(x, w):
    z, a, sent = [], [], x
    for weight in w:
        z.append(np.round(weight * sent, 2))
        sent = np.round(naive_sigmoid(z[-1]), 2)
        a.append(sent)
    return np.array(z), np.array(a)


@forward_chain.right
def in_arrays(x, w):
    z, a = np.zeros(len(w)), np.zeros(len(w))
    for l in range(len(w)):
        z[l] = w[l] * (a[l - 1] if l else x)
        a[l] = 1 / (1 + np.exp(-z[l]))
    return z, a


@forward_chain.right
def in_lists(x, w):
    z, a = [], []
    for weight in w:
        z.append(float(weight * (a[-1] if a else x)))
        a.append(float(1 / (1 + np.exp(-z[-1]))))
    return [z, a]


@forward_chain.right
def in_tuples_by_recursion(x, w):
    if len(w) == 0:
        return (), ()
    z = w[0] * x
    a = (1 + np.tanh(z / 2)) / 2
    later = in_tuples_by_recursion(a, w[1:])
    return (z, *later[0]), (a, *later[1])


@forward_chain.right
def in_one_array(x, w):
    both, sent = np.empty((2, len(w))), x
    for l, weight in enumerate(w):
        both[0, l] = weight * sent
        both[1, l] = sent = naive_sigmoid(both[0, l])
    return both


@forward_chain.right
def in_float32(x, w):
    w = np.asarray(w, dtype=np.float32)
    z, a = [], [np.float32(x)]
    for weight in w:
        z.append(weight * a[-1])
        a.append(np.float32(1) / (np.float32(1) + np.exp(-z[-1])))
    return np.array(z), np.array(a[1:])


forward_chain.small(
    "Take x = 1 and w = (0, 2): z₁ = 0 and a₁ = ½; the second layer gets ½, so z₂ = 2 · ½ = 1 and a₂ = σ(1) = 0.731.",
    x=1.0, w=np.array([0.0, 2.0]))

# 1.3 derivative_product

derivative_product = Exercise(points=1)


@derivative_product.cases
def cases(rng):
    for depth in (3, 1, 7, 8):
        # On both sides of ½ and away from it, where several of the slips would agree with one another.
        a = rng.uniform(0.08, 0.36, depth)
        yield case(a=np.where(signs(rng, depth) > 0, a, 1 - a))


@derivative_product.mistakes
def mistakes(a):
    yield "product_of_activations", np.prod(a), "These are the activations multiplied together, not their slopes."
    yield "sum_of_slopes", np.sum(slope_from_output(a)), (
        "The slopes are added. Factors along one path are multiplied.")
    yield "sigmoid_once_more", np.prod(slope_from_output(naive_sigmoid(a))), (
        "The sigmoid is applied once too often: what you are given has been through it already. dsigmoid wants z, "
        "and these are a.")
    yield "slopes_with_two_decimals", np.prod(np.round(slope_from_output(a), 2)), (
        "Each slope is rounded to two decimals before the product. Keep all digits, round when you print.")
    yield "everything_with_two_decimals", np.prod(np.round(slope_from_output(np.round(a, 2)), 2)), (
        "Both the activations and the slopes are rounded to two decimals, as on the slide. Keep all digits, round "
        "when you print.")
    yield "activations_with_two_decimals", np.prod(slope_from_output(np.round(a, 2))), (
        "The activations are rounded to two decimals first, as on the slide. That gives 0.01407 for its network: "
        "keep all digits.")
    yield "product_of_complements", np.prod(1 - a), "Each slope has two factors, and you have the second only."
    yield "slopes_unmultiplied", slope_from_output(a), (
        "You return one slope a layer; they are still to be multiplied into one number.")


@derivative_product.answers
def answers(a):
    yield "products_multiplied", np.prod(a) * np.prod(1 - np.asarray(a))
    yield "through_logarithms", np.exp(np.sum(np.log(a) + np.log1p(-a)))
    yield "with_math_prod", math.prod(value - value**2 for value in a)
    yield "as_0d_array", np.array(np.multiply.reduce(slope_from_output(a)))
    yield "in_float32", np.prod(slope_from_output(np.asarray(a, dtype=np.float32)))


@derivative_product.right
def with_a_loop(a):
    product = 1.0
    for value in a:
        product *= value * (1 - value)
    return product


derivative_product.small(
    "For a = (0.5, 0.8) the slopes are 0.5 · 0.5 = 0.25 and 0.8 · 0.2 = 0.16; their product is 0.04.",
    a=np.array([0.5, 0.8]))

# 1.4 dy_dw

dy_dw = Exercise(points=3, groups={ONE: 1, MORE: 2}, builds_on=("sigmoid", "forward_chain"), rtol=1e-6)


@dy_dw.cases
def cases(rng):
    for group, depth in [(ONE, 1), (ONE, 1), (MORE, 2), (MORE, 3), (MORE, 4)]:
        yield case(group, x=chain_input(rng), w=chain_weights(rng, depth))


def backwards(x, w, through=None, slope=lambda z, a: slope_from_output(a), incoming=None):
    """dy/dw of a chain; the factors between two layers, the slope and what multiplies at a weight can be exchanged."""
    w = np.asarray(w, dtype=float)
    z, a = chain(x, w)
    through, incoming = w if through is None else through, np.append(x, a[:-1]) if incoming is None else incoming
    gradient, delta = np.zeros(len(w)), 1.0
    for l in reversed(range(len(w))):
        delta = delta * slope(z[l], a[l])
        gradient[l] = delta * incoming[l]
        delta = delta * through[l]
    return gradient


@dy_dw.mistakes
def mistakes(x, w):
    a, ones = chain(x, w)[1], np.ones(len(w))
    yield "drops_the_weights_behind", backwards(x, w, through=ones), (
        "You multiplied the slopes of the activations, as the slide does, but between two activations the signal "
        "also passes through a weight. The last layer is right because no weight comes after it.")
    yield "one_product_for_all", np.full(len(w), np.prod(slope_from_output(a))), (
        "The slide's number for every layer: one product of all slopes. Each weight has a path of its own to y, "
        "and there are weights on it.")
    yield "keeps_its_own_weight", backwards(x, w) * np.asarray(w), (
        "Each entry carries its own weight as an additional factor. z = w · a is differentiated with respect to "
        "w: what is left of the product?")
    yield "with_respect_to_the_inputs", backwards(x, w, incoming=w), (
        "This is how y answers to what each layer is given, not to its weight. From z two arrows lead back, one "
        "to the input of the layer and one to w: take the other.")
    yield "uses_its_own_output", backwards(x, w, incoming=a), (
        "The last factor is the layer's own output. A weight multiplies what comes in, one layer earlier.")
    yield "stops_at_z", backwards(x, w, incoming=ones), (
        "The last factor is missing: what the weight multiplies in the forward pass. You have dy/dz of each "
        "layer.")
    yield "x_in_every_layer", backwards(x, w, incoming=x * ones), (
        "x is the last factor in every layer. Only the first weight multiplies x.")
    yield "neighbouring_weight", backwards(x, w, through=np.roll(w, 1)), (
        "The weight between two layers is taken one place too early: on the way from layer l back to layer l - 1 "
        "the signal meets the weight of layer l.")
    yield "from_the_back", backwards(x, w)[::-1], (
        "The right values in reverse order: you collected them from the back. Entry 0 belongs to w[0].")
    yield "slope_at_the_output", backwards(x, w, slope=lambda z, a: slope_from_output(naive_sigmoid(a))), (
        "The sigmoid is applied once too often: dsigmoid wants z, and you hand it a.")
    yield "adds_them_up", float(backwards(x, w).sum()), (
        "You added the derivatives up, as if one weight were shared by all layers. Here every layer has a weight "
        "of its own, and the result an entry for each.")


@dy_dw.answers
def answers(x, w):
    a = chain(x, w)[1]
    slopes, inputs = slope_from_output(a), np.append(x, a[:-1])
    behind = np.append(w[1:], 1.0)
    yield "explicit_products", [np.prod(slopes[l:]) * np.prod(w[l + 1 :]) * inputs[l] for l in range(len(w))]
    yield "cumulative_products", np.cumprod((slopes * behind)[::-1])[::-1] * inputs
    yield "central_differences", by_differences(lambda moved: chain(x, moved)[1][-1], w)
    yield "in_float32", backwards(np.float32(x), np.float32(w)).astype(np.float32)


@dy_dw.right
def recursion_from_the_back(x, w):
    _, a = chain(x, w)
    inputs, gradient, delta = [x, *a[:-1]], [0.0] * len(w), 1.0
    for l in range(len(w) - 1, -1, -1):
        delta *= a[l] * (1 - a[l])
        gradient[l] = float(delta * inputs[l])
        delta *= w[l]
    return gradient


@dy_dw.right
def forward_mode(x, w):
    """Each weight's influence carried along with the value, as automatic differentiation by dual numbers does."""
    w = np.asarray(w)
    a, da = x, np.zeros(len(w))
    for l in range(len(w)):
        dz = w[l] * da
        dz[l] += a
        a = naive_sigmoid(w[l] * a)
        da = a * (1 - a) * dz
    return da


dy_dw.small(
    "Take x = 1 and w = (1, 2): y = σ(2σ(1)). Nudge w₁ by 0.01 and compare: y moves by about 0.0006. How much of that "
    "would be missing without the 2?",
    x=1.0, w=np.array([1.0, 2.0]))

# 1.5 two_layer_grads

two_layer_grads = Exercise(
    points=3, groups={"dWho": 2, "dbho": 1, "dWih": 2, "dbih": 1}, builds_on=("sigmoid",), rtol=1e-6)


@two_layer_grads.cases
def cases(rng):
    for n_in, hidden, out, m in [(3, 4, 2, 5), (2, 5, 3, 7)]:
        given = {
            "X": rng.normal(size=(n_in, m)),
            "Y": rng.uniform(0.05, 0.95, (out, m)),
            "Wih": rng.uniform(0.3, 1.5, (hidden, n_in)) * rng.choice([-1, 1], (hidden, n_in)),
            "bih": rng.uniform(-0.8, 0.8, (hidden, 1)),
            "Who": rng.uniform(0.3, 1.5, (out, hidden)) * rng.choice([-1, 1], (out, hidden)),
            "bho": rng.uniform(-0.8, 0.8, (out, 1)),
        }
        for _part in ("dWho", "dbho", "dWih", "dbih"):
            yield case(_part, **given, _part=_part)


@two_layer_grads.driver
def drive(two_layer_grads, X, Y, Wih, bih, Who, bho, _part):
    """One of the four gradients; a bias may come back as (n,) or (n, 1)."""
    grads = two_layer_grads(X, Y, Wih, bih, Who, bho)
    if not hasattr(grads, "keys") or _part not in grads:
        raise TypeError("two_layer_grads should return a dictionary with the keys dWih, dbih, dWho, dbho")
    gradient = grads[_part]
    units = len(bih) if _part == "dbih" else len(bho)
    return np.ravel(gradient) if _part.startswith("db") and np.shape(gradient) == (units, 1) else gradient


def forwards(X, Wih, bih, Who, bho):
    Z1 = Wih @ X + bih
    h = naive_sigmoid(Z1)
    Z2 = Who @ h + bho
    return Z1, h, Z2, naive_sigmoid(Z2)


def assembled(X, h, d2, d1):
    """The four gradients from those at Z2 and Z1."""
    return {"dWih": d1 @ X.T, "dbih": d1.sum(axis=1), "dWho": d2 @ h.T, "dbho": d2.sum(axis=1)}


def gradients(X, Y, Wih, bih, Who, bho, error=np.subtract, slope2=None, slope1=None, back=None):
    """The right gradients; the error, the slopes of both layers and the way from d2 to h can be exchanged."""
    _, h, _, O = forwards(X, Wih, bih, Who, bho)
    d2 = error(O, Y) * (slope_from_output(O) if slope2 is None else slope2)
    d1 = (back(Who, d2) if back else Who.T @ d2) * (slope_from_output(h) if slope1 is None else slope1)
    return assembled(X, h, d2, d1)


@two_layer_grads.mistakes
def mistakes(X, Y, Wih, bih, Who, bho):
    given = (X, Y, Wih, bih, Who, bho)
    Z1, h, Z2, O = forwards(X, Wih, bih, Who, bho)
    d2 = (O - Y) * slope_from_output(O)
    d1 = Who.T @ d2 * slope_from_output(h)
    right, m = assembled(X, h, d2, d1), X.shape[1]
    yield "without_the_half", gradients(*given, error=lambda O, Y: 2 * (O - Y)), (
        "Everything is twice too large. The ½ in E is there to cancel the 2 of the square.")
    yield "target_minus_output", gradients(*given, error=lambda O, Y: Y - O), (
        "All signs are turned: this is the way downhill, and the gradient points uphill. Which of O and Y comes "
        "first?")
    yield "output_slope_missing", gradients(*given, slope2=1.0), (
        "The slope of the output's sigmoid is missing. With cross-entropy it cancels; this E is a squared error, "
        "and there it stays.")
    yield "hidden_slope_missing", gradients(*given, slope1=1.0), (
        "The slope of the hidden sigmoid is missing: from h back to Z1 the signal passes through an activation.")
    yield "hidden_slope_from_z", gradients(*given, slope1=Z1 * (1 - Z1)), (
        "At the hidden layer you wrote Z1(1 - Z1): the formula wants what came out of the sigmoid.")
    yield "both_slopes_from_z", gradients(*given, slope2=Z2 * (1 - Z2), slope1=Z1 * (1 - Z1)), (
        "At both layers you wrote Z(1 - Z): the formula wants what came out of the sigmoid, O and h.")
    again = lambda a: slope_from_output(naive_sigmoid(a))
    yield "slopes_at_the_outputs", gradients(*given, slope2=again(O), slope1=again(h)), (
        "The sigmoid is applied once too often: dsigmoid wants Z, and you hand it O and h, which have been "
        "through it.")
    yield "biases_not_summed", right | {"dbih": d1, "dbho": d2}, (
        "A bias is one number for all samples, so its gradient is the sum over the samples; yours still has a "
        "column for each.")
    yield "biases_over_the_wrong_axis", right | {"dbih": d1.sum(axis=0), "dbho": d2.sum(axis=0)}, (
        "The biases are summed over the units, which leaves one number a sample. Sum over the samples: which axis "
        "is that when samples are columns?")
    yield "averaged", {key: g / m for key, g in right.items()}, (
        "Everything is divided by the number of samples. This E is a sum over the samples, not their mean.")
    yield "averaged_twice", {key: g / m**2 for key, g in right.items()}, (
        "Everything is divided by the number of samples twice: once at the error and once more at the weights. "
        "This E is a sum and asks for neither.")
    yield "weights_averaged", right | {key: right[key] / m for key in ("dWih", "dWho")}, (
        "The gradients of the weights are divided by the number of samples, those of the biases are not. This E "
        "is a sum.")
    yield "h_in_place_of_x", right | {"dWih": d1 @ h.T}, (
        "dWih is made with h. Wih multiplies the inputs of its own layer, and those are X.")
    yield "in_rows", right | {key: right[key].T for key in ("dWih", "dWho")}, (
        "Rows and columns of both weight gradients are swapped. A gradient has the shape of what it belongs to; "
        "here samples are columns, so Wih is (hidden, inputs).")


WHO_TURNED = (
    "The shapes do not fit on the way back through Who. Forwards it turns hidden units into outputs; backwards it has "
    "to turn outputs into hidden units. Write the two shapes side by side."
)


@two_layer_grads.wrong(WHO_TURNED, raises=True)
def who_untransposed(X, Y, Wih, bih, Who, bho):
    return gradients(X, Y, Wih, bih, Who, bho, back=lambda Who, d2: Who @ d2)


@two_layer_grads.wrong(WHO_TURNED, raises=True)
def who_untransposed_with_dot(X, Y, Wih, bih, Who, bho):
    return gradients(X, Y, Wih, bih, Who, bho, back=lambda Who, d2: np.dot(Who, d2))


@two_layer_grads.wrong(
    "One arrow is missing: the gradient at Z2 has a row for each output, that at h a row for each hidden unit. What "
    "lies between h and Z2 in the forward pass?",
    raises=True)
def who_missing(X, Y, Wih, bih, Who, bho):
    return gradients(X, Y, Wih, bih, Who, bho, back=lambda Who, d2: d2)


@two_layer_grads.answers
def answers(X, Y, Wih, bih, Who, bho):
    given = (X, Y, Wih, bih, Who, bho)
    columns = lambda grads: {key: g[:, None] if g.ndim == 1 else g for key, g in grads.items()}
    yield "biases_as_columns", columns(gradients(*given))
    error = lambda *weights: 0.5 * np.sum((forwards(X, *weights)[-1] - Y) ** 2)
    yield "central_differences", {
        "dWih": by_differences(lambda moved: error(moved, bih, Who, bho), Wih),
        "dbih": by_differences(lambda moved: error(Wih, moved, Who, bho), bih),
        "dWho": by_differences(lambda moved: error(Wih, bih, moved, bho), Who),
        "dbho": by_differences(lambda moved: error(Wih, bih, Who, moved), bho),
    }
    yield "in_float32", gradients(*(np.float32(value) for value in given))


@two_layer_grads.right
def with_einsum(X, Y, Wih, bih, Who, bho):
    h = (1 + np.tanh((np.einsum("hi,im->hm", Wih, X) + bih) / 2)) / 2
    O = (1 + np.tanh((np.einsum("oh,hm->om", Who, h) + bho) / 2)) / 2
    d2 = (O - Y) * O * (1 - O)
    d1 = np.einsum("oh,om,hm->hm", Who, d2, h * (1 - h))
    return {
        "dWih": np.einsum("hm,im->hi", d1, X),
        "dbih": np.einsum("hm->h", d1),
        "dWho": np.einsum("om,hm->oh", d2, h),
        "dbho": np.einsum("om->o", d2),
    }


@two_layer_grads.right
def sample_by_sample(X, Y, Wih, bih, Who, bho):
    total = {"dWih": 0, "dbih": 0, "dWho": 0, "dbho": 0}
    for x, y in zip(X.T, Y.T):
        h = naive_sigmoid(Wih @ x + bih.ravel())
        o = naive_sigmoid(Who @ h + bho.ravel())
        d2 = (o - y) * o * (1 - o)
        d1 = Who.T @ d2 * h * (1 - h)
        one = {"dWih": np.outer(d1, x), "dbih": d1, "dWho": np.outer(d2, h), "dbho": d2}
        total = {key: total[key] + one[key] for key in total}
    return total


@two_layer_grads.right
def sum_by_sum(X, Y, Wih, bih, Who, bho):
    """Every sum of the chain rule as a loop of its own."""
    (n_in, m), hidden, out = X.shape, len(Wih), len(Who)
    _, h, _, O = forwards(X, Wih, bih, Who, bho)
    shapes = {"dWih": (hidden, n_in), "dbih": hidden, "dWho": (out, hidden), "dbho": out}
    grads = {key: np.zeros(shape) for key, shape in shapes.items()}
    for s in range(m):
        for k in range(out):
            d2 = (O[k, s] - Y[k, s]) * O[k, s] * (1 - O[k, s])
            grads["dbho"][k] += d2
            for j in range(hidden):
                grads["dWho"][k, j] += d2 * h[j, s]
                d1 = d2 * Who[k, j] * h[j, s] * (1 - h[j, s])
                grads["dbih"][j] += d1
                for i in range(n_in):
                    grads["dWih"][j, i] += d1 * X[i, s]
    return grads


@two_layer_grads.right
def in_rows_and_turned_back(X, Y, Wih, bih, Who, bho):
    h = naive_sigmoid(X.T @ Wih.T + bih.T)
    O = naive_sigmoid(h @ Who.T + bho.T)
    d2 = (O - Y.T) * O * (1 - O)
    d1 = d2 @ Who * h * (1 - h)
    return {
        "dbho": d2.sum(axis=0).tolist(),
        "dWho": (h.T @ d2).T,
        "dbih": d1.sum(axis=0).tolist(),
        "dWih": (X @ d1).T,
    }


def by_differences(f, x):
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = 1e-6
        gradient[i] = (f(x + step) - f(x - step)) / 2e-6
    return gradient


two_layer_grads.small(
    "One input X = 2, one hidden unit with Wih = bih = 0, one output with Who = 4, bho = -2, and Y = 0. Then h = ½, "
    "Z2 = 0 and O = ½. The five factors of dWih are (O - Y) = ½, O(1 - O) = ¼, Who = 4, h(1 - h) = ¼ and X = 2: ¼.",
    X=np.array([[2.0]]), Y=np.array([[0.0]]), Wih=np.array([[0.0]]), bih=np.array([[0.0]]),
    Who=np.array([[4.0]]), bho=np.array([[-2.0]]), _part="dWih")
