"""Exercises of lesson 10: the L2 penalty, what it does to a step, in Keras, under Adam; its strength."""

import numpy as np

from autograder.authoring import UNCHANGED, Exercise, Question, case, right, wrong
from autograder.student.properties import parts


def signed(rng, low, high, shape):
    """Distinct sizes between low and high, with random signs."""
    return rng.uniform(low, high, shape) * rng.choice([-1, 1], shape)


def strength(rng):
    """λ and m, with λ/m neither small nor round."""
    m = int(rng.integers(7, 20))
    return {"lam": rng.uniform(0.3, 0.6) * m, "m": m}


# 10.1 l2_cost

ONE, SEVERAL = "one kernel", "several kernels"

l2_cost = Exercise(points=2, groups={ONE: 1, SEVERAL: 1})


@l2_cost.cases
def cases(rng):
    for group, shapes in [
        (ONE, [(1, 3)]), (ONE, [(4, 2)]), (SEVERAL, [(3, 2), (2, 5)]), (SEVERAL, [(2, 4), (4, 3), (3, 1)]),
    ]:
        yield case(group, Ws=[signed(rng, 0.4, 2.5, shape) for shape in shapes], **strength(rng))


@l2_cost.mistakes
def mistakes(Ws, lam, m):
    half, squares = lam / (2 * m), sum(float(np.sum(np.square(W))) for W in Ws)
    yield "no_half", lam / m * squares, (
        "Your penalty is twice too large. Look at the formula's fraction again: what cancels when it is "
        "differentiated?")
    yield "not_divided_by_m", lam / 2 * squares, (
        "The number of samples is missing: your penalty does not change with m.")
    yield "precedence", lam / 2 * m * squares, (
        "Python reads `a / 2 * m` from the left: a is halved, then multiplied by m. What is below the line?")
    yield "norms_not_squared", half * sum(np.linalg.norm(W) for W in Ws), (
        "You add up norms, with their roots. The penalty is made of squares: what is a norm before the root "
        "is taken?")
    yield "absolute_values", half * sum(np.abs(W).sum() for W in Ws), (
        "These are sums of absolute values, the L1 penalty. L2 is made of squares.")
    yield "square_of_the_sum", half * sum(np.sum(W) for W in Ws) ** 2, (
        "You square the sum of the weights, so that opposite signs cancel: square each weight, then add.")
    yield "largest_stretch", half * sum(np.linalg.norm(W, 2) ** 2 for W in Ws), (
        "For a matrix, `np.linalg.norm(W, 2)` is the largest stretch, not the length of all entries "
        "together.")
    yield "means_of_squares", half * sum(np.mean(W**2) for W in Ws), (
        "You take means of the squares, where the formula has sums.")
    yield "first_kernel_alone", half * np.sum(Ws[0] ** 2), (
        "Only the first kernel is counted. The sum runs over all layers: does `return` stand "
        "inside of a loop?")
    yield "strength_forgotten", squares / (2 * m), (
        "λ is not used: your penalty has the same size for every λ.")
    yield "quarter", half / 2 * squares, (
        "Your penalty is half as large as it should be: the ½ is there once.")
    yield "last_kernel_alone", half * np.sum(Ws[-1] ** 2), (
        "Only one of the kernels is counted. The sum runs over all layers.")


@l2_cost.answers
def answers(Ws, lam, m):
    half, flat = lam / (2 * m), np.concatenate([np.ravel(W) for W in Ws])
    yield "with_frobenius_norms", lam / 2 / m * sum(np.linalg.norm(W) ** 2 for W in Ws)
    yield "entry_by_entry", (1 / m) * (lam / 2) * sum(float(w) ** 2 for W in Ws for row in W for w in row)
    yield "in_one_vector", np.dot(flat, flat) * lam / (2 * m)
    yield "with_einsum", np.array([half * np.einsum("ij,ij->", W, W) for W in Ws]).sum()
    yield "with_traces", half * sum(np.trace(W.T @ W) for W in Ws)
    yield "in_float32", np.float32(half) * sum(np.sum(np.float32(W) ** 2) for W in Ws)


l2_cost.small(
    "The squares of 1, 2 and 3 sum to 14. With λ = 2 and m = 7 the factor before them is 2/(2·7) = 1/7.",
    Ws=[np.array([[1.0, 2.0]]), np.array([[3.0]])], lam=2.0, m=7)
l2_cost.small(
    "All four squares count: 1 + 4 + 4 + 16 = 25, with 2/(2·5) = 0.2 before it.",
    Ws=[np.array([[1.0, 2.0], [2.0, -4.0]])], lam=2.0, m=5)

# 10.2 add_l2

ADDED = "the penalty's part of the gradient"

add_l2 = Exercise(points=2, groups={ADDED: 3, UNCHANGED: 1})


@add_l2.cases
def cases(rng):
    for shapes in [[(2, 3)], [(3, 4), (4, 2)]]:
        grads, Ws = ([signed(rng, *sizes, shape) for shape in shapes] for sizes in [(0.3, 1), (0.5, 2)])
        yield case(ADDED, grads=grads, Ws=Ws, **strength(rng))


