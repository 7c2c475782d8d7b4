"""Draws one vehicle on a road: what stands in the folder's images, and nothing about files.

Everything is a polygon in metres, x along the road and y up, which a view turns into pixels: mirrored,
scaled, tilted, moved. A picture is drawn four times too large, made smaller, and then lit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw

HEIGHT, WIDTH = 32, 48  # pixels, unless told
FINER = 4

Colour = tuple[int, int, int]
Points = Sequence[tuple[float, float]]

PAINT: dict[str, Colour] = {
    "white": (236, 236, 232),
    "silver": (166, 170, 175),
    "black": (38, 38, 42),
    "red": (196, 26, 28),
    "blue": (36, 66, 152),
    "yellow": (232, 194, 34),
    "green": (36, 110, 62),
}
GLASS, TYRE, HUB, RUBBER = (52, 66, 82), (24, 24, 26), (150, 150, 150), (40, 40, 40)
RED_LIGHT, BLUE_LIGHT, AMBER = (255, 40, 40), (50, 90, 255), (255, 160, 20)


@dataclass(frozen=True)
class Vehicle:
    """What is drawn, and how."""

    kind: str
    colour: str
    view: str  # from the side, or from the front
    light: str  # day, dusk or night

    @property
    def is_emergency(self) -> bool:
        return self.kind in EMERGENCY


@dataclass
class Sketch:
    """Polygons in metres, each with its colour; later ones lie on top."""

    parts: list[tuple[Points, Colour]] = field(default_factory=list)

    def shape(self, colour: Colour, *points: tuple[float, float]) -> None:
        self.parts.append((points, colour))

    def box(self, colour: Colour, left: float, low: float, right: float, high: float) -> None:
        self.shape(colour, (left, low), (right, low), (right, high), (left, high))

    def disc(self, colour: Colour, x: float, y: float, radius: float) -> None:
        turns = np.linspace(0, 2 * np.pi, 14, endpoint=False)
        self.shape(colour, *zip(x + radius * np.cos(turns), y + radius * np.sin(turns)))

    def wheel(self, x: float, radius: float = 0.36) -> None:
        self.disc(TYRE, x, radius, radius)
        self.disc(HUB, x, radius, 0.5 * radius)

    def lights(self, x: float, y: float, width: float = 1.3, height: float = 0.32) -> None:
        """A bar of blue and red lights on a roof."""
        self.box(RUBBER, x - width / 2 - 0.05, y - 0.06, x + width / 2 + 0.05, y + 0.02)
        self.box(BLUE_LIGHT, x - width / 2, y, x, y + height)
        self.box(RED_LIGHT, x, y, x + width / 2, y + height)

    def cross(self, colour: Colour, x: float, y: float, size: float) -> None:
        self.box(colour, x - size / 2, y - size / 6, x + size / 2, y + size / 6)
        self.box(colour, x - size / 6, y - size / 2, x + size / 6, y + size / 2)


# From the side. The front is to the right.


def car(s: Sketch, paint: Colour, rng: np.random.Generator) -> float:
    """A saloon or a hatchback; returns its length in metres."""
    tail = rng.uniform(0.15, 1.0)
    s.shape(paint, (0, 0.35), (4.4, 0.35), (4.4, 0.8), (3.5, 0.98), (0.05, 1.0))
    s.shape(paint, (tail - 0.1, 0.95), (3.45, 0.95), (2.75, 1.5), (tail + 0.45, 1.5))
    s.shape(GLASS, (tail + 0.2, 1.0), (1.95, 1.0), (1.95, 1.42), (tail + 0.55, 1.42))
    s.shape(GLASS, (2.08, 1.0), (3.2, 1.0), (2.68, 1.42), (2.08, 1.42))
    s.box((255, 240, 190), 4.22, 0.66, 4.4, 0.8)
    s.box((170, 20, 20), 0.0, 0.72, 0.16, 0.9)
    s.wheel(0.9)
    s.wheel(3.5)
    return 4.4


def taxi(s: Sketch, paint: Colour, rng: np.random.Generator) -> float:
    """A car with a sign on its roof, where others have lights."""
    length = car(s, paint, rng)
    s.box((250, 240, 180), 1.7, 1.5, 2.5, 1.78)
    s.box(RUBBER, 1.85, 1.58, 2.35, 1.68)
    return length


def police_car(s: Sketch, paint: Colour, rng: np.random.Generator) -> float:
    """A car with a band or doors of another colour, and lights."""
    length = car(s, paint, rng)
    other = PAINT["white"] if paint[0] < 120 else (28, 62, 160)
    if rng.random() < 0.5:
        s.box(other, 0.02, 0.55, 4.38, 0.8)
    else:
        s.box(other, 1.3, 0.4, 2.9, 0.95)
    s.wheel(0.9)
    s.wheel(3.5)
    s.lights(2.1, 1.52)
    return length


def van_body(s: Sketch, paint: Colour, height: float = 2.3) -> None:
    s.shape(
        paint,
        (0, 0.4),
        (5.3, 0.4),
        (5.3, 1.05),
        (4.75, 1.25),
        (4.1, height - 0.05),
        (3.9, height),
        (0, height),
    )
    s.shape(GLASS, (3.35, 1.3), (4.6, 1.3), (4.1, height - 0.25), (3.35, height - 0.25))
    s.box((255, 240, 190), 5.1, 0.85, 5.3, 1.05)


def van(s: Sketch, paint: Colour, rng: np.random.Generator) -> float:
    """A delivery van, some with the sign of a firm."""
    van_body(s, paint, rng.uniform(2.1, 2.5))
    if rng.random() < 0.6:
        sign = list(PAINT.values())[rng.integers(7)]
        kind = rng.integers(3)
        if kind == 0:
            s.box(sign, 0.4, 0.8, 3.0, 1.05)
        elif kind == 1:
            s.disc(sign, 1.5, 1.4, 0.5)
        else:
            s.box(sign, 0.7, 1.1, 2.6, 1.8)
    s.wheel(1.0, 0.4)
    s.wheel(4.3, 0.4)
    return 5.3


def ambulance(s: Sketch, paint: Colour, rng: np.random.Generator) -> float:
    """A high van with a cross, a band, and lights."""
    s.box(paint, 0, 0.45, 3.7, 2.75)
    s.shape(paint, (3.6, 0.45), (5.5, 0.45), (5.5, 1.1), (4.95, 1.3), (4.35, 2.3), (3.6, 2.3))
    s.shape(GLASS, (3.85, 1.35), (4.8, 1.35), (4.3, 2.1), (3.85, 2.1))
    red = (206, 24, 34)
    if rng.random() < 0.4:
        for k in range(7):
            s.box((40, 130, 70) if k % 2 else (238, 214, 40), 0.52 * k, 0.75, 0.52 * k + 0.52, 1.15)
    else:
        s.box(red, 0, 0.8, 5.45, 1.1)
    s.cross(red if rng.random() < 0.7 else (30, 70, 170), 1.7, 1.85, 1.25)
    s.wheel(1.1, 0.42)
    s.wheel(4.4, 0.42)
    s.lights(4.0, 2.36, 0.9, 0.4)
    if rng.random() < 0.6:
        s.box(BLUE_LIGHT, 0.05, 2.75, 0.45, 3.05)
    return 5.5


def police_van(s: Sketch, paint: Colour, rng: np.random.Generator) -> float:
    """A van with a blue band and lights."""
    van_body(s, paint)
    other = PAINT["white"] if paint[0] < 120 else (28, 62, 160)
    s.box(other, 0, 0.85, 5.1, 1.2)
    s.wheel(1.0, 0.4)
    s.wheel(4.3, 0.4)
    s.lights(3.4, 2.34, 1.2, 0.36)
    return 5.3


def bus(s: Sketch, paint: Colour, rng: np.random.Generator) -> float:
    """A bus: a long box of windows, in one row or two."""
    double = rng.random() < 0.35
    high = 4.1 if double else 3.0
    s.box(paint, 0, 0.4, 9.0, high)
    for low in (1.45, 2.85) if double else (1.45,):
        for k in range(6):
            s.box(GLASS, 0.4 + 1.25 * k, low, 1.45 + 1.25 * k, low + 0.85)
        s.box(GLASS, 8.1, low - 0.1, 9.0, low + 0.9)
    s.box((225, 225, 220), 0.2, 0.95, 7.6, 1.12)
    s.wheel(1.8, 0.5)
    s.wheel(7.0, 0.5)
    return 9.0


def lorry(s: Sketch, paint: Colour, rng: np.random.Generator) -> float:
    """A cab in front of a box, a flatbed or a tank; some with an amber light."""
    load = list(PAINT.values())[rng.integers(7)]
    s.box(RUBBER, 0, 0.6, 7.4, 0.85)
    body = rng.integers(3)
    if body == 0:
        s.box(load, 0, 0.85, 5.4, 3.3)
        if rng.random() < 0.4:
            s.box(PAINT["white"], 0.5, 1.6, 4.9, 2.3)
    elif body == 1:
        s.box(load, 0, 0.85, 5.4, 1.6)
        s.shape((120, 90, 60), (0.4, 1.6), (5.0, 1.6), (4.2, 2.3), (1.2, 2.4))
    else:
        s.shape(load, (0.2, 1.0), (5.2, 1.0), (5.4, 1.9), (5.2, 2.7), (0.2, 2.7), (0, 1.9))
    s.shape(paint, (5.6, 0.5), (7.5, 0.5), (7.5, 1.6), (7.2, 2.8), (5.6, 2.8))
    s.shape(GLASS, (6.3, 1.65), (7.4, 1.65), (7.15, 2.6), (6.3, 2.6))
    for x in (0.9, 1.95, 6.5):
        s.wheel(x, 0.48)
    if rng.random() < 0.35:
        s.box(AMBER, 6.0, 2.82, 6.6, 3.12)
    return 7.5


def fire_engine(s: Sketch, paint: Colour, rng: np.random.Generator) -> float:
    """A long engine with lockers, a white band, a ladder on top, and lights."""
    s.box(paint, 0, 0.5, 5.6, 2.7)
    s.shape(paint, (5.5, 0.5), (8.0, 0.5), (8.0, 1.6), (7.8, 2.9), (5.5, 2.9))
    for left in (0.4, 2.05, 3.7):
        s.box((172, 174, 176), left, 1.35, left + 1.35, 2.4)
    s.box((240, 236, 220) if paint[1] < 160 else (190, 30, 30), 0, 0.9, 8.0, 1.18)
    s.box(GLASS, 5.8, 1.65, 6.6, 2.6)
    s.shape(GLASS, (6.9, 1.65), (7.95, 1.65), (7.8, 2.6), (6.9, 2.6))
    for x in (1.5, 6.7):
        s.wheel(x, 0.55)
    rail = (205, 205, 205)
    rise = rng.uniform(0, 0.5)
    s.shape(rail, (0.1, 3.0), (5.7, 3.0 + rise), (5.7, 3.14 + rise), (0.1, 3.14))
    s.shape(rail, (0.1, 3.42), (5.7, 3.42 + rise), (5.7, 3.56 + rise), (0.1, 3.56))
    for k in range(8):
        x = 0.2 + 0.74 * k
        lift = rise * x / 5.7
        s.box(rail, x, 3.05 + lift, x + 0.14, 3.5 + lift)
    s.lights(7.0, 2.94, 1.3, 0.4)
    return 8.0


# From the front: a face, its width in metres.


def face(
    s: Sketch, paint: Colour, width: float, height: float, glass: tuple[float, float], slant: float
) -> None:
    """Body, windscreen, headlights, number plate and tyres."""
    half = width / 2
    s.box(TYRE, -half + 0.05, 0, -half + 0.35, 0.5)
    s.box(TYRE, half - 0.35, 0, half - 0.05, 0.5)
    s.shape(
        paint, (-half, 0.3), (half, 0.3), (half, glass[0]), (half - slant, height), (slant - half, height),
        (-half, glass[0]),
    )  # fmt: skip
    low, high = glass
    inset = slant * (high - low) / (height - low + 1e-9)
    s.shape(
        GLASS,
        (-half + 0.12, low),
        (half - 0.12, low),
        (half - 0.1 - inset, high),
        (-half + 0.1 + inset, high),
    )
    for side in (-1, 1):
        s.disc((255, 244, 205), side * (half - 0.3), 0.72, 0.16)
    s.box(RUBBER, -0.45, 0.5, 0.45, 0.72)


def car_face(s: Sketch, paint: Colour, rng: np.random.Generator) -> float:
    face(s, paint, 1.8, 1.5, (0.98, 1.42), 0.28)
    return 1.8


def taxi_face(s: Sketch, paint: Colour, rng: np.random.Generator) -> float:
    face(s, paint, 1.8, 1.5, (0.98, 1.42), 0.28)
    s.box((250, 240, 180), -0.35, 1.5, 0.35, 1.76)
    return 1.8


def police_face(s: Sketch, paint: Colour, rng: np.random.Generator) -> float:
    face(s, paint, 1.8, 1.5, (0.98, 1.42), 0.28)
    s.box(PAINT["white"] if paint[0] < 120 else (28, 62, 160), -0.9, 0.8, 0.9, 0.94)
    s.lights(0, 1.52, 1.1, 0.3)
    return 1.8


def van_face(s: Sketch, paint: Colour, rng: np.random.Generator) -> float:
    face(s, paint, 2.0, 2.3, (1.25, 2.0), 0.2)
    return 2.0


def police_van_face(s: Sketch, paint: Colour, rng: np.random.Generator) -> float:
    face(s, paint, 2.0, 2.3, (1.25, 2.0), 0.2)
    s.box(PAINT["white"] if paint[0] < 120 else (28, 62, 160), -1.0, 0.92, 1.0, 1.15)
    s.lights(0, 2.32, 1.3, 0.34)
    return 2.0


def ambulance_face(s: Sketch, paint: Colour, rng: np.random.Generator) -> float:
    s.box(paint, -1.1, 0.6, 1.1, 2.8)
    face(s, paint, 2.1, 2.3, (1.3, 2.0), 0.2)
    s.box((206, 24, 34), -1.05, 0.95, 1.05, 1.2)
    s.cross((206, 24, 34), 0, 2.45, 0.55)
    s.lights(0, 2.82, 1.7, 0.36)
    return 2.2


def bus_face(s: Sketch, paint: Colour, rng: np.random.Generator) -> float:
    high = 4.1 if rng.random() < 0.35 else 3.0
    face(s, paint, 2.5, high, (1.2, 2.35), 0.08)
    if high > 4:
        s.box(GLASS, -1.1, 2.9, 1.1, 3.75)
    s.box((30, 30, 30), -0.8, 2.45, 0.8, 2.8)
    s.box((255, 190, 60), -0.6, 2.53, 0.6, 2.72)
    return 2.5


def lorry_face(s: Sketch, paint: Colour, rng: np.random.Generator) -> float:
    s.box(list(PAINT.values())[rng.integers(7)], -1.25, 0.8, 1.25, 3.4)
    face(s, paint, 2.3, 2.8, (1.6, 2.5), 0.1)
    if rng.random() < 0.35:
        s.box(AMBER, -0.3, 2.82, 0.3, 3.1)
    return 2.5


def fire_face(s: Sketch, paint: Colour, rng: np.random.Generator) -> float:
    for x in (-0.55, 0.35):
        s.box((205, 205, 205), x, 2.9, x + 0.2, 3.6)
    s.box((205, 205, 205), -0.55, 3.2, 0.55, 3.36)
    face(s, paint, 2.4, 2.9, (1.5, 2.5), 0.08)
    s.box((240, 236, 220) if paint[1] < 160 else (190, 30, 30), -1.2, 0.98, 1.2, 1.25)
    s.lights(-0.75, 2.94, 0.8, 0.4)
    s.lights(0.75, 2.94, 0.8, 0.4)
    return 2.4


Draw = Callable[[Sketch, Colour, np.random.Generator], float]
DRAWN: dict[str, dict[str, Draw]] = {
    "ambulance": {"side": ambulance, "front": ambulance_face},
    "fire engine": {"side": fire_engine, "front": fire_face},
    "police car": {"side": police_car, "front": police_face},
    "police van": {"side": police_van, "front": police_van_face},
    "car": {"side": car, "front": car_face},
    "taxi": {"side": taxi, "front": taxi_face},
    "van": {"side": van, "front": van_face},
    "bus": {"side": bus, "front": bus_face},
    "lorry": {"side": lorry, "front": lorry_face},
}
EMERGENCY = ("ambulance", "fire engine", "police car", "police van")

# How often each kind is met among its own, and in which colours. Red and white are common on both sides, so
# that no colour gives a vehicle away.
KINDS = {
    True: {"ambulance": 0.32, "fire engine": 0.3, "police car": 0.28, "police van": 0.1},
    False: {"car": 0.36, "van": 0.22, "bus": 0.14, "lorry": 0.18, "taxi": 0.1},
}
COLOURS = {
    "ambulance": {"white": 0.7, "yellow": 0.3},
    "fire engine": {"red": 0.85, "yellow": 0.15},
    "police car": {"white": 0.5, "black": 0.2, "blue": 0.2, "silver": 0.1},
    "police van": {"white": 0.75, "blue": 0.25},
    "car": {
        "white": 0.18,
        "silver": 0.14,
        "black": 0.16,
        "red": 0.26,
        "blue": 0.14,
        "yellow": 0.04,
        "green": 0.08,
    },
    "taxi": {"yellow": 0.4, "black": 0.3, "white": 0.3},
    "van": {"white": 0.64, "silver": 0.08, "red": 0.1, "blue": 0.08, "yellow": 0.1},
    "bus": {"red": 0.4, "yellow": 0.2, "white": 0.16, "blue": 0.12, "green": 0.12},
    "lorry": {"red": 0.34, "white": 0.3, "blue": 0.16, "green": 0.1, "yellow": 0.1},
}
VIEWS = {"side": 0.78, "front": 0.22}
LIGHTS = {"day": 0.66, "dusk": 0.2, "night": 0.14}


def pick(weights: dict[str, float], rng: np.random.Generator) -> str:
    """One of the names, as often as its weight says."""
    share = np.array(list(weights.values()))
    return list(weights)[rng.choice(len(share), p=share / share.sum())]


def any_vehicle(emergency: bool, rng: np.random.Generator) -> Vehicle:
    """A vehicle as one meets it."""
    kind = pick(KINDS[emergency], rng)
    return Vehicle(kind, pick(COLOURS[kind], rng), pick(VIEWS, rng), pick(LIGHTS, rng))


def picture(
    vehicle: Vehicle, rng: np.random.Generator, height: int = HEIGHT, width: int = WIDTH
) -> np.ndarray:
    """The vehicle on a road, uint8 of shape (height, width, 3)."""
    s = Sketch()
    paint = tuple(int(c) for c in np.clip(np.array(PAINT[vehicle.colour]) + rng.normal(0, 12, 3), 0, 255))
    extent = DRAWN[vehicle.kind][vehicle.view](s, paint, rng)
    tall = max(y for points, _ in s.parts for _, y in points)
    canvas = Image.new("RGB", (width * FINER, height * FINER))
    pen = ImageDraw.Draw(canvas)
    ground = _scenery(pen, rng, width * FINER, height * FINER)
    if vehicle.view == "side":
        scale = rng.uniform(0.72, 0.92) * width * FINER / max(extent, 4.6)
        left, mirrored = 0.0, rng.random() < 0.5
    else:
        scale = rng.uniform(0.55, 0.8) * height * FINER / max(tall, 2.0)
        left, mirrored = -extent / 2, rng.random() < 0.5
    scale = min(scale, 0.88 * height * FINER / tall)
    room = width * FINER - scale * extent
    x0 = rng.uniform(0.1, 0.9) * room
    y0 = min(ground + rng.uniform(0.1, 0.3) * height * FINER, 0.97 * height * FINER)
    y0 = max(y0, scale * tall + 0.02 * height * FINER)
    tilt = rng.normal(0, 0.035)

    def place(points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
        out = []
        for x, y in points:
            across, up = scale * (x - left), scale * y
            across = scale * extent - across if mirrored else across
            out.append((x0 + across - tilt * up, y0 - up - tilt * (across - scale * extent / 2)))
        return out

    shade = [(left - 0.1, -0.05), (left + extent + 0.1, -0.05), (left + extent, 0.12), (left, 0.12)]
    pen.polygon(place(shade), fill=(48, 48, 52))
    for points, colour in s.parts:
        pen.polygon(place(points), fill=colour)
    if rng.random() < 0.12:  # a lamp post in the way
        post = rng.uniform(0.05, 0.95) * width * FINER
        pen.rectangle((post, 0, post + 0.025 * width * FINER, height * FINER * 0.95), fill=(70, 72, 74))
    return _lit(np.asarray(canvas.reduce(FINER), dtype=float), vehicle.light, rng)


def _scenery(pen: ImageDraw.ImageDraw, rng: np.random.Generator, width: int, height: int) -> float:
    """Sky, what stands behind the road, and the road; returns the row at which the road begins."""
    horizon = rng.uniform(0.3, 0.55) * height
    road = horizon + rng.uniform(0.12, 0.25) * height
    skies = [(150, 190, 230), (196, 204, 210), (224, 214, 200), (120, 150, 190)]
    pen.rectangle((0, 0, width, height), fill=skies[rng.integers(4)])
    behind = rng.integers(4)
    if behind == 0:  # houses
        x = -rng.uniform(0, 0.2) * width
        while x < width:
            wide, tall = rng.uniform(0.12, 0.3) * width, rng.uniform(0.25, 0.9) * horizon
            wall = tuple(int(c) for c in rng.uniform([90, 80, 75], [190, 165, 150]))
            pen.rectangle((x, horizon - tall, x + wide, road), fill=wall)
            for row in np.arange(horizon - tall + 0.05 * height, horizon, 0.11 * height):
                for column in np.arange(x + 0.02 * width, x + wide - 0.04 * width, 0.06 * width):
                    pen.rectangle(
                        (column, row, column + 0.025 * width, row + 0.05 * height), fill=(70, 80, 95)
                    )
            x += wide
    elif behind == 1:  # trees
        pen.rectangle((0, horizon, width, road), fill=(96, 130, 70))
        for _ in range(rng.integers(3, 8)):
            x, r = rng.uniform(0, width), rng.uniform(0.07, 0.16) * width
            green = tuple(int(c) for c in rng.uniform([30, 80, 30], [80, 130, 60]))
            pen.ellipse((x - r, horizon - 1.4 * r, x + r, horizon + 0.6 * r), fill=green)
    elif behind == 2:  # hills
        far = tuple(int(c) for c in rng.uniform([90, 110, 90], [150, 160, 140]))
        for _ in range(3):
            x, r = rng.uniform(0, width), rng.uniform(0.2, 0.45) * width
            pen.ellipse((x - r, horizon - 0.5 * r, x + r, horizon + r), fill=far)
        pen.rectangle((0, horizon, width, road), fill=(120, 140, 84))
    else:  # a wall, red or white among others
        wall = [(150, 70, 60), (210, 208, 200), (110, 116, 124), (170, 60, 50)][rng.integers(4)]
        pen.rectangle((0, rng.uniform(0.0, 0.6) * horizon, width, road), fill=wall)
    grey = int(rng.uniform(80, 135))
    pen.rectangle((0, road, width, height), fill=(grey, grey, grey + 4))
    if rng.random() < 0.6:
        row = road + 0.7 * (height - road)
        for x in np.arange(rng.uniform(-0.2, 0) * width, width, 0.3 * width):
            pen.rectangle((x, row, x + 0.14 * width, row + 0.025 * height), fill=(215, 215, 205))
    return road


def _lit(image: np.ndarray, light: str, rng: np.random.Generator) -> np.ndarray:
    """Brightness, contrast, a tint and the noise of a camera."""
    tints = {"day": (1.0, 1.0, 1.0), "dusk": (0.86, 0.68, 0.62), "night": (0.46, 0.48, 0.6)}
    image = image * np.array(tints[light]) * rng.uniform(0.82, 1.14)
    image = image * rng.normal(1, 0.03, 3) + rng.normal(0, 6)
    image += rng.normal(0, rng.uniform(2, 9), image.shape)
    return np.clip(np.round(image), 0, 255).astype(np.uint8)
