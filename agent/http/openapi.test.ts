import { expect, it } from 'vitest';
import { openApiDocument } from './openapi.ts';

const document = JSON.parse(JSON.stringify(openApiDocument('0.1.0'))) as {
  paths: Record<
    string,
    Record<
      'get' | 'post' | 'delete',
      { operationId: string; parameters: { name: string; in: string }[]; responses: object }
    >
  >;
  components: { schemas: Record<string, object> };
};
const text = JSON.stringify(document);

it('refers only to schemas that it has', () => {
  const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map((match) => match[1] ?? '');

  expect(references.length).toBeGreaterThan(10);
  expect([...new Set(references)].filter((name) => !(name in document.components.schemas))).toEqual([]);
});

it('repeats no schema that has a name', () => {
  expect(text).not.toContain('"$id"');
  expect(document.components.schemas['Status']).toMatchObject({
    properties: { findings: { items: { $ref: '#/components/schemas/Finding' } } },
  });
});

it('declares every parameter of a path, and names every operation once', () => {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.values(methods).map((operation) => ({ path, ...operation })),
  );
  for (const { path, parameters } of operations) {
    const declared = parameters.filter((one) => one.in === 'path').map(({ name }) => name);
    expect(declared).toEqual([...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]));
  }

  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  expect(operations.map(({ operationId }) => operationId)).toContain('getApiNodesNodeChecksCheck');
  expect(operations.map(({ operationId }) => operationId)).toContain('postApiMembersNodeForget');
});

it('describes the verdicts of health as answers and the failures as errors', () => {
  const { responses } = document.paths['/health/node']!.get;

  expect(responses).toMatchObject({
    200: { content: { 'text/plain': {} } },
    503: { content: { 'text/plain': {} } },
    504: { content: { 'text/plain': {} } },
    401: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } },
  });
});
