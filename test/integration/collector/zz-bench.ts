import { stores as databases } from '../../../adapters/store/index.ts';
import { collectorProcess, postUntilTaken } from './collector-process.ts';
import { openShadow, recordedStream, ROLLOUT, SCOPE } from './stream.ts';
const uri = process.env['TEST_MONGODB_URI']!;
const database = `bench-${Date.now()}`;
const stores = databases.mongodb.create({ uri, database });
await openShadow(stores);
const collector = await collectorProcess({ uri, database });
const n = Number(process.argv[2] ?? 10000);
const ops = recordedStream({ inferences: n, perBatch: Number(process.argv[3] ?? 250), eventStepMs: Number(process.argv[4] ?? 1_800_000), atStepMs: 5, seed: 3 });
await collector.start();
const t0 = performance.now();
let legs = 0, tl = 0;
for (const op of ops) {
  if (op.type === 'labels') { const t = performance.now(); await stores.labels.put(op.labels); tl += performance.now() - t; }
  else { legs += op.batch.records.length; await postUntilTaken(collector.url, JSON.stringify(op.batch)); }
}
const t1 = performance.now();
let last = -1, tEnd = t1;
for (;;) { const b = (await stores.evidence.blocks(SCOPE.tenant, ROLLOUT)).length; if (b === last) break; last = b; tEnd = performance.now(); await new Promise(r => setTimeout(r, 1000)); }
console.log({ legs, blocks: last, ingestS: (t1 - t0) / 1000, labelS: tl / 1000, sealedS: (tEnd - t0) / 1000, perS: legs / ((tEnd - t0) / 1000), ingestPerS: legs / ((t1 - t0) / 1000) });
import { readFileSync } from 'node:fs';
const kid = readFileSync('/proc/'+process.pid+'/task/'+process.pid+'/children','utf8').trim().split(' ')[0]; const st = readFileSync('/proc/'+kid+'/stat','utf8').split(' '); console.log('collector cpu s', (Number(st[13])+Number(st[14]))/100);
await collector.stop(); await stores.close();
