import { Part } from "./part.js";

/** A branch that is plain JSON throughout: superjson passes it by as it is, and JSON.stringify unwraps it. */
class PlainBranch {
  constructor(private readonly value: object) {}

  toJSON(): object {
    return this.value;
  }
}

/** Hides the plain branches of a tree from superjson, which is thirty times slower than JSON on them. */
export class PlainBranches {
  private rich = 0;

  hide(node: unknown): unknown {
    if (typeof node === "object" && node !== null) return this.hideBranch(node);
    if (typeof node === "number" ? node - node !== 0 || Object.is(node, -0) : node === undefined || typeof node === "bigint") this.rich++;
    return node;
  }

  private hideBranch(node: object): unknown {
    const before = this.rich;
    const tree = this.treeOf(node);
    return this.rich === before ? new PlainBranch(node) : tree;
  }

  private treeOf(node: object): unknown {
    const prototype: unknown = Object.getPrototypeOf(node);
    if (prototype === Object.prototype) return this.fill({}, node);
    if (prototype === Array.prototype) return (node as unknown[]).map((part) => this.hide(part));
    this.rich++;
    if (prototype === null) return this.fill(Object.create(null), node);
    if (node instanceof Part) return Part.named(node[0] as string, this.hide(node[1]));
    if (node instanceof Map) return new Map(Array.from(node, ([key, value]) => [this.hide(key), this.hide(value)]));
    if (node instanceof Set) return new Set(Array.from(node, (member) => this.hide(member)));
    return node;
  }

  private fill(tree: Record<string, unknown>, node: object): object {
    for (const [key, part] of Object.entries(node)) tree[key] = this.hide(part);
    return tree;
  }
}
