/** What axe-core finds on a page by the rules for WCAG 2.2 A and AA. https://github.com/dequelabs/axe-core */
import axe from 'axe-core';
import type { Page } from 'playwright-core';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** As `rule: elements`. */
export async function violations(page: Page): Promise<string[]> {
  // By the debugger, because the page's own policy lets no script in.
  await page.evaluate(axe.source);
  return page.evaluate(`axe.run(document, { runOnly: ${JSON.stringify(TAGS)}, resultTypes: ['violations'] }).then(
    ({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.slice(0, 5).map(
      ({ html, any }) => html.slice(0, 200) + ' ' + any.map(({ message }) => message).join(' ')).join(' | ')))`);
}
