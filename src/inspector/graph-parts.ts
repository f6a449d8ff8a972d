import type { GraphJSON } from "../core/graph-json.js";
import type { Link } from "./boxes.js";

/** The nodes of a graph by the group that they are in, `null` for the top level, each with the edges between them. */
export class GraphParts {
  readonly #groups: ReadonlyMap<string, string | null>;
  readonly #members = new Map<string | null, string[]>();
  readonly #links = new Map<string | null, Link[]>();
  readonly #homes = new Map<string, string | null>();

  constructor({ nodes, groups, edges }: GraphJSON) {
    const tasks = new Set(nodes.map(({ id }) => id));
    this.#groups = new Map(groups.flatMap(({ id, group }) => (tasks.has(id) ? [] : [[id, group]])));
    for (const { id, group } of [...nodes, ...groups]) {
      if (this.#homes.has(id)) continue;
      const home = this.#homeOf(id, group);
      this.#homes.set(id, home);
      listIn(this.#members, home).push(id);
    }
    for (const { from, to, back } of edges) this.#link({ from, to, back });
  }

  isGroup(id: string): boolean {
    return this.#groups.has(id);
  }

  members(group: string | null): readonly string[] {
    return this.#members.get(group) ?? [];
  }

  /** Members that edges hold together, part by part, with those edges. */
  connected(group: string | null): readonly { readonly ids: readonly string[]; readonly links: readonly Link[] }[] {
    const links = this.#links.get(group) ?? [];
    const leaders = new Map(this.members(group).map((id) => [id, id]));
    const leader = (id: string): string => {
      let at = id;
      while (leaders.get(at) !== at) at = leaders.get(at) as string;
      leaders.set(id, at);
      return at;
    };
    for (const { from, to } of links) leaders.set(leader(from), leader(to));
    const parts = new Map<string, { ids: string[]; links: Link[] }>();
    for (const id of this.members(group)) partOf(parts, leader(id)).ids.push(id);
    for (const link of links) partOf(parts, leader(link.from)).links.push(link);
    return [...parts.values()];
  }

  /** A stored graph may say anything: a group that is unknown, inside itself, or called as a task counts as none. */
  #homeOf(id: string, group: string | null): string | null {
    const seen = new Set([id]);
    for (let at = group; at !== null; at = this.#groups.get(at) ?? null) {
      if (seen.has(at) || !this.#groups.has(at)) return null;
      seen.add(at);
    }
    return group;
  }

  /** Edges lead from one member of a group to another; any others would be those of a graph that cannot be run. */
  #link(link: Link): void {
    const home = this.#homes.get(link.from);
    if (home !== undefined && home === this.#homes.get(link.to)) listIn(this.#links, home).push(link);
  }
}

function listIn<Key, Item>(lists: Map<Key, Item[]>, key: Key): Item[] {
  const known = lists.get(key);
  if (known !== undefined) return known;
  const list: Item[] = [];
  lists.set(key, list);
  return list;
}

function partOf(parts: Map<string, { ids: string[]; links: Link[] }>, key: string): { ids: string[]; links: Link[] } {
  const part = parts.get(key) ?? { ids: [], links: [] };
  parts.set(key, part);
  return part;
}
