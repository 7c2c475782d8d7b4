"""Trains the capstone's networks until they know their images by heart, with and without a remedy.

    python data/studies/make_capstone.py        writes capstone.npz beside this file; ten minutes on two cores

Lesson 16 reads the table, and trains the beginning of its first run again. Every draw of 2,352 images is
split in the lesson's way. Every remedy has one strength, chosen beforehand on a draw of its own (seed 1001).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray
from sklearn.model_selection import train_test_split

import emergency_vehicles
from nnlab import MLP
from nnlab.constraints import max_norm

DRAWS = (1, 4, 2)  # seeds of the images, and of the networks trained on them
CNN_DRAWS = (4,)  # those of them for the convolutional network
TEST = 1600  # seed of the images, with clean labels, on which all networks are judged
EPOCHS, EVERY, BATCH, RATE = 160, 4, 128, 2e-4
SIZES, ACTS, INIT = (
    (4608, 100, 100, 1),
    ("relu", "relu", "sigmoid"),
    ("he_normal", "he_normal", "glorot_uniform"),
)
CNN_EPOCHS, CNN_EVERY = 30, 3
SHIFT = 3  # pixels, at most, up or down and to either side

LIMIT = partial(max_norm, c=0.7)
REMEDIES: Mapping[str, Mapping[str, Any]] = {
    "none": {},
    "L2 penalty, 0.003": {"l2": {1: 0.003, 2: 0.003, 3: 0.003}},
    "max-norm, 0.7": {"constraint": {1: LIMIT, 2: LIMIT}},
    "dropout, 0.4": {"drop": {1: 0.6}},
    "input noise, 0.1": {"noise": {("in", 1): 0.1}},
    "mirrored and shifted": {"augment": True},
}
Part = tuple[ndarray, ndarray]


def rows(images: ndarray) -> ndarray:
    """Images as rows of float32 between 0 and 1."""
    return images.reshape(len(images), -1) / np.float32(255)


def moved(images: ndarray, rng: np.random.Generator) -> ndarray:
    """Each image mirrored, with a chance of one half, and shifted; its edge is repeated where it was."""
    n, height, width, _ = images.shape
    wide = np.pad(images, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)), mode="edge")
    down, across = rng.integers(0, 2 * SHIFT + 1, (2, n))
    out = np.stack([one[d : d + height, a : a + width] for one, d, a in zip(wide, down, across)])
    turned = rng.random(n) < 0.5
    out[turned] = out[turned, :, ::-1]
    return out


def data(seed: int) -> tuple[Part, Part]:
    """Images and labels for training and for validation, split as in the lesson."""
    drawn = emergency_vehicles.draw(emergency_vehicles.dataset.IMAGES, seed)
    y = drawn.labels
    X, X_val, y, y_val = train_test_split(drawn.images, y, train_size=0.7, stratify=y, random_state=42)
    return (X, y), (X_val, y_val)


def dense(
    seed: int,
    training: Part,
    validation: Part,
    test: Part,
    augment: bool = False,
    epochs: int = EPOCHS,
    **change: Any,
) -> list[list[float]]:
    """A row for every fourth epoch: epoch, loss and accuracy on the three parts."""
    net, rng = MLP(SIZES, ACTS, INIT, seed), np.random.default_rng(seed)
    parts = [(rows(X), y) for X, y in (training, validation, test)]
    table = []
    for epoch in range(1, epochs + 1):
        X = rows(moved(training[0], rng)) if augment else parts[0][0]
        net.fit(X, training[1], batch=BATCH, lr=RATE, epochs=1, **change)
        if epoch % EVERY == 0:
            table.append([epoch, *np.ravel([net.evaluate(*part) for part in parts])])
    return table


def convolutional(
    seed: int, training: Part, validation: Part, test: Part, augment: bool = False, epochs: int = CNN_EPOCHS
) -> list[list[float]]:
    """The same for a small convolutional network, every second epoch."""
    import keras

    keras.utils.set_random_seed(seed)
    layers, rng = keras.layers, np.random.default_rng(seed)
    model = keras.Sequential([
        keras.Input(training[0].shape[1:]), layers.Rescaling(1 / 255),
        layers.Conv2D(16, 5, strides=2, activation="relu"),
        layers.Conv2D(32, 3, strides=2, activation="relu"),
        layers.GlobalMaxPooling2D(), layers.Dense(32, "relu"), layers.Dense(1, "sigmoid"),
    ])  # fmt: skip
    model.compile(keras.optimizers.Adam(2e-3), "binary_crossentropy", metrics=["accuracy"])
    table = []
    for epoch in range(1, epochs + 1):
        X = moved(training[0], rng) if augment else training[0]
        model.fit(X, training[1], batch_size=64, verbose=0)
        if epoch % CNN_EVERY == 0:
            seen = [model.evaluate(*part, batch_size=256, verbose=0) for part in (training, validation, test)]
            table.append([epoch, *np.ravel(seen)])
    return table


def study(only: str = "") -> dict[str, ndarray]:
    """Name of the remedy -> (draws, epochs recorded, 7)."""
    drawn = emergency_vehicles.draw(2000, TEST)
    test = drawn.images, drawn.truth
    trained: dict[str, Callable[..., Any]]
    trained = {name: partial(dense, **change) for name, change in REMEDIES.items()}
    trained["convolutional"] = convolutional
    trained["convolutional, mirrored and shifted"] = partial(convolutional, augment=True)
    found: dict[str, list[Any]] = {}
    for seed in DRAWS:
        training, validation = data(seed)
        for name, train in trained.items():
            if only in name and (seed in CNN_DRAWS or not name.startswith("convolutional")):
                table = train(seed, training, validation, test)
                found.setdefault(name, []).append(table)
                print(f"draw {seed:2} {name:36}", np.round(table[-1], 3), flush=True)
    return {name: np.array(tables, np.float32) for name, tables in found.items()}


if __name__ == "__main__":
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0")
    np.savez_compressed(Path(__file__).with_name("capstone.npz"), **study(*sys.argv[1:]))
