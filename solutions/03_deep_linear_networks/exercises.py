"""Exercises of lesson 03: products of matrices, their number, gradients of a network without activations."""

from functools import reduce

import numpy as np

from autograder.authoring import UNCHANGED, Exercise, Question, case, right, wrong

SQUARE, OTHER_SHAPES = "square matrices", "matrices of other shapes"


def matrices(rng, *widths):
    """One matrix for each pair of neighbouring widths, column convention."""
    return [
        rng.uniform(0.4, 1.6, (n_out, n_in)) * rng.choice([-1, 1], (n_out, n_in))
        for n_in, n_out in zip(widths, widths[1:], strict=False)
    ]


def fitting(function, *inputs):
    """The function's result; one text for all shapes that don't fit, whichever operation met them."""
    try:
        return function(*inputs)
    except ValueError as error:
        if any(word in str(error) for word in ("mismatch", "aligned", "broadcast")):
            error.args = ("two arrays whose shapes do not fit together",)
        raise


# 3.1 deep_linear

deep_linear = Exercise(points=1, groups={SQUARE: 1, OTHER_SHAPES: 1})


@deep_linear.cases
def cases(rng):
    yield case(SQUARE, x=rng.normal(size=3), Ws=matrices(rng, 3, 3, 3))
    yield case(SQUARE, x=rng.normal(size=4), Ws=matrices(rng, 4, 4, 4, 4, 4))
    yield case(OTHER_SHAPES, x=rng.normal(size=3), Ws=matrices(rng, 3, 5, 4, 2))
    yield case(OTHER_SHAPES, x=rng.normal(size=(2, 6)), Ws=matrices(rng, 2, 4, 3))


@deep_linear.driver
def drive(deep_linear, x, Ws):
    return fitting(deep_linear, x, Ws)


@deep_linear.mistakes
def mistakes(x, Ws):
    yield "printed_order", reduce(np.matmul, Ws) @ x, (
        "This is the product in the order of the “Improving” deck, W_1 W_2 … W_L X: there the last layer "
        "acts on x. The matrix that stands next to x acts first.")
    yield "entry_by_entry", reduce(lambda h, W: W * h, Ws, x), (
        "`*` multiplies entry by entry. A layer adds up a whole row of products for each unit: that is `@`.")
    yield "row_convention", reduce(np.matmul, Ws, x), (
        "Your matrices act transposed. That is the row convention, in which x stands on the left of each "
        "matrix; here x is a column, and each new matrix stands on the left of what is there.")
    yield "stops_before_the_last", reduce(lambda h, W: W @ h, Ws[:-1], x), (
        "One matrix is missing: you stop before the last layer.")
    yield "product_alone", reduce(lambda product, W: W @ product, Ws), (
        "This is the product of the matrices; x has not gone through it yet.")
    yield "relu_between", reduce(lambda h, W: np.maximum(W @ h, 0), Ws, x), (
        "Negative numbers become 0 on their way: that is a ReLU. The layers of this lesson have no "
        "activation.")
    yield "first_two_layers", Ws[1] @ (Ws[0] @ x), (
        "Two layers and no more: the list has as many matrices as the network has layers, and that varies.")


@deep_linear.answers
def answers(x, Ws):
    yield "with_multi_dot", np.linalg.multi_dot([*Ws[::-1], x])
    yield "with_reduce", reduce(np.matmul, Ws[::-1]) @ x
    yield "through_rows", reduce(np.matmul, [W.T for W in Ws], np.asarray(x).T).T
    yield "in_float32", reduce(lambda h, W: np.float32(W) @ h, Ws, np.float32(x))
    yield "as_a_list", reduce(lambda h, W: np.dot(W, h), Ws, x).tolist()


@deep_linear.right
def product_first(x, Ws):
    product = np.eye(Ws[0].shape[1])
    for W in Ws:
        product = W @ product
    return product @ x


@deep_linear.right
def by_recursion(x, Ws):
    after = lambda l: Ws[l - 1].dot(after(l - 1)) if l else x
    return after(len(Ws))


@deep_linear.right
def sum_by_sum(x, Ws):
    h = np.array(x, dtype=float)
    for W in Ws:
        rows = [sum(W[i, j] * h[j] for j in range(W.shape[1])) for i in range(W.shape[0])]
        h = np.array(rows)
    return h


