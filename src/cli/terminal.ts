import pc from "picocolors";
import { plainText } from "../core/render-labels.js";

/** Where things are said that are no output. */
export type Say = (line: string) => void;
export type Colors = ReturnType<typeof pc.createColors>;

/** What a command talks to. */
export interface Terminal {
  /** Writes a message to stderr. */
  readonly say: Say;
  /** Writes output to stdout; resolves when it is taken. Throws `OutputError`. */
  print(text: string): Promise<void>;
  /** How wide a table may be; `Infinity` where nobody has to look at it. */
  readonly columns: number;
  readonly colors: Colors;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that paths are told from. */
  readonly folder: string;
  /** Wall-clock milliseconds. */
  now(): number;
}

/** The output was not taken: nobody reads it any more (`isClosed`), or there is no room for it. */
export class OutputError extends Error {
  constructor(
    message: string,
    readonly isClosed: boolean,
    cause: unknown,
  ) {
    super(message, { cause });
  }
}

type OutputStream = NodeJS.WriteStream & { readonly columns?: number };

/** The terminal of this process. */
export function processTerminal({ stdout, stderr, env }: { stdout: OutputStream; stderr: OutputStream; env: NodeJS.ProcessEnv }): Terminal {
  // A failed write is told by its callback; without a listener it would end the process.
  stdout.on("error", () => {});
  stderr.on("error", () => {});
  const isTerminal = stdout.isTTY === true;
  return {
    say: (line) => void stderr.write(`${plainLines(line)}\n`),
    print: (text) => written(stdout, text),
    columns: columnsOf(isTerminal ? stdout.columns : Number.NaN, env["COLUMNS"]),
    colors: pc.createColors(isTerminal && !env["NO_COLOR"] && env["TERM"] !== "dumb"),
    env,
    folder: process.cwd(),
    now: Date.now,
  };
}

/** Lines without what a terminal could obey. */
export const plainLines = (text: string): string => text.split("\n").map(plainText).join("\n");

const NARROWEST = 40;

function columnsOf(found: number | undefined, told: string | undefined): number {
  const columns = found || Number(told);
  return Number.isFinite(columns) && columns > 0 ? Math.max(NARROWEST, columns) : Number.POSITIVE_INFINITY;
}

function written(stream: OutputStream, text: string): Promise<void> {
  return new Promise((done, fail) => {
    stream.write(text, (error) => {
      if (!error) return done();
      const code = (error as NodeJS.ErrnoException).code ?? "no code";
      const isClosed = code === "EPIPE" || code === "ERR_STREAM_DESTROYED";
      fail(new OutputError(`the output cannot be written (${code}): make room where it goes, or send it elsewhere.`, isClosed, error));
    });
  });
}
