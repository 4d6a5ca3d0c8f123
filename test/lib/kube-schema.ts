/** Whether an object is what the API of Kubernetes 1.34 knows; what it does not know the API would drop. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ErrorObject } from 'ajv';
import { type KubeObject, ROOT } from './manifest.ts';

const schema = JSON.parse(readFileSync(join(ROOT, 'test/fixtures/kubernetes-1.34.schema.json'), 'utf8')) as object;
const ajv = new Ajv({ allErrors: true, allowUnionTypes: true }).addSchema(schema, 'kubernetes');

/** Empty: it is valid. Throws for a kind that the fixture has not; see tools/kubernetes-schema.ts. */
export function schemaErrors(object: KubeObject): readonly ErrorObject[] {
  const validate = ajv.getSchema(`kubernetes#/$defs/V1${object.kind}`);
  if (validate === undefined) throw new Error(`no schema of ${object.kind}`);
  return validate(object) === true ? [] : (validate.errors ?? []);
}
