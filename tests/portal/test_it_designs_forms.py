"""Forms through the pages: uploaded or made by hand, tried, put to use, filled in the field, taken out covered."""

import csv
import io
import re
from typing import Any, Final

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from tests.accounts.matrix_forms import answer_in, form_in
from tests.cast import OWN, Cast
from tests.fieldwork.forms import HEATING, SMALL, Sheets, survey, workbook
from tests.portal.console import signed_in
from xiaoyuan.attachments.models import Attachment
from xiaoyuan.audit.models import AuditEntry
from xiaoyuan.fieldwork.form_queries import draft_of, schema_of, version_in_use
from xiaoyuan.fieldwork.form_tables import as_csv
from xiaoyuan.fieldwork.models.forms import FormAnswer, FormDefinition
from xiaoyuan.fieldwork.xlsforms.reading import read_form

WHY: Final = "a test"
SUBMISSIONS: Final = "/api/v1/field/submissions"


def upload(client: Client, sheets: Sheets, name: str = "form.xlsx") -> Any:
    file = SimpleUploadedFile(name, workbook(sheets))
    return client.post(
        "/console/forms/new/", {"division": OWN, "way": "file", "purpose": "visit", "file": file}
    )


def only_form() -> FormDefinition:
    found: FormDefinition = FormDefinition.objects.unscoped(WHY).get()
    return found


def published(cast: Cast, sheets: Sheets = HEATING) -> FormDefinition:
    client = signed_in(cast, "wang")
    assert upload(client, sheets).status_code == 302
    form = only_form()
    draft = draft_of(form)
    assert draft is not None
    step = f"/console/forms/{form.pk}/steps/publish/"
    assert client.post(step, {"row_version": draft.row_version}).status_code == 302
    return form


def draft_schema(form: FormDefinition) -> Any:
    draft = draft_of(form)
    assert draft is not None
    return schema_of(draft)


