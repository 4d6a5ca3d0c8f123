/**
 * Where the API servers are, by the Service `default/kubernetes`. Sources: EndpointSlice of discovery.k8s.io/v1 (from 1.21),
 * Endpoints of core/v1 before.
 */
import { isIP } from 'node:net';
import { formatEndpoint } from '../../base/endpoint.ts';
import { fieldsOf, listOf, textOf } from './fields.ts';

const PORT = 'https';

/** `https://10.0.0.1:6443` of every ready address in a list of EndpointSlices. */
export const serversOfSlices = (list: unknown): readonly string[] =>
  distinct(
    listOf(fieldsOf(list)['items'])
      .map(fieldsOf)
      .flatMap(({ endpoints, ports }) => {
        const addresses = listOf(endpoints)
          .map(fieldsOf)
          .flatMap(({ addresses: own, conditions }) =>
            // Absent counts as ready, says the API.
            fieldsOf(conditions)['ready'] === false ? [] : listOf(own),
          );
        return urls(addresses, ports);
      }),
  );

/** The same of the Endpoints object. */
export const serversOfEndpoints = (object: unknown): readonly string[] =>
  distinct(
    listOf(fieldsOf(object)['subsets'])
      .map(fieldsOf)
      .flatMap(({ addresses, ports }) =>
        urls(
          listOf(addresses).map((one) => fieldsOf(one)['ip']),
          ports,
        ),
      ),
  );

function urls(addresses: readonly unknown[], ports: unknown): string[] {
  const port = listOf(ports)
    .map(fieldsOf)
    .find(({ name }) => name === PORT || name === undefined || name === '')?.['port'];
  if (typeof port !== 'number') return [];
  return addresses.flatMap((address) => {
    const text = textOf(address);
    return text === undefined || isIP(text) === 0 ? [] : `https://${formatEndpoint({ host: text, port })}`;
  });
}

const distinct = (list: readonly string[]): readonly string[] => [...new Set(list)].sort();
