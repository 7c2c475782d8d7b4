"""Exercises of lesson 10: the L2 penalty, what it does to a step, in Keras, under Adam, and how strong to make it."""

import numpy as np

from autograder.authoring import UNCHANGED, Exercise, case


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
    for shape in [(1, 3), (4, 2)]:
        yield case(ONE, Ws=[signed(rng, 0.5, 2, shape)], **strength(rng))
    yield case(SEVERAL, Ws=[signed(rng, 0.5, 2, shape) for shape in [(3, 2), (2, 5)]], **strength(rng))
    yield case(
        SEVERAL, Ws=[signed(rng, 0.3, 3, shape) for shape in [(2, 4), (4, 3), (3, 1)]], **strength(rng)
    )


def squares(Ws):
    return sum(float(np.sum(np.square(W))) for W in Ws)


@l2_cost.wrong(
    "Your penalty is twice too large. Look at the formula's fraction again: what cancels when it is differentiated?"
)
def no_half(Ws, lam, m):
    return lam / m * squares(Ws)


@l2_cost.wrong("The number of samples is missing: your penalty does not change with m.")
def not_divided_by_m(Ws, lam, m):
    return lam / 2 * squares(Ws)


@l2_cost.wrong(
    "Python reads `a / 2 * m` from the left: a is halved, then multiplied by m. What is below the line?"
)
def precedence(Ws, lam, m):
    return lam / 2 * m * squares(Ws)


@l2_cost.wrong(
    "You add up norms, with their roots. The penalty is made of squares: what is a norm before the root is taken?"
)
def norms_not_squared(Ws, lam, m):
    return lam / (2 * m) * sum(np.linalg.norm(W) for W in Ws)


@l2_cost.wrong("These are sums of absolute values, the L1 penalty. L2 is made of squares.")
def absolute_values(Ws, lam, m):
    return lam / (2 * m) * sum(np.abs(W).sum() for W in Ws)


@l2_cost.wrong(
    "You square the sum of the weights, so that opposite signs cancel: square each weight, then add."
)
def square_of_the_sum(Ws, lam, m):
    return lam / (2 * m) * sum(np.sum(W) for W in Ws) ** 2


@l2_cost.wrong(
    "For a matrix, `np.linalg.norm(W, 2)` is the largest stretch, not the length of all entries together.",
)
def largest_stretch(Ws, lam, m):
    return lam / (2 * m) * sum(np.linalg.norm(W, 2) ** 2 for W in Ws)


@l2_cost.wrong("You take means of the squares, where the formula has sums.")
def means_of_squares(Ws, lam, m):
    return lam / (2 * m) * sum(np.mean(W**2) for W in Ws)


@l2_cost.wrong("Only one of the kernels is counted. The sum runs over all layers.", loses=SEVERAL)
def last_kernel_alone(Ws, lam, m):
    cost = 0.0
    for W in Ws:
        cost = lam / (2 * m) * np.sum(W**2)
    return cost


@l2_cost.right
def with_frobenius_norms(Ws, lam, m):
    return lam / 2 / m * sum(np.linalg.norm(W) ** 2 for W in Ws)


@l2_cost.right
def entry_by_entry(Ws, lam, m):
    total = 0.0
    for W in Ws:
        for row in W:
            for w in row:
                total += float(w) ** 2
    return (1 / m) * (lam / 2) * total


@l2_cost.right
def in_one_vector(Ws, lam, m):
    flat = np.concatenate([np.ravel(W) for W in Ws])
    return np.dot(flat, flat) * lam / (2 * m)


@l2_cost.right
def with_einsum(Ws, lam, m):
    return np.array([lam / (2 * m) * np.einsum("ij,ij->", W, W) for W in Ws]).sum()


@l2_cost.right
def with_traces(Ws, lam, m):
    return lam / (2 * m) * sum(np.trace(W.T @ W) for W in Ws)


