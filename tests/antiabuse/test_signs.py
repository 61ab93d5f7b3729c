"""What is odd about an entry is noted, whatever the disguise; what people simply are called is not."""

from __future__ import annotations

import pytest

from petition_app.antiabuse import signs
from petition_app.antiabuse.disposable import is_disposable
from petition_app.antiabuse.lookalikes import is_impossible, is_lookalike
from petition_app.antiabuse.mailboxes import canonical_mailbox, normal_address
from petition_app.antiabuse.signs import signs_of_entry


@pytest.mark.parametrize(
    "domain", ["gmаil.com", "xn--gmil-63d.com", "оutlook.com", "gmaıl.com", "orange.fr.ехample.org"]
)
def test_a_domain_that_passes_for_another_is_seen(domain: str) -> None:
    assert is_lookalike(domain)


@pytest.mark.parametrize(
    "domain",
    ["gmail.com", "example.org", "bücher.example", "почта.рф", "例え.jp", "xn--bcher-kva.example", "münchen.de"],
)
def test_a_domain_in_its_own_script_is_none(domain: str) -> None:
    assert not is_lookalike(domain)


@pytest.mark.parametrize(
    "name",
    [
        ("Jean42", "Martin"),
        ("asdf", "qwerty"),
        ("Aaaaaa", "Bbbb"),
        ("Xkcdvbnm", "Exemple"),
        ("Iван", "Пример"),
        ("😀", "Exemple"),
    ],
)
def test_an_impossible_name(name: tuple[str, str]) -> None:
    assert is_impossible(*name)


@pytest.mark.parametrize(
    "name",
    [
        ("Marie-Hélène", "O’Exemple"),
        ("Zdzisław", "Brzęczyszczykiewicz"),
        ("Kr", "Schwarzschmidt"),
        ("Hrvst", "Krk"),
        ("Иван", "Пример"),
        ("太郎", "やまだ"),
        ("Nguyễn", "Thị Ví Dụ"),
        ("Ada", "ʻĀina"),
        ("J.", "III"),
    ],
)
def test_names_that_people_have(name: tuple[str, str]) -> None:
    assert not is_impossible(*name)


def test_a_throw_away_mailbox_is_known_with_its_subdomains() -> None:
    assert is_disposable("yopmail.com")
    assert is_disposable("x.yopmail.com")
    assert not is_disposable("example.org")
    assert not is_disposable("com")


@pytest.mark.parametrize(
    ("address", "noted"),
    [
        ("alice@example.org", ""),
        ("alice+petition@example.org", signs.TAGGED),
        ("alice-shop@yahoo.com", signs.TAGGED),
        ("alice-exemple@example.org", ""),
        ("+alice@example.org", ""),
        ("alice@yopmail.com", signs.DISPOSABLE),
    ],
)
def test_what_an_address_tells(address: str, noted: str) -> None:
    address = normal_address(address)
    assert signs_of_entry("Alice", "Exemple", address, canonical_mailbox(address)) == noted
