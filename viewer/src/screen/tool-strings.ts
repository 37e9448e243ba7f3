/** Texts of the scene's tools, in both languages; a missing key is a type error. */

import type { Language } from "../strings";

export interface ToolStrings {
  dock: string;
  layers: string;
  themes: string;
  overlays: string;
  sun: string;
  compare: string;
  views: string;
  plan: string;
  share: string;
  layerNames: Record<string, string>;
  internal: string;
  models: string;
  subjects: Record<string, string>;
  theme: string;
  themeNone: string;
  themeFailed: string;
  breaks: string;
  breakNames: Record<"quantile" | "equal" | "natural", string>;
  noData: string;
  withheld: (n: number) => string;
  noValues: string;
  overlaysNone: string;
  overlaysHint: string;
  showList: string;
  more: (n: number) => string;
  sunDate: string;
  sunHour: string;
  sunUsual: string;
  sunAt: (elevation: number, direction: string) => string;
  sunNight: string;
  sunNoShadows: string;
  directions: string[];
  compareHint: string;
  compareNone: string;
  compareOlder: string;
  compareEnd: string;
  divider: string;
  now: string;
  tour: string;
  tourStart: string;
  tourNone: string;
  tourPaused: string;
  tourPlay: string;
  tourPause: string;
  tourStop: string;
  stop: (n: number, all: number) => string;
  viewsNone: string;
  viewSave: string;
  viewName: string;
  viewCaption: string;
  viewOrder: string;
  viewDwell: string;
  viewPublic: string;
  viewUpdate: string;
  viewRename: string;
  viewRemove: string;
  viewRemoveSure: string;
  cancel: string;
  save: string;
  saved: string;
  shareHint: string;
  shareCopy: string;
  shareCopied: string;
  shareSelect: string;
  followed: string;
}

const zh: ToolStrings = {
  dock: "场景工具",
  layers: "图层",
  themes: "专题着色",
  overlays: "实时动态",
  sun: "日照",
  compare: "两期对比",
  views: "视角与导览",
  plan: "量算与规划",
  share: "分享",
  layerNames: {
    building: "建筑", courtyard: "院落", parcel: "地块", road: "道路", water: "水系", division: "界线", labels: "地名", plates: "门牌号", trees: "树木",
  },
  internal: "内部图层",
  models: "外来模型",
  subjects: { division: "区划", courtyard: "院落", parcel: "地块", building: "建筑" },
  theme: "按什么着色",
  themeNone: "不着色",
  themeFailed: "这个专题没有取到，或对您的角色不开放。",
  breaks: "分级方法",
  breakNames: { quantile: "等量（分位数）", equal: "等距", natural: "自然间断" },
  noData: "无数据",
  withheld: (n) => `${n} 个村人数不足 5，不公布`,
  noValues: "还没有这一项的数据。",
  overlaysNone: "您的角色在此区划没有可看的动态。",
  overlaysHint: "自动更新，点标记打开卡片。",
  showList: "列出院落",
  more: (n) => `另有 ${n} 处`,
  sunDate: "日期",
  sunHour: "时刻",
  sunUsual: "恢复平时光照",
  sunAt: (elevation, direction) => `太阳在${direction}，高度角 ${elevation}°`,
  sunNight: "太阳在地平线以下",
  sunNoShadows: "此设备没有图形处理器：只改变光照方向，地面阴影按当时的方向画出。",
  directions: ["正北", "东北", "正东", "东南", "正南", "西南", "正西", "西北"],
  compareHint: "左边是较早的一期，右边是现在。拖动分隔线，或用方向键移动。",
  compareNone: "这个场景还没有更早的一期可比。",
  compareOlder: "较早的一期",
  compareEnd: "结束对比",
  divider: "对比分隔线",
  now: "现在",
  tour: "导览",
  tourStart: "开始导览",
  tourNone: "还没有排入导览的视角。",
  tourPaused: "已暂停",
  tourPlay: "继续",
  tourPause: "暂停",
  tourStop: "结束导览",
  stop: (n, all) => `第 ${n} 站，共 ${all} 站`,
  viewsNone: "此区划还没有保存的视角。",
  viewSave: "保存当前视角",
  viewName: "名称",
  viewCaption: "说明（导览时显示）",
  viewOrder: "导览中的顺序（空着则不排入）",
  viewDwell: "停留秒数",
  viewPublic: "公众可见",
  viewUpdate: "改为当前视角",
  viewRename: "修改",
  viewRemove: "删除",
  viewRemoveSure: "再按一次删除",
  cancel: "取消",
  save: "保存",
  saved: "已保存",
  shareHint: "链接包含区划、视角、图层、专题、动态、日照与所选地物；对方看到的内容以其权限为准。",
  shareCopy: "复制链接",
  shareCopied: "已复制",
  shareSelect: "浏览器不允许直接复制，请手动复制选中的链接。",
  followed: "场景已更新",
};