@add_l2.mistakes
def mistakes(grads, Ws, lam, m):
    added = lambda part: [g + part(W) for g, W in zip(grads, Ws, strict=True)]
    yield "twice", added(lambda W: 2 * lam / m * W), (
        "The penalty's part is twice too large: the ½ of the cost cancels the 2 of the square, and both are "
        "gone.")
    yield "half", added(lambda W: lam / (2 * m) * W), (
        "The penalty's part is half of what it should be: differentiate the square as well.")
    yield "subtracts", added(lambda W: -lam / m * W), (
        "You subtract the penalty's part. That is a gradient by which weights would grow.")
    yield "not_divided_by_m", added(lambda W: lam * W), (
        "The penalty's part does not depend on m: where are the samples?")
    yield "penalty_alone", [lam / m * W for W in Ws], (
        "The penalty's part is there, what backpropagation gave is gone.")
    yield "signs", added(lambda W: lam / m * np.sign(W)), (
        "You add the signs of the weights: that is the slope of the L1 penalty.")
    yield "adds_the_cost", added(lambda W: lam / (2 * m) * np.sum(W**2)), (
        "You add the cost itself, one number for every entry. Each weight's slope depends on this weight "
        "alone.")
    yield "squares_added", added(lambda W: lam / m * W**2), (
        "You add the squares of the weights. The penalty is made of squares; its slope is not.")
    yield "sizes_added", added(lambda W: lam / m * np.abs(W)), (
        "You add the sizes of the weights. A negative weight's slope is negative.")
    yield "strength_forgotten", added(lambda W: W / m), "λ is not used: the same is added for every λ."
    yield "gradient_scaled", [g + lam / m * g for g in grads], (
        "You add a part of the gradient. The penalty's part is made of the weights.")
    yield "slope_of_the_norm", added(lambda W: lam / m * W / np.linalg.norm(W)), (
        "The weights are divided by their norm: that is the slope of a norm, not of its square.")


@add_l2.wrong(
    "What you were given has changed: `g += …` writes into an array, `grads[i] = …` into the list. Make a "
    "new list of new arrays.")
def in_place(grads, Ws, lam, m):
    for g, W in zip(grads, Ws, strict=True):
        g += lam / m * W
    return grads


@add_l2.answers
def answers(grads, Ws, lam, m):
    yield "as_a_tuple", tuple(np.add(g, np.multiply(W, lam / m)) for g, W in zip(grads, Ws, strict=True))
    yield "by_number", [grads[i] + (lam * Ws[i]) / m for i in range(len(Ws))]
    narrow = lambda g, W: np.float32(g) + np.float32(lam / m) * np.float32(W)
    yield "in_float32", list(map(narrow, grads, Ws))


@add_l2.right
def in_place_on_copies(grads, Ws, lam, m):
    copies = [g.copy() for g in grads]
    for i, W in enumerate(Ws):
        copies[i] += 2 * (lam / (2 * m)) * W
    return copies


@add_l2.right
def entry_by_entry(grads, Ws, lam, m):
    out = [np.empty(g.shape) for g in grads]
    for g, W, sum_ in zip(grads, Ws, out, strict=True):
        for i in np.ndindex(g.shape):
            sum_[i] = g[i] + lam * W[i] / m
    return out


add_l2.small(
    "With λ = 4 and m = 8 half of each weight is added: 0.5 + 1 for the first, -1 + 1.5 for the second.",
    grads=[np.array([[0.5, -1.0]])], Ws=[np.array([[2.0, 3.0]])], lam=4.0, m=8)
add_l2.small(
    "A negative weight: half of -2 is added, so that 0.5 becomes -0.5.",
    grads=[np.array([[0.5, -1.0]])], Ws=[np.array([[-2.0, 3.0]])], lam=4.0, m=8)

# 10.3 decay_step

STILL, MOVED = "the decay alone, without a gradient", "decay and gradient together"

decay_step = Exercise(points=2, groups={STILL: 1, MOVED: 2, UNCHANGED: 1})


@decay_step.cases
def cases(rng):
    for group in (STILL, STILL, MOVED, MOVED):
        shape = (2, 3) if rng.random() < 0.5 else (4, 3)
        g = np.zeros(shape) if group == STILL else signed(rng, 0.5, 2, shape)
        yield case(group, W=signed(rng, 0.5, 2, shape), g=g, eta=rng.uniform(0.2, 0.4), **strength(rng))


