import { LastmileError } from '../../domain/errors.ts';
import { AS_TOLD as AS_TRAINED, type Changes as TrainingChanges } from './train.ts';

const KNOWN = { 'v3.output': ['nan', 'clean'], 'v4.payoff': ['losing', 'winning'], 'kill.scope': ['champion', 'all'] } as const;

/** What may be otherwise in the story: how versions are trained, and what is taken off at its end. */
export interface Changes extends TrainingChanges { readonly killScope: 'champion' | 'all' }
const AS_TOLD: Changes = { ...AS_TRAINED, killScope: 'champion' };

/** `v3.output=clean`, `v4.payoff=winning`, `kill.scope=all`: gives the story another ending. Throws LM_INVALID_REQUEST with the known ones. */
export function parseChanges(settings: readonly string[]): Changes {
  return settings.reduce<Changes>((changes, setting) => {
    const [name = '', value = ''] = setting.split('=');
    if (name === 'v3.output' && (value === 'nan' || value === 'clean')) return { ...changes, v3Output: value };
    if (name === 'v4.payoff' && (value === 'losing' || value === 'winning')) return { ...changes, v4Payoff: value };
    if (name === 'kill.scope' && (value === 'champion' || value === 'all')) return { ...changes, killScope: value };
    const known = Object.entries(KNOWN).map(([key, values]) => `${key}=${values.join('|')}`).join(', ');
    throw new LastmileError('LM_INVALID_REQUEST', `"${setting}" is not a setting of the story; known: ${known}.`);
  }, AS_TOLD);
}
