/** The query parameters of every route. */
import { FORMAT, choice, duration, instant, integer, labelName, name, podName, remark } from './query.ts';

/** A question for every reading of a check at once gets at most so many points each: it may be dozens of series. */
export const MAX_POINTS_OF_ALL = 500;
export const DEFAULT_POINTS = 300;
export const DEFAULT_EVENTS = 100;

export const NO_QUERY = {};
export const FORMAT_QUERY = { format: FORMAT };

export const STATUS_QUERY = {
  at: instant('What the agent that answers concluded then, by its own log; by default now.'),
  format: FORMAT,
};

export const NODES_QUERY = {
  fine: choice(
    'How connected nodes against which nothing is known are told: each in short as the others, or only by name; by default in short.',
    ['short', 'names'],
  ),
  format: FORMAT,
};

const NETWORK = choice('That of the nodes, or that of the pods as far as it is told; by default that of the nodes.', [
  'underlay',
  'overlay',
]);

export const MATRIX_QUERY = {
  node: name('Only links from this node and to it.'),
  network: NETWORK,
  format: FORMAT,
};

export const GROUPS_QUERY = {
  from: name('Only links from this group, by its id.'),
  to: name('Only links to this group, by its id.'),
  network: NETWORK,
  format: FORMAT,
};

export const HEALTH_QUERY = {
  failOn: choice('How grave a problem must be; by default critical.', ['warning', 'critical']),
};

export const LIVENESS_QUERY = {
  by: choice('Who asks; by default a probe. That a person looks is no sign that a probe does.', ['probe', 'person']),
  container: name('Only this container of the pods; by default all.'),
  format: FORMAT,
};

export const MAINTENANCE_QUERY = {
  for: duration('For how many seconds at most.', 30 * 86_400),
  reason: remark('Why; shown by all agents.', 80),
  format: FORMAT,
};

export const SCENES_QUERY = {
  node: name('Only those of this node.'),
  namespace: name('Only those of pods in this namespace.'),
  pod: name('Only those of this pod.'),
  limit: integer('At most so many, the newest.', 1, 500, DEFAULT_EVENTS),
  format: FORMAT,
};

export const CAPTURE_QUERY = {
  namespace: labelName('Namespace of the pod.', true),
  pod: podName('Name of the pod, which runs on the node that is asked.', true),
  container: labelName('Whose log; by default that of its only container, or of the one that wrote last.'),
  format: FORMAT,
};

export const SERIES_QUERY = {
  check: name('Id of the check.', true),
  reading: name('Name of the reading; by default every reading of the check.'),
  subject: name('One of several things that the check looks at.'),
  node: name('Name of the node; by default the one that answers.'),
  from: instant('Start, by default three hours ago.'),
  to: instant('End, by default now.'),
  points: integer(
    `At most so many points a series; at most ${MAX_POINTS_OF_ALL} when no reading is named.`,
    10,
    2000,
    DEFAULT_POINTS,
  ),
  format: FORMAT,
};

export const TIMELINE_QUERY = {
  from: instant('Start, by default a day ago.'),
  to: instant('End, by default now.'),
  node: name('Only events of this node.'),
  check: name('Only events of this check.'),
  limit: integer('At most so many events, the newest.', 1, 1000, DEFAULT_EVENTS),
  format: FORMAT,
};

export const EVENTS_QUERY = {
  namespace: labelName('Only those about objects in this namespace.'),
  kind: name('Only those about objects of this kind, as `Pod`.'),
  name: name('Only those about the object of this name.'),
  reason: name('Only those with this reason, as `BackOff`.'),
  type: name('Only those of this type, as `Warning`.'),
  node: name('Only those from or about this node.'),
  uid: name('Only those about the object with this UID.'),
  since: instant('Start, by default an hour ago.'),
  until: instant('End, by default now.'),
  limit: integer('At most so many, the latest.', 1, 1000, DEFAULT_EVENTS),
  format: FORMAT,
};

export const ALERTS_QUERY = {
  firing: choice('Only what fires, or only what is over; by default both.', ['true', 'false']),
  format: FORMAT,
};
