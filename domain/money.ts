/** Money in documents: integer micros (millionths) of an ISO 4217 currency. */
export interface Money { readonly micros: number; readonly currency: string }

export const MICROS = 1_000_000;

/** Nearest micro; refuses what cannot be counted exactly. Throws RangeError. */
export function money(amount: number, currency: string): Money {
  const micros = Math.round(amount * MICROS);
  if (!Number.isSafeInteger(micros)) throw new RangeError(`${String(amount)} ${currency} cannot be counted in micros`);
  return { micros, currency };
}

/** `EUR 1,234.50`; sub-cent amounts keep the digits that matter. Locale-free, so that documents and tests agree. */
export function formatMoney({ micros, currency }: Money): string {
  const amount = Math.abs(micros) / MICROS;
  const digits = amount !== 0 && amount < 0.1 ? 4 : 2;
  const [whole = '0', fraction = ''] = amount.toFixed(digits).split('.');
  return `${micros < 0 ? '-' : ''}${currency} ${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${fraction}`;
}
