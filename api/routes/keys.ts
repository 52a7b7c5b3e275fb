import { newId } from '../../config/ids.ts';
import { keyFacts } from '../../domain/audit/key-history.ts';
import { LastmileError } from '../../domain/errors.ts';
import type { ApiKey } from '../../ports/key-store.ts';
import { hashKey, keyPrefix, newApiKey } from '../auth.ts';
import { ok, type ApiPorts, type Call, type Handlers } from '../call.ts';
import { recordChange } from '../changes.ts';
import type { KeyLine, NewKeyAnswer } from '../contract.ts';
import { invalidRequest } from '../problem.ts';

export function keyRoutes(ports: ApiPorts): Pick<Handlers, 'listKeys' | 'newKey' | 'revokeKey'> {
  const { keys } = ports.stores;
  return {
    async listKeys({ principal: { tenant } }) {
      return ok((await keys.list(tenant)).map(lineOf) satisfies readonly KeyLine[]);
    },
    async newKey(call) {
      // A key that could make itself a person would pass wherever a person is needed.
      if (call.body.kind === 'person' && call.principal.actor.kind !== 'person') throw new LastmileError('LM_FORBIDDEN', 'Only a person makes a key for a person: use a key of kind person.');
      const secret = newApiKey();
      const key = keyFrom(call, secret);
      await keys.put(key);
      await recordChange(ports, call, { action: 'key.create', subject: key.id, identity: key.id, facts: keyFacts(key) });
      return ok({ ...lineOf(key), key: secret } satisfies NewKeyAnswer, 201);
    },
    async revokeKey(call) {
      const { principal: { tenant }, params: { id = '' }, nowMs } = call;
      if (!(await keys.revoke(tenant, id, nowMs))) throw new LastmileError('LM_NOT_FOUND', `There is no live key ${id.slice(0, 60)}.`);
      await recordChange(ports, call, { action: 'key.revoke', subject: id, identity: id });
      return ok({ message: `${id} is revoked: calls are refused at once, streams close within seconds.` });
    },
  };
}

function keyFrom({ principal: { tenant }, body: { name, kind, scopes, roles, expiresAtMs }, nowMs }: Call<'newKey'>, secret: string): ApiKey {
  if (expiresAtMs !== null && expiresAtMs <= nowMs) throw invalidRequest('expiresAtMs lies in the past.');
  return { id: newId('key'), hash: hashKey(secret), prefix: keyPrefix(secret), tenantId: tenant, actor: { kind, name }, scopes: [...new Set(scopes)], roles: [...new Set(roles)], createdAtMs: nowMs, expiresAtMs, revokedAtMs: null };
}

function lineOf({ id, prefix, actor, scopes, roles, createdAtMs, expiresAtMs, revokedAtMs }: ApiKey): KeyLine {
  return { id, prefix, name: actor.name, kind: actor.kind, scopes, roles, createdAtMs, expiresAtMs, revokedAtMs };
}
