"""Values lie encrypted under a key per subject, on both ciphers; found blind, revealed with a reason, erased."""

import json
import stat
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from cryptography.exceptions import InvalidTag

from xiaoyuan.audit.actors import Actor
from xiaoyuan.audit.models import AuditEntry
from xiaoyuan.vault import actions
from xiaoyuan.vault.actions import (
    erase_subject,
    find_subjects,
    open_blob,
    put_many,
    read_masked,
    reveal,
    seal_blob,
    seal_blobs,
)
from xiaoyuan.vault.errors import MasterKeyMissing, ReasonNeeded, SubjectErased, VaultError
from xiaoyuan.vault.keys import AES_GCM, KEY_BYTES, SM4_GCM, create_key_file, decrypt, encrypt, load_key_ring
from xiaoyuan.vault.models import SubjectKey, VaultField

pytestmark = pytest.mark.django_db
NOW = datetime.fromisoformat("2026-03-01T08:00:00+08:00")
CLERK = Actor(7, "Wang")
NUMBER = "990001196805200035"


@pytest.fixture(params=[AES_GCM, SM4_GCM])
def cipher(request: pytest.FixtureRequest, tmp_path: Path, settings: object) -> Iterator[str]:
    """A key file of its own for each cipher."""
    path = tmp_path / "keys" / "master.json"
    create_key_file(path, request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "VAULT_KEY_FILE", path)
        yield request.param


def put(subject: UUID, county_id: int = 1, **values: str) -> None:
    put_many(county_id=county_id, values={subject: values}, indexed=("id_number",), now=NOW)


def read(subject: UUID, name: str, county_id: int = 1) -> str | None:
    found = read_masked(county_id=county_id, subjects=[subject], names=[name]).get(subject, {}).get(name)
    return found.reveal() if found else None


def test_a_value_comes_back_and_nothing_of_it_is_stored(cipher: str) -> None:
    subject = uuid4()
    put(subject, id_number=NUMBER, phone="10012345678")
    assert (read(subject, "id_number"), read(subject, "phone")) == (NUMBER, "10012345678")
    assert SubjectKey.objects.get().cipher == cipher
    for field in VaultField.objects.all():
        assert NUMBER.encode() not in bytes(field.sealed)
        assert NUMBER.encode() not in bytes(field.blind_index or b"")
    assert VaultField.objects.get(name="phone").blind_index is None


def test_a_value_is_found_blind_and_only_in_its_county(cipher: str) -> None:
    first, second = uuid4(), uuid4()
    put(first, id_number=NUMBER)
    put(second, county_id=2, id_number=NUMBER)
    assert find_subjects(county_id=1, name="id_number", values=[NUMBER, "x"]) == {NUMBER: [first]}
    assert find_subjects(county_id=1, name="phone", values=[NUMBER]) == {}


def test_a_value_is_replaced_and_an_empty_one_removed(cipher: str) -> None:
    subject = uuid4()
    put(subject, id_number=NUMBER)
    put(subject, id_number="990001196805200043")
    assert find_subjects(county_id=1, name="id_number", values=[NUMBER]) == {}
    assert read(subject, "id_number") == "990001196805200043"
    put(subject, id_number="")
    assert read(subject, "id_number") is None
    assert SubjectKey.objects.count() == 1


def test_ciphertexts_cannot_be_exchanged(cipher: str) -> None:
    first, second = uuid4(), uuid4()
    put(first, id_number=NUMBER, phone="10012345678")
    put(second, id_number="990001196805200043")
    field, other, phone = (
        VaultField.objects.get(subject=subject, name=name)
        for subject, name in ((first, "id_number"), (second, "id_number"), (first, "phone"))
    )
    for stolen in (other.sealed, phone.sealed):
        VaultField.objects.filter(pk=field.pk).update(sealed=stolen)
        with pytest.raises(InvalidTag):
            read(first, "id_number")


@pytest.mark.parametrize("cipher_name", [AES_GCM, SM4_GCM])
def test_a_single_changed_bit_is_noticed(cipher_name: str) -> None:
    key = b"k" * KEY_BYTES[cipher_name]
    sealed = encrypt(cipher_name, key, b"value", b"row")
    assert decrypt(cipher_name, key, sealed, b"row") == b"value"
    for at in range(len(sealed)):
        broken = bytearray(sealed)
        broken[at] ^= 1
        with pytest.raises(InvalidTag):
            decrypt(cipher_name, key, bytes(broken), b"row")


def test_equal_values_look_different_at_rest(cipher: str) -> None:
    put(uuid4(), phone="10012345678")
    put(uuid4(), phone="10012345678")
    first, second = VaultField.objects.all()
    assert bytes(first.sealed) != bytes(second.sealed)


def test_revealing_needs_a_reason_and_is_audited(cipher: str) -> None:
    subject = uuid4()
    put(subject, id_number=NUMBER)
    with pytest.raises(ReasonNeeded):
        reveal(county_id=1, subject=subject, name="id_number", actor=CLERK, reason="  ", now=NOW)
    shown = reveal(
        county_id=1, subject=subject, name="id_number", actor=CLERK, reason="medical card", now=NOW
    )
    assert shown == NUMBER
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.reason, entry.actor_id) == ("vault.reveal", "medical card", 7)
    assert NUMBER not in str(entry.canonical())
    missing = reveal(county_id=1, subject=uuid4(), name="phone", actor=CLERK, reason="call back", now=NOW)
    assert (missing, AuditEntry.objects.count()) == (None, 2)


