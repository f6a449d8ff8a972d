import { writeFile } from "node:fs/promises";
import { quoted } from "../core/ids.js";
import { OutputError } from "./terminal.js";

/** Writes a file that the operator has named; resolves to its bytes. Throws `OutputError`. */
export async function writeOutput(path: string, content: string | Uint8Array): Promise<number> {
  try {
    await writeFile(path, content);
    return typeof content === "string" ? Buffer.byteLength(content) : content.length;
  } catch (cause) {
    const { code = "no code" } = cause as NodeJS.ErrnoException;
    throw new OutputError(`file ${quoted(path)} cannot be written (${code}): name another as --output, or make room.`, false, cause);
  }
}
