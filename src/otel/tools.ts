import type { Instruments } from "./instruments.js";
import { type Api, guarded } from "./load-api.js";
import type { Spans } from "./spans.js";

/** What spans and figures are made with. */
export class Tools {
  constructor(
    readonly api: Api,
    readonly spans: Spans,
    private readonly instruments: Instruments | null,
  ) {}

  measure(record: (instruments: Instruments) => void): void {
    const { api, instruments } = this;
    if (instruments !== null) guarded(api, () => record(instruments), undefined);
  }
}
