"""Exercises of lesson 09: kinds of data, scalers, a leak detector, errors in original units, batch norm."""

import numpy as np

from autograder.authoring import UNCHANGED, Exercise, Question, case, right, wrong
from autograder.student.properties import close, first_match, parts

# 9.1 data_kind

NUMBERS, LABELS = "amounts", "labels and truths"

data_kind = Exercise(points=1, groups={NUMBERS: 1, LABELS: 2})


def meta(dtype, values, ordered, meaning):
    return {"dtype": dtype, "values": values, "ordered": ordered, "meaning": meaning}


@data_kind.cases
def cases(rng):
    whole = [int(n) for n in rng.choice(np.arange(2, 40), 5, replace=False)]
    broken = [round(float(v), 2) for v in rng.uniform(1, 9, 4) + 0.001]
    yield case(NUMBERS, **meta("int", whole, True, "amount"))
    yield case(NUMBERS, **meta("float", [float(n) for n in whole[:4]], True, "amount"))
    for single in (float(max(whole)), 1.0):  # the largest value is the whole one, or the smallest
        values = [broken[0], single, *broken[1:]]
        yield case(NUMBERS, **meta("float", values, True, "amount"))
    half = rng.integers(2, 9) + 0.5
    yield case(NUMBERS, **meta("float", [float(half), float(half) + 3], True, "amount"))
    yield case(NUMBERS, **meta("float", [-float(n) for n in whole[2:5]], True, "amount"))
    yield case(NUMBERS, **meta("float", [-value for value in broken], True, "amount"))
    yield case(NUMBERS, **meta("int", [int(n) for n in rng.permutation([0, 1])], True, "amount"))
    least, less, middle, more, most = (float(n) for n in sorted(whole))
    for place, fraction in enumerate([0.5, 0.5, 0.03, 0.0, 0.5]):
        if fraction:  # of one value, which is neither the largest nor the smallest
            values = [less, most, least, more]
            values.insert(place, middle + fraction)
            yield case(NUMBERS, **meta("float", values, True, "amount"))
    codes = [int(n) for n in rng.choice(np.arange(10115, 99998), 4, replace=False)]
    yield case(LABELS, **meta("int", codes, False, "label"))
    yield case(LABELS, **meta("str", words(rng, ["red", "green", "blue", "grey"], 3), False, "label"))
    yield case(LABELS, **meta("str", words(rng, ["north", "south", "east"], 2), False, "label"))
    yield case(LABELS, **meta("str", words(rng, ["low", "middle", "high"], 3), True, "label"))
    yield case(LABELS, **meta("int", [int(n) for n in rng.permutation([1, 2, 3, 4, 5])], True, "label"))
    yield case(LABELS, **meta("str", words(rng, ["small", "large"], 2), True, "label"))
    yield case(LABELS, **meta("int", [int(n) for n in rng.permutation([0, 1])], False, "label"))
    yield case(LABELS, **meta("int", [int(n) for n in rng.permutation([0, 1])], False, "truth"))
    yield case(LABELS, **meta("bool", [bool(b) for b in rng.permutation([0, 1])], False, "truth"))
    yield case(LABELS, **meta("str", words(rng, ["yes", "no"], 2), False, "truth"))
    yield case(LABELS, **meta("bool", [bool(b) for b in rng.permutation([0, 1])], True, "truth"))


@data_kind.driver
def drive(data_kind, dtype, values, ordered, meaning):
    return data_kind({"dtype": dtype, "values": values, "ordered": ordered, "meaning": meaning})


def words(rng, pool, n):
    return [str(word) for word in rng.choice(pool, n, replace=False)]


def by_the_book(meta):
    if meta["meaning"] == "truth":
        return "boolean"
    if meta["meaning"] == "label":
        return "ordinal" if meta["ordered"] else "nominal"
    return "integer" if all(float(v).is_integer() for v in meta["values"]) else "float"


@data_kind.mistakes
def mistakes(meta):
    kind, stored, meaning = by_the_book(meta), meta["dtype"], meta["meaning"]
    by_dtype = {"int": "integer", "float": "float", "str": "nominal", "bool": "boolean"}[stored]
    yield "by_the_dtype", by_dtype, (
        "You go by the way the column is stored. A zip code is stored as a number and is a name; a count "
        "may be stored as 3.0. Begin with the meaning.")
    yield "numbers_are_integers", "integer" if stored == "int" else kind, (
        "Labels that are written as numbers come back as integers. Would it make sense to add two zip "
        "codes?")
    yield "zero_and_one_are_integers", "integer" if meaning == "truth" and stored == "int" else kind, (
        "A truth that is stored as 0 and 1 is not a count: there are two values, and they mean no and yes.")
    yield "ranks_ignored", "nominal" if meaning == "label" else kind, (
        "Labels with a rank (low, middle, high) come back as nominal. What does `ordered` say?")
    yield "every_label_is_ordinal", "ordinal" if meaning == "label" else kind, (
        "Labels without a rank come back as ordinal. That numbers can be sorted does not make their order "
        "mean anything.")
    yield "whatever_is_ordered", "ordinal" if meta["ordered"] else kind, (
        "Whatever has a rank is ordinal for you, amounts as well. Ordinal is a kind of label.")
    yield "two_values_are_boolean", "boolean" if len(meta["values"]) == 2 else kind, (
        "You count the values: two of them make a boolean. North and south are two names; boolean means "
        "true or false.")
    yield "zero_and_one_are_boolean", "boolean" if set(meta["values"]) <= {0, 1} else kind, (
        "Zeros and ones come back as boolean whatever they mean. A count can be 0 or 1, and so can the "
        "number of a group.")
    yield "truth_with_a_rank", "ordinal" if meta["ordered"] and meaning != "amount" else kind, (
        "A truth whose values have a rank comes back as ordinal. Ordinal is a kind of label: begin with the "
        "meaning.")
    yield "stored_as_float", by_dtype if meaning == "amount" else kind, (
        "Amounts that are stored as floats come back as float, though none of the values has a fractional "
        "part.")
    some = lambda values: by_the_book({**meta, "values": values})
    yield "first_value_decides", some(meta["values"][:1]), (
        "You look at the first value only: one whole number does not make a column of integers.")
    yield "last_value_decides", some(meta["values"][-1:]), (
        "Only the last value counts in your answer: one whole number does not make a column of integers.")
    amounts = [float(v) for v in meta["values"]] if meaning == "amount" else [1.0]
    whole = meaning == "amount" and any(v.is_integer() for v in amounts)
    yield "any_whole_value", some([1]) if whole else kind, (
        "One whole number among the values is enough for you. An amount is an integer if none of its values "
        "has a fractional part.")
    fractional = np.mean([not v.is_integer() for v in amounts])
    yield "most_values_decide", some([1.5 if fractional > 0.5 else 1]), (
        "One value with a fractional part gets lost among whole ones. An amount is an integer if *none* of "
        "its values has a fractional part.")
    yield "negative_fractions", some([1.5 if v > int(v) else 1 for v in amounts]), (
        "Negative values with fractional parts come back as integers: cut off behind the point, -2.5 becomes "
        "-2, which is larger.")
    yield "sum_decides", some([sum(meta["values"])]) if meaning == "amount" else kind, (
        "Some values with fractional parts come back as integers: fractions can add up to a whole number. "
        "Look at each value by itself.")
    yield "turned_round", {"ordinal": "nominal", "nominal": "ordinal"}.get(kind, kind), (
        "Ordinal and nominal have changed places: which of them has a rank?")
    yield "truth_by_the_dtype", "nominal" if meaning == "truth" and stored != "bool" else kind, (
        "A truth need not be stored as True and False: 0 and 1, or yes and no, mean the same.")


@data_kind.right
def with_a_table(meta):
    whole = meta["meaning"] == "amount" and all(v == int(v) for v in meta["values"])
    table = {
        "truth": "boolean",
        "label": ("nominal", "ordinal")[bool(meta["ordered"])],
        "amount": ("float", "integer")[whole],
    }
    return table[meta["meaning"]]


@data_kind.right
def with_numpy(meta):
    if meta["meaning"] == "amount":
        values = np.array(meta["values"], dtype=float)
        return np.str_("integer" if np.all(values % 1 == 0) else "float")
    if meta["meaning"] == "label" and not meta["ordered"]:
        return "nominal"
    return "ordinal" if meta["meaning"] == "label" else "boolean"


data_kind.small(
    "Zip codes are names. Nobody adds them, and 10115 is not less than 20095 in any way that matters.",
    **meta("int", [10115, 20095, 80331], False, "label"),
)
for text, column in [
    ("Counts, stored as floats: no value has a fractional part.", ("float", [3.0, 4.0], True, "amount")),
    ("Amounts, of which the second has a fractional part: one is enough.", ("float", [3.0, 4.5, 2.0], True, "amount")),
    ("Amounts, of which the first has a fractional part, and whose sum is whole.", ("float", [3.5, 4.0, 2.5], True, "amount")),
    ("One of five amounts has a fractional part: it is enough.", ("float", [3.0, 4.0, 4.5, 2.0, 7.0], True, "amount")),
    ("Amounts below 0, with fractional parts.", ("float", [-2.5, -1.25], True, "amount")),
    ("How many: 0 or 1. That is an amount all the same.", ("int", [0, 1], True, "amount")),
    ("Whether something is the case, with a rank: no rank makes a label of it.", ("bool", [False, True], True, "truth")),
    ("Labels with a rank.", ("str", ["low", "middle", "high"], True, "label")),
    ("Labels with a rank, written as numbers.", ("int", [1, 2, 3], True, "label")),
    ("Labels without a rank, two of them: names all the same.", ("str", ["north", "south"], False, "label")),
    ("Whether something is the case, written as 0 and 1.", ("int", [0, 1], False, "truth")),
    ("Whether something is the case, in words.", ("str", ["yes", "no"], False, "truth")),
    ("Two labels with a rank: `ordered` says so.", ("str", ["small", "large"], True, "label")),
]:
    data_kind.small(text, **meta(*column))

# 9.2 Standardizer, 9.3 MinMax

SCALE, NEW, CONSTANT = "mean 0 and standard deviation 1", "new rows", "constant and narrow columns"
TARGETS, BACK = "one column, with one axis or two", "the way back"
ITSELF, KEPT = "`fit` returns the object", "arrays that are given stay as they are"

Standardizer = Exercise(
    points=2,
    groups={SCALE: 10, NEW: 2.5, CONSTANT: 1, TARGETS: 1.5, BACK: 4, ITSELF: 0.5, KEPT: 0.5},
)


def table(rng, rows, columns=3):
    """Columns of different places and spreads, none of them round."""
    place, spread = rng.uniform(2, 30, columns) * [1, -1, 1], rng.uniform(0.5, 9, columns)
    return place + spread * rng.normal(size=(rows, columns))


def rows_for(rng, rows, new_rows):
    """Rows to learn from, and new ones from another place, some of them beyond the first."""
    train = table(rng, rows)
    shift, stretch = rng.uniform(0.5, 1, 3), rng.uniform(1.3, 1.7, 3)
    new = train.mean(0) + train.std(0) * (shift + stretch * rng.normal(size=(new_rows, 3)))
    new[0], new[1] = train.max(0) + train.std(0), train.min(0) - 0.5 * train.std(0)
    return train, new


@Standardizer.cases
def cases(rng):
    for rows in (9, 6):
        train, _ = rows_for(rng, rows, 5)
        yield case(SCALE, train=train, new=train)
    train, new = rows_for(rng, 8, 5)
    yield case(NEW, train=train, new=new)
    yield case(NEW, train=train, new=new[:1])  # a single row is constant in every column
    yield case(NEW, train=train, new=new, _ask="two")
    train, new = rows_for(rng, 7, 4)
    train[:, 1] = 3.0
    yield case(CONSTANT, train=train, new=train)
    yield case(CONSTANT, train=train, new=new)  # with other values where the training rows have one
    yield case(CONSTANT, train=train, new=rng.normal(size=(5, 3)) * [1, 0, 1], _ask="inverse")
    narrow, _ = rows_for(rng, 7, 4)
    narrow[:, 1] *= rng.uniform(1.5e-4, 3e-4) / narrow[:, 1].std()
    yield case(CONSTANT, train=narrow, new=narrow)
    y = table(rng, 8)[:, 0]
    yield case(TARGETS, train=y, new=y)
    yield case(TARGETS, train=y[:, None], new=y[:6, None])
    yield case(TARGETS, train=y, new=rng.normal(size=5), _ask="inverse")
    yield case(BACK, train=rows_for(rng, 7, 4)[0], new=rng.normal(size=(5, 3)), _ask="inverse")
    train, new = rows_for(rng, 6, 4)
    yield case(ITSELF, train=train, new=new, _ask="fit")
    yield case(KEPT, train=train, new=new, _ask="kept")


