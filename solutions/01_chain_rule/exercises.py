"""Exercises of lesson 01: the chain rule by hand, from one sigmoid to a network of two layers."""

import math

import numpy as np

from autograder.authoring import UNCHANGED, Exercise, Question, case, right, wrong


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
        "dsigmoid: z(1 - z) is the right formula with the wrong letter in it. The slope is made from what "
        "comes out of the sigmoid, not from what goes in.")
    yield "one_plus_the_output", a * (1 + a), (
        "dsigmoid: a sign inside the bracket is turned. Your slope is 0.75 at z = 0, steeper than any "
        "sigmoid ever is.")
    yield "inner_derivative_forgotten", -slope_from_output(a), (
        "dsigmoid: negative everywhere, and yet the sigmoid rises. The exponent of e is -z, and its own "
        "derivative has to come along.")
    yield "square_forgotten", naive_sigmoid(-np.asarray(z)), (
        "dsigmoid: the derivative of 1/u has u squared below the line; you have u. Your slope at z = 0 is "
        "one half.")
    with np.errstate(over="ignore", invalid="ignore"):
        yield "slope_as_a_quotient", np.exp(-np.asarray(z)) / (1 + np.exp(-np.asarray(z))) ** 2, (
            "dsigmoid: far to the left both numerator and denominator overflow, and inf/inf is nan. Write "
            "the slope with the output of the sigmoid instead.")


@sigmoid.mistakes
def mistakes(z):
    yield "sign_of_the_exponent", naive_sigmoid(-np.asarray(z)), (
        "sigmoid: your curve falls where the sigmoid rises. Look at the sign of the exponent.")
    yield "exp_over_one_plus_exp_in_sigmoid_only", through_exp_of_z(z), (
        "Right near zero, but nan far to the right: exp(z) is infinite there, and inf/inf is nan. Which "
        "form of the fraction only ever divides by something infinite?")


def through_exp_of_z(z):
    with np.errstate(over="ignore", invalid="ignore"):
        e = np.exp(np.asarray(z))
        return e / (1 + e)


def with_slope(sigmoid):
    """The sigmoid, and the slope from its output."""
    return sigmoid, lambda z: slope_from_output(np.asarray(sigmoid(z)))


@sigmoid.wrong(
    "Right near zero, but nan far to the right: exp(z) is infinite there, and inf/inf is nan. Which form of "
    "the fraction only ever divides by something infinite?", replaces=BOTH)
def exp_over_one_plus_exp():
    return with_slope(through_exp_of_z)


@sigmoid.wrong(
    "`math.exp` takes one number at a time; z may be an array. NumPy has an exp for both.", replaces=BOTH)
def with_math_exp():
    import math

    return with_slope(lambda z: 1 / (1 + math.exp(-z)))


@sigmoid.wrong(
    "The output is rounded to two decimals, as the gradient notes round .62, .58 and .57. Keep all digits; "
    "round when you print.", replaces=BOTH)
def two_decimals():
    return with_slope(lambda z: np.round(naive_sigmoid(z), 2))


@sigmoid.wrong(
    "You write into the array you were given: after the call z is not what it was. Make a new array.")
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


sigmoid.small("At z = 0 the sigmoid is 1/(1 + 1) = ½, and its slope is ½ · ½ = ¼, the largest it ever is.", z=0.0)
sigmoid.small("At z = 2 the sigmoid is 1/(1 + 0.1353) = 0.8808, and its slope 0.8808 · 0.1192 = 0.1050.", z=2.0)
sigmoid.small(
    "Far out the sigmoid is 1 on the right and 0 on the left, with slope 0 at both. `exp(800)` is more than a float "
    "can hold; the way you compute should not meet it.",
    z=np.array([800.0, 0.0, -800.0]))

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
        "The next layer receives z, the sum before the sigmoid. What a layer sends on is what comes out of "
        "its sigmoid.")
    yield "feeds_x_to_every_layer", chain(x, w, lambda z, a: x), (
        "Every layer is fed with x again. Only the first one sees the input; the others see the layer "
        "before them.")
    yield "multiplies_x_in_every_layer", chain(x, w, lambda z, a: x * a), (
        "x is multiplied into every layer. It enters once, at the first.")
    yield "first_weight_throughout", chain(x, np.full(len(w), w[0])), (
        "The first weight serves in every layer. The gradient notes have one w = 0.5 for all, your function "
        "is given one for each.")
    yield "weights_from_the_back", chain(x, w[::-1]), (
        "The weights are used from the back: w[0] belongs to the layer next to x.")
    yield "squashes_the_input", chain(naive_sigmoid(x), w), (
        "The input goes through a sigmoid of its own before the first weight. x is used as it is.")
    yield "swapped", chain(x, w)[::-1], "The two are in the other order: first z, then a."
    z, a = chain(x, w)
    yield "no_sigmoid_at_the_end", (z, np.append(a[:-1], z[-1])), (
        "The last layer has no sigmoid in your chain: its a equals its z. All layers are alike here.")
    yield "x_among_the_activations", (z, np.append(x, a)), (
        "Your a begins with x and so has one entry too many. Keep x for the backward pass if you like, but "
        "hand back the layers' own outputs.")
    yield "only_the_output", a[-1], (
        "You return the output alone; the z and the a of every layer are asked for.")


