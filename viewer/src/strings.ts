/** Every text the viewer itself shows, in both languages; a missing or superfluous key is a type error. */

import type { Level, PlaceKind } from "./contracts";
import type { LegendKey } from "./scene/palette";

export type Language = "zh-Hans" | "en";

export interface Strings {
  brand: string;
  breadcrumb: string;
  sample: string;
  sampleHint: string;
  asOf: string;
  search: string;
  searchHint: string;
  searchNothing: string;
  searchUnavailable: string;
  table: string;
  help: string;
  theme: string;
  close: string;
  back: string;
  signIn: string;
  signedInAs: string;
  loadingScene: string;
  sceneFailed: string;
  sceneNone: string;
  noWebGl: string;
  flat: string;
  retry: string;
  loadFailed: string;
  placeFailed: string;
  offline: string;
  legend: string;
  north: string;
  zoomIn: string;
  zoomOut: string;
  home: string;
  tilt: string;
  attribution: string;
  source: string;
  noValue: string;
  why: string;
  empty: string;
  noPermission: string;
  children: string;
  contains: string;
  partOf: string;
  restricted: string;
  ticker: string;
  previous: string;
  next: string;
  scene: string;
  panelsLeft: string;
  panelsRight: string;
  card: string;
  trend: string;
  levels: Record<Level, string>;
  kinds: Record<PlaceKind, string>;
  legendKeys: Record<LegendKey, string>;
  childFigures: Record<string, string>;
  keys: [string, string][];
  age: { today: string; days: (n: number) => string; months: (n: number) => string; years: (n: number) => string };
}

const zh: Strings = {
  brand: "数字小院",
  breadcrumb: "所在位置",
  sample: "样例数据",
  sampleHint: "人员与数值均为虚构，仅供演示",
  asOf: "数据截至",
  search: "查找村、院落、门牌",
  searchHint: "输入名称或门牌号，回车打开第一项",
  searchNothing: "没有找到。换一个字或更短的词试试。",
  searchUnavailable: "查找暂时不可用，请稍后再试。",
  table: "表格视图",
  help: "操作说明",
  theme: "切换深浅色",
  close: "关闭",
  back: "返回上一级",
  signIn: "登录",
  signedInAs: "当前用户",
  loadingScene: "正在加载三维场景…",
  sceneFailed: "三维场景没有加载成功。指标与表格视图仍可使用。",
  sceneNone: "此区划还没有发布三维场景，先显示界线。",
  noWebGl: "此浏览器不能显示三维场景（没有 WebGL 2）。请使用表格视图。",
  flat: "没有高程模型，按平面显示",
  retry: "重试",
  loadFailed: "数据没有取到，请检查网络后重试。",
  placeFailed: "这个地物的信息没有取到。",
  offline: "当前离线，显示的是最近一次的数据。",
  legend: "图例",
  north: "指北针，按下转向正北",
  zoomIn: "放大",
  zoomOut: "缩小",
  home: "回到全景",
  tilt: "俯视与斜视切换",
  attribution: "数据来源",
  source: "来源",
  noValue: "暂无",
  why: "查看这个数字的来历",
  empty: "暂无数据",
  noPermission: "没有查看权限",
  children: "下级区划",
  contains: "包含",
  partOf: "属于",
  restricted: "部分信息未显示",
  ticker: "动态",
  previous: "上一条",
  next: "下一条",
  scene: "三维场景",
  panelsLeft: "指标（左栏）",
  panelsRight: "指标（右栏）",
  card: "地物信息",
  trend: "近期走势",
  levels: { province: "省", city: "市", county: "县区", township: "乡镇", village: "村" },
  kinds: { courtyard: "院落", building: "建筑", parcel: "地块", road: "道路", water: "水系" },
  legendKeys: {
    paddy: "水田", rape: "油菜", dry: "旱地", vegetables: "蔬菜", tea: "茶园", orchard: "果园", vineyard: "葡萄园", forest: "林地",
    grass: "草地", water: "水面", built: "建设用地", courtyard: "院落", road: "道路", boundary: "界线",
  },
  childFigures: { population: "人口", households: "户数", courtyards: "院落" },
  keys: [
    ["Tab", "依次到达每个按钮和地名"],
    ["↑ ↓ ← →", "移动视角"],
    ["Shift + 方向键", "旋转、俯仰"],
    ["+ / −", "拉近、拉远"],
    ["H", "回到全景"],
    ["/", "查找"],
    ["Esc", "关闭卡片，再按返回上一级"],
    ["?", "打开本说明"],
  ],
  age: { today: "今天", days: (n) => `${n} 天前`, months: (n) => `${n} 个月前`, years: (n) => `${n} 年前` },
};

