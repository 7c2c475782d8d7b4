"""Names and values for sliders and buttons, which ipywidgets leaves out, for those who don't see them.

They are added where the page lets a script run, and nothing is lost elsewhere.
"""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

# The widgets stand on the page a moment after the script, hence the waiting. A handle gets its label as its
# name, and as its value the number shown beside it: its own are rounded to a tenth. The text that follows a
# move is announced.
SCRIPT = """
(() => {
  const follow = (node, what, then) => {
    then();
    new MutationObserver(then).observe(node, what);
  };
  const put = (node, values) => {
    for (const [name, value] of Object.entries(values))
      if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
  };
  const add = (box, settings) => {
    for (const slider of box.querySelectorAll(".widget-slider")) {
      const handle = slider.querySelector("[role=slider]");
      const name = slider.querySelector(".widget-label").textContent;
      const shown = slider.querySelector(".widget-readout");
      const [low, high] = settings[name] ?? [];
      put(shown, {role: "textbox", "aria-label": name + ", as a number"});
      const say = () => put(handle, {
        "aria-label": name, "aria-valuetext": shown.textContent, "aria-valuenow": shown.textContent,
        ...(low === undefined ? {} : {"aria-valuemin": low, "aria-valuemax": high}),
      });
      follow(shown, {childList: true, characterData: true, subtree: true}, say);
      follow(handle, {attributes: true}, say);
    }
    for (const row of box.querySelectorAll(".widget-toggle-buttons")) {
      put(row, {role: "group", "aria-label": row.querySelector(".widget-label").textContent});
      for (const one of row.querySelectorAll("button"))
        follow(one, {attributeFilter: ["class"]}, () =>
          put(one, {"aria-pressed": one.classList.contains("mod-active")}));
    }
    for (const text of box.querySelectorAll(".widget-html-content")) put(text, {role: "status"});
  };
  const wait = (left) => {
    const box = element.closest(".widget-vbox");
    const there = box ? box.querySelectorAll("[role=slider], .widget-toggle-buttons button").length : 0;
    const unfinished = box && box.querySelector(".widget-slider:not(:has([role=slider]))");
    if (there && !unfinished) add(box, SETTINGS);
    else if (left) setTimeout(wait, 200, left - 1);
  };
  wait(50);
})();
"""


def naming(widgets: ModuleType, ranges: dict[str, tuple[float, float]]) -> Any:
    """A widget without looks that names what stands with it in a box.

    Args:
        widgets: ipywidgets.
        ranges: by the name of a slider, its lowest and highest value.
    """
    script = SCRIPT.replace("SETTINGS", json.dumps(ranges))
    data = {"application/javascript": script, "text/plain": ""}
    return widgets.Output(outputs=({"output_type": "display_data", "data": data, "metadata": {}},))