@forward_chain.wrong(
    "Your numbers have two decimals, as in the gradient notes (.62, .58, .57). Rounding in between changes "
    "what comes after: keep all digits, round when you print.")
def rounds_as_the_notes_do(x, w):
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
    def ahead(sent, weights):
        if not weights:
            return (), ()
        z = weights[0] * sent
        a = (1 + np.tanh(z / 2)) / 2
        later = ahead(a, weights[1:])
        return (z, *later[0]), (a, *later[1])

    return ahead(x, list(w))


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
    "Take x = 2 and w = (½, 3): z₁ = ½ · 2 = 1 and a₁ = σ(1) = 0.7311; the second layer gets 0.7311, so z₂ "
    "= 3 · 0.7311 = 2.1932 and a₂ = σ(2.1932) = 0.8996.",
    x=2.0, w=np.array([0.5, 3.0]))

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
    yield "product_of_activations", np.prod(a), (
        "These are the activations multiplied together, not their slopes.")
    yield "sum_of_slopes", np.sum(slope_from_output(a)), (
        "The slopes are added. Factors along one path are multiplied.")
    yield "sigmoid_once_more", np.prod(slope_from_output(naive_sigmoid(a))), (
        "The sigmoid is applied once too often: what you are given has been through it already. dsigmoid "
        "wants z, and these are a.")
    yield "slopes_with_two_decimals", np.prod(np.round(slope_from_output(a), 2)), (
        "Each slope is rounded to two decimals before the product. Keep all digits, round when you print.")
    yield "everything_with_two_decimals", np.prod(np.round(slope_from_output(np.round(a, 2)), 2)), (
        "Both the activations and the slopes are rounded to two decimals, as in the gradient notes. Keep "
        "all digits, round when you print.")
    yield "activations_with_two_decimals", np.prod(slope_from_output(np.round(a, 2))), (
        "The activations are rounded to two decimals first, as in the gradient notes. For their network "
        "that gives 0.01407: keep all digits.")
    yield "product_of_complements", np.prod(1 - a), (
        "Each slope has two factors, and you have the second only.")
    yield "slopes_of_tanh", np.prod(1 - np.asarray(a) ** 2), (
        "1 - a² is the slope of tanh. These layers are sigmoids.")
    yield "last_slope_alone", slope_from_output(a)[-1], (
        "You return the slope of one layer. All of them are to be multiplied.")
    yield "one_slope_left_out", np.prod(slope_from_output(a)[1:]), (
        "The first layer's slope is missing: every layer gives a factor.")
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
    "For a = (0.456, 0.8) the slopes are 0.456 · 0.544 = 0.248064 and 0.8 · 0.2 = 0.16; their product is "
    "0.03969.",
    a=np.array([0.456, 0.8]))

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
        "You multiplied the slopes of the activations, as the gradient notes do in .25 × .24 × .23, but "
        "between two activations the signal also passes through a weight. The last layer is right because "
        "no weight comes after it.")
    yield "one_product_for_all", np.full(len(w), np.prod(slope_from_output(a))), (
        "One product of all slopes for every layer, which the gradient notes call the overall gradient. "
        "Each weight has a path of its own to y, and there are weights on it.")
    yield "keeps_its_own_weight", backwards(x, w) * np.asarray(w), (
        "Each entry carries its own weight as an additional factor. z = w · a is differentiated with "
        "respect to w: what is left of the product?")
    yield "with_respect_to_the_inputs", backwards(x, w, incoming=w), (
        "This is the derivative with respect to each layer's input, not its weight. From z two arrows lead "
        "back, one to the input of the layer and one to w: take the other.")
    yield "uses_its_own_output", backwards(x, w, incoming=a), (
        "The last factor is the layer's own output. A weight multiplies what comes in, one layer earlier.")
    yield "stops_at_z", backwards(x, w, incoming=ones), (
        "The last factor is missing: what the weight multiplies in the forward pass. You have dy/dz of each "
        "layer.")
    yield "x_in_every_layer", backwards(x, w, incoming=x * ones), (
        "x is the last factor in every layer. Only the first weight multiplies x.")
    yield "neighbouring_weight", backwards(x, w, through=np.roll(w, 1)), (
        "The weight between two layers is taken one place too early: on the way from layer l back to layer "
        "l - 1 the signal meets the weight of layer l.")
    yield "input_taken_as_one", backwards(x, w, incoming=np.append(1.0, a[:-1])), (
        "All layers but the first are right: what its weight multiplies is x. In the gradient notes x is 1, "
        "and so does not show.")
    yield "own_slope_missing", backwards(x, w) / slope_from_output(a), (
        "Each entry lacks the slope of the layer's own sigmoid: from a back to z the signal passes through "
        "it.")
    before = np.concatenate([[1.0], np.cumprod(w[:-1])])
    yield "weights_before", np.cumprod(slope_from_output(a)[::-1])[::-1] * before * np.append(x, a[:-1]), (
        "You multiply the weights before the layer. The way from y back to a weight passes through those "
        "that come after it; what comes before is already in the layer's input.")
    yield "all_other_weights", [np.prod(slope_from_output(a)[l:]) * np.prod(np.delete(w, l)) * np.append(x, a[:-1])[l] for l in range(len(w))], (
        "You multiply all other weights. Those before the layer are no part of the way back from y; they "
        "are already in the layer's input.")
    yield "all_slopes_for_all", np.prod(slope_from_output(a)) * np.append(np.cumprod(w[::-1])[::-1][1:], 1.0) * np.append(x, a[:-1]), (
        "The slopes of all layers stand in every entry. The path to a weight begins at y and ends at the "
        "weight: the layers before it have no part in it.")
    yield "from_the_back", backwards(x, w)[::-1], (
        "The right values in reverse order: you collected them from the back. Entry 0 belongs to w[0].")
    yield "slope_at_the_output", backwards(x, w, slope=lambda z, a: slope_from_output(naive_sigmoid(a))), (
        "The sigmoid is applied once too often: dsigmoid wants z, and you hand it a.")
    yield "adds_them_up", float(backwards(x, w).sum()), (
        "You return one number, and the result has an entry for each layer. (To add the derivatives up is "
        "right where one weight is shared by all layers; here every layer has its own.)")


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
    "Take x = 2 and w = (0.5, 2): y = σ(2σ(1)) = 0.8118. Nudge w₁ by 0.01 and compare: y moves by about "
    "0.0012. How much of that would be missing without the weight 2, and how much without the input 2?",
    x=2.0, w=np.array([0.5, 2.0]))

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
    """One of the four gradients, or all; a bias may come back as (n,) or (n, 1)."""
    grads = two_layer_grads(X, Y, Wih, bih, Who, bho)
    wanted = [_part] if _part else ["dWih", "dbih", "dWho", "dbho"]
    if not hasattr(grads, "keys") or not set(wanted) <= set(grads.keys()):
        raise TypeError("two_layer_grads should return a dictionary with the keys dWih, dbih, dWho, dbho")
    columns = {"dbih": (len(bih), 1), "dbho": (len(bho), 1)}
    found = {key: np.ravel(grads[key]) if np.shape(grads[key]) == columns.get(key) else grads[key] for key in wanted}
    return found[_part] if _part else found


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
        "All signs are turned: this is the way downhill, and the gradient points uphill. Which of O and Y "
        "comes first?")
    yield "output_slope_missing", gradients(*given, slope2=1.0), (
        "The slope of the output's sigmoid is missing. With cross-entropy it cancels; this E is a squared "
        "error, and there it stays.")
    yield "hidden_slope_missing", gradients(*given, slope1=1.0), (
        "The slope of the hidden sigmoid is missing: from h back to Z1 the signal passes through an "
        "activation.")
    yield "hidden_slope_from_z", gradients(*given, slope1=Z1 * (1 - Z1)), (
        "At the hidden layer you wrote Z1(1 - Z1): the formula wants what came out of the sigmoid.")
    yield "both_slopes_from_z", gradients(*given, slope2=Z2 * (1 - Z2), slope1=Z1 * (1 - Z1)), (
        "At both layers you wrote Z(1 - Z): the formula wants what came out of the sigmoid, O and h.")
    again = lambda a: slope_from_output(naive_sigmoid(a))
    yield "slopes_at_the_outputs", gradients(*given, slope2=again(O), slope1=again(h)), (
        "The sigmoid is applied once too often: dsigmoid wants Z, and you hand it O and h, which have been "
        "through it.")
    yield "biases_not_summed", right | {"dbih": d1, "dbho": d2}, (
        "A bias is one number for all samples, so its gradient is the sum over the samples; yours still has "
        "a column for each.")
    yield "biases_over_the_wrong_axis", right | {"dbih": d1.sum(axis=0), "dbho": d2.sum(axis=0)}, (
        "The biases are summed over the units, which leaves one number a sample. Sum over the samples: "
        "which axis is that when samples are columns?")
    yield "averaged", {key: g / m for key, g in right.items()}, (
        "Everything is divided by the number of samples. This E is a sum over the samples, not their mean.")
    yield "averaged_twice", {key: g / m**2 for key, g in right.items()}, (
        "Everything is divided by the number of samples twice: once at the error and once more at the "
        "weights. This E is a sum and asks for neither.")
    yield "weights_averaged", right | {key: right[key] / m for key in ("dWih", "dWho")}, (
        "The gradients of the weights are divided by the number of samples, those of the biases are not. "
        "This E is a sum.")
    yield "slope_of_tanh", gradients(*given, slope1=1 - h**2), (
        "At the hidden layer you use 1 - h², the slope of tanh. Its activation is the sigmoid.")
    yield "z1_in_place_of_h", right | {"dWho": d2 @ Z1.T}, (
        "dWho is made with Z1. Who multiplies what comes out of the hidden sigmoid, and that is h.")
    yield "biases_averaged", right | {key: right[key] / m for key in ("dbih", "dbho")}, (
        "The gradients of the biases are means over the samples, those of the weights are sums. This E is a "
        "sum.")
    yield "h_in_place_of_x", right | {"dWih": d1 @ h.T}, (
        "dWih is made with h. Wih multiplies the inputs of its own layer, and those are X.")
    yield "in_rows", right | {key: right[key].T for key in ("dWih", "dWho")}, (
        "Rows and columns of both weight gradients are swapped. A gradient has the shape of what it belongs "
        "to; here samples are columns, so Wih is (hidden, inputs).")


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
    "One arrow is missing: the gradient at Z2 has a row for each output, that at h a row for each hidden "
    "unit. What lies between h and Z2 in the forward pass?", raises=True)
