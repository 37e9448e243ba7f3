/** Every text of the planning tools, in both languages. */

import type { Language } from "../strings";

export interface PlanWords {
  choose: string;
  tools: { distance: string; area: string; height: string; profile: string; slope: string; aspect: string; road: string; flood: string };
  hint: { line: string; area: string; height: string; flood: string; keys: string };
  finish: string; again: string; undo: string; clear: string; copy: string; copied: string; close: string;
  points: string; ground: string; straight: string; perimeter: string; size: string; onSlope: string; rise: string; gradient: string;
  bearing: string; from: string; to: string; lowest: string; highest: string; up: string; down: string; mu: string; hectares: string;
  building: string; groundHeight: string; noTerrain: string; place: string; profileChart: string; atPlace: string;
  slopeLegend: string; aspectLegend: string; directions: string[]; flat: string; slopeSource: string;
  width: string; limit: string; snap: string; compute: string; computing: string; save: string; name: string; note: string; saved: string; open: string;
  planLength: string; slopeLength: string; steepest: string; over: string; cut: string; fill: string; land: string; crossed: string;
  households: string; others: (n: number) => string; few: string; segments: string; stretch: string; design: string; groundGradient: string; overMark: string;
  method: string; plans: string; noPlans: string; printMap: string; allPlans: string; signIn: string; failed: string; source: string;
  level: string; reach: string; water: string; volume: string; deepest: string; courtyards: string; buildings: string; edge: string; floodMethod: string;
  kinds: Record<string, string>;
}

const zh: PlanWords = {
  choose: "选择工具",
  tools: { distance: "距离", area: "面积", height: "高差", profile: "剖面", slope: "坡度", aspect: "坡向", road: "画路", flood: "淹没" },
  hint: {
    line: "在地面上依次点击；双击或按“完成”结束。", area: "依次点击地块边角；双击或按“完成”结束。", height: "点击两处；点在屋顶上也可以。",
    flood: "点击水从哪里涨起（河里、塘边、沟口）。", keys: "键盘：方向键移动，空格在屏幕中心取点，Enter 完成，Backspace 退一点，Esc 结束。",
  },
  finish: "完成", again: "重画", undo: "退一点", clear: "清除", copy: "复制结果", copied: "已复制", close: "结束",
  points: "点数", ground: "地面距离", straight: "直线距离", perimeter: "周长", size: "面积", onSlope: "沿坡面", rise: "高差", gradient: "坡度",
  bearing: "方位角", from: "起点高程", to: "终点高程", lowest: "最低", highest: "最高", up: "累计上升", down: "累计下降", mu: "亩", hectares: "公顷",
  building: "距地面高度", groundHeight: "地面高程", noTerrain: "这里没有高程模型，高程类结果不可用。", place: "位置", profileChart: "沿线地形剖面，横轴米，纵轴高程米", atPlace: "此处",
  slopeLegend: "坡度（度）", aspectLegend: "坡向", directions: ["北", "东北", "东", "东南", "南", "西南", "西", "西北"], flat: "平地（< 2°）", slopeSource: "按场景地形网格计算，供看大势；精确坡度请画剖面。",
  width: "路面宽（米）", limit: "最大纵坡（%）", snap: "吸附到已有道路", compute: "计算", computing: "正在计算…", save: "保存为方案", name: "方案名称", note: "说明（可不填）", saved: "已保存", open: "打开方案",
  planLength: "平面长度", slopeLength: "沿坡长度", steepest: "最大纵坡", over: "超限长度", cut: "挖方", fill: "填方", land: "占地（含边坡）", crossed: "经过的地物",
  households: "涉及农户", others: (n) => `另有至少 ${n} 户`, few: "另有不足 5 户", segments: "坡段", stretch: "起止（米）", design: "设计 %", groundGradient: "地面 %", overMark: "超限",
  method: "每 10 或 20 米一个断面；设计线为线性规划求得，起终点接地面；挖方边坡 1:1，填方 1:1.5，平均断面法。估算，不代替设计。",
  plans: "已存方案", noPlans: "还没有保存的方案。", printMap: "打印地图", allPlans: "全部方案", signIn: "画路和淹没分析需要工作人员登录。", failed: "没有算成，请稍后重试。", source: "高程数据",
  level: "水位上涨（米）", reach: "范围（米）", water: "水位高程", volume: "水量", deepest: "最大水深", courtyards: "涉及院落", buildings: "涉及建筑", edge: "水面已到分析范围边缘，实际可能更大。",
  floodMethod: "水面按同一高程从所选点连通漫开；低处若被高地隔开则不算淹没。未计流速、降雨和堤坝。",
  kinds: { parcel: "地块", courtyard: "院落", building: "建筑", road: "道路", water: "水系" },
};

