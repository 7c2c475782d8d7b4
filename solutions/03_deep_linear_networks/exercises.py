"""Exercises of lesson 03: products of matrices, how many of them, and the gradients of a network without activations."""

from functools import reduce

import numpy as np

from autograder.authoring import UNCHANGED, Exercise, case

SQUARE, OTHER_SHAPES = "square matrices", "matrices of other shapes"


def matrices(rng, *widths):
    """One matrix for each pair of neighbouring widths, column convention."""
    return [
        rng.uniform(0.4, 1.6, (n_out, n_in)) * rng.choice([-1, 1], (n_out, n_in))
        for n_in, n_out in zip(widths, widths[1:], strict=False)
    ]


def fitting(function, *inputs):
    """The function's result. Which operation met shapes that don't fit is a matter of style: one text for all."""
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


@deep_linear.wrong(
    "This is the product in the order in which the slides print it: there the last layer acts on x. The matrix that "
    "stands next to x acts first."
)
def printed_order(x, Ws):
    return reduce(lambda product, W: product @ W, Ws) @ x


@deep_linear.wrong(
    "`*` multiplies entry by entry. A layer adds up a whole row of products for each unit: that is `@`."
)
def entry_by_entry(x, Ws):
    return reduce(lambda h, W: W * h, Ws, x)


@deep_linear.wrong(
    "Your matrices act transposed. That is the row convention, in which x stands on the left of each matrix; here x is a "
    "column, and each new matrix stands on the left of what is there."
)
def row_convention(x, Ws):
    return reduce(lambda h, W: h @ W, Ws, x)


@deep_linear.wrong("One matrix is missing: you stop before the last layer.")
def stops_before_the_last(x, Ws):
    return reduce(lambda h, W: W @ h, Ws[:-1], x)


@deep_linear.wrong("This is the product of the matrices; x has not gone through it yet.")
def product_alone(x, Ws):
    return reduce(lambda product, W: W @ product, Ws)


@deep_linear.right
def product_first(x, Ws):
    product = np.eye(Ws[0].shape[1])
    for W in Ws:
        product = W @ product
    return product @ x


@deep_linear.right
def with_multi_dot(x, Ws):
    return np.linalg.multi_dot([*Ws[::-1], x])


@deep_linear.right
def with_reduce(x, Ws):
    return reduce(np.matmul, Ws[::-1]) @ x


@deep_linear.right
def by_recursion(x, Ws):
    return Ws[-1].dot(by_recursion(x, Ws[:-1])) if Ws else x


@deep_linear.right
def through_rows(x, Ws):
    """(W x)ᵀ = xᵀ Wᵀ."""
    h = np.asarray(x).T
    for W in Ws:
        h = h @ W.T
    return h.T


@deep_linear.right
def sum_by_sum(x, Ws):
    h = np.array(x, dtype=float)
    for W in Ws:
        rows = [sum(W[i, j] * h[j] for j in range(W.shape[1])) for i in range(W.shape[0])]
        h = np.array(rows)
    return h


@deep_linear.right
def in_float32(x, Ws):
    return reduce(lambda h, W: np.float32(W) @ h, Ws, np.float32(x))


@deep_linear.right
def as_a_list(x, Ws):
    return reduce(lambda h, W: np.dot(W, h), Ws, x).tolist()


deep_linear.small(
    "First stretch by (2, 0.5), then turn: x = (1, 0) becomes (2, 0), and the turn makes (0, 2) of it. The other way "
    "round it would be (0, 0.5).",
    x=np.array([1.0, 0.0]),
    Ws=[np.array([[2.0, 0.0], [0.0, 0.5]]), np.array([[0.0, -1.0], [1.0, 0.0]])],
)

# 3.2 diagonal_gain

FACTOR, MATRIX = "the number on the diagonal", "a matrix with one number on its diagonal"

diagonal_gain = Exercise(points=2, groups={FACTOR: 1, MATRIX: 1})


