"""The network: forward pass, gradients, one step of an optimiser.

Rows are samples, h = x @ W + b, layers are numbered 1..L as in the lectures and layer 0 stands for the
inputs. What a run of training consists of is in `training`; the parts that students write themselves are in
`pieces`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray
from numpy.typing import ArrayLike, DTypeLike

from nnlab.activations import activation
from nnlab.initialisers import InitSpec, draw_weights
from nnlab.losses import accuracy, find_loss
from nnlab.optimisers import DEFAULT_LR, OPTIMISERS, State, flush
from nnlab.pieces import choose_pieces
from nnlab.training import Callback, History, Training, run_training

Key = int | str  # a layer's number stands for its kernel; "W1", "b1", "gamma1", "beta1" name any parameter
Clip = tuple[str, Any]

NOISE_PLACES = ("in", "pre", "post")
FLUSHED_EVERY = 50  # steps; from negligible to denormal takes even a fast decay longer than that
NOTHING: Mapping[Any, Any] = MappingProxyType({})

# A network that explodes is something to look at in this course, not to be warned of: a warning on stderr in
# the middle of a lesson would look like a mistake of the student's.
_quiet = np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore")


class _Layer(NamedTuple):
    """What one layer's forward pass leaves for its backward pass."""

    inputs: ndarray
    z: ndarray  # what the activation was given
    a: ndarray  # what it returned, before noise and dropout
    batchnorm: Any
    dropout: Any