@decay_step.mistakes
def mistakes(W, g, eta, lam, m):
    decayed = (1 - eta * lam / m) * W
    yield "without_eta", (1 - lam / m) * W - eta * g, (
        "The decay does not depend on the learning rate: with η near 0 a step should change nothing.")
    yield "without_m", (1 - eta * lam) * W - eta * g, "The decay does not depend on m: where are the samples?"
    yield "decays_the_step_too", (1 - eta * lam / m) * (W - eta * g), (
        "Without a gradient it is right; with one, the step itself is shrunk as well. Multiply the "
        "derivation out: what does the factor stand before?")
    yield "grows", (1 + eta * lam / m) * W - eta * g, "Your factor is above 1: the weights grow."
    yield "climbs", decayed + eta * g, "The decay is right; the gradient is walked up, not down."
    yield "gradient_without_eta", decayed - g, "The gradient's part lacks the learning rate."
    yield "half_the_decay", (1 - eta * lam / (2 * m)) * W - eta * g, (
        "The decay is half of what it should be: the cost's ½ is gone after differentiating.")
    yield "twice_the_decay", (1 - 2 * eta * lam / m) * W - eta * g, (
        "The decay is twice what it should be. The ½ of the cost has cancelled the 2.")
    yield "shrinks_the_step_only", W - (1 - eta * lam / m) * eta * g, (
        "Your factor stands before the gradient's part. Before what did the derivation put it?")
    yield "gradient_lost", decayed, "The weights decay, and the gradient moves nothing."
    yield "signs", W - eta * (g + lam / m * np.sign(W)), (
        "You shrink all weights by the same amount: that is the L1 penalty. L2 shrinks by the same factor.")
    yield "no_decay", W - eta * g, "This is the step without any penalty: λ is not used."


@decay_step.wrong("The kernel you were given has changed: `W *=` and `W -=` write into it.")
def in_place(W, g, eta, lam, m):
    W *= 1 - eta * lam / m
    W -= eta * g
    return W


@decay_step.answers
def answers(W, g, eta, lam, m):
    yield "on_the_regularised_gradient", W - eta * (g + lam / m * W)
    yield "term_by_term", W - eta * lam * W / m - eta * g
    by_row = lambda row, slopes: [w - eta * (d + lam / m * w) for w, d in zip(row, slopes, strict=True)]
    yield "entry_by_entry", list(map(by_row, W, g))
    yield "in_float32", np.float32(1 - eta * lam / m) * np.float32(W) - np.float32(eta) * np.float32(g)


@decay_step.right
def in_place_on_a_copy(W, g, eta, lam, m):
    new = np.array(W)
    new -= eta * lam / m * new
    new -= eta * g
    return new


decay_step.small(
    "With η = 0.1, λ = 5, m = 10 the factor is 1 - 0.05. The weight 2 becomes 1.9, and its gradient 1 takes "
    "off 0.1 more.",
    W=np.array([[2.0, -4.0]]), g=np.array([[1.0, 0.0]]), eta=0.1, lam=5.0, m=10)

# 10.4 keras_l2, lam_from_keras

keras_l2 = Exercise("keras_l2", "lam_from_keras", points=2, groups={"keras_l2": 1, "lam_from_keras": 1})


@keras_l2.cases
def cases(rng):
    for _ in range(2):
        m = int(rng.integers(11, 90))
        yield case("keras_l2", call="keras_l2", lam=rng.uniform(0.3, 5), m=m)
    for _ in range(2):
        m = int(rng.integers(11, 90))
        yield case("lam_from_keras", call="lam_from_keras", l2=rng.uniform(0.003, 0.05), m=m)


@keras_l2.mistakes
def mistakes(lam, m):
    yield "lam_as_it_is", lam, (
        "You hand λ over as it is. Keras knows neither the ½ nor the number of samples: write both costs "
        "down and compare.")
    yield "half_forgotten", lam / m, (
        "Your number is twice too large: the cost with λ has a ½, Keras' has none.")
    yield "samples_forgotten", lam / 2, (
        "You halve, but the number of samples is missing: the cost with λ has a 1/m, Keras' has none.")
    yield "multiplies", 2 * m * lam, (
        "This goes the other way, from Keras' number to λ. Which of the two should be the smaller one?")
    yield "precedence", lam / 2 * m, (
        "`lam / 2 * m` is read from the left: λ is halved, then multiplied by m. What stands below the "
        "line?")


@keras_l2.mistakes(replaces="lam_from_keras")
def mistakes(l2, m):
    yield "l2_as_it_is", l2, "`keras_l2` is right; on the way back you return Keras' number as it is."
    yield "half_forgotten_on_the_way_back", l2 * m, (
        "`keras_l2` is right; on the way back a factor of 2 is missing. One should undo the other.")
    yield "samples_forgotten_on_the_way_back", 2 * l2, (
        "`keras_l2` is right; on the way back the samples are missing. One should undo the other.")
    yield "half_the_wrong_way_back", l2 * m / 2, (
        "`keras_l2` is right; on the way back you halve where you should double. One should undo the other.")
    yield "divides_again", l2 / (2 * m), (
        "`keras_l2` is right; on the way back you divide a second time. One should undo the other.")


@keras_l2.right(replaces=("keras_l2", "lam_from_keras"))
def factor_by_factor():
    return (lambda lam, m: 0.5 * lam / m), (lambda l2, m: l2 / 0.5 * m)


@keras_l2.right(replaces=("keras_l2", "lam_from_keras"))
def in_float32():
    return (lambda lam, m: np.float32(lam) / np.float32(2 * m)), (lambda l2, m: np.float32(2 * m * l2))