@diagonal_gain.cases
def cases(rng):
    yield case(FACTOR, d=rng.uniform(0.3, 0.6), L=int(rng.integers(5, 9)), n=3, _part="number")
    yield case(FACTOR, d=rng.uniform(1.2, 1.6), L=int(rng.integers(9, 13)), n=4, _part="number")
    yield case(FACTOR, d=rng.uniform(1.7, 2.3), L=2, n=2, _part="number")
    for n in rng.permutation([2, 3, 5, 6])[:2]:
        yield case(MATRIX, d=rng.uniform(1.3, 1.9), L=int(rng.integers(5, 9)), n=int(n), _part="form")


@diagonal_gain.driver
def drive(diagonal_gain, d, L, n, _part):
    """The number is one thing, the form another: whoever takes L for L - 1 has the right form."""
    gain = diagonal_gain(d, L, n)
    if gain is None:
        raise TypeError("diagonal_gain should return a matrix, and returned None")
    first = np.ravel(gain)[0]
    if _part == "number":
        return {"the first entry": first}
    return {"the result divided by its first entry": np.asarray(gain) / first}


@diagonal_gain.wrong(
    "Your exponent is L. The last matrix is not part of the product: how many hidden ones has a network of two layers?",
    loses=FACTOR,
)
def as_many_as_layers(d, L, n):
    return d**L * np.eye(n)


@diagonal_gain.wrong(
    "One matrix too few: W_1 to W_{L-1} are L - 1 of them. With two layers there is one.", loses=FACTOR
)
def one_too_few(d, L, n):
    return d ** (L - 2) * np.eye(n)


@diagonal_gain.wrong(
    "You multiply d by the number of matrices. They act one after the other: what does the second do to the result of "
    "the first?",
    loses=FACTOR,
)
def times_instead_of_power(d, L, n):
    return d * (L - 1) * np.eye(n)


@diagonal_gain.wrong(
    "Your number is rounded, as on the slides, where 38.443 became 38. Keep all digits.", loses=FACTOR
)
def rounded_as_printed(d, L, n):
    return float(f"{d ** (L - 1):.2g}") * np.eye(n)


@diagonal_gain.wrong("A single number comes back. A product of (n, n) matrices is one, too.", loses=MATRIX)
def number_alone(d, L, n):
    return d ** (L - 1)


@diagonal_gain.wrong(
    "All entries are the same. What stands beside the diagonal of d·I, and of its square?", loses=MATRIX
)
def every_entry(d, L, n):
    return np.full((n, n), d ** (L - 1))


@diagonal_gain.wrong("You return the diagonal, not the matrix it belongs to.", loses=MATRIX)
def diagonal_alone(d, L, n):
    return np.full(n, d ** (L - 1))


@diagonal_gain.right
def with_matrix_power(d, L, n):
    return np.linalg.matrix_power(d * np.eye(n), L - 1)


@diagonal_gain.right
def with_diag(d, L, n):
    return np.diag(np.full(n, d) ** (L - 1))


@diagonal_gain.right
def in_a_loop(d, L, n):
    product = np.eye(n)
    for _ in range(1, L):
        product = np.diag([d] * n) @ product
    return product


@diagonal_gain.right
def power_of_the_entries(d, L, n):
    return (d * np.eye(n)) ** (L - 1)


@diagonal_gain.right
def with_multi_dot_or_one(d, L, n):
    W = d * np.eye(n)
    return W if L == 2 else np.linalg.multi_dot([W] * (L - 1))


@diagonal_gain.right
def in_float32(d, L, n):
    return np.float32(d) ** (L - 1) * np.eye(n, dtype=np.float32)


@diagonal_gain.right
def in_lists(d, L, n):
    return [[d ** (L - 1) if i == j else 0.0 for j in range(n)] for i in range(n)]


diagonal_gain.small(
    "Three layers, d = 3: the hidden matrices are W_1 and W_2. A one becomes 3, then 9; the last layer is not asked for.",
    d=3.0,
    L=3,
    n=2,
    _part="number",
)

# 3.3 linear_grads

LAST, BEFORE = "the last layer", "the layers before it"

linear_grads = Exercise(
    points=3, groups={LAST: 3, BEFORE: 4, OTHER_SHAPES: 4, UNCHANGED: 1}, builds_on=("deep_linear",)
)


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