@Standardizer.driver
def drive(Standardizer, train, new, _ask=""):
    return through(Standardizer, Standardizer, train, new, _ask)


def through(make, make_another, train, new, ask):
    """What the object makes of new rows, after it has met the training rows."""
    scaler, mine, theirs, scaled = make(), train.copy(), new.copy(), new.copy()
    fitted = scaler.fit(mine)
    if ask == "fit":
        return {"fine": fitted is scaler, "nothing": fitted is None}
    if ask == "two":
        make_another().fit(of_another(train))
    if ask == "inverse":
        return {"values": scaler.inverse(theirs)}
    values = scaler.transform(theirs)
    if ask == "kept":
        scaler.inverse(scaled)
        before_and_after = (train, mine), (new, theirs), (new, scaled)
        return {"kept": np.array([np.array_equal(*two) for two in before_and_after])}
    return {"values": values}


def of_another(train):
    """What a second object learns from."""
    return 3 * train[::-1] + 1


@Standardizer.judge
def judge(case, result):
    if "values" not in result:
        yield manners(case.group, result)
        return
    train, new, back = case.inputs["train"], case.inputs["new"], case.inputs.get("_ask") == "inverse"
    found = np.asarray(result["values"], dtype=float)
    right, candidates = standardised(train, new, back)
    if case.group == CONSTANT and not back:
        unseen = (np.std(train, axis=0) == 0) & (new != train[0])  # any ordinary number will do there
        if np.any(np.abs(found[unseen]) > 1e300):
            words = "a new value in a column that was constant in `fit` becomes "
            yield CONSTANT, False, "the largest number there is", f"{words}{np.abs(found[unseen]).max():.1e}"
            return
        found = np.where(unseen, right, found)
        candidates = {name: np.where(unseen, right, some) for name, some in candidates.items()}
    fine = near(found, right)
    seen = "" if fine else first_match(found, candidates, near) or "other values"
    if seen == "other values" and case.group == CONSTANT and too_small(found, right):
        seen = "a narrow column too small"
    if case.group != SCALE and seen == "standard deviation with n - 1":
        fine = True  # this slip is one, and costs its own group only
    if back and case.group != BACK and seen in candidates:
        fine = True  # and so is a slip on the way back
    yield case.group, fine, seen, in_words(found, right, seen, back)


def too_small(found, right):
    """Whether one column alone is off, and is what it should be times a number below 1."""
    off = [j for j in range(right.shape[1]) if not near(found[:, j], right[:, j])]
    if len(off) != 1:
        return False
    j = off[0]
    factor = float(np.sum(found[:, j] * right[:, j]) / np.sum(right[:, j] ** 2))
    return bool(0 < factor < 1 and close(found[:, j], factor * right[:, j], rtol=1e-6, atol=1e-6))


def near(one, other):
    return close(one, other, atol=1e-5)


def manners(group, result):
    if group == KEPT:
        steps = zip(("`fit`", "`transform`", "`inverse`"), result["kept"], strict=True)
        changed = " and ".join(step for step, kept in steps if not kept)
        seen = f"the array that was given to {changed} is another afterwards"
        return group, not changed, "changed", seen
    other = "nothing" if result["nothing"] else "another object"
    return group, bool(result["fine"]), other, f"`fit` returns {other}; it should return the object itself"


def in_words(found, right, seen, back):
    off = ~np.isclose(found, right, rtol=1e-4, atol=1e-5)
    where = np.unravel_index(int(np.argmax(off)), off.shape)
    at = f"[{', '.join(str(int(i)) for i in where)}]"
    step = "inverse" if back else "transform"
    return (
        f"`{step}` gives {found[where]:.4g} at {at}, expected {right[where]:.4g} ({off.sum()} of {off.size} "
        f"entries differ); it looks like: {seen}"
    )


def standardised(train, new, back):
    """What is right, and what slips would give, for the way there or the way back."""
    mean, sd = columns(train)
    sample = sd * np.sqrt(len(train) / (len(train) - 1))
    if back:
        return new * sd + mean, {
            "standard deviation with n - 1": new * sample + mean,
            "the mean added before the scaling": (new + mean) * sd,
            "the mean left out": new * sd,
            "the standard deviation left out": new + mean,
            "multiplied by the variance": new * sd**2 + mean,
            "divided instead of multiplied": new / sd + mean,
            "one mean and sd for the whole table": new * train.std() + train.mean(),
            "transformed once more": (new - mean) / sd,
            "the mean taken off": new * sd - mean,
        }
    rows = new.reshape(len(new), -1)
    across, spread = rows.mean(axis=1, keepdims=True), rows.std(axis=1, keepdims=True)
    return standard(new, mean, sd), {
        "standard deviation with n - 1": (new - mean) / sample,
        "not centred": new / sd,
        "only centred": new - mean,
        "divided by the variance": (new - mean) / sd**2,
        "one mean and sd for the whole table": (new - train.mean()) / train.std(),
        "statistics of the new rows": standard(new, *columns(new)),
        "statistics of all rows": standard(new, *columns(np.concatenate([train, new]))),
        "statistics of another object's rows": standard(new, *columns(of_another(train))),
        "standard deviation without n": (new - mean) / (sd * np.sqrt(len(train))),
        "the range for the standard deviation": (new - mean) / width_of(train),
        "the median for the mean": (new - np.median(train, axis=0)) / sd,
        "cut off": np.clip(standard(new, mean, sd), -3, 3),
        "a narrow column taken for a constant one": standard(new, mean, np.where(sd < 1e-3, 1.0, sd)),
        "left as it is": np.where(np.std(train, axis=0) == 0, new, standard(new, mean, sd)),
        "row by row": ((rows - across) / np.where(spread == 0, 1, spread)).reshape(new.shape),
    }


def columns(X, ddof=0):
    """Mean and standard deviation of each column; 1 in place of an sd of 0."""
    sd = np.std(X, axis=0, ddof=ddof)
    return np.mean(X, axis=0), np.where(sd == 0, 1.0, sd)


def width_of(X):
    wide = np.ptp(X, axis=0)
    return np.where(wide == 0, 1.0, wide)


def standard(X, mean, sd):
    return (X - mean) / sd


class Scaler:
    """Standardises by columns. What `learn` finds in the training rows is handed to `there` and `back`."""

    def __init__(self, learn=columns, there=standard, back=lambda Z, mean, sd: Z * sd + mean):
        self.learn, self.there, self.back = learn, there, back

    def fit(self, X):
        self.learnt = self.learn(X)
        return self

    def transform(self, X):
        return self.there(X, *self.learnt)

    def inverse(self, Z):
        return self.back(Z, *self.learnt)


@Standardizer.mistakes
def mistakes():
    yield "RefitsOnNewRows", Scaler(there=lambda X, *_: standard(X, *columns(X))), (
        "`transform` looks at the rows it is given to find their mean and sd: test rows are then scaled by "
        "themselves. Everything is to be learnt in `fit`.")
    seen = lambda X: (X, *columns(X))
    pooled = lambda X, seen, *_: standard(X, *columns(np.concatenate([seen, X])))
    yield "LearnsFromAllRows", Scaler(seen, pooled, lambda Z, _, mean, sd: Z * sd + mean), (
        "New rows are put together with the training rows, and the statistics are those of both: this is "
        "the leak that the lesson warns of. Everything is to be learnt in `fit`.")
    yield "OneForTheTable", Scaler(lambda X: (X.mean(), X.std())), (
        "One mean and one standard deviation serve the whole table. Columns in different units are then as "
        "different as before: which axis are they to be taken over?")
    yield "RowByRow", Scaler(lambda X: (X.mean(axis=1, keepdims=True), X.std(axis=1, keepdims=True))), (
        "Each row is scaled by itself: the mean of a row mixes different units, and rows that come later "
        "have no place in it. Which axis runs over the rows?")
    yield "ZeroByZero", Scaler(lambda X: (np.mean(X, axis=0), np.std(X, axis=0))), (
        "A column that never changes becomes nan: 0 divided by 0. Its standard deviation is 0, and "
        "something else has to stand below.")
    yield "SampleDeviation", Scaler(lambda X: columns(X, ddof=1)), (
        "Your columns have a standard deviation a little below 1: you divide the sum of squares by n - 1 "
        "(`ddof=1`). That estimates the standard deviation of a population; here the rows themselves are to "
        "have 1. Half of the points for this.")
    squared = lambda X: (X.mean(axis=0), columns(X)[1] ** 2)
    yield "DividesByTheVariance", Scaler(squared), (
        "You divide by the variance. Its unit is the square of the data's: the standard deviation is its "
        "root.")
    yield "NotCentred", Scaler(lambda X: (0.0, columns(X)[1])), (
        "The standard deviation of your columns is 1, but their mean is not 0: something has to be "
        "subtracted first.")
    yield "OnlyCentred", Scaler(lambda X: (X.mean(axis=0), 1.0)), (
        "The mean of your columns is 0, but their standard deviation is what it was.")
    sums = lambda X: (X.mean(axis=0), columns(X)[1] * np.sqrt(len(X)))
    yield "WithoutN", Scaler(sums), (
        "Your numbers are too small, the more so the more rows there are: under the root stands the *mean* "
        "of the squares, not their sum.")
    yield "DividesByTheRange", Scaler(lambda X: (X.mean(axis=0), width_of(X))), (
        "You divide by the range, largest minus smallest. That has its place in the next exercise.")
    yield "Median", Scaler(lambda X: (np.median(X, axis=0), columns(X)[1])), (
        "You subtract the median. The mean of the columns is then not 0.")
    yield "CutsOff", Scaler(there=lambda X, mean, sd: np.clip(standard(X, mean, sd), -3, 3)), (
        "Large values are cut off. A new row that lies far out is to be seen to lie far out.")
    as_it_is = lambda X: (np.where(np.std(X, axis=0) == 0, 0.0, X.mean(axis=0)), columns(X)[1])
    yield "ConstantAsItIs", Scaler(as_it_is), (
        "A constant column comes back as it was. Its mean is to be subtracted like any other's, and leaves "
        "0.")
    def asked_of_the_new(X, mean, sd):
        with np.errstate(all="ignore"):
            return (X - mean) / np.where(np.std(X, axis=0) == 0, 1.0, sd)

    def only_nan_replaced(X, mean, sd, replaced=lambda Z: np.where(np.isnan(Z), 0.0, Z)):
        with np.errstate(all="ignore"):
            return replaced((X - mean) / sd)

    plain = lambda X: (np.mean(X, axis=0), np.std(X, axis=0))
    yield "AsksTheNewRows", Scaler(plain, asked_of_the_new), (
        "Whether a column is constant you ask of the rows that `transform` is given. That has to be learnt "
        "in `fit`: a single new row is constant in every column.")
    yield "InfiniteOnNewRows", Scaler(plain, only_nan_replaced), (
        "A column that was constant in `fit` becomes 0 on the rows of `fit`. But a new row with another "
        "value there becomes infinite: something else than 0 has to stand below the line.")
    yield "HugeOnNewRows", Scaler(plain, lambda *given: only_nan_replaced(*given, replaced=np.nan_to_num)), (
        "A column that was constant in `fit` becomes 0 on the rows of `fit`. But a new row with another "
        "value there is divided by 0, and what `np.nan_to_num` makes of infinity is the largest number there "
        "is.")
    yield "SmallNumberTooLarge", Scaler(lambda X: (np.mean(X, axis=0), np.std(X, axis=0) + 1e-6)), (
        "A narrow column comes out too small: what you add below the line is not small beside its standard "
        "deviation. The exercise says how much is fine.")
    yield "FlattensOneColumn", Scaler(there=lambda X, mean, sd: np.squeeze(standard(X, mean, sd))), (
        "A table of one column, or of one row, comes back with fewer axes. Give back the shape you were "
        "given.")
    yield "BackAsAColumn", Scaler(back=lambda Z, mean, sd: (Z * sd + mean).reshape(len(Z), -1)), (
        "`inverse` gives targets of one axis back as a column. Give back the shape you were given.")
    yield "BackIsForth", Scaler(back=standard), (
        "`inverse` scales once more. It is to undo what `transform` does: each step the other way round.")
    yield "BackSubtracts", Scaler(back=lambda Z, mean, sd: Z * sd - mean), (
        "`inverse` takes the mean off a second time: what was subtracted has to be added.")
    yield "BackInTheWrongOrder", Scaler(back=lambda Z, mean, sd: (Z + mean) * sd), (
        "`inverse` takes the two steps back in the wrong order: what was done last has to be undone first.")
    yield "BackWithoutTheMean", Scaler(back=lambda Z, mean, sd: Z * sd), (
        "`inverse` undoes the scaling and forgets the mean.")
    yield "TargetsAsAColumn", Scaler(there=lambda X, mean, sd: standard(X, mean, sd).reshape(len(X), -1)), (
        "Targets of one axis come back as a column. In NumPy a column minus a row is a table, and no error "
        "warns of it: give back the shape you were given.")


