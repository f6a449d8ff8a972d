import { quoted } from "../ids.js";

const NAME = /^[A-Za-z_$][A-Za-z0-9_$]{0,79}$/;

/** A step of a path that is no property, such as `<key 0>` of a Map; an empty text leaves no trace. */
export class PathLabel {
  constructor(readonly text: string) {}
}

/** One step from a container to a part of it: a property, an index or a label. */
export type PathKey = string | number | PathLabel;

export const UNSEEN = new PathLabel("");

/** The text of the first `length` steps, as in `.layers[3]["two words"]<key 0>`. */
export function pathText(keys: readonly PathKey[], length: number): string {
  let text = "";
  for (const key of keys.slice(0, length)) {
    if (typeof key === "number") text += `[${key}]`;
    else if (typeof key === "string") text += NAME.test(key) ? `.${key}` : `[${quoted(key)}]`;
    else text += key.text;
  }
  return text.length > 2_000 ? `${text.slice(0, 1_000)} ... ${text.slice(-200)}` : text;
}
