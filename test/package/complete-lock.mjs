// Adds to package-lock.json the optional platform packages a registry does not carry, so that `npm ci` works there too:
// npm leaves them out of the lock, then refuses the lock because they are missing. They carry no integrity, for nobody saw their bytes.
//
//   npm run lock         writes the lock file anew
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const lockFile = fileURLToPath(new URL("../../package-lock.json", import.meta.url));

const SYSTEMS = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const CPUS = ["arm", "arm64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64"];

/** What `npm` has to know to pass over a package: read from its name, `@rollup/rollup-linux-arm64-musl`. */
function platformOf(name, dev) {
  const words = name.split(/[/-]/);
  const os = words.find((word) => SYSTEMS.includes(word));
  const cpu = words.find((word) => CPUS.includes(word));
  if (os === undefined || cpu === undefined) throw new Error(`${name}: no platform in its name`);
  const libc = words.some((word) => word.startsWith("musl")) ? "musl" : words.some((word) => word.startsWith("gnu")) ? "glibc" : null;
  return { cpu: [cpu], ...(dev && { dev }), ...(os === "linux" && libc !== null && { libc: [libc] }), optional: true, os: [os] };
}

/** `[path, entry]` for every optional dependency that the lock names and does not hold. */
export function missingEntries(packages) {
  return Object.entries(packages).flatMap(([owner, { optionalDependencies = {}, dev }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !packages[`node_modules/${name}`] && !packages[`${owner}/node_modules/${name}`])
      .map(([name, version]) => {
        if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`${owner}: ${name} ${version} is not one exact version`);
        return [`node_modules/${name}`, { version, ...platformOf(name, dev) }];
      }),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lock = JSON.parse(readFileSync(lockFile, "utf8"));
  const missing = missingEntries(lock.packages);
  const { "": project, ...installed } = { ...lock.packages, ...Object.fromEntries(missing) };
  const sorted = Object.entries(installed).sort(([a], [b]) => a.localeCompare(b, "en"));
  lock.packages = { "": project, ...Object.fromEntries(sorted) };
  writeFileSync(lockFile, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`${missing.length} platform packages added to package-lock.json`);
}
