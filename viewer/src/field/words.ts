/** Words of the pages in the field that are more than a label beside its use. */

import type { State } from "./contracts";
import type { Verdict } from "./plates";

export const STATES: Record<State, string> = {
  queued: "等待发送",
  sending: "正在发送",
  sent: "已送达",
  conflict: "有冲突",
  refused: "未被接受",
};

export const KINDS: Record<string, string> = {
  "incident.report": "上报",
  "incident.step": "办理",
  "visit.record": "走访",
  "inspection.record": "巡查",
  "task.finish": "任务",
  "form.answer": "填表",
  "plate.install": "装牌",
  "plate.verify": "核对门牌",
  "plate.damage": "门牌损坏",
};

export const FIELDS: Record<string, string> = { state: "状态", assigned_to: "经办人", handled_by: "责任单位" };

export function verdict(found: Verdict): { title: string; text: string; tone: "good" | "careful" | "bad" } {
  switch (found.kind) {
    case "known":
      return { title: "是本网格的门牌", text: `${found.plate.code}，${found.plate.state}`, tone: "good" };
    case "unknown here":
      return { title: "这里核对不了", text: "它不在手机带走的门牌里：可能属于别的网格，也可能是假的。有信号时请扫码打开它的网页。", tone: "careful" };
    case "well formed":
      return found.plate
        ? { title: "编码正确，本网格有这块门牌", text: "编码人人可抄。要确认牌子是真的，请扫牌上的二维码。", tone: "good" }
        : { title: "编码写法正确", text: "它不在手机带走的门牌里，这里核对不了它是否存在。", tone: "careful" };
    case "mistyped":
      return { title: "编码不对", text: "校验字符对不上：有字抄错、抄漏或前后颠倒。请再看一遍。", tone: "bad" };
  }
}

export function when(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
