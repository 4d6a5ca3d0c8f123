/** A scene on its way into the database. */
import { type Incident, type Scene, incidentOf } from '../model/scene.ts';

export interface KeptScene {
  readonly incident: Incident;
  /** JSON. */
  readonly body: string;
}

export const toKept = (scene: Scene): KeptScene => ({ incident: incidentOf(scene), body: JSON.stringify(scene) });
