"""Measures how far simple, good and very good answers get in lesson 16's open task, and what they cost.

    python data/studies/make_improve.py         writes improve.csv beside this file; ten minutes on one core

Twenty times what grading draws with a secret: 1,200 images to learn from, and twice 600 to be judged on, with
clean labels. A line for each answer and draw: its name, the draw, mean accuracy, seconds of CPU.
"""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

import emergency_vehicles

DRAWS = range(20)
Classify = Callable[[ndarray], ndarray]
Improve = Callable[[ndarray, ndarray], Classify]


def rows(images: ndarray) -> ndarray:
    return images.reshape(len(images), -1) / np.float32(255)


def of_scikit_learn(make: Callable[[], Any]) -> Improve:
    def improve(X: ndarray, y: ndarray) -> Classify:
        model = make().fit(rows(X), y)
        return lambda images: np.asarray(model.predict(rows(images)))

    return improve


def dense(X: ndarray, y: ndarray) -> Classify:
    from nnlab import MLP

    init = ["he_normal", "he_normal", "glorot_uniform"]
    net = MLP([X[0].size, 100, 100, 1], ["relu", "relu", "sigmoid"], init, seed=0)
    net.fit(rows(X), y, batch=128, lr=2e-4, epochs=40, every=40)
    return lambda images: net.forward(rows(images))[:, 0] > 0.5


def convolutional(epochs: int) -> Improve:
    def improve(X: ndarray, y: ndarray) -> Classify:
        import keras

        keras.utils.set_random_seed(0)
        layers = keras.layers
        model = keras.Sequential([
            layers.Rescaling(1 / 255), layers.Conv2D(16, 5, strides=2, activation="relu"),
            layers.Conv2D(32, 3, strides=2, activation="relu"), layers.GlobalMaxPooling2D(),
            layers.Dense(32, "relu"), layers.Dense(1, "sigmoid"),
        ])  # fmt: skip
        model.compile(keras.optimizers.Adam(2e-3), "binary_crossentropy")
        model.fit(X, y, batch_size=64, epochs=epochs, verbose=0)
        return lambda images: model.predict(images, verbose=0)[:, 0] > 0.5

    return improve


def solution() -> Improve:
    """The solution in lesson.py."""
    from autograder.authoring.lesson import lessons_of
    from autograder.nbgrader.course import Course

    (lesson,) = lessons_of(Course(Path(__file__).parents[2]), ("16",))
    improve: Improve = lesson.reference(lesson.exercises["improve"])["improve"]
    return improve


def answers() -> dict[str, Improve]:
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import NearestCentroid
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer
    from sklearn.svm import SVC

    half = FunctionTransformer(lambda X: X.reshape(-1, 32, 48, 3)[:, ::2, ::2].reshape(len(X), -1))

    return {
        "nearest mean image": of_scikit_learn(NearestCentroid),
        "logistic regression": of_scikit_learn(lambda: LogisticRegression(C=1e-3, max_iter=200)),
        "random forest": of_scikit_learn(lambda: RandomForestClassifier(60, random_state=0)),
        "dense network": dense,
        "kernel machine": of_scikit_learn(lambda: make_pipeline(half, SVC(C=10))),
        "convolutional, 4 epochs": convolutional(4),
        "convolutional, 10 epochs": convolutional(10),
        "reference solution": solution(),
    }


def measure() -> list[tuple[str, int, str, str]]:
    table = []
    for draw in DRAWS:
        seeds = np.random.default_rng([2026, draw]).integers(2**31, size=3)
        training = emergency_vehicles.draw(1200, int(seeds[0]))
        unseen = [emergency_vehicles.draw(600, int(seed)) for seed in seeds[1:]]
        for name, improve in answers().items():
            started = time.process_time()
            classify = improve(training.images.copy(), training.labels.copy())
            scores = [np.mean(np.ravel(classify(new.images)) == new.truth) for new in unseen]
            seconds = time.process_time() - started
            table.append((name, draw, f"{np.mean(scores):.4f}", f"{seconds:.1f}"))
            print(*table[-1], flush=True)
    return table


if __name__ == "__main__":
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0")
    with Path(__file__).with_name("improve.csv").open("w", newline="", encoding="utf-8") as file:
        head = ("answer", "draw", "accuracy", "seconds")
        csv.writer(file, lineterminator="\n").writerows([head, *measure()])