@l2_cost.right
def in_float32(Ws, lam, m):
    return np.float32(lam / (2 * m)) * sum(np.sum(np.float32(W) ** 2) for W in Ws)


l2_cost.small(
    "The squares of 1, 2 and 3 sum to 14. With λ = 2 and m = 7 the factor before them is 2/(2·7) = 1/7.",
    Ws=[np.array([[1.0, 2.0]]), np.array([[3.0]])],
    lam=2.0,
    m=7,
)

# 10.2 add_l2

ADDED = "the penalty's part of the gradient"

add_l2 = Exercise(points=2, groups={ADDED: 3, UNCHANGED: 1})


@add_l2.cases
def cases(rng):
    for shapes in [[(2, 3)], [(3, 4), (4, 2)]]:
        yield case(
            ADDED,
            grads=[signed(rng, 0.3, 1, shape) for shape in shapes],
            Ws=[signed(rng, 0.5, 2, shape) for shape in shapes],
            **strength(rng),
        )


@add_l2.wrong(
    "The penalty's part is twice too large: the ½ of the cost cancels the 2 of the square, and both are gone."
)
def twice(grads, Ws, lam, m):
    return [g + 2 * lam / m * W for g, W in zip(grads, Ws, strict=True)]


@add_l2.wrong("The penalty's part is half of what it should be: differentiate the square as well.")
def half(grads, Ws, lam, m):
    return [g + lam / (2 * m) * W for g, W in zip(grads, Ws, strict=True)]


@add_l2.wrong("You subtract the penalty's part. That is a gradient by which weights would grow.")
def subtracts(grads, Ws, lam, m):
    return [g - lam / m * W for g, W in zip(grads, Ws, strict=True)]


@add_l2.wrong("The penalty's part does not depend on m: where are the samples?")
def not_divided_by_m(grads, Ws, lam, m):
    return [g + lam * W for g, W in zip(grads, Ws, strict=True)]


@add_l2.wrong("The penalty's part is there, what backpropagation gave is gone.")
def penalty_alone(grads, Ws, lam, m):
    return [lam / m * W for W in Ws]


@add_l2.wrong("You add the signs of the weights: that is the slope of the L1 penalty.")
def signs(grads, Ws, lam, m):
    return [g + lam / m * np.sign(W) for g, W in zip(grads, Ws, strict=True)]


@add_l2.wrong(
    "You add the cost itself, one number for every entry. Each weight's slope depends on this weight alone."
)
def adds_the_cost(grads, Ws, lam, m):
    return [g + lam / (2 * m) * np.sum(W**2) for g, W in zip(grads, Ws, strict=True)]


@add_l2.wrong("The weights are divided by their norm: that is the slope of a norm, not of its square.")
def slope_of_the_norm(grads, Ws, lam, m):
    return [g + lam / m * W / np.linalg.norm(W) for g, W in zip(grads, Ws, strict=True)]


@add_l2.wrong("The arrays you were given have changed: `g +=` writes into them.", loses=UNCHANGED)
def in_place(grads, Ws, lam, m):
    for g, W in zip(grads, Ws, strict=True):
        g += lam / m * W
    return grads


@add_l2.right
def as_a_tuple(grads, Ws, lam, m):
    return tuple(np.add(g, np.multiply(W, lam / m)) for g, W in zip(grads, Ws, strict=True))


@add_l2.right
def by_number(grads, Ws, lam, m):
    out = []
    for i in range(len(Ws)):
        out.append(grads[i] + (lam * Ws[i]) / m)
    return out


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


@add_l2.right
def in_float32(grads, Ws, lam, m):
    return [np.float32(g) + np.float32(lam / m) * np.float32(W) for g, W in zip(grads, Ws, strict=True)]


add_l2.small(
    "With λ = 4 and m = 8 half of each weight is added: 0.5 + 1 for the first, -1 + 1.5 for the second.",
    grads=[np.array([[0.5, -1.0]])],
    Ws=[np.array([[2.0, 3.0]])],
    lam=4.0,
    m=8,
)

