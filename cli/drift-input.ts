import { z } from 'zod';
import { LastmileError } from '../domain/errors.ts';
import type { CountedColumn } from '../domain/drift/column-drift.ts';
import type { Edges } from '../domain/drift/histogram.ts';
import { parseDocument } from './judge-input.ts';

const Ascending = z.array(z.number()).min(2).refine((edges) => edges.every((edge, k) => k === 0 || edge > (edges[k - 1] ?? edge)), 'must ascend');
const EdgesFile = z.record(z.string().min(1), z.union([Ascending, z.strictObject({ edges: Ascending, closed: z.enum(['left', 'right']).default('left') })]));

const Count = z.number().nonnegative();
const List = z.array(Count).min(1);
const Named = z.record(z.string(), Count);
const CountsFile = z.record(z.string().min(1), z.strictObject({ ref: z.union([List, Named]), cur: z.union([List, Named]) }));

/** Edges by column: a list ([a, b) bins), or {edges, closed}. Throws LM_INVALID_REQUEST. */
export function parseEdges(text: string, file: string): ReadonlyMap<string, Edges> {
  return new Map(Object.entries(parseDocument(EdgesFile, text, file)).map(([name, of]) => [name, Array.isArray(of) ? { edges: of, closed: 'left' as const } : of]));
}

/** Counts by column: lists over the same ordered bins, or by the bin's name, where a name that one lacks counts 0. */
export function parseCounts(text: string, file: string): readonly CountedColumn[] {
  const columns = Object.entries(parseDocument(CountsFile, text, file));
  if (columns.length === 0) throw new LastmileError('LM_INVALID_REQUEST', `${file} names no column.`);
  return columns.map(([name, { ref, cur }]) => {
    if (Array.isArray(ref) !== Array.isArray(cur)) throw new LastmileError('LM_INVALID_REQUEST', `${file}: ${name} has a list on one side and named bins on the other.`);
    const counted = Array.isArray(ref) && Array.isArray(cur) ? ofLists(name, file, [ref, cur]) : { name, ordered: false, counts: ofNames(ref as Readonly<Record<string, number>>, cur as Readonly<Record<string, number>>) };
    for (const side of ['ref', 'cur'] as const) if (counted.counts[side].every((count) => count === 0)) throw new LastmileError('LM_INVALID_REQUEST', `${file}: ${name}.${side} counts nothing.`);
    return counted;
  });
}

function ofLists(name: string, file: string, [ref, cur]: readonly [readonly number[], readonly number[]]): CountedColumn {
  if (ref.length !== cur.length) throw new LastmileError('LM_INVALID_REQUEST', `${file}: ${name} has ${ref.length} bins in ref and ${cur.length} in cur.`);
  return { name, ordered: true, counts: { ref, cur } };
}

function ofNames(ref: Readonly<Record<string, number>>, cur: Readonly<Record<string, number>>): CountedColumn['counts'] {
  const names = [...new Set([...Object.keys(ref), ...Object.keys(cur)])];
  const of = (counts: Readonly<Record<string, number>>): readonly number[] => names.map((name) => (Object.hasOwn(counts, name) ? counts[name] ?? 0 : 0));
  return { ref: of(ref), cur: of(cur) };
}
