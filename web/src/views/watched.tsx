/** Events of the cluster, and alerts with their rules. A file of their own: read when somebody asks for one of them. */
import { AlertsView } from './alerts.tsx';
import { EventsView } from './events.tsx';

export const WatchedView = ({ view }: { readonly view: 'events' | 'alerts' }) =>
  view === 'events' ? <EventsView /> : <AlertsView />;