# 10.3 decay_step

STILL, MOVED = "the decay alone, without a gradient", "decay and gradient together"

decay_step = Exercise(points=2, groups={STILL: 1, MOVED: 2, UNCHANGED: 1})


@decay_step.cases
def cases(rng):
    for group in (STILL, STILL, MOVED, MOVED):
        shape = (2, 3) if rng.random() < 0.5 else (4, 3)
        g = np.zeros(shape) if group == STILL else signed(rng, 0.5, 2, shape)
        yield case(group, W=signed(rng, 0.5, 2, shape), g=g, eta=rng.uniform(0.2, 0.4), **strength(rng))


@decay_step.wrong(
    "The decay does not depend on the learning rate: with η near 0 a step should change nothing."
)
def without_eta(W, g, eta, lam, m):
    return (1 - lam / m) * W - eta * g


@decay_step.wrong("The decay does not depend on m: where are the samples?")
def without_m(W, g, eta, lam, m):
    return (1 - eta * lam) * W - eta * g


@decay_step.wrong(
    "Without a gradient it is right; with one, the step itself is shrunk as well. Multiply the derivation out: what does "
    "the factor stand before?",
    loses=MOVED,
)
def decays_the_step_too(W, g, eta, lam, m):
    return (1 - eta * lam / m) * (W - eta * g)


@decay_step.wrong("Your factor is above 1: the weights grow.")
def grows(W, g, eta, lam, m):
    return (1 + eta * lam / m) * W - eta * g


@decay_step.wrong("The decay is right; the gradient is walked up, not down.", loses=MOVED)
def climbs(W, g, eta, lam, m):
    return (1 - eta * lam / m) * W + eta * g


@decay_step.wrong("The gradient's part lacks the learning rate.", loses=MOVED)
def gradient_without_eta(W, g, eta, lam, m):
    return (1 - eta * lam / m) * W - g


@decay_step.wrong("The decay is half of what it should be: the cost's ½ is gone after differentiating.")
def half_the_decay(W, g, eta, lam, m):
    return (1 - eta * lam / (2 * m)) * W - eta * g


@decay_step.wrong(
    "The decay is twice what it should be. In the lecture's λ there is no 2: its ½ has cancelled it."
)
def twice_the_decay(W, g, eta, lam, m):
    return (1 - 2 * eta * lam / m) * W - eta * g


@decay_step.wrong("This is the step without any penalty: λ is not used.")
def no_decay(W, g, eta, lam, m):
    return W - eta * g


@decay_step.wrong("The kernel you were given has changed: `W *=` and `W -=` write into it.", loses=UNCHANGED)
def in_place(W, g, eta, lam, m):
    W *= 1 - eta * lam / m
    W -= eta * g
    return W


@decay_step.right
def on_the_regularised_gradient(W, g, eta, lam, m):
    return W - eta * (g + lam / m * W)


@decay_step.right
def term_by_term(W, g, eta, lam, m):
    return W - eta * lam * W / m - eta * g


@decay_step.right
def in_place_on_a_copy(W, g, eta, lam, m):
    new = np.array(W)
    new -= eta * lam / m * new
    new -= eta * g
    return new


@decay_step.right
def entry_by_entry(W, g, eta, lam, m):
    return [
        [w - eta * (d + lam / m * w) for w, d in zip(row, slopes, strict=True)]
        for row, slopes in zip(W, g, strict=True)
    ]


@decay_step.right
def in_float32(W, g, eta, lam, m):
    return np.float32(1 - eta * lam / m) * np.float32(W) - np.float32(eta) * np.float32(g)


decay_step.small(
    "With η = 0.1, λ = 5, m = 10 the factor is 1 - 0.05. The weight 2 becomes 1.9, and its gradient 1 takes off 0.1 more.",
    W=np.array([[2.0, -4.0]]),
    g=np.array([[1.0, 0.0]]),
    eta=0.1,
    lam=5.0,
    m=10,
)

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


