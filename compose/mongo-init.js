// For mongosh --nodb: makes the server a replica set of one and gives lastmile a user of its own. Repeating it changes nothing.
const fs = require('fs');
const host = process.env.MONGO_HOST ?? 'mongo:27017';
const secrets = process.env.SECRETS_DIR ?? '/run/secrets';
const secret = (name) => fs.readFileSync(`${secrets}/${name}`, 'utf8').trim();
const WITHIN_MS = 60_000;

const admin = connect(`mongodb://root:${encodeURIComponent(secret('mongo_root_password'))}@${host}/admin?directConnection=true`);
try {
  admin.adminCommand({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host }] } });
} catch (error) {
  if (error.codeName !== 'AlreadyInitialized') throw error;
}
for (const until = Date.now() + WITHIN_MS; !admin.hello().isWritablePrimary; sleep(200)) {
  if (Date.now() > until) throw new Error(`${host} did not become primary.`);
}
// Data, indexes and change streams of its own database; nothing else.
const database = admin.getSiblingDB('lastmile');
const user = { pwd: secret('mongo_password'), roles: [{ role: 'readWrite', db: 'lastmile' }] };
if (database.getUser('lastmile') === null) database.createUser({ user: 'lastmile', ...user });
else database.updateUser('lastmile', user);
print('The replica set is up; lastmile has its user.');