@keras_l2.answers(replaces="lam_from_keras")
def answers(l2, m):
    yield "by_dividing_back", l2 / (1 / (2 * m))


keras_l2.small(
    "With λ = 3 and m = 50 a weight of 1 costs (1/50)·(3/2) = 0.03 in the deck's formula, and in Keras "
    "it costs the number that you hand over.",
    call="keras_l2", lam=3.0, m=50)
keras_l2.small(
    "The way back: with the number 0.03 in Keras and m = 50, λ is what makes (1/50)·(λ/2) = 0.03.",
    call="lam_from_keras", l2=0.03, m=50)

# 10.5 adamw_step

ADAM, DECAY, STATE = "Adam's part of the step", "the decay, apart from Adam", "the new state"

adamw_step = Exercise(
    points=2,
    returns={ADAM: 3, DECAY: 3, STATE: 1},
    groups={UNCHANGED: 1},
    rtol=2e-5,  # ε before or after the correction, or under the root, is nobody's mistake here
)


@adamw_step.cases
def cases(rng):
    for t in (0, int(rng.integers(2, 6))):
        shape = (3,) if t else (3, 2)  # not (2, 3), which alone might be taken for a pair
        m, v = np.zeros(shape), np.zeros(shape)
        for g in signed(rng, 0.5, 1.5, (t, *shape)):
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        w, g = signed(rng, 0.5, 2, shape), signed(rng, 0.5, 1.5, shape)
        state = {"m": m, "v": v, "t": t}
        yield case(w=w, g=g, state=state, lr=rng.uniform(0.1, 0.3), wd=rng.uniform(0.3, 0.6))


@adamw_step.driver
def drive(adamw_step, w, g, state, lr, wd):
    """What the decay does is the difference to a step without it: a slip in Adam's part does not cost it."""
    copied = {key: np.copy(value) if key != "t" else value for key, value in state.items()}
    plain, _ = parts(adamw_step(w.copy(), g.copy(), copied, lr, 0.0), "w_new", "state_new")
    start, plain = w.copy(), np.array(plain, dtype=float)
    new, new_state = parts(adamw_step(w, g, state, lr, wd), "w_new", "state_new")
    return plain - start, np.asarray(new, dtype=float) - plain, new_state


def adam(w, g, state, lr, correct=True, eps=1e-7, betas=(0.9, 0.999), root=np.sqrt):
    t, (one, two) = state["t"] + 1, betas
    m, v = one * state["m"] + (1 - one) * g, two * state["v"] + (1 - two) * g**2
    mean, square = (m / (1 - one**t), v / (1 - two**t)) if correct else (m, v)
    return w - lr * mean / (root(square) + eps), {"m": m, "v": v, "t": t}


@adamw_step.mistakes
def mistakes(w, g, state, lr, wd):
    new, after = adam(w, g, state, lr)
    decay, t = lr * wd * w, after["t"]
    stepped = lambda **slips: adam(w, g, state, lr, **slips)[0] - decay
    yield "adam_with_l2", adam(w, g + wd * w, state, lr), (
        "You add `wd * w` to the gradient. That is Adam with L2: the penalty goes through both running "
        "means, and its size is divided away. Where does decoupled decay act?")
    yield "decay_without_lr", (new - wd * w, after), "The decay lacks the learning rate."
    yield "decay_divided_too", (w - lr * (after["m"] / (1 - 0.9**t) + wd * w) / (
        np.sqrt(after["v"] / (1 - 0.999**t)) + 1e-7), after), (
        "The decay is divided by the root as well. Decoupled, it stays apart from both running means.")
    yield "signs", (new - lr * wd * np.sign(w), after), (
        "You take off the same from every weight. A decay takes off a share of each.")
    yield "twice_the_decay", (new - 2 * decay, after), (
        "The decay is twice as large as it should be. There is no square to be differentiated here.")
    yield "step_not_counted", (new - decay, {**after, "t": state["t"]}), (
        "`t` in the state that you return is that of before: the next step will be corrected like this one.")
    square = np.sqrt(after["v"]) + 1e-7
    yield "square_not_corrected", (w - lr * after["m"] / (1 - 0.9**t) / square - decay, after), (
        "Only one of the two running means is corrected. Both began at 0.")
    yield "decays_the_new_weight", (new - lr * wd * new, after), (
        "You shrink the weight after Adam has moved it, so that the step is shrunk too. The last term is "
        "made of `w` before the step.")
    yield "no_correction", (stepped(correct=False), after), (
        "The running means are used as they are. They began at 0, and the first step comes out about three "
        "times too long: divide by 1 - β to the power of t.")
    corrected = {"m": after["m"] / (1 - 0.9**t), "v": after["v"] / (1 - 0.999**t), "t": t}
    yield "stores_the_corrected_means", (new - decay, corrected), (
        "The state that you return holds the corrected means. They are for this step only; the next one "
        "goes on from the uncorrected.")
    yield "old_state_returned", (new - decay, state), (
        "The state you return is that of before: the next step will take itself for the first again.")
    yield "without_the_root", (stepped(root=lambda square: square), after), (
        "You divide by the mean square, without its root.")
    yield "grows", (new + decay, after), "The decay has the wrong sign: the weights grow."
    yield "no_decay", (new, after), "This is Adam without any decay: `wd` is not used."
    swapped, other = adam(w, g, state, lr, betas=(0.999, 0.9))
    yield "betas_swapped", (swapped - decay, other), (
        "β₁ and β₂ have changed places: the mean of the squares is the one with the long memory.")


