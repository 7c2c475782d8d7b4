"""A figure as an image in a notebook: sharp on every screen, the same bytes every time, with a text."""

from __future__ import annotations

import base64
import html
import io
import re
from typing import Any
from urllib.parse import quote

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.collections import PathCollection, QuadMesh
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.mathtext import MathTextParser

from nnlab.figures.palette import DPI

SHARP = 2  # pixels of an image for each that it is shown with
SMALL_SVG = 85_000  # bytes; a PNG would save little, and takes longer to make than all the rest of the figure
MANY_MARKERS = 500  # of which each takes a hundred bytes: then nobody need draw it to know
LARGEST_SVG = 200_000  # bytes; a browser takes long to draw many small things, but not to show a PNG of them


class _Canvas(FigureCanvasAgg):
    """Figures drawn on it share the reading of formulas, and so of the powers of ten at their axes."""

    parser: MathTextParser[Any] | None = None  # the first one, which remembers what it has read

    def get_renderer(self) -> RendererAgg:
        renderer: RendererAgg = super().get_renderer()  # type: ignore[no-untyped-call]
        _Canvas.parser = renderer.mathtext_parser = _Canvas.parser or renderer.mathtext_parser
        return renderer


def lay_out(fig: Figure) -> _Canvas:
    """Give everything in the figure its place, once: constrained layout moves it a little in every run."""
    canvas, layout = _Canvas(fig), fig.get_layout_engine()
    if layout is not None:
        fig.dpi = DPI * SHARP  # letters are a little wider or narrower with fewer pixels
        layout.execute(fig)
        fig.set_layout_engine("none")
    return canvas


def png(fig: Figure, dpi: int = DPI * SHARP, quick: bool = False) -> bytes:
    """Return the figure as a PNG of 256 colours, the same bytes every time; a quick one is larger."""
    from PIL import Image

    canvas = lay_out(fig)
    # Drawn here, once: savefig would draw all of it a second time, to find out how large it gets.
    fig.dpi = dpi
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    image, data = Image.fromarray(pixels[..., :3]), io.BytesIO()
    if quick:
        image.save(data, "PNG", compress_level=1)
    else:
        image.quantize(256, dither=Image.Dither.NONE).save(data, "PNG", optimize=True)
    return data.getvalue()


def svg(fig: Figure) -> str:
    """Return the figure as an SVG without what is of no use in a page, the same text every time."""
    lay_out(fig)
    for mesh in fig.findobj(QuadMesh):  # ten thousands of cells: one image
        mesh.set_rasterized(True)
    text = io.StringIO()
    # As in png, savefig would draw all of it twice.
    fig.dpi = DPI * SHARP
    nothing = {"Date": None, "Creator": None}
    FigureCanvasSVG(fig).print_svg(text, metadata=nothing)  # type: ignore[no-untyped-call]
    return _smaller(text.getvalue())


def _smaller(text: str) -> str:
    # What is drawn as an image within is left as it is.
    parts = re.split(r'("data:image[^"]*")', text)
    return "".join(part if part.startswith('"data:') else _shapes_smaller(part) for part in parts).strip()


def _shapes_smaller(text: str) -> str:
    text = re.sub(r"(?s)<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", "", text)
    text = re.sub(r'<g id="[^"]*"', "<g", text)  # which nothing refers to
    text = re.sub(r"-?\d+\.\d{2,}", lambda number: f"{_rounded(float(number[0])):.12g}", text)
    text = re.sub(r"\s+", " ", text).replace("> <", "><").replace(" />", "/>")
    # In paths and styles most spaces are for human readers.
    return re.sub(r'"[^"]*"', lambda value: re.sub(r" ?([MLQCz:;]) ?", r"\1", value[0]), text)


def _rounded(value: float) -> float:
    """A tenth of a point is a fifth of a pixel."""
    return round(value, 1) if abs(value) >= 1 else float(f"{value:.4g}")


def image(fig: Figure, alt: str, dpi: int = DPI) -> dict[str, str]:
    """Return the figure as the output of a cell: an SVG, or a PNG where that is much smaller.

    Args:
        fig: the figure.
        alt: what it shows, in words.
        dpi: CSS pixels per inch that it is shown with.
    """
    if _markers(fig) > MANY_MARKERS:
        return tagged(_base64(png(fig, SHARP * dpi), "png"), alt, fig, dpi)
    vector = "data:image/svg+xml," + quote(svg(fig).replace('"', "'"), safe=" =:/,;()'*!?@+~")
    if len(vector) <= SMALL_SVG:
        return tagged(vector, alt, fig, dpi)
    raster = _base64(png(fig, SHARP * dpi), "png")
    return tagged(vector if len(vector) <= min(len(raster), LARGEST_SVG) else raster, alt, fig, dpi)


def _markers(fig: Figure) -> int:
    """Return how many points are marked in the figure, each by itself."""
    lines: list[Any] = fig.findobj(Line2D)
    clouds: list[Any] = fig.findobj(PathCollection)
    marked = [line.get_xdata() for line in lines if line.get_marker() not in ("", " ", "None", "none", None)]
    return sum(map(len, [*marked, *(cloud.get_offsets() for cloud in clouds)]))


def quick_image(fig: Figure, alt: str) -> dict[str, str]:
    """Return the figure as the output of a cell, made in a hurry."""
    return tagged(_base64(png(fig, quick=True), "png"), alt, fig)


def tagged(source: str, alt: str, fig: Figure, dpi: int = DPI) -> dict[str, str]:
    """Return an <img> as wide as the figure, or as the page where that is narrower."""
    # JupyterLab takes <style> out of outputs, so that all looks are attributes.
    looks = "max-width:100%;height:auto;border-radius:6px"
    width = round(fig.get_figwidth() * dpi)
    kind = ' class="drawing"' if is_drawing(fig) else ""
    tag = f'<img src="{source}" alt="{html.escape(alt)}" width="{width}"{kind} style="{looks}">'
    return {"text/html": tag, "text/plain": alt}


def is_drawing(fig: Figure) -> bool:
    """Return whether a page may turn its light ground dark: no photograph, no map of light and dark."""
    return not fig.findobj(AxesImage) and not fig.findobj(QuadMesh)


def gif(images: list[bytes], seconds: float) -> str:
    """Return PNGs one after the other, as the source of an <img>."""
    from PIL import Image

    frames = [Image.open(io.BytesIO(data)).convert("RGB") for data in images]
    # One set of colours for all, so that what does not change is stored once.
    colors = Image.fromarray(np.vstack([np.asarray(frame) for frame in frames])).quantize(16)
    frames = [frame.quantize(palette=colors, dither=Image.Dither.NONE) for frame in frames]
    buffer, each = io.BytesIO(), int(1000 * seconds)
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=each, loop=3)
    return _base64(buffer.getvalue(), "gif")


def _base64(data: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"


def display(output: Any, again: bool = False) -> Any:
    """Make texts by type, or a widget, an output of the cell; return a handle to change it `again`."""
    from IPython.display import display as in_cell

    raw = {"raw": True} if isinstance(output, dict) else {}
    return in_cell(output, **raw, **({"display_id": True} if again else {}))


def in_notebook() -> bool:
    """Return whether somebody reads outputs, rather than a terminal."""
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return get_ipython() is not None