@Standardizer.wrong(
    "`fit` returns nothing. It should return the object (`self`), so that "
    "`Standardizer().fit(X).transform(X)` works.")
class FitReturnsNothing(Scaler):
    def fit(self, X):
        super().fit(X)


@Standardizer.wrong(
    "What one object learns changes what another does: the second `fit` counts for both. Keep in `self` what "
    "`fit` has learnt.")
class SharedByAll(Scaler):
    def fit(self, X):
        type(self).learnt = self.learn(X)
        return self


@Standardizer.wrong("An array you were given has changed: `X -= …` and its like write into it. Make a new one.")
class InPlace(Scaler):
    def transform(self, X):
        X[...] = super().transform(X)
        return X.copy()


@Standardizer.answers
def answers():
    from sklearn.preprocessing import StandardScaler

    table = lambda X: np.reshape(X, (len(X), -1))
    yield "WithALittleBelowTheLine", Scaler(lambda X: (np.mean(X, axis=0), np.std(X, axis=0) + 1e-12))
    roots = lambda X: (X.sum(axis=0) / len(X), np.sqrt(((X - X.mean(axis=0)) ** 2).sum(axis=0) / len(X)))
    divided = lambda X, mean, sd: np.divide(X - mean, sd, where=sd > 0, out=np.zeros(np.shape(X)))
    yield "WithTheVariance", Scaler(roots, divided)
    there = lambda X, scaler: scaler.transform(table(X)).reshape(X.shape)
    back = lambda Z, scaler: scaler.inverse_transform(table(Z)).reshape(Z.shape)
    yield "WithScikitLearn", Scaler(lambda X: [StandardScaler().fit(table(X))], there, back)
    narrow = lambda X, mean, sd: standard(np.float32(X), mean, sd).astype(np.float32)
    yield "InFloat32", Scaler(lambda X: columns(np.float32(X)), narrow)
    yield "WithALittleUnderTheRoot", Scaler(lambda X: (X.mean(axis=0), np.sqrt(X.var(axis=0) + 1e-12)))
    zeros = lambda X, mean, sd, flat: np.where(flat, 0.0, standard(X, mean, sd))
    learn = lambda X: (*columns(X), np.ptp(X, axis=0) == 0)
    yield "AlwaysZeroWhereConstant", Scaler(learn, zeros, lambda Z, mean, sd, flat: Z * sd + mean)


@Standardizer.right
class ColumnByColumn:
    def fit(self, X):
        columns = self._columns(X)
        self.means = [sum(column) / len(column) for column in columns]
        self.sds = [
            (sum((v - mean) ** 2 for v in column) / len(column)) ** 0.5 or 1.0
            for column, mean in zip(columns, self.means, strict=True)
        ]
        return self

    def transform(self, X):
        parts = zip(self._columns(X), self.means, self.sds, strict=True)
        scaled = [[(v - mean) / sd for v in column] for column, mean, sd in parts]
        return np.array(scaled).T.reshape(np.shape(X))

    def inverse(self, Z):
        parts = zip(self._columns(Z), self.means, self.sds, strict=True)
        values = [[v * sd + mean for v in column] for column, mean, sd in parts]
        return np.array(values).T.reshape(np.shape(Z))

    def _columns(self, X):
        return [list(map(float, column)) for column in np.reshape(X, (len(X), -1)).T]


Standardizer.small(
    "The column (2, 4, 9) has the mean 5; the squares of -3, -1 and 4 have the mean 26/3, so that the "
    "deviation is 2.944 and the column becomes (-1.019, -0.340, 1.359). A new row with 5 becomes 0, "
    "whatever the other new rows are.")

LOW, OTHER = "ranges that begin at 0", "other ranges"

MinMax = Exercise(
    points=2,
    groups={LOW: 3, OTHER: 3, NEW: 3, TARGETS: 1, BACK: 3, ITSELF: 0.5, KEPT: 0.5},
)


@MinMax.cases
def cases(rng):
    low, high = -rng.uniform(2, 3), rng.uniform(0.5, 0.9)
    for group, lo, hi in [
        (LOW, 0.0, 1.0),
        (LOW, 0.0, 0.5),
        (OTHER, -1.0, 1.0),
        (OTHER, low, high),
        (OTHER, 1.5 + high, 3 - low),
        (OTHER, low - 2, -high),
    ]:
        train, _ = rows_for(rng, 7, 4)
        yield case(group, train=train, new=train, lo=lo, hi=hi)
    train, new = rows_for(rng, 8, 5)
    wide = rng.uniform(0.6, 1.5)
    yield case(NEW, train=train, new=new, lo=0.0, hi=wide)
    yield case(NEW, train=train, new=new[:1], lo=0.0, hi=wide)
    yield case(NEW, train=train, new=new, lo=0.0, hi=wide, _ask="two")
    y = table(rng, 8)[:, 0]
    yield case(TARGETS, train=y, new=y, lo=0.0, hi=1.0)
    yield case(TARGETS, train=y[:, None], new=y[:6, None], lo=0.0, hi=1.0)
    yield case(TARGETS, train=y, new=rng.uniform(-0.2, 1.3, 5), lo=0.0, hi=1.0, _ask="inverse")
    train, _ = rows_for(rng, 7, 4)
    for lo, hi in [(0.0, 0.7), (-1.0, 1.2)]:
        new = rng.uniform(lo, hi, (4, 3))
        new[0], new[1] = lo - rng.uniform(0.1, 0.2, 3), hi + rng.uniform(0.1, 0.2, 3)  # beyond both ends
        yield case(BACK, train=train, new=new, lo=lo, hi=hi, _ask="inverse")
    train, new = rows_for(rng, 6, 4)
    yield case(ITSELF, train=train, new=new, lo=0.0, hi=1.0, _ask="fit")
    yield case(KEPT, train=train, new=new, lo=0.0, hi=1.0, _ask="kept")


@MinMax.driver
def drive(MinMax, train, new, lo, hi, _ask=""):
    return through(lambda: MinMax(lo, hi), lambda: MinMax(lo - 1, hi + 2), train, new, _ask)


@MinMax.judge
def judge(case, result):
    if "values" not in result:
        yield manners(case.group, result)
        return
    train, new, lo, hi = (case.inputs[name] for name in ("train", "new", "lo", "hi"))
    back, found = case.inputs.get("_ask") == "inverse", np.asarray(result["values"], dtype=float)
    right, candidates = stretched(train, new, lo, hi, back)
    fine = near(found, right)
    seen = "" if fine else first_match(found, candidates, near) or "other values"
    if back and case.group != BACK and seen in candidates:
        fine = True  # a slip on the way back is one, and costs its own group only
    yield case.group, fine, seen, in_words(found, right, seen, back)


def stretched(train, new, lo, hi, back):
    """What is right, and what slips would give, for the way there or the way back."""
    low, high, wide = train.min(axis=0), train.max(axis=0), hi - lo
    bottom, top = train.min(), train.max()
    if back:
        return low + (new - lo) / wide * (high - low), {
            "lo left out": low + new / wide * (high - low),
            "lo left out, hi taken for the width": low + new / hi * (high - low),
            "the range (lo, hi) left out": low + new * (high - low),
            "the smallest value left out": (new - lo) / wide * (high - low),
            "one minimum and maximum for the whole table": bottom + (new - lo) / wide * (top - bottom),
            "multiplied by the largest value": (new - lo) / wide * high,
            "transformed once more": to_range(new, low, high, lo, hi),
            "the width left out": low + (new - lo) * (high - low),
            "cut off": np.clip(from_range(new, low, high, lo, hi), low, high),
            "cut off at the smallest value": np.maximum(from_range(new, low, high, lo, hi), low),
            "cut off at the largest value": np.minimum(from_range(new, low, high, lo, hi), high),
        }
    share = (new - low) / (high - low)
    right, of_new = lo + share * wide, new.max(axis=0) - new.min(axis=0)
    return right, {
        "lo left out": share * wide,
        "lo left out, hi taken for the width": share * hi,
        "hi taken for the width": lo + share * hi,
        "the range (lo, hi) left out": share,
        "cut off at lo and hi": np.clip(right, lo, hi),
        "cut off at lo": np.maximum(right, lo),
        "cut off at hi": np.minimum(right, hi),
        "sizes added up for the width": lo + share * (abs(hi) + abs(lo)),
        "what another object has learnt": to_range(new, *ends(of_another(train)), lo, hi),
        "the range of another object": to_range(new, low, high, lo - 1, hi + 2),
        "divided by the largest value": lo + new / high * wide,
        "one minimum and maximum for the whole table": lo + (new - bottom) / (top - bottom) * wide,
        "statistics of the new rows": lo + (new - new.min(axis=0)) / of_new * wide,
        "statistics of all rows": to_range(new, *ends(np.concatenate([train, new])), lo, hi),
        "upside down": hi - share * wide,
    }


def ends(X):
    return X.min(axis=0), X.max(axis=0)


def to_range(X, low, high, lo, hi):
    return lo + (X - low) / (high - low) * (hi - lo)


def from_range(Z, low, high, lo, hi):
    return low + (Z - lo) / (hi - lo) * (high - low)


class Range(Scaler):
    """Brings columns to [lo, hi], in the same three parts."""

    def __init__(self, lo, hi, learn=ends, there=to_range, back=from_range):
        super().__init__(lambda X: (*learn(X), lo, hi), there, back)


