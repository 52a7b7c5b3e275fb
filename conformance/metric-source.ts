import assert from 'node:assert/strict';
import type { NoReading, Reading } from '../domain/external/measurement.ts';
import type { Asking, MetricSource } from '../ports/metric-source.ts';
import { newScope, type Suite } from './stores/suite.ts';

/** A source that runs, with questions whose answers are known. */
export interface MetricSourceSystem<Question> {
  readonly source: MetricSource<Question>;
  readonly questions: {
    /** 42.5 of now. */
    readonly number: Question;
    readonly negative: { readonly question: Question; readonly value: number };
    readonly nothing: Question;
    readonly nan: Question;
    readonly infinite: Question;
    readonly text: Question;
    readonly refused: Question;
    /** Of an address where nobody listens. */
    readonly nobody: Question;
  };
}

const NEAR_MS = 60_000;

export function askingFor<Question>(question: Question, of: Partial<Asking<Question>> = {}): Asking<Question> {
  return { question, tenant: newScope().tenant, credentials: null, timeoutMs: 5_000, maxAgeMs: 300_000, ...of };
}

/** What every metric source promises: a finite number with its time, or a reason; never a number that nobody gave, never an exception. */
export function metricSourcePromises<Question>(): Suite<MetricSourceSystem<Question>> {
  const read = async ({ source }: MetricSourceSystem<Question>, question: Question, of: Partial<Asking<Question>> = {}): Promise<Reading> => source.read(askingFor(question, of));
  const none = (reading: Reading): NoReading | 'a number' => ('none' in reading ? reading.none : 'a number');
  const explained = (reading: Reading): void => { assert.ok('none' in reading && reading.text.length > 0 && reading.text.length <= 300); };
  return {
    'a number comes as it is, with its time': async (system) => {
      const reading = await read(system, system.questions.number);
      assert.ok(!('none' in reading), JSON.stringify(reading));
      assert.equal(reading.value, 42.5);
      assert.ok(Math.abs(Date.now() - reading.sampleMs) < NEAR_MS, String(reading.sampleMs));
    },
    'a number below zero, small or large, keeps its digits': async (system) => {
      const { question, value } = system.questions.negative;
      assert.deepEqual({ ...await read(system, question), sampleMs: 0 }, { value, sampleMs: 0 });
    },
    'what is not there is no number': async (system) => {
      const reading = await read(system, system.questions.nothing);
      assert.equal(none(reading), 'no-series');
      explained(reading);
    },
    'what is not finite is no number': async (system) => {
      for (const question of [system.questions.nan, system.questions.infinite]) assert.equal(none(await read(system, question)), 'not-finite');
    },
    'what is a text is no number': async (system) => { assert.equal(none(await read(system, system.questions.text)), 'no-number'); },
    'a refusal is a reason, in the words of the source': async (system) => {
      const reading = await read(system, system.questions.refused);
      assert.equal(none(reading), 'refused');
      explained(reading);
    },
    'an address where nobody listens is a reason': async (system) => { assert.equal(none(await read(system, system.questions.nobody)), 'unreachable'); },
    'credentials that the operator does not keep are not sent, and nothing is asked': async (system) => { assert.equal(none(await read(system, system.questions.number, { credentials: 'nobody-knows' })), 'no-credentials'); },
    'questions at once get each their own answer': async (system) => {
      const { number, negative, nothing } = system.questions;
      const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => read(system, [number, negative.question, nothing][i % 3] as Question)));
      assert.deepEqual(answers.map((reading) => ('none' in reading ? reading.none : reading.value)), Array.from({ length: 30 }, (_, i) => [42.5, negative.value, 'no-series'][i % 3]));
    },
    'one who no longer waits is let go': async (system) => {
      const gone = new AbortController();
      gone.abort();
      assert.equal('none' in await system.source.read(askingFor(system.questions.number), gone.signal), true);
    },
  };
}