deep_linear.small(
    "First stretch by (2, 0.5), then turn: x = (1, 0) becomes (2, 0), and the turn makes (0, 2) of it. The "
    "other way round it would be (0, 0.5).",
    x=np.array([1.0, 0.0]), Ws=[np.array([[2.0, 0.0], [0.0, 0.5]]), np.array([[0.0, -1.0], [1.0, 0.0]])])
deep_linear.small(
    "Three steps, and numbers below zero stay: times 2, times -3, times 4, so 1 becomes 2, then -6, then -24.",
    x=np.array([1.0]), Ws=[np.array([[2.0]]), np.array([[-3.0]]), np.array([[4.0]])])

# 3.2 diagonal_gain

FACTOR, MATRIX = "the number on the diagonal", "a matrix with one number on its diagonal"

diagonal_gain = Exercise(points=2, returns={FACTOR: 1, MATRIX: 1})


@diagonal_gain.cases
def cases(rng):
    yield case(FACTOR, d=rng.uniform(0.3, 0.6), L=int(rng.integers(5, 9)), n=3)
    yield case(FACTOR, d=rng.uniform(1.2, 1.6), L=int(rng.integers(9, 13)), n=4)
    yield case(FACTOR, d=rng.uniform(1.7, 2.3), L=2, n=2)
    for n in rng.permutation([2, 3, 5, 6])[:2]:
        yield case(MATRIX, d=rng.uniform(1.3, 1.9), L=int(rng.integers(5, 9)), n=int(n))


@diagonal_gain.driver
def drive(diagonal_gain, d, L, n):
    """The number is one thing, the form another: whoever takes L for L - 1 has the right form."""
    gain = diagonal_gain(d, L, n)
    if gain is None:
        raise TypeError("diagonal_gain should return a matrix, and returned None")
    first = np.ravel(gain)[0]
    with np.errstate(all="ignore"):  # a first entry of 0 is what the result says, no warning of the answer's
        return first, np.asarray(gain) / first


@diagonal_gain.mistakes
def mistakes(d, L, n):
    gain = d ** (L - 1)
    yield "as_many_as_layers", d**L * np.eye(n), (
        "Your exponent is L. The last matrix is not part of the product: how many hidden ones has a network "
        "of two layers?")
    yield "one_too_few", d ** (L - 2) * np.eye(n), (
        "One matrix too few: W_1 to W_{L-1} are L - 1 of them. With two layers there is one.")
    yield "times_instead_of_power", d * (L - 1) * np.eye(n), (
        "You multiply d by the number of matrices. They act one after the other: what does the second do to "
        "the result of the first?")
    yield "rounded_as_printed", float(f"{gain:.2g}") * np.eye(n), (
        "Your number is rounded, as in the “Improving” deck, where 38.443 became 38. Keep all digits.")
    yield "number_alone", gain, "A single number comes back. A product of (n, n) matrices is one, too."
    yield "every_entry", np.full((n, n), gain), (
        "All entries are the same. What stands beside the diagonal of d·I, and of its square?")
    yield "as_many_rows_as_layers", gain * np.eye(L), (
        "Your matrix has as many rows as the network has layers. Its size is the width of the layers, n.")
    yield "diagonal_alone", np.full(n, gain), "You return the diagonal, not the matrix it belongs to."


@diagonal_gain.answers
def answers(d, L, n):
    W = d * np.eye(n)
    yield "with_matrix_power", np.linalg.matrix_power(W, L - 1)
    yield "with_diag", np.diag(np.full(n, d) ** (L - 1))
    yield "power_of_the_entries", W ** (L - 1)
    yield "with_multi_dot_or_one", W if L == 2 else np.linalg.multi_dot([W] * (L - 1))
    yield "in_float32", np.float32(d) ** (L - 1) * np.eye(n, dtype=np.float32)
    yield "in_lists", [[d ** (L - 1) if i == j else 0.0 for j in range(n)] for i in range(n)]


@diagonal_gain.right
def in_a_loop(d, L, n):
    product = np.eye(n)
    for _ in range(1, L):
        product = np.diag([d] * n) @ product
    return product


diagonal_gain.small(
    "Three layers, d = 3, n = 2: the hidden matrices are W_1 and W_2. (1, 0) becomes (3, 0), then (9, 0), "
    "and (0, 1) becomes (0, 9). So the product is ((9, 0), (0, 9)); the last layer is not asked for. Looked at are its "
    "first entry, and the matrix divided by it.",
    d=3.0, L=3, n=2)
