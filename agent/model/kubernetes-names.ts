/** What Kubernetes takes for a name: pkg/util/validation of k8s.io/apimachinery. Nothing of a path is in one. */

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** One or several with dots between; each as long as the whole may be. */
const SUBDOMAIN = /^[a-z0-9](?:[a-z0-9-]{0,251}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,251}[a-z0-9])?){0,126}$/;

/** Of namespaces and of containers. */
export const isLabelName = (text: string): boolean => LABEL.test(text);

/** Of pods and most else. */
export const isSubdomainName = (text: string): boolean => text.length <= 253 && SUBDOMAIN.test(text);
