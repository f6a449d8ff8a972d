import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { FixtureError } from "./scenario-errors.js";
import { fixtureText, readFixture, type ScenarioFixture } from "./scenario-fixture.js";

/** Where a fixture is: a path, or the address of a file. */
export type FixturePath = string | URL;

const pathOf = (file: FixturePath): string => (file instanceof URL ? fileURLToPath(file) : file);

/** Reads the fixture of a file. Throws `FixtureError`. */
export function loadFixture(file: FixturePath): ScenarioFixture {
  let text: string;
  try {
    text = readFileSync(pathOf(file), "utf8");
  } catch (cause) {
    throw new FixtureError(
      `the fixture ${pathOf(file)} cannot be read: ${(cause as Error).message}; record it with recordScenario first.`,
      { cause },
    );
  }
  return readFixture(text, pathOf(file));
}

/** Writes the fixture of a file. Throws `FixtureError` if the file is there and `mayReplace` is not set, or cannot be written. */
export function saveFixture(file: FixturePath, fixture: ScenarioFixture, mayReplace: boolean): void {
  const path = pathOf(file);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, fixtureText(fixture), { flag: mayReplace ? "w" : "wx" });
  } catch (cause) {
    const remedy =
      (cause as NodeJS.ErrnoException).code === "EEXIST" ? "replay it, or renew it with updateFixture" : "see what the system said";
    throw new FixtureError(`the fixture ${path} cannot be written: ${(cause as Error).message}; ${remedy}.`, { cause });
  }
}
