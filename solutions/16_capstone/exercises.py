"""Exercises of lesson 16: seven steps on images, a clinic, statements to correct, and an open task."""

import contextlib
import csv

import numpy as np

from autograder.authoring import Exercise, Question, case, draw_seed, right, wrong
from autograder.student.properties import close

# 16.1 load_dataset

IN_STEP = "images, labels and names in the order of the csv"
FORM = "whole numbers, RGB, for every kind of file"
BROKEN = "a missing or unreadable file is an error"

load_dataset = Exercise(points=3, groups={IN_STEP: 3, FORM: 2, BROKEN: 1}, seconds=10)


@load_dataset.cases
def cases(rng):
    yield case(IN_STEP, **listing(rng, 6, 3))
    yield case(IN_STEP, **listing(rng, 7, 0))
    for kinds in (["RGBA", "RGB", "RGB", "RGBA"], ["L", "RGB", "RGB", "L"]):
        yield case(FORM, **{**listing(rng, 4, 0, in_order=True), "_kinds": kinds})
    plain = listing(rng, 4, 0, in_order=True)  # one colour an image, in the middle of its step of 8
    plain["_pixels"] = (plain["_pixels"][:, :1, :1] // 8 * 8 + 4 + 0 * plain["_pixels"]).astype(np.uint8)
    yield case(FORM, **{**plain, "_kinds": ["JPEG", "RGB", "RGB", "JPEG"]})
    for damage in ("missing", "unreadable"):
        yield case(BROKEN, **{**listing(rng, 5, 0, in_order=True), "_damage": damage})


def listing(rng, n, unlisted, in_order=False):
    """Names whose sorted order is another one, and labels that differ in any other order; or all in order."""
    numbers = rng.permutation([2, 10, 101, 30, 4, 11, 25])[:n]
    if in_order:  # with two digits each, numbers and texts have one order
        numbers = np.sort(rng.choice(np.arange(10, 100), n, replace=False))
    while not in_order and list(numbers) in (sorted(numbers), sorted(numbers, key=str)):
        numbers = rng.permutation(numbers)
    by_number, by_text = np.argsort(numbers), np.argsort([str(k) for k in numbers])
    labels = rng.permutation([0, 1, 0, 1, 1, 0, 1][:n])
    while not in_order and any(np.array_equal(labels, labels[order]) for order in (by_number, by_text)):
        labels = rng.permutation(labels)
    h, w = (3, 5) if n % 2 else (4, 3)
    pixels = rng.integers(1, 256, (n, h, w, 3)).astype(np.uint8)
    pixels[:, 0, 0] = 255  # white, which a division by 255 leaves at 1
    return {
        "_names": [f"{k}.jpg" for k in numbers],
        "_labels": labels.tolist(),
        "_pixels": pixels,
        "_kinds": ["RGB"] * n,
        "_unlisted": unlisted,
        "_damage": "",
    }


@load_dataset.driver
def drive(load_dataset, _names, _labels, _pixels, _kinds, _unlisted, _damage):
    import tempfile
    import warnings
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_dataset(root, _names, _labels, _pixels, _kinds, _unlisted)
        with warnings.catch_warnings():  # a csv left open would be warned of with the path of this folder
            warnings.simplefilter("ignore", ResourceWarning)
            if _damage:
                noticed = complains(load_dataset, root, root / "images" / _names[2], _damage)
                return {"an error comes out": noticed}
            answer = load_dataset(root)
        if not isinstance(answer, (tuple, list)) or len(answer) != 3:
            raise TypeError("load_dataset should return three things: X, y and names")
        X, y, names = answer
        X, names = np.asarray(X), [str(name) for name in names]
        if X.ndim != 4 or X.dtype.kind not in "biuf":
            raise TypeError(
                f"X should be an array (n, height, width, 3); it has shape {X.shape} and type {X.dtype}")
        if _kinds[0] == _kinds[-1] == "RGB":  # order alone: grey values on any scale, labels of any type
            grey = X.astype(float).mean(axis=-1) * (255 if X.max() <= 1 and X.dtype.kind == "f" else 1)
            return {"grey": np.round(grey), "y": as_labels(y), "names": names}
        kind = np.asarray(y).dtype
        found = {"X": X.astype(float), "type of X": str(X.dtype), "y": y, "names": names,
                 "type of y": "whole numbers" if kind.kind in "iu" else str(kind)}
        if "JPEG" in _kinds:  # which no two decoders read alike to the last bit
            found["X in steps of 8"] = np.floor(found.pop("X") / 8) * 8 + 4
        return found


def as_labels(y):
    """Labels of any type as whole numbers."""
    labels = np.asarray(y)
    if labels.ndim != 1:
        raise TypeError(f"y should have the shape (n,); it has shape {labels.shape}")
    try:
        return np.array([int(float(label)) for label in labels.tolist()], dtype=int)
    except (TypeError, ValueError, OverflowError):
        first = labels.tolist()[0]
    raise TypeError(f"y should hold the labels, 0 and 1; its first entry is {first!r}")


def write_dataset(root, names, labels, pixels, kinds, unlisted):
    """The folder: PNG data under the name .jpg, as the public data set seems to have it."""
    from PIL import Image

    (root / "images").mkdir()
    lines = [f"{name},{label}" for name, label in zip(names, labels)]
    text = "\n".join(["image_names,emergency_or_not", *lines]) + "\n"
    (root / "emergency_classification.csv").write_text(text, encoding="utf-8")
    for name, image, kind in zip(names, pixels, kinds):
        if kind == "L":
            made = Image.fromarray(image[:, :, 0])
        elif kind == "RGBA":
            made = Image.fromarray(np.dstack([image, np.full(image.shape[:2], 200, np.uint8)]))
        else:
            made = Image.fromarray(image)
        made.save(root / "images" / name, format="JPEG" if kind == "JPEG" else "PNG", quality=95)
    for k in range(unlisted):
        Image.fromarray(255 - pixels[k]).save(root / "images" / f"{k + 1}{names[k]}", format="PNG")


def complains(load_dataset, root, path, damage):
    """Whether an error comes out, and not because the sound folder made one already."""
    load_dataset(root)
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(b"this is no image")
    try:
        load_dataset(root)
    except NotImplementedError:
        raise
    except Exception:
        return True
    return False


def read_rows(root):
    with open(root / "emergency_classification.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["image_names"] for row in rows], [int(row["emergency_or_not"]) for row in rows]


def read_image(path, mode="RGB"):
    from PIL import Image

    image = Image.open(path)
    return np.asarray(image.convert(mode) if mode else image)


def as_imread_does(path):
    """PNG data as floats, JPEG data as whole numbers."""
    from PIL import Image

    image = read_image(path, "")
    return image / np.float32(255) if Image.open(path).format == "PNG" else image


def in_rgb(image):
    return image[..., :3] if image.ndim == 3 else np.stack([image] * 3, axis=-1)


@load_dataset.mistakes
def mistakes(root):
    names, labels = read_rows(root)
    order = np.argsort(names)
    in_order = [names[k] for k in order]
    counted = np.argsort([int(name[:-4]) for name in names])
    by_number = [names[k] for k in counted]
    every = [as_imread_does(root / "images" / name) for name in names]
    read = lambda names, mode="RGB": [read_image(root / "images" / name, mode) for name in names]
    floats = lambda: np.stack(read(names)) / np.float32(255)
    yield "sorts_the_files_only", (np.stack(read(in_order)), np.array(labels), names), (
        "The images come in the order of their sorted names, the labels in that of the csv: nearly every "
        "image has another's label.")
    yield "sorts_all_three", (np.stack(read(in_order)), np.array(labels)[order], in_order), (
        "All three are sorted by name, and belong together; but the order of the csv was asked for.")
    yield "sorts_by_number", (np.stack(read(by_number)), np.array(labels)[counted], by_number), (
        "All three are sorted by the number in the name, and belong together; but the order of the csv was "
        "asked for.")
    yield "first_row_lost", (np.stack(read(names))[1:], np.array(labels)[1:], names[1:]), (
        "The first image of the csv is lost: is its header passed over twice?")
    yield "labels_as_floats", (np.stack(read(names)), np.array(labels) * 1.0, names), (
        "The labels are floats. Whole numbers were asked for: 1.0 can't be an index.")
    yield "labels_as_text", (np.stack(read(names)), np.array([str(k) for k in labels]), names), (
        "The labels are texts. '0' is true in an `if` and can't be averaged: turn them into numbers when "
        "you read them.")
    yield "blue_first", (np.stack(read(names))[..., ::-1], np.array(labels), names), (
        "Red and blue have changed places: some libraries read BGR. A fire engine would be blue.")
    yield "as_the_file_has_it", (np.stack(read(names, "")), np.array(labels), names), (
        "Images with an alpha channel, or grey ones, come out in another shape than the rest: convert each "
        "to RGB.")
    yield "divided", (floats(), np.array(labels), names), (
        "The pixels run from 0 to 1. Dividing them is the next step; whole numbers from 0 to 255 were asked "
        "for here.")
    yield "divided_in_float64", (np.stack(read(names)) / 255, np.array(labels), names), (
        "The pixels run from 0 to 1. Dividing them is the next step; whole numbers from 0 to 255 were asked "
        "for here.")
    yield "floats_from_imread", (np.stack(every), np.array(labels), names), (
        "`plt.imread` gives PNG data as floats from 0 to 1 and JPEG data as whole numbers, whatever the file "
        "is called, and leaves grey and alpha as they are. Whole numbers from 0 to 255 in RGB were asked "
        "for.")
    yield "all_taken_for_png", (
        np.stack([np.uint8(np.round(in_rgb(one) * np.uint8(255))) for one in every]), np.array(labels), names,
    ), (
        "Files with PNG data come out right, those with JPEG data don't: `plt.imread` gives their pixels "
        "from 0 to 255 already, and they are multiplied by 255 again.")
    yield "floats_cut_off", (floats().astype(np.uint8), np.array(labels), names), (
        "Nearly all your pixels are 0, and white is 1. Floats between 0 and 1 were turned into whole "
        "numbers, which cuts off everything behind the point.")
    yield "wider_numbers", (np.stack(read(names)).astype(float), np.array(labels), names), (
        "The pixels are right, in another type than uint8: float64 takes 8 times the memory, and the next "
        "step looks at the type.")
    yield "as_int64", (np.stack(read(names)).astype(np.int64), np.array(labels), names), (
        "The pixels are right, in another type than uint8: int64 takes 8 times the memory.")


@load_dataset.wrong(
    "You read every file in `images/`, in the order of the folder or sorted. Which of them count, and in "
    "which order, is said by the csv.")
def reads_the_folder(root):
    names, labels = read_rows(root)
    images = []
    for path in sorted((root / "images").iterdir()):
        with contextlib.suppress(OSError):
            images.append(read_image(path))
    return np.stack(images), np.array(labels), names


@load_dataset.wrong(
    "No error comes out where a file is missing or can't be read. Where its label is kept, all later "
    "labels are shifted by one; where it goes too, or a black image stands in, you work with other data "
    "than you think.")
def drops_in_silence(root):
    found = []
    for name, label in zip(*read_rows(root)):
        with contextlib.suppress(Exception):
            found.append((read_image(root / "images" / name), label, name))
    images, labels, names = zip(*found)
    return np.stack(images), np.array(labels), list(names)


@load_dataset.right
def line_by_line(root):
    from PIL import Image

    images, labels, names = [], [], []
    lines = (root / "emergency_classification.csv").read_text().splitlines()
    for line in lines[1:]:
        name, label = line.split(",")
        with Image.open(f"{root}/images/{name}") as image:
            images.append(np.array(image.convert("RGB")))
        labels.append(int(label))
        names.append(name)
    return np.array(images, dtype=np.uint8), np.array(labels), names


@load_dataset.answers
def answers(root):
    table = np.genfromtxt(root / "emergency_classification.csv", delimiter=",", dtype=str, skip_header=1)
    images = np.stack([read_image(root / "images" / name) for name in table[:, 0]])
    yield "with_genfromtxt", (images, table[:, 1].astype(np.int32), table[:, 0].tolist())


@load_dataset.right
def own_message_and_lists(root):
    names, labels = read_rows(root)
    images = []
    for name in names:
        try:
            images.append(read_image(root / "images" / name))
        except Exception as error:
            raise ValueError(f"{name} can't be read") from error
    return np.stack(images), labels, tuple(names)


red, blue = np.zeros((1, 1, 3), np.uint8) + [[[250, 0, 0]]], np.zeros((1, 1, 3), np.uint8) + [[[0, 0, 90]]]
for words, names, labels, kinds, unlisted, damage in [
    ("A csv with the lines 7.jpg,1 and 10.jpg,0: the first image is 7.jpg with label 1. Sorted as text, 10.jpg would come "
     "first.", ["7.jpg", "10.jpg", "8.jpg"], [1, 0, 0], "RGB", 0, ""),
    ("The csv decides what belongs to the set: an image that stands beside the others and not in the csv is left out.",
     ["7.jpg", "10.jpg", "8.jpg"], [1, 0, 0], "RGB", 1, ""),
    ("Files that hold four numbers for a pixel, of which three are asked for; the labels are whole numbers.", ["1.jpg", "2.jpg", "3.jpg"], [1, 0, 0], "RGBA", 0, ""),
    ("Files that hold one number for a pixel, a grey: three are asked for.", ["1.jpg", "2.jpg", "3.jpg"], [1, 0, 0], "L", 0, ""),
    ("Files that hold JPEG data.", ["1.jpg", "2.jpg", "3.jpg"], [1, 0, 0], "JPEG", 0, ""),
    ("The third image of the csv is missing: that must not pass unnoticed.", ["1.jpg", "2.jpg", "3.jpg"], [1, 0, 0], "RGB", 0, "missing"),
    ("The third image can't be read: that must not pass unnoticed.", ["1.jpg", "2.jpg", "3.jpg"], [1, 0, 0], "RGB", 0, "unreadable"),
]:
    load_dataset.small(
        words, _names=names, _labels=labels, _pixels=np.array([red, blue, red + blue]).astype(np.uint8), _kinds=[kinds] * 3,
        _unlisted=unlisted, _damage=damage)

# 16.2 preprocess

WHOLE, FLOATS = "whole numbers become 0 to 1", "floats from 0 to 1 stay"
ROWS, TYPE = "one image in each row", "float32"

preprocess = Exercise(points=2, groups={WHOLE: 2, FLOATS: 1, ROWS: 2, TYPE: 1})


@preprocess.cases
def cases(rng):
    different = lambda *shape: rng.permutation(200)[: int(np.prod(shape))].reshape(shape).astype(np.uint8)
    yield case(WHOLE, X=different(5, 3, 4, 3) // 2, _look="values")
    yield case(WHOLE, X=different(4, 2, 5, 3), _look="values")
    yield case(WHOLE, X=rng.permutation(np.arange(90) % 2).reshape(3, 2, 5, 3).astype(np.uint8), _look="values")
    yield case(FLOATS, X=rng.uniform(0.1, 0.8, (4, 2, 5, 3)), _look="values")
    yield case(FLOATS, X=rng.uniform(0.1, 0.8, (3, 4, 2, 3)).astype(np.float32), _look="values")
    yield case(ROWS, X=different(4, 2, 5, 3), _look="places")
    yield case(ROWS, X=different(3, 5, 4, 3), _look="places")
    yield case(TYPE, X=different(3, 2, 4, 3), _look="type")
    yield case(TYPE, X=rng.uniform(0.1, 0.8, (2, 2, 3, 3)), _look="type")


@preprocess.driver
def drive(preprocess, X, _look):
    """The values whatever their places, the places whatever the scale of an image, the type."""
    rows = np.asarray(preprocess(X))
    if rows.dtype.kind not in "fiub":
        raise TypeError("preprocess should return an array of numbers")
    if _look == "type":
        return str(rows.dtype)
    if _look == "values":
        return np.sort(rows.ravel()).astype(np.float32)
    return {"shape": str(rows.shape), "order": order_of(rows, X)}


def order_of(rows, X):
    """In words, in which order the numbers of an image stand in its row."""
    if rows.shape != (len(X), X[0].size):
        return "pixel by pixel"  # the shape says enough
    orders = {
        "pixel by pixel": X, "column by column": X.transpose(0, 2, 1, 3), "blue first": X[..., ::-1],
        "colour by colour": X.transpose(0, 3, 1, 2),
        "colour by colour and column by column": X.transpose(0, 3, 2, 1),
        "the last row of pixels first": X[:, ::-1], "mirrored": X[:, :, ::-1],
    }
    ranks = np.argsort(rows, axis=1)
    return next((words for words, moved in orders.items()
                 if np.array_equal(ranks, np.argsort(moved.reshape(rows.shape), axis=1))), "none of X")


@preprocess.mistakes
def mistakes(X):
    rows = X.reshape(len(X), -1)
    whole = X.dtype.kind in "ui"
    scaled = rows / 255.0 if whole else rows
    yield "divides_twice", np.float32(rows / 255), (
        "Floats between 0 and 1 come out 255 times too small: they were divided before, and the type of X "
        "says so.")
    yield "by_the_largest_of_all", np.float32(rows / rows.max()), (
        "You divide by the largest pixel of the set, `X.max()`. So the darkest set is stretched most, and "
        "training and validation images by different numbers. Whole numbers have a fixed largest value.")
    yield "by_the_largest_of_whole_numbers", np.float32(rows / rows.max() if whole else rows), (
        "Whole numbers are divided by the largest pixel of the set, not by the largest there can be.")
    yield "by_the_values", np.float32(rows / (255 if X.max() > 1 else 1)), (
        "You look at the values to find out whether they were divided. A set of very dark whole numbers, "
        "none above 1, then passes for one of floats: the type of X tells them apart, whatever is to be "
        "seen.")
    yield "by_the_largest_of_each", np.float32(rows / rows.max(axis=1, keepdims=True)), (
        "Each image is divided by its own largest pixel: a night becomes as bright as a day. One number for "
        "all of them.")
    yield "forgets_to_divide", np.float32(rows), "Whole numbers still run from 0 to 255."
    yield "divides_float32", np.float32(rows if X.dtype == np.float64 else rows / 255), (
        "Floats stay as they are where they are float64, and are divided where they are float32: look for "
        "any type of floats.")
    yield "divides_whole", np.float32(rows // 255 if whole else rows), (
        "Whole numbers come out 0, all but 255: what is behind the point is cut off, as `//` does it.")
    yield "by_256", np.float32(rows / 256.0 if whole else rows), (
        "A division by 256 brings white to 0.996: how large is the largest `uint8`?")
    yield "in_float64", np.float64(scaled), (
        "The result is float64: at 224 x 224 pixels that is 2.83 GB where 1.42 would do. Say which type you "
        "want.")
    yield "whole_after_division", scaled.astype(np.uint8), (
        "Nearly everything is 0: the numbers were made whole after the division, which cuts off what is "
        "behind the point.")
    yield "mixes_samples", np.float32(scaled).reshape(-1, len(X)), (
        "Rows and samples are mixed: with `reshape(-1, n)` or a transposition an image's pixels end in "
        "several rows. How many rows are there to be?")
    yield "column_by_column", np.float32(scaled).reshape(X.shape).transpose(0, 2, 1, 3).reshape(len(X), -1), (
        "The pixels of each image are in its row, in another order than in the image: column by column. Any "
        "one order would do for a dense network, but it has to be that of `reshape`, or saved weights don't "
        "fit.")
    yield "colour_by_colour", np.float32(scaled).reshape(X.shape).transpose(0, 3, 1, 2).reshape(len(X), -1), (
        "The numbers of each image are in its row, first all reds, then all greens, then all blues. It has "
        "to be the order of `reshape`, or saved weights don't fit.")
    yield "not_flattened", np.float32(scaled).reshape(X.shape), (
        "The images are still images: a dense network wants one row of numbers for each.")
    yield "one_long_row", np.float32(scaled).ravel(), (
        "All images together are one row. Each wants a row of its own.")
    yield "standardises", np.float32((rows - rows.mean()) / rows.std()), (
        "You standardise with mean and standard deviation. That is another preparation, from statistics of "
        "all images; values from 0 to 1 were asked for.")


@preprocess.answers
def answers(X):
    import tensorflow as tf

    divisor = 255 if np.issubdtype(X.dtype, np.integer) else 1
    yield "image_by_image", np.array([np.float32(image).flatten() / divisor for image in X], dtype=np.float32)
    yield "with_tensorflow", tf.cast(tf.reshape(X, (len(X), -1)), tf.float32) / divisor


@preprocess.right
def scaled_in_float64_first(X):
    out = np.array(X, dtype=np.float64)
    if X.dtype == np.uint8:
        out /= 255
    return out.reshape(X.shape[0], X.shape[1] * X.shape[2] * X.shape[3]).astype("float32")


preprocess.small(
    "One image of 1 x 2 pixels as uint8, (0, 51, 255) and (102, 0, 0): one row, 0, 0.2, 1, 0.4, 0, 0. The "
    "same image as floats 0, 0.2, 1, 0.4, 0, 0 gives the same row. Shown in order of size:",
    X=np.array([[[[0, 51, 255], [102, 0, 0]]]], np.uint8), _look="values")
preprocess.small(
    "Whole numbers whose largest is 1: the type decides, and 1 becomes 1/255.",
    X=np.array([[[[0, 1, 1], [1, 0, 0]]]], np.uint8), _look="values")
preprocess.small(
    "Whole numbers whose largest is 100: divided by 255 all the same.",
    X=np.array([[[[0, 50, 100], [10, 20, 30]]]], np.uint8), _look="values")
preprocess.small(
    "Floats from 0 to 0.8 stay as they are.",
    X=np.array([[[[0.0, 0.1, 0.8], [0.2, 0.3, 0.4]]]]), _look="values")
preprocess.small(
    "Floats of the type float32 stay as well.",
    X=np.array([[[[0.0, 0.1, 0.8], [0.2, 0.3, 0.4]]]], np.float32), _look="values")
preprocess.small(
    "Two images: a row for each, six numbers in it, pixel by pixel and colour by colour.",
    X=np.array([[[[0, 1, 2], [3, 4, 5]]], [[[9, 8, 7], [6, 11, 10]]]], np.uint8), _look="places")
preprocess.small(
    "Two images of 2 x 2 pixels: the first row of pixels comes first.",
    X=np.arange(24, dtype=np.uint8).reshape(2, 2, 2, 3), _look="places")
preprocess.small("The type of what comes out is float32.", X=np.array([[[[0.0, 0.1, 0.8], [0.2, 0.3, 0.4]]]]), _look="type")

# 16.3 split

SIZES, BELONGS = "each class in the given ratio", "every sample once, unchanged, with its label"
SEEDED = "the seed decides, and nothing else"

split = Exercise(points=2, groups={SIZES: 1, BELONGS: 2, SEEDED: 1}, seconds=10)


@split.cases
def cases(rng):
    sets = [((400, 3), 120, 0.7), ((355,), 225, 0.8), ((340, 2, 2), 112, 0.6), ((390, 2), 160, 0.7)]
    for shape, positives, ratio in sets:  # large, so that without care the shares differ in nearly every draw
        n = shape[0]
        values = rng.permutation(np.arange(10, 2000)).astype(np.int16)[: int(np.prod(shape))].reshape(shape)
        y = np.sort(np.arange(n) < positives).astype(int)
        yield case(X=values, y=y, ratio=ratio, seed=draw_seed(rng), _other=draw_seed(rng))


@split.driver
def drive(split, X, y, ratio, seed, _other):
    """Which samples are where, told by their values; -1 for a sample that is none of them."""
    def called(seed):
        own = X.copy(), y.copy()
        parts = split(*own, ratio, seed)
        if not isinstance(parts, (tuple, list)) or len(parts) != 4:
            raise TypeError("split should return four arrays: X_train, X_val, y_train, y_val")
        kept = np.array_equal(own[0], X) and np.array_equal(own[1], y)
        return [np.array(part) for part in parts], kept

    np.random.seed(1)
    parts, kept = called(seed)
    first = places(parts, X, y)
    np.random.seed(2)
    again, other = places(called(seed)[0], X, y), places(called(_other)[0], X, y)
    same = all(np.array_equal(one, two) for one, two in zip(first[:2], again[:2]))
    train, val, apart, whole, _ = first
    labels = [called((_other + k) % 2**31)[0][2] for k in range(1, 13)]
    pad = lambda rows: np.concatenate([rows, np.full(2 * len(y), -2)])[: 2 * len(y)]
    counts = np.array([[np.sum(their == label) for label in (0, 1)] for their in labels])
    return {"train": pad(train), "val": pad(val), "apart": apart, "same": same, "moved": first[4] != other[4],
            "kept": kept, "shape": whole, "counts": counts}


def places(parts, X, y):
    X_train, X_val, y_train, y_val = parts
    for samples, their in ((X_train, y_train), (X_val, y_val)):
        if their.ndim != 1 or samples.ndim < 1 or len(samples) != len(their):
            raise ValueError(f"samples of shape {samples.shape} have labels of shape {their.shape}: "
                             "the order is X_train, X_val, y_train, y_val")
    row_of = {X[k].tobytes(): k for k in range(len(X))}  # no two samples are alike

    def find(part):
        with np.errstate(all="ignore"):
            cast = part.astype(X.dtype)
        unchanged = (cast == part).reshape(len(part), int(np.prod(part.shape[1:]))).all(axis=1)
        rows = [row_of.get(one.tobytes(), -1) if ok else -1 for one, ok in zip(cast, unchanged)]
        return np.array(rows, dtype=int)

    train, val = find(X_train), find(X_val)
    apart = sum(int(k >= 0 and y[k] != label) for k, label in [*zip(train, y_train), *zip(val, y_val)])
    whole = X_train.shape[1:] == X_val.shape[1:] == X.shape[1:]
    return train, val, apart, whole, X_train.tobytes()


@split.judge
def judge(case, result):
    y, ratio = case.inputs["y"], case.inputs["ratio"]
    train, val = ([int(k) for k in np.asarray(result[part]) if k != -2] for part in ("train", "val"))
    known = [k for k in train + val if k >= 0]
    wanted = [ratio * np.sum(y == label) for label in (0, 1)]
    total = abs(len(train) - ratio * len(y)) <= 2
    turned = abs(len(val) - ratio * len(y)) <= 2 and abs(ratio - 0.5) > 0.05
    draws = [[sum(y[k] == label for k in train if k >= 0) for label in (0, 1)]]
    if not result["apart"]:  # of the other draws the labels alone were kept
        draws += np.asarray(result["counts"]).tolist()
    uneven = [shares for shares in draws if any(abs(s - w) > 1.01 for s, w in zip(shares, wanted))]
    even = not uneven or -1 in train + val
    fixed = [words for share, words in ((0.7, "seven in ten"), (0.75, "three in four"))
             if abs(len(train) - share * len(y)) <= 2 and abs(ratio - share) > 0.01]
    n = len(train)
    cut = sorted(train) in (list(range(n)), list(range(len(y) - n, len(y))))
    seen = "ratio turned round" if turned else fixed[0] if fixed else "another size"
    seen = ("cut at one place" if cut else "not stratified") if total else seen
    which = "with some seed " if uneven and uneven[0] is not draws[0] else ""
    of = (uneven or draws)[0]
    told = (f"{which}the training part has {sum(of) if which else n} samples, {of[0]} of class 0 and {of[1]} of "
            f"class 1; expected about {wanted[0]:.0f} and {wanted[1]:.0f}")
    yield SIZES, total and even, seen, told
    repeated, strangers = len(known) - len(set(known)), len(train) + len(val) - len(known)
    missing = len(set(range(len(y))) - set(known)) if not strangers else 0
    counts = {
        "with values that X does not hold": strangers,
        "with another one's label": result["apart"],
        "more than once": repeated,
        "in neither part": missing,
    }
    words = ("strangers", "labels", "in both or twice", "missing")
    seen = next((word for word, count in zip(words, counts.values()) if count), "")
    many = lambda count: "1 sample" if count == 1 else f"{count} samples"
    told = [f"{many(int(count))} {what}" for what, count in counts.items() if count]
    if not result["shape"]:
        seen, told = "another shape", ["the samples of a part have another shape than those of X"]
    elif not result["kept"]:
        seen, told = "changed", ["the function changes its arguments; work on a copy"]
    yield BELONGS, not seen, seen, ", ".join(told)
    ok = bool(result["same"]) and bool(result["moved"])
    seen = "the same for every seed" if result["same"] else "another split at each call"
    yield SEEDED, ok, seen, f"with one seed twice and another once: {seen}"


def by_class(y, ratio, seed):
    """Rows of the training and of the validation part."""
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(np.flatnonzero(y == label)) for label in (0, 1)]
    cuts = [round(ratio * len(rows)) for rows in orders]
    return (np.concatenate([rows[:cut] for rows, cut in zip(orders, cuts)]),
            np.concatenate([rows[cut:] for rows, cut in zip(orders, cuts)]))


def taken(X, y, train, val):
    return X[train], X[val], y[train], y[val]


@split.mistakes
def mistakes(X, y, ratio, seed):
    train, val = by_class(y, ratio, seed)
    n = round(ratio * len(y))
    again = np.random.default_rng(seed + 1)
    yield "shuffled_separately", (X[again.permutation(train)], X[again.permutation(val)], y[train], y[val]), (
        "Samples and labels no longer belong together: one of the two was shuffled, sorted or changed without "
        "the other, and nothing can be learnt.")
    yield "cut_without_shuffling", (X[:n], X[n:], y[:n], y[n:]), (
        "The data are cut at one place, as they stand. Where a csv is sorted, a part is all of one class; "
        "and no seed is used.")
    yield "scales_before", taken((X - X.mean(axis=0)) / X.std(axis=0), y, train, val), (
        "What the parts hold are not the values of X. Scaling is no part of this step; and where it takes its "
        "numbers from all samples, the training part knows the validation part's (lesson 09).")
    yield "ratio_for_validation", taken(X, y, val, train), (
        "`ratio` is the share of the training part; you use it for the other one.")
    yield "ratio_of_the_case_study", taken(X, y, *by_class(y, 0.7, seed)), (
        "The training part is 70 % of the samples, whatever `ratio` says.")
    yield "ratio_left_out", taken(X, y, *by_class(y, 0.75, seed)), (
        "The training part is 75 % of the samples, whatever `ratio` says: so much `train_test_split` takes "
        "where it is told nothing.")
    yield "drawn_independently", taken(X, y, train, by_class(y, ratio, seed + 1)[1]), (
        "Some samples are in both parts, or twice in one: drawn with replacement, or each part drawn from "
        "all samples.")
    yield "seed_fixed", taken(X, y, *by_class(y, ratio, 42)), (
        "The seed you were given is not used: every seed gives one and the same split.")
    yield "seed_ignored", taken(X, y, *by_class(y, ratio, np.random.randint(10**6))), (
        "The same seed gives another split at the next call: something draws from a generator that you have "
        "not seeded.")


@split.wrong(
    "The classes are not split in the same ratio: some other draw would give the two parts quite different "
    "base rates. Look for `stratify`.")
def not_stratified(X, y, ratio, seed):
    order = np.random.default_rng(seed).permutation(len(y))
    n = round(ratio * len(y))
    return taken(X, y, order[:n], order[n:])


@split.answers
def answers(X, y, ratio, seed):
    yield "by_hand", taken(X, y, *by_class(y, ratio, seed))


@split.right
def by_indices(X, y, ratio, seed):
    from sklearn.model_selection import StratifiedShuffleSplit

    n = round(ratio * len(y))
    maker = StratifiedShuffleSplit(1, train_size=n, test_size=len(y) - n, random_state=seed)
    train, val = next(maker.split(np.zeros(len(y)), y))
    return list(taken(X, y, train, val))


@split.right
def test_share_rounded_down(X, y, ratio, seed):
    rng = np.random.default_rng(seed)
    train = []
    for label in np.unique(y):
        rows = np.flatnonzero(y == label)
        train += list(rng.choice(rows, int(ratio * len(rows)), replace=False))
    chosen = np.isin(np.arange(len(y)), train)
    return X[chosen], X[~chosen], y[chosen], y[~chosen]


split.small(
    "Ten samples of class 0 and twenty of class 1 with ratio 0.7: seven and fourteen in the training part, "
    "three and six in the other, and none in both. Sample 12 keeps label 12, wherever it goes.")

# 16.4 and 16.5 build and compile_model

LAYERS, START = "the layers", "the first weights"
COMPILED = "loss, optimiser, rate and metric"
CLIPPED = "clipping by value, or none"

build = Exercise(
    "build", "compile_model", points=3, groups={LAYERS: 2, START: 1, COMPILED: 2, CLIPPED: 1}, seconds=30
)


@build.cases
def cases(rng):
    for group in (LAYERS, START):
        for kind in ("sigmoid", "relu_he"):
            yield case(group, kind=kind, _inputs=int(rng.integers(150, 200)))
    for group, clip in ((COMPILED, None), (CLIPPED, None), (CLIPPED, rng.uniform(0.3, 0.9))):
        yield case(group, lr=10 ** rng.uniform(-4.6, -3.4), clip=clip, _look=group)


@build.driver
def drive(build, compile_model, kind="", _inputs=0, lr=0.0, clip=None, _look=""):
    import sys

    keras = sys.modules.get("keras")
    if keras is None:
        raise RuntimeError(
            "keras is not imported in this notebook: run the cell that imports it, then this one again"
        )
    if kind:
        return looked_at(build(kind), keras, _inputs)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, "sigmoid")])
    returned = compile_model(model, lr, clip)
    if not isinstance(returned, keras.Model):
        what = "nothing" if returned is None else f"an object of type {type(returned).__name__}"
        raise TypeError(f"compile_model should return the model; it returned {what}")
    model = returned
    if not getattr(model, "compiled", False):
        raise RuntimeError("the model is not compiled")
    optimiser = model.optimizer
    if _look.startswith("clipping"):
        names = ("clipvalue", "clipnorm", "global_clipnorm")
        return {name: float(getattr(optimiser, name, None) or 0) for name in names}
    loss, metrics = loss_and_metrics(model)
    return {
        "optimiser": spelled(type(optimiser).__name__),
        "settings": spelled(other_settings(optimiser)),
        "rate": float(np.asarray(optimiser.learning_rate)),
        "loss": loss,
        "metrics": spelled(metrics),
    }


