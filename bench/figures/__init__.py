"""The figures, by what they are about. Each is a function of the run that answers with one or more lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench.measure import Figure


@dataclass
class Run:
    """How this run of the measurements is done: how often, how long (seconds), how large, and where its data lie."""

    folder: Path
    runs: int = 3
    seconds: float = 3.0
    many: int = 2_000_000
    stack: ExitStack = field(default_factory=ExitStack)
    _made: int = 0

    def new_folder(self) -> Path:
        self._made += 1
        folder = self.folder / str(self._made)
        folder.mkdir()
        return folder


Measure = Callable[[Run], Iterator[Figure]]
