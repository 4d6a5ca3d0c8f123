/** The alerts of deploy/prometheus as an object of the Prometheus Operator. */

const HEAD = `# Written by \`node tools/manifests.ts\` from deploy/prometheus/rules.yaml; do not edit.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: meerkat
  namespace: meerkat
  labels:
    app.kubernetes.io/name: meerkat
spec:
`;

/** @param rules the text of a file of rules, which begins with comments */
export const prometheusRule = (rules: string): string =>
  HEAD + rules.slice(rules.search(/^groups:/m)).replaceAll(/^(?=.)/gm, '  ');
