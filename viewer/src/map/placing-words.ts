/** Texts of the placing map in both languages. */

export interface PlacingWords {
  choose: string;
  chosen: (name: string) => string;
  chosenHousehold: (name: string) => string;
  at: (lon: string, lat: string) => string;
  placed: (name: string) => string;
  placedWithin: (name: string, metres: number) => string;
  settled: (name: string, address: string) => string;
  moved: (name: string) => string;
  undone: string;
  locating: string;
  noGps: string;
  offline: string;
  cut: string;
  failed: string;
  sending: string;
  crosshair: string;
}

const zh: PlacingWords = {
  choose: "先在名单中选一项，再点地图；也可以把它拖到地图上。",
  chosen: (name) => `已选：${name}。点一下它所在的位置，或用方向键移动十字，按回车落点。`,
  chosenHousehold: (name) => `已选：${name}。点一下它住的院落；空地上点一下则在那里新建院落。`,
  at: (lon, lat) => `十字位于东经 ${lon}，北纬 ${lat}`,
  placed: (name) => `${name} 已上图。拖动圆点可以校正。`,
  placedWithin: (name, metres) => `${name} 已上图，定位误差约 ${metres} 米。拖动圆点可以校正。`,
  settled: (name, address) => `${name} 已归入 ${address}。`,
  moved: (name) => `${name} 的位置已更正。`,
  undone: "已撤销。",
  locating: "正在定位…",
  noGps: "没有取得定位。请检查手机的定位权限，或直接点地图。",
  offline: "没有连上服务器，尚未保存。请稍后再试。",
  cut: "院落太多，只显示一部分，请放大地图。",
  failed: "地图没有加载成功，请换一个浏览器或稍后再试。",
  sending: "正在保存…",
  crosshair: "地图。方向键移动十字，Shift 加方向键移动更远，加减号缩放，回车落点，Esc 取消选择。",
};

const en: PlacingWords = {
  choose: "Choose an entry of the list, then click the map; or drag the entry onto the map.",
  chosen: (name) => `Chosen: ${name}. Click where it lies, or move the cross-hair with the arrow keys and press Enter.`,
  chosenHousehold: (name) => `Chosen: ${name}. Click the courtyard they live in; a click on open ground makes a new one.`,
  at: (lon, lat) => `Cross-hair at longitude ${lon}, latitude ${lat}`,
  placed: (name) => `${name} is on the map. Drag the point to correct it.`,
  placedWithin: (name, metres) => `${name} is on the map, within about ${metres} m. Drag the point to correct it.`,
  settled: (name, address) => `${name} now belongs to ${address}.`,
  moved: (name) => `The place of ${name} was corrected.`,
  undone: "Taken back.",
  locating: "Finding your position…",
  noGps: "Your position was not found. Check the phone's permission, or click the map.",
  offline: "The server was not reached; nothing was saved yet. Please try again.",
  cut: "Too many courtyards: only some are shown. Zoom in.",
  failed: "The map could not be loaded. Try another browser, or again later.",
  sending: "Saving…",
  crosshair: "Map. Arrow keys move the cross-hair, with Shift further, plus and minus zoom, Enter places, Escape lets go.",
};

export function placingWords(tag: string): PlacingWords {
  return tag.toLowerCase().startsWith("en") ? en : zh;
}
