import { readFileSync } from 'node:fs';

/**
 * Preloaded into every process of ours: what no signal can do from outside. CHAOS_ORDERS names a file that is looked at ten times a second:
 * `skew MS` shifts what the process reads as wall clock (Date alone: timers and monotonic clocks go on, as when a machine's clock is set);
 * `memory` lets the heap grow until the process ends of it.
 */
const LOOK_MS = 100;
const file = process.env.CHAOS_ORDERS;
const RealDate = Date;
let offsetMs = 0;

class SkewedDate extends RealDate {
  constructor(...args) { if (args.length === 0) super(RealDate.now() + offsetMs); else super(...args); }
  static now() { return RealDate.now() + offsetMs; }
}
// Called without `new` it is a text of the time.
globalThis.Date = new Proxy(SkewedDate, { apply: () => new SkewedDate().toString() });

function look() {
  let order;
  // No order: the clock is right again.
  try { order = readFileSync(file, 'utf8').trim(); } catch { order = ''; }
  const [, ms] = /^skew (-?\d+)$/.exec(order) ?? [];
  offsetMs = ms === undefined ? 0 : Number(ms);
  if (order === 'memory') eat();
}

function eat() {
  // Few large arrays: many small objects would keep the collector busy for half a minute first.
  for (const held = []; ;) held.push(new Array(1_000_000).fill(held.length + 0.5));
}

if (file !== undefined) setInterval(look, LOOK_MS).unref();
