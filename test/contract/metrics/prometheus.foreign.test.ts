import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { metricSources } from '../../../adapters/metrics/index.ts';
import { createEgress } from '../../../config/egress.ts';
import { loadEnvironment } from '../../../config/environment.ts';
import { askingFor, metricSourcePromises, type MetricSourceSystem } from '../../../conformance/metric-source.ts';
import type { PrometheusQuestion } from '../../../domain/external/metric.ts';
import type { Reading } from '../../../domain/external/measurement.ts';
import { ensurePrometheus } from '../../../scripts/foreign/prometheus.ts';
import { freePort } from '../../support/modelhost-process.ts';
import { QUERIES, sourceServer, type SourceServer } from './source-server.ts';

/** A real Prometheus that scrapes a text endpoint of this process, once a second. Needs Debian's package, or a prometheus on the PATH. */

let server: ChildProcess | null = null;
let folder = '';
let target: SourceServer;
let url = '';
let exposed = '';
const source = metricSources.prometheus.create({ egress: createEgress('source', { allow: [], loopback: true, own: [] }), credentials: {} });
const read = (query: string, of: { maxAgeMs?: number } = {}): Promise<Reading> => source.read(askingFor({ kind: 'prometheus', url, query }, of));
async function until(wanted: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 30_000; !await wanted();) {
    if (performance.now() > end) throw new Error('Prometheus did not get there within 30 s');
    await sleep(100);
  }
}

beforeAll(async () => {
  const binary = await ensurePrometheus(loadEnvironment().toolsDir, (line) => { process.stderr.write(`${line}\n`); });
  exposed = 'conversion{version="1"} 0.25\nconversion{version="2"} 0.2\norders_total{version="2"} 1\n';
  target = await sourceServer((_, response) => { response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(exposed); });
  folder = mkdtempSync(join(tmpdir(), 'lastmile-prometheus-'));
  const port = await freePort();
  url = `http://127.0.0.1:${String(port)}`;
  writeFileSync(join(folder, 'prometheus.yml'), `global: {scrape_interval: 1s}\nscrape_configs: [{job_name: shop, static_configs: [{targets: ['${new URL(target.url).host}']}]}]\n`);
  server = spawn(binary, [`--config.file=${join(folder, 'prometheus.yml')}`, `--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${String(port)}`], { stdio: 'ignore' });
  await until(async () => 'value' in await read('conversion{version="2"}'));
}, 240_000);
afterAll(async () => {
  if (server !== null && server.exitCode === null) { const ended = once(server, 'exit'); server.kill('SIGTERM'); await ended; }
  await target.close();
  await rm(folder, { recursive: true, force: true });
}, 30_000);

const system = (): MetricSourceSystem<PrometheusQuestion> => {
  const asked = (query: string): PrometheusQuestion => ({ kind: 'prometheus', url, query });
  return { source, questions: { number: asked(QUERIES.number), negative: { question: asked(QUERIES.negative), value: -1.25e-7 }, nothing: asked(QUERIES.nothing), nan: asked(QUERIES.nan), infinite: asked(QUERIES.infinite), text: asked(QUERIES.text), refused: asked(QUERIES.refused), nobody: { kind: 'prometheus', url: 'http://127.0.0.1:9', query: 'vector(1)' } } };
};
test.each(Object.entries(metricSourcePromises<PrometheusQuestion>()))('%s', (_title, check) => check(system()));

test('what it scraped, by version; several series are none', async () => {
  expect([await read('conversion{version="1"}'), await read('avg(conversion{version="2"})'), await read('scalar(conversion{version="2"})')]).toMatchObject([{ value: 0.25 }, { value: 0.2 }, { value: 0.2 }]);
  expect(await read('conversion')).toMatchObject({ none: 'several-series' });
  expect(await read('orders_total[1m]')).toMatchObject({ none: 'no-number' });
});

test('a value that becomes NaN, a series that goes away, and a target that dies are no numbers any more', async () => {
  exposed = 'conversion{version="1"} NaN\n';
  await until(async () => 'none' in await read('conversion{version="1"}') && 'none' in await read('conversion{version="2"}'));
  expect([await read('conversion{version="1"}'), await read('conversion{version="2"}')]).toMatchObject([{ none: 'not-finite' }, { none: 'no-series' }]);
  exposed = 'conversion{version="1"} 0.5\n';
  await until(async () => 'value' in await read('conversion{version="1"}'));
  await target.close();
  await until(async () => 'none' in await read('conversion{version="1"}', { maxAgeMs: 5_000 }));
  expect(await read('conversion{version="1"}', { maxAgeMs: 5_000 })).toMatchObject({ none: 'no-series' });
}, 60_000);