def who_missing(X, Y, Wih, bih, Who, bho):
    return gradients(X, Y, Wih, bih, Who, bho, back=lambda Who, d2: d2)


@two_layer_grads.answers
def answers(X, Y, Wih, bih, Who, bho):
    given = (X, Y, Wih, bih, Who, bho)
    columns = lambda grads: {key: g[:, None] if g.ndim == 1 else g for key, g in grads.items()}
    yield "biases_as_columns", columns(gradients(*given))
    error = lambda *weights: 0.5 * np.sum((forwards(X, *weights)[-1] - Y) ** 2)
    yield "central_differences", { "dWih": by_differences(lambda moved: error(moved, bih, Who, bho), Wih), "dbih": by_differences(lambda moved: error(Wih, moved, Who, bho), bih), "dWho": by_differences(lambda moved: error(Wih, bih, moved, bho), Who), "dbho": by_differences(lambda moved: error(Wih, bih, Who, moved), bho), }
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
    "One input, two hidden units, one output, two samples: X = (2, 0), Y = (0, 0), all of Wih, bih and bho "
    "0, Who = (4, -4). Then h = ½ everywhere, Z2 = 0 and O = ½. The error at Z2 is ½ · ¼ = ⅛ for each "
    "sample; back through Who and the hidden slope it is 4 · ⅛ · ¼ = ⅛ for the first hidden unit and -⅛ for "
    "the second. So dWho = (⅛, ⅛), dbho = ¼, dWih = (¼, -¼) and dbih = (¼, -¼).",
    X=np.array([[2.0, 0.0]]), Y=np.zeros((1, 2)), Wih=np.zeros((2, 1)), bih=np.zeros((2, 1)), Who=np.array([[4.0, -4.0]]), bho=np.zeros((1, 1)), _part="")

