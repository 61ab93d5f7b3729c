"""What stands out among many entries, and what does not: offices, classes, carriers, institutions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

from petition_app.fraud.traffic import WINDOW, Found, Seen, Traffic

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
CHANCE = Random(3)  # noqa: S311  # repeatable
_ids = count(1)


def seen(network: str, domain: str | None = None, signs: str = "s", name: str = "", minute: float = 0) -> Seen:
    number = next(_ids)
    at = BEGIN + timedelta(minutes=minute or CHANCE.uniform(0, 60))
    return Seen(number, at, network, domain, name or f"name{number}", signs)


def look(*groups: list[Seen], ordinary: int = 200) -> dict[tuple[str, str], Found]:
    """What is found among these and some hundred honest people; the kinds that weigh something."""
    traffic = Traffic()
    honest = [seen(f"home{number % 150}", signs="s" if number % 30 else "") for number in range(ordinary)]
    for each in sorted([*honest, *(one for group in groups for one in group)], key=lambda one: one.at):
        traffic.add(each)
    return {(found.kind, found.mark): found for found in traffic.found(BEGIN + timedelta(hours=1)) if found.level}


def test_who_signs_together_is_not_suspect() -> None:
    office = [seen("office", "office.example") for _ in range(60)]
    old_browser = [seen("old", "old.example", signs="") for _ in range(30)]
    class_room = [seen("school", minute=1 + n / 60) for n in range(33)]
    carrier = [seen("carrier", signs="s" if n % 20 else "sd") for n in range(200)]
    institution = [seen(f"home{n % 140}", "university.example") for n in range(300)]
    assert look(office, old_browser, class_room, carrier, institution) == {}


def test_evidence_speaks_against_its_network() -> None:
    found = look([seen("farm", signs="d"), seen("farm", signs="h"), seen("farm", signs=""), seen("farm")])
    assert found["network", "farm"].level == 2
    assert found["network", "farm"].reasons["evidence"] == 2
    assert ("network", "home1") not in found


def test_a_domain_that_takes_any_address_is_found_by_the_networks_that_it_signs_from() -> None:
    evidence = [seen(f"farm{n}", signs="sd") for n in range(6)]
    catch_all = [seen(f"farm{n}", "catch-all.example") for n in range(8)]
    found = look(evidence, catch_all)
    assert found["domain", "catch-all.example"].reasons["guilty_networks"] == 6
    assert found["network", "farm1"].level == 2, "and it speaks against them in turn"


def test_a_domain_without_the_pages_script_from_many_networks_is_found() -> None:
    bare = [seen(f"farm{n}", "catch-all.example", signs="") for n in range(8)]
    assert look(bare)["domain", "catch-all.example"].reasons["no_script"] == 8


def test_where_the_script_runs_for_nobody_that_says_nothing() -> None:
    traffic = Traffic()
    for number in range(300):
        traffic.add(seen(f"home{number % 150}", "club.example" if number < 20 else None, signs=""))
    assert [found for found in traffic.found(BEGIN + timedelta(hours=1)) if found.level] == []


def test_entries_that_follow_one_another_as_by_a_clock_are_told() -> None:
    even = [seen(f"farm{n % 6}", "catch-all.example", signs="", minute=1 + n / 2) for n in range(20)]
    assert look(even)["domain", "catch-all.example"].reasons["evenly"] == 30


def test_a_name_that_comes_again_from_where_there_is_no_script() -> None:
    same = [seen(f"farm{n}", signs="", name="same") for n in range(6)]
    frequent = [seen(f"home{n}", name="frequent") for n in range(9)]
    found = look(same, frequent)
    assert found["names", "same"].level == 1
    assert ("names", "frequent") not in found


def test_a_moment_in_which_most_was_odd() -> None:
    traffic = Traffic()
    for number in range(30):
        traffic.add(seen(f"farm{number}", signs="d", minute=51 + number / 10))
    found = [each for each in traffic.found(BEGIN + timedelta(hours=1)) if each.kind == "moment"]
    assert [(len(each.entries), each.level) for each in found] == [(30, 0)]
    assert traffic.looks_wrong(BEGIN + timedelta(hours=1), [])
    assert not traffic.looks_wrong(BEGIN + timedelta(hours=3), [])


def test_what_is_entered_anew_takes_the_place_of_the_old_and_a_day_is_kept() -> None:
    traffic = Traffic()
    old = seen("home", "club.example", signs="d", minute=1)
    assert traffic.add(old)
    assert not traffic.add(old)
    new = Seen(old.id, old.at + timedelta(hours=1), "other", None, "name", "s")
    assert traffic.add(new)
    assert len(traffic) == 1
    assert not traffic.entries(("sign", "d"))
    assert list(traffic.entries(("network", "other"))) == [new]
    traffic.forget(new.at + WINDOW)
    assert len(traffic) == 0
    assert traffic.found(new.at) == []