def other_settings(optimiser):
    """What was given to the optimiser beyond rate and clipping, as text."""
    apart = ("name", "learning_rate", "clipvalue", "clipnorm", "global_clipnorm")
    usual, found = type(optimiser)().get_config(), optimiser.get_config()
    shown = lambda value: f"{value:g}" if isinstance(value, float) else str(value)
    differ = [f"{key}={shown(value)}" for key, value in found.items()
              if key not in apart and value != usual.get(key)]
    schedule = isinstance(found.get("learning_rate"), dict)
    return ", ".join(["a rate that changes"] * schedule + differ) or "none"


def spelled(text):
    """Text as numbers of a fixed length: a judge is given no text but the expected one."""
    return np.array([ord(letter) for letter in text[:80].ljust(80)])


def read(letters):
    return "".join(chr(int(letter)) for letter in letters).strip()


def looked_at(model, keras, inputs):
    """Built on data of its own width if it has no Input: units, activations, the spread of its kernels."""
    if not isinstance(model, keras.Model):
        raise TypeError("build should return a Keras model")
    compiled = bool(getattr(model, "compiled", False))
    if model.built and model.inputs:
        inputs = int(model.input_shape[-1])
    model(np.zeros((2, inputs), "float32"))
    kernels = [np.asarray(w, dtype=float) for w in model.get_weights() if np.ndim(w) == 2]
    usual = ("Dense", "InputLayer", "Activation", "ReLU", "Flatten")
    others = [type(layer).__name__ for layer in model.layers if type(layer).__name__ not in usual]
    others += ["a penalty"] * bool(model.losses)
    rng = np.random.default_rng(16)
    weights = model.get_weights()
    paired = [np.ndim(w) for w in weights] == [2, 1] * (len(weights) // 2)
    spread = [np.mean(k**2) * len(k) for k in kernels]
    widest = [np.abs(k).max() / np.sqrt(6 / sum(k.shape)) for k in kernels]  # Keras' own are uniform, up to 1
    alike = len(kernels) > 1 and np.abs(correlation(kernels[0].ravel()[:200], kernels[1].ravel()[:200])) > 0.9
    small = [rng.normal(0, 1 / np.sqrt(len(w)), w.shape) if np.ndim(w) == 2 else w for w in weights]
    if paired:
        small[-2] = small[-2] - small[-2].mean(axis=0)  # sums of both signs reach the output
    model.set_weights(small)
    X = rng.normal(size=(60, inputs)).astype("float32")
    found = np.asarray(model(X, training=False), dtype=float)
    return {
        "units": spelled(str([k.shape[1] for k in kernels])),
        "other layers": spelled(", ".join(others) or "none"),
        "function": spelled(answers_like(found, X.astype(float), small) if paired else "something else"),
        "biases": paired,
        "compiled": compiled,
        "spread": np.array([*spread[:2], 0.0, 0.0])[:2],
        "widest": np.array([*widest[:2], 0.0, 0.0])[:2],
        "inputs": inputs,
        "alike": bool(alike),
    }


def correlation(a, b):
    n = min(len(a), len(b))
    if n < 50 or not (np.std(a[:n]) and np.std(b[:n])):
        return 0.0
    return float(np.corrcoef(a[:n], b[:n])[0, 1])


def answers_like(found, X, weights):
    """The hidden activations and the end, in words, told by what the model gives."""
    from itertools import product

    acts = {"sigmoid": lambda z: 1 / (1 + np.exp(-z)), "relu": lambda z: np.maximum(z, 0), "tanh": np.tanh,
            "linear": lambda z: z}
    *hidden, (last, bias) = zip(weights[::2], weights[1::2])
    every = product(acts, repeat=len(hidden)) if len(hidden) < 4 else [(name,) * len(hidden) for name in acts]
    for names in sorted(every, key=lambda names: len(set(names))):
        h = X
        for name, (W, b) in zip(names, hidden):
            h = acts[name](h @ W + b)
        z = h @ last + bias
        softmax = np.exp(z) / np.exp(z).sum(1, keepdims=True)
        ends = {"nothing": z, "softmax": softmax}
        ends |= {name: acts[name](z) for name in ("sigmoid", "relu", "tanh")}
        for end, value in ends.items():
            if found.shape == value.shape and np.allclose(found, value, rtol=1e-3, atol=1e-5):
                return f"{' and '.join(names if len(set(names)) > 1 else names[:1])}, then {end}"
    return "something else"


def loss_and_metrics(model):
    """Of probabilities .3, .4, .9, .6 where the truth is 1, 0, 1, 1: the loss, and the metrics' names.

    Cross-entropy is 0.583, squared error 0.205, and three of the four are right.
    """
    import contextlib
    import warnings

    p, y = np.array([0.3, 0.4, 0.9, 0.6]), np.array([[1.0], [0.0], [1.0], [1.0]], "float32")
    X = np.stack([np.log(p / (1 - p)), 0 * p], axis=1).astype("float32")
    model.set_weights([np.array([[1.0], [0.0]]), np.zeros(1)])
    model.run_eagerly = True
    with warnings.catch_warnings():  # what is computed here is no call of the student's
        warnings.simplefilter("ignore")
        found = model.evaluate(X, y, batch_size=4, verbose=0, return_dict=True)
        loss = float(found.pop("loss"))
        with contextlib.suppress(TypeError, ValueError):  # evaluate looks behind a sigmoid, to its logits
            loss = float(np.asarray(model.compute_loss(y=y, y_pred=p[:, None].astype("float32"))))
    exact = [name if name != "accuracy" or abs(float(value) - 0.75) < 1e-3 else "accuracy of another kind"
             for name, value in found.items()]
    return round(loss, 3), ", ".join(sorted(exact)) or "none"


@build.judge
def judge(case, result):
    keys = ("units", "other layers", "function", "optimiser", "settings", "metrics")
    text = {key: read(result[key]) for key in keys if key in result}
    if case.group == LAYERS:
        wanted = {"sigmoid": "sigmoid, then sigmoid", "relu_he": "relu, then sigmoid"}[case.inputs["kind"]]
        seen = "" if text["units"] == "[100, 100, 1]" else "other units"
        seen = seen or ("" if text["other layers"] == "none" else "more than Dense")
        seen = seen or ("" if result["biases"] else "no biases")
        seen = seen or ("" if text["function"] == wanted else text["function"])
        others = text["other layers"]
        beside = "" if others == "none" else f"; beside the Dense layers: {others}"
        beside += "" if result["biases"] or beside else "; without biases"
        told = f"units {text['units']}, activations: {text['function']}{beside}"
        yield LAYERS, not seen, seen, told
        told = "the model is compiled already, which is left to compile_model"
        yield LAYERS, not result["compiled"], "compiled", told
    elif case.group == START:
        he = case.inputs["kind"] == "relu_he"
        n = int(result["inputs"])
        spread = np.asarray(result["spread"], dtype=float)
        means = {"He": [2.0, 2.0], "Glorot": [2 * n / (n + 100), 1.0]}  # a draw is within 6 % of its mean
        near = {name: np.abs(spread / mean - 1) < 0.1 for name, mean in means.items()}
        fits = [name for name in means if near[name].all()]  # with many inputs the first layer fits both
        found = fits[0] if fits else "other"
        uniform = np.all(np.asarray(result["widest"]) <= 1.001)
        found = "Glorot, but not uniform" if found == "Glorot" and not uniform else found
        held = found == ("He" if he else "Glorot") and not result["alike"]
        told = (f"mean square of the weights times inputs: {spread[0]:.2f} in the first layer, "
                f"{spread[1]:.2f} in the second")
        told += ", and the largest weights beyond what Keras' own draw can give" if "not" in found else ""
        told = "the second layer begins with the numbers of the first" if result["alike"] else told
        yield START, held, "alike" if result["alike"] else found, told
    elif case.group == COMPILED:
        rate, lr = result["rate"], case.inputs["lr"]
        losses = {"squared error": 0.205, "absolute error": 0.4, "cross-entropy of logits": 0.562}
        alike = [name for name, value in losses.items() if close(result["loss"], value, rtol=3e-3)]
        loss = alike[0] if alike else "another"
        metrics = "none" if text["metrics"] == "none" else "of another name, or more than one"
        own = close(rate, 0.001, rtol=1e-4)
        checks = [
            ("optimiser", text["optimiser"] == "Adam", f"the optimiser is {text['optimiser']}"),
            ("rate of Keras" if own else "rate", close(rate, lr, rtol=1e-4),
             f"the learning rate is {rate:.2g}, expected {lr:.2g}"),
            ("settings", text["settings"] == "none", f"Adam has settings of its own: {text['settings']}"),
            (f"loss: {loss}", close(result["loss"], 0.583, rtol=2e-3),
             "the loss is not binary cross-entropy of probabilities"),
            (f"metrics: {metrics}", text["metrics"] == "accuracy", f"the metrics are: {text['metrics']}"),
        ]
        off = next(((name, told) for name, ok, told in checks if not ok), ("", ""))
        yield COMPILED, not off[0], *off
    else:
        wanted = case.inputs["clip"] or 0.0
        others = [name for name in ("clipnorm", "global_clipnorm") if result[name]]
        value = float(result["clipvalue"])
        held = close(value, wanted, rtol=1e-5) and not others
        seen = "none" if not any(result.values()) else "a norm" if others else "another threshold"
        seen = "one" if close(value, 1.0) and not others else seen
        told = f"with clip={f'{wanted:.3g}' if wanted else None} the model has " + (
            others[0] if others else f"clipvalue={value:.3g}" if value else "no threshold")
        yield CLIPPED, held, f"{seen} for {'a threshold' if wanted else 'None'}", told


def network(kind, act=None, end="sigmoid", init=None, units=(100, 100), inputs=None, last=1, between=()):
    import keras

    acts = {"sigmoid": ("sigmoid", "glorot_uniform"), "relu_he": ("relu", "he_uniform")}[kind]
    layers = [keras.Input((inputs,))] if inputs else []
    for n in units:
        layers.append(keras.layers.Dense(n, act or acts[0], kernel_initializer=init or acts[1]))
        layers += [keras.layers.Dropout(rate) for rate in between]
    return keras.Sequential([*layers, keras.layers.Dense(last, end)])


def compiled(model, optimiser, loss="binary_crossentropy", metrics=("accuracy",)):
    model.compile(optimizer=optimiser, loss=loss, metrics=list(metrics))
    return model


@build.mistakes
def mistakes(kind):
    yield "softmax_on_one_unit", network(kind, end="softmax"), (
        "A softmax over one unit is 1 for every image, whatever goes in: it compares units, and there is "
        "only one.")
    yield "linear_output", network(kind, end=None), (
        "The output has no activation: a logit, which the loss takes for a probability.")
    yield "another_depth", network(kind, units=(100, 100, 100)), (
        "Your network has another number of layers or units than 100-100-1: the two hidden layers come "
        "before the output.")
    yield "with_dropout", network(kind, between=[0.5]), (
        "Your network has more to it than the layers that were asked for: another kind of layer, or a "
        "penalty.")
    yield "no_hidden_activation", network(kind, act="linear"), (
        "The hidden layers have no activation: so all layers together are one linear one.")
    yield "kind_ignored", network("sigmoid"), (
        "Both kinds come out with the same hidden units: is `kind` used?")
    yield "kind_ignored_with_relu", network("relu_he"), (
        "Both kinds come out with the same hidden units: is `kind` used?")
    yield "compiled_in_build", compiled(network(kind), "adam"), (
        "The model that `build` returns is compiled. That is another step, with a rate that `build` does not "
        "know.")
    yield "glorot_normal", network(kind, init="glorot_normal" if kind == "sigmoid" else None), (
        "The weights of the sigmoid network have the spread of Glorot's, but not the distribution that Keras "
        "takes where it is told nothing.")
    yield "relu_with_glorot", network(kind, init="glorot_uniform"), (
        "The ReLU layers have Keras' own first weights. He weights have twice the variance (lesson 05).")
    yield "he_for_both", network(kind, init="he_normal"), (
        "The sigmoid network is to have Keras' own first weights, which are Glorot's; yours has He's "
        "weights in both kinds.")


@build.wrong(
    "The two hidden layers begin with the same numbers: they share an initialiser that draws the same each "
    "time it is used. Run B of the clinic, further down, shows what that does.")
def one_initialiser_for_both(kind):
    import keras

    return network(kind, init=keras.initializers.HeNormal(seed=5) if kind == "relu_he" else None)


@build.mistakes(replaces="compile_model")
def mistakes(model, lr, clip):
    from keras.losses import BinaryCrossentropy
    from keras.metrics import Accuracy
    from keras.optimizers import SGD, Adam

    yield "old_name_of_the_rate", compiled(model, Adam(lr=lr, clipvalue=clip)), (
        "Keras refuses what the optimiser was given; its message says why. The old name `lr=`, for one, was "
        "ignored by the version behind the runs at the beginning of this lesson, and is an error now.")
    yield "fresh_adam", compiled(model, "adam"), (
        "The optimiser has its own rate of 0.001, and no threshold: `'adam'` or a fresh `Adam()` forgets "
        "what you were given. So it was in the published runs.")
    yield "rate_forgotten", compiled(model, Adam(clipvalue=clip)), (
        "The optimiser has its own rate of 0.001: the rate that you were given is not used.")
    yield "settings_of_its_own", compiled(model, Adam(learning_rate=lr, beta_1=0.8, clipvalue=clip)), (
        "Adam was given more than a rate and a threshold: everything else should stay as Keras makes it.")
    yield "two_clipping_arguments", compiled(model, Adam(learning_rate=lr, clipvalue=clip, clipnorm=clip)), (
        "Two clipping arguments at once: Keras takes one of clipvalue, clipnorm and global_clipnorm.")
    yield "clips_by_norm", compiled(model, Adam(learning_rate=lr, clipnorm=clip)), (
        "You clip by norm. Step 5 of the seven clips by value, every entry by itself.")
    yield "one_where_none_is_asked_for", compiled(model, Adam(learning_rate=lr, clipvalue=clip or 1.0)), (
        "Where no threshold is asked for, yours clips all the same.")
    yield "clip_forgotten", compiled(model, Adam(learning_rate=lr)), (
        "The threshold you were given is not used.")
    yield "always_clips_at_one", compiled(model, Adam(learning_rate=lr, clipvalue=1.0)), (
        "The threshold is 1, whatever you were given.")
    yield "squared_error", compiled(model, Adam(learning_rate=lr, clipvalue=clip), "mse"), (
        "The loss is the squared error. For probabilities it flattens where the network is sure and wrong: "
        "cross-entropy was asked for.")
    yield "from_logits", compiled(model, Adam(lr, clipvalue=clip), BinaryCrossentropy(from_logits=True)), (
        "The loss takes what it is given for logits, and applies a sigmoid of its own. The output has one "
        "already.")
    yield "exact_accuracy", compiled(model, Adam(lr, clipvalue=clip), metrics=[Accuracy()]), (
        "There is a metric of another name or kind than was asked for. (`keras.metrics.Accuracy()` counts "
        "answers that equal the label exactly; a probability hardly ever does.)")
    yield "with_sgd", compiled(model, SGD(learning_rate=lr, clipvalue=clip)), "The optimiser is not Adam."
    yield "without_a_metric", compiled(model, Adam(learning_rate=lr, clipvalue=clip), metrics=()), (
        "There is no metric: nothing but the loss will be in the history.")
    yield "returns_nothing", [compiled(model, Adam(learning_rate=lr, clipvalue=clip)), None][1], (
        "What `compile_model` returns is not the model.")
    yield "only_makes_the_optimiser", model, "The model is not compiled."


@build.answers
def answers(kind):
    yield "with_an_input", network(kind, inputs=311)
    yield "with_an_input_for_these_images", network(kind, inputs=4608)
    yield "with_an_input_for_photographs", network(kind, inputs=150_528)


@build.right
def functional(kind):
    import keras

    inputs = keras.Input(shape=(207,))
    h = inputs
    for _ in range(2):
        init = keras.initializers.HeNormal() if kind == "relu_he" else "glorot_uniform"
        h = keras.layers.Dense(100, kernel_initializer=init)(h)
        h = keras.layers.Activation("relu" if kind == "relu_he" else "sigmoid")(h)
    return keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(h))


