import { InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { BlobNaming, StoreCodec } from "../core/store-codec.js";

const NAME = /^[a-z0-9][a-z0-9.-]{0,31}$/;
const MOST = 7;

/** One codec or several, the first applied first on the way in. Throws `InvalidOptionError`. */
export function chained(codec: StoreCodec | readonly StoreCodec[]): StoreCodec {
  if (!Array.isArray(codec)) return checkedCodec(codec as StoreCodec, "codec");
  const codecs = codec.map((each: StoreCodec, place) => checkedCodec(each, `codec[${place}]`));
  if (codecs.length < 1 || codecs.length > MOST) {
    throw new InvalidOptionError(`option codec is a list of ${codecs.length}: expected 1 to ${MOST} codecs; leave it out for none.`);
  }
  return codecs.length === 1 ? (codecs[0] as StoreCodec) : chainOf(codecs);
}

function checkedCodec(codec: StoreCodec, option: string): StoreCodec {
  const isCodec = typeof codec === "object" && codec !== null && typeof codec.encode === "function" && typeof codec.decode === "function";
  if (!isCodec) throw new InvalidOptionError(`option ${option} is no codec: expected gzip(), zstd(), aes256gcm({ key }) or a StoreCodec.`);
  if (typeof codec.name === "string" && NAME.test(codec.name)) return codec;
  throw new InvalidOptionError(
    `option ${option} has the name ${quoted(codec.name)}: expected 1 to 32 of a-z 0-9 . -, a letter or digit first.`,
  );
}

function chainOf(codecs: readonly StoreCodec[]): StoreCodec {
  const back = codecs.toReversed();
  const namings = codecs.flatMap(({ blobNaming }) => blobNaming ?? []);
  return {
    name: codecs.map(({ name }) => name).join("+"),
    async encode(bytes, place) {
      for (const codec of codecs) bytes = await codec.encode(bytes, place);
      return bytes;
    },
    async decode(bytes, place) {
      for (const codec of back) bytes = await codec.decode(bytes, place);
      return bytes;
    },
    ...(namings.length > 0 ? { blobNaming: namingOf(namings) } : {}),
  };
}

/** Each renames what the one before has named. */
function namingOf(namings: readonly BlobNaming[]): BlobNaming {
  return {
    names: (runId, digest) => namings.reduce((names, naming) => names.flatMap((name) => naming.names(runId, name)), [digest]),
    digests: (runId, name) => namings.reduceRight((names, naming) => names.flatMap((each) => naming.digests(runId, each)), [name]),
  };
}
