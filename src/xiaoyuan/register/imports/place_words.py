"""What the words of surveyors and of OpenStreetMap mean in our code lists."""

from typing import Any, Final

from xiaoyuan.register.choices import BuildingUse, ParcelUse, RoadClass, RoofKind, Structure, WaterKind


def _words(text: str, value: Any) -> dict[str, Any]:
    return dict.fromkeys(text.split(), value)


BUILDING_USES: Final[dict[str, str]] = {
    **_words(
        "住宅 住房 居住 民居 house residential detached apartments cabin hut terrace semidetached_house "
        "bungalow farmhouse dormitory static_caravan hotel_annex",
        BuildingUse.DWELLING,
    ),
    **_words(
        "厢房 厨房 附属用房 附属 车库 杂物间 garage garages shed carport roof service outbuilding",
        BuildingUse.OUTBUILDING,
    ),
    **_words(
        "村委会 居委会 公共活动 公共 办公 public civic public_building townhall government "
        "community_centre library post_office police fire_station station train_station social_facility",
        BuildingUse.PUBLIC,
    ),
    **_words("学校 幼儿园 school kindergarten preschool college university", BuildingUse.EDUCATION),
    **_words("卫生室 医院 诊所 clinic hospital doctors", BuildingUse.HEALTH),
    **_words(
        "寺庙 教堂 祠堂 church chapel mosque temple cathedral monastery shrine place_of_worship religious",
        BuildingUse.RELIGIOUS,
    ),
    **_words(
        "商住 商铺 商业 集贸市场 retail commercial shop office hotel guest_house supermarket kiosk "
        "restaurant bar fuel gym clubhouse",
        BuildingUse.COMMERCIAL,
    ),
    **_words("厂房 仓库 工业 industrial warehouse factory manufacture hangar", BuildingUse.INDUSTRIAL),
    **_words(
        "圈舍 畜禽舍 大棚 农业 farm barn stable cowshed sty farm_auxiliary greenhouse glasshouse",
        BuildingUse.AGRICULTURAL,
    ),
    # Words that say there is a building, not what it serves for.
    **_words("未知 其他 yes construction entrance ruins", BuildingUse.UNKNOWN),
}

PARCEL_USES: Final[dict[str, str]] = {
    **_words("水田 paddy", ParcelUse.PADDY),
    **_words("旱地 水浇地 耕地 farmland farm", ParcelUse.DRY_FIELD),
    **_words("园地 果园 茶园 orchard plant_nursery", ParcelUse.ORCHARD),
    **_words("林地 forest wood", ParcelUse.FOREST),
    **_words("草地 meadow grass grassland village_green fell", ParcelUse.GRASS),
    **_words("坑塘 坑塘水面 鱼塘 pond", ParcelUse.POND),
    **_words("vineyard", ParcelUse.VINEYARD),
    **_words(
        "宅基地 建设用地 residential commercial industrial retail construction farmyard garages railway "
        "brownfield military",
        ParcelUse.BUILT,
    ),
    **_words(
        "其他 其他土地 cemetery recreation_ground allotments quarry scrub heath wetland landfill "
        "greenfield bare_rock scree sand beach glacier rock stone mud cliff conservation",
        ParcelUse.OTHER,
    ),
}

ROAD_CLASSES: Final[dict[str, str]] = {
    **_words(
        "高速公路 国道 省道 motorway motorway_link trunk trunk_link primary primary_link",
        RoadClass.HIGHWAY,
    ),
    **_words("县道 secondary secondary_link", RoadClass.COUNTY),
    **_words("乡道 tertiary tertiary_link", RoadClass.TOWNSHIP),
    **_words("村道 unclassified residential living_street road", RoadClass.VILLAGE),
    **_words("组道 巷道 入户路 service pedestrian", RoadClass.LANE),
    **_words("机耕道 田间道 track", RoadClass.TRACK),
    **_words("人行道 步道 footway path steps cycleway bridleway via_ferrata", RoadClass.PATH),
}

WATER_KINDS: Final[dict[str, str]] = {
    **_words("河流 河 river riverbank", WaterKind.RIVER),
    **_words("溪沟 溪流 小溪 stream", WaterKind.STREAM),
    **_words("湖泊 水库 lake water reservoir lagoon", WaterKind.LAKE),
    **_words("坑塘 池塘 pond basin oxbow", WaterKind.POND),
    **_words("沟渠 水渠 渠道 canal drain ditch", WaterKind.CANAL),
}

ROOFS: Final[dict[str, int]] = {
    **_words("平顶 平屋顶 flat", RoofKind.FLAT),
    **_words("双坡 双坡顶 坡屋顶 gabled gable half-hipped gambrel saltbox skillion", RoofKind.GABLE),
    **_words("四坡 四坡顶 hipped hip pyramidal mansard", RoofKind.HIP),
}

STRUCTURES: Final[dict[str, str]] = {
    **_words("钢混 钢筋混凝土 框架 concrete reinforced_concrete", Structure.STEEL_CONCRETE),
    **_words("砖混 brick", Structure.BRICK_CONCRETE),
    **_words("砖木", Structure.BRICK_TIMBER),
    **_words("土坯 土木 夯土 adobe rammed_earth mud", Structure.ADOBE),
    **_words("窑洞", Structure.CAVE),
    **_words("竹 竹木 bamboo", Structure.BAMBOO),
    **_words("其他 木 石 wood stone metal", Structure.OTHER),
}
