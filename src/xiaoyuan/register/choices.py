"""Code lists of the register. Stored values are national-standard codes where there is one, English codes else."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class DivisionLevel(models.TextChoices):
    """Level of a division."""

    PROVINCE = "province", _("province")
    CITY = "city", _("city")
    COUNTY = "county", _("county")
    TOWNSHIP = "township", _("township")
    VILLAGE = "village", _("village")


class DivisionOrigin(models.TextChoices):
    """Which list a division came from."""

    NATIONAL = "national", _("national list")
    COUNTY = "county", _("county list")
    LOCAL = "local", _("local")
    SAMPLE = "sample", _("sample")


class LayerClass(models.TextChoices):
    """Who may see a geometry."""

    PUBLIC = "public", _("public")
    INTERNAL = "internal", _("internal")
    RESTRICTED = "restricted", _("restricted")


class HeightDatum(models.TextChoices):
    """What heights refer to."""

    UNKNOWN = "unknown", _("unknown")
    CN1985 = "cn1985", _("1985 national height datum")
    EGM96 = "egm96", _("EGM96 geoid")
    ELLIPSOID = "ellipsoid", _("ellipsoid")


class RoofKind(models.IntegerChoices):
    """Shape of a roof."""

    FLAT = 0, _("flat roof")
    GABLE = 1, _("gable roof")
    HIP = 2, _("hip roof")


class Structure(models.TextChoices):
    """Structure of a dwelling (rural dwelling survey)."""

    UNKNOWN = "", _("unknown")
    STEEL_CONCRETE = "steel_concrete", _("steel and concrete")
    BRICK_CONCRETE = "brick_concrete", _("brick and concrete")
    BRICK_TIMBER = "brick_timber", _("brick and timber")
    ADOBE = "adobe", _("adobe")
    CAVE = "cave", _("cave dwelling")
    BAMBOO = "bamboo", _("bamboo")
    OTHER = "other", _("other")


class BuildingUse(models.TextChoices):
    """What a building serves for."""

    UNKNOWN = "", _("unknown use")
    DWELLING = "dwelling", _("dwelling")
    OUTBUILDING = "outbuilding", _("outbuilding")
    PUBLIC = "public", _("public building")
    EDUCATION = "education", _("school")
    HEALTH = "health", _("clinic")
    RELIGIOUS = "religious", _("place of worship")
    COMMERCIAL = "commercial", _("shop or workshop")
    INDUSTRIAL = "industrial", _("factory or store")
    AGRICULTURAL = "agricultural", _("farm building")


class ParcelUse(models.TextChoices):
    """Use of a parcel."""

    UNKNOWN = "", _("unknown use")
    PADDY = "paddy", _("paddy")
    DRY_FIELD = "dry_field", _("dry field")
    ORCHARD = "orchard", _("orchard")
    FOREST = "forest", _("forest")
    GRASS = "grass", _("grassland")
    POND = "pond", _("pond")
    VINEYARD = "vineyard", _("vineyard")
    BUILT = "built", _("built-up land")
    OTHER = "other", _("other land")


class RoadClass(models.TextChoices):
    """Class of a road."""

    HIGHWAY = "highway", _("highway")
    COUNTY = "county", _("county road")
    TOWNSHIP = "township", _("township road")
    VILLAGE = "village", _("village road")
    LANE = "lane", _("lane")
    TRACK = "track", _("farm track")
    PATH = "path", _("footpath")


class WaterKind(models.TextChoices):
    """Kind of a water body."""

    RIVER = "river", _("river")
    STREAM = "stream", _("stream")
    LAKE = "lake", _("lake")
    POND = "pond", _("pond")
    CANAL = "canal", _("canal")


class Sex(models.TextChoices):
    """Sex, GB/T 2261.1."""

    UNKNOWN = "0", _("unknown sex")
    MALE = "1", _("male")
    FEMALE = "2", _("female")
    NOT_STATED = "9", _("not stated")


class MaritalStatus(models.TextChoices):
    """Marital status, GB/T 2261.2."""

    UNKNOWN = "", _("unknown")
    SINGLE = "10", _("single")
    MARRIED = "20", _("married")
    FIRST_MARRIAGE = "21", _("first marriage")
    REMARRIED = "22", _("remarried")
    REUNITED = "23", _("remarried the same person")
    WIDOWED = "30", _("widowed")
    DIVORCED = "40", _("divorced")
    NOT_STATED = "90", _("not stated")


HEAD_OF_HOUSEHOLD: Final = "02"

RELATIONS: Final[dict[str, str]] = {
    "01": "本人", "02": "户主", "10": "配偶", "11": "夫", "12": "妻", "20": "子", "21": "独生子", "22": "长子",
    "23": "次子", "24": "三子", "25": "四子", "26": "五子", "27": "养子或继子", "28": "女婿", "29": "其他儿子",
    "30": "女", "31": "独生女", "32": "长女", "33": "次女", "34": "三女", "35": "四女", "36": "五女",
    "37": "养女或继女", "38": "儿媳", "39": "其他女儿", "40": "孙辈", "41": "孙子", "42": "孙女",
    "43": "外孙子", "44": "外孙女", "45": "孙媳妇", "46": "孙女婿", "47": "曾孙子", "48": "曾孙女",
    "49": "其他孙辈", "50": "父母", "51": "父", "52": "母", "53": "公公", "54": "婆婆", "55": "岳父",
    "56": "岳母", "57": "继父或养父", "58": "继母或养母", "59": "其他父母关系", "60": "祖辈", "61": "祖父",
    "62": "祖母", "63": "外祖父", "64": "外祖母", "65": "配偶的祖辈", "66": "曾祖父", "67": "曾祖母",
    "68": "配偶的曾祖辈", "69": "其他祖辈关系", "70": "兄弟姐妹", "71": "兄", "72": "嫂", "73": "弟",
    "74": "弟媳", "75": "姐", "76": "姐夫", "77": "妹", "78": "妹夫", "79": "其他兄弟姐妹", "80": "其他",
    "81": "伯父", "82": "伯母", "83": "叔父", "84": "婶母", "85": "舅父", "86": "舅母", "87": "姨父",
    "88": "姨母", "89": "姑父", "90": "姑母", "91": "堂兄弟姐妹", "92": "表兄弟姐妹",
    "93": "侄子", "94": "侄女", "95": "外甥", "96": "外甥女", "97": "其他亲属", "99": "非亲属",
}  # fmt: skip
"""Relation to the head of the household, GB/T 4761. The labels are the words that ledgers use."""

EDUCATION: Final[dict[str, str]] = {
    "10": "研究生", "20": "本科", "30": "专科", "40": "中职", "50": "技校", "60": "高中", "70": "初中",
    "80": "小学", "90": "其他",
}  # fmt: skip
"""Education, GB/T 4658; 50 and 90 as older sheets use them."""

POLITICAL_STATUS: Final[dict[str, str]] = {
    "01": "中共党员", "02": "预备党员", "03": "共青团员", "04": "民革", "05": "民盟", "06": "民建",
    "07": "民进", "08": "农工党", "09": "致公党", "10": "九三学社", "11": "台盟", "12": "无党派", "13": "群众",
}  # fmt: skip
"""Political status, GB/T 4762."""


class ResidenceKind(models.TextChoices):
    """The two places a person has."""

    REGISTERED = "registered", _("registered residence")
    ACTUAL = "actual", _("actual residence")


class JoinReason(models.TextChoices):
    """How a person came into a household."""

    UNKNOWN = "", _("not stated")
    BIRTH = "birth", _("birth")
    MARRIAGE = "marriage", _("marriage")
    ADOPTION = "adoption", _("adoption")
    MOVED_IN = "moved_in", _("moved in")
    SPLIT = "split", _("household split")
    MERGED = "merged", _("households merged")


class LeaveReason(models.TextChoices):
    """Why a person left a household."""

    UNKNOWN = "", _("not stated")
    DEATH = "death", _("death")
    MARRIAGE = "marriage", _("married out")
    MOVED_OUT = "moved_out", _("moved out")
    SPLIT = "split", _("household split")
    MERGED = "merged", _("households merged")
    DUPLICATE = "duplicate", _("recorded twice")


class SafetyGrade(models.TextChoices):
    """Safety grade of a dwelling, JGJ 125: A safe to D dangerous as a whole."""

    UNKNOWN = "", _("not graded")
    A = "A", _("grade A")
    B = "B", _("grade B")
    C = "C", _("grade C")
    D = "D", _("grade D")


class TransferKind(models.TextChoices):
    """How the right to farm a contracted parcel was passed on."""

    NONE = "", _("not transferred")
    LEASE = "lease", _("leased or subcontracted")
    SHARES = "shares", _("contributed as shares")
    SWAP = "swap", _("exchanged")
    ASSIGNMENT = "assignment", _("assigned")
    TRUST = "trust", _("in trust")
    OTHER = "other", _("passed on otherwise")


class AddressStatus(models.TextChoices):
    """Whether a standard address is in use."""

    CURRENT = "current", _("current")
    FORMER = "former", _("former")