diagonal_gain.small("Five layers of three units: four hidden matrices, and all digits of 1.5⁴.", d=1.5, L=5, n=3)

# 3.3 linear_grads

LAST, BEFORE = "the last layer", "the layers before it"

linear_grads = Exercise(points=3, groups={LAST: 3, BEFORE: 4, OTHER_SHAPES: 4, UNCHANGED: 1})


@linear_grads.cases
def cases(rng):
    for group, _layers in [(LAST, [4]), (BEFORE, [1, 2, 3])]:
        yield case(group, **network(rng, 3, 3, 3, 3, 3), _layers=_layers)
    yield case(OTHER_SHAPES, **network(rng, 3, 5, 4, 6, 2), _layers=[1, 2, 3, 4])
    yield case(OTHER_SHAPES, **network(rng, 4, 2), _layers=[1])


def network(rng, *widths):
    x, dO = (rng.uniform(0.5, 2, (n, 1)) * rng.choice([-1, 1], (n, 1)) for n in (widths[0], widths[-1]))
    return {"x": x, "Ws": matrices(rng, *widths), "dO": dO}


@linear_grads.driver
def drive(linear_grads, x, Ws, dO, _layers):
    count = len(Ws)
    grads = fitting(linear_grads, x, Ws, dO)
    if not hasattr(grads, "__len__") or len(grads) != count:
        raise TypeError("linear_grads should return a list with one gradient for each matrix")
    return {f"dW_{l}": grads[l - 1] for l in _layers}


def signals(x, Ws):
    """x, h_1 .. h_L"""
    hs = [x]
    for W in Ws:
        hs.append(W @ hs[-1])
    return hs


def way_back(Ws, dO, step=lambda W, g: W.T @ g):
    """g_0 .. g_L"""
    gs = [dO]
    for W in reversed(Ws):
        gs.insert(0, step(W, gs[0]))
    return gs


def product(Ws, n):
    """W_L ... W_1"""
    return reduce(lambda product, W: W @ product, Ws, np.eye(n))


def outer_products(gs, hs):
    """One gradient for each pair of what arrives at a layer's output and what went into the layer."""
    return [g @ h.T for g, h in zip(gs, hs, strict=True)]


@linear_grads.mistakes
def mistakes(x, Ws, dO):
    hs, gs, count = signals(x, Ws), way_back(Ws, dO), len(Ws)
    yield "signal_after_the_layer", outer_products(gs[1:], hs[1:]), (
        "You pair each layer's gradient with the signal that comes out of it. What did W_l multiply: what "
        "went in, or what came out?")
    yield "gradient_before_the_layer", outer_products(gs[:-1], hs[:-1]), (
        "The gradient has already gone through W_l when you use it for dW_l. Take what arrives at the "
        "layer's output, then move on.")
    yield "way_back_untransposed", outer_products(way_back(Ws, dO, np.matmul)[1:], hs[:-1]), (
        "The last layer is right, the others are not: on its way back the gradient passes through W_l as it "
        "stands. In ⟨g, W h⟩ the matrix changes sides; what happens to it then?")
    yield "gradients_transposed", outer_products(hs[:-1], gs[1:]), (
        "Each gradient is the transpose of what it should be: entry (i, j) belongs to output i and input j, "
        "as in W_l.")
    yield "entry_with_entry", [g * h for g, h in zip(gs[1:], hs, strict=False)], (
        "`*` pairs output i with input i only. A weight (i, j) joins output i and input j: each output "
        "meets each input.")
    of_those_before = [reduce(lambda g, W: W.T @ g, reversed(Ws[:l]), dO) for l in range(count)]
    of_those_behind = [reduce(lambda h, W: W @ h, Ws[l + 1 :], x) for l in range(count)]
    yield "before_and_behind_swapped", outer_products(of_those_before, of_those_behind), (
        "The matrices before the layer and those behind it have changed roles. Which of the two groups has "
        "x gone through when it reaches W_l?")
    met_first_to_last = [reduce(lambda g, W: W.T @ g, Ws[l + 1 :], dO) for l in range(count)]
    yield "behind_in_the_wrong_order", outer_products(met_first_to_last, hs[:-1]), (
        "The last two layers are right. Further down, the matrices behind the layer are multiplied in the "
        "wrong order: going backwards, which of them is met first?")
    printed_order = [reduce(lambda h, W: W @ h, reversed(Ws[:l]), x) for l in range(count)]
    yield "before_in_the_wrong_order", outer_products(gs[1:], printed_order), (
        "The signal goes through the matrices in the printed order, W_1 W_2 … x: the matrix that stands "
        "next to x acts first.")
    yield "without_dO", outer_products(way_back(Ws, np.ones_like(dO))[1:], hs[:-1]), (
        "These are the gradients of the sum of all outputs: dO is not used.")
    yield "x_for_every_signal", [g @ x.T for g in gs[1:]], (
        "You pair every layer's gradient with x. Only the first layer was given x; what was layer l given?")
    yield "dO_for_every_gradient", [dO @ h.T for h in hs[:-1]], (
        "You use dO for every layer. It is the gradient at the last layer's output; on its way to layer l "
        "it passes through all matrices behind it.")
    yield "last_layer_first", outer_products(gs[1:], hs[:-1])[::-1], (
        "The right gradients in the order in which you met them, last layer first. The list begins with "
        "dW_1.")