@MinMax.mistakes
def mistakes(lo, hi):
    yield "IgnoresLo", Range(0, hi - lo), (
        "Your range has the right width and begins at 0 all the same: where does `lo` come in?")
    yield "IgnoresLoAltogether", Range(0, hi), (
        "Your range goes from 0 to `hi`: `lo` is used nowhere. A range from -1 to 1 has the width 2.")
    wide = lambda X, low, high, *_: to_range(X, low, high, lo, lo + hi)
    yield "HiForTheWidth", Range(lo, hi, there=wide), (
        "Your range begins at `lo` and ends at `lo + hi`. How wide is the range from -1 to 1?")
    yield "AlwaysZeroToOne", Range(0, 1), "Whatever `lo` and `hi` are, you give back numbers from 0 to 1."
    above_zero = lambda X, low, high, *_: to_range(X, low, high, lo, lo + hi + abs(lo))
    yield "SizeOfLo", Range(lo, hi, there=above_zero), (
        "For the width of the range you add the size of `lo` to `hi`. That is right only where `lo` is not "
        "above 0: how wide is the range from 2 to 5?")
    both_sizes = lambda X, low, high, *_: to_range(X, low, high, lo, lo + abs(hi) + abs(lo))
    yield "BothSizes", Range(lo, hi, there=both_sizes), (
        "For the width of the range you add up the sizes of `lo` and `hi`. That is right only where 0 lies "
        "between them: how wide are the ranges from 2 to 5 and from -5 to -2?")
    yield "CutsOffAbove", Range(lo, hi, there=lambda X, *learnt: np.minimum(to_range(X, *learnt), hi)), (
        "New rows above the training range are cut off at `hi`. A value that is larger than all before is "
        "news, and should be seen to be: let it lie outside.")
    yield "CutsOffBelow", Range(lo, hi, there=lambda X, *learnt: np.maximum(to_range(X, *learnt), lo)), (
        "New rows below the training range are cut off at `lo`. A value that is smaller than all before is "
        "news, and should be seen to be: let it lie outside.")
    yield "CutsOff", Range(lo, hi, there=lambda X, *learnt: np.clip(to_range(X, *learnt), lo, hi)), (
        "New rows beyond the training range are cut off at its ends. A value that is larger than all before "
        "is news, and should be seen to be: let it lie outside.")
    yield "RefitsTheRange", Range(lo, hi, there=lambda X, *_: to_range(X, *ends(X), lo, hi)), (
        "`transform` takes the smallest and the largest of the rows it is given: test rows are scaled by "
        "themselves. Everything is to be learnt in `fit`.")
    seen = lambda X: (X, *ends(X))
    pooled = lambda X, seen, *_: to_range(X, *ends(np.concatenate([seen, X])), lo, hi)
    unpooled = lambda Z, _, *learnt: from_range(Z, *learnt)
    yield "LearnsTheRangeOfAllRows", Range(lo, hi, seen, pooled, unpooled), (
        "New rows beyond the training range move the range: `transform` learns from them. Everything is to "
        "be learnt in `fit`.")
    yield "UpsideDown", Range(hi, lo), (
        "The largest value comes out as `lo` and the smallest as `hi`: the order is turned round.")
    yield "OneRangeForTheTable", Range(lo, hi, lambda X: (X.min(), X.max())), (
        "One minimum and one maximum serve the whole table: only one column reaches `lo`, and one `hi`. "
        "Each column has its own.")
    yield "DividesByTheLargest", Range(lo, hi, lambda X: (0.0, X.max(axis=0))), (
        "You divide by the largest value. The smallest then comes to lie anywhere, and with negative values "
        "the order may turn: first the smallest has to be brought to 0.")
    unmoved = lambda Z, low, high, *_: (Z - lo) / (hi - lo) * (high - low)
    yield "BackWithoutTheSmallest", Range(lo, hi, back=unmoved), (
        "`inverse` forgets to add the smallest value again.")
    yield "BackWithoutLo", Range(lo, hi, back=lambda Z, *learnt: from_range(Z + lo, *learnt)), (
        "`inverse` does not take `lo` off: where the range does not begin at 0, everything comes back too "
        "large or too small.")
    yield "BackWithoutTheWidth", Range(lo, hi, back=lambda Z, low, high, *_: low + (Z - lo) * (high - low)), (
        "`inverse` does not divide by the width of the range, `hi - lo`.")
    yield "RangeBackIsForth", Range(lo, hi, back=to_range), (
        "`inverse` scales once more. It is to undo what `transform` does: each step the other way round.")
    cut = lambda Z, low, high, *_: np.clip(from_range(Z, low, high, lo, hi), low, high)
    yield "BackCutsOff", Range(lo, hi, back=cut), (
        "`inverse` cuts off what lies beyond the training range. A prediction may lie there.")
    upright = lambda X, *learnt: to_range(X, *learnt).reshape(len(X), -1)
    yield "RangeAsAColumn", Range(lo, hi, there=upright), (
        "Targets of one axis come back as a column. Give back the shape you were given.")
    flat = lambda X, *learnt: np.squeeze(to_range(X, *learnt))
    yield "RangeFlattensOneColumn", Range(lo, hi, there=flat), (
        "A table of one column, or of one row, comes back with fewer axes. Give back the shape you were "
        "given.")
    standing = lambda Z, *learnt: from_range(Z, *learnt).reshape(len(Z), -1)
    yield "RangeBackAsAColumn", Range(lo, hi, back=standing), (
        "`inverse` gives targets of one axis back as a column. Give back the shape you were given.")


@MinMax.wrong("`fit` returns nothing. It should return the object (`self`).")
class RangeFitReturnsNothing(Range):
    def fit(self, X):
        super().fit(X)


@MinMax.wrong(
    "What one object learns changes what another does: the second `fit` counts for both. Keep in `self` what "
    "`fit` has learnt.")
class RangeSharedByAll:
    def __init__(self, lo, hi):
        self.lo, self.hi = lo, hi

    def fit(self, X):
        type(self).seen = ends(X)
        return self

    def transform(self, X):
        return to_range(X, *self.seen, self.lo, self.hi)

    def inverse(self, Z):
        return from_range(Z, *self.seen, self.lo, self.hi)


@MinMax.wrong("An array you were given has changed. Make a new one.")
class RangeInPlace(Range):
    def transform(self, X):
        X[...] = super().transform(X)
        return X.copy()


@MinMax.right
class AsSlopeAndOffset:
    def __init__(self, lo, hi):
        self.ends = lo, hi

    def fit(self, X):
        lo, hi = self.ends
        self.slope = (hi - lo) / (np.amax(X, axis=0) - np.amin(X, axis=0))
        self.offset = lo - self.slope * np.amin(X, axis=0)
        return self

    def transform(self, X):
        return X * self.slope + self.offset

    def inverse(self, Z):
        return (Z - self.offset) / self.slope


@MinMax.answers
def answers(lo, hi):
    from sklearn.preprocessing import MinMaxScaler

    table = lambda X: np.reshape(X, (len(X), -1))
    there = lambda X, scaler: scaler.transform(table(X)).reshape(X.shape)
    back = lambda Z, scaler: scaler.inverse_transform(table(Z)).reshape(Z.shape)
    yield "RangeWithScikitLearn", Scaler(lambda X: [MinMaxScaler((lo, hi)).fit(table(X))], there, back)
    little = lambda X, low, high, *_: lo + (X - low) / (high - low + 1e-12) * (hi - lo)
    yield "RangeWithALittleBelowTheLine", Range(lo, hi, there=little)
    narrow = lambda X, *learnt: to_range(np.float32(X), *learnt).astype(np.float32)
    yield "RangeInFloat32", Range(lo, hi, lambda X: ends(np.float32(X)), narrow)


MinMax.small(
    "The column (2, 4, 10) brought to [-1, 1]: 2 becomes -1, 10 becomes 1, and 4, a quarter of the way, "
    "becomes -0.5. A new row with 14 lies one and a half times the way from 2 to 10: it becomes 2.")

# 9.4 leaks

ROWS, PARAMS, EXTREMES = (
    "leaks into the training rows",
    "leaks into the parameters",
    "leaks by extremes and range",
)

leaks = Exercise(points=2, groups={ROWS: 2, PARAMS: 1, EXTREMES: 1})

# Each group holds pipelines that leak and pipelines that don't, so that one answer for all earns nothing.
KINDS = {
    ROWS: [
        ("takes minimum and maximum of all rows, and keeps no parameters", True),
        ("takes minimum and maximum of the training rows", False),
        ("takes mean and sd of all rows, and keeps no parameters", True),
        ("takes mean and sd of the training rows", False),
        ("takes the mean of the training rows and the sd of all rows, and keeps no parameters", True),
        ("takes mean and sd of all rows in the middle column alone, and keeps no parameters", True),
        ("divides every row by its own length", False),
    ],
    PARAMS: [
        ("scales by the training rows, and keeps the mean of all rows", True),
        ("scales by the training rows, and keeps the mean of all rows beside the sd of the training ones", True),
        ("scales by the training rows, and keeps the largest test value beside their sd", True),
        ("takes mean and sd of the training rows", False),
        ("subtracts the smallest training value, and keeps it", False),
    ],
    EXTREMES: [
        ("divides by the range of the test rows, and keeps no parameters", True),
        ("divides by the largest size of all rows, and keeps no parameters", True),
        ("subtracts the smallest of all rows, and keeps no parameters", True),
        ("subtracts the largest of all rows, and keeps no parameters", True),
        ("divides by the largest size of the training rows, and keeps no parameters", False),
        ("subtracts the smallest training value, and keeps it", False),
        ("subtracts the largest training value, and keeps it", False),
    ],
}


@leaks.cases
def cases(rng):
    for group, kinds in KINDS.items():
        for kind, leak in kinds:
            # So many test rows that moves drawn at random go up and down in every column.
            X_train, X_test = rng.uniform(-3, 3, (8, 3)), rng.normal(size=(24, 3)).clip(-4, 4).round(3)
            X_test[0], X_test[1] = rng.uniform(1, 2, 3).round(3), -rng.uniform(1, 2, 3).round(3)
            X_train[0], X_train[1] = rng.uniform(5, 6, 3), -rng.uniform(6.5, 7, 3)  # beyond all test rows
            yield case(group, X_train=X_train, X_test=X_test, _kind=kind, _leak=leak)


@leaks.driver
def drive(leaks, X_train, X_test, _kind, _leak):
    calls = []

    def pipeline(X_train, X_test):
        first, second = np.array(X_train, dtype=float), np.array(X_test, dtype=float)
        calls.append((first, second))
        with np.errstate(all="ignore"):  # else its warnings would be taken for the detector's
            return scaled_as(_kind, first.copy(), second.copy())

    answer = leaks(pipeline, X_train.copy(), X_test.copy())
    with np.errstate(all="ignore"):
        return {"leaks": answer, "how": way_of_asking(calls, X_train, X_test)}


def scaled_as(kind, first, second):
    """A pipeline of this description: training rows, test rows, parameters."""
    both = np.concatenate([first, second])
    source = both if "all rows" in kind else first
    shift, scale, keeps = np.zeros(first.shape[1]), np.ones(first.shape[1]), {}
    if kind.startswith("divides every row"):
        of_length_one = lambda rows: rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return of_length_one(first), of_length_one(second), keeps
    if kind.startswith("takes minimum"):
        shift, scale = source.min(axis=0), source.max(axis=0) - source.min(axis=0)
        keeps = {"min": shift, "max": source.max(axis=0)}
    elif "middle column" in kind:
        shift, scale = first.mean(axis=0), first.std(axis=0)
        shift[1], scale[1] = both[:, 1].mean(), both[:, 1].std()
    elif kind.startswith("takes the mean of the training rows"):
        shift, scale = first.mean(axis=0), both.std(axis=0)
    elif kind.startswith("takes mean"):
        shift, scale = source.mean(axis=0), source.std(axis=0)
        keeps = {"mean": shift, "sd": scale}
    elif kind.startswith("scales by the training rows"):
        shift, scale = first.mean(axis=0), first.std(axis=0)
        keeps = {"sd": scale, "cap": second.max(axis=0)}
        if "all rows" in kind:
            keeps = {"mean": both.mean(axis=0)} | ({"sd": scale} if "beside" in kind else {})
    elif kind.startswith("divides by the range"):
        # Rounded, for else a move of all rows alike would show by the rounding of the subtraction.
        scale = np.round(second.max(axis=0) - second.min(axis=0), 6)
    elif kind.startswith("divides by the largest"):
        scale = np.abs(source).max(axis=0)
    elif kind.startswith("subtracts the largest"):
        shift = source.max(axis=0)
        keeps = {"max": shift}
    else:
        shift = source.min(axis=0)
        keeps = {"min": shift}
    return (first - shift) / scale, (second - shift) / scale, {} if "no parameters" in kind else keeps


WAYS = (
    "with other test rows",
    "with other training rows",
    "with the same test rows each time",
    "nothing",
    "with the test rows in another order",
    "with test rows that never left the range of the training rows",
    "with test rows that all moved alike",
    "with test rows of which some columns never changed",
    "with test rows that went beyond the training rows only upwards",
    "with test rows that went beyond the training rows only downwards",
)


