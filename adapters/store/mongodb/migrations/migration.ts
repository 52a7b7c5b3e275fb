import type { Database } from '../connection.ts';

/**
 * A change of the whole database that reading old forms (documents.ts) cannot do. Numbers are given once and never again; what has
 * run is never edited. It must be idempotent: after a crash it runs again, from the progress that it noted last.
 */
export interface Migration {
  readonly number: number;
  /** The name of its file: number, date, subject. */
  readonly name: string;
  run(database: Database, step: MigrationStep): Promise<void>;
}

export interface MigrationStep {
  /** What the attempt before this one noted last; null at the first. */
  readonly from: string | null;
  /** Remembers how far it came. LM_BUSY when another process has taken over: then this one must stop. */
  note(progress: string): Promise<void>;
}
