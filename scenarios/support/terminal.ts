import { execFile } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { debianProgram } from "../../test/servers/debian-program.js";

const run = promisify(execFile);

/** A terminal of so many columns and rows with a shell in it, as a person sees it, by tmux. */
export class Terminal {
  #count = 0;

  private constructor(
    private readonly tmux: string,
    private readonly socket: string,
  ) {}

  /** `shell` is read by the shell before the first prompt. Throws with what to install if there is no tmux. */
  static async open(folder: string, shell: string, columns = 120, rows = 50): Promise<Terminal> {
    const terminal = new Terminal(await debianProgram("tmux", "tmux"), `cairnflow-${process.pid}`);
    const size = ["-x", String(columns), "-y", String(rows), "-c", folder];
    await terminal.#ask(["-f", "/dev/null", "new-session", "-d", ...size, "env PS1='$ ' bash --norc --noprofile"]);
    await terminal.types(shell);
    return terminal;
  }

  /** Enters a command and waits until it has ended; gives what the screen then shows of it, and its exit code. */
  async runs(command: string): Promise<{ readonly screen: string; readonly code: number }> {
    await this.types("clear");
    await this.begins(command);
    return this.ended();
  }

  /** Enters a command, and does not wait for it. */
  async begins(command: string): Promise<void> {
    this.#count++;
    await this.types(`${command}; echo "[ended \${?} ${this.#count}]"`);
  }

  /** Waits until the last command has ended. */
  async ended(): Promise<{ readonly screen: string; readonly code: number }> {
    const end = new RegExp(`^\\[ended (\\d+) ${this.#count}\\]$`, "m");
    const screen = await this.shows(end);
    return { screen, code: Number(end.exec(screen)?.[1]) };
  }

  /** Waits until the screen shows something; gives all it shows. */
  async shows(expected: RegExp): Promise<string> {
    for (;;) {
      const screen = await this.#ask(["capture-pane", "-p", "-J"]);
      if (expected.test(screen)) return screen;
      await delay(50);
    }
  }

  async types(line: string): Promise<void> {
    await this.#ask(["send-keys", "-l", line]);
    await this.presses("Enter");
  }

  /** A key by its name in tmux, as in `C-c`. */
  async presses(key: string): Promise<void> {
    await this.#ask(["send-keys", key]);
  }

  async close(): Promise<void> {
    await this.#ask(["kill-server"]).catch(() => {});
  }

  async #ask(args: readonly string[]): Promise<string> {
    return (await run(this.tmux, ["-L", this.socket, ...args])).stdout;
  }
}
