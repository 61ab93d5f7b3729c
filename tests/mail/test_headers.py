"""Headers are read and folded once, and written as the package for mails would write them each time."""

from __future__ import annotations

from email import policy
from email.headerregistry import Address

import pytest

from petition_app.mail.headers import POLICY, kept

THE_PACKAGES = policy.EmailPolicy(max_line_length=78, cte_type="8bit", utf8=False)
WAYS: tuple[dict[str, object], ...] = ({}, {"utf8": True}, {"cte_type": "7bit"}, {"linesep": "\r\n"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("To", Address("", "alice", "example.org")),
        ("To", Address("", "o'hara+news", "example.org")),
        ("To", Address("", "a b", "example.org")),
        ("To", Address("", "a..b", "example.org")),
        ("To", Address("", "élodie", "example.org")),
        ("To", Address("", "a" * 64, "example.org")),
        ("From", Address("Association Exemple", "petition", "example.org")),
        ("From", Address("Exemple, Témoin & Cie", "petition", "example.org")),
        ("From", Address("A. Exemple: “news”", "petition", "example.org")),
        ("Subject", "Confirm your signature: clean water, now"),
        ("Subject", "Confirmez : une eau « propre » " * 5),
        ("Subject", "word " * 40),
        ("Subject", "two  spaces"),
        ("Subject", "=?utf-8?q?x?="),
        ("Subject", ""),
        ("Date", "Fri, 27 Nov 2026 01:57:02 +0000"),
        ("Message-ID", "<0123456789abcdef@localhost>"),
        ("Message-ID", "<" + "a" * 120 + "@example.org>"),
        ("Content-Type", 'multipart/alternative; boundary="=_0123"'),
        ("Content-Type", 'text/plain; charset="utf-8"'),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ],
)
def test_a_header_is_written_as_the_package_writes_it(name: str, value: object) -> None:
    for way in WAYS:
        ours, the_packages = POLICY.clone(**way), THE_PACKAGES.clone(**way)
        header = ours.header_factory(name, value)
        expected = the_packages.fold(name, the_packages.header_factory(name, value))
        assert [ours.fold(name, header) for _twice in range(2)] == [expected] * 2


def test_one_header_written_in_two_ways_is_each_time_written_as_asked_for() -> None:
    header = kept("Subject", "Élodie")
    assert POLICY.fold("Subject", header) == "Subject: =?utf-8?q?=C3=89lodie?=\n"
    assert POLICY.clone(utf8=True, linesep="\r\n").fold("Subject", header) == "Subject: Élodie\r\n"
    assert POLICY.fold("Subject", header) == "Subject: =?utf-8?q?=C3=89lodie?=\n"
