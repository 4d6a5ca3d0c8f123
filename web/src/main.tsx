import { render } from 'preact';
import { AppContext, createApp } from './app.ts';
import { Page } from './page.tsx';
import { loadKeys } from './keys.ts';
import { loadTheme } from './theme.ts';
import { loadToken } from './token.ts';
import { loadLanguage } from './words/words.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/frame.css';
import './styles/findings.css';
import './styles/checks.css';
import './styles/timeline.css';
import './styles/areas.css';
import './styles/dialog.css';
import './styles/check.css';
import './styles/fleet.css';
import './styles/links.css';
import './styles/hint.css';

loadTheme();
loadKeys();
loadToken();
const root = document.getElementById('page');
if (root !== null) {
  const app = createApp(document.baseURI);
  const asked = app.ask();
  const draw = (): void => {
    render(
      <AppContext.Provider value={app}>
        <Page />
      </AppContext.Provider>,
      root,
    );
    app.start();
  };
  void Promise.all([loadLanguage(), asked]).then(draw);
}
