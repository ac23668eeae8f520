import { spawnSync } from 'node:child_process';
import { isCron, isOnCalendar, isOver } from '../../inventory/schema/schedule';
import { command, describeWith } from '../support/requirements';

const CALENDAR: readonly string[] = [
  ...['daily', 'hourly', 'minutely', 'weekly', 'monthly', 'quarterly', 'yearly', 'annually'],
  ...['semiannually', 'semi-annually', 'biannually', 'daily UTC', 'daily Europe/Berlin'],
  ...['*-*-* 06:00:00', '*-*-* 06:00', '06:00', '6:5', '*:0/15', '*:*:0/5', '*:0/5,3', '0/3:00', '1..5/2:00'],
  ...['1,2,3:00', '1..1:00', '0..23/30:00', '06:00:00.5', '*-*-* *:*:*', '*-*-* 06:00:00 UTC'],
  ...['06:00 Europe/Berlin', '*-*-* 06:00:00 Etc/UTC'],
  ...[
    'Mon',
    'Mon 07:00',
    'mon 07:00',
    'Monday,Wed',
    'Mon..Fri *-*-* 06:30',
    'Mon-Fri',
    'Mon..Mon',
    'Mon..Wed,Fri',
  ],
  ...[
    'Mon *-*-1..7 18:00',
    '2025-02-30',
    '*-*',
    '*-*~01',
    '*-02~07/1',
    '*-1..3,5-1/7',
    '1970-01-01',
    '2199-1-1',
  ],
];

const NO_CALENDAR: readonly string[] = [
  ...[
    '',
    ' ',
    'Monxyz',
    'Mon,,Tue',
    'Mon, Tue',
    'Sat..Mon',
    'Fri..Mon',
    'Sun..Sat',
    'tomorrow',
    'now',
    '6',
    ':00',
    '06:',
  ],
  ...[
    '24:00',
    '23:60',
    '06:00:60',
    '*:0/0',
    '*:0/99',
    '1/0:00',
    '22..2:00',
    '5..1:00',
    '*/2:00',
    '*:*:*/5',
    '*,1:00',
  ],
  ...[
    '*-13-01',
    '*-0-1',
    '*-1-32',
    '*-1-1/40',
    '*-*-1,*',
    '*~*-01',
    '*-*-~3',
    '*-*-*-*',
    '2200-01-01',
    '1969-01-01',
  ],
  ...[
    '06:00 daily',
    'daily Foo/Bar',
    '06:00 Europe/Nowhere',
    '06:00 Europe/',
    'Mon..Fri *-*-* 06:30 x',
    '06:00\n07:00',
  ],
];

/** What systemd takes, and this tool does not: rare, and a plain way to say it exists. */
const STRICTER: readonly string[] = [
  '@1395716396',
  '*-*-*  06:00',
  'Daily',
  '12-01-01',
  '06:00 CET',
  'daily utc',
];

test.each(CALENDAR)('a calendar event: %j', (text) => {
  expect(isOnCalendar(text)).toBe(true);
});
test.each([...NO_CALENDAR, ...STRICTER])('no calendar event: %j', (text) => {
  expect(isOnCalendar(text)).toBe(false);
});

describeWith([command('systemd-analyze')], 'systemd says the same', () => {
  const status = (text: string): number | null =>
    spawnSync('systemd-analyze', ['calendar', '--', text]).status;
  test.each([...CALENDAR, ...STRICTER])('it takes %j', (text) => {
    expect(status(text)).toBe(0);
  });
  test.each(NO_CALENDAR)('it refuses %j', (text) => {
    expect(status(text)).not.toBe(0);
  });
});

test.each([
  ...[
    '0 6 * * *',
    '*/15 * * * *',
    '0 7 * * 1',
    '0 6 * * 1-5',
    '0 6 * * Mon-Fri',
    '0 6 1 jan *',
    '0 6 * * 7',
    '0 6 * * 0',
  ],
  ...['0,30 6-18/2 1,15 */3 *', '59 23 31 12 *', '0 0 29 2 *'],
])('a schedule of cron: %j', (text) => {
  expect(isCron(text)).toBe(true);
});
test.each([
  ...[
    '',
    '0 6 * *',
    '0 6 * * * *',
    '60 6 * * *',
    '0 24 * * *',
    '0 6 0 * *',
    '0 6 32 * *',
    '0 6 * 13 *',
    '0 6 * * 8',
  ],
  ...[
    '@daily',
    '0  6 * * *',
    '0 6 * * 1-',
    '0 6 * * ,1',
    '*/0 * * * *',
    '0 6 * * mon-',
    '0 6 * * Foo',
    '-1 6 * * *',
  ],
  // What croner takes, and cron reads as something else or not at all.
  ...[
    '0 6 L * *',
    '0 6 LW * *',
    '0 6 15W * *',
    '0 6 * * 5L',
    '0 6 * * FRI#2',
    '5/10 * * * *',
    '? * * * *',
    '0 6 * * +1',
  ],
  ...['0 6 30 2 *', '0 6 * * * root', '0 6 * * 1\n* * * * *', '5-1 * * * *', '0 6 * * %'],
])('no schedule of cron: %j', (text) => {
  expect(isCron(text)).toBe(false);
});

describe('a calendar event that lies behind', () => {
  const now = new Date('2026-06-15T12:00:00Z');
  test.each([
    '2020-01-01',
    '2026-06-12 06:00',
    'Mon 2025-*-* 07:00',
    '2020..2025-01-*',
    '2025-02-30',
    '*-02-30',
    '04-31',
  ])('%s', (text) => {
    expect([isOnCalendar(text), isOver(text, now)]).toEqual([true, true]);
  });

  test.each([
    'daily',
    '06:00',
    'Mon..Fri 06:30',
    '*-*-* 06:00',
    '2026-06-15',
    '2026-*-*',
    '2020/1-01-01',
    '2020,2027-1-1',
    '*-02-29',
    '*-*~01',
    '2020..2026-1-1',
  ])('not %s', (text) => {
    expect([isOnCalendar(text), isOver(text, now)]).toEqual([true, false]);
  });
});
