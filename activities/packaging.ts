import { storeBundle } from '../artifact/bundle.ts';
import { LastmileError } from '../domain/errors.ts';
import { parseModelRef } from '../domain/model.ts';
import { withHeartbeat } from './heartbeat.ts';
import type { Activities } from './index.ts';
import { named, variantOf } from './lookup.ts';
import type { ActivityPorts } from './ports.ts';
import { RUNNING } from './validating.ts';

export function packagingActivities(ports: ActivityPorts): Pick<Activities, 'packageModel'> {
  return {
    packageModel: ({ subject, variantId }) => withHeartbeat(async (_signal, note) => {
      const variant = await variantOf(ports.stores.deployments, subject.tenant, variantId);
      const ref = parseModelRef(subject.model);
      if (ref.registry === RUNNING) return { bundleDigest: null, bytes: 0 };
      const registry = named('model registry', ports.registries, ref.registry);
      const version = await registry.resolve(ref);
      if (version.artifactDigest !== variant.artifactDigest) {
        throw new LastmileError('LM_DIGEST_MISMATCH', `${subject.model} was validated as ${variant.artifactDigest} and is now ${version.artifactDigest}; its bytes changed in the registry. Publish them under a new version.`);
      }
      const packed = await storeBundle(ports.artifacts, version, (file) => { note(file.path); return registry.open(ref, file); });
      await ports.stores.deployments.putVariant({ ...variant, bundleDigest: packed.bundleDigest });
      return packed;
    }),
  };
}