@build.right
def layer_by_layer(kind):
    import keras
    import tensorflow as tf

    model = tf.keras.models.Sequential()
    for _ in range(2):
        if kind == "sigmoid":
            model.add(keras.layers.Dense(100, activation=tf.nn.sigmoid))
        else:
            model.add(keras.layers.Dense(units=100, activation=tf.nn.relu, kernel_initializer="he_uniform"))
    model.add(keras.layers.Dense(1, activation=keras.activations.sigmoid))
    return model


@build.right(replaces="compile_model")
def clip_only_if_given(model, lr, clip):
    import keras

    if clip is None:
        optimiser = keras.optimizers.Adam(lr)
    else:
        optimiser = keras.optimizers.Adam(lr, clipvalue=clip)
    model.compile(loss=keras.losses.BinaryCrossentropy(), optimizer=optimiser, metrics=["accuracy"])
    return model


@build.answers(replaces="compile_model")
def answers(model, lr, clip):
    import tensorflow as tf

    adam = tf.keras.optimizers.Adam(learning_rate=lr, clipvalue=clip)
    metrics = [tf.keras.metrics.BinaryAccuracy("accuracy")]
    yield "with_more_objects", compiled(model, adam, tf.keras.losses.binary_crossentropy, metrics)


build.small(
    "build('relu_he') on inputs of width 7 has kernels of the shapes (7, 100), (100, 100) and (100, 1): 700 "
    "+ 10,000 + 100 weights. compile_model(model, 1e-5, None).optimizer.learning_rate is 1e-5, and its "
    "clipvalue is None.")

