/** What stands on a command line, completed by the environment, the configuration and defaults. */
export interface CommandLine {
  /** A word by the name it has in the definition of the command; empty if it may be left out. */
  word(name: string): string;
  words(name: string): readonly string[];
  text(name: string): string | undefined;
  /** What was given for an option that may stand several times. */
  texts(name: string): readonly string[];
  flag(name: string): boolean;
}