@keras_l2.wrong(
    "You hand λ over as it is. Keras knows neither the ½ nor the number of samples: write both costs down and compare.",
    loses="keras_l2",
    replaces="keras_l2",
)
def lam_as_it_is(lam, m):
    return lam


@keras_l2.wrong(
    "Your number is twice too large: the lecture's cost has a ½, Keras' has none.",
    loses="keras_l2",
    replaces="keras_l2",
)
def half_forgotten(lam, m):
    return lam / m


@keras_l2.wrong(
    "You halve, but the number of samples is missing: the lecture's cost has a 1/m, Keras' has none.",
    loses="keras_l2",
    replaces="keras_l2",
)
def samples_forgotten(lam, m):
    return lam / 2


@keras_l2.wrong(
    "This goes the other way, from Keras' number to λ. Which of the two should be the smaller one?",
    loses="keras_l2",
    replaces="keras_l2",
)
def multiplies(lam, m):
    return 2 * m * lam


@keras_l2.wrong(
    "`lam / 2 * m` is read from the left: λ is halved, then multiplied by m. What stands below the line?",
    loses="keras_l2",
    replaces="keras_l2",
)
def precedence(lam, m):
    return lam / 2 * m


@keras_l2.wrong(
    "`keras_l2` is right; on the way back you return Keras' number as it is.",
    loses="lam_from_keras",
    replaces="lam_from_keras",
)
def l2_as_it_is(l2, m):
    return l2


@keras_l2.wrong(
    "`keras_l2` is right; on the way back a factor of 2 is missing. One should undo the other.",
    loses="lam_from_keras",
    replaces="lam_from_keras",
)
def half_forgotten_on_the_way_back(l2, m):
    return l2 * m


@keras_l2.wrong(
    "`keras_l2` is right; on the way back the samples are missing. One should undo the other.",
    loses="lam_from_keras",
    replaces="lam_from_keras",
)
def samples_forgotten_on_the_way_back(l2, m):
    return 2 * l2


@keras_l2.wrong(
    "`keras_l2` is right; on the way back you divide a second time. One should undo the other.",
    loses="lam_from_keras",
    replaces="lam_from_keras",
)
def divides_again(l2, m):
    return l2 / (2 * m)


@keras_l2.right(replaces=("keras_l2", "lam_from_keras"))
def factor_by_factor():
    return (lambda lam, m: 0.5 * lam / m), (lambda l2, m: l2 / 0.5 * m)


@keras_l2.right(replaces=("keras_l2", "lam_from_keras"))
def in_float32():
    return (lambda lam, m: np.float32(lam) / np.float32(2 * m)), (lambda l2, m: np.float32(2 * m * l2))


@keras_l2.right(replaces="lam_from_keras")
def by_dividing_back(l2, m):
    return l2 / (1 / (2 * m))


keras_l2.small(
    "With λ = 3 and m = 50 a weight of 1 costs (1/50)·(3/2) = 0.03 in the lecture's formula, and in Keras it costs the "
    "number that you hand over.",
    lam=3.0,
    m=50,
)

# 10.5 adamw_step

ADAM, DECAY, STATE = "Adam's part of the step", "the decay, apart from Adam", "the new state"

adamw_step = Exercise(
    points=2,
    groups={ADAM: 3, DECAY: 3, STATE: 1, UNCHANGED: 1},
    rtol=2e-5,  # ε before or after the correction, or under the root, is nobody's mistake at gradients of size 1
)


@adamw_step.cases
def cases(rng):
    for _part in (ADAM, DECAY, STATE):
        for t in (0, int(rng.integers(2, 6))):
            shape = (3,) if t else (2, 3)
            history = signed(rng, 0.5, 1.5, (t, *shape)) + 0.0
            m, v = np.zeros(shape), np.zeros(shape)
            for g in history:
                m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
            yield case(
                _part,
                w=signed(rng, 0.5, 2, shape),
                g=signed(rng, 0.5, 1.5, shape),
                state={"m": m, "v": v, "t": t},
                lr=rng.uniform(0.1, 0.3),
                wd=rng.uniform(0.3, 0.6),
                _part=_part,
            )