# 1.6 Value

OUTCOMES, NUMBERS = "what the operations give", "plain numbers on either side"
SLOPES, SHARED = "the slope of each operation", "values that are used more than once"
LARGE, AGAIN = "expressions of 40 values, chains of 200", "a second call of backward adds"

Value = Exercise(
    points=3,
    groups={OUTCOMES: 1, NUMBERS: 1, SLOPES: 1, SHARED: 1, LARGE: 1, AGAIN: 1},
    rtol=1e-6,
    builds_on=("sigmoid",),
)


@Value.cases
def cases(rng):
    """Programs: a learner can copy one into a cell."""
    size = lambda low=0.4, high=1.6: round(rng.uniform(low, high), 3)
    a, b, k, up = f"a = Value({size()})", f"b = Value({-size()})", size(1.2, 1.9), f"up = Value({size(1.5, 3)})"
    operations = ["a + b", "a - b", "a * b", "-b", "a ** 3", f"a ** -{k}", "b.exp()", "b.tanh()", "b.sigmoid()"]
    operations += ["a.relu()", "b.relu()"]
    for some in (operations[:6], operations[6:]):
        lines = [f"y{i} = {one}" for i, one in enumerate(some)]
        yield case(OUTCOMES, program="\n".join([a, b, *lines]), ask=", ".join(f"y{i}.data" for i in range(len(some))))
    yield case(NUMBERS, program=f"{a}\ny = (a + {k}) * 3 - {size()}\ny.backward()", ask="y.data, a.grad")
    yield case(NUMBERS, program=f"{a}\ny = {k} - 2 * ({size()} + a)\ny.backward()", ask="y.data, a.grad")
    for one in operations:
        yield case(SLOPES, program="\n".join([a, b, up, f"y = up * ({one})", "y.backward()"]),
                   ask="y.grad, a.grad, b.grad")
    for lines in (
        ["y = a * a + b * a"],
        ["c = a * b", "d = c * c", "y = c * d + d"],
        ["c = a + b", "d = c * a", "e = d * c", "y = e * b + c * d"],
        ["c = a * b", "d = c + a", "e = d * b", "f = e * e", "y = f + c"],
        ["c = a * b", "d = c + a", "e = d * b", "f = e * e", "y = c * f"],
    ):
        yield case(SHARED, program="\n".join([a, b, *lines, "y.backward()"]), ask="a.grad, b.grad")
    for leaves, nodes in ((3, 25), (4, 40)):
        program, names = expression(rng, leaves, nodes)
        yield case(LARGE, program=program, ask=", ".join(f"{name}.grad" for name in names))
    chain = [f"x = Value({size()})", f"w = Value(-{size(0.97, 0.99)})", f"b = Value({size()})", "y = x"]
    chain += ["for _ in range(100):", "    y = y * w", "    y = y + b", "y.backward()"]
    yield case(LARGE, program="\n".join(chain), ask="y.data, x.grad, w.grad, b.grad")
    start, everything = [a, b, "c = a * b", "y = c * c", "y.backward()"], "a.grad, b.grad, c.grad, y.grad"
    yield case(AGAIN, program="\n".join([*start, "z = c * a", "z.backward()"]), ask=everything)
    yield case(AGAIN, program="\n".join([*start, "y.backward()"]), ask=everything)
    back = ["for v in (a, b, c, y):", "    v.grad = 0.0", "y.backward()"]
    yield case(AGAIN, program="\n".join([*start, *back]), ask=everything)