class MLP:
    """A fully connected network.

    Args:
        sizes: the number of inputs, then the units of each layer.
        acts: one activation per layer, by name or as a pair (f, df) of functions of z.
        init: an initialiser for all layers, or a list with one per layer: 'glorot_uniform', 'he_normal',
            'zeros', ... or a function (rng, n_in, n_out). Biases start at 0.
        seed: fixes the first weights, the order of the batches and every mask, each from a stream of its own,
            so that two networks of one seed see the same batches even if only one of them uses dropout.
        dtype: float32 as in Keras; float64 where gradients are compared with finite differences.
        batchnorm: hidden layers whose weighted sum is batch-normalised before the activation.
        plug: functions to use in place of the library's own, by name; `nnlab.pieces` lists them.

    Attributes:
        params: all parameters as a list, [W1, b1, W2, b2, ...], layer by layer.
        names: their names, in the same order.
        W, b: kernels and biases by layer number: `net.W[1]`. Assign to their entries: `net.W[1][:] = ...`.
        plugged: whether any piece is not the library's own.
        running: the running statistics of batch normalisation by layer number.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        acts: Sequence[Any],
        init: InitSpec | Sequence[InitSpec] = "glorot_uniform",
        seed: int = 0,
        *,
        dtype: DTypeLike = np.float32,
        batchnorm: Sequence[int] = (),
        plug: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:
        self.sizes, self.depth = tuple(sizes), len(sizes) - 1
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        if isinstance(acts, str) or len(acts) != self.depth:
            raise ValueError(f"{self.depth} layers need a list of {self.depth} activations, not {acts!r}")
        self.acts = [activation(spec) for spec in acts]
        self.pieces, self.plugged = choose_pieces(plug), bool(plug)
        self.batchnorm = tuple(batchnorm)
        self._check_layers("batchnorm", self.batchnorm, 1, self.depth - 1)
        streams = np.random.SeedSequence(seed).spawn(3)
        init_rng, self.order_rng, self.mask_rng = (np.random.default_rng(stream) for stream in streams)
        self._allocate()
        self._initialise(init, init_rng)
        self._opt, self._opt_state, self._steps = "", State(), 0

    def _allocate(self) -> None:
        """Lay all parameters out in one flat vector, which an optimiser moves in a handful of operations."""
        shapes: dict[str, tuple[int, ...]] = {}
        for l, (n_in, n_out) in enumerate(zip(self.sizes, self.sizes[1:]), start=1):
            shapes[f"W{l}"], shapes[f"b{l}"] = (n_in, n_out), (n_out,)
            if l in self.batchnorm:
                shapes[f"gamma{l}"], shapes[f"beta{l}"] = (n_out,), (n_out,)
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes.values()])
        self._flat = np.zeros(ends[-1], self.dtype)
        parts = np.split(self._flat, ends[:-1])
        self.names = list(shapes)
        self.params = [part.reshape(shape) for part, shape in zip(parts, shapes.values())]
        by_name = dict(zip(self.names, self.params))
        layers = range(1, self.depth + 1)
        self.W, self.b = {l: by_name[f"W{l}"] for l in layers}, {l: by_name[f"b{l}"] for l in layers}
        self._scale_and_shift = {l: (by_name[f"gamma{l}"], by_name[f"beta{l}"]) for l in self.batchnorm}

    def _initialise(self, init: InitSpec | Sequence[InitSpec], rng: np.random.Generator) -> None:
        specs = [init] * self.depth if isinstance(init, str) or callable(init) else list(init)
        if len(specs) != self.depth:
            raise ValueError(f"{self.depth} layers need {self.depth} initialisers, not {len(specs)}")
        for l, spec in enumerate(specs, start=1):
            n_in, n_out = self.sizes[l - 1 : l + 1]
            self.W[l][:] = draw_weights(spec, n_in, n_out, rng, self.pieces["init_weights"])
        self.running = {}
        for l in self.batchnorm:
            self._scale_and_shift[l][0][:] = 1
            units = self.sizes[l]
            self.running[l] = {"mean": np.zeros(units, self.dtype), "var": np.ones(units, self.dtype)}

    # Forward

    @_quiet
    def forward(
        self,
        X: ArrayLike,
        train: bool = False,
        drop: Mapping[int, float] = NOTHING,
        noise: Mapping[tuple[str, int], float] = NOTHING,
    ) -> ndarray:
        """Return the network's output (m, units of the last layer).

        Args:
            X: inputs (m, n_in).
            train: whether dropout, noise and batch normalisation are in training mode.
            drop: layer -> chance of keeping a unit; layer 0 drops inputs.
            noise: (place, layer) -> standard deviation. 'in' is noise on the layer's input (('in', 1): on X),
                'pre' before its activation, 'post' after it.
        """
        self.check_places(drop, noise)
        return self._forward(self._rows(X), train, drop, noise)[-1].a

    @_quiet
    def activations(self, X: ArrayLike) -> list[ndarray]:
        """Return [X, h1, ..., hL]: the inputs and what each layer makes of them, without dropout or noise."""
        X = self._rows(X)
        return [X, *(layer.a for layer in self._forward(X, False, NOTHING, NOTHING))]

    def _forward(
        self, X: ndarray, train: bool, drop: Mapping[int, float], noise: Mapping[tuple[str, int], float]
    ) -> list[_Layer]:
        h, _ = self._drop(X, 0, train, drop)
        layers = []
        for l in range(1, self.depth + 1):
            inputs = self._add_noise(h, ("in", l), train, noise)
            z, normalised = inputs @ self.W[l], None
            z += self.b[l]
            if l in self.batchnorm:
                z, normalised = self.pieces["batchnorm_forward"](
                    z, *self._scale_and_shift[l], self.running[l], train
                )
            z = self._add_noise(z, ("pre", l), train, noise)
            a = self.acts[l - 1].value(z)
            h, dropped = self._drop(self._add_noise(a, ("post", l), train, noise), l, train, drop)
            layers.append(_Layer(inputs, z, a, normalised, dropped))
        return layers

    def _drop(self, h: ndarray, l: int, train: bool, drop: Mapping[int, float]) -> tuple[ndarray, Any]:
        if l not in drop:
            return h, None
        out, cache = self.pieces["dropout_forward"](h, drop[l], self.mask_rng, train)
        return np.asarray(out, self.dtype), cache

    def _add_noise(
        self, x: ndarray, place: tuple[str, int], train: bool, noise: Mapping[tuple[str, int], float]
    ) -> ndarray:
        if place not in noise:
            return x
        return np.asarray(self.pieces["gaussian_noise"](x, noise[place], self.mask_rng, train), self.dtype)

    # Loss and gradients

    def loss(
        self,
        X: ArrayLike,
        y: ArrayLike,
        loss: str = "bce",
        l2: Mapping[Key, float] = NOTHING,
        l1: Mapping[Key, float] = NOTHING,
    ) -> float:
        """Return the loss without dropout and noise, plus any penalties (Keras reports this sum)."""
        data, _ = self.evaluate(X, y, loss)
        return data + self.penalty(l2, l1, len(np.asarray(X)))

    @_quiet
    def evaluate(self, X: ArrayLike, y: ArrayLike, loss: str = "bce") -> tuple[float, float]:
        """Return (loss, accuracy) without dropout, noise or penalties; accuracy is nan for a regression."""
        X, y = self._rows(X), self._targets(y)
        last, act = self._forward(X, False, NOTHING, NOTHING)[-1], self.acts[-1]
        return find_loss(loss, act).value(last.z, last.a, y, act), accuracy(last.a, y, act)

    @_quiet
    def penalty(
        self, l2: Mapping[Key, float] = NOTHING, l1: Mapping[Key, float] = NOTHING, m: int = 1
    ) -> float:
        """Return the sum of λ·ΣW² over `l2` and of λ·Σ|W| over `l1`: Keras' convention, whatever m is."""
        squares = (
            self.pieces["l2_cost"]([self.params[self.index(key)]], 2 * m * lam, m) for key, lam in l2.items()
        )
        sizes = (lam * np.abs(self.params[self.index(key)]).sum() for key, lam in l1.items())
        return float(sum(squares) + sum(sizes))

    @_quiet
    def grads(
        self,
        X: ArrayLike,
        y: ArrayLike,
        loss: str = "bce",
        l2: Mapping[Key, float] = NOTHING,
        l1: Mapping[Key, float] = NOTHING,
        drop: Mapping[int, float] = NOTHING,
        noise: Mapping[tuple[str, int], float] = NOTHING,
    ) -> list[ndarray]:
        """Return the gradients of the loss and the penalties, in the order of `params`.

        Args:
            X: inputs (m, n_in).
            y: targets (m, units); (m,) for one output, or class numbers (m,) for cce.
            loss: 'bce', 'mse' or 'cce'; the mean over the samples.
            l2: layer -> λ, for a penalty λ·ΣW² on its kernel; a name such as 'b1' penalises that parameter.
            l1: likewise, for λ·Σ|W|.
            drop: as in `forward`; the gradients are those of a training pass.
            noise: as in `forward`.
        """
        self.check_places(drop, noise)
        X, y = self._rows(X), self._targets(y)
        layers = self._forward(X, True, drop, noise)
        gradients = self._backward(layers, find_loss(loss, self.acts[-1]).delta, y)
        for key, lam in l2.items():
            i, m = self.index(key), len(X)
            # The exercise follows the lecture, λ/m times W; 2mλ turns Keras' λ into the lecture's.
            (gradients[i],) = self.pieces["add_l2"]([gradients[i]], [self.params[i]], 2 * m * lam, m)
        for key, lam in l1.items():
            i = self.index(key)
            gradients[i] = gradients[i] + lam * np.sign(self.params[i])
        return gradients

    def _backward(self, layers: list[_Layer], delta: Callable[..., ndarray], y: ndarray) -> list[ndarray]:
        last = layers[-1]
        dz, gradients = delta(last.z, last.a, y, self.acts[-1], len(y)), list[ndarray]()
        for l in range(self.depth, 0, -1):
            layer = layers[l - 1]
            if l < self.depth:
                dz = self._through_activation(dz, layer, l)
            normalisation: tuple[ndarray, ...] = ()
            if l in self.batchnorm:
                dz, *normalisation = self.pieces["batchnorm_backward"](dz, layer.batchnorm)
            gradients = [layer.inputs.T @ dz, dz.sum(axis=0), *normalisation, *gradients]
            if l > 1:
                # For a single output unit the product is an outer one, which broadcasting does faster than
                # matmul.
                dz = dz * self.W[l].T if dz.shape[1] == 1 else dz @ self.W[l].T
        return gradients

    def _through_activation(self, dh: ndarray, layer: _Layer, l: int) -> ndarray:
        """Take the gradient at what a hidden layer sent on back to its z; added noise changes nothing."""
        if layer.dropout is not None:
            dh = np.asarray(self.pieces["dropout_backward"](dh, layer.dropout), self.dtype)
        dz: ndarray = dh * self.acts[l - 1].slope(layer.z, layer.a)
        return dz

    # Steps

    @_quiet
    def step(
        self,
        grads: Sequence[ndarray],
        opt: str = "adam",
        lr: float | None = None,
        momentum: float = 0.0,
        clip: Clip | None = None,
        constraint: Mapping[Key, Callable[[ndarray], ndarray]] = NOTHING,
    ) -> None:
        """Move the parameters once.

        The optimiser remembers its momentum from step to step, until another one is named.

        Args:
            grads: the gradients, in the order of `params`.
            opt: 'sgd' or 'adam'.
            lr: the learning rate; Keras' own if None (0.01 for sgd, 0.001 for adam).
            momentum: for sgd.
            clip: ('value', c), ('norm', c) tensor by tensor, ('global_norm', c), or ('norm_then_value', (cn,
                cv)).
            constraint: layer -> function of its kernel, applied after the move; a name such as 'b1'
                constrains that.
        """
        if opt not in OPTIMISERS:
            raise ValueError(f"no optimiser {opt!r}; there are {', '.join(OPTIMISERS)}")
        if opt != self._opt:
            self._opt, self._opt_state = opt, State()
        if clip is not None:
            grads = self._clip(grads, *clip)
        flat = np.concatenate([g.ravel() for g in grads], dtype=self.dtype, casting="same_kind")
        OPTIMISERS[opt](self._flat, flat, self._opt_state, DEFAULT_LR[opt] if lr is None else lr, momentum)
        self._steps += 1
        if self._steps % FLUSHED_EVERY == 0:
            flush(self._flat, self._opt_state)
        for key, project in constraint.items():
            W = self.params[self.index(key)]
            W[:] = project(W)

    def _clip(self, grads: Sequence[ndarray], mode: str, c: Any) -> Sequence[ndarray]:
        clipped: Sequence[ndarray]
        if mode == "value":
            clipped = self.pieces["clip_by_value"](grads, c)
        elif mode == "norm":
            clipped = [self.pieces["clip_by_norm"](g, c) for g in grads]
        elif mode == "global_norm":
            clipped = self.pieces["clip_by_global_norm"](grads, c)[0]
        elif mode == "norm_then_value":
            clipped = self.pieces["clip_norm_then_value"](grads, *c)
        else:
            raise ValueError(f"clip is value, norm, global_norm or norm_then_value, not {mode!r}")
        return clipped

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        training: Training | None = None,
        *,
        validation: tuple[ArrayLike, ArrayLike] | None = None,
        callbacks: Sequence[Callback[MLP]] = (),
        **changes: Any,
    ) -> History:
        """Train, and return what was recorded on the way.

        Args:
            X: inputs (m, n_in).
            y: targets, as for `grads`.
            training: the settings; those of `Training()` if None.
            validation: (X, y) to report val_loss and val_acc on.
            callbacks: objects with on_epoch(net, epoch, logs), called after every recorded epoch (counted
                from 0); the first that returns True ends the run.
            **changes: settings by name that replace those of `training`: fit(X, y, epochs=400, drop={1:
                0.6}).
        """
        return run_training(self, X, y, training, validation, callbacks, changes)

    # Looking at the parameters, and putting others in their place

    @_quiet
    def weight_norms(self) -> dict[int, float]:
        """Return the Frobenius norm of each layer's kernel."""
        return {l: float(np.linalg.norm(W)) for l, W in self.W.items()}

    @_quiet
    def kernel_norms(self, grads: Sequence[ndarray]) -> dict[int, float]:
        """Return the Frobenius norm of each kernel's gradient, from gradients in the order of `params`."""
        return {l: float(np.linalg.norm(grads[self.index(l)])) for l in self.W}

    def get_weights(self) -> list[ndarray]:
        """Return a copy of all parameters, to come back to."""
        return [p.copy() for p in self.params]

    def set_weights(self, values: Sequence[ArrayLike]) -> None:
        """Put values, in the order of `params`, in the place of all parameters."""
        for p, value in zip(self.params, values, strict=True):
            p[...] = np.asarray(value).reshape(p.shape)

    def resume(self, opt: str, state: State, steps: int) -> None:
        """Go on from here as after so many steps with this optimiser, which remembers `state`."""
        self._opt, self._opt_state, self._steps = opt, state, steps

    def index(self, key: Key) -> int:
        """Return where in `params` a layer's kernel lies, or the parameter of that name."""
        name = key if isinstance(key, str) else f"W{key}"
        if name not in self.names:
            raise ValueError(f"no layer or parameter {key!r}; there are {', '.join(self.names)}")
        return self.names.index(name)

    def check_places(self, drop: Mapping[int, float], noise: Mapping[tuple[str, int], float]) -> None:
        """Raise ValueError where dropout or noise is asked for in a layer that cannot have it."""
        self._check_layers("drop", drop, 0, self.depth - 1)
        for place, l in noise:
            if place not in NOISE_PLACES:
                raise ValueError(f"noise goes {', '.join(NOISE_PLACES)}, not {place!r}")
            self._check_layers(f"noise {place}", [l], 1, self.depth - (place == "post"))

    def _check_layers(self, what: str, layers: Iterable[int], first: int, last: int) -> None:
        for l in layers:
            if not first <= l <= last:
                raise ValueError(f"{what} is for layers {first} to {last} of this network, not {l}")

    def _rows(self, X: ArrayLike) -> ndarray:
        rows = np.asarray(X, self.dtype)
        if rows.ndim != 2 or rows.shape[1] != self.sizes[0]:
            raise ValueError(f"inputs have shape (m, {self.sizes[0]}), not {rows.shape}")
        return rows

    def _targets(self, y: ArrayLike) -> ndarray:
        """Return targets of the output's shape: a column for one output, one-hot rows for class numbers."""
        targets, units = np.asarray(y), self.sizes[-1]
        if targets.ndim == 1 and units > 1:
            targets = np.eye(units, dtype=self.dtype)[targets.astype(int)]
        return targets.reshape(-1, units).astype(self.dtype, copy=False)