@adamw_step.driver
def drive(adamw_step, w, g, state, lr, wd, _part):
    """What the decay does is the difference to a step without it, so that a slip in Adam's part does not cost it."""

    def step(w, g, state, wd):
        result = adamw_step(w, g, state, lr, wd)
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise TypeError("adamw_step should return a pair: the new weights and the new state")
        return result

    def copied():
        return (
            w.copy(),
            g.copy(),
            {key: np.copy(value) if key != "t" else value for key, value in state.items()},
        )

    plain, _ = step(*copied(), 0.0)
    plain = np.array(plain, dtype=float)
    start = w.copy()
    new, new_state = step(w, g, state, wd)
    if _part.startswith("Adam"):
        return {"the step without decay": plain - start}
    if _part.startswith("the decay"):
        return {"what the decay adds": np.asarray(new, dtype=float) - plain}
    return new_state


def adam(w, g, state, lr, correct=True, eps=1e-7):
    t = state["t"] + 1
    m, v = 0.9 * state["m"] + 0.1 * g, 0.999 * state["v"] + 0.001 * g**2
    mean, square = (m / (1 - 0.9**t), v / (1 - 0.999**t)) if correct else (m, v)
    return w - lr * mean / (np.sqrt(square) + eps), {"m": m, "v": v, "t": t}


@adamw_step.wrong(
    "You add `wd * w` to the gradient. That is Adam with L2: the penalty goes through both running means, and its size is "
    "divided away. Where does decoupled decay act?",
    loses=(DECAY, STATE),
)
def adam_with_l2(w, g, state, lr, wd):
    return adam(w, g + wd * w, state, lr)


@adamw_step.wrong("The decay lacks the learning rate.", loses=DECAY)
def decay_without_lr(w, g, state, lr, wd):
    new, state = adam(w, g, state, lr)
    return new - wd * w, state


@adamw_step.wrong(
    "You shrink the weight after Adam has moved it, so that the step is shrunk too. The last term is made of `w` before "
    "the step.",
    loses=DECAY,
)
def decays_the_new_weight(w, g, state, lr, wd):
    new, state = adam(w, g, state, lr)
    return new - lr * wd * new, state


@adamw_step.wrong(
    "The running means are used as they are. They began at 0, and the first step comes out about three times too long: divide by "
    "1 - β to the power of t.",
    loses=ADAM,
)
def no_correction(w, g, state, lr, wd):
    new, state = adam(w, g, state, lr, correct=False)
    return new - lr * wd * w, state


@adamw_step.wrong(
    "The number of steps is used before it is raised: at the first step the correction divides by 0.",
    loses=ADAM,
)
def counts_too_late(w, g, state, lr, wd):
    t = state["t"]
    m, v = 0.9 * state["m"] + 0.1 * g, 0.999 * state["v"] + 0.001 * g**2
    with np.errstate(all="ignore"):
        move = m / (1 - np.float64(0.9) ** t) / (np.sqrt(v / (1 - np.float64(0.999) ** t)) + 1e-7)
    move = np.where(np.isfinite(move), move, 0.0)
    return w - lr * move - lr * wd * w, {"m": m, "v": v, "t": t + 1}


@adamw_step.wrong(
    "The state that you return holds the corrected means. They are for this step only; the next one goes on from the "
    "uncorrected.",
    loses=STATE,
)
def stores_the_corrected_means(w, g, state, lr, wd):
    new, after = adam(w, g, state, lr)
    t = after["t"]
    corrected = {"m": after["m"] / (1 - 0.9**t), "v": after["v"] / (1 - 0.999**t), "t": t}
    return new - lr * wd * w, corrected