@linear_grads.wrong(
    "You pair each layer's gradient with the signal that comes out of it. What did W_l multiply: what went in, or what "
    "came out?"
)
def signal_after_the_layer(x, Ws, dO):
    return [g @ h.T for g, h in zip(way_back(Ws, dO)[1:], signals(x, Ws)[1:], strict=True)]


@linear_grads.wrong(
    "The gradient has already gone through W_l when you use it for dW_l. Take what arrives at the layer's output, "
    "then move on."
)
def gradient_before_the_layer(x, Ws, dO):
    return [g @ h.T for g, h in zip(way_back(Ws, dO), signals(x, Ws)[:-1], strict=False)]


@linear_grads.wrong(
    "The last layer is right, the others are not: on its way back the gradient passes through W_l as it stands. In "
    "⟨g, W h⟩ the matrix changes sides; what happens to it then?",
    loses=(BEFORE, OTHER_SHAPES, UNCHANGED),
)
def way_back_untransposed(x, Ws, dO):
    gs = way_back(Ws, dO, lambda W, g: W @ g)
    return [g @ h.T for g, h in zip(gs[1:], signals(x, Ws)[:-1], strict=True)]


@linear_grads.wrong(
    "Each gradient is the transpose of what it should be: entry (i, j) belongs to output i and input j, as in W_l."
)
def gradients_transposed(x, Ws, dO):
    return [h @ g.T for g, h in zip(way_back(Ws, dO)[1:], signals(x, Ws)[:-1], strict=True)]


@linear_grads.wrong(
    "Two columns can't be multiplied by `@`. Every output meets every input: which of the two has to lie down?",
    raises=True,
)
def outer_product_untransposed(x, Ws, dO):
    return [g @ h for g, h in zip(way_back(Ws, dO)[1:], signals(x, Ws)[:-1], strict=True)]


@linear_grads.wrong(
    "`*` pairs output i with input i only. A weight (i, j) joins output i and input j: each output meets each input."
)
def entry_with_entry(x, Ws, dO):
    return [g * h for g, h in zip(way_back(Ws, dO)[1:], signals(x, Ws)[:-1], strict=True)]


@linear_grads.wrong(
    "The matrices before the layer and those behind it have changed roles. Which of the two groups has x gone through "
    "when it reaches W_l?"
)
def before_and_behind_swapped(x, Ws, dO):
    backs = [reduce(lambda g, W: W.T @ g, reversed(Ws[:l]), dO) for l in range(len(Ws))]
    hs = [reduce(lambda h, W: W @ h, Ws[l + 1 :], x) for l in range(len(Ws))]
    return [g @ h.T for g, h in zip(backs, hs, strict=True)]


@linear_grads.wrong(
    "The last two layers are right. Further down, the matrices behind the layer are multiplied in the wrong order: going "
    "backwards, which of them is met first?",
    loses=(BEFORE, OTHER_SHAPES, UNCHANGED),
)
def behind_in_the_wrong_order(x, Ws, dO):
    hs = signals(x, Ws)
    backs = [reduce(lambda g, W: W.T @ g, Ws[l + 1 :], dO) for l in range(len(Ws))]
    return [g @ h.T for g, h in zip(backs, hs[:-1], strict=True)]


@linear_grads.wrong(
    "The signal goes through the matrices in the printed order, W_1 W_2 … x: the matrix that stands next to x acts first."
)
def before_in_the_wrong_order(x, Ws, dO):
    gs = way_back(Ws, dO)
    hs = [reduce(lambda h, W: W @ h, reversed(Ws[:l]), x) for l in range(len(Ws))]
    return [g @ h.T for g, h in zip(gs[1:], hs, strict=True)]


@linear_grads.wrong("These are the gradients of the sum of all outputs: dO is not used.")
def without_dO(x, Ws, dO):
    return [g @ h.T for g, h in zip(way_back(Ws, np.ones_like(dO))[1:], signals(x, Ws)[:-1], strict=True)]


