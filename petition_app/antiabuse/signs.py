"""What is odd or reassuring about how a signature was entered: a letter each, written down with it for 30 days.

Nobody is refused for one, and the answer is the same with and without. What they weigh is said in suspicion.py.
"""

from __future__ import annotations

from petition_app.antiabuse.disposable import is_disposable
from petition_app.antiabuse.lookalikes import is_impossible, is_lookalike
from petition_app.antiabuse.mailboxes import has_tag

# The page's script ran; it was asked for work; the work was done.
SCRIPT, ASKED, WORKED = "s", "a", "w"
# Sent within seconds of the form being touched; a field filled in that nobody sees; work that was handed in before, or
# that is none.
FAST, TRAPPED, FORGED = "t", "h", "r"
# A mailbox to throw away; a domain that passes for another; a name that is nobody's; a tag in the address; a tag in
# the address of a mailbox that signs here under another spelling already.
DISPOSABLE, LOOKALIKE, IMPOSSIBLE, TAGGED, RESPELT = "d", "c", "g", "p", "m"

# Enough by themselves for a look; and those that weigh something beside others only.
STRONG = frozenset({TRAPPED, FORGED, DISPOSABLE, LOOKALIKE, RESPELT})
WEAK = frozenset({FAST, IMPOSSIBLE, TAGGED})


def signs_of_entry(given_name: str, surname: str, address: str, mailbox: str) -> str:
    """What the names and the address tell. `mailbox` is the canonical one of the address."""
    domain = mailbox.rpartition("@")[2]
    told = (
        (DISPOSABLE, is_disposable(domain)),
        (LOOKALIKE, is_lookalike(domain)),
        (IMPOSSIBLE, is_impossible(given_name, surname)),
        (TAGGED, has_tag(address)),
    )
    return "".join(letter for letter, is_so in told if is_so)
