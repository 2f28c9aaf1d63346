"""Sealed texts as an application would write and read them: another implementation of common/seal.h, on PyNaCl."""
import base64
import hashlib

from nacl.public import PrivateKey, PublicKey, SealedBox

FORMAT = 1


def _unbase64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def kid_of(public):
    return hashlib.sha256(bytes(public)).digest()[:5]


def close(key, plain):
    """key: "<kid>:<base64url>" as `beckon keygen` prints it."""
    kid, _, rest = key.partition(":")
    public = PublicKey(_unbase64url(rest))
    assert base64.b32encode(kid_of(public)).decode().lower() == kid
    box = SealedBox(public).encrypt(plain.encode())
    return base64.b64encode(bytes([FORMAT]) + kid_of(public) + box).decode()


def open_(path, sealed):
    """path: the file of secret keys."""
    raw = base64.b64decode(sealed, validate=True)
    for line in path.read_text().splitlines():
        if line.startswith("#") or not line:
            continue
        secret = PrivateKey(_unbase64url(line.partition(":")[2]))
        if raw[:6] == bytes([FORMAT]) + kid_of(secret.public_key):
            return SealedBox(secret).decrypt(raw[6:]).decode()
    raise AssertionError("sealed for another key")