@linear_grads.wrong(
    "The right gradients in the order in which you met them, last layer first. The list begins with dW_1.",
    loses=(LAST, BEFORE, OTHER_SHAPES, UNCHANGED),
)
def last_layer_first(x, Ws, dO):
    return [g @ h.T for g, h in zip(way_back(Ws, dO)[1:], signals(x, Ws)[:-1], strict=True)][::-1]


@linear_grads.wrong(
    "The list of matrices is in reverse order after the call: `Ws.reverse()` turns the list you were given.",
    loses=UNCHANGED,
)
def reverses_the_list(x, Ws, dO):
    grads = [g @ h.T for g, h in zip(way_back(Ws, dO)[1:], signals(x, Ws)[:-1], strict=True)]
    Ws.reverse()
    return grads


@linear_grads.right
def two_passes(x, Ws, dO):
    hs = signals(x, Ws)
    grads, g = [None] * len(Ws), dO
    for l in range(len(Ws) - 1, -1, -1):
        grads[l] = np.dot(g, hs[l].T)
        g = np.dot(Ws[l].T, g)
    return grads


@linear_grads.right
def with_outer(x, Ws, dO):
    return [np.outer(g, h) for g, h in zip(way_back(Ws, dO)[1:], signals(x, Ws), strict=False)]


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
def broadcast(x, Ws, dO):
    return [g * h.T for g, h in zip(way_back(Ws, dO)[1:], signals(x, Ws)[:-1], strict=True)]


@linear_grads.right
def in_float32(x, Ws, dO):
    narrow = [W.astype(np.float32) for W in Ws]
    hs, gs = signals(np.float32(x), narrow), way_back(narrow, np.float32(dO))
    return [g @ h.T for g, h in zip(gs[1:], hs[:-1], strict=True)]


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


linear_grads.small(
    "One unit a layer: x = 1, W_1 = 2, W_2 = 3, W_3 = 5, dO = 1, so O = 30. Nudge W_2 by 0.1: O becomes 5 · 3.1 · 2 = 31, "
    "so dW_2 is 10, the product of the other two; dW_1 = 15 and dW_3 = 6."
)

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
        for group, _keys in KEYS.items():
            yield case(group, w=w, x=x, y=float(y), _keys=_keys)


@relu_chain.driver
def drive(relu_chain, w, x, y, _keys):
    found = relu_chain(w, x, y)
    if not isinstance(found, dict):
        raise TypeError("relu_chain should return a dictionary with the _keys z, a, dz, dw and dx")
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


def answer(w, x, y, start=lambda a, y: 2 * (a - y), slope=lambda z, before: z > 0):
    z, a = forwards(w, x)
    dz = backwards(w, start(a[-1], y), slope(z, a[:-1]) * 1.0)
    return {"z": z, "a": a[1:], "dz": dz, "dw": dz * a[:-1], "dx": w[0] * dz[0]}


@relu_chain.wrong(
    "Your first dz is what the notes call '1st layer 27': one multiplication by w too many. That number belongs to another "
    "quantity of this exercise.",
    loses=DZ,
)
def the_notes_last_line(w, x, y):
    found = answer(w, x, y)
    return {**found, "dz": np.append(found["dx"], found["dz"][1:])}


@relu_chain.wrong(
    "Each dz has gone through its own weight already: it is the gradient of what goes into the layer, not of its z.",
    loses=(DZ, DW, DX),
)
def one_weight_too_far(w, x, y):
    z, a = forwards(w, x)
    dz = np.array(w) * answer(w, x, y)["dz"]
    return {"z": z, "a": a[1:], "dz": dz, "dw": dz * a[:-1], "dx": w[0] * dz[0]}


@relu_chain.wrong(
    "All gradients are half of what they should be. Differentiate (y - ŷ)² once more, slowly.",
    loses=(DZ, DW, DX),
)
def without_the_two(w, x, y):
    return answer(w, x, y, start=lambda a, y: a - y)


@relu_chain.wrong(
    "You begin with dL/dz = 1 at the last layer, as the notes do. That holds for one target only; what does the loss say "
    "about yours?",
    loses=(DZ, DW, DX),
)
def begins_with_one(w, x, y):
    return answer(w, x, y, start=lambda a, y: 1.0)


