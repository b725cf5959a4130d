"""Secrets kept in the database: sealed by a key from outside it, and found again by a keyed hash.

`ZHIDA_DATA_KEYS` lists keys as `name:secret`, the one in use first. Those after it still open what they
sealed. Without the setting a key is made once, in the data folder.
Sealing is AES-SIV (RFC 5297): the same text gives the same seal, so that loading a row again changes nothing.
"""

import base64
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from functools import cache, lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from core.errors import Unavailable
from core.settings import settings

SHORTEST_SECRET = 16
KEY_FILE = "data-keys"


class KeysUnusable(Unavailable):
    message = "ZHIDA_DATA_KEYS 的格式不对：应为 名称:密钥，多个用逗号隔开，密钥至少 16 个字符。"


class KeyMissing(Unavailable):
    message = "打不开这项加密资料：缺少当时使用的密钥。请管理员把旧密钥加回 ZHIDA_DATA_KEYS。"


@dataclass(frozen=True)
class DataKey:
    name: str
    cipher: AESSIV
    for_hashes: bytes


def seal(text: str, purpose: str) -> str:
    """Return the sealed text, `key name:base64`; it opens only for the same purpose."""
    key = keys()[0]
    return f"{key.name}:{base64.b64encode(key.cipher.encrypt(text.encode(), [purpose.encode()])).decode()}"


def unseal(sealed: str, purpose: str) -> str:
    """
    :raises KeyMissing: if the key that sealed it is not at hand, or it was sealed for another purpose
    """
    name, _, body = sealed.partition(":")
    key = next((key for key in keys() if key.name == name), None)
    if key is None:
        raise KeyMissing
    try:
        return key.cipher.decrypt(base64.b64decode(body), [purpose.encode()]).decode()
    except InvalidTag as error:
        raise KeyMissing from error


def hash_now(text: str, purpose: str) -> str:
    """Return the keyed hash by which the text is found, made with the key in use."""
    return _hash(keys()[0], text, purpose)


def hashes_of(text: str, purpose: str) -> list[str]:
    """Return the hash by each key: what was stored before a rotation is found too."""
    return [_hash(key, text, purpose) for key in keys()]


def is_current(sealed: str) -> bool:
    return sealed.partition(":")[0] == keys()[0].name


def _hash(key: DataKey, text: str, purpose: str) -> str:
    begun = _begun(key.for_hashes, purpose).copy()
    begun.update(text.encode())
    return begun.hexdigest()[:40]


@lru_cache(maxsize=64)  # a load hashes a million numbers: the key and the purpose are taken in once
def _begun(secret: bytes, purpose: str) -> hmac.HMAC:
    return hmac.new(secret, f"{purpose}\0".encode(), "sha256")


@cache
def keys() -> tuple[DataKey, ...]:
    """Return the keys, the one in use first.

    :raises KeysUnusable: if the setting cannot be read
    """
    written = settings().data_keys or _kept_beside_the_database()
    pairs = [part.strip().partition(":") for part in written.split(",") if part.strip()]
    if any(not name.isalnum() or len(secret) < SHORTEST_SECRET for name, _, secret in pairs):
        raise KeysUnusable
    if not pairs or len({name for name, _, _ in pairs}) != len(pairs):
        raise KeysUnusable
    return tuple(_key(name, secret) for name, _, secret in pairs)


def _key(name: str, secret: str) -> DataKey:
    derived = hashlib.pbkdf2_hmac("sha256", secret.encode(), b"zhida data key", 1000, 96)
    return DataKey(name, AESSIV(derived[:64]), derived[64:])


def _kept_beside_the_database() -> str:
    folder = settings().data_dir
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / KEY_FILE
    try:
        handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return file.read_text("ascii")
    with os.fdopen(handle, "w") as new:
        new.write(f"k1:{secrets.token_hex(32)}")
    return file.read_text("ascii")