def way_of_asking(calls, X_train, X_test):
    """What the pipeline was shown, as a number in WAYS."""
    if any(not same_rows(first, X_train) for first, _ in calls):
        return 1
    others = [second for _, second in calls if not same_rows(second, X_test)]
    if not others:
        return 2 if calls else 3
    in_order = lambda rows: np.sort(rows, axis=0)
    if all(same_rows(in_order(other), in_order(X_test)) for other in others):
        return 4
    if not all(np.isfinite(other).all() for other in others):
        return 0
    low, high = X_train.min(axis=0), X_train.max(axis=0)
    if all(np.all((low <= other) & (other <= high)) for other in others):
        return 5
    if all(other.shape == X_test.shape for other in others):
        moves = [other - X_test for other in others]
        if all(np.ptp(move, axis=0).max() < 1e-9 * (1 + np.abs(move).max()) for move in moves):
            return 6
        if not np.all(np.any([np.any(move != 0, axis=0) for move in moves], axis=0)):
            return 7
    up, down = (any(np.any(beyond(other)) for other in others) for beyond in (high.__lt__, low.__gt__))
    return 0 if up and down else 8 if up else 9


def same_rows(one, other):
    return one.shape == other.shape and np.allclose(one, other, rtol=1e-12, atol=0)


@leaks.judge
def judge(case, result):
    said, leak = bool(result["leaks"]), case.inputs["_leak"]
    asked = f"asked it {WAYS[int(result['how'])]}"
    note = f"{'missed' if leak else 'false alarm'}, {asked}"
    verdict = "leaks" if said else "does not leak"
    detail = f"of a pipeline that {case.inputs['_kind']} you say that it {verdict}; you {asked}"
    yield case.group, said == leak, note, detail


def differ(one, other):
    """Whether training rows or parameters of two calls differ."""
    return not np.array_equal(one[0], other[0]) or parameters_differ(one[2], other[2])


def parameters_differ(one, other):
    return one.keys() != other.keys() or any(not np.array_equal(one[key], other[key]) for key in one)


def far(X_test):
    """The rows, thrown about."""
    return X_test + 100 * np.random.default_rng(0).normal(size=X_test.shape)


@leaks.mistakes
def mistakes(pipeline, X_train, X_test):
    before = pipeline(X_train, X_test)
    shapes = [rows.shape for rows in before[:2]]
    yield "looks_at_shapes", shapes != [X_train.shape, X_test.shape], (
        "The pipeline never sees other test rows, so nothing can show whether they matter. Shapes and "
        "ranges are the same with and without a leak: change the test rows and look at what else changes.")
    yield "compares_test_rows", not np.allclose(before[1], pipeline(X_train, far(X_test))[1]), (
        "You compare the transformed *test* rows. They change with the test rows in every pipeline, as they "
        "should; what must stay is what was learnt, and the training rows.")
    yield "perturbs_training_rows", differ(before, pipeline(far(X_train), X_test)), (
        "You change the *training* rows. Everything depends on them, and should. Which rows must have no "
        "influence?")
    yield "looks_at_training_rows_only", not np.allclose(before[0], pipeline(X_train, far(X_test))[0]), (
        "You compare the transformed training rows, and no values of parameters. What the pipeline has "
        "learnt may be kept there and used later.")
    yield "looks_at_parameters_only", parameters_differ(before[2], pipeline(X_train, far(X_test))[2]), (
        "You look at the parameters only. A pipeline need not tell what it has learnt: the transformed "
        "training rows show it.")
    nearly = X_test + 1e-3 * np.random.default_rng(0).normal(size=X_test.shape)
    yield "stays_within_the_training_range", differ(before, pipeline(X_train, nearly)), (
        "Your other test rows stay within the range of the training rows. A minimum or a maximum over all "
        "rows does not notice them there: go far beyond, in both directions.")
    yield "moves_all_alike", differ(before, pipeline(X_train, X_test + 1000.0)), (
        "You move all test rows by the same amount. Their range does not change by that, and of minimum and "
        "maximum only one does: move each row differently, far, and in both directions.")
    yield "changes_the_order", not np.allclose(before[0], pipeline(X_train, X_test[::-1])[0]), (
        "You change the order of the test rows. Mean, minimum and maximum do not depend on it: change the "
        "values.")
    by = lambda move: differ(before, pipeline(X_train, X_test + move))
    yield "moves_all_alike_both_ways", by(1000.0) or by(-1000.0), (
        "You move all test rows of a column by the same amount. Their range does not change by that: move "
        "each row differently.")
    yield "only_upwards", differ(before, pipeline(X_train, np.abs(X_test) * 1e5)), (
        "Your other test rows lie far beyond the training rows, but only above: the smallest of all rows "
        "does not notice them. Go in both directions.")
    yield "only_downwards", differ(before, pipeline(X_train, -np.abs(X_test) * 1e5)), (
        "Your other test rows lie far beyond the training rows, but only below: the largest of all rows "
        "does not notice them. Go in both directions.")
    yield "in_one_column", differ(before, pipeline(X_train, X_test * [-1e3, 1, 1])), (
        "Some columns of your other test rows are always what they were. A leak may sit in any column: "
        "change them all.")
    after = pipeline(X_train, far(X_test))
    columns_differ = not np.allclose(before[0].mean(axis=0), after[0].mean(axis=0))
    yield "compares_means", columns_differ or parameters_differ(before[2], after[2]), (
        "Training rows that have changed and kept their means escape you. Compare the transformed rows entry "
        "by entry.")
    one_of = lambda place: [[*result[2].values()][place : place + 1 or None] for result in (before, after)]
    yield "first_parameter_alone", not (np.array_equal(before[0], after[0]) and np.array_equal(*one_of(0))), (
        "Of the parameters you look at the first one only. Each of them may hold what was learnt.")
    yield "last_parameter_alone", not (np.array_equal(before[0], after[0]) and np.array_equal(*one_of(-1))), (
        "Only the last of the parameters counts in your answer. Each of them may hold what was learnt.")
    same = [np.array_equal(before[2][key], after[2][key]) for key in before[2]] or [True]
    yield "all_parameters_must_change", not (np.array_equal(before[0], after[0]) and any(same)), (
        "You ask that all parameters change. One that changes with the test rows is a leak.")
    both = not np.array_equal(before[0], after[0]) and parameters_differ(before[2], after[2])
    yield "both_must_change", both, "You ask that training rows *and* parameters change. Either is a leak."
    yield "answers_swapped", not differ(before, pipeline(X_train, far(X_test))), (
        "The right comparison, and the answer the wrong way round: what changes with the test rows leaks.")


@leaks.answers
def answers(pipeline, X_train, X_test):
    before, longer = pipeline(X_train, X_test), np.vstack([X_test, X_test * 1e3, -X_test * 1e3])
    yield "stretched_by_minus_fifty", np.bool_(differ(before, pipeline(X_train, -50 * X_test)))
    yield "with_more_rows", differ(before, pipeline(X_train, longer))


@leaks.right
def one_row_at_a_time(pipeline, X_train, X_test):
    before = pipeline(X_train, X_test)
    for i in range(len(X_test)):
        for size in (-1e4, 1e4):
            other = X_test.copy()
            other[i] = size
            if differ(before, pipeline(X_train, other)):
                return True
    return False


@leaks.right
def with_nan(pipeline, X_train, X_test):
    """What depends on the test rows becomes nan."""
    Z_train, _, params = pipeline(X_train, np.full_like(X_test, np.nan))
    return bool(np.isnan(Z_train).any() or any(np.isnan(p).any() for p in params.values()))


@leaks.right
def with_tolerance_and_other_rows(pipeline, X_train, X_test):
    rng = np.random.default_rng(1)
    Z, _, params = pipeline(X_train, X_test)
    for _ in range(3):
        Z_other, _, other = pipeline(X_train, 30 * rng.standard_t(2, size=X_test.shape))
        if not np.allclose(Z, Z_other) or not all(np.allclose(params[key], other[key]) for key in params):
            return 1
    return 0


leaks.small(
    "Training rows 2 and 4, a test row 3, scaled by minimum and maximum: 0 and 1 either way. Put the test "
    "row at 12. Learnt from the training rows, they are 0 and 1 still; learnt from all rows, they are 0 and "
    "0.2. That change is the leak.")

# 9.5 mse_original_units

VALUE, COLUMN = "predictions (m,)", "predictions (m, 1)"

mse_original_units = Exercise(points=2, groups={VALUE: 3, COLUMN: 1})


@mse_original_units.cases
def cases(rng):
    for group, m in [(VALUE, 7), (VALUE, 6), (COLUMN, 5)]:
        shift, scale = rng.uniform(20, 60), rng.uniform(4, 9)
        y_raw = shift + rng.uniform(1, 3) + 1.3 * scale * rng.normal(size=m)
        pred = (y_raw - shift) / scale + rng.normal(size=m) * 0.4 + 0.2
        pred = pred[:, None] if group == COLUMN else pred
        yield case(group, pred_scaled=pred, y_raw=y_raw, _shift=shift, _scale=scale)


@mse_original_units.driver
def drive(mse_original_units, pred_scaled, y_raw, _shift, _scale):
    return mse_original_units(pred_scaled, y_raw, fitted_scaler(_shift, _scale))


def fitted_scaler(shift, scale):
    """An object with transform and inverse, and nothing else to look at."""

    class Fitted:
        def transform(self, y):
            return (np.asarray(y) - shift) / scale

        def inverse(self, z):
            return np.asarray(z) * scale + shift

    return Fitted()


def mean_square(errors):
    return float(np.mean(np.square(errors)))


@mse_original_units.mistakes
def mistakes(pred_scaled, y_raw, scaler):
    flat = np.ravel(pred_scaled)
    back, width = scaler.inverse(flat), float(scaler.inverse(1.0) - scaler.inverse(0.0))
    scaled = mean_square(flat - scaler.transform(y_raw))
    yield "in_scaled_units", scaled, (
        "This is the error in scaled units. The targets are euros or degrees; which unit does your number "
        "have?")
    yield "times_the_deviation", width * scaled, (
        "You multiply the scaled error by the width of one scaled unit. A *squared* error has the square of "
        "the unit.")
    yield "times_the_variance_of_these_targets", np.var(y_raw) * scaled, (
        "You multiply by the variance of the targets you were given. The scaler was fitted on other rows, "
        "and knows its own scale.")
    yield "forgets_the_mean", mean_square(flat * width - y_raw), (
        "The predictions are stretched back but not shifted back: they lie around 0, the targets do not.")
    yield "root", mean_square(back - y_raw) ** 0.5, "This is the root of what is asked for."
    yield "inverse_of_the_error", scaler.inverse(scaled), (
        "You send an *error* through `inverse`, which also adds the shift of the targets. An error has no "
        "mean to be added: bring back the predictions, then take the error.")
    yield "mixes_units", mean_square(flat - y_raw), (
        "Scaled predictions are compared with raw targets. Both have to be in the same units before they "
        "are subtracted.")
    yield "sum_of_squares", float(np.sum((back - y_raw) ** 2)), (
        "The sum of the squares: it grows with the number of rows.")
    yield "absolute_error", float(np.mean(np.abs(back - y_raw))), (
        "This is the mean absolute error; the squares are missing.")
    yield "square_of_the_mean", float(np.mean(back - y_raw) ** 2), (
        "You square the mean of the errors, in which errors of opposite signs cancel. Square first.")
    yield "variance_of_the_errors", float(np.var(back - y_raw)), (
        "You take the variance of the errors, which leaves their mean out: a constant error would cost "
        "nothing.")
    yield "transforms_the_predictions", mean_square(scaler.transform(flat) - y_raw), (
        "The predictions are scaled a second time. Which method leads back?")
    yield "divides_by_the_square", scaled / width**2, (
        "You divide by the square of the width, where the way back to original units multiplies.")
    yield "every_pair", mean_square(scaler.inverse(pred_scaled) - y_raw), (
        "With predictions of shape (m, 1) you compare every prediction with every target: a column minus a "
        "row is a table of m × m. Bring both to one shape first.")


@mse_original_units.answers
def answers(pred_scaled, y_raw, scaler):
    flat, width = np.ravel(pred_scaled), float(scaler.inverse(1.0) - scaler.inverse(0.0))
    yield "by_the_width", np.mean((flat - scaler.transform(y_raw)) ** 2) * width**2
    squares = ((float(scaler.inverse(z)) - y) ** 2 for z, y in zip(flat, y_raw, strict=True))
    yield "one_by_one", sum(squares) / len(y_raw)
    column = scaler.inverse(np.reshape(pred_scaled, (-1, 1)))
    yield "as_columns", np.square(column - y_raw.reshape(-1, 1)).mean()
    errors = scaler.inverse(np.float32(pred_scaled)).ravel() - np.float32(y_raw)
    yield "in_float32", np.float32(np.mean(errors**2))


