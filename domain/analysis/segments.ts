import type { RequestLegs } from './requests.ts';

/** The sign is in no metric's name; a segment's value is escaped, so that a line of evidence has no space in its name. */
const AT = '@';

export function segmentLine(metric: string, segment: string): string { return `${metric}${AT}${encodeURIComponent(segment)}`; }

/** The metric of a line of evidence, and the segment that it is about; null for all of the traffic. */
export function partsOfLine(line: string): { readonly metric: string; readonly segment: string | null } {
  const at = line.indexOf(AT);
  return at < 0 ? { metric: line, segment: null } : { metric: line.slice(0, at), segment: decodeURIComponent(line.slice(at + 1)) };
}

/** Only the serving leg carries the request, so only it knows. */
export function ofSegment(requests: readonly RequestLegs[], segment: string): readonly RequestLegs[] {
  return requests.filter(({ champion, challenger }) => (champion?.segment ?? challenger?.segment) === segment);
}