def expression(rng, leaves, nodes):
    """A program of so many values with shared parts, all of a size between 0.05 and 3, and the names of its leaves.

    Every value is made from the last one, so that all are on the way to the end, and every operation occurs.
    """
    names = [f"x{i}" for i in range(leaves)]
    while True:
        numbers = {name: round(float(rng.uniform(0.4, 1.6) * rng.choice([-1, 1])), 3) for name in names}
        made = [f"{name} = Value({number})" for name, number in numbers.items()]
        parents, last = {name: [] for name in names}, names[-1]
        kinds = (["+", "-", "*"] * nodes)[: nodes - leaves - 6] + ["tanh", "sigmoid", "exp", "relu", "** 2", "neg"]
        for kind in rng.permutation(kinds):
            other = str(rng.choice(list(numbers)))
            text, value, used = one_more(str(kind), last, other, numbers)
            if not 0.05 < abs(value) < 3:
                break
            last = f"v{len(numbers)}"
            numbers[last], parents[last] = value, used
            made.append(f"{last} = {text}")
        ways = dict.fromkeys(numbers, 0) | {last: 1}
        for node in reversed(list(numbers)):
            for parent in parents[node]:
                ways[parent] += ways[node]
        # Whoever walks every path for itself is slow, not wrong.
        if len(numbers) == nodes and all(ways[name] for name in names) and sum(ways.values()) < 5000:
            return "\n".join([*made, f"{last}.backward()"]), names


def one_more(kind, one, other, numbers):
    """One operation on values that are there: the text, the number, what it uses."""
    p, q = numbers[one], numbers[other]
    if kind == "neg":
        return f"-{one}", -p, [one]
    table = {"+": p + q, "-": p - q, "*": p * q}
    if kind in table:
        return f"{one} {kind} {other}", table[kind], [one, other]
    if kind == "** 2":
        return f"{one} ** 2", p**2, [one]
    table = {"tanh": math.tanh(p), "sigmoid": 1 / (1 + math.exp(-p)), "exp": math.exp(p), "relu": max(p, 0.0)}
    return f"{one}.{kind}()", table[kind], [one]


@Value.driver
def drive(Value, program, ask):
    names = {"Value": Value}
    exec(program, names)
    found = [eval(one, names) for one in ask.split(", ")]
    for text, value in zip(ask.split(", "), found):
        if isinstance(value, Value) and not isinstance(value, float):
            raise TypeError(f"{text} should be a number, and is a Value")
        if value is None:
            raise TypeError(f"{text} should be a number, and is None")
    return [float(value) for value in found]


class Node:
    """What Value is asked to be; misconceptions and variants differ from it in one place each."""

    def __init__(self, data, made_from=()):
        self.data, self.grad, self.made_from = float(data), 0.0, made_from

    def of(self, data, *made_from):
        return type(self)(data, made_from)

    def lifted(self, other):
        return other if isinstance(other, Node) else type(self)(other)

    def __add__(self, other):
        other = self.lifted(other)
        return self.of(self.data + other.data, (self, 1.0), (other, 1.0))

    def __mul__(self, other):
        other = self.lifted(other)
        return self.of(self.data * other.data, (self, other.data), (other, self.data))

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        other = self.lifted(other)
        return self.of(self.data - other.data, (self, 1.0), (other, -1.0))

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __rsub__(self, other):
        return self.lifted(other) - self

    def __pow__(self, n):
        return self.of(self.data**n, (self, n * self.data ** (n - 1)))

    def exp(self):
        return self.of(math.exp(self.data), (self, math.exp(self.data)))

    def tanh(self):
        return self.of(math.tanh(self.data), (self, 1 - math.tanh(self.data) ** 2))

    def sigmoid(self):
        a = 1 / (1 + math.exp(-self.data))
        return self.of(a, (self, a * (1 - a)))

    def relu(self):
        return self.of(max(self.data, 0.0), (self, float(self.data > 0)))

    def order(self):
        """All it was made from, each after everything that uses it."""
        found, known, waiting = [], set(), [(self, False)]
        while waiting:
            node, done = waiting.pop()
            if done:
                found.append(node)
            elif id(node) not in known:
                known.add(id(node))
                waiting += [(node, True), *((parent, False) for parent, _ in node.made_from)]
        return found[::-1]

    def backward(self):
        flowing = {id(self): 1.0}
        for node in self.order():
            node.grad += flowing[id(node)]
            for parent, slope in node.made_from:
                flowing[id(parent)] = flowing.get(id(parent), 0.0) + slope * flowing[id(node)]


