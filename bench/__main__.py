"""Measure, print a table, and write it as JSON with its conditions."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from bench import conditions
from bench.figures import Measure, Run, growth, mails, pages, readers, signing, whole
from bench.measure import Failed, Figure

FIGURES: dict[str, Measure] = {
    "pages": pages.repeated,
    "languages": pages.in_all_languages,
    "304": pages.not_modified,
    "cold": pages.cold,
    "signing": signing.on_sqlite,
    "confirming": signing.confirming_on_sqlite,
    "postgresql": signing.on_postgresql,
    "beside": pages.while_signing,
    "growth": growth.at_many,
    "whole": whole.at_rest,
    "mails": mails.sent,
    "readers": readers.stretched,
}


def main() -> int:
    options = _options()
    chosen = options.figures or list(FIGURES)
    found: list[Figure] = []
    failures: dict[str, str] = {}
    before = conditions.conditions()
    with tempfile.TemporaryDirectory(prefix="petition-bench-") as folder:
        run = Run(Path(folder), options.runs, options.seconds, options.many)
        for name in chosen:
            began = time.monotonic()
            print(f"… {name}", end="", file=sys.stderr, flush=True)
            try:
                found += FIGURES[name](run)
            except Failed as failure:
                failures[name] = str(failure)
            print(f" ({time.monotonic() - began:.0f} s)", file=sys.stderr, flush=True)
    _print(found, failures)
    if options.out:
        result = {"conditions": before, "figures": [figure.as_json() for figure in found], "failures": failures}
        options.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return 1 if failures else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("figures", nargs="*", choices=[*FIGURES, []], help=f"of {', '.join(FIGURES)}; all when none")
    parser.add_argument("--runs", type=int, default=3, help="how often each is measured; the median counts")
    parser.add_argument("--seconds", type=float, default=2, help="how long each run takes")
    parser.add_argument("--many", type=int, default=2_000_000, help="the many signatures that 1 000 are compared with")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    return parser.parse_args()


def _print(found: list[Figure], failures: dict[str, str]) -> None:
    print(f"{'':52} {'ours':>12} {'ceiling':>12} {'ratio':>7} {'target':>8}")
    for figure in found:
        ceiling = f"{figure.ceiling:12.6g}" if figure.ceiling is not None else f"{'':12}"
        ratio = f"{figure.ratio:7.2f}" if figure.ratio is not None else f"{'':7}"
        sign = "≥" if figure.better == "higher" else "≤"
        said = "met" if figure.met else "NOT MET"
        name = f"{figure.name} ({figure.unit})"
        print(f"{name:52.52} {figure.value:12.6g} {ceiling} {ratio} {sign}{figure.target:7.4g}  {said}")
    for name, reason in failures.items():
        print(f"FAILED {name}: {reason}")


if __name__ == "__main__":
    sys.exit(main())
