import { createEgress, type Egress } from '../../config/egress.ts';

const DEVELOPMENT = { allow: [], loopback: true, own: [] };
/** The rules of development: this machine. */
export const toThisMachine: Egress = createEgress('target', DEVELOPMENT);
export const hooksOfThisMachine: Egress = createEgress('webhook', DEVELOPMENT);
