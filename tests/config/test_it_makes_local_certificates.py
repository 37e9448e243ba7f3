"""The certificate of a server in a village's own network: bound to its names, renewed in time, the key kept private."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from cryptography import x509

from xiaoyuan.config.local_tls import (
    AUTHORITY_LASTS,
    SERVER_LASTS,
    TlsNameRefused,
    ensure_certificates,
)

NOW: Final = datetime(2026, 11, 24, tzinfo=UTC)
NAMES: Final = ["village.test", "192.168.1.10"]


def test_both_chain_and_names_hold(tmp_path: Path) -> None:
    made = ensure_certificates(tmp_path / "tls", NAMES, NOW)
    authority = x509.load_pem_x509_certificate(made.authority.read_bytes())
    certificate = x509.load_pem_x509_certificates(made.certificate.read_bytes())[0]
    certificate.verify_directly_issued_by(authority)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["village.test"]
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["192.168.1.10"]
    bounds = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert bounds.critical
    assert len(bounds.value.permitted_subtrees or ()) == len(NAMES)
    for path in (tmp_path / "tls").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


def test_a_second_start_keeps_both_and_a_late_one_renews_the_servers(tmp_path: Path) -> None:
    first = ensure_certificates(tmp_path, NAMES, NOW)
    again = ensure_certificates(tmp_path, NAMES, NOW + timedelta(days=1))
    assert not again.is_new_authority
    assert not again.is_new_certificate
    late = ensure_certificates(tmp_path, NAMES, NOW + SERVER_LASTS - timedelta(days=29))
    assert late.is_new_certificate
    assert not late.is_new_authority  # no phone has to install anything
    assert late.fingerprint == first.fingerprint
    much_later = ensure_certificates(tmp_path, NAMES, NOW + AUTHORITY_LASTS - timedelta(days=29))
    assert much_later.is_new_authority


def test_other_names_need_a_new_authority(tmp_path: Path) -> None:
    first = ensure_certificates(tmp_path, NAMES, NOW)
    other = ensure_certificates(tmp_path, ["other.test"], NOW)
    assert other.is_new_authority
    assert other.fingerprint != first.fingerprint


@pytest.mark.parametrize("names", [[], [""], ["a b"], ["-x/../y"], ["x" * 300]])
def test_what_is_no_name_is_refused(tmp_path: Path, names: list[str]) -> None:
    with pytest.raises(TlsNameRefused):
        ensure_certificates(tmp_path, names, NOW)