def breadth_first(node):
    """Level by level from the output, each value once."""
    found, known = [node], {id(node)}
    for node in found:
        for parent, _ in node.made_from:
            if id(parent) not in known:
                known.add(id(parent))
                found.append(parent)
    return found


@Value.wrong(
    "A value that is used twice keeps the gradient of one of its uses. What comes along a second arrow has to be added.")
class Overwrites(Node):
    def backward(self):
        flowing = {id(self): 1.0}
        for node in self.order():
            node.grad += flowing[id(node)]
            for parent, slope in node.made_from:
                flowing[id(parent)] = slope * flowing[id(node)]


@Value.wrong(
    "A value passes its gradient on before it has heard from everything that uses it, so that what arrives later is "
    "never passed on. First put the values in an order in which each comes after all its users.")
class LevelByLevel(Node):
    def order(self):
        return breadth_first(self)

    def backward(self):
        flowing = {id(node): 0.0 for node in self.order()} | {id(self): 1.0}
        for node in self.order():
            for parent, slope in node.made_from:
                flowing[id(parent)] += slope * flowing[id(node)]
        for node in self.order():
            node.grad += flowing[id(node)]


@Value.wrong(
    "A value passes its gradient on before it has heard from everything that uses it, so that what arrives later is "
    "never passed on. First put the values in an order in which each comes after all its users.")
class BeforeItsUsers(LevelByLevel):
    def order(self):
        found, known = [], set()

        def visit(node):
            if id(node) not in known:
                known.add(id(node))
                found.append(node)
                for parent, _ in node.made_from:
                    visit(parent)

        visit(self)
        return found


@Value.wrong(
    "You begin at the inputs, where nothing has arrived yet, and what flows from y comes too late to be passed on. Walk "
    "the list the other way round, from y.")
class FromTheInputs(LevelByLevel):
    def order(self):
        return Node.order(self)[::-1]


@Value.wrong(
    "You begin at the inputs, where nothing has arrived yet, and what flows from y comes too late to be passed on. Walk "
    "the list the other way round, from y.")
class FromTheInputsAtOnce(Node):
    def backward(self):
        flowing = {id(node): 0.0 for node in self.order()} | {id(self): 1.0}
        for node in self.order()[::-1]:
            node.grad += flowing[id(node)]
            for parent, slope in node.made_from:
                flowing[id(parent)] += slope * flowing[id(node)]


@Value.wrong(
    "In a * a and a + a both operands are the same Value, and one of the two arrows is lost: a set or a dictionary holds "
    "it once only.")
class SameOperandOnce(Node):
    def of(self, data, *made_from):
        return type(self)(data, tuple({id(parent): (parent, slope) for parent, slope in made_from}.values()))


@Value.wrong("All other gradients are right; that of y itself, the value you start from, is missing. It is 1.")
class OwnGradMissing(Node):
    def backward(self):
        Node.backward(self)
        self.grad -= 1.0


@Value.wrong(
    "After a second call the inputs hold the sum of both, as asked, but values in between hold something else. All grads "
    "add up until somebody sets them to 0, y's own as well.")
class OnlyInputsAddUp(Node):
    def backward(self):
        for node in self.order():
            if node.made_from:
                node.grad = 0.0
        Node.backward(self)


@Value.wrong(
    "Each value is visited once, along the first path that leads to it; the other paths are cut off. All paths count, "
    "and their products add up.")
class FirstPathAlone(Node):
    def backward(self):
        known = set()

        def visit(node, incoming):
            if id(node) not in known:
                known.add(id(node))
                node.grad += incoming
                for parent, slope in node.made_from:
                    visit(parent, incoming * slope)

        visit(self, 1.0)


@Value.wrong(
    "Each value gets the slope of the operation next to it, and not what lies between that and the end. What arrives "
    "from behind has to be multiplied by the slope.")
class LocalSlopesAlone(Node):
    def backward(self):
        self.grad += 1.0
        for node in self.order():
            for parent, slope in node.made_from:
                parent.grad += slope


@Value.wrong(
    "All gradients are 0, that of y itself as well. What is the derivative of y with respect to y? Without that number "
    "there is nothing to multiply. (Or `backward` works on copies, and `.grad` is never written.)")
class NothingToStartFrom(Node):
    def backward(self):
        pass


@Value.wrong(
    "With a plain number on the left, as in `2 * a`, Python asks the number first, which does not know a Value, and "
    "then calls `a.__rmul__(2)`. Of `__radd__`, `__rsub__` and `__rmul__` at least one is missing.")
class NothingReflected(Node):
    __radd__ = __rsub__ = __rmul__ = None


