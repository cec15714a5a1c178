import { describe, expect, it } from 'vitest';
import { readPath, resolveReferences } from './references.js';

const lookup = () => ({ n: 1 });

describe('references', () => {
  it('keeps the type when the whole string is one reference', () => {
    expect(resolveReferences('{{steps.a.output}}', lookup)).toEqual({ n: 1 });
    expect(resolveReferences('{{ steps.a.output }}', lookup)).toEqual({ n: 1 });
  });
  it('keeps every sign of a longer string, also those that nobody sees', () => {
    expect(resolveReferences('{{steps.a.output}}\n', () => 'one line')).toBe('one line\n');
    expect(resolveReferences(' {{steps.a.output}} ', lookup)).toBe(' {"n":1} ');
  });
  it('writes text inside a longer string', () => {
    expect(resolveReferences(['got {{steps.a.output}}!'], lookup)).toEqual(['got {"n":1}!']);
  });
  it('leaves a template’s own braces alone', () => {
    expect(resolveReferences('{{ name }} {{stepsister.x}}', lookup)).toBe('{{ name }} {{stepsister.x}}');
  });
  it('never follows inherited properties', () => {
    expect(readPath({}, ['constructor'])).toBeUndefined();
    expect(readPath([1], ['0'])).toBe(1);
  });
});
