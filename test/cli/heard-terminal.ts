import pc from "picocolors";
import type { Terminal } from "../../src/cli/terminal.js";

/** A terminal of a test: keeps what is said and printed. */
export class HeardTerminal implements Terminal {
  said = "";
  output = "";
  readonly colors = pc.createColors(false);
  readonly folder: string;

  constructor(
    readonly columns = Number.POSITIVE_INFINITY,
    folder = new URL(".", import.meta.url).pathname,
  ) {
    this.folder = folder;
  }

  get env(): NodeJS.ProcessEnv {
    return process.env;
  }

  say = (line: string): void => {
    this.said += `${line}\n`;
  };

  async print(text: string): Promise<void> {
    this.output += text;
  }

  now(): number {
    return 0;
  }
}