mse_original_units.small(
    "A scaler with mean 50 and sd 10: predictions 0 and 1 mean 50 and 60. Beside targets 53 and 56 the "
    "errors are -3 and 4, and the mean of their squares is 12.5.",
    pred_scaled=np.array([0.0, 1.0]), y_raw=np.array([53.0, 56.0]), _shift=50.0, _scale=10.0)
mse_original_units.small(
    "The same predictions as a column, (2, 1), beside targets (2,): each belongs to its own target, and there are two "
    "errors, not four.",
    pred_scaled=np.array([[0.0], [1.0]]), y_raw=np.array([53.0, 56.0]), _shift=50.0, _scale=10.0)

# 9.6 repeat_study

repeat_study = Exercise(points=1)


@repeat_study.cases
def cases(rng):
    # The last has the names of the first: nothing may be left over from an earlier call.
    names = ["raw", "scaled", "centred"]
    for configs, n in [(names, 4), (["lr=.1", "lr=.01"], 5), (names[::-1], 3)]:
        seeds = [int(seed) for seed in rng.choice(np.arange(7, 60), n, replace=False)]
        yield case(configs=configs, seeds=seeds, _scores=rng.uniform(0.2, 0.9, (len(configs), 60)))


@repeat_study.driver
def drive(repeat_study, configs, seeds, _scores):
    def train_fn(config, seed):
        if config in seeds and seed in configs:
            raise TypeError("train_fn is to be called as train_fn(config, seed)")
        if config not in configs:
            raise TypeError("train_fn is to be called with a configuration of `configs` first")
        return float(_scores[configs.index(config), int(seed)])

    return repeat_study(train_fn, configs, seeds)


@repeat_study.mistakes
def mistakes(train_fn, configs, seeds):
    scores = lambda config: [train_fn(config, seed) for seed in seeds]
    kept = lambda form: {config: form(scores(config)) for config in configs}
    yield "means_only", kept(np.mean), (
        "Only the means are left. The spread is what one repeats for: keep every score.")
    yield "means_and_deviations", kept(lambda some: np.array([np.mean(some), np.std(some, ddof=1)])), (
        "Means and standard deviations are left of the scores. Keep every score: a box plot needs them all.")
    yield "by_seed", {seed: np.array([train_fn(config, seed) for config in configs]) for seed in seeds}, (
        "The keys are the seeds. They should be the configurations, with one score for each seed.")
    yield "one_seed_throughout", {c: np.array([train_fn(c, seeds[0]) for _ in seeds]) for c in configs}, (
        "Every score is the same: all runs of a configuration have one seed.")
    counted = lambda config: np.array([train_fn(config, k) for k in range(len(seeds))])
    yield "counts_instead_of_seeds", {config: counted(config) for config in configs}, (
        "You count the runs from 0 and take the number for the seed. Use the seeds you were given, so that "
        "a run can be repeated.")
    yield "only_the_last", kept(lambda some: np.array(some[-1:])), (
        "Of each configuration only the last score is kept: every new one takes the place of the one "
        "before.")
    yield "sorted_scores", kept(np.sort), (
        "The scores are sorted. Position i belongs to seed i, so that configurations can be compared in "
        "pairs.")
    yield "dictionaries_by_seed", kept(lambda some: dict(zip(seeds, some, strict=True))), (
        "A dictionary in a dictionary: of each configuration an array of scores is wanted, in the order of "
        "the seeds.")
    yield "returns_after_the_first", {configs[0]: np.array(scores(configs[0]))}, (
        "Only the first configuration is there: does `return` stand inside of the loop?")
    yield "keys_by_number", {i: np.array(scores(config)) for i, config in enumerate(configs)}, (
        "The keys count the configurations. They should be the configurations themselves.")
    yield "one_score_each", {c: np.array([train_fn(c, s)]) for c, s in zip(configs, seeds, strict=False)}, (
        "Each configuration has met one seed only. Every configuration is to meet every seed.")
    yield "pairs_as_keys", {(c, s): train_fn(c, s) for c in configs for s in seeds}, (
        "The keys are pairs of configuration and seed. One array for each configuration is wanted.")
    yield "best_of_seeds", kept(max), (
        "Only the largest score is left. Luck always looks good: keep every score.")
    yield "list_of_arrays", [np.array(scores(config)) for config in configs], (
        "The scores come back without the configurations: nobody can tell whose they are.")


@repeat_study.wrong("The arrays grow from one configuration to the next: begin a new list for each.")
def one_list_for_all(train_fn, configs, seeds):
    out, some = {}, []
    for config in configs:
        some += [train_fn(config, seed) for seed in seeds]
        out[config] = np.array(some)
    return out


@repeat_study.wrong("`train_fn` is called with seed and configuration swapped.", raises=True)
def arguments_swapped(train_fn, configs, seeds):
    return {config: np.array([train_fn(seed, config) for seed in seeds]) for config in configs}


@repeat_study.right
def with_a_loop(train_fn, configs, seeds):
    scores = {}
    for config in configs:
        scores[config] = np.zeros(len(seeds))
        for i, seed in enumerate(seeds):
            scores[config][i] = train_fn(config=config, seed=seed)
    return scores


@repeat_study.right
def seeds_outside(train_fn, configs, seeds):
    scores = {config: [] for config in configs}
    for seed in seeds:
        for config in configs:
            scores[config].append(train_fn(config, seed))
    return scores


@repeat_study.right
def one_table(train_fn, configs, seeds):
    return dict(zip(configs, np.array([[train_fn(c, s) for s in seeds] for c in configs]), strict=True))


repeat_study.small(
    "With train_fn(config, seed) = seed if config is 'a' and 10 · seed if it is 'b', and the seeds 3 and 5, "
    "the result is {'a': [3, 5], 'b': [30, 50]}.",
    configs=["a", "b"], seeds=[3, 5], _scores=np.array([[0.0, 1, 2, 3, 4, 5], [0, 10, 20, 30, 40, 50]]))
repeat_study.small(
    "The scores stand in the order of the seeds, and not by size.",
    configs=["a"], seeds=[3, 5], _scores=np.array([[0.0, 0, 0, 0.9, 0, 0.7]]))

# 9.7 batchnorm_forward

TRAINING, RUNNING, TEST = "training: the batch's statistics", "the running statistics", "test time"
OUT, MEAN, VAR = "out", "the running mean afterwards", "the running var afterwards"

batchnorm_forward = Exercise(
    points=2, returns=(OUT, MEAN, VAR), groups={TRAINING: 3, RUNNING: 2, TEST: 2, UNCHANGED: 1})


def batch(rng, rows, units):
    """Inputs of different places and spreads, some of them so narrow that eps shows."""
    spread = np.array([0.06, 1.1, 2.3, 0.4, 3.1])[:units] * rng.uniform(0.8, 1.2, units)
    return rng.uniform(-3, 3, units) + spread * rng.normal(size=(rows, units))


def layer_inputs(rng, rows, units):
    return {
        "x": batch(rng, rows, units),
        "gamma": rng.uniform(0.5, 2, units) * rng.choice([-1, 1], units),
        "beta": rng.uniform(0.3, 1.5, units) * rng.choice([-1, 1], units),
        "mean": rng.normal(size=units),
        "var": rng.uniform(0.3, 2.5, units),
    }


@batchnorm_forward.cases
def cases(rng):
    small = rng.uniform(0.01, 0.02)
    for group, part, rows, units, momentum, eps, batches in [
        (TRAINING, OUT, 9, 4, None, None, 1),
        (TRAINING, OUT, 6, 3, 0.8, small, 1),
        (RUNNING, (MEAN, VAR), 7, 4, None, small, 1),
        (RUNNING, (MEAN, VAR), 8, 5, rng.uniform(0.6, 0.8), small, 2),
        (TEST, (OUT, MEAN, VAR), 6, 4, None, None, 1),
        (TEST, (OUT, MEAN, VAR), 5, 3, 0.7, small, 1),
    ]:
        inputs = layer_inputs(rng, rows, units)
        options = {"training": group != TEST, "momentum": momentum, "eps": eps, "_batches": batches}
        yield case(group, part=part, **inputs, **options)


@batchnorm_forward.driver
def drive(batchnorm_forward, x, gamma, beta, mean, var, training, momentum, eps, _batches):
    running, later = {"mean": mean.copy(), "var": var.copy()}, 2 * x[::-1] + 0.3
    given = {"momentum": momentum, "eps": eps}
    options = {name: value for name, value in given.items() if value is not None}
    out, _ = parts(batchnorm_forward(x, gamma, beta, running, training, **options), "out", "cache")
    if _batches == 2:
        batchnorm_forward(later, gamma, beta, running, training, **options)
    return out, running["mean"], running["var"]


def moments(x, ddof=0):
    return x.mean(axis=0), x.var(axis=0, ddof=ddof)


def normal_form(
    x, gamma, beta, running, training, momentum=0.9, eps=1e-5, *,
    batch=moments, collected=None, update=None, by_batch=None, power=0.5, outside=0.0,
):
    """Batch normalisation, with parts that misconceptions exchange; returns out and what is normalised."""
    before = running["mean"], running["var"]
    if training if update is None else update:
        new = (collected or batch)(x)
        for name, old, now in zip(("mean", "var"), before, new, strict=True):
            running[name] = momentum * old + (1 - momentum) * now
    mean, var = batch(x) if (training if by_batch is None else by_batch) else before
    normalised = (x - mean) / ((var + eps) ** power + outside)
    return gamma * normalised + beta, normalised


@batchnorm_forward.mistakes
def mistakes(x, gamma, beta, running, training, momentum=0.9, eps=1e-5):
    def normal(gamma=gamma, beta=beta, running=running, momentum=momentum, eps=eps, **slips):
        return normal_form(x, gamma, beta, running, training, momentum, eps, **slips)

    across = lambda x: (x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True))
    yield "over_the_units", normal(batch=across), (
        "You take mean and variance over the units of each sample. (That exists too, and is called layer "
        "normalisation.) Here each unit is normalised over the samples of the batch: which axis runs over "
        "those?")
    yield "over_everything", normal(batch=lambda x: (x.mean(), x.var())), (
        "One mean and one variance serve the whole batch. Each unit has its own.")
    yield "running_statistics_in_training", normal(by_batch=False), (
        "In training you normalise by the running statistics. They are collected for test time; while "
        "training, the batch's own count.")
    yield "batch_statistics_at_test", normal(by_batch=True), (
        "At test time you normalise by the batch's statistics: the answer for one sample then depends on "
        "which others it comes with, and a single sample always comes out as beta. What were the running "
        "statistics collected for?")
    yield "momentum_the_other_way", normal(momentum=1 - momentum), (
        "`momentum` is the share of the new batch in your running statistics. Here, as in Keras, it is the "
        "share of the old. (PyTorch has it the other way round.)")
    yield "eps_outside", normal(eps=0.0, outside=eps), (
        "eps stands outside of the root: √var + eps. It belongs to the variance, below the root.")
    yield "without_eps", normal(eps=0.0), (
        "The `eps` that is handed over is not used. For a unit of small variance it matters.")
    yield "divided_by_the_variance", normal(power=1), (
        "You divide by the variance, not by its root: the units do not come out with variance 1.")
    yield "deviation_in_running", normal(collected=lambda x: (x.mean(axis=0), x.std(axis=0))), (
        "In `running['var']` you collect standard deviations. The name says what should be in it, and at "
        "test time the root is taken again.")
    yield "unbiased_in_running", normal(collected=lambda x: moments(x, ddof=1)), (
        "In `running['var']` you collect variances with n - 1 below the line, as PyTorch does. Here both "
        "variances are the same, with n, as in Keras.")
    yield "unbiased_throughout", normal(batch=lambda x: moments(x, ddof=1)), (
        "Your variance has n - 1 below the line: the normalised batch then does not have variance 1.")
    yield "running_updated_at_test", normal(update=True), (
        "The running statistics change at test time too. Then the network learns from the test data: a "
        "leak.")
    yield "eps_in_running", normal(collected=lambda x: (x.mean(axis=0), x.var(axis=0) + eps)), (
        "`eps` is in your running variance, where it adds up, and at test time it is added once more. It "
        "belongs under the root only.")
    yield "running_never_updated", normal(running=dict(running)), (
        "`running['mean']` and `running['var']` are what they were before. Write under these keys into the "
        "dictionary that you are given: a new one is lost when the function ends.")
    yield "last_batch_only", normal(momentum=0.0), (
        "The running statistics are those of the last batch. Nothing is left of the earlier ones: what is "
        "`momentum` for?")
    yield "without_gamma", normal(gamma=1.0), "The normalised values come back without gamma."
    yield "without_beta", normal(beta=0.0), "The normalised values come back without beta."
    yield "gamma_times_beta_too", normal(beta=gamma * beta), (
        "beta is multiplied by gamma as well: the shift comes after the scaling.")
    yield "beta_subtracted", normal(beta=-beta), "beta is subtracted; it is to be added."
    yield "eps_of_its_own", normal(eps=1e-5), "You use a fixed eps in place of the one that is handed over."
    yield "momentum_of_its_own", normal(momentum=0.9), (
        "You use a fixed momentum in place of the one that is handed over.")
    only_mean = lambda x: (x.mean(axis=0), running["var"])
    yield "variance_not_collected", normal(collected=only_mean), (
        "The running mean is right, the running variance stays what it was.")
    of_out = lambda x: moments(normal_form(x, gamma, beta, dict(running), True, momentum, eps)[0])
    yield "statistics_of_the_output", normal(collected=of_out), (
        "You collect mean and variance of the output. What is wanted at test time are those of `x`.")
    yield "gamma_and_beta_swapped", normal(gamma=beta, beta=gamma), "gamma and beta have changed places."


