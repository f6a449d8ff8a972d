import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { tableText } from "../../src/cli/table.js";
import { OutputError, processTerminal } from "../../src/cli/terminal.js";
import { HeardTerminal } from "./heard-terminal.js";

/** Streams as of a process, as a terminal or not. */
function streams(tty: { readonly isTTY: boolean; readonly columns?: number }, env: NodeJS.ProcessEnv = {}) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()].map((stream) => Object.assign(stream, tty) as never);
  return { stdout, stderr, env } as unknown as Parameters<typeof processTerminal>[0];
}

describe("the terminal of a command", () => {
  it.each([
    [{ isTTY: true, columns: 100 }, {}, 100, true],
    [{ isTTY: true, columns: 100 }, { NO_COLOR: "1" }, 100, false],
    [{ isTTY: true, columns: 100 }, { TERM: "dumb" }, 100, false],
    [{ isTTY: true, columns: 10 }, {}, 40, true],
    [{ isTTY: false }, {}, Number.POSITIVE_INFINITY, false],
    [{ isTTY: false }, { COLUMNS: "80", FORCE_COLOR: "1" }, 80, false],
    [{ isTTY: false }, { COLUMNS: "wide" }, Number.POSITIVE_INFINITY, false],
  ])("of %j with %j has %d columns and colours: %s", (tty, env, columns, hasColors) => {
    const terminal = processTerminal(streams(tty, env));
    expect([terminal.columns, terminal.colors.isColorSupported]).toEqual([columns, hasColors]);
  });

  it("says lines without what it could obey", async () => {
    const parts = streams({ isTTY: true });
    processTerminal(parts).say("\u001b[31mred\u009b\u202e\nnext");
    expect(String((parts.stderr as unknown as PassThrough).read())).toBe(" [31mred  \nnext\n");
  });

  it.each([
    ["EPIPE", true],
    ["ENOSPC", false],
  ])("rejects with an OutputError for %s, and says whether nobody reads any more: %s", async (code, isClosed) => {
    const parts = streams({ isTTY: false });
    const terminal = processTerminal(parts);
    (parts.stdout as unknown as PassThrough).destroy(Object.assign(new Error("write"), { code }));
    const error = await terminal.print("x").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OutputError);
    if (!isClosed) return;
    expect(error).toMatchObject({ isClosed });
  });
});

describe("a table", () => {
  const rows = [
    { id: "a-1", text: "short", size: 7 },
    { id: "a-2", text: "日本語のとても長い名前がここに立っています", size: 1234 },
    { id: "a-3", text: "a\u001b[31m\u202eb\nc", size: 0 },
  ];
  const columns = [
    { title: "ID", of: ({ id }: (typeof rows)[number]) => id, whole: true },
    { title: "TEXT", of: ({ text }: (typeof rows)[number]) => text },
    { title: "SIZE", of: ({ size }: (typeof rows)[number]) => String(size), align: "right" as const, minor: true },
  ];

  it("shortens wide values by the columns they take, and writes each row on one line", () => {
    expect(tableText(rows, columns, new HeardTerminal(30))).toBe(
      [
        "ID   TEXT                 SIZE",
        "a-1  short                   7",
        "a-2  日本語のとても長い…  1234",
        "a-3  a [31m b c              0",
        "",
      ].join("\n"),
    );
  });

  it("leaves minor columns out where there is no room for them", () => {
    expect(tableText(rows, columns, new HeardTerminal(16))).toBe(
      ["ID   TEXT", "a-1  short", "a-2  日本語のと…", "a-3  a [31m b c", ""].join("\n"),
    );
  });

  it("is as wide as its values where nobody has to look at it", () => {
    expect(tableText(rows, columns, new HeardTerminal())).toContain("日本語のとても長い名前がここに立っています  1234");
  });
});
