import type { ZodType } from 'zod';

/** One outside system behind one port. */
export interface Adapter<Port, Options> {
  /** Equal to the file name and to the value in configuration. */
  readonly name: string;
  readonly summary: string;
  readonly options: ZodType<Options>;
  create(options: Options): Port;
}
