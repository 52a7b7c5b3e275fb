import { randomUUID } from 'node:crypto';
import { stores } from '../../../adapters/store/index.ts';
import { runStorePromises } from './run-promises.ts';

runStorePromises('mongodb', () => stores.mongodb.create({ uri: process.env.TEST_MONGODB_URI!, database: `contract-${randomUUID().slice(0, 8)}` }));