@linear_grads.wrong(
    "Two columns can't be multiplied by `@`. Every output meets every input: which of the two has to lie "
    "down?", raises=True)
def outer_product_untransposed(x, Ws, dO):
    return [g @ h for g, h in zip(way_back(Ws, dO)[1:], signals(x, Ws)[:-1], strict=True)]


@linear_grads.wrong(
    "The list of matrices is in reverse order after the call: `Ws.reverse()` turns the list you were given.")
def reverses_the_list(x, Ws, dO):
    grads = outer_products(way_back(Ws, dO)[1:], signals(x, Ws)[:-1])
    Ws.reverse()
    return grads


@linear_grads.answers
def answers(x, Ws, dO):
    hs, gs = signals(x, Ws), way_back(Ws, dO)
    yield "with_outer", [np.outer(g, h) for g, h in zip(gs[1:], hs, strict=False)]
    yield "broadcast", [g * h.T for g, h in zip(gs[1:], hs, strict=False)]
    narrow = [W.astype(np.float32) for W in Ws]
    narrow_hs, narrow_gs = signals(np.float32(x), narrow), way_back(narrow, np.float32(dO))
    yield "in_float32", outer_products(narrow_gs[1:], narrow_hs[:-1])


@linear_grads.right
def two_passes(x, Ws, dO):
    hs = signals(x, Ws)
    grads, g = [None] * len(Ws), dO
    for l in range(len(Ws) - 1, -1, -1):
        grads[l] = np.dot(g, hs[l].T)
        g = np.dot(Ws[l].T, g)
    return grads


@linear_grads.right
def unrolled(x, Ws, dO):
    n, m = len(x), len(Ws[-1])
    behind = lambda l: reduce(np.matmul, reversed(Ws[l + 1 :]), np.eye(m))
    return [behind(l).T @ dO @ (product(Ws[:l], n) @ x).T for l in range(len(Ws))]


@linear_grads.right
def of_plain_vectors(x, Ws, dO):
    hs = signals(np.ravel(x), Ws)
    gs = way_back(Ws, np.ravel(dO))
    return [np.einsum("i,j->ij", g, h) for g, h in zip(gs[1:], hs[:-1], strict=True)]


@linear_grads.right
def entry_by_entry_in_a_loop(x, Ws, dO):
    hs, gs, grads = signals(x, Ws), way_back(Ws, dO), []
    for l, W in enumerate(Ws):
        dW = np.zeros(W.shape)
        for i in range(W.shape[0]):
            for j in range(W.shape[1]):
                dW[i, j] = gs[l + 1][i, 0] * hs[l][j, 0]
        grads.append(dW)
    return tuple(grads)


@linear_grads.right
def on_a_reversed_copy(x, Ws, dO):
    backwards = Ws.copy()
    backwards.reverse()
    hs, g, grads = signals(x, Ws), dO, []
    for W, h in zip(backwards, hs[-2::-1], strict=True):
        grads.append(g @ h.T)
        g = W.T @ g
    grads.reverse()
    return grads


