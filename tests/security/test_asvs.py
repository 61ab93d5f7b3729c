"""docs/security/asvs.md: every requirement stands there once, and what shows it is there."""

from __future__ import annotations

import ast
import csv
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "security" / "asvs.md"
IDS = Path(__file__).with_name("asvs_ids.txt")
# Beside the repository where the standard's own list is at hand.
STANDARD = ROOT.parent / "shared" / "security" / "asvs-5.0.0.csv"
VERDICTS = ("met", "not applicable", "not met")


def levels() -> dict[str, str]:
    lines = [line.split() for line in IDS.read_text("utf-8").splitlines() if not line.startswith("#")]
    return dict(lines)  # type: ignore[arg-type]  # pairs


def rows() -> list[list[str]]:
    """The cells of each line of the document that is about a requirement."""
    lines = [line for line in DOCUMENT.read_text("utf-8").splitlines() if re.match(r"\| V\d", line)]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_every_requirement_stands_there_once() -> None:
    found = rows()
    assert [(row[0], row[1]) for row in found] == list(levels().items())
    for number, _level, about, verdict, how in found:
        assert verdict in VERDICTS, number
        assert about, number
        assert len(how) >= 3, number
        assert "`tests/" in how or verdict != "met", f"{number} is met, and nothing shows it"
        assert "Next:" in how or verdict != "not met" or "As V" in how, f"{number}: what next?"


def test_the_numbers_at_the_top_are_those_below() -> None:
    verdicts, first = Counter(row[3] for row in rows()), Counter(row[3] for row in rows() if row[1] == "1")
    top = " ".join(DOCUMENT.read_text("utf-8").split("\n## ")[0].split())
    met, other, missing = (verdicts[verdict] for verdict in VERDICTS)
    assert f"Of {verdicts.total()} requirements, {met} are met, {other} do not apply and {missing} are not met" in top
    assert (
        f"of the {first.total()} of level 1, {first['met']}, {first['not applicable']} and {first['not met']}." in top
    )


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`(tests/[^`]+)`", DOCUMENT.read_text("utf-8"))
    named += re.findall(r"`(tests/[^`]+::[^`]+)`", (DOCUMENT.parent / "threat-model.md").read_text("utf-8"))
    assert len(named) > 150
    for name in named:
        path, _, test = name.partition("::")
        assert test in names_in(path), name


@cache
def names_in(path: str) -> frozenset[str]:
    found = set()
    for node in ast.parse((ROOT / path).read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{inner.name}" for inner in node.body if isinstance(inner, ast.FunctionDef)}
    return frozenset(found)


def test_the_list_is_the_standards() -> None:
    if not STANDARD.exists():
        pytest.skip("the standard's list is not at hand")
    with STANDARD.open(encoding="utf-8", newline="") as file:
        wanted = {row["req_id"]: row["L"] for row in csv.DictReader(file) if row["L"] in ("1", "2")}
    assert levels() == wanted


def test_the_rules_are_written_down() -> None:
    """What the standard wants in writing, by its chapters; no link of these pages leads nowhere."""
    rules = (DOCUMENT.parent / "rules.md").read_text("utf-8")
    for chapter in ("Input", "Limits", "Files", "Ways in", "Sessions", "Who may do what", "Keys and ciphers",
                    "Who is talked to", "What is costly", "Logs"):  # fmt: skip
        assert f"\n## {chapter}\n" in rules, chapter
    model = (DOCUMENT.parent / "threat-model.md").read_text("utf-8")
    for chapter in ("What there is to protect", "Who is thought of", "What it does not protect from"):
        assert f"\n## {chapter}\n" in model, chapter
    reporting = (ROOT / "SECURITY.md").read_text("utf-8")
    assert "\n## How soon\n" in reporting
    assert "SECURITY.md" in (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    for page in (*DOCUMENT.parent.glob("*.md"), ROOT / "SECURITY.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), (page.name, target)


def test_every_package_is_locked_by_a_hash() -> None:
    locks = list(ROOT.glob("requirements*.txt"))
    assert len(locks) >= 5
    for path in locks:
        packages = re.findall(r"(?m)^([a-zA-Z0-9._\[\]-]+==\S+.*(?:\n    .*)*)", path.read_text("utf-8"))
        assert packages, path
        assert all("--hash=sha256:" in package for package in packages), path