def test_an_upload_becomes_a_draft_that_is_looked_at_and_put_to_use(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    answer = upload(client, HEATING)
    form = only_form()
    assert answer["Location"] == f"/console/forms/{form.pk}/"
    preview = client.get(f"/console/forms/{form.pk}/1/").content.decode()
    assert "怎样取暖？" in preview
    assert "烟管通到屋外吗？" not in preview  # asked only of those who burn coal
    tried = client.post(f"/console/forms/{form.pk}/1/", {"q.way": "coal", "q.room.count": "0", "go": "look"})
    assert "烟管通到屋外吗？" in tried.content.decode()
    assert "请回答" not in tried.content.decode()
    checked = client.post(
        f"/console/forms/{form.pk}/1/", {"q.way": "coal", "q.room.count": "0", "go": "check"}
    )
    assert "请回答这个问题。" in checked.content.decode()
    assert not FormAnswer.objects.unscoped(WHY).exists()
    draft = draft_of(form)
    assert draft is not None
    client.post(f"/console/forms/{form.pk}/steps/publish/", {"row_version": draft.row_version})
    assert version_in_use(form) is not None
    source = client.get(f"/console/forms/{form.pk}/1/source/")
    assert source.content == workbook_of(source)
    assert (
        read_form(client.get(f"/console/forms/{form.pk}/1/xlsx/").content, "x.xlsx").schema.key == "heating"
    )
    assert b"<h:html" in client.get(f"/console/forms/{form.pk}/1/xml/").content


def workbook_of(response: Any) -> bytes:
    content: bytes = response.content
    assert openpyxl.load_workbook(io.BytesIO(content)).sheetnames == ["survey", "choices", "settings"]
    return content


def test_a_refused_upload_names_rows_and_keeps_nothing(cast: Cast) -> None:
    answer = upload(
        signed_in(cast, "wang"), survey(["text", "a", "甲"], ["geopoint", "b", "乙"], ["audit", "c"])
    )
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "第 3 行" in page
    assert "第 4 行" in page
    assert "跟踪" in page
    assert not FormDefinition.objects.unscoped(WHY).exists()


def test_a_county_form_is_read_below_and_changed_only_by_its_own(cast: Cast) -> None:
    """A village's clerk fills and reads what the town designed, and cannot change it."""
    chen, wang = signed_in(cast, "chen"), signed_in(cast, "wang")
    file = SimpleUploadedFile("form.xlsx", workbook(SMALL))
    chen.post("/console/forms/new/", {"division": OWN[:9], "way": "file", "purpose": "free", "file": file})
    form = only_form()
    assert form.division_code == OWN[:9]
    page = wang.get(f"/console/forms/{form.pk}/")
    assert page.status_code == 200
    assert "/steps/publish/" not in page.content.decode()
    assert wang.get(f"/console/forms/{form.pk}/edit/").status_code == 404
    assert wang.post(f"/console/forms/{form.pk}/steps/publish/", {"row_version": 1}).status_code == 404


def builder(client: Client, form: FormDefinition, **said: Any) -> Any:
    draft = draft_of(form)
    assert draft is not None
    return client.post(f"/console/forms/{form.pk}/edit/", {"row_version": draft.row_version, **said})


def test_a_form_is_made_by_hand_with_keys_alone(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    client.post(
        "/console/forms/new/",
        {"division": OWN, "way": "hand", "purpose": "free", "title": "饮水检查", "key": "water"},
    )
    form = only_form()
    builder(client, form, do="add", kind="select_one", label="水从哪里来？", name="source")
    builder(
        client, form, do="save", question="source", required="on", condition="",
        **{"label-0": "吃水从哪里来？", "choices": "自来水\n井水\n山泉"},
    )  # fmt: skip
    builder(client, form, do="add", kind="integer", label="井有多深（米）？", name="depth")
    saved = builder(
        client, form, do="save", question="depth", condition="simple", about="source", test="is", answer="c2",
        least="1", most="200", **{"label-0": "井有多深（米）？", "message-0": "1 到 200 米"},
    )  # fmt: skip
    assert saved.status_code == 302
    builder(client, form, do="add", kind="repeat", label="水样", name="sample")
    builder(client, form, do="up", question="depth")
    builder(client, form, do="remove", question="q1")
    schema = draft_schema(form)
    names = [one.name for one, _repeat in schema.flat()]
    assert names[:2] == ["depth", "source"]
    depth = schema.question("depth")
    assert (depth.relevant, depth.constraint) == ("${source} = 'c2'", ". >= 1 and . <= 200")
    labels = {choice.name: schema.words(choice.label, "zh") for choice in schema.choice_lists["source"]}
    assert labels == {"c1": "自来水", "c2": "井水", "c3": "山泉"}
    page = client.get(f"/console/forms/{form.pk}/edit/?question=depth").content.decode()
    assert re.search(r'<option value="c2" selected>', page)
    stale = client.post(
        f"/console/forms/{form.pk}/edit/", {"row_version": 1, "do": "remove", "question": "depth"}
    )
    assert stale.status_code == 409
    circle = builder(
        client, form, do="save", question="source", condition="keep", relevant="${depth} > 3",
        **{"label-0": "水", "choices": "自来水\n井水"},
    )  # fmt: skip
    assert circle.status_code == 400
    assert "绕成了圈" in circle.content.decode()


def test_a_question_moves_into_a_group_and_out_of_it(cast: Cast) -> None:
    form = published(cast)
    client = signed_in(cast, "wang")
    client.post(f"/console/forms/{form.pk}/steps/draft/")
    builder(client, form, do="down", question="intro")
    groups = {one.name: one.children for one, _repeat in draft_schema(form).flat() if one.children}
    assert [one.name for one in groups["stove"]] == ["intro", "way", "vent", "risks"]
    builder(client, form, do="up", question="intro")
    assert draft_schema(form) == schema_of(version_in_use(form))  # type: ignore[arg-type]  # it is in use


def photo() -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.effect_noise((64, 48), 90).convert("RGB").save(out, "JPEG")
    return SimpleUploadedFile("p.jpg", out.getvalue(), content_type="image/jpeg")


def test_the_plain_page_asks_on_until_all_is_answered(cast: Cast) -> None:
    form = published(cast)
    client = signed_in(cast, "li")
    assert form.title in client.get("/field/forms/").content.decode()
    address = f"/field/forms/{form.key}/"
    page = client.get(f"{address}?household={cast.own.household.pk}")
    sent: dict[str, Any] = {"key": page.context["key"], "household": str(cast.own.household.pk), "go": "send"}
    sent |= {
        "shown": page.context["shown"],
        "q.way": "electric",
        "q.risks": ["co"],
        "q.elders": "2",
        "q.room.count": "0",
    }
    # The photo is asked for only now: the page comes back instead of passing it over.
    more = client.post(address, sent)
    assert more.status_code == 200
    assert "多出了几个问题" in more.content.decode()
    assert not FormAnswer.objects.unscoped(WHY).exists()
    wrong = client.post(
        address, {**sent, "shown": more.context["shown"], "q.elders": "30", "q.photo": photo()}
    )
    assert wrong.status_code == 400
    assert "请填 0 到 20。" in wrong.content.decode()
    kept = re.search(r'name="q.photo" value="([0-9a-f-]{36})"', wrong.content.decode())
    assert kept
    final = {**sent, "shown": wrong.context["shown"], "q.photo": kept[1]}
    done = client.post(address, final)
    assert done.status_code == 302, done.content.decode()
    assert client.post(address, final)["Location"] == done["Location"]
    answer = FormAnswer.objects.unscoped(WHY).get()
    assert answer.answers == {
        "way": "electric",
        "risks": ["co"],
        "elders": 2,
        "room": [],
        "all_beds": 0,
        "photo": kept[1],
    }
    assert answer.household_id == cast.own.household.pk
    assert Attachment.objects.get(public_id=kept[1]).object_id == answer.pk
    desk = signed_in(cast, "wang")
    assert desk.get(f"/console/forms/photos/{kept[1]}/?small").status_code == 200
    assert desk.get(f"/console/forms/filled/{answer.pk}/").status_code == 200
    assert AuditEntry.objects.filter(action="attachments.open").count() == 0
    assert desk.get(f"/console/forms/photos/{kept[1]}/").status_code == 200
    assert AuditEntry.objects.filter(action="attachments.open").count() == 1
    assert signed_in(cast, "li").get(f"/console/forms/photos/{kept[1]}/").status_code == 403


def test_entries_are_added_and_taken_out_without_scripts(cast: Cast) -> None:
    form = published(cast)
    client = signed_in(cast, "li")
    address = f"/field/forms/{form.key}/"
    sent = {"q.room.count": "1", "q.room.0.room_name": "堂屋", "add": "room"}
    two = client.post(address, sent).content.decode()
    assert 'name="q.room.1.room_name"' in two
    assert 'value="堂屋"' in two
    one = client.post(
        address, {"q.room.count": "2", "q.room.1.room_name": "卧室", "remove": "room.0"}
    ).content.decode()
    assert 'value="卧室"' in one
    assert 'name="q.room.1.room_name"' not in one


def test_a_phone_hands_in_once_whatever_it_repeats(cast: Cast) -> None:
    form = published(cast)
    client = signed_in(cast, "li")
    today = client.get("/api/v1/field/today").json()
    offered = next(one for one in today["forms"] if one["key"] == form.key)
    assert offered["questions"][0]["kind"] == "note"
    payload = {
        "version": offered["version"],
        "courtyard": str(cast.own.courtyard.pk),
        "division": OWN,
        "answers": {"way": "coal", "vent": "no", "elders": "1", "room": [{"room_name": "堂屋", "beds": "2"}]},
    }
    body = {"key": "key-of-a-form-1", "kind": "form.answer", "payload": payload}
    first = client.post(SUBMISSIONS, body, content_type="application/json")
    assert first.status_code == 200, first.content
    assert client.post(SUBMISSIONS, body, content_type="application/json").json() == first.json()
    answer = FormAnswer.objects.unscoped(WHY).get()
    assert answer.answers["all_beds"] == 2
    assert answer.courtyard_id == cast.own.courtyard.pk
    unfit = {**body, "key": "key-of-a-form-2", "payload": {**payload, "answers": {}}}
    refused = client.post(SUBMISSIONS, unfit, content_type="application/json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "refused")
    assert "怎样取暖？" in refused.json()["error"]["detail"]
    hidden = cast.places["hidden county"].courtyard
    foreign = {**body, "key": "key-of-a-form-3", "payload": {**payload, "courtyard": str(hidden.pk)}}
    assert client.post(SUBMISSIONS, foreign, content_type="application/json").status_code == 404
    wrong: tuple[dict[str, Any], ...] = ({"answers": []}, {"version": "x"}, {"division": "", "courtyard": ""})
    for broken in wrong:
        sent = {**body, "key": "key-of-a-form-4", "payload": {**payload, **broken}}
        assert client.post(SUBMISSIONS, sent, content_type="application/json").status_code == 400
    assert FormAnswer.objects.unscoped(WHY).count() == 1


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_tables_leave_covered_and_logged(cast: Cast, kind: str) -> None:
    answer = answer_in(cast.own)
    client = signed_in(cast, "wang")
    response = client.get(f"/console/forms/{answer.form_id}/answers/export/?format={kind}")
    if kind == "csv":
        rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(response.content)).worksheets[0]
        rows = [[str(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert rows[0][-1] == "看到什么？"
    assert rows[1][-1] == "灶**"
    assert rows[1][4] == cast.own.household.household_no
    assert "灶房门口" not in response.content.decode("utf-8", "ignore")
    assert AuditEntry.objects.filter(action="fieldwork.export_answers", object_id=answer.form_id).count() == 1
    # Only answers of the own villages leave.
    answer_in(cast.places["sibling"])
    assert len(rows) == 2


def test_a_cell_that_looks_like_a_formula_stays_a_text(cast: Cast) -> None:
    assert (
        as_csv(["=x"], [["=1+1", "-5", "+86 139", "@a"]]).decode("utf-8-sig")
        == "'=x\r\n'=1+1,-5,'+86 139,'@a\r\n"
    )


def test_the_list_counts_within_the_own_villages(cast: Cast) -> None:
    answer_in(cast.own)
    answer_in(cast.own)
    form = form_in(cast.own)
    page = signed_in(cast, "wang").get("/console/forms/").context["lines"]
    assert [(one.pk, count[0], mine) for one, _states, count, mine in page] == [(form.pk, 2, True)]


def test_a_next_wording_comes_from_a_file_and_the_old_one_stays(cast: Cast) -> None:
    form = published(cast, SMALL)
    client, address = signed_in(cast, "wang"), f"/console/forms/{form.pk}/"
    fill_in = {"q.what": "灯", "go": "send", "shown": "what", "key": "key-of-a-page-1", "division": OWN}
    assert signed_in(cast, "li").post(f"/field/forms/{form.key}/", fill_in).status_code == 302
    other = client.post(f"{address}upload/", {"file": SimpleUploadedFile("x.xlsx", workbook(HEATING))})
    assert other.status_code == 400
    assert "heating" in other.content.decode()
    sheets = {
        **SMALL,
        "survey": [SMALL["survey"][0], ["text", "what", "看到了什么？"], ["image", "p", "照片", "yes"]],
    }
    sheets["survey"][0] = ["type", "name", "label", "required"]
    sheets["survey"][2] = ["image", "p", "照片", "yes"]
    client.post(f"{address}upload/", {"file": SimpleUploadedFile("x.xlsx", workbook(sheets))})
    assert "这里不强制拍照" in client.get(address).content.decode()
    draft = draft_of(form)
    assert draft is not None
    client.post(f"{address}steps/publish/", {"row_version": draft.row_version})
    versions = client.get(address).context["versions"]
    assert [(one.number, one.state, count) for one, count in versions] == [
        (2, "published", 0),
        (1, "retired", 1),
    ]
    answer = FormAnswer.objects.unscoped(WHY).get()
    assert "看到什么？" in client.get(f"/console/forms/filled/{answer.pk}/").content.decode()


def test_a_form_is_offered_elsewhere_and_taken_out_of_use(cast: Cast) -> None:
    form = published(cast, SMALL)
    client, steps = signed_in(cast, "wang"), f"/console/forms/{form.pk}/steps"
    client.post(f"{steps}/purpose/", {"purpose": "inspection"})
    assert only_form().purpose == "inspection"
    client.post(f"{steps}/draft/")
    assert draft_of(form) is not None
    client.post(f"{steps}/discard/")
    assert draft_of(form) is None
    assert client.post(f"{steps}/discard/").status_code == 400
    client.post(f"{steps}/retire/")
    assert signed_in(cast, "li").get(f"/field/forms/{form.key}/").status_code == 404
    assert client.post(f"{steps}/somersault/").status_code == 404