const en: PlanWords = {
  choose: "Choose a tool",
  tools: { distance: "Distance", area: "Area", height: "Height", profile: "Profile", slope: "Slope", aspect: "Aspect", road: "Road sketch", flood: "Flood" },
  hint: {
    line: "Click along the ground; end with a double click or “Done”.", area: "Click the corners; end with a double click or “Done”.", height: "Click two places; a roof counts too.",
    flood: "Click where the water rises: a river, a pond, a ditch.", keys: "Keys: arrows move, space takes the point in the middle, Enter ends, Backspace removes a point, Esc leaves.",
  },
  finish: "Done", again: "Draw again", undo: "Back one point", clear: "Clear", copy: "Copy result", copied: "Copied", close: "End",
  points: "Points", ground: "On the ground", straight: "Straight", perimeter: "Perimeter", size: "Area", onSlope: "Along the slope", rise: "Difference", gradient: "Gradient",
  bearing: "Bearing", from: "Start height", to: "End height", lowest: "Lowest", highest: "Highest", up: "Climb", down: "Descent", mu: "mu", hectares: "ha",
  building: "Above the ground", groundHeight: "Ground height", noTerrain: "There is no elevation model here; heights are not available.", place: "Place", profileChart: "Profile along the line: metres across, height in metres up", atPlace: "Here",
  slopeLegend: "Slope (degrees)", aspectLegend: "Aspect", directions: ["N", "NE", "E", "SE", "S", "SW", "W", "NW"], flat: "flat (< 2°)", slopeSource: "From the terrain mesh of the scene, for an overview; draw a profile for exact slopes.",
  width: "Width (m)", limit: "Gradient limit (%)", snap: "Snap to roads", compute: "Compute", computing: "Computing…", save: "Save as plan", name: "Name of the plan", note: "Note (optional)", saved: "Saved", open: "Open the plan",
  planLength: "Length in plan", slopeLength: "Length on the slope", steepest: "Steepest", over: "Over the limit", cut: "Cut", fill: "Fill", land: "Land with slopes", crossed: "Met on the way",
  households: "Households concerned", others: (n) => `at least ${n} more`, few: "fewer than 5 more", segments: "Segments", stretch: "From – to (m)", design: "Design %", groundGradient: "Ground %", overMark: "over",
  method: "A section every 10 or 20 m; design profile by linear programming, both ends on the ground; slopes 1:1 in cuts, 1:1.5 on fills; average end area. An estimate, no design.",
  plans: "Saved plans", noPlans: "No plan has been saved yet.", printMap: "Print a map", allPlans: "All plans", signIn: "Road sketch and flood need a staff sign-in.", failed: "It could not be computed. Please try again.", source: "Elevation",
  level: "Water rises by (m)", reach: "Within (m)", water: "Water level", volume: "Volume", deepest: "Deepest", courtyards: "Courtyards", buildings: "Buildings", edge: "The water reaches the edge of the area; it may be larger.",
  floodMethod: "One level, spreading from the point over connected lower ground; what lies low behind a ridge stays dry. No flow, rain or dams.",
  kinds: { parcel: "Parcel", courtyard: "Courtyard", building: "Building", road: "Road", water: "Water" },
};

export const PLAN_WORDS: Record<Language, PlanWords> = { "zh-Hans": zh, en };
