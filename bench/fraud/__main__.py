"""Let a bot farm and an honest crowd sign, print what came of it, and write it as JSON and into docs/fraud.md."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from bench.fraud import crowd, driving, farm, outcome, page

BEGIN = datetime(2026, 3, 2, 0, tzinfo=UTC)
SPAN, ATTACK_AFTER, ATTACK_LASTS = timedelta(hours=48), timedelta(hours=20), timedelta(hours=10)
MOST_OF_BOTS_COUNT, MOST_OF_HONEST_HELD = 0.05, 0.001


def simulate(honest: int, bots: int, networks: int, seed: int, folder: Path) -> dict[str, Any]:
    """One run, from an empty site to the release of every honest signature that was held."""
    chance = Random(seed)  # noqa: S311  # a simulation that can be repeated
    people = crowd.honest(honest, BEGIN, SPAN, chance)
    machines = farm.bots(bots, networks, BEGIN + ATTACK_AFTER, ATTACK_LASTS, chance)
    visits = sorted([*people, *machines], key=lambda visit: visit.at)
    with driving.site(folder, BEGIN) as app:
        course = driving.drive(app, visits, BEGIN)
        good, bad = outcome.sides(course)
        found = outcome.clusters()
        held, counted = outcome.released(course, BEGIN + 2 * SPAN)
        exact = outcome.count_is_exact()
    return {
        "seed": seed,
        "networks_of_bots": networks,
        "honest": good.as_json(),
        "bots": bad.as_json(),
        "clusters": found,
        "released": {"held": held, "counted": counted},
        "count_is_exact": exact,
        "work_was_asked_of": course.asked_for_work,
        "slowest_mail_seconds": round(course.slowest_mail),
        "requests": course.requests,
        "processor_seconds": round(course.seconds, 1),
    }


def failures(result: dict[str, Any]) -> list[str]:
    """What is not as it was asked for."""
    honest, bots, released = result["honest"], result["bots"], result["released"]
    checks = (
        (bots["share_held"] >= 1 - MOST_OF_BOTS_COUNT, "fewer than 95 % of the bots' confirmed signatures are held"),
        (honest["share_held"] <= MOST_OF_HONEST_HELD, "more than 0.1 % of the honest ones are held"),
        (honest["lost"] == 0, "honest ones are lost"),
        (released["held"] == released["counted"], "a held one could not be released"),
        (result["count_is_exact"], "the count is not exact"),
    )
    return [words for holds, words in checks if not holds]


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="petition-fraud-", dir=options.folder) as folder:
        result = simulate(options.honest, options.bots, options.networks, options.seed, Path(folder))
    for side in ("honest", "bots"):
        said = result[side]
        share = said["share_held"]
        print(f"{side:8} {said['confirmed']:7} confirmed {said['held']:7} held ({share:.3%}) {said['lost']:4} lost")
        for kind, numbers in said["kinds"].items():
            print(f"  {kind:12} {numbers}")
        print("  held for", said["reasons"])
    print(
        "clusters",
        result["clusters"],
        "released",
        result["released"],
        f"in {result['processor_seconds']} s of the processor",
    )
    wrong = failures(result)
    if options.out:
        options.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
        page.write(result, options.out.with_suffix(".md"))
    print("\n".join(f"NOT MET: {words}" for words in wrong) or "everything that was asked for is met")
    return 1 if wrong else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.fraud", description=__doc__)
    parser.add_argument("--honest", type=int, default=20_000)
    parser.add_argument("--bots", type=int, default=10_000, help="addresses that the farm signs with")
    parser.add_argument("--networks", type=int, default=500, help="over how many /24 networks")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where the site lies while it runs; a folder in memory is fastest")
    parser.add_argument("--out", type=Path, help="write the figures as JSON, and beside them the page that tells them")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
