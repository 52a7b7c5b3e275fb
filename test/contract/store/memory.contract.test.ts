import { stores } from '../../../adapters/store/index.ts';
import { runStorePromises } from './run-promises.ts';

runStorePromises('memory', () => stores.memory.create({}));
