"""The search for what a copy of a site tells is checked itself."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

from tests.privacy import copies


def test_what_a_word_hides_in_is_seen() -> None:
    """In whatever it was put into, wherever it begins."""
    word = "Zoé Ünlü"
    for before in ("", "a", "ab", "abc"):
        plain = f"{before}{word}, and more".encode()
        for hidden in (plain, base64.b64encode(plain), base64.urlsafe_b64encode(plain), plain.hex().encode()):
            assert any(guise in hidden for guise in copies.guises(word)), hidden
    for hidden in (quote(word), json.dumps(word), word.lower(), word.upper()):
        assert any(guise in hidden.encode() for guise in copies.guises(word)), hidden
    assert not any(guise in b"nothing of the kind" for guise in copies.guises(word))