# 16.6 train

SETTINGS = "epochs, batch size and callbacks as given"
PARTS = "each part in its place"

train = Exercise(points=2, groups={SETTINGS: 1, PARTS: 1}, seconds=40)


@train.cases
def cases(rng):
    m, n = int(rng.choice([37, 38, 41, 43])), int(rng.integers(11, 14))  # no batch size below divides m
    X = rng.normal(size=(m + n, 3)).astype(np.float32)
    y = X @ rng.normal(size=3) > 0
    y[m:] = ~y[m:]  # the other part by the opposite rule: what is learnt shows in two losses that part
    start = 0.1 * rng.normal(size=3)
    given = {"_X": X, "_y": y.astype(int), "_m": m, "_start": start}
    epochs, sizes = rng.permutation([2, 3, 4]), rng.permutation([7, 9, 11, 12])
    for group, number, size in ((SETTINGS, epochs[0], sizes[0]), (SETTINGS, epochs[1], sizes[1]),
                                (PARTS, epochs[2], sizes[2])):
        yield case(group, **given, epochs=int(number), batch_size=int(size), _look=group)


@train.driver
def drive(train, _X, _y, _m, _start, epochs, batch_size, _look):
    import keras

    parts = _X[:_m], _y[:_m], _X[_m:], _y[_m:]
    seen = {"steps": [], "fits": [], "inside": False, "watched": 0, "verbose": 0}

    class Sequential(keras.Sequential):  # keeps what it learns from, and after which weights a fit ended
        def compile(self, *args, **named):
            super().compile(*args, **{**named, "run_eagerly": True})

        def fit(self, *args, **named):
            seen["inside"] = True
            try:
                history = super().fit(*args, **named)
            finally:
                seen["inside"] = False
            seen["fits"].append((history, self.get_weights()))
            return history

        def train_step(self, data):
            x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
            even = weights is None or np.ptp(np.asarray(weights)) == 0
            seen["steps"].append((np.asarray(x, np.float32), np.asarray(y).ravel(), even, seen["inside"]))
            return super().train_step(data)

    class Watch(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            seen["verbose"] = self.params.get("verbose", 0) not in (0, False)

        def on_epoch_begin(self, epoch, logs=None):
            seen["watched"] += 1

    model = Sequential([keras.Input((3,)), keras.layers.Dense(1, "sigmoid")])
    model.set_weights([_start[:, None], np.zeros(1)])
    model.compile(keras.optimizers.SGD(0.1), "binary_crossentropy", metrics=["accuracy"])
    optimiser = model.optimizer
    answer = train(model, *(part.copy() for part in parts), epochs, batch_size, [Watch()])
    history = getattr(answer, "history", None)
    if not isinstance(history, dict):
        raise TypeError("train should return Keras' History: the object whose .history holds the curves")
    steps = seen["steps"]
    if _look.startswith("each"):
        weights = next((kept for own, kept in seen["fits"] if own is answer), model.get_weights())
        after = [cross_entropy(weights, X, y) for X, y in (parts[:2], parts[2:])]
        told = [float(np.asarray(loss).ravel()[-1]) for loss in history.get("val_loss", [])]
        near = [bool(told) and abs(told[-1] - loss) < 1e-4 for loss in after]
        return {**learnt_from(steps, _X, _y, _m), "fits": len(seen["fits"]), "val": near[1], "is train": near[0], "curve": len(told),
                "epochs": len(history.get("loss", [])),
                "moved": not np.allclose(model.get_weights()[0][:, 0], _start, atol=1e-6)}
    sizes = [len(y) for _, y, _, _ in steps]
    return {"epochs": len(history.get("loss", [])), "watched": seen["watched"], "fits": len(seen["fits"]),
            "outside": sum(not inside for *_, inside in steps), "largest": max([0, *sizes]),
            "verbose": bool(seen["verbose"]), "compiled": model.optimizer is not optimiser}


def learnt_from(steps, X, y, m):
    """How often samples of either part and others were learnt from, in all steps."""
    row_of = {X[k].tobytes(): k for k in range(len(X))}
    times, labels, strangers = np.zeros(len(X), int), 0, 0
    steps = [step for step in steps if step[3]] or steps  # those of `fit`
    for x, their, *_ in steps:
        for row, label in zip(x, their):
            k = row_of.get(row.tobytes())
            strangers += k is None
            if k is not None:
                times[k] += 1
                labels += bool(y[k] != label)
    return {"of train": times[:m], "of val": int(times[m:].sum()), "strangers": strangers, "labels": labels,
            "even": all(even for _, _, even, _ in steps)}


def cross_entropy(weights, X, y):
    """As Keras computes it, of weights of any size."""
    W, b = (np.asarray(w, dtype=float) for w in weights)
    with np.errstate(all="ignore"):
        p = np.clip(1 / (1 + np.exp(-(X @ W + b)[:, 0])), 1e-7, 1 - 1e-7)
    return float(-np.mean(np.log(np.where(y == 1, p, 1 - p))))


@train.judge
def judge(case, result):
    epochs, m, size = case.inputs["epochs"], case.inputs["_m"], case.inputs["batch_size"]
    many = lambda count, what: f"{count} {what}{'' if count == 1 else 's' if what != 'batch' else 'es'}"
    if case.group == SETTINGS:
        largest, found = int(result["largest"]), int(result["epochs"])
        checks = [
            ("several fits", result["fits"] <= 1, f"`fit` was called {result['fits']} times"),
            ("no fit", result["fits"] == 1, "`fit` was not called"),
            ("no callback", result["watched"] > 0, "the callback was not called"),
            ("one epoch" if found == 1 else "other epochs", found == epochs,
             f"{many(found, 'epoch')} in the history, expected {epochs}"),
            ("watched", result["watched"] == epochs,
             f"the callback saw {many(int(result['watched']), 'epoch')} of {epochs}"),
            (f"batches of {largest}" if largest == 32 else "other batches", largest == size,
             f"the largest batch has {many(largest, 'sample')}, expected {size}"),
            ("outside", not result["outside"], f"{many(int(result['outside']), 'step')} outside of `fit`"),
            ("verbose", not result["verbose"], "`fit` was not told to be silent"),
            ("compiled", not result["compiled"], "the model was compiled anew"),
        ]
        off = next(((name, told) for name, ok, told in checks if not ok), ("", ""))
        yield SETTINGS, not off[0], *off
        return
    times, curve, found = np.asarray(result["of train"]), int(result["curve"]), int(result["epochs"])
    checks = [
        ("not trained", result["moved"], "the weights are the first ones still"),
        ("strangers", not result["strangers"], "it learnt from samples that the training part does not hold"),
        ("both parts", not (result["of val"] and times.all()), "it learnt from both parts"),
        ("the validation part", not result["of val"], "it learnt from the validation part"),
        ("labels", not result["labels"], "it learnt from labels that are not those of the samples"),
        ("some of it", times.all(),
         f"it learnt from {int(np.sum(times > 0))} of the {m} samples of the training part"),
        ("unequally", np.all(times == times[0]), "it learnt from some samples more often than from others"),
        ("too seldom or often", result["fits"] != 1 or times[0] == found,
         f"it learnt {many(int(times[0]), 'time')} from each sample in {many(found, 'epoch')}"),
        ("weighted", result["even"], "some samples count more than others"),
    ]
    off = next(((name, told) for name, ok, told in checks if not ok), ("", ""))
    yield PARTS, not off[0], *off
    if not curve:
        seen, told = "no validation", "there is no val_loss"
    elif result["is train"]:
        seen, told = "the training part", "the last val_loss is that of the training part"
    elif not result["val"]:
        seen, told = "something else", "the last val_loss is not that of the validation part"
    else:
        seen = "" if curve == found else "not after every epoch"
        told = f"{curve} of {many(found, 'epoch')} ended with a validation"
    yield PARTS, not seen, seen, told


def fit(model, X, y, val, epochs, batch_size, callbacks, **more):
    return model.fit(X, y, validation_data=val, epochs=epochs, batch_size=batch_size, callbacks=callbacks,
                     verbose=0, **more)


@train.mistakes
def mistakes(model, X_train, y_train, X_val, y_val, epochs, batch_size, callbacks):
    part, val, settings = (X_train, y_train), (X_val, y_val), (epochs, batch_size, callbacks)
    both = [np.concatenate(pair) for pair in zip(part, val)]
    yield "validation_split", fit(model, *part, None, *settings, validation_split=0.3), (
        "`validation_split` takes the last part of the training data away, unshuffled, and the validation "
        "part that you were given is never used.")
    yield "validates_on_training", fit(model, *part, part, *settings), (
        "The training part is validated on itself: the two curves will agree, and show nothing.")
    yield "without_validation", fit(model, *part, None, *settings), (
        "There is no validation: without it you see neither overfitting nor a constant classifier.")
    yield "learns_from_all", fit(model, *both, val, *settings), (
        "The network learns from the validation part as well; then that part says nothing about new images.")
    yield "fitted_twice", [fit(model, *part, val, *settings), fit(model, *part, val, *settings)][1], (
        "`fit` is called more than once: each call trains on from where the last one ended.")
    yield "not_silent", model.fit(
        *part, validation_data=val, epochs=epochs, batch_size=batch_size, callbacks=callbacks, verbose=2), (
        "Keras was not told to be silent: it reports on every epoch, as it does where it is told nothing.")
    yield "parts_swapped", fit(model, *val, part, *settings), (
        "The two parts have changed places.")
    yield "batch_size_forgotten", fit(model, *part, val, epochs, None, callbacks), (
        "The batch size is not handed on: Keras takes 32.")
    yield "epochs_forgotten", fit(model, *part, val, 1, batch_size, callbacks), (
        "The number of epochs is not handed on: Keras takes one.")
    yield "callbacks_forgotten", fit(model, *part, val, epochs, batch_size, None), (
        "The callbacks are not handed on.")


@train.wrong(
    "The network learns from labels that are not those of its samples.")
def labels_turned_round(model, X_train, y_train, X_val, y_val, epochs, batch_size, callbacks):
    return fit(model, X_train, 1 - y_train, (X_val, y_val), epochs, batch_size, callbacks)


@train.wrong(
    "What you return is not the History object that `fit` returns. That was asked for: not the dictionary "
    "inside it, and not the model.", raises=True)
def returns_the_dictionary(model, X_train, y_train, X_val, y_val, epochs, batch_size, callbacks):
    return fit(model, X_train, y_train, (X_val, y_val), epochs, batch_size, callbacks).history


@train.right
def in_other_words(model, X_train, y_train, X_val, y_val, epochs, batch_size, callbacks):
    return model.fit(
        x=X_train, y=y_train.reshape(-1, 1), batch_size=batch_size, epochs=epochs, verbose=0,
        callbacks=list(callbacks), validation_data=(X_val, y_val.reshape(-1, 1)), validation_batch_size=4,
    )


@train.right
def with_data_sets(model, X_train, y_train, X_val, y_val, epochs, batch_size, callbacks):
    import tensorflow as tf

    training = tf.data.Dataset.from_tensor_slices((X_train, y_train)).shuffle(len(X_train)).batch(batch_size)
    validation = tf.data.Dataset.from_tensor_slices((X_val, y_val)).batch(batch_size)
    return model.fit(training, validation_data=validation, epochs=epochs, callbacks=callbacks, verbose=0)


train.small(
    "23 samples in batches of 8 are 3 steps an epoch, of 8, 8 and 7 samples, and in 4 epochs 12. After each "
    "of the 4 epochs there is one loss of the validation part.")

# 16.7 evaluate

ACCURACY, BASE = "accuracy", "base rate"
TABLE, CONSTANT = "confusion matrix", "constant or not"

evaluate = Exercise(points=2, groups={ACCURACY: 1, BASE: 1, TABLE: 1, CONSTANT: 1}, seconds=60)


@evaluate.cases
def cases(rng):
    looks = {
        "few positives": "abcd", "many positives": "abcd", "all one": "bd", "all zero": "cd",
        "as good as the base rate": "d", "one number for all": "d", "some at one half": "a",
        "one class, one answer": "c", "one class": "d",
    }
    keys = {"a": (ACCURACY, "accuracy"), "b": (BASE, "base_rate"), "c": (TABLE, "confusion"),
            "d": (CONSTANT, "constant")}
    for shape, letters in looks.items():
        n = int(rng.integers(31, 39))
        share = {"few positives": 0.3, "many positives": 0.7, "all zero": 0.36}.get(shape, 0.64)
        y = (rng.permutation(n) < round(share * n)).astype(int)
        if shape.startswith("one class"):
            y[:] = 1
        p = np.where(rng.random(n) < 0.3, 1 - y, y)
        p[:2] = 1 - y[:2]
        if shape == "as good as the base rate":  # as many errors as there are zeros, and yet not constant
            p = y.copy()
            zeros, ones = rng.permutation(np.flatnonzero(y == 0)), rng.permutation(np.flatnonzero(y == 1))
            p[zeros[: len(zeros) - 4]], p[ones[:4]] = 1, 0
        if shape.startswith("all"):
            p[:] = shape == "all one"
        if shape in ("one number for all", "one class, one answer"):
            p[:] = 1
        logits = np.where(p == 1, 1, -1) * rng.uniform(0.2, 3, n)
        if shape == "one number for all":
            logits[:] = logits[0]
        if shape == "some at one half":  # more zeros than ones among them, so that it shows in the accuracy
            logits[np.flatnonzero(y == 0)[:5]], logits[np.flatnonzero(y == 1)[:2]] = 0, 0
        for letter in letters:
            group, key = keys[letter]
            yield case(group, X=logits[:, None].astype(np.float32), y=y, _key=key)


@evaluate.driver
def drive(evaluate, X, y, _key):
    import keras

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, "sigmoid")])
    model.set_weights([np.ones((1, 1)), np.zeros(1)])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"], run_eagerly=True)
    found = evaluate(model, X, y)
    if not isinstance(found, dict):
        raise TypeError("evaluate should return a dictionary with four keys")
    if _key not in found:
        raise LookupError(f"the dictionary has no {_key}; it has {', '.join(map(str, found))}")
    if _key != "constant":
        return np.asarray(found[_key])
    flag = np.asarray(found[_key])
    if flag.size != 1 or flag.dtype.kind not in "biuf":
        raise TypeError("constant should be True or False, one for all answers together")
    return bool(flag.ravel()[0])


