"""docs/performance.md, its charts and a table of docs/scaling.md, made from docs/performance*.json.

`python -m bench.report` makes them.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from bench import charts

DOCS = Path(__file__).parent.parent / "docs"
SOURCE, TARGET, PICTURES = DOCS / "performance.json", DOCS / "performance.md", DOCS / "img"
LARGE = DOCS / "performance-large.json"
SCALING = DOCS / "scaling.md"

# What docs/scaling.md tells of one machine, by the figure that tells it.
CARRIED = {
    "petition page, repeated GET": "pages a second, from memory",
    "live fragment, repeated GET": "questions for the number a second",
    "petition page, cold": "pages a second, each made anew",
    "signing, SQLite, 64 clients": "signatures a second (33 brought a parliament's site down)",
    "confirming, SQLite, 64 clients": "confirmations a second",
    "mails, one worker": "mails a second, to a server that takes them at once",
    "open pages that ask at the quickest pace": "open pages at the quickest pace; more are told to ask less often",
    "memory at rest, two workers and the mail worker": "memory of the whole site, MB",
}
_CARRIED_TABLE = re.compile(r"\| \| one machine, SQLite \|\n(\|.*\n)+")

INTRODUCTION = """# Performance

What one small machine carries, measured. This page is made from `performance.json`, which `make bench` writes, and from
`performance-large.json`, which `make bench-large` does; change none of them by hand. Each figure is the median of
{runs} runs or more. Beside it stands its ceiling: what the same machine can do at most, measured in turn with ours in
the same run, with client and server sharing the two cores. A ratio of 0.5 says that the program is half as fast as the
thing that does nothing else.
"""

TWENTY_MILLION = """## As many as the largest petition ever

About 19 million people signed it. These are the slowest of a hundred answers at 20 million signatures, beside the same
at a thousand, by `make bench-large`.
"""

READERS = """## Readers

While signatures pour in, an open page asks for the number every {fastest} seconds. The machine answers {rate} such
questions a second at its end, while it makes the questions too, so that at {busy} of that it carries about
**{pages} open pages** at the quickest pace, and twenty times as many at the pace of a quiet hour.

With ten times as many, the pace stretches: each process looks how busy it is, and from {busy} on it tells its readers
to come back later: after 5, 10, 20, 30 seconds, up to a quarter of an hour. Below {calm} it lets them nearer again. In
the run below the fragment was asked for at full speed, by clients that heed nothing, and the interval went from
{fastest} to {slowest} seconds. `tests/public/test_pace.py` shows the rest, with readers that obey: at two, ten and
fifty times what the machine can bear, the work settles below its end, and the pace comes back when the crowd has gone.
"""

REPEAT = """## Measure it yourself

