import { createBreaker, type Breaker, type Heard } from '../../../gateway/breaker.ts';

let nowMs = 0; let changes: string[] = [];
beforeEach(() => { nowMs = 0; changes = []; });
const breaker = (): Breaker => createBreaker({ failures: 3, openMs: 1_000, elapsedMs: () => nowMs, changed: (to) => { changes.push(to); } });
const passed = (of: Breaker): Heard => { const heard = of.pass(); expect(heard).not.toBeNull(); return heard!; };
const opened = (): Breaker => { const of = breaker(); for (let i = 0; i < 3; i += 1) passed(of)(false); return of; };

test('opens after failures in a row, not after as many with an answer between', () => {
  const of = breaker();
  for (const reached of [false, false, true, false, false]) passed(of)(reached);
  expect([of.pass() === null, changes]).toEqual([false, []]);
  passed(of)(false);
  expect([of.pass(), changes]).toEqual([null, ['open']]);
});

test('what was given up by us says nothing: it neither counts nor begins the count anew', () => {
  const of = breaker();
  for (const reached of [false, null, false, null, false]) passed(of)(reached);
  expect(changes).toEqual(['open']);
});

test('while open one probe at a time is let through, after its time', () => {
  const of = opened();
  nowMs = 999;
  expect(of.pass()).toBeNull();
  nowMs = 1_000;
  const probe = passed(of);
  expect(of.pass()).toBeNull();
  probe(false);
  expect(of.pass()).toBeNull();
  nowMs = 2_000;
  passed(of)(true);
  expect(changes).toEqual(['open', 'closed']);
  // All may pass again, and the count begins at nothing.
  passed(of)(false); passed(of)(false);
  expect(of.pass()).not.toBeNull();
});

test('a probe that was given up leaves its place to the next', () => {
  const of = opened();
  nowMs = 1_000;
  passed(of)(null);
  passed(of)(true);
  expect(changes).toEqual(['open', 'closed']);
});

test('those under way when it opened: failures keep it open no longer, an answer closes it', () => {
  const of = breaker();
  const [late, later] = [passed(of), passed(of)];
  for (let i = 0; i < 3; i += 1) passed(of)(false);
  nowMs = 900;
  late(false);
  nowMs = 1_000;
  const probe = passed(of);
  expect(of.pass()).toBeNull();
  later(true);
  expect(changes).toEqual(['open', 'closed']);
  expect(of.pass()).not.toBeNull();
  probe(false);
  expect(changes).toEqual(['open', 'closed']);
});