TWO_LAYERS = [np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([[2.0, 1.0]])]
linear_grads.small(
    "x = (1, 2), W_1 = ((1, 0), (1, 1)), so h_1 = (1, 3); W_2 = (2, 1), dO = 2. The last layer takes dO "
    "times what went in: dW_2 = (2 · 1, 2 · 3). To the first comes g_1 = (2 · 2, 1 · 2) = (4, 2), and each "
    "of its entries meets each entry of x: dW_1 = ((4, 8), (2, 4)).",
    x=np.array([[1.0], [2.0]]), Ws=TWO_LAYERS, dO=np.array([[2.0]]), _layers=[1, 2])

# 3.4 relu_chain

FORWARD, DZ, DW, DX = "z and a", "dz", "dw", "dx"
KEYS = {FORWARD: ["z", "a"], DZ: ["dz"], DW: ["dw"], DX: ["dx"]}

relu_chain = Exercise(points=3, groups={FORWARD: 2, DZ: 2, DW: 1, DX: 1})


@relu_chain.cases
def cases(rng):
    signs = [
        ((1, 1, 1), 1),
        ((-1, 1, 1, 1), -1),  # alive, although x is negative
        ((1, 1, -1), 1),  # the last unit is off
        ((1, -1, -1, 1), 1),  # the second unit is off, and everything behind it at the kink
    ]
    for weights, side in signs:
        w = (rng.uniform(0.6, 2, len(weights)) * weights).tolist()
        x, y = side * rng.uniform(0.5, 2), rng.uniform(2, 5) * rng.choice([-1, 1])
        output = forwards(w, x)[1][-1]
        if output > 0:  # once too large, once too small
            y = output - side * rng.uniform(2, 5)
        for group, _keys in KEYS.items():
            yield case(group, w=w, x=x, y=float(y), _keys=_keys)


@relu_chain.driver
def drive(relu_chain, w, x, y, _keys):
    found = relu_chain(w, x, y)
    if not isinstance(found, dict):
        raise TypeError("relu_chain should return a dictionary with the keys z, a, dz, dw and dx")
    return {key: found[key] for key in _keys} if all(key in found for key in _keys) else found


def forwards(w, x):
    """z_1 .. z_L, and a_0 = x, a_1 .. a_L"""
    z, a = [], [x]
    for weight in w:
        z.append(weight * a[-1])
        a.append(max(z[-1], 0.0))
    return np.array(z), np.array(a)


def backwards(w, start, slopes):
    """dz_1 .. dz_L from dL/da_L"""
    dz, da = [], start
    for weight, slope in zip(w[::-1], slopes[::-1], strict=True):
        dz.insert(0, da * slope)
        da = weight * dz[0]
    return np.array(dz)


def answer(w, x, y, start=lambda a, y: 2 * (a - y), slope=lambda z, before: z > 0, forwards=forwards):
    z, a = forwards(w, x)
    dz = backwards(w, start(a[-1], y), slope(z, a[:-1]) * 1.0)
    return {"z": z, "a": a[1:], "dz": dz, "dw": dz * a[:-1], "dx": w[0] * dz[0]}


