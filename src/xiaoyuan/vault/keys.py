"""Master keys, kept in a file outside the database and backed up apart, and the ciphers they serve.

The file is JSON: `{"current": 1, "cipher": "AES-GCM", "masters": {"1": base64}, "index": base64}`.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from xiaoyuan.vault.errors import MasterKeyMissing, VaultError

NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
AES_GCM: Final = "AES-GCM"
SM4_GCM: Final = "SM4-GCM"
KEY_BYTES: Final = {AES_GCM: 32, SM4_GCM: 16}


def encrypt(cipher: str, key: bytes, plaintext: bytes, context: bytes) -> bytes:
    """Return nonce + ciphertext + tag. `context` binds the ciphertext to its row."""
    nonce = os.urandom(NONCE_BYTES)
    if cipher == AES_GCM:
        return nonce + AESGCM(key).encrypt(nonce, plaintext, context)
    encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(context)
    return nonce + encryptor.update(plaintext) + encryptor.finalize() + encryptor.tag


def decrypt(cipher: str, key: bytes, sealed: bytes, context: bytes) -> bytes:
    """Undo `encrypt`; raises `cryptography.exceptions.InvalidTag` when row or bytes were exchanged."""
    nonce, body = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    if cipher == AES_GCM:
        return AESGCM(key).decrypt(nonce, body, context)
    body, tag = body[:-TAG_BYTES], body[-TAG_BYTES:]
    decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
    decryptor.authenticate_additional_data(context)
    return decryptor.update(body) + decryptor.finalize()


@dataclass(frozen=True, repr=False)
class KeyRing:
    """The master keys by version, the cipher for new data and the key of the blind index."""

    current: int
    cipher: str
    masters: dict[int, bytes]
    index_key: bytes

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """Encrypt a subject's key under the current master key (always AES-GCM)."""
        return encrypt(AES_GCM, self.masters[self.current], key, context)

    def unwrap(self, wrapped: bytes, version: int, context: bytes) -> bytes:
        """Decrypt a subject's key; raises `MasterKeyMissing`."""
        if version not in self.masters:
            raise MasterKeyMissing(version)
        return decrypt(AES_GCM, self.masters[version], wrapped, context)

    def blind_index(self, field: str, value: str) -> bytes:
        """Return 16 bytes by which a value is found without being readable (HMAC-SHA-256 under a key)."""
        return hmac.new(self.index_key, f"{field}\0{value}".encode(), hashlib.sha256).digest()[:16]


def create_key_file(path: Path, cipher: str = AES_GCM) -> None:
    """Write a new key file, readable by its owner only. Refuses to overwrite one."""
    if cipher not in KEY_BYTES:
        raise VaultError(f"Unknown cipher {cipher}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "current": 1,
        "cipher": cipher,
        "masters": {"1": base64.b64encode(secrets.token_bytes(32)).decode()},
        "index": base64.b64encode(secrets.token_bytes(32)).decode(),
    }
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())  # the database must not outlive a power cut that its keys did not


def load_key_ring(path: Path) -> KeyRing:
    """Read a key file."""
    try:
        content = json.loads(path.read_text())
        return KeyRing(
            current=int(content["current"]),
            cipher=content["cipher"],
            masters={int(version): base64.b64decode(key) for version, key in content["masters"].items()},
            index_key=base64.b64decode(content["index"]),
        )
    except (OSError, KeyError, ValueError) as error:
        raise VaultError(f"The key file {path.name} cannot be read: {type(error).__name__}.") from error


@lru_cache(maxsize=4)
def _cached_ring(path: Path, modified_ns: int) -> KeyRing:
    return load_key_ring(path)


def key_ring() -> KeyRing:
    """Return the deployment's key ring; makes the file on first use in a demo, refuses elsewhere."""
    path = Path(settings.VAULT_KEY_FILE)
    if not path.exists():
        if not settings.VAULT_CREATE_KEYS:
            raise VaultError(f"The key file {path.name} is missing: run “xiaoyuan init” or restore it.")
        create_key_file(path)
    return _cached_ring(path, path.stat().st_mtime_ns)
