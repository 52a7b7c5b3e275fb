import { formatDuration } from '../duration.ts';
import type { ExternalMetric } from './metric.ts';
import { PLACEHOLDERS, tellsSidesApart, unknownPlaceholders } from './question.ts';

const SHORTEST_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/** What is wrong with one entry of spec.externalMetrics; paths are within it. */
export function externalProblems(metric: ExternalMetric, horizonMs: number): readonly { readonly path: string; readonly problem: string }[] {
  const { question, compare, better, limit, failBeyond, everyMs, timeoutMs, initialDelayMs, count } = metric;
  const at = question.kind === 'prometheus' ? 'source.prometheus.query' : 'source.http';
  const worse = better === 'lower' ? failBeyond >= limit : failBeyond <= limit;
  const needsMs = initialDelayMs + (count - 1) * everyMs;
  const checks: readonly (readonly [boolean, string, string])[] = [
    ...unknownPlaceholders(question).map((name) => [true, at, `holds {{${name}}}, which is not known; the known ones are ${PLACEHOLDERS.join(', ')}`] as const),
    [compare !== 'challenger' && !tellsSidesApart(question), at, `asks the same for champion and challenger, so that compare ${compare} would always see equals; use {{version}}, {{variant}} or {{role}}`],
    [question.kind === 'http' && question.method === 'GET' && question.body !== null, 'source.http.body', 'cannot be sent with GET; write method: POST'],
    [question.url.replace(/^(https?:\/\/[^/?#]*).*$/s, question.kind === 'http' ? '$1' : '$&').includes('{'), `source.${question.kind}.url`, `holds a placeholder${question.kind === 'http' ? ' in its host; they may stand behind it' : '; they may stand in the query'}`],
    [hasCredentials(metric), 'source', 'carries credentials; the operator keeps them for the worker (LASTMILE_METRIC_CREDENTIALS), and credentials: NAME names them'],
    [!worse, 'failBeyond', `is on the good side of the limit (${String(limit)}); with better: ${better} it is ${better === 'lower' ? 'at or above' : 'at or below'} it`],
    [everyMs < SHORTEST_MS, 'every', `is shorter than ${formatDuration(SHORTEST_MS)}`],
    [timeoutMs > LONGEST_WAIT_MS || timeoutMs > everyMs, 'timeout', `is longer than ${timeoutMs > everyMs ? `every (${formatDuration(everyMs)})` : formatDuration(LONGEST_WAIT_MS)}`],
    [needsMs >= horizonMs, 'count', `is more than the horizon (${formatDuration(horizonMs)}) has room for: the last of them would come after ${formatDuration(needsMs)}`],
  ];
  return checks.filter(([broken]) => broken).map(([, path, problem]) => ({ path, problem }));
}

const SECRET_HEADERS: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie', 'x-api-key']);

/** A file is stored, shown and exported: nothing secret may stand in it. */
function hasCredentials({ question }: ExternalMetric): boolean {
  const url = URL.parse(question.url);
  const headers = question.kind === 'http' ? Object.keys(question.headers) : [];
  return (url?.username ?? '') !== '' || (url?.password ?? '') !== '' || headers.some((name) => SECRET_HEADERS.has(name.toLowerCase()));
}
