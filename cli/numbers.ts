import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../domain/duration.ts';
import { isLastmileError } from '../domain/errors.ts';

/** Argument parsers for commander: what they refuse is a usage error (exit 2). */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError('It must be a whole number.');
  return value;
}

export function countingNumber(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError('It must be at least 1.');
  return value;
}

/** Any finite number: `-0.5`, `1e-3`. */
export function decimal(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}

/** `250`, `250/s`. */
export function ratePerSecond(text: string): number {
  const value = Number(/^(\d+(?:\.\d+)?)(?:\/s)?$/.exec(text)?.[1]);
  if (!(value > 0)) throw new InvalidArgumentError('It must be rows a second, for example 250/s.');
  return value;
}

/** `30s`, `1d`: milliseconds. */
export function durationMs(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    throw new InvalidArgumentError(isLastmileError(error) ? error.message : 'It must be a duration.');
  }
}

/** `key=value`, gathered over repeated options. */
export function keyValue(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const [, key = '', value = ''] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (key === '') throw new InvalidArgumentError('It must be KEY=VALUE.');
  return { ...before, [key]: value };
}

/** `a,b , c`. */
export function commaList(text: string): readonly string[] {
  const parts = text.split(',').map((part) => part.trim()).filter((part) => part !== '');
  if (parts.length === 0) throw new InvalidArgumentError('It must be a list: a,b,c.');
  return parts;
}