@evaluate.mistakes
def mistakes(model, X, y):
    p = np.asarray(model(X))[:, 0]
    said, share = (p > 0.5).astype(int), np.mean(y)
    counted = lambda said: np.array([[np.sum((y == t) & (said == a)) for a in (0, 1)] for t in (0, 1)])
    table, hits, never = counted(said), np.mean(said == y), np.mean(y == 0)
    constant = len({*said}) == 1
    occur = sorted({*y.tolist(), *said.tolist()})
    found = {"accuracy": hits, "base_rate": max(share, never), "confusion": table, "constant": constant}
    noes = {"accuracy": never, "confusion": counted(0 * said), "constant": True}
    yield "argmax_of_one_column", {**found, **noes}, (
        "Your answers are all \"no\", for every model. An `argmax` over one column is always 0, and so is a "
        "probability cut off to a whole number: it wants a threshold.")
    yield "half_is_one", {**found, "accuracy": np.mean((p >= 0.5) == y)}, (
        "A probability of exactly ½ is not above ½: the answer is 0.")
    yield "every_answer_with_every_label", {**found, "accuracy": np.mean(said[:, None] == y)}, (
        "An array (n, 1) compared with one (n,) gives n × n answers, each prediction against every label, "
        "and your accuracy is their mean. Bring both into one shape.")
    yield "share_of_ones", {**found, "base_rate": share}, (
        "The base rate is that of the larger class. You give the share of class 1, which may be the smaller "
        "one.")
    yield "share_of_zeros", {**found, "base_rate": never}, (
        "The base rate is that of the larger class. You give the share of class 0, which may be the smaller "
        "one.")
    yield "base_rate_of_answers", {**found, "base_rate": max(said.mean(), 1 - said.mean())}, (
        "Your base rate is computed from the answers. It belongs to the labels: what would be right if one "
        "said the same to all?")
    yield "no_base_rate", {key: value for key, value in found.items() if key != "base_rate"}, (
        "There is no base rate in your dictionary. Without it an accuracy says nothing.")
    yield "truth_in_columns", {**found, "confusion": table.T}, (
        "Rows and columns of the confusion matrix have changed places: the row is the truth.")
    yield "shares_for_counts", {**found, "confusion": table / len(y)}, (
        "Your confusion matrix holds shares. Counts were asked for.")
    yield "ones_first", {**found, "confusion": table[::-1, ::-1]}, (
        "Class 1 comes first in your confusion matrix; row and column 0 belong to class 0.")
    yield "constant_by_accuracy", {**found, "constant": np.isclose(hits, found["base_rate"])}, (
        "You call a classifier constant when its accuracy equals the base rate. One that errs in both "
        "directions can do that as well; and a constant one that picks the smaller class lies below it. "
        "Look at the answers.")
    yield "constant_by_probability", {**found, "constant": np.allclose(p, p[0], atol=1e-6)}, (
        "You ask whether all probabilities are the same number. They may differ in every digit and lie on "
        "one side of ½ all the same.")
    yield "never_constant", {**found, "constant": False}, (
        "Your flag is False, also where all answers are the same.")
    yield "constant_labels", {**found, "constant": len({*y.tolist()}) == 1}, (
        "Your flag says whether all labels are the same. The answers were asked for.")
    yield "as_many_classes_as_occur", {**found, "confusion": table[np.ix_(occur, occur)]}, (
        "Where all labels and answers are of one class, your confusion matrix has one entry. Tell it that "
        "there are two classes.")
    yield "flag_turned_round", {**found, "constant": not found["constant"]}, (
        "Your flag is turned round: True is to mean that all answers are the same.")
    yield "error_rate", {**found, "accuracy": 1 - hits}, (
        "You return the share of errors in place of the share of right answers.")


