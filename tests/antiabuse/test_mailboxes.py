"""One person's mailbox is one, however its address is spelt."""

from __future__ import annotations

import pytest

from petition_app.antiabuse.mailboxes import NotAnAddress, canonical_mailbox, normal_address


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("alice@example.org", "ALICE@Example.ORG"),
        ("alice@gmail.com", "a.l.i.c.e+petition@googlemail.com"),
        ("alice@outlook.com", "alice+x@outlook.com"),
        ("alice@proton.me", "alice@protonmail.com"),
        ("alice@yahoo.com", "alice-shop@yahoo.com"),
        ("alice@bücher.example.org", "alice@xn--bcher-kva.example.org"),
        ("élodie@example.org", "e\u0301lodie@example.org"),
    ],
)
def test_the_same_mailbox(one: str, other: str) -> None:
    assert canonical_mailbox(normal_address(one)) == canonical_mailbox(normal_address(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a.lice@example.org", "alice@example.org"),
        ("alice+x@example.org", "alice@example.org"),
        ("a.lice@outlook.com", "alice@outlook.com"),
        ("alice@outlook.com", "alice@outlook.fr"),
        ("alice@example.org", "alice@example.com"),
    ],
)
def test_not_the_same_mailbox(one: str, other: str) -> None:
    assert canonical_mailbox(normal_address(one)) != canonical_mailbox(normal_address(other))


@pytest.mark.parametrize(
    "text", ["", "alice", "@example.org", "a@b", "a b@example.org", "a@example.org\nb", "a@\x00.org"]
)
def test_not_an_address(text: str) -> None:
    with pytest.raises(NotAnAddress):
        normal_address(text)