@adamw_step.wrong(
    "The number of steps is used before it is raised: at the first step the correction divides by 0.")
def counts_too_late(w, g, state, lr, wd):
    _, after = adam(w, g, state, lr)
    t = np.float64(state["t"])
    with np.errstate(all="ignore"):
        move = after["m"] / (1 - 0.9**t) / (np.sqrt(after["v"] / (1 - 0.999**t)) + 1e-7)
    return w - lr * np.where(np.isfinite(move), move, 0.0) - lr * wd * w, after


@adamw_step.wrong(
    "What you were given has changed: `state['t'] += 1`, `state['m'] = …` and `w -=` write into it. Make a "
    "new dictionary and a new array.")
def in_place(w, g, state, lr, wd):
    new, after = adam(w, g, state, lr)
    state.update(after)
    return new - lr * wd * w, state


@adamw_step.answers
def answers(w, g, state, lr, wd):
    new, after = adam(w, g, state, lr)
    yield "decay_first", adam(w * (1 - lr * wd), g, state, lr)
    yield "as_a_list", [new - lr * wd * w, {"t": after["t"], "v": after["v"], "m": after["m"]}]
    root = lambda square: np.sqrt(square + 1e-8)
    yield "other_epsilons", (adam(w, g, state, lr, eps=0.0, root=root)[0] - lr * wd * w, after)
    narrow = {"m": np.float32(state["m"]), "v": np.float32(state["v"]), "t": state["t"]}
    new32, after32 = adam(np.float32(w), np.float32(g), narrow, np.float32(lr))
    yield "in_float32", (new32 - np.float32(lr * wd) * np.float32(w), after32)


@adamw_step.right
def as_keras_corrects(w, g, state, lr, wd):
    t = state["t"] + 1
    m = state["m"] + (g - state["m"]) * (1 - 0.9)
    v = state["v"] + (g * g - state["v"]) * (1 - 0.999)
    rate = lr * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return w - wd * lr * w - rate * m / (np.sqrt(v) + 1e-7), {"m": m, "v": v, "t": t}


@adamw_step.right
def on_copies(w, g, state, lr, wd):
    state, new = dict(state), w.copy()
    state["t"] += 1
    state["m"] = state["m"] * 0.9 + g * 0.1
    state["v"] = state["v"] * 0.999 + g**2 * 0.001
    hats = state["m"] / (1 - 0.9 ** state["t"]), state["v"] / (1 - 0.999 ** state["t"])
    new -= lr * wd * w
    new -= lr * hats[0] / (hats[1] ** 0.5 + 1e-7)
    return new, state


adamw_step.small(
    "From the zero state the corrected means are g and g², so that Adam's part is lr times the sign of g: "
    "0.1 here. The decay takes off lr·wd·w = 0.1·0.2·1 = 0.02: 0.88 is left.",
    w=np.array([1.0]), g=np.array([0.5]), state={"m": np.zeros(1), "v": np.zeros(1), "t": 0}, lr=0.1, wd=0.2)
adamw_step.small(
    "In a later step the size of the gradient counts: after two steps m = 0.2 and v = 0.05, now g = -0.5. And "
    "of a weight of 2 the decay takes off twice as much as of a weight of 1.",
    w=np.array([2.0]), g=np.array([-0.5]), state={"m": np.array([0.2]), "v": np.array([0.05]), "t": 2}, lr=0.1, wd=0.2)

# 10.6 weight_report

NORMS, PLAIN = "the Frobenius norm of each kernel", "layers without a bias or without weights"

weight_report = Exercise(points=1, groups={NORMS: 2, PLAIN: 1}, rtol=1e-5, seconds=20)


@weight_report.cases
def cases(rng):
    sizes = [int(n) for n in rng.permutation([2, 3, 4, 5])]
    for group in (NORMS, PLAIN):
        shapes = list(zip(sizes, sizes[1:], strict=False))
        yield case(
            group,
            _kernels=[signed(rng, 0.5, 2, shape) for shape in shapes],
            _biases=[signed(rng, 0.5, 2, shape[1]) for shape in shapes],
            _without=int(rng.integers(0, 2)) if group == PLAIN else -1,
        )


