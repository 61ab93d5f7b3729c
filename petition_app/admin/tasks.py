"""What needs doing, as the dashboard tells it: each screen's module adds a question, and answers with sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from petition_app.models import Member


@dataclass(frozen=True)
class Task:
    """Something that waits for somebody: a sentence, and where it is done; `action` is who may do it (access.py)."""

    sentence: str
    url: str
    button: str


Question = Callable[[Member], Iterable[Task]]
_QUESTIONS: list[Question] = []


def asks_for(question: Question) -> Question:
    """Have a question asked whenever the dashboard is shown. It answers with what this very member can do."""
    _QUESTIONS.append(question)
    return question


def tasks_of(member: Member) -> list[Task]:
    return [task for question in _QUESTIONS for task in question(member)]