@relu_chain.wrong(
    "All signs are reversed. When the output is too large, raising it makes the loss larger.",
    loses=(DZ, DW, DX),
)
def sign_of_the_error(w, x, y):
    return answer(w, x, y, start=lambda a, y: 2 * (y - a))


@relu_chain.wrong(
    "Gradients pass through units that are switched off: where is the slope of ReLU?",
    loses=(DZ, DW, DX),
)
def without_slopes(w, x, y):
    return answer(w, x, y, slope=lambda z, before: np.ones_like(z))


@relu_chain.wrong(
    "Whether a unit lets the gradient pass depends on its own z. You ask the activation that goes into it.",
    loses=(DZ, DW, DX),
)
def slope_of_the_input(w, x, y):
    return answer(w, x, y, slope=lambda z, before: before > 0)


@relu_chain.wrong(
    "At z = 0 you take the slope to be 1. Any value from 0 to 1 could be defended; here it is agreed to be 0.",
    loses=DZ,
)
def slope_one_at_the_kink(w, x, y):
    return answer(w, x, y, slope=lambda z, before: z >= 0)


@relu_chain.wrong("Your dw equals dz. What was each weight multiplied by on the way forwards?", loses=DW)
def dw_without_activations(w, x, y):
    found = answer(w, x, y)
    return {**found, "dw": found["dz"]}


@relu_chain.wrong(
    "You multiply dz by the activation that comes out of the layer. The weight was multiplied by the one that went in.",
    loses=DW,
)
def dw_with_the_output(w, x, y):
    found = answer(w, x, y)
    return {**found, "dw": found["dz"] * found["a"]}


@relu_chain.wrong(
    "You hand z to the next layer, not a: a unit that is switched off sends its negative number on.",
    loses=(FORWARD, DZ, DW),
)
def z_handed_on(w, x, y):
    z = np.cumprod(w) * x
    a = np.append(x, np.maximum(z, 0))
    dz = backwards(w, 2 * (a[-1] - y), (z > 0) * 1.0)
    return {"z": z, "a": a[1:], "dz": dz, "dw": dz * a[:-1], "dx": w[0] * dz[0]}


@relu_chain.wrong("There is no ReLU: negative numbers pass as they are.")
def without_relu(w, x, y):
    z = np.cumprod(w) * x
    dz = backwards(w, 2 * (z[-1] - y), np.ones(len(w)))
    return {"z": z, "a": z, "dz": dz, "dw": dz * np.append(x, z[:-1]), "dx": w[0] * dz[0]}


@relu_chain.wrong("The gradients stand in the order in which you met them, last layer first.", loses=(DZ, DW))
def last_layer_first(w, x, y):
    found = answer(w, x, y)
    return {**found, "dz": found["dz"][::-1], "dw": found["dw"][::-1]}


@relu_chain.wrong("Your `a` begins with x. It should hold the L outputs of the units.", loses=FORWARD)
def a_begins_with_x(w, x, y):
    z, a = forwards(w, x)
    return {**answer(w, x, y), "a": a}


@relu_chain.wrong(
    "Your dx stops at z_1. One weight lies between x and z_1, and the gradient has to go through it.",
    loses=DX,
)
def dx_without_the_first_weight(w, x, y):
    found = answer(w, x, y)
    return {**found, "dx": found["dz"][0]}


@relu_chain.right
def with_arrays(w, x, y):
    return answer(np.asarray(w), x, y)


@relu_chain.right
def in_plain_lists(w, x, y):
    found = answer(w, x, y)
    return {key: value.tolist() if key != "dx" else float(value) for key, value in found.items()}


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
    return {
        "z": z,
        "a": a[1:],
        "dz": tuple(dz[l] for l in layers),
        "dw": [dw[l] for l in layers],
        "dx": g,
    }


@relu_chain.right
def from_products_of_the_others(w, x, y):
    z, a = forwards(w, x)
    alive = bool(np.all(z > 0))
    start = 2 * (a[-1] - y) * alive
    dz = np.array([start * np.prod(w[l + 1 :]) for l in range(len(w))])
    dw = np.array([start * x * np.prod(np.delete(w, l)) for l in range(len(w))])
    return {"z": z, "a": a[1:], "dz": dz, "dw": dw, "dx": start * np.prod(w)}


