/** The tables of a store, as they are written in statements. */
export interface TableNames {
  /** The bare name, as it stands in the catalogue. */
  readonly schema: string;
  readonly about: string;
  readonly runs: string;
  readonly checkpoints: string;
  readonly blobs: string;
  readonly journal: string;
}

/** `schema` must be checked: it becomes a part of statements. */
export function tableNames(schema: string): TableNames {
  const of = (table: string): string => `"${schema}".${table}`;
  return {
    schema,
    about: of("about"),
    runs: of("runs"),
    checkpoints: of("checkpoints"),
    blobs: of("blobs"),
    journal: of("journal"),
  };
}
