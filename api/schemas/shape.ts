import { z } from 'zod';

/** How the schemas of this folder and of api/contract.ts are made. They describe answers; nothing is parsed with them. */

/** An object that the OpenAPI document lists under `id`. */
export function named<Shape extends z.core.$ZodLooseShape>(id: string, shape: Shape): z.ZodType<Readonly<z.output<z.ZodObject<Shape>>>> { return z.object(shape).meta({ id }); }

/** An object without a name of its own. */
export function part<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodType<Readonly<z.output<z.ZodObject<Shape>>>> { return z.object(shape); }

export function list<Item extends z.ZodType>(item: Item): z.ZodType<readonly z.output<Item>[]> { return z.array(item); }

/** Values by names that are not known before: variants, reasons. */
export function byName<Value extends z.ZodType>(value: Value): z.ZodType<Readonly<Record<string, z.output<Value>>>> { return z.record(z.string(), value); }

/** Holds a schema against the type of a domain document: a field or a word that either lacks does not compile. */
export function exactly<T>(): <S extends z.ZodType<T>>(schema: S & ([T, keyof T] extends [z.output<S>, keyof z.output<S>] ? unknown : never)) => z.ZodType<T> { return (schema) => schema; }

/** UTC milliseconds. */
export const time = z.int().meta({ description: 'UTC milliseconds.' });
export const text = z.string();
export const count = z.int().min(0);
export const number = z.number();
export const flag = z.boolean();