const en: ToolStrings = {
  dock: "Tools of the scene",
  layers: "Layers",
  themes: "Colour by",
  overlays: "Live",
  sun: "Sun",
  compare: "Compare two dates",
  views: "Views and tour",
  plan: "Measure and plan",
  share: "Share",
  layerNames: {
    building: "Buildings", courtyard: "Courtyards", parcel: "Parcels", road: "Roads", water: "Water", division: "Boundaries", labels: "Names", plates: "House numbers", trees: "Trees",
  },
  internal: "Internal layers",
  models: "Imported models",
  subjects: { division: "Divisions", courtyard: "Courtyards", parcel: "Parcels", building: "Buildings" },
  theme: "Colour by",
  themeNone: "No colouring",
  themeFailed: "This theme could not be loaded, or it is not open to your role.",
  breaks: "Classes",
  breakNames: { quantile: "Equal counts (quantiles)", equal: "Equal steps", natural: "Natural breaks" },
  noData: "No data",
  withheld: (n) => `${n} with fewer than five persons: not published`,
  noValues: "There are no values of this yet.",
  overlaysNone: "There is nothing live here that your role may see.",
  overlaysHint: "Updates by itself; click a marker to open its card.",
  showList: "List the courtyards",
  more: (n) => `and ${n} more`,
  sunDate: "Date",
  sunHour: "Hour",
  sunUsual: "Usual light",
  sunAt: (elevation, direction) => `The sun stands in the ${direction}, ${elevation}° high`,
  sunNight: "The sun is below the horizon",
  sunNoShadows: "This machine has no GPU: only the direction of light changes; shadows on the ground are painted for it.",
  directions: ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"],
  compareHint: "The earlier state is on the left, today's on the right. Drag the divider or move it with the arrow keys.",
  compareNone: "There is no earlier state of this scene yet.",
  compareOlder: "Earlier state",
  compareEnd: "End the comparison",
  divider: "Divider of the comparison",
  now: "now",
  tour: "Tour",
  tourStart: "Start the tour",
  tourNone: "No view has a place in a tour yet.",
  tourPaused: "Paused",
  tourPlay: "Go on",
  tourPause: "Pause",
  tourStop: "End the tour",
  stop: (n, all) => `Stop ${n} of ${all}`,
  viewsNone: "No view of this division has been saved yet.",
  viewSave: "Save this view",
  viewName: "Name",
  viewCaption: "Caption (shown on the tour)",
  viewOrder: "Place in the tour (empty: none)",
  viewDwell: "Seconds to stay",
  viewPublic: "Visible to anyone",
  viewUpdate: "Set to the present view",
  viewRename: "Change",
  viewRemove: "Remove",
  viewRemoveSure: "Press again to remove",
  cancel: "Cancel",
  save: "Save",
  saved: "Saved",
  shareHint: "The link holds division, camera, layers, theme, overlays, sun and the selected place; what others see depends on their rights.",
  shareCopy: "Copy the link",
  shareCopied: "Copied",
  shareSelect: "The browser does not allow copying; please copy the selected link yourself.",
  followed: "The scene was updated",
};

export function toolStringsFor(language: Language): ToolStrings {
  return language === "en" ? en : zh;
}
