"""Emergency vehicles or not: the lecture's case study with images that may be handed on.

The public data set can't be shipped with a course (see data/README.md), so these images are drawn, in its
layout: a csv with the columns `image_names` and `emergency_or_not`, and a folder `images/`. `load` reads the
real one as well.
"""

from emergency_vehicles.dataset import DatasetError, Drawn, details, draw, folder, load, make

__all__ = ["DatasetError", "Drawn", "details", "draw", "folder", "load", "make"]