@relu_chain.mistakes
def mistakes(w, x, y):
    found, chain = answer(w, x, y), np.cumprod(w) * x
    z, a, dz, dw, dx = (found[key] for key in ("z", "a", "dz", "dw", "dx"))
    yield "the_notes_last_line", {**found, "dz": np.append(dx, dz[1:])}, (
        "Your first dz is what the gradient notes call '1st layer 27': one multiplication by w too many. "
        "That number belongs to another quantity of this exercise.")
    further = np.array(w) * dz
    before = np.append(x, a[:-1])
    yield "one_weight_too_far", {**found, "dz": further, "dw": further * before, "dx": w[0] * further[0]}, (
        "Each dz has gone through its own weight already: it is the gradient of what goes into the layer, "
        "not of its z.")
    yield "without_the_two", answer(w, x, y, start=lambda a, y: a - y), (
        "All gradients are half of what they should be. Differentiate (y - ŷ)² once more, slowly.")
    yield "begins_with_one", answer(w, x, y, start=lambda a, y: 1.0), (
        "You begin with dL/dz = 1 at the last layer, as the gradient notes do. That holds for one target "
        "only; what does the loss say about yours?")
    yield "sign_of_the_error", answer(w, x, y, start=lambda a, y: 2 * (y - a)), (
        "All signs are reversed. When the output is too large, raising it makes the loss larger.")
    yield "size_of_the_error", answer(w, x, y, start=lambda a, y: 2 * abs(a - y)), (
        "Your gradients do not tell an output that is too small from one that is too large. The derivative "
        "of a square has a sign.")
    everywhere = lambda z, before: np.ones_like(z)
    yield "without_slopes", answer(w, x, y, slope=everywhere), (
        "Gradients pass through units that are switched off: where is the slope of ReLU?")
    always_on_at_the_end = lambda z, before: np.append(z[:-1] > 0, True)
    yield "last_unit_without_slope", answer(w, x, y, slope=always_on_at_the_end), (
        "The last unit is a ReLU, too: where its z is not positive, no gradient gets past it.")
    yield "slope_of_the_input", answer(w, x, y, slope=lambda z, before: before > 0), (
        "Whether a unit lets the gradient pass depends on its own z. You ask the activation that goes into "
        "it.")
    yield "slope_one_at_the_kink", answer(w, x, y, slope=lambda z, before: z >= 0), (
        "At z = 0 you take the slope to be 1. Any value from 0 to 1 could be defended; here it is agreed to "
        "be 0.")
    yield "dw_without_activations", {**found, "dw": dz}, (
        "Your dw equals dz. What was each weight multiplied by on the way forwards?")
    yield "dw_with_the_output", {**found, "dw": dz * a}, (
        "You multiply dz by the activation that comes out of the layer. The weight was multiplied by the "
        "one that went in.")
    yield "z_handed_on", answer(w, x, y, forwards=lambda w, x: (chain, np.append(x, np.maximum(chain, 0)))), (
        "You hand z to the next layer, not a: a unit that is switched off sends its negative number on.")
    linear = lambda w, x: (chain, np.append(x, chain))
    yield "without_relu", answer(w, x, y, slope=everywhere, forwards=linear), (
        "There is no ReLU: negative numbers pass as they are.")
    yield "last_layer_first", {**found, "dz": dz[::-1], "dw": dw[::-1]}, (
        "The gradients stand in the order in which you met them, last layer first.")
    yield "z_for_a", {**found, "a": z}, "Your `a` holds z. What does a ReLU do with a negative z?"
    yield "first_dw_without_x", {**found, "dw": np.append(dz[0], dw[1:])}, (
        "Your first dw is dz alone. The first weight was multiplied by something as well: by x.")
    yield "a_begins_with_x", {**found, "a": np.append(x, a)}, (
        "Your `a` begins with x. It should hold the L outputs of the units.")
    yield "dx_without_the_first_weight", {**found, "dx": dz[0]}, (
        "Your dx stops at z_1. One weight lies between x and z_1, and the gradient has to go through it.")


@relu_chain.answers
def answers(w, x, y):
    yield "with_arrays", answer(np.asarray(w), x, y)
    found = answer(w, x, y)
    yield "in_plain_lists", {key: np.asarray(value).tolist() for key, value in found.items()}
    narrow = answer(np.float32(w), np.float32(x), np.float32(y))
    yield "in_float32", {key: np.float32(value) for key, value in narrow.items()}


@relu_chain.right
def through_a(w, x, y):
    """The slope read off the output: a > 0 just where z > 0."""
    a, z, dz, dw = [x], [], {}, {}
    for weight in w:
        z += [weight * a[-1]]
        a += [z[-1] if z[-1] > 0 else 0]
    g = -2 * (y - a[-1])
    for l in range(len(w), 0, -1):
        dz[l] = g if a[l] > 0 else 0
        dw[l] = dz[l] * a[l - 1]
        g = dz[l] * w[l - 1]
    layers = range(1, len(w) + 1)
    return {"z": z, "a": a[1:], "dz": tuple(dz[l] for l in layers), "dw": [dw[l] for l in layers], "dx": g}


@relu_chain.right
def from_products_of_the_others(w, x, y):
    z, a = forwards(w, x)
    alive = bool(np.all(z > 0))
    start = 2 * (a[-1] - y) * alive
    dz = np.array([start * np.prod(w[l + 1 :]) for l in range(len(w))])
    dw = np.array([start * x * np.prod(np.delete(w, l)) for l in range(len(w))])
    return {"z": z, "a": a[1:], "dz": dz, "dw": dw, "dx": start * np.prod(w)}


