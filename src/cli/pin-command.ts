import type { CommandLine } from "./command-line.js";
import { keyNamed } from "./find-checkpoint.js";
import { jsonText } from "./json-output.js";
import { withHistory } from "./open-history.js";
import type { Terminal } from "./terminal.js";

/** Keeps a checkpoint whatever a policy says. */
export const pinCheckpoint = (line: CommandLine, terminal: Terminal): Promise<void> => mark(line, terminal, true);

/** Leaves a checkpoint to policies again. */
export const unpinCheckpoint = (line: CommandLine, terminal: Terminal): Promise<void> => mark(line, terminal, false);

async function mark(line: CommandLine, terminal: Terminal, pinned: boolean): Promise<void> {
  const { id, runId } = await withHistory(line, terminal.folder, async (history) => {
    const key = await keyNamed(history, line.word("checkpoint"));
    await (pinned ? history.pin(key.id) : history.unpin(key.id));
    return key;
  });
  await terminal.print(line.flag("json") ? jsonText({ runId, checkpoint: id, pinned }) : `${id}\n`);
}