@relu_chain.right
def in_float32(w, x, y):
    found = answer(np.float32(w), np.float32(x), np.float32(y))
    return {key: np.float32(value) for key, value in found.items()}


relu_chain.small(
    "The network of the notes with y = 30: z = 3, 9, 27, and the output is 3 too small, so dL/dz_3 = 2 · (27 - 30) = -6. "
    "Each step back multiplies by 3: dz = -54, -18, -6. Each dw is dz times what went in: -54 · 1, -18 · 3, -6 · 9.",
    w=[3.0, 3.0, 3.0],
    x=1.0,
    y=30.0,
    _keys=["dz", "dw"],
)

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


@spectral_gain.wrong(
    "You look at the largest entry. Many small entries of a row add up: a matrix of ten columns with 0.4 everywhere "
    "quadruples a signal."
)
def largest_entry(W, n):
    return np.abs(power(W, n)).max() ** (1 / n)


@spectral_gain.wrong(
    "The determinant says how volumes change. A matrix may stretch one direction a hundredfold and squeeze another as "
    "much: what is asked for is the largest stretch."
)
def from_the_determinant(W, n):
    return np.abs(np.linalg.det(power(W, n))) ** (1 / (n * len(W)))


@spectral_gain.wrong(
    "This is the Frobenius norm, `np.linalg.norm` without a second argument: the root of the sum of squares of all "
    "entries. No single direction is stretched as much."
)
def frobenius(W, n):
    return np.linalg.norm(power(W, n)) ** (1 / n)


@spectral_gain.wrong(
    "This is the largest eigenvalue, which the gain approaches for very many layers. For few of them a lopsided matrix can "
    "stretch far more than that."
)
def largest_eigenvalue(W, n):
    return np.abs(np.linalg.eigvals(W)).max()


@spectral_gain.wrong(
    "The stretch of one layer alone. After it a vector points elsewhere, and the next layer may stretch that less: form "
    "the power first.",
    loses=SEVERAL,
)
def of_a_single_layer(W, n):
    return np.linalg.norm(W, 2)


@spectral_gain.wrong(
    "This is the stretch of all n layers together; per layer it is the n-th root.", loses=SEVERAL
)
def without_the_root(W, n):
    return np.linalg.norm(power(W, n), 2)


@spectral_gain.wrong(
    "You divide by n. Layers multiply: what, multiplied n times by itself, gives the whole stretch?",
    loses=SEVERAL,
)
def divided_by_n(W, n):
    return np.linalg.norm(power(W, n), 2) / n


@spectral_gain.wrong(
    "`W**n` raises every entry to the n-th power. n layers are a product of matrices.", loses=SEVERAL
)
def power_of_the_entries(W, n):
    return np.linalg.norm(W**n, 2) ** (1 / n)


@spectral_gain.wrong("These are singular values, all of them; the largest one is asked for.")
def all_singular_values(W, n):
    return np.linalg.svd(power(W, n), compute_uv=False) ** (1 / n)


@spectral_gain.right
def with_svd(W, n):
    product = np.eye(len(W))
    for _ in range(n):
        product = W @ product
    return np.linalg.svd(product)[1][0] ** (1 / n)


@spectral_gain.right
def from_eigenvalues_of_the_square(W, n):
    P = power(W, n)
    return float(np.linalg.eigvalsh(P.T @ P)[-1] ** (0.5 / n))


@spectral_gain.right
def through_logarithms(W, n):
    return np.exp(np.log(np.linalg.svd(power(W, n), compute_uv=False).max()) / n)


@spectral_gain.right
def in_float32(W, n):
    return np.linalg.norm(power(np.float32(W), n), ord=2) ** np.float32(1 / n)


spectral_gain.small(
    "W stretches the first axis by 3 and leaves the second as it is. Twice: 9 and 1. The largest stretch is 9, and per layer "
    "its square root.",
    W=np.array([[3.0, 0.0], [0.0, 1.0]]),
    n=2,
)