@batchnorm_forward.wrong(
    "In training you update the running statistics first and then normalise by them. They are for test "
    "time; while training, the batch's own count.")
def updated_running_in_training(x, gamma, beta, running, training, momentum=0.9, eps=1e-5):
    if training:
        normal_form(x, gamma, beta, running, True, momentum, eps)
    return normal_form(x, gamma, beta, running, False, momentum, eps)


@batchnorm_forward.wrong(
    "`training` makes no difference: at test time you normalise by the batch's statistics and go on "
    "collecting.")
def training_ignored(x, gamma, beta, running, training, momentum=0.9, eps=1e-5):
    return normal_form(x, gamma, beta, running, True, momentum, eps)


@batchnorm_forward.wrong(
    "`training` works the wrong way round: the running statistics are used in training and updated at test "
    "time.")
def training_turned_round(x, gamma, beta, running, training, momentum=0.9, eps=1e-5):
    return normal_form(x, gamma, beta, running, not training, momentum, eps)


@batchnorm_forward.wrong("`x` is not what it was after the call: `x -= …` writes into it.")
def in_place(x, gamma, beta, running, training, momentum=0.9, eps=1e-5):
    out, cache = normal_form(x.copy(), gamma, beta, running, training, momentum, eps)
    x[...] = out
    return out, cache


@batchnorm_forward.right
def running_in_place(x, gamma, beta, running, training, momentum=0.9, eps=1e-5):
    if training:
        mean = np.sum(x, axis=0) / x.shape[0]
        var = np.sum((x - mean) ** 2, axis=0) / x.shape[0]
        running["mean"] *= momentum
        running["mean"] += (1 - momentum) * mean
        running["var"][:] = running["var"] * momentum + var * (1 - momentum)
    else:
        mean, var = running["mean"], running["var"]
    return (x - mean) / (var + eps) ** 0.5 * gamma + beta, (x, mean, var)


@batchnorm_forward.right
def as_a_correction(x, gamma, beta, running, training, momentum=0.9, eps=1e-5):
    mean, var = running["mean"], running["var"]
    if training:
        mean, var = x.mean(0), (x**2).mean(0) - x.mean(0) ** 2
        running.update(
            mean=running["mean"] - (1 - momentum) * (running["mean"] - mean),
            var=running["var"] - (1 - momentum) * (running["var"] - var),
        )
    scale = gamma / np.sqrt(var + eps)
    return x * scale + (beta - mean * scale), {"x": x, "scale": scale}


@batchnorm_forward.right
def unit_by_unit(x, gamma, beta, running, training, momentum=0.9, eps=1e-5):
    out = np.zeros(x.shape)
    for j in range(x.shape[1]):
        column = [float(v) for v in x[:, j]]
        mean, var = running["mean"][j], running["var"][j]
        if training:
            mean = sum(column) / len(column)
            var = sum((v - mean) ** 2 for v in column) / len(column)
            running["mean"][j] = momentum * running["mean"][j] + (1 - momentum) * mean
            running["var"][j] = momentum * running["var"][j] + (1 - momentum) * var
        out[:, j] = [gamma[j] * (v - mean) / (var + eps) ** 0.5 + beta[j] for v in column]
    return [out, None]


@batchnorm_forward.right
def with_keepdims(x, gamma, beta, running, training, momentum=0.9, eps=1e-5):
    mean, var = running["mean"], running["var"]
    if training:
        mean, var = x.mean(axis=0, keepdims=True), x.var(axis=0, keepdims=True)
        for name, new in (("mean", mean), ("var", var)):
            running[name] = (momentum * running[name] + (1 - momentum) * new)[0]
    return gamma * (x - mean) / np.sqrt(var + eps) + beta, None


@batchnorm_forward.right
def in_single_precision(x, gamma, beta, running, training, momentum=0.9, eps=1e-5):
    x, gamma, beta = np.float32(x), np.float32(gamma), np.float32(beta)
    mean, var = np.float32(running["mean"]), np.float32(running["var"])
    if training:
        keep, share = np.float32(momentum), np.float32(1 - momentum)
        running["mean"], running["var"] = keep * mean + share * x.mean(0), keep * var + share * x.var(0)
        mean, var = x.mean(0), x.var(0)
    return gamma * ((x - mean) / np.sqrt(var + np.float32(eps))) + beta, None


batchnorm_forward.small(
    "One unit, a batch of (1, 3): mean 2, variance 1, so that it becomes (-1, 1) but for eps; with gamma = "
    "2 and beta = 5 that is (3, 7). A running mean of 0 becomes 0.9 · 0 + 0.1 · 2 = 0.2, a running variance "
    "of 1 stays 1.",
    x=np.array([[1.0], [3.0]]), gamma=np.array([2.0]), beta=np.array([5.0]), mean=np.array([0.0]),
    var=np.array([1.0]), training=True, momentum=None, eps=None, _batches=1)
unit = {"gamma": np.array([2.0]), "beta": np.array([5.0]), "momentum": None, "eps": None, "_batches": 1}
batchnorm_forward.small(
    "One unit, a batch of (1, 5): mean 3, variance 4. A running variance of 1 becomes 0.9 · 1 + 0.1 · 4 = 1.3.",
    **unit | {"x": np.array([[1.0], [5.0]]), "mean": np.array([0.0]), "var": np.array([1.0]), "training": True})
batchnorm_forward.small(
    "At test time, with a running mean of 2 and a running variance of 4: (2, 6) becomes (0, 2) but for eps, and with "
    "gamma and beta (5, 9). The running statistics stay.",
    **unit | {"x": np.array([[2.0], [6.0]]), "mean": np.array([2.0]), "var": np.array([4.0]), "training": False})
batchnorm_forward.small(
    "Two units of unlike size: each has its own mean, 2 and 20, and its own variance.",
    **unit | {"x": np.array([[1.0, 10.0], [3.0, 30.0]]), "gamma": np.ones(2), "beta": np.zeros(2), "mean": np.zeros(2),
              "var": np.ones(2), "training": True})
batchnorm_forward.small(
    "eps and momentum are the caller's, here 3 and 0.5: a batch of (1, 3) has variance 1, and 1 + 3 = 4 under the root. A "
    "running mean of 0 becomes 0.5 · 0 + 0.5 · 2 = 1.",
    **unit | {"x": np.array([[1.0], [3.0]]), "mean": np.array([0.0]), "var": np.array([1.0]), "training": True, "momentum": 0.5, "eps": 3.0})

# 9.8 batchnorm_backward

DX, DGAMMA, DBETA = "dx", "dgamma", "dbeta"

batchnorm_backward = Exercise(
    points=2,
    groups={DX: 2, DGAMMA: 1, DBETA: 1},
    uses=("batchnorm_forward",),
    builds_on=("batchnorm_forward",),
)


@batchnorm_backward.cases
def cases(rng):
    for part, rows, units in [(DX, 7, 3), (DX, 5, 4), (DGAMMA, 6, 4), (DBETA, 6, 3)]:
        inputs = layer_inputs(rng, rows, units)
        dout = rng.normal(size=(rows, units)) + rng.uniform(0.3, 0.8, units)
        yield case(part, dout=dout, **inputs, eps=rng.uniform(0.01, 0.02), _of=part)


@batchnorm_backward.driver
def drive(batchnorm_backward, batchnorm_forward, dout, x, gamma, beta, mean, var, eps, _of):
    def forward(**moved):
        running = {"mean": mean.copy(), "var": var.copy()}
        now = {"x": x, "gamma": gamma, "beta": beta, **moved}
        given = (now[name].copy() for name in ("x", "gamma", "beta"))
        return batchnorm_forward(*given, running, True, eps=eps)

    out, cache = forward()
    gradients = parts(batchnorm_backward(dout.copy(), cache), DX, DGAMMA, DBETA)
    name, h = _of.removeprefix("d"), 1e-2 if np.asarray(out).dtype == np.float32 else 1e-5
    loss = lambda value: float(np.sum(dout * np.asarray(forward(**{name: value})[0], dtype=float)))
    place = {"x": (0, x), "gamma": (1, gamma), "beta": (2, beta)}[name]
    return {_of: gradients[place[0]], "slope": slopes(loss, place[1], h), "h": h}


def slopes(loss, there, h):
    """Central differences, entry by entry."""
    measured = np.zeros(there.shape)
    for i in np.ndindex(there.shape):
        step = np.zeros(there.shape)
        step[i] = h
        measured[i] = (loss(there + step) - loss(there - step)) / (2 * h)
    return measured


@batchnorm_backward.judge
def judge(case, result):
    """Against the slope of the student's own forward pass."""
    found, slope = np.asarray(result[case.group], dtype=float), np.asarray(result["slope"], dtype=float)
    atol = (3e-2 if result["h"] > 1e-3 else 2e-5) * float(np.abs(slope).max())
    agree = close(found, slope, rtol=1e-4, atol=atol)
    seen = "" if agree else first_match(found, backward_slips(case), near) or "another gradient"
    where = np.unravel_index(int(np.argmax(np.abs(found - slope))), slope.shape)
    at = f"[{', '.join(str(int(i)) for i in where)}]"
    detail = (
        f"`{case.group}` is {found[where]:.4g} at {at}, but finite differences of your forward pass give "
        f"{slope[where]:.4g}; it looks like: {seen}"
    )
    yield case.group, agree, seen, detail


def backward_slips(case):
    """What the misconceptions give, with the forward pass as it should be."""
    dout, x, gamma, eps = (case.inputs[name] for name in ("dout", "x", "gamma", "eps"))
    m, inverse = len(x), 1 / np.sqrt(x.var(axis=0) + eps)
    hat = (x - x.mean(axis=0)) * inverse
    total, along, centred = dout.sum(axis=0), (dout * hat).sum(axis=0), x - x.mean(axis=0)
    if case.group == "dbeta":
        return {
            "averaged over the batch": total / m,
            "summed with x-hat": along,
            "times gamma": total * gamma,
        }
    if case.group == "dgamma":
        return {
            "summed with x in place of x-hat": (dout * x).sum(axis=0),
            "summed with x minus its mean": (dout * (x - x.mean(axis=0))).sum(axis=0),
            "averaged over the batch": along / m,
            "summed without x-hat": total,
            "times gamma": along * gamma,
        }
    return {
        "mean and variance taken for constants": gamma * inverse * dout,
        "1/m missing in both terms": gamma * inverse * (dout - total - hat * along),
        "1/m missing in the mean's term": gamma * inverse * (dout - total - hat * along / m),
        "1/m missing in the variance's term": gamma * inverse * (dout - total / m - hat * along),
        "the variance taken for a constant": gamma * inverse * (dout - total / m),
        "the mean taken for a constant": gamma * inverse * (dout - hat * along / m),
        "gamma left out": inverse * (dout - total / m - hat * along / m),
        "the standard deviation left out": gamma * (dout - total / m - hat * along / m),
        "divided by the variance": gamma * inverse**2 * (dout - total / m - hat * along / m),
        "x minus its mean for x-hat": gamma * inverse * (dout - mean(dout) - centred * mean(dout * centred)),
        "divided by m once more": gamma * inverse / m * (dout - total / m - hat * along / m),
        "plus for minus": gamma * inverse * (dout + total / m + hat * along / m),
        "dout passed on": dout,
    }


