import { auditBySubject } from './0001-2026-11-25-audit-by-subject.ts';
import type { Migration } from './migration.ts';

/** In the order in which they run; every database goes through all of them, a new one too. */
export const MIGRATIONS: readonly Migration[] = [auditBySubject];
