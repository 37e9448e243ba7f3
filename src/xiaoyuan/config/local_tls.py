"""A certificate for a server in a village's own network: a small local authority, bound to the names it may vouch for.

A service worker, and with it work without signal, needs HTTPS that the phone trusts; no public authority certifies a
name or an address of a local network.
"""

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_LASTS: Final = timedelta(days=3650)
SERVER_LASTS: Final = timedelta(days=397)
"""Phones refuse server certificates that last longer than 398 days."""
RENEW_BEFORE: Final = timedelta(days=30)
_EARLIER: Final = timedelta(days=1)
"""Certificates begin a day ago: clocks of phones differ."""


class TlsNameRefused(ValueError):
    """A name that no certificate can be made for."""


@dataclass(frozen=True)
class LocalCertificates:
    """Where authority, certificate and key lie, the fingerprint to compare, and whether phones must install anew."""

    authority: Path
    certificate: Path
    key: Path
    fingerprint: str
    is_new_authority: bool
    is_new_certificate: bool


def ensure_certificates(folder: Path, names: Sequence[str], now: datetime) -> LocalCertificates:
    """Make what is missing, of other names, or about to end; return where it lies.

    The authority can vouch for exactly `names` (host names and addresses; name constraints), so that who steals its
    key cannot pretend to be anybody else on the phones that trust it. Other names therefore need a new authority.
    Raises `TlsNameRefused`.
    """
    wanted = [_general(name) for name in dict.fromkeys(names)]
    if not wanted:
        raise TlsNameRefused("A certificate needs at least one name or address.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    paths = [folder / name for name in ("ca.crt", "ca.key", "server.crt", "server.key")]
    authority_path, authority_key_path, certificate_path, key_path = paths
    authority = _read(authority_path, authority_key_path)
    is_new_authority = (
        authority is None or not _is_good(authority, now) or _permitted(authority) != _bounds(wanted)
    )
    if is_new_authority:
        authority = _make_authority(authority_path, authority_key_path, wanted, now)
    assert authority is not None
    certificate = _read(certificate_path, key_path)
    is_new_certificate = (
        is_new_authority
        or certificate is None
        or not _is_good(certificate, now)
        or certificate.issuer != authority.subject
        or _names(certificate) != set(wanted)
    )
    if is_new_certificate:
        _make_certificate(certificate_path, key_path, authority, authority_key_path, wanted, now)
    fingerprint = authority.fingerprint(hashes.SHA256()).hex().upper()
    return LocalCertificates(
        authority_path, certificate_path, key_path, fingerprint, is_new_authority, is_new_certificate
    )


def spaced(fingerprint: str) -> str:
    """Return a fingerprint in groups for comparing by eye."""
    return " ".join(fingerprint[start : start + 4] for start in range(0, len(fingerprint), 4))


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    labels = name.lower().rstrip(".").split(".")
    allowed = set("abcdefghijklmnopqrstuvwxyz0123456789-")
    if len(name) > 253 or not all(0 < len(one) < 64 and set(one) <= allowed for one in labels):
        raise TlsNameRefused(f"“{name}” is no host name or address.")
    return x509.DNSName(".".join(labels))


def _bounds(wanted: Sequence[x509.GeneralName]) -> set[x509.GeneralName]:
    return {
        x509.IPAddress(ipaddress.ip_network(one.value)) if isinstance(one, x509.IPAddress) else one
        for one in wanted
    }


def _read(path: Path, key_path: Path) -> x509.Certificate | None:
    if not (path.exists() and key_path.exists()):
        return None
    return x509.load_pem_x509_certificate(path.read_bytes())


def _is_good(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - RENEW_BEFORE


def _permitted(authority: x509.Certificate) -> set[x509.GeneralName]:
    try:
        found = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return set()
    return set(found.permitted_subtrees or ())


def _names(certificate: x509.Certificate) -> set[x509.GeneralName]:
    return set(certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)


def _make_authority(
    path: Path, key_path: Path, wanted: Sequence[x509.GeneralName], now: datetime
) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    # Two authorities of one name would confuse a phone that has both.
    title = f"Xiaoyuan local authority {serial % 0xFFFFFF:06x}"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, title)])
    public = key.public_key()
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(serial)
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + AUTHORITY_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(sorted(_bounds(wanted), key=str), None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(key_path, _pem(key))
    _write(path, made.public_bytes(Encoding.PEM))
    return made


def _make_certificate(
    path: Path,
    key_path: Path,
    authority: x509.Certificate,
    authority_key_path: Path,
    wanted: Sequence[x509.GeneralName],
    now: datetime,
) -> None:
    signing = load_pem_private_key(authority_key_path.read_bytes(), None)
    assert isinstance(signing, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key()
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Xiaoyuan")]))
        .issuer_name(authority.subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + SERVER_LASTS)
        .add_extension(x509.SubjectAlternativeName(wanted), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False
        )
        .sign(signing, hashes.SHA256())
    )
    _write(key_path, _pem(key))
    _write(path, made.public_bytes(Encoding.PEM) + authority.public_bytes(Encoding.PEM))


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, content: bytes) -> None:
    """Replace a file at once, readable by its owner only from the first byte on."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    fresh.replace(path)
