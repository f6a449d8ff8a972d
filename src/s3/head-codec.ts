import { CheckpointCorruptError } from "../core/errors.js";
import { isId, quoted } from "../core/ids.js";
import { JsonReader } from "../core/read-json.js";
import { isDigest } from "../core/store-checks.js";
import { unwrap, wrap } from "./envelope.js";
import { damaged } from "./faults.js";
import type { Entry, Head, HeadJournal, HeadOwner, Page } from "./head.js";
import { isBlobName, isStamp, isToken } from "./stamps.js";

/** What is written of a head. */
export const encodeHead = (head: Head): Uint8Array => encodeJson(head);

/** Reads a head. Throws `CheckpointCorruptError` for one that is not as it was written. */
export function decodeHead(bytes: Uint8Array, runId: string): Head {
  const head = decodeJson(bytes, runId, "head");
  return {
    revision: head.at("revision").count(1),
    writes: texts(head.at("writes")),
    epoch: head.at("epoch").count(),
    owner: head.has("owner") ? readOwner(head.at("owner")) : null,
    generation: head.has("generation") ? named(head.at("generation"), isToken, "a token") : null,
    leftovers: head
      .at("leftovers")
      .items()
      .map((item) => named(item, isToken, "a token")),
    recent: readEntries(head.at("recent")),
    pages: head.at("pages").items().map(readPage),
    pins: head
      .at("pins")
      .items()
      .map((item) => named(item, isId, "an id")),
    hides: head.at("hides").count(),
    hidden: head
      .at("hidden")
      .items()
      .map((item) => ({
        name: named(item.at("name"), isBlobName, "the name of a blob"),
        token: item.at("token").text(),
        since: item.at("since").number(),
      })),
    moved: head
      .at("moved")
      .items()
      .map((item) => ({
        digest: named(item.at("digest"), isDigest, "a digest"),
        name: named(item.at("name"), isBlobName, "the name of a blob"),
      })),
    journal: head.has("journal") ? readJournal(head.at("journal")) : null,
    resumes: head.has("resumes")
      ? { position: head.at("resumes").at("position").text(), count: head.at("resumes").at("count").count(1) }
      : null,
  };
}

export const encodeEntries = (entries: readonly Entry[]): Uint8Array => encodeJson(entries);

/** Reads the entries of a page. Throws `CheckpointCorruptError`. */
export const decodeEntries = (bytes: Uint8Array, runId: string): Entry[] => readEntries(decodeJson(bytes, runId, "index"));

const encodeJson = (value: unknown): Uint8Array => wrap([new TextEncoder().encode(JSON.stringify(value))]);

function decodeJson(bytes: Uint8Array, runId: string, what: "head" | "index"): JsonReader {
  const found = unwrap(bytes);
  const [part] = found?.parts ?? [];
  if (found?.isIntact !== true || part === undefined) throw damaged(runId, what, "bytes of another digest");
  return JsonReader.parse(new TextDecoder().decode(part), `${what} of run ${runId}`);
}

const readOwner = (owner: JsonReader): HeadOwner => ({
  token: owner.at("token").text(),
  description: printable(owner.at("description").text()),
  leaseUntil: owner.at("leaseUntil").number(),
});

/** It comes to stand in messages. */
const printable = (text: string): string => text.replace(/[^ -~]/g, "?").slice(0, 200);

const readEntries = (entries: JsonReader): Entry[] =>
  entries.items().map((entry) => ({
    seq: entry.at("seq").count(1),
    id: named(entry.at("id"), isId, "an id"),
    stamp: named(entry.at("stamp"), isStamp, "a stamp"),
  }));

const readPage = (page: JsonReader): Page => ({
  stamp: named(page.at("stamp"), isStamp, "a stamp"),
  first: page.at("first").count(1),
  last: page.at("last").count(1),
  count: page.at("count").count(1),
  gone: page
    .at("gone")
    .items()
    .map((seq) => seq.count(1)),
});

const readJournal = (journal: JsonReader): HeadJournal => ({
  seq: journal.at("seq").count(1),
  stamp: named(journal.at("stamp"), isStamp, "a stamp"),
  segments: journal
    .at("segments")
    .items()
    .map((item) => named(item, isStamp, "a stamp")),
  tail: texts(journal.at("tail")),
});

const texts = (list: JsonReader): string[] => list.items().map((item) => item.text());

/** A text that becomes a part of a key. */
function named(value: JsonReader, isValid: (text: string) => boolean, expected: string): string {
  const text = value.text();
  if (isValid(text)) return text;
  throw new CheckpointCorruptError(`${value.path} is ${quoted(text)}: expected ${expected}; restore the object from a backup.`);
}
