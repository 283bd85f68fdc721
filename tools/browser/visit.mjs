// @ts-check
/** Opens a page and waits for what its script reports; a script reports with one line on the console. */

/** What the line of a report starts with. */
export const REPORT = 'tsm-report ';

const SECONDS = 60;

/**
 * @typedef {object} Visit
 * @property {unknown} result what the script reported
 * @property {string[]} violations of the content policy, as `directive blocked`
 * @property {string[]} elsewhere addresses that were asked for and are not ours
 */

/**
 * Rejects when the script throws, or says nothing for a minute.
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @returns {Promise<Visit>}
 */
export const visit = async (browser, url) => {
  const page = await browser.newPage();
  const { host } = new URL(url);
  /** @type {string[]} */
  const elsewhere = [];
  /** @type {string[]} */
  const said = [];
  page.on('request', (request) => {
    if (new URL(request.url()).host !== host) elsewhere.push(request.url());
  });
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  try {
    const report = new Promise((resolve, reject) => {
      page.on('console', (message) => {
        const text = message.text();
        if (text.startsWith(REPORT)) resolve(JSON.parse(text.slice(REPORT.length)));
        else said.push(text);
      });
      page.on('pageerror', reject);
      timer = setTimeout(
        () => reject(new Error(`${url}: no report in ${SECONDS} s\n${said.join('\n')}`)),
        SECONDS * 1000,
      );
    });
    const [{ result, violations, error }] = await Promise.all([
      /** @type {Promise<{ result: unknown, violations: string[], error?: string }>} */ (report),
      page.goto(url),
    ]);
    if (error !== undefined) throw new Error(`${url}: ${error}`);
    return { result, violations, elsewhere };
  } finally {
    clearTimeout(timer);
    await page.close();
  }
};
