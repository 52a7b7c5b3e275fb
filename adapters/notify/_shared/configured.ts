import { createEgress } from '../../../config/egress.ts';
import type { Config } from '../../../config/load.ts';
import type { Log } from '../../../config/log.ts';
import { LastmileError } from '../../../domain/errors.ts';
import type { Notifier } from '../../../ports/notifier.ts';
import { log as logNotifier } from '../log.ts';
import { webhook } from '../webhook.ts';

/** The notifier that the environment chooses; API and worker tell people by the same. */
export function configuredNotifier({ notify, egress }: Config, log: Log): Notifier {
  if (notify.adapter === 'log') return logNotifier.create({ write: (line) => { log.info('notice', JSON.parse(line) as Record<string, unknown>); } });
  if (notify.url === null) throw new LastmileError('LM_INVALID_CONFIG', 'LASTMILE_NOTIFY=webhook needs LASTMILE_NOTIFY_WEBHOOK_URL.');
  return webhook.create({ url: notify.url, egress: createEgress('webhook', egress), secret: notify.secret, otherSecrets: notify.otherSecrets, timeoutMs: 15_000 });
}
