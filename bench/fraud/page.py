"""docs/fraud.md, from the figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_PAGE = Path(__file__).with_suffix(".md")


def write(result: dict[str, Any], path: Path) -> None:
    """Write the page that tells a run's figures."""
    honest, bots = result["honest"], result["bots"]
    kinds = [
        f"| {kind} | {_number(n.get('visits', 0))} | {_number(n.get('confirmed', 0))} | {_number(n.get('held', 0))} |"
        for side in (bots, honest)
        for kind, n in side["kinds"].items()
    ]
    page = _PAGE.read_text("utf-8").format(
        seed=result["seed"],
        networks=result["networks_of_bots"],
        bots=_number(bots["visits"]),
        honest=_number(honest["visits"]),
        bots_confirmed=_number(bots["confirmed"]),
        bots_held=_number(bots["held"]),
        bots_share=f"{bots['share_held']:.2%}".replace("%", " %"),
        honest_confirmed=_number(honest["confirmed"]),
        honest_held=_number(honest["held"]),
        honest_share=f"{honest['share_held']:.3%}".replace("%", " %"),
        lost=honest["lost"],
        released=result["released"]["counted"],
        held=result["released"]["held"],
        exact="yes" if result["count_is_exact"] else "no",
        kinds="\n".join(kinds),
        requests=_number(result["requests"]),
        seconds=round(result["processor_seconds"]),
    )
    path.write_text(page, "utf-8")


def _number(value: int) -> str:
    return f"{value:,}".replace(",", " ")
