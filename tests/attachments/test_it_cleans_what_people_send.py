"""Photos and recordings: nothing but pixels and sound survives, what cannot be cleaned is refused whole."""

import hashlib
import io
import struct
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.cast import NOW, Cast
from xiaoyuan.attachments.actions import bind, discard_unbound, store_photo, store_voice
from xiaoyuan.attachments.choices import AttachmentKind
from xiaoyuan.attachments.cleaning import _ogg_checksum, clean_photo, clean_voice
from xiaoyuan.attachments.errors import (
    AttachmentRefused,
    NotAPhoto,
    NotVoice,
    NotYours,
    TooLarge,
    UploadBroken,
    WrongOffset,
)
from xiaoyuan.attachments.models import Attachment, UploadPart
from xiaoyuan.attachments.queries import attachments_of, open_attachment
from xiaoyuan.attachments.uploads import append, begin_upload, finish
from xiaoyuan.audit.actors import SYSTEM, Actor

SECRET = b"27.3012,105.2934 HUAWEI"
DAYS = 86400


def picture(kind: str = "JPEG", size: tuple[int, int] = (2400, 1200), **values: Any) -> bytes:
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    out = io.BytesIO()
    image.save(out, kind, **values)
    return out.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    data = Image.Exif()
    data[0x010E] = SECRET.decode()  # description
    data[0x0112] = orientation
    gps = data.get_ifd(0x8825)
    gps[1], gps[2] = "N", (27.0, 18.0, 4.3)
    return data


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "MPO"])
def test_nothing_but_pixels_survives(kind: str) -> None:
    values: dict[str, Any] = {"exif": exif()}
    if kind == "PNG":
        info = PngInfo()
        info.add_text("Comment", SECRET.decode())
        info.add_itxt("XML:com.adobe.xmp", SECRET.decode())
        values["pnginfo"] = info
    else:
        values["icc_profile"] = SECRET * 8
        values["xmp"] = b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"
    if kind == "MPO":
        values |= {"save_all": True, "append_images": [Image.new("RGB", (40, 40))]}
    sent = picture(kind, **values)
    assert SECRET in sent or kind == "PNG"
    for clean in (clean_photo(sent).content, clean_photo(sent).thumbnail):
        assert SECRET not in clean
        with Image.open(io.BytesIO(clean)) as image:
            assert image.format == "JPEG"
            assert not image.getexif()
            assert not {"icc_profile", "comment", "xmp", "exif"} & set(image.info)


def test_a_photo_stands_upright_and_is_not_larger_than_it_needs_to_be() -> None:
    photo = clean_photo(picture(exif=exif(orientation=6)))
    assert (photo.width, photo.height) == (800, 1600)
    with Image.open(io.BytesIO(photo.thumbnail)) as small:
        assert max(small.size) == 240


def test_what_hides_behind_a_photo_is_gone() -> None:
    clean = clean_photo(picture() + b"PK\x03\x04<script>alert(1)</script>" + SECRET).content
    assert b"<script>" not in clean
    assert SECRET not in clean


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a" + b"\0" * 50,
        b"\xff\xd8\xff\xe0" + b"\0" * 100,
        b"%PDF-1.7",
        picture()[:3000],
        b"\x89PNG\r\n\x1a\n" + b"\0" * 40,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\0\0\0\x18ftypheic" + b"\0" * 60,
    ],
    ids=["nothing", "gif", "bare jpeg", "pdf", "cut off", "bare png", "svg", "heic"],
)
def test_what_is_no_photo_is_refused(content: bytes) -> None:
    with pytest.raises(NotAPhoto):
        clean_photo(content)


def test_a_bomb_is_refused_before_it_unfolds() -> None:
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    assert len(out.getvalue()) < 100_000
    with pytest.raises(TooLarge):
        clean_photo(out.getvalue())
    with pytest.raises(TooLarge):
        clean_photo(b"\xff" * (20 * 1024 * 1024 + 1))