@Value.wrong("`2 - a` comes out as `a - 2`. In `__rsub__` the value is the one that is taken away.")
class ReflectedMinusTurned(Node):
    def __rsub__(self, other):
        return self - other


@Value.wrong(
    "A plain number on the right, as in `a + 2`, has no `.data`: make a Value of it before you use it as one.")
class NumbersNotLifted(Node):
    def lifted(self, other):
        return other if isinstance(other, Node) else other.data

    def __neg__(self):
        return self.of(-self.data, (self, -1.0))


@Value.wrong("The slope of a power is n · z to the power n - 1; your n is missing.")
class PowerWithoutTheExponent(Node):
    def __pow__(self, n):
        return self.of(self.data**n, (self, self.data ** (n - 1)))


@Value.wrong("The slope of a power is n · z to the power n - 1; your exponent is still n.")
class ExponentNotLowered(Node):
    def __pow__(self, n):
        return self.of(self.data**n, (self, n * self.data**n))


@Value.wrong(
    "sigmoid: z(1 - z) has the wrong letter in it. The slope is made from what comes out, not from what goes in.")
class SigmoidSlopeFromTheInput(Node):
    def sigmoid(self):
        return self.of(1 / (1 + math.exp(-self.data)), (self, self.data * (1 - self.data)))


@Value.wrong("tanh: 1 - z² has the wrong letter in it. The slope is made from what comes out, not from what goes in.")
class TanhSlopeFromTheInput(Node):
    def tanh(self):
        return self.of(math.tanh(self.data), (self, 1 - self.data**2))


@Value.wrong("tanh: the slope is 1 - t², and your square is missing.")
class TanhSlopeWithoutTheSquare(Node):
    def tanh(self):
        return self.of(math.tanh(self.data), (self, 1 - math.tanh(self.data)))


@Value.wrong("relu: below zero the slope is 0, not 1: what was cut off forwards lets nothing through backwards.")
class ReluPassesAll(Node):
    def relu(self):
        return self.of(max(self.data, 0.0), (self, 1.0))


@Value.wrong("exp: its slope is its own result, not 1 and not what goes in.")
class ExpWithSlopeOne(Node):
    def exp(self):
        return self.of(math.exp(self.data), (self, 1.0))


@Value.wrong("exp: its slope is its own result, not 1 and not what goes in.")
class ExpWithTheInput(Node):
    def exp(self):
        return self.of(math.exp(self.data), (self, self.data))


@Value.wrong("a - b: the slope with respect to b is -1. The more is taken away, the less is left.")
class MinusWithoutItsSign(Node):
    def __sub__(self, other):
        other = self.lifted(other)
        return self.of(self.data - other.data, (self, 1.0), (other, 1.0))


@Value.wrong("a * b: each factor got its own number as slope. When a grows by a little, a * b grows by b times that.")
class ProductSlopesSwapped(Node):
    def __mul__(self, other):
        other = self.lifted(other)
        return self.of(self.data * other.data, (self, self.data), (other, other.data))


@Value.wrong(
    "The gradients of a first call are lost when `backward` is called on another value. They are to add up until "
    "somebody sets them to 0.")
class FirstCallLost(Node):
    def backward(self):
        for node in self.order():
            node.grad = 0.0
        Node.backward(self)


@Value.wrong(
    "One call is right. In a second one the values in between still hold the gradients of the first and send them on "
    "once more. Keep what flows in this call apart from `.grad`, and add it there in the end.")
class FirstCallSentAgain(Node):
    def backward(self):
        self.grad = 1.0
        for node in self.order():
            for parent, slope in node.made_from:
                parent.grad += slope * node.grad


@Value.right
class ByRecursion(Node):
    def backward(self):
        found, known = [], set()

        def visit(node):
            if id(node) not in known:
                known.add(id(node))
                for parent, _ in node.made_from:
                    visit(parent)
                found.append(node)

        visit(self)
        flowing = dict.fromkeys(map(id, found), 0.0) | {id(self): 1.0}
        for node in reversed(found):
            for parent, slope in node.made_from:
                flowing[id(parent)] += slope * flowing[id(node)]
        for node in found:
            node.grad += flowing[id(node)]


@Value.right
class PathByPath(Node):
    """Right, and slow where much is shared: every path by itself."""

    def backward(self, incoming=1.0):
        self.grad += incoming
        for parent, slope in self.made_from:
            parent.backward(incoming * slope)


@Value.right
class ByCountingUsers(Node):
    def backward(self):
        everything = breadth_first(self)
        users = {id(node): 0 for node in everything}
        for node in everything:
            for parent, _ in node.made_from:
                users[id(parent)] += 1
        flowing, ready = {id(node): 0.0 for node in everything} | {id(self): 1.0}, [self]
        while ready:
            node = ready.pop()
            node.grad += flowing[id(node)]
            for parent, slope in node.made_from:
                flowing[id(parent)] += slope * flowing[id(node)]
                users[id(parent)] -= 1
                if users[id(parent)] == 0:
                    ready.append(parent)


