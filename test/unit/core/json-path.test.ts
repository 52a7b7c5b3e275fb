import { parseJsonPath, readJsonPath } from '../../../domain/json-path.ts';

const body = { id: 'r1', parameters: { customer: 'c-7', vip: true }, inputs: [{ name: 'x', data: [4.5, 'b'] }] };
const read = (path: string): string | null => readJsonPath(body, parseJsonPath(path) ?? []);

test.each([['id', 'r1'], ['$.id', 'r1'], ['parameters.customer', 'c-7'], ['parameters.vip', 'true'], ['inputs[0].data[0]', '4.5'], ['$.inputs[0].data[1]', 'b']])('%s reads %s', (path, text) => { expect(read(path)).toBe(text); });
test.each(['nothing', 'inputs', 'inputs[1].data', 'constructor', '__proto__.x', 'id.length'])('%s reads nothing', (path) => { expect(read(path)).toBeNull(); });
test.each(['', '$', 'a..b', 'a[b]', '[0]', 'a[0', 'a.'])('%p is no path', (path) => { expect(parseJsonPath(path)).toBeNull(); });
