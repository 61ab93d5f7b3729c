"""The simulation of a bot farm, small: its promises hold, and no honest signer is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.fraud.__main__ import failures, simulate


@pytest.mark.long
def test_a_small_farm_is_held_and_honest_signers_are_not(tmp_path: Path) -> None:
    result = simulate(honest=900, bots=450, networks=22, seed=5, folder=tmp_path)
    assert failures(result) == []
    assert result["bots"]["confirmed"] > 300
    assert result["honest"]["confirmed"] > 700