@adamw_step.wrong(
    "The state you return is that of before: the next step will take itself for the first again.", loses=STATE
)
def old_state_returned(w, g, state, lr, wd):
    new, _ = adam(w, g, state, lr)
    return new - lr * wd * w, state


@adamw_step.wrong("You divide by the mean square, without its root.", loses=ADAM)
def without_the_root(w, g, state, lr, wd):
    _, after = adam(w, g, state, lr)
    t = after["t"]
    move = after["m"] / (1 - 0.9**t) / (after["v"] / (1 - 0.999**t) + 1e-7)
    return w - lr * move - lr * wd * w, after


@adamw_step.wrong("The decay has the wrong sign: the weights grow.", loses=DECAY)
def grows(w, g, state, lr, wd):
    new, state = adam(w, g, state, lr)
    return new + lr * wd * w, state


@adamw_step.wrong("This is Adam without any decay: `wd` is not used.", loses=DECAY)
def no_decay(w, g, state, lr, wd):
    return adam(w, g, state, lr)


@adamw_step.wrong(
    "β₁ and β₂ have changed places: the mean of the squares is the one with the long memory.",
    loses=(ADAM, STATE),
)
def betas_swapped(w, g, state, lr, wd):
    t = state["t"] + 1
    m, v = 0.999 * state["m"] + 0.001 * g, 0.9 * state["v"] + 0.1 * g**2
    move = m / (1 - 0.999**t) / (np.sqrt(v / (1 - 0.9**t)) + 1e-7)
    return w - lr * move - lr * wd * w, {"m": m, "v": v, "t": t}


@adamw_step.wrong(
    "What you were given has changed: `state['t'] += 1`, `state['m'] = …` and `w -=` write into it. Make a new dictionary "
    "and a new array.",
    loses=UNCHANGED,
)
def in_place(w, g, state, lr, wd):
    new, after = adam(w, g, state, lr)
    new = new - lr * wd * w
    state.update(after)
    return new, state


@adamw_step.right
def decay_first(w, g, state, lr, wd):
    new, after = adam(w * (1 - lr * wd), g, state, lr)
    return new, after


@adamw_step.right
def as_keras_corrects(w, g, state, lr, wd):
    t = state["t"] + 1
    m = state["m"] + (g - state["m"]) * (1 - 0.9)
    v = state["v"] + (g * g - state["v"]) * (1 - 0.999)
    rate = lr * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return w - wd * lr * w - rate * m / (np.sqrt(v) + 1e-7), {"m": m, "v": v, "t": t}


@adamw_step.right
def other_epsilons(w, g, state, lr, wd):
    t = state["t"] + 1
    m, v = 0.9 * state["m"] + 0.1 * g, 0.999 * state["v"] + 0.001 * np.square(g)
    move = (m / (1 - 0.9**t)) / np.sqrt(v / (1 - 0.999**t) + 1e-8)
    return w - lr * (move + wd * w), {"m": m, "v": v, "t": t}


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


@adamw_step.right
def in_float32(w, g, state, lr, wd):
    state = {"m": np.float32(state["m"]), "v": np.float32(state["v"]), "t": state["t"]}
    new, after = adam(np.float32(w), np.float32(g), state, np.float32(lr))
    return new - np.float32(lr * wd) * np.float32(w), after


@adamw_step.right
def as_a_list(w, g, state, lr, wd):
    new, after = adam(w, g, state, lr)
    return [new - lr * wd * w, {"t": after["t"], "v": after["v"], "m": after["m"]}]


adamw_step.small(
    "From the zero state the corrected means are g and g², so that Adam's part is lr times the sign of g: 0.1 here. The "
    "decay takes off lr·wd·w = 0.1·0.2·1 = 0.02: 0.88 is left.",
    w=np.array([1.0]),
    g=np.array([0.5]),
    state={"m": np.zeros(1), "v": np.zeros(1), "t": 0},
    lr=0.1,
    wd=0.2,
    _part=DECAY,
)

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
        raise RuntimeError(
            "keras is not imported in this notebook: run the cell that imports it, then this one again"
        )
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
    return [float(np.asarray(norm)) for norm in report]


