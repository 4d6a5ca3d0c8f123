/** Client certificates inside kubeconfig files. https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ */

/** The certificate in `client-certificate-data`; undefined where there is none, as where a file or a token is named. */
export function pemOfKubeconfig(text: string): string | undefined {
  const data = /^\s*client-certificate-data:\s*["']?([\w+/=]+)["']?\s*$/m.exec(text)?.[1];
  return data === undefined ? undefined : Buffer.from(data, 'base64').toString('utf8');
}
