import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Report { readonly passed: number; readonly failed: number }
interface JestReport { readonly numPassedTests: number; readonly numFailedTests: number; readonly numRuntimeErrorTestSuites: number }

/** Reports every run must leave: one that is missing is a failure, not a zero. */
const NEEDED = ['tests.json', 'verify.json'];

/** Jest's own JSON, or verify's. A suite that could not run at all counts as one failure. */
export function readReport(text: string): Report {
  const report = JSON.parse(text) as Report | JestReport;
  return 'numPassedTests' in report ? { passed: report.numPassedTests, failed: report.numFailedTests + report.numRuntimeErrorTestSuites } : report;
}

/** Adds up every report in `folder`. */
export function sumReports(folder: string): Report {
  const missing = NEEDED.filter((name) => !existsSync(join(folder, name))).length;
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files.map((name) => readReport(readFileSync(join(folder, name), 'utf8')))
    .reduce((sum, { passed, failed }) => ({ passed: sum.passed + passed, failed: sum.failed + failed }), { passed: 0, failed: missing });
}

if (import.meta.main) {
  const { passed, failed } = sumReports(process.argv[2] ?? '.build/ci');
  process.stdout.write(`${String(passed)} passed, ${String(failed)} failed\n`);
  process.exit(failed === 0 ? 0 : 1);
}
