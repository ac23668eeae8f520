import { Cron } from 'croner';

const SHORTHANDS =
  /^(minutely|hourly|daily|monthly|weekly|yearly|annually|quarterly|semi-?annually|bi-?annually)$/;
const DAY = '(?:Mon(?:day)?|Tue(?:sday)?|Wed(?:nesday)?|Thu(?:rsday)?|Fri(?:day)?|Sat(?:urday)?|Sun(?:day)?)';
const DAY_ORDER = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const DAYS = new RegExp(`^${DAY}(?:(?:\\.\\.|-)${DAY})?(?:,${DAY}(?:(?:\\.\\.|-)${DAY})?)*$`, 'i');

/** One field of cron: `*` or a range, with a step or without, or a single value; several with commas. */
const CRON_ITEM = '(?:(?:\\*|\\w+-\\w+)(?:/[1-9]\\d*)?|\\w+)';
const CRON_FIELD = `${CRON_ITEM}(?:,${CRON_ITEM})*`;
const CRON = new RegExp(`^${CRON_FIELD}(?: ${CRON_FIELD}){4}$`);
/** A number, or the first three letters of a month or day. */
const CRON_WORD = /^(\d{1,2}|[a-z]{3})$/i;

/**
 * Whether systemd takes a text for a calendar event. The grammar only: that a date never comes is not seen.
 * Source: systemd.time(7), CALENDAR EVENTS.
 * @param value e.g. `Mon..Fri *-*-* 06:30:00`
 * @returns true when every part is well-formed and in its range
 */
export function isOnCalendar(value: string): boolean {
  const words = value.split(' ');
  if (words.includes('')) return false;
  if (words.length > 1 && isZone(words.at(-1) ?? '')) words.pop();
  if (words.length === 1 && SHORTHANDS.test(words[0] ?? '')) return true;
  let known = false;
  if (isDays(words[0] ?? '')) {
    words.shift();
    known = true;
  }
  if ((words[0] ?? '').includes('-') && isDate(words[0] ?? '')) {
    words.shift();
    known = true;
  }
  if (words.length > 0 && isTime(words[0] ?? '')) {
    words.shift();
    known = true;
  }
  return known && words.length === 0;
}

/** `Mon`, `Monday`, `Mon..Fri`, with commas; a range goes forward in a week that begins on Monday. */
function isDays(text: string): boolean {
  if (!DAYS.test(text)) return false;
  return text.split(',').every((item) => {
    const days = item.split(/\.\.|-/).map((day) => DAY_ORDER.indexOf(day.slice(0, 3).toLowerCase()));
    return (days[0] ?? 0) <= (days[1] ?? 6);
  });
}

function isZone(text: string): boolean {
  if (!/^(UTC$|[A-Z][A-Za-z_]+\/)/.test(text)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** `[year-]month-day`, or `~` before a day that counts from the month's end. */
function isDate(text: string): boolean {
  if (/~.*[-~]/.test(text)) return false;
  const parts = text.split(/[-~]/);
  if (parts.length < 2 || parts.length > 3) return false;
  const [day = '', month = '', year = '*'] = [...parts].reverse();
  return isField(day, 1, 31) && isField(month, 1, 12) && isField(year, 1970, 2199);
}

/** `hour:minute[:second]`. */
function isTime(text: string): boolean {
  const parts = text.split(':');
  if (parts.length < 2 || parts.length > 3) return false;
  const [hour = '', minute = '', second = '0'] = parts;
  return isField(hour, 0, 23) && isField(minute, 0, 59) && isField(second.replace(/\.\d{1,6}$/, ''), 0, 59);
}

/** `*` alone; or numbers and ranges `a..b`, each with a repetition `/n`, separated by commas. */
function isField(text: string, min: number, max: number): boolean {
  if (text === '*') return true;
  return text.split(',').every((item) => {
    const match = /^(\d{1,4})(?:\.\.(\d{1,4}))?(?:\/(\d{1,4}))?$/.exec(item);
    if (!match) return false;
    const [, first = NaN, last = NaN, step = NaN] = match.map(Number);
    if (match[3] !== undefined && (step === 0 || (match[2] === undefined && first + step > max)))
      return false;
    return first >= min && (match[2] === undefined ? first : last) <= max && !(last < first);
  });
}

/**
 * Whether a calendar event lies behind, or on a day that no month has.
 * @param value a calendar event
 * @param now the time
 * @returns true where its one day, or its last year, has passed
 */
export function isOver(value: string, now = new Date()): boolean {
  const date = value.split(' ').find((word) => /^[\d*].*-/.test(word)) ?? '';
  const [, years = '', month = '', day = ''] = /^(?:([^~-]+)-)?([^~-]+)-([^~-]+)$/.exec(date) ?? [];
  if (/^\d+$/.test(month) && /^\d+$/.test(day)) {
    // 2024 had a 29th of February.
    const year = /^\d+$/.test(years) ? Number(years) : 2024;
    if (new Date(Date.UTC(year, Number(month) - 1, Number(day))).getUTCDate() !== Number(day)) return true;
    const end = Date.UTC(Number(years || NaN), Number(month) - 1, Number(day) + 2);
    if (/^\d+$/.test(years)) return end < now.getTime();
  }
  const last = years.split(',').flatMap((item) => /^\d+(?:\.\.(\d+))?$/.exec(item)?.[1] ?? item);
  return years !== '' && last.every((year) => /^\d+$/.test(year) && Number(year) < now.getUTCFullYear());
}

/**
 * Whether cron takes a text for a schedule: five fields (crontab(5)). The form is checked here, as croner has its own
 * additions; the ranges by croner, which also refuses a date that never comes.
 * @param value e.g. `0 6 * * 1-5`
 * @returns true when it has five well-formed fields, and some date matches
 */
export function isCron(value: string): boolean {
  if (!CRON.test(value) || !value.split(/[ ,/*-]+/).every((word) => word === '' || CRON_WORD.test(word)))
    return false;
  try {
    return new Cron(value, { paused: true, timezone: 'UTC' }).nextRun() !== null;
  } catch {
    return false;
  }
}
