/** What earlier runs left, on its way to the agent: given once, or, when that takes too long, told later where it can. */
import type { LivenessMemory } from '../model/liveness.ts';
import type { MeshMemory } from '../model/mesh-memory.ts';
import type { Blocked, FromProcess, Seen } from './messages.ts';
import type { StoreMemory } from './port.ts';

export interface Handover {
  /** Settles with the first {@link Handover.give} or {@link Handover.goWithout}. */
  readonly memory: Promise<StoreMemory | undefined>;
  /** What the notifications kept; settles as {@link Handover.takeMesh}. */
  readonly alerts: Promise<unknown>;
  /**
   * Settles with the first {@link Handover.give} or {@link Handover.goWithoutMesh}. Handed out once, as it may be
   * megabytes that nobody else should hold on to.
   */
  takeMesh(): Promise<MeshMemory | undefined>;
  isMeshAwaited(): boolean;
  /** A check blocked the agent before: known before the database is open. */
  setBlocked(blocked: Blocked): void;
  /** The database was read. What comes late is given to {@link Handover.onLateSeen} as far as it is of use then. */
  give(left: Pick<Extract<FromProcess, { kind: 'opened' }>, 'results' | 'seen' | 'liveness' | 'mesh' | 'alerts'>): void;
  /** The agent starts with what is known by now. */
  goWithout(): void;
  /** Its mesh starts, too. */
  goWithoutMesh(): void;
  /** What is to be saved: with what earlier runs had seen, where the agent could not be told of it at its start. */
  complete(seen: Seen): Seen;
  onLateSeen(listener: (seen: Seen) => void): void;
  onLateLiveness(listener: (memory: LivenessMemory) => void): void;
  /** What the notifications kept, where {@link Handover.alerts} settled without it. */
  onLateAlerts(listener: (memory: unknown) => void): void;
  /** What earlier runs left was read. */
  isGiven(): boolean;
}

export function createHandover(): Handover {
  const opening = Promise.withResolvers<StoreMemory | undefined>();
  let { promise: mesh, resolve: setMesh } = Promise.withResolvers<MeshMemory | undefined>();
  const alerts = Promise.withResolvers<unknown>();
  let state: 'awaited' | 'given' | 'late' = 'awaited';
  let isMeshAwaited = true;
  const settleMesh = (left: MeshMemory | undefined): void => {
    setMesh(left);
    setMesh = () => {};
    isMeshAwaited = false;
  };
  let blocked: Blocked | undefined;
  let seenBefore: Seen = {};
  let tellSeen: (seen: Seen) => void = () => {};
  let tellLiveness: (memory: LivenessMemory) => void = () => {};
  let tellAlerts: (memory: unknown) => void = () => {};
  let areAlertsAwaited = true;
  const settleAlerts = (kept: unknown): void => {
    areAlertsAwaited = false;
    alerts.resolve(kept);
  };
  return {
    memory: opening.promise,
    alerts: alerts.promise,
    takeMesh() {
      const taken = mesh;
      mesh = Promise.resolve(undefined);
      return taken;
    },
    isMeshAwaited: () => isMeshAwaited,
    setBlocked(what) {
      blocked = what;
    },
    give({ results, seen, liveness, mesh: left, alerts: kept }) {
      const before = state;
      state = 'given';
      if (areAlertsAwaited) settleAlerts(kept);
      else if (before !== 'given' && kept !== undefined) tellAlerts(kept);
      if (isMeshAwaited) settleMesh(left === undefined ? undefined : detached(left));
      if (before === 'late') {
        seenBefore = seen;
        tellSeen(seen);
        if (liveness !== undefined) tellLiveness(liveness);
      }
      if (before !== 'awaited') return;
      const more = { ...(liveness !== undefined && { liveness }), ...(blocked !== undefined && { blocked }) };
      opening.resolve({ results, seen, ...more });
    },
    goWithout() {
      if (state !== 'awaited') return;
      state = 'late';
      opening.resolve(blocked === undefined ? undefined : { results: [], seen: undefined, blocked });
    },
    goWithoutMesh() {
      settleMesh(undefined);
      if (areAlertsAwaited) settleAlerts(undefined);
    },
    complete(seen) {
      const all = { ...seenBefore, ...seen };
      // The agent was told of it by now, and may have forgotten some of it since.
      if (state === 'given') seenBefore = {};
      return all;
    },
    onLateSeen(listener) {
      tellSeen = listener;
    },
    onLateLiveness(listener) {
      tellLiveness = listener;
    },
    onLateAlerts(listener) {
      tellAlerts = listener;
    },
    isGiven: () => state === 'given',
  };
}

/** Bytes that came in a message share its memory: a single one of them would keep the whole message. */
const detached = (mesh: MeshMemory): MeshMemory => ({
  ...mesh,
  envelopes: mesh.envelopes.map(({ bytes, ageMs }) => ({ bytes: new Uint8Array(bytes), ageMs })),
});
