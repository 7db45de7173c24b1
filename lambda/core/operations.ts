/** What an operator is told of the installation, apart from its money. */

export interface ProviderCount {
  readonly requests: number;
  readonly failures: number;
  /** Of the newest failure. */
  readonly lastErrorCode: string | undefined;
}

export interface ProviderStatistics {
  /** By provider, since a time. */
  since(fromMs: number): Promise<ReadonlyMap<string, ProviderCount>>;
}

export interface DeadLetterDepth {
  readonly name: string;
  readonly messages: number;
}

export interface DeadLetterQueues {
  depths(): Promise<readonly DeadLetterDepth[]>;
}

/** Links to objects for who may not read the bucket. */
export interface ObjectLinks {
  /** Works for everybody who has it, for so long. @param fileName what a browser saves it as. */
  link(key: string, fileName: string, seconds: number): Promise<string>;
}