@weight_report.driver
def drive(weight_report, _kernels, _biases, _without):
    """A model of these kernels; the layer number `_without` has no bias, and a dropout stands behind it."""
    import sys

    keras = sys.modules.get("keras")
    if keras is None:
        missing = "keras is not imported in this notebook: run the cell that imports it, then this one again"
        raise RuntimeError(missing)
    layers = [keras.Input((len(_kernels[0]),))]
    for i, kernel in enumerate(_kernels):
        layers.append(keras.layers.Dense(kernel.shape[1], use_bias=i != _without))
        if i == _without:
            layers.append(keras.layers.Dropout(0.5))
    model = keras.Sequential(layers)
    dense = [layer for layer in model.layers if layer.weights]
    for i, (layer, kernel, bias) in enumerate(zip(dense, _kernels, _biases, strict=True)):
        layer.set_weights([kernel] if i == _without else [kernel, bias])
    report = weight_report(model)
    if isinstance(report, dict):
        report = list(report.values())
    if not isinstance(report, (list, tuple, np.ndarray)):
        raise TypeError("weight_report should return a list, with a number for each layer that has a kernel")
    norms = [np.asarray(norm) for norm in report]
    if any(norm.size != 1 for norm in norms):
        raise TypeError("weight_report should return one number for each layer that has a kernel, not an array")
    return [float(norm.reshape(())) for norm in norms]


def kernels_of(model):
    return [np.asarray(layer.kernel) for layer in model.layers if hasattr(layer, "kernel")]


@weight_report.mistakes
def mistakes(model):
    kernels, weighted = kernels_of(model), [layer for layer in model.layers if layer.weights]
    yield "an_entry_for_each_bias", [np.linalg.norm(weight) for weight in model.get_weights()], (
        "The report has an entry for each bias as well: it goes through all weights, where only the kernels "
        "count.")
    yield "bias_in_the_norm", [np.sqrt(sum(np.sum(w**2) for w in one.get_weights())) for one in weighted], (
        "Each layer's bias is counted into its norm: your numbers are a little too large.")
    yield "spectral", [np.linalg.norm(kernel, 2) for kernel in kernels], (
        "For a matrix, a norm of order 2 is the largest stretch. The Frobenius norm is the length of all "
        "entries together.")
    yield "mean_size", [np.abs(kernel).mean() for kernel in kernels], (
        "These are means of the absolute weights: the number of weights has dropped out.")
    yield "without_the_root", [np.sum(kernel**2) for kernel in kernels], (
        "These are the sums of the squares: the root is missing.")
    yield "root_mean_square", [np.sqrt(np.mean(kernel**2)) for kernel in kernels], (
        "You take the mean of the squares, where the Frobenius norm has their sum.")
    yield "sum_of_sizes", [np.abs(kernel).sum() for kernel in kernels], (
        "These are sums of absolute weights. The Frobenius norm is made of squares.")
    yield "longest_column", [np.linalg.norm(kernel, axis=0).max() for kernel in kernels], (
        "You report one unit of each layer. The norm of the whole kernel is asked for.")
    yield "largest_weight", [np.abs(kernel).max() for kernel in kernels], (
        "You report the largest weight of each kernel. The norm counts all of them.")
    yield "one_kernel_only", [np.linalg.norm(kernels[0])], (
        "Only the first kernel is reported: each layer that has one is to have an entry.")
    yield "all_in_one", [np.sqrt(sum(np.sum(kernel**2) for kernel in kernels))], (
        "You return one norm for all kernels together. Who shrinks and who grows can't be told from it.")
    yield "every_second_weight", [np.linalg.norm(weight) for weight in model.get_weights()[::2]], (
        "With a bias in every layer it is right. A layer without one shifts the list: every second weight "
        "is then no longer a kernel.")
    norm = lambda layer: np.linalg.norm(layer.get_weights()[0]) if layer.weights else 0.0
    yield "zero_for_layers_without_weights", [norm(layer) for layer in model.layers], (
        "With a bias in every layer it is right. A layer that has no weights has no kernel to report.")


@weight_report.answers
def answers(model):
    import sys

    having, ops = [layer for layer in model.layers if hasattr(layer, "kernel")], sys.modules["keras"].ops
    yield "by_shape", [float(np.sqrt(np.sum(w**2))) for w in model.get_weights() if w.ndim > 1]
    yield "by_name", [np.linalg.norm(w.numpy()) for w in model.trainable_weights if w.path.endswith("kernel")]
    firsts = [layer.get_weights()[0] for layer in model.layers if layer.weights]
    yield "first_of_each_layer", [np.linalg.norm(first.ravel()) for first in firsts]
    yield "with_keras_operations", [ops.sqrt(ops.sum(ops.square(layer.kernel))) for layer in having]
    yield "as_an_array", np.array([np.linalg.norm(np.float64(kernel)) for kernel in kernels_of(model)])


@weight_report.right
def with_tensorflow(model):
    import tensorflow as tf

    return [tf.norm(layer.kernel) for layer in model.layers if hasattr(layer, "kernel")]


weight_report.small(
    "A kernel [[3, 0], [0, 4]] has the Frobenius norm √(9 + 16) = 5, and a largest stretch of 4. Its bias "
    "does not count.",
    _kernels=[np.array([[3.0, 0.0], [0.0, 4.0]]), np.array([[2.0], [0.0]])],
    _biases=[np.array([1.0, 1.0]), np.array([1.0])], _without=-1)
weight_report.small(
    "Two layers, the first without a bias, a dropout behind it: two kernels, two numbers, 5 and 2.",
    _kernels=[np.array([[3.0, 0.0], [0.0, 4.0]]), np.array([[2.0], [0.0]])], _biases=[np.array([1.0, 1.0]), np.array([1.0])], _without=0)

