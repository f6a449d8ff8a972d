export declare function missingEntries(packages: Record<string, object>): [path: string, entry: object][];
