import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { FileBoardStore, openTaskBoard, type TaskBoard } from "../../src/task-board/index.js";

const closings: (() => Promise<unknown> | void)[] = [];

afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

/** Does something after the test, the last first. */
export const afterwards = (close: () => Promise<unknown> | void): void => void closings.push(close);

/** A new folder, removed after the test. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), "cairnflow-board-"));
  afterwards(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** The board `race` in a folder, closed after the test. */
export async function boardIn(folder: string, options: ConstructorParameters<typeof FileBoardStore>[1] = {}): Promise<TaskBoard> {
  const store = new FileBoardStore(folder, options);
  afterwards(() => store.close());
  return openTaskBoard(store, { name: "race" });
}

/** Its file. */
export const journalIn = (folder: string): string => join(folder, "race", "commands.v1.log");