def wave() -> bytes:
    fmt = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
    info = b"INFOINAM" + struct.pack("<I", len(SECRET)) + SECRET + (b"\0" if len(SECRET) % 2 else b"")
    data = b"data" + struct.pack("<I", 8) + b"\1\2\3\4\5\6\7\x08"
    body = fmt + b"LIST" + struct.pack("<I", len(info)) + info + data
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WAVE" + body


def ogg_page(number: int, body: bytes) -> bytes:
    lacing = bytes([255] * (len(body) // 255) + [len(body) % 255])
    head = b"OggS\0\0" + struct.pack("<qIII", number * 960, 7, number, 0) + bytes([len(lacing)]) + lacing
    checksum = _ogg_checksum(head + body)
    return head[:22] + struct.pack("<I", checksum) + head[26:] + body


def ogg() -> bytes:
    tags = b"OpusTags" + struct.pack("<I", 4) + b"Lavf" + struct.pack("<II", 1, len(SECRET)) + SECRET
    return ogg_page(0, b"OpusHead" + b"\1\1" + b"\0" * 9) + ogg_page(1, tags) + ogg_page(2, b"\xfcsound" * 90)


def element(number: int, body: bytes) -> bytes:
    name = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return name + (len(body) | 1 << 56).to_bytes(8, "big") + body


def webm(is_open: bool = False) -> bytes:
    head = element(0x1A45DFA3, element(0x4282, b"webm"))
    info = element(
        0x1549A966, element(0x2AD7B1, b"\x0f\x42\x40") + element(0x7BA9, SECRET) + element(0x4D80, SECRET)
    )
    track = element(0xAE, element(0xD7, b"\1") + element(0x86, b"A_OPUS") + element(0x536E, SECRET))
    cluster = element(0xE7, b"\0") + element(0xA3, b"\x81\0\0\x80sound")
    clusters = b"\x1f\x43\xb6\x75\xff" + cluster if is_open else element(0x1F43B675, cluster)
    tags = element(0x1254C367, SECRET)
    body = info + element(0x1654AE6B, track) + clusters + tags
    return head + (b"\x18\x53\x80\x67\x01" + b"\xff" * 7 + body if is_open else element(0x18538067, body))


@pytest.mark.parametrize(
    "sent", [wave(), ogg(), webm(), webm(is_open=True)], ids=["wav", "ogg", "webm", "open webm"]
)
def test_a_recording_keeps_its_sound_and_loses_its_names(sent: bytes) -> None:
    assert SECRET in sent
    clean, _media_type = clean_voice(sent)
    assert SECRET not in clean
    assert (b"sound" in clean) or b"\1\2\3\4\5\6\7\x08" in clean
    assert clean_voice(clean)[0] == clean


@pytest.mark.parametrize(
    "sent",
    [b"", b"ID3\4" + b"\0" * 60, b"RIFF\0\0\0\0AVI ", ogg()[:60], wave()[:40], b"\x1aE\xdf\xa3" + b"\xff" * 30,
     b"\0\0\0\x20ftypM4A " + b"\0" * 60, webm()[:70]],
)  # fmt: skip
def test_a_recording_that_cannot_be_cleaned_is_refused(sent: bytes) -> None:
    with pytest.raises(NotVoice):
        clean_voice(sent)


def sealed_files() -> list[Path]:
    return sorted(path for path in (Path(django_settings.MEDIA_ROOT) / "sealed").rglob("*") if path.is_file())


def keep(cast: Cast, content: bytes, actor: Actor = SYSTEM) -> Attachment:
    return store_photo(
        county_id=cast.own.courtyard.county_id,
        division_code=cast.own.code,
        is_sample=True,
        source=io.BytesIO(content),
        actor=actor,
        now=NOW,
    )


@pytest.mark.django_db
def test_a_refused_file_leaves_nothing(cast: Cast) -> None:
    before = sealed_files()
    with pytest.raises(AttachmentRefused):
        keep(cast, picture()[:2000])
    assert sealed_files() == before
    assert not Attachment.objects.exists()


@pytest.mark.django_db
def test_a_kept_photo_is_sealed_and_comes_back(cast: Cast) -> None:
    row = keep(cast, picture())
    assert open_attachment(row)[:3] == b"\xff\xd8\xff"
    assert len(open_attachment(row, thumbnail=True)) < len(open_attachment(row))
    on_disk = b"".join(path.read_bytes() for path in sealed_files() if row.public_id.hex in path.name)
    assert on_disk
    assert b"JFIF" not in on_disk
    bind(public_ids=[row.public_id], object_kind="incidents.incident", object_id=5, actor=SYSTEM, now=NOW)
    assert [file.pk for file in attachments_of("incidents.incident", [5, 6])[5]] == [row.pk]
    assert discard_unbound(NOW.replace(year=2026)) == 0


@pytest.mark.django_db
def test_only_ones_own_unbound_files_can_be_bound(cast: Cast) -> None:
    mine, other = keep(cast, picture(), Actor(7, "我")), keep(cast, picture(), Actor(8, "他"))
    for ids in ([other.public_id], [mine.public_id, uuid4()]):
        with pytest.raises(NotYours):
            bind(public_ids=ids, object_kind="a.b", object_id=1, actor=Actor(7, "我"), now=NOW)
    bind(public_ids=[mine.public_id], object_kind="a.b", object_id=1, actor=Actor(7, "我"), now=NOW)
    with pytest.raises(NotYours):
        bind(public_ids=[mine.public_id], object_kind="a.b", object_id=2, actor=Actor(7, "我"), now=NOW)
    assert discard_unbound(NOW.replace(year=2026)) == 1
    assert not [path for path in sealed_files() if other.public_id.hex in path.name]


@pytest.mark.django_db
def test_an_upload_goes_on_where_it_stopped(cast: Cast) -> None:
    content, actor = picture(), Actor(7, "我")
    said: dict[str, Any] = {
        "county_id": cast.own.courtyard.county_id,
        "division_code": cast.own.code,
        "is_sample": True,
        "key": "photo-1",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "kind": AttachmentKind.PHOTO,
        "actor": actor,
        "now": NOW,
    }
    upload = begin_upload(**said)
    half = len(content) // 2
    assert append(upload=upload, offset=0, data=content[:half], now=NOW) == half
    with pytest.raises(WrongOffset) as told:
        append(upload=upload, offset=0, data=content[:half], now=NOW)
    assert told.value.offset == half
    with pytest.raises(WrongOffset):
        finish(upload=upload, actor=actor, now=NOW)
    again = begin_upload(**said)
    assert (again.pk, again.received) == (upload.pk, half)
    assert all(b"\xff\xd8\xff" not in bytes(part.sealed) for part in UploadPart.objects.all())
    append(upload=again, offset=half, data=content[half:], now=NOW)
    kept = finish(upload=again, actor=actor, now=NOW)
    assert finish(upload=again, actor=actor, now=NOW).pk == kept.pk
    assert not UploadPart.objects.exists()
    with pytest.raises(UploadBroken):
        begin_upload(**{**said, "size": 5})


@pytest.mark.django_db
def test_an_upload_that_arrived_damaged_begins_anew(cast: Cast) -> None:
    content, actor = picture(), Actor(7, "我")
    upload = begin_upload(
        county_id=cast.own.courtyard.county_id,
        division_code=cast.own.code,
        is_sample=True,
        key="photo-2",
        size=len(content),
        sha256="0" * 64,
        kind=AttachmentKind.PHOTO,
        actor=actor,
        now=NOW,
    )
    append(upload=upload, offset=0, data=content, now=NOW)
    with pytest.raises(UploadBroken):
        finish(upload=upload, actor=actor, now=NOW)
    upload.refresh_from_db()
    assert upload.received == 0


@pytest.mark.django_db
def test_a_recording_is_kept_too(cast: Cast) -> None:
    row = store_voice(
        county_id=cast.own.courtyard.county_id,
        division_code=cast.own.code,
        is_sample=True,
        source=io.BytesIO(ogg()),
        actor=SYSTEM,
        now=NOW,
    )
    assert (row.kind, row.media_type) == (AttachmentKind.VOICE, "audio/ogg")
    assert SECRET not in open_attachment(row)
