"""Regex blow-up: no pattern of ours takes longer than its input is long, by more than a square."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = r"""
import importlib, pkgutil, re, sys
import petition_app

LENGTH = 1000
RUNS = ["a", " ", "\t", "\n", "1", "A", "-", ".", "*", "#", "_", "=", "<", "["]
RUNS += ["(", "@", "/", ":", "é", "«", "\u00a0", "o", ","]
PAIRS = ["a ", "a.", "1.", "- ", "\n ", "a@", "[a]", "(a", "](", "**", "a,", "et "]
PAIRS += ["A a", "://", "a-", "<a", "%(", "a=&", "a\n", "A. ", " ."]
inputs = [run * (LENGTH // len(run)) + end for run in (*RUNS, *PAIRS) for end in ("", "!", "\x00", "\n")]
inputs += ["https://" + text for text in inputs[:40]] + ["To: " + text for text in inputs[:40]]

seen = set()
for module in pkgutil.walk_packages(petition_app.__path__, "petition_app."):
    if ".migrations" in module.name or module.name.endswith("__main__"):
        continue
    try:
        loaded = importlib.import_module(module.name)
    except ImportError:  # an extra that is not here
        continue
    for value in vars(loaded).values():
        values = [value]
        if isinstance(value, (list, tuple, set, frozenset, dict)):
            values = value.values() if isinstance(value, dict) else value
        seen |= {found for found in values if isinstance(found, re.Pattern) and isinstance(found.pattern, str)}
assert len(seen) > 25, len(seen)
for pattern in seen:
    print(pattern.pattern[:150], flush=True)
    for text in inputs:
        pattern.search(text)
        pattern.fullmatch(text)

from petition_app.antiabuse.comment_checks import findings, fingerprint
from petition_app.antiabuse.mailboxes import canonical_mailbox, NotAnAddress, normal_address
from petition_app.petitions import markdown, typography
from petition_app.signing import cleaning
from petition_app.signing.countries import normal_postal_code

for name, use in {
    "clean": lambda text: (cleaning.clean_name(text), cleaning.clean_text(text), cleaning.has_controls(text)),
    "address of a page": cleaning.names_a_page,
    "comment": lambda text: (findings(text[:1000], ["word"]), fingerprint(text[:1000])),
    "postal code": lambda text: normal_postal_code(text[:400], "FR"),
    "markdown": lambda text: markdown.render(text),
}.items():
    print("function:", name, flush=True)
    for text in inputs:
        use(text)
print("function: address", flush=True)
for text in inputs:
    for address in (text[:254], text[:64] + "@example.org", "a@" + text[:200]):
        try:
            normal_address(address)
        except NotAnAddress:
            pass
print("done")
"""
# A square of 1 000 steps is a few thousandths of a second; a pattern that runs away would take years.
GENEROUS = 240


@pytest.mark.long
def test_no_input_makes_a_pattern_run_away() -> None:
    try:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=GENEROUS, check=False
        )
    except subprocess.TimeoutExpired as late:
        said = late.stdout.decode() if isinstance(late.stdout, bytes) else late.stdout or ""
        raise AssertionError(f"this one runs away: {said.splitlines()[-1:]}") from late
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("done\n")
