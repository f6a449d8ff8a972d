import type { Runnable } from "cairnflow";
import { type Coverage, coverageOf, type ModelPath, modelPaths, type PathOptions } from "cairnflow/testing";

/** What all paths of a workflow see, and those that did not end as expected or did not see what they are there for. */
export interface Walk {
  readonly paths: readonly ModelPath[];
  readonly coverage: Coverage;
  readonly astray: readonly string[];
}

/** Runs the paths of a workflow that `keeps` picks. */
export async function walk(target: Runnable, options: PathOptions = {}, keeps: (path: ModelPath) => boolean = () => true): Promise<Walk> {
  const { gotos, iterates } = options;
  const facts = { ...(gotos && { gotos }), ...(iterates && { iterates }) };
  const coverage = coverageOf(target, facts);
  const paths = modelPaths(target, options).filter(keeps);
  const astray: string[] = [];
  for (const path of paths) {
    const own = coverageOf(target, facts);
    const { status, error } = await path.run({ events: joined(coverage, own) });
    if (status !== path.expected) astray.push(`${path.name}: ${status} instead of ${path.expected}: ${String(error)}`);
    const unseen = path.covers.filter((item) => own.report().missing.includes(item));
    if (unseen.length > 0) astray.push(`${path.name}: did not see ${unseen.join(", ")}`);
  }
  return { paths, coverage, astray };
}

type Listener = (event: never) => void;

const joined = (...all: readonly Coverage[]): Coverage["listeners"] =>
  Object.fromEntries(
    Object.keys(all[0]?.listeners ?? {}).map((name) => [
      name,
      (event: never) => {
        for (const { listeners } of all) (listeners as Record<string, Listener>)[name]?.(event);
      },
    ]),
  );