relu_chain.small(
    "Two units, w = (2, 3), x = 2, y = 11: z = 4, 12, and the output 12 is 1 too large, so dL/dz_2 = 2 · "
    "(12 - 11) = 2. One step back multiplies by w_2 = 3: dz = 6, 2. Each dw is dz times what went in: 6 · 2 "
    "and 2 · 4. And dx is one step further, 2 · 6.",
    w=[2.0, 3.0], x=2.0, y=11.0, _keys=["z", "a", "dz", "dw", "dx"])
relu_chain.small(
    "Two units, w = (2, 3), x = 2, y = 13: the output 12 is 1 too small, so dL/dz_2 = 2 · (12 - 13) = -2.",
    w=[2.0, 3.0], x=2.0, y=13.0, _keys=["z", "a", "dz", "dw", "dx"])
relu_chain.small(
    "The second of three units is off: w = (2, -3, 1), x = 1: z = 2, -6, 0 and a = 2, 0, 0. Nothing passes through a "
    "unit that is off: its slope is 0, and at z = 0 the slope is taken as 0, too.",
    w=[2.0, -3.0, 1.0], x=1.0, y=1.0, _keys=["z", "a", "dz", "dw", "dx"])
relu_chain.small(
    "The last unit is off: w = (2, -3), x = 1: z = 2, -6, so the output is 0 and 1 too small. The loss would push it "
    "up, and its slope of 0 lets nothing through.",
    w=[2.0, -3.0], x=1.0, y=1.0, _keys=["z", "a", "dz", "dw", "dx"])
relu_chain.small(
    "A negative input and a negative weight: w = (-2, 3), x = -1: z = 2, 6. Both units are on.",
    w=[-2.0, 3.0], x=-1.0, y=5.0, _keys=["z", "a", "dz", "dw", "dx"])

# 3.5 spectral_gain

ONE, SEVERAL = "one layer", "several layers"

spectral_gain = Exercise(points=1, groups={ONE: 1, SEVERAL: 1})


@spectral_gain.cases
def cases(rng):
    yield case(ONE, W=rng.normal(size=(3, 3)), n=1)
    for n in (2, 3):
        yield case(SEVERAL, W=rng.normal(size=(4, 4)), n=n)
    lopsided = np.triu(rng.uniform(1, 2, (3, 3)), 1) + np.diag(rng.uniform(0.3, 0.8, 3))
    yield case(SEVERAL, W=lopsided, n=int(rng.integers(3, 6)))


def power(W, n):
    return np.linalg.matrix_power(W, n)


@spectral_gain.mistakes
def mistakes(W, n):
    whole = power(W, n)
    stretch = np.linalg.norm(whole, 2)
    yield "largest_entry", np.abs(whole).max() ** (1 / n), (
        "You look at the largest entry. Many small entries of a row add up: a matrix of ten columns with "
        "0.4 everywhere quadruples a signal.")
    yield "from_the_determinant", np.abs(np.linalg.det(whole)) ** (1 / (n * len(W))), (
        "The determinant says how volumes change. A matrix may stretch one direction a hundredfold and "
        "squeeze another as much: what is asked for is the largest stretch.")
    yield "frobenius", np.linalg.norm(whole) ** (1 / n), (
        "This is the Frobenius norm, `np.linalg.norm` without a second argument: the root of the sum of "
        "squares of all entries. No single direction is stretched as much.")
    yield "largest_eigenvalue", np.abs(np.linalg.eigvals(W)).max(), (
        "This is the largest absolute value of an eigenvalue, which the gain approaches for very many "
        "layers. For few of them a lopsided matrix can stretch far more than that.")
    yield "of_a_single_layer", np.linalg.norm(W, 2), (
        "The stretch of one layer alone. After it a vector points elsewhere, and the next layer may stretch "
        "that less: form the power first.")
    yield "without_the_root", stretch, (
        "This is the stretch of all n layers together; per layer it is the n-th root.")
    yield "divided_by_n", stretch / n, (
        "You divide by n. Layers multiply: what, multiplied n times by itself, gives the whole stretch?")
    yield "power_of_the_entries", np.linalg.norm(W**n, 2) ** (1 / n), (
        "`W**n` raises every entry to the n-th power. n layers are a product of matrices.")
    yield "smallest_stretch", np.linalg.norm(whole, -2) ** (1 / n), (
        "This is the smallest stretch, of the direction that is hit worst. The largest is asked for.")
    yield "without_the_square_root", stretch ** (2 / n), (
        "Your result is the square of the gain. If you went through the eigenvalues of PᵀP: they are "
        "squares of stretches.")
    yield "largest_row_sum", np.abs(whole).sum(axis=1).max() ** (1 / n), (
        "This is the largest sum of a row's absolute values. It bounds what one unit can become, not the "
        "length of the whole vector.")
    yield "all_singular_values", np.linalg.svd(whole, compute_uv=False) ** (1 / n), (
        "These are singular values, all of them; the largest one is asked for.")


