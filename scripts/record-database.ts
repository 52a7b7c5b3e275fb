import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient, BSON, type Document } from 'mongodb';
import { loadEnvironment } from '../config/environment.ts';

/**
 * npm run database:record, with the database of a finished story at MONGODB_URI: writes its documents to test/fixtures/database/VERSION,
 * a file a collection, canonical EJSON, one document a line. Every release records its own once; test/contract/store/old-database
 * loads them all, so that no release forgets how to read what an earlier one wrote. Of collections that grow with traffic a few documents do.
 */
const ROOT = join(import.meta.dirname, '..');
const FEW = 6;
const GROWING: ReadonlySet<string> = new Set(['legs', 'batches', 'labels', 'aliases', 'duplicates', 'blocks', 'outbox', 'reservations', 'drops']);

const { mongodb } = loadEnvironment();
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const folder = join(ROOT, 'test', 'fixtures', 'database', version);
const client = new MongoClient(mongodb.uri);
try {
  const db = client.db(mongodb.database);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  let bytes = 0;
  for (const { name } of await db.listCollections().toArray()) {
    const documents = await db.collection(name).find({}).sort({ _id: 1 }).limit(GROWING.has(name) ? FEW : 0).toArray();
    const text = documents.map((document: Document) => `${BSON.EJSON.stringify(document, { relaxed: false })}\n`).join('');
    if (text !== '') writeFileSync(join(folder, `${name}.ndjson`), text);
    bytes += text.length;
    process.stdout.write(`${name}: ${String(documents.length)} documents, ${String(text.length)} bytes\n`);
  }
  process.stdout.write(`${String(bytes)} bytes in ${folder}\n`);
} finally { await client.close(); }
