import { SchemaError } from "./errors.js";
import type { SchemaIssue, StandardSchema } from "./standard-schema.js";

/** The value as its schema gives it back. Throws `SchemaError` with the path of each issue, never with the value. */
export async function validated(schema: StandardSchema, value: unknown, where: string): Promise<unknown> {
  const result = await schema["~standard"].validate(value);
  if (result.issues === undefined) return result.value;
  const found = result.issues.slice(0, 5).map((issue) => `${where}${pathOf(issue)}: ${issue.message}`);
  const more = result.issues.length > 5 ? ` (and ${result.issues.length - 5} more)` : "";
  throw new SchemaError(`${found.join("; ")}${more}. The value does not fit the schema: mend the value or the schema.`);
}

function pathOf(issue: SchemaIssue): string {
  const keys = (issue.path ?? []).map((part) => (typeof part === "object" ? part.key : part));
  return keys.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
}