@evaluate.right
def with_scikit_learn(model, X, y):
    from sklearn.metrics import accuracy_score, confusion_matrix

    said = np.rint(model.predict(X, verbose=0)).ravel().astype(int)
    return {
        "accuracy": accuracy_score(y, said),
        "base_rate": np.bincount(y).max() / len(y),
        "confusion": confusion_matrix(y, said, labels=[0, 1]),
        "constant": len(np.unique(said)) == 1,
    }


@evaluate.right
def asks_keras(model, X, y):
    accuracy = model.evaluate(X, y, verbose=0)[1]
    said = np.asarray(model(X))[:, 0] > 0.5
    table = [[int(np.sum((y == t) & (said == a))) for a in (False, True)] for t in (0, 1)]
    return {
        "accuracy": accuracy,
        "base_rate": max(float(np.mean(y == k)) for k in (0, 1)),
        "confusion": table,
        "constant": bool(said.all() or not said.any()),
        "missed": table[1][0],
    }


@evaluate.right
def counting(model, X, y):
    table = np.zeros((2, 2))
    for p, truth in zip(model.predict_on_batch(X)[:, 0], y):
        table[truth, int(p > 0.5)] += 1
    n = table.sum()
    return {"accuracy": np.trace(table) / n, "base_rate": table.sum(axis=1).max() / n, "confusion": table,
            "constant": np.any(table.sum(axis=0) == 0)}


evaluate.small(
    "y = 0, 0, 0, 1 and probabilities .2, .9, .4, .6: the answers are 0, 1, 0, 1, three of four right. "
    "Saying 0 to all would have been right three times as well. Of three zeros one was called 1: the first "
    "row of the table is 2, 1, the second 0, 1.",
    X=np.log([[0.25], [9.0], [2 / 3], [1.5]]), y=np.array([0, 0, 0, 1]), _key="confusion")