# 10.7 choose_lambda

RISING, ANY = "strengths in rising order", "strengths in any order"

LIMIT = "exactly at the limit"

choose_lambda = Exercise(points=1, groups={RISING: 2, ANY: 2, LIMIT: 1})


@choose_lambda.cases
def cases(rng):
    for group in (RISING, ANY):
        for weaker, wild in ((2, 1), (3, 4)):
            lams, means, sds = hill(rng, weaker, wild)
            order = rng.permutation(len(lams)) if group == ANY else np.arange(len(lams))
            yield case(group, lams=lams[order], means=means[order], sds=sds[order])
            if weaker == 3:  # the best alone is near: all others are weaker, or far
                kept = np.array([i for i in order if means[i] in (max(means), means[0]) or i > 9])
                yield case(group, lams=lams[kept], means=means[kept], sds=sds[kept])
    # The second lies below the best by the sd of the best, to the last digit.
    few = [1, 10, 100] * rng.uniform(0.001, 0.009, 3)
    means, sds = np.array([0.75, 0.5, 0.125]), np.array([0.25, 0.0625, 0.125])
    for order in (np.arange(3), rng.permutation(3)):
        yield case(LIMIT, lams=few[order], means=means[order], sds=sds[order])


def hill(rng, weaker, wild):
    """Strengths in rising order; `weaker` of them stand before the best, and number `wild` has a huge sd.

    In units of the best one's sd, the stronger ones lie so far below it that they tell the rules apart: a
    near one (with three weaker ones another, which is the lowest of the near ones), a gap, the answer; one
    within the mean of all sds, one within two sds, one that is further, one within its own, one within the
    huge one, and one that is far.
    """
    another = [0.92] if weaker == 3 else []
    low = [7, *[0.2] * (weaker - 1), 0, 0.2, *another, 1.3, 0.7, 1.04, 1.6, 2.2, 3.4, 4.4, 7]
    high = [9, *[0.4] * (weaker - 1), 0, 0.3, *another, 1.5, 0.85, 1.08, 1.8, 2.4, 3.6, 4.7, 9]
    below, n = rng.uniform(low, high), len(low)
    sds = rng.uniform(0.45, 0.6, n)
    sds[weaker], sds[n - 3], sds[wild] = 1, 4.2, 5
    sd = rng.uniform(0.02, 0.03)
    lams = 10.0 ** (np.arange(n) - 6 + rng.uniform(-0.3, 0.3, n))
    return lams, rng.uniform(0.55, 0.6) - below * sd, sds * sd


@choose_lambda.mistakes
def mistakes(lams, means, sds):
    best = np.argmax(means)
    near = means >= means[best] - sds[best]
    yield "best_mean", lams[best], (
        "You take the best mean. What lies within its spread can't be told from it: which of those is the "
        "strongest?")
    yield "best_mean_plus_sd", lams[np.argmax(means + sds)], (
        "You take the largest mean + sd, which favours whoever varies most. The spread is to be subtracted "
        "from the best mean, as a limit for the others.")
    yield "largest", np.max(lams), (
        "You take the largest strength there is: have you compared its mean with the best?")
    yield "own_sd", np.max(lams[means + sds >= means.max()]), (
        "You allow each strength its own sd. One that varies wildly is then always near; the sd of the best "
        "is the measure.")
    yield "largest_sd", np.max(lams[means >= means.max() - np.max(sds)]), (
        "You measure with the largest of all sds. The sd of the best is the measure.")
    yield "mean_sd", np.max(lams[means >= means.max() - np.mean(sds)]), (
        "You measure with the mean of all sds. The sd of the best is the measure.")
    yield "two_sds", np.max(lams[means >= means[best] - 2 * sds[best]]), (
        "You allow two sds. One is the measure.")
    order = np.argsort(lams)
    beyond = order[np.flatnonzero(order == best)[0] :]
    reached = np.argmax(~np.append(near[beyond], False))
    yield "first_gap", lams[beyond[reached - 1]], (
        "A stronger one that is within the sd, too, is passed over: one that is not lies between. Look at "
        "all strengths, not only at the neighbours of the best.")
    yield "exactly_one_sd_left_out", np.max(np.append(lams[means > means[best] - sds[best]], lams[best])), (
        "A strength whose mean lies exactly one sd below the best is left out. It is no more than one sd "
        "below.")
    others = near & (np.arange(len(lams)) != best)
    yield "never_the_best", np.max(lams[others]) if others.any() else np.nan, (
        "You look among the others only. Where none of them is near, the best itself is to be taken.")
    yield "lowest_near_one", lams[np.argmin(np.where(near, means, np.inf))], (
        "Of the strengths near the best you take the one with the lowest mean. The largest strength is asked "
        "for.")
    yield "mean_of_the_chosen", means[near][np.argmax(lams[near])], (
        "You return the mean of the strength that you chose, not the strength.")
    yield "smallest_near_the_best", np.min(lams[near]), (
        "Of the strengths near the best you take the smallest; the strongest is asked for.")
    yield "position", int(np.argmax(np.where(near, lams, -np.inf))), (
        "You return the position, not the strength at it.")
    yield "last_in_the_list", lams[np.flatnonzero(near)[-1]], (
        "You take the last in the list that is near the best, which is the strongest only if they come in "
        "rising order.")


