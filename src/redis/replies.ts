/** The texts of a reply that is a list; `null` where there is none. */
export const textsOf = (reply: unknown): readonly (string | null)[] =>
  bytesOf(reply).map((bytes) => (bytes === null ? null : bytes.toString()));

/** The bytes of a reply that is a list; `null` where there are none. */
export const bytesOf = (reply: unknown): readonly (Buffer | null)[] =>
  (Array.isArray(reply) ? reply : []).map((item: unknown) => (Buffer.isBuffer(item) ? item : null));

/** The texts of a reply that is a list of names. */
export const namesOf = (reply: unknown): string[] => textsOf(reply).filter((text) => text !== null);
