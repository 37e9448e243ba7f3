"""What a phone in the field hands in: one table from kind to action, each carried out once per key of the phone."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

import orjson
from django.utils.translation import gettext as _

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.routes import require
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.audit.actions import Answer, once
from xiaoyuan.doorplates.access import access_plate_for_step
from xiaoyuan.doorplates.on_site import install_plate, report_damage, verify_plate
from xiaoyuan.doorplates.workflow import Step as PlateStep
from xiaoyuan.incidents.access import access_incident, may_take
from xiaoyuan.incidents.actions.reporting import Reporter, report_incident
from xiaoyuan.incidents.actions.steps import take_step
from xiaoyuan.incidents.choices import Source, State, Step
from xiaoyuan.incidents.errors import StepNotYours, UnknownCategory
from xiaoyuan.incidents.queries import category_by_code
from xiaoyuan.portal.form_filling import about_of, hand_in, with_photos
from xiaoyuan.register.access import access_division_within
from xiaoyuan.register.errors import RegisterError, RowChanged
from xiaoyuan.register.models import SHOWN, County, Courtyard
from xiaoyuan.vault.actions import open_blob, seal_blob

ANY_COUNTY: Final = 0
"""Keys of a phone are its owner's, whichever county a submission turns out to concern."""
LONGEST_KEY: Final = 60
MOST_PHOTOS: Final = 6
_SEALS: Final = UUID("0b0a6c1e-58b7-5d2f-9a39-0f6f5f2f7a11")


@dataclass(frozen=True)
class Submission:
    """One thing done on a phone: its key, kind, the version that was seen, what was filled in, files sent before."""

    key: str
    kind: str
    payload: Mapping[str, Any]
    row_version: int | None = None
    attachments: tuple[UUID, ...] = ()

    @property
    def body_hash(self) -> str:
        """SHA-256 of all but the key: the same key with another hash is another content."""
        body = [self.kind, self.row_version, dict(self.payload), [str(one) for one in self.attachments]]
        return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()

    def text(self, name: str, longest: int = 2000) -> str:
        """Return a text of the payload, "" when it is missing; raises `RegisterError` for anything else."""
        value = self.payload.get(name, "")
        if not isinstance(value, str) or "\0" in value:
            raise not_understood()
        return value.strip()[:longest]

    def number(self, name: str) -> float | None:
        """Return a finite number of the payload or None; raises `RegisterError`."""
        value = self.payload.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not -1e15 < value < 1e15:
            raise not_understood()
        return float(value)

    def row(self, name: str) -> int:
        """Return the number of a row; raises `RegisterError` when there is none. Texts of digits are taken too."""
        value = self.payload.get(name)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**63:
            raise not_understood()
        return value


class PlateChanged(RegisterError):
    """Somebody else took a step with the plate in the meantime; `fields` says what stands there now."""

    def __init__(self, sentence: str, state: str) -> None:
        self.fields = (("state", state),)
        super().__init__(sentence)


Write = Callable[[Viewer, Submission, datetime], dict[str, Any]]


def not_understood() -> RegisterError:
    """Return the refusal of a submission whose form is wrong."""
    return RegisterError(_("The request was not understood. Nothing was saved."))


def submission_of(body: Any) -> Submission:
    """Read a submission out of JSON; raises `RegisterError`."""
    if not isinstance(body, dict):
        raise not_understood()
    key, kind, payload = body.get("key"), body.get("kind"), body.get("payload", {})
    version, files = body.get("row_version"), body.get("attachments", [])
    if not (
        isinstance(key, str) and 8 <= len(key) <= LONGEST_KEY and isinstance(kind, str) and kind in KINDS
    ):
        raise not_understood()
    if not isinstance(payload, dict) or not isinstance(files, list) or len(files) > MOST_PHOTOS:
        raise not_understood()
    if version is not None and (isinstance(version, bool) or not isinstance(version, int)):
        raise not_understood()
    try:
        ids = tuple(UUID(str(one)) for one in files)
    except ValueError:
        raise not_understood() from None
    return Submission(key, kind, payload, version, ids)


def submit(viewer: Viewer, submission: Submission, now: datetime) -> dict[str, Any]:
    """Carry out a submission once; sent again it is answered as the first time.

    Raises `IdempotencyConflict` for another content under the same key, and what the kind's action raises.
    """
    require(viewer, Permission.WORK_IN_FIELD)
    answer = once(
        county_id=ANY_COUNTY,
        actor=viewer.actor,
        key=submission.key,
        body_hash=submission.body_hash,
        now=now,
        write=lambda: Answer(200, _kept(viewer, KINDS[submission.kind](viewer, submission, now), now)),
    )
    return _shown(viewer, dict(answer.body))


