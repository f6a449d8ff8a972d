import { createRequire } from "node:module";
import type * as Yaml from "yaml";
import { MissingPackageError } from "../core/errors.js";

/** The package `yaml`. It is loaded with this door and not with the root. Throws `MissingPackageError`. */
export const yaml: typeof Yaml = loaded();

function loaded(): typeof Yaml {
  try {
    return createRequire(import.meta.url)("yaml") as typeof Yaml;
  } catch (cause) {
    throw new MissingPackageError(
      'the package "yaml" cannot be loaded, by which pipelines are read: expected version 2.9 or newer to be installed; run `npm install yaml`.',
      { cause },
    );
  }
}