for key in ("accuracy", "base_rate", "constant"):
    evaluate.small(
        "y = 0, 0, 0, 1 and probabilities .2, .9, .4, .6: the answers are 0, 1, 0, 1. "
        + {"accuracy": "Three of four are right.",
           "base_rate": "Saying 0 to all would have been right three times of four.",
           "constant": "The answers are not all the same, though as many are right as without looking."}[key],
        X=np.log([[0.25], [9.0], [2 / 3], [1.5]]), y=np.array([0, 0, 0, 1]), _key=key)
evaluate.small(
    "y = 1, 1, 0 and probabilities .2, .4, .3: the answer is 0 every time, though the probabilities differ.",
    X=np.log([[0.25], [2 / 3], [3 / 7]]), y=np.array([1, 1, 0]), _key="constant")
evaluate.small(
    "y = 1, 1, 0: saying 1 to all would be right twice. Whichever class is more frequent counts.",
    X=np.log([[0.25], [2 / 3], [3 / 7]]), y=np.array([1, 1, 0]), _key="base_rate")
evaluate.small(
    "y = 1, 1, 0 and probabilities .2, .4, .3: the answer is 0 every time, and one of three is right.",
    X=np.log([[0.25], [2 / 3], [3 / 7]]), y=np.array([1, 1, 0]), _key="accuracy")

evaluate.small(
    "y = 0, 1 and probabilities ½, .7: ½ is not above ½, so that the answers are 0 and 1, both right.",
    X=np.array([[0.0], [0.85]]), y=np.array([0, 1]), _key="accuracy")
evaluate.small(
    "y = 1, 1 and probabilities .6, .7: both labels and both answers are 1. The table has two rows and two "
    "columns all the same.",
    X=np.log([[1.5], [7 / 3]]), y=np.array([1, 1]), _key="confusion")
evaluate.small(
    "y = 1, 1 and probabilities .6, .3: the labels are the same, the answers are not.",
    X=np.log([[1.5], [3 / 7]]), y=np.array([1, 1]), _key="constant")

# 16.8 diagnoses

RUNS = "ABCDEF"

diagnoses = Exercise(
    points=5, groups={f"run {run}: the {part}": 1 for run in RUNS for part in ("cause", "smallest fix")}
)


@diagnoses.cases
def cases(rng):
    yield case()


@diagnoses.driver
def drive(diagnoses):
    """Numbers of causes and positions of the fixes' letters; 0 where nothing is said, -1 for none of them."""
    answer = diagnoses()
    if not isinstance(answer, dict):
        raise TypeError("diagnoses should return a dictionary such as {'A': (9, 'z'), …}")
    given = {str(run).strip().upper(): pair for run, pair in answer.items()}
    causes, fixes = [], []
    for run in "ABCDEF":
        pair = given.get(run, (0, ""))
        if not isinstance(pair, (tuple, list, np.ndarray)) or len(pair) != 2:
            raise TypeError(f"the entry of run {run} should be a pair (number, letter)")
        cause, fix = str(pair[0]).strip(), str(pair[1]).strip().lower()
        cause = cause.removesuffix(".0")
        causes.append(int(cause) if cause.isdecimal() and int(cause) <= 10 else -1)
        fixes.append(0 if not fix else ord(fix) - 96 if len(fix) == 1 and fix.isalpha() else -1)
    return {"causes": np.array(causes), "fixes": np.array(fixes)}


@diagnoses.judge
def judge(case, result, expected):
    clues = {
        "A": "which rate was in force, and what does one step at it do to 150,528 inputs?",
        "B": "the four agree in every digit: what do they share?",
        "C": "the same weights give five different numbers: what differs between two calls?",
        "D": "the same network is 14 points worse on images that have no copy anywhere",
        "E": "what makes the very first gradient 300,000 long?",
        "F": "how large is the largest entry of any gradient, beside the thresholds?",
    }
    which = "which change removes the cause, and changes nothing else?"
    for part, key in (("cause", "causes"), ("smallest fix", "fixes")):
        for run, said, wanted in zip("ABCDEF", result[key], expected[key]):
            told = clues[run] if part == "cause" else which
            told = "not answered" if said == 0 else "no answer of the list" if said < 0 else told
            yield f"run {run}: the {part}", said == wanted, f"said {int(said)}", told


RIGHT = {"A": (1, "a"), "B": (4, "d"), "C": (5, "e"), "D": (6, "f"), "E": (7, "g"), "F": (8, "h")}


@diagnoses.mistakes
def mistakes():
    yield "more_epochs_for_a", {**RIGHT, "A": (3, "c")}, (
        "Run A: more epochs were tried, and all hundred are alike. What became of the first layer's "
        "gradient after one step? And what, exactly, does that version make of the argument in the code?")
    yield "relu_for_a", {**RIGHT, "A": (2, "b")}, (
        "Run A: sigmoids do make gradients smaller, layer by layer; but the same network learns at another "
        "rate. What is different here is what one step does to 150,528 inputs.")
    yield "clips_run_a", {**RIGHT, "A": (1, "i")}, (
        "Run A: clipping can't help. Adam's first step does not depend on the size of the gradient.")
    yield "more_epochs_for_b", {**RIGHT, "B": (3, "c")}, (
        "Run B: the four agree in every digit, which no lack of training can do. What do they share?")
    yield "another_seed_for_b", {**RIGHT, "B": (4, "j")}, (
        "Run B: another global seed gives four other networks that agree again: an initialiser that is made "
        "once keeps its own seed.")
    yield "more_epochs_for_c", {**RIGHT, "C": (3, "c")}, (
        "Run C: one and the same network gives five different accuracies. No training changes that between "
        "two calls.")
    yield "takes_dropout_out", {**RIGHT, "C": (5, "k")}, (
        "Run C: dropout belongs into this network. It is not its presence that is wrong, but when it acts.")
    yield "nothing_wrong_with_d", {**RIGHT, "D": (9, "l")}, (
        "Run D: on images that have no copy anywhere the same network is 14 points worse. A good result is "
        "not always good news.")
    yield "regularises_d", {**RIGHT, "D": (6, "m")}, (
        "Run D: more penalty or dropout does not mend a validation part that holds what was trained on.")
    yield "clips_run_e", {**RIGHT, "E": (7, "i")}, (
        "Run E: with clipping the run survives, and after 400 steps is still worse than always answering "
        "the mean. What makes the first gradient 300,000 long?")
    yield "relu_for_e", {**RIGHT, "E": (2, "b")}, (
        "Run E: the gradient jumps up a hundredfold and more from one step to the next; nothing vanishes.")
    yield "nothing_wrong_with_f", {**RIGHT, "F": (9, "l")}, (
        "Run F: the three runs are equal to the last digit. Compare the thresholds with the largest entry "
        "of any gradient.")
    yield "makes_it_act", {**RIGHT, "F": (8, "i")}, (
        "Run F: a threshold small enough to act would change a run in which nothing explodes. Which change "
        "makes the code say what happens?")


@diagnoses.answers
def answers():
    yield "numbers_as_text", {run.lower(): [str(cause), fix.upper()] for run, (cause, fix) in RIGHT.items()}
    yield "in_another_order_with_lists", {run: list(RIGHT[run]) for run in reversed(RIGHT)}


diagnoses.small(
    "Ask three things of a run. Do the numbers change where they should? Do they stay where they should? "
    "What would they be if the network always gave the same answer? The first that is answered oddly points "
    "to the cause; the smallest fix changes that line and nothing else.")

# 16.9 errata

SCORES = [15 - 1.5 * k for k in range(10)]

errata = Exercise(points=5, groups={f"{score:g} of 15": 1 for score in SCORES})


@errata.cases
def cases(rng):
    yield case()


@errata.driver
def drive(errata):
    """For each letter 0 open, 1 called true, 2 called false without a number, 3 corrected; and the number."""
    answer = errata()
    if not isinstance(answer, dict):
        raise TypeError("errata should return a dictionary such as {'a': True, 'b': 0.25, …}")
    given = {str(letter).strip().lower(): value for letter, value in answer.items()}
    kinds, numbers = [], []
    for letter in "abcdefghijklmno":
        value = given.get(letter)
        if value is None:
            kinds.append(0)
        elif isinstance(value, (bool, np.bool_)):
            kinds.append(1 if value else 2)
        else:
            kinds.append(3)
        numbers.append(number_of(letter, value) if kinds[-1] == 3 else 0.0)
    return {"kinds": np.array(kinds), "numbers": np.array(numbers)}


def number_of(letter, value):
    try:
        single = np.size(value) == 1 and not np.iscomplexobj(value)
        number = float(np.asarray(value).reshape(-1)[0]) if single else np.nan
    except (TypeError, ValueError):
        number = np.nan
    if not np.isfinite(number):
        raise TypeError(f"the entry of {letter} should be True or a number; it is {value!r}")
    return number


@errata.judge
def judge(case, result, expected):
    """One point for a right mark, half a point less for a wrong one; false without a number is open."""
    good, bad, first = 0, 0, ""
    letters = "abcdefghijklmno"
    # The bold numbers, each with half a unit of its last digit: within it, a number says "true", too.
    bold = ((38.4, 0.05), (0.0138, 5e-5), (0.014, 5e-5), (1e-7, 5e-9), (99e-12, 5e-13), (128, 0.5), (27, 0.5),
            (25, 0.5), (0.01, 5e-4), (0, 0.05), (22.36, 0.005), (0.0062, 5e-5), (407_050, 0.5), (0, 0.05), (0, 0.05))
    answers = zip(letters, result["kinds"], result["numbers"], expected["kinds"], expected["numbers"], bold)
    for letter, kind, number, true, exact, (printed, near) in answers:
        if kind == 3 and abs(number - printed) <= near:
            kind = 1  # the bold number itself: called right
        corrected = kind == 3 and true == 3 and abs(number - exact) <= 0.005 * abs(exact)
        if (kind == 1 and true == 1) or corrected:
            good += 1
        elif kind in (1, 3) or (kind == 2 and true == 1):
            bad += 1
            digits = 6 if letter == "m" else 3
            said = "called true" if kind == 1 else f"{number:.{digits}g}" if kind == 3 else "called false"
            first = first or f"{letter}: {said}"
    score = max(0.0, good - bad / 2)
    told = f"{good} right, {bad} wrong, {15 - good - bad} open: {score:g} of 15"
    for k in range(10):
        need = 15 - 1.5 * k
        note = "all called true" if np.all(result["kinds"] == 1) else first
        yield f"{need:g} of 15", score >= need, note if k == 0 else "", told
        told = told if score >= need else ""


FACTS = {
    "a": True, "b": 0.0140433, "c": 0.0035108, "d": True, "e": 0.999999999, "f": True, "g": 9, "h": 5,
    "i": True, "j": 4, "k": True, "l": 126.1, "m": True, "n": 0.5, "o": True}
LAST = "15 of 15"