def _kept(viewer: Viewer, body: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Seal a receipt's secret: the answer is kept for 90 days, the secret itself only as a hash."""
    secret = body.pop("secret", None)
    if secret is None:
        return body
    sealed = seal_blob(
        county_id=body["county"],
        subject=_subject(viewer),
        name=f"receipt:{body['receipt_no']}",
        content=secret.encode(),
        now=now,
    )
    return {**body, "sealed": base64.b64encode(sealed).decode()}


def _shown(viewer: Viewer, body: dict[str, Any]) -> dict[str, Any]:
    sealed, county = body.pop("sealed", None), body.pop("county", None)
    if sealed is not None:
        secret = open_blob(
            county_id=county,
            subject=_subject(viewer),
            name=f"receipt:{body['receipt_no']}",
            sealed=base64.b64decode(sealed),
        )
        body["path"] = f"/r/{secret.decode()}/"
    return body


def _subject(viewer: Viewer) -> UUID:
    return uuid5(_SEALS, str(viewer.actor.user_id))


def _report(viewer: Viewer, sent: Submission, now: datetime) -> dict[str, Any]:
    """File what somebody saw or was told, for themselves or for an elder."""
    courtyard = None
    if sent.payload.get("courtyard"):
        scope = viewer.scope_for(Permission.WORK_IN_FIELD)
        rows = Courtyard.objects.within(scope).filter(
            SHOWN, pk=sent.row("courtyard"), valid_until__isnull=True
        )
        courtyard = rows.first()
        if courtyard is None:
            raise NotFound
    code = courtyard.division_code if courtyard is not None else sent.text("division", 15)
    # A grid is no division of its own: its village is.
    division, _scope = access_division_within(viewer, code[:12], Permission.WORK_IN_FIELD)
    county = County.objects.filter(code=division.code[:6]).first()
    if county is None:
        raise NotFound
    category = category_by_code(county.pk, sent.text("category", 20))
    if category is None:
        raise UnknownCategory
    receipt = report_incident(
        county_id=county.pk,
        division_code=division.code if courtyard is None else code,
        category=category,
        courtyard=courtyard,
        lon=sent.number("lon"),
        lat=sent.number("lat"),
        place=sent.text("place", 200),
        words=sent.text("words"),
        attachment_ids=sent.attachments,
        reporter=Reporter(
            user_id=viewer.actor.user_id,
            phone=sent.text("phone", 20),
            is_proxy=bool(sent.payload.get("is_proxy")),
        ),
        source=Source.FIELD,
        is_sample=courtyard.is_sample if courtyard is not None else county.shows_sample,
        actor=viewer.actor,
        now=now,
    )
    return {
        "county": county.pk,
        "incident": str(receipt.incident.pk),
        "receipt_no": receipt.receipt_no,
        "secret": receipt.secret,
    }


def _step(viewer: Viewer, sent: Submission, now: datetime) -> dict[str, Any]:
    """Take a step of an incident that is within the viewer's right or assigned to them."""
    incident = access_incident(viewer, sent.row("incident"))
    try:
        step = Step(sent.text("step", 10))
    except ValueError:
        raise not_understood() from None
    same_version = sent.row_version is None or sent.row_version == incident.row_version
    # Where somebody was faster the conflict is shown, not the step that has become impossible by it.
    if same_version and not may_take(viewer, incident, step):
        raise StepNotYours(str(step.label))
    changed = take_step(
        incident=incident,
        row_version=sent.row_version,
        step=step,
        actor=viewer.actor,
        now=now,
        reason=sent.text("reason", 400),
        words=sent.text("words"),
        attachment_ids=sent.attachments,
    )
    return {
        "incident": str(changed.pk),
        "row_version": changed.row_version,
        "state": str(State(changed.state).label),
    }


def _plate(step: PlateStep) -> Write:
    """Return what carries out a step of a plate at its door."""

    def write(viewer: Viewer, sent: Submission, now: datetime) -> dict[str, Any]:
        plate = access_plate_for_step(viewer, sent.row("plate"), step)
        seen: Any = {"plate": plate, "row_version": sent.row_version or 0, "actor": viewer.actor, "now": now}
        try:
            if step is PlateStep.INSTALL:
                lon, lat = sent.number("lon"), sent.number("lat")
                if lon is None or lat is None:
                    raise not_understood()
                seen |= {"lon": lon, "lat": lat, "accuracy_m": sent.number("accuracy_m")}
                changed = install_plate(**seen, attachment_ids=sent.attachments)
            elif step is PlateStep.VERIFY:
                changed = verify_plate(**seen)
            else:
                changed = report_damage(**seen, words=sent.text("words"), attachment_ids=sent.attachments)
        except RowChanged as error:
            raise PlateChanged(str(error), str(plate.get_state_display())) from error
        return {
            "plate": str(changed.pk),
            "row_version": changed.row_version,
            "state": str(changed.get_state_display()),
        }

    return write


def _form(viewer: Viewer, sent: Submission, now: datetime) -> dict[str, Any]:
    """Keep a filled form of the county."""
    answers = sent.payload.get("answers")
    if not isinstance(answers, dict):
        raise not_understood()
    about = about_of(
        viewer,
        courtyard=sent.row("courtyard") if sent.payload.get("courtyard") else None,
        household=sent.row("household") if sent.payload.get("household") else None,
        division=sent.text("division", 15),
    )
    filled = with_photos(answers, sent.attachments)
    return hand_in(viewer, version_id=sent.row("version"), answers=filled, about=about, now=now)


KINDS: Final[dict[str, Write]] = {
    "incident.report": _report,
    "incident.step": _step,
    "plate.install": _plate(PlateStep.INSTALL),
    "plate.verify": _plate(PlateStep.VERIFY),
    "plate.damage": _plate(PlateStep.REPORT_DAMAGE),
    "form.answer": _form,
}
"""Every kind of submission with the action that carries it out."""
