"""What is done with keys, by PyNaCl (libsodium): seal, open, lock a key by a passphrase. It knows of no database.

An address is sealed by `crypto_box_seal` (X25519, XSalsa20-Poly1305) for a public key; addresses are made equally long
before, so that a box does not tell how long the address in it is. The private key is locked by `crypto_secretbox` with
a key that Argon2id makes of the passphrase.
"""

from __future__ import annotations

import base64
import binascii
import importlib.util
import secrets
import unicodedata

# Argon2id's passes and memory (bytes) for new locks: about a quarter of a second. Each lock says what it was made with.
PASSES, MEMORY = 4, 128 * 2**20
_MOST_PASSES, _MOST_MEMORY = 64, 2**31

_BLOCK = 64
# Letters and digits that nobody takes for one another: 32 of them, five bits each.
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_GROUPS, _GROUP = 8, 4


class CannotOpen(Exception):
    """It was sealed for another key, locked by another passphrase, or is damaged."""


def is_installed() -> bool:
    """Whether the extra `sealing` is."""
    return importlib.util.find_spec("nacl") is not None


def new_pair() -> tuple[bytes, str]:
    """A private key, and the public one as text."""
    from nacl.public import PrivateKey

    private = PrivateKey.generate()
    return bytes(private), _text(bytes(private.public_key))


def sealed(data: bytes, public_key: str) -> str:
    """The data in a box that only the private key opens."""
    from nacl.public import PublicKey, SealedBox

    return _text(SealedBox(PublicKey(_bytes(public_key))).encrypt(data))


def opened(box: str, private_key: bytes) -> bytes:
    """What is in a box. Raises CannotOpen."""
    from nacl.exceptions import CryptoError
    from nacl.public import PrivateKey, SealedBox

    try:
        return SealedBox(PrivateKey(private_key)).decrypt(_bytes(box))
    except (CryptoError, ValueError, TypeError) as error:
        raise CannotOpen from error


def sealed_address(address: str, public_key: str) -> str:
    from nacl.bindings import sodium_pad

    return sealed(sodium_pad(address.encode(), _BLOCK), public_key)


def opened_address(box: str, private_key: bytes) -> str:
    """Raises CannotOpen."""
    from nacl.bindings import sodium_unpad
    from nacl.exceptions import CryptoError

    try:
        return sodium_unpad(opened(box, private_key), _BLOCK).decode()
    except (CryptoError, ValueError) as error:
        raise CannotOpen from error


def locked(private_key: bytes, passphrase: str) -> str:
    """A private key as it may lie in the database."""
    from nacl.secret import SecretBox

    salt = secrets.token_bytes(16)
    box = SecretBox(_derived(passphrase, salt, PASSES, MEMORY)).encrypt(private_key)
    return f"argon2id:{PASSES}:{MEMORY}:{_text(salt)}:{_text(box)}"


def unlocked(lock: str, passphrase: str) -> bytes:
    """The private key that a passphrase unlocks. Raises CannotOpen."""
    from nacl.exceptions import CryptoError
    from nacl.secret import SecretBox

    try:
        kind, passes, memory, salt, box = lock.split(":")
        if kind != "argon2id" or not 0 < int(passes) <= _MOST_PASSES or not 8_192 <= int(memory) <= _MOST_MEMORY:
            raise CannotOpen
        return SecretBox(_derived(passphrase, _bytes(salt), int(passes), int(memory))).decrypt(_bytes(box))
    except (CryptoError, ValueError, TypeError) as error:
        raise CannotOpen from error


def encrypted(data: bytes, key: bytes) -> bytes:
    """A part of a file, for a key of 32 bytes that is the file's own."""
    from nacl.secret import SecretBox

    return bytes(SecretBox(key).encrypt(data))


def decrypted(data: bytes, key: bytes) -> bytes:
    """Raises CannotOpen."""
    from nacl.exceptions import CryptoError
    from nacl.secret import SecretBox

    try:
        return SecretBox(key).decrypt(data)
    except (CryptoError, ValueError, TypeError) as error:
        raise CannotOpen from error


def new_recovery_key() -> str:
    """160 random bits to be printed, in groups that can be typed."""
    letters = "".join(secrets.choice(_ALPHABET) for _place in range(_GROUPS * _GROUP))
    return "-".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))


def recovery_key_in(text: str) -> str:
    """The recovery key that was typed, however it was parted; "" for what is none."""
    letters = "".join(text.upper().replace("-", " ").split())
    if len(letters) != _GROUPS * _GROUP or not set(letters) <= set(_ALPHABET):
        return ""
    return "-".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))


def _derived(passphrase: str, salt: bytes, passes: int, memory: int) -> bytes:
    from nacl.pwhash import argon2id

    typed = unicodedata.normalize("NFKC", passphrase).strip().encode()
    return argon2id.kdf(32, typed, salt, opslimit=passes, memlimit=memory)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("not base64") from error
