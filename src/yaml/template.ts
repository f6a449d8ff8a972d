/** A value that is made anew for each run of a step. */
export type Template =
  | { readonly kind: "literal"; readonly value: unknown }
  /** `${{ steps.load.output }}` alone: the value, as it is. */
  | { readonly kind: "value"; readonly path: TemplatePath }
  /** A path within a text: makes a text. */
  | { readonly kind: "text"; readonly parts: readonly (string | TemplatePath)[] }
  | { readonly kind: "list"; readonly items: readonly Template[] }
  | { readonly kind: "record"; readonly fields: ReadonlyMap<string, Template> };

/** What a path begins with. */
export const TEMPLATE_ROOTS = ["input", "params", "steps", "item", "previous"] as const;

/** The way to a value: no expression, nothing that is evaluated. */
export interface TemplatePath {
  /** As it is written, for messages. */
  readonly text: string;
  readonly root: (typeof TEMPLATE_ROOTS)[number];
  /** The step whose output is meant; `null` for every other root. */
  readonly step: string | null;
  /** Names of fields, and places in lists, below the root. */
  readonly keys: readonly (string | number)[];
}

/** All paths of a template, in their order. */
export function pathsOf(template: Template): readonly TemplatePath[] {
  switch (template.kind) {
    case "literal":
      return [];
    case "value":
      return [template.path];
    case "text":
      return template.parts.filter((part) => typeof part !== "string");
    case "list":
      return template.items.flatMap(pathsOf);
    case "record":
      return [...template.fields.values()].flatMap(pathsOf);
  }
}
