import { execFile } from "node:child_process";
import { constants, existsSync } from "node:fs";
import { access, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A server that can be started, and the folders of the libraries that it brings along. */
export interface RedisBinary {
  readonly path: string;
  readonly libraries: readonly string[];
}

/** The server of this machine, or else a private copy out of the packages of Debian. Throws if there is neither. */
export async function redisBinary(): Promise<RedisBinary> {
  const installed = (await onPath("redis-server")) ?? (await onPath("valkey-server"));
  return installed === null ? copyFromDebian() : { path: installed, libraries: [] };
}

/** The path of a program, or `null`. */
export async function onPath(program: string): Promise<string | null> {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(folder, program);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return null;
}

async function copyFromDebian(): Promise<RedisBinary> {
  const cache = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "cairnflow-test");
  const copy = join(cache, `redis-${process.arch}`);
  const path = join(copy, "usr/bin/redis-server");
  if (!existsSync(path)) await unpackPackages(cache, copy, path);
  return { path, libraries: await libraryFolders(copy) };
}

/** Needs no root and changes nothing of the system. Whoever comes second keeps the copy of the first. */
async function unpackPackages(cache: string, copy: string, path: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, "unpacking-"));
  try {
    for (const folder of ["lists/partial", "archives/partial", "packages", "root"]) await mkdir(join(work, folder), { recursive: true });
    await download(work);
    for (const name of await readdir(join(work, "packages"))) {
      await run("dpkg-deb", ["-x", join(work, "packages", name), join(work, "root")]);
    }
    await rename(join(work, "root"), copy).catch((error) => {
      if (!existsSync(path)) throw error;
    });
  } catch (cause) {
    throw new Error("no Redis for the tests: install redis-server or valkey-server.", { cause });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Downloads the server and what it needs that is not installed, with lists of packages of its own. */
async function download(work: string): Promise<void> {
  const places = {
    "Dir::State::Lists": "lists",
    "Dir::Cache::Archives": "archives",
    "Dir::Cache::pkgcache": "",
    "Dir::Cache::srcpkgcache": "",
  };
  const settings = Object.entries(places).map(([name, place]) => `${name}=${place && join(work, place)}`);
  const options = [...settings, "APT::Sandbox::User=", "Debug::NoLocking=true", "Acquire::Retries=2"].flatMap((setting) => ["-o", setting]);
  const apt = (...args: string[]) => run("apt-get", [...options, ...args], { cwd: join(work, "packages"), timeout: 180_000 });
  await apt("update", "-qq");
  const { stdout } = await apt("install", "--simulate", "--no-install-recommends", "redis-server");
  const missing = [...stdout.matchAll(/^Inst (\S+)/gm)].map(([, name]) => String(name));
  await apt("download", "-qq", ...missing);
}

async function libraryFolders(root: string): Promise<string[]> {
  const files = await readdir(root, { recursive: true, withFileTypes: true });
  return [...new Set(files.filter(({ name }) => /\.so(\.|$)/.test(name)).map((file) => file.parentPath))];
}