def kernels_of(model):
    return [np.asarray(layer.kernel) for layer in model.layers if hasattr(layer, "kernel")]


@weight_report.wrong(
    "The report has an entry for each bias as well: it goes through all weights, where only the kernels count."
)
def an_entry_for_each_bias(model):
    return [np.linalg.norm(weight) for weight in model.get_weights()]


@weight_report.wrong("Each layer's bias is counted into its norm: your numbers are a little too large.")
def bias_in_the_norm(model):
    return [
        np.sqrt(sum(np.sum(w**2) for w in layer.get_weights()))
        for layer in model.layers
        if layer.get_weights()
    ]


@weight_report.wrong(
    "For a matrix, a norm of order 2 is the largest stretch. The Frobenius norm is the length of all entries together."
)
def spectral(model):
    return [np.linalg.norm(kernel, 2) for kernel in kernels_of(model)]


@weight_report.wrong("These are means of the absolute weights: the number of weights has dropped out.")
def mean_size(model):
    return [np.abs(kernel).mean() for kernel in kernels_of(model)]


@weight_report.wrong("These are the sums of the squares: the root is missing.")
def without_the_root(model):
    return [np.sum(kernel**2) for kernel in kernels_of(model)]


@weight_report.wrong(
    "You return one norm for all kernels together. Who shrinks and who grows can't be told from it."
)
def all_in_one(model):
    return [np.sqrt(sum(np.sum(kernel**2) for kernel in kernels_of(model)))]


@weight_report.wrong(
    "With a bias in every layer it is right. A layer without one shifts the list: every second weight is then no longer a "
    "kernel.",
    loses=PLAIN,
)
def every_second_weight(model):
    return [np.linalg.norm(weight) for weight in model.get_weights()[::2]]


@weight_report.wrong(
    "With a bias in every layer it is right. A layer that has no weights has no kernel to report.",
    loses=PLAIN,
)
def zero_for_layers_without_weights(model):
    return [np.linalg.norm(layer.get_weights()[0]) if layer.get_weights() else 0.0 for layer in model.layers]


@weight_report.right
def by_shape(model):
    return [float(np.sqrt(np.sum(w**2))) for w in model.get_weights() if w.ndim > 1]


@weight_report.right
def by_name(model):
    return [np.linalg.norm(w.numpy()) for w in model.trainable_weights if w.path.endswith("kernel")]


@weight_report.right
def first_of_each_layer(model):
    return [np.linalg.norm(layer.get_weights()[0].ravel()) for layer in model.layers if layer.get_weights()]


@weight_report.right
def with_tensorflow(model):
    import tensorflow as tf

    return [tf.norm(layer.kernel) for layer in model.layers if hasattr(layer, "kernel")]


@weight_report.right
def with_keras_operations(model):
    import sys

    ops = sys.modules["keras"].ops
    return [ops.sqrt(ops.sum(ops.square(layer.kernel))) for layer in model.layers if hasattr(layer, "kernel")]


@weight_report.right
def as_an_array(model):
    return np.array([np.linalg.norm(np.float64(kernel)) for kernel in kernels_of(model)])


weight_report.small(
    "A kernel [[3, 0], [0, 4]] has the Frobenius norm √(9 + 16) = 5, and a largest stretch of 4. Its bias does not count.",
    _kernels=[np.array([[3.0, 0.0], [0.0, 4.0]]), np.array([[2.0], [0.0]])],
    _biases=[np.array([1.0, 1.0]), np.array([1.0])],
    _without=-1,
)

# 10.7 choose_lambda

RISING, ANY = "strengths in rising order", "strengths in any order"

