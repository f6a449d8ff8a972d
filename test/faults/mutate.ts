import type { Papers } from "./papers.js";
import { below } from "./seeded.js";

type Random = () => number;
type Place = { readonly holder: object; readonly key: string };

const VALUES: readonly string[] = [
  ...["null", "true", "false", "0", "-1", "1", "2", "0.5", "9007199254740991", "9007199254740992", "1e15", "1e308", "1e999", "-0"],
  ...['""', '"x"', '"__proto__"', '"constructor"', '"toString"', '"../../etc/passwd"', '"/etc/passwd"', '"\\ud800"', '"\\u0000"'],
  ...["[]", "{}", "[null]", "[[[]]]", '{"json":null}', '{"json":1,"meta":{"values":["Date"],"v":1}}', '{"json":{"a":1},"x":1}'],
  ...['{"__proto__":{"polluted":true}}', '{"json":{"constructor":{"prototype":{"polluted":true}}}}', '{"group":99,"member":0}'],
  ...[`"${"x".repeat(20_000)}"`, '"pending"', '"failed"', '"running"', '"completed"', '"2020-01-01T00:00:00.000Z"'],
];
const KEYS = ["__proto__", "constructor", "prototype", "toString", "", "json", "meta", "x", "task/1", "../x", "99.0", "1"];

/** Every place in a document where a value stands. */
function placesIn(root: object): Place[] {
  const places: Place[] = [];
  const open = [root];
  for (let holder = open.pop(); holder !== undefined; holder = open.pop()) {
    for (const key of Object.keys(holder)) {
      places.push({ holder, key });
      const value = valueAt({ holder, key });
      if (typeof value === "object" && value !== null) open.push(value);
    }
  }
  return places;
}

const valueAt = ({ holder, key }: Place): unknown => Object.getOwnPropertyDescriptor(holder, key)?.value;

/** As `holder[key] = value`, also for a key like `__proto__`. */
function put({ holder, key }: Place, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

const copied = (value: unknown): unknown => (value === undefined ? null : (JSON.parse(JSON.stringify(value)) as unknown));

function remove({ holder, key }: Place): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else Reflect.deleteProperty(holder, key);
}

/** Gives a value a second time: beside itself in a list, under another key in an object. */
function double(place: Place, random: Random): void {
  const { holder, key } = place;
  if (Array.isArray(holder)) holder.splice(Number(key), 0, copied(valueAt(place)));
  else put({ holder, key: pick(KEYS, random) }, copied(valueAt(place)));
}

function bump(place: Place, random: Random): void {
  const value = valueAt(place);
  if (typeof value === "number") put(place, pick([value + 1, value - 1, -value, value * 1_000, value + 0.5], random));
  else if (typeof value === "string") put(place, pick([value.slice(1), `${value}x`, value.toUpperCase(), `../${value}`], random));
  else if (Array.isArray(value)) put(place, pick([value.slice(1), [...value].reverse(), [...value, ...value]], random));
  else if (typeof value === "boolean") put(place, !value);
  else put(place, 7);
}

const pick = <Item>(items: readonly Item[], random: Random): Item => items[below(random, items.length)] as Item;

/** Changes one thing about the structure of a document. */
function mutateOnce(root: object, random: Random): void {
  const places = placesIn(root);
  if (places.length === 0) return;
  const [place, other] = [pick(places, random), pick(places, random)];
  const actions: readonly (() => void)[] = [
    () => put(place, JSON.parse(pick(VALUES, random))),
    () => put(place, JSON.parse(pick(VALUES, random))),
    () => bump(place, random),
    () => bump(place, random),
    () => remove(place),
    () => double(place, random),
    () => put(place, copied(valueAt(other))),
    () => {
      const [here, there] = [copied(valueAt(place)), copied(valueAt(other))];
      put(place, there);
      put(other, here);
    },
    () => {
      const value = valueAt(place);
      remove(place);
      put({ holder: place.holder, key: pick(KEYS, random) }, value);
    },
  ];
  pick(actions, random)();
}

/** A document with its structure changed in one to three places. */
export function mutateText(text: string, random: Random): string {
  const root = JSON.parse(text) as object;
  for (let times = 1 + below(random, 3); times > 0; times--) mutateOnce(root, random);
  return JSON.stringify(root);
}

/** One of the documents of a checkpoint with its structure changed in one to three places. */
export function mutated(papers: Papers, random: Random): Papers {
  const which = random();
  if (which < 0.4) return { ...papers, state: mutateText(papers.state, random) };
  if (which < 0.6) return { ...papers, context: mutateText(papers.context, random) };
  const [digest, text] = pick([...papers.blobs], random) ?? [];
  if (which < 0.7 || digest === undefined || text === undefined) return { ...papers, meta: mutateText(papers.meta, random) };
  return { ...papers, blobs: new Map([...papers.blobs, [digest, mutateText(text, random)]]) };
}