`make bench` takes about ten minutes and needs nothing but this clone; it installs wrk and nginx through apt where it
can. `make bench-large` compares 1 000 signatures with 20 million, which takes a quarter of an hour and 20 GB of disk.
`python -m bench --help` names the single figures. Compare ratios, not figures: a machine's speed changes with its
neighbours and its heat, the two sides of a ratio together.
"""


def report(result: dict[str, Any], large: dict[str, Any] | None = None) -> tuple[str, dict[str, str]]:
    """The page, and its pictures by their names. `large` is what `make bench-large` has found."""
    figures = result["figures"]
    pictures: dict[str, str] = {}
    runs = min(len(figure["runs"]) for figure in figures if figure["ceiling"])
    parts = [INTRODUCTION.format(runs=runs), _table(figures), _conditions(result)]
    grown = [figure for figure in figures if len(figure["more"].get("points", [])) > 1]
    if grown:
        parts.append(
            "## How cost grows\n\nThe median answer in milliseconds, each asked for anew, one after the other.\n"
        )
    for figure in grown:
        kind = figure["name"].rpartition(", at ")[0]
        name = "growth-" + re.sub(r"[^a-z]+", "-", kind.lower()).strip("-") + ".svg"
        pictures[name] = charts.growth(kind, figure["more"]["points"])
        parts.append(f"![{kind}: milliseconds by the number of signatures](img/{name})\n")
    if large is not None:
        parts += [TWENTY_MILLION, _table(large["figures"]), _conditions(large)]
    parts += _readers(figures, pictures)
    parts.append(REPEAT)
    return "\n".join(parts), pictures


def scaling(page: str, figures: list[dict[str, Any]]) -> str:
    """docs/scaling.md with what was measured last of one machine; as it is where not all of that was measured."""
    values = {figure["name"]: figure["value"] for figure in figures}
    if not CARRIED.keys() <= values.keys():
        return page
    rows = "".join(f"| {said} | {_number(values[name])} |\n" for name, said in CARRIED.items())
    table = f"| | one machine, SQLite |\n| --- | ---: |\n{rows}"
    made, found = _CARRIED_TABLE.subn(table, page)
    if found != 1:
        raise ValueError("docs/scaling.md has no table of what one machine carries")
    return made


def _table(figures: list[dict[str, Any]]) -> str:
    lines = ["| figure | ours | ceiling | ratio | target | |", "| --- | ---: | ---: | ---: | ---: | --- |"]
    for figure in figures:
        sign = "≥" if figure["better"] == "higher" else "≤"
        ceiling = f"{_number(figure['ceiling'])}" if figure["ceiling"] else ""
        against = f"<br>against {figure['ceiling_name']}" if figure["ceiling_name"] else ""
        note = f"<br>{figure['note']}" if figure["note"] else ""
        ratio = f"{figure['ratio']:.2f}" if figure["ratio"] is not None else ""
        ours, met = f"{_number(figure['value'])} {figure['unit']}", "met" if figure["met"] else "**not met**"
        target = f"{sign} {_number(figure['target'])}"
        lines.append(f"| **{figure['name']}**{against}{note} | {ours} | {ceiling} | {ratio} | {target} | {met} |")
    return "\n".join([*lines, ""])


def _conditions(result: dict[str, Any]) -> str:
    found = result["conditions"]
    packages = ", ".join(f"{name} {version}" for name, version in found["packages"].items())
    loads = [load for figure in result["figures"] for load in figure["load"]]
    said = (
        f"Measured on {found['at'][:10]} at commit {found['commit']}: {found['cores']} cores of {found['processor']}, "
        f"{found['memory_gb']:g} GB, {found['system']}, Python {found['python']}, SQLite {found['sqlite']}, "
        f"nginx {found['nginx']}, wrk {found['wrk']}, {packages}."
    )
    if loads:
        said += (
            f" Load of the machine before a run: {min(loads)} to {max(loads)}, its own from the run before included."
        )
    failed = "".join(f"\n\nNot measured: {name} ({reason})." for name, reason in result["failures"].items())
    return said + failed + "\n"


def _readers(figures: list[dict[str, Any]], pictures: dict[str, str]) -> list[str]:
    from petition_app.public.pace import BUSY, CALM, STEPS

    by_name = {figure["name"]: figure for figure in figures}
    pages = next((f for name, f in by_name.items() if name.startswith("open pages")), None)
    crowd = next((f for name, f in by_name.items() if name.startswith("interval while")), None)
    if pages is None or crowd is None:
        return []
    fastest = STEPS[0][1]
    pictures["pace.svg"] = charts.over_time("Interval that the fragment carries", crowd["more"]["seen"], "s")
    text = READERS.format(
        fastest=fastest,
        rate=_number(pages["value"] / fastest / BUSY),
        busy=f"{BUSY:.0%}",
        calm=f"{CALM:.0%}",
        pages=_number(round(pages["value"], -4)),
        slowest=_number(crowd["value"]),
    )
    return [text, "![The interval in seconds, before, while and after a crowd asks](img/pace.svg)\n"]


def _number(value: float) -> str:
    """Three digits that count, thousands apart."""
    if value >= 1000:
        return f"{float(f'{value:.3g}'):,.0f}".replace(",", "\u202f")
    return f"{value:.3g}"


def found() -> tuple[dict[str, Any], dict[str, Any] | None]:
    """What was measured last, by the usual run and by the large one."""
    large = json.loads(LARGE.read_text("utf-8")) if LARGE.exists() else None
    return json.loads(SOURCE.read_text("utf-8")), large


def write() -> None:
    """Write the page, its pictures and the table; pictures that no page shows any more go."""
    result, large = found()
    page, pictures = report(result, large)
    TARGET.write_text(page, "utf-8")
    SCALING.write_text(scaling(SCALING.read_text("utf-8"), result["figures"]), "utf-8")
    for old in [*PICTURES.glob("growth-*.svg"), PICTURES / "pace.svg"]:
        old.unlink(missing_ok=True)
    for name, picture in pictures.items():
        (PICTURES / name).write_text(picture, "utf-8")


if __name__ == "__main__":
    sys.exit(write())