choose_lambda = Exercise(points=1, groups={RISING: 1, ANY: 1})


@choose_lambda.cases
def cases(rng):
    for group in (RISING, ANY):
        for best, wild in ((2, 2), (3, -1)):
            lams, means, sds = hill(rng, best, best + wild)
            order = rng.permutation(len(lams)) if group == ANY else np.arange(len(lams))
            yield case(group, lams=lams[order], means=means[order], sds=sds[order])


def hill(rng, best, wild):
    """Eight strengths, the best mean at `best`. One weaker and one stronger are within its sd; the next but one is
    within its own, and the next but two within that of the wild one."""
    lams = 10.0 ** (np.arange(-5, 3) + rng.uniform(-0.3, 0.3, 8))
    sds, below = rng.uniform(0.3, 0.6, 8), rng.uniform(4, 6, 8)  # in units of the best one's sd
    below[best - 1 : best + 4] = rng.uniform([0.2, 0, 0.7, 1.3, 2.2], [0.4, 0, 0.9, 1.6, 2.5])
    sds[best], sds[best + 2] = 1, 1.8
    sds[wild] = 3
    sd = rng.uniform(0.02, 0.03)
    return lams, rng.uniform(0.85, 0.9) - below * sd, sds * sd


@choose_lambda.wrong(
    "You take the best mean. What lies within its spread can't be told from it: which of those is the strongest?"
)
def best_mean(lams, means, sds):
    return lams[np.argmax(means)]


@choose_lambda.wrong(
    "You take the largest mean + sd, which favours whoever varies most. The spread is to be subtracted from the best mean, "
    "as a limit for the others."
)
def best_mean_plus_sd(lams, means, sds):
    return lams[np.argmax(np.asarray(means) + sds)]


@choose_lambda.wrong("You take the largest strength there is: have you compared its mean with the best?")
def largest(lams, means, sds):
    return np.max(lams)


@choose_lambda.wrong(
    "You allow each strength its own sd. One that varies wildly is then always near; the sd of the best is the measure."
)
def own_sd(lams, means, sds):
    means = np.asarray(means)
    return np.max(np.asarray(lams)[means + sds >= means.max()])


@choose_lambda.wrong("You measure with the largest of all sds. The sd of the best is the measure.")
def largest_sd(lams, means, sds):
    means = np.asarray(means)
    return np.max(np.asarray(lams)[means >= means.max() - np.max(sds)])


@choose_lambda.wrong("Of the strengths near the best you take the smallest; the strongest is asked for.")
def smallest_near_the_best(lams, means, sds):
    means = np.asarray(means)
    return np.min(np.asarray(lams)[means >= means.max() - sds[np.argmax(means)]])


@choose_lambda.wrong("You return the position, not the strength at it.")
def position(lams, means, sds):
    means = np.asarray(means)
    near = means >= means.max() - sds[np.argmax(means)]
    return int(np.argmax(np.where(near, lams, -np.inf)))


@choose_lambda.wrong(
    "You take the last in the list that is near the best, which is the strongest only if they come in rising order.",
    loses=ANY,
)
def last_in_the_list(lams, means, sds):
    means = np.asarray(means)
    return lams[np.flatnonzero(means >= means.max() - sds[np.argmax(means)])[-1]]


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
    return lams[np.argmax(means > means.max() - sds[means.argmax()])]


@choose_lambda.right
def with_max(lams, means, sds):
    best, sd = max(zip(means, sds, strict=True))
    return float(max(lam for lam, mean in zip(lams, means, strict=True) if best - mean <= sd))


choose_lambda.small(
    "The best mean is 0.9 with an sd of 0.03, so that the limit is 0.87. Two strengths reach it, 0.1 and 1; the stronger is 1.",
    lams=np.array([0.1, 1.0, 10.0]),
    means=np.array([0.9, 0.88, 0.7]),
    sds=np.array([0.03, 0.01, 0.2]),
)