def mean(values):
    """Over the batch."""
    return values.mean(axis=0)


def usual_dx(dout, hat):
    return dout - mean(dout) - hat * mean(dout * hat)


def pair(
    dx=usual_dx,
    scale=lambda gamma, inverse: gamma * inverse,
    dgamma=lambda dout, x, hat: (dout * hat).sum(axis=0),
    dbeta=lambda dout: dout.sum(axis=0),
):
    """Both passes, the backward one with another formula for some results; dx is multiplied by scale."""

    def batchnorm_forward(x, gamma, beta, running, training, momentum=0.9, eps=1e-5):
        out, hat = normal_form(x, gamma, beta, running, training, momentum, eps)
        return out, (x, hat, gamma, 1 / np.sqrt(x.var(axis=0) + eps))

    def batchnorm_backward(dout, cache):
        x, hat, gamma, inverse = cache
        return scale(gamma, inverse) * dx(dout, hat), dgamma(dout, x, hat), dbeta(dout)

    return batchnorm_backward, batchnorm_forward


BOTH = ("batchnorm_backward", "batchnorm_forward")


@batchnorm_backward.wrong(
    "dx has one term of three: you treat mean and standard deviation as constants. Both are made of x, and "
    "move when x does.", replaces=BOTH)
def statistics_as_constants():
    return pair(dx=lambda dout, hat: dout)


@batchnorm_backward.wrong(
    "dx is centred, but its part along x̂ is not taken out. It comes from the variance, which is made of x "
    "as well.", replaces=BOTH)
def variance_as_a_constant():
    return pair(dx=lambda dout, hat: dout - mean(dout))


@batchnorm_backward.wrong(
    "In dx the mean is treated as a constant. The sum of dx over the batch should be 0, since a shift of "
    "all rows changes nothing.", replaces=BOTH)
def mean_as_a_constant():
    return pair(dx=lambda dout, hat: dout - hat * mean(dout * hat))


@batchnorm_backward.wrong(
    "In dx the sum over the batch is taken off where the mean should be: a factor 1/m is missing in that "
    "term.", replaces=BOTH)
def sum_for_the_mean():
    return pair(dx=lambda dout, hat: dout - dout.sum(axis=0) - hat * mean(dout * hat))


@batchnorm_backward.wrong("In dx, in the term of the variance, a factor 1/m is missing.", replaces=BOTH)
def sum_in_the_variance_term():
    return pair(dx=lambda dout, hat: dout - mean(dout) - hat * (dout * hat).sum(axis=0))


@batchnorm_backward.wrong("In dx, in both correcting terms, a factor 1/m is missing.", replaces=BOTH)
def sums_for_both_means():
    return pair(dx=lambda dout, hat: dout - dout.sum(axis=0) - hat * (dout * hat).sum(axis=0))


@batchnorm_backward.wrong("dx lacks the factor gamma, which stands between x̂ and the output.", replaces=BOTH)
def dx_without_gamma():
    return pair(scale=lambda gamma, inverse: inverse)


@batchnorm_backward.wrong(
    "dx lacks the division by the standard deviation, which stands between x and x̂.", replaces=BOTH)
def dx_without_the_deviation():
    return pair(scale=lambda gamma, inverse: gamma)


@batchnorm_backward.wrong("The correcting terms of dx have the wrong sign.", replaces=BOTH)
def plus_for_minus():
    return pair(dx=lambda dout, hat: dout + mean(dout) + hat * mean(dout * hat))


@batchnorm_backward.wrong(
    "dgamma is summed with x. gamma multiplies the *normalised* x: keep that in the cache.", replaces=BOTH)
def dgamma_with_x():
    return pair(dgamma=lambda dout, x, hat: (dout * x).sum(axis=0))


@batchnorm_backward.wrong(
    "dgamma is summed with x minus its mean. gamma multiplies x̂, which is divided by the standard "
    "deviation.", replaces=BOTH)
def dgamma_with_the_centred_x():
    return pair(dgamma=lambda dout, x, hat: (dout * (x - mean(x))).sum(axis=0))


@batchnorm_backward.wrong(
    "dgamma is averaged over the batch. The loss's own mean is in dout already: each row adds its share.",
    replaces=BOTH)
def dgamma_averaged():
    return pair(dgamma=lambda dout, x, hat: mean(dout * hat))


@batchnorm_backward.wrong(
    "dbeta is averaged over the batch. The loss's own mean is in dout already: each row adds its share.",
    replaces=BOTH)
def dbeta_averaged():
    return pair(dbeta=mean)


@batchnorm_backward.wrong(
    "dgamma should have the shape (n,), one entry for each unit. One gamma serves all samples of the batch: "
    "their shares add up, unit by unit.", replaces=BOTH)
def dgamma_not_summed():
    return pair(dgamma=lambda dout, x, hat: dout * hat)


@batchnorm_backward.wrong(
    "dbeta should have the shape (n,), one entry for each unit. One beta serves all samples of the batch: "
    "their shares add up, unit by unit.", replaces=BOTH)
def dbeta_not_summed():
    return pair(dbeta=lambda dout: dout)


@batchnorm_backward.wrong(
    "In dx, the last term has x minus its mean where x̂ belongs, which is divided by the standard deviation.",
    replaces=BOTH)
def centred_x_in_dx():
    def forward(x, gamma, beta, running, training, momentum=0.9, eps=1e-5):
        out, hat = normal_form(x, gamma, beta, running, training, momentum, eps)
        return out, (x - mean(x), hat, gamma, 1 / np.sqrt(x.var(axis=0) + eps))

    def backward(dout, cache):
        centred, hat, gamma, inverse = cache
        return gamma * inverse * usual_dx(dout, centred), (dout * hat).sum(axis=0), dout.sum(axis=0)

    return backward, forward


@batchnorm_backward.wrong("dx is divided by the variance. x̂ is x divided by its root.", replaces=BOTH)
def dx_over_the_variance():
    return pair(scale=lambda gamma, inverse: gamma * inverse**2)


@batchnorm_backward.wrong(
    "dx is smaller than it should be by a factor of m: the means have their 1/m already.", replaces=BOTH)
def dx_averaged():
    return pair(dx=lambda dout, hat: usual_dx(dout, hat) / len(dout))


@batchnorm_backward.wrong(
    "dgamma and dbeta have changed places: which of the two is summed with x̂?", replaces=BOTH)
def dgamma_and_dbeta_swapped():
    backward, forward = pair()

    def swapped(dout, cache):
        dx, dgamma, dbeta = backward(dout, cache)
        return dx, dbeta, dgamma

    return swapped, forward


@batchnorm_backward.right(replaces=BOTH)
def step_by_step():
    """Backwards through each operation by itself."""

    def forward(x, gamma, beta, running, training, momentum=0.9, eps=1e-5):
        centred = x - x.mean(axis=0)
        root = np.sqrt((centred**2).mean(axis=0) + eps)
        return gamma * centred / root + beta, (centred, root, gamma)

    def backward(dout, cache):
        centred, root, gamma = cache
        m, dhat = len(dout), dout * gamma
        dvar = np.sum(dhat * centred, axis=0) * -0.5 / root**3
        dmean = np.sum(-dhat / root, axis=0) + dvar * np.mean(-2 * centred, axis=0)
        dx = dhat / root + dvar * 2 * centred / m + dmean / m
        return dx, np.sum(dout * centred / root, axis=0), np.sum(dout, axis=0)

    return backward, forward


@batchnorm_backward.right(replaces=BOTH)
def m_outside():
    total = lambda dout, hat: len(dout) * dout - dout.sum(axis=0) - hat * (dout * hat).sum(axis=0)
    return pair(dx=lambda dout, hat: total(dout, hat) / len(dout))


@batchnorm_backward.right(replaces=BOTH)
def with_the_jacobian():
    def slope(dout, hat):
        m, dx = len(dout), np.zeros(dout.shape)
        for j in range(dout.shape[1]):
            jacobian = np.eye(m) - 1 / m - np.outer(hat[:, j], hat[:, j]) / m
            dx[:, j] = jacobian.T @ dout[:, j]
        return dx

    return pair(dx=slope)


@batchnorm_backward.right(replaces=BOTH)
def narrow_in_both_directions():
    backward, forward = pair()

    def narrow(x, gamma, beta, running, training, momentum=0.9, eps=1e-5):
        x, gamma, beta = np.float32(x), np.float32(gamma), np.float32(beta)
        out, cache = forward(x, gamma, beta, running, training, momentum, eps)
        return np.float32(out), cache

    return (lambda dout, cache: [np.float32(part) for part in backward(np.float32(dout), cache)]), narrow


@batchnorm_backward.right(replaces=BOTH)
def of_another_forward_pass():
    """With n - 1 in the variance, and a backward pass that belongs to it: no point lost here."""

    def forward(x, gamma, beta, running, training, momentum=0.9, eps=1e-5):
        inverse = 1 / np.sqrt(x.var(axis=0, ddof=1) + eps)
        hat = (x - x.mean(axis=0)) * inverse
        return gamma * hat + beta, (hat, gamma, inverse)

    def backward(dout, cache):
        hat, gamma, inverse = cache
        along = (dout * hat).sum(axis=0)
        dx = gamma * inverse * (dout - dout.mean(axis=0) - hat * along / (len(dout) - 1))
        return dx, along, dout.sum(axis=0)

    return backward, forward


batchnorm_backward.small(
    "One unit, gamma = 1, a batch of (1, 3): x̂ = (-1, 1). With dout = (1, 0): dbeta = 1 and dgamma = -1. "
    "The mean of dout is ½, the mean of dout · x̂ is -½, so that dx = (1 - ½ - ½, 0 - ½ + ½) = (0, 0). In a "
    "batch of two nothing is left, whatever dout is.")

# Three questions

units_of_an_error = Question(
    "One run reports a test MSE of 0.006, with standardised targets whose standard deviation was 142.76; "
    "another one of 16, with the targets as they are. Which model is better?",
    wrong("The first, by a factor of more than 2600.",
          "That divides numbers of different units: the first is in squared standard deviations."),
    wrong("The first, but only by a factor of 19.",
          "You have multiplied by the standard deviation. A *squared* error asks for its square."),
    right("The second, by a factor of more than 7.",
          "In original units the first has $0.006\\cdot142.76^2\\approx122$, against 16."),
)

mean_of_the_test_rows = Question(
    'In the "Right Way", where does the mean come from that is subtracted from a column of the *test* rows?',
    wrong("From that column of the test rows, so that it has mean 0.",
          "Nothing leaks into training then, but the answer for one row depends on the others it comes with, "
          "and a single row always becomes 0."),
    wrong("From that column of all rows, since more rows give a better estimate.",
          "That is the leak: the training rows then look different when the test rows change."),
    right("From that column of the training rows.",
          "What is applied to test rows was learnt from training rows. Their mean is then not exactly 0."),
)

numbered_labels = Question(
    "A nominal column with the labels red, green, blue is replaced by 0, 1, 2. Is that safe, as long as a "
    "model is monotone in that column?",
    wrong("Yes: monotone functions depend on the order of the numbers only.",
          "That would be an argument for an *ordinal* column. Here the order is that in which we counted."),
    right("No: a monotone function can't put green above both others.",
          "There is no order to be kept, and the one that we made up decides what can be learnt: in the "
          "lesson it decided the error."),
    wrong("Yes, if the numbers are standardised afterwards.",
          "Standardising stretches and moves the axis; the made-up order stays."),
)