@spectral_gain.answers
def answers(W, n):
    P = power(W, n)
    yield "from_eigenvalues_of_the_square", float(np.linalg.eigvalsh(P.T @ P)[-1] ** (0.5 / n))
    yield "through_logarithms", np.exp(np.log(np.linalg.svd(P, compute_uv=False).max()) / n)
    yield "in_float32", np.linalg.norm(power(np.float32(W), n), ord=2) ** np.float32(1 / n)


@spectral_gain.right
def with_svd(W, n):
    product = np.eye(len(W))
    for _ in range(n):
        product = W @ product
    return np.linalg.svd(product)[1][0] ** (1 / n)


spectral_gain.small(
    "W turns the second axis into three times the first, and the first into the second. Three layers: (0, "
    "1) becomes (3, 0), (0, 3), (9, 0), and (1, 0) becomes (0, 1), (3, 0), (0, 3). The largest stretch is "
    "9, and per layer its third root.",
    W=np.array([[0.0, 3.0], [1.0, 0.0]]), n=3)
spectral_gain.small(
    "One layer that turns and stretches both axes by 2: no vector becomes longer than twice its length, although a "
    "row's sizes add up to 2.8.",
    W=np.array([[1.0, -1.0], [1.0, 1.0]]) * np.sqrt(2), n=1)

# Questions

equal_gradients = Question(
    "In the network 3, 9, 27 of the gradient notes, why are all three $dL/dw$ equal to 9, although "
    "$dL/dz$ grows from 1 to 9?",
    wrong(
        "The slope of ReLU is 1, so that $dw = dz$.",
        "This forgets what each weight was multiplied by, $dw_l=dz_l\\,a_{l-1}$; it would give 9, 3, 1."),
    right(
        "$dL/dw_l$ is the product of all *other* weights, and these are equal.",
        "Where $dz_l$ has one weight more, $a_{l-1}$ has one less; only $w_l$ itself is missing in both."),
    wrong(
        "The three weights share one value, so that backpropagation adds their gradients up.",
        "That would be true of one shared weight, as in a recurrent network, and would give 27. Here "
        "there are three weights that happen to have the same value."),
)

slopes_and_matrices = Question(
    "A network of ten layers with sigmoids. How many slopes and how many weight matrices are multiplied "
    "on the way from the loss to the gradient of $W_1$?",
    wrong(
        "10 slopes and 10 matrices",
        "$W_1$ itself is no factor of its own gradient. A tenth matrix is what turns 38.443 into 57.665."),
    right(
        "10 slopes and 9 matrices",
        "Every layer's slope, and $W_{10},\\dots,W_2$. The $(0.2)^{10}$ of the “Improving” deck counts "
        "the slopes and hides nine matrices behind three dots."),
    wrong(
        "9 slopes and 9 matrices",
        "The slope of layer 1 lies between $W_1$ and everything behind it: without it $W_1$ would have no "
        "effect."),
)

many_small_entries = Question(
    "All entries of a $10\\times10$ matrix are 0.4. What happens to a signal in a chain of such layers?",
    wrong(
        "It vanishes: no entry exceeds 0.4.",
        "Ten entries of 0.4 add up in every unit. The largest entry says nothing about the stretch."),
    right(
        "It grows fourfold in each layer.",
        "A vector of equal entries is multiplied by $10\\cdot0.4=4$, and after the first layer every "
        "signal has equal entries (0, if its own add up to 0)."),
    wrong(
        "Nothing can be said, since the determinant is 0.",
        "The determinant says that some directions are lost, not what becomes of the rest: one direction "
        "is stretched by 4."),
)
