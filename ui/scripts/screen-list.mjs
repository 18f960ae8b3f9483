// Which screens are looked at, and the steps that lead to each.
const id = (name) => `[data-testid="${name}"]`;
const home = (role, more = {}) => ({ roles: [role], stage: 'home', ...more });

async function toOperator(page) {
  await page.fill(id('server-address'), 'https://operator.example');
  await page.fill(id('activation-code'), 'abcd1234efgh5678');
  await page.click(id('continue'));
  await page.waitForSelector(id('operator-check'));
}
const sheet = (child) => async (page) => {
  await page.click(id(`child-${child}`));
  await page.waitForSelector(id('register-sheet'));
};

export const screens = {
  start: { options: {}, go: (page) => page.waitForSelector(id('start')) },
  'start-wrong': {
    options: {},
    go: async (page) => {
      await page.fill(id('server-address'), 'https://operator.example');
      await page.fill(id('activation-code'), 'wrong234efgh5678');
      await page.click(id('continue'));
      await page.waitForSelector(id('error'));
    },
  },
  operator: { options: {}, go: toOperator },
  pin: {
    options: {},
    go: async (page) => {
      await toOperator(page);
      await page.click(id('operator-same'));
      await page.fill(id('pin'), '1234');
      await page.click(id('pin-save'));
      await page.waitForSelector('[aria-invalid]');
    },
  },
  aside: {
    options: { stage: 'locked' },
    go: async (page) => {
      await page.click(`${id('pin-forgotten')} summary`);
      await page.click(id('pin-forgotten-aside'));
      await page.waitForSelector(id('aside-sheet'));
      await page.waitForTimeout(300);
    },
  },
  asides: {
    options: home('specialist', { asides: ['kept', 'handed-over', 'opened'] }),
    go: async (page) => {
      await page.click(id('tab-me'));
      await page.locator(id('asides')).scrollIntoViewIfNeeded();
      await page.evaluate((card) => document.querySelector(card).scrollIntoView({ block: 'start' }), id('asides'));
    },
  },
  courier: {
    options: home('specialist', { offline: true }),
    go: async (page) => {
      await page.click(id('tab-me'));
      await page.click(id('courier-seal'));
      await page.setInputFiles(id('courier-file'), { name: 'esep-1.esep-courier', mimeType: 'application/octet-stream', buffer: Buffer.from([0xa6, 1, 2]) });
      await page.waitForSelector(id('carried-parcel'));
      await page.evaluate((card) => document.querySelector(card).scrollIntoView({ block: 'start' }), id('courier'));
    },
  },
  unlock: { options: { stage: 'locked' }, go: (page) => page.waitForSelector(id('unlock')) },
  agreement: { options: { stage: 'agreement' }, go: (page) => page.waitForSelector(id('agreement')) },
  'agreement-end': {
    options: { stage: 'agreement' },
    go: async (page) => {
      await page.waitForSelector(id('agreement'));
      await page.evaluate((end) => document.querySelector(end).scrollIntoView({ block: 'start' }), id('agreement-end'));
      await page.waitForTimeout(200);
      for (const number of [1, 3, 4]) await page.check(id(`confirmation-${number}`));
    },
  },
  decline: {
    options: { stage: 'agreement' },
    go: async (page) => {
      await page.click(id('agreement-decline'));
      await page.waitForSelector(id('decline'));
    },
  },
  today: { options: home('specialist'), go: (page) => page.waitForSelector(id('children')) },
  'today-empty': { options: home('specialist', { empty: true, offline: true }), go: (page) => page.waitForSelector(id('no-children')) },
  'today-large': { options: home('specialist'), textSize: 200, go: (page) => page.waitForSelector(id('children')) },
  register: { options: home('specialist'), go: sheet('cc01') },
  'register-large': { options: home('specialist', { locationReady: false }), textSize: 200, go: sheet('cc03') },
  'register-warned': {
    options: home('specialist', { locationReady: false }),
    go: async (page) => {
      await sheet('cc03')(page);
      await page.click(id('register-more'));
      await page.check(id('late'));
      await page.click(id('late-start-date'));
    },
  },
  saved: {
    options: home('specialist'),
    go: async (page) => {
      await sheet('cc04')(page);
      await page.click(id('register'));
      await page.waitForSelector(id('undo'));
    },
  },
  // The message of the visit before must neither cover the next sheet nor close it.
  'register-next': {
    options: home('specialist'),
    go: async (page) => {
      await sheet('cc04')(page);
      await page.click(id('register'));
      await page.waitForSelector(id('undo'));
      await sheet('cc06')(page);
    },
  },
  finished: {
    options: home('specialist'),
    go: async (page) => {
      await page.click('[data-testid^="finish-ee"]');
      await page.waitForSelector(id('correct-finished'));
    },
  },
  history: { options: home('specialist', { visits: 10000 }), hash: '#/history', go: (page) => page.waitForSelector(id('history-list')) },
  'history-refused': { options: home('specialist'), hash: '#/history/ee0005', go: (page) => page.waitForSelector(id('visit-child')) },
  visit: { options: home('specialist'), hash: '#/history/ee0001', go: (page) => page.waitForSelector(id('visit-child')) },
  correct: {
    options: home('specialist'),
    hash: '#/history/ee0001',
    go: async (page) => {
      await page.click(id('correct'));
      await page.waitForSelector(id('correct-sheet'));
    },
  },
  me: { options: home('specialist'), hash: '#/me', go: (page) => page.waitForSelector(id('device')) },
  answers: { options: home('representative'), go: (page) => page.waitForSelector(id('answers-list')) },
  'answers-large': { options: home('representative'), textSize: 200, go: (page) => page.waitForSelector(id('answers-list')) },
  dispute: {
    options: home('representative'),
    go: async (page) => {
      await page.click('[data-testid^="dispute-ee"]');
      await page.waitForSelector(id('dispute-sheet'));
    },
  },
  'show-code': {
    options: home('specialist'), hash: '#/today/ee0000',
    go: async (page) => {
      await page.click(id('show-code-open'));
      await page.waitForSelector(id('code'));
    },
  },
  guest: {
    options: home('specialist', { guests: 1 }), hash: '#/today/ee0000',
    go: async (page) => {
      await page.click(id('guest-open'));
      await page.waitForSelector(id('hand-over'));
      await page.waitForTimeout(300);
    },
  },
  'handed-over': { options: { stage: 'handed-over', roles: [], guests: 1 }, go: (page) => page.waitForSelector(id('asked-where')) },
  'handed-over-dispute': {
    options: { stage: 'handed-over', roles: [], guests: 2 },
    go: async (page) => {
      await page.click(id('guest-no'));
      await page.click(id('guest-dispute-send'));
      await page.waitForSelector(id('guest-reason'));
    },
  },
  'guest-done': {
    options: { stage: 'handed-over', roles: [], guests: 1 },
    go: async (page) => {
      await page.fill(id('guest-pin'), 'алма-1958');
      await page.click(id('guest-yes'));
      await page.waitForSelector(id('guest-done'));
    },
  },
  'guest-answer': {
    options: home('specialist', { guests: 1 }), hash: '#/today/ee0001',
    go: async (page) => {
      await page.waitForSelector(id('guest-mark'));
      await page.evaluate((card) => document.querySelector(card).scrollIntoView({ block: 'start' }), id('answers'));
    },
  },
  'guest-review': { options: home('coordinator', { guests: 1 }), go: async (page) => {
    await page.click(id('view-all'));
    await page.waitForSelector('[data-state="confirmed-on-device"]');
  } },
  'read-code': {
    options: home('representative'),
    go: async (page) => {
      await page.click(id('read-code'));
      await page.fill(id('code-text'), 'ESEP:ee0002');
      await page.click(id('code-take'));
      await page.waitForSelector(id('not-in-team'));
    },
  },
  child: { options: home('representative'), hash: '#/child', go: (page) => page.waitForSelector('h2') },
  rights: { options: home('representative'), hash: '#/rights', go: (page) => page.waitForSelector(id('acceptances')) },
  review: { options: home('coordinator', { visits: 10000 }), go: (page, size) => page.waitForSelector(id(size === 'laptop' ? 'review-table' : 'review-list')) },
  'review-open': {
    options: home('coordinator', { visits: 400 }),
    go: async (page, size) => {
      if (size === 'phone') return page.click('[data-testid^="visit-ee"]');
      await page.waitForSelector(id('review-table'));
      await page.keyboard.press('j');
      await page.keyboard.press('j');
      await page.waitForSelector(id('visit-panel'));
    },
  },
  'review-return': {
    options: home('coordinator', { visits: 400 }),
    go: async (page, size) => {
      if (size === 'phone') {
        await page.click('[data-testid^="visit-ee"]');
        await page.click(id('return'));
      } else {
        await page.waitForSelector(id('review-table'));
        await page.keyboard.press('j');
        await page.waitForSelector(id('return'));
        await page.keyboard.press('r');
      }
      await page.waitForSelector(id('decision-sheet'));
    },
  },
  people: { options: home('coordinator'), hash: '#/people', go: (page) => page.waitForSelector('[data-testid^="member-"]') },
};
