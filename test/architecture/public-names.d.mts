export declare const listFile: string;
export declare function publicNames(): string[];
export declare function writtenNames(): string[];
