import { seeded, type Random } from './random.ts';

const { exp, sqrt, fround } = Math;

/**
 * A market-like stream, made from a seed: one row a minute, each a question "buy this instrument now?".
 * Twenty instruments take turns, so that the 15 minutes that decide one row do not overlap the next row of the same instrument;
 * what moves the whole market still ties neighbouring rows together. Its signals are far stronger than a real market's.
 */
export const FEATURES = ['momentum', 'trend', 'imbalance', 'spread_bps', 'volume', 'volatility', 'market', 'depth'] as const;
export type Feature = (typeof FEATURES)[number];

/** One minute of event time a row. */
export const ROW_MS = 60_000;
/** The outcome of a row is known this many rows later. */
export const OUTCOME_DELAY_ROWS = 15;
/** 2026-03-02T00:00:00Z: event time of row 0, the first live row; rows before it are history. */
export const STREAM_START_MS = 1_772_409_600_000;
/** From this row on the old signal has faded: about two days before row 0. */
export const REGIME_CHANGE_ROW = -3_000;
export const HISTORY_FROM_ROW = -9_000;
const INSTRUMENTS = 20;
/** What a purchase costs beside half the spread, in basis points. */
const FEE_BPS = 11;

export interface MarketRow {
  readonly index: number;
  readonly timeMs: number;
  /** In the order of FEATURES; single precision, as the models read them. */
  readonly features: readonly number[];
  /** Price move over the next 15 minutes in basis points, and what buying costs. */
  readonly moveBps: number;
  readonly costBps: number;
  /** 1: the price rose enough to pay. */
  readonly outcome: 0 | 1;
}

interface Instrument { momentum: number; trend: number; imbalance: number; logVolatility: number; logVolume: number }

/** Rows from HISTORY_FROM_ROW to the end of time; the caller stops. The same seed gives the same rows. */
export function* marketRows(seed: number): Generator<MarketRow, never, undefined> {
  const random = seeded(seed);
  const instruments = Array.from({ length: INSTRUMENTS }, (): Instrument => ({ momentum: 0, trend: 0, imbalance: 0, logVolatility: 0, logVolume: 0 }));
  let market = 0;
  for (let index = HISTORY_FROM_ROW; ; index += 1) {
    market = 0.98 * market + 0.2 * random.normal();
    const instrument = instruments[(((index % INSTRUMENTS) + INSTRUMENTS) % INSTRUMENTS)];
    if (instrument === undefined) continue;
    step(instrument, random);
    yield row(index, instrument, market, random);
  }
}

function step(it: Instrument, random: Random): void {
  it.momentum = 0.5 * it.momentum + 0.87 * random.normal();
  it.trend = 0.9 * it.trend + 0.44 * random.normal();
  it.imbalance = 0.4 * it.imbalance + 0.92 * random.normal();
  it.logVolatility = 0.9 * it.logVolatility + 0.17 * random.normal();
  it.logVolume = 0.6 * it.logVolume + 0.8 * random.normal();
}

function row(index: number, it: Instrument, market: number, random: Random): MarketRow {
  const volatility = exp(it.logVolatility);
  const spread = 2 * exp(0.4 * it.logVolatility + 0.25 * random.normal());
  const quiet = random.uniform() < 0.03;
  const volume = quiet ? 0 : exp(4 + it.logVolume);
  const depth = exp(2 + 0.5 * random.normal() - 0.3 * it.logVolatility);
  const signal = index < REGIME_CHANGE_ROW ? oldSignal(it) : newSignal(it);
  const moveBps = 12 * volatility * (signal + 0.15 * market + heavyTailed(random));
  const costBps = spread / 2 + FEE_BPS;
  const features = [it.momentum, it.trend, it.imbalance, spread, volume, volatility, market, depth].map(fround);
  return { index, timeMs: STREAM_START_MS + index * ROW_MS, features, moveBps, costBps, outcome: moveBps > costBps ? 1 : 0 };
}

/** Before the change: prices follow their own momentum. */
function oldSignal(it: Instrument): number { return 0.75 * it.momentum + 0.25 * it.imbalance; }

/** After it: momentum says little; a clearly one-sided order book does, and so does a long trend, the other way round. */
function newSignal(it: Instrument): number {
  const book = it.imbalance > 0.5 ? 1.4 : it.imbalance < -0.5 ? -1.2 : 0;
  const stretched = it.trend > 1 ? -1.2 : it.trend < -1 ? 1 : 0;
  return 0.45 * it.momentum + book + stretched;
}

/** Student's t with 5 degrees of freedom, scaled to variance 1. */
function heavyTailed(random: Random): number {
  let chi = 0;
  for (let i = 0; i < 5; i += 1) chi += random.normal() ** 2;
  return (random.normal() / sqrt(chi / 5)) * sqrt(3 / 5);
}