def test_erasing_a_subject_makes_everything_of_it_unreadable(cipher: str) -> None:
    subject = uuid4()
    put(subject, id_number=NUMBER)
    blob = seal_blob(county_id=1, subject=subject, name="file", content=b"workbook", now=NOW)
    assert erase_subject(county_id=1, subject=subject, actor=CLERK, reason="asked for", now=NOW)
    assert read(subject, "id_number") is None
    assert find_subjects(county_id=1, name="id_number", values=[NUMBER]) == {}
    assert SubjectKey.objects.get().wrapped_key is None
    with pytest.raises(SubjectErased):
        open_blob(county_id=1, subject=subject, name="file", sealed=blob)
    with pytest.raises(SubjectErased):
        put(subject, phone="10012345678")
    assert not erase_subject(county_id=1, subject=subject, actor=CLERK, reason="again", now=NOW)


def test_blobs_are_bound_to_their_names(cipher: str) -> None:
    subject = uuid4()
    contents = [(f"row:{at}", f"cells {at}".encode()) for at in range(3)]
    sealed = list(seal_blobs(county_id=1, subject=subject, contents=contents, now=NOW))
    assert SubjectKey.objects.count() == 1
    for (name, content), blob in zip(contents, sealed, strict=True):
        assert open_blob(county_id=1, subject=subject, name=name, sealed=blob) == content
    with pytest.raises(InvalidTag):
        open_blob(county_id=1, subject=subject, name="row:0", sealed=sealed[1])
    with pytest.raises(SubjectErased):
        open_blob(county_id=1, subject=uuid4(), name="row:0", sealed=sealed[0])


def test_many_subjects_are_written_and_read_at_once(
    cipher: str, django_assert_max_num_queries: object
) -> None:
    values = {uuid4(): {"id_number": f"{at:018}", "phone": f"1{at:010}"} for at in range(1200)}
    with django_assert_max_num_queries(40):  # type: ignore[operator]  # a fixture that is a context manager
        put_many(county_id=1, values=values, indexed=("id_number",), now=NOW)
    with django_assert_max_num_queries(10):  # type: ignore[operator]  # a fixture that is a context manager
        held = read_masked(county_id=1, subjects=values, names=["id_number", "phone"])
    assert {
        subject: {name: one.reveal() for name, one in fields.items()} for subject, fields in held.items()
    } == values
    found = find_subjects(
        county_id=1, name="id_number", values=[fields["id_number"] for fields in values.values()]
    )
    assert len(found) == 1200


# Master keys


def test_a_key_file_is_its_owners_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.json"
    create_key_file(path, SM4_GCM)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        create_key_file(path)
    with pytest.raises(VaultError):
        create_key_file(tmp_path / "other.json", "ROT13")


def test_a_new_master_key_serves_beside_the_old(cipher: str, settings: object) -> None:
    old, new = uuid4(), uuid4()
    put(old, phone="10000000001")
    path: Path = settings.VAULT_KEY_FILE  # type: ignore[attr-defined]  # the settings fixture has no fixed fields
    content = json.loads(path.read_text())
    content["masters"]["2"] = "A" * 43 + "="
    content["current"] = 2
    path.unlink()
    path.write_text(json.dumps(content))
    put(new, phone="10000000002")
    assert (read(old, "phone"), read(new, "phone")) == ("10000000001", "10000000002")
    assert list(SubjectKey.objects.order_by("pk").values_list("master_version", flat=True)) == [1, 2]
    del content["masters"]["1"]
    path.write_text(json.dumps(content))
    with pytest.raises(MasterKeyMissing):
        load_key_ring(path).unwrap(b"x" * 60, 1, b"")


def test_a_broken_key_file_is_named_without_its_content(tmp_path: Path) -> None:
    path = tmp_path / "master.json"
    path.write_text('{"current": 1, "masters": {"1": "c2VjcmV0"}')
    with pytest.raises(VaultError, match=r"master\.json") as refusal:
        load_key_ring(path)
    assert "c2VjcmV0" not in str(refusal.value)


def test_a_key_that_somebody_made_first_is_the_one_used(cipher: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two writers meet a new subject at once: the loser seals under the winner's key."""
    subject = uuid4()
    put(subject, phone="10012345678")
    look, looks = actions._known_keys, []

    def look_too_early(county_id: int, subjects: Sequence[UUID]) -> dict[UUID, tuple[str, bytes]]:
        looks.append(len(subjects))
        return {} if len(looks) == 1 else look(county_id, subjects)

    monkeypatch.setattr(actions, "_known_keys", look_too_early)
    put(subject, id_number=NUMBER)
    assert (read(subject, "id_number"), read(subject, "phone")) == (NUMBER, "10012345678")


def test_the_log_says_whose_key_was_destroyed(cipher: str) -> None:
    subject = uuid4()
    put(subject, id_number=NUMBER)
    erase_subject(county_id=1, subject=subject, actor=CLERK, reason="asked for it", now=NOW)
    entry = AuditEntry.objects.get(action="vault.erase")
    assert (entry.object_kind, entry.object_id) == ("vault.subjectkey", SubjectKey.objects.get().pk)
