/** Texts of the editing map in both languages. */

import type { SnapKind } from "./snapping";

export interface DrawWords {
  choose: string;
  begin: (kind: string) => string;
  drawing: string;
  editing: (title: string) => string;
  unplaced: string;
  snapped: Record<SnapKind, string>;
  area: (mu: string, squareMetres: string) => string;
  length: (metres: string) => string;
  around: (metres: string) => string;
  edge: (metres: string) => string;
  edges: (metres: string) => string;
  lose: string;
  corners: (count: number) => string;
  newPlace: (kind: string) => string;
  finish: string;
  undoStep: string;
  redoStep: string;
  deleteCorner: string;
  coordinates: string;
  coordinatesHint: string;
  badCoordinates: string;
  save: string;
  cancel: string;
  remove: string;
  removeSure: string;
  reason: string;
  needReason: string;
  history: string;
  takeBack: string;
  none: string;
  saved: string;
  removed: string;
  undone: string;
  unchanged: string;
  tooFew: string;
  sending: string;
  offline: string;
  cut: string;
  closer: string;
  failed: string;
  crosshair: string;
  at: (lon: string, lat: string) => string;
  showIn3d: string;
  auto: string;
}

const zh: DrawWords = {
  choose: "点地图上的地物或在名单中选择即可修改；要新画，先选上方的类别。",
  begin: (kind) => `正在画${kind}：逐点点出轮廓，双击、点回起点或按“画完”结束。`,
  drawing: "继续点下一个角点；退格键去掉上一点，Esc 取消。",
  editing: (title) => `正在修改：${title}。拖动角点移动，拖动边上的小点加角点，选中角点按 Delete 删除。`,
  unplaced: "它还没有上图：点出它的位置或轮廓。",
  snapped: { corner: "已对准角点", edge: "已贴到边线", angle: "直角", none: "" },
  area: (mu, squareMetres) => `面积 ${mu} 亩（${squareMetres} 平方米）`,
  length: (metres) => `长 ${metres} 米`,
  around: (metres) => `周长 ${metres} 米`,
  edge: (metres) => `本边 ${metres} 米`,
  edges: (metres) => `各边 ${metres} 米`,
  lose: "当前的修改还没有保存，确定放弃吗？",
  corners: (count) => `${count} 个点`,
  newPlace: (kind) => `新画${kind}`,
  finish: "画完",
  undoStep: "撤一步",
  redoStep: "重做",
  deleteCorner: "删除角点",
  coordinates: "坐标（每行一个点：经度, 纬度）",
  coordinatesHint: "不用鼠标也可以在这里输入或修改坐标；空一行隔开另一圈。",
  badCoordinates: "坐标不完整：每行应是经度和纬度两个数。",
  save: "保存",
  cancel: "取消",
  remove: "撤除…",
  removeSure: "确认撤除",
  reason: "撤除的原因",
  needReason: "请写明撤除的原因。",
  history: "变更记录",
  takeBack: "撤回",
  none: "（无）",
  saved: "已保存，三维场景随即更新。",
  removed: "已撤除。可在“最近的修改”中撤回。",
  undone: "已撤回。",
  unchanged: "没有改动。",
  tooFew: "点太少：面至少三个点，线至少两个点。",
  sending: "正在保存…",
  offline: "没有连上服务器，尚未保存。请稍后再试。",
  cut: "地物太多，只显示一部分，请放大地图。",
  closer: "放大地图即可选择和修改地物。",
  failed: "地图没有加载成功，请换一个浏览器或稍后再试。",
  crosshair: "地图。方向键移动十字，Shift 加方向键移动更远，加减号缩放，回车落点或选中，退格去掉上一点，Ctrl+Z 撤一步，Ctrl+Y 重做，Esc 取消。",
  at: (lon, lat) => `十字位于东经 ${lon}，北纬 ${lat}`,
  showIn3d: "在三维场景中查看",
  auto: "（按位置自动确定）",
};

const en: DrawWords = {
  choose: "Click a place on the map or choose it in the list to change it; to draw a new one, choose its kind above.",
  begin: (kind) => `Drawing: ${kind}. Click corner by corner; a double click, the first corner or “Finish” ends it.`,
  drawing: "Click the next corner; Backspace takes the last one away, Escape cancels.",
  editing: (title) => `Changing ${title}. Drag a corner to move it, drag the small point on an edge to add one, Delete removes the chosen corner.`,
  unplaced: "It is not on the map yet: click where it lies or draw its outline.",
  snapped: { corner: "on a corner", edge: "on an edge", angle: "right angle", none: "" },
  area: (mu, squareMetres) => `Area ${mu} mu (${squareMetres} m²)`,
  length: (metres) => `Length ${metres} m`,
  around: (metres) => `Around ${metres} m`,
  edge: (metres) => `This edge ${metres} m`,
  edges: (metres) => `Edges ${metres} m`,
  lose: "The changes are not saved yet. Give them up?",
  corners: (count) => `${count} points`,
  newPlace: (kind) => `New ${kind}`,
  finish: "Finish",
  undoStep: "Undo",
  redoStep: "Redo",
  deleteCorner: "Delete corner",
  coordinates: "Coordinates (one point a line: longitude, latitude)",
  coordinatesHint: "Coordinates can be typed and changed here without a mouse; an empty line begins another ring.",
  badCoordinates: "The coordinates are not complete: each line holds longitude and latitude.",
  save: "Save",
  cancel: "Cancel",
  remove: "Remove…",
  removeSure: "Remove it",
  reason: "Why it is removed",
  needReason: "Say why it is removed.",
  history: "History",
  takeBack: "Take back",
  none: "(none)",
  saved: "Saved; the 3D scene follows.",
  removed: "Removed. It can be taken back under “Latest steps on the map”.",
  undone: "Taken back.",
  unchanged: "Nothing was changed.",
  tooFew: "Too few points: an area needs three, a line two.",
  sending: "Saving…",
  offline: "The server was not reached; nothing was saved yet. Please try again.",
  cut: "Too many places: only some are shown. Zoom in.",
  closer: "Zoom in to choose and change places.",
  failed: "The map could not be loaded. Try another browser, or again later.",
  crosshair: "Map. Arrow keys move the cross-hair, with Shift further, plus and minus zoom, Enter sets a point or chooses, Backspace takes the last one away, Ctrl+Z and Ctrl+Y undo and redo, Escape cancels.",
  at: (lon, lat) => `Cross-hair at longitude ${lon}, latitude ${lat}`,
  showIn3d: "Show in 3D",
  auto: "(found by its place)",
};

export function drawWords(tag: string): DrawWords {
  return tag.toLowerCase().startsWith("en") ? en : zh;
}