const en: Strings = {
  brand: "Xiaoyuan",
  breadcrumb: "Location",
  sample: "Sample data",
  sampleHint: "People and figures are invented, for demonstration only",
  asOf: "Data as of",
  search: "Find a village, courtyard or plate",
  searchHint: "Type a name or a plate number; Enter opens the first result",
  searchNothing: "Nothing found. Try another or a shorter word.",
  searchUnavailable: "Search is not available right now. Please try again later.",
  table: "Table view",
  help: "How to use",
  theme: "Switch between dark and light",
  close: "Close",
  back: "Back one level",
  signIn: "Sign in",
  signedInAs: "Signed in as",
  loadingScene: "Loading the 3D scene…",
  sceneFailed: "The 3D scene could not be loaded. Figures and the table view still work.",
  sceneNone: "No 3D scene has been published for this division yet; boundaries are shown.",
  noWebGl: "This browser cannot show the 3D scene (no WebGL 2). Please use the table view.",
  flat: "No elevation model: shown flat",
  retry: "Try again",
  loadFailed: "The data could not be loaded. Check the network and try again.",
  placeFailed: "The information on this place could not be loaded.",
  offline: "You are offline; the figures are from the last visit.",
  legend: "Legend",
  north: "Compass; press to face north",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
  home: "Whole view",
  tilt: "Switch between top view and slanted view",
  attribution: "Data sources",
  source: "Source",
  noValue: "none yet",
  why: "Why this number",
  empty: "No data yet",
  noPermission: "Not permitted",
  children: "Divisions below",
  contains: "Contains",
  partOf: "Part of",
  restricted: "Some information is hidden",
  ticker: "News",
  previous: "Previous",
  next: "Next",
  scene: "3D scene",
  panelsLeft: "Figures, left",
  panelsRight: "Figures, right",
  card: "About this place",
  trend: "Recent trend",
  levels: { province: "province", city: "city", county: "county", township: "township", village: "village" },
  kinds: { courtyard: "courtyard", building: "building", parcel: "parcel", road: "road", water: "water" },
  legendKeys: {
    paddy: "paddy", rape: "rape", dry: "dry field", vegetables: "vegetables", tea: "tea", orchard: "orchard", vineyard: "vineyard",
    forest: "forest", grass: "grass", water: "water", built: "built-up land", courtyard: "courtyard", road: "road", boundary: "boundary",
  },
  childFigures: { population: "people", households: "households", courtyards: "courtyards" },
  keys: [
    ["Tab", "reach every button and place name"],
    ["↑ ↓ ← →", "move the view"],
    ["Shift + arrows", "turn and tilt"],
    ["+ / −", "zoom"],
    ["H", "whole view"],
    ["/", "search"],
    ["Esc", "close the card, then back one level"],
    ["?", "open this help"],
  ],
  age: {
    today: "today",
    days: (n) => `${n} day${n === 1 ? "" : "s"} ago`,
    months: (n) => `${n} month${n === 1 ? "" : "s"} ago`,
    years: (n) => `${n} year${n === 1 ? "" : "s"} ago`,
  },
};

export const LANGUAGES: Record<Language, Strings> = { "zh-Hans": zh, en };

/** The dictionary for a language tag such as "zh-hans", "zh-CN" or "en"; Chinese is the default. */
export function stringsFor(tag: string | undefined): { language: Language; strings: Strings } {
  const language: Language = tag?.toLowerCase().startsWith("en") ? "en" : "zh-Hans";
  return { language, strings: LANGUAGES[language] };
}