@Value.right
class ByTimeOfBirth(Node):
    """Whatever is younger was made later: the numbers of birth are an order."""

    born = 0

    def __init__(self, data, made_from=()):
        super().__init__(data, made_from)
        Node.born = getattr(Node, "born", 0) + 1
        self.number = Node.born

    def order(self):
        return sorted(breadth_first(self), key=lambda node: -node.number)


@Value.right
class WithClosures(Node):
    """Each value holds a function that says what it sends to whom."""

    def __init__(self, data, made_from=()):
        super().__init__(data, made_from)
        self.send = lambda incoming: [(parent, incoming * slope) for parent, slope in made_from]

    def backward(self):
        held = {node: node.grad for node in self.order()}
        for node in held:
            node.grad = 0.0
        self.grad = 1.0
        for node in held:
            for parent, part in node.send(node.grad):
                parent.grad += part
        for node, before in held.items():
            node.grad += before


@Value.right
class ForwardMode(Node):
    """Each value carries its derivatives with respect to everything before it."""

    def __init__(self, data, made_from=()):
        super().__init__(data, made_from)
        self.slopes = {self: 1.0}
        for parent, slope in made_from:
            for node, times in parent.slopes.items():
                self.slopes[node] = self.slopes.get(node, 0.0) + slope * times

    def backward(self):
        for node, times in self.slopes.items():
            node.grad += times


@Value.right
class AFloatItself(Node, float):
    """A subclass of float: equal numbers are equal then, and have one hash."""

    def __new__(cls, data, made_from=()):
        return float.__new__(cls, data)


@Value.right
class WithNumpyNumbers(Node):
    def __init__(self, data, made_from=()):
        super().__init__(data, made_from)
        self.data, self.grad = np.float64(data), np.zeros(())


@Value.right
class MinusFromPlus(Node):
    def __sub__(self, other):
        return self + (-1) * self.lifted(other)

    def __rsub__(self, other):
        return -self + other

    def sigmoid(self):
        return (1 + (-self).exp()) ** -1

    def tanh(self):
        return 2 * (2 * self).sigmoid() - 1


Value.small(
    "By hand: a = 2, b = -1, c = a · b = -2, d = 1 - c = 3, y = (c + c) + d³ = 23. Back from y: d gets 3 · "
    "3² = 27; c gets -27 from d and 1 + 1 from c + c, together -25; so a gets -25 · b = 25 and b gets -25 · "
    "a = -50. The second call adds, for z = c · s with s = tanh(b) + σ(b) + exp(b) + relu(b) = -0.1248 and "
    "slope 0.4200 + 0.1966 + 0.3679 + 0 = 0.9845: c gets s = -0.1248 more, a gets s · b = 0.1248, and b "
    "gets s · a + c · 0.9845 = -2.2186.",
    program="a = Value(2)\nb = Value(-1)\nc = a * b\nd = 1 - c\ny = (c + c) + d ** 3\ny.backward()\n" "z = c * (b.tanh() + b.sigmoid() + b.exp() + b.relu())\nz.backward()", ask="y.data, y.grad, c.grad, a.grad, b.grad")

# Three questions

missing_factor = Question(
    "The gradient notes' \"overall gradient\" multiplies the slopes of three sigmoids. What is missing to make it "
    "$dy/dw_1$?",
    wrong(
        "All three weights.",
        "With $w_1$ in it the product is $dy/dx$, which is 0.00176 there: the derivative with respect to the input."),
    right(
        "The two weights behind the first layer, and the input.",
        "$w_2$, $w_3$ and x, which is 1 in the notes: one factor for each arrow of the path."),
    wrong("Nothing but digits.", "Digits change 2 % at most, and between the product and $dy/dw_1$ lies a factor of 4."),
    wrong(
        "The other two gradients have to be added, since w is shared.",
        "That sum belongs to a network with one shared weight, and is 0.1634. It is not $dy/dw_1$."),
)

half_of_e = Question(
    "Which of the five factors of $dE/dW_{ih}$ would double if E lost its ½?",
    right(
        "$dE/dO$",
        "The ½ stands in E alone, and only the arrow into E knows of it. With that factor every gradient doubles."),
    wrong("$dO/dZ_2$", "That is the slope of the output's sigmoid, and does not know which loss comes after it."),
    wrong(
        "$dE/dO$ and $dO/dZ_2$, so that the gradient is four times as large.",
        "The second one is the sigmoid's slope, with or without the ½."),
    wrong("All five.", "Then the gradient would be 32 times as large; E is only twice as large."),
)

saturated_unit = Question(
    "A hidden unit gives $h_1=0.999$ for every sample. Which parameters nearly stop learning?",
    wrong(
        "$W_{ho}$, since it is multiplied by $h_1$.",
        "Its last factor is $h_1$ itself, nearly 1, so that it learns at full speed."),
    right(
        "$W_{ih}$ and $b_{ih}$ of that unit.",
        "$h_1(1-h_1)=0.000999$ lies on the path to both, 250 times less than the ¼ of a unit in the middle."),
    wrong(
        "All of them: the gradient vanishes.",
        "Only paths through the hidden sigmoid pass its slope; those to $W_{ho}$ and $b_{ho}$ do not."),
)
