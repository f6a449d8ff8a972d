import { describe, expect, it } from "vitest";
import { parseErrorCode, parseListPage } from "../../src/s3/xml.js";

const listing = (content: string): string => `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult>${content}</ListBucketResult>`;
const item = (key: string): string => `<Contents><Key>${key}</Key><Size>3</Size></Contents>`;

describe("parseListPage", () => {
  it("gives the keys of a page, and none of an empty one", () => {
    expect(parseListPage(listing(""))).toEqual({ keys: [], prefixes: [], next: null });
    expect(parseListPage(listing(item("a/1") + item("a/2")))?.keys).toEqual(["a/1", "a/2"]);
  });

  it("gives the prefixes of a page, and not the one that was asked for", () => {
    const page = parseListPage(listing("<Prefix>runs/</Prefix><CommonPrefixes><Prefix>runs/r1/</Prefix></CommonPrefixes>"));
    expect(page).toEqual({ keys: [], prefixes: ["runs/r1/"], next: null });
  });

  it("says where the next page starts, only if there is one", () => {
    const token = "<NextContinuationToken>1+a/b=&amp;</NextContinuationToken>";
    expect(parseListPage(listing(`<IsTruncated>true</IsTruncated>${token}`))?.next).toBe("1+a/b=&");
    expect(parseListPage(listing(`<IsTruncated>false</IsTruncated>${token}`))?.next).toBeNull();
  });

  it("refuses what is no listing, is cut off, or goes on without saying where", () => {
    for (const text of ["", "<html>busy</html>", listing("").slice(0, -5), listing("<IsTruncated>true</IsTruncated>")]) {
      expect(parseListPage(text), text).toBeNull();
    }
  });

  it("reads escaped names once, not twice", () => {
    const names = ["a&amp;b", "&lt;Key&gt;x&lt;/Key&gt;", "&amp;lt;", "&#38;amp;", "&#x41;&#66;", "&quot;&apos;"];
    expect(parseListPage(listing(names.map(item).join("")))?.keys).toEqual(["a&b", "<Key>x</Key>", "&lt;", "&amp;", "AB", "\"'"]);
  });

  it("reads names that are encoded as in an address, if the answer says so", () => {
    const keys = item("a%2Fb+c%26d%0A%C3%A9");
    expect(parseListPage(listing(`<EncodingType>url</EncodingType>${keys}`))?.keys).toEqual(["a/b c&d\né"]);
    expect(parseListPage(listing(keys))?.keys).toEqual(["a%2Fb+c%26d%0A%C3%A9"]);
  });

  it("leaves out a name that cannot be decoded", () => {
    expect(parseListPage(listing(`<EncodingType>url</EncodingType>${item("%E0%A4%A")}${item("good")}`))?.keys).toEqual(["good"]);
  });

  it("knows no entities of a document type, and no characters that there are not", () => {
    const hostile = `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd"><!ENTITY f "&e;&e;">]>${listing(item("&e;&f;&#x110000;&unknown;"))}`;
    expect(parseListPage(hostile)?.keys).toEqual(["&e;&f;&#x110000;&unknown;"]);
  });

  it("reads a thousand entities that are nested into nothing, and elements that never end, at once", () => {
    expect(parseListPage(listing("<Contents><Key>".repeat(100_000)))?.keys).toEqual([]);
    expect(parseListPage(listing(item("&amp;".repeat(100_000))))?.keys[0]).toHaveLength(100_000);
  });
});

describe("parseErrorCode", () => {
  it("gives the code of an error", () => {
    expect(parseErrorCode("<Error><Code>NoSuchKey</Code><Message>no &lt;key&gt;</Message></Error>")).toBe("NoSuchKey");
  });

  it("gives none for anything else", () => {
    for (const text of ["", "Service Unavailable", "<Error><Code></Code></Error>", "<Code>a b</Code>", `<Code>${"x".repeat(65)}</Code>`]) {
      expect(parseErrorCode(text), text).toBeNull();
    }
  });
});