@errata.mistakes
def mistakes():
    yield "ten_factors", {**FACTS, "a": 57.665}, (
        "One of yours counts a factor for each of ten layers. From the first hidden layer to the output "
        "there is one weight matrix less than there are layers.")
    yield "rounded_slopes", {**FACTS, "b": True}, (
        "One of yours trusts a product of three rounded slopes. Multiply a(1 - a) with all digits.")
    yield "slopes_for_gradient", {**FACTS, "c": True}, (
        "One of yours takes the product of the slopes for a gradient. Between the layers lie weights.")
    yield "two_zeros_too_many", {**FACTS, "d": 1e-09}, (
        "One of yours: count the zeros of .1 × .1 × .001 × .01 once more.")
    yield "step_for_weight", {**FACTS, "e": True}, (
        "One of yours takes the step for the new weight. A weight of 1 that moves by a billionth is still "
        "nearly 1.")
    yield "step_with_right_exponent", {**FACTS, "e": 1e-09}, (
        "One of yours gives the step where the new weight was asked for, with another exponent than the one "
        "in the agenda notes.")
    yield "overflow_at_ten", {**FACTS, "f": 10}, (
        "One of yours calls 2^10 too large for a float32. Lesson 02 counted how far it goes.")
    yield "input_for_weight", {**FACTS, "g": True}, (
        "One of yours gives the gradient of the input for that of the first weight. Which of the three "
        "weights does it not contain?")
    yield "without_the_root", {**FACTS, "h": True}, "One of yours is a norm without its root."
    yield "without_the_half", {**FACTS, "i": 0.02}, (
        "One of yours takes Keras' argument for λ/m. Keras adds l2·Σw², without the ½ of the formula.")
    yield "dropout_without_variance", {**FACTS, "j": True}, (
        "One of yours says that dropout leaves Z as it is. Its mean, yes. Compute the variance of one kept "
        "or dropped entry.")
    yield "smaller_by_unit_norm", {**FACTS, "k": False}, (
        "One of yours does not believe the norm after `UnitNorm`. Each of 500 columns has length 1: how long "
        "are they together?")
    yield "scaled_for_original", {**FACTS, "l": True}, (
        "One of yours compares an error of scaled targets with one in original units. Multiply by the "
        "variance, not by the standard deviation.")
    yield "times_the_spread", {**FACTS, "l": 0.884}, (
        "One of yours multiplies a squared error by the standard deviation. Squares scale with its square.")
    yield "without_biases", {**FACTS, "m": 406528}, (
        "One of yours forgets the biases, or the output layer, when it counts parameters.")
    yield "rand_is_centred", {**FACTS, "n": True}, (
        "One of yours believes that `np.random.rand` is centred. What is its smallest number?")
    yield "learnt_something", {**FACTS, "o": False}, (
        "One of yours says that .5609 is not the base rate. Divide 396 by 706.")
    yield "all_true", dict.fromkeys(FACTS, True), (
        "You call all fifteen true. About half of them stand as they were printed, and wrong.")


@errata.answers
def answers():
    short = {letter: value if value is True else float(f"{value:.3g}") for letter, value in FACTS.items()}
    yield "rounded_and_in_capitals", {letter.upper(): value for letter, value in short.items()}
    proven = {"a": 38.44, "d": 1e-7, "f": 128, "i": 0.01, "k": 500**0.5, "m": 407_050, "o": 0}
    yield "numbers_for_true_ones", {**FACTS, **proven}
    yield "as_numpy_numbers", {letter: np.array(value)[()] for letter, value in FACTS.items()}


errata.small(
    "A statement “3² + 4² gives a length of **25**”: it is false, so the entry is the number that should "
    "stand there. A statement “the square root of 9 is **3**” gets True. A letter that is left out costs "
    "nothing.")

# 16.10 improve

IMAGES, UNSEEN = 1200, 600  # for training, and in each of two draws
NEED = {"at least .70": 0.70, "at least .78": 0.78, "at least .86": 0.86, "at least .91": 0.91}

improve = Exercise(points=4, groups=dict.fromkeys(NEED, 1), seconds=150)


@improve.cases
def cases(rng, hidden):
    """Seeds in a public case, which keeps it small; images in a hidden one, where seeds give them away."""
    import emergency_vehicles

    seeds = [draw_seed(rng) for _ in range(3)]
    training = emergency_vehicles.draw(IMAGES, seeds[0])
    unseen = [emergency_vehicles.draw(UNSEEN, seed) for seed in seeds[1:]]
    said = np.concatenate([drawn.truth for drawn in unseen]).astype(np.int8)
    truth = {"said": said, "seconds": 0.0, "memory": 0.0, "by index": 0.0}
    if hidden:
        images = np.concatenate([drawn.images for drawn in unseen])
        yield case(truth=truth, _X=training.images, _y=training.labels, _unseen=images)
    else:
        yield case(truth=truth, _seeds=seeds)


@improve.driver
def drive(improve, _seeds=(), _X=None, _y=None, _unseen=None):
    """Labels of the unseen images (-1 for what is none), and what they cost."""
    import time

    if len(_seeds):
        import emergency_vehicles

        training = emergency_vehicles.draw(1200, int(_seeds[0]))
        _X, _y = training.images, training.labels
        _unseen = np.concatenate([emergency_vehicles.draw(600, int(seed)).images for seed in _seeds[1:]])
    memory, started = most_memory(), time.process_time()
    with without_the_generator():
        classify = improve(_X.copy(), _y.copy())
        if not callable(classify):
            raise TypeError("improve should return a function that takes images and returns their labels")
        labels_of(classify(_unseen[:3].copy()), 3)
        halves = [labels_of(classify(part.copy()), len(part)) for part in np.split(_unseen, 2)]
    seconds, by_index = time.process_time() - started, [np.mean(half == _y[: len(half)]) for half in halves]
    return {"said": np.concatenate(halves), "seconds": seconds, "memory": most_memory() - memory,
            "by index": float(min(by_index))}


def labels_of(answer, n):
    labels = np.asarray(answer)
    if labels.dtype.kind in "US":
        raise TypeError("the labels should be numbers, 0 or 1; found text")
    if labels.shape not in ((n,), (n, 1)) or labels.dtype.kind not in "biuf":
        raise ValueError(f"for {n} images there should be {n} labels; found an array of shape {labels.shape} and type "
                         f"{labels.dtype}")
    labels = labels.ravel()
    return np.where(np.isin(labels, (0, 1)), labels, -1).astype(int)


def most_memory():
    """MiB that this process has held at most, where that is told."""
    try:
        import resource
    except ImportError:
        return 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def without_the_generator():
    """While an answer is at work, nothing more can be drawn: it learns from what it was given."""
    import contextlib

    from emergency_vehicles import dataset

    def closed(*_, **__):
        raise RuntimeError("improve learns from the images that it is given: no more are drawn for it")

    @contextlib.contextmanager
    def patched():
        picture, dataset.picture = dataset.picture, closed
        try:
            yield
        finally:
            dataset.picture = picture

    return patched()


@improve.judge
def judge(case, result, expected):
    said, truth, seconds = result["said"], expected["said"], float(result["seconds"])
    scores = [float(np.mean(half == true)) for half, true in zip(np.split(said, 2), np.split(truth, 2))]
    score = sum(scores) / 2
    slips = {
        "too slow": seconds > 60, "too much memory": float(result["memory"]) > 2048,
        "neither 0 nor 1": np.any(said < 0), "always the same": np.all(said == said[0]),
        "in the order of the training labels": float(result["by index"]) > 0.98,
        "more wrong than right": score < 0.4,
    }
    seen = next((slip for slip, met in slips.items() if met), "")
    told = f"{score:.3f} on images drawn anew ({scores[0]:.3f} and {scores[1]:.3f}), {seconds:.0f} s of CPU"
    told = {"too slow": f"{seconds:.0f} s of CPU, where there are 60",
            "too much memory": f"{result['memory']:.0f} MiB, where there are 2048",
            "neither 0 nor 1": "the labels should be 0 or 1 and nothing else"}.get(seen, told)
    for need in (0.7, 0.78, 0.86, 0.91):
        ok = not seen and score >= need
        yield f"at least .{need * 100:.0f}", ok, seen or "not reached", told
        told = told if ok else ""


def by_pixels(X_train, y_train):
    """Logistic regression on the pixels: what each pixel knows by itself."""
    from sklearn.linear_model import LogisticRegression

    rows = lambda images: images.reshape(len(images), -1) / np.float32(255)
    model = LogisticRegression(C=1e-3, max_iter=200).fit(rows(X_train), y_train)
    return lambda images: model.predict_proba(rows(images))[:, 1]


@improve.mistakes
def mistakes(X_train, y_train):
    yield "constant", lambda images: np.zeros(len(images), int), (
        "Every image gets the same label. Look at what your function answers to images that it has not "
        "seen: is there a threshold, or an `argmax` of one column, or a table of known images?")
    yield "probabilities", by_pixels(X_train, y_train), (
        "Some of what your function returns is neither 0 nor 1. Probabilities have to be decided: what is "
        "asked for is labels.")
    yield "by_index", lambda images: y_train[: len(images)], (
        "Your function gives the labels of the training images, in their order. It is asked about other "
        "images: it has to look at them.")
    yield "single_pixels", lambda images: by_pixels(X_train, y_train)(images) > 0.5, (
        "A logistic regression on the pixels stays below .70, too: to it a light has to be at the same pixel "
        "in every image. Which kind of layer looks for the same little thing at all places? And if yours has "
        "such a layer: what is its accuracy on its own training images?")


@improve.wrong(
    "More than half of your labels say the opposite of what is to be seen. 1 is an emergency vehicle: on "
    "which side of the threshold does it lie?", edits=True)
def the_other_class(reference):
    def improve(X_train, y_train):
        classify = reference(X_train, y_train)
        return lambda images: 1 - classify(images)

    return improve


@improve.wrong(
    "What `improve` returns can't be called. It should return a function: the images to be judged come "
    "later, when that function is called.", raises=True)
def labels_in_place_of_a_function(X_train, y_train):
    return (by_pixels(X_train, y_train)(X_train) > 0.5).astype(int)


@improve.wrong(
    "What your function returns are not as many labels as it was given images. One number, 0 or 1, is asked "
    "for each; two columns, one for each class, still have to be decided.", raises=True)
def two_columns(X_train, y_train):
    probability = by_pixels(X_train, y_train)
    return lambda images: np.stack([1 - probability(images), probability(images)], axis=1)


@improve.right
def convolutional(X_train, y_train):
    import keras

    keras.utils.set_random_seed(16)
    layers = keras.layers
    model = keras.Sequential([
        layers.Rescaling(1 / 255), layers.Conv2D(16, 5, strides=2, activation="relu"),
        layers.Conv2D(32, 3, strides=2, activation="relu"), layers.GlobalMaxPooling2D(),
        layers.Dense(32, "relu"), layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(0.003), "binary_crossentropy")
    both = np.concatenate([X_train, X_train[:, :, ::-1]]), np.tile(y_train, 2)
    model.fit(*both, epochs=12, batch_size=32, verbose=0)
    return lambda images: model.predict(images, verbose=0) > 0.5


@improve.right(edits=True)
def two_that_agree(reference):
    class Committee:
        def __init__(self, X, y):
            self.members = [reference(X[k::2], y[k::2]) for k in range(2)] + [reference(X, y)]

        def __call__(self, images):
            votes = sum(np.asarray(member(images)) for member in self.members)
            return [float(vote >= 2) for vote in votes]

    return Committee


improve.small(
    "A classifier that is right on 437 of 600 images and on 424 of another 600 has .728 and .707, on "
    "average .718: that is worth one point. One that answers 0 to all is right on about 348 of 600, which "
    "is the share of the others.")

# Questions

same_as_the_share = Question(
    "A colleague's classifier reaches .93 on images of which 93 % are of one class. What do you ask for first?",
    wrong("More epochs.",
          "That was tried a hundred times in the published runs, at .5609 each. First find out whether the "
          "answers are all the same."),
    right("The confusion matrix.",
          "An accuracy equal to the base rate may be a constant answer, or one that errs in both "
          "directions. The table tells the two apart at a glance."),
    wrong("The training accuracy.",
          "For a constant answer it would be about .93 as well, and tell you nothing new."),
)

larger_images = Question(
    "You go from images of 32 × 48 to 224 × 224, keep the first layer dense, and keep Adam at 0.001. What changes?",
    wrong("Nothing: Adam adapts its steps to the gradients.",
          "Each weight's step is adapted to its own gradient, so that all are of the same size, and just "
          "therefore their sum over the pixels is not."),
    right("The first step moves each hidden unit's sum about 33 times as far.",
          "The step of the sum is $\\eta\\,n\\,\\bar x$, proportional to the number of inputs, and there are 33"
          " times as many."),
    wrong("The gradients are 33 times larger, so that clipping begins to act.",
          "The bound on an entry of the first kernel's gradient does not contain the number of inputs."),
)

noisier_copies = Question(
    "In run D the copies carry a little noise. Would stronger noise have avoided the leak?",
    wrong("Yes: from some strength on, a copy is a new image.",
          "Noise so strong that a copy can't be told to be of this image has lost the vehicle as well."),
    right("No: as long as a copy can be told to be of this image, its label has been seen.",
          "What leaks is the pairing of an image with its label, wrong labels included. Split first, then "
          "copy."),
    wrong("Yes, if the network has dropout.",
          "Dropout makes learning by heart slower. The validation part would still hold what was trained "
          "on."),
)