@choose_lambda.right
def in_a_loop(lams, means, sds):
    best = max(range(len(means)), key=lambda i: means[i])
    chosen = lams[best]
    for lam, mean in zip(lams, means, strict=True):
        if mean >= means[best] - sds[best] and lam > chosen:
            chosen = lam
    return chosen


@choose_lambda.right
def sorted_first(lams, means, sds):
    order = np.argsort(lams)[::-1]
    lams, means, sds = np.array(lams)[order], np.array(means)[order], np.array(sds)[order]
    return lams[np.argmax(means >= means.max() - sds[means.argmax()])]


@choose_lambda.right
def with_max(lams, means, sds):
    best, sd = max(zip(means, sds, strict=True))
    return float(max(lam for lam, mean in zip(lams, means, strict=True) if best - mean <= sd))


choose_lambda.small(
    "The best mean is 0.9 with an sd of 0.03, so that the limit is 0.87. Two strengths reach it, 0.1 and 1; "
    "the stronger is 1.",
    lams=np.array([0.1, 1.0, 10.0]), means=np.array([0.9, 0.88, 0.7]), sds=np.array([0.03, 0.01, 0.2]))
choose_lambda.small(
    "The strengths in another order. The best mean is 0.9 with an sd of 0.03: 0.88 reaches 0.87, 0.85 does not, although "
    "other sds are larger.",
    lams=np.array([10.0, 1.0, 0.1, 0.01]), means=np.array([0.7, 0.88, 0.9, 0.85]), sds=np.array([0.2, 0.1, 0.03, 0.1]))
choose_lambda.small(
    "The strongest that reaches 0.87 is 10; the one before it does not, and does not matter. 100 reaches 0.85 only.",
    lams=np.array([0.1, 1.0, 10.0, 100.0]), means=np.array([0.9, 0.8, 0.88, 0.85]), sds=np.array([0.03, 0.01, 0.02, 0.2]))
choose_lambda.small(
    "In falling order: 1 reaches 0.87, and stands before the best in the list.",
    lams=np.array([1.0, 0.1, 0.01]), means=np.array([0.88, 0.9, 0.875]), sds=np.array([0.01, 0.03, 0.02]))
choose_lambda.small(
    "The best mean is 0.75 with an sd of 0.25: the limit is 0.5, which 1 just reaches.",
    lams=np.array([0.1, 1.0, 10.0]), means=np.array([0.75, 0.5, 0.125]), sds=np.array([0.25, 0.0625, 0.125]))
choose_lambda.small(
    "The limit is 0.87, and only the best reaches it: it is its own answer.",
    lams=np.array([0.1, 1.0, 10.0]), means=np.array([0.6, 0.9, 0.8]), sds=np.array([0.02, 0.03, 0.02]))
choose_lambda.small(
    "Three reach 0.87. Of these 1 has the lowest mean, and 10 is the strongest.",
    lams=np.array([0.1, 1.0, 10.0]), means=np.array([0.9, 0.875, 0.88]), sds=np.array([0.03, 0.01, 0.02]))

# Three questions

factor_and_argument = Question(
    "$\\lambda=0.6$, $m=30$, $\\eta=0.1$. By which factor does a weight decay in each step of SGD, and which "
    "number does Keras want?",
    right("0.998 and 0.01", "$1-0.1\\cdot0.6/30$ and $0.6/60$."),
    wrong("0.94 and 0.6", "That forgets the number of samples in both places."),
    wrong("0.998 and 0.02", "That forgets the half: the gradient of $cw^2$ is $2cw$."),
)

why_the_other_grows = Question(
    "With a penalty on $W_1$ only, why can $W_2$ grow?",
    wrong("The learning rate is too high for the output layer.",
          "With both kernels penalised and the same rate, both come to rest."),
    right("A ReLU unit computes the same with its weights in divided by $c$ and its weight out multiplied by "
          "$c$, at a lower penalty.",
          "So the scale that $W_1$ loses can be had again, for nothing, in $W_2$."),
    wrong("The penalty's gradient flows back into $W_2$ as well.",
          "The penalty is a function of $W_1$ alone: its gradient in $W_2$ is zero. What pushes $W_2$ up is "
          "the data's loss."),
)

biases_penalised = Question(
    'Someone adds the biases to the penalty, "to be on the safe side". What follows?',
    wrong("Nothing: the derivation is the same for them.",
          "The algebra is the same, and it states a preference for borders through the origin, which nobody "
          "asked for."),
    wrong("The factor $1-\\eta\\lambda/m$ does not hold for biases.",
          "It does; the derivation never asked what $w$ is."),
    right("Borders are pulled towards the origin, and none becomes less steep.",
          "A bias multiplies no input. On the moons, penalising it gained nothing."),
)
